"""Stations, meetings and promises against closed forms, on the shipped code path, configured by inputs only (section 4).

Tolerance of ruling V8: at least 20 replications, |mean - reference| <= max(0.5 % of it, 4.5 SE), SE <= 0.7 %
of it. A wrong number of workers, a lost hour or a wrong order would miss by tens of percent.

Times are in units of a mean service, here six hours, unless a test says otherwise. Who is severe (Beta(2, 2)
above .9, a share of .028) goes first at every desk (3.7.7); severity is independent of hours, so by Kleinrock's
law means over all issues are those of one class.
"""

import math
from concurrent.futures import ThreadPoolExecutor
from itertools import product

import numpy as np
import pytest

from govsim.engine import state as st
from govsim.engine.simulate import Engine
from govsim.scenario.city import City
from govsim.scenario.demand import Demand, IssueType
from govsim.scenario.inputs import override
from govsim.scenario.scenario import Interruption, Scenario
from govsim.scenario.variants import apply

pytestmark = pytest.mark.slow

UNIT = 6.0
"""Hours of a mean service."""
PER_DAY = 24 / UNIT
WARM = 500
"""Days left out at the start."""


def kind(code="JOB", share=1.0, hours=UNIT, cv=1.0, patience=1e6, **more):
    """One sort of issue; nobody has to be asked, paid or persuaded unless said."""
    return IssueType(code=code, share=share, hours=hours, hours_cv=cv, skill="general_labour", deadline=3650.0,
                     patience=patience, compound_factors=(1.0,) * 4, **more)  # fmt: skip


def town(*kinds, rate, days=20_000, workers=1, exponential=True, independent=False, **inputs):
    """One community; `rate` issues arise per `UNIT`; desks are open round the clock and nothing else costs time."""
    base = City.preset("demo").scaled(936)
    city = base.model_copy(update={"subdistricts": (base.subdistricts[0].model_copy(
        update={"communities": base.subdistricts[0].communities[:1]}),)})  # fmt: skip
    demand = Demand(types=kinds, renovation_rate=0.0, issues_per_household_year=rate * PER_DAY * 365 / city.n_households,
                    hours_distribution="exponential" if exponential else "lognormal",
                    package_hours="independent" if independent else "split")  # fmt: skip
    return override(Scenario(city=city, demand=demand, days=days, burn_in_days=0), {
        "behaviour.clock": {"hours_per_workday": 24.0, "workdays_per_week": 7, "opening_hour": 0.0,
                            "chunk_max": 1e6, "due_window": 0.0, "urgent_severity": 1.0},
        "behaviour.voice": {"access_cost_community": -50.0, "access_cost_petition": 50.0, "access_cost_law": 50.0, "voice_attempts_max": 1},
        "behaviour.routing": {"triage_hours": 0.0, "forwarding_hours": 0.0, "rejection_hours": 0.0, "hop_delay": 0.0,
                              "transfer_delay": 0.0, "information_loss": 0.0, "owner_guess_base": 1.0, "directory_clarity": 0.0},
        "behaviour.effort.perfunctory_intercept": -50.0, "behaviour.effort.failure_share": 0.0,
        "behaviour.response.informing_hours": 0.0, "behaviour.agenda.memo_check_share": 0.0,
        "behaviour.commitment": {"asking_hours": 0.0, "answering_hours": 0.0, "refusal_sd": 0.0, "commit_backlog": 0.0,
                                 "commit_clear_duty": 0.0, "commit_clarity": 0.0, "commit_tie": 0.0, "commit_pressure": 0.0,
                                 "commit_hours": 0.0, "authority_subdistrict": 0.0, "lapse_rate": 0.0},
        "staffing": {"community_workers": workers, "department_workers": 1, "subdistrict_workers": 1}, **inputs,
    })  # fmt: skip


