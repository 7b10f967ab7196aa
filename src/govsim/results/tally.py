"""From the columns of a run to one row of sums: numerators and denominators of every metric.

The sums of several runs may be added before dividing ("ratio of sums", ruling X10), except the
entries in `ESTIMATES`, which are not sums. Counting over issues and hours is compiled
(`govsim.engine.measure`, `govsim.engine.estimators`); here it is
only called.
"""

import math
from typing import Any, NamedTuple

import numpy as np

from govsim.engine import estimators
from govsim.engine import measure as kernels
from govsim.engine.state import (
    A1,
    A3,
    ACTIVITIES,
    CHANNEL_MONTH,
    DAILY,
    DUTY,
    EXTERNAL_PAYERS,
    FACILITY,
    FACILITY_MONTH,
    GRID,
    MOVE,
    MOVE_ROWS,
    N_STAGES,
    PATROLLING,
    PAYERS,
    POTS,
    RENOVATION,
    STAGE,
    blank,
)
from govsim.scenario.scenario import Scenario

ORDERS, ROTATIONS = 10, 50
"""Reshuffles behind the reference Gini: 10 orders read from 50 places, 500 in all (ruling X8)."""

PRICES = {
    "leaders": 3.0, "departments": 1.0, "subdistricts": 1.0, "communities": 1.0,
    "petition_office": 1.0, "property_firms": 1.0, "part_time_members": 1.5, "organisations": 1.5,
    "in_service_work": 1.5, "in_service_leisure": 0.5, "resident_volunteers": 0.5,
    "residents": 0.5,
}  # fmt: skip
"""Price of an hour by payer, in hours of staff (ruling W5 (iii)) [A]."""

ISSUE_WORK = (
    "service_substantive", "service_perfunctory", "persuasion", "decisions", "audit", "petitions",
)  # fmt: skip
"""Activities that are work on residents' issues; with idle hours, what there is for them (X6)."""

SMOOTHING = 0.005
"""h0 of the resource pyramid index, as a share of the demand (ruling X6)."""

ESTIMATES = (
    "gini", "gini_reshuffled", "gini_excess", "erreygers", "old_to_commodity",
    "resource_pyramid_index",
)  # fmt: skip
AREAS = ("unresolved_180", "unresolved_365", "unresolved_180_exits", "unresolved_365_exits")
_DERIVED_HOURS = (
    "hours", "hours_external", "hours_priced", "hours_external_priced", "hours_formal",
    "hours_formal_perfunctory", "hours_meeting_communities", "hours_substantive",
    "hours_substantive_lower", "hours_upper", "hours_upper_lent",
)  # fmt: skip
_GRID = ("hours_grid", "household_visits")
_MEETINGS = (
    "sittings", "tabled", "ruled", "slots", "present", "roster", "attendance_hours", "ruling_slots",
)  # fmt: skip
_EXPOSURES = (
    "one", "issue_years", "month_years", "day_years", "n_days", "unit_workdays", "community_weeks",
)  # fmt: skip
_STOCKS = ("roster_first", "roster_last")

TALLIES: tuple[str, ...] = (
    *kernels.ISSUE_TALLIES,
    *AREAS,
    *ESTIMATES,
    *(f"hours_by_{p}" for p in PAYERS),
    *(f"hours_on_{a}" for a in ACTIVITIES),
    *_DERIVED_HOURS,
    *_GRID,
    *(f"days_{name}" for name in DAILY.names or ()),
    *_STOCKS,
    *(f"meetings_{name}" for name in _MEETINGS),
    *(f"money_{pot}" for pot in POTS),
    *_EXPOSURES,
)
"""Names of the row `tally` returns. `*_years` are thousands of resident-years."""
TALLY_INDEX = {name: i for i, name in enumerate(TALLIES)}


PROGRAMME_COLUMNS = ("renovations", "stages", "channels", "facilities", "facility_months", "facility_groups")


