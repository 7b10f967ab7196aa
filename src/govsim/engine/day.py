"""One day after another (3.3, V2). The order of events is the package's docstring."""

import math

import numpy as np

from govsim.engine import rng
from govsim.engine.arrivals import born
from govsim.engine.campaign import campaign_day
from govsim.engine.commitment import ask_round, may_whistle, memo_followed, whistle
from govsim.engine.compiled import kernel
from govsim.engine.disputes import note_month
from govsim.engine.effort import outcome_is_true, pressure_on
from govsim.engine.emergency import stand_watch
from govsim.engine.facility import open_facilities
from govsim.engine.feedback import (
    close_issue,
    community_of,
    household_of,
    road_fails,
    unlink_package,
)
from govsim.engine.gates import (
    add_package,
    ask_for_decision,
    end_of_contacts,
    find_package,
    hold_assembly,
    next_stage,
    open_gate,
    reserve_money,
    subdistrict_station,
)
from govsim.engine.grid import grid_hazard, grid_works
from govsim.engine.ledger import post_money, post_unit
from govsim.engine.links import check_memos, give_month, settle_pools
from govsim.engine.market import settle_fees
from govsim.engine.meetings import agenda_score, hold_meetings, table_issue
from govsim.engine.moves import (
    AROSE,
    AUDITED,
    DETECTED,
    DONE,
    DONE_WRONG,
    OVERDUE,
    QUEUED,
    charge_for,
    note_move,
    note_work,
)
from govsim.engine.orders import order_due, rank_units
from govsim.engine.own import run_components
from govsim.engine.queues import entity_of, give_event, give_package, heap_pop, heap_push, issue_of, kind_of, schedule
from govsim.engine.renovation import is_programme, keep_renovated, stage_ends
from govsim.engine.routing import decider, order_asked, owner_found, start_triage
from govsim.engine.service import (
    dispatch,
    enqueue,
    is_open,
    post_work,
    push_package,
    reclass,
    run_chunk,
    start_later,
    start_next,
)
from govsim.engine.staff import staff_leaves
from govsim.engine.state import (
    ASK_DUE,
    ATTENTION_ENDS,
    AUDIT_DUE,
    AUDIT_TASK,
    CHOICE_DUE,
    CLOSED,
    COMMUNITY,
    COMPLETE,
    DEADLINE_NEAR,
    DEADLINE_PASSED,
    DECISION_TASK,
    DEPARTMENT,
    DETECTION_DUE,
    EVENTS,
    FIRM,
    GATE_F,
    GATE_P,
    GATED,
    GRID,
    IDLING,
    INTERRUPTED,
    LATENT,
    LAW_CASE,
    LEADERS,
    MEDIATION,
    MEMO_DUE,
    MOVE_ROWS,
    NODES,
    ORDER_ASKED,
    ORDER_DUE,
    OWNER_FOUND,
    PACKAGES,
    PERSUASION,
    PETITION_DUE,
    PROGRAMME_DUE,
    QUARREL_NUMBER,
    QUEUE_DUE,
    READY,
    RESOLVED,
    ROAD_FAILS,
    SUBDISTRICT,
    TRIAGING,
    VIA_COMMUNITY,
    VISIT,
    WHISTLE,
    WORK,
    WORKING,
)
from govsim.engine.visits import plan_visits, visit
from govsim.engine.voice import (
    attention_over,
    dissent,
    end_of_quarrel,
    escalate,
    first_choice,
    law_decided,
    patience_over,
    petition_again,
    reopen,
    restart_patience,
    voice,
)
from govsim.engine.world import prefetch

_AHEAD = 8
"""How many issues ahead their rows are asked for."""


@kernel
def server_bit(kind, is_extra):
    """Who worked, as a bit of `served_by`."""
    if is_extra == 1:
        return 16
    if kind == COMMUNITY or kind == GRID:
        return 1
    if kind == SUBDISTRICT:
        return 2
    if kind == DEPARTMENT:
        return 4
    if kind == FIRM:
        return 8
    if kind == LEADERS:
        return 32
    return 64 if kind == MEDIATION else 128