def replicate(scenario, measure, replications=60, prepare=lambda scenario, seed: scenario):
    """`measure(issues, arrivals, kept)` of each replication; `kept` leaves out the start and the end."""

    def one(seed):
        e = Engine(prepare(scenario, seed), seed=seed).advance(scenario.days)
        arrivals = e.world.arrivals[: e.n_issues]
        kept = (arrivals.onset > WARM) & (arrivals.onset < scenario.days - WARM)
        return measure(e.world.issues[: e.n_issues], arrivals, kept)

    with ThreadPoolExecutor(2) as pool:
        return np.array(list(pool.map(one, range(1, replications + 1))))


def since(field, start="released"):
    """Mean time between two moments, in units of a mean service."""

    def measure(it, _arrivals, kept):
        begin = it[start].astype(float) if start else 0.0
        return np.nanmean((it[field].astype(float) - begin)[kept]) * PER_DAY

    return measure


def close_to(values, reference):
    """Judge by ruling V8."""
    error = values.std(ddof=1) / math.sqrt(len(values))
    assert len(values) >= 20
    assert error <= 0.007 * reference, f"too noisy to tell: SE {error / reference:.2%}"
    assert abs(values.mean() - reference) <= max(0.005 * reference, 4.5 * error), (values.mean(), reference, error)


def erlang_c(c, a):
    """Probability of waiting in M/M/c."""
    top = a**c / math.factorial(c) * c / (c - a)
    return top / (sum(a**k / math.factorial(k) for k in range(c)) + top)


def test_station__waits_like_m_m_c():
    """T1: c = 4, a = 3.2: mean wait C / (c mu - lambda), and its tail P(W > t) = C exp(-(c mu - lambda) t)."""
    c, a = 4, 3.2
    times = np.array([0.0, 0.5, 1.0, 2.0])

    def mean_and_tail(it, _arrivals, kept):
        wait = (it.started.astype(float) - it.released.astype(float))[kept] * PER_DAY
        wait = wait[~np.isnan(wait)]  # one in a million gives up
        return [wait.mean(), *(np.mean(wait > t) for t in times)]

    found = replicate(town(kind(), rate=a, workers=c), mean_and_tail, 120)
    assert erlang_c(c, a) == pytest.approx(0.59643, abs=5e-6)
    assert erlang_c(c, a) / (c - a) == pytest.approx(0.74554, abs=5e-6)
    close_to(found[:, 0], erlang_c(c, a) / (c - a))
    for n, t in enumerate(times):
        close_to(found[:, 1 + n], erlang_c(c, a) * math.exp(-(c - a) * t))


def test_station__waits_like_m_g_1():
    """T2: lognormal hours, cv 1.5, load .7 (Pollaczek-Khinchine): 3.79167 services."""
    found = replicate(town(kind(cv=1.5), rate=0.7, exponential=False), since("started"), 120)
    close_to(found, 0.7 * (1 + 1.5**2) / (2 * 0.3))


def test_classes__wait_like_cobham_and_redistribute_like_kleinrock():
    """T3, T4: three classes, one worker: W_k = R / ((1 - s_(k-1)) (1 - s_k)), sum rho_k W_k = rho R / (1 - rho)."""
    rates, sizes = np.array([0.2, 0.3, 0.25]), np.array([1.0, 1.0, 1.2])
    kinds = [
        kind(f"C{n + 1}", rates[n] / rates.sum(), UNIT * sizes[n], queue_class=n + 1) for n in range(3)
    ]

    def waits(it, arrivals, kept):
        wait = (it.started.astype(float) - it.released.astype(float)) * PER_DAY
        return [np.nanmean(wait[kept & (arrivals.type == k)]) for k in range(3)]

    found = replicate(town(*kinds, rate=rates.sum()), waits, 200)
    load = rates * sizes
    residual = (rates * 2 * sizes**2).sum() / 2
    sigma = np.concatenate([[0], np.cumsum(load)])
    for k in range(3):
        close_to(found[:, k], residual / ((1 - sigma[k]) * (1 - sigma[k + 1])))
    close_to(found @ load, load.sum() * residual / (1 - load.sum()))
    assert load.sum() * residual / (1 - load.sum()) == pytest.approx(3.440)


