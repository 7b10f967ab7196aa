"""Triage, finding the owner, and what happens on arrival there (3.7.4)."""

import numpy as np

from govsim.engine import rng
from govsim.engine.commitment import ask, ask_round, clarity_of, mark_directive, may_whistle, request_authority, settle_jurisdiction
from govsim.engine.compiled import kernel
from govsim.engine.feedback import become_known, community_of
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
    ASSIGNED_TO,
    MISROUTED,
    MONEY_SHORT,
    OWNER_FOUND_BY,
    PASSED_UP,
    RETURNED,
    TAKEN_IN,
    charge_for,
    note_move,
)
from govsim.engine.orders import has_order, lead_department, take_seat
from govsim.engine.queues import schedule
from govsim.engine.state import (
    ASSIGNED,
    COORDINATING,
    DEADLINE_PASSED,
    GATE_F,
    GATE_I,
    GATE_J,
    GATE_P,
    GATED,
    KIND_TABLE,
    NO_PROMISE,
    ORDER_ASKED,
    OWNER_FOUND,
    TO_ORDER,
    TRIAGING,
    WHISTLE,
    WORK,
)


@kernel
def hit_probability(w, i):
    """p_ok = p0 + (1 - p0) Cl, the closest tie to a department one more source of clarity (3.7.4)."""
    p = w.p[0]
    q = community_of(w, i)
    tie = 0.0
    for department in range(12):
        tie = max(tie, w.ties[12 * q + department])
    clarity = min(p.clarity_max, 1.0 - (1.0 - clarity_of(w, i)) * (1.0 - tie))
    return p.owner_guess_base + (1.0 - p.owner_guess_base) * clarity


@kernel
def handed_up_by(w, i, tier):
    """Who passes an issue up from a tier: the community, the subdistrict, then the lead department (3.7.4)."""
    if tier == 0:
        return community_of(w, i)
    if tier == 1 or int(w.issues[i].n_departments) == 0:
        return subdistrict_station(w, i)
    return lead_station(w, i)


@kernel
def lead_station(w, i):
    """The desk of the lead department, where one is needed."""
    return department_station(w, lead_department(w, i), w.communities[community_of(w, i)].subdistrict)


@kernel
def start_triage(w, i, t):
    """Intake by the community; wrong hops and upward transfers cost hours and days."""
    p = w.p[0]
    it = w.issues[i]
    a = w.arrivals[i]
    q = community_of(w, i)
    become_known(w, i)
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
        below = handed_up_by(w, i, tier)
        lost = p.transfer_delay * rng.exponential(a.key, rng.TRANSFER, tier)
        note_move(w, i, t, PASSED_UP, below, tier, lost)
        charge_for(w, i, t, below, TRIAGING, p.forwarding_hours)
        delay += lost
    if delay > 0.0:
        schedule(w, t + delay, OWNER_FOUND, i, 0, i)
    else:
        owner_found(w, i, t)


@kernel
def dispatch_probability(w, i):
    """Accuracy of central dispatch: 1 - (1 - p_disp) times what lists, memory and pairing leave unclear; p_disp without them (3.7.18)."""
    p = w.p[0]
    unclear = min(1.0, (1.0 - clarity_of(w, i)) / max(1.0 - p.directory_clarity, 1e-9))
    return 1.0 - (1.0 - p.RV1_accuracy) * unclear


@kernel
def order_owner(w, i):
    """The unit an order belongs to: the lead department, else the community, or the subdistrict from authority 3 up."""
    department = lead_department(w, i)
    if department >= 0:
        return department_station(w, department, w.communities[community_of(w, i)].subdistrict)
    return subdistrict_station(w, i) if w.kinds[w.arrivals[i].type].authority >= 3 else community_of(w, i)


@kernel
def return_order(w, i, station, t):
    """A unit sends an order back: it says why, and a seat sends it on."""
    p = w.p[0]
    charge_for(w, i, t, station, TRIAGING, p.rejection_hours)
    take_seat(w, t, TRIAGING, p.forwarding_hours)


