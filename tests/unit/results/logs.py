"""Synthetic runs: columns with a known history, drawn or written by hand."""

from __future__ import annotations

import numpy as np

from govsim.engine import state as st
from govsim.results.run import Run
from govsim.results.tally import Columns
from govsim.scenario.city import City
from govsim.scenario.scenario import Scenario

CITY = City.preset("demo")
NAN = float("nan")
GATES = {"jurisdiction": 1, "power": 2, "funds": 4, "interests": 8}
TIMES = (
    "voiced", "triaged", "jurisdiction", "power", "funds", "interests", "released", "started",
    "closed", "last_closed", "ended", "petitioned", "law", "attention", "satisfaction",
)  # fmt: skip


def records(dtype, n):
    return st.as_rows(np.zeros(n, dtype))


def issue_rows(n):
    """Rows of issues to which nothing has happened yet."""
    rows = records(st.ISSUE, n)
    for name in TIMES:
        rows[name] = NAN
    for name in ("state_180", "state_365", "pot", "hops"):
        rows[name] = -1
    rows["n_affected"] = 1
    rows["hours"] = 1.0
    return rows


def scenario(days, burn_in=None):
    return Scenario(city=CITY, days=days, burn_in_days=min(365, days) if burn_in is None else burn_in)


def make_run(issues, onsets, *, days=1095, burn_in=None, types=None, buildings=None, seed=0):
    """A run of the demo city with the issues given and random everything else."""
    asked = scenario(days, burn_in)
    n, g = len(issues), np.random.default_rng([7, seed])
    arrivals = records(st.ARRIVAL, n)
    arrivals["onset"] = onsets
    arrivals["key"] = g.integers(0, 2**64, n, dtype=np.uint64)
    arrivals["type"] = 0 if types is None else types
    arrivals["building"] = 0 if buildings is None else buildings
    tables = CITY.tables(1)
    n_communities, n_months = CITY.n_communities, -(-days * 12 // 365)
    stations = records(st.STATION, n_communities + 5)
    upper = (
        (st.SUBDISTRICT, 3, st.BY_SUBDISTRICTS),
        (st.DEPARTMENT, 4, st.BY_DEPARTMENTS),
        (st.LEADERS, 5, st.BY_LEADERS),
        (st.FIRM, 1, st.BY_FIRMS),
        (st.GRID, 2, st.BY_COMMUNITIES),
    )
    units = [(st.COMMUNITY, 2, st.BY_COMMUNITIES)] * n_communities + list(upper)
    stations["kind"], stations["level"], stations["payer"] = np.array(units).T
    for name in ("available", "paid", "served", "incurred", "offered", "queued_hours", "debt"):
        stations[name] = g.random(len(stations))
    daily = records(st.DAILY, days)
    for name in st.DAILY.names:
        whole = st.DAILY[name].kind == "i" or name == "overbooked"
        daily[name] = g.integers(0, 9, days) if whole else g.random(days)
    sittings = records(st.SITTING, days // 4)
    for name in st.SITTING.names:
        sittings[name] = g.integers(0, 9, len(sittings))
    sittings["day"] = np.arange(len(sittings)) * 4
    sittings["kind"] = g.integers(0, 5, len(sittings))
    columns = Columns(
        arrivals=arrivals,
        issues=issues,
        daily=daily,
        sittings=sittings,
        stations=stations,
        hours=g.random((len(stations), st.N_ACTIVITIES, n_months)),
        outside=g.random((len(st.PAYERS), st.N_ACTIVITIES, n_months)),
        funds=g.random((len(st.POTS), n_months, 2)),
        calendar=(np.arange(days) % 7 < 5).astype(np.int64),
        building_compound=tables.building_compound.astype(np.int64),
        compound_community=tables.compound_community.astype(np.int64),
        compound_type=tables.compound_type.astype(np.int64),
        compound_households=np.bincount(tables.building_compound, weights=tables.building_households).astype(np.int64),
        compound_status=tables.compound_ses + 0.001 * g.integers(0, 3, CITY.n_compounds),
        community_subdistrict=tables.community_subdistrict.astype(np.int64),
    )
    return Run(columns, asked)


def random_run(seed, n=400, days=1095, burn_in=None):
    """A run whose issues have drawn, consistent histories."""
    g = np.random.default_rng(seed)
    onsets = np.sort(g.random(n) * days)
    rows = issue_rows(n)
    for i in range(n):
        _live(rows[i], g, days - onsets[i])
    types = g.integers(0, len(scenario(days).demand.types), n)
    buildings = g.integers(0, CITY.n_buildings, n)
    run = make_run(rows, onsets, days=days, burn_in=burn_in, types=types, buildings=buildings, seed=seed)
    settled = [_states(r, h) for r, h in zip(rows, days - onsets, strict=True)]
    rows["state_180"], rows["state_365"] = np.array(settled).T
    return run


def _live(row, g, follow):
    """Draw a life: each step after the one before, cut when the run ends."""
    scale = float(g.choice([3.0, 30.0, 150.0]))
    row["obstacles"] = g.integers(0, 16)
    row["closed_gates"] = 0
    row["n_departments"] = g.integers(0, 4)
    row["n_affected"] = g.integers(1, 12)
    row["locus"] = g.integers(1, 5)
    row["severity"] = g.random()
    row["hours"] = g.exponential(5)
    row["hours_served"] = g.exponential(5)
    row["hours_perfunctory"] = row["hours_served"] * g.random()
    row["detected_by"] = g.integers(0, 3)
    row["ruled_by"] = g.integers(0, 32)
    for name in ("asks", "lapses", "contacts", "sittings", "retabled", "directives", "choices"):
        row[name] = g.integers(0, 4)
    leave = g.exponential(400) if g.random() < 0.4 else np.inf
    leave_status = st.EXITED if g.random() < 0.5 else st.LAPSED

    def step(t):
        return np.float32(t + g.exponential(scale))

    def ends_before(t):
        if t > min(leave, follow):
            if leave <= follow:
                row["ended"], row["status"] = leave, leave_status
            return True
        return False

    row["status"] = st.LATENT
    t = np.float32(0.0) if g.random() < 0.5 else step(0)
    if ends_before(t):
        return
    row["voiced"], row["status"], row["channel"] = t, st.ROUTING, g.integers(1, 5)
    if g.random() < 0.3:
        row["petitioned"], row["petitions"] = t, g.integers(1, 4)
    if g.random() < 0.2:
        row["law"], row["law_pending"] = t, g.integers(0, 2)
    t = step(t)
    if ends_before(t):
        return
    row["triaged"], row["status"], row["hops"] = t, st.GATED, g.integers(-1, 3)
    opened = t
    for name, bit in GATES.items():
        row[name] = row["triaged"]
        if row["obstacles"] & bit:
            at = step(row["triaged"])
            if at > min(leave, follow):
                row["closed_gates"] |= bit
            else:
                row[name] = at
            opened = max(opened, at)
    if ends_before(opened):
        return
    t = opened if g.random() < 0.8 else step(opened)
    if ends_before(t):
        return
    row["released"], row["status"] = t, st.WORKING
    t = step(t)
    if ends_before(t):
        return
    row["started"] = t
    t = step(t)
    if ends_before(t):
        return
    row["closed"] = row["last_closed"] = t
    row["satisfaction"], row["law_pending"] = g.random(), 0
    if g.random() < 0.6:
        row["status"] = st.RESOLVED
        return
    row["status"] = st.CLOSED
    if g.random() < 0.5:
        again = step(t)
        if again <= min(leave, follow):
            row["last_closed"], row["redo"] = again, 1
            if g.random() < 0.7:
                row["status"] = st.RESOLVED
                return
    ends_before(np.inf)


def _states(row, follow):
    """The states at 180 and 365 days, from the history (X2)."""
    return [_state_at(row, age) if follow >= age else -1 for age in (180, 365)]


def _state_at(row, age):
    happened = {n: row[n] < age for n in ("voiced", "closed", "last_closed", "ended", "petitioned")}
    if row["status"] == st.RESOLVED and happened["last_closed"]:
        return 0
    if happened["ended"]:
        if row["status"] == st.EXITED:
            return 7
        return 6 if happened["voiced"] else 5
    if happened["closed"]:
        return 1
    if not happened["voiced"]:
        return 5
    if row["law_pending"] > 0:
        return 4
    return 3 if happened["petitioned"] else 2
