"""Do two variants face the same luck? The first row in which they differ, by name (house rule on randomness, 4)."""

from dataclasses import dataclass

import numpy as np

from govsim.engine.simulate import Engine
from govsim.engine.world import World
from govsim.scenario.scenario import Scenario
from govsim.scenario.variants import apply, variant

COLUMNS = (
    "issues", "households", "buildings", "compounds", "communities", "subdistricts", "stations", "workers",
    "organisations", "ties", "hours", "outside",
)  # fmt: skip
"""Columns of a run that are the same kind of row under every variant; the issues first, since draws are about them."""
_MOMENTS = (
    "voiced", "triaged", "jurisdiction", "power", "funds", "interests", "released", "started", "closed", "last_closed",
    "ended", "petitioned", "law",
)  # fmt: skip


@dataclass(frozen=True)
class CrnAudit:
    """Whether two variants are the same until a day, or where they first part.

    Attributes
    ----------
    until
        Day before which they were compared.
    day
        First day at whose end they differ; -1 if none.
    column, row, field
        Who and which decision: a column of the run, the number of the row in it and its field; of an issue the
        moment that differs if there is one. Empty, -1 and empty if nothing differs.
    moment
        When, in days since start: of an issue's moment exactly, else the day.
    values
        Under the one and under the other.
    """

    a: str
    b: str
    until: int
    day: int = -1
    column: str = ""
    row: int = -1
    field: str = ""
    moment: float = float("nan")
    values: tuple[float, float] = (float("nan"), float("nan"))

    @property
    def is_same(self) -> bool:
        """Whether nothing differs."""
        return self.day < 0

    def __str__(self) -> str:
        if self.is_same:
            return f"{self.a} and {self.b}: same until day {self.until}"
        one, other = self.values
        what = f"{self.column}[{self.row}].{self.field}" if self.field else f"{self.column}[{self.row}]"
        return f"{self.a} and {self.b}: first differ on day {self.day}, {what} at {self.moment:.4f}: {one:.6g} and {other:.6g}"


def crn_audit(scenario: Scenario, a: str, b: str, until: int | None = None) -> CrnAudit:
    """Run two variants of a scenario side by side and name the first row in which they differ.

    Parameters
    ----------
    scenario
        The world; its own mechanism is not used.
    a, b
        Names as `govsim.variant` takes them.
    until
        Day before which they must not differ; the end of the burn-in if not given.

    Raises
    ------
    ValueError
        A day beyond the horizon.

    Examples
    --------
    >>> from govsim import City
    >>> world = Scenario(city=City.preset("demo"), days=60, burn_in_days=30)
    >>> print(crn_audit(world, "B0", "F1"))
    B0 and F1: same until day 30
    """
    until = scenario.burn_in_days if until is None else until
    if not 0 <= until <= scenario.days:
        raise ValueError(f"until must be from 0 to the horizon of {scenario.days} days, not {until}")
    names = variant(a).name, variant(b).name
    one, other = (Engine(apply(scenario, name)) for name in names)
    for day in range(until):
        one.advance(day + 1)
        other.advance(day + 1)
        if (found := _first_difference(one.world, other.world, one.n_issues, day)) is not None:
            return CrnAudit(*names, until, day, *found)
    return CrnAudit(*names, until)


def _first_difference(
    one: World, other: World, n_issues: int, day: int
) -> tuple[str, int, str, float, tuple[float, float]] | None:
    """Column, row, field, moment and values of the earliest difference; issues by their moment, else by their number."""
    for column in COLUMNS:
        x, y = getattr(one, column), getattr(other, column)
        if column == "issues":
            x, y = x[:n_issues], y[:n_issues]
        if len(x) != len(y):
            return column, min(len(x), len(y)), "", float(day), (float(len(x)), float(len(y)))
        if x.tobytes() == y.tobytes():
            continue
        found = []
        for order, field in enumerate(x.dtype.names or ("",)):
            p, q = (x[field], y[field]) if field else (x, y)
            differ = np.flatnonzero((p != q) & ~((p != p) & (q != q)))
            when = np.full(len(differ), float(day + 1))
            if column == "issues" and field in _MOMENTS:
                when = one.arrivals.onset[differ] + np.fmin(p[differ].astype(float), q[differ].astype(float))
            found += [(float(t), int(n), order, field, (float(p[n]), float(q[n]))) for t, n in zip(when, differ, strict=True)]
        if found:
            moment, row, _, field, values = min(found, key=lambda item: item[:3])
            return column, row, field, moment, values
    return None
