"""The four gates J, P, F, I and the release of work when all are open (3.7.6; rulings 9-13).

All gates of an issue run in parallel from the moment its owner is found. A gate that an issue does not
have is open from then on.
"""

import math

import numpy as np

from govsim.engine import rng
from govsim.engine.compiled import kernel
from govsim.engine.effort import backlog_weeks, logistic
from govsim.engine.feedback import close_issue, community_of, unlink_package
from govsim.engine.grid import grid_takes
from govsim.engine.ledger import post_money
from govsim.engine.moves import CONTACTED, GATE_OPENED, MONEY_RESERVED, RELEASED, SUPPORT_COUNTED, note_move
from govsim.engine.queues import schedule, take_package
from govsim.engine.renovation import (
    count_supporters,
    is_programme,
    least_supporters,
    owner_to_talk_to,
    raise_money,
    renovation_of,
    serial_rank,
    thin_owners,
    vote,
)
from govsim.engine.service import enqueue
from govsim.engine.state import (
    DECISION_TASK,
    GATE_F,
    GATE_I,
    GATE_J,
    GATE_P,
    GATED,
    KIND_TABLE,
    MEDIATION,
    PERSUASION,
    PROGRAMME_DUE,
    QUEUE_DUE,
    WORK,
    WORKING,
)


@kernel
def add_package(w, i, kind, station, skill, hours, number):
    """A new package of an issue, not yet in a queue."""
    k = take_package(w)
    if k < 0:
        return 0
    pk = w.packages[k]
    it = w.issues[i]
    pk.issue = i
    pk.station = station
    pk.kind = kind
    pk.skill = skill
    pk.hours = hours
    pk.left = hours
    pk.number = number
    pk.queue_class = 2
    pk.mode = 0
    pk.committed = 0
    pk.department = -1
    pk.in_service = 0
    pk.queued = 0
    pk.stage = int(it.redo)
    pk.marks = 0
    pk.done = 0
    pk.asked = 0
    pk.rounds = 0
    pk.next = int(it.first_package)
    it.first_package = k
    return k


@kernel
def find_package(w, i, kind):
    """The issue's package of a kind, or -1."""
    k = int(w.issues[i].first_package)
    while k >= 0 and w.packages[k].kind != kind:
        k = w.packages[k].next
    return k


@kernel
def department_station(w, department, subdistrict):
    """The team of a department that serves a subdistrict: contiguous blocks (ruling 18)."""
    p = w.p[0]
    base = p.first_department_team
    team = (subdistrict * p.n_teams) // p.n_subdistricts
    return base + department * p.n_teams + team


@kernel
def subdistrict_station(w, i):
    """The station of the issue's subdistrict."""
    return w.p[0].n_communities + w.communities[community_of(w, i)].subdistrict


@kernel
def next_stage(w, i):
    """The package of a serial issue that comes next, or -1."""
    best = -1
    rank = 99
    k = int(w.issues[i].first_package)
    while k >= 0:
        pk = w.packages[k]
        if pk.kind == WORK and pk.done == 0 and pk.department >= 0 and serial_rank(pk.department) < rank:
            best = k
            rank = serial_rank(pk.department)
        k = pk.next
    return best


@kernel
def drawn_hours(w, i, number, share):
    """Hours of one part of the work: a share of the issue's hours, or a draw of its own."""
    p = w.p[0]
    a = w.arrivals[i]
    scale = math.exp(math.log(p.redo_hours_share) * int(w.issues[i].redo)) if int(w.issues[i].redo) > 0 else 1.0
    if w.kinds[a.type].delegated == 1:
        scale *= 1.0 + p.RV7_added_work_share
    if p.independent_packages == 0 or share <= 0.0:
        return share * np.float64(w.issues[i].hours) * scale
    kind = w.kinds[a.type]
    count = 20 + number + 64 * int(w.issues[i].redo)
    if p.exponential_hours == 1:
        return share * kind.hours_mean * rng.exponential(a.key, rng.HOURS, count) * scale
    return share * math.exp(kind.hours_mu + kind.hours_sigma * rng.normal(a.key, rng.HOURS, count)) * scale


