"""How fast the engine runs and how much memory it takes: `make bench`. How to read it: `README.md` beside this.

Every run has a fresh process of its own and one thread. CPU seconds are those of building the city and
running it; desks are solved beforehand. The peak is that of resident memory, above what the process held
with everything imported and the compiled code loaded. A second run of the same city with twice the issues
tells how much of the peak goes with issues; the rest is put down to residents, fixed costs included.
"""

import json
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.mesa_core import CoreModel, core_scenario
from govsim.engine import rng
from govsim.engine import state as st
from govsim.engine.compiled import kernel
from govsim.engine.simulate import Engine, calibrate
from govsim.scenario.city import City
from govsim.scenario.inputs import override
from govsim.scenario.scenario import Scenario
from govsim.scenario.variants import apply

SIZES = ((56_160, 1095, 3), (200_000, 1095, 3), (1_000_000, 1095, 3), (1_000_000, 365, 3), (5_000_000, 365, 1))
"""Residents, days, repetitions (the median CPU time counts)."""
MESA_SIZES = ((56_160, 1095), (200_000, 1095))
VARIANTS = ("B0", "F1")
RATE = 0.65
"""Issues a household-year: the default, 0.25 a resident-year."""
DRAWS = 10


@kernel
def floor(issues, n, draws):
    """`draws` keyed draws and sixteen writes an issue, nothing else."""
    for i in range(n):
        key = rng.entity_key(np.uint64(1), 0, i)
        for j in range(draws):
            issues[i].hours += rng.uniform(key, j, 0)
        issues[i].voiced = 0.0
        issues[i].triaged = 0.0
        issues[i].released = 0.0
        issues[i].closed = 0.0
        issues[i].resolved = 0.0
        issues[i].ended = 0.0


def floor_seconds(n: int) -> float:
    """CPU seconds of the bare floor for n issues, its column made anew: the best of three."""
    seconds = []
    for _ in range(3):
        start = time.process_time()
        floor(st.blank(st.ISSUE, n), n, DRAWS)
        seconds.append(time.process_time() - start)
    return min(seconds)


