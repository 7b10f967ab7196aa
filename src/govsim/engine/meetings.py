"""Joint meetings of the axis and the routine executive route (3.7.9, 3.8 A1-A5; rulings 20, 21, 29, V3).

A meeting only rules: it asks present units to commit (J), decides what its level may (P), reserves
money in the pots it controls (F), or holds a session with residents (I). It costs every attendee's
employer the sitting and the way, the proposer the preparation, the host the minutes.
"""

import math

import numpy as np

from govsim.engine import rng
from govsim.engine.commitment import ask, request_authority, send_memo, settle_jurisdiction, summon
from govsim.engine.compiled import kernel
from govsim.engine.feedback import add_memo, community_of
from govsim.engine.gates import (
    call_assembly,
    contact_hours_of,
    department_station,
    open_gate,
    persuasion_share,
    reserve_money,
    talk_to_owners,
)
from govsim.engine.ledger import charge, post_outside
from govsim.engine.moves import (
    CHARGED,
    CONTACTED,
    PUT_OFF,
    RULED,
    SAT,
    SUPPORT_COUNTED,
    TABLED,
    charge_for,
    note_move,
)
from govsim.engine.queues import give_row, merge, next_node, queue_pop, queue_push
from govsim.engine.renovation import is_programme
from govsim.engine.rules import AGENDA_SCORE, ruled
from govsim.engine.state import (
    A1,
    A2,
    A3,
    A4,
    BY_LEADERS,
    BY_ORGANISATIONS,
    BY_PART_TIME,
    BY_RESIDENTS,
    CEREMONIAL,
    COORDINATING,
    EXECUTIVE,
    GATE_F,
    GATE_I,
    GATE_J,
    GATE_P,
    GATED,
    MEETING,
    NODES,
    PERSUADING,
    PREPARING,
    WORK,
)
from govsim.engine.world import prefetch

_DEPARTMENTS = 1000
"""Numbers of the departments' liaisons, above any seat of a roster."""


@kernel
def forum_of(w, kind, i):
    """Index of the forum of a kind that covers an issue, or -1 when there is none."""
    p = w.p[0]
    x = w.buildings[w.arrivals[i].building].compound
    q = w.compounds[x].community
    if kind == EXECUTIVE:
        return 0
    if kind == A1 and p.forum_A1 >= 0:
        return p.forum_A1 + (w.communities[q].subdistrict * p.n_panels) // p.n_subdistricts
    if kind == A2 and p.forum_A2 >= 0:
        return p.forum_A2 + w.communities[q].subdistrict
    if kind == A3 and p.forum_A3 >= 0:
        return p.forum_A3 + q
    if kind == A4 and p.forum_A4 >= 0:
        return p.forum_A4 + x
    return -1


@kernel
def times_put_off(it, kind):
    """How often a joint meeting of this kind put an issue off since it came there, 7 for more: three bits of `put_off` a kind."""
    return int(it.put_off) >> (3 * (kind - 1)) & 7


@kernel
def set_put_off(it, kind, n):
    """Keep how often a joint meeting of this kind put an issue off."""
    place = 3 * (kind - 1)
    it.put_off = int(it.put_off) & ~(7 << place) | n << place


@kernel
def was_passed_up(it, kind):
    """Whether a lower meeting passed an issue up to one of this kind: the last bits of `put_off`."""
    return kind > EXECUTIVE and int(it.put_off) >> (11 + kind) & 1 == 1


@kernel
def in_remit(w, kind, i):
    """Gates of an issue that a forum of this kind may deal with (function flags S12, ruling 13), more once it was passed up to it."""
    it = w.issues[i]
    passed_up = was_passed_up(it, kind)
    closed = int(it.closed_gates)
    authority = w.kinds[w.arrivals[i].type].authority
    m = int(it.n_departments)
    remit = 0
    if kind == EXECUTIVE:
        return closed & GATE_P if authority == 5 else 0
    if kind == A1:
        remit = GATE_F | (GATE_P if authority >= 4 else 0) | (GATE_J if m >= 3 or passed_up else 0)
    elif kind == A2:
        remit = GATE_F | (GATE_P if authority <= 3 else 0) | (GATE_J if m >= 2 or passed_up else 0)
    elif kind == A3:
        remit = GATE_F | (GATE_P if authority <= 2 else 0) | (GATE_J if m <= 1 else 0)
    else:
        remit = GATE_I
    return closed & remit


