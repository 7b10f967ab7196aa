"""A canteen or service desk of a community, open at fixed hours: a queue M/G/c of its own (3.13 SC5).

Who needs it comes while it is open, waits in one line, and is served by staff or by volunteers of the community's
pool. Days are taken one at a time at their opening, each visit in its order; nobody else in the city waits for what
happens there within the day, so this is exact. Visits are keyed by (facility, day, ordinal): the same people need it
at the same moments under every variant.
"""

import math

from govsim.engine import rng
from govsim.engine.compiled import kernel
from govsim.engine.effort import logistic
from govsim.engine.ledger import charge, post_money, post_outside
from govsim.engine.service import adjacent
from govsim.engine.state import BY_COMMUNITIES, COORDINATING, IDLING, N_GROUPS, SUBSTANTIVE, SUPERVISING

_SOCIAL_WORK = 4
_GENERAL_LABOUR = 7
_VISITS_A_DAY = 2**20
_TRIES = 64


@kernel
def take_up_share(p, ses, level):
    """Share of such households that come: sigma(u_0 + u_q q - u_s (1/2 - SES)), q last month's share served in time.

    A household comes as long as this is above a number of its own, so who comes stays while service is as good.
    """
    return logistic(p.convenience_take_up_intercept + p.convenience_take_up_service * level - p.convenience_take_up_ses * (0.5 - ses))


@kernel
def visit_hours(w, f, count):
    """Hours one visit takes: lognormal with the given variation, or exponential."""
    p = w.p[0]
    key = w.facilities[f].key
    if p.convenience_exponential == 1:
        return p.convenience_service_hours * rng.exponential(key, rng.VISIT_HOURS, count)
    sigma = p.convenience_service_sigma
    return p.convenience_service_hours * math.exp(sigma * rng.normal(key, rng.VISIT_HOURS, count) - sigma * sigma / 2.0)


@kernel
def help_rank(skill):
    """Order in which skills are called for: social work, adjacent ones, general labour; 3 for those of no use here."""
    if skill == _SOCIAL_WORK:
        return 0
    if adjacent(skill, _SOCIAL_WORK):
        return 1
    return 2 if skill == _GENERAL_LABOUR else 3


@kernel
def pool_left(w, q):
    """Hours of today's pool that are of use at a facility."""
    total = 0.0
    for skill in range(8):
        if help_rank(skill) < 3:
            total += w.pool_today[q * 8 + skill]
    return total


@kernel
def take_hours(w, f, rank, most):
    """Take hours of the skills of a rank from today's pool; returns (hours, hours times how fast they work)."""
    p = w.p[0]
    fa = w.facilities[f]
    q = fa.community
    hours = 0.0
    done = 0.0
    for skill in range(8):
        if help_rank(skill) != rank:
            continue
        part = max(0.0, min(w.pool_today[q * 8 + skill], most - hours))
        w.pool_today[q * 8 + skill] -= part
        w.pool[q * 8 + skill] -= part
        hours += part
        done += part * (1.0 if rank == 0 else p.skill_adjacent)
    if hours > 0.0:
        supervision = p.supervision_hours + (p.convenience_unskilled_supervision if rank == 2 else 0.0)
        charge(w, q, SUPERVISING, p.onboarding_hours + hours * supervision)
    return hours, done


@kernel
def seat_volunteers(w, f, server, t):
    """One seat for volunteers: a shift, or what is left of the day's pool, the best skill first.

    Each skill costs onboarding and supervision as any volunteer; general labour has to be watched more.
    """
    p = w.p[0]
    fa = w.facilities[f]
    if pool_left(w, fa.community) < p.convenience_service_hours:
        return
    hours = 0.0
    done = 0.0
    for rank in range(3):
        part, work = take_hours(w, f, rank, p.convenience_opening_hours - hours)
        hours += part
        done += work
        if rank == 2:
            fa.unskilled_hours += part
    w.communities[fa.community].pool_substantive += hours
    fa.volunteer_hours += hours
    server.until = t + hours / 24.0
    server.efficiency = done / hours


@kernel
def open_servers(w, f, t):
    """Staff for the whole day; on workdays volunteers, as far as the pool has any, where staff were too busy the month before."""
    p = w.p[0]
    fa = w.facilities[f]
    close = math.inf if p.convenience_opening_hours >= 24.0 else t + p.convenience_opening_hours / 24.0
    for n in range(fa.n_staff + p.convenience_volunteer_seats):
        server = w.servers[fa.first_server + n]
        server.free_at = max(server.free_at, t)
        server.until = close if n < fa.n_staff else -1.0
        server.efficiency = 1.0
        if n >= fa.n_staff and fa.load > p.convenience_volunteers_from_load and w.counters[0].is_workday == 1:
            seat_volunteers(w, f, server, t)
    fa.staff_hours += fa.n_staff * p.convenience_opening_hours
    charge(w, fa.community, COORDINATING, p.convenience_desk_hours)


@kernel
def first_server(w, f, t):
    """The server who can begin first with somebody who comes at t, or -1 if all have left by then."""
    fa = w.facilities[f]
    best = -1
    start = math.inf
    for n in range(fa.first_server, fa.first_server + fa.n_staff + w.p[0].convenience_volunteer_seats):
        begin = max(t, w.servers[n].free_at)
        if begin < w.servers[n].until and begin < start:
            best = n
            start = begin
    return best


