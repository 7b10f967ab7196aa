"""The comparison as text: what a person reads in the terminal.

Variants are rows and outcomes columns, in blocks narrow enough for a terminal of 100 columns. The
baseline is shown as levels, every other variant as its difference with the interval below it.
"""

from collections.abc import Sequence
from typing import Any

from govsim.engine.state import EXTERNAL_PAYERS, PAYERS, STATES
from govsim.labels import has_label, label, variant_label
from govsim.results.scenarios import OUTPUTS as COURSE_OUTPUTS
from govsim.studies.compare import ASKED, EQUAL, PRIMARY, Comparison

OUTPUTS = (
    "sittings_rate", "items_tabled_rate", "bodies", "visits", "pairs", "registered_members",
    "practical_matters",
)  # fmt: skip

BLOCKS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("resolution", (
        PRIMARY, "resolved_share_180", "resolved_in_time_share", "closed_in_time_share",
        "formalism_gap", "false_closure_share",
    )),
    ("states", tuple(f"state_180_{s}" for s in STATES)),
    ("people", (
        "petitions_rate", "silent_rate", "satisfaction_population", "trust_community",
        "gini_excess", "erreygers",
    )),
    ("outside", ("hours_external", *(f"hours_by_{p}" for p in PAYERS if p in EXTERNAL_PAYERS),
                 "offered_hours_used_share")),
    ("inside", (*(f"hours_by_{p}" for p in PAYERS if p not in EXTERNAL_PAYERS), "hours_priced")),
    *((course, tuple(n for n, m in COURSE_OUTPUTS.items() if m.block == course))
      for course in dict.fromkeys(m.block for m in COURSE_OUTPUTS.values())),
    ("outputs", OUTPUTS),
)  # fmt: skip
"""Title key and metrics of the printed tables, in order; the saved table has every metric."""

_NAME_WIDTH = 22
_CELL_WIDTH = 16


def metric_name(name: str, lang: str) -> str:
    """Return what a metric is called, short where it stands among its like."""
    for prefix, key in (("state_180_", "state."), ("hours_by_", "payer.short.")):
        if name.startswith(prefix) and has_label(key + name.removeprefix(prefix)):
            return label(key + name.removeprefix(prefix), lang)
    return label(f"metric.{name}", lang) if has_label(f"metric.{name}") else name


def number(x: float, unit: str, *, signed: bool = False) -> str:
    """Write a value with as many digits as its unit deserves; unknown is a dash."""
    if x != x:
        return "–"
    places = 3 if unit == "1" else 0 if unit.startswith("h/") or abs(x) >= 1000 else 1
    text = f"{x:{'+' if signed else ''},.{places}f}"
    if float(text.replace(",", "")) == 0:
        return "0"
    return text.replace("-", "−")


def comparison_tables(comparison: Comparison, lang: str = "en", width: int = 100) -> list[Any]:
    """Return rich tables: the headline over a_A, then outcomes, costs, and outputs apart.

    Parameters
    ----------
    width
        Columns of the terminal.
    """
    room = max(2, (width - _NAME_WIDTH - 2) // (_CELL_WIDTH + 2))
    found = [_headline(comparison, lang)]
    for key, metrics in BLOCKS:
        present = [m for m in metrics if (comparison.table.metric == m).any()]
        for start in range(0, len(present), room):
            title = label(f"message.block.{key}", lang) if start == 0 else None
            found.append(_block(comparison, present[start : start + room], title, lang))
    return found


def _new(title: str | None) -> Any:
    from rich import box
    from rich.table import Table

    return Table(title=title, box=box.SIMPLE_HEAD, title_justify="left", title_style="bold",
                 pad_edge=False, show_lines=False)  # fmt: skip


def _headline(comparison: Comparison, lang: str) -> Any:
    """Tell the primary difference of every variant at every a_A (W2), with its reading (Y6)."""
    table = _new(label("message.block.headline", lang))
    table.add_column(label("message.compare.variant", lang), max_width=_NAME_WIDTH, overflow="fold")
    curve = comparison.curve.set_index(["variant", "regime"])
    asked = comparison.provenance["commit_authority"]
    regimes = sorted(
        comparison.provenance["regimes"],
        key=lambda r: asked if r == ASKED else 1e9 if r == EQUAL else float(r),
    )
    for regime in regimes:
        name = label("message.figure.equal", lang) if regime == EQUAL else None
        value = f"a_A {asked:g}" if regime == ASKED else f"a_A {regime}"
        table.add_column(name or value, justify="right", max_width=16, overflow="fold")
    bound = comparison.table[comparison.table.metric == PRIMARY].set_index("variant").authority_bound
    for variant in comparison.provenance["variants"]:
        name = variant_label(variant, lang)
        cells = [_headline_cell(curve, variant, regime, lang) for regime in regimes]
        if bound[variant]:
            name += f"\n({label('message.authority_bound', lang)})"
        table.add_row(name, *cells)
    return table


def _headline_cell(curve: Any, variant: str, regime: str, lang: str) -> str:
    if (variant, regime) not in curve.index:
        return "–"
    row = curve.loc[(variant, regime)]
    if variant == "B0":
        return number(row.level, "d")
    low, high = (number(x, "d", signed=True) for x in (row.simultaneous_low, row.simultaneous_high))
    verdict = label(f"message.verdict.{row.verdict}", lang)
    return f"{number(row.difference, 'd', signed=True)} {verdict}\n({low}, {high})"


def _block(comparison: Comparison, metrics: Sequence[str], title: str | None, lang: str) -> Any:
    t = comparison.table.set_index(["metric", "variant"])
    table = _new(title)
    table.add_column(
        label("message.compare.variant", lang),
        min_width=_NAME_WIDTH,
        max_width=_NAME_WIDTH,
        overflow="fold",
    )
    for metric in metrics:
        table.add_column(metric_name(metric, lang), justify="right", max_width=_CELL_WIDTH, overflow="fold")
    for variant in comparison.provenance["variants"]:
        cells = [_cell(t.loc[(metric, variant)], lang, is_base=variant == "B0") for metric in metrics]
        table.add_row(variant_label(variant, lang), *cells)
    return table


def _cell(row: Any, lang: str, *, is_base: bool) -> str:
    """Write a level, or a difference with its interval on a line of its own; the level, named so, where the baseline has none."""
    if is_base:
        return number(row.level, row.unit)
    if row.difference != row.difference and row.level == row.level:
        return label("message.level", lang, value=number(row.level, row.unit))
    low, high = (number(x, row.unit, signed=True) for x in (row.low, row.high))
    text = number(row.difference, row.unit, signed=True)
    return text if row.low == row.high == row.difference else f"{text}\n({low}, {high})"
