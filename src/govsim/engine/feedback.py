"""What residents feel and what the log keeps when an issue closes, ends or comes back (3.7.14).

Beliefs and trust are stored in the exact lazy form of gossip (ruling 27): a building keeps its mean M
and offset C of each belief, a household keeps z, and the belief is read as `C + scale * z`, where
`scale` shrinks by (1 - omega) a month. One update costs O(1), a month of gossip O(buildings).
"""

import math

import numpy as np

from govsim.engine import rng
from govsim.engine.compiled import kernel
from govsim.engine.ledger import post_money
from govsim.engine.market import rate_firm
from govsim.engine.moves import (
    ATTENTION_ENDED,
    GAVE_UP,
    HELPED_ITSELF,
    ISSUE_RESOLVED,
    MONEY_RETURNED,
    MONEY_SPENT,
    REPAIR_FAILED,
    TICKET_CLOSED,
    charge_for,
    note_move,
)
from govsim.engine.orders import called_back, is_called
from govsim.engine.queues import schedule
from govsim.engine.renovation import is_programme, judged_by_owners, renovation_of, settle_renovation
from govsim.engine.service import drop_package
from govsim.engine.state import (
    AUDIT_DUE,
    BY_AUDIT,
    CEREMONIAL,
    CHOICE_DUE,
    CLOSED,
    EXITED,
    GATE_F,
    INFORMING,
    LAPSED,
    LATENT,
    RESOLVED,
    ROAD_FAILS,
    ROUTING,
    VIA_COMMUNITY,
    VIA_HOTLINE,
    VIA_LAW,
    VIA_PETITION,
)


@kernel
def household_of(w, i):
    """The household an issue belongs to."""
    a = w.arrivals[i]
    return int(w.buildings[a.building].first_household) + int(a.household)


@kernel
def community_of(w, i):
    """The community where the issue is."""
    return w.buildings[w.arrivals[i].building].community


@kernel
def state_of(it):
    """State occupancy of ruling X2: an issue is in exactly one of `STATES`."""
    if it.status == RESOLVED:
        return 0
    if it.status == CLOSED:
        return 1
    if it.status == EXITED:
        return 7
    is_voiced = np.float64(it.voiced) >= 0.0
    if it.status == LATENT or (it.status == LAPSED and not is_voiced):
        return 5
    if it.status == LAPSED:
        return 6
    if it.law_pending > 0:
        return 4
    return 3 if np.float64(it.petitioned) >= 0.0 else 2


@kernel
def is_handled(it):
    """Whether somebody in government has the issue: known, and neither closed nor ended."""
    return it.status > LATENT and it.status < CLOSED


@kernel
def become_known(w, i):
    """Somebody in government has the issue from now on."""
    it = w.issues[i]
    if not is_handled(it):
        w.communities[community_of(w, i)].known_issues += 1.0
    it.status = ROUTING


@kernel
def note_age(w, i, t):
    """Keep the state an issue was in at 180 and 365 days, before it changes at t."""
    it = w.issues[i]
    age = t - w.arrivals[i].onset
    if it.state_180 < 0 and age >= 180.0:
        it.state_180 = state_of(it)
    if it.state_365 < 0 and age >= 365.0:
        it.state_365 = state_of(it)


@kernel
def learn(w, i, channel, outcome):
    """E <- e + eta_e (y - e) for the belief in a channel (3.7.3)."""
    rate = w.p[0].belief_learning
    h = w.households[household_of(w, i)]
    b = w.buildings[w.arrivals[i].building]
    scale = w.counters[0].belief_scale
    if channel == VIA_COMMUNITY:
        change = rate * (outcome - (b.offset_community + scale * h.community))
        h.community += change / scale
        b.mean_community += change / b.n_households
    elif channel == VIA_PETITION:
        change = rate * (outcome - (b.offset_petition + scale * h.petition))
        h.petition += change / scale
        b.mean_petition += change / b.n_households
    elif channel == VIA_LAW:
        change = rate * (outcome - (b.offset_law + scale * h.law))
        h.law += change / scale
        b.mean_law += change / b.n_households
    elif channel == VIA_HOTLINE:
        felt = w.hotline_beliefs[w.arrivals[i].building]
        change = rate * (outcome - (felt.offset_hotline + scale * h.hotline))
        h.hotline += change / scale
        felt.mean_hotline += change / b.n_households


