"""The one runner, with an engine that only remembers what was done to it."""

import threading

import pytest

from govsim.scenario.city import City
from govsim.scenario.scenario import Scenario
from govsim.scenario.variants import variant
from govsim.studies.runner import Job, Machinery, RunError, run_jobs

WORLD = Scenario(city=City.preset("demo"), days=20, burn_in_days=5)


class Recorder:
    """Has the engine's shape; its state is the list of what it was told."""

    built = 0
    lock = threading.Lock()

    def __init__(self, scenario, seed, capacity=None):
        with Recorder.lock:
            Recorder.built += 1
        assert scenario.mechanism_name == "B0"
        self.log = [("seed", seed)]

    def advance(self, day):
        self.log.append(("to", day))

    def copy(self):
        twin = object.__new__(type(self))
        twin.log = list(self.log)
        return twin

    def switch(self, mechanism, external):
        if mechanism.A1.enabled and self.log[0] == ("seed", 13):
            raise ArithmeticError("boom")
        self.log.append(("switch", mechanism.A1.enabled, mechanism.unchecked.enabled))


MACHINERY = Machinery(Recorder, lambda engine: {"log": engine.log})


def test_runner__variants_of_a_seed_share_one_history():
    Recorder.built = 0
    jobs = [Job(WORLD, variant(v), s) for s in (1, 2, 3) for v in ("B0", "F1", "ceremonial_all")]
    found = run_jobs(jobs, workers=2, machinery=MACHINERY)
    assert Recorder.built == 3
    assert found[4]["log"] == [("seed", 2), ("to", 5), ("switch", True, False), ("to", 20)]
    assert found[5]["log"][2] == ("switch", True, True)


def test_runner__results_come_in_the_order_of_the_jobs_whatever_the_workers():
    jobs = [Job(WORLD, variant(v), s) for v in ("F1", "B0") for s in range(12)]
    assert run_jobs(jobs, workers=1, machinery=MACHINERY) == run_jobs(jobs, workers=7, machinery=MACHINERY)


def test_runner__a_failure_names_the_variant_and_the_seed():
    jobs = [Job(WORLD, variant("F1"), s) for s in (1, 13)]
    with pytest.raises(RunError, match=r"F1 with seed 13 failed.*boom"):
        run_jobs(jobs, workers=2, machinery=MACHINERY)


def test_runner__progress_ends_at_all_runs():
    told = []
    jobs = [Job(WORLD, variant("F1"), s) for s in range(4)]
    run_jobs(jobs, progress=lambda done, total: told.append((done, total)), machinery=MACHINERY)
    assert told[-1] == (4, 4)


def test_runner__no_jobs_is_no_work():
    assert run_jobs([], machinery=MACHINERY) == []