@kernel
def dispatch_order(w, i, t, answered):
    """Central dispatch (RV1): straight to the owner, who triages it; what is not theirs comes back, the last time it stays.

    After `returns_max` returns whoever gets it keeps it: if that is the wrong unit, the wrong work is done first (W8).
    """
    p = w.p[0]
    it = w.issues[i]
    a = w.arrivals[i]
    order = w.orders[i]
    become_known(w, i)
    share = dispatch_probability(w, i)
    delay = answered - t
    n = 0
    is_right = rng.uniform(a.key, rng.HOP, 0) < share
    while not is_right and n < p.RV1_returns_max:
        department = int(rng.uniform(a.key, rng.HOP_UNIT, n) * 12.0)
        wrong = department_station(w, department, w.communities[community_of(w, i)].subdistrict)
        lost = p.hop_delay * rng.exponential(a.key, rng.HOP_DELAY, n)
        note_move(w, i, t, MISROUTED, wrong, n, lost)
        return_order(w, i, wrong, t)
        delay += lost
        n += 1
        is_right = rng.uniform(a.key, rng.HOP, n) < share
    order.returns = n
    it.hops = n
    if not is_right:
        it.wrong = int(it.wrong) | 1
    owner = order_owner(w, i)
    note_move(w, i, t, TAKEN_IN, owner, -1, 0.0)
    charge_for(w, i, t, owner, TRIAGING, p.triage_hours)
    tiers = max(0, w.kinds[a.type].authority - w.stations[owner].level)
    it.tiers = tiers
    for tier in range(tiers):
        lost = p.transfer_delay * rng.exponential(a.key, rng.TRANSFER, tier)
        note_move(w, i, t, PASSED_UP, owner, tier, lost)
        charge_for(w, i, t, owner, TRIAGING, p.forwarding_hours)
        delay += lost
    schedule(w, t + delay, OWNER_FOUND, i, 0, i)


@kernel
def lead_package(w, i):
    """The part of the department that leads, or -1."""
    department = lead_department(w, i)
    k = int(w.issues[i].first_package)
    while k >= 0 and (w.packages[k].kind != WORK or w.packages[k].department != department):
        k = w.packages[k].next
    return k if department >= 0 else -1


@kernel
def lead_answers(w, i, t):
    """A lead that has not promised returns the order, and gets it again; after the last return it is assigned by force (W8).

    That opens gate J where no other department is needed; the others are asked in rounds, by order. An assignment
    does not lapse.
    """
    p = w.p[0]
    it = w.issues[i]
    if it.status != GATED or int(it.closed_gates) & GATE_J == 0:
        return
    k = lead_package(w, i)
    if k < 0 or w.packages[k].committed != NO_PROMISE:
        return
    order = w.orders[i]
    if int(order.returns) >= p.RV1_returns_max:
        w.packages[k].committed = ASSIGNED
        order.assigned = 1
        w.daily[w.counters[0].today].assigned += 1
        note_move(w, i, t, ASSIGNED_TO, w.packages[k].station, -1, 0.0)
        settle_jurisdiction(w, i, t)
        return
    order.returns += 1
    it.hops = min(int(it.hops) + 1, 120)
    wait = p.hop_delay * rng.exponential(w.arrivals[i].key, rng.HOP_DELAY, 1000 + int(order.returns))
    note_move(w, i, t, RETURNED, w.packages[k].station, int(order.returns), wait)
    return_order(w, i, w.packages[k].station, t)
    schedule(w, t + wait, ORDER_ASKED, i, 0, i)


@kernel
def order_asked(w, i, t):
    """An order reaches the lead of an issue that waits at gate J: it is asked with A = .4 unless it has to be assigned."""
    p = w.p[0]
    it = w.issues[i]
    if p.RV1_enabled == 0 or not has_order(w, i) or it.status != GATED or int(it.closed_gates) & GATE_J == 0:
        return
    k = lead_package(w, i)
    if k >= 0 and w.packages[k].committed == NO_PROMISE and int(w.orders[i].returns) < p.RV1_returns_max:
        take_seat(w, t, COORDINATING, p.asking_hours)
        charge_for(w, i, t, w.packages[k].station, COORDINATING, p.answering_hours)
        ask(w, i, k, request_authority(w, i, 0.0, t), TO_ORDER, t)
        settle_jurisdiction(w, i, t)
    lead_answers(w, i, t)


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
    return lead_station(w, i)


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
    has_attention = np.float64(it.attention) >= 0.0
    if has_attention:
        mark_directive(w, i, t)
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
    if flags & GATE_P and has_attention:
        ask_for_decision(w, i, p.station_leaders, 0, t)
    elif flags & GATE_P and w.kinds[a.type].authority < 5:
        ask_for_decision(w, i, decider(w, i), 2, t)
    if flags & GATE_I:
        set_parties(w, i, t)
        persuade(w, i, t, 0.0)
    if flags & GATE_J:
        ask_round(w, i, t, 0.0)
        if p.RV1_enabled == 1 and has_order(w, i):
            lead_answers(w, i, t)
    if p.RV2_enabled == 1 and may_whistle(w, i):
        schedule(w, t + p.RV2_starts, WHISTLE, i, w.counters[0].whistles_since, i)
    if it.status == GATED:
        table_issue(w, i, t, False)
