"""From the scenarios SC2, SC3 and SC5 to the columns of a run (3.13): applications, owners, facilities, counters."""

import math
from typing import Any

import numpy as np

from govsim.engine import rng
from govsim.engine import state as st
from govsim.scenario.scenario import Scenario


def programme_numbers(scenario: Scenario) -> dict[str, float | int]:
    """What the rules read beyond the scenarios' own inputs."""
    shocks, gates = scenario.shocks, scenario.behaviour.gates
    codes = [kind.code for kind in scenario.demand.types]
    dispute, facility = shocks.dispute, shocks.convenience
    return {
        "renovation_quarrel_type": codes.index("DISP") if "DISP" in codes else -1,
        "dispute_place": dispute.community if dispute.enabled else -1,
        "dispute_case_success": _success(gates.law_case_success, gates.persuade_skill * (dispute.mediator_skill - gates.mediator_skill)),
        "convenience_opens_day": scenario.burn_in_days + facility.start,
        "convenience_exponential": int(facility.service_distribution == "exponential"),
        "convenience_service_sigma": math.sqrt(math.log(1 + facility.service_cv**2)),
    }


def _success(share: float, shift: float) -> float:
    """A chance moved along the logistic curve, as skill moves p_per (3.7.6); as it is where nothing moves it."""
    if shift == 0.0 or share in (0.0, 1.0):
        return share
    return 1 / (1 + math.exp(-(math.log(share / (1 - share)) + shift)))


def _keys(seed: int, family: int, n: int) -> np.ndarray:
    keys = np.empty(n, np.uint64)
    with np.errstate(over="ignore"):
        rng.fill_keys(np.uint64(seed), family, np.arange(n), keys)
    return keys


def applications(scenario: Scenario, tables: Any, renovated: np.ndarray) -> tuple[np.ndarray, ...]:
    """Time, key and building of each compound that applies, by keyed rank among old and work-unit ones.

    A compound is renovated once (ruling 45): those with an ordinary renovation in this run (`renovated`) do not apply.
    """
    r, n = scenario.shocks.renovation, scenario.city.n_compounds
    keys = _keys(scenario.seed, rng.PROGRAMMES, n)
    rank, moment = np.empty(n), np.empty(n)
    rng.fill_uniforms(keys, rng.PROGRAMME, 0, rank)
    rng.fill_uniforms(keys, rng.PROGRAMME, 1, moment)
    rank[(tables.compound_type >= 2) | np.isin(np.arange(n), renovated)] = np.inf
    wanted = max(1, round(r.compound_share * n)) if r.compound_share > 0 else 0
    chosen = np.argsort(rank, kind="stable")[: min(wanted, int(np.isfinite(rank).sum()))]
    time = scenario.burn_in_days + r.start + moment[chosen] * r.application_days
    building = np.searchsorted(tables.building_compound, chosen).astype(np.int32)
    is_within = time < scenario.days
    return time[is_within], keys[chosen][is_within], building[is_within]


def renovations_of(scenario: Scenario, arrivals: st.Rows) -> dict[str, st.Rows]:
    """The programme's renovations, their owners and stages."""
    r, n = scenario.shocks.renovation, scenario.city.n_compounds
    found: list[tuple[int, int]] = []
    if r.enabled:
        compound_of = {int(key): x for x, key in enumerate(_keys(scenario.seed, rng.PROGRAMMES, n))}
        codes = [kind.code for kind in scenario.demand.types]
        of_reno = np.flatnonzero(arrivals.type == codes.index("RENO"))
        found = [(int(i), compound_of[int(arrivals.key[i])]) for i in of_reno if int(arrivals.key[i]) in compound_of]
    rows = st.blank(st.RENOVATION, len(found))
    rows.issue = -1
    rows.satisfaction = np.nan
    stages = st.blank(st.STAGE, st.N_STAGES * len(rows))
    stages.start = stages.end = np.nan
    owners = [_owners(scenario, x) for _, x in found] or [st.blank(st.OWNER, 1)]
    first = 0
    for row, (issue, x), own in zip(rows, found, owners, strict=False):
        row.issue, row.compound, row.key = issue, x, arrivals.key[issue]
        row.first_owner, row.n_owners, row.initial = first, len(own), own.supports.sum()
        first += len(own)
    whole = st.blank(st.OWNER, sum(map(len, owners)))
    whole[:] = np.concatenate(owners)
    return {"renovations": rows, "owners": whole, "stages": stages}