class Columns(NamedTuple):
    """What is kept of a run, as arrays; all of it comes from `govsim.engine.state.World`.

    Attributes
    ----------
    arrivals, issues, daily, sittings, stations : structured arrays of the same-named dtypes.
    hours : float64[unit, activity, month]; outside : float64[payer, activity, month].
    funds : float64[pot, month, (inflow, spent)], k¥.
    calendar : int64[day], 1 on workdays.
    building_compound, compound_community, compound_type, compound_households : int64.
    compound_status : float64, mean socio-economic status of a compound's households.
    community_subdistrict : int64.
    duty : of an emergency, one row a day (`govsim.engine.state.DUTY`); one row when there is none.
    origin, returned : int8[issue], which shock brought an issue and how often a repaired road came back; one row when nothing
        of the kind is on (`govsim.engine.world.World`).
    moves : structured array, empty unless recorded.
    renovations, stages, channels, facilities, facility_months, facility_groups : of the programmes of 3.13, as in `World`.
    facility_users : int64[2], households that needed a facility and those served.
    """

    arrivals: Any
    issues: Any
    daily: Any
    sittings: Any
    stations: Any
    hours: np.ndarray
    outside: np.ndarray
    funds: np.ndarray
    calendar: np.ndarray
    building_compound: np.ndarray
    compound_community: np.ndarray
    compound_type: np.ndarray
    compound_households: np.ndarray
    compound_status: np.ndarray
    community_subdistrict: np.ndarray
    origin: np.ndarray = np.zeros(1, np.int8)
    returned: np.ndarray = np.zeros(1, np.int8)
    moves: Any = np.zeros(0, MOVE)
    duty: Any = np.zeros(1, DUTY)
    renovations: Any = blank(RENOVATION, 1)
    stages: Any = blank(STAGE, N_STAGES)
    channels: Any = blank(CHANNEL_MONTH, 1)
    facilities: Any = blank(FACILITY, 1)
    facility_months: Any = blank(FACILITY_MONTH, 1)
    facility_groups: np.ndarray = np.zeros(1)
    facility_users: np.ndarray = np.zeros(2, np.int64)


class Window(NamedTuple):
    """Days [start, end): issues that arose then are counted, whatever happens to them later."""

    start: float
    end: float


def default_window(scenario: Scenario, horizon: float | None = None) -> Window:
    """Return the year that follows the burn-in (ruling X1), or what the run has of it.

    A run no longer than its burn-in is measured whole.

    Examples
    --------
    >>> default_window(Scenario())
    Window(start=365, end=730)
    """
    last = scenario.days if horizon is None else horizon
    start = scenario.burn_in_days
    return Window(start, min(start + 365, last)) if start < last else Window(0, last)


def columns_of(engine: Any, *, copy: bool = True) -> Columns:
    """Return the columns of what an engine has done so far.

    Parameters
    ----------
    engine
        `govsim.engine.simulate.Engine`.
    copy
        Without it the columns change when the engine goes on.
    """
    world, horizon = engine.world, int(engine.day)
    n = int(engine.n_issues)

    def keep(array: Any, length: int) -> Any:
        return array[:length].copy() if copy else array[:length]

    kernels.settle_states(world.arrivals[:n], world.issues[:n], float(horizon))
    n_activities = len(ACTIVITIES)
    n_months = len(world.outside) // (len(PAYERS) * n_activities)
    n_units = len(world.hours) // (n_activities * n_months)
    compound = np.ascontiguousarray(world.buildings.compound, np.int64)
    n_compounds = len(world.compounds)
    status = kernels.mean_status(
        compound,
        np.ascontiguousarray(world.buildings.first_household),
        np.ascontiguousarray(world.buildings.n_households),
        np.ascontiguousarray(world.households.ses),
        n_compounds,
    )
    by_month = world.hours.reshape(n_months, n_units, n_activities)
    hours = np.ascontiguousarray(by_month.transpose(1, 2, 0))
    outside = keep(world.outside, len(world.outside)).reshape(len(PAYERS), n_activities, n_months)
    funds = keep(world.funds, len(world.funds)).reshape(len(POTS), n_months, 2)
    return Columns(
        arrivals=keep(world.arrivals, n),
        issues=keep(world.issues, n),
        daily=keep(world.daily, horizon),
        sittings=keep(world.sittings, int(world.counters.n_sittings[0])),
        stations=keep(world.stations, n_units),
        hours=hours,
        outside=outside,
        funds=funds,
        calendar=np.ascontiguousarray(world.calendar[:horizon], np.int64),
        building_compound=compound,
        compound_community=np.ascontiguousarray(world.compounds.community, np.int64),
        compound_type=np.ascontiguousarray(world.compounds.type, np.int64),
        compound_households=np.ascontiguousarray(world.compounds.n_households, np.int64),
        compound_status=status,
        community_subdistrict=np.ascontiguousarray(world.communities.subdistrict, np.int64),
        origin=keep(world.origin, n if len(world.origin) > 1 else 1),
        returned=keep(world.returned, n if len(world.returned) > 1 else 1),
        moves=keep(world.moves, int(world.pools.used[MOVE_ROWS])),
        duty=keep(world.duty, horizon if len(world.duty) > 1 else 1),
        facility_users=np.array([(world.facility_users > 0).sum(), (world.facility_users > 1).sum()], np.int64),
        **{name: keep(getattr(world, name), len(getattr(world, name))) for name in PROGRAMME_COLUMNS},
    )