def memory(field: str) -> int:
    """Resident memory of this process in bytes: `VmRSS` now, `VmHWM` at its peak."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(field))
    except (OSError, StopIteration):  # not Linux: only the peak of the whole process is known
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def forget_peak() -> None:
    """Let `VmHWM` start again from what is resident now."""
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    except OSError:
        pass


def scenario_of(job: dict[str, Any]) -> Scenario:
    """The scenario of a job, under its variant."""
    city = City.preset("standard").scaled(job["residents"])
    base = Scenario(city=city, days=job["days"], burn_in_days=0)
    if job["variant"] == "core":
        return core_scenario(base)
    return apply(override(base, {"demand.issues_per_household_year": job["rate"]}), job["variant"])


def measure(job: dict[str, Any]) -> dict[str, Any]:
    """One run in this process: CPU seconds, peak memory, and the bare floor beside them."""
    warm = scenario_of(job | {"residents": 9_360, "days": 100})
    Engine(warm).advance(100)
    floor_seconds(10)
    scenario, capacity = scenario_of(job), job["capacity"]
    forget_peak()
    before = memory("VmRSS")
    start = time.process_time()
    engine = Engine(scenario, capacity=capacity).advance(scenario.days)
    seconds = time.process_time() - start
    peak = memory("VmHWM") - before
    columns = sum(getattr(engine.world, name).nbytes for name in st.World._fields)
    return {"issues": engine.n_issues, "seconds": seconds, "peak": peak, "columns": columns, "floor": floor_seconds(engine.n_issues)}


def compare(job: dict[str, Any]) -> dict[str, Any]:
    """Engine and plain Mesa on the same core loop: CPU seconds of both, and whether their logs are the same."""
    scenario, capacity = scenario_of(job), job["capacity"]
    Engine(scenario_of(job | {"residents": 9_360, "days": 100})).advance(100)
    start = time.process_time()
    engine = Engine(scenario, capacity=capacity).advance(scenario.days)
    ours = time.process_time() - start
    start = time.process_time()
    model = CoreModel(scenario, capacity)
    for _ in range(scenario.days):
        model.step()
    theirs = time.process_time() - start
    issues = engine.world.issues[: engine.n_issues]
    is_same = all(np.array_equal(issues[k], v, equal_nan=v.dtype.kind == "f") for k, v in model.log().items())
    return {"issues": engine.n_issues, "seconds": ours, "mesa": theirs, "is_same": is_same}


def run(what: str, job: dict[str, Any]) -> dict[str, Any]:
    """Do a job in a fresh process."""
    command = [sys.executable, "-m", "benchmarks.engine", what]
    done = subprocess.run(command, input=json.dumps(job), capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def row_of(variant: str, residents: int, days: int, repetitions: int) -> dict[str, Any]:
    """One row of the table: a variant at a size."""
    job = {"variant": variant, "residents": residents, "days": days}
    runs = {}
    for rate, times in ((RATE, repetitions), (2 * RATE, 1)):
        asked = job | {"rate": rate}
        asked["capacity"] = calibrate(scenario_of(asked))
        runs[rate] = [run("measure", asked) for _ in range(times)]
    one, two = runs[RATE][0], runs[2 * RATE][0]
    peak = statistics.median(r["peak"] for r in runs[RATE])
    seconds = statistics.median(r["seconds"] for r in runs[RATE])
    bare = statistics.median(r["floor"] for r in runs[RATE])
    people = scenario_of(asked).city.n_residents
    per_issue = (two["peak"] - peak) / (two["issues"] - one["issues"])
    return {
        "variant": variant, "residents": people, "days": days, "issues": one["issues"], "cpu_seconds": round(seconds, 4),
        "resident_years_per_cpu_second": round(people * days / 365 / seconds),
        "peak_bytes_per_resident": round((peak - per_issue * one["issues"]) / people, 1),
        "peak_bytes_per_issue": round(per_issue, 1),
        "peak_bytes": peak, "column_bytes": one["columns"],
        "floor_cpu_seconds": round(bare, 4), "ratio_to_bare_floor": round(seconds / bare, 1),
    }  # fmt: skip


def mesa_row_of(residents: int, days: int) -> dict[str, Any]:
    """One row of the comparison with plain Mesa."""
    job = {"variant": "core", "residents": residents, "days": days}
    scenario = scenario_of(job)
    done = run("compare", job | {"capacity": calibrate(scenario)})
    return {
        "residents": scenario.city.n_residents, "days": days, "issues": done["issues"],
        "engine_cpu_seconds": round(done["seconds"], 4), "mesa_cpu_seconds": round(done["mesa"], 4),
        "ratio": round(done["mesa"] / done["seconds"], 1), "is_same_log": done["is_same"],
    }  # fmt: skip


def main() -> None:
    """Measure, print, write."""
    print("variant  residents  days     issues   CPU s  resident-years/CPU s  x floor  B/resident  B/issue  peak/columns")
    rows = []
    for size in SIZES:
        for variant in VARIANTS:
            r = row_of(variant, *size)
            rows.append(r)
            print(f"{variant:7} {r['residents']:10,} {r['days']:5} {r['issues']:10,} {r['cpu_seconds']:7.2f} "
                  f"{r['resident_years_per_cpu_second']:21,} {r['ratio_to_bare_floor']:8.1f} {r['peak_bytes_per_resident']:11.1f} "
                  f"{r['peak_bytes_per_issue']:8.1f} {r['peak_bytes'] / r['column_bytes']:13.2f}", flush=True)  # fmt: skip
    slower = rows[-3]["resident_years_per_cpu_second"] / rows[-1]["resident_years_per_cpu_second"]
    print(f"F1 at {rows[-1]['residents']:,} residents is {slower:.2f} times slower a resident than at {rows[-3]['residents']:,}\n")
    peers = []
    for residents, days in MESA_SIZES:
        r = mesa_row_of(residents, days)
        peers.append(r)
        print(f"core loop, {r['residents']:,} residents, {days} days, {r['issues']:,} issues: engine {r['engine_cpu_seconds']:.3f} s, plain "
              f"Mesa {r['mesa_cpu_seconds']:.1f} s, {r['ratio']:.0f} times slower; same log: {r['is_same_log']}", flush=True)  # fmt: skip
    path = Path(__file__).parent / "results" / "engine.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"runs": rows, "plain_mesa": peers}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    jobs = {"measure": measure, "compare": compare}
    if len(sys.argv) > 1:
        print(json.dumps(jobs[sys.argv[1]](json.load(sys.stdin))))
    else:
        main()
