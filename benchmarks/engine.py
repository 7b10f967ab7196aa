"""How fast the engine runs and how much memory it takes: `make bench`. How to read it: `README.md` beside this.

CPU time of one thread, compiled; F1 has all 13 components on. Each figure has a process of its own, in which the run is made
twice, and is handed its desks; solving them is measured apart. Beside it stand the bare floor (`floor.py`)
and, for the core loop, a plain-Mesa model with the same issue log (`mesa_core.py`). Compare rates within one
run of this script; machines differ.

Peak memory is the high-water mark of the process above what it held before the city was built. Bytes a resident
and bytes an issue are the two coefficients of a straight line through two runs of the same city that differ
in their issues only. In the runs for memory, and only there, freed memory is given back to the system at once, so that none is
used twice unseen.
Above 1.5 million residents a city is run twice: as `compare` runs it, a pool of county-level cities one after another
(ruling 24), whose bytes are those of the city held at the time; and as a single city.
"""

import functools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.floor import floor_seconds
from benchmarks.mesa_core import CoreModel, core_scenario
from govsim.engine.simulate import Engine, calibrate
from govsim.results.metrics import measure as measure_run
from govsim.scenario.city import POOL_RESIDENTS, City
from govsim.scenario.inputs import override
from govsim.scenario.scenario import Scenario
from govsim.scenario.variants import apply
from govsim.studies.compare import pooled_worlds

SIZES = {200_000: 5, 1_000_000: 5, 5_000_000: 1}
"""Residents, and how often the CPU time is taken; the median counts, and the least is told, since neighbours only add."""
MESA_SIZES = (50_000, 200_000)
DAYS = 1095
FEWER = 0.5
"""Factor on the issues of the second run, from which bytes an issue follow: fewer, since more would overload desks."""
HEAD = ("variant", "residents", "cities", "issues", "CPU s", "resident-years/CPU s", "at most", "first s", "x floor", "B/resident",
        "B/issue", "peak/columns")  # fmt: skip
WIDTHS = (7, 12, 8, 12, 9, 22, 12, 9, 9, 12, 9, 14)


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


def scenario_of(name: str, residents: int, factor: float = 1.0) -> Scenario:
    """The standard city, scaled, with `factor` times its issues, under a variant or as the core loop."""
    base = Scenario(city=City.preset("standard").scaled(residents), days=DAYS, burn_in_days=0)
    usual = base.demand.issues_per_household_year
    base = override(base, {"demand.issues_per_household_year": usual * factor})
    return core_scenario(base) if name == "core" else apply(base, name)


def solve(name: str, residents: int, factor: float, is_pool: bool) -> dict:
    """Solve the desks in this process: what they are in each city, CPU seconds and peak memory."""
    calibrate(scenario_of(name, 20_000))
    worlds = worlds_of(name, residents, factor, is_pool)
    held = forget_peak()
    start = time.process_time()
    capacities = [calibrate(world) for world in worlds]
    return {"capacities": capacities, "seconds": time.process_time() - start, "peak": peak_bytes() - held}


def worlds_of(name: str, residents: int, factor: float, is_pool: bool) -> list[Scenario]:
    """The city, or the cities it is a pool of."""
    scenario = scenario_of(name, residents, factor)
    return pooled_worlds(scenario) if is_pool else [scenario]


def measure(name: str, residents: int, factor: float, is_pool: bool, capacities: list[dict], is_timed: bool) -> dict:
    """A run in this process, city after city: CPU seconds of building and running, and peak memory.

    What is timed is the second of two equal runs, as in a study, which makes hundreds in a process: the first also pays the
    system for memory that nobody used before. Peak memory is that of a first run.
    """
    Engine(scenario_of(name, 20_000)).advance(400)
    worlds = worlds_of(name, residents, factor, is_pool)
    held = forget_peak()
    first = build_and_run(worlds, capacities)
    peak = peak_bytes() - held
    second = build_and_run(worlds, capacities) if is_timed else first
    issues = first["issues"]
    return {"residents": sum(world.city.n_residents for world in worlds), "issues": sum(issues), "cities": len(worlds),
            "seconds": second["seconds"], "first_seconds": first["seconds"], "peak": peak,
            "held_residents": max(world.city.n_residents for world in worlds), "held_issues": max(issues),
            "columns": max(first["columns"]), "floor": floor_seconds(name, sum(issues)) if is_timed else None}  # fmt: skip


