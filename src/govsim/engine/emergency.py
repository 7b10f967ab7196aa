"""A pandemic surge: what it asks of every community-day, who gives the hours, and at whose cost (3.13 SC1; S34).

Nothing here is drawn: hours are split by the shares that the rules of contribution (3.7.13) and effort (3.7.8) give. Hours
are signed for; of those the rule of effort makes perfunctory (a sign-in 打卡), only the share kappa_res does what it should.
What people called up give counts as offered to the community's pool and used at once, so that the month's books, motives and
fatigue follow the ordinary rules.
"""

import numpy as np

from govsim.engine.compiled import kernel
from govsim.engine.effort import perfunctory_share
from govsim.engine.ledger import charge, post_outside
from govsim.engine.links import offer_score
from govsim.engine.state import (
    BY_COMMUNITIES,
    BY_FIRMS,
    BY_MEMBERS_LEISURE,
    BY_MEMBERS_WORK,
    BY_RESIDENTS,
    BY_VOLUNTEERS,
    DAYS_A_MONTH,
    DEPARTMENT,
    PERFUNCTORY,
    SUBSTANTIVE,
    SUPERVISING,
)

_SHIFT = 8.0


@kernel
def phase_share(p, day):
    """Demand of the day as a share of the peak's: alert, peak, plateau, recovery; 0 outside."""
    since = day - p.emergency_day
    if since < 0:
        return 0.0
    if since < p.emergency_alert_days:
        return p.emergency_alert_share
    since -= p.emergency_alert_days
    if since < p.emergency_peak_days:
        return 1.0
    since -= p.emergency_peak_days
    if since < p.emergency_plateau_days:
        return p.emergency_plateau_share
    since -= p.emergency_plateau_days
    return p.emergency_recovery_share if since < p.emergency_recovery_days else 0.0


@kernel
def desk_hours(w, s):
    """Hours a unit's desk is open on a workday of the shock, and how many the shock takes off it."""
    st = w.stations[s]
    usual = st.window * st.n_workers
    open_share = 1.0
    if w.p[0].desks_shocked == 1:
        open_share = min(1.0, w.desk_share[st.kind * w.daily.size + w.counters[0].today])
    return usual * open_share, usual * (1.0 - open_share)


@kernel
def staff_hours(w, q):
    """Hours that a community's staff, and its grid's, can give today: those beside the desk and while desks are shut, as far as
    administration lets them go; on days off those on duty.
    """
    p = w.p[0]
    beside = w.posts[q].beside
    opened, shut = desk_hours(w, q)
    if p.RV3_enabled == 1:
        on_grid, off_grid = desk_hours(w, w.grids[q])
        opened += on_grid
        shut += off_grid
    w.duty[w.counters[0].today].staff_paid += beside + opened + shut
    if w.counters[0].is_workday == 0:
        return (beside + opened + shut) * p.emergency_rest_day_share
    return (beside + shut) * p.emergency_admin_share


@kernel
def pooled_hours(w, q):
    """What is left for today of the hours offered to the community's pool this month (ruling 31)."""
    c = w.counters[0]
    total = 0.0
    if c.is_workday == 1:
        for skill in range(8):
            total += w.pool[q * 8 + skill]
    return total / max(1.0, c.workdays_left * 1.0)


@kernel
def take_pooled(w, q, hours):
    """Use hours of today's pool for the emergency: of every skill in proportion, since anybody can stand at a gate."""
    total = 0.0
    for skill in range(8):
        total += w.pool[q * 8 + skill]
    if total > 0.0:
        for skill in range(8):
            w.pool[q * 8 + skill] *= 1.0 - min(1.0, hours / total)


@kernel
def resident_hours(w, q):
    """Hours a day of residents who help unasked."""
    p = w.p[0]
    residents = w.communities[q].n_households * p.residents_per_household
    return residents / 1000.0 * p.emergency_residents_per_thousand * p.emergency_resident_hours / DAYS_A_MONTH


@kernel
def steward_hours(w, b):
    """Hours a day each steward of a building would serve (L3), by the rule of 3.7.13 with full need."""
    p = w.p[0]
    if p.L3_steward_hours <= 0.0:
        return 0.0
    building = w.buildings[b]
    score = offer_score(p, building.steward_motivation, 0.5, 0.5, 1.0, 0.0, building.steward_fatigue)
    return p.emergency_steward_hours / DAYS_A_MONTH * score


