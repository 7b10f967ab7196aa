"""City leaders' visits: discovery, directives, staging, and what they cost (3.7.11, E1)."""

from govsim.engine import rng
from govsim.engine.compiled import kernel
from govsim.engine.effort import backlog_weeks
from govsim.engine.feedback import community_of, end_attention
from govsim.engine.gates import department_station
from govsim.engine.ledger import charge, post_outside
from govsim.engine.moves import DIRECTED, charge_for, note_move
from govsim.engine.queues import schedule
from govsim.engine.routing import start_triage
from govsim.engine.rules import VISIT_TARGETING, ruled
from govsim.engine.state import (
    BY_LEADERS,
    CEREMONIAL,
    CLOSED,
    HOSTING,
    LATENT,
    REPORTING,
    VIA_COMMUNITY,
    VISIT,
    VISITING,
)
from govsim.engine.voice import give_attention, restart_patience, voice


@kernel
def plan_visits(w, quarter):
    """At the start of a quarter every leader's visits are dated: floor(x v) and one more by chance."""
    p = w.p[0]
    c = w.counters[0]
    for j in range(p.n_leaders):
        key = w.leaders[j].key
        n = int(p.E1_visits + rng.uniform(key, rng.TARGET, quarter * 256 + 255))
        for v in range(n):
            day = c.today + int(rng.uniform(key, rng.VISIT_DAY, quarter * 256 + v) * 91.0)
            while day < w.calendar.size and w.calendar[day] == 0:
                day += 1
            time = day + p.opening_hour / 24.0
            schedule(w, time, VISIT, j, quarter * 256 + v, j)


@kernel
def score_of_community(w, q, key):
    """What draws a leader: 1 most known open issues, 2 most petitions, 3 the tidiest place; or a rule of one's own."""
    community = w.communities[q]
    size = max(1.0, community.n_households * 1.0)
    if w.rules[VISIT_TARGETING].address != 0:
        return ruled(w, VISIT_TARGETING, (
            community.known_issues, community.petitions, size, backlog_weeks(w, q), rng.uniform(key, rng.OWN, q)))  # fmt: skip
    if w.p[0].E1_targeting == 1:
        return community.known_issues / size
    if w.p[0].E1_targeting == 2:
        return community.petitions / size
    return -community.known_issues / size


@kernel
def pick_community(w, j, n):
    """At random, or the best by score among a handful drawn by key (a quarter of all, 2 at least)."""
    p = w.p[0]
    key = w.leaders[j].key
    first = int(rng.uniform(key, rng.TARGET, n) * p.n_communities)
    if p.E1_targeting == 0 and w.rules[VISIT_TARGETING].address == 0:
        return first
    best = first
    luck = rng.child_key(key, n)
    for m in range(max(2, p.n_communities // 4)):
        q = int(rng.uniform(luck, rng.TARGET, m) * p.n_communities)
        if score_of_community(w, q, luck) > score_of_community(w, best, luck):
            best = q
    return best


@kernel
def direct(w, j, i, t):
    """A directive: live attention, held in the leader's list; the oldest makes room (ruling 17)."""
    p = w.p[0]
    leader = w.leaders[j]
    it = w.issues[i]
    place = j * p.E1_directives_max + leader.oldest
    old = w.directives[place]
    if old >= 0 and old != i and w.issues[old].status < CLOSED:
        end_attention(w, old, t)
    w.directives[place] = i
    leader.oldest = (leader.oldest + 1) % p.E1_directives_max
    it.directives = min(int(it.directives) + 1, 120)
    w.daily[w.counters[0].today].directives += 1
    note_move(w, i, t, DIRECTED, j, int(it.directives), 0.0)
    if it.status == LATENT:
        voice(w, i, t, VIA_COMMUNITY)
        it.detected_by = 2
        start_triage(w, i, t)
        if it.status < CLOSED:
            restart_patience(w, i, t)
    if it.status < CLOSED:
        give_attention(w, i, t)
    charge_for(w, i, t, community_of(w, i), REPORTING, p.E1_reporting_hours)


@kernel
def look_around(w, q, j, n, t):
    """Open issues of the community the leader happens to see; ended ones leave the list on the way."""
    p = w.p[0]
    community = w.communities[q]
    seen = 0
    share = p.E1_seeing_share * (1.0 - p.E1_staging)
    before = -1
    i = community.open_head
    while i >= 0 and seen < p.E1_directives_per_visit:
        following = int(w.issues[i].next_in_community)
        if w.issues[i].status > CLOSED:
            if before < 0:
                community.open_head = following
            else:
                w.issues[before].next_in_community = following
        else:
            before = i
            if w.issues[i].status < CLOSED and rng.uniform(w.arrivals[i].key, rng.SEEN, j * 4096 + n % 4096) < share:
                seen += 1
                direct(w, j, i, t)
        i = following


@kernel
def visit(w, j, n, t):
    """One visit: leader, entourage, host and staging are paid, then the leader looks around."""
    p = w.p[0]
    q = pick_community(w, j, n)
    post_outside(w, BY_LEADERS, VISITING, p.E1_leader_hours)
    for m in range(p.E1_entourage):
        station = department_station(w, (j + m * 5 + n) % 12, w.communities[q].subdistrict)
        charge(w, station, VISITING, 2.0)
    charge(w, q, HOSTING, p.E1_host_hours)
    charge(w, q, CEREMONIAL, p.E1_staging_hours * (1.0 if p.E1_staging > 0.0 else 0.0))
    w.counters[0].n_visits += 1
    look_around(w, q, j, n, t)