@kernel
def trust_step(p, trust, satisfied, step):
    """T <- T + eta+ (1 - T) if S >= S*, else T (1 - eta-); `step` scales the change."""
    if satisfied:
        return step * p.trust_gain * (1.0 - trust)
    return -step * p.trust_loss * trust


@kernel
def update_trust(w, i, satisfied, by_community, by_city):
    """Move both trusts of the issue's household by the given steps."""
    p = w.p[0]
    c = w.counters[0]
    h = w.households[household_of(w, i)]
    b = w.buildings[w.arrivals[i].building]
    change = trust_step(p, b.offset_trust_community + c.trust_scale * h.trust_community, satisfied, by_community)
    h.trust_community += change / c.trust_scale
    b.mean_trust_community += change / b.n_households
    c.sum_trust_community += change
    change = trust_step(p, b.offset_trust_city + c.trust_scale * h.trust_city, satisfied, by_city)
    h.trust_city += change / c.trust_scale
    b.mean_trust_city += change / b.n_households
    c.sum_trust_city += change


@kernel
def take_marks(w, k, bits):
    """Take marks of a package off its unit: 1 memo, 2 directive, 4 listed, 8 overdue (16, left over by a campaign, counts nowhere)."""
    pk = w.packages[k]
    st = w.stations[pk.station]
    marks = pk.marks & bits
    if marks & 1:
        st.memos -= 1.0
    if marks & 2:
        st.directives -= 1.0
    if marks & 4:
        st.listed_open -= 1.0
    if marks & 8:
        st.listed_overdue -= 1.0
    pk.marks = pk.marks & (31 - bits)


@kernel
def end_attention(w, i, t):
    """Leader attention ends: its marks and, if a petition won it, its slot are given back."""
    it = w.issues[i]
    if not np.float64(it.attention) >= 0.0:
        return
    it.attention = np.nan
    note_move(w, i, t, ATTENTION_ENDED, -1, -1, 0.0)
    bits = int(it.wrong)
    if bits & 32:
        w.counters[0].attention_live -= 1
    if bits & 16:
        w.stations[community_of(w, i)].directives -= 1.0
    it.wrong = bits & (15 | BY_AUDIT)
    k = int(it.first_package)
    while k >= 0:
        take_marks(w, k, 2)
        k = w.packages[k].next


@kernel
def drop_packages(w, i, t):
    """Forget all packages of an issue."""
    end_attention(w, i, t)
    it = w.issues[i]
    if int(it.wrong) & 8:
        w.stations[community_of(w, i)].memos -= 1.0
        it.wrong = int(it.wrong) & 7
    k = int(it.first_package)
    while k >= 0:
        following = w.packages[k].next
        take_marks(w, k, 15)
        drop_package(w, k)
        k = following
    it.first_package = -1
    it.open_packages = 0


@kernel
def settle_money(w, i, t, done):
    """Reserved money is spent when the issue is done, else it goes back to its pot (ruling 12)."""
    it = w.issues[i]
    c = w.counters[0]
    amount = np.float64(it.fund)
    pot = int(it.pot)
    if amount <= 0.0 or pot == -2:
        return
    if pot < 0:
        if done and not int(it.obstacles) & GATE_F:
            c.operating += amount
            post_money(w, 4, 0, amount)
            post_money(w, 4, 1, amount)
            note_move(w, i, t, MONEY_SPENT, -1, 4, amount)
            it.pot = -2
        return
    if is_programme(w, i):
        settle_renovation(w, i, renovation_of(w, i), t, done)
        c.reserved -= amount
        c.spent += amount if done else 0.0
        it.pot = -2
        return
    x = w.buildings[w.arrivals[i].building].compound
    q = w.compounds[x].community
    city = amount * (0.8 if w.kinds[w.arrivals[i].type].serial == 1 else 1.0)
    c.reserved -= amount
    if done:
        c.spent += amount
        if pot == 3:
            post_money(w, 3, 1, city)
            post_money(w, 5, 0, amount - city)
            post_money(w, 5, 1, amount - city)
            note_move(w, i, t, MONEY_SPENT, -1, 3, city)
            if amount > city:
                note_move(w, i, t, MONEY_SPENT, -1, 5, amount - city)
        else:
            post_money(w, pot, 1, amount)
            note_move(w, i, t, MONEY_SPENT, -1, pot, amount)
        it.pot = -2
        return
    note_move(w, i, t, MONEY_RETURNED, -1, pot, amount)
    if pot == 0:
        w.compounds[x].money += amount
    elif pot == 1:
        w.communities[q].money += amount
    elif pot == 2:
        w.subdistricts[w.communities[q].subdistrict].money += amount
    else:
        c.money_city += city
        c.household_money -= amount - city
    it.pot = -2


