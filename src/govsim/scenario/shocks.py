"""What happens to a city beyond its ordinary course: the scenarios SC1-SC5 (3.13).

A shock begins on a day counted from the end of the burn-in, when the mechanism starts, so that every variant meets it.
Shocks are nested in common random numbers (ruling 25): the ordinary issues are the same, issue by issue, with and without
them. Desks are those solved for ordinary times. Named scenarios are YAML files that set these inputs
(`govsim.scenario.files.with_scenario`).
"""

from collections.abc import Sequence
from typing import Literal

from pydantic import model_validator

from govsim.scenario.fields import Frozen, number, option
from govsim.scenario.programmes import Convenience, Dispute, Renovation


class DemandShock(Frozen):
    """For some days one type of issue arises g times as often (3.7.1, g_k(t))."""

    type: str = option("ROAD", "[A]", "3.13: code of the type")
    start: int = number(60, "d", 0, 36500, "[A]", "3.13: days after the burn-in")
    days: int = number(30, "d", 1, 36500, "[A]", "3.13")
    factor: float = number(4.0, "1", 0, 50, "[A]", "3.7.1: g")
    community: int | None = number(None, "1", 0, 100000, "[A]", "index of the one community it befalls; all when null")

    @model_validator(mode="after")
    def _whole(self) -> "DemandShock":
        if self.community is not None and self.factor < 1:
            raise ValueError(f"factor {self.factor:g} is below 1: demand can be lowered in the whole city only, not in one community")
        return self


class DeskShock(Frozen):
    """For some days desks of one kind of unit are open for a share of their usual hours."""

    unit: Literal["community", "subdistrict", "department", "petition_office", "leaders", "property_firm", "mediation_station", "grid"] = (
        option("department", "[A]", "3.13")
    )
    start: int = number(60, "d", 0, 36500, "[A]", "3.13: days after the burn-in")
    days: int = number(30, "d", 1, 36500, "[A]", "3.13")
    share: float = number(0.5, "1", 0.01, 3, "[A]", "3.13: department desks at 50 %")


class RoadWear(Frozen):
    """SC4: roads that nobody has taken over, and repairs that do not last (3.13, X3).

    Issues of type ROAD that a `DemandShock` adds lie, with a share, on segments that were never transferred 未移交: who
    keeps them is disputed (gate J) and money has to be found (gate F). While switched on, every repaired road may
    come back: the same issue, once more.
    """

    enabled: bool = option(False, "[A]", "3.13")
    untransferred_share: float = number(0.35, "1", 0, 1, "[A]", "3.13: segments never transferred")
    patch_hazard: float = number(0.02, "1/d", 0, 1, "[A]", "3.13: of a repair with perfunctory work")
    repair_hazard: float = number(0.002, "1/d", 0, 1, "[A]", "3.13: of a full repair")
    recurrence_days: float = number(90.0, "d", 0, 3650, "[A]", "X3: later wear is ordinary demand")
    segment_km: float = number(0.1, "km", 0.001, 100, "[A]", "road an issue is about, for money per km")


