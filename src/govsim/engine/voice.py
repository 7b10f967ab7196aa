"""Whether, when and where a household speaks up (3.7.3, 3.7.15; rulings 14-17, 38, 41)."""

import math

import numpy as np

from govsim.engine import rng
from govsim.engine.commitment import mark_directive
from govsim.engine.compiled import kernel
from govsim.engine.disputes import LOST, OPENED, WON, count_attention, count_case, count_choice, count_petition, success_share
from govsim.engine.feedback import (
    add_memo,
    become_known,
    community_of,
    end_attention,
    end_issue,
    household_of,
    is_handled,
    learn,
    note_age,
    unlink_package,
)
from govsim.engine.gates import (
    add_package,
    ask_for_decision,
    department_station,
    open_gate,
    persuasion_share,
    release_work,
)
from govsim.engine.ledger import post_outside
from govsim.engine.meetings import table_petitioned
from govsim.engine.moves import (
    ATTENTION_GIVEN,
    CHOSE,
    ESCALATED,
    LAW_DECIDED,
    PETITIONED,
    REMINDED,
    REOPENED,
    VOICED,
    WAITED_ON,
    WENT_TO_LAW,
    charge_for,
    note_move,
)
from govsim.engine.orders import has_order, place_order
from govsim.engine.own import own_access
from govsim.engine.queues import schedule
from govsim.engine.renovation import is_programme, renovation_of
from govsim.engine.routing import add_departments, dispatch_order, lead_package, start_triage
from govsim.engine.rules import CHANNEL_UTILITY, ruled
from govsim.engine.service import count_marks, enqueue, move_package, put_down, reclass
from govsim.engine.state import (
    ATTENTION_ENDS,
    BY_AUDIT,
    BY_LEADERS,
    CHOICE_DUE,
    CLOSED,
    EXITED,
    GATE_I,
    GATE_J,
    GATE_P,
    GATED,
    LAPSED,
    LATENT,
    LAW_CASE,
    MEDIATION,
    MEETING,
    ORDER_ASKED,
    PACKAGES,
    PERSUASION,
    PETITION_CASE,
    PETITION_DUE,
    PREPARING,
    QUARREL_NUMBER,
    REPORTING,
    ROUTING,
    SILENCE,
    TRIAGING,
    VIA_COMMUNITY,
    VIA_HOTLINE,
    VIA_LAW,
    VIA_PETITION,
    VIA_PRIVATE,
)


@kernel
def access_costs(p, ses, doorstep):
    """Access costs of community and law for a household: kappa_o + kappa_SES (1/2 - SES) (3.7.18)."""
    community = p.access_cost_community + p.access_cost_ses_community * (0.5 - ses)
    law = p.access_cost_doorstep if doorstep == 1 else p.access_cost_law
    return community, law + p.access_cost_ses_law * (0.5 - ses)


@kernel
def own_utility(w, kind_of_issue, channel, severity, belief, trust, cost, ses):
    """The utility of a channel by a rule of one's own; trust is 1/2 where the built-in rule asks for none."""
    return ruled(w, CHANNEL_UTILITY, (
        channel * 1.0, severity, belief, trust, cost, w.kinds[kind_of_issue].petition_factor, ses))  # fmt: skip


@kernel
def utility_of_hotline(w, building, household, kind_of_issue, severity, trust_city):
    """V of a call to the hotline (RV1): its access cost, voice bias and belief (3.7.3, 3.7.18)."""
    p = w.p[0]
    h = w.households[household]
    belief = w.hotline_beliefs[building].offset_hotline + w.counters[0].belief_scale * h.hotline
    added = own_access(w, w.buildings[building].community, VIA_HOTLINE, severity, h.ses) if p.n_own > 0 else 0.0
    if w.rules[CHANNEL_UTILITY].address != 0:
        cost = p.RV1_access_cost + p.RV1_access_cost_ses * (0.5 - h.ses) + added
        return own_utility(w, kind_of_issue, VIA_HOTLINE, severity, belief, trust_city, cost, h.ses)
    v = p.weight_severity * severity + p.weight_belief * belief + p.weight_trust * (trust_city - 0.5)
    return v - p.RV1_access_cost - p.RV1_access_cost_ses * (0.5 - h.ses) - added


