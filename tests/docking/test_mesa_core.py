"""The engine against plain Mesa objects on the core loop: one issue log, row by row, to the last bit.

A queue served in another order, a draw with another key, hours charged a day late, a package forgotten: each
changes the log of many issues. Beliefs and trust are kept in another form (all households move every month, the
engine's are lazy), so they agree to rounding: some 30 months of at most four roundings of numbers below 1, each blown
up by at most 0.9^-30 = 24 in the lazy form, stay below 1e-12.
"""

import numpy as np
import pytest

from benchmarks.mesa_core import COUNTS, MOMENTS, CoreModel, core_scenario
from govsim.engine.simulate import Engine
from govsim.scenario.city import City
from govsim.scenario.inputs import override
from govsim.scenario.scenario import Scenario

DAYS = 730
BUSY = {
    "staffing.community_workers": 1, "behaviour.clock.chunk_max": 3.0, "behaviour.clock.due_window": 5.0,
    "behaviour.clock.workdays_per_week": 6, "behaviour.effort.audit_share": 0.5, "behaviour.effort.failure_share": 0.3,
    "behaviour.agenda.memo_check_hours": 4.0, "behaviour.voice.voice_attempts_max": 4,
}  # fmt: skip
"""A backlog for years, many reminders and reopenings: what the usual load seldom reaches."""


def both(changes: dict, seed: int) -> tuple[Engine, CoreModel]:
    desks = {"staffing": {"community_workers": 2, "subdistrict_workers": 2, "department_workers": 1}}
    base = Scenario(city=City.preset("standard").scaled(9_360), days=DAYS, burn_in_days=0, seed=seed)
    scenario = override(override(core_scenario(base), desks), changes)
    engine = Engine(scenario).advance(DAYS)
    return engine, CoreModel(scenario, engine.capacity).run(DAYS)


@pytest.mark.parametrize(("changes", "seed"), [({}, 1), ({}, 2), (BUSY, 3)], ids=["usual", "usual again", "busy"])
def test_core_loop__gives_the_issue_log_of_plain_mesa(changes, seed):
    engine, model = both(changes, seed)
    issues, log = engine.world.issues[: engine.n_issues], model.log()
    assert len(model.issues) == engine.n_issues > 3000
    for name in MOMENTS:
        assert issues[name].dtype == np.float32
        np.testing.assert_array_equal(issues[name], log[name], err_msg=name)
    for name in COUNTS:
        np.testing.assert_array_equal(issues[name], log[name], err_msg=name)


@pytest.mark.parametrize(("changes", "seed"), [({}, 1), (BUSY, 3)], ids=["usual", "busy"])
def test_core_loop__leaves_households_as_plain_mesa_does(changes, seed):
    engine, model = both(changes, seed)
    w, c = engine.world, engine.world.counters[0]
    building = np.repeat(np.arange(len(w.buildings)), w.buildings.n_households)
    pairs = (("belief", "community", c.belief_scale), ("trust_community",) * 2 + (c.trust_scale,), ("trust_city",) * 2 + (c.trust_scale,))
    for plain, column, scale in pairs:
        lazy = w.buildings[f"offset_{column}"][building] + scale * w.households[column]
        np.testing.assert_allclose([getattr(h, plain) for h in model.households], lazy, rtol=0, atol=1e-12, err_msg=plain)
    np.testing.assert_array_equal([h.expectation for h in model.households], w.households.expectation)


def test_core_loop__reaches_every_rule_it_compares():
    """The comparison would be empty for a rule that no issue meets."""
    usual, busy = both({}, 1)[0], both(BUSY, 3)[0]
    issues = usual.world.issues[: usual.n_issues]
    late = issues.triaged > issues.voiced
    waited = issues.started - issues.released > 1.0
    counts = {
        "silent": np.isnan(issues.voiced).sum(), "helped privately": (issues.status == 6).sum(), "given up": (issues.status == 7).sum(),
        "transferred upward": late.sum(), "two desks": ((issues.served_by & 3) == 3).sum(), "firm": (issues.served_by & 8 > 0).sum(),
        "misinformed or long": (issues.hours_served > 8).sum(), "perfunctory": (issues.hours_perfunctory > 0).sum(),
        "waited": waited.sum(), "reopened": (issues.redo > 0).sum(),
        "reopened often": (busy.world.issues.redo[: busy.n_issues] > 1).sum(),
        "choices used up": (busy.world.issues.choices[: busy.n_issues] > 4).sum(),
    }  # fmt: skip
    assert min(counts.values()) >= 20, counts
