"""Laws that hold issue by issue, without tolerance for chance (model.md section 4: T16, T20, T25, T27, T29)."""

import math

import numpy as np
import pytest

from govsim import City, Scenario
from govsim.engine import rng
from govsim.engine import state as st
from govsim.engine.gates import add_package
from govsim.engine.service import attention_of, class_of
from govsim.engine.simulate import Engine
from govsim.results.metrics import measure_by
from govsim.results.run import Run
from govsim.scenario.inputs import override
from govsim.scenario.variants import COMPONENTS, RIVALS, apply
from govsim.studies.checks import consent, kind, town
from tests.runs import same_log


@pytest.mark.parametrize("initial", [0.5, 0.95], ids=["pleased", "disappointed"])
def test_expectation__comes_to_what_is_delivered(initial):
    """T16: constant performance P: E_n - P = (1 - eta)^n (E_0 - P) for each household after its n-th closure."""
    scenario = town(kind(hours=0.6), rate=3.2, days=400)
    scenario = override(scenario, {"behaviour.response": {
        "performance_speed": 0.0, "contact_share": 1.0, "expectation_initial": initial}})  # fmt: skip
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
    # Satisfaction of a household's n-th closure: S0 + s_P P + s+ (P - E)+ - s- (E - P)+ at the expectation before it.
    it = w.issues[: e.n_issues][closed]
    home = buildings.first_household + (share * buildings.n_households).astype(int)
    order = np.lexsort((arrivals.onset + it.closed, home))
    nth = np.empty(len(order), int)
    nth[order] = np.arange(len(order)) - np.searchsorted(home[order], home[order])
    surprise = (1 - response.expectation_learning) ** nth * (p - response.expectation_initial)
    s = response.satisfaction_base + response.satisfaction_performance * p
    s = s + response.satisfaction_gain * np.maximum(surprise, 0) - response.satisfaction_loss * np.maximum(-surprise, 0)
    assert it.satisfaction == pytest.approx(np.clip(s, 0, 1), abs=1e-6)  # single precision


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


def test_attention__halves_every_half_life():
    """T20: A = 2^(-age / tau), first class until it is half."""
    e = Engine(town(kind(), rate=1.0, days=30), seed=1).advance(30)
    w, tau = e.world, e.scenario.behaviour.petition.attention_half_life
    w.issues.attention[0] = 2.0
    won = w.arrivals[0].onset + 2.0
    for halves in (0.0, 0.5, 1.0, 2.0, 7.25):
        assert attention_of(w, 0, won + halves * tau) == pytest.approx(2.0**-halves, rel=1e-12)
    package = add_package(w, 0, st.WORK, 0, 7, 1.0, 0)
    assert class_of(w, package, won + (1 - 1e-6) * tau) == 0 and class_of(w, package, won + (1 + 1e-6) * tau) == 2


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


def test_fewer_issues__bring_every_start_forward():
    """T25: where fewer speak up (same luck), each of them starts no later: one class, first come first served."""

    def started(cost):
        scenario = override(town(kind(), rate=1.2, days=1_500), {"behaviour.voice": {
            "access_cost_community": cost, "weight_belief": 0.0, "weight_trust": 0.0}})  # fmt: skip
        e = Engine(scenario, seed=1).advance(1_500)
        return e.world.issues.started[: e.n_issues], ~np.isnan(e.world.issues.voiced[: e.n_issues])

    (all_, spoke), (thinned, still) = started(-50.0), started(1.0)
    assert spoke.all() and 0.3 < still.mean() < 0.9
    known = still & ~np.isnan(all_)
    assert (thinned[known] <= all_[known]).all() and (thinned[known] < all_[known]).mean() > 0.5