@kernel
def member_hours(w, v):
    """Hours a day a member would serve (E4), by the rule of 3.7.13 with full need; none when not active."""
    p = w.p[0]
    member = w.members[v]
    if member.active == 0 or member.on_roster == 0:
        return 0.0
    score = offer_score(
        p,
        np.float64(member.motivation),
        np.float64(member.affect),
        np.float64(member.responsibility),
        1.0,
        p.E4_mandate,
        np.float64(member.fatigue),
    )
    return p.emergency_member_hours / DAYS_A_MONTH * score


@kernel
def muster(w):
    """What each community could draw on today: gates to keep, guards for them, stewards and members who would come.

    Property firms' guards stand at gates alone, for the hours their desks are shut; on days off those on duty.
    """
    p = w.p[0]
    for q in range(p.n_communities):
        post = w.posts[q]
        post.gates = 0.0
        post.guards = 0.0
        post.stewards = 0.0
        post.members = 0.0
    for x in range(w.compounds.size):
        post = w.posts[w.compounds[x].community]
        post.gates += 1.0
        if w.compounds[x].firm >= 0:
            on_duty = 1.0 if w.counters[0].is_workday == 1 else p.emergency_rest_day_share
            post.guards += desk_hours(w, w.compounds[x].firm)[1] * on_duty
    if p.L3_steward_hours > 0.0:
        for b in range(w.buildings.size):
            n = w.buildings[b].n_households / p.L3_households_per_steward
            w.posts[w.buildings[b].community].stewards += n * steward_hours(w, b)
    for v in range(p.n_members):
        w.posts[w.members[v].community].members += member_hours(w, v)


@kernel
def give_at_once(w, q, payer, hours, sham):
    """Hours called up: offered to the pool and used today, the share `sham` perfunctorily."""
    if hours <= 0.0:
        return
    community = w.communities[q]
    w.given[q * 12 + payer] += hours
    community.pool_offered += hours
    community.pool_substantive += hours * (1.0 - sham)
    community.pool_perfunctory += hours * sham
    w.daily[w.counters[0].today].offered_hours += hours


@kernel
def call_up(need, staff, capacity, supervision):
    """Hours of outsiders that the day takes: the least V <= capacity with V + max(0, S - h V) = N (3.7.13)."""
    if need <= staff:
        return 0.0
    return min(capacity, min(need, (need - staff) / max(1e-9, 1.0 - supervision)))


@kernel
def watch_of_day(w, q, share):
    """One community's day: hours are split over gates, deliveries and checks in this order."""
    p = w.p[0]
    day = w.duty[w.counters[0].today]
    post = w.posts[q]
    n_households = w.communities[q].n_households
    posts = share * p.emergency_posts_per_compound * p.emergency_post_hours * post.gates
    deliveries = share * p.emergency_delivery_share * p.emergency_delivery_hours * n_households
    checks = share * p.emergency_visits_per_day * p.emergency_visit_minutes / 60.0 * n_households
    guarded = min(posts, post.guards)
    need = posts - guarded + deliveries + checks
    staff = staff_hours(w, q)
    willing = resident_hours(w, q) + post.stewards + post.members
    pooled = pooled_hours(w, q)
    outside = call_up(need, staff, pooled + willing, p.supervision_hours)
    pooled = min(pooled, outside)
    post.called = min(1.0, (outside - pooled) / willing) if willing > 0.0 else 0.0
    watching = outside * p.supervision_hours
    own = min(need, staff) if outside <= 0.0 else max(0.0, staff - watching)
    sham_own = perfunctory_share(w, q, 0, 0.0)
    mandated = p.E4_mandate * post.called * post.members / outside if outside > 0.0 else 0.0
    sham_outside = perfunctory_share(w, q, 1, mandated)
    lost = 1.0 - p.perfunctory_success
    done = 1.0 - lost * (own * sham_own + outside * sham_outside) / max(1e-12, own + outside)
    signed = min(need, own + outside)
    at_posts = min(posts - guarded, signed)
    at_deliveries = min(deliveries, signed - at_posts)
    at_checks = min(checks, signed - at_posts - at_deliveries)
    day.post_due += posts
    day.post_signed += guarded + at_posts
    day.post_filled += guarded * (1.0 - lost * sham_own) + at_posts * done
    day.delivery_due += deliveries
    day.delivery_signed += at_deliveries
    day.delivery_done += at_deliveries * done
    day.check_due += checks
    day.check_signed += at_checks
    day.check_done += at_checks * done
    day.n_breached += 1.0 if guarded + at_posts < posts - 1e-9 else 0.0
    book_own(w, q, guarded, own, watching, staff, sham_own)
    book_outside(w, q, pooled, sham_outside)


