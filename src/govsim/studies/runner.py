"""The one runner: many runs side by side, in threads over compiled kernels.

Runs that share a world and a seed share a history: the first ``burn_in_days`` are the baseline B0
under every variant, so that part is run once, copied, and switched (`Engine.copy`,
`Engine.switch`). A run's result does not depend on the number of workers or on which runs stand
beside it, and results come back in the order of the jobs.
"""

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any

from govsim.scenario.own import Own
from govsim.scenario.scenario import Scenario
from govsim.scenario.variants import Variant, apply
from govsim.studies.unfinished import Unfinished, key_of

Metrics = Mapping[str, float]
Progress = Callable[[int, int], None]
"""Called in the caller's thread with runs done and runs in all."""

_POLL_SECONDS = 0.1


class RunError(RuntimeError):
    """A run failed; the message says which."""


@dataclass(frozen=True, slots=True)
class Job:
    """One run: a world, a variant of the mechanism in it, and the seed of its luck.

    Attributes
    ----------
    world
        The scenario under its baseline. Jobs that hold the same object share their history.
    variant
        With its external hours, if it is a control.
    seed
        Equal seeds face the same issues, whatever the variant.
    """

    world: Scenario
    variant: Variant
    seed: int


def _only(measured: Sequence[Metrics], _residents: Sequence[int]) -> Metrics:
    """Metrics of a single city; several cannot be taken together without a rule."""
    (found,) = measured
    return found


@dataclass(frozen=True, slots=True)
class Machinery:
    """What runs and measures; the defaults are the engine's, tests put fakes here."""

    engine: Callable[..., Any]
    measure: Callable[[Any], Any]
    prepare: Callable[[Scenario], Any] | None = None
    """What is worked out once a world, before its runs: handed to the engine as ``capacity``."""
    pool: Callable[[Sequence[Any], Sequence[int]], Metrics] = _only
    """Metrics of the cities of a pool taken together, from what was measured in each and their residents."""


def default_machinery() -> Machinery:
    """Return the engine and its measures, imported on call (numba loads with them)."""
    from govsim.engine.simulate import Engine, calibrate
    from govsim.results.metrics import measure

    return Machinery(Engine, measure, calibrate)


def n_processors() -> int:
    """Processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def run_jobs(
    jobs: Sequence[Job],
    *,
    workers: int | None = None,
    progress: Progress | None = None,
    machinery: Machinery | None = None,
    unfinished: Unfinished | None = None,
) -> list[Metrics]:
    """Run every job and return what was measured, in the order of the jobs.

    Parameters
    ----------
    jobs
        Any number, in any order.
    workers
        Threads; as many as there are processors when not given.
    progress
        Told the number of runs done, several times a second.
    machinery
        See `Machinery`.
    unfinished
        Finished runs of an earlier call that was killed: what is there is not run again, what is run is added. The result
        is the same.

    Raises
    ------
    RunError
        If a run fails: the first failure, naming variant and seed. Runs that have not started by
        then are dropped.
    """
    machines = machinery or default_machinery()
    state = _State(machines, jobs, unfinished)
    histories: dict[tuple[int, int], list[int]] = {}
    for index, job in enumerate(jobs):
        if state.results[index] is None:
            histories.setdefault((id(job.world), job.seed), []).append(index)
    threads = max(1, min(workers or n_processors(), len(histories)))
    with ThreadPoolExecutor(threads, thread_name_prefix="govsim") as pool:
        pending = {pool.submit(state.run_history, indices) for indices in histories.values()}
        try:
            _follow(pending, state, len(jobs), progress)
        except BaseException:
            state.stopped.set()
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    return [found for found in state.results if found is not None]


def _follow(pending: set[Future[None]], state: "_State", total: int, progress: Progress | None) -> None:
    """Wait for all, telling how far it is; raise what a run raised."""
    while pending:
        timeout = _POLL_SECONDS if progress else None
        done, pending = wait(pending, timeout=timeout, return_when=FIRST_EXCEPTION)
        for future in done:
            future.result()
        if progress:
            progress(state.n_done, total)


def _compile(parts: Own) -> None:
    """Compile rules of one's own before any run, so that what is wrong with them is told at once."""
    from govsim.engine.rules import compile_own

    compile_own(parts)


class _State:
    """What the threads of one call share."""

    def __init__(self, machines: Machinery, jobs: Sequence[Job], unfinished: Unfinished | None) -> None:
        self.machines = machines
        self.jobs = jobs
        self.results: list[Metrics | None] = [None] * len(jobs)
        # Checking a scenario costs more than a small run, so each is made once, before the runs.
        kinds = {(id(job.world), job.variant): job for job in jobs}
        self.asked = {key: apply(job.world, job.variant) for key, job in kinds.items()}
        for parts in {asked.mechanism.own for asked in self.asked.values() if asked.mechanism.own.functions}:
            _compile(parts)
        self.baselines = {id(job.world): apply(job.world, "B0") for job in kinds.values()}
        self.unfinished = unfinished
        if unfinished:
            self.keys = self._keys()
            self.results = [unfinished.get(key) for key in self.keys]
        prepare = machines.prepare
        missing = {id(job.world) for job, found in zip(jobs, self.results, strict=True) if found is None}
        self.prepared = {key: {"capacity": prepare(self.baselines[key])} if prepare else {} for key in missing}
        self.stopped = threading.Event()
        self.n_done = sum(found is not None for found in self.results)
        self._lock = threading.Lock()

    def _keys(self) -> list[str]:
        """Key of every job: its scenario before and after the switch, its seed, and what is measured."""
        before = {key: world.model_dump_json() for key, world in self.baselines.items()}
        after = {key: world.model_dump_json() for key, world in self.asked.items()}
        measured = f"{self.machines.measure.__module__}.{self.machines.measure.__qualname__}"
        return [key_of(before[id(job.world)], after[id(job.world), job.variant], str(job.seed), measured) for job in self.jobs]

    def run_history(self, indices: Sequence[int]) -> None:
        """Run the common history of some jobs once, then each job from a copy of it."""
        first = self.jobs[indices[0]]
        if self.stopped.is_set():
            return
        with _named(first, "before the switch"):
            world = id(first.world)
            trunk = self.machines.engine(self.baselines[world], seed=first.seed, **self.prepared[world])
            trunk.advance(first.world.burn_in_days)
        for place, index in enumerate(indices):
            if self.stopped.is_set():
                return
            job = self.jobs[index]
            with _named(job, "after the switch"):
                branch = trunk if place == len(indices) - 1 else trunk.copy()
                found = self.results[index] = self._finish(branch, job)
            if self.unfinished:
                self.unfinished.add(self.keys[index], found)
            with self._lock:
                self.n_done += 1

    def _finish(self, branch: Any, job: Job) -> Metrics:
        """Switch the variant on, run to the horizon, measure."""
        asked = self.asked[id(job.world), job.variant]
        branch.switch(asked.mechanism, asked.external)
        branch.advance(job.world.days)
        return self.machines.measure(branch)


class _named:  # noqa: N801 (a context manager, used like a function)
    """Say which run failed."""

    def __init__(self, job: Job, when: str) -> None:
        self.job = job
        self.when = when

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, Exception):
            raise RunError(
                f"the run of {self.job.variant.name} with seed {self.job.seed} failed {self.when}: {type(error).__name__}: {error}"
            ) from error