def test_money__of_more_comes_no_later():
    """T25 (V5): one pot, needs met in order of age. Needs are made equal, by the one number that no input sets: then the engine's first
    fit is strict order. Twice the money opens gate F of no issue later.
    """

    def opened(yearly):
        pots = {f"staffing.fund_{name}": 0.0 for name in ("compound", "community", "city")} | {"staffing.fund_coverage": None}
        scenario = town(kind(hours=0.001, fund=1.0, fund_share=1.0, p_funds=1.0), rate=0.5, workers=4, days=700,
                        inputs=pots | {"staffing.fund_subdistrict": yearly})  # fmt: skip
        e = Engine(scenario, seed=1)
        e.world.p.fund_sigma = 0.0
        it = e.advance(700).world.issues[: e.n_issues]
        assert len(np.unique(it.fund)) == 1
        return np.where(it.closed_gates & st.GATE_F, np.inf, it.funds), e.world.arrivals.onset[: e.n_issues]

    (poor, onset), (rich, _) = opened(300.0), opened(600.0)
    for moments in (onset + poor, onset + rich):
        assert (np.maximum.accumulate(moments) <= moments + 1e-3).all()  # ages in the log are in single precision
    assert (rich <= poor).all() and np.isfinite(poor).sum() > 200 and (rich < poor).sum() > 200


def test_deadlines__that_are_longer_are_met_more_often_on_a_fixed_log():
    """T25 (V5): the share resolved in time, recomputed for deadlines longer and longer; issues due under all of them are counted."""
    e = Engine(apply(Scenario(city=City.preset("demo"), days=700, burn_in_days=100), "F1"), seed=1).advance(700)
    factors, demand = (0.5, 1.0, 1.5, 2.0, 3.0), e.scenario.demand
    arrivals, it = e.world.arrivals[: e.n_issues], e.world.issues[: e.n_issues]
    longest = factors[-1] * np.array([k.deadline for k in demand.types])[arrivals.type]
    due = np.where(arrivals.onset + np.nan_to_num(it.voiced, nan=0.0) + longest <= 700, 1.0, np.nan)
    assert np.nansum(due) > 1_000
    shares = []
    for factor in factors:
        longer = tuple(k.model_copy(update={"deadline": factor * k.deadline}) for k in demand.types)
        e.scenario = e.scenario.model_copy(update={"demand": demand.model_copy(update={"types": longer})})
        shares.append(measure_by(Run.from_engine(e), due)[["resolved_in_time_share", "latent_resolved_in_time_share"]].to_numpy()[0])
    assert (np.diff(shares, axis=0) >= 0).all() and (shares[-1] > shares[0]).all()


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
    given_up = Engine(town(kind(hours=1e5, cv=0.01, patience=20.0), rate=1.0, exponential=False, days=300), seed=1).advance(300)
    arrivals, it = given_up.world.arrivals[: given_up.n_issues], given_up.world.issues[: given_up.n_issues]
    patience = np.array([20.0 * rng.exponential(key, rng.PATIENCE, 1) for key in arrivals.key])
    waits_in_vain = (arrivals.onset + patience < 300) & np.isnan(it.started)
    assert waits_in_vain.sum() > 1_000 and ((it.status == st.LAPSED) == waits_in_vain).all()


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
    """T29: stream isolation: whatever part or rival is on or off, the same issues arise with the same traits."""
    base = Scenario(city=City.preset("demo"), days=120, burn_in_days=0)
    whole = Engine(apply(base, "F1")).advance(120)
    rivals = [name for code in RIVALS for name in (code, f"F1+{code}")]
    for name in ("B0", *COMPONENTS, *(f"F1-{code}" for code in COMPONENTS), *rivals):
        e = Engine(apply(base, name)).advance(120)
        assert e.n_issues == whole.n_issues and e.world.arrivals.tobytes() == whole.world.arrivals.tobytes()
        for field in ("severity", "hours", "n_affected", "n_departments"):
            assert np.array_equal(e.world.issues[field][: e.n_issues], whole.world.issues[field][: e.n_issues]), (name, field)