class Emergency(Frozen):
    """SC1: a pandemic surge 入户排查、站岗值班 (S34, 3.13) in phases alert, peak, plateau, recovery.

    Every community-day at the peak asks for door checks of every household, posts at every gate, and deliveries. A post is a hard
    constraint: hours nobody stands there are a breach; checks and deliveries not done that day lapse. Who can do it: the
    community's staff (and its grid's, RV3) beside the desk, guards whom property firms take off their desks (at gates alone), the
    day's pooled hours of whatever mechanism is on, and people called up: residents who help unasked under every variant,
    stewards (L3), in-service members (E4), each by the rule of 3.7.13 and tiring as it says. Whoever is not staff is supervised at
    3.7.13's price.
    """

    enabled: bool = option(False, "[A]", "3.13")
    start: int = number(60, "d", 0, 36500, "[A]", "days after the burn-in")
    alert_days: int = number(3, "d", 0, 3650, "[A]", "3.13")
    peak_days: int = number(27, "d", 0, 3650, "[A]", "3.13")
    plateau_days: int = number(30, "d", 0, 3650, "[A]", "3.13")
    recovery_days: int = number(30, "d", 0, 3650, "[A]", "3.13")
    alert_share: float = number(0.3, "1", 0, 1, "[A]", "of the peak's demand")
    plateau_share: float = number(0.6, "1", 0, 1, "[A]", "of the peak's demand")
    recovery_share: float = number(0.2, "1", 0, 1, "[A]", "of the peak's demand")
    visits_per_day: float = number(1.0, "1/d", 0, 10, "[A]", "3.13: v, of a household")
    visit_minutes: float = number(3.0, "min", 0, 120, "[A]", "3.13")
    posts_per_compound: float = number(1.5, "1", 0, 20, "[A]", "3.13: gates")
    post_hours: float = number(16.0, "h/d", 0, 24, "[A]", "3.13")
    delivery_share: float = number(0.05, "1/d", 0, 1, "[A]", "3.13: households a day")
    delivery_hours: float = number(0.5, "h", 0, 24, "[A]", "3.13")
    admin_share: float = number(0.8, "1", 0, 1, "[A]", "of staff hours beside the desk, and while it is shut, that the emergency gets")
    rest_day_share: float = number(0.5, "1", 0, 1, "[A]", "of staff on duty on days off")
    member_hours: float = number(
        144.0, "h/month", 0, 300, "[V]", "most a member serves: 104 of some 173 registered on site a day, 8 h each, R69"
    )
    steward_hours: float = number(30.0, "h/month", 0, 300, "[A]", "most a steward serves")
    residents_per_thousand: float = number(2.0, "1/1000", 0, 200, "[A]", "who help unasked, under every variant")
    resident_hours: float = number(30.0, "h/month", 0, 300, "[A]", "of each")

    @property
    def days(self) -> int:
        """Length of all phases."""
        return self.alert_days + self.peak_days + self.plateau_days + self.recovery_days


class Shocks(Frozen):
    """All that happens beyond the ordinary course; nothing by default."""

    name: str = ""
    """What captions call it; a named scenario sets it."""
    demand: tuple[DemandShock, ...] = ()
    desks: tuple[DeskShock, ...] = ()
    road: RoadWear = RoadWear()
    emergency: Emergency = Emergency()
    renovation: Renovation = Renovation()
    dispute: Dispute = Dispute()
    convenience: Convenience = Convenience()

    @property
    def title(self) -> str:
        """Name of the scenario; ``own`` for shocks without one, empty for none."""
        return self.name or ("own" if self != Shocks() else "")

    @property
    def is_any(self) -> bool:
        """Whether anything is beyond the ordinary course."""
        return self != Shocks(name=self.name)

    @property
    def span(self) -> tuple[int, int] | None:
        """First day of what befalls the city and the day after its last, counted from the end of the burn-in; None if nothing does."""
        emergency = [self.emergency] if self.emergency.enabled else []
        events: list[DemandShock | DeskShock | Emergency] = [*self.demand, *self.desks, *emergency]
        return (min(e.start for e in events), max(e.start + e.days for e in events)) if events else None

    def without_events(self) -> "Shocks":
        """Return the same city's law without what befalls it: the no-shock twin of X11."""
        return self.model_copy(update={"demand": (), "desks": (), "emergency": Emergency()})

    @model_validator(mode="after")
    def _one_at_a_time(self) -> "Shocks":
        kinds: list[tuple[Sequence[DemandShock | DeskShock], str]] = [(self.demand, "type"), (self.desks, "unit")]
        for rows, what in kinds:
            last: dict[str, int] = {}
            for row in sorted(rows, key=lambda r: r.start):
                name = getattr(row, what)
                if row.start < last.get(name, 0):
                    raise ValueError(f"two shocks of {name} overlap on day {row.start} after the burn-in")
                last[name] = row.start + row.days
        return self
