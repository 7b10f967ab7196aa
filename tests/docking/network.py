"""One network of desks, told to the engine by inputs and to SimPy and Ciw in their own words.

Three communities of two workers, a subdistrict of three and a worker for each department, open round the clock; work is
lognormal, desks serve by class and in order of arrival, nobody is taken off work. `QUICK`, `LOCAL` and `LATER` are the
community's in three classes; `LOCAL` gives up waiting; `TIER` goes up, is decided by the subdistrict and worked on by both;
`SPLIT` and `TWO` find their owners after wrong hops and are worked on by community, subdistrict and one or two departments at once.

`luck` draws what befalls each issue with the engine's keys and by the laws of model.md 3.7, `log_of` reads what the engine
made of it. Moments are days since onset, `nan` where there is none.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from govsim.engine import rng
from govsim.engine import state as st
from govsim.engine.simulate import Engine
from govsim.scenario.demand import IssueType
from govsim.scenario.inputs import override
from govsim.scenario.scenario import Scenario
from govsim.studies.checks import PER_DAY, kind, town

N_COMMUNITIES, N_COMMUNITY, N_SUBDISTRICT, N_DEPARTMENT = 3, 2, 3, 1
DECISION = 3.0
"""Mean hours of a decision, exponential."""
FOUND, HOP_DAYS, TIER_DAYS = 0.6, 0.5, 1.0
SHARED, TIERED = (0.3, 0.4, 0.3), (0.5, 0.5, 0.0)
"""Work of community, subdistrict and departments: of issues with departments, and of those a subdistrict decides."""
MOMENTS = ("triaged", "power", "released", "started", "closed", "ended")

QUICK = kind("QUICK", 0.25, 4.0, 0.8, queue_class=1)
LOCAL = kind("LOCAL", 0.35, 6.0, 1.5, patience=2.0)
LATER = kind("LATER", 0.15, 8.0, 1.0, queue_class=3)
TIER = kind("TIER", 0.15, 9.0, 1.0, authority=3, p_power=1.0)
SPLIT = kind("SPLIT", 0.15, 12.0, 1.0, patience=5.0, n_departments=(0.0, 1.0), departments=("housing",))
TWO = kind("TWO", 0.1, 14.0, 1.0, queue_class=3, n_departments=(0.0, 0.0, 1.0), departments=("housing", "justice"))


def network(*kinds: IssueType, rate: float, days: int, tiered: tuple[float, float, float] = TIERED) -> Scenario:
    """The engine's telling: `rate` issues arise per six hours; shares are those of the kinds, made to sum to 1."""
    total = sum(k.share for k in kinds)
    shared = [k.model_copy(update={"share": k.share / total}) for k in kinds]
    scenario = town(*shared, rate=rate, days=days, exponential=False, communities=N_COMMUNITIES, workers=N_COMMUNITY,
                    department_workers=N_DEPARTMENT, subdistrict_workers=N_SUBDISTRICT)  # fmt: skip
    return override(scenario, {
        "behaviour.gates.decision_hours": DECISION, "behaviour.gates.decision_distribution": "exponential",
        "behaviour.routing.owner_guess_base": FOUND, "behaviour.routing.hop_delay": HOP_DAYS,
        "behaviour.routing.transfer_delay": TIER_DAYS, "behaviour.commitment.commit_intercept": 20.0,
        "behaviour.commitment.tie_initial": 0.0,
        "behaviour.work.split_local": (1.0, 0.0, 0.0), "behaviour.work.split_subdistrict": tiered,
        "behaviour.work.split_shared": SHARED})  # fmt: skip


@dataclass
class Issue:
    """What befalls an issue, whoever tells its story."""

    kind: IssueType
    key: Any
    onset: float
    community: int
    hours: float
    decision: float
    hops: int
    delay: float

    def patience(self, n: int) -> float:
        """Days the household waits after its n-th choice."""
        return self.kind.patience * rng.exponential(self.key, rng.PATIENCE, n)


def luck(engine: Engine) -> list[Issue]:
    """Every issue of the run, in order of onset."""
    issues = []
    kinds = engine.scenario.demand.types
    for a in engine.world.arrivals[: engine.n_issues]:
        k = kinds[a.type]
        variance = math.log(1 + k.hours_cv**2)
        hours = k.hours * math.exp(math.sqrt(variance) * rng.normal(a.key, rng.HOURS, 0) - variance / 2)
        hops, delay = 0, 0.0
        while k.departments and rng.uniform(a.key, rng.HOP, hops) >= FOUND:
            delay += HOP_DAYS * rng.exponential(a.key, rng.HOP_DELAY, hops)
            hops += 1
        for tier in range(max(0, k.authority - 2)):
            delay += TIER_DAYS * rng.exponential(a.key, rng.TRANSFER, tier)
        issues.append(Issue(k, a.key, float(a.onset), int(engine.world.buildings.community[a.building]), float(np.float32(hours)),
                            DECISION * rng.exponential(a.key, rng.DECISION, 0), hops, delay))  # fmt: skip
    return issues


def log_of(engine: Engine) -> dict[str, np.ndarray]:
    """The engine's log of the run."""
    it = engine.world.issues[: engine.n_issues]
    log = {name: it[name].astype(float) for name in MOMENTS}
    log["power"][it.closed_gates & st.GATE_P > 0] = np.nan  # until it opens, the gate has the moment it closed
    return log | {"resolved": it.status == st.RESOLVED, "lapsed": it.status == st.LAPSED, "hops": it.hops.astype(int)}


def furthest(engine: np.ndarray, peer: np.ndarray) -> float:
    """Days by which the peer's moments leave the interval that a moment kept in single precision stands for; infinite if one is missing."""
    if not np.array_equal(np.isnan(engine), np.isnan(peer)):
        return math.inf
    rounding = np.spacing(np.abs(engine).astype(np.float32)).astype(float) / 2
    return float(np.nanmax(np.abs(engine - peer) - rounding, initial=0.0))


def rates(kinds: tuple[IssueType, ...], rate: float) -> dict[str, float]:
    """Issues of each kind a day in each community."""
    total = sum(k.share for k in kinds)
    return {k.code: rate * PER_DAY * k.share / total / N_COMMUNITIES for k in kinds}
