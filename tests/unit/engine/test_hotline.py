"""RV1, the hotline: each of its rules by its own law, its costs to the hour, and what ends when it is switched off."""

import numpy as np
import pytest

from govsim.engine import rng
from govsim.engine import state as st
from govsim.engine.orders import class_days, rank_units, score_of, take_seat
from govsim.engine.simulate import Engine
from govsim.results.history import History
from govsim.results.metrics import measure
from govsim.scenario.city import City
from govsim.scenario.inputs import override
from govsim.scenario.scenario import Scenario
from govsim.scenario.variants import apply
from govsim.studies.checks import channels, run_once
from tests.runs import same_log

WORLD = Scenario(city=City.preset("standard"), days=500, burn_in_days=150)


def run(name="RV1", days=WORLD.days, seed=2, **inputs):
    """A run of a variant with some of its knobs changed, or other inputs by their paths."""
    knobs = {(path if "." in path else f"mechanism.RV1.{path}"): value for path, value in inputs.items()}
    return Engine(override(apply(WORLD, name), knobs), seed=seed).advance(days)


@pytest.fixture(scope="module")
def hotline():
    return run()


def seat_hours(engine, activity):
    """Hours of the seats on an activity."""
    w = engine.world
    return w.outside.reshape(len(st.PAYERS), st.N_ACTIVITIES, -1)[st.BY_PETITION_OFFICE, activity].sum()


def ordered(engine):
    """Issues about which there is an order, and the orders."""
    orders = engine.world.orders[: engine.n_issues]
    return np.flatnonzero(orders.number > 0), orders


def called_first(engine):
    """Issues that came to the hotline before anybody else knew of them, and have one order."""
    which, orders = ordered(engine)
    return which[(orders.placed[which] == engine.world.issues.voiced[which]) & (orders.number[which] == 1)], orders


def test_hotline__that_nobody_calls_is_the_baseline():
    assert same_log(run(access_cost=50.0), run("B0"))


def test_dispatch__returns_an_order_at_most_so_often():
    for most in (0, 1, 2):
        engine = run(days=300, returns_max=most)
        which, orders = ordered(engine)
        assert len(which) > 500
        assert orders.returns[which].max() == most
        first, _ = called_first(engine)
        assert np.array_equal(engine.world.issues.hops[first], orders.returns[first])


def test_dispatch__is_right_as_often_as_its_accuracy_says(hotline):
    it, (which, _) = hotline.world.issues, called_first(hotline)
    local = which[it.n_departments[which] == 0]  # nothing but dispatch can send them back
    n, share = len(local), 0.75
    right = (it.hops[local] == 0).sum()
    assert n > 1000
    assert abs(right - share * n) < 4 * np.sqrt(n * share * (1 - share))


def test_dispatch__with_a_list_to_consult_is_right_more_often():
    alone, listed = run(days=300), run("L4+RV1", days=300, **{"mechanism.L4.list_clarity": 1.0, "behaviour.routing.clarity_max": 1.0})
    kinds = listed.world.kinds.listed[listed.world.arrivals.type[: listed.n_issues]] == 1
    later = listed.world.arrivals.onset[: listed.n_issues] > WORLD.burn_in_days
    it, (which, _) = listed.world.issues[: listed.n_issues], called_first(listed)
    plain = which[(kinds & later & (it.n_departments == 0))[which]]
    assert len(plain) > 100
    assert it.hops[plain].max() == 0
    assert alone.world.issues.hops[called_first(alone)[0]].max() == 2


REFUSING = {
    "behaviour.commitment": {"commit_anchor": "reference", "commit_intercept": -20.0, "refusal_sd": 0.0,
                             "commit_clear_duty": 0.0, "lapse_rate": 0.0},
}  # fmt: skip
"""Departments promise nothing of their own accord."""


def test_assignment__opens_jurisdiction_where_one_department_is_needed_and_leaves_the_others_to_be_asked():
    engine = run(accuracy=0.0, **REFUSING)
    it, (which, orders) = engine.world.issues, called_first(engine)
    fresh = which[(it.triaged[which] >= 0) & (it.obstacles[which] & st.GATE_J > 0)]
    one, more = fresh[it.n_departments[fresh] == 1], fresh[it.n_departments[fresh] > 1]
    assert min(len(one), len(more)) > 20
    assert orders.assigned[fresh].all()
    assert np.array_equal(it.jurisdiction[one], it.triaged[one])
    assert (it.closed_gates[more] & st.GATE_J > 0).all()
    assert not run("B0", **REFUSING).world.daily.commitments.sum()


