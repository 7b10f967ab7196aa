"""How fast the engine runs and how much memory it takes: `make bench`.

CPU time of one thread, compiled; F1 has all 13 components on. Each run has a process of its own, warmed on a
small city. Beside it the bare floor: as many issues, each with ten keyed draws and sixteen writes, in a loop.
Compare rates within one run of this script; machines differ.

Peak memory is the high-water mark of the process above what it held before the city was built. Bytes a resident
and bytes an issue are the two coefficients of a straight line through two runs of the same city that differ
in their issues only. Freed memory is given back to the system at once, so that none is used twice unseen.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from govsim.engine import rng
from govsim.engine import state as st
from govsim.engine.compiled import kernel
from govsim.engine.simulate import Engine, calibrate
from govsim.scenario.city import City
from govsim.scenario.inputs import override
from govsim.scenario.scenario import Scenario
from govsim.scenario.variants import apply

SIZES = (200_000, 1_000_000, 5_000_000)
DAYS = 1095
FEWER = 0.5
"""Factor on the issues of the second run, from which bytes an issue follow: fewer, since more would overload desks."""


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


def peak_bytes() -> int:
    """High-water mark of this process's memory."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("this system does not tell a process's peak memory")


def forget_peak() -> int:
    """Set the high-water mark back to what is held now; return it."""
    Path("/proc/self/clear_refs").write_text("5")
    return peak_bytes()


def scenario_of(name: str, residents: int, factor: float) -> Scenario:
    """The standard city, scaled, with `factor` times its issues."""
    base = Scenario(city=City.preset("standard").scaled(residents), days=DAYS, burn_in_days=0)
    usual = base.demand.issues_per_household_year
    return apply(override(base, {"demand.issues_per_household_year": usual * factor}), name)


def measure(name: str, residents: int, factor: float, capacity: dict) -> dict:
    """One run in this process: CPU seconds of building and running, and peak memory."""
    small = scenario_of(name, 20_000, 1.0)
    Engine(small).advance(400)
    floor(st.blank(st.ISSUE, 1), 1)
    scenario = scenario_of(name, residents, factor)
    held = forget_peak()
    start = time.process_time()
    engine = Engine(scenario, capacity=capacity).advance(DAYS)
    seconds = time.process_time() - start
    peak = peak_bytes() - held
    issues = engine.n_issues
    del engine
    rows = st.blank(st.ISSUE, issues)
    start = time.process_time()
    floor(rows, issues)
    bare = time.process_time() - start
    return {"residents": scenario.city.n_residents, "issues": issues, "seconds": seconds, "peak": peak, "bare": bare}


def in_own_process(name: str, residents: int, factor: float) -> dict:
    """The same in a fresh process, which is handed its desks: solving them would leave memory behind."""
    command = [sys.executable, "-m", "benchmarks.engine", name, str(residents), str(factor)]
    desks = json.dumps(calibrate(scenario_of(name, residents, factor)), default=float)
    given_back = os.environ | {"MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "65536"}
    done = subprocess.run(command, check=True, capture_output=True, text=True, input=desks, env=given_back)
    return json.loads(done.stdout)


def row(name: str, residents: int) -> dict:
    """A line of the results."""
    usual, fewer = in_own_process(name, residents, 1.0), in_own_process(name, residents, FEWER)
    an_issue = (usual["peak"] - fewer["peak"]) / (usual["issues"] - fewer["issues"])
    people = usual["residents"]
    return {
        "variant": name, "residents": people, "days": DAYS, "issues": usual["issues"],
        "cpu_seconds": round(usual["seconds"], 4),
        "resident_years_per_cpu_second": round(people * DAYS / 365 / usual["seconds"]),
        "peak_bytes_per_resident": round((usual["peak"] - an_issue * usual["issues"]) / people, 1),
        "peak_bytes_per_issue": round(an_issue, 1),
        "ratio_to_bare_floor": round(usual["seconds"] / usual["bare"], 1),
    }  # fmt: skip


def main() -> None:
    """Measure, print, write."""
    runs = []
    for residents in SIZES:
        for name in ("B0", "F1"):
            runs.append(row(name, residents))
            print(runs[-1], flush=True)
    path = Path(__file__).parent / "results" / "engine.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"runs": runs}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(measure(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), json.load(sys.stdin))))
    else:
        main()
