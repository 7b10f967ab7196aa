"""Two options that are off by default: community workers who leave (3.7.17), and pairings whose quality drifts (3.7.12)."""

import math

import numpy as np
import pytest
from scipy import stats

from govsim.engine import state as st
from govsim.engine.links import drifted, load_of_department
from govsim.engine.simulate import Engine, calibrate
from govsim.engine.staff import experience, leaving_share
from govsim.results.metrics import PRIMARY, measure
from govsim.scenario.city import City
from govsim.scenario.inputs import override
from govsim.scenario.scenario import Scenario
from govsim.scenario.variants import apply
from govsim.studies.checks import kind, town
from tests.runs import same_log

WORLD = Scenario(city=City.preset("demo"), days=500, burn_in_days=100)


def run(name="F1", days=WORLD.days, **changes):
    paths = {path.replace("__", "."): value for path, value in changes.items()}
    return Engine(override(apply(WORLD, name), paths), capacity=calibrate(WORLD)).advance(days)


def test_turnover__rate_and_pace_are_as_written():
    p = run(days=0, staffing__turnover_hazard=0.05, staffing__turnover_overload=2.0).world.p[0]
    assert leaving_share(p, 0.3) == pytest.approx(1 - math.exp(-0.05), rel=1e-12)
    assert leaving_share(p, 1.5) == pytest.approx(1 - math.exp(-0.05 * math.e), rel=1e-12)
    assert leaving_share(p, 1e6) == 1.0
    assert [experience(p, months) for months in (0.0, 3.0, 6.0, math.inf)] == pytest.approx([0.6, 0.8, 1.0, 1.0])


def test_turnover__newcomers_without_a_worse_pace_change_nothing():
    """Turnover works through the pace alone."""
    plain = run()
    away = run(staffing__turnover_hazard=0.2, staffing__newcomer_pace=1.0)
    assert away.world.daily.left.sum() > 0 and plain.world.daily.left.sum() == 0
    assert same_log(plain, away)
    assert not same_log(plain, run(staffing__turnover_hazard=0.2))


