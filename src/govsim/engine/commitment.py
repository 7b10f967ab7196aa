"""A unit's promise to do its share of an issue (3.7.5; rulings W2-W4), and gate J."""

import math

import numpy as np

from govsim.engine import rng
from govsim.engine.compiled import kernel
from govsim.engine.effort import backlog_weeks, logistic, pressure_on
from govsim.engine.feedback import add_memo, community_of
from govsim.engine.gates import open_gate, subdistrict_station
from govsim.engine.moves import (
    DECLINED,
    GATE_SHUT,
    MEMO_FOLLOWED,
    MEMO_SENT,
    PROMISE_LAPSED,
    PROMISED,
    UNHEARD,
    WHISTLED,
    charge_for,
    note_move,
)
from govsim.engine.orders import has_order
from govsim.engine.own import own_authority, own_unclear
from govsim.engine.queues import schedule
from govsim.engine.service import attention_of, reclass
from govsim.engine.state import (
    ASK_DUE,
    ASSIGNED,
    COORDINATING,
    GATE_J,
    GATED,
    MEMO_DUE,
    UNCLEAR_DUTY,
    WHISTLE,
    WORK,
)


@kernel
def clarity_of(w, i):
    """Cl = 1 - prod(1 - cl): directory, listed type, pairing, and the case memory of the forums above, each of which leaves
    exp(-n / n_mem) unclear after n cases of the type (3.7.4, ruling 36).
    """
    p = w.p[0]
    kind = w.arrivals[i].type
    unclear = 1.0 - p.directory_clarity
    if w.kinds[kind].listed == 1:
        unclear *= 1.0 - p.L4_list_clarity
    x = w.buildings[w.arrivals[i].building].compound
    q = w.compounds[x].community
    unclear *= 1.0 - w.communities[q].pairing_clarity
    s = w.communities[q].subdistrict
    cases = 0.0
    if p.forum_A1 >= 0:
        cases += w.memory[(p.forum_A1 + (s * p.n_panels) // p.n_subdistricts) * p.n_types + kind]
    if p.forum_A2 >= 0:
        cases += w.memory[(p.forum_A2 + s) * p.n_types + kind]
    if p.forum_A3 >= 0:
        cases += w.memory[(p.forum_A3 + q) * p.n_types + kind]
    if p.forum_A4 >= 0:
        cases += w.memory[(p.forum_A4 + x) * p.n_types + kind]
    if cases > 0.0:
        unclear *= math.exp(-cases / p.memory_scale)
    if p.n_own > 0:
        unclear *= own_unclear(w, i)
    return min(p.clarity_max, 1.0 - unclear)


@kernel
def request_authority(w, i, authority, t):
    """A = max of the locus, a petition's copy, an order of the hotline and live attention; .5 for all if equal (W2)."""
    p = w.p[0]
    if p.equal_authority == 1:
        return 0.5
    if np.float64(w.issues[i].petitioned) >= 0.0:
        authority = max(authority, p.authority_petition)
    if p.RV1_enabled == 1 and has_order(w, i):
        authority = max(authority, p.RV1_authority)
    return max(authority, attention_of(w, i, t))


@kernel
def recent_summons(w, s, t):
    """Summons a week of a unit lately: each counts one and fades by e a week."""
    st = w.stations[s]
    return st.summons * math.exp(-(t - st.summoned_day) / 7.0)


@kernel
def summon(w, s, t):
    """A unit is summoned: by a joint meeting, its memo, a directive or a whistle (W8)."""
    st = w.stations[s]
    st.summons = recent_summons(w, s, t) + 1.0
    st.summoned_day = t


@kernel
def mark_directive(w, i, t):
    """Attention names every unit concerned: pressure on them, first class in every queue (3.7.11)."""
    it = w.issues[i]
    if int(it.wrong) & 16 == 0:
        it.wrong = int(it.wrong) | 16
        w.stations[community_of(w, i)].directives += 1.0
    k = int(it.first_package)
    while k >= 0:
        pk = w.packages[k]
        if pk.marks & 2 == 0:
            pk.marks = pk.marks | 2
            w.stations[pk.station].directives += 1.0
            summon(w, pk.station, t)
        reclass(w, k, t)
        k = pk.next


@kernel
def heed(w, s, t):
    """How far a unit still heeds a summons: e^(-nu max(0, n - n_free)), n summons a week and worker (W8)."""
    p = w.p[0]
    excess = recent_summons(w, s, t) / max(1.0, w.stations[s].n_workers * 1.0) - p.habituation_free
    return math.exp(-p.habituation * excess) if excess > 0.0 else 1.0


@kernel
def commit_probability(w, i, k, authority, t):
    """Promise with p = sigma(a0 + a_clear (1-J) + a_A A + a_C Cl + a_R R + a_Pi Pi - a_rho (psi-1) - a_h ln(h/h'))
    plus the unit's own lasting disposition to the issue (W4).
    """
    p = w.p[0]
    it = w.issues[i]
    pk = w.packages[k]
    refusal = rng.normal(w.arrivals[i].key, rng.REFUSAL, int(pk.department))
    z = p.commit_intercept_solved + p.refusal_sd * refusal
    if authority > 0.0:
        z += p.commit_authority * authority * heed(w, pk.station, t)
    if int(it.obstacles) & UNCLEAR_DUTY == 0:
        z += p.commit_clear_duty
    if p.list_on == 1 and w.kinds[w.arrivals[i].type].listed == 0:
        z -= p.L4_rigidity
    z += p.commit_clarity * clarity_of(w, i)
    z += p.commit_tie * w.ties[12 * community_of(w, i) + int(pk.department)]
    z += p.commit_pressure * pressure_on(w, pk.station)
    z -= p.commit_backlog * (backlog_weeks(w, pk.station) - 1.0)
    z -= p.commit_hours * math.log(max(pk.hours, 1e-3) / p.commit_hours_reference)
    return logistic(z)


@kernel
def note_first_ask(w, share):
    """Sums over the first asks of disputed duties: how many, of p, and of dp/da0 = p (1 - p) (W4)."""
    c = w.counters[0]
    c.n_first_asks += 1
    c.sum_first_promise += share
    c.sum_first_slope += share * (1.0 - share)


@kernel
def ask(w, i, k, authority, route, t):
    """One request to one unit: costs both sides, keyed by (issue, unit, k-th ask)."""
    p = w.p[0]
    it = w.issues[i]
    pk = w.packages[k]
    day = w.daily[w.counters[0].today]
    day.asks += 1
    it.asks = int(it.asks) + 1
    u = rng.uniform(w.arrivals[i].key, rng.COMMIT, int(pk.department) * 4096 + int(pk.asked))
    pk.asked += 1
    if route == 1:
        asker = subdistrict_station(w, i) if w.kinds[w.arrivals[i].type].authority >= 3 else community_of(w, i)
        charge_for(w, i, t, asker, COORDINATING, p.asking_hours)
        charge_for(w, i, t, pk.station, COORDINATING, p.answering_hours)
    share = commit_probability(w, i, k, authority, t)
    if pk.asked == 1 and int(it.obstacles) & UNCLEAR_DUTY != 0:
        note_first_ask(w, share)
    if u < share:
        pk.committed = route
        pk.promised = int(t)
        day.commitments += 1
        note_move(w, i, t, PROMISED, pk.station, route, share)
    else:
        note_move(w, i, t, DECLINED, pk.station, route, share)


@kernel
def all_committed(w, i):
    """Whether every department of the issue has promised its share."""
    k = int(w.issues[i].first_package)
    while k >= 0:
        pk = w.packages[k]
        if pk.kind == WORK and pk.department >= 0 and pk.committed == 0:
            return False
        k = pk.next
    return True


@kernel
def lapse_promise(w, i, k, t, days):
    """A promise lapses with hazard lambda_c a day since its day or the last round, a forum's by `lapse_forum_ratio` of it (W3)."""
    p = w.p[0]
    it = w.issues[i]
    pk = w.packages[k]
    rate = p.lapse_rate * (p.lapse_forum_ratio if pk.committed == 2 else 1.0)
    number = int(pk.department) * 4096 + int(pk.rounds)
    pk.rounds += 1
    if rng.uniform(w.arrivals[i].key, rng.PROMISE_LAPSE, number) < 1.0 - math.exp(-rate * days):
        pk.committed = 0
        it.lapses = min(int(it.lapses) + 1, 120)
        w.daily[w.counters[0].today].lapsed_commitments += 1
        note_move(w, i, t, PROMISE_LAPSED, pk.station, -1, days)


@kernel
def settle_jurisdiction(w, i, t):
    """Gate J is open exactly while all units are committed; the last gate releases the work."""
    it = w.issues[i]
    if all_committed(w, i):
        if int(it.closed_gates) & GATE_J:
            open_gate(w, i, GATE_J, t)
    elif int(it.closed_gates) & GATE_J == 0:
        it.closed_gates = int(it.closed_gates) | GATE_J
        note_move(w, i, t, GATE_SHUT, -1, GATE_J, 0.0)


@kernel
def ask_round(w, i, t, days):
    """One bilateral round: every unit without a promise is asked while promises made may lapse, at the same
    moment: k -> Bin(k, 1 - delta) + Bin(m - k, p) (ruling 30, T9).
    """
    p = w.p[0]
    it = w.issues[i]
    is_upper = w.kinds[w.arrivals[i].type].authority >= 3
    authority = p.authority_subdistrict if is_upper else 0.0
    if p.n_own > 0 and not all_committed(w, i):
        authority = max(authority, own_authority(w, i, subdistrict_station(w, i) if is_upper else community_of(w, i), t))
    authority = request_authority(w, i, authority, t)
    k = int(it.first_package)
    while k >= 0:
        pk = w.packages[k]
        if pk.kind == WORK and pk.department >= 0:
            if pk.committed == 0:
                ask(w, i, k, authority, 1, t)
            elif days > 0.0 and pk.committed != ASSIGNED:
                lapse_promise(w, i, k, t, min(days, t - int(pk.promised)))
        k = pk.next
    settle_jurisdiction(w, i, t)
    if it.status == GATED:
        schedule(w, t + p.ask_interval, ASK_DUE, i, int(it.version), i)


@kernel
def memo_followed(w, k, t):
    """A unit that missed the sitting answers its memo once, tau_b days later, at half its authority."""
    pk = w.packages[k]
    i = pk.issue
    if w.issues[i].status == GATED and pk.committed == 0:
        note_move(w, i, t, MEMO_FOLLOWED, pk.station, -1, 0.0)
        ask(w, i, k, 0.5 * np.float64(pk.memo_authority), 2, t)
        summon(w, pk.station, t)
        settle_jurisdiction(w, i, t)


@kernel
def may_whistle(w, i):
    """Whether a subdistrict watches over an issue: it waits at its gates and needs two departments or more (RV2)."""
    it = w.issues[i]
    return it.status == GATED and int(it.n_departments) >= 2


@kernel
def whistle(w, i, t):
    """RV2: the subdistrict summons every department without a promise; who heeds comes and answers with A_w (3.10).

    It looks again as long as the issue waits: a promise may lapse.
    """
    p = w.p[0]
    if p.RV2_enabled == 0 or not may_whistle(w, i):
        return
    schedule(w, t + p.RV2_starts, WHISTLE, i, w.counters[0].whistles_since, i)
    if int(w.issues[i].closed_gates) & GATE_J == 0:
        return
    note_move(w, i, t, WHISTLED, subdistrict_station(w, i), -1, 0.0)
    charge_for(w, i, t, subdistrict_station(w, i), COORDINATING, p.RV2_summoned_hours)
    authority = request_authority(w, i, p.RV2_authority, t)
    k = int(w.issues[i].first_package)
    while k >= 0:
        pk = w.packages[k]
        if pk.kind == WORK and pk.department >= 0 and pk.committed == 0:
            share = p.attendance_share * heed(w, pk.station, t)
            if rng.uniform(w.arrivals[i].key, rng.WHISTLE_HEARD, int(pk.department) * 4096 + int(pk.asked)) < share:
                charge_for(w, i, t, pk.station, COORDINATING, p.RV2_summoned_hours)
                ask(w, i, k, authority, 2, t)
            else:
                note_move(w, i, t, UNHEARD, pk.station, -1, share)
            summon(w, pk.station, t)
        k = pk.next
    settle_jurisdiction(w, i, t)


@kernel
def send_memo(w, i, k, authority, t):
    """Send the ruling to an absent unit, with the authority the sitting asked with."""
    p = w.p[0]
    if p.memos_enabled == 1:
        w.packages[k].memo_authority = authority
        note_move(w, i, t, MEMO_SENT, w.packages[k].station, -1, authority)
        add_memo(w, k)
        schedule(w, t + p.ask_interval, MEMO_DUE, k, w.packages[k].version, i)
