"""What `scripts/petition_loop.py` counts as an outcome is what households learn."""

import importlib.util

import numpy as np
import pytest

from govsim.engine import rng
from govsim.engine import state as st
from govsim.engine.simulate import Engine
from govsim.scenario.city import City
from govsim.scenario.inputs import override
from govsim.scenario.scenario import Scenario


@pytest.fixture(scope="module")
def script(repo):
    spec = importlib.util.spec_from_file_location("petition_loop", repo / "scripts" / "petition_loop.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_outcomes__are_what_the_engine_teaches(script):
    """With learning at once and no gossip, a household's belief is the outcome of its only issue, informed or not."""
    taught = {"behaviour.voice.belief_learning": 1.0, "behaviour.voice.belief_gossip": 0.0, "behaviour.voice.access_cost_petition": 50.0,
              "behaviour.voice.access_cost_law": 50.0}  # fmt: skip
    e = Engine(override(Scenario(city=City.preset("demo"), days=500, burn_in_days=0), taught), seed=1).advance(500)
    w, arrivals, it = e.world, e.world.arrivals[: e.n_issues], e.world.issues[: e.n_issues]
    buildings = w.buildings[arrivals.building]
    share = np.array([rng.uniform(key, rng.HOUSEHOLD, 0) for key in arrivals.key])
    home = buildings.first_household + (share * buildings.n_households).astype(int)
    only = (np.bincount(home)[home] == 1) & (it.redo == 0) & ((it.status == st.RESOLVED) | (it.status == st.LAPSED)) & ~np.isnan(it.voiced)
    belief = buildings.offset_community + w.households.community[home]
    response = e.scenario.behaviour.response
    learned = (belief - script.outcomes(e))[only]
    told = response.performance_contact * (1 - response.contact_share)
    untold = -response.performance_contact * response.contact_share
    given_up = it.status[only] == st.LAPSED
    off = np.min([np.abs(learned - told), np.abs(learned - untold)], axis=0)
    assert (~given_up).sum() > 50 and given_up.sum() > 5
    assert off[~given_up].max() < 1e-6 and np.abs(learned[given_up]).max() < 1e-12  # moments in the log are in single precision


def test_shares__lie_between_none_and_all(script):
    e = Engine(Scenario(city=City.preset("demo"), days=400, burn_in_days=0), seed=1).advance(400)
    petitioned, at_once, community = script.shares(e, 100, 300)
    assert 0 < petitioned < 1 and 0 < community < 1 and (np.isnan(at_once) or 0 <= at_once <= 1)
