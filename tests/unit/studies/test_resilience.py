"""Resilience: the difference to the no-shock twin (X11)."""

import numpy as np
import pytest

from govsim.results.simulate import simulate
from govsim.scenario.city import City
from govsim.scenario.files import with_scenario
from govsim.scenario.inputs import override
from govsim.scenario.scenario import Scenario
from govsim.studies.resilience import RECOVERED_DAYS, RECOVERED_SHARE, resilience

WORLD = Scenario(city=City.preset("demo"), days=400, burn_in_days=60, seed=3)


def test_resilience__of_a_shock_without_effect_is_nothing():
    """Desks at their usual hours are a shock in name only."""
    found = resilience(override(WORLD, {"shocks.desks": [{"unit": "department", "start": 30, "days": 10, "share": 1.0}]}))
    assert (found.daily["excess"] == 0).all()
    assert (found.area, found.peak, found.recovery_days) == (0.0, 0.0, 0.0)
    assert (found.begins, found.ends) == (90, 100)


def test_resilience__counts_the_issues_of_both_runs():
    world = with_scenario(WORLD, "pandemic")
    run = simulate(world)
    found = resilience(world, run)
    log = run.issues[run.issues["shock"] == 0]
    day = 200
    is_open = (log["onset_day"] <= day + 1) & ~(log["resolved_day"] <= day + 1) & ~(log["ended_day"] <= day + 1)
    assert found.daily["open"][day] == pytest.approx(is_open.sum() / (WORLD.city.n_residents / 1000))
    assert (found.daily["excess"][: found.begins] == 0).all()
    assert found.area == pytest.approx(found.daily["excess"][found.begins :].sum())
    if not np.isnan(found.recovery_days):
        first = found.ends + int(found.recovery_days)
        rows = found.daily[first : first + RECOVERED_DAYS]
        assert (rows["excess"] <= RECOVERED_SHARE * rows["open_twin"]).all()


def test_resilience__compares_under_a_lull_too():
    world = override(WORLD, {"shocks.demand": [{"type": "PM", "start": 30, "days": 60, "factor": 0.0}]})
    found = resilience(world)
    assert (found.daily["excess"][: found.begins] == 0).all()


def test_resilience__without_a_shock_is_refused():
    with pytest.raises(ValueError, match="nothing to recover from"):
        resilience(WORLD)
