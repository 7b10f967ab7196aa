"""Community workers who leave and who are new (3.7.17, an option)."""

import math

from govsim.engine import rng
from govsim.engine.compiled import kernel
from govsim.engine.effort import backlog_weeks


@kernel
def leaving_share(p, backlog):
    """Share of a desk's workers who leave in a month: 1 - exp(-h_q exp(xi max(0, psi - 1))), psi its backlog in weeks."""
    return 1.0 - math.exp(-p.turnover_hazard * math.exp(min(p.turnover_overload * max(0.0, backlog - 1.0), 700.0)))


@kernel
def staff_leaves(w, t):
    """Monthly: workers of communities leave, each by luck of its own, and newcomers sit down in their places that day."""
    p = w.p[0]
    day = w.daily[w.counters[0].today]
    for q in range(p.n_communities):
        st = w.stations[q]
        share = leaving_share(p, backlog_weeks(w, q))
        for n in range(st.first_worker, st.first_worker + st.n_workers):
            if rng.uniform(rng.entity_key(p.seed, rng.STAFF, n), rng.TURNOVER, w.counters[0].month) < share:
                w.workers[n].hired = t
                day.left += 1


@kernel
def experience(p, months):
    """Pace of a worker who has been there for so many months: from that of a newcomer to 1, in a straight line."""
    if months >= p.newcomer_months:
        return 1.0
    return p.newcomer_pace + (1.0 - p.newcomer_pace) * months / p.newcomer_months