@kernel
def choose(w, i):
    """Channel choice: V_o = b_s s + b_e e_o + b_T (T - 1/2) - kappa_o, V_silence = 0,
    P(o) = exp(V_o / theta) / sum (3.7.3); keyed by (issue, number of the choice).
    """
    p = w.p[0]
    it = w.issues[i]
    a = w.arrivals[i]
    n = int(it.choices)
    it.choices = n + 1
    if n >= p.voice_attempts_max:
        return SILENCE
    u = rng.uniform(a.key, rng.CHOICE, n)
    channel = channel_for(w, a.building, household_of(w, i), a.type, np.float64(it.severity), u)
    if p.dispute_place >= 0:
        count_choice(w, i, channel)
    return channel


@kernel
def channel_for(w, building, household, kind_of_issue, severity, u):
    """The channel a household picks for a grievance of this type and severity, `u` being its luck."""
    p = w.p[0]
    c = w.counters[0]
    h = w.households[household]
    b = w.buildings[building]
    kind = w.kinds[kind_of_issue]
    felt = severity
    severity = p.weight_severity * severity
    cost_community, cost_law = access_costs(p, h.ses, w.communities[b.community].doorstep)
    trust_community = b.offset_trust_community + c.trust_scale * h.trust_community
    trust_city = b.offset_trust_city + c.trust_scale * h.trust_city
    cost_petition = p.access_cost_petition
    cost_private = p.access_cost_private
    if p.n_own > 0:
        cost_community += own_access(w, b.community, VIA_COMMUNITY, felt, h.ses)
        cost_petition += own_access(w, b.community, VIA_PETITION, felt, h.ses)
        cost_law += own_access(w, b.community, VIA_LAW, felt, h.ses)
        cost_private += own_access(w, b.community, VIA_PRIVATE, felt, h.ses)
    is_remedied = kind.private_remedy == 1
    if p.RV5_enabled == 1 and kind.property_firm == 1:
        is_remedied = True
        cost_private += p.RV5_exit_cost_ses * (0.5 - h.ses)
    belief_community = b.offset_community + c.belief_scale * h.community
    belief_petition = b.offset_petition + c.belief_scale * h.petition
    belief_law = b.offset_law + c.belief_scale * h.law
    v1 = severity + p.weight_belief * belief_community - cost_community
    v1 += p.weight_trust * (trust_community - 0.5)
    v2 = severity * kind.petition_factor + p.weight_belief * belief_petition
    v2 += p.weight_trust * (trust_city - 0.5) - cost_petition
    v3 = severity + p.weight_belief * belief_law - cost_law
    v4 = severity + p.weight_belief * p.belief_private - cost_private
    if w.rules[CHANNEL_UTILITY].address != 0:
        v1 = own_utility(w, kind_of_issue, VIA_COMMUNITY, felt, belief_community, trust_community, cost_community, h.ses)
        v2 = own_utility(w, kind_of_issue, VIA_PETITION, felt, belief_petition, trust_city, cost_petition, h.ses)
        v3 = own_utility(w, kind_of_issue, VIA_LAW, felt, belief_law, 0.5, cost_law, h.ses)
        if is_remedied:
            v4 = own_utility(w, kind_of_issue, VIA_PRIVATE, felt, p.belief_private, 0.5, cost_private, h.ses)
    w0 = 1.0
    w1 = math.exp(v1 / p.choice_scale)
    w2 = math.exp(v2 / p.choice_scale)
    w3 = math.exp(v3 / p.choice_scale)
    w4 = 0.0
    if is_remedied:
        w4 = math.exp(v4 / p.choice_scale)
    w5 = 0.0
    if p.RV1_enabled == 1:
        w5 = math.exp(utility_of_hotline(w, building, household, kind_of_issue, felt, trust_city) / p.choice_scale)
    u *= w0 + w1 + w2 + w3 + w4 + w5
    if u < w1:
        return VIA_COMMUNITY
    u -= w1
    if u < w0:
        return SILENCE
    u -= w0
    if u < w4:
        return VIA_PRIVATE
    u -= w4
    if u < w2 or w3 + w5 == 0.0:
        return VIA_PETITION
    return VIA_HOTLINE if p.RV1_enabled == 1 and u - w2 >= w3 else VIA_LAW


