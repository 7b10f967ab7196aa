"""The main job on a small scale."""

import numpy as np
import pytest

from govsim.scenario.city import City
from govsim.scenario.scenario import Scenario
from govsim.studies.compare import PRIMARY, compare

WORLD = Scenario(city=City.preset("demo"), days=760, burn_in_days=200)


@pytest.fixture(scope="module")
def found():
    return compare(WORLD, ["B0", "axis", "cost_matched(axis)"], 3, curve_replications=2, workers=2)


def test_compare__the_baseline_differs_from_itself_by_exactly_zero(found):
    own = found.table[(found.table.variant == "B0") & found.table.level.notna()]
    assert (own.difference == 0).all() and (own.low == 0).all() and (own.high == 0).all()


def test_compare__state_shares_sum_to_one(found):
    states = found.table[found.table.metric.str.startswith("state_180_")]
    np.testing.assert_allclose(states.groupby("variant")["level"].sum(), 1, rtol=1e-9)


def test_compare__headline_is_read_over_the_weight_of_authority(found):
    assert set(found.curve.regime) == {"asked", "0", "0.43", "0.9", "equal"}


def test_compare__does_not_depend_on_the_number_of_workers(found):
    again = compare(WORLD, ["B0", "axis", "cost_matched(axis)"], 3, curve_replications=2, workers=1)
    assert again.runs.equals(found.runs)
    assert again.runs[PRIMARY].notna().all()
