"""Shocks: nested in common random numbers, named, read, refused."""

import numpy as np
import pytest

from govsim.engine import build
from govsim.engine import state as st
from govsim.scenario.city import City
from govsim.scenario.fields import ScenarioError
from govsim.scenario.files import COURSES, format_scenario, load_scenario, read_scenario, with_scenario
from govsim.scenario.inputs import override
from govsim.scenario.scenario import Scenario
from govsim.scenario.shocks import Shocks

WORLD = Scenario(city=City.preset("demo"), days=500, burn_in_days=100, seed=7)
ROAD = 5


def burst(factor, type_="ROAD", start=60, days=30):
    return override(WORLD, {"shocks.demand": [{"type": type_, "start": start, "days": days, "factor": factor}]})


def table(scenario):
    with np.errstate(over="ignore"):
        arrivals, origin = build.arrivals_of(scenario)
    return arrivals, np.zeros(len(arrivals), np.int8) if len(origin) == 1 else origin


def test_burst__adds_issues_and_changes_none():
    before, _ = table(WORLD)
    after, origin = table(burst(4.0))
    assert np.array_equal(np.asarray(after[origin == 0]), np.asarray(before))
    added = after[origin == 1]
    assert set(added.type) == {ROAD}
    assert added.onset.min() >= 160 and added.onset.max() < 190
    assert len(np.unique(after.key)) == len(after)
    assert (np.diff(after.onset) >= 0).all()


def test_burst__is_nested_in_its_factor():
    kept: set[int] = set()
    for factor in (1.0, 1.5, 2.0, 2.7, 4.0):
        arrivals, origin = table(burst(factor))
        found = set(arrivals.key[origin == 1].tolist())
        assert kept <= found
        kept = found
    assert kept


def test_burst__has_the_rate_asked_for():
    """Poisson counts over 40 seeds: mean (g - 1) times the ordinary of the same days (V8: 4.5 standard errors)."""
    added = ordinary = 0
    for seed in range(40):
        arrivals, origin = table(burst(4.0).model_copy(update={"seed": seed}))
        ordinary += int(((origin == 0) & (arrivals.type == ROAD) & (arrivals.onset >= 160) & (arrivals.onset < 190)).sum())
        added += int((origin == 1).sum())
    assert abs(added - 3 * ordinary) <= 4.5 * np.sqrt(added + 9 * ordinary)
    assert added > 500


def test_lull__thins_the_ordinary_issues_of_its_days_alone():
    before, _ = table(WORLD)
    after, _ = table(burst(0.4))
    kept = set(after.key.tolist())
    assert kept < set(before.key.tolist())
    gone = before[[key not in kept for key in before.key.tolist()]]
    assert set(gone.type) == {ROAD}
    assert gone.onset.min() >= 160 and gone.onset.max() < 190
    fewer, _ = table(burst(0.2))
    assert set(fewer.key.tolist()) < kept


def test_burst__of_renovations_is_drawn_from_their_own_rate():
    after, origin = table(burst(40.0, "RENO", 0, 365))
    assert (origin == 1).any()
    renovations = after.type == [k.code for k in WORLD.demand.types].index("RENO")
    compounds = WORLD.city.tables(WORLD.seed).building_compound[after.building[renovations]]
    assert len(np.unique(compounds)) == len(compounds)


def test_desks__are_shut_on_the_days_of_the_shock():
    asked = override(WORLD, {"shocks.desks": [{"unit": "department", "start": 10, "days": 5, "share": 0.5}]})
    shares = build.desk_shares(asked).reshape(len(st.UNITS), asked.days)
    assert (shares[st.DEPARTMENT, 110:115] == 0.5).all()
    assert shares.sum() == shares.size - 2.5
    assert len(build.desk_shares(WORLD)) == 1


@pytest.mark.parametrize("name", COURSES)
def test_named_scenario__fits_any_city_and_keeps_the_run(name):
    laid = with_scenario(Scenario(city=City.preset("demo"), seed=9), name)
    assert laid.shocks.name == laid.shocks.title == name
    assert laid.shocks.is_any
    assert (laid.seed, laid.days, laid.mechanism_name) == (9, 1095, "B0")
    assert read_scenario(format_scenario(laid)) == laid
    assert read_scenario(f"{{city: demo, seed: 9, shocks: {name}}}") == laid


def test_named_scenario__is_refused_with_the_nearest():
    with pytest.raises(ScenarioError, match="unknown scenario 'raod': did you mean road"):
        with_scenario(WORLD, "raod")
    with pytest.raises(ScenarioError, match=r"there are .*road.* or a file"):
        with_scenario(WORLD, "zzz")


def test_scenario_of_ones_own__is_a_file(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("shocks: {demand: [{type: UTIL, factor: 2}]}")
    assert with_scenario(WORLD, path).shocks.demand[0].type == "UTIL"
    assert with_scenario(WORLD, path).shocks.title == "own"
    path.write_text("city: demo")
    with pytest.raises(ScenarioError, match=r"mine\.yaml: city belongs to the run"):
        with_scenario(WORLD, path)
    with pytest.raises(ScenarioError, match="no such file"):
        with_scenario(WORLD, tmp_path / "none.yaml")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"shocks.demand": [{"type": "NONE"}]}, "shocks.demand\\[0\\].type is 'NONE'; the types are PM"),
        ({"shocks.demand": [{"start": 400}]}, "shocks.demand\\[0\\] begins on day 500, the run ends on day 500"),
        ({"shocks.demand": [{"factor": -1}]}, "shocks.demand.factor is -1|shocks.demand\\[0\\].factor is -1"),
        ({"shocks.desks": [{"unit": "departments"}]}, "not one of community"),
        ({"shocks.demand": [{}, {"start": 70}]}, "two shocks of ROAD overlap on day 70"),
        ({"shocks.roda.enabled": True}, "did you mean shocks.road"),
        ({"shocks.desks": {"unit": "department"}}, "not a list"),
    ],
)
def test_bad_shock__is_one_line(changes, says):
    with pytest.raises(ScenarioError, match=says) as caught:
        override(WORLD, changes)
    assert "\n" not in str(caught.value)


def test_no_shock__is_the_default():
    assert not Shocks().is_any
    assert Shocks().title == ""
    assert load_scenario("demo").shocks == Shocks()
    laid = with_scenario(WORLD, "road").shocks
    assert laid.without_events().road.enabled and not laid.without_events().demand
