"""From a scenario to the columns of a run (3.5; rulings 5, 10, 18-24, 34, 35)."""

import functools
import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from govsim.engine import rng
from govsim.engine import state as st
from govsim.engine.programmes import applications, programme_numbers
from govsim.scenario.behaviour import Behaviour
from govsim.scenario.demand import DEPARTMENTS, SKILLS, Demand, IssueType
from govsim.scenario.mechanism import ExternalHours, Mechanism
from govsim.scenario.rivals import GridManagement
from govsim.scenario.scenario import Scenario

N_EXTRA = 8
"""Extra hands a community's desk can seat at once."""
_PIECE = 2**16
"""Households drawn at once, so that temporaries stay small beside the columns."""
_KEPT = 128
"""Variants in a city whose numbers are kept."""
SCOPES = {"building": 0, "compound": 1, "community": 2, "household": 3}
TARGETING = {"random": 0, "worst": 1, "petitions": 2, "showcase": 3}


def _scalars(model: Any, prefix: str = "") -> dict[str, float | int]:
    """The numbers and switches of a model, by field name."""
    return {
        prefix + name: int(value) if isinstance(value, bool) else value
        for name, value in vars(model).items()
        if isinstance(value, (bool, int, float))
    }


@functools.lru_cache(maxsize=64)
def intercept_at_reference(intercept: float, sd: float) -> float:
    """a0' with E[sigma(a0' + sd Z)] = sigma(a0): lasting dispositions leave the mean promise as it is (W4)."""
    if sd == 0.0:
        return intercept
    nodes, weights = np.polynomial.hermite_e.hermegauss(40)
    weights = weights / weights.sum()
    target = 1 / (1 + math.exp(-intercept))
    low, high = intercept - 20.0, intercept + 20.0
    for _ in range(80):
        middle = 0.5 * (low + high)
        mean = float(np.sum(weights / (1 + np.exp(-(middle + sd * nodes)))))
        low, high = (middle, high) if mean < target else (low, middle)
    return 0.5 * (low + high)


def _slots(meeting: Any, attendees: int, behaviour: Behaviour) -> int:
    """K = floor(60 H (1 - zeta) / (t0 + t1 n_att)), from the roster (ruling 21)."""
    if meeting.slots is not None:
        return int(meeting.slots)
    agenda = behaviour.agenda
    minutes = 60 * meeting.hours * (1 - meeting.internal_share)
    return int(minutes / (agenda.slot_opening_minutes + agenda.slot_attendee_minutes * attendees))


def _count(intensity: float, reference: int) -> int:
    """Intensity times a reference count, to the nearest (ruling 23)."""
    return round(intensity * reference)


def part_time_members(mechanism: Mechanism) -> tuple[int, int]:
    """Part-time members of a subdistrict's and of a community's committee (A5)."""
    a5 = mechanism.A5
    return _count(a5.dose, a5.members_subdistrict), _count(a5.dose, a5.members_community)


def mechanism_numbers(scenario: Scenario, mechanism: Mechanism, external: ExternalHours) -> dict[str, float | int]:
    """Every number of the components and rivals that the rules read; all zero when switched off."""
    m = mechanism
    numbers: dict[str, float | int] = {}
    for code in set(type(m).model_fields) - {"own"}:
        numbers |= _scalars(getattr(m, code), f"{code}_")
    n_comm, n_comp = scenario.city.n_communities, scenario.city.n_compounds
    residents = scenario.city.n_residents
    numbers |= {
        "list_on": int(m.L4.dose > 0),
        "L4_listed_share": 1 - math.exp(-m.L4.dose),
        "L1_member_count": m.L1.members * max(1.0, m.L1.dose),
        "L2_member_count": m.L2.members * max(1.0, m.L2.dose),
        "L2_on": int(m.L2.dose > 0),
        "L3_steward_hours": m.L3.steward_hours * m.L3.dose,
        "L3_familiarity": m.L3.familiarity * min(1.0, m.L3.dose),
        "E1_visits": m.E1.visits_per_quarter * m.E1.dose,
        "E1_targeting": TARGETING[m.E1.targeting],
        "E2_covered": round(min(1.0, m.E2.dose) * n_comm),
        "E2_events_per_quarter": m.E2.events_per_quarter * max(1.0, m.E2.dose),
        "n_branches": (n_branches := 24 if residents <= 300_000 else max(24, round(residents / 2500))),
        "E3_covered": round(min(1.0, m.E3.dose) * n_branches),
        "E3_events_per_quarter": m.E3.events_per_quarter * max(1.0, m.E3.dose),
        "n_members": round(m.E4.members_per_thousand * residents / 1000) if m.E4.dose > 0 else 0,
        "E4_monthly_hours": m.E4.monthly_hours * m.E4.dose,
        "A5_community_members": part_time_members(m)[1],
        "n_own": len(m.own.active),
        "external_on": int(sum(external.hours_by_skill) > 0),
        "n_panels": max(1, round(scenario.city.n_subdistricts / 12)),
        "RV1_seats": math.ceil(residents / m.RV1.residents_per_seat),
        "RV2_starts": m.RV2.waiting_days + m.RV2.response_days,
        "patrols": int(m.L3.steward_hours * m.L3.dose > 0 or m.RV3.enabled),
        "RV3_patrolling": (1 - m.RV3.reporting_share) * m.RV3.patrol_share,
        "RV3_fixing": (1 - m.RV3.reporting_share) * (1 - m.RV3.patrol_share),
        "RV4_reporting_hours": m.RV4.reporting_hours if m.RV4.enabled else 0.0,
        "RV7_added_work_share": m.RV7.added_work_share if m.RV7.enabled else 0.0,
        "RV7_rework_share": m.RV7.rework_share if m.RV7.enabled else 0.0,
        "RV10_opening_hours": m.RV10.opening_hours if m.RV10.enabled else 0.0,
    }
    if m.RV4.enabled:
        numbers["petition_attention"] = m.RV4.attention
    if m.unchecked.enabled:
        numbers |= {"audit_share": 0.0, "list_audit": 0.0, "memos_enabled": 0}
    if m.RV10.enabled:
        numbers["ask_interval"] = m.RV10.ask_interval
    first = 1
    for code, n in (("A1", numbers["n_panels"]), ("A2", scenario.city.n_subdistricts), ("A3", n_comm), ("A4", n_comp)):
        on = getattr(m, code).dose > 0
        numbers[f"forum_{code}"] = first if on else -1
        first += int(n) if on else 0
    return numbers