class Taxonomy(NamedTuple):
    """What the metrics need of the issue types and the work split, the same in every variant."""

    deadlines: np.ndarray
    authorities: np.ndarray
    splits: np.ndarray
    unserved: float


def taxonomy_of(scenario: Scenario) -> Taxonomy:
    """Deadlines (X4), baseline authorities (X6), the community's share of work (3.7.18), S of who gets nothing (X12).

    That is S at P = 0 and the initial expectation (3.7.14).
    """
    types = scenario.demand.types
    response = scenario.behaviour.response
    work = scenario.behaviour.work
    splits = (
        work.split_local, work.split_shared, work.split_subdistrict, work.split_department,
        work.split_city,
    )  # fmt: skip
    return Taxonomy(
        np.array([t.deadline for t in types], float),
        np.array([t.authority for t in types], np.int64),
        np.array([s[0] for s in splits], float),
        min(1.0, max(0.0, response.satisfaction_base - response.satisfaction_loss * response.expectation_initial)),
    )


def tally(columns: Columns, scenario: Scenario, *, seed: int, horizon: float, window: Window) -> np.ndarray:
    """Return one run's sums: float64[len(TALLIES)], in the order of `TALLIES`."""
    issues = tally_groups(columns, scenario, horizon, window, None, 1)[0]
    areas = _areas(columns, horizon, window, issues)
    hours, hour_days = _hours(columns, window, horizon)
    stocks_and_flows, n_days = _days(columns, window)
    estimates = _estimates(columns, scenario, seed, horizon, window, issues, hours)
    thousands = scenario.city.n_residents / 1000 / 365
    issue_days = max(min(window.end, horizon) - window.start, 0)
    communities = len(columns.community_subdistrict)
    exposures = [
        1.0, issue_days * thousands, hour_days * thousands, n_days * thousands, n_days,
        _workdays(columns, window) * len(columns.stations), communities * hour_days / 7,
    ]  # fmt: skip
    months = _months(window, horizon)
    money = columns.funds[:, slice(*months), 1].sum(axis=1)
    parts = (
        issues, areas, estimates, _hour_sums(hours), _grid(columns, scenario, months), stocks_and_flows, _meetings(columns, window),
        money, exposures,
    )  # fmt: skip
    return np.concatenate(parts)


def tally_groups(columns: Columns, scenario: Scenario, horizon: float, window: Window, group: Any, n_groups: int) -> np.ndarray:
    """Sum over issues by group: float64[n_groups, len(ISSUE_TALLIES)]; groups below 0 left out."""
    out = np.zeros((n_groups, kernels.N_TALLIES))
    taxonomy = taxonomy_of(scenario)
    codes = np.zeros(0, np.int64) if group is None else np.ascontiguousarray(group, np.int64)
    log = columns.arrivals, columns.issues
    days = float(window.start), float(window.end), float(horizon)
    kernels.tally_issues(*log, *taxonomy, *days, codes, out)
    kernels.tally_stages(*log, *days, codes, np.zeros(kernels.N_STAGES), out)
    return out


def unresolved_days(
    columns: Columns,
    horizon: float,
    window: Window,
    tau: float,
    *,
    exits_resolve: bool = False,
    group: Any = None,
    chosen: int = 0,
) -> float:
    """U(tau) = tau minus the area under the incidence of true resolution (X1); nan if unknown."""
    ages, causes = lifetimes(columns, horizon, window, exits_resolve, group, chosen)
    return tau - estimators.incidence_area(ages, causes, float(tau))


def lifetimes(
    columns: Columns,
    horizon: float,
    window: Window,
    exits_resolve: bool = False,
    group: Any = None,
    chosen: int = 0,
) -> tuple[np.ndarray, np.ndarray]:
    """Age at the first ending of each issue of the window and its cause (0 open, 1, 2)."""
    codes = np.zeros(0, np.int64) if group is None else np.ascontiguousarray(group, np.int64)
    ages = np.zeros(len(columns.issues))
    causes = np.zeros(len(columns.issues), np.int64)
    n = kernels.lifetimes(
        columns.arrivals, columns.issues, float(window.start), float(window.end), float(horizon),
        exits_resolve, codes, chosen, ages, causes,
    )  # fmt: skip
    return ages[:n], causes[:n]