@kernel
def local_station(w, i, hours):
    """Who does the community's share: the compound's firm for its payers, or for all while it has any (RV5), grid staff what is
    small (RV3), else the desk.
    """
    p = w.p[0]
    a = w.arrivals[i]
    x = w.compounds[w.buildings[a.building].compound]
    if w.kinds[a.type].property_firm == 1 and x.firm >= 0:
        if rng.uniform(a.key, rng.FIRM, 0) < x.fee or (p.RV5_enabled == 1 and x.fee > 0.0):
            return x.firm
    if p.RV3_enabled == 1 and grid_takes(w, x.community, hours):
        return w.grids[x.community]
    return x.community


_MEDIATION = 63
"""Occasion of the outcome of contacts that were all the work; packages' own begin at 64 or are redone."""


@kernel
def release_work(w, i, t):
    """All gates are open: every part of the work is released at this instant (ruling 9)."""
    it = w.issues[i]
    a = w.arrivals[i]
    kind = w.kinds[a.type]
    p = w.p[0]
    m = int(it.n_departments)
    it.status = WORKING
    note_move(w, i, t, RELEASED, -1, int(it.redo), 0.0)
    if not np.float64(it.released) >= 0.0:
        it.released = t - a.onset
    row = a.type * KIND_TABLE + (28 if m == 0 else 31)
    local = w.kind_tables[row]
    middle = w.kind_tables[row + 1]
    upper = w.kind_tables[row + 2]
    if m == 0:
        middle += upper
        upper = 0.0
    is_mediated = kind.mediated == 1 and int(it.obstacles) & GATE_I and int(it.redo) == 0
    if is_mediated:
        local = 0.0
    loss = 0.0
    if int(it.tiers) > 0:
        loss = 1.0 - math.exp(math.log(max(1.0 - p.information_loss, 1e-300)) * int(it.tiers))
    if kind.delegated == 1:
        loss = 1.0 - (1.0 - loss) * (1.0 - p.RV7_rework_share)
    if int(it.redo) == 0 and rng.uniform(a.key, rng.LOSS, 0) < loss:
        it.wrong = int(it.wrong) | 1
    if local > 0.0:
        hours = drawn_hours(w, i, 0, local)
        add_package(w, i, WORK, local_station(w, i, hours), kind.skill, hours, 0)
    if middle > 0.0:
        add_package(w, i, WORK, subdistrict_station(w, i), kind.skill, drawn_hours(w, i, 1, middle), 1)
    n = 0
    k = int(it.first_package)
    while k >= 0:
        following = w.packages[k].next
        pk = w.packages[k]
        if pk.kind == WORK:
            if pk.department >= 0:
                pk.hours = drawn_hours(w, i, int(pk.number), upper / m)
                pk.left = pk.hours
            if pk.left > 0.0:
                n += 1
            else:
                unlink_package(w, i, k)
        k = following
    it.open_packages = n
    if n == 0:
        if is_mediated and rng.uniform(a.key, rng.OUTCOME, _MEDIATION) < p.failure_share:
            it.wrong = int(it.wrong) | 2
        close_issue(w, i, t)
        return
    if is_programme(w, i) and int(it.redo) == 0:
        schedule(w, t, PROGRAMME_DUE, i, 0, i)
    if kind.serial == 1 and m > 0 and (p.renovation_in_order == 1 or not is_programme(w, i)):
        enqueue(w, next_stage(w, i), t)
        return
    k = int(it.first_package)
    while k >= 0:
        following = w.packages[k].next
        if w.packages[k].kind == WORK:
            enqueue(w, k, t)
        k = following


