"""Campaigns: now and then desks drop what they do for one type of issue (3.10 RV8, a negative control)."""

from govsim.engine import rng
from govsim.engine.compiled import kernel
from govsim.engine.ledger import charge
from govsim.engine.service import is_campaigned, leave_line, rejoin
from govsim.engine.state import CLOSED, DEPARTMENT, LATENT, MEETING, PACKAGES, REPORTING


@kernel
def type_of_campaign(w):
    """The type with most issues open and known to government, ties by key; -1 when there is none."""
    p = w.p[0]
    c = w.counters[0]
    for kind in range(w.kinds.size):
        w.kinds[kind].open = 0
    for i in range(c.next_arrival):
        if w.issues[i].status > LATENT and w.issues[i].status < CLOSED:
            w.kinds[w.arrivals[i].type].open += 1
    best = -1
    most = 0.0
    for kind in range(w.kinds.size):
        n = w.kinds[kind].open
        score = n + rng.uniform(rng.entity_key(p.seed, rng.TYPES, kind), rng.CAMPAIGN, c.n_campaigns)
        if n > 0 and score > most:
            best = kind
            most = score
    return best


@kernel
def change_lines(w, kind, after, t):
    """What waits on issues of a type goes into the lines of its campaign, or, when `after` is -1, out of them, marked as left over."""
    c = w.counters[0]
    before = c.campaign_type
    for k in range(w.pools[PACKAGES].used):
        pk = w.packages[k]
        c.campaign_type = kind
        if pk.issue >= 0 and pk.queued == 1 and is_campaigned(w, k):
            c.campaign_type = before
            leave_line(w, k)
            c.campaign_type = after
            if after < 0:
                pk.marks = pk.marks | 16
            rejoin(w, k, t)
    c.campaign_type = after


@kernel
def begin_campaign(w, t):
    """A share of every desk's workers is pulled, whole workers by key; all hear of it in a meeting (`substitution`, W7)."""
    p = w.p[0]
    c = w.counters[0]
    kind = type_of_campaign(w)
    if kind < 0:
        return
    for s in range(w.stations.size):
        st = w.stations[s]
        if st.kind <= DEPARTMENT:
            u = rng.uniform(rng.entity_key(p.seed, rng.UNIT, s), rng.CAMPAIGN, c.n_campaigns)
            w.pulled[s] = int(p.RV8_desk_share * st.n_workers + u)
            charge(w, s, MEETING, p.RV8_meeting_hours * st.n_workers * (1.0 - p.meeting_substitution))
    change_lines(w, kind, kind, t)
    c.n_campaigns += 1


@kernel
def end_campaign(w, t):
    """Desks go back to what they did; what still waits is left over, in the lowest class (ruling 28)."""
    for s in range(w.pulled.size):
        w.pulled[s] = 0
    change_lines(w, w.counters[0].campaign_type, -1, t)


@kernel
def campaign_day(w, day):
    """Every T_c days a campaign begins, D_c days later it ends; units report on it once a week."""
    p = w.p[0]
    c = w.counters[0]
    elapsed = (day - c.campaign_start) % p.RV8_interval_days
    if c.campaign_type >= 0 and (elapsed == 0 or elapsed == p.RV8_duration_days):
        end_campaign(w, day * 1.0)
    if elapsed == 0:
        begin_campaign(w, day * 1.0)
    if c.campaign_type >= 0 and elapsed % 7 == 0:
        for s in range(w.stations.size):
            if w.stations[s].kind <= DEPARTMENT:
                charge(w, s, REPORTING, p.RV8_reporting_hours)