def test_turnover__counts_are_binomial_where_nobody_is_overloaded():
    """Leavers of all months, of all workers alike, within the exact 99.9 % interval."""
    hazard = 0.04
    e = run("B0", staffing__turnover_hazard=hazard, staffing__turnover_overload=0.0)
    w = e.world
    trials = int(w.stations.n_workers[w.stations.kind == st.COMMUNITY].sum()) * len({day * 12 // 365 for day in range(WORLD.days)})
    low, high = stats.binom.interval(0.999, trials, 1 - math.exp(-hazard))
    assert low <= w.daily.left.sum() <= high
    is_new = w.workers.hired >= 0
    assert (w.stations.kind[w.workers.station[is_new]] == st.COMMUNITY).all() and not w.workers.is_extra[is_new].any()


def test_newcomer__takes_longer_by_the_pace():
    """A desk of newcomers for ever serves as one with work 1 / pace as long: same moments, in a tiny world."""
    pace, hours = 0.5, 3.0
    world = town(kind(hours=hours), rate=0.5, days=200)
    new = override(world, {"staffing.turnover_hazard": 10.0, "staffing.newcomer_pace": pace, "staffing.newcomer_months": 120.0})
    e = Engine(new, seed=3).advance(200)
    longer = tuple(k.model_copy(update={"hours": hours / pace}) for k in world.demand.types)
    slower = Engine(override(world, {"demand.types": longer}), seed=3).advance(200)
    one, other = (x.world.issues.closed[: x.n_issues] for x in (e, slower))
    both = ~np.isnan(one) & ~np.isnan(other)
    assert both.sum() > 50
    # A month of the 120 lifts the pace by 1/120 of what is missing; twice that, since waiting shrinks with the work.
    assert np.nanmedian(one[both] / other[both]) == pytest.approx(1.0, abs=(1 - pace) / pace / 120 * 2)


def test_quality__drifts_as_written():
    """q + eta (a (1 - q) - load q), and its rest point a / (a + load)."""
    assert drifted(0.5, 0.05, 0.1, 0.6) == pytest.approx(0.5 + 0.05 * (0.05 - 0.3))
    assert drifted(0.01, 1.0, 0.0, 5.0) == 0.0 and drifted(0.9, 1.0, 1.0, -1.0) == 1.0
    q = 0.9
    for _ in range(2000):
        q = drifted(q, 0.05, 0.1, 0.4)
    assert q == pytest.approx(0.1 / 0.5)


def load_by_hand(w):
    """min(1, max(0, weeks of work waiting - 1)) of each department, over its teams (ruling 40)."""
    of_department = w.stations.kind == st.DEPARTMENT
    week = w.stations.window * w.stations.n_workers * w.p.workdays_per_week[0]
    excess = np.clip(w.stations.queued_hours / np.maximum(week, 1e-9) - 1, 0, 1)
    return np.array([excess[of_department & (w.stations.department == d)].mean() for d in range(12)])


@pytest.mark.parametrize("dose", [1.0, 0.25])
def test_quality__of_who_pairs_follows_the_load_month_by_month(dose):
    """With money enough that nothing is released at the month's first moment, which would change the load just before."""
    e = run(days=WORLD.burn_in_days + 1, staffing__fund_coverage=10.0, staffing__load_department=1.4,
            mechanism__E2__intensity=dose, mechanism__E2__quality_drift=0.05, mechanism__E3__quality_drift=0.05)  # fmt: skip
    w = e.world
    n = len(w.communities)
    pairs = np.array([any(w.communities.is_paired[k % n] for k in range(d, 12 * -(-n // 12), 12)) for d in range(12)])
    assert pairs.all() == (dose == 1.0)
    pairs = np.concatenate([pairs, w.branches == 1])
    expected = np.array(w.pairing)
    unit = np.concatenate([np.arange(12), np.arange(len(expected) - 12) % 12])
    loaded = 0
    for day in range(WORLD.burn_in_days + 1, WORLD.days):
        if day * 12 // 365 != (day - 1) * 12 // 365:
            load = load_by_hand(e.world)
            np.testing.assert_allclose(load, [load_of_department(e.world, d) for d in range(12)], rtol=1e-12)
            audit = e.scenario.behaviour.effort.audit_share
            drifted_now = np.clip(expected + 0.05 * (audit * (1 - expected) - load[unit] * expected), 0, 1)
            expected = np.where(pairs, drifted_now, expected)
            loaded += (load > 0).sum()
        e.advance(day + 1)
        np.testing.assert_allclose(e.world.pairing, expected, rtol=1e-12)
    daily = e.world.daily
    assert loaded > 0
    assert daily.department_quality[~np.isnan(daily.department_quality)][-1] == pytest.approx(expected[:12][pairs[:12]].mean())
    assert daily.branch_quality[~np.isnan(daily.branch_quality)][-1] == pytest.approx(expected[12:][pairs[12:]].mean())


def test_quality__of_the_placebo_stays_ceremony():
    """Nobody checks there, so drift has nothing to start from."""
    e = run("ceremonial_all", mechanism__E2__quality_drift=0.05, mechanism__E3__quality_drift=0.05)
    assert (e.world.pairing == 0.0).all() and e.world.p[0].E2_quality_drift == 0.05


def test_quality__without_drift_stays():
    assert (run().world.pairing == 0.5).all()


def test_quality__audits_are_paid_by_the_departments():
    """Audits of results: events x share x hours, under auditing, beside what audits of issues cost without drift."""

    def audited(drift):
        w = run("E2", days=WORLD.burn_in_days + 40, mechanism__E2__quality_drift=drift).world
        hours = w.hours.reshape(-1, len(w.stations), st.N_ACTIVITIES).sum(axis=0)
        return hours[w.stations.kind == st.DEPARTMENT, st.AUDITING].sum()

    assert audited(0.0) == 0.0
    e = run("E2", days=0)
    events = e.scenario.mechanism.E2.events_per_quarter / 3 * 12
    effort = e.scenario.behaviour.effort
    months = audited(1e-9) / (events * effort.audit_share * effort.audit_hours)
    assert months == pytest.approx(round(months)) and months >= 1


def test_options__run_with_the_rest_and_are_measured():
    e = run("F1+RV3+RV8", staffing__turnover_hazard=0.05, mechanism__E2__quality_drift=0.05)
    assert np.isfinite(measure(e)[PRIMARY])
