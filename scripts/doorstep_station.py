"""How far the headline hangs on the doorstep mediation station of L1 (S24, H4).

python scripts/doorstep_station.py

U(180) of the links and of the full mechanism against the baseline, on 30 paired replications of the
standard city: with the station as assumed, without it, and with ten times its hours.
"""

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
CASES = {
    "as assumed": {},
    "no station": {"mechanism.L1.doorstep_station": False},
    "ten times its hours": {"behaviour.contribution.law_firm_hours": 400.0},
}


def outcomes(variant: str, changes: dict, capacity: dict, replications: int = 30) -> np.ndarray:
    """U(180) of each replication; desks are those of the unchanged world."""
    scenario = override(apply(WORLD, variant), changes)
    runs = (Engine(scenario, seed=1 + r, capacity=capacity) for r in range(replications))
    return np.array([measure(e.advance(scenario.days))[PRIMARY] for e in runs])


def main() -> None:
    """Print the differences with their intervals."""
    capacity = calibrate(WORLD)
    base = outcomes("B0", {}, capacity)
    for variant in ("links", "F1"):
        for name, changes in CASES.items():
            e = paired_estimates((outcomes(variant, changes, capacity) - base)[:, None])
            print(f"{variant:6} {name:20} {e.mean[0]:+.2f} d [{e.low[0]:+.2f}, {e.high[0]:+.2f}]")


if __name__ == "__main__":
    main()
