"""Laws and null tests that no setting may break (section 4: T21, T23; ruling V3).

Exogenous streams and zero dose are held in tests/unit/engine.
"""

import numpy as np
import pytest

from govsim.engine import state as st
from govsim.engine.simulate import Engine
from govsim.results.metrics import PRIMARY, measure
from govsim.scenario.city import City
from govsim.scenario.inputs import override
from govsim.scenario.scenario import Scenario
from govsim.scenario.variants import apply

CITY = Scenario(city=City.preset("standard").scaled(40_000), days=730, burn_in_days=200)


def run(variant, seed=1, **inputs):
    asked = apply(override(CITY, inputs) if inputs else CITY, variant)
    return Engine(asked, seed=seed).advance(asked.days)


@pytest.mark.parametrize("variant", ["B0", "F1"])
def test_city__keeps_littles_law(variant):
    """T21: the mean number present, counted at day's ends, is arrivals times mean stay, within 1 %."""
    e = run(variant)
    it, arrivals, daily = e.world.issues[: e.n_issues], e.world.arrivals[: e.n_issues], e.world.daily
    left = (daily.resolved + daily.exited + daily.lapsed).cumsum()
    present = daily.arrived.cumsum() - left
    gone = np.where(it.status == st.RESOLVED, it.last_closed, it.ended)
    stay = np.where(np.isnan(gone), e.day - arrivals.onset, gone)
    assert present.mean() == pytest.approx(stay.sum() / e.day, rel=0.01)


def test_audit__of_everything_at_once_leaves_no_false_closure():
    """T23: audit = 1 without delay reopens every false closure the moment it happens."""
    audited = {"behaviour.effort.audit_share": 1.0, "behaviour.effort.audit_delay": 0.0, "behaviour.effort.audit_hours": 0.0}
    usual, strict = run("F1"), run("F1", **audited)
    assert (usual.world.issues.status == st.CLOSED).any()
    assert not (strict.world.issues.status == st.CLOSED).any()


def test_members__who_need_endless_supervision_never_help():
    """T23: h_sup without bound turns E4 into a cost; by paired sign over five seeds."""
    endless = {"behaviour.volunteering.supervision_hours": 1e6}
    for seed in range(1, 6):
        with_e4, without = run("E4", seed, **endless), run("B0", seed, **endless)
        assert measure(with_e4)[PRIMARY] >= measure(without)[PRIMARY]


def test_meetings__nobody_attends_rule_on_nothing():
    """V3, N2: without a quorum no sitting takes place."""
    empty = run("axis", **{"behaviour.agenda.attendance_share": 0.0})
    full = run("axis")
    for e, ruled in ((empty, False), (full, True)):
        sittings = e.world.sittings[: int(e.world.counters.n_sittings[0])]
        joint = sittings[sittings.kind != st.EXECUTIVE]
        assert bool((joint.ruled > 0).any()) is ruled
        assert bool((joint.tabled > 0).any()) is ruled
