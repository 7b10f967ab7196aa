"""Laws and null tests that no setting may break (section 4: T21, T23; ruling V3).

Exogenous streams and zero dose are held in tests/unit/engine.
"""

import numpy as np
import pytest
from scipy import stats

from govsim.engine import state as st
from govsim.engine.simulate import Engine
from govsim.results.metrics import PRIMARY, measure
from govsim.scenario.city import City
from govsim.scenario.inputs import override
from govsim.scenario.scenario import Scenario
from govsim.scenario.staffing import Staffing
from govsim.scenario.variants import apply
from tests.runs import same_log

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


@pytest.mark.parametrize("variant", ["B0", "F1"])
def test_ledgers__close_every_day(variant):
    """T22 at each day's end: issues by status, hours of every unit, money of all pots, promises at most as asked, rosters."""
    no_fee = Staffing(property_fee=0.0)  # fees are household money beside that of issues
    scenario = apply(Scenario(city=City.preset("demo"), days=400, burn_in_days=100, staffing=no_fee), variant)
    e, n_reserved = Engine(scenario, seed=1), 0
    for day in range(1, 401):
        w = e.advance(day).world
        it, s, daily, c = w.issues[: e.n_issues], w.stations, w.daily[:day], w.counters[0]
        by_status = np.bincount(it.status, minlength=len(st.STATUSES))
        assert daily.arrived.sum() == e.n_issues == by_status.sum()
        assert [daily[x].sum() for x in ("resolved", "exited", "lapsed")] == by_status[[st.RESOLVED, st.EXITED, st.LAPSED]].tolist()
        np.testing.assert_allclose(s.incurred, s.paid + s.debt, rtol=1e-9, atol=1e-9)
        if c.is_workday:
            idle = w.hours.reshape(-1, len(s), st.N_ACTIVITIES)[:, :, st.IDLING].sum(axis=0)
            np.testing.assert_allclose(s.available, s.paid + s.served + idle, rtol=1e-9, atol=1e-6)
        inflow, spent = w.funds.reshape(len(st.POTS), -1, 2).sum(axis=1).T
        at_hand = w.compounds.money.sum() + w.communities.money.sum() + w.subdistricts.money.sum() + c.money_city
        helped = w.p.private_remedy_cost[0] * daily.exited.sum()
        from_residents = c.household_money - (spent[5] - helped)  # their share of a renovation that is reserved, not yet spent
        np.testing.assert_allclose(inflow[:4].sum() + from_residents, spent[:4].sum() + c.reserved + at_hand, rtol=1e-9, atol=1e-6)
        n_reserved += c.reserved > 0
        assert (daily.commitments <= daily.asks).all()
    sittings = w.sittings[: c.n_sittings]
    assert (sittings.present <= sittings.roster).all() and len(sittings) and n_reserved > 100


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


@pytest.mark.parametrize("gate", ["jurisdiction", "power", "funds", "interests"])
def test_gate__keeps_littles_law(gate):
    """T21 of a gate, in days: mean number held at day's ends is the day's ends each was held, by the log, over days.

    Promises do not lapse here: gate J would close again, and the log keeps its last opening only.
    """
    e, held = Engine(apply(override(CITY, {"behaviour.commitment.lapse_rate": 0.0}), "F1"), seed=1), []
    bit = 1 << st.GATES.index(gate)
    for day in range(1, CITY.days + 1):
        e.advance(day)
        it = e.world.issues[: e.n_issues]
        held.append(((it.status == st.GATED) & (it.closed_gates & bit > 0)).sum())
    onset = e.world.arrivals.onset[: e.n_issues]
    has = (it.obstacles & bit > 0) & ~np.isnan(it.triaged)
    last = np.where(np.isnan(it.ended), e.day - onset, it.ended)
    end = np.where(it.closed_gates & bit == 0, it[gate], last)
    rounding = 1e-3  # days; ages in the log are in single precision
    stay = np.floor(onset + end + rounding) - np.floor(onset + it.triaged + rounding)
    assert np.mean(held) == pytest.approx(stay[has].sum() / e.day, rel=0.01)


NO_RULING = {
    f"mechanism.{code}.rules_{gate}": False
    for code in ("A1", "A2", "A3", "A4") for gate in ("jurisdiction", "power", "funds", "interests")
}  # fmt: skip
NO_COST = {f"behaviour.agenda.{name}": 0.0 for name in ("travel_hours", "preparation_hours", "minutes_hours")} | {
    "behaviour.agenda.meeting_substitution": 1.0,
    "mechanism.A3.pledged_hours": 0.0,
    "behaviour.agenda.memos_enabled": False,
}


def test_meetings__that_rule_on_nothing_and_cost_nothing_change_nothing():
    """T23, N1 as built: flags off and no cost is the baseline bit for bit; with its cost it is not."""
    idle = {**NO_RULING, **NO_COST}
    switch = {k: v for k, v in idle.items() if k.startswith("mechanism")}
    world = override(CITY, {k: v for k, v in idle.items() if k.startswith("behaviour")})

    def axis(world):
        return Engine(override(apply(world, "axis-A5"), switch), seed=1).advance(world.days)

    base = Engine(apply(world, "B0"), seed=1).advance(world.days)
    assert same_log(axis(world), base)
    assert not same_log(axis(override(world, {"behaviour.agenda.meeting_substitution": 0.0})), base)


def test_meetings__without_authority_still_open_what_is_theirs_to_decide():
    """T23, N3: with a_A = 0 and slow desks, issues a subdistrict decides wait less at gate P with its meetings than without, on
    average over 20 paired runs (one-sided at 0.001).
    """
    slow = {"behaviour.commitment.commit_authority": 0.0, "behaviour.gates.decision_hours": 400.0}
    gain = [waiting_for_power(run("B0", seed, **slow)) - waiting_for_power(run("A2", seed, **slow)) for seed in range(1, 21)]
    assert stats.ttest_1samp(gain, 0.0, alternative="greater").pvalue < 0.001


def waiting_for_power(e):
    """Mean days at gate P of issues that a subdistrict decides."""
    it, arrivals = e.world.issues[: e.n_issues], e.world.arrivals[: e.n_issues]
    chosen = (it.obstacles & st.GATE_P > 0) & (e.world.kinds.authority[arrivals.type] == 3)
    return float(np.nanmean((np.where(it.closed_gates & st.GATE_P == 0, it.power, e.day - arrivals.onset) - it.triaged)[chosen]))


@pytest.mark.parametrize("code", ["E2", "E3"])
def test_pairing__without_quality_is_ceremony(code):
    """T23: q = 0: no hour of the paired units is work, all of them are ceremony."""
    for quality, works in ((0.0, False), (0.5, True)):
        w = run(code, **{f"mechanism.{code}.quality": quality}).world
        hours = w.outside.reshape(len(st.PAYERS), st.N_ACTIVITIES, -1)[st.BY_DEPARTMENTS].sum(axis=1)
        assert bool(hours[[st.SUBSTANTIVE, st.PERFUNCTORY, st.IDLING]].sum() > 0) is works
        assert hours[st.CEREMONIAL] > 0
