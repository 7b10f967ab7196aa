"""Tables of a run: as registered, labelled, and consistent with the columns they are made of."""

import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from govsim.engine.simulate import Engine
from govsim.labels import has_label, label
from govsim.results.columns import COLUMNS
from govsim.results.metrics import METRICS, measure
from govsim.results.run import Run
from govsim.results.simulate import simulate
from govsim.scenario.city import City
from govsim.scenario.scenario import Scenario
from govsim.scenario.variants import apply
from tests.unit.results.logs import random_run
from tests.unit.results.test_metrics import tolerance
from tests.unit.results.twin import twin

WORLD = Scenario(city=City.preset("demo"), days=760, burn_in_days=100)


@pytest.fixture(scope="module")
def full():
    return simulate(apply(WORLD, "F1"))


@pytest.fixture(params=["drawn", "simulated"])
def run(request, full):
    return full if request.param == "simulated" else random_run(11)


def test_tables__have_the_columns_and_types_that_are_registered(run):
    assert set(run.tables) == set(COLUMNS)
    for name, table in run.tables.items():
        assert list(table.columns) == list(COLUMNS[name])
        for column, spec in COLUMNS[name].items():
            assert str(table[column].dtype) == spec.dtype, (name, column)
            if spec.categories:
                assert tuple(table[column].cat.categories) == spec.categories


def test_columns__are_documented_and_labelled_in_both_languages():
    for name, columns in COLUMNS.items():
        assert has_label(f"table.{name}")
        for column, spec in columns.items():
            assert spec.meaning, (name, column)
            assert spec.dtype == "category" or spec.unit, (name, column)
            assert not spec.unit or has_label(f"unit.{spec.unit}"), spec.unit
            assert all(label(f"column.{name}.{column}", lang) for lang in ("en", "zh"))


def test_metrics__of_a_simulated_run_equal_the_plain_twin(full):
    plain = twin(full, (100, 465))
    for name, expected in plain.items():
        assert full.metrics[name] == pytest.approx(expected, abs=tolerance(full, expected), nan_ok=True), name


def test_metrics__of_an_engine_and_of_its_run_are_the_same(full):
    engine = Engine(apply(WORLD, "F1")).advance(WORLD.days)
    assert pd.Series(measure(engine)).equals(pd.Series(measure(full)))
    assert list(full.metrics.index) == list(METRICS)


def test_issues__gates_that_are_absent_or_closed_have_no_day(run):
    log = run.issues
    for gate in ("jurisdiction", "power", "funds", "interests"):
        day = log[f"{gate}_day"]
        assert day[~log[f"has_{gate}_gate"]].isna().all()
        is_open = day.notna()
        assert (day[is_open] >= log.loc[is_open, "triaged_day"]).all()
        released = log["released_day"].notna() & log[f"has_{gate}_gate"]
        assert day[released & (log["n_reopenings"] == 0)].notna().all()


def test_issues__moments_come_in_order_and_flags_agree_with_them(run):
    log = run.issues
    for earlier, later in (
        ("onset_day", "voiced_day"), ("voiced_day", "triaged_day"), ("triaged_day", "released_day"),
        ("closed_day", "last_closed_day"), ("closed_day", "resolved_day"),
        ("onset_day", "ended_day"),
    ):  # fmt: skip
        known = log[earlier].notna() & log[later].notna()
        assert (log.loc[known, earlier] <= log.loc[known, later]).all(), later
    assert (log["is_voiced"] == log["voiced_day"].notna()).all()
    assert (log["is_closed"] == log["closed_day"].notna()).all()
    assert (log["is_resolved"] == log["resolved_day"].notna()).all()
    assert (log["is_petitioned"] == log["petitioned_day"].notna()).all()
    left = log["status"].isin(["exited", "lapsed"])
    assert (left == log["ended_day"].notna()).all()
    assert log["state_180"].notna().equals(run.horizon - log["onset_day"] >= 180)
    assert log["state_365"].notna().equals(run.horizon - log["onset_day"] >= 365)


def test_issues__places_nest(run):
    log, columns = run.issues, run.columns
    assert (columns.compound_community[log["compound"]] == log["community"]).all()
    assert (columns.community_subdistrict[log["community"]] == log["subdistrict"]).all()


def test_daily__agrees_with_the_issue_log(full):
    log, daily = full.issues, full.daily
    for count, day in (
        ("n_arrived", "onset_day"), ("n_voiced", "voiced_day"), ("n_resolved", "resolved_day"),
    ):  # fmt: skip
        assert daily[count].sum() == log[day].notna().sum(), count
    assert daily["n_exited"].sum() == (log["status"] == "exited").sum()
    assert daily["n_petitions"].sum() == log["n_petitions"].sum()


STAGES = {
    "n_latent": ("onset", "voiced"),
    "n_routing": ("voiced", "triaged"),
    "n_gated": ("triaged", "released"),
    "n_working": ("released", "closed"),
    "n_closed_unresolved": ("closed", "resolved"),
}


