"""Where a component helps, does nothing or hurts: one knob at a time (3.9, H4; T26 is a sweep, not a test).

python scripts/regimes.py

U(180) against the baseline on 20 paired replications of the standard city. Nothing is asserted: the shape
is written to `docs/science/regimes.md` as it comes out.
"""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from govsim.engine.simulate import Engine, calibrate
from govsim.results.metrics import measure
from govsim.scenario.city import City
from govsim.scenario.inputs import override
from govsim.scenario.profile import load_default_profile
from govsim.scenario.scenario import Scenario
from govsim.scenario.variants import apply
from govsim.studies.compare import PRIMARY
from govsim.studies.paired import paired_estimates

WORLD = Scenario(city=City.preset("standard"), demand=load_default_profile().apply())
REPLICATIONS = 20
INTENSITIES = (0.25, 0.5, 1.0, 2.0, 4.0)
LOADS = (0.5, 0.65, 0.8, 0.95)
STATION = (10.0, 40.0, 100.0, 200.0, 400.0)
SWEEPS = (
    *((f"{code} alone, by intensity", tuple((x, f"{code}@{x:g}", {}) for x in INTENSITIES))
      for code in ("A1", "A2", "A3", "A4", "L1", "L2", "L3", "L4", "E1", "E2", "E3", "E4")),
    *((f"{variant}, by the load of communities", tuple((x, variant, {"staffing.load_community": x}) for x in LOADS))
      for variant in ("axis", "entries", "F1")),
    ("links, by hours a month of the doorstep station",
     tuple((x, "links", {"behaviour.contribution.law_firm_hours": x}) for x in STATION)),
    ("axis, by the share of meeting hours that replaces other work",
     tuple((x, "axis", {"behaviour.agenda.meeting_substitution": x}) for x in (0.0, 0.5, 1.0))),
)  # fmt: skip
"""Title, and for each point the knob's value, the variant and what is changed for it and for the baseline."""


def outcomes(variant: str, changes: dict) -> np.ndarray:
    """U(180) of each replication; desks are solved for the changed baseline."""
    world = override(WORLD, changes) if changes else WORLD
    scenario, capacity = apply(world, variant), calibrate(world)

    def one(seed: int) -> float:
        return measure(Engine(scenario, seed=seed, capacity=capacity).advance(scenario.days))[PRIMARY]

    with ThreadPoolExecutor() as pool:
        return np.array(list(pool.map(one, range(1, REPLICATIONS + 1))))


def shape(low: list[float], high: list[float]) -> str:
    """Words for the signs that the intervals leave no doubt about."""
    signs = {"shorter" if h < 0 else "longer" if b > 0 else "" for b, h in zip(low, high, strict=True)} - {""}
    return " or ".join(sorted(signs)) or "undecided"


def main() -> None:
    """Sweep and write the page."""
    lines = [
        "# Regimes: one knob at a time", "",
        "Written by `python scripts/regimes.py`. Difference in U(180), days, from the baseline with the same changes, on",
        f"{REPLICATIONS} paired replications of the standard city ({WORLD.city.n_residents:,} residents), with 95 % intervals one by",
        "one. Below nought issues stay unresolved for a shorter time. Other inputs are as assumed; with others the",
        "shape may be another. No result is an evaluation of a place.", "",
    ]  # fmt: skip
    bases: dict[str, np.ndarray] = {}
    for title, points in SWEEPS:
        estimates = []
        for _, variant, changes in points:
            key = repr(changes)
            if key not in bases:
                bases[key] = outcomes("B0", changes)
            estimates.append(paired_estimates((outcomes(variant, changes) - bases[key])[:, None]))
        low, high = [e.low[0] for e in estimates], [e.high[0] for e in estimates]
        lines += [f"## {title}", "", "| Knob | " + " | ".join(f"{x:g}" for x, _, _ in points) + " |",
                  "|---" * (len(points) + 1) + "|",
                  "| Difference | " + " | ".join(f"{e.mean[0]:+.2f}" for e in estimates) + " |",
                  "| Interval | " + " | ".join(f"{a:+.2f} to {b:+.2f}" for a, b in zip(low, high, strict=True)) + " |",
                  "", f"Unresolved for: {shape(low, high)}.", ""]  # fmt: skip
        print(title, [f"{e.mean[0]:+.2f}" for e in estimates], shape(low, high), flush=True)
    page = Path(__file__).parents[1] / "docs" / "science" / "regimes.md"
    page.write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