@kernel
def end_issue(w, i, t, status):
    """An issue leaves unresolved: given up (LAPSED) or helped privately (EXITED)."""
    note_age(w, i, t)
    it = w.issues[i]
    day = w.daily[w.counters[0].today]
    if status == EXITED:
        day.exited += 1
        post_money(w, 5, 0, w.p[0].private_remedy_cost)
        post_money(w, 5, 1, w.p[0].private_remedy_cost)
        note_move(w, i, t, HELPED_ITSELF, -1, -1, w.p[0].private_remedy_cost)
    else:
        day.lapsed += 1
        note_move(w, i, t, GAVE_UP, -1, -1, 0.0)
    drop_packages(w, i, t)
    settle_money(w, i, t, False)
    if is_handled(it):
        w.communities[community_of(w, i)].known_issues -= 1.0
    it.status = status
    it.ended = t - w.arrivals[i].onset
    it.version = int(it.version) + 1
    it.law_pending = 0
    w.communities[community_of(w, i)].open_issues -= 1.0


@kernel
def judge(w, i, t, resolved):
    """Performance, satisfaction, expectation, belief and trust at closure (3.7.14)."""
    p = w.p[0]
    it = w.issues[i]
    a = w.arrivals[i]
    informed = rng.uniform(a.key, rng.INFORM, int(it.redo)) < p.contact_share
    if informed:
        charge_for(w, i, t, community_of(w, i), INFORMING, p.informing_hours)
    is_asked = p.RV1_enabled == 1 and is_called(w, i)
    waited = t - a.onset - np.float64(it.voiced)
    performance = p.performance_speed * math.exp(-waited / w.kinds[a.type].deadline)
    if resolved:
        performance += p.performance_resolved
    if informed or is_asked:
        performance += p.performance_contact
    h = w.households[household_of(w, i)]
    surprise = performance - h.expectation
    s = p.satisfaction_base + p.satisfaction_performance * performance
    s += p.satisfaction_gain * max(surprise, 0.0) - p.satisfaction_loss * max(-surprise, 0.0)
    s = min(1.0, max(0.0, s))
    h.expectation += p.expectation_learning * surprise
    w.counters[0].sum_expectation += p.expectation_learning * surprise
    it.satisfaction = s
    if p.RV5_enabled == 1:
        rate_firm(w, i, s)
    satisfied = s >= p.satisfaction_threshold
    if is_asked:
        called_back(w, i, t, satisfied)
    if satisfied:
        w.communities[community_of(w, i)].confirmed += 1.0
    if int(it.directives) > 0:
        if np.float64(it.petitioned) >= 0.0:
            learn(w, i, VIA_PETITION, performance)
        update_trust(w, i, satisfied, 0.0, 1.0)
    else:
        learn(w, i, int(it.channel), performance)
        if int(it.locus) <= 2:
            update_trust(w, i, satisfied, 1.0, 0.0)
        else:
            update_trust(w, i, satisfied, 0.5, 1.0)


@kernel
def road_wears(w, i, t):
    """SC4: a repaired road fails at a constant hazard, that of a patch if any of the work was perfunctory (3.13).

    What fails later than the window of X3 is new wear, which ordinary demand has already.
    """
    p = w.p[0]
    it = w.issues[i]
    hazard = p.road_patch_hazard if int(it.wrong) & 4 else p.road_repair_hazard
    if hazard <= 0.0:
        return
    delay = rng.exponential(w.arrivals[i].key, rng.RECURRENCE, int(it.redo)) / hazard
    if delay < p.road_recurrence_days:
        schedule(w, t + delay, ROAD_FAILS, i, int(it.version), i)


