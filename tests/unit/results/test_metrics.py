"""Metrics against a plain twin on random logs, and against logs worked out by hand."""

import math
from functools import lru_cache

import numpy as np
import pandas as pd
import pytest

from govsim.engine.measure import ISSUE_TALLIES, N_TALLIES, STAGES, settle_states
from govsim.engine.state import CLOSED, EXITED, GATED, LAPSED, LATENT, RESOLVED, ROUTING, STATES
from govsim.labels import has_label, label
from govsim.results.metrics import (
    BLOCKS,
    METRICS,
    PRIMARY,
    from_tally,
    incidence,
    measure,
    measure_by,
    net_benefit,
    parts_of,
    price_hours,
    tally_of,
)
from govsim.results.tally import ORDERS, ROTATIONS, TALLIES, default_window
from tests.unit.results.logs import issue_rows, make_run, random_run, scenario
from tests.unit.results.twin import twin

EPS = np.finfo(float).eps
WITHOUT_TWIN = {"gini_excess", "gini_reshuffled"}  # random; tested against enumeration


@lru_cache
def drawn(seed, days=1095):
    return random_run(seed, days=days)


def tolerance(run, plain):
    """Largest sum of roundings: n terms, each step relative eps, none larger than the days."""
    n = max(len(run.columns.issues), len(run.daily), run.columns.hours.size)
    return n * EPS * max(1.0, abs(plain)) * 4


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    ("days", "window"),
    [(1095, (365, 730)), (1095, (10.5, 40.25)), (500, (100, 400)), (200, (0, 200))],
)
def test_measure__equals_its_plain_twin(seed, days, window):
    run = drawn(seed, days)
    fast, plain = measure(run, window), twin(run, window)
    assert set(fast) - set(plain) == WITHOUT_TWIN
    for name, expected in plain.items():
        found = fast[name]
        assert (math.isnan(found) and math.isnan(expected)) or (abs(found - expected) <= tolerance(run, expected)), name


@pytest.mark.parametrize("seed", range(4))
def test_measure__identities_hold(seed):
    run = drawn(seed)
    found, row = measure(run), tally_of(run)
    bound = 60 * EPS
    for age in (180, 365):
        shares = [found[f"state_{age}_{s}"] for s in STATES]
        assert sum(shares) == pytest.approx(1, abs=bound)
    days = [found[f"delay_{s}"] for s in STAGES]
    assert sum(days) == pytest.approx(found["unresolved_days_180"], abs=tolerance(run, 180))
    days = [found[f"closure_days_{s}"] for s in STAGES[:-2]]
    assert sum(days) == pytest.approx(found["closure_days"], abs=tolerance(run, 180))
    gap = found["false_closure_share"] - found["unrecorded_resolution_share"]
    assert found["formalism_gap"] == pytest.approx(gap, abs=bound)
    counts = {n: row[TALLIES.index(n)] for n in ISSUE_TALLIES}
    assert counts["closed_due"] - counts["resolved_due"] == counts["closed_not_resolved"] - counts["resolved_not_closed"]
    assert found["gini_excess"] == found["gini"] - found["gini_reshuffled"]
    by_payer = sum(v for n, v in found.items() if n.startswith("hours_by_"))
    on = sum(v for n, v in found.items() if n.startswith("hours_on_") and n != "hours_on_idle")
    assert by_payer == pytest.approx(found["hours_total"], abs=tolerance(run, by_payer))
    assert on == pytest.approx(found["hours_total"], abs=tolerance(run, on))