@kernel
def agenda_score(w, i):
    """What puts an issue first, age aside: severity, people affected, a petition (ruling 29)."""
    p = w.p[0]
    it = w.issues[i]
    score = p.agenda_severity * np.float64(it.severity) + p.agenda_affected * math.log(int(it.n_affected) * 1.0)
    if int(it.petitions) > 0:
        score += p.agenda_petitioned
    return score


@kernel
def table_item(w, f, i, t):
    """Put an issue on a forum's agenda unless it stands there; order: severity, people affected, petition, age (ruling 29).

    Under an agenda score of one's own the order is made at each sitting, and the day of tabling is kept for it.
    """
    it = w.issues[i]
    fo = w.forums[f]
    if int(it.agendas) >> fo.kind & 1:
        return
    it.agendas = int(it.agendas) | 1 << fo.kind
    key = t
    if fo.kind != EXECUTIVE:
        if w.rules[AGENDA_SCORE].address == 0:
            key = w.p[0].agenda_age * t - agenda_score(w, i)
        elif next_node(w) < w.tabled.size:
            w.tabled[next_node(w)] = t
    fo.root = queue_push(w, fo.root, key, i, i, min(int(it.petitions), 1))
    fo.backlog += 1
    note_move(w, i, t, TABLED, fo.area, fo.kind, fo.backlog * 1.0)


@kernel
def table_issue(w, i, t, only_new):
    """Table a gated issue wherever its gates fall in the remit of a forum that exists, or only of one just founded."""
    for kind in range(5):
        f = forum_of(w, kind, i)
        if f >= 0 and in_remit(w, kind, i) & w.forums[f].rules and (not only_new or w.forums[f].is_new == 1):
            table_item(w, f, i, t)


@kernel
def table_petitioned(w, i):
    """A first petition moves an issue up every agenda: its old entries are stale, and it is tabled anew by its age (ruling 29)."""
    it = w.issues[i]
    it.agendas = 0
    if it.status != GATED:
        return
    eligible = w.arrivals[i].onset + np.float64(it.triaged)
    for kind in range(5):
        f = forum_of(w, kind, i)
        if f >= 0 and in_remit(w, kind, i) & w.forums[f].rules:
            table_item(w, f, i, eligible)


@kernel
def own_score(w, f, i, age):
    """The agenda score of one's own; its luck is keyed by issue, forum and sitting."""
    it = w.issues[i]
    a = w.arrivals[i]
    fo = w.forums[f]
    petitioned = 1.0 if int(it.petitions) > 0 else 0.0
    u = rng.uniform(a.key, rng.OWN, fo.sittings * 8 + fo.kind)
    return ruled(w, AGENDA_SCORE, (
        age, np.float64(it.severity), int(it.n_affected) * 1.0, petitioned, int(it.n_departments) * 1.0, a.type * 1.0, u))  # fmt: skip


@kernel
def reorder(w, f, t, change):
    """Give every item of an agenda its key anew: 1 by the score of one's own, today; 2 by the built-in score, from the day of
    tabling; 3 keep the key and work out the day of tabling from it.
    """
    p = w.p[0]
    fo = w.forums[f]
    rest = fo.root
    fo.root = -1
    while rest >= 0:
        n = rest
        node = w.nodes[n]
        rest = merge(w.nodes, node.left, node.right)
        node.left = -1
        node.right = -1
        i = node.content
        if change == 1:
            node.key = -own_score(w, f, i, t - w.tabled[n])
        elif change == 2:
            node.key = p.agenda_age * w.tabled[n] - agenda_score(w, i)
        elif p.agenda_age > 0.0:
            w.tabled[n] = (node.key + agenda_score(w, i)) / p.agenda_age
        else:
            w.tabled[n] = w.arrivals[i].onset + np.float64(w.issues[i].triaged)
        fo.root = merge(w.nodes, fo.root, n)