@kernel
def building_of(w, f, household):
    """The building of a household among those of the facility's community."""
    low = w.facilities[f].first_building
    high = low + w.facilities[f].n_buildings - 1
    while low < high:
        middle = (low + high + 1) // 2
        if w.buildings[middle].first_household <= household:
            low = middle
        else:
            high = middle - 1
    return low


@kernel
def count_group(w, f, household, column):
    """Count a visit under the household's third of status and its type of compound."""
    fa = w.facilities[f]
    ses = w.households[household].ses
    third = 0 if ses < fa.ses_low else (1 if ses < fa.ses_high else 2)
    kind = w.compounds[w.buildings[building_of(w, f, household)].compound].type
    w.facility_groups[(f * N_GROUPS + third) * 3 + column] += 1.0
    w.facility_groups[(f * N_GROUPS + 3 + kind) * 3 + column] += 1.0


@kernel
def visitor(w, f, count):
    """A household of the community that needs the facility: each does or does not for good, with a share of its own luck."""
    p = w.p[0]
    fa = w.facilities[f]
    household = 0
    for n in range(_TRIES):
        household = fa.first_household + int(rng.uniform(fa.key, rng.VISITOR, count * _TRIES + n) * fa.n_households)
        if rng.uniform(rng.child_key(fa.key, household), rng.COMES, 1) < p.convenience_need_share:
            break
    return household


@kernel
def one_visit(w, f, t, count, month):
    """Somebody needs the facility at t: comes or not, is served or turned away at closing."""
    p = w.p[0]
    fa = w.facilities[f]
    household = visitor(w, f, count)
    month.wanted += 1.0
    count_group(w, f, household, 0)
    w.facility_users[household] |= 1
    if rng.uniform(rng.child_key(fa.key, household), rng.COMES, 0) >= take_up_share(p, w.households[household].ses, fa.level):
        return
    month.came += 1.0
    count_group(w, f, household, 1)
    n = first_server(w, f, t)
    if n < 0:
        return
    server = w.servers[n]
    start = max(t, server.free_at)
    hours = visit_hours(w, f, count) / server.efficiency
    server.free_at = start + hours / 24.0
    wait = (start - t) * 24.0
    month.served += 1.0
    month.wait_hours += wait
    month.busy_hours += hours
    if n - fa.first_server < fa.n_staff:
        fa.staff_busy_hours += hours
    if wait <= p.convenience_wait_target:
        month.in_time += 1.0
    count_group(w, f, household, 2)
    w.facility_users[household] |= 3


@kernel
def pay_for_day(w, served, busy_before, f):
    """The day's bill: staff hours outside the desk, busy and idle, and money for each visit served."""
    p = w.p[0]
    fa = w.facilities[f]
    busy = min(fa.staff_busy_hours - busy_before, fa.n_staff * p.convenience_opening_hours)
    post_outside(w, BY_COMMUNITIES, SUBSTANTIVE, busy)
    post_outside(w, BY_COMMUNITIES, IDLING, fa.n_staff * p.convenience_opening_hours - busy)
    cost = served * p.convenience_visit_cost
    w.counters[0].operating += cost
    post_money(w, 4, 0, cost)
    post_money(w, 4, 1, cost)
    fa.money += cost


@kernel
def look_back(w, f):
    """A month is over: the share served in time, which people hear of, and how busy the staff would have been alone."""
    p = w.p[0]
    fa = w.facilities[f]
    last = w.facility_months[f * p.n_months + max(fa.month, 0)]
    if last.came > 0.0:
        fa.level = last.in_time / last.came
        fa.load = last.came * p.convenience_service_hours / (last.days * fa.n_staff * p.convenience_opening_hours)
    fa.month = w.counters[0].month


@kernel
def facility_day(w, f, day):
    """One day of a facility: visits arise as a Poisson process while it is open."""
    p = w.p[0]
    fa = w.facilities[f]
    month = w.facility_months[f * p.n_months + w.counters[0].month]
    if fa.month != w.counters[0].month:
        look_back(w, f)
    t = day + p.convenience_opening_hour / 24.0
    open_servers(w, f, t)
    rate = fa.n_households * p.convenience_need_share * p.convenience_visits_per_household / p.convenience_opening_hours * 24.0
    end = t + p.convenience_opening_hours / 24.0
    served = month.served
    busy = fa.staff_busy_hours
    count = day * _VISITS_A_DAY
    t += rng.exponential(fa.key, rng.VISIT_GAP, count) / rate
    while t < end:
        one_visit(w, f, t, count, month)
        count += 1
        t += rng.exponential(fa.key, rng.VISIT_GAP, count) / rate
    fa.days_open += 1.0
    month.days += 1.0
    pay_for_day(w, month.served - served, busy, f)


@kernel
def open_facilities(w, day):
    """Every facility that has started opens on the days of the week it keeps."""
    p = w.p[0]
    if day < p.convenience_opens_day or (day + p.first_weekday) % 7 >= p.convenience_days_a_week:
        return
    for f in range(w.facilities.size):
        facility_day(w, f, day)