def hand_made():
    """Six issues of type PM (deadline 15 d), all from day 400, voiced at age 10 but for the last.

    0: closed and resolved at 20.          in time: both
    1: closed at 20, resolved at 40 only.  in time: closed, not true; redone
    2: resolved at 30, closed at 30.       neither in time
    3: falsely closed at 20 and given up at 100.
    4: waits at gates J and P from 12, P opens at 22; left at own cost at age 200.
    5: never voiced.
    """
    rows = issue_rows(6)
    rows["voiced"][:5], rows["triaged"][:5] = 10, 12
    for gate in ("jurisdiction", "power", "funds", "interests"):
        rows[gate][:5] = 12
    rows["released"][:4], rows["started"][:4] = 12, 15
    rows["closed"][:4] = [20, 20, 30, 20]
    rows["last_closed"][:4] = [20, 40, 30, 20]
    rows["status"] = [RESOLVED, RESOLVED, RESOLVED, LAPSED, EXITED, LATENT]
    rows["ended"][3:5] = [100, 200]
    rows["satisfaction"][:4] = [0.8, 0.6, 0.7, 0.1]
    rows["redo"][1], rows["channel"][:5] = 1, 1
    rows["obstacles"][4], rows["closed_gates"][4], rows["power"][4] = 3, 1, 22
    run = make_run(rows, np.full(6, 400.0))
    settle_states(run.columns.arrivals, rows, run.horizon)
    return run


def test_measure__of_six_issues_as_by_hand():
    found = measure(hand_made())
    expected = {
        "unresolved_days_180": (20 + 40 + 30 + 180 * 3) / 6,
        "unresolved_days_365": (20 + 40 + 30 + 365 * 3) / 6,
        "unresolved_days_365_exits": (20 + 40 + 30 + 365 + 200 + 365) / 6,
        "resolved_share_180": 3 / 6,
        "state_180_resolved": 3 / 6,
        "state_180_lapsed": 1 / 6,
        "state_180_never_voiced": 1 / 6,
        "resolved_in_time_share": 1 / 5,
        "latent_resolved_in_time_share": 0,
        "closed_in_time_share": 3 / 5,
        "closed_in_time_standing_share": 2 / 5,
        "formalism_gap": 2 / 5,
        "false_closure_share": 2 / 5,
        "unrecorded_resolution_share": 0,
        "closed_false_share": 2 / 3,
        "standing_false_share": 1 / 2,
        "delay_silent": (10 * 5 + 180) / 6,
        "delay_routing": 10 / 6,
        "delay_jurisdiction": (5 + 158) / 6,  # alone from 22 to 180
        "delay_power": 5 / 6,
        "delay_queue": 12 / 6,
        "delay_service": (5 + 5 + 15 + 5) / 6,
        "delay_after_closure": (20 + 80) / 6,
        "delay_given_up": 80 / 6,
        "closure_days": 90 / 4,
        "satisfaction_population": (2.1 + 3 * 0.2) / 6,  # S = .5 - .6 x .5 of who gets nothing
        "satisfaction_closed": 2.2 / 4,
        "reopened_share": 1 / 4,
        "voiced_share": 5 / 6,
    }
    for name, value in expected.items():
        # six issues at most, satisfaction kept in single precision
        assert found[name] == pytest.approx(value, abs=2e-7 if "satis" in name else 1e-12), name


def test_measure__state_of_an_issue_that_left_at_200_days_is_open_at_180_and_exited_at_365():
    rows = issue_rows(1)
    rows["voiced"], rows["status"], rows["ended"] = 10, EXITED, 200
    rows["state_180"] = STATES.index("open_ordinary")  # the engine noted it when it changed
    run = make_run(rows, np.array([400.0]))
    settle_states(run.columns.arrivals, rows, run.horizon)
    found = measure(run)
    assert found["state_180_open_ordinary"] == found["state_365_exited"] == 1


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({"status": RESOLVED, "voiced": 1, "last_closed": 2}, "resolved"),
        ({"status": CLOSED, "voiced": 1}, "falsely_closed"),
        ({"status": EXITED}, "exited"),
        ({"status": EXITED, "voiced": 1}, "exited"),
        ({"status": LATENT}, "never_voiced"),
        ({"status": LAPSED}, "never_voiced"),
        ({"status": LAPSED, "voiced": 1}, "lapsed"),
        ({"status": ROUTING, "voiced": 1, "law": 1, "law_pending": 1}, "open_law"),
        ({"status": GATED, "voiced": 1, "petitioned": 2}, "open_petitioned"),
        ({"status": GATED, "voiced": 1}, "open_ordinary"),
    ],
)
def test_settle_states__every_status_has_one_state(fields, state):
    rows = issue_rows(1)
    for name, value in fields.items():
        rows[name] = value
    run = make_run(rows, np.array([0.0]), days=365)
    settle_states(run.columns.arrivals, rows, 364.0)
    assert (STATES[rows["state_180"][0]], rows["state_365"][0]) == (state, -1)