@kernel
def reorder_agendas(w, t, change):
    """Do so for every joint meeting."""
    for f in range(w.forums.size):
        if w.forums[f].kind != EXECUTIVE:
            reorder(w, f, t, change)


@kernel
def is_stale_entry(w, n):
    """Whether an entry of an agenda is of the time before a first petition; the issue was tabled anew then."""
    return w.nodes[n].version != min(int(w.issues[w.nodes[n].content].petitions), 1)


@kernel
def strike(w, f, n):
    """Note on the issue that this entry, about to leave the agenda, stands there no more."""
    if not is_stale_entry(w, n):
        it = w.issues[w.nodes[n].content]
        it.agendas = int(it.agendas) & ~(1 << w.forums[f].kind)


@kernel
def end_forum(w, f):
    """Give back what is left of a forum's agenda."""
    while w.forums[f].root >= 0:
        strike(w, f, w.forums[f].root)
        w.forums[f].root = queue_pop(w, w.forums[f].root)


@kernel
def is_present(w, f, member):
    """Whether a member of the roster comes to this sitting."""
    fo = w.forums[f]
    return rng.uniform(fo.key, rng.ATTENDANCE, fo.sittings * 1024 + member) < w.p[0].attendance_share


@kernel
def number_of(w, f, n):
    """Whose presence the n-th seat is: a department's liaison is the same person for every item."""
    fo = w.forums[f]
    if fo.kind == A1 and 3 <= n < 15:
        return _DEPARTMENTS + n - 3
    if fo.kind == A2 and 7 <= n < 15:
        return _DEPARTMENTS + (fo.sittings * 8 + n) % 12
    return n


@kernel
def charge_staff(w, s, hours, internal):
    """Attendance of a unit's people, less what it replaces of other meetings (`substitution`, W7)."""
    hours *= 1.0 - w.p[0].meeting_substitution
    charge(w, s, MEETING, hours * (1.0 - internal))
    charge(w, s, CEREMONIAL, hours * internal)


@kernel
def charge_guest(w, payer, hours, internal):
    """Attendance of people who are no unit's staff."""
    post_outside(w, payer, MEETING, hours * (1.0 - internal))
    post_outside(w, payer, CEREMONIAL, hours * internal)


