"""Renovation of an old compound: owners, their assembly, money from four sides, works in stages (3.13 SC2).

Consent is the Civil Code's (art. 278): owners with two thirds of the area and of the number take part, and of those
who do, three quarters of the area and of the number approve. The compound meeting informs and mediates; the owners'
assembly votes (ruling 4): two bodies, a switch each. Here are the rules that touch a programme's own rows; what
they lead to (gate I opening, the next talk) is in `gates.py`.
"""

import math

import numpy as np

from govsim.engine import rng
from govsim.engine.compiled import kernel
from govsim.engine.ledger import charge, post_money, post_outside
from govsim.engine.moves import MONEY_RETURNED, MONEY_SPENT, charge_for, note_move
from govsim.engine.state import (
    BY_RESIDENTS,
    CLOSED,
    CONVENING,
    MEETING,
    N_STAGES,
    RESOLVED,
    SUPERVISING,
    UPKEEPING,
    WORK,
)

_OWNERS_MAX = 2**20
"""More than a compound has owners: counts of draws step by it."""
PARTICIPATION, APPROVAL = 2.0 / 3.0, 3.0 / 4.0


@kernel
def renovation_of(w, i):
    """The programme's row of an issue, or -1: ordinary renovations have none."""
    for r in range(w.renovations.size):
        if w.renovations[r].issue == i:
            return r
    return -1


@kernel
def is_programme(w, i):
    """Whether an issue is a renovation of the scenario's programme."""
    return w.p[0].renovation_enabled == 1 and w.kinds[w.arrivals[i].type].serial == 1 and renovation_of(w, i) >= 0


@kernel
def serial_rank(department):
    """Order of renovation work: survey, design, pipes, roads, greening, handover (ruling 9)."""
    if department == 11:
        return 0
    if department == 0:
        return 1
    if department == 10:
        return 2
    if department == 2:
        return 3
    if department == 1:
        return 4
    return 5


# ---- owners and consent --------------------------------------------------------------------------


@kernel
def least_supporters(n):
    """The fewest approvals with which the law can be met: three quarters of two thirds."""
    return math.ceil(0.75 * math.ceil(2.0 * n / 3.0))


@kernel
def count_supporters(w, r):
    """Owners who are in favour now."""
    re = w.renovations[r]
    n = 0
    for o in range(re.first_owner, re.first_owner + re.n_owners):
        n += w.owners[o].supports
    return n


@kernel
def owner_to_talk_to(w, r, count):
    """One of the owners not in favour, each as likely (keyed by the number of the talk), or -1."""
    re = w.renovations[r]
    left = re.n_owners - count_supporters(w, r)
    place = int(rng.uniform(re.key, rng.OWNER, count) * left)
    for o in range(re.first_owner, re.first_owner + re.n_owners):
        if w.owners[o].supports == 0:
            if place == 0:
                return o
            place -= 1
    return -1


@kernel
def thin_owners(w, r, days, count):
    """Owners in favour change their minds with hazard lambda_I (ruling 30), each by a draw of their own."""
    re = w.renovations[r]
    share = 1.0 - math.exp(-w.p[0].supporter_lapse * days)
    for o in range(re.first_owner, re.first_owner + re.n_owners):
        if w.owners[o].supports == 1:
            if rng.uniform(re.key, rng.SUPPORT, count * _OWNERS_MAX + o - re.first_owner) < share:
                w.owners[o].supports = 0


@kernel
def law_is_met(n, area, n_part, area_part, n_for, area_for):
    """Art. 278: two thirds of number and area take part, three quarters of those, by number and area, approve.

    Areas are sums of drawn numbers: a billionth is left to rounding, numbers of owners are exact.
    """
    slack = 1e-9 * area
    part = 3 * n_part >= 2 * n and area_part >= PARTICIPATION * area - slack
    return part and 4 * n_for >= 3 * n_part and area_for >= APPROVAL * area_part - slack