def build_and_run(worlds: list[Scenario], capacities: list[dict]) -> dict:
    """Build and run cities one after another: CPU seconds of all, issues and bytes of the columns of each."""
    seconds, issues, columns = 0.0, [], []
    for world, capacity in zip(worlds, capacities, strict=True):
        start = time.process_time()
        engine = Engine(world, capacity=capacity).advance(DAYS)
        seconds += time.process_time() - start
        issues.append(engine.n_issues)
        columns.append(sum(column.nbytes for column in engine.world.columns().values()))
        del engine  # or two would be held while the next is built
    return {"seconds": seconds, "issues": issues, "columns": columns}


def against_mesa(residents: int, capacity: dict) -> dict:
    """The core loop by the engine and by plain Mesa: CPU seconds of both, and whether their logs are the same."""
    scenario = scenario_of("core", residents)
    Engine(scenario_of("core", 20_000)).advance(400)
    start = time.process_time()
    engine = Engine(scenario, capacity=capacity).advance(DAYS)
    middle = time.process_time()
    log = CoreModel(scenario, capacity).run(DAYS).log()
    end = time.process_time()
    rows = engine.world.issues[: engine.n_issues]
    is_same = all(np.array_equal(rows[name], column, equal_nan=column.dtype.kind == "f") for name, column in log.items())
    return {
        "residents": scenario.city.n_residents, "days": DAYS, "issues": engine.n_issues,
        "engine_cpu_seconds": round(middle - start, 4), "mesa_cpu_seconds": round(end - middle, 4),
        "ratio": round((end - middle) / (middle - start), 1), "is_same_log": is_same,
    }  # fmt: skip


def first_run() -> dict:
    """CPU seconds of a first small run of F1 with its metrics; nearly all of it compiles where the cache is empty."""
    start = time.process_time()
    measure_run(Engine(scenario_of("F1", 20_000)).advance(DAYS))
    return {"seconds": time.process_time() - start}


JOBS = {f.__name__: f for f in (solve, measure, against_mesa, first_run)}


GIVEN_BACK = {"MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "65536"}


def in_own_process(job: str, *args, **environment: str) -> dict:
    """Do one of `JOBS` in a fresh process."""
    command = [sys.executable, "-m", "benchmarks.engine", job]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True, input=json.dumps(args), env=os.environ | environment)
    return json.loads(done.stdout)


def compile_seconds() -> float:
    """CPU seconds that compiling takes: a first run with an empty cache less the same with a full one."""
    with tempfile.TemporaryDirectory() as cache:
        empty, full = (in_own_process("first_run", NUMBA_CACHE_DIR=cache)["seconds"] for _ in range(2))
    return round(empty - full, 1)


@functools.cache
def desks(name: str, residents: int, factor: float, is_pool: bool) -> dict:
    """Desks of a scenario, which are those of its baseline, and what solving them takes."""
    return in_own_process("solve", name, residents, factor, is_pool, **GIVEN_BACK)


