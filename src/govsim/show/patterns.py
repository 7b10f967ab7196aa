"""What `govsim patterns` prints: every stylised fact, how it was looked for, what was found; failures said as failures."""

import math
from typing import Any

import pandas as pd

from govsim.labels import label
from govsim.show.captions import paragraph
from govsim.studies.patterns import Filtered, Patterns

_STYLES = {"reproduced": "", "not_reproduced": "bold red", "undecided": "yellow", "not_applicable": "dim"}


def patterns_table(found: Patterns, lang: str = "en") -> Any:
    """Return a rich table, one row per pattern; an asterisk marks the mandatory ones."""
    table = _table(label("message.patterns.title", lang, n=found.provenance["replications"]))
    for column in ("pattern", "fact", "how", "found", "verdict"):
        share = {"fact": 3, "how": 4, "found": 4}.get(column)
        table.add_column(label(f"patterns.column.{column}", lang), ratio=share, overflow="fold", no_wrap=share is None)
    for code, rows in found.table.groupby("pattern", sort=False):
        first = rows.iloc[0]
        table.add_row(
            f"{code}{'*' if first.is_mandatory else ''}", label(f"pattern.{code}", lang), label(f"pattern.{code}.how", lang),
            "\n".join(quantities(rows, lang)), label(f"patterns.verdict.{first.verdict}", lang), style=_STYLES[first.verdict],
        )  # fmt: skip
    return table


def quantities(rows: pd.DataFrame, lang: str) -> list[str]:
    """Say what was measured of one pattern, and where it had to lie."""
    found = []
    for row in rows.itertuples():
        if not row.quantity:
            return ["–"]
        name = label(f"pattern.{row.pattern}.{row.quantity}", lang)
        values = {"low": f"{row.low:.3g}", "high": f"{row.high:.3g}", "above": f"{row.above:.3g}", "below": f"{row.below:.3g}"}
        kind = "between" if math.isfinite(row.above) and math.isfinite(row.below) else "above" if math.isfinite(row.above) else "below"
        ends = label(f"patterns.state.{row.state}", lang)
        bound = label(f"patterns.bound.{kind}", lang, **values)
        found.append(label("patterns.quantity", lang, name=name, mean=f"{row.mean:.3g}", bound=bound, ends=ends, **values))
    return found


def closing_line(found: Patterns, lang: str = "en") -> str:
    """Return what it comes to, and which mandatory patterns are missing."""
    verdicts = pd.Series(found.verdicts)
    mandatory = found.table[found.table.is_mandatory].drop_duplicates("pattern")
    missing = mandatory.pattern[mandatory.verdict != "reproduced"].tolist()
    counts = {name: int((verdicts == name).sum()) for name in _STYLES}
    ends = label("message.patterns.missing", lang, codes=_list(missing, lang)) if missing else label("message.patterns.fit", lang)
    return label("message.patterns.closing", lang, n=len(verdicts), ends=ends, **counts)


def filter_tables(found: Filtered, lang: str = "en") -> list[Any]:
    """Return two rich tables: sets rejected by each mandatory pattern, and the headline with and without the filter."""
    first = _table(label("message.filter.rejected", lang, n=len(found.sets), r=found.provenance["replications"]))
    for column in ("pattern", "fact", "rejected", "share"):
        first.add_column(label(f"patterns.column.{column}", lang), justify="left" if column in ("pattern", "fact") else "right")
    for row in found.rejected.itertuples():
        is_all = row.pattern == "all"
        fact = label("patterns.any" if is_all else f"pattern.{row.pattern}", lang)
        first.add_row("" if is_all else row.pattern, fact, str(row.rejected), f"{row.share:.0%} ({row.low:.0%} – {row.high:.0%})")
    second = _table(label("message.filter.headline", lang))
    for column in ("sets", "n_sets", "difference", "win", "tie", "loss"):
        second.add_column(label(f"patterns.column.{column}", lang), justify="left" if column == "sets" else "right")
    for row in found.headline.itertuples():
        cells = ["–"] * 4
        if row.n_sets:
            cells = [f"{row.difference:+.1f} ({row.low:+.1f} – {row.high:+.1f})", *(f"{x:.0%}" for x in (row.win, row.tie, row.loss))]
        second.add_row(label(f"patterns.sets.{row.sets}", lang), str(row.n_sets), *cells)
    return [first, second]


def caption(found: Patterns | Filtered, lang: str = "en") -> str:
    """Return the regime in one paragraph, with the standing sentence (decision 6)."""
    return paragraph("caption.patterns", found.provenance, lang)


def _table(title: str) -> Any:
    """Make an empty table."""
    from rich import box
    from rich.table import Table

    return Table(title=title, box=box.SIMPLE_HEAD, title_justify="left", title_style="bold", pad_edge=False)


def _list(codes: list[str], lang: str) -> str:
    """Join codes."""
    return ("、" if lang == "zh" else ", ").join(codes)
