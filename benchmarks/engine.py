"""How fast the engine runs: `make bench`. CPU time of one thread, compiled, F1 with all 13 components.

Beside it the bare floor: the same number of issues, each with ten keyed draws and sixteen writes, in a
loop. Rates are compared as ratios within one run of this script; machines differ.
"""

import json
import time
from pathlib import Path

import numpy as np

from govsim.engine import rng
from govsim.engine import state as st
from govsim.engine.compiled import kernel
from govsim.engine.simulate import Engine, calibrate
from govsim.scenario.city import City
from govsim.scenario.scenario import Scenario
from govsim.scenario.variants import apply

SIZES = (56_160, 200_000, 1_000_000)
PER_RESIDENT = ("households", "buildings", "compounds", "communities", "stations", "workers", "hours", "packages",
                "events", "heap", "nodes", "queues", "members", "organisations", "ties", "pool", "pool_today", "given")  # fmt: skip


@kernel
def floor(issues, n):
    """Ten draws and sixteen writes an issue, nothing else."""
    for i in range(n):
        key = rng.entity_key(np.uint64(1), 0, i)
        for j in range(10):
            issues[i].hours += rng.uniform(key, j, 0)
        issues[i].voiced = 0.0
        issues[i].triaged = 0.0
        issues[i].released = 0.0
        issues[i].closed = 0.0
        issues[i].resolved = 0.0
        issues[i].ended = 0.0


def measure(name: str, residents: int, days: int = 1095) -> dict:
    """One run: CPU seconds of building and running, and the bytes its columns hold at the end."""
    scenario = apply(Scenario(city=City.preset("standard").scaled(residents), days=days, burn_in_days=0), name)
    capacity = calibrate(scenario)
    start = time.process_time()
    engine = Engine(scenario, capacity=capacity).advance(days)
    seconds = time.process_time() - start
    start = time.process_time()
    floor(st.blank(st.ISSUE, engine.n_issues), engine.n_issues)
    bare = time.process_time() - start
    size = {field: array.nbytes for field, array in engine.world.columns().items()}
    city = sum(size[field] for field in PER_RESIDENT)
    people = scenario.city.n_residents
    return {
        "variant": name, "residents": people, "days": days, "issues": engine.n_issues, "cpu_seconds": round(seconds, 4),
        "resident_years_per_cpu_second": round(people * days / 365 / seconds),
        "column_bytes_per_resident": round(city / people, 1),
        "column_bytes_per_issue": round((sum(size.values()) - city) / engine.n_issues, 1),
        "ratio_to_bare_floor": round(seconds / max(bare, 1e-9), 1),
    }  # fmt: skip


def main() -> None:
    """Measure, print, write."""
    measure("F1", SIZES[0], 400)
    runs = [measure(name, residents) for residents in SIZES for name in ("B0", "F1")]
    for run in runs:
        print(run)
    path = Path(__file__).parent / "results" / "engine.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"runs": runs}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
