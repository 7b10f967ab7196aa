"""Docking: the engine beside SimPy and Ciw on the network that each can express (`network.py`).

Given the same luck, peers must have every moment of every issue: a wrong order of classes, a worker too many, work lost at
midnight, patience that runs on during work, a part begun before its gate opens each moves hundreds of issues. The log keeps
moments in single precision; beyond that rounding a peer may be off by 1e-9 days, which is above 2,000 roundings of a moment of
400 days in double precision. With luck of its own, Ciw must agree within ruling V8.
"""

from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest

from govsim.engine.simulate import Engine
from govsim.studies.checks import WARM
from tests.docking import ciw_network, simpy_network
from tests.docking.network import LATER, LOCAL, MOMENTS, QUICK, SPLIT, TIER, TIERED, TWO, furthest, log_of, luck, network

DAYS = 400
EXACT = 1e-9
"""Days."""
UNFORKED = (1.0, 0.0, 0.0)


@pytest.fixture(scope="module", params=[1, 2, 3])
def forked(request):
    scenario = network(QUICK, LOCAL, LATER, TIER, SPLIT, TWO, rate=5.0, days=DAYS)
    return Engine(scenario, seed=request.param).advance(DAYS)


@pytest.fixture(scope="module", params=[1, 2, 3])
def unforked(request):
    scenario = network(QUICK, LOCAL, LATER, TIER, rate=4.6, days=DAYS, tiered=UNFORKED)
    return Engine(scenario, seed=request.param).advance(DAYS)


def test_simpy__has_every_moment_of_every_issue(forked):
    log, issues = log_of(forked), luck(forked)
    peer = simpy_network.Network(issues, TIERED).run(DAYS)
    assert len(issues) > 7_000
    for name in MOMENTS:
        assert furthest(log[name], peer[name]) <= EXACT, name
    for name in ("resolved", "lapsed"):
        assert np.array_equal(log[name], peer[name]), name
    assert [i.hops for i in issues] == np.maximum(log["hops"], 0).tolist()


def test_ciw__has_every_moment_of_every_issue(unforked):
    log, issues = log_of(unforked), luck(unforked)
    peer = ciw_network.log_of(ciw_network.run(unforked.scenario.demand.types, 0.0, DAYS, issues), issues)
    goes_up = np.array([i.kind.authority == 3 for i in issues])
    over = ~np.isnan(log["closed"])
    assert len(issues) > 7_000 and over.mean() > 0.9
    known = {"triaged": goes_up, "power": goes_up, "started": over, "closed": over, "ended": True}
    for name, where in known.items():
        assert furthest(np.where(where, log[name], np.nan), peer[name]) <= EXACT, name


def test_network__meets_every_rule_it_compares(forked):
    """The comparison would be empty for a rule that no issue meets."""
    log, issues = log_of(forked), luck(forked)
    onset = np.array([i.onset for i in issues])
    queue_class = np.array([i.kind.queue_class for i in issues])
    community = np.array([i.community for i in issues])
    parts = np.array([1 + 2 * bool(i.kind.departments) + (i.kind.authority == 3) + (len(i.kind.departments) == 2) for i in issues])
    release, start = onset + log["released"], onset + log["started"]
    single = parts == 1
    overtaken = sum(
        bool(((release[rest] < release[n]) & (start[rest] > start[n])).any())
        for n in np.flatnonzero(single & (queue_class == 1))[:500]
        for rest in [single & (community == community[n]) & (queue_class > 1)]
    )
    counts = {
        "waited": (log["started"] - log["released"] > 0.1).sum(), "gave up": log["lapsed"].sum(), "wrong hops": (log["hops"] > 1).sum(),
        "three parts": (parts == 3).sum(), "four parts": (parts == 4).sum(), "decided": sum(i.kind.authority == 3 for i in issues),
        "waited for a decision": (log["power"] - log["triaged"] > 0.3).sum(), "overtaken": overtaken,
        "outlasted its patience": sum(
            bool(log["resolved"][n] and i.patience(1) < log["closed"][n]) for n, i in enumerate(issues)
        ),
        "over midnight": (np.floor(start) < np.floor(onset + log["closed"])).sum(),
    }  # fmt: skip
    assert min(counts.values()) >= 20, counts


RATE, LONG = 3.8, 6_000
N_ENGINE, N_CIW = 150, 30
"""Replications; the engine's take a twentieth of the time."""
KINDS = network(QUICK, LOCAL, LATER, TIER, rate=RATE, days=LONG, tiered=UNFORKED).demand.types
QUANTITIES = ("days QUICK", "days LOCAL", "days LATER", "days TIER", "share LOCAL gives up")


def of_engine(seed):
    """What the engine's issues came to, by kind."""
    e = Engine(network(QUICK, LOCAL, LATER, TIER, rate=RATE, days=LONG, tiered=UNFORKED), seed=seed).advance(LONG)
    log, a = log_of(e), e.world.arrivals[: e.n_issues]
    kept = (a.onset > WARM) & (a.onset < LONG - WARM)
    days = [np.nanmean(log["closed"][kept & (a.type == k)]) for k in range(4)]
    return [*days, log["lapsed"][kept & (a.type == 1)].mean()]


def of_ciw(seed):
    """The same of customers of Ciw, with luck of its own."""
    records = ciw_network.run(KINDS, RATE, LONG, seed=seed)
    arose = {}
    for r in records:
        arose[r.id_number] = min(arose.get(r.id_number, np.inf), r.arrival_date)
    kept = [r for r in records if WARM < arose[r.id_number] < LONG - WARM and r.node >= ciw_network.FIRST]
    of = {k.code: [r for r in kept if r.customer_class.startswith(k.code)] for k in KINDS}
    done = {code: [r for r in rows if r.record_type == "service"] for code, rows in of.items()}
    days = [np.mean([r.service_end_date - arose[r.id_number] for r in done[k.code]]) for k in KINDS]
    return [*days, np.mean([r.record_type == "renege" for r in of["LOCAL"]])]


@pytest.mark.slow
def test_ciw__with_luck_of_its_own_agrees():
    """Ruling V8 for two samples: |difference| <= max(0.5 %, 4.5 SE of the difference), SE of the difference <= 0.7 %."""
    with ThreadPoolExecutor(2) as pool:
        engine = np.array(list(pool.map(of_engine, range(1, N_ENGINE + 1))))
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        peer = np.array(list(pool.map(of_ciw, range(1, N_CIW + 1))))
    error = np.sqrt(engine.var(axis=0, ddof=1) / N_ENGINE + peer.var(axis=0, ddof=1) / N_CIW)
    for name, one, other, se in zip(QUANTITIES, engine.mean(axis=0), peer.mean(axis=0), error, strict=True):
        assert se <= 0.007 * other, f"{name}: too noisy to tell: SE {se / other:.2%}"
        assert abs(one - other) <= max(0.005 * other, 4.5 * se), (name, one, other, se)