@kernel
def vote(w, i, r, t):
    """One ballot of the owners' assembly: who takes part, who approves, whether the law is met.

    Owners in favour take part with one probability, the others with another; who takes part votes as they think.
    The hours of carrying the papers to every household and counting them are the community's, those of voting the residents'.
    """
    p = w.p[0]
    re = w.renovations[r]
    n_part = 0
    n_for = 0
    area = 0.0
    area_part = 0.0
    area_for = 0.0
    for o in range(re.first_owner, re.first_owner + re.n_owners):
        owner = w.owners[o]
        area += owner.area
        share = p.renovation_turnout_for if owner.supports == 1 else p.renovation_turnout_against
        if rng.uniform(re.key, rng.TURNOUT, re.ballots * _OWNERS_MAX + o - re.first_owner) < share:
            n_part += 1
            area_part += owner.area
            if owner.supports == 1:
                n_for += 1
                area_for += owner.area
    re.ballots += 1
    re.participation = n_part / re.n_owners
    re.approval = n_for / max(1.0, n_part * 1.0)
    charge_for(w, i, t, w.compounds[re.compound].community, CONVENING, p.renovation_ballot_hours * re.n_owners)
    post_outside(w, BY_RESIDENTS, MEETING, p.renovation_voting_hours * n_part)
    return law_is_met(re.n_owners, area, n_part, area_part, n_for, area_for)


# ---- money ---------------------------------------------------------------------------------------


@kernel
def raise_money(w, i, r, with_city):
    """Gate F: the residents' co-payment, what compound and community (organisations' pledges) have up to the rest,
    and from the city's window all that is lacking; everything at once or nothing (ruling 12).
    """
    p = w.p[0]
    re = w.renovations[r]
    c = w.counters[0]
    x = w.compounds[re.compound]
    q = w.communities[x.community]
    need = np.float64(w.issues[i].fund)
    copay = p.renovation_copay_share * need
    rest = max(0.0, 1.0 - p.renovation_subsidy_share - p.renovation_copay_share) * need
    from_compound = min(x.money, rest)
    from_community = min(q.money, rest - from_compound)
    city = need - copay - from_compound - from_community
    if not with_city or c.money_city < city:
        return False
    c.money_city -= city
    x.money -= from_compound
    q.money -= from_community
    c.household_money += copay
    re.from_city = city
    re.from_compound = from_compound
    re.from_community = from_community
    re.from_owners = copay
    return True


@kernel
def spend_from(w, i, t, pot, amount):
    """Money of one side is spent."""
    if amount > 0.0:
        post_money(w, pot, 1, amount)
        note_move(w, i, t, MONEY_SPENT, -1, pot, amount)


@kernel
def settle_renovation(w, i, r, t, done):
    """Money of a renovation that is done is spent, pot by pot; else it goes back."""
    re = w.renovations[r]
    c = w.counters[0]
    x = w.compounds[re.compound]
    if done:
        post_money(w, 5, 0, re.from_owners)
        spend_from(w, i, t, 0, re.from_compound)
        spend_from(w, i, t, 1, re.from_community)
        spend_from(w, i, t, 3, re.from_city)
        spend_from(w, i, t, 5, re.from_owners)
        return
    note_move(w, i, t, MONEY_RETURNED, -1, 3, np.float64(w.issues[i].fund))
    x.money += re.from_compound
    w.communities[x.community].money += re.from_community
    c.money_city += re.from_city
    c.household_money -= re.from_owners
    re.from_city = 0.0
    re.from_compound = 0.0
    re.from_community = 0.0
    re.from_owners = 0.0


# ---- works ---------------------------------------------------------------------------------------


@kernel
def is_out_of_order(w, i, rank):
    """Whether a stage that comes before this rank is not done."""
    k = int(w.issues[i].first_package)
    while k >= 0:
        pk = w.packages[k]
        if pk.kind == WORK and pk.department >= 0 and pk.done == 0 and serial_rank(pk.department) < rank:
            return True
        k = pk.next
    return False


