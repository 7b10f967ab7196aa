"""Finished runs of an unfinished study: what is whole is used again, what is not is named."""

import numpy as np
import pytest

from govsim.scenario.city import City
from govsim.scenario.inputs import override
from govsim.scenario.mechanism import ExternalHours
from govsim.scenario.scenario import Scenario
from govsim.scenario.variants import variant
from govsim.studies.runner import Job, Machinery, run_jobs
from govsim.studies.store import is_comparison
from govsim.studies.unfinished import FILE, HEADER, Unfinished, UnfinishedError

WORLD = Scenario(city=City.preset("demo"), days=20, burn_in_days=5)


class Counter:
    """Has the engine's shape; tells seed, world and mechanism, and counts how often one was made."""

    built = 0

    def __init__(self, scenario, seed, capacity=None):
        Counter.built += 1
        self.seed, self.load, self.told = seed, scenario.staffing.load_community, None

    def advance(self, day):
        pass

    def copy(self):
        twin = object.__new__(type(self))
        twin.__dict__.update(self.__dict__)
        return twin

    def switch(self, mechanism, external):
        self.told = (mechanism.A1.enabled, mechanism.A1.intensity, external.staff_hours)


def measure(engine):
    told = np.array([engine.seed / 3, np.nan, -0.0, np.inf])
    return told, {"load": engine.load, "on": float(engine.told[0]), "dose": engine.told[1], "hours": engine.told[2]}


MACHINERY = Machinery(Counter, measure)


def jobs_of(*names, seeds=(1, 2), world=WORLD):
    return [Job(world, variant(name), seed) for seed in seeds for name in names]


def run(jobs, path):
    """What was found, engines built, and runs used again."""
    Counter.built, kept = 0, Unfinished(path)
    found = run_jobs(jobs, workers=2, machinery=MACHINERY, unfinished=kept)
    return found, Counter.built, kept.n_reused


def same(one, other):
    return all(a[0].tobytes() == b[0].tobytes() and a[1] == b[1] for a, b in zip(one, other, strict=True))


def test_unfinished__what_is_there_is_not_run_again_and_is_the_same_to_the_bit(tmp_path):
    jobs, path = jobs_of("B0", "F1", "A1@2"), tmp_path / "new" / FILE
    first, built, reused = run(jobs, path)
    assert (built, reused) == (2, 0)
    again, built, reused = run(jobs, path)
    assert (built, reused) == (0, 6)
    assert same(first, again) and same(first, run_jobs(jobs, machinery=MACHINERY))


def test_unfinished__more_replications_use_the_old_ones(tmp_path):
    run(jobs_of("B0", "F1", seeds=(1, 2)), tmp_path / FILE)
    found, built, reused = run(jobs_of("B0", "F1", seeds=(1, 2, 3)), tmp_path / FILE)
    assert (built, reused) == (1, 4)
    assert same(found, run_jobs(jobs_of("B0", "F1", seeds=(1, 2, 3)), machinery=MACHINERY))


@pytest.mark.parametrize(
    "other",
    [
        jobs_of("A1@2"), jobs_of("A1", seeds=(7,)), jobs_of("A1", world=override(WORLD, {"staffing.load_community": 0.5})),
        [Job(WORLD, variant("A1").with_external(ExternalHours(staff_hours=3.0)), 1)],
        jobs_of("A1", world=override(WORLD, {"days": 21})),
    ],
)  # fmt: skip
def test_unfinished__another_world_variant_seed_or_schedule_is_another_run(other, tmp_path):
    run(jobs_of("A1"), tmp_path / FILE)
    found, _, reused = run(other, tmp_path / FILE)
    assert reused == 0
    assert same(found, run_jobs(other, machinery=MACHINERY))


def test_unfinished__another_measure_or_other_sources_are_another_run(tmp_path, monkeypatch):
    import govsim.studies.unfinished as module

    run(jobs_of("A1"), tmp_path / FILE)
    kept = Unfinished(tmp_path / FILE)
    run_jobs(jobs_of("A1"), machinery=Machinery(Counter, lambda e: measure(e)), unfinished=kept)
    assert kept.n_reused == 0
    monkeypatch.setattr(module, "_code", lambda: "other sources")
    assert run(jobs_of("A1"), tmp_path / FILE)[2] == 0


def test_unfinished__cut_short_anywhere_only_what_is_whole_is_used(tmp_path):
    jobs, path = jobs_of("B0", "F1"), tmp_path / FILE
    first, _, _ = run(jobs, path)
    content = path.read_bytes()
    ends = [n for n, byte in enumerate(content) if byte == 10]
    for cut in (*range(0, len(content), 61), *ends, *(n + 1 for n in ends)):
        path.write_bytes(content[:cut])
        assert is_comparison(tmp_path)
        found, _, reused = run(jobs, path)
        assert reused == max(0, content[:cut].count(b"\n") - 1)
        assert same(found, first)
        assert run(jobs, path)[2] == 4


def test_unfinished__a_changed_line_is_named_and_nothing_is_used(tmp_path):
    path = tmp_path / FILE
    run(jobs_of("B0", "F1"), path)
    content = path.read_bytes()
    lines = content.splitlines(keepends=True)
    changed = lines[2].replace(b'"array":', b'"arrby":'), lines[2].replace(b"0", b"1", 1), b"\n", b"[]\n", lines[2][1:]
    for line in changed:
        path.write_bytes(b"".join([*lines[:2], line, *lines[3:]]))
        with pytest.raises(UnfinishedError, match=rf"{FILE}: line 3 is damaged"):
            Unfinished(path)
        assert path.read_bytes().count(b"\n") == 5


@pytest.mark.parametrize("content", [b"mine\n", HEADER.replace(b"1", b"2"), b"{}\n" + HEADER])
def test_unfinished__a_foreign_file_is_named_and_left_alone(content, tmp_path):
    path = tmp_path / FILE
    path.write_bytes(content)
    with pytest.raises(UnfinishedError, match=FILE):
        Unfinished(path)
    assert path.read_bytes() == content
    assert not is_comparison(tmp_path)


def test_unfinished__a_run_that_fails_keeps_those_before_it(tmp_path):
    def fails(engine):
        if engine.seed == 2:
            raise ArithmeticError("boom")
        return measure(engine)

    fails.__module__, fails.__qualname__ = measure.__module__, measure.__qualname__
    with pytest.raises(RuntimeError, match="boom"):
        run_jobs(jobs_of("F1"), workers=1, machinery=Machinery(Counter, fails), unfinished=Unfinished(tmp_path / FILE))
    assert run(jobs_of("F1"), tmp_path / FILE)[1:] == (1, 1)