def middle_of(runs: list[dict]) -> dict:
    """The run with the median peak: how many large pages the system gives differs."""
    return sorted(runs, key=lambda run: run["peak"])[len(runs) // 2]


def row(name: str, residents: int, is_pool: bool, times: int) -> dict:
    """A line of the results."""
    solved, fewer_solved = (desks("B0", residents, factor, is_pool) for factor in (1.0, FEWER))
    runs = [in_own_process("measure", name, residents, 1.0, is_pool, solved["capacities"], True) for _ in range(times)]
    held, fewer = (
        middle_of(
            [in_own_process("measure", name, residents, factor, is_pool, found["capacities"], False, **GIVEN_BACK) for _ in range(times)]
        )
        for factor, found in ((1.0, solved), (FEWER, fewer_solved))
    )
    seconds, first, floor = (statistics.median(run[key] for run in runs) for key in ("seconds", "first_seconds", "floor"))
    least = min(run["seconds"] for run in runs)
    an_issue = (held["peak"] - fewer["peak"]) / (held["held_issues"] - fewer["held_issues"])
    people = runs[0]["residents"]
    return {
        "variant": name, "residents": people, "cities": runs[0]["cities"], "days": DAYS, "issues": runs[0]["issues"],
        "cpu_seconds": round(seconds, 4), "least_cpu_seconds": round(least, 4), "first_cpu_seconds": round(first, 4),
        "resident_years_per_cpu_second": round(people * DAYS / 365 / seconds),
        "most_resident_years_per_cpu_second": round(people * DAYS / 365 / least),
        "peak_bytes_per_resident": round((held["peak"] - an_issue * held["held_issues"]) / held["held_residents"], 1),
        "peak_bytes_per_issue": round(an_issue, 1),
        "ratio_to_bare_floor": round(seconds / floor, 1),
        "ratio_of_peak_to_columns": round(held["peak"] / held["columns"], 3),
        "desks_cpu_seconds": round(solved["seconds"], 4), "desks_peak_bytes": solved["peak"],
    }  # fmt: skip


def shown(r: dict) -> str:
    """A line of the table."""
    return (
        f"{r['variant']:>7}{r['residents']:>12,}{r['cities']:>8}{r['issues']:>12,}{r['cpu_seconds']:>9.2f}{r['resident_years_per_cpu_second']:>22,}"
        f"{r['most_resident_years_per_cpu_second']:>12,}{r['first_cpu_seconds']:>9.2f}"
        f"{r['ratio_to_bare_floor']:>9.1f}{r['peak_bytes_per_resident']:>12.1f}{r['peak_bytes_per_issue']:>9.1f}"
        f"{r['ratio_of_peak_to_columns']:>14.2f}"
    )


def main() -> None:
    """Measure, print, write."""
    print("".join(f"{word:>{width}}" for word, width in zip(HEAD, WIDTHS, strict=True)))
    runs = []
    for residents, times in SIZES.items():
        for is_pool in (True, False) if residents > POOL_RESIDENTS else (False,):
            for name in ("B0", "F1"):
                runs.append(row(name, residents, is_pool, times))
                print(shown(runs[-1]), flush=True)
    of_full = runs[1::2]
    million = of_full[1]
    for r in of_full:
        slower = million["resident_years_per_cpu_second"] / r["resident_years_per_cpu_second"]
        print(f"F1, {r['residents']:,} residents in {r['cities']} cities: {slower:.2f} times the CPU time a resident-year "
              f"of {million['residents']:,}; "
              f"desks before it: {r['desks_cpu_seconds']:.2f} CPU s, peak {r['desks_peak_bytes'] / 1e6:,.0f} MB")  # fmt: skip
    mesa = []
    for residents in MESA_SIZES:
        r = in_own_process("against_mesa", residents, desks("core", residents, 1.0, False)["capacities"][0])
        mesa.append(r)
        print(f"core loop, {r['residents']:,} residents, {r['issues']:,} issues: plain Mesa {r['mesa_cpu_seconds']:.2f} CPU s, engine "
              f"{r['engine_cpu_seconds']:.3f}, ratio {r['ratio']:.0f}; same log: {r['is_same_log']}", flush=True)  # fmt: skip
    compiling = compile_seconds()
    print(f"compiling, once: {compiling} CPU s")
    path = Path(__file__).parent / "results" / "engine.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"runs": runs, "plain_mesa": mesa, "compile_cpu_seconds": compiling}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(JOBS[sys.argv[1]](*json.load(sys.stdin)), default=float))
    else:
        main()
