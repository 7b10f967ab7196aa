"""Where a component helps, does nothing or hurts: one knob at a time (3.9, H4; T26 is a sweep, not a test).

python scripts/regimes.py

The standard city, by `govsim.compare`. Nothing is asserted: effect and cost are written to
`docs/science/regimes.md` as they come out.
"""

from pathlib import Path

import pandas as pd

from govsim.labels import label, variant_label
from govsim.scenario.city import City
from govsim.scenario.inputs import override
from govsim.scenario.profile import load_default_profile
from govsim.scenario.scenario import Scenario
from govsim.scenario.variants import variant
from govsim.show.captions import caption
from govsim.studies.compare import PRIMARY, Comparison, compare

WORLD = Scenario(city=City.preset("standard"), demand=load_default_profile().apply())
REPLICATIONS = 20
COMPONENTS = ("A1", "A2", "A3", "A4", "L1", "L2", "L3", "L4", "E1", "E2", "E3", "E4")
INTENSITIES = (0.25, 0.5, 1.0, 2.0, 4.0)
KNOBS = {
    "Load of communities": ("staffing.load_community", (0.5, 0.65, 0.8, 0.95), ("axis", "entries", "F1")),
    "Hours a month of the doorstep station": (
        "behaviour.contribution.law_firm_hours", (0.0, 10.0, 40.0, 100.0, 200.0, 400.0), ("links", "F1"),
    ),
    "What stewards find in an hour of patrol (1.5 by default; 10.5 where that is by the day)": (
        "mechanism.L3.detection_efficiency", (0.375, 1.5, 4.0, 10.5), ("links", "F1"),
    ),
    "Share of meeting hours that replaces other work": ("behaviour.agenda.meeting_substitution", (0.0, 0.5, 1.0), ("axis",)),
}  # fmt: skip
"""What is turned, its values, and under which variants; the baseline gets the same change."""


def swept(world: Scenario, variants: tuple[str, ...]) -> Comparison:
    """Compare with the baseline at the assumed weight of authority (two replications at its other values)."""
    return compare(world, ("B0", *variants), REPLICATIONS, curve_replications=2)


def rows_of(found: Comparison, variants: tuple[str, ...]) -> pd.DataFrame:
    """Effect, its interval and verdict, and priced hours, of each variant."""
    effect = found.table[found.table.metric == PRIMARY].set_index("variant").loc[list(variants)]
    cost = found.table[found.table.metric == "hours_priced"].set_index("variant").loc[list(variants)]
    return pd.DataFrame({
        "effect": effect.difference.map("{:+.2f}".format),
        "interval": [f"{a:+.2f} to {b:+.2f}" for a, b in zip(effect.simultaneous_low, effect.simultaneous_high, strict=True)],
        "verdict": effect.verdict.map(lambda word: label(f"message.verdict.{word}")),
        "cost": cost.difference.map("{:+.0f}".format),
    })  # fmt: skip


def section(title: str, values: tuple[float, ...], rows: pd.DataFrame) -> list[str]:
    """One table of the page."""
    names = {"effect": "U(180), days", "interval": "Interval", "verdict": "Verdict", "cost": "Priced hours per 1,000 and year"}
    lines = [f"### {title}", "", "| | " + " | ".join(f"{x:g}" for x in values) + " |", "|---" * (len(values) + 1) + "|"]
    lines += [f"| {name} | " + " | ".join(rows[column]) + " |" for column, name in names.items()]
    print(title, *rows.effect, "|", *rows.cost, flush=True)
    return [*lines, ""]


def main() -> None:
    """Sweep and write the page."""
    page = [
        "# Regimes: one knob at a time", "",
        "Written by `python scripts/regimes.py`. Differences from the baseline with the same change; below nought, issues stay",
        "unresolved for a shorter time. Intervals and verdicts are simultaneous within a knob's value, in the first part within",
        "the part. Priced hours are busy hours times the price of who gives them: where less gets done, fewer are priced.",
        "Under other assumptions the shapes may be others.", "",
    ]  # fmt: skip
    points = tuple(variant(f"{code}@{x:g}").name for code in COMPONENTS for x in INTENSITIES)
    found = swept(WORLD, points)
    rows = rows_of(found, points)
    page += ["## Components alone, by intensity", "", caption(found), ""]
    for n, code in enumerate(COMPONENTS):
        page += section(f"{code} {label(f'component.{code}')}", INTENSITIES, rows.iloc[n * len(INTENSITIES) :][: len(INTENSITIES)])
    for title, (path, values, variants) in KNOBS.items():
        runs = [swept(override(WORLD, {path: x}), variants) for x in values]
        page += [f"## {title}", "", f"Regime at {values[0]:g}: {caption(runs[0])}", ""]
        tables = [rows_of(found, variants) for found in runs]
        for name in variants:
            page += section(variant_label(name), values, pd.concat(table.loc[[name]] for table in tables))
    path = Path(__file__).parents[1] / "docs" / "science" / "regimes.md"
    path.write_text("\n".join(page), encoding="utf-8")


if __name__ == "__main__":
    main()