@kernel
def open_gate(w, i, gate, t):
    """A gate opens; when it is the last one the work is released."""
    it = w.issues[i]
    since = t - w.arrivals[i].onset
    it.closed_gates = int(it.closed_gates) & (15 - gate)
    note_move(w, i, t, GATE_OPENED, -1, gate, 0.0)
    if gate == GATE_J:
        it.jurisdiction = since
    elif gate == GATE_P:
        it.power = since
        k = find_package(w, i, DECISION_TASK)
        if k >= 0 and w.packages[k].in_service == 0:
            unlink_package(w, i, k)
    elif gate == GATE_F:
        it.funds = since
    else:
        it.interests = since
        k = find_package(w, i, PERSUASION)
        if k >= 0 and w.packages[k].in_service == 0:
            unlink_package(w, i, k)
    if int(it.closed_gates) == 0 and it.status == GATED:
        release_work(w, i, t)


@kernel
def ask_for_decision(w, i, station, queue_class, t):
    """Gate P: a decision package in the decider's desk (ruling 13)."""
    p = w.p[0]
    hours = p.decision_hours
    if p.exponential_decisions == 1:
        hours *= rng.exponential(w.arrivals[i].key, rng.DECISION, 0)
    if hours <= 0.0:
        open_gate(w, i, GATE_P, t)
        return
    k = find_package(w, i, DECISION_TASK)
    if k >= 0:
        if w.packages[k].in_service == 1 or w.packages[k].station == station:
            return
        unlink_package(w, i, k)
    k = add_package(w, i, DECISION_TASK, station, 5, hours, 10)
    w.packages[k].queue_class = queue_class
    enqueue(w, k, t)


@kernel
def reserve_money(w, i, t, highest, with_city, pooled):
    """Gate F: reserve the whole need in the first pot that has it, compound upward (ruling 12).

    A joint meeting may pool the pots up to its level (`pooled`); old-compound renovation takes 80 %
    from the city and 20 % from the residents.
    """
    it = w.issues[i]
    c = w.counters[0]
    need = np.float64(it.fund)
    x = w.compounds[w.buildings[w.arrivals[i].building].compound]
    q = w.communities[x.community]
    pot = -1
    if is_programme(w, i):
        pot = 3 if raise_money(w, i, renovation_of(w, i), with_city) else -1
    elif w.kinds[w.arrivals[i].type].serial == 1:
        if with_city and c.money_city >= 0.8 * need:
            c.money_city -= 0.8 * need
            c.household_money += 0.2 * need
            pot = 3
    elif x.money >= need:
        x.money -= need
        pot = 0
    elif highest >= 1 and q.money >= need:
        q.money -= need
        pot = 1
    elif highest >= 2 and w.subdistricts[q.subdistrict].money >= need:
        w.subdistricts[q.subdistrict].money -= need
        pot = 2
    elif with_city and c.money_city >= need:
        c.money_city -= need
        pot = 3
    elif pooled:
        pot = pool_pots(w, w.buildings[w.arrivals[i].building].compound, need, highest)
    if pot >= 0:
        it.pot = pot
        c.reserved += need
        note_move(w, i, t, MONEY_RESERVED, -1, pot, need)
    return pot >= 0


@kernel
def pool_pots(w, compound, need, highest):
    """A meeting tops its level's pot up from the one below: returns the pot used, or -1."""
    x = w.compounds[compound]
    q = w.communities[x.community]
    if highest == 1 and q.money + x.money >= need:
        moved = need - q.money
        x.money -= moved
        q.money = 0.0
        post_money(w, 0, 0, -moved)
        post_money(w, 1, 0, moved)
        return 1
    if highest == 2 and w.subdistricts[q.subdistrict].money + q.money >= need:
        moved = need - w.subdistricts[q.subdistrict].money
        q.money -= moved
        w.subdistricts[q.subdistrict].money = 0.0
        post_money(w, 1, 0, -moved)
        post_money(w, 2, 0, moved)
        return 2
    return -1


@kernel
def familiarity_of(w, b):
    """omega_b: how well people of a building know each other (3.7.6, ruling 39)."""
    p = w.p[0]
    building = w.buildings[b]
    value = p.familiarity_initial + w.compounds[building.compound].familiarity
    return min(1.0, value + p.L3_familiarity * building.steward_activity)