@pytest.mark.parametrize("seen", [0.0, 1.0])
def test_directives__only_redistribute_waiting(seen):
    """T4 with directives: leaders who look at open issues, not at how long their work takes, move nobody's mean wait.

    One sort of issue, one worker, visits without cost: rho W = rho R / (1 - rho) whatever they direct.
    """
    visits = {f"mechanism.E1.{name}": 0 for name in ("leader_hours", "host_hours", "staging_hours", "reporting_hours", "entourage")}
    scenario = override(apply(town(kind(cv=1.5), rate=0.7, exponential=False), "E1"), visits | {
        "mechanism.E1.visits_per_quarter": 10.0, "mechanism.E1.directives_max": 5, "mechanism.E1.staging": 0.0,
        "mechanism.E1.seeing_share": seen,
    })  # fmt: skip

    def wait_and_directed(it, _arrivals, kept):
        wait = (it.started.astype(float) - it.released.astype(float))[kept] * PER_DAY
        return np.nanmean(wait), (it.directives[kept] > 0).mean()

    found = replicate(scenario, wait_and_directed, 120)
    assert bool(found[:, 1].mean() > 0.05) is (seen > 0)
    close_to(found[:, 0], 0.7 * (1 + 1.5**2) / (2 * 0.3))


def test_desk__keeps_littles_law():
    """T21 of a station: packages waiting, counted at day's ends, are arrivals times mean wait, within 1 %."""
    e = Engine(town(kind(), rate=3.2, workers=4, days=10_000), seed=1)
    waiting = []
    for day in range(1, e.scenario.days + 1):
        e.advance(day)
        waiting.append(e.world.stations.queue_length[0])
    it, onset = e.world.issues[: e.n_issues], e.world.arrivals.onset[: e.n_issues]
    until = np.where(np.isnan(it.started), e.day - onset, it.started)
    assert np.mean(waiting) == pytest.approx((until - it.released).sum() / e.day, rel=0.01)


def test_patience__abandons_like_m_m_c_with_impatience():
    """T5: patience as long as service, so N ~ Poisson(lambda / mu) and P(ab) = theta E[(N - c)+] / lambda."""
    rate, c = 5.0, 4
    excess = sum((n - c) * math.exp(-rate) * rate**n / math.factorial(n) for n in range(c + 1, 80))
    assert excess / rate == pytest.approx(0.28737, abs=5e-6)

    def lapsed(it, _arrivals, kept):
        return (it.status[kept] == st.LAPSED).mean()

    found = replicate(town(kind(patience=1 / PER_DAY), rate=rate, workers=c, days=3_000), lapsed, 30)
    close_to(found, excess / rate)


def test_interruptions__preempt_and_work_resumes():
    """T10: Poisson reservations before work: E[T] = E[S]/(1-r1) + (a E[B2] + l E[S2]) / (2 (1-r1) (1-r1-r2))."""
    a, b, rate = 0.1, 1.5, 0.6
    r1 = a * b
    reference = 1 / (1 - r1) + (a * 2 * b**2 + rate * 2) / (2 * (1 - r1) * (1 - r1 - rate))
    assert reference == pytest.approx(5.0588, abs=5e-5)

    def interrupted(scenario, seed):
        stream = np.random.Generator(np.random.Philox(seed))
        days = np.sort(stream.uniform(0, scenario.days, stream.poisson(a * PER_DAY * scenario.days)))
        hours = stream.exponential(b * UNIT, len(days))
        rows = tuple(
            Interruption.model_construct(community=0, day=float(d), hours=float(h)) for d, h in zip(days, hours, strict=True)
        )
        return scenario.model_copy(update={"interruptions": rows})

    found = replicate(town(kind(), rate=rate), since("closed"), 60, interrupted)
    close_to(found, reference)