@kernel
def note_choice(w, i, t, channel):
    """The log has every choice, silence too."""
    note_move(w, i, t, CHOSE, -1, channel, int(w.issues[i].choices) - 1.0)


_CHOICES = 2**15
"""More choices than an issue can have."""


@kernel
def restart_patience(w, i, t):
    """Patience ~ Exp(mean), restarted at each choice (ruling 15); a silent issue is given up at 6 means."""
    p = w.p[0]
    it = w.issues[i]
    a = w.arrivals[i]
    patience = w.kinds[a.type].patience
    due = t + patience * rng.exponential(a.key, rng.PATIENCE, int(it.choices) + _CHOICES * int(it.redo))
    if it.status == LATENT:
        due = min(due, a.onset + p.lapse_patience_ratio * patience)
    schedule(w, due, CHOICE_DUE, i, int(it.version), i)


@kernel
def give_attention(w, i, t):
    """A_i <- 1: live for a half-life; gate P becomes a first-class decision of a leader (ruling 13)."""
    p = w.p[0]
    it = w.issues[i]
    end_attention(w, i, t)
    it.attention = t - w.arrivals[i].onset
    note_move(w, i, t, ATTENTION_GIVEN, -1, -1, 0.0)
    mark_directive(w, i, t)
    until = t + p.attention_half_life
    schedule(w, until, ATTENTION_ENDS, i, 0, i)
    if it.status == GATED and int(it.closed_gates) & GATE_P:
        ask_for_decision(w, i, p.station_leaders, 0, t)


@kernel
def attention_over(w, i, t):
    """Attention has halved: marks and first class end (ruling 28)."""
    end_attention(w, i, t)
    k = int(w.issues[i].first_package)
    while k >= 0:
        reclass(w, k, t)
        k = w.packages[k].next


@kernel
def voice(w, i, t, channel):
    """An issue becomes known to somebody in government."""
    note_age(w, i, t)
    it = w.issues[i]
    if not np.float64(it.voiced) >= 0.0:
        it.voiced = t - w.arrivals[i].onset
        w.daily[w.counters[0].today].voiced += 1
    it.channel = channel
    it.version = int(it.version) + 1
    note_move(w, i, t, VOICED, -1, channel, 0.0)


@kernel
def petition(w, i, t):
    """A case at the petition office; with some luck a leader's attention (3.7.15, ruling 17)."""
    p = w.p[0]
    c = w.counters[0]
    it = w.issues[i]
    a = w.arrivals[i]
    note_age(w, i, t)
    if not np.float64(it.petitioned) >= 0.0:
        it.petitioned = t - a.onset
    n = int(it.petitions)
    it.petitions = min(n + 1, 120)
    note_move(w, i, t, PETITIONED, -1, n + 1, 0.0)
    if n == 0:
        table_petitioned(w, i)
    w.daily[c.today].petitions += 1
    w.communities[community_of(w, i)].petitions += 1.0
    if p.dispute_place >= 0:
        count_petition(w, i, n)
    if p.RV4_enabled == 1:
        charge_for(w, i, t, community_of(w, i), REPORTING, p.RV4_reporting_hours)
        k = int(it.first_package)
        while k >= 0:
            reclass(w, k, t)
            k = w.packages[k].next
    if p.petition_hours > 0.0:
        enqueue(w, add_package(w, i, PETITION_CASE, p.station_petition, 5, p.petition_hours, 11), t)
    affected = int(it.n_affected) * 1.0
    share = p.petition_attention * affected / (affected + p.n_collective)
    if c.attention_live < p.attention_per_leader * p.n_leaders:
        if rng.uniform(a.key, rng.ATTENTION, n) < share:
            if not np.float64(it.attention) >= 0.0:
                give_attention(w, i, t)
                it.wrong = int(it.wrong) | 32
                if p.dispute_place >= 0:
                    count_attention(w, i)
                c.attention_live += 1
    schedule(w, t + p.petition_interval, PETITION_DUE, i, int(it.petitions), i)