@pytest.mark.parametrize("day", [0, 17, 100, 365, 759])
def test_daily__stocks_are_the_issues_in_each_stage_at_the_days_end(run, day):
    log, row = run.issues, run.daily.loc[day]
    is_open = ~(log["ended_day"] < day + 1)
    for name, (begins, ends) in STAGES.items():
        there = (log[f"{begins}_day"] < day + 1) & ~(log[f"{ends}_day"] < day + 1) & is_open
        assert row[name] == there.sum(), name


def test_daily__every_issue_that_arose_is_in_a_stage_resolved_or_ended(run):
    log, daily = run.issues, run.daily
    stocks = daily[list(STAGES)].sum(axis=1).to_numpy()
    day_ends = np.arange(1, run.horizon + 1)[:, None]
    over = np.fmin(log["resolved_day"], log["ended_day"]).to_numpy()
    arisen = (log["onset_day"].to_numpy() < day_ends).sum(axis=1)
    assert (stocks + (over < day_ends).sum(axis=1) == arisen).all()


def test_units__hours_at_the_desk_are_all_accounted_for(full):
    units = full.units
    total = units["paid_hours"] + units["served_hours"] + units["idle_hours"]
    bound = 1e3 * np.finfo(float).eps * units["available_hours"].abs()  # hundreds of desk days
    assert ((total - units["available_hours"]).abs() <= bound).all()
    owed = (units["incurred_hours"] - units["paid_hours"] - units["debt_hours"]).abs()
    # a debt below 1e-12 is dropped each workday (`govsim.engine.day`)
    assert (owed <= 1e-12 * 760 + 1e5 * np.finfo(float).eps * units["incurred_hours"]).all()


def test_hours__tables_agree(full):
    whole = full.columns.hours.sum() + full.columns.outside.sum()
    n = full.columns.hours.size + full.columns.outside.size
    assert full.hours["hours"].sum() == pytest.approx(whole, rel=n * np.finfo(float).eps)
    of_units = full.hours[full.hours["unit_kind"] != "no_unit"]["hours"].sum()
    ledger = full.ledger[["served_hours", "overhead_hours", "idle_hours"]].sum().sum()
    assert ledger == pytest.approx(of_units, rel=n * np.finfo(float).eps)
    assert (full.hours["hours"] != 0).all()


def test_money__adds_up_by_pot(full):
    by_pot = full.money.groupby("pot", observed=False)[["inflow", "spent"]].sum()
    assert (by_pot["spent"] >= 0).all()
    assert (by_pot["inflow"] > 0).any()


def test_meetings__are_within_their_slots_and_rosters(full):
    log = full.meetings
    assert len(log) > 0
    assert (log["n_ruled"] <= log["n_tabled"]).all()
    assert (log["n_tabled"] <= log["n_slots"]).all()
    joint = log[log["forum"] != "executive"]
    assert (joint["n_present"] <= joint["n_roster"]).all()


def test_run__tables_are_cached_and_changing_one_changes_no_metric():
    run = random_run(12)
    before = measure(run)
    assert run.issues is run.issues
    for table in run.tables.values():
        table.iloc[:, 0] = table.iloc[::-1, 0].to_numpy()
    assert pd.Series(measure(run)).equals(pd.Series(before))


def test_run__does_not_change_when_its_engine_goes_on():
    engine = Engine(WORLD).advance(200)
    run = Run.from_engine(engine)
    before = measure(run)
    engine.advance(300)
    assert pd.Series(measure(run)).equals(pd.Series(before))
    assert run.horizon == 200


def test_run__measuring_on_the_way_does_not_change_where_it_goes(full):
    engine = Engine(apply(WORLD, "F1"))
    for day in (250, 400, 600):
        measure(engine.advance(day))
    assert pd.Series(measure(engine.advance(760))).equals(pd.Series(full.metrics.to_dict()))


def test_run__shows_itself(full):
    html = full._repr_html_()
    assert "unresolved_days_180" in html
    assert "F1" in repr(full)
    hostile = Run(full.columns, WORLD.model_copy(update={"name": "<script>"}))
    assert "<script" not in hostile._repr_html_()


def test_simulate__equal_scenarios_give_equal_runs(full):
    again = simulate(apply(WORLD, "F1"))
    pd.testing.assert_frame_equal(again.issues, full.issues)


_SCRIPT = """
import sys, hashlib
sys.path.insert(0, {root!r})
from govsim.results.metrics import tally_of
from tests.unit.results.logs import random_run
rows = [tally_of(random_run(s, n=120, days=d)) for s, d in ((0, 1095), (1, 500))]
print(hashlib.sha256(b"".join(r.tobytes() for r in rows)).hexdigest())
"""


@pytest.mark.interpreted
def test_measure__compiled_and_interpreted_agree_bit_for_bit(repo):
    found = set()
    for switch in ("0", "1"):
        environment = os.environ | {"NUMBA_DISABLE_JIT": switch, "PYTHONWARNINGS": "error"}
        done = subprocess.run(
            [sys.executable, "-c", _SCRIPT.format(root=str(repo))],
            env=environment, capture_output=True, text=True, check=True, cwd=repo,
        )  # fmt: skip
        found.add(done.stdout)
    assert len(found) == 1