@kernel
def persuader(w, q):
    """Who talks to the parties: the mediators of the doorstep station, as long as no more waits there than at the community's desk."""
    s = w.p[0].first_mediation + q
    return s if w.communities[q].doorstep == 1 and backlog_weeks(w, s) <= backlog_weeks(w, q) else q


@kernel
def skill_of_persuader(w, s):
    """Skill of who talks: community staff, or mediators."""
    p = w.p[0]
    if w.stations[s].kind != MEDIATION:
        return p.persuader_skill
    return p.dispute_mediator_skill if w.stations[s].area == p.dispute_place else p.mediator_skill


@kernel
def persuasion_share(w, b, s):
    """Chance that a talk in building b, by somebody of unit s, wins a party: sigma(b0 + b1 skill + b2 T_b + b3 omega_b) (3.7.6)."""
    p = w.p[0]
    skill = skill_of_persuader(w, s)
    z = p.persuade_intercept + p.persuade_skill * skill
    z += p.persuade_trust * w.buildings[b].mean_trust_community
    return logistic(z + p.persuade_familiarity * familiarity_of(w, b))


@kernel
def set_parties(w, i, t):
    """Who must agree and who does already (ruling 1; renovation: consent law, 3/4 of 2/3)."""
    p = w.p[0]
    it = w.issues[i]
    a = w.arrivals[i]
    if is_programme(w, i):
        r = renovation_of(w, i)
        it.parties = least_supporters(w.renovations[r].n_owners)
        it.supporters = count_supporters(w, r)
    elif w.kinds[a.type].serial == 1:
        n = w.compounds[w.buildings[a.building].compound].n_households
        it.parties = math.ceil(0.75 * math.ceil(2.0 * n / 3.0))
        support = 0.45 + 0.1 * rng.normal(a.key, rng.PARTIES, 1)
        it.supporters = int(n * min(1.0, max(0.0, support)))
    else:
        span = p.parties_high - p.parties_low + 1
        n = p.parties_low + int(rng.uniform(a.key, rng.PARTIES, 0) * span)
        it.parties = n
        it.supporters = n // 2
    note_move(w, i, t, SUPPORT_COUNTED, -1, int(it.supporters), int(it.parties) * 1.0)


@kernel
def contact_hours_of(w, i):
    """Hours of one persuasion contact."""
    p = w.p[0]
    return p.contact_hours_dispute if w.kinds[w.arrivals[i].type].mediated == 1 else p.contact_hours


@kernel
def persuade(w, i, t, delay):
    """Gate I: the next package of contacts, at most `contacts_per_day`, outcomes drawn by key."""
    p = w.p[0]
    it = w.issues[i]
    if is_programme(w, i):
        canvass(w, i, t, delay)
        return
    needed = int(it.parties) - int(it.supporters)
    if needed <= 0:
        open_gate(w, i, GATE_I, t)
        return
    s = persuader(w, community_of(w, i))
    share = persuasion_share(w, w.arrivals[i].building, s)
    won = 0
    n = 0
    first = int(it.contacts)
    while n < p.contacts_per_day and won < needed:
        if rng.uniform(w.arrivals[i].key, rng.PERSUADE, first + n) < share:
            won += 1
        n += 1
    it.contacts = first + n
    note_move(w, i, t, CONTACTED, s, n, won * 1.0)
    k = add_package(w, i, PERSUASION, s, 0, n * contact_hours_of(w, i), 9)
    w.packages[k].committed = won
    if w.packages[k].left <= 0.0:
        unlink_package(w, i, k)
        it.supporters = int(it.supporters) + won
        if int(it.supporters) >= int(it.parties):
            open_gate(w, i, GATE_I, t)
        return
    if delay > 0.0:
        schedule(w, t + delay, QUEUE_DUE, k, w.packages[k].version, i)
    else:
        enqueue(w, k, t)


@kernel
def thin_supporters(w, i, days):
    """Supporters lapse with hazard lambda_I: Bin(n, 1 - e^(-lambda dt)) of them (ruling 30)."""
    it = w.issues[i]
    share = 1.0 - math.exp(-w.p[0].supporter_lapse * days)
    n = int(it.supporters)
    it.supporters = n - rng.binomial(w.arrivals[i].key, rng.SUPPORT, int(it.contacts) * 64, n, share)


