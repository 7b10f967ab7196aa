"""What shocks do in the engine: luck kept, hours conserved, posts bounded, roads that fail."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from govsim.engine import emergency
from govsim.engine import state as st
from govsim.engine.simulate import Engine, calibrate
from govsim.results.history import History
from govsim.results.scenarios import outputs_of
from govsim.results.tally import columns_of
from govsim.scenario.city import City
from govsim.scenario.files import with_scenario
from govsim.scenario.inputs import override
from govsim.scenario.mechanism import Mechanism
from govsim.scenario.scenario import Scenario
from govsim.scenario.shocks import Shocks
from govsim.scenario.variants import apply
from govsim.studies.audit import TRAITS

WORLD_GRID = Mechanism().RV3.households_per_worker
NOT_I = np.uint8(255 - st.GATE_I)
WORLD = Scenario(city=City.preset("demo"), days=420, burn_in_days=150, seed=5)


def run(name, variant, days=None):
    world = WORLD if name is None else with_scenario(WORLD, name)
    engine = Engine(apply(world, variant))
    return engine.advance(days or world.days)


@pytest.fixture(scope="module")
def surge():
    return run("pandemic", "F1")


@pytest.fixture(scope="module")
def thaw():
    return run("road", "F1")


@pytest.mark.parametrize("name", ["pandemic", "road"])
def test_ordinary_issues__are_the_same_with_and_without_the_shock(name, surge, thaw):
    plain, shocked = run(None, "F1"), {"pandemic": surge, "road": thaw}[name]
    ordinary = np.flatnonzero(shocked.world.origin[: shocked.n_issues] == 0)
    assert 0 < len(ordinary) < shocked.n_issues
    assert np.array_equal(np.asarray(shocked.world.arrivals[ordinary]), np.asarray(plain.world.arrivals[: plain.n_issues]))
    for trait in TRAITS:
        one, other = shocked.world.issues[trait][ordinary], plain.world.issues[trait][: plain.n_issues]
        if trait == "obstacles":  # a case won at law takes gate I off
            one, other = one & NOT_I, other & NOT_I
        assert np.array_equal(one, other)


def test_desks__are_solved_for_ordinary_times():
    assert calibrate(with_scenario(WORLD, "pandemic")) == calibrate(WORLD)


def test_before_the_shock__everything_is_as_without():
    start = WORLD.burn_in_days + 60
    shocked, plain = run("pandemic", "F1", start), run(None, "F1", start)
    assert shocked.n_issues == plain.n_issues
    for name in ("status", "closed", "hours_served", "triaged"):
        one, other = (e.world.issues[name][: e.n_issues] for e in (shocked, plain))
        assert np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
    assert np.array_equal(shocked.world.members.fatigue, plain.world.members.fatigue)


def test_shut_desks__have_the_share_of_their_hours():
    changes = {"behaviour.pressure.pressure_hours": 0.0}
    plain = override(WORLD, changes)
    shut = override(plain, {"shocks.desks": [{"unit": "department", "start": 20, "days": 14, "share": 0.25}]})
    capacity = calibrate(plain)
    one, other = (Engine(world, capacity=capacity).advance(WORLD.days).world for world in (plain, shut))
    departments = one.stations.kind == st.DEPARTMENT
    workdays = one.calendar[170:184].sum()
    usual = (one.stations.window * one.stations.n_workers)[departments]
    lost = (one.stations.available - other.stations.available)[departments]
    assert np.allclose(lost, 0.75 * workdays * usual, rtol=1e-9)
    assert np.array_equal(one.stations.available[~departments], other.stations.available[~departments])


# ---- SC1 ----------------------------------------------------------------------------------------


def test_posts__are_never_overfilled(surge):
    duty = np.asarray(surge.world.duty)
    for task in ("post", "delivery", "check"):
        done = "filled" if task == "post" else "done"
        assert (duty[f"{task}_signed"] <= duty[f"{task}_due"] + 1e-9).all()
        assert (duty[f"{task}_{done}"] <= duty[f"{task}_signed"] + 1e-9).all()


def test_posts__come_before_deliveries_and_checks():
    duty = np.asarray(run("pandemic", "B0").world.duty)
    everywhere = duty["n_breached"] == WORLD.city.n_communities
    assert everywhere.any()
    assert not duty["delivery_signed"][everywhere].any() and not duty["check_signed"][everywhere].any()
    assert (duty["post_signed"][everywhere] < duty["post_due"][everywhere]).all()


def test_emergency__asks_for_what_the_specification_computes():
    """3.13 at the peak: 1,800 x 1 x 3/60 = 90 h of checks, 5 x 1.5 x 16 = 120 h at gates, .05 x 1,800 x .5 = 45 h."""
    world = with_scenario(Scenario(city=City.preset("standard"), days=450, seed=5), "pandemic")
    given = {"staffing.community_workers": 3, "staffing.department_workers": 3, "staffing.subdistrict_workers": 3}
    engine = Engine(override(world, given)).advance(440)
    peak = engine.world.duty[365 + 60 + 3]
    assert peak.check_due / 12 == pytest.approx(90.0)
    assert peak.post_due / 12 == pytest.approx(120.0)
    assert peak.delivery_due / 12 == pytest.approx(45.0)
    assert engine.world.duty[425].check_due == pytest.approx(0.3 * peak.check_due)
    assert engine.world.duty[424].check_due == 0.0


def test_hours_on_duty__are_those_signed_for(surge):
    duty = np.asarray(surge.world.duty)
    given = sum(duty[name] for name in ("staff", "firms", "pooled", "residents", "stewards", "members"))
    signed = duty["post_signed"] + duty["delivery_signed"] + duty["check_signed"]
    assert np.allclose(given, signed, rtol=1e-12, atol=1e-9)
    assert (given > 0).sum() == 90


def test_hours_of_members__are_booked_once(surge):
    """All that members gave, by month and on duty, stands under them in the ledger, whatever became of it."""
    w = surge.world
    booked = w.outside.reshape(len(st.PAYERS), st.N_ACTIVITIES, -1)[[st.BY_MEMBERS_WORK, st.BY_MEMBERS_LEISURE]].sum()
    duty = np.asarray(w.duty)
    assert booked == pytest.approx(duty["members"].sum() + duty["members_offered"].sum(), rel=1e-9)
    guards = w.outside.reshape(len(st.PAYERS), st.N_ACTIVITIES, -1)[st.BY_FIRMS].sum()
    assert guards == pytest.approx(duty["firms"].sum(), rel=1e-9)


def test_units__owe_what_they_have_not_paid(surge):
    stations = surge.world.stations
    assert np.allclose(stations.incurred, stations.paid + stations.debt, rtol=1e-9, atol=1e-6)
    assert (stations.paid + stations.served <= stations.available + 1e-6).all()


@pytest.mark.parametrize("kept", [0.0, 1.0])
def test_staff__are_the_same_people_with_a_grid(kept):
    """Grid staff that come out of the community's staff are counted once; funded ones on top."""
    world = with_scenario(WORLD, "pandemic")
    day = WORLD.burn_in_days + 65
    plain = Engine(world).advance(day + 1).world.duty[day].staff_paid
    grid = apply(override(world, {"mechanism.RV3.kept_administration": kept}), "RV3")
    assert Engine(grid).advance(day + 1).world.duty[day].staff_paid == pytest.approx(plain, rel=1e-9)
    funded = Engine(override(grid, {"mechanism.RV3.funded": True})).advance(day + 1).world.duty[day].staff_paid
    households = WORLD.city.n_households
    assert funded == pytest.approx(plain + 8 * households / WORLD_GRID, rel=1e-9)