@kernel
def petition_again(w, i, t):
    """Petitioners come back while they believe in it (ruling 41), also when a ticket closed for nothing has been opened again."""
    b = w.buildings[w.arrivals[i].building]
    belief = b.offset_petition + w.counters[0].belief_scale * w.households[household_of(w, i)].petition
    it = w.issues[i]
    if belief <= w.p[0].petition_belief_floor:
        return
    if is_handled(it):
        petition(w, i, t)
    elif it.status == CLOSED:
        schedule(w, t + w.p[0].petition_interval, PETITION_DUE, i, int(it.petitions), i)


@kernel
def go_to_law(w, i, t):
    """A legal or mediation case: at the doorstep station where there is one, else at justice."""
    p = w.p[0]
    it = w.issues[i]
    if it.law_pending == 1:
        return
    note_age(w, i, t)
    if not np.float64(it.law) >= 0.0:
        it.law = t - w.arrivals[i].onset
    station = law_station(w, community_of(w, i))
    it.law_pending = 1
    note_move(w, i, t, WENT_TO_LAW, station, -1, 0.0)
    if p.dispute_place >= 0:
        count_case(w, i, station, OPENED)
    enqueue(w, add_package(w, i, LAW_CASE, station, 0, p.law_case_hours, 13), t)


@kernel
def law_decided(w, i, k, t):
    """A case ends: success settles a private matter or opens gate I, and the rest goes the ordinary way."""
    note_age(w, i, t)
    it = w.issues[i]
    a = w.arrivals[i]
    station = w.packages[k].station
    won = rng.uniform(a.key, rng.LAW, int(it.choices)) < success_share(w, station)
    note_move(w, i, t, LAW_DECIDED, station, -1, 1.0 if won else 0.0)
    if w.p[0].dispute_place >= 0:
        count_case(w, i, station, WON if won else LOST)
    unlink_package(w, i, k)
    it.law_pending = 0
    learn(w, i, VIA_LAW, 1.0 if won else 0.0)
    if not won:
        return
    if it.status == GATED and int(it.closed_gates) & GATE_I:
        open_gate(w, i, GATE_I, t)
    elif it.status == ROUTING and int(it.hops) < 0:
        it.obstacles = int(it.obstacles) & (255 - GATE_I)
        start_triage(w, i, t)


@kernel
def in_service(w, i):
    """Whether somebody is working on the issue now (ruling 15: then expiry is ignored)."""
    k = int(w.issues[i].first_package)
    while k >= 0:
        if w.packages[k].in_service == 1:
            return True
        k = w.packages[k].next
    return False


@kernel
def remind(w, i, t):
    """A reminder to the community: half a triage, and a memo while the issue is open."""
    it = w.issues[i]
    q = community_of(w, i)
    note_move(w, i, t, REMINDED, -1, -1, 0.0)
    charge_for(w, i, t, q, TRIAGING, 0.5 * w.p[0].triage_hours)
    if int(it.wrong) & 8 == 0:
        it.wrong = int(it.wrong) | 8
        w.stations[q].memos += 1.0


@kernel
def call_hotline(w, i, t):
    """A call to the hotline: an unknown issue is dispatched, one that came back is at work again already, any other is a reminder to
    the lead, who is asked by order where jurisdiction is open (RV1, ruling 15).
    """
    it = w.issues[i]
    is_first = not has_order(w, i)
    answered = place_order(w, i, t)
    if it.status == LATENT or (it.status == ROUTING and int(it.hops) < 0):
        dispatch_order(w, i, t, answered)
        return
    k = lead_package(w, i)
    if k < 0:
        remind(w, i, t)
    else:
        note_move(w, i, t, REMINDED, w.packages[k].station, -1, 0.0)
        charge_for(w, i, t, w.packages[k].station, TRIAGING, 0.5 * w.p[0].triage_hours)
        add_memo(w, k)
    if is_first and it.status == GATED and int(it.closed_gates) & GATE_J:
        schedule(w, answered, ORDER_ASKED, i, 0, i)