def test_reopening__feeds_back_like_bernoulli():
    """T11: a share r comes back at once with new work: total time rho / ((1 - rho) lambda), rho = l / ((1-r) mu)."""
    rate, r = 0.5, 0.3
    rho = rate / (1 - r)
    scenario = town(kind(), rate=rate, independent=True, **{
        f"behaviour.effort.{name}": value for name, value in
        {"audit_share": 1.0, "audit_hours": 0.0, "audit_delay": 0.0, "redo_hours_share": 1.0}.items()})  # fmt: skip
    scenario = override(scenario, {"behaviour.effort.failure_share": r})
    found = replicate(scenario, since("last_closed"), 60)
    close_to(found, rho / ((1 - rho) * rate))


def test_tiers__are_a_line_of_stations():
    """T12: a decision at the subdistrict, then work at the community: 1 / (mu_1 - l) + 1 / (mu_2 - l) (Burke)."""
    rate = 0.5
    scenario = town(kind(hours=UNIT / 1.25, authority=3, p_power=1.0), rate=rate, **{
        "behaviour.gates.decision_hours": UNIT, "behaviour.gates.decision_distribution": "exponential",
        "behaviour.work.split_local": (1.0, 0.0, 0.0), "behaviour.work.split_subdistrict": (1.0, 0.0, 0.0)})  # fmt: skip
    found = replicate(scenario, since("closed", ""), 60)
    close_to(found, 1 / (1 - rate) + 1 / (1.25 - rate))


@pytest.mark.parametrize("c", [1, 2, 4])
def test_pooling__of_identical_staff_is_erlang(c):
    """T18: load .85; waits fall from 5.667 to 2.604 to 1.149 services as one, two, four desks are pooled."""
    reference = erlang_c(c, 0.85 * c) / (c * 0.15)
    assert reference == pytest.approx({1: 5.6667, 2: 2.604, 4: 1.149}[c], abs=5e-4)
    found = replicate(town(kind(), rate=0.85 * c, workers=c, days=30_000), since("started"), 120)
    close_to(found, reference)


def test_two_departments__join_like_flatto_and_hahn():
    """T31: two identical single-worker desks in parallel: E[T] = (12 - rho) / (8 (mu - lambda))."""
    rate = 0.6
    scenario = town(kind(hours=2 * UNIT, n_departments=(0.0, 0.0, 1.0), departments=("housing", "urban_management")),
                    rate=rate, independent=True, **{"behaviour.work.split_shared": (0.0, 0.0, 1.0),
                                                    "behaviour.commitment.commit_intercept": 20.0})  # fmt: skip
    found = replicate(scenario, since("closed", ""), 60)
    close_to(found, (12 - rate) / (8 * (1 - rate)))


def executive(interval, slots, rate):
    """Every issue waits for the executive's sitting and for nothing else; rates and times in days."""
    return town(kind(hours=0.001, authority=5, p_power=1.0), rate=rate / PER_DAY, workers=4, days=6_000, **{
        "behaviour.gates.executive_interval": interval, "behaviour.gates.executive_slots": slots,
        "behaviour.gates.executive_hours": 0.0, "behaviour.agenda.preparation_hours": 0.0,
        "behaviour.work.split_local": (1.0, 0.0, 0.0), "behaviour.work.split_city": (1.0, 0.0, 0.0)})  # fmt: skip


def test_meeting__makes_issues_wait_half_an_interval():
    """T6: fixed interval T, room for all: W ~ U(0, T), mean T / 2, variance T^2 / 12."""

    def moments(it, _arrivals, kept):
        wait = (it.power.astype(float) - it.triaged.astype(float))[kept]
        return wait.mean(), wait.var()

    found = replicate(executive(30.0, 100_000, 2.0), moments, 30)
    close_to(found[:, 0], 15.0)
    close_to(found[:, 1], 75.0)


