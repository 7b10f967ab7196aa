"""The network as SimPy processes: desks are priority resources, an issue, each of its parts and its patience are processes."""

from collections.abc import Generator
from itertools import count
from typing import Any

import numpy as np
import simpy

from tests.docking.network import MOMENTS, N_COMMUNITIES, N_COMMUNITY, N_DEPARTMENT, N_SUBDISTRICT, SHARED, Issue

Steps = Generator[Any, Any, None]


class Network:
    """Desks and the log of issues."""

    def __init__(self, issues: list[Issue], tiered: tuple[float, float, float]):
        self.env = simpy.Environment()
        self.tiered = tiered
        self.communities = [simpy.PriorityResource(self.env, N_COMMUNITY) for _ in range(N_COMMUNITIES)]
        self.subdistrict = simpy.PriorityResource(self.env, N_SUBDISTRICT)
        self.departments = {
            name: simpy.PriorityResource(self.env, N_DEPARTMENT) for name in sorted({d for i in issues for d in i.kind.departments})
        }
        self.log = {name: np.full(len(issues), np.nan) for name in MOMENTS}
        for n, issue in enumerate(issues):
            self.env.process(Case(self, n, issue).arises())

    def run(self, days: int) -> dict[str, np.ndarray]:
        """Let time pass and return the log."""
        self.env.run(until=days)
        return self.log | {"resolved": ~np.isnan(self.log["closed"]), "lapsed": ~np.isnan(self.log["ended"])}


class Case:
    """An issue on its way."""

    def __init__(self, network: Network, number: int, issue: Issue):
        self.network, self.number, self.issue, self.env = network, number, issue, network.env
        self.n_served = 0
        self.is_over = False

    def note(self, moment: str) -> None:
        """Write a moment, the first time it comes."""
        column = self.network.log[moment]
        if np.isnan(column[self.number]):
            column[self.number] = self.env.now - self.issue.onset

    def arises(self) -> Steps:
        yield self.env.timeout(self.issue.onset)
        way = self.env.process(self.goes())
        self.env.process(self.waits(way))

    def waits(self, way: simpy.Process) -> Steps:
        """Patience: over while somebody works on the issue, it starts anew; else the household gives up."""
        for n in count(1):
            yield self.env.timeout(self.issue.patience(n))
            if self.is_over:
                return
            if self.n_served == 0:
                self.is_over = True
                self.note("ended")
                way.interrupt()
                return

    def parts(self) -> list[tuple[simpy.PriorityResource, float]]:
        """Desk and share of the work of each part."""
        net, issue = self.network, self.issue
        mine, units = net.communities[issue.community], issue.kind.departments
        split = SHARED if units else net.tiered if issue.kind.authority == 3 else (1.0, 0.0, 0.0)
        found = [(mine, split[0]), (net.subdistrict, split[1]), *((net.departments[d], split[2] / len(units)) for d in units)]
        return [(desk, share) for desk, share in found if share > 0]

    def goes(self) -> Steps:
        issue = self.issue
        under_way: list[simpy.Process] = []
        try:
            if issue.delay > 0:
                yield self.env.timeout(issue.delay)
            self.note("triaged")
            if issue.kind.p_power:
                decided = self.env.event()
                under_way = [self.env.process(self.is_served(self.network.subdistrict, 2, issue.decision / 24, done=decided))]
                yield decided
            self.note("power")
            self.note("released")
            under_way = [
                self.env.process(self.is_served(desk, issue.kind.queue_class, share * issue.hours / 24, "started"))
                for desk, share in self.parts()
            ]
            yield self.env.all_of(under_way)
            self.is_over = True
            self.note("closed")
        except simpy.Interrupt:
            for part in under_way:
                if part.is_alive:
                    part.interrupt()

    def is_served(
        self, desk: simpy.PriorityResource, queue_class: int, days: float, moment: str = "", done: simpy.Event | None = None
    ) -> Steps:
        """Wait for a worker of a desk and be served, or give up waiting; what follows is in line before the worker looks for more."""
        with desk.request(priority=queue_class) as turn:
            try:
                yield turn
            except simpy.Interrupt:
                return
            if moment:
                self.note(moment)
            self.n_served += 1
            yield self.env.timeout(days)
            self.n_served -= 1
            if done is not None:
                done.succeed()
                yield self.env.timeout(0)
