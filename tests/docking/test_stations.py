"""Stations against closed forms, on the shipped code path, configured by inputs only (section 4).

Tolerance of ruling V8: at least 20 replications, |mean - reference| <= max(0.5 % of it, 4.5 SE), SE <= 0.7 %
of it. A wrong number of workers, a lost hour or a wrong order would miss by tens of percent.
"""

import math

import numpy as np
import pytest

from govsim.engine.simulate import Engine
from govsim.scenario.city import City
from govsim.scenario.demand import Demand, IssueType
from govsim.scenario.inputs import override
from govsim.scenario.scenario import Scenario


def station(workers: int, rate: float, hours: float = 24.0, cv: float = 1.0, days: int = 1500, exponential: bool = True) -> Scenario:
    """One community whose desk has `workers` people around the clock; `rate` issues a day arise in it."""
    kind = IssueType(code="JOB", share=1.0, hours=hours, hours_cv=cv, skill="general_labour", deadline=3650.0,
                     patience=1e6, compound_factors=(1.0,) * 4)  # fmt: skip
    base = City.preset("demo").scaled(936)
    city = base.model_copy(update={"subdistricts": (base.subdistricts[0].model_copy(
        update={"communities": base.subdistricts[0].communities[:1]}),)})  # fmt: skip
    demand = Demand(types=(kind,), renovation_rate=0.0, issues_per_household_year=rate * 365 / city.n_households,
                    hours_distribution="exponential" if exponential else "lognormal")  # fmt: skip
    return override(Scenario(city=city, demand=demand, days=days, burn_in_days=0), {
        "behaviour.clock": {"hours_per_workday": 24.0, "workdays_per_week": 7, "opening_hour": 0.0, "chunk_max": 1e6, "due_window": 0.0},
        "behaviour.voice": {"access_cost_community": -50.0, "access_cost_petition": 50.0, "access_cost_law": 50.0},
        "behaviour.routing.triage_hours": 0.0, "behaviour.effort.perfunctory_intercept": -50.0,
        "behaviour.effort.failure_share": 0.0, "behaviour.response.informing_hours": 0.0, "behaviour.agenda.memo_check_share": 0.0,
        "staffing": {"community_workers": workers, "department_workers": 1, "subdistrict_workers": 1},
    })  # fmt: skip


def waits(scenario: Scenario, replications: int, warm: float) -> np.ndarray:
    """Mean wait from release to start of service in each replication, in units of a day."""
    means = []
    for seed in range(1, replications + 1):
        e = Engine(scenario, seed=seed).advance(scenario.days)
        it = e.world.issues[: e.n_issues]
        kept = (e.world.arrivals.onset[: e.n_issues] > warm) & ~np.isnan(it.started)
        means.append(float((it.started.astype(float) - it.released.astype(float))[kept].mean()))
    return np.array(means)


def close_to(values: np.ndarray, reference: float) -> None:
    error = values.std(ddof=1) / math.sqrt(len(values))
    assert error <= 0.007 * reference, f"too noisy to tell: SE {error / reference:.2%}"
    assert abs(values.mean() - reference) <= max(0.005 * reference, 4.5 * error), (values.mean(), reference, error)


def erlang_wait(c: int, a: float) -> float:
    """Wq of M/M/c in units of a mean service (T1, T18)."""
    top = a**c / math.factorial(c) * c / (c - a)
    return top / (sum(a**k / math.factorial(k) for k in range(c)) + top) / (c - a)


@pytest.mark.slow
def test_station__waits_like_m_m_c():
    """T1: c = 4, a = 3.2; service of mean one day."""
    assert erlang_wait(4, 3.2) == pytest.approx(0.74554, abs=5e-6)
    close_to(waits(station(4, 3.2, days=20_000), 120, 500), erlang_wait(4, 3.2))


@pytest.mark.slow
def test_station__waits_like_m_g_1():
    """T2: lognormal hours, cv 1.5, load .7 (Pollaczek-Khinchine): 3.79167 services."""
    scenario = station(1, 2.8, hours=6.0, cv=1.5, days=20_000, exponential=False)
    close_to(waits(scenario, 120, 500) * 4, 0.7 * (1 + 1.5**2) / (2 * 0.3))