@pytest.mark.parametrize("supervision", [0.0, 0.1, 0.5, 2.0])
def test_call_up__is_the_least_that_fills_the_need(supervision):
    for need in (0.0, 10.0, 255.0):
        for staff in (0.0, 5.0, 72.0, 300.0):
            found = emergency.call_up(need, staff, 1e9, supervision)
            filled = found + max(0.0, staff - supervision * found)
            assert found >= 0.0
            assert filled >= min(need, filled) and filled >= need - 1e-9
            less = 0.99 * found
            assert found == 0.0 or less + max(0.0, staff - supervision * less) < need or supervision >= 1.0
            assert emergency.call_up(need, staff, 1.0, supervision) <= 1.0


def test_volunteers__tire_and_offer_less_afterwards(surge):
    """SF9: a sign, not a size; the twin without the emergency keeps offering."""
    plain = run(None, "F1")
    assert surge.world.members.fatigue.mean() > plain.world.members.fatigue.mean()
    parts = outputs_of(surge)
    assert parts["offered_after_1m"][0] < parts["offered_after_1m"][1]


# ---- SC4 ----------------------------------------------------------------------------------------


def roads(**road):
    """A city whose roads alone break, without gates."""
    types = {k.code: {"share": 1.0 if k.code == "ROAD" else 0.0} for k in WORLD.demand.types}
    types["ROAD"] |= {"p_jurisdiction": 0.0, "p_power": 0.0, "p_funds": 0.0, "p_interests": 0.0}
    shocks = {"road": {"enabled": True, **road}}
    changes = {"demand.types": types, "demand.renovation_rate": 0.0, "demand.issues_per_household_year": 0.08}
    return override(WORLD, changes | {"shocks": shocks})


