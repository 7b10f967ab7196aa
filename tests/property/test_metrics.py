"""Laws of the metrics, over any log hypothesis can think of."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from govsim.engine import state as st
from govsim.engine.estimators import erreygers, gini, incidence_area, mid_ranks
from govsim.engine.measure import STAGES, gate_share, settle_states
from govsim.results.metrics import measure, parts_of, tally_of
from govsim.results.tally import Window, unresolved_days
from tests.unit.results.logs import GATES, NAN, issue_rows, make_run

EPS = np.finfo(float).eps
ages = some.floats(0, 400, width=32)
maybe = some.none() | ages


@some.composite
def logs(draw):
    """Up to six issues with any history whose steps follow each other."""
    n = draw(some.integers(1, 6))
    rows = issue_rows(n)
    onsets = [draw(some.floats(0, 699)) for _ in range(n)]
    for i in range(n):
        fill(draw, rows[i])
    run = make_run(rows, np.sort(onsets), days=700, burn_in=0)
    settle_states(run.columns.arrivals, rows, run.horizon)
    return run


def fill(draw, row):
    steps = sorted(draw(some.lists(ages, min_size=0, max_size=5)))
    for name, at in zip(("voiced", "triaged", "released", "started", "closed"), steps, strict=False):
        row[name] = at
    row["status"] = (st.LATENT, st.ROUTING, st.GATED, st.WORKING, st.WORKING, st.CLOSED)[len(steps)]
    if len(steps) >= 2:
        for name, bit in GATES.items():
            is_there = draw(some.booleans())
            row[name] = max(row["triaged"], draw(ages)) if is_there else row["triaged"]
            row["obstacles"] |= bit * is_there
            if is_there and np.isnan(row["released"]) and draw(some.booleans()):
                row["closed_gates"] |= bit
    if len(steps) == 5:
        row["last_closed"] = row["closed"]
        if draw(some.booleans()):
            again = row["closed"] + draw(some.sampled_from([np.float32(0), np.float32(30)]))
            row["last_closed"], row["status"] = again, st.RESOLVED
    if row["status"] != st.RESOLVED and draw(some.booleans()):
        row["ended"] = (steps[-1] if steps else 0) + draw(ages)
        row["status"] = draw(some.sampled_from([st.LAPSED, st.EXITED]))
    if len(steps) >= 1 and draw(some.booleans()):
        row["law"] = row["petitioned"] = row["voiced"]


@given(logs())
def test_measure__formalism_is_what_is_false_less_what_is_unrecorded(run):
    parts = parts_of(tally_of(run, (0, 700)))
    gap, due = parts["formalism_gap"]
    assert gap == parts["false_closure_share"][0] - parts["unrecorded_resolution_share"][0]
    assert 0 <= parts["false_closure_share"][0] <= parts["closed_in_time_share"][0] <= due
    assert 0 <= parts["unrecorded_resolution_share"][0] <= parts["resolved_in_time_share"][0] <= due


@given(logs())
def test_measure__every_day_is_in_one_stage(run):
    # at most 6 issues, 11 stages and 4 gates: under 300 roundings of numbers up to 800 days
    bound = 300 * EPS * 800
    found, parts = measure(run, (0, 700)), parts_of(tally_of(run, (0, 700)))
    days = [parts[f"delay_{s}"][0] for s in STAGES]
    assert all(d >= -bound for d in days)
    assert sum(days) == pytest.approx(parts["resolved_share_180"][1] * mean_180(run), abs=bound)
    closed = [parts[f"closure_days_{s}"][0] for s in STAGES[:-2]]
    if not any_left_before_closure(run):
        assert sum(closed) == pytest.approx(parts["closure_days"][0], abs=bound)
    for age in (180, 365):
        shares = [found[f"state_{age}_{s}"] for s in st.STATES]
        assert np.isnan(shares).all() or sum(shares) == pytest.approx(1, abs=8 * EPS)


def mean_180(run):
    """Mean of min(t*, 180) over issues followed 180 days, straight from the log."""
    log = run.issues[run.horizon - run.issues["onset_day"] >= 180]
    if not len(log):
        return 0.0
    age = (log["resolved_day"] - log["onset_day"]).fillna(np.inf)
    return float(np.minimum(age, 180).mean())


def any_left_before_closure(run):
    log = run.issues
    return bool((log["ended_day"] < log["closed_day"]).any())


@given(logs())
def test_unresolved_days__without_censoring_is_the_plain_mean(run):
    window = Window(0, 520)
    log = run.issues[run.issues["onset_day"] < 520]
    found = unresolved_days(run.columns, run.horizon, window, 180)
    if not len(log):
        assert math.isnan(found)
        return
    age = (log["resolved_day"] - log["onset_day"]).fillna(np.inf)
    # 6 steps of the estimator, numbers up to 180; subtracting days loses up to 700 eps
    assert found == pytest.approx(np.minimum(age, 180).mean(), abs=40 * 180 * EPS + 700 * EPS)


@given(some.lists(some.tuples(some.integers(1, 9), some.integers(0, 2)), min_size=1, max_size=8))
def test_incidence_area__equals_the_textbook_sum_in_exact_arithmetic(lives):
    ages = np.array([float(t) for t, _ in lives])
    causes = np.array([c for _, c in lives])
    survival, area = Fraction(1), Fraction(0)
    for u in sorted({t for t, c in lives if c}):
        risk = sum(t >= u for t, _ in lives)
        area += survival * Fraction(sum(x == (u, 1) for x in lives), risk) * (10 - u)
        survival *= 1 - Fraction(sum(t == u and c > 0 for t, c in lives), risk)
    found = incidence_area(ages, causes, 10.0)
    assert math.isnan(found) if survival > 0 else abs(found - float(area)) <= 100 * 10 * EPS


@given(some.lists(some.just(0.0) | some.floats(1e-9, 1e4), min_size=4, max_size=4))
def test_gate_share__the_gates_share_the_longest_wait(waits):
    shares = [gate_share(waits[g], *(waits[:g] + waits[g + 1 :])) for g in range(4)]
    assert sum(shares) == pytest.approx(max(waits), abs=40 * EPS * max(waits))
    assert all(s >= 0 for s in shares)
    assert all(s <= w * (1 + 8 * EPS) for s, w in zip(shares, waits, strict=True))


rates = some.lists(some.floats(0, 1), min_size=2, max_size=30).map(np.array)


@given(rates, some.floats(0.1, 10))
def test_gini__is_between_nought_and_one_and_blind_to_scale_and_order(x, scale):
    found = gini(x)
    if x.sum() <= 0:
        assert math.isnan(found)
        return
    n = len(x)
    assert -n * EPS <= found <= 1 - 1 / n + n * EPS
    assert gini(x[::-1].copy()) == found
    # numbers next to zero lose digits when scaled; leave them out
    if (x[x > 0] > 1e-290).all():
        assert gini(scale * x) == pytest.approx(found, abs=8 * n * EPS)


@given(rates, some.randoms(use_true_random=False))
def test_erreygers__is_bounded_and_mirrors_success_and_failure(x, luck):
    status = np.array([luck.choice([0.35, 0.5, 0.65]) for _ in x])
    found, n = erreygers(x, status), len(x)
    assert abs(found) <= 1 + 8 * n * EPS
    assert erreygers(1 - x, status) == pytest.approx(-found, abs=8 * 4 * n * EPS)
    assert erreygers(np.full(n, 0.3), status) == pytest.approx(0, abs=8 * n * EPS)


@given(some.lists(some.integers(0, 5), min_size=1, max_size=20))
def test_mid_ranks__average_one_half(values):
    ranks = mid_ranks(np.array(values, float))
    assert ranks.mean() == pytest.approx(0.5, abs=len(values) * EPS)
    assert ((ranks > 0) & (ranks < 1)).all()


@given(maybe, maybe)
def test_measure__an_issue_counts_as_resolved_only_if_it_lasts(resolved, closed):
    rows = issue_rows(1)
    rows["voiced"], rows["status"] = 0, st.CLOSED
    rows["closed"] = NAN if closed is None else closed
    rows["last_closed"] = NAN if resolved is None else resolved
    found = measure(make_run(rows, np.zeros(1), days=700, burn_in=0), (0, 700))
    assert found["unresolved_days_180"] == 180
    assert found["resolved_in_time_share"] == 0
