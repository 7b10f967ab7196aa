"""How far ordinary issues fall behind under a shock, against the same run without it (X11).

The twin has the same city, mechanism, desks and luck; only what befalls the city is taken out (`Shocks.without_events`).
Compared are the issues that arise in both: those a shock adds, or keeps from arising, are left out.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from govsim.results.run import Run
from govsim.results.simulate import simulate
from govsim.scenario.scenario import Scenario

RECOVERED_SHARE = 0.05
"""Excess over the twin, as a share of the twin's level, below which a day counts as recovered [A]."""
RECOVERED_DAYS = 28
"""Days in a row that have to be recovered [A]."""


@dataclass(frozen=True)
class Resilience:
    """What a shock did to ordinary issues.

    Attributes
    ----------
    daily
        One row a day: ``open`` and ``open_twin``, ordinary issues neither truly resolved nor ended at the day's end, per 1,000 residents,
        and their difference ``excess``.
    begins, ends
        First day of the shocks and the day after their last.
    area
        Sum of ``excess`` from the first day of the shocks to the run's end, issue-days per 1,000 residents.
    peak
        Its largest value in that time.
    recovery_days
        Days after the end from which on the excess is below 5 % of the twin's level for four weeks; nan if never.
    """

    daily: pd.DataFrame
    begins: int
    ends: int
    area: float
    peak: float
    recovery_days: float


def resilience(scenario: Scenario, shocked: Run | None = None) -> Resilience:
    """Run a scenario and its no-shock twin, and tell how far ordinary issues fell behind.

    Parameters
    ----------
    scenario
        With shocks that begin on a day (`Shocks.span`).
    shocked
        The scenario's run, if it is there already.

    Raises
    ------
    ValueError
        If nothing befalls the city.

    Examples
    --------
    >>> from govsim import City, with_scenario
    >>> world = with_scenario(Scenario(city=City.preset("demo"), days=300, burn_in_days=60), "pandemic")
    >>> found = resilience(world)
    >>> found.begins, found.ends
    (120, 210)
    """
    span = scenario.shocks.span
    if span is None:
        raise ValueError("this scenario has no shock that begins on a day, so there is nothing to recover from")
    begins, ends = (min(scenario.burn_in_days + day, scenario.days) for day in span)
    run = shocked if shocked is not None else simulate(scenario)
    twin = simulate(scenario.model_copy(update={"shocks": scenario.shocks.without_events()}))
    thousands = scenario.city.n_residents / 1000
    here, there = (_open(a, b) / thousands for a, b in ((run, twin), (twin, run)))
    excess = here - there
    daily = pd.DataFrame({"day": np.arange(len(here)), "open": here, "open_twin": there, "excess": excess})
    is_fine = excess <= RECOVERED_SHARE * there
    in_a_row = pd.Series(is_fine).rolling(RECOVERED_DAYS).sum().to_numpy()
    found = np.flatnonzero(in_a_row[ends + RECOVERED_DAYS - 1 :] == RECOVERED_DAYS)
    recovery = float(found[0]) if len(found) else float("nan")
    return Resilience(daily, begins, ends, float(excess[begins:].sum()), float(excess[begins:].max()), recovery)


def _open(run: Run, other: Run) -> np.ndarray:
    """Issues that arise in both runs and are open at every day's end."""
    log = run.issues
    log = log[np.isin(log["key"], other.issues["key"])]
    left = np.fmin(log["resolved_day"].fillna(np.inf), log["ended_day"].fillna(np.inf)).to_numpy()
    day_ends = np.arange(1, run.horizon + 1)
    came, gone = np.sort(log["onset_day"].to_numpy()), np.sort(left)
    return np.searchsorted(came, day_ends).astype(float) - np.searchsorted(gone, day_ends)