@kernel
def escalate(w, t):
    """Monthly, the order each subdistrict named goes to the leadership if it is still open: live attention, within the bound for
    petitions (W8, ruling 17).
    """
    p = w.p[0]
    c = w.counters[0]
    for s in range(w.nominated.size):
        i = w.nominated[s].issue
        w.nominated[s].issue = -1
        if i < 0 or w.issues[i].status >= CLOSED or c.attention_live >= p.attention_per_leader * p.n_leaders:
            continue
        note_move(w, i, t, ESCALATED, p.n_communities + s, -1, 0.0)
        charge_for(w, i, t, p.n_communities + s, PREPARING, p.preparation_hours)
        post_outside(w, BY_LEADERS, MEETING, p.RV1_escalation_hours)
        if not np.float64(w.issues[i].attention) >= 0.0:
            give_attention(w, i, t)
            w.issues[i].wrong = int(w.issues[i].wrong) | 32
            c.attention_live += 1


@kernel
def reopen(w, i, t, by_audit):
    """A falsely closed issue comes back: same identity, redo + 1, no new gates; after an audit done in earnest (ruling 14)."""
    note_age(w, i, t)
    it = w.issues[i]
    it.redo = min(int(it.redo) + 1, 60)
    it.wrong = BY_AUDIT if by_audit else 0
    it.served_by = 0
    it.version = int(it.version) + 1
    w.daily[w.counters[0].today].reopened += 1
    note_move(w, i, t, REOPENED, -1, int(it.redo), 0.0)
    become_known(w, i)
    it.status = GATED
    if int(it.n_departments) > 0:
        add_departments(w, i)
    release_work(w, i, t)


@kernel
def first_choice(w, i, t):
    """A new issue: its household notices at once and chooses (3.7.2, 3.7.3); a renovation of the programme is applied for."""
    if is_programme(w, i):
        voice(w, i, t, VIA_COMMUNITY)
        start_triage(w, i, t)
        return
    channel = choose(w, i)
    act(w, i, t, channel)


@kernel
def act(w, i, t, channel):
    """Carry out a choice about an issue that nobody in government knows yet."""
    note_choice(w, i, t, channel)
    if channel == VIA_PRIVATE:
        end_issue(w, i, t, EXITED)
        return
    if channel != SILENCE:
        voice(w, i, t, channel)
        if channel == VIA_LAW:
            become_known(w, i)
            go_to_law(w, i, t)
        elif channel == VIA_HOTLINE:
            call_hotline(w, i, t)
        else:
            start_triage(w, i, t)
            if channel == VIA_PETITION:
                petition(w, i, t)
    if w.issues[i].status < CLOSED:
        restart_patience(w, i, t)


@kernel
def patience_over(w, i, t):
    """A household's patience ends: it chooses again (ruling 15)."""
    it = w.issues[i]
    a = w.arrivals[i]
    status = it.status
    if status == LATENT:
        if t >= a.onset + w.p[0].lapse_patience_ratio * w.kinds[a.type].patience - 1e-9:
            end_issue(w, i, t, LAPSED)
        else:
            act(w, i, t, choose(w, i))
        return
    if status != CLOSED and in_service(w, i):
        it.choices = int(it.choices) + 1
        note_move(w, i, t, WAITED_ON, -1, -1, 0.0)
        restart_patience(w, i, t)
        return
    if status != CLOSED:
        learn(w, i, int(it.channel), 0.0)
    channel = choose(w, i)
    note_choice(w, i, t, channel)
    if channel == SILENCE or channel == VIA_PRIVATE:
        if channel == SILENCE and status == CLOSED:
            learn(w, i, int(it.channel), 0.0)
        end_issue(w, i, t, LAPSED if channel == SILENCE else EXITED)
        return
    it.channel = channel
    if status == CLOSED:
        reopen(w, i, t, False)
        if channel == VIA_HOTLINE:
            place_order(w, i, t)
    elif channel == VIA_COMMUNITY:
        remind(w, i, t)
    elif channel == VIA_HOTLINE:
        call_hotline(w, i, t)
    if it.status == ROUTING and int(it.hops) < 0 and channel != VIA_LAW:
        start_triage(w, i, t)
    if it.status < CLOSED:
        if channel == VIA_PETITION:
            petition(w, i, t)
        elif channel == VIA_LAW:
            go_to_law(w, i, t)
        restart_patience(w, i, t)