@kernel
def end_of_contacts(w, i, k, t):
    """A package of contacts is done: enough supporters open gate I, else the next one follows."""
    it = w.issues[i]
    won = int(w.packages[k].committed)
    first = int(w.packages[k].rounds)
    days = t - w.packages[k].release
    unlink_package(w, i, k)
    if int(it.closed_gates) & GATE_I == 0:
        return
    if is_programme(w, i):
        r = renovation_of(w, i)
        thin_owners(w, r, days, first)
        talk_to_owners(w, i, first, won, 1.0, community_of(w, i), t)
        call_assembly(w, i, t)
        if int(it.closed_gates) & GATE_I:
            canvass(w, i, t, math.floor(t) + 1.0 - t)
        return
    thin_supporters(w, i, days)
    it.supporters = int(it.supporters) + won
    note_move(w, i, t, SUPPORT_COUNTED, -1, int(it.supporters), int(it.parties) * 1.0)
    if int(it.supporters) >= int(it.parties):
        open_gate(w, i, GATE_I, t)
    else:
        persuade(w, i, t, math.floor(t) + 1.0 - t)


# ---- consent to a renovation of the programme (SC2) ----------------------------------------------


@kernel
def talk_to_owners(w, i, first, n, effect, who, t):
    """Talks `first` to `first + n` - 1 with owners not in favour; each wins one with p_per of their building, times `effect`."""
    r = renovation_of(w, i)
    key = w.renovations[r].key
    before = count_supporters(w, r)
    for count in range(first, first + n):
        o = owner_to_talk_to(w, r, count)
        if o >= 0 and rng.uniform(key, rng.PERSUADE, count) < effect * persuasion_share(w, w.owners[o].building, community_of(w, i)):
            w.owners[o].supports = 1
    w.issues[i].supporters = count_supporters(w, r)
    note_move(w, i, t, CONTACTED, who, n, 1.0 * (count_supporters(w, r) - before))


@kernel
def canvass(w, i, t, delay):
    """The next day's talks with owners not yet in favour; their outcome is drawn when they are done."""
    p = w.p[0]
    it = w.issues[i]
    re = w.renovations[renovation_of(w, i)]
    n = min(p.contacts_per_day, re.n_owners - int(it.supporters))
    if n <= 0:
        call_assembly(w, i, t)
        return
    k = add_package(w, i, PERSUASION, community_of(w, i), 0, n * p.contact_hours, 9)
    w.packages[k].committed = n
    w.packages[k].rounds = int(it.contacts)
    it.contacts = int(it.contacts) + n
    schedule(w, t + max(delay, 0.0), QUEUE_DUE, k, w.packages[k].version, i)


@kernel
def call_assembly(w, i, t):
    """Enough owners are in favour by the canvass: the assembly is called, with notice; without one their signatures do."""
    p = w.p[0]
    it = w.issues[i]
    re = w.renovations[renovation_of(w, i)]
    if re.is_called == 1 or int(it.supporters) < int(it.parties):
        return
    if p.renovation_assembly == 0:
        open_gate(w, i, GATE_I, t)
        return
    re.is_called = 1
    schedule(w, t + p.renovation_notice_days, PROGRAMME_DUE, i, 0, i)


@kernel
def hold_assembly(w, i, t):
    """The owners vote; where the law is not met, the next call waits for a further share of owners to be won."""
    it = w.issues[i]
    if it.status != GATED or int(it.closed_gates) & GATE_I == 0:
        return
    r = renovation_of(w, i)
    re = w.renovations[r]
    re.is_called = 0
    note_move(w, i, t, SUPPORT_COUNTED, -1, count_supporters(w, r), 1.0 * int(it.parties))
    if vote(w, i, r, t):
        open_gate(w, i, GATE_I, t)
        return
    more = math.ceil(w.p[0].renovation_recall_share * re.n_owners)
    it.parties = min(re.n_owners, int(it.supporters) + more)
    call_assembly(w, i, t)