def _areas(
    columns: Columns, horizon: float, window: Window, issues: np.ndarray, group: Any = None,
    chosen: int = 0,
) -> list[float]:  # fmt: skip
    """Return n U(tau) of n issues: plain sums when all are followed, else Aalen-Johansen (X1)."""
    n = issues[kernels.T_LATENT]
    found = []
    for tau, followed, plain, exits in (
        (180, kernels.T_FOLLOWED_180, kernels.T_DAYS_180, False),
        (365, kernels.T_FOLLOWED_365, kernels.T_DAYS_365, False),
        (180, kernels.T_FOLLOWED_180, kernels.T_DAYS_180_EXITS, True),
        (365, kernels.T_FOLLOWED_365, kernels.T_DAYS_365_EXITS, True),
    ):
        if issues[followed] == n:
            found.append(issues[plain])
        else:
            u = unresolved_days(columns, horizon, window, tau, exits_resolve=exits, group=group, chosen=chosen)
            found.append(n * u)
    return found


def _estimates(
    columns: Columns, scenario: Scenario, seed: int, horizon: float, window: Window,
    issues: np.ndarray, hours: tuple[np.ndarray, ...],
) -> list[float]:  # fmt: skip
    """Compute what is no ratio of sums, in the order of `ESTIMATES`."""
    taxonomy = taxonomy_of(scenario)
    shape = (len(taxonomy.deadlines), len(columns.compound_type))
    due = np.zeros(shape, np.int64)
    resolved = np.zeros(shape, np.int64)
    kernels.tally_cells(
        columns.arrivals, columns.issues, columns.building_compound, taxonomy.deadlines,
        float(window.start), float(window.end), float(horizon), due, resolved,
    )  # fmt: skip
    n, r = due.sum(axis=0), resolved.sum(axis=0)
    used = n > 0
    rates = r[used] / n[used]
    observed = estimators.gini(rates)
    reference = math.nan
    if not math.isnan(observed):
        with np.errstate(over="ignore"):  # hashes wrap; interpreted runs would warn
            reference = estimators.reshuffled_gini(due, resolved, np.uint64(seed), ORDERS, ROTATIONS)
    index = estimators.erreygers(rates, columns.compound_status[used])
    return [
        observed, reference, observed - reference, index, _old_to_commodity(columns, n, r),
        _pyramid(issues, hours[1]),
    ]  # fmt: skip


def _old_to_commodity(columns: Columns, n: np.ndarray, r: np.ndarray) -> float:
    """Ratio of resolved shares, old unmanaged over commodity, with +.5 counts (X8)."""
    old, commodity = columns.compound_type == 0, columns.compound_type == 2
    n_old, n_new = n[old].sum(), n[commodity].sum()
    if n_old == 0 or n_new == 0:
        return math.nan
    return float((r[old].sum() + 0.5) / (n_old + 1) / ((r[commodity].sum() + 0.5) / (n_new + 1)))


_WORK_INDEX = [ACTIVITIES.index(name) for name in (*ISSUE_WORK, "idle")]


def _pyramid(issues: np.ndarray, by_side: np.ndarray) -> float:
    """RPI = ln[(Cap_lower + h0) / (Dem_lower + h0)] - the same above the community (X6).

    Without a record of idle hours above the community, capacity is unknown: nan.
    """
    demand = issues[[kernels.T_DEMAND_LOWER, kernels.T_DEMAND_UPPER]]
    capacity = by_side[:, _WORK_INDEX].sum(axis=1)
    h0 = SMOOTHING * demand.sum()
    if h0 <= 0 or by_side[1, ACTIVITIES.index("idle")] <= 0:
        return math.nan
    lower, upper = np.log((capacity + h0) / (demand + h0))
    return float(lower - upper)


def _months(window: Window, horizon: float) -> tuple[int, int]:
    """Months [first, last) whose first day, ceil(m 365/12), lies in the window."""
    first = math.ceil(window.start * 12 / 365)
    while first and math.ceil((first - 1) * 365 / 12) >= window.start:
        first -= 1
    last = first
    while math.ceil(last * 365 / 12) < min(window.end, horizon):
        last += 1
    return first, last