@kernel
def law_station(w, q):
    """Who takes a legal case of a community: its doorstep station, else justice."""
    if w.communities[q].doorstep == 1:
        return w.p[0].first_mediation + q
    return department_station(w, 4, w.communities[q].subdistrict)


@kernel
def close_stations(w, t):
    """Doorstep stations that are no more: justice takes over their cases, the community's desk their talks."""
    p = w.p[0]
    for k in range(w.pools[PACKAGES].used):
        pk = w.packages[k]
        if is_at_closed_station(w, k) and pk.queued == 0 and pk.in_service == 0:
            count_marks(w.stations[pk.station], int(pk.marks), -1.0)
            pk.station = w.stations[pk.station].area
            count_marks(w.stations[pk.station], int(pk.marks), 1.0)
    for q in range(p.n_communities):
        if w.communities[q].doorstep == 0:
            put_down(w, p.first_mediation + q)
    for k in range(w.pools[PACKAGES].used):
        if is_at_closed_station(w, k):
            q = w.stations[w.packages[k].station].area
            move_package(w, k, law_station(w, q) if w.packages[k].kind == LAW_CASE else q, t)


@kernel
def is_at_closed_station(w, k):
    """Whether a package lies at a doorstep station that is no more."""
    pk = w.packages[k]
    unit = w.stations[pk.station]
    return pk.issue >= 0 and pk.done == 0 and unit.kind == MEDIATION and w.communities[unit.area].doorstep == 0


@kernel
def dissent(w, i, t):
    """Works begin: owners who were not in favour may quarrel with them (SC2).

    Each who does takes the dispute where a household takes one (3.7.3): to the community (by the hotline too) or to law, as a
    case of mediation there; to the petition office, as a petition about the works; or nowhere.
    """
    p = w.p[0]
    r = renovation_of(w, i)
    re = w.renovations[r]
    kind = p.renovation_quarrel_type if p.renovation_quarrel_type >= 0 else w.arrivals[i].type
    for n in range(re.n_owners):
        owner = w.owners[re.first_owner + n]
        if owner.supports == 1:
            continue
        re.dissenters += 1
        if rng.uniform(re.key, rng.QUARREL, 4 * n) >= p.renovation_quarrel_share:
            continue
        re.quarrels += 1
        severity = rng.uniform(re.key, rng.QUARREL, 4 * n + 1)
        luck = rng.uniform(re.key, rng.QUARREL, 4 * n + 2)
        channel = channel_for(w, owner.building, owner.household, kind, severity, luck)
        q = w.buildings[owner.building].community
        if channel == VIA_COMMUNITY or channel == VIA_LAW or channel == VIA_HOTLINE:
            station = law_station(w, q) if channel == VIA_LAW else q
            k = add_package(w, i, PERSUASION, station, 0, p.renovation_quarrel_hours, QUARREL_NUMBER)
            w.packages[k].rounds = n
            if channel == VIA_LAW:
                re.quarrels_law += 1
            else:
                re.quarrels_mediated += 1
            enqueue(w, k, t)
        elif channel == VIA_PETITION:
            re.quarrels_petitioned += 1
            petition(w, i, t)
        elif channel == VIA_PRIVATE:
            re.quarrels_private += 1
        else:
            re.quarrels_silent += 1


@kernel
def end_of_quarrel(w, i, k):
    """A dispute about the works has been mediated: settled with p_per at the community, else with a case's success."""
    pk = w.packages[k]
    r = renovation_of(w, i)
    n = int(pk.rounds)
    if pk.station < w.p[0].n_communities:
        share = persuasion_share(w, w.owners[w.renovations[r].first_owner + n].building, pk.station)
    else:
        share = success_share(w, pk.station)
    if rng.uniform(w.renovations[r].key, rng.QUARREL, 4 * n + 3) < share:
        w.renovations[r].quarrels_settled += 1
    unlink_package(w, i, k)
