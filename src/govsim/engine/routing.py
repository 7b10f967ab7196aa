"""Triage, finding the owner, and what happens on arrival there (3.7.4)."""

import numpy as np

from govsim.engine import rng
from govsim.engine.commitment import ask_round, clarity_of, whistle_due
from govsim.engine.compiled import kernel
from govsim.engine.feedback import community_of
from govsim.engine.gates import (
    add_package,
    ask_for_decision,
    department_station,
    open_gate,
    persuade,
    release_work,
    reserve_money,
    set_parties,
    subdistrict_station,
)
from govsim.engine.meetings import table_issue
from govsim.engine.moves import (
    MISROUTED,
    MONEY_SHORT,
    OWNER_FOUND_BY,
    PASSED_UP,
    TAKEN_IN,
    charge_for,
    note_move,
)
from govsim.engine.queues import schedule
from govsim.engine.state import (
    COORDINATING,
    DEADLINE_PASSED,
    GATE_F,
    GATE_I,
    GATE_J,
    GATE_P,
    GATED,
    KIND_TABLE,
    OWNER_FOUND,
    ROUTING,
    TRIAGING,
    WHISTLE,
    WORK,
)


@kernel
def hit_probability(w, i):
    """p_ok = p0 + (1 - p0) Cl, a tie to a department adding to clarity (3.7.4)."""
    p = w.p[0]
    return p.owner_guess_base + (1.0 - p.owner_guess_base) * clarity_of(w, i)


@kernel
def start_triage(w, i, t):
    """Intake by the community; wrong hops and upward transfers cost hours and days."""
    p = w.p[0]
    it = w.issues[i]
    a = w.arrivals[i]
    q = community_of(w, i)
    it.status = ROUTING
    note_move(w, i, t, TAKEN_IN, q, -1, 0.0)
    charge_for(w, i, t, q, TRIAGING, p.triage_hours)
    delay = 0.0
    it.hops = 0
    if int(it.n_departments) > 0:
        share = hit_probability(w, i)
        hops = 0
        while hops < 100 and rng.uniform(a.key, rng.HOP, hops) >= share:
            department = int(rng.uniform(a.key, rng.HOP_UNIT, hops) * 12.0)
            wrong = department_station(w, department, w.communities[q].subdistrict)
            lost = p.hop_delay * rng.exponential(a.key, rng.HOP_DELAY, hops)
            note_move(w, i, t, MISROUTED, wrong, hops, lost)
            charge_for(w, i, t, wrong, TRIAGING, p.rejection_hours)
            charge_for(w, i, t, q, TRIAGING, p.forwarding_hours)
            delay += lost
            hops += 1
        it.hops = hops
    tiers = max(0, w.kinds[a.type].authority - 2)
    it.tiers = tiers
    for tier in range(tiers):
        below = q if tier == 0 else subdistrict_station(w, i)
        lost = p.transfer_delay * rng.exponential(a.key, rng.TRANSFER, tier)
        note_move(w, i, t, PASSED_UP, below, tier, lost)
        charge_for(w, i, t, below, TRIAGING, p.forwarding_hours)
        delay += lost
    if delay > 0.0:
        schedule(w, t + delay, OWNER_FOUND, i, 0, i)
    else:
        owner_found(w, i, t)


@kernel
def add_departments(w, i):
    """A package for each department the issue needs: the first m of its list, lead first."""
    it = w.issues[i]
    a = w.arrivals[i]
    m = int(it.n_departments)
    upper = w.kind_tables[a.type * KIND_TABLE + 33]
    s = w.communities[community_of(w, i)].subdistrict
    for j in range(m - 1, -1, -1):
        department = int(w.kind_tables[a.type * KIND_TABLE + 8 + j])
        station = department_station(w, department, s)
        hours = upper / m * np.float64(it.hours)
        k = add_package(w, i, WORK, station, w.kinds[a.type].skill, hours, 2 + j)
        w.packages[k].department = department
        if w.kinds[a.type].listed == 1 and w.p[0].list_on == 1:
            w.packages[k].marks = 4
            w.stations[station].listed_open += 1.0


@kernel
def decider(w, i):
    """Who decides (ruling 13): a <= 2 community, 3 subdistrict, 4 lead department; 5 is tabled."""
    a = w.arrivals[i]
    authority = w.kinds[a.type].authority
    if authority <= 2:
        return community_of(w, i)
    if authority == 3 or int(w.issues[i].n_departments) == 0:
        return subdistrict_station(w, i)
    department = int(w.kind_tables[a.type * KIND_TABLE + 8])
    return department_station(w, department, w.communities[community_of(w, i)].subdistrict)


@kernel
def owner_found(w, i, t):
    """The right owner has the issue: packages are prepared and all its gates start together."""
    p = w.p[0]
    it = w.issues[i]
    a = w.arrivals[i]
    since = t - a.onset
    it.triaged = since
    it.jurisdiction = since
    it.power = since
    it.funds = since
    it.interests = since
    it.status = GATED
    flags = int(it.obstacles) & 15
    it.closed_gates = flags
    m = int(it.n_departments)
    if m > 0:
        add_departments(w, i)
        note_move(w, i, t, OWNER_FOUND_BY, w.packages[int(it.first_package)].station, flags, it.hours)
        if p.RV10_opening_hours > 0.0:
            charge_for(w, i, t, community_of(w, i), COORDINATING, p.RV10_opening_hours)
    else:
        note_move(w, i, t, OWNER_FOUND_BY, community_of(w, i), flags, it.hours)
    if w.kinds[a.type].listed == 1 and p.list_on == 1 and a.onset + w.kinds[a.type].deadline > t:
        due = a.onset + w.kinds[a.type].deadline
        schedule(w, due, DEADLINE_PASSED, i, 0, i)
    if flags == 0:
        release_work(w, i, t)
        return
    if flags & GATE_F:
        if reserve_money(w, i, t, 2, False, False):
            open_gate(w, i, GATE_F, t)
        else:
            note_move(w, i, t, MONEY_SHORT, -1, -1, it.fund)
            c = w.counters[0]
            if c.n_waiting < w.waiting.size:
                w.waiting[c.n_waiting] = i
                c.n_waiting += 1
            else:
                c.overflow = 1
    if flags & GATE_P and w.kinds[a.type].authority < 5:
        ask_for_decision(w, i, decider(w, i), 2, t)
    if flags & GATE_I:
        set_parties(w, i, t)
        persuade(w, i, t, 0.0)
    if flags & GATE_J:
        ask_round(w, i, t, 0.0)
    if p.RV2_enabled == 1 and whistle_due(w, i):
        schedule(w, t + p.RV2_starts, WHISTLE, i, 0, i)
    if it.status == GATED:
        table_issue(w, i, t, False)