@kernel
def end_of_work(w, k, t, bit):
    """A part of the work is done; the issue closes with its last part (fork-join)."""
    pk = w.packages[k]
    i = pk.issue
    it = w.issues[i]
    it.served_by = int(it.served_by) | bit
    it.locus = max(int(it.locus), w.stations[pk.station].level)
    if int(it.wrong) & 1:
        it.wrong = int(it.wrong) & 126
        pk.left = pk.hours
        pk.mode = 0
        pk.stage += 32
        pk.in_service = 0
        note_work(w, k, t, DONE_WRONG, bit // 16 % 2, 0.0)
        enqueue(w, k, t)
        return
    pk.done = 1
    pk.in_service = 0
    if is_programme(w, i):
        stage_ends(w, k, t)
    is_true = outcome_is_true(w, k)
    if not is_true:
        it.wrong = int(it.wrong) | 2
    note_work(w, k, t, DONE, bit // 16 % 2, 1.0 if is_true else 0.0)
    it.open_packages = int(it.open_packages) - 1
    if int(it.open_packages) == 0:
        close_issue(w, i, t)
        return
    if w.kinds[w.arrivals[i].type].serial == 1:
        following = next_stage(w, i)
        if following < 0:
            following = int(it.first_package)
            while following >= 0 and (w.packages[following].kind != WORK or w.packages[following].done == 1):
                following = w.packages[following].next
        if following >= 0 and w.packages[following].queued == 0 and w.packages[following].in_service == 0:
            enqueue(w, following, t)


@kernel
def end_of_package(w, k, t, bit):
    """What a finished package leads to."""
    pk = w.packages[k]
    i = pk.issue
    if i >= 0 and pk.kind != WORK:
        note_work(w, k, t, DONE, bit // 16 % 2, 1.0)
    if i < 0:
        give_package(w, k)
    elif pk.kind == WORK:
        end_of_work(w, k, t, bit)
    elif pk.kind == PERSUASION:
        if pk.number == QUARREL_NUMBER:
            end_of_quarrel(w, i, k)
        else:
            end_of_contacts(w, i, k, t)
    elif pk.kind == DECISION_TASK:
        unlink_package(w, i, k)
        if int(w.issues[i].closed_gates) & GATE_P:
            open_gate(w, i, GATE_P, t)
    elif pk.kind == AUDIT_TASK:
        unlink_package(w, i, k)
        if w.issues[i].status == CLOSED:
            note_move(w, i, t, AUDITED, subdistrict_station(w, i), -1, 0.0)
            reopen(w, i, t, True)
            if w.issues[i].status < CLOSED:
                restart_patience(w, i, t)
    elif pk.kind == LAW_CASE:
        law_decided(w, i, k, t)
    else:
        unlink_package(w, i, k)


@kernel
def chunk_done(w, n, t):
    """A worker's chunk is over: the rest of a long package goes back in line, a finished one counts."""
    wk = w.workers[n]
    k = wk.package
    s = wk.station
    wk.package = -1
    wk.done_at = math.inf
    pk = w.packages[k]
    if pk.left > 0.0 and pk.issue >= 0:
        pk.in_service = 0
        pk.queued = 1
        st = w.stations[s]
        st.queue_length += 1
        st.queued_hours += pk.left
        pk.release += w.p[0].chunk_max / 24.0
        push_package(w, k, pk.queue_class, pk.release)
        note_work(w, k, t, QUEUED, 0, pk.left)
    else:
        end_of_package(w, k, t, server_bit(w.stations[s].kind, wk.is_extra))
    dispatch(w, s, t)


@kernel
def interrupt(w, n, t, hours):
    """A reservation pre-empts a worker; the package in hand resumes after it (V2, T10).

    While desks are closed it only delays what the next window begins with.
    """
    wk = w.workers[n]
    s = wk.station
    st = w.stations[s]
    st.incurred += hours
    st.paid += hours
    st.used_today += hours
    start = max(t, wk.free_at)
    wk.free_at = start + hours / 24.0
    if wk.package >= 0 and is_open(w, s, t):
        end = w.counters[0].opening_time + st.window_today / 24.0
        today = max(0.0, min(wk.done_at, end) - start) * 24.0
        post_work(w, n, t, -today)
        run_chunk(w, n, wk.free_at, today + wk.carry)
    elif wk.package < 0 and st.queue_length > 0:
        start_later(w, n)


@kernel
def open_station(w, s, t):
    """The window opens: debt is paid first, from the first worker upward, then work resumes (ruling 4)."""
    p = w.p[0]
    st = w.stations[s]
    window = st.window
    if st.kind == DEPARTMENT:
        window *= 1.0 + p.pressure_hours * pressure_on(w, s)
    if p.desks_shocked == 1:
        window *= w.desk_share[st.kind * w.daily.size + w.counters[0].today]
    st.window_today = min(window, 24.0 - p.opening_hour)
    st.available += st.window_today * st.n_workers
    st.available_today = st.window_today * st.n_workers
    st.used_today = 0.0
    if st.kind == GRID:
        grid_works(w, s)
    for n in range(st.first_worker, st.first_worker + st.n_workers):
        wk = w.workers[n]
        paid = min(st.debt, st.window_today)
        st.debt -= paid
        st.paid += paid
        st.used_today += paid
        wk.free_at = max(wk.free_at, t)
        wk.free_at += paid / 24.0
        if wk.package >= 0 and wk.carry > 0.0:
            run_chunk(w, n, wk.free_at, wk.carry)
    if st.debt > 1e-9:
        st.overdrawn += 1.0
        w.daily[w.counters[0].today].overbooked += 1.0
    if st.debt < 1e-12:
        st.debt = 0.0
    if st.kind == COMMUNITY:
        open_pool(w, s, t)
    if st.queue_length > 0:
        dispatch(w, s, t)


@kernel
def open_pool(w, s, t):
    """Today's share of the month's offered hours, worked by as many extra hands as it takes."""
    p = w.p[0]
    st = w.stations[s]
    q = st.area
    days = max(1.0, w.counters[0].workdays_left * 1.0)
    total = 0.0
    for skill in range(8):
        w.pool_today[q * 8 + skill] = w.pool[q * 8 + skill] / days
        total += w.pool_today[q * 8 + skill]
    hands = 0
    if total > 1e-9:
        hands = min(p.n_extra_max, math.ceil(total / max(st.window_today, 1.0)))
    first = st.first_worker + st.n_workers
    for n in range(first, first + p.n_extra_max):
        wk = w.workers[n]
        wk.free_at = t
        if wk.package >= 0 and wk.carry > 0.0:
            run_chunk(w, n, t, wk.carry)
    st.n_extra = max(hands, 0)


@kernel
def arrive(w, t):
    """The next exogenous issue arises and its household chooses."""
    c = w.counters[0]
    i = c.next_arrival
    c.next_arrival = i + 1
    if i + 2 * _AHEAD < c.n_issues:
        prefetch(w.buildings, int(w.arrivals[i + 2 * _AHEAD].building))
        prefetch(w.households, household_of(w, i + _AHEAD))
    born(w, i)
    q = w.communities[community_of(w, i)]
    w.issues[i].next_in_community = q.open_head
    q.open_head = i
    q.open_issues += 1.0
    w.daily[c.today].arrived += 1
    note_move(w, i, t, AROSE, -1, -1, w.issues[i].severity)
    first_choice(w, i, t)
    if w.issues[i].status == LATENT and c.mechanism_on == 1 and w.p[0].patrols == 1:
        watch(w, i, t)


@kernel
def watch(w, i, t):
    """L3, RV3: stewards or grid staff find an unvoiced issue at a hazard that is constant within a month.

    Waiting times have no memory, so a keyed exponential drawn afresh each month is the same law as one
    cumulative hazard (ruling 26). Either it falls in this month, or the issue is looked at again. Who comes first finds it:
    1 stewards, 3 grid staff, 0 nobody this month.
    """
    c = w.counters[0]
    rate = w.buildings[w.arrivals[i].building].hazard_rate
    month_end = math.ceil((c.month + 1) * 365.0 / 12.0)
    due = math.inf
    finder = 1
    if rate > 0.0:
        due = t + rng.exponential(w.arrivals[i].key, rng.DETECTION, c.month) / rate
    if w.p[0].RV3_enabled == 1:
        rate = grid_hazard(w, community_of(w, i))
        if rate > 0.0:
            found = t + rng.exponential(w.arrivals[i].key, rng.GRID_DETECTION, c.month) / rate
            if found < due:
                due = found
                finder = 3
    if due >= month_end:
        finder = 0
    schedule(w, min(due, month_end), DETECTION_DUE, i, 4 * int(w.issues[i].version) + finder, i)


@kernel
def detect(w, i, finder, t):
    """Stewards or grid staff tell the community of an issue nobody has voiced; some reports are spurious (3.7.2)."""
    p = w.p[0]
    it = w.issues[i]
    w.daily[w.counters[0].today].detected += 1
    it.detected_by = finder
    share = p.RV3_false_positive_share if finder == 3 else p.L3_false_positive_share
    is_spurious = rng.uniform(w.arrivals[i].key, rng.FALSE_POSITIVE, 0) < share
    note_move(w, i, t, DETECTED, w.grids[community_of(w, i)] if finder == 3 else -1, -1, 1.0 if is_spurious else 0.0)
    if is_spurious:
        w.daily[w.counters[0].today].spurious += 1
        charge_for(w, i, t, community_of(w, i), TRIAGING, p.triage_hours)
    voice(w, i, t, VIA_COMMUNITY)
    start_triage(w, i, t)
    if it.status < CLOSED:
        restart_patience(w, i, t)


@kernel
def audit_due(w, i, t):
    """The level above checks a closed ticket; what it finds it reopens (ruling 14)."""
    p = w.p[0]
    if w.issues[i].status != CLOSED:
        return
    if p.audit_hours <= 0.0:
        note_move(w, i, t, AUDITED, subdistrict_station(w, i), -1, 0.0)
        reopen(w, i, t, True)
        if w.issues[i].status < CLOSED:
            restart_patience(w, i, t)
        return
    enqueue(w, add_package(w, i, AUDIT_TASK, subdistrict_station(w, i), 5, p.audit_hours, 12), t)


@kernel
def deadline_passed(w, i, t):
    """A listed issue is overdue: it counts in the pressure on the units that list it (L4)."""
    if w.issues[i].status < CLOSED:
        note_move(w, i, t, OVERDUE, -1, -1, 0.0)
    k = int(w.issues[i].first_package)
    while k >= 0:
        pk = w.packages[k]
        if pk.marks & 4 and pk.marks & 8 == 0:
            pk.marks = pk.marks | 8
            w.stations[pk.station].listed_overdue += 1.0
        k = pk.next


@kernel
def handle_issue(w, kind, i, version, t):
    """Events of an issue."""
    it = w.issues[i]
    if kind == CHOICE_DUE:
        if version == int(it.version) and it.status <= CLOSED:
            patience_over(w, i, t)
    elif kind == OWNER_FOUND:
        if it.status < GATED and it.status > LATENT:
            owner_found(w, i, t)
    elif kind == ASK_DUE:
        if it.status == GATED:
            ask_round(w, i, t, w.p[0].ask_interval)
    elif kind == AUDIT_DUE:
        if version == int(it.version):
            audit_due(w, i, t)
    elif kind == PETITION_DUE:
        if version == int(it.petitions):
            petition_again(w, i, t)
    elif kind == ATTENTION_ENDS:
        age = t - w.arrivals[i].onset - np.float64(it.attention)
        if it.status < CLOSED and age > w.p[0].attention_half_life - 1e-3:
            attention_over(w, i, t)
    elif kind == DETECTION_DUE:
        if version // 4 == int(it.version) and it.status == LATENT and w.p[0].patrols == 1:
            finder = version % 4
            if (finder == 1 and w.p[0].L3_steward_hours > 0.0) or (finder == 3 and w.p[0].RV3_enabled == 1):
                detect(w, i, finder, t)
            else:
                watch(w, i, t)
    elif kind == DEADLINE_PASSED:
        deadline_passed(w, i, t)
    elif kind == WHISTLE:
        if version == w.counters[0].whistles_since:
            whistle(w, i, t)
    elif kind == ROAD_FAILS:
        if version == int(it.version) and it.status == RESOLVED:
            road_fails(w, i, t)
    elif kind == ORDER_ASKED:
        order_asked(w, i, t)
    elif kind == ORDER_DUE:
        if w.p[0].RV1_enabled == 1 and version == int(w.orders[i].number):
            order_due(w, i, agenda_score(w, i))
    elif kind == PROGRAMME_DUE:
        if it.status == GATED:
            hold_assembly(w, i, t)
        elif it.status == WORKING:
            dissent(w, i, t)


@kernel
def handle(w, kind, entity, version, t):
    """Whatever happens next."""
    if kind == COMPLETE:
        if version == w.workers[entity].version:
            chunk_done(w, entity, t)
    elif kind == READY:
        wk = w.workers[entity]
        if wk.package < 0 and wk.free_at <= t and is_open(w, wk.station, t):
            start_next(w, entity, t)
    elif kind == QUEUE_DUE:
        if version == w.packages[entity].version:
            enqueue(w, entity, t)
    elif kind == DEADLINE_NEAR:
        if version == w.packages[entity].version:
            reclass(w, entity, t)
    elif kind == MEMO_DUE:
        if version == w.packages[entity].version:
            memo_followed(w, entity, t)
    elif kind == INTERRUPTED:
        interrupt(w, w.stations[w.interruptions[entity].community].first_worker, t, w.interruptions[entity].hours)
    elif kind == VISIT:
        if w.p[0].E1_visits > 0.0:
            visit(w, entity, version, t)
    else:
        handle_issue(w, kind, entity, version, t)


@kernel
def look_ahead(w):
    """Ask for the rows that one more event of the next slot will read, so that they come near meanwhile.

    Each row leads to the next: event, issue, building, household and first package. They are asked for one step after
    another, as events follow each other along the slot's chain.
    """
    c = w.counters[0]
    if c.ahead_place >= 0:
        prefetch(w.packages, int(w.issues[c.ahead_place].first_package))
        prefetch(w.households, household_of(w, c.ahead_place))
    c.ahead_place = c.ahead_issue
    if c.ahead_issue >= 0:
        prefetch(w.buildings, int(w.arrivals[c.ahead_issue].building))
    c.ahead_issue = -1
    if c.ahead_event >= 0:
        event = w.events[c.ahead_event]
        i = issue_of(event)
        if i < c.next_arrival:
            c.ahead_issue = i
            prefetch(w.arrivals, i)
            prefetch(w.issues, i)
        c.ahead_event = event.next
        prefetch(w.events, c.ahead_event)


@kernel
def is_stale(w, event):
    """Whether what an event was to bring has been overtaken for good: versions only grow."""
    kind = kind_of(event)
    if kind == CHOICE_DUE:
        return event.version != int(w.issues[entity_of(event)].version)
    if kind == DETECTION_DUE:
        return event.version // 4 != int(w.issues[entity_of(event)].version)
    return kind == DEADLINE_NEAR and event.version != w.packages[entity_of(event)].version


@kernel
def open_bucket(w, slot):
    """Move a slot's events into the heap, but for stale ones."""
    c = w.counters[0]
    while c.ahead_event >= 0 or c.ahead_issue >= 0 or c.ahead_place >= 0:
        look_ahead(w)
    e = int(w.buckets[slot])
    w.buckets[slot] = -1
    while e >= 0:
        following = int(w.events[e].next)
        if is_stale(w, w.events[e]):
            give_event(w, e)
        else:
            heap_push(w, w.events[e].time, w.events[e].tie, e)
        e = following
    if slot + 1 < w.buckets.size:
        c.ahead_event = w.buckets[slot + 1]


@kernel
def next_due(w, limit):
    """Time of the next event before `limit`, or infinity; opens the buckets on the way."""
    c = w.counters[0]
    while c.heap_size == 0:
        if c.slot + 1 > limit * c.slots_per_day or c.slot + 1 >= w.buckets.size:
            return math.inf
        c.slot += 1
        open_bucket(w, c.slot)
    return w.heap[0].time


@kernel
def run_until(w, limit):
    """Handle arrivals and events in order of time, up to but not at `limit`."""
    c = w.counters[0]
    while True:
        due = next_due(w, limit)
        onset = w.arrivals[c.next_arrival].onset if c.next_arrival < c.n_issues else math.inf
        if onset <= due:
            if onset >= limit:
                return
            arrive(w, onset)
            look_ahead(w)
            continue
        if due >= limit:
            return
        e = heap_pop(w)
        event = w.events[e]
        kind = kind_of(event)
        entity = entity_of(event)
        version = int(event.version)
        give_event(w, e)
        c.n_processed += 1
        look_ahead(w)
        handle(w, kind, entity, version, due)


@kernel
def gossip(w):
    """Monthly: C <- (1 - w) C + w M for every building and belief (ruling 27)."""
    p = w.p[0]
    c = w.counters[0]
    stay = 1.0 - p.belief_gossip
    keep = 1.0 - p.trust_gossip
    for n in range(w.buildings.size):
        b = w.buildings[n]
        b.offset_community = stay * b.offset_community + p.belief_gossip * b.mean_community
        b.offset_petition = stay * b.offset_petition + p.belief_gossip * b.mean_petition
        b.offset_law = stay * b.offset_law + p.belief_gossip * b.mean_law
        b.offset_trust_community = keep * b.offset_trust_community + p.trust_gossip * b.mean_trust_community
        b.offset_trust_city = keep * b.offset_trust_city + p.trust_gossip * b.mean_trust_city
    for n in range(w.hotline_beliefs.size):
        felt = w.hotline_beliefs[n]
        felt.offset_hotline = stay * felt.offset_hotline + p.belief_gossip * felt.mean_hotline
    c.belief_scale *= stay
    c.trust_scale *= keep


@kernel
def forget(w):
    """Monthly decay of case memory, pairing clarity and ties (ruling 36)."""
    p = w.p[0]
    for n in range(w.memory.size):
        w.memory[n] *= 1.0 - p.memory_forgetting
    for n in range(w.ties.size):
        w.ties[n] *= 1.0 - p.tie_decay
    for q in range(p.n_communities):
        w.communities[q].pairing_clarity *= 1.0 - p.memory_forgetting


@kernel
def fill_pots(w):
    """Monthly inflow of the compound, community and subdistrict pots (ruling 12), and the fees that households pay their firms."""
    p = w.p[0]
    total = 0.0
    payers = 0.0
    for x in range(p.n_compounds):
        w.compounds[x].money += w.compounds[x].inflow / 12.0
        total += w.compounds[x].inflow / 12.0
        payers += w.compounds[x].fee * w.compounds[x].n_households
    post_money(w, 0, 0, total)
    post_money(w, 5, 0, payers * p.property_fee / 1000.0)
    post_money(w, 5, 1, payers * p.property_fee / 1000.0)
    total = 0.0
    for q in range(p.n_communities):
        w.communities[q].money += w.communities[q].inflow / 12.0
        total += w.communities[q].inflow / 12.0
    post_money(w, 1, 0, total)
    total = 0.0
    for s in range(p.n_subdistricts):
        w.subdistricts[s].money += w.subdistricts[s].inflow / 12.0
        total += w.subdistricts[s].inflow / 12.0
    post_money(w, 2, 0, total)


@kernel
def serve_waiters(w, t, with_city):
    """Waiting issues try the pots again in order of age: first fit, skipping what does not fit."""
    c = w.counters[0]
    kept = 0
    for n in range(c.n_waiting):
        i = int(w.waiting[n])
        it = w.issues[i]
        if it.status != GATED or int(it.closed_gates) & GATE_F == 0:
            continue
        if reserve_money(w, i, t, 2, with_city, False):
            open_gate(w, i, GATE_F, t)
        else:
            w.waiting[kept] = i
            kept += 1
    c.n_waiting = kept


@kernel
def start_month(w, t):
    """Everything that happens once a month, at its first moment."""
    c = w.counters[0]
    month = c.month
    gossip(w)
    forget(w)
    fill_pots(w)
    if w.p[0].RV5_enabled == 1:
        settle_fees(w, t)
    serve_waiters(w, t, False)
    if month % 3 == 0:
        for q in range(w.p[0].n_communities):
            community = w.communities[q]
            community.confirmed_last = community.confirmed
            community.confirmed = 0.0
            community.petitions = 0.0
        if c.mechanism_on == 1 and w.p[0].E1_visits > 0.0:
            plan_visits(w, month // 3)
    if w.p[0].RV1_enabled == 1:
        rank_units(w)
        escalate(w, t)
    check_memos(w)
    if w.p[0].turnover_hazard > 0.0:
        staff_leaves(w, t)
    give_month(w)
    if w.p[0].n_own > 0:
        run_components(w)
    if w.p[0].renovation_enabled == 1:
        keep_renovated(w)
    if w.p[0].dispute_place >= 0:
        note_month(w)


@kernel
def start_day(w, day):
    """Calendar: workday, month, budget windows (3.3 stage 1)."""
    p = w.p[0]
    c = w.counters[0]
    c.today = day
    c.is_workday = w.calendar[day]
    c.desks_open = 0
    c.opening_time = day + p.opening_hour / 24.0
    month = (day * 12) // 365
    if month != c.month:
        if c.month >= 0:
            settle_pools(w)
        c.month = month
        c.workdays_left = 0
        n = day
        while n < w.calendar.size and (n * 12) // 365 == month:
            c.workdays_left += w.calendar[n]
            n += 1
        start_month(w, day * 1.0)
    if day % 365 == 15 or day % 365 == 196:
        c.money_city += c.inflow_city / 2.0
        post_money(w, 3, 0, c.inflow_city / 2.0)
        serve_waiters(w, day * 1.0, True)
    if p.emergency_enabled == 1:
        stand_watch(w, day)
    if p.RV8_enabled == 1:
        campaign_day(w, day)


@kernel
def record_day(w):
    """The daily row (3.3 stage 13)."""
    c = w.counters[0]
    p = w.p[0]
    row = w.daily[c.today]
    for s in range(w.stations.size):
        if c.is_workday == 1:
            post_unit(w, s, IDLING, max(0.0, w.stations[s].available_today - w.stations[s].used_today))
        row.queued_hours += w.stations[s].queued_hours
        row.debt_hours += w.stations[s].debt
    row.trust_community = c.sum_trust_community / p.n_households
    row.trust_city = c.sum_trust_city / p.n_households
    row.expectation = c.sum_expectation / p.n_households


@kernel
def advance(w, first, last):
    """Run days `first` to `last` - 1; stops early, at a day's start, when a pool runs low.

    Returns the day reached.
    """
    c = w.counters[0]
    for day in range(first, last):
        if (
            w.pools[EVENTS].live * 3 > w.events.size * 2
            or w.pools[PACKAGES].live * 3 > w.packages.size * 2
            or w.pools[NODES].live * 3 > w.nodes.size * 2
            or w.pools[MOVE_ROWS].live * 3 > w.moves.size * 2
            or c.n_waiting * 3 > w.waiting.size * 2
            or c.overflow == 1
            or w.faults[0] > 0.0
        ):
            return day
        start_day(w, day)
        if c.is_workday == 1:
            run_until(w, c.opening_time)
            hold_meetings(w, c.opening_time)
            for s in range(w.stations.size):
                open_station(w, s, c.opening_time)
            c.desks_open = 1
        if w.p[0].convenience_enabled == 1:
            open_facilities(w, day)
        run_until(w, day + 1.0)
        if c.is_workday == 1:
            c.workdays_left -= 1
        record_day(w)
    if last == w.daily.size:
        settle_pools(w)
    return last


@kernel
def decide_lower(w, i, t):
    """What waited for the executive route and is delegated now (RV7) becomes a decision of the lower desk."""
    if int(w.issues[i].closed_gates) & GATE_P and w.kinds[w.arrivals[i].type].authority < 5:
        if find_package(w, i, DECISION_TASK) < 0:
            ask_for_decision(w, i, decider(w, i), 2, t)


@kernel
def table_all(w, t, is_watched, is_whistled):
    """When a mechanism starts, what waits at gates is tabled in its new forums and, if asked, whistled for; if asked, what is
    unvoiced is watched.
    """
    for i in range(w.counters[0].next_arrival):
        if w.issues[i].status == GATED:
            table_issue(w, i, t, True)
            decide_lower(w, i, t)
            if is_whistled and may_whistle(w, i):
                due = w.arrivals[i].onset + np.float64(w.issues[i].triaged) + w.p[0].RV2_starts
                schedule(w, max(due, t + w.p[0].RV2_response_days), WHISTLE, i, w.counters[0].whistles_since, i)
        elif w.issues[i].status == LATENT and is_watched:
            watch(w, i, t)
    for f in range(w.forums.size):
        w.forums[f].is_new = 0
