"""Which stylised facts the model shows, and what the filter of W11 does to the headline.

python scripts/patterns.py

The standard city, by `govsim.patterns` and `govsim.filter_by_patterns`. Nothing is asserted: what is found is written to
`docs/science/patterns.md` as it comes out.
"""

from pathlib import Path

from govsim.labels import label
from govsim.scenario.city import City
from govsim.scenario.profile import load_default_profile
from govsim.scenario.scenario import Scenario
from govsim.show.patterns import caption, closing_line, quantities
from govsim.studies.patterns import Filtered, Patterns, filter_by_patterns, patterns
from govsim.studies.prior import DECISIVE

WORLD = Scenario(city=City.preset("standard"), demand=load_default_profile().apply())
N_SETS = 40
REPLICATIONS = 100
"""As for a report (Y5)."""


def facts(found: Patterns) -> list[str]:
    """The checked table."""
    names = ("pattern", "fact", "how", "found", "verdict")
    lines = ["| " + " | ".join(label(f"patterns.column.{name}", "en") for name in names) + " |", "|---" * len(names) + "|"]
    for code, rows in found.table.groupby("pattern", sort=False):
        first = rows.iloc[0]
        verdict = label(f"patterns.verdict.{first.verdict}", "en")
        cells = (f"{code}{'*' if first.is_mandatory else ''}", label(f"pattern.{code}", "en"), label(f"pattern.{code}.how", "en"))
        lines.append("| " + " | ".join([*cells, "<br>".join(quantities(rows, "en")), verdict]) + " |")
    return lines


def filtered(found: Filtered) -> list[str]:
    """Sets rejected, and the headline with and without the filter."""
    lines = ["| Pattern | Sets that lack it | Share | 95 % interval |", "|---|---|---|---|"]
    for row in found.rejected.itertuples():
        name = "any of them" if row.pattern == "all" else row.pattern
        lines.append(f"| {name} | {row.rejected} | {row.share:.2f} | {row.low:.2f} to {row.high:.2f} |")
    lines += ["", "| Sets | Number | F1 less baseline, U(180), days | Better | Equivalent | Worse |", "|---|---|---|---|---|---|"]
    for row in found.headline.itertuples():
        known = row.n_sets > 0
        effect = f"{row.difference:+.2f} ({row.low:+.2f} to {row.high:+.2f})" if known else "–"
        shares = [f"{x:.2f}" if known else "–" for x in (row.win, row.tie, row.loss)]
        lines.append(f"| {label(f'patterns.sets.{row.sets}', 'en')} | {row.n_sets} | {effect} | {' | '.join(shares)} |")
    return lines


def main() -> None:
    """Run and write the page."""
    found = patterns(WORLD, REPLICATIONS)
    print(closing_line(found), flush=True)
    sets = filter_by_patterns(WORLD, N_SETS)
    ranges = "; ".join(f"`{path}` {low:g} to {high:g}" for path, (low, high) in DECISIVE.items())
    page = [
        "# Patterns: the stylised facts, looked for", "",
        "Written by `python scripts/patterns.py`. A fact is reproduced if the whole 95 % interval of every quantity's mean lies where",
        "it has to, not reproduced if that of one lies wholly elsewhere, else undecided; the criteria are in the docstrings of",
        "`govsim.studies.patterns`. An asterisk marks the mandatory facts (W11).", "",
        caption(found), "", closing_line(found), "", *facts(found), "",
        "## The filter", "",
        f"{len(sets.sets)} parameter sets, each drawn uniformly from {ranges};",
        f"a set is rejected if the mean of {sets.provenance['replications']} replications of any quantity of a mandatory fact",
        "is on the wrong side. Better and worse: by more than 2 % of the baseline's U(180). Only the five constants vary: what they",
        "cannot change, such as a fact that every set lacks, is a matter of the model's form or of other constants.", "",
        *filtered(sets), "",
    ]  # fmt: skip
    path = Path(__file__).parents[1] / "docs" / "science" / "patterns.md"
    path.write_text("\n".join(page), encoding="utf-8")


if __name__ == "__main__":
    main()