def test_assignment__comes_after_the_last_refusal_and_each_return_takes_its_time():
    engine = run(accuracy=1.0, **REFUSING, **{"behaviour.routing.hop_delay": 2.0})
    it, (which, orders) = engine.world.issues, called_first(engine)
    one = which[(it.obstacles[which] & st.GATE_J > 0) & (it.n_departments[which] == 1) & (orders.assigned[which] == 1)]
    waited = (it.jurisdiction[one] - it.triaged[one]).astype(float)
    assert len(one) > 50
    assert (orders.returns[one] == 2).all()
    assert (waited > 0).all()
    n, mean = len(one), 2 * 2.0  # two exponential waits of two days each, cut by patience and the end for few
    assert abs(waited.mean() - mean) < 4 * np.sqrt(2 * 2.0**2 / n) + 0.1 * mean


def test_wrong_owner__does_the_wrong_work_first():
    wrong, right = run(accuracy=0.0, days=200), run(accuracy=1.0, days=200)
    bit = [(e.world.issues.wrong[ordered(e)[0]] & 1).mean() for e in (wrong, right)]
    it, (which, _) = wrong.world.issues, called_first(wrong)
    unbegun = which[(it.hours_served[which] == 0) & (it.status[which] < st.CLOSED)]
    assert len(unbegun) > 20
    assert (it.wrong[unbegun] & 1).all()
    assert bit[0] > bit[1]


def test_seats__are_first_come_first_served():
    w = run(days=151).world
    w.hotline.free_at = 0.0
    seats = int(w.p.RV1_seats[0])
    assert seats == 1
    ends = [take_seat(w, t, st.INFORMING, 2.4) for t in (160.0, 160.05, 161.0)]
    assert ends == pytest.approx([160.1, 160.2, 161.1], abs=1e-12)


def test_seats__are_paid_by_the_call_and_from_outside_the_staff(hotline):
    w, p = hotline.world, hotline.world.p[0]
    n = w.daily.orders.sum()
    _, orders = ordered(hotline)
    returned = (seat_hours(hotline, st.TRIAGING) - 0.1 * n) / p.forwarding_hours
    asked = seat_hours(hotline, st.COORDINATING) / p.asking_hours
    called = (seat_hours(hotline, st.INFORMING) - 1.4 * 0.1 * n) / 0.1
    for count in (returned, asked, called):
        assert count == pytest.approx(round(count), abs=1e-6)
    assert n == orders.number.sum() > 1000
    assert returned == pytest.approx(orders.returns.sum(), abs=1e-6)
    assert returned > 0
    is_called = [
        [rng.uniform(w.arrivals.key[i], rng.CALL_BACK, k) < 0.3 for k in range(1, int(orders.number[i]) + 1)]
        for i in np.flatnonzero(orders.settled)
    ]
    last, earlier = sum(coins[-1] for coins in is_called), sum(sum(coins[:-1]) for coins in is_called)
    unsettled = np.flatnonzero((orders.number > 1) & (orders.settled == 0))
    earlier += sum(rng.uniform(w.arrivals.key[i], rng.CALL_BACK, k) < 0.3 for i in unsettled for k in range(1, int(orders.number[i])))
    assert 0 < last <= round(called) <= last + earlier  # an order placed anew may have been settled before
    found, base = measure(hotline), measure(run("B0"))
    years = hotline.scenario.city.n_residents / 1000
    assert base["hours_by_petition_office"] >= 0
    assert found["hours_external"] - base["hours_external"] > 0.24 * n / years / 2
    assert found["orders_rate"] > 0 and found["via_hotline_share"] > 0
    assert np.isnan(base["assigned_share"])


def test_deadlines__are_the_four_classes():
    asked = (0.5, 1.0, 1.01, 3.0, 7.0, 7.5, 15.0, 365.0)
    assert [class_days(d) for d in asked] == [1.0, 1.0, 3.0, 3.0, 7.0, 15.0, 15.0, 15.0]


def test_ranking__sees_each_order_once_at_its_deadline():
    engine = run(days=151 + 20)  # within a month of the engine's, so that nothing has been ranked away
    w = engine.world
    month = w.rankings
    _, orders = ordered(engine)
    communities = month[: len(w.communities)]
    departments = month[int(w.p.first_department_team[0]) :]
    subdistricts = month[len(w.communities) : int(w.p.first_department_team[0])]
    assert communities.due.sum() == subdistricts.due.sum() >= departments.due.sum() > 0
    assert (month.closed <= month.responded).all() and (month.responded <= month.due).all()
    assert (month.satisfied <= month.called).all()
    assert communities.due.sum() <= orders.number.sum()


