"""What `govsim verify` prints: theory beside simulation, failures said as failures."""

from typing import Any

from govsim.labels import label
from govsim.studies.verify import Verification

_COLUMNS = ("test", "name", "quantity", "theory", "simulation", "band", "verdict")


def verification_table(found: Verification, lang: str = "en") -> Any:
    """Return a rich table, one row per quantity."""
    from rich import box
    from rich.table import Table

    n = int(found.table.n_replications.max())
    table = Table(title=label("message.verify.title", lang, n=n), box=box.SIMPLE_HEAD, title_justify="left",
                  title_style="bold", pad_edge=False)  # fmt: skip
    for column in _COLUMNS:
        justify = "right" if column in ("theory", "simulation", "band") else "left"
        table.add_column(label(f"verify.column.{column}", lang), justify=justify)  # type: ignore[arg-type]
    for row in found.table.itertuples():
        known = row.verdict != "not_applicable"
        numbers = [f"{row.theory:.4g}", f"{row.simulation:.4g}", f"{row.low:.4g} – {row.high:.4g}"] if known else ["–"] * 3
        style = "bold red" if row.verdict in ("fails", "undecided") else "dim" if not known else ""
        verdict = label(f"verify.verdict.{row.verdict}", lang)
        table.add_row(row.test, label(f"verify.{row.name}", lang), row.quantity, *numbers, verdict, style=style)
    return table


def closing_line(found: Verification, lang: str = "en") -> str:
    """Return what it comes to in one sentence."""
    verdicts = found.table.verdict[found.table.verdict != "not_applicable"]
    if found.is_sound:
        return label("message.verify.sound", lang, n=len(verdicts))
    counts = {"failed": int((verdicts == "fails").sum()), "undecided": int((verdicts == "undecided").sum())}
    return label("message.verify.unsound", lang, n=len(verdicts), **counts)