def shock_numbers(scenario: Scenario) -> dict[str, float | int]:
    """Every number of the scenario's shocks that the rules read."""
    shocks = scenario.shocks
    codes = [kind.code for kind in scenario.demand.types]
    found: dict[str, float | int] = {}
    for part in ("road", "emergency", "renovation", "dispute", "convenience"):
        found |= _scalars(getattr(shocks, part), f"{part}_")
    return (
        found
        | programme_numbers(scenario)
        | {
            "emergency_day": scenario.burn_in_days + shocks.emergency.start,
            "residents_per_household": scenario.city.residents_per_household,
            "road_type": codes.index("ROAD") if shocks.road.enabled and "ROAD" in codes else -1,
            "desks_shocked": int(bool(shocks.desks)),
            "demand_shocked": int(bool(shocks.demand)),
        }
    )


def parameters(scenario: Scenario, capacity: "dict[str, Any]", mechanism: Mechanism, external: ExternalHours) -> st.Rows:
    """One row with every number the rules read. The fields are the same for every scenario."""
    of_any = scenario.model_copy(update={"seed": 0})
    row = _parameters(of_any, capacity["commit_intercept"], capacity["n_teams"], mechanism, external).copy()
    row.seed = scenario.seed
    return row


@functools.lru_cache(maxsize=_KEPT)
def _parameters(scenario: Scenario, commit_intercept: float, n_teams: int, mechanism: Mechanism, external: ExternalHours) -> st.Rows:
    """`parameters` of any seed; a comparison asks for them once a run."""
    city, behaviour = scenario.city, scenario.behaviour
    numbers: dict[str, float | int] = {}
    for group in type(behaviour).model_fields:
        numbers |= _scalars(getattr(behaviour, group))
    numbers |= _scalars(scenario.staffing)
    for optional in ("executive_slots", "community_workers", "department_workers", "subdistrict_workers", "fund_coverage"):
        numbers.pop(optional, None)
    numbers |= mechanism_numbers(scenario, mechanism, external)
    numbers |= shock_numbers(scenario)
    for code in ("A1", "A2", "A3", "A4"):
        numbers.pop(f"{code}_slots", None)
    gates = behaviour.gates
    numbers |= {
        "commit_intercept_solved": commit_intercept,
        "exponential_decisions": int(gates.decision_distribution == "exponential"),
        "exponential_hours": int(scenario.demand.hours_distribution == "exponential"),
        "independent_packages": int(scenario.demand.package_hours == "independent"),
        "issues_per_household_year": scenario.demand.issues_per_household_year,
        "fund_sigma": math.sqrt(math.log(2.0)),
        "n_types": len(scenario.demand.types),
        "n_listed": round((1 - math.exp(-mechanism.L4.dose)) * len(scenario.demand.types)) if mechanism.L4.dose > 0 else 0,
        "n_subdistricts": city.n_subdistricts,
        "n_communities": city.n_communities,
        "n_compounds": city.n_compounds,
        "n_households": city.n_households,
        "n_teams": n_teams,
        "n_leaders": min(60, max(30, 24 + 2 * city.n_subdistricts)),
        "n_months": -(-scenario.days * 12 // 365) + 1,
        "n_extra_max": N_EXTRA,
        "first_department_team": city.n_communities + city.n_subdistricts,
        "station_petition": city.n_communities + city.n_subdistricts + 12 * n_teams,
        "station_leaders": city.n_communities + city.n_subdistricts + 12 * n_teams + 1,
        "first_mediation": city.n_communities + city.n_subdistricts + 12 * n_teams + 2,
    }
    names = sorted(numbers)
    row = st.blank(_row_of(tuple((name, isinstance(numbers[name], int)) for name in names)), 1)
    row[0] = (*(numbers[name] for name in names), scenario.seed)
    return row


@functools.lru_cache(maxsize=8)
def _row_of(fields: tuple[tuple[str, bool], ...]) -> np.dtype:
    """A row with these fields, whole numbers or not, and the seed."""
    return np.dtype([*((name, "i8" if is_whole else "f8") for name, is_whole in fields), ("seed", "u8")])


def keys_of(seed: int, family: int, numbers: np.ndarray) -> np.ndarray:
    """Keys of the entities of a family that have these numbers."""
    keys = np.empty(len(numbers), np.uint64)
    with np.errstate(over="ignore"):
        rng.fill_keys(np.uint64(seed), family, numbers, keys)
    return keys


def covered(seed: int, family: int, n: int, share: float) -> np.ndarray:
    """Which of `n` entities a component reaches: nested in the share by keyed rank (ruling 23)."""
    key = keys_of(seed, family, np.zeros(1, np.int64))[0]
    draws = [rng.uniform(key, rng.COVERAGE, number) for number in range(n)]
    rank = np.argsort(np.argsort(draws, kind="stable"), kind="stable")
    return rank < round(min(1.0, share) * n)


def type_tables(demand: Demand, behaviour: Behaviour, mechanism: Mechanism) -> tuple[st.Rows, np.ndarray]:
    """Rows and flattened tables of the issue types: who decides and works, under delegation one tier lower, and which are listed."""
    kinds, tables = _type_tables(demand, behaviour, mechanism)
    return kinds.copy(), tables.copy()


@functools.lru_cache(maxsize=_KEPT)
def _type_tables(demand: Demand, behaviour: Behaviour, mechanism: Mechanism) -> tuple[st.Rows, np.ndarray]:
    """`type_tables`, worked out; a comparison asks for them once a run."""
    types, delegation, work = demand.types, mechanism.RV7, behaviour.work
    kinds = st.blank(st.KIND_RECORD, len(types))

    def fill(**columns: Callable[[IssueType], float]) -> None:
        for name, rule in columns.items():
            kinds[name] = [rule(kind) for kind in types]

    for name in ("fund_share", "p_jurisdiction", "p_power", "p_interests", "deadline", "patience", "petition_factor", "queue_class",
                 "private_remedy", "property_firm", "urgent"):  # fmt: skip
        fill(**{name: operator.attrgetter(name)})
    fill(
        delegated=lambda kind: delegation.enabled and kind.authority >= delegation.lowest_authority,
        authority=lambda kind: kind.authority,
        skill=lambda kind: SKILLS.index(kind.skill),
        scope=lambda kind: SCOPES[kind.scope],
        other_scope=lambda kind: SCOPES[kind.other_scope or kind.scope],
        other_scope_share=lambda kind: kind.other_scope_share if kind.other_scope else 0.0,
        hours_mean=lambda kind: kind.hours,
        hours_mu=lambda kind: math.log(kind.hours) - math.log(1 + kind.hours_cv**2) / 2,
        hours_sigma=lambda kind: math.sqrt(math.log(1 + kind.hours_cv**2)),
        fund_mu=lambda kind: math.log(max(kind.fund, 1e-9)) - math.log(2.0) / 2,
        p_funds_given_fund=lambda kind: kind.p_funds / kind.fund_share if kind.fund_share > 0 else 0.0,
        mediated=lambda kind: kind.code == "DISP",
        serial=lambda kind: kind.code == "RENO",
    )
    kinds.authority -= kinds.delegated
    kinds.listed = covered(0, rng.TYPES, len(kinds), 1 - math.exp(-mechanism.L4.dose))
    by_level = {3: work.split_subdistrict, 4: work.split_department, 5: work.split_city}
    tables = np.zeros((len(types), st.KIND_TABLE))
    for row, kind, authority in zip(tables, types, kinds.authority.tolist(), strict=True):
        row[: len(kind.n_departments)] = kind.n_departments
        row[:8] = np.cumsum(row[:8])
        row[7] = 1.0
        row[8 : 8 + len(kind.departments)] = [DEPARTMENTS.index(d) for d in kind.departments]
        row[16:28] = np.asarray(kind.months) / np.max(kind.months)
        row[28:31] = by_level.get(authority, work.split_local)
        row[31:34] = by_level.get(authority, work.split_shared)
    return kinds, tables.ravel()


def day_factors(scenario: Scenario) -> np.ndarray:
    """The city's operational time at the start of each day: weekday, month and a gamma day factor."""
    demand = scenario.demand
    days = np.arange(scenario.days)
    weekday = np.asarray(demand.weekday_factor)[(days + scenario.behaviour.clock.first_weekday) % 7]
    month = np.asarray(demand.month_factor)[(days % 365) * 12 // 365]
    factor = weekday / np.mean(demand.weekday_factor) * month / np.mean(demand.month_factor)
    if demand.daily_variance > 0:
        stream = np.random.Generator(np.random.Philox(key=[scenario.seed, rng.DAY_FACTOR]))
        factor = factor * stream.gamma(1 / demand.daily_variance, demand.daily_variance, scenario.days)
    return np.concatenate([[0.0], np.cumsum(factor)])


def arrivals_of(scenario: Scenario) -> tuple[st.Rows, np.ndarray]:
    """The exogenous issue table of a seed, sorted by time, and which shock of demand brought each issue: 0 none, n the n-th,
    and one more the renovation programme.

    A shock that lowers demand thins the ordinary process; one that raises it is a process of its own, keyed by type, number
    and layer: each layer is the ordinary rate once more, the last is thinned, so that arrivals are nested in g (ruling 25).
    """
    from govsim.engine.arrivals import copy_sorted

    demand, tables = scenario.demand, scenario.city.tables(scenario.seed)
    building_type = tables.compound_type[tables.building_compound].astype(np.int64)
    households = tables.building_households.astype(float)
    by_type = np.array([households[building_type == x].sum() for x in range(4)])
    factors = np.array([kind.compound_factors for kind in demand.types])
    normal = factors @ by_type / by_type.sum()
    seasons = np.array([np.asarray(k.months) / np.mean(k.months) for k in demand.types])
    peak = seasons.max(axis=1)
    shares = np.array([k.share for k in demand.types])
    envelope = (shares * peak)[None, :] * (factors / np.where(normal > 0, normal, 1)[:, None]).T
    reno = [n for n, k in enumerate(demand.types) if k.code == "RENO"]
    total = envelope.sum(axis=1)
    per_household = demand.issues_per_household_year / 365
    rates = households * per_household * total[building_type]
    extra = np.zeros(len(rates))
    if reno and demand.renovation_rate > 0:
        compounds = np.bincount(tables.building_compound, minlength=scenario.city.n_compounds)
        extra = demand.renovation_rate / 365 / compounds[tables.building_compound] * (building_type < 2)
        rates, cumulative = _with_renovation(rates, extra, building_type, envelope, total, reno[0])
    else:
        cumulative = np.cumsum(envelope, axis=1) / np.where(total > 0, total, 1)[:, None]
    operational = day_factors(scenario)
    accept = seasons / peak[:, None]
    thinning = float((shares * peak).sum() and shares.sum() / (shares * peak).sum())
    found = [_candidates(scenario.seed, operational, rates, cumulative, building_type, *_thinned(scenario, accept), thinning)]
    origin = [np.zeros(len(found[0][0]), np.int8)]
    for n, seed, share, span, kind in _excess(scenario):
        steps = np.where(span, np.diff(operational), 0.0)
        own = households * per_household * envelope[building_type, kind] + (extra if kind in reno else 0.0)
        if (place := scenario.shocks.demand[n - 1].community) is not None:
            own = np.where(tables.compound_community[tables.building_compound] == place, own, 0.0)
        only = np.repeat((np.arange(len(demand.types)) >= kind)[None, :].astype(float), 4, axis=0)
        passed = np.concatenate([[0.0], np.cumsum(steps)])
        found.append(_candidates(seed, passed, own, only, building_type, accept * share, _months(scenario.days), 1.0))
        origin.append(np.full(len(found[-1][0]), n, np.int8))
    if scenario.shocks.renovation.enabled:
        before = np.concatenate([part[2][part[3] == reno[0]] for part in found])
        time, key, building = applications(scenario, tables, tables.building_compound[before])
        found.append((time, key, building, np.full(len(time), reno[0], np.int32)))
        origin.append(np.full(len(time), len(scenario.shocks.demand) + 1, np.int8))
    columns = [np.concatenate(parts) for parts in zip(*found, strict=True)] if len(found) > 1 else list(found[0])
    order = _in_time(columns[0])
    if reno:
        order = _renovated_once(order, columns[3], tables.building_compound[columns[2]], reno[0])
    arrivals: Any = st.blank(st.ARRIVAL, len(order))
    copy_sorted(order, *columns, tables.building_households.astype(np.int64), arrivals)
    brought = np.concatenate(origin)[order] if len(found) > 1 else np.zeros(1, np.int8)
    return arrivals[: len(order)], brought


def _candidates(seed, operational, rates, cumulative, building_row, accept, column, thinning):
    """Accepted candidates of a process, building by building: time, key, building, type; `thinning` is the share expected."""
    from govsim.engine.arrivals import candidates

    expected = rates.sum() * operational[-1]
    size = int(expected * 1.02 + 8 * math.sqrt(expected + 1) + 64)
    size = int(size * min(1.0, 1.05 * thinning + 0.05))
    while True:
        out = (np.empty(size), np.empty(size, np.uint64), np.empty(size, np.int32), np.empty(size, np.int32))
        n = candidates(np.uint64(seed), operational, rates, cumulative, building_row, accept, column, *out)
        if n <= size:
            return tuple(row[:n] for row in out)
        size = n


def _months(days: int) -> np.ndarray:
    """Month of the year, 0-11, of each day of a run."""
    return np.arange(days) % 365 * 12 // 365


def span_of(scenario: Scenario, shock: Any) -> np.ndarray:
    """Which days of the run a shock covers."""
    day = np.arange(scenario.days) - scenario.burn_in_days - shock.start
    return (day >= 0) & (day < shock.days)


def _thinned(scenario: Scenario, accept: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Share of candidates accepted by type and column, and each day's column: a month, or the day where a shock lowers demand."""
    months = _months(scenario.days)
    lowered = [shock for shock in scenario.shocks.demand if shock.factor < 1.0]
    if not lowered:
        return accept, months
    by_day = accept[:, months].copy()
    codes = [kind.code for kind in scenario.demand.types]
    for shock in lowered:
        by_day[codes.index(shock.type), span_of(scenario, shock)] *= shock.factor
    return by_day, np.arange(scenario.days)


def _excess(scenario: Scenario) -> list[tuple[int, int, float, np.ndarray, int]]:
    """(number of the shock, seed, share accepted, days covered, type) of every layer of demand beyond the ordinary."""
    codes = [kind.code for kind in scenario.demand.types]
    seen = dict.fromkeys(codes, 0)
    found = []
    for n, shock in enumerate(scenario.shocks.demand, start=1):
        kind = codes.index(shock.type)
        key = keys_of(scenario.seed, rng.SHOCKS, np.array([kind]))[0]
        for layer in range(math.ceil(shock.factor) - 1):
            with np.errstate(over="ignore"):
                seed = int(rng.child_key(key, 64 * seen[shock.type] + layer))
            found.append((n, seed, min(1.0, shock.factor - 1.0 - layer), span_of(scenario, shock), kind))
        seen[shock.type] += 1
    return found


def desk_shares(scenario: Scenario) -> np.ndarray:
    """Share of its hours a desk is open: [kind of unit, day], flattened; one number when no shock touches desks."""
    if not scenario.shocks.desks:
        return np.ones(1)
    shares = np.ones((len(st.UNITS), scenario.days))
    for shock in scenario.shocks.desks:
        shares[st.UNITS.index(shock.unit), span_of(scenario, shock)] = shock.share
    return shares.ravel()


def _in_time(times: np.ndarray) -> np.ndarray:
    """Order of moments; the slower stable sort only where two are equal, since others differ between processors there."""
    order = np.argsort(times)
    is_tied = bool((np.diff(times[order]) == 0).any())
    return np.argsort(times, kind="stable") if is_tied else order


def _renovated_once(order: np.ndarray, kinds: np.ndarray, compounds: np.ndarray, reno: int) -> np.ndarray:
    """Leave out of an order every renovation of a compound but its first (ruling 45)."""
    of_reno = np.flatnonzero(kinds[order] == reno)
    first = np.unique(compounds[order[of_reno]], return_index=True)[1]
    return np.delete(order, np.delete(of_reno, first))


def _with_renovation(rates, extra, building_type, envelope, total, reno):
    """Add the renovation rate of old and work-unit compounds as a type of its own (ruling 45)."""
    added = np.where(rates > 0, extra / np.where(rates > 0, rates, 1), 0.0)
    mean = np.array([added[building_type == x].mean() if (building_type == x).any() else 0.0 for x in range(4)])
    shares = envelope / np.where(total > 0, total, 1)[:, None]
    shares[:, reno] += mean
    scale = shares.sum(axis=1)
    return rates * scale[building_type], np.cumsum(shares / scale[:, None], axis=1)


def stations_of(scenario: Scenario, capacity: dict[str, Any]) -> tuple[st.Rows, st.Rows, np.ndarray]:
    """Units, their workers, and the firm of each compound (-1 when it has none)."""
    city, staffing = scenario.city, scenario.staffing
    tables = city.tables(scenario.seed)
    rows: list[tuple[int, int, int, int, float, int, int]] = []
    for q in range(city.n_communities):
        rows.append((st.COMMUNITY, q, -1, *capacity["community"][q], st.BY_COMMUNITIES, 2))
    for s in range(city.n_subdistricts):
        rows.append((st.SUBDISTRICT, s, -1, *capacity["subdistrict"][s], st.BY_SUBDISTRICTS, 3))
    for d in range(12):
        for team in range(capacity["n_teams"]):
            rows.append((st.DEPARTMENT, team, d, *capacity["department"][d], st.BY_DEPARTMENTS, 4))
    rows.append((st.PETITION_OFFICE, 0, -1, *capacity["petition"], st.BY_PETITION_OFFICE, 5))
    rows.append((st.LEADERS, 0, -1, *capacity["leaders"], st.BY_LEADERS, 5))
    for q, (mediators, _) in enumerate(mediation_desks(scenario)):
        rows.append((st.MEDIATION, q, -1, mediators, 0.0, st.BY_ORGANISATIONS, 2))
    households = np.bincount(tables.building_compound, weights=tables.building_households, minlength=city.n_compounds)
    firm = np.full(city.n_compounds, -1)
    for x in range(city.n_compounds):
        fee = staffing.fee_share[tables.compound_type[x]]
        if fee > 0:
            firm[x] = len(rows)
            workers = max(1, round(households[x] * fee / staffing.households_per_firm_worker))
            rows.append((st.FIRM, x, -1, workers, scenario.behaviour.clock.hours_per_workday, st.BY_FIRMS, 1))
    stations = st.blank(st.STATION, len(rows))
    for name, column in zip(("kind", "area", "department", "n_workers", "window", "payer", "level"), zip(*rows, strict=True), strict=True):
        stations[name] = column
    seats = stations.n_workers + N_EXTRA * (stations.kind == st.COMMUNITY)
    stations.first_worker = np.concatenate([[0], np.cumsum(seats)[:-1]])
    stream = np.random.Generator(np.random.Philox(key=[scenario.seed, rng.NORM]))
    stations.norm = stream.beta(4, 4, len(rows))
    workers = st.blank(st.WORKER, seats.sum())
    workers.station = np.repeat(np.arange(len(rows)), seats)
    workers.package = -1
    workers.hired = -np.inf  # long ago
    workers.done_at = np.inf
    seat = np.arange(len(workers)) - stations.first_worker[workers.station]
    workers.is_extra = seat >= stations.n_workers[workers.station]
    return stations, workers, firm


def mediation_desks(scenario: Scenario) -> list[tuple[int, float]]:
    """Mediators of each community's doorstep station, and their daily window while there is one (ruling 37, SC3)."""
    dispute, most = scenario.shocks.dispute, scenario.behaviour.clock.hours_per_workday
    daily = [scenario.behaviour.contribution.law_firm_hours * 12 / 261] * scenario.city.n_communities
    if dispute.enabled:
        daily[dispute.community] = dispute.pro_bono_hours * 12 / 261
    mediators = [max(1, math.ceil(hours / most)) for hours in daily]
    return [(n, hours / n) for n, hours in zip(mediators, daily, strict=True)]


def lines_of(n: int) -> st.Rows:
    """So many empty lines."""
    lines = st.blank(st.LINE, n)
    lines.first = lines.last = -1
    return lines


def usual_desks(capacity: dict[str, Any]) -> np.ndarray:
    """Hours a workday that each community's desk is open."""
    return np.array([workers * window for workers, window in capacity["community"]])


def hours_beside(scenario: Scenario, capacity: dict[str, Any]) -> np.ndarray:
    """Paid hours a workday of each community's staff beside its desk (ruling 5)."""
    rate = scenario.staffing.community_staff_per_10000 / 10_000 * scenario.city.residents_per_household
    paid = rate * _community_households(scenario) * scenario.behaviour.clock.hours_per_workday
    return np.maximum(0.0, paid - usual_desks(capacity))


def posts_of(scenario: Scenario, capacity: dict[str, Any]) -> st.Rows:
    """Each community before an emergency; one row when there is none."""
    if not scenario.shocks.emergency.enabled:
        return st.blank(st.POST, 1)
    posts = st.blank(st.POST, scenario.city.n_communities)
    posts.beside = hours_beside(scenario, capacity)
    return posts


def grid_seats(scenario: Scenario) -> np.ndarray:
    """Workers of each community's grid unit: one a grid (RV3)."""
    households = _community_households(scenario)
    return np.ceil(households / scenario.mechanism.RV3.households_per_worker).astype(np.int64)


def _community_households(scenario: Scenario) -> np.ndarray:
    """Households of each community."""
    t = scenario.city.tables(scenario.seed)
    community = t.compound_community[t.building_compound]
    return np.bincount(community, weights=t.building_households, minlength=scenario.city.n_communities)


def grid_hours(scenario: Scenario, capacity: dict[str, Any], grid: GridManagement) -> tuple[np.ndarray, np.ndarray]:
    """Hours a workday of each community's grid staff, and the share of the community's desk that they take (RV3, W8).

    Under the same staff n of a community's N workers become grid staff, all but one at most. The desk loses n / N of its hours.
    A worker at the desk spends the rest of the day on administration, and goes on with the share of it that is kept; what is
    not kept is time for the grid and is done by nobody. Funded grid staff come on top, for whole days.
    """
    city, day = scenario.city, scenario.behaviour.clock.hours_per_workday
    households = _community_households(scenario)
    wanted = households / grid.households_per_worker
    if grid.funded:
        return wanted * day, np.zeros(len(wanted))
    staff = scenario.staffing.community_staff_per_10000 / 10_000 * city.residents_per_household * households
    n = np.minimum(wanted, np.maximum(staff - 1, 0))
    taken = n / staff
    from_desk = taken * np.array([workers * window for workers, window in capacity["community"]])
    return from_desk + (1 - grid.kept_administration) * np.maximum(n * day - from_desk, 0), taken


def grid_units(scenario: Scenario, stations: st.Rows, n_places: int) -> tuple[st.Rows, st.Rows]:
    """A unit of grid staff for each community and its workers, who sit from place `n_places` on (RV3)."""
    seats = grid_seats(scenario)
    grids = st.blank(st.STATION, len(seats))
    grids.kind, grids.area, grids.department = st.GRID, np.arange(len(seats)), -1
    grids.n_workers, grids.payer, grids.level = seats, st.BY_COMMUNITIES, 2
    grids.first_worker = n_places + np.cumsum(seats) - seats
    grids.norm = np.random.Generator(np.random.Philox(key=[scenario.seed, rng.GRID_NORM])).beta(4, 4, len(seats))
    workers = st.blank(st.WORKER, seats.sum())
    workers.station = len(stations) + np.repeat(np.arange(len(seats)), seats)
    workers.package = -1
    workers.hired = -np.inf
    workers.done_at = np.inf
    return grids, workers


def people_of(scenario: Scenario, firm: np.ndarray) -> dict[str, st.Rows]:
    """Households, buildings, compounds, communities, subdistricts (3.5)."""
    city, voice, staffing = scenario.city, scenario.behaviour.voice, scenario.staffing
    t = city.tables(scenario.seed)
    n = int(t.building_households.sum())
    stream = np.random.Generator(np.random.Philox(key=[scenario.seed, rng.HOUSEHOLD]))
    households = st.blank(st.HOUSEHOLD, n)
    households.community, households.petition, households.law = voice.belief_community, voice.belief_petition, voice.belief_law
    households.expectation = scenario.behaviour.response.expectation_initial
    pieces = [slice(a, min(a + _PIECE, n)) for a in range(0, n, _PIECE)]
    if scenario.shocks.dispute.enabled:
        _set_belief_gap(households, t, scenario)
    for field, a, b in (("trust_community", 5.5, 4.5), ("trust_city", 6.5, 3.5)):
        for piece in pieces:
            households[field][piece] = stream.beta(a, b, piece.stop - piece.start)
    ends = np.cumsum(t.building_households)
    for piece in pieces:
        building = np.searchsorted(ends, np.arange(piece.start, piece.stop), side="right")
        ses = np.clip(t.compound_ses[t.building_compound[building]], 0.02, 0.98)
        households.ses[piece] = stream.beta(city.ses_concentration * ses, city.ses_concentration * (1 - ses))
    buildings = st.blank(st.BUILDING_RECORD, len(t.building_compound))
    first = ends - t.building_households
    buildings.compound, buildings.first_household, buildings.n_households = t.building_compound, first, t.building_households
    buildings.community = t.compound_community[t.building_compound]
    for field in ("community", "petition", "law", "trust_community", "trust_city"):
        buildings[f"mean_{field}"] = np.add.reduceat(households[field], first) / t.building_households
    buildings.steward_motivation = stream.beta(3, 2, len(buildings))
    compounds = st.blank(st.COMPOUND_RECORD, city.n_compounds)
    compounds.community, compounds.type, compounds.firm = t.compound_community, t.compound_type, firm
    compounds.n_households = np.bincount(t.building_compound, weights=t.building_households, minlength=city.n_compounds)
    compounds.fee = np.asarray(staffing.fee_share)[t.compound_type]
    per_household = city.residents_per_household / 1000 * capacity_scale(scenario)
    compounds.inflow = compounds.n_households * per_household * staffing.fund_compound
    communities = st.blank(st.COMMUNITY_RECORD, city.n_communities)
    communities.subdistrict = t.community_subdistrict
    communities.n_households = np.bincount(t.compound_community, weights=compounds.n_households, minlength=city.n_communities)
    communities.inflow = communities.n_households * per_household * staffing.fund_community
    communities.open_head = -1
    subdistricts = st.blank(st.SUBDISTRICT_RECORD, city.n_subdistricts)
    subdistricts.first_community = np.searchsorted(t.community_subdistrict, np.arange(city.n_subdistricts))
    subdistricts.n_communities = np.bincount(t.community_subdistrict, minlength=city.n_subdistricts)
    residents = np.bincount(t.community_subdistrict, weights=communities.n_households, minlength=city.n_subdistricts)
    subdistricts.inflow = residents * per_household * staffing.fund_subdistrict
    return {"households": households, "buildings": buildings, "compounds": compounds, "communities": communities,
            "subdistricts": subdistricts}  # fmt: skip


def _set_belief_gap(households: st.Rows, tables: Any, scenario: Scenario) -> None:
    """SC3: in one community belief in petitions stands above that in law by a gap, around their usual mean."""
    dispute, voice = scenario.shocks.dispute, scenario.behaviour.voice
    of_building = tables.compound_community[tables.building_compound]
    inside = np.repeat(of_building == dispute.community, tables.building_households)
    mean = (voice.belief_petition + voice.belief_law) / 2
    gap = dispute.belief_gap
    if abs(gap - (voice.belief_petition - voice.belief_law)) > 1e-12:
        households.petition[inside] = min(1.0, max(0.0, mean + gap / 2))
        households.law[inside] = min(1.0, max(0.0, mean - gap / 2))


def gated_need(demand: Demand) -> float:
    """Money that has to pass gate F, k¥ a household-year, if every issue got so far."""
    return demand.issues_per_household_year * sum(k.share * k.p_funds * k.fund for k in demand.types)


def capacity_scale(scenario: Scenario) -> float:
    """What multiplies the pots so that they cover `fund_coverage` of the gated need (ruling 19)."""
    s = scenario.staffing
    if s.fund_coverage is None:
        return 1.0
    pots = (s.fund_compound + s.fund_community + s.fund_subdistrict + s.fund_city) / 1000 * scenario.city.residents_per_household
    return s.fund_coverage * gated_need(scenario.demand) / pots if pots > 0 else 0.0


def organisations_of(scenario: Scenario) -> st.Rows:
    """Four organisations a community, in the five classes in turn (S17, ruling 39)."""
    contribution = scenario.behaviour.contribution
    n = scenario.city.n_communities * 4
    organisations = st.blank(st.ORGANISATION_RECORD, n)
    kind = np.arange(n) % 5
    organisations.community = np.arange(n) // 4
    organisations.skill = np.array([1, 4, 7, 5, 0])[kind]
    organisations.law = kind == 4
    organisations.hours = np.where(kind == 4, 0.0, contribution.organisation_hours)
    stream = np.random.Generator(np.random.Philox(key=[scenario.seed, rng.ORGANISATION]))
    organisations.stake = stream.beta(2, 3, n)
    organisations.key = keys_of(scenario.seed, rng.FIRMS, np.arange(n))
    return organisations


def members_of(scenario: Scenario, mechanism: Mechanism, capacity: dict[str, Any]) -> st.Rows:
    """In-service members: home community, employer by size of desk, skill, motives (ruling 40)."""
    e4 = mechanism.E4
    n = round(e4.members_per_thousand * scenario.city.n_residents / 1000) if e4.dose > 0 else 0
    members = st.blank(st.MEMBER_RECORD, n)
    stream = np.random.Generator(np.random.Philox(key=[scenario.seed, rng.MEMBER]))
    size = len(members)
    members.community = stream.integers(0, scenario.city.n_communities, size)
    desks = np.array([workers * window for workers, window in capacity["department"]])
    members.department = np.searchsorted(np.cumsum(desks) / desks.sum(), stream.random(size))
    skilled = np.array([1, 2, 1, 2, 0, 4, 4, 5, 2, 3, 1, 5])[members.department]
    members.skill = np.where(stream.random(size) < e4.general_labour_share, 7, skilled)
    members.affect = stream.beta(3, 3, size)
    members.responsibility = stream.beta(3, 3, size)
    members.motivation = stream.beta(3, 2, size)
    members.active = 1
    members.on_roster = 1
    return members


def forums_of(scenario: Scenario, mechanism: Mechanism, executive_slots: int, start: int) -> st.Rows:
    """The executive route and the joint meetings that are on (rulings 20-23)."""
    city, behaviour = scenario.city, scenario.behaviour
    gates = behaviour.gates
    rows: list[tuple] = [(st.EXECUTIVE, 0, gates.executive_interval, gates.executive_hours, executive_slots, 12, 0.0, 5, 2, 0.0, 0)]
    part_s, part_c = part_time_members(mechanism)
    panels = max(1, round(city.n_subdistricts / 12))
    plan = (
        ("A1", st.A1, panels, 0, 5), ("A2", st.A2, city.n_subdistricts, part_s, 3),
        ("A3", st.A3, city.n_communities, part_c, 2), ("A4", st.A4, city.n_compounds, 0, 1),
    )  # fmt: skip
    for code, kind, n, part_time, level in plan:
        meeting = getattr(mechanism, code)
        if meeting.dose <= 0:
            continue
        roster = meeting.core_attendees + part_time
        rules = (
            st.GATE_J * meeting.rules_jurisdiction | st.GATE_P * meeting.rules_power
            | st.GATE_F * meeting.rules_funds | st.GATE_I * meeting.rules_interests
        )  # fmt: skip
        authority = max(meeting.authority_admin, meeting.authority_party)
        interval = meeting.interval / meeting.dose
        for area in range(n):
            rows.append((kind, area, interval, meeting.hours, _slots(meeting, roster, behaviour), roster, authority, level,
                         rules, meeting.internal_share, part_time))  # fmt: skip
    forums = st.blank(st.FORUM_RECORD, len(rows))
    names = ("kind", "area", "interval", "hours", "slots", "roster", "authority", "level", "rules", "internal", "part_time")
    for name, column in zip(names, zip(*rows, strict=True), strict=True):
        forums[name] = column
    forums.key = keys_of(scenario.seed, rng.FORUM, forums.kind * 1_000_000 + forums.area)
    phase = np.empty(len(forums))
    rng.fill_uniforms(np.ascontiguousarray(forums.key), rng.PHASE, 0, phase)
    forums.phase = phase * forums.interval
    forums.next = np.where(forums.kind == st.EXECUTIVE, 0, start) + forums.phase
    forums.root = -1
    forums.is_new = 1
    return forums