@pytest.mark.parametrize("hazard", [0.02, 0.002])
def test_repairs__fail_at_their_hazard(hazard):
    """P(fails within 90 d of the repair | holds after u days) = 1 - exp(-h (90 - u)), over repairs of the last 60 days (V8)."""
    day = 300
    found = expected = variance = 0.0
    for seed in range(20):
        world = roads(patch_hazard=hazard, repair_hazard=hazard).model_copy(update={"seed": seed})
        engine = Engine(world, capacity=calibrate(WORLD)).advance(day)
        n = engine.n_issues
        it = engine.world.issues[:n].copy()
        age = day - engine.world.arrivals.onset[:n] - it.last_closed.astype(float)
        held = np.flatnonzero((it.status == st.RESOLVED) & (age < 60))
        before = engine.world.returned[held].copy()
        engine.advance(day + 90)
        found += (engine.world.returned[held] > before).sum()
        share = 1 - np.exp(-hazard * (90 - age[held]))
        expected += share.sum()
        variance += (share * (1 - share)).sum()
    assert expected > 20
    assert abs(found - expected) <= 4.5 * np.sqrt(variance)


def test_patch__fails_at_its_own_hazard():
    engine = Engine(roads(patch_hazard=1.0, repair_hazard=0.0), capacity=calibrate(WORLD)).advance(WORLD.days)
    assert engine.world.returned[: engine.n_issues].sum() > 0
    whole = Engine(roads(patch_hazard=0.0, repair_hazard=0.0), capacity=calibrate(WORLD)).advance(WORLD.days)
    assert whole.world.returned.sum() == 0


def test_failed_repair__was_no_lasting_resolution(thaw):
    """X3, X2: in state resolved at 180 d if and only if the last repair came by then and held."""
    columns = columns_of(thaw)
    it, age = columns.issues, thaw.day - columns.arrivals["onset"]
    followed = age >= 180
    resolved = (it["status"] == st.RESOLVED) & (it["last_closed"] <= 180)
    assert (columns.returned > 0).any()
    assert np.array_equal(resolved[followed], it["state_180"][followed] == 0)