def test_ranking__puts_the_worst_under_pressure_and_equals_in_the_middle():
    w = run(days=151).world
    p = w.p[0]
    n = p.n_communities
    rows = w.rankings[:n]
    rows.due = rows.called = 10.0
    rows.responded = rows.satisfied = 10.0
    rows.closed = np.arange(n)
    rows.closed[:2] = 0.0
    rows.due[n - 1] = 0.0
    assert score_of(w, 2) == pytest.approx((1 + 0.2 + 1) / 3)
    debt = w.stations.debt.copy()
    rank_units(w)
    others = n - 2  # one has no order, and nobody is beside itself
    term = lambda ahead: 0.6 * 2 * max(0.0, ahead / others - 0.5)  # noqa: E731
    assert rows.pressure[0] == rows.pressure[1] == pytest.approx(term(others - 0.5))
    assert rows.pressure[2] == pytest.approx(term(others - 2))
    assert rows.pressure[n - 2] == rows.pressure[n - 1] == 0.0
    assert (rows.due == 0).all()
    assert (w.stations.debt - debt)[:n] == pytest.approx([2.0] * (n - 1) + [0.0])


def test_escalation__reaches_a_leader_and_can_be_switched_off():
    on, off = run(**{"behaviour.petition.petition_attention": 0.0}), run(escalates=False, **{"behaviour.petition.petition_attention": 0.0})
    assert not (off.world.issues.wrong & 32).any() and off.world.counters.attention_live[0] == 0
    assert (on.world.issues.wrong & 32).any()
    leaders = [e.world.outside.reshape(len(st.PAYERS), st.N_ACTIVITIES, -1)[st.BY_LEADERS, st.MEETING].sum() for e in (on, off)]
    sent = leaders[0] / 0.5
    assert leaders[1] == 0 and sent == round(sent)
    months = 12
    assert 0 < sent <= months * len(on.world.subdistricts)


def test_belief__is_learned_and_shared_in_the_lazy_form(hotline):
    w = hotline.world
    scale = w.counters.belief_scale[0]
    belief = np.repeat(w.hotline_beliefs.offset_hotline, w.buildings.n_households) + scale * w.households.hotline
    mean = np.add.reduceat(belief, w.buildings.first_household) / w.buildings.n_households
    assert mean == pytest.approx(w.hotline_beliefs.mean_hotline, abs=1e-9)
    assert belief.std() > 0.01 and belief.min() >= 0 and belief.max() <= 1


def test_switch__away_ends_calls_ranking_and_call_backs_but_not_beliefs():
    common = History(override(apply(WORLD, "B0"), {"seed": 3})).switch("RV1", at=150).advance(330)
    before = common._engine.world
    assert before.rankings.pressure.max() > 0
    seats = seat_hours(common._engine, slice(None))
    gone = common.branch().switch("B0", at=330)
    engine = gone.advance(500)._engine
    w = engine.world
    onset = w.arrivals.onset[: engine.n_issues]
    assert not (w.issues.channel[: engine.n_issues][onset > 330] == st.VIA_HOTLINE).any()
    assert seat_hours(engine, slice(None)) == seats
    assert len(w.orders) == len(w.rankings) == 1
    assert len(w.hotline_beliefs) == len(w.buildings)
    assert w.hotline_beliefs.mean_hotline.std() > 0
    back = common.branch().switch("F1+RV1", at=330)._engine.world
    assert np.array_equal(back.orders, before.orders) and np.array_equal(back.rankings, before.rankings)


def test_history__of_a_hotline_resumes_bit_for_bit(tmp_path):
    whole = History(override(apply(WORLD, "F1+RV1"), {"seed": 3})).advance(260)
    resumed = History.load(whole.save(tmp_path / "x.state"))
    assert same_log(resumed.advance(330)._engine, whole.advance(330)._engine)
    for column in ("orders", "rankings", "nominated", "hotline_beliefs", "hotline"):
        assert np.array_equal(getattr(resumed._engine.world, column), getattr(whole._engine.world, column))


def test_channels__with_the_hotline_are_a_multinomial_logit():
    check = channels(hotline=True)
    found = np.array([run_once(check, seed, days=3000) for seed in range(1, 9)])
    theory = np.array(list(check.theory.values()))
    error = found.std(axis=0, ddof=1) / np.sqrt(len(found))
    assert "hotline" in check.theory
    assert (np.abs(found.mean(axis=0) - theory) < 5 * error + 1e-12).all()
