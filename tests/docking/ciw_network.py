"""The network as Ciw has it: nodes, customer classes, transition matrices, reneging; without parts worked on at once, which Ciw lacks.

A kind of issue in a community is a customer class. Nodes: the way up (as many servers as issues), the subdistrict, then the
communities. `luck` feeds Ciw what befell the engine's issues; without it Ciw draws by its own laws.
"""

import math
from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any

import ciw
import numpy as np

from govsim.scenario.demand import IssueType
from tests.docking.network import DECISION, MOMENTS, N_COMMUNITIES, N_COMMUNITY, N_SUBDISTRICT, TIER_DAYS, Issue, rates

WAY, SUBDISTRICT, FIRST = 1, 2, 3
N_NODES = 2 + N_COMMUNITIES


class Given(ciw.dists.Distribution):
    """A time that is known of each customer."""

    def __init__(self, days: Callable[[int, float], float]):
        self.days = days

    def sample(self, t: float | None = None, ind: Any = None) -> float:
        return self.days(ind.id_number - 1, t)


class Arrivals(ciw.dists.Distribution):
    """Arrivals at known moments."""

    def __init__(self, moments: Iterable[float]):
        self.moments = iter(moments)

    def sample(self, t: float | None = None, ind: Any = None) -> float:
        return next(self.moments, math.inf) - (t or 0.0)


def lognormal(mean: float, cv: float) -> Any:
    """Work in days, by mean and coefficient of variation in hours."""
    variance = math.log(1 + cv**2)
    return ciw.dists.Lognormal(math.log(mean / 24) - variance / 2, math.sqrt(variance))


def network(kinds: tuple[IssueType, ...], rate: float, issues: list[Issue] | None) -> Any:
    """Every class on its way through the nodes."""
    arrivals, services, matrices, reneging, classes = {}, {}, {}, {}, {}
    daily = rates(kinds, rate)
    for kind in kinds:
        is_tiered = kind.authority == 3
        for place in range(N_COMMUNITIES):
            name, node = f"{kind.code} {place}", FIRST + place
            stops = [WAY, SUBDISTRICT, node] if is_tiered else [node]
            if issues is None:
                onsets = ciw.dists.Exponential(daily[kind.code])
                times = {WAY: ciw.dists.Exponential(1 / TIER_DAYS), SUBDISTRICT: ciw.dists.Exponential(24 / DECISION),
                         node: lognormal(kind.hours, kind.hours_cv)}  # fmt: skip
                patience = ciw.dists.Exponential(1 / kind.patience)
            else:
                onsets = Arrivals([i.onset for i in issues if i.kind.code == kind.code and i.community == place])
                times = {WAY: Given(lambda n, t: issues[n].delay), SUBDISTRICT: Given(lambda n, t: issues[n].decision / 24),
                         node: Given(lambda n, t: issues[n].hours / 24)}  # fmt: skip
                patience = Given(lambda n, t: issues[n].patience(1))
            arrivals[name] = [onsets if n == stops[0] else None for n in range(1, N_NODES + 1)]
            services[name] = [times.get(n, ciw.dists.Deterministic(0.0)) for n in range(1, N_NODES + 1)]
            # Only who goes straight to the community may give up: there, patience begins with the wait.
            reneging[name] = [patience if n == node and not is_tiered else None for n in range(1, N_NODES + 1)]
            matrix = np.zeros((N_NODES, N_NODES))
            for here, there in pairwise(stops):
                matrix[here - 1, there - 1] = 1.0
            matrices[name] = ciw.routing.TransitionMatrix(matrix.tolist())
            classes[name] = kind.queue_class - 1
    return ciw.create_network(
        arrival_distributions=arrivals, service_distributions=services, routing=matrices, priority_classes=classes,
        reneging_time_distributions=reneging, number_of_servers=[math.inf, N_SUBDISTRICT] + [N_COMMUNITY] * N_COMMUNITIES)  # fmt: skip


def run(kinds: tuple[IssueType, ...], rate: float, days: int, issues: list[Issue] | None = None, seed: int = 1) -> list[Any]:
    """The records of a run."""
    ciw.seed(seed)
    simulation = ciw.Simulation(network(kinds, rate, issues))
    simulation.simulate_until_max_time(days)
    return simulation.get_all_records()


def log_of(records: list[Any], issues: list[Issue]) -> dict[str, np.ndarray]:
    """Moments of issues fed by `luck`; what is not over yet has no record, so a start is known once its work is done."""
    log = {name: np.full(len(issues), np.nan) for name in MOMENTS}
    for r in records:
        n = r.id_number - 1
        onset = issues[n].onset
        if r.record_type == "renege":
            log["ended"][n] = r.exit_date - onset
        elif r.node == WAY:
            log["triaged"][n] = r.service_end_date - onset
        elif r.node == SUBDISTRICT:
            log["power"][n] = r.service_end_date - onset
        else:
            log["started"][n], log["closed"][n] = r.service_start_date - onset, r.service_end_date - onset
    return log
