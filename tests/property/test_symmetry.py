"""Equal places fare equally, and a city of twice the size is two cities where nothing is shared (section 4: T24, T30; V4, V7)."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from scipy import stats

from govsim.engine.simulate import Engine
from govsim.scenario.inputs import override
from govsim.scenario.scenario import Interruption
from govsim.scenario.variants import apply
from govsim.studies.checks import kind, town
from tests.runs import same_log

K, RUNS, BATCH, DAYS = 4, 200, 10, 400
"""Communities, runs, runs of one permutation test, days of a run."""

OWN = {"apart": (kind(),), "together": (kind("OWN", 0.5), kind("DEPT", 0.5, n_departments=(0.0, 1.0), departments=("housing",)))}


def city(name):
    """Four like communities whose issues are all their own, or in half a department's, which serves all and has hardly time for it."""
    return town(*OWN[name], rate=0.7 * K if name == "apart" else 1.9, communities=K, workers=1, department_workers=1, days=DAYS,
                inputs={"behaviour.work.split_shared": (0.0, 0.0, 1.0)})  # fmt: skip


def waits(scenario):
    """Mean wait for work in each community, a row for each of many runs."""

    def run(seed):
        e = Engine(scenario, seed=seed).advance(DAYS)
        it, a = e.world.issues[: e.n_issues], e.world.arrivals[: e.n_issues]
        wait = (it.started - it.released).astype(float)
        kept = ~np.isnan(wait) & (a.onset > 50)
        place = e.world.buildings.community[a.building]
        return [wait[kept & (place == q)].mean() for q in range(K)]

    with ThreadPoolExecutor(2) as pool:
        return np.array(list(pool.map(run, range(1, RUNS + 1))))


def permutation_p(y, rng, n=500):
    """How often labels drawn anew within each run set communities' means as far apart as they are."""
    shuffled = rng.permuted(np.broadcast_to(y, (n, *y.shape)), axis=2).mean(axis=1).var(axis=1)
    return (1 + (shuffled >= y.mean(axis=0).var()).sum()) / (1 + n)


@pytest.fixture(scope="module", params=list(OWN))
def outcome(request):
    return request.param, waits(city(request.param))


def test_like_communities__may_change_places(outcome):
    """T24: p-values of permutation tests over batches of runs are uniform (Kolmogorov-Smirnov, one in a thousand)."""
    rng = np.random.default_rng(1)
    p = [permutation_p(batch, rng) for batch in outcome[1].reshape(-1, BATCH, K)]
    assert stats.kstest(p, "uniform").pvalue > 1e-3, sorted(p)


def test_variance_between_communities__is_that_of_runs_less_what_they_share(outcome):
    """V4: E[variance within a run] = variance over runs x (1 - ICC).

    Estimates of the two differ by (F - 1) / R exactly, F the ratio of mean squares of labels and residuals, so the bound is
    Fisher's at one in ten thousand. Only where nothing is shared is ICC zero: within 4.5 SE, SE^2 = 2 / (k (k - 1) (R - 1)).
    """
    name, y = outcome
    covariance = np.cov(y.T)
    over_runs = np.trace(covariance) / K
    icc = (covariance.sum() - np.trace(covariance)) / (K * (K - 1)) / over_runs
    within = y.var(axis=1, ddof=1).mean()
    f = 1 + RUNS * (within / (over_runs * (1 - icc)) - 1)
    assert 0 <= f <= stats.f.ppf(1 - 1e-4, K - 1, (K - 1) * (RUNS - 1))
    error = np.sqrt(2 / (K * (K - 1) * (RUNS - 1)))
    assert bool(icc > 4.5 * error) is (name == "together"), (icc, error)


def test_permutation__tells_a_community_that_is_not_like_the_others():
    """The test can fail: two hours of meetings a day in one community are seen."""
    meetings = tuple(Interruption(community=0, day=float(day), hours=2.0) for day in range(DAYS))
    y = waits(city("apart").model_copy(update={"interruptions": meetings}))
    rng = np.random.default_rng(1)
    p = [permutation_p(batch, rng) for batch in y.reshape(-1, BATCH, K)]
    assert stats.kstest(p, "uniform").pvalue < 1e-3, sorted(p)


def test_departments__of_equal_load_may_change_names():
    """T24: who is called housing and who justice changes nothing, bit for bit."""

    def run(one, other):
        kinds = (kind("ONE", 0.5, n_departments=(0.0, 1.0), departments=(one,)),
                 kind("BOTH", 0.5, n_departments=(0.0, 0.0, 1.0), departments=(other, one)))  # fmt: skip
        world = town(*kinds, rate=1.0, communities=2, days=300, inputs={"behaviour.commitment.commit_intercept": 20.0})
        return Engine(world, seed=1).advance(300)

    a, b = run("housing", "justice"), run("justice", "housing")
    assert a.n_issues > 1_000 and same_log(a, b)


LOCAL = {f"mechanism.{code}.interval": 20.0 for code in ("A1", "A2", "A3", "A4")}


def big_city(n_subdistricts):
    """So many subdistricts of one community each, all compounds alike, with every meeting, every gate and the pots below the city's.

    Departments promise and do no work, so no issue waits for another's there.
    """
    dept = {"n_departments": (0.0, 0.4, 0.3, 0.3), "departments": ("housing", "urban_management", "justice")}
    kinds = (kind("OWN", 0.4, authority=3, p_power=0.5, p_interests=0.3), kind("DEPT", 0.3, p_jurisdiction=0.5, p_power=0.5, **dept),
             kind("MONEY", 0.3, fund=0.3, fund_share=1.0, p_funds=0.8))  # fmt: skip
    world = town(*kinds, rate=0.6, days=400, exponential=False, inputs={"behaviour.work.split_shared": (0.6, 0.4, 0.0)})
    names = tuple(f"C{n + 1}" for n in range(n_subdistricts))
    first = world.city.subdistricts[0]
    places = tuple(first.model_copy(update={"name": name, "communities": (name,)}) for name in names)
    mix = {"old_unmanaged_share": 0.0, "work_unit_share": 1.0, "commodity_share": 0.0, "resettlement_share": 0.0}
    world = world.model_copy(update={"city": world.city.model_copy(update={"subdistricts": places} | mix)})
    return override(apply(world, "axis"), LOCAL | {
        "behaviour.commitment.commit_intercept": -1.0, "behaviour.gates.persuade_trust": 0.0, "staffing.fund_city": 0.0,
        "behaviour.gates.supporter_lapse": 0.0, "behaviour.agenda.habituation": 0.0})  # fmt: skip


def test_city__of_twice_the_size_leaves_communities_as_they_are():
    """T30 (V7): with subdistricts, meetings (city panels too: one for twelve subdistricts) and pots doubled, and departments that nobody
    waits for, the first half's issues have the same log, bit for bit.
    """
    one, two = (Engine(big_city(n), seed=1).advance(400) for n in (12, 24))
    half = two.world.buildings.community[two.world.arrivals.building[: two.n_issues]] < 12
    first, second = one.world.issues[: one.n_issues], two.world.issues[: two.n_issues][half]
    links = ("first_package", "next_in_community")  # numbers of rows
    for name in first.dtype.names:
        if name not in links:
            assert np.array_equal(first[name], second[name], equal_nan=first[name].dtype.kind == "f"), name
    assert 0.4 < half.mean() < 0.6 and len(np.unique(first.ruled_by)) > 4 and (first.retabled > 0).sum() > 100
    assert {int(n) for n in first.pot} >= {0, 1, 2} or (first.funds > first.triaged).sum() > 100