@kernel
def road_fails(w, i, t):
    """SC4: the same issue is there again, so its repair did not last (X3); the household judges, and chooses at once."""
    it = w.issues[i]
    it.status = CLOSED
    note_age(w, i, t)
    note_move(w, i, t, REPAIR_FAILED, -1, -1, 0.0)
    it.version = int(it.version) + 1
    w.returned[i] = min(int(w.returned[i]) + 1, 120)
    w.communities[community_of(w, i)].open_issues += 1.0
    list_again(w, i)
    learn(w, i, int(it.channel), 0.0)
    if int(it.locus) <= 2:
        update_trust(w, i, False, 1.0, 0.0)
    else:
        update_trust(w, i, False, 0.5, 1.0)
    schedule(w, t, CHOICE_DUE, i, int(it.version), i)


@kernel
def list_again(w, i):
    """Put an issue that had ended back among its community's, unless no visitor has taken it off yet."""
    q = w.communities[community_of(w, i)]
    j = q.open_head
    while j >= 0:
        if j == i:
            return
        j = int(w.issues[j].next_in_community)
    w.issues[i].next_in_community = q.open_head
    q.open_head = i


@kernel
def close_issue(w, i, t):
    """All work is done: the ticket closes; whether the issue is truly resolved was drawn at the work."""
    note_age(w, i, t)
    p = w.p[0]
    c = w.counters[0]
    it = w.issues[i]
    a = w.arrivals[i]
    resolved = int(it.wrong) & 2 == 0
    since = t - a.onset
    if not np.float64(it.closed) >= 0.0:
        it.closed = since
    it.last_closed = since
    w.daily[c.today].closed += 1
    if int(it.served_by) & 16:
        community = community_of(w, i)
        w.communities[community].matters += 1.0
        charge_for(w, i, t, community, CEREMONIAL, p.record_hours)
    judge(w, i, t, resolved)
    if is_programme(w, i) and int(it.redo) == 0:
        judged_by_owners(w, i, renovation_of(w, i), t, resolved)
    note_move(w, i, t, TICKET_CLOSED, -1, int(it.redo), it.satisfaction)
    if resolved:
        note_move(w, i, t, ISSUE_RESOLVED, -1, -1, 0.0)
    drop_packages(w, i, t)
    settle_money(w, i, t, True)
    it.version = int(it.version) + 1
    it.law_pending = 0
    w.communities[community_of(w, i)].known_issues -= 1.0
    if resolved:
        it.status = RESOLVED
        w.daily[c.today].resolved += 1
        w.communities[community_of(w, i)].open_issues -= 1.0
        if a.type == p.road_type:
            road_wears(w, i, t)
        return
    it.status = CLOSED
    redo = int(it.redo)
    if rng.uniform(a.key, rng.AUDIT, redo) < p.audit_share:
        delay = p.audit_delay * rng.exponential(a.key, rng.AUDIT_DELAY, redo)
        schedule(w, t + delay, AUDIT_DUE, i, int(it.version), i)
    else:
        delay = w.kinds[a.type].patience * rng.exponential(a.key, rng.NEW_CHOICE, redo)
        schedule(w, t + delay, CHOICE_DUE, i, int(it.version), i)


@kernel
def add_memo(w, k):
    """A task memo to a unit about a package: it counts in the unit's pressure while open."""
    pk = w.packages[k]
    if pk.marks & 1 == 0:
        pk.marks = pk.marks | 1
        w.stations[pk.station].memos += 1.0


@kernel
def unlink_package(w, i, k):
    """Take a finished package out of the issue's list and give it back."""
    it = w.issues[i]
    first = int(it.first_package)
    following = w.packages[k].next
    if first == k:
        it.first_package = following
    else:
        while w.packages[first].next != k:
            first = w.packages[first].next
        w.packages[first].next = following
    take_marks(w, k, 15)
    w.packages[k].in_service = 0
    drop_package(w, k)
