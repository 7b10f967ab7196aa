"""The bare floor: as many keyed draws and writes as a run needs, in a loop that does nothing else.

How many a run needs is counted, not guessed: `NUMBA_DISABLE_JIT=1 python -m benchmarks.floor` runs the
standard city for 150 days as plain Python and counts draws and writes to the fields of records, city-building
included; `COUNTS` holds what it printed. Writes to plain arrays (the ledgers) are not among them, so the
floor is a little too low. The loop's draws are the engine's own; its writes go round a buffer that stays
in the second-level cache.
"""

import time

import numpy as np

from govsim.engine import rng
from govsim.engine.compiled import kernel

COUNTS = {"B0": (29, 425), "F1": (32, 514)}
"""Draws and writes an issue."""
_RING = 2**15


@kernel
def floor(n, draws, writes, ring):
    """For each of n issues `draws` keyed draws, written down, and as many writes more as make `writes`."""
    at = 0
    for i in range(n):
        key = rng.entity_key(np.uint64(1), 0, i)
        if at + writes > ring.size:
            at = 0
        for j in range(draws):
            ring[at + j] = rng.uniform(key, j, 0)
        for j in range(draws, writes):
            ring[at + j] = i
        at += writes


def floor_seconds(variant: str, n_issues: int) -> float:
    """CPU seconds of the floor: the best of three."""
    ring = np.zeros(_RING)
    draws, writes = COUNTS[variant]
    floor(1, draws, writes, ring)
    seconds = []
    for _ in range(3):
        start = time.process_time()
        floor(n_issues, draws, writes, ring)
        seconds.append(time.process_time() - start)
    return min(seconds)


def count(variant: str, days: int = 150) -> tuple[float, float]:
    """Draws and writes an issue of the standard city; only where the rules run interpreted."""
    from govsim.engine.simulate import Engine
    from govsim.scenario.inputs import override
    from govsim.scenario.scenario import Scenario
    from govsim.scenario.variants import apply

    desks = {"staffing": {"community_workers": 3, "department_workers": 8, "subdistrict_workers": 2},
             "behaviour.commitment.commit_anchor": "reference"}  # fmt: skip
    scenario = apply(override(Scenario(days=days, burn_in_days=0), desks), variant)
    done = [0, 0]
    draw, write = rng.uniform, np.record.__setattr__

    def counted_draw(*args):
        done[0] += 1
        return draw(*args)

    def counted_write(*args):
        done[1] += 1
        write(*args)

    rng.uniform, np.record.__setattr__ = counted_draw, counted_write
    try:
        with np.errstate(all="ignore"):
            n = Engine(scenario).advance(days).n_issues
    finally:
        rng.uniform, np.record.__setattr__ = draw, write
    return done[0] / n, done[1] / n


if __name__ == "__main__":
    for name in COUNTS:
        print(name, "draws and writes an issue:", *(round(x, 1) for x in count(name)))