@kernel
def stage_begins(w, k, t):
    """A department starts its stage; one that does not wait for those before it digs again: hours x 1.3 (ruling 9)."""
    pk = w.packages[k]
    r = renovation_of(w, pk.issue)
    if r < 0 or pk.department < 0:
        return
    rank = serial_rank(pk.department)
    stage = w.stages[r * N_STAGES + rank]
    is_first = int(w.issues[pk.issue].redo) == 0 and not stage.start >= 0.0
    if is_first:
        stage.start = t
        stage.hours = pk.left
    if is_out_of_order(w, pk.issue, rank):
        more = pk.left * (w.p[0].renovation_redig_factor - 1.0)
        pk.left += more
        stage.redig += more


@kernel
def stage_ends(w, k, t):
    """A department's stage is done, for the first time."""
    pk = w.packages[k]
    r = renovation_of(w, pk.issue)
    if r >= 0 and pk.department >= 0 and int(w.issues[pk.issue].redo) == 0:
        w.stages[r * N_STAGES + serial_rank(pk.department)].end = t


@kernel
def judged_by_owners(w, i, r, t, resolved):
    """Mean satisfaction of the compound's households with the works, by the rule of 3.7.14 for each of them.

    Beliefs and trust move for the household whose issue it is, as with every issue.
    """
    p = w.p[0]
    re = w.renovations[r]
    a = w.arrivals[i]
    waited = t - a.onset - np.float64(w.issues[i].voiced)
    common = p.performance_speed * math.exp(-waited / w.kinds[a.type].deadline)
    if resolved:
        common += p.performance_resolved
    total = 0.0
    for o in range(re.first_owner, re.first_owner + re.n_owners):
        performance = common
        if rng.uniform(re.key, rng.INFORM, _OWNERS_MAX + o - re.first_owner) < p.contact_share:
            performance += p.performance_contact
        surprise = performance - w.households[w.owners[o].household].expectation
        s = p.satisfaction_base + p.satisfaction_performance * performance
        s += p.satisfaction_gain * max(surprise, 0.0) - p.satisfaction_loss * max(-surprise, 0.0)
        total += min(1.0, max(0.0, s))
    re.satisfaction = total / re.n_owners


@kernel
def size_of_works(w, i, r):
    """Hours and money follow the number of households; the law asks for consent and somebody has to pay, so I and F are there."""
    it = w.issues[i]
    share = w.renovations[r].n_owners / w.p[0].renovation_reference_households
    it.hours = np.float64(it.hours) * share
    it.fund = np.float64(it.fund) * share
    it.obstacles = int(it.obstacles) | 12


@kernel
def helped_by_pool(w, q, hours):
    """Hours of general labour and engineering that the community's pool gives, with supervision; returns how many."""
    p = w.p[0]
    done = 0.0
    for skill in (7, 1):
        part = min(hours - done, w.pool[q * 8 + skill])
        if part > 0.0:
            w.pool[q * 8 + skill] -= part
            done += part
    if done > 0.0:
        w.communities[q].pool_substantive += done
        charge(w, q, SUPERVISING, done * p.supervision_hours)
    return done


@kernel
def keep_renovated(w):
    """Each month what was renovated needs upkeep: the firm does its payers' share, the pool what it can, the rest is left."""
    p = w.p[0]
    for r in range(w.renovations.size):
        re = w.renovations[r]
        if re.issue < 0 or (w.issues[re.issue].status != RESOLVED and w.issues[re.issue].status != CLOSED):
            continue
        x = w.compounds[re.compound]
        hours = p.renovation_upkeep_hours * re.n_owners
        firm = hours * x.fee if x.firm >= 0 else 0.0
        if firm > 0.0:
            charge(w, x.firm, UPKEEPING, firm)
        re.upkeep_needed += hours
        re.upkeep_firm += firm
        re.upkeep_pool += helped_by_pool(w, x.community, hours - firm)
