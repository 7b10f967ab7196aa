"""Components of one's own at their channels, month by month and request by request (`scenario.own.HOOKS`).

In each community and month a component is paid for first; where it costs neither hours nor money it does nothing that month.
"""

import numpy as np

from govsim.engine import rng
from govsim.engine.compiled import kernel
from govsim.engine.effort import backlog_weeks
from govsim.engine.feedback import community_of
from govsim.engine.ledger import charge, post_money, post_outside
from govsim.engine.links import offer
from govsim.engine.moves import charge_for
from govsim.engine.rules import (
    ACCESS_COST,
    AUTHORITY,
    CLARITY,
    MONTHLY_HOURS,
    MONTHLY_MONEY,
    N_HOOKS,
    N_RULES,
    OFFERED_HOURS,
    REQUEST_HOURS,
    TIE_GAIN,
    ruled,
)
from govsim.engine.state import BY_COMMUNITIES, BY_SUBDISTRICTS, COORDINATING


@kernel
def place_of(x, hook):
    """Where a hook of the x-th component stands in the column `rules`."""
    return N_RULES + x * N_HOOKS + hook


@kernel
def acts(w, x, q, hook):
    """Whether a component is paid for in a community this month and has such a hook."""
    return w.reach[x * w.p[0].n_communities + q] == 1 and w.rules[place_of(x, hook)].address != 0


@kernel
def run_component(w, x, q):
    """A month of a component in a community: its hours and money are booked, then it offers hours and makes ties."""
    p = w.p[0]
    c = w.counters[0]
    own = w.own[x]
    community = w.communities[q]
    u = rng.uniform(rng.entity_key(p.seed, rng.UNIT, q), rng.OWN, own.number * 65536 + c.month)
    month = (
        own.intensity, c.month % 12 + 1.0, community.n_households * 1.0, community.known_issues, community.petitions,
        backlog_weeks(w, q), u,
    )  # fmt: skip
    hours = 0.0
    money = 0.0
    if w.rules[place_of(x, MONTHLY_HOURS)].address != 0:
        hours = ruled(w, place_of(x, MONTHLY_HOURS), month)
    if w.rules[place_of(x, MONTHLY_MONEY)].address != 0:
        money = ruled(w, place_of(x, MONTHLY_MONEY), month)
    w.reach[x * p.n_communities + q] = 1 if hours > 0.0 or money > 0.0 else 0
    if own.payer == BY_COMMUNITIES:
        charge(w, q, own.activity, hours)
    elif own.payer == BY_SUBDISTRICTS:
        charge(w, p.n_communities + community.subdistrict, own.activity, hours)
    else:
        post_outside(w, own.payer, own.activity, hours)
    if money > 0.0:
        c.operating += money
        post_money(w, 4, 0, money)
        post_money(w, 4, 1, money)
    if acts(w, x, q, OFFERED_HOURS):
        for skill in range(8):
            offer(w, q, skill, ruled(w, place_of(x, OFFERED_HOURS), (skill * 1.0, *month)), own.giver)
    if acts(w, x, q, TIE_GAIN):
        for department in range(12):
            place = 12 * q + department
            w.ties[place] += ruled(w, place_of(x, TIE_GAIN), (department * 1.0, *month)) * (1.0 - w.ties[place])


@kernel
def run_components(w):
    """A month of every component of one's own in every community."""
    for x in range(w.p[0].n_own):
        for q in range(w.p[0].n_communities):
            run_component(w, x, q)


@kernel
def about(w, x, i):
    """What a component knows of an issue when a department is looked for or asked."""
    it = w.issues[i]
    departments = int(it.n_departments) * 1.0
    return w.own[x].intensity, np.float64(it.severity), int(it.n_affected) * 1.0, departments, w.arrivals[i].type * 1.0


@kernel
def own_unclear(w, i):
    """What the components leave unclear: prod(1 - cl) (3.7.4)."""
    q = community_of(w, i)
    unclear = 1.0
    for x in range(w.p[0].n_own):
        if acts(w, x, q, CLARITY):
            unclear *= 1.0 - ruled(w, place_of(x, CLARITY), about(w, x, i))
    return unclear


@kernel
def own_authority(w, i, asker, t):
    """The most authority that a component lends a round of requests; the asker's hours are charged."""
    q = community_of(w, i)
    most = 0.0
    for x in range(w.p[0].n_own):
        if acts(w, x, q, AUTHORITY):
            request = (*about(w, x, i), int(w.issues[i].asks) * 1.0, t - w.arrivals[i].onset)
            hours = ruled(w, place_of(x, REQUEST_HOURS), request)
            if hours > 0.0:
                charge_for(w, i, t, asker, COORDINATING, hours)
                most = max(most, ruled(w, place_of(x, AUTHORITY), request))
    return most


@kernel
def own_access(w, q, channel, severity, ses):
    """What the components add to the access cost of a channel in a community (3.7.3)."""
    added = 0.0
    for x in range(w.p[0].n_own):
        if acts(w, x, q, ACCESS_COST):
            asked = (w.own[x].intensity, channel * 1.0, severity, ses)
            added += ruled(w, place_of(x, ACCESS_COST), asked)
    return added
