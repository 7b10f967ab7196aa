"""Laws that hold issue by issue, without tolerance for chance (model.md section 4: T16, T20, T25, T27, T29)."""

import math

import numpy as np
import pytest

from govsim import City, Scenario
from govsim.engine import rng
from govsim.engine import state as st
from govsim.engine.simulate import Engine
from govsim.scenario.inputs import override
from govsim.scenario.variants import COMPONENTS, apply
from govsim.studies.checks import consent, kind, town
from tests.runs import same_log


def test_expectation__comes_to_what_is_delivered():
    """T16: constant performance P: E_n - P = (1 - eta)^n (E_0 - P) for each household after its n-th closure."""
    scenario = town(kind(hours=0.6), rate=3.2, days=400)
    scenario = override(scenario, {"behaviour.response": {"performance_speed": 0.0, "contact_share": 1.0}})
    e = Engine(scenario, seed=1).advance(400)
    response, w = scenario.behaviour.response, e.world
    closed = ~np.isnan(w.issues.closed[: e.n_issues])
    arrivals = w.arrivals[: e.n_issues][closed]
    buildings = w.buildings[arrivals.building]
    share = np.array([rng.uniform(key, rng.HOUSEHOLD, 0) for key in arrivals.key])
    n = np.bincount(buildings.first_household + (share * buildings.n_households).astype(int), minlength=len(w.households))
    p = response.performance_resolved + response.performance_contact
    expected = p + (1 - response.expectation_learning) ** n * (response.expectation_initial - p)
    assert n.max() > 5
    assert w.households.expectation == pytest.approx(expected, abs=1e-12)


def test_fatigue__settles_at_hours_over_recovery():
    """T20: constant hours g a month: f* = eta g / delta, reached as 1 - (1 - delta)^n."""
    scenario = override(apply(Scenario(city=City.preset("demo"), days=3650, burn_in_days=0), "E4"), {"behaviour.volunteering": {
        "offer_intercept": 10.0, "offer_motivation": 0.0, "offer_affect": 0.0, "offer_responsibility": 0.0, "offer_mandate": 0.0,
        "offer_fatigue": 0.0, "dropout_base": 0.0}})  # fmt: skip
    e = Engine(scenario, seed=1).advance(3650)
    v = scenario.behaviour.volunteering
    g = scenario.mechanism.E4.monthly_hours / (1 + math.exp(-10.0))
    members = e.world.members[e.world.members.on_roster == 1]
    assert len(members) > 10
    assert members.fatigue == pytest.approx(v.fatigue_per_hour * g / v.fatigue_decay, rel=1e-6)


def test_capacity__brings_every_start_forward():
    """T25: one class, first come first served: another worker lets no issue start later."""
    one, two = (Engine(town(kind(), rate=0.9, workers=c, days=3_000), seed=1).advance(3_000) for c in (1, 2))
    started = one.world.issues.started[: one.n_issues]
    known = ~np.isnan(started)
    assert (two.world.issues.started[: one.n_issues][known] <= started[known]).all()
    assert (two.world.issues.started[: one.n_issues][known] < started[known]).any()


def test_access__keeps_all_who_spoke_to_the_community():
    """T25: where the community is easier to reach, whoever chose it still does (learning off, same luck)."""

    def chosen(cost):
        scenario = town(kind(hours=0.001), rate=2.0, days=500)
        scenario = override(scenario, {"behaviour.voice": {
            "access_cost_community": cost, "access_cost_petition": 2.0, "weight_belief": 0.0, "weight_trust": 0.0}})  # fmt: skip
        e = Engine(scenario, seed=1).advance(500)
        return e.world.issues.channel[: e.n_issues] == st.VIA_COMMUNITY

    harder, easier = chosen(2.0), chosen(1.0)
    assert easier[harder].all() and easier.sum() > harder.sum()


def test_consent__of_more_takes_more_contacts():
    """T25: more who must agree, not fewer contacts, issue by issue."""
    few, many = (
        Engine(override(consent().scenario, {"behaviour.gates.parties_low": n, "behaviour.gates.parties_high": n}), seed=1).advance(300)
        for n in (20, 40)
    )
    both = ~np.isnan(few.world.issues.interests[: few.n_issues]) & ~np.isnan(many.world.issues.interests[: few.n_issues])
    contacts = [e.world.issues.contacts[: few.n_issues][both] for e in (few, many)]
    assert both.sum() > 500 and (contacts[1] >= contacts[0] + 10).all()


def test_extremes__give_what_must_be():
    """T27: nothing arises, nothing is served; staff without end, nobody waits; work without end, nothing is resolved."""
    empty = Engine(town(kind(), rate=0.0, days=100), seed=1).advance(100)
    assert empty.n_issues == 0 and empty.world.stations.served.sum() == 0
    plenty = Engine(town(kind(), rate=3.2, workers=300, days=300), seed=1).advance(300)
    it = plenty.world.issues[: plenty.n_issues]
    done = ~np.isnan(it.started)
    assert done.sum() > 3_000 and (it.started[done] == it.released[done]).all()
    endless = Engine(town(kind(hours=1e5, cv=0.01), rate=1.0, exponential=False, days=300), seed=1).advance(300)
    assert endless.n_issues > 1_000 and not (endless.world.issues.status[: endless.n_issues] == st.RESOLVED).any()


@pytest.mark.parametrize("step", [1, 7])
@pytest.mark.parametrize("name", ["B0", "F1"])
def test_log__does_not_depend_on_how_days_are_asked_for(name, step):
    """T29: the same bits at once, day by day and week by week; and again with the same seed."""
    scenario = apply(Scenario(city=City.preset("demo"), days=140, burn_in_days=40), name)
    whole, stepped = Engine(scenario).advance(140), Engine(scenario)
    for day in range(step, 141, step):
        stepped.advance(day)
    assert same_log(whole, stepped) and same_log(whole, Engine(scenario).advance(140))


def test_components__leave_arrivals_and_traits_alone():
    """T29: stream isolation: whatever part of the mechanism is off, the same issues arise with the same traits."""
    base = Scenario(city=City.preset("demo"), days=120, burn_in_days=0)
    whole = Engine(apply(base, "F1")).advance(120)
    for name in ("B0", *(f"F1-{code}" for code in COMPONENTS)):
        e = Engine(apply(base, name)).advance(120)
        assert e.n_issues == whole.n_issues and e.world.arrivals.tobytes() == whole.world.arrivals.tobytes()
        for field in ("severity", "hours", "n_affected", "n_departments"):
            assert np.array_equal(e.world.issues[field][: e.n_issues], whole.world.issues[field][: e.n_issues]), (name, field)


