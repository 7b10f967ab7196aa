"""Whether two variants face the same city with the same luck, up to the day on which they may part.

The promise of common random numbers (`model.md` ruling 6, Y4): which issues arise, when, where and how hard
they are is the same under every variant, and so is everything else until the variants differ. The audit runs
both, day by day, and says on which day the first issue differs, which one, and in what. What pairing saves is in the tables of
`compare`: `correlation` and `variance_saved`, one row an outcome and variant.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from govsim.engine import state as st
from govsim.engine.simulate import Engine
from govsim.scenario.scenario import Scenario
from govsim.scenario.variants import Variant, apply, variant

TRAITS = ("severity", "hours", "fund", "n_affected", "n_departments", "obstacles")
"""What an issue is born with. `obstacles` may lose gate I later, by a case won at law."""

DECISIONS = {
    "choices": "channel choice", "channel": "channel choice", "voiced": "channel choice", "petitions": "petition",
    "petitioned": "petition", "law": "legal case", "law_pending": "legal case", "detected_by": "detection", "hops": "routing",
    "tiers": "routing", "triaged": "routing", "asks": "request to a department", "lapses": "lapse of a promise",
    "jurisdiction": "gate J", "power": "gate P", "funds": "gate F", "interests": "gate I", "closed_gates": "gates",
    "contacts": "persuasion", "supporters": "persuasion", "parties": "persuasion", "sittings": "joint meeting",
    "retabled": "joint meeting", "ruled_by": "joint meeting", "directives": "directive", "attention": "attention",
    "started": "service", "released": "service", "hours_served": "service", "hours_perfunctory": "effort", "wrong": "effort",
    "closed": "closing", "last_closed": "closing", "satisfaction": "closing", "redo": "reopening", "ended": "giving up or exit",
    "status": "status", "pot": "money", "served_by": "service", "locus": "service", "open_packages": "service",
}  # fmt: skip
"""Column of the log -> the decision it records."""

_LINKS = ("first_package", "next_in_community")
"""Places in memory, which say nothing about an issue."""


@dataclass(frozen=True, slots=True)
class CrnAudit:
    """What `crn_audit` found.

    Attributes
    ----------
    variants
        The two names.
    until
        The first day on which they may differ.
    last_day
        The last day compared.
    is_same_city
        Whether both had the same issues, born with the same traits.
    first_day
        The first day at whose end the logs differ; None if they never do.
    differences
        One row an issue and column that differ at the end of that day: `issue`, `community`, `onset_day`, `column`,
        `decision`, and the two values under the variants' names.
    """

    variants: tuple[str, str]
    until: int
    last_day: int
    is_same_city: bool
    first_day: int | None
    differences: pd.DataFrame

    @property
    def holds(self) -> bool:
        """Whether the promise was kept."""
        return self.is_same_city and (self.first_day is None or self.first_day >= self.until)

    def __str__(self) -> str:
        pair = f"{self.variants[0]} and {self.variants[1]}"
        if not self.is_same_city:
            return f"{pair} do not face the same issues"
        if self.first_day is None:
            return f"{pair}: the same log up to day {self.last_day}"
        row = self.differences.iloc[0]
        kept = "as they may" if self.holds else f"though they must not before day {self.until}"
        return (
            f"{pair} part on day {self.first_day}, {kept}: issue {row.issue} in community {row.community}, "
            f"{row.decision} ({row.column} {row.iloc[-2]:g} and {row.iloc[-1]:g})"
        )


def crn_audit(
    world: Scenario | None = None, a: str | Path | Variant = "B0", b: str | Path | Variant = "F1", *, until: int | None = None
) -> CrnAudit:
    """Run two variants of a world side by side until they part.

    Parameters
    ----------
    world
        The scenario; the standard city when not given.
    a, b
        Variants.
    until
        First day on which they may differ; the end of the burn-in when not given.

    Raises
    ------
    ScenarioError
        An unknown variant.
    ValueError
        `until` beyond the horizon.

    Examples
    --------
    >>> from govsim.scenario.city import City
    >>> world = Scenario(city=City.preset("demo"), days=60, burn_in_days=20)
    >>> print(crn_audit(world, "B0", "B0"))
    B0 and B0: the same log up to day 60
    """
    world = world if world is not None else Scenario()
    until = world.burn_in_days if until is None else until
    if not 0 <= until <= world.days:
        raise ValueError(f"until {until}: a day from 0 to the horizon of {world.days}")
    chosen = (variant(a), variant(b))
    names = (chosen[0].name, chosen[1].name)
    one, other = (Engine(apply(world, v)) for v in chosen)
    is_same_city = np.array_equal(one.world.arrivals, other.world.arrivals)
    first_day, differences = None, pd.DataFrame()
    while is_same_city and first_day is None and one.day < world.days:
        day = one.day
        logs = [engine.advance(day + 1).world.issues[: engine.n_issues] for engine in (one, other)]
        differing = _differing(*logs)
        if differing:
            first_day = day
            differences = _named(differing, one, logs, names)
            is_same_city = not any(column in TRAITS[:-1] for column in differing)
    return CrnAudit(names, until, one.day, is_same_city, first_day, differences)


def _differing(one: st.Rows, other: st.Rows) -> dict[str, np.ndarray]:
    """Numbers of the issues that differ, by column."""
    found = {}
    for column in st.ISSUE.names or ():
        if column not in _LINKS:
            x, y = one[column], other[column]
            rows = np.flatnonzero((x != y) & ~(np.isnan(x) & np.isnan(y)) if x.dtype.kind == "f" else x != y)
            if len(rows):
                found[column] = rows
    return found


def _named(differing: dict[str, np.ndarray], engine: Engine, logs: list[st.Rows], names: tuple[str, str]) -> pd.DataFrame:
    """Who differs, in which decision."""
    w = engine.world
    rows = [
        (int(i), int(w.buildings.community[w.arrivals.building[i]]), float(w.arrivals.onset[i]), column,
         DECISIONS.get(column, column), *(float(log[column][i]) for log in logs))
        for column, issues in differing.items() for i in issues
    ]  # fmt: skip
    columns = ["issue", "community", "onset_day", "column", "decision", names[0], f"{names[1]} " if names[0] == names[1] else names[1]]
    return pd.DataFrame(rows, columns=columns).sort_values(["issue"], kind="stable", ignore_index=True)
