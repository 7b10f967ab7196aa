"""The log of moves of a tiny world, worked out by hand."""

import numpy as np

from govsim.engine.moves import MOVES
from govsim.engine.simulate import Engine
from govsim.engine.state import MOVE_ROWS
from govsim.studies.checks import kind, town

HOUR = 1 / 24
DECISION, WORK = 3.0, 2.0
"""Hours of a decision and of the work it releases."""


def world():
    """One community with one worker round the clock; every issue needs a decision of the community, then work."""
    job = kind(hours=WORK, cv=1e-9, p_power=1.0, authority=2)
    return town(job, rate=0.02, days=400, exponential=False, inputs={"behaviour.gates.decision_hours": DECISION})


def two_together():
    """A run and its first two issues of which the second arises while the first is being decided and no other is near."""
    for seed in range(200):
        engine = Engine(world(), seed=seed, moves=True)
        onset = engine.world.arrivals.onset
        for i in range(1, len(onset) - 2):
            gaps = np.diff(onset[i - 1 : i + 3]) / HOUR
            if gaps[0] > 30 and gaps[1] < DECISION and gaps[2] > 30:
                return engine.advance(400), i
    raise AssertionError("no seed has two such issues")


def test_moves__of_two_issues_at_one_desk_are_as_worked_out_by_hand():
    engine, i = two_together()
    one, two = (float(t) for t in engine.world.arrivals.onset[i : i + 2])
    log = engine.world.moves[: int(engine.world.pools.used[MOVE_ROWS])]
    found = [(int(r.issue) - i, MOVES[r.what], float(r.day), int(r.who)) for r in log if r.issue in (i, i + 1)]
    after = [one + h * HOUR for h in (0.0, 3.0, 6.0, 8.0, 10.0)]
    expected = [
        (0, "arose", one, -1), (0, "chose", one, -1), (0, "voiced", one, -1), (0, "taken_in", one, 0), (0, "owner_found", one, 0),
        (0, "queued", one, 0), (0, "began", one, 0), (0, "worked", one, 0),
        (1, "arose", two, -1), (1, "chose", two, -1), (1, "voiced", two, -1), (1, "taken_in", two, 0), (1, "owner_found", two, 0),
        (1, "queued", two, 0),
        (0, "done", after[1], 0), (0, "gate_opened", after[1], -1), (0, "released", after[1], -1), (0, "queued", after[1], 0),
        (1, "began", after[1], 0), (1, "worked", after[1], 0),
        (1, "done", after[2], 0), (1, "gate_opened", after[2], -1), (1, "released", after[2], -1), (1, "queued", after[2], 0),
        (0, "began", after[2], 0), (0, "worked", after[2], 0),
        (0, "done", after[3], 0), (0, "closed", after[3], -1), (0, "resolved", after[3], -1),
        (1, "began", after[3], 0), (1, "worked", after[3], 0),
        (1, "done", after[4], 0), (1, "closed", after[4], -1), (1, "resolved", after[4], -1),
    ]  # fmt: skip
    whole_days = [n for n, row in enumerate(found) if row[1] == "worked" and row[2] == int(row[2])]
    carried = [row for n, row in enumerate(found) if n in whole_days]
    found = [row for n, row in enumerate(found) if n not in whole_days]
    assert [row[:2] + row[3:] for row in found] == [row[:2] + row[3:] for row in expected]
    np.testing.assert_allclose([row[2] for row in found], [row[2] for row in expected], rtol=0, atol=1e-8)
    assert len(carried) <= 1
    values = {(int(r.issue) - i, MOVES[r.what], int(r.detail) % 8): float(r.value) for r in log if r.issue in (i, i + 1)}
    assert abs(values[0, "queued", 2] - DECISION) < 1e-6
    assert abs(values[1, "queued", 0] - WORK) < 1e-6
    assert values[0, "gate_opened", 2] == 0.0
    hours = sum(float(r.value) for r in log if r.issue in (i, i + 1) and MOVES[r.what] == "worked")
    assert abs(hours - 2 * (DECISION + WORK)) < 1e-6