@kernel
def book_own(w, q, guarded, own, watching, staff, sham):
    """Staff and guards are paid anyway; hosting that goes beyond the staff's day is owed by the desk."""
    day = w.duty[w.counters[0].today]
    post_outside(w, BY_COMMUNITIES, SUBSTANTIVE, own * (1.0 - sham))
    post_outside(w, BY_COMMUNITIES, PERFUNCTORY, own * sham)
    post_outside(w, BY_FIRMS, SUBSTANTIVE, guarded * (1.0 - sham))
    post_outside(w, BY_FIRMS, PERFUNCTORY, guarded * sham)
    paid = min(watching, staff)
    post_outside(w, BY_COMMUNITIES, SUPERVISING, paid)
    charge(w, q, SUPERVISING, watching - paid)
    day.staff += own
    day.firms += guarded
    day.supervision += watching


@kernel
def book_outside(w, q, pooled, sham):
    """The pool's hours and those called up go into the month's books; who comes for the first time is shown around."""
    p = w.p[0]
    day = w.duty[w.counters[0].today]
    post = w.posts[q]
    community = w.communities[q]
    take_pooled(w, q, pooled)
    community.pool_substantive += pooled * (1.0 - sham)
    community.pool_perfunctory += pooled * sham
    residents = post.called * resident_hours(w, q)
    stewards = post.called * post.stewards
    members = post.called * post.members
    give_at_once(w, q, BY_RESIDENTS, residents, sham)
    give_at_once(w, q, BY_VOLUNTEERS, stewards, sham)
    give_at_once(w, q, BY_MEMBERS_WORK, members * p.E4_work_time_share, sham)
    give_at_once(w, q, BY_MEMBERS_LEISURE, members * (1.0 - p.E4_work_time_share), sham)
    people = (pooled + residents + stewards + members) / _SHIFT
    charge(w, q, SUPERVISING, p.onboarding_hours * max(0.0, people - post.people))
    post.people = max(post.people, people)
    day.pooled += pooled
    day.residents += residents
    day.stewards += stewards
    day.members += members


@kernel
def tire(w):
    """Fatigue of the hours served today: f += eta_f h (3.7.13)."""
    p = w.p[0]
    if p.L3_steward_hours > 0.0:
        for b in range(w.buildings.size):
            hours = w.posts[w.buildings[b].community].called * steward_hours(w, b)
            w.buildings[b].steward_fatigue += p.fatigue_per_hour * hours
    for v in range(p.n_members):
        hours = w.posts[w.members[v].community].called * member_hours(w, v)
        w.members[v].fatigue = np.float64(w.members[v].fatigue) + p.fatigue_per_hour * hours


@kernel
def strip_departments(w):
    """People at departments' desks are called up like all members: each desk loses the share of the day that members serve in
    working time.
    """
    p = w.p[0]
    c = w.counters[0]
    if p.n_members == 0 or c.is_workday == 0:
        return
    day = w.duty[c.today]
    share = min(1.0, day.members * p.E4_work_time_share / (p.n_members * p.hours_per_workday))
    for s in range(w.stations.size):
        if w.stations[s].kind == DEPARTMENT:
            lost = share * desk_hours(w, s)[0]
            w.stations[s].debt += lost
            w.stations[s].incurred += lost
            day.desk_lost += lost


@kernel
def stand_watch(w, today):
    """A day of the emergency in every community; on all other days nothing."""
    share = phase_share(w.p[0], today)
    if share <= 0.0:
        return
    muster(w)
    for q in range(w.p[0].n_communities):
        watch_of_day(w, q, share)
    tire(w)
    strip_departments(w)