def test_untransferred_roads__have_gates_j_and_f():
    world = with_scenario(WORLD, "road")
    all_of_them = override(world, {"shocks.road.untransferred_share": 1.0})
    none = override(world, {"shocks.road.untransferred_share": 0.0})
    one, other = (Engine(w, capacity=calibrate(WORLD)).advance(250) for w in (all_of_them, none))
    added = one.world.origin[: one.n_issues] == 1
    flags = one.world.issues.obstacles[: one.n_issues][added]
    assert (flags & (st.GATE_J | st.GATE_F | st.UNCLEAR_DUTY) == st.GATE_J | st.GATE_F | st.UNCLEAR_DUTY).all()
    assert (one.world.issues.fund[: one.n_issues][added] > 0).all()
    before = other.world.issues.obstacles[: other.n_issues]
    assert (before[added] & st.GATE_J == 0).any()
    after = one.world.issues.obstacles[: one.n_issues]  # a case won at law takes gate I off
    assert np.array_equal(before[~added] & NOT_I, after[~added] & NOT_I)


def test_issue_that_comes_back__is_listed_once(thaw):
    w = thaw.world
    for q in range(len(w.communities)):
        seen, i = set(), int(w.communities[q].open_head)
        while i >= 0:
            assert i not in seen
            seen.add(i)
            i = int(w.issues[i].next_in_community)


def test_no_shock__leaves_columns_of_one_row():
    w = Engine(WORLD.model_copy(update={"shocks": Shocks()}), capacity=calibrate(WORLD)).world
    assert [len(getattr(w, name)) for name in ("origin", "returned", "desk_share", "duty", "posts")] == [1] * 5


BOTH = {
    "shocks.road.enabled": True, "shocks.emergency": {"enabled": True, "start": 5, "peak_days": 10, "plateau_days": 10},
    "shocks.desks": [{"unit": "department", "start": 5, "days": 20}],
    "shocks.demand": [{"type": "ROAD", "start": 5, "days": 20}, {"type": "UTIL", "start": 5, "days": 20, "factor": 0.5}],
}  # fmt: skip
"""Every shock there is, in a short run."""


@pytest.mark.parametrize("burn_in", [0, 30])
def test_saved_state__goes_on_bit_for_bit_under_shocks(burn_in, tmp_path):
    world = override(WORLD, BOTH | {"days": 120, "burn_in_days": burn_in, "mechanism": apply(WORLD, "F1").mechanism})
    whole = History(world).advance(60)
    whole.save(tmp_path / "half.state")
    resumed = History.load(tmp_path / "half.state").finish()
    run = whole.finish()
    assert run.issues.equals(resumed.issues)
    assert run.emergency.equals(resumed.emergency) and len(run.emergency) == 53
    assert set(run.issues["shock"]) == {0, 1}


@pytest.mark.slow
def test_shocks__interpreted_run_gives_the_same_bits(tmp_path):
    """The same days with the compiler off give the same log and the same days of the emergency, bit for bit."""
    code = (
        "import sys, numpy as np; np.seterr(all='ignore')\n"
        "from govsim.engine.simulate import Engine, _capacity, _first_guess\n"
        "from govsim.scenario.inputs import override\n"
        "from govsim.scenario.variants import apply\n"
        f"sys.path.insert(0, {str(Path(__file__).parents[3])!r})\n"
        "from tests.unit.engine.test_shocks import BOTH, WORLD\n"
        "s = apply(override(WORLD, BOTH | {'days': 100, 'burn_in_days': 20}), 'F1+RV10')\n"
        "w = Engine(s, capacity=_capacity(s, _first_guess(s))).advance(100).world\n"
        "np.save(sys.argv[1], w.issues.tobytes() + w.duty.tobytes() + w.returned.tobytes() + w.members.tobytes())\n"
    )
    for name, off in (("compiled", "0"), ("interpreted", "1")):
        env = os.environ | {"NUMBA_DISABLE_JIT": off}
        subprocess.run([sys.executable, "-W", "ignore", "-c", code, str(tmp_path / name)], check=True, env=env)
    assert (tmp_path / "compiled.npy").read_bytes() == (tmp_path / "interpreted.npy").read_bytes()