def _owners(scenario: Scenario, compound: int) -> st.Rows:
    """Owners of a compound: floor, age, area, and who is in favour at first: a Beta share of each kind of owner."""
    r, tables = scenario.shocks.renovation, scenario.city.tables(scenario.seed)
    ends = np.cumsum(tables.building_households)
    buildings = np.flatnonzero(tables.building_compound == compound)
    sizes = tables.building_households[buildings]
    own = st.blank(st.OWNER, int(sizes.sum()))
    own.household = (ends[buildings[0]] - sizes[0]) + np.arange(len(own))
    own.building = np.repeat(buildings, sizes)
    stream = np.random.Generator(np.random.Philox(key=[scenario.seed, rng.OWNER * 2**32 + compound]))
    own.is_low = stream.random(len(own)) < r.low_floor_share
    own.is_old = stream.random(len(own)) < r.old_share
    sigma2 = math.log(1 + r.area_cv**2)
    own.area = np.exp(math.sqrt(sigma2) * stream.standard_normal(len(own)) - sigma2 / 2)
    luck = stream.random(len(own))
    for low in (0, 1):
        for old in (0, 1):
            mean = r.support_mean - r.low_floor_gap * (low - r.low_floor_share) - r.old_gap * (old - r.old_share)
            mean = min(0.99, max(0.01, mean))
            share = stream.beta(r.support_concentration * mean, r.support_concentration * (1 - mean))
            of_kind = (own.is_low == low) & (own.is_old == old)
            own.supports[of_kind] = luck[of_kind] < share
    return own


def facilities_of(scenario: Scenario, people: dict[str, st.Rows], chosen: np.ndarray) -> dict[str, np.ndarray]:
    """Facilities of the communities `chosen`, their servers and counters."""
    c = scenario.shocks.convenience
    n_months = -(-scenario.days * 12 // 365) + 1
    places = np.flatnonzero(chosen) if c.enabled else np.zeros(0, np.int64)
    rows = st.blank(st.FACILITY, len(places))
    buildings, households = people["buildings"], people["households"]
    keys = _keys(scenario.seed, rng.FACILITIES, scenario.city.n_communities)
    first_server = 0
    for row, q in zip(rows, places, strict=False):
        own = np.flatnonzero(buildings.community == q)
        row.community, row.key, row.first_building, row.n_buildings = q, keys[q], own[0], len(own)
        row.first_household = buildings.first_household[own[0]]
        row.n_households = buildings.n_households[own].sum()
        row.first_server, row.n_staff = first_server, max(1, round(row.n_households / c.households_per_server))
        row.ses_low, row.ses_high = np.quantile(households.ses, (1 / 3, 2 / 3))
        first_server += int(row.n_staff) + c.volunteer_seats
    rows.month, rows.level = -1, c.first_level
    return {
        "facilities": rows, "servers": st.blank(st.SERVER, first_server),
        "facility_groups": np.zeros(max(1, len(places) * st.N_GROUPS * 3)),
        "facility_months": st.blank(st.FACILITY_MONTH, len(places) * n_months),
        "facility_users": np.zeros(len(households) if len(places) else 1, np.uint8),
        "channels": st.blank(st.CHANNEL_MONTH, 2 * n_months if scenario.shocks.dispute.enabled else 1),
    }  # fmt: skip
