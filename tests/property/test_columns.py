"""No rule looks beside a column: compiled code counts rows from the start and does not ask (`ColumnType`)."""

import os
import subprocess
import sys

import pytest

from govsim.engine import simulate
from govsim.engine.day import advance
from govsim.engine.simulate import Engine
from govsim.scenario.city import City
from govsim.scenario.inputs import override
from govsim.scenario.scenario import Scenario
from govsim.scenario.variants import apply
from govsim.scenario.variants import variant as variant_of
from tests.unit.engine import test_own_rules as own
from tests.unit.engine import test_programmes as programmes
from tests.unit.engine import test_shocks as shocks

SHORT = {"days": 130, "burn_in_days": 20}
PLAIN = Scenario(city=City.preset("demo"))
OPTIONS = {"staffing.turnover_hazard": 0.1, "mechanism.E2.quality_drift": 0.05, "mechanism.E3.quality_drift": 0.05}
WORLDS = {
    "all": (PLAIN, OPTIONS, "F1+RV1+RV2+RV3+RV4+RV5+RV7+RV8+RV10"),
    "axis": (PLAIN, {}, "axis"),
    "ceremonial": (PLAIN, {}, "ceremonial_all"),
    "shocks": (shocks.WORLD, shocks.BOTH, "F1+RV3"),
    "programmes": (programmes.WORLD, programmes.ALL, "F1+RV4"),
    "own": (PLAIN, {}, variant_of("F1").with_component(own.EVERYTHING).with_rules(**own.COPIES)),
}


class Watched:
    """A column that answers for its own rows alone."""

    def __init__(self, column):
        self.column, self.size = column, column.size

    def row(self, number):
        if not 0 <= int(number) < self.size:
            raise IndexError(f"row {number} of a column of {self.size}")
        return int(number)

    def __getitem__(self, number):
        return self.column[self.row(number)]

    def __setitem__(self, number, value):
        self.column[self.row(number)] = value


class WatchedWorld:
    """A world whose columns are watched."""

    def __init__(self, world):
        self.world = world

    def __getattr__(self, name):
        found = Watched(getattr(self.world, name))
        setattr(self, name, found)
        return found


def run_watched(name: str) -> None:
    """Run one of the worlds with the compiler off and every column watched."""
    world, changes, variant = WORLDS[name]
    scenario = override(apply(world, variant), changes | SHORT)
    simulate.advance = lambda w, day, to_day: advance(WatchedWorld(w), day, to_day)
    Engine(scenario, capacity=simulate._capacity(scenario, simulate._first_guess(scenario))).advance(SHORT["days"])


def test_watched__column_tells_a_row_it_has_not():
    column = Watched(own.np.zeros(3))
    column[2] = 1.0
    assert column[2] == 1.0
    for number in (-1, 3):
        with pytest.raises(IndexError, match=f"row {number} of a column of 3"):
            column[number]


@pytest.mark.slow
@pytest.mark.parametrize("name", WORLDS)
def test_rules__read_and_write_rows_that_are_there(name, repo):
    code = f"import numpy; numpy.seterr(all='ignore')\nfrom tests.property.test_columns import run_watched\nrun_watched({name!r})"
    env = os.environ | {"NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(repo)}
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, env=env, cwd=repo)
    assert done.returncode == 0, done.stderr[-2000:]