def test_settle_states__keeps_what_the_engine_noted_and_may_be_done_twice():
    run = drawn(1)
    before = run.columns.issues.copy()
    settle_states(run.columns.arrivals, run.columns.issues, run.horizon)
    assert (before["state_180"] == run.columns.issues["state_180"]).all()
    forgotten = before.copy()
    unchanged = ~(before["ended"] >= 180) & ~(before["closed"] >= 180) & ~(before["voiced"] >= 180)
    unchanged &= ~(before["last_closed"] >= 180) & ~(before["petitioned"] >= 180)
    forgotten["state_180"][unchanged] = -1
    settle_states(run.columns.arrivals, forgotten, run.horizon)
    assert (forgotten["state_180"] == before["state_180"]).all()


def test_measure__of_nothing_is_not_available():
    run = make_run(issue_rows(0), np.zeros(0))
    found, parts = measure(run), parts_of(tally_of(run))
    for name in METRICS:
        if parts[name][1] == 0:
            assert math.isnan(found[name]), name
    of_issues = [n for n, m in METRICS.items() if m.denominator in ISSUE_TALLIES]
    assert all(math.isnan(found[n]) for n in of_issues)
    assert math.isnan(found["gini_excess"])
    assert math.isnan(found["erreygers"])
    assert found["issues_rate"] == 0


def test_measure__nothing_closed_leaves_the_false_share_of_closures_unknown():
    rows = issue_rows(3)
    rows["voiced"], rows["status"] = 1, ROUTING
    found = measure(make_run(rows, np.full(3, 400.0)))
    assert math.isnan(found["closed_false_share"])
    assert found["false_closure_share"] == 0


def test_measure__deadlines_beyond_the_run_are_not_judged():
    rows = issue_rows(2)
    rows["voiced"], rows["status"] = 1, ROUTING
    run = make_run(rows, np.array([100.0, 186.0]), days=200, burn_in=0)
    row = tally_of(run, (0, 200))
    assert (row[TALLIES.index("due_latent")], row[TALLIES.index("due")]) == (1, 1)


@pytest.mark.parametrize("window", [(10, 10), (20, 10), (-1, 5), (0, 1096), (math.nan, 5)])
def test_measure__refuses_a_window_outside_the_run(window):
    with pytest.raises(ValueError, match="window"):
        measure(drawn(0), window)


def test_default_window__is_the_year_after_the_burn_in_or_what_there_is_of_it():
    assert default_window(scenario(1095)) == (365, 730)
    assert default_window(scenario(500, 365)) == (365, 500)
    assert default_window(scenario(300, 300)) == (0, 300)
    assert default_window(scenario(1095), 400) == (365, 400)


def test_measure_by__the_groups_make_up_the_whole():
    run = drawn(2)
    whole = measure(run, (365, 730))
    table = measure_by(run, run.issues["compound_type"], (365, 730))
    n = table["n_issues"]
    assert n.sum() == tally_of(run, (365, 730))[TALLIES.index("latent")]
    for name in (PRIMARY, "voiced_share", "delay_queue"):
        mean = float((table[name] * n).sum() / n.sum())
        assert mean == pytest.approx(whole[name], abs=tolerance(run, whole[name]))


