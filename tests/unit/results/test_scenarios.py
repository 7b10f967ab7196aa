"""Outputs of scenarios: there under them alone, by hand-made columns, pooled as ratios of sums."""

import numpy as np
import pytest

from govsim.engine import state as st
from govsim.labels import label
from govsim.results.metrics import METRICS, measure
from govsim.results.scenarios import OUTPUTS, outputs_of, values_of
from govsim.scenario.inputs import override
from tests.unit.results.logs import issue_rows, make_run, random_run

DAYS, BURN_IN = 900, 100
BURST = {"demand": [{"type": "ROAD", "start": 10, "days": 30}], "road": {"enabled": True, "segment_km": 0.5}}


def road_run(rows, onsets, returned=None):
    run = make_run(rows, onsets, days=DAYS, burn_in=BURN_IN, types=np.full(len(rows), 5))
    run.scenario = override(run.scenario, {"shocks": BURST})
    if returned is not None:
        run.columns = run.columns._replace(returned=np.asarray(returned, np.int8), origin=np.zeros(len(rows), np.int8))
    return run


def test_ordinary_run__has_no_outputs_of_scenarios():
    run = random_run(1)
    assert outputs_of(run) == {}
    assert set(measure(run)) == set(METRICS)


def test_outputs__have_labels_and_a_block_of_their_own():
    for name, metric in OUTPUTS.items():
        assert name not in METRICS
        for lang in ("en", "zh"):
            assert label(f"metric.{name}", lang) and label(f"message.block.{metric.block}", lang)
            assert label(f"course.{metric.block}", lang) and label(f"unit.{metric.unit}", lang)


def test_road__by_hand():
    """Four issues of the burst and one before it.

    One: owned after 6 d (owner found at 3, promised at 6), funded at 13, repaired, 20 k¥, 6 h.
    Two: owner found at 2, never promised: 180 d; no gate F; patched, failed twice, open.
    Three: never voiced: 180 d. Four: owned at once, gate F never: 180 d.
    """
    rows = issue_rows(5)
    rows["voiced"][:] = [0, 1, 0, np.nan, 0]
    rows["triaged"][:] = [0, 3, 2, np.nan, 0]
    rows["obstacles"][:] = [0, 1 | 4, 1, 0, 4]
    rows["closed_gates"][:] = [0, 0, 1, 0, 4]
    rows["jurisdiction"][:] = [0, 6, 2, np.nan, 0]
    rows["funds"][:] = [0, 13, 2, np.nan, 0]
    rows["fund"][:] = [5, 20, 0, 0, 7]
    rows["pot"][:] = [-2, -2, -1, -1, -1]
    rows["status"][:] = [st.RESOLVED, st.RESOLVED, st.CLOSED, st.LATENT, st.GATED]
    rows["hours_served"][:] = [3, 6, 2, 0, 0]
    rows["hours_perfunctory"][:] = [0, 0, 2, 0, 0]
    found = outputs_of(road_run(rows, [50.0, 112.0, 115.0, 120.0, 139.0], returned=[0, 0, 2, 0, 0]))
    assert found["road_issues"] == (4.0, 1.0)
    assert found["road_owner_days"] == (6.0 + 180.0 + 180.0 + 0.0, 4.0)
    assert found["road_owner_share"] == (2.0, 4.0)
    assert found["road_fund_days"] == (13.0 + 180.0, 2.0)
    assert found["road_recurrence_share"] == (2.0, 3.0)
    assert found["road_lasting_share"] == (1.0, 4.0)
    assert found["road_money_per_km"] == (20.0, 0.5)
    assert found["road_patch_hours_share"] == (2.0, 8.0)
    assert values_of(found)["road_hours_per_km"] == 16.0


def test_road__what_is_not_followed_is_not_counted():
    rows = issue_rows(1)
    rows["voiced"] = 0.0
    run = road_run(rows, [112.0])
    run.horizon = 112.0 + 179.0
    assert outputs_of(run)["road_owner_days"] == (0.0, 0.0)
    assert np.isnan(values_of(outputs_of(run))["road_owner_days"])


def test_pandemic__by_hand():
    """Two days of a peak; backlog of one issue that is open for 1.5 of them."""
    rows = issue_rows(2)
    rows["ended"][:] = [2.0, np.nan]
    rows["status"][:] = [st.LAPSED, st.LATENT]
    run = make_run(rows, [109.5, 300.0], days=DAYS, burn_in=BURN_IN)
    phases = {"alert_days": 0, "peak_days": 2, "plateau_days": 0, "recovery_days": 0}
    run.scenario = override(run.scenario, {"shocks.emergency": {"enabled": True, "start": 10, **phases}})
    duty = np.zeros(DAYS, st.DUTY)
    duty["check_due"][110:112], duty["check_done"][110:112], duty["check_signed"][110:112] = 90.0, [45, 90], 90
    duty["post_due"][110:112], duty["post_filled"][110:112] = 120.0, 60.0
    duty["staff"][110:112], duty["members"][110:112], duty["supervision"][110:112] = 30.0, 60.0, 6.0
    duty["staff_paid"][110:112], duty["n_breached"][110] = 48.0, 3.0
    run.columns = run.columns._replace(duty=duty)
    thousands = run.scenario.city.n_residents / 1000
    found = outputs_of(run)
    assert found["check_coverage"] == (135.0, 180.0)
    assert found["check_coverage_signed"] == (180.0, 180.0)
    assert found["post_filled_share"] == (120.0, 240.0)
    assert found["breached_share"] == (3.0, 2.0 * run.scenario.city.n_communities)
    assert found["staffing_multiple"] == (192.0, 96.0)
    assert found["supervision_share"] == (12.0, 120.0)
    assert found["duty_hours_members"] == (120.0, pytest.approx(thousands))
    assert found["backlog_during"] == (pytest.approx(1.5), pytest.approx(2 * thousands))
    assert len(run.emergency) == 2


def test_outputs__of_a_pool_are_ratios_of_sums():
    assert values_of({"x": (1.0, 4.0)}, {"x": (5.0, 2.0)})["x"] == 1.0