def _hours(columns: Columns, window: Window, horizon: float) -> tuple[tuple[np.ndarray, ...], float]:
    """Hours by payer and activity, by side of the desk, of the hotline's seats and of departments that pair, with the days they cover."""
    first, last = _months(window, horizon)
    by_payer = np.zeros((len(PAYERS), len(ACTIVITIES)))
    by_side = np.zeros((2, len(ACTIVITIES)))
    payer = np.ascontiguousarray(columns.stations["payer"])
    is_lower = np.ascontiguousarray(columns.stations["level"] <= 2)
    kernels.tally_hours(columns.hours, columns.outside, payer, is_lower, first, last, by_payer, by_side)
    seats = columns.outside[_OFFICE, :, first:last].sum(axis=1)
    paired = columns.outside[_PAIRED, :, first:last].sum(axis=1)
    if last == first:
        return (by_payer, by_side, seats, paired), 0.0
    days = min(math.ceil(last * 365 / 12), horizon) - math.ceil(first * 365 / 12)
    return (by_payer, by_side, seats, paired), float(days)


_OFFICE, _PAIRED = PAYERS.index("petition_office"), PAYERS.index("departments")
_PRICE_ROW = np.array([PRICES[p] for p in PAYERS])
_EXTERNAL = np.array([p in EXTERNAL_PAYERS for p in PAYERS])
_BUSY = np.array([a != "idle" for a in ACTIVITIES])
_CONFERRING = [ACTIVITIES.index(a) for a in ("meetings", "preparation", "hosting")]
_VISITING = ACTIVITIES.index("visits")
_UPPER = [PAYERS.index(p) for p in ("leaders", "departments", "subdistricts")]


def _hour_sums(hours: tuple[np.ndarray, ...]) -> np.ndarray:
    """Busy hours by payer, hours by activity, and the sums in `_DERIVED_HOURS`."""
    by_payer, by_side, seats, paired = hours
    hired = seats[_BUSY].sum()
    busy = by_payer[:, _BUSY].sum(axis=1)
    on = by_payer.sum(axis=0)
    formal = on[ACTIVITIES.index("ceremonial")]
    derived = [
        busy.sum(),
        busy[_EXTERNAL].sum() + hired,
        busy @ _PRICE_ROW,
        (busy * _PRICE_ROW)[_EXTERNAL].sum() + hired * _PRICE_ROW[_OFFICE],
        formal,
        formal + on[ACTIVITIES.index("service_perfunctory")],
        by_payer[PAYERS.index("communities")][_CONFERRING].sum(),
        by_side[:, 0].sum(),
        by_side[0, 0],
        busy[_UPPER].sum(),
        by_payer[_UPPER, _VISITING].sum() + paired[_BUSY].sum() - paired[_VISITING],
    ]
    return np.concatenate([busy, on, derived])


def _grid(columns: Columns, scenario: Scenario, months: tuple[int, int]) -> list[float]:
    """Busy hours of grid staff, who are paid by communities, and the households they visited (RV3)."""
    hours = columns.hours[columns.stations["kind"] == GRID][:, :, slice(*months)].sum(axis=(0, 2))
    return [float(hours[_BUSY].sum()), float(hours[PATROLLING]) / scenario.mechanism.RV3.visit_hours]


def _span(columns: Columns, window: Window) -> slice:
    """Whole days of the window."""
    return slice(math.ceil(window.start), min(math.ceil(window.end), len(columns.daily)))


def _workdays(columns: Columns, window: Window) -> int:
    """Workdays of the window."""
    return int(columns.calendar[_span(columns, window)].sum())


def _days(columns: Columns, window: Window) -> tuple[list[float], int]:
    """Sum the daily panel, then count the members on the roster, first and last."""
    rows = np.asarray(columns.daily)[_span(columns, window)]
    found = [float(rows[name].sum()) for name in DAILY.names or ()]
    counted = rows["roster"][rows["roster"] > 0]
    ends = [float(counted[0]), float(counted[-1])] if len(counted) else [0.0, 0.0]
    return found + ends, len(rows)


def _meetings(columns: Columns, window: Window) -> list[float]:
    """Sum the meeting log: sittings, items, slots, people; and the slots that can rule on J."""
    log = np.asarray(columns.sittings)
    rows = log[(log["day"] >= window.start) & (log["day"] < window.end)]
    joint = rows[rows["kind"] >= A1]
    sums = [float(joint[n].sum()) for n in ("tabled", "ruled", "slots", "present", "roster", "hours")]
    return [float(len(joint)), *sums, float(joint["slots"][joint["kind"] <= A3].sum())]