def test_measure_by__one_group_is_the_whole_and_missing_labels_are_left_out():
    run = drawn(2, 500)
    whole = measure(run, (100, 400))
    table = measure_by(run, pd.Series("all", index=run.issues.index), (100, 400))
    for name in table.columns.drop("n_issues"):
        assert table.loc["all", name] == pytest.approx(whole[name], rel=EPS, nan_ok=True), name
    labels = run.issues["channel"].where(run.issues["is_voiced"])
    voiced = measure_by(run, labels, (100, 400))
    assert (voiced["voiced_share"] == 1).all()
    with pytest.raises(ValueError, match="labels"):
        measure_by(run, ["a"])


@pytest.mark.parametrize(("days", "window"), [(1095, (365, 730)), (500, (100, 400))])
def test_incidence__area_above_it_is_the_primary_outcome(days, window):
    run = drawn(3, days)
    steps = incidence(run, window, to_age=180)
    assert steps["resolved_share"].is_monotonic_increasing
    assert ((steps["resolved_share"] + steps["ended_share"]) <= 1 + 400 * EPS).all()
    # the curve is read once a day, so that the area is bracketed by the left and right sums
    values = steps["resolved_share"].to_numpy()
    area = 180 - measure(run, window)[PRIMARY]
    slack = tolerance(run, 180)
    assert values[:-1].sum() - slack <= area <= values[1:].sum() + slack


def test_metrics__are_ratios_of_named_sums_and_labelled_in_both_languages():
    named = set(TALLIES) | {"closed_less_resolved", "silent_180", "trust_gap", "issue_years_180"}
    assert len(set(TALLIES)) == len(TALLIES)
    for name, metric in METRICS.items():
        assert {metric.numerator, metric.denominator} <= named, name
        assert metric.better in ("lower", "higher", "none")
        assert all((metric.formula, metric.source, metric.unit)), name
        for key in (f"metric.{name}", f"unit.{metric.unit}", f"block.{metric.block}"):
            assert has_label(key), key
            assert all(label(key, lang) for lang in ("en", "zh"))
    assert BLOCKS[0] == "primary"
    assert BLOCKS[-1] == "outputs"


def test_metrics__reshuffles_are_the_500_of_the_ruling():
    assert ORDERS * ROTATIONS == 500


def test_from_tally__of_a_sum_of_runs_is_the_ratio_of_sums():
    rows = [tally_of(drawn(s)) for s in (0, 1)]
    found = from_tally(rows[0] + rows[1])
    a, b = (rows[i][TALLIES.index("voiced")] for i in (0, 1))
    n, m = (rows[i][TALLIES.index("latent")] for i in (0, 1))
    assert found["voiced_share"] == (a + b) / (n + m)
    assert len(rows[0]) == len(TALLIES)
    assert len(ISSUE_TALLIES) == N_TALLIES


@pytest.mark.parametrize(("lower", "upper", "sign"), [(1, 50, -1), (50, 1, 1)])
def test_measure__pyramid_index_is_negative_where_the_base_is_undersupplied(lower, upper, sign):
    rows = issue_rows(2)
    rows["n_departments"] = 1  # of type PM: 60 % of the hours at the community, 40 % above
    run = make_run(rows, np.full(2, 400.0))
    columns = run.columns
    columns.hours[:], columns.outside[:] = 0, 0
    columns.hours[columns.stations["level"] <= 2, -1] = lower
    columns.hours[columns.stations["level"] > 2, -1] = upper
    assert np.sign(measure(run)["resource_pyramid_index"]) == sign
    columns.hours[columns.stations["level"] > 2, -1] = 0
    assert math.isnan(measure(run)["resource_pyramid_index"])


def test_price_hours__sums_to_the_priced_metric_and_refuses_unknown_payers():
    found = measure(drawn(0))
    assert sum(price_hours(found).values()) == pytest.approx(found["hours_priced"], abs=tolerance(drawn(0), found["hours_priced"]))
    with pytest.raises(ValueError, match="mayor"):
        price_hours(found, {"mayor": 9})


def test_net_benefit__weighs_resolutions_against_hours():
    assert net_benefit(2, 10, [0, 5, 20]) == {0: -10, 5: 0, 20: 30}