def bailey(a, k):
    """W / T of bulk service: E[X] from the K - 1 roots of z^K = exp(a (z - 1)) inside the unit disc (T7)."""
    roots = []
    for n in range(1, k):
        z = 0.5 * np.exp(2j * np.pi * n / k)
        for _ in range(10_000):
            z = np.exp(2j * np.pi * n / k + a * (z - 1) / k)
        roots.append(z)
    queue = (k - (k - a) ** 2) / (2 * (k - a)) + sum((1 / (1 - z)).real for z in roots)
    return (queue - a) / a + 0.5


@pytest.mark.parametrize(("a", "k", "reference"), [(0.8, 1, 2.5), (4.0, 5, 0.7891), (9.0, 10, 0.8446)])
def test_meeting__with_few_slots_is_bulk_service(a, k, reference):
    """T7: a issues arise between sittings that hear at most k each (Bailey 1954)."""
    assert bailey(a, k) == pytest.approx(reference, abs=5e-5)

    def wait(it, _arrivals, kept):
        return np.nanmean((it.power.astype(float) - it.triaged.astype(float))[kept])

    found = replicate(executive(1.0, k, a), wait, 200 if k == 1 else 60)
    close_to(found, bailey(a, k))


def test_routing__hops_are_geometric():
    """T8: the right owner is found with probability .6 each time: 1 / p tries, variance (1 - p) / p^2."""
    p = 0.6

    def tries(it, _arrivals, kept):
        hops = it.hops[kept].astype(float) + 1
        return hops.mean(), hops.var()

    scenario = town(kind(hours=0.001, n_departments=(0.0, 1.0), departments=("housing",)), rate=2.0, days=6_000,
                    workers=4, **{"behaviour.routing": {"triage_hours": 0.0, "forwarding_hours": 0.0, "rejection_hours": 0.0,
                                                        "hop_delay": 0.0, "transfer_delay": 0.0, "information_loss": 0.0,
                                                        "owner_guess_base": p, "directory_clarity": 0.0}})  # fmt: skip
    found = replicate(scenario, tries, 30)
    close_to(found[:, 0], 1 / p)
    close_to(found[:, 1], (1 - p) / p**2)


def rounds_until_all(m, p, lapse):
    """Mean rounds of the chain k -> Bin(k, 1 - d) + Bin(m - k, p) from 0 to m: (I - Q)^-1 1 (T9)."""
    step = np.zeros((m, m))
    for k in range(m):
        for stay, join in product(range(k + 1), range(m - k + 1)):
            weight = math.comb(k, stay) * (1 - lapse) ** stay * lapse ** (k - stay)
            weight *= math.comb(m - k, join) * p**join * (1 - p) ** (m - k - join)
            if stay + join < m:
                step[k, stay + join] += weight
    return np.linalg.solve(np.eye(m) - step, np.ones(m))[0]


@pytest.mark.parametrize(
    ("m", "p", "lapse", "reference"), [(3, 0.4, 0.0, 4.088), (4, 0.3, 0.0, 6.341), (4, 0.3, 0.1, 9.156), (4, 0.3, 0.3, 21.880)]
)
def test_promises__come_round_by_round(m, p, lapse, reference):
    """T9: all units are asked in parallel each round; promises are remembered and may lapse."""
    assert rounds_until_all(m, p, lapse) == pytest.approx(reference, abs=5e-4)
    names = ("housing", "urban_management", "justice", "finance")[:m]

    def rounds(it, _arrivals, kept):
        return np.nanmean((it.jurisdiction.astype(float) - it.triaged.astype(float))[kept]) / 7 + 1

    scenario = town(kind(hours=0.001, n_departments=(0.0,) * m + (1.0,), departments=names), rate=1.0, days=4_000)
    scenario = override(scenario, {
        "behaviour.commitment.commit_intercept": math.log(p / (1 - p)),
        "behaviour.commitment.lapse_rate": -math.log(1 - lapse) / 7})  # fmt: skip
    close_to(replicate(scenario, rounds, 30), rounds_until_all(m, p, lapse))