@kernel
def member_of(w, f, n):
    """Who the n-th member of the roster is: (station or -1, payer) (ruling 20)."""
    p = w.p[0]
    fo = w.forums[f]
    if n >= fo.roster - fo.part_time:
        return -1, BY_PART_TIME
    if fo.kind == A1:
        if n < 3:
            return -1, BY_LEADERS
        first = (fo.area * p.n_subdistricts + p.n_panels - 1) // p.n_panels
        if n < 15:
            return department_station(w, n - 3, min(first, p.n_subdistricts - 1)), 0
        return p.n_communities + min(p.n_subdistricts - 1, first + (fo.sittings + n) % max(1, p.n_subdistricts // p.n_panels)), 0
    if fo.kind == A2:
        sub = w.subdistricts[fo.area]
        if n < 3:
            return p.n_communities + fo.area, 0
        if n < 7:
            return sub.first_community + (fo.sittings * 4 + n) % sub.n_communities, 0
        return department_station(w, (fo.sittings * 8 + n) % 12, fo.area), 0
    if fo.kind == A3:
        if n < 3:
            return fo.area, 0
        return -1, BY_ORGANISATIONS if n < 7 else BY_RESIDENTS
    if n < 2:
        return w.compounds[fo.area].community, 0
    return -1, BY_RESIDENTS


@kernel
def gather(w, f):
    """Who comes; every attendee's hours go to their employer. Returns (present, is_quorate)."""
    p = w.p[0]
    fo = w.forums[f]
    present = 0
    for n in range(fo.roster):
        if is_present(w, f, number_of(w, f, n)):
            present += 1
    if present < max(1.0, p.quorum_share * fo.roster):
        return present, False
    hours = fo.hours + p.travel_hours
    for n in range(fo.roster):
        if is_present(w, f, number_of(w, f, n)):
            station, payer = member_of(w, f, n)
            if station >= 0:
                charge_staff(w, station, hours, fo.internal)
            else:
                charge_guest(w, payer, hours, fo.internal)
    return present, True


@kernel
def host_of(w, f):
    """The unit that hosts a forum and writes its minutes."""
    fo = w.forums[f]
    if fo.kind == A4:
        return w.compounds[fo.area].community
    if fo.kind == A3:
        return fo.area
    if fo.kind == A2:
        return w.p[0].n_communities + fo.area
    return w.p[0].station_leaders


@kernel
def rule_jurisdiction(w, f, i, t):
    """Present units answer at once with the forum's authority; absent ones get a memo (3.7.5)."""
    p = w.p[0]
    fo = w.forums[f]
    authority = request_authority(w, i, fo.authority, t)
    k = int(w.issues[i].first_package)
    while k >= 0:
        pk = w.packages[k]
        if pk.kind == WORK and pk.department >= 0 and pk.committed == 0:
            if is_present(w, f, _DEPARTMENTS + int(pk.department)):
                if fo.kind == A3 or (fo.kind == A2 and (int(pk.department) - fo.sittings * 8 - 7) % 12 >= 8):
                    charge_for(w, i, t, pk.station, COORDINATING, 0.5 + p.travel_hours)
                ask(w, i, k, authority, 2, t)
                summon(w, pk.station, t)
                if pk.committed == 2 and p.memos_enabled == 1:
                    add_memo(w, k)
            else:
                send_memo(w, i, k, authority, t)
        k = pk.next
    settle_jurisdiction(w, i, t)


@kernel
def group_session(w, i, t):
    """A compound meeting speaks with all who do not yet agree, at half effect (ruling 44)."""
    p = w.p[0]
    it = w.issues[i]
    n = int(it.parties) - int(it.supporters)
    if is_programme(w, i):
        if n > 0:
            talk_to_owners(w, i, int(it.contacts), n, p.A4_group_effect, -1, t)
            it.contacts = int(it.contacts) + n
            post_outside(w, BY_RESIDENTS, PERSUADING, n * p.contact_hours)
            call_assembly(w, i, t)
        return
    share = p.A4_group_effect * persuasion_share(w, w.arrivals[i].building, community_of(w, i))
    first = int(it.contacts)
    won = 0
    for j in range(n):
        if rng.uniform(w.arrivals[i].key, rng.PERSUADE, first + j) < share:
            won += 1
    it.contacts = first + n
    it.supporters = int(it.supporters) + won
    post_outside(w, BY_RESIDENTS, PERSUADING, n * contact_hours_of(w, i))
    note_move(w, i, t, CONTACTED, -1, n, won * 1.0)
    note_move(w, i, t, CHARGED, -1, PERSUADING, n * contact_hours_of(w, i))
    note_move(w, i, t, SUPPORT_COUNTED, -1, int(it.supporters), int(it.parties) * 1.0)
    if int(it.supporters) >= int(it.parties):
        open_gate(w, i, GATE_I, t)


@kernel
def rule_item(w, f, i, gates, t):
    """Deal with one item: whatever of the four gates this forum may rule on. Returns gates opened."""
    fo = w.forums[f]
    it = w.issues[i]
    note_move(w, i, t, SAT, fo.area, fo.kind, 0.0)
    charge_for(w, i, t, community_of(w, i), PREPARING, w.p[0].preparation_hours)
    it.sittings = min(int(it.sittings) + 1, 120)
    it.tiers = 0
    closed = int(it.closed_gates)
    if gates & GATE_J:
        rule_jurisdiction(w, f, i, t)
    if it.status == GATED and gates & GATE_P and w.kinds[w.arrivals[i].type].authority <= fo.level:
        open_gate(w, i, GATE_P, t)
    if it.status == GATED and gates & GATE_F:
        if reserve_money(w, i, t, 1 if fo.kind == A3 else 2, fo.kind == A1, True):
            open_gate(w, i, GATE_F, t)
    if it.status == GATED and gates & GATE_I:
        group_session(w, i, t)
    opened = closed & (15 - int(it.closed_gates))
    note_move(w, i, t, RULED, fo.area, fo.kind, opened * 1.0)
    if opened > 0:
        it.ruled_by = int(it.ruled_by) | (1 << fo.kind)
        w.memory[f * w.p[0].n_types + w.arrivals[i].type] += 1.0
    return opened


@kernel
def table_again(w, f, i, t):
    """Unsettled items are re-tabled at most r_max times, then passed up (3.7.9)."""
    it = w.issues[i]
    kind = w.forums[f].kind
    it.retabled = min(int(it.retabled) + 1, 120)
    note_move(w, i, t, PUT_OFF, w.forums[f].area, kind, 0.0)
    n = min(times_put_off(it, kind) + 1, 7)
    if n <= w.p[0].retabling_max:
        set_put_off(it, kind, n)
        table_item(w, f, i, t)
        return
    set_put_off(it, kind, 0)
    if kind == A3 or kind == A2:
        above = forum_of(w, kind - 1, i)
        if above >= 0:
            it.put_off = int(it.put_off) | 1 << (10 + kind)
            table_item(w, above, i, t)


@kernel
def is_settled(w, n):
    """Whether the issue of an agenda's entry has passed its gates for good, or was petitioned and tabled anew."""
    return w.issues[w.nodes[n].content].status != GATED or is_stale_entry(w, n)


@kernel
def strike_settled(w, f):
    """Strike off an agenda what was settled elsewhere since, before the meeting sits."""
    fo = w.forums[f]
    n = fo.root
    fo.root = -1
    fo.backlog = 0
    while n >= 0:
        node = w.nodes[n]
        left = int(node.left)
        rest = int(node.right)
        if left >= 0:
            node.left = w.nodes[left].right
            w.nodes[left].right = n
            rest = left
        elif is_settled(w, n):
            strike(w, f, n)
            node.left = give_row(w, NODES, n)
        else:
            node.right = -1
            fo.root = merge(w.nodes, fo.root, n)
            fo.backlog += 1
        n = rest


@kernel
def next_item(w, f):
    """The first issue of an agenda that still needs this forum, or -1."""
    fo = w.forums[f]
    while fo.root >= 0:
        i = int(w.nodes[fo.root].content)
        settled = is_settled(w, fo.root)
        strike(w, f, fo.root)
        fo.root = queue_pop(w, fo.root)
        if fo.root >= 0:
            prefetch(w.issues, int(w.nodes[fo.root].content))
        fo.backlog -= 1
        if not settled and in_remit(w, fo.kind, i) & fo.rules:
            return i
    return -1


@kernel
def log_sitting(w, f, present, tabled, ruled, hours):
    """One row of the meeting log."""
    c = w.counters[0]
    fo = w.forums[f]
    row = w.sittings[c.n_sittings]
    c.n_sittings += 1
    row.day = c.today
    row.kind = fo.kind
    row.area = fo.area
    row.present = present
    row.roster = fo.roster
    row.slots = fo.slots
    row.tabled = tabled
    row.ruled = ruled
    row.backlog = fo.backlog
    row.hours = hours


@kernel
def executive_session(w, t):
    """The routine executive route: K_ex decisions in order of age; it costs hours too (W1)."""
    p = w.p[0]
    fo = w.forums[0]
    tabled = 0
    while tabled < fo.slots:
        i = next_item(w, 0)
        if i < 0:
            break
        tabled += 1
        note_move(w, i, t, SAT, fo.area, fo.kind, 0.0)
        charge_for(w, i, t, community_of(w, i), PREPARING, p.preparation_hours)
        it = w.issues[i]
        it.sittings = min(int(it.sittings) + 1, 120)
        it.ruled_by = int(it.ruled_by) | 1
        open_gate(w, i, GATE_P, t)
        note_move(w, i, t, RULED, fo.area, fo.kind, GATE_P * 1.0)
    if tabled > 0:
        for n in range(p.executive_attendees):
            charge(w, department_station(w, n % 12, fo.sittings % p.n_subdistricts), MEETING, p.executive_hours)
    log_sitting(w, 0, p.executive_attendees, tabled, tabled, p.executive_hours)
    fo.sittings += 1


@kernel
def pledge_of_units(w, f):
    """Organisations present at a community meeting pledge hours to its pool (A3)."""
    p = w.p[0]
    q = w.forums[f].area
    for j in range(4):
        if is_present(w, f, 3 + j):
            o = w.organisations[q * 4 + j]
            w.pool[q * 8 + o.skill] += p.A3_pledged_hours
            w.given[q * 12 + BY_ORGANISATIONS] += p.A3_pledged_hours
            w.communities[q].pool_offered += p.A3_pledged_hours
            w.daily[w.counters[0].today].offered_hours += p.A3_pledged_hours


@kernel
def tie_members(w, f):
    """Part-time members know whom to call: ties of present departments grow, by the gain of the reference number of members once for
    each such number (A5).
    """
    p = w.p[0]
    fo = w.forums[f]
    gain = 1.0 - math.exp(math.log(max(1.0 - p.tie_gain, 1e-300)) * fo.part_time / p.A5_members_subdistrict)
    sub = w.subdistricts[fo.area]
    for department in range(12):
        if is_present(w, f, _DEPARTMENTS + department):
            for q in range(sub.first_community, sub.first_community + sub.n_communities):
                r = w.ties[12 * q + department]
                w.ties[12 * q + department] = r + gain * (1.0 - r)


@kernel
def sit(w, f, t):
    """One sitting: gather, then the first K items of the agenda (3.7.20)."""
    p = w.p[0]
    fo = w.forums[f]
    present, quorate = gather(w, f)
    if not quorate:
        charge(w, host_of(w, f), PREPARING, p.preparation_hours * min(fo.slots, fo.backlog))
        fo.sittings += 1
        return
    charge(w, host_of(w, f), PREPARING, p.minutes_hours)
    if fo.kind == A3:
        pledge_of_units(w, f)
    if fo.kind == A2 and fo.part_time > 0:
        tie_members(w, f)
    if w.rules[AGENDA_SCORE].address != 0:
        reorder(w, f, t, 1)
    tabled = 0
    ruled = 0
    later = -1
    while tabled < fo.slots:
        i = next_item(w, f)
        if i < 0:
            break
        tabled += 1
        opened = rule_item(w, f, i, in_remit(w, fo.kind, i) & fo.rules, t)
        if opened > 0:
            ruled += 1
        if w.issues[i].status == GATED and in_remit(w, fo.kind, i) & fo.rules:
            later = queue_push(w, later, tabled * 1.0, i, i, 0)
    while later >= 0:
        i = w.nodes[later].content
        later = queue_pop(w, later)
        table_again(w, f, i, t)
    log_sitting(w, f, present, tabled, ruled, (fo.hours + p.travel_hours) * present)
    fo.sittings += 1


@kernel
def hold_meetings(w, t):
    """Every forum whose date has come sits, at the opening hour of this workday (ruling 45)."""
    today = w.counters[0].today
    for f in range(w.forums.size):
        fo = w.forums[f]
        if fo.interval > 0.0 and fo.next < today + 1.0:
            strike_settled(w, f)
            if fo.kind == EXECUTIVE:
                executive_session(w, t)
            else:
                sit(w, f, t)
            while fo.next < today + 1.0:
                fo.next += fo.interval
