"""The comparison as text: what a person reads in the terminal."""

from typing import Any

from govsim.labels import has_label, label, variant_label
from govsim.studies.compare import PRIMARY, Comparison

SHOWN = (
    PRIMARY, "resolved_share_180", "resolved_in_time_share", "closed_in_time_share", "formalism_gap", "unrecorded_resolution_share",
    "state_180_open_petitioned", "state_180_never_voiced", "state_180_lapsed", "state_180_falsely_closed", "state_180_exited",
    "petitions_rate", "satisfaction_population", "gini_excess", "erreygers", "hours_external", "hours_by_leaders",
    "hours_by_departments", "hours_by_subdistricts", "hours_by_communities", "hours_by_organisations",
    "hours_by_in_service_work", "hours_by_in_service_leisure", "hours_by_resident_volunteers", "hours_by_residents",
)  # fmt: skip
"""Outcomes and costs of the printed table; the saved one has every metric."""


def metric_name(name: str, lang: str) -> str:
    """What a metric is called."""
    return label(f"metric.{name}", lang) if has_label(f"metric.{name}") else name


def _number(x: float) -> str:
    return "–" if x != x else f"{x:,.3f}" if abs(x) < 10 else f"{x:,.1f}"


def comparison_tables(comparison: Comparison, lang: str) -> list[Any]:
    """Rich tables: the baseline's levels and every difference with its interval; outputs apart."""
    outputs = list(comparison.table[comparison.table.block == "outputs"].metric.unique())
    return [
        _table(comparison, SHOWN, label("message.compare.title", lang), lang),
        _table(comparison, outputs, label("message.compare.outputs", lang), lang),
    ]


def _table(comparison: Comparison, metrics: Any, title: str, lang: str) -> Any:
    from rich import box
    from rich.table import Table

    t = comparison.table.set_index(["metric", "variant"])
    names = [n for n in comparison.provenance["variants"] if n != "B0"]
    table = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False)
    table.add_column(label("message.compare.metric", lang))
    table.add_column(variant_label("B0", lang), justify="right")
    for name in names:
        table.add_column(variant_label(name, lang), justify="right")
    for metric in metrics:
        row = [metric_name(metric, lang), _number(t.loc[(metric, "B0"), "level"])]
        for name in names:
            cell = t.loc[(metric, name)]
            text = f"{cell.difference:+,.3g}\n[{cell.low:,.3g}, {cell.high:,.3g}]" if cell.difference == cell.difference else "–"
            row.append(text + (f"\n{label('message.verdict.' + cell.verdict, lang)}" if cell.verdict else ""))
        table.add_row(*row)
    return table
