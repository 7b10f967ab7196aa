"""Orders of the hotline (RV1): the seats that take calls, deadlines, call-backs, and the monthly ranking (3.10, ruling 37).

An order stands from the call until the issue is closed. It is counted for whoever answers for it: the community and the
subdistrict of its place, and the lead department where one is needed. All of it is read only while RV1 is on.
"""

import numpy as np

from govsim.engine import rng
from govsim.engine.compiled import kernel
from govsim.engine.ledger import charge, post_outside
from govsim.engine.moves import CALLED_BACK, ORDERED, note_move
from govsim.engine.queues import schedule
from govsim.engine.state import (
    BY_PETITION_OFFICE,
    CLOSED,
    INFORMING,
    KIND_TABLE,
    ORDER_DUE,
    REPORTING,
    TRIAGING,
)


@kernel
def take_seat(w, t, activity, hours):
    """Work at the seats, first come first served and round the clock; returns when it is done.

    The seats work as one desk that is as many times faster, exact for one seat. Their hours are those of people
    hired for it, booked under the petition office as nobody's desk.
    """
    desk = w.hotline[0]
    desk.free_at = max(desk.free_at, t) + hours / 24.0 / w.p[0].RV1_seats
    post_outside(w, BY_PETITION_OFFICE, activity, hours)
    return desk.free_at


@kernel
def class_days(deadline):
    """Deadline class of an order: 24 h, 3, 7 or 15 days, the first that the type's own deadline fits in (3.10)."""
    if deadline <= 1.0:
        return 1.0
    if deadline <= 3.0:
        return 3.0
    return 7.0 if deadline <= 7.0 else 15.0


@kernel
def place_order(w, i, t):
    """A call becomes an order with a deadline; returns when the seat is done with it.

    With each demand come `consultations` calls that ask and are answered: seat hours, nothing else.
    """
    p = w.p[0]
    a = w.arrivals[i]
    order = w.orders[i]
    w.daily[w.counters[0].today].orders += 1
    take_seat(w, t, INFORMING, p.RV1_consultations * p.RV1_contact_hours)
    answered = take_seat(w, t, TRIAGING, p.RV1_contact_hours)
    order.placed = t - a.onset
    order.hours = w.issues[i].hours_served
    order.number = min(int(order.number) + 1, 30000)
    order.settled = 0
    note_move(w, i, t, ORDERED, -1, int(order.number), answered - t)
    schedule(w, t + class_days(w.kinds[a.type].deadline), ORDER_DUE, i, int(order.number), i)
    return answered


@kernel
def lead_department(w, i):
    """The department that leads on an issue, or -1 when none is needed: the first of its list (ruling 10)."""
    if int(w.issues[i].n_departments) == 0:
        return -1
    return int(w.kind_tables[w.arrivals[i].type * KIND_TABLE + 8])


@kernel
def ranked(w, i, which):
    """Row of the ranking of the `which`-th who answers for an order: community, subdistrict, lead department; or -1."""
    p = w.p[0]
    q = w.buildings[w.arrivals[i].building].community
    if which == 0:
        return q
    if which == 1:
        return p.n_communities + w.communities[q].subdistrict
    department = lead_department(w, i)
    return p.first_department_team + department if department >= 0 else -1


@kernel
def has_order(w, i):
    """Whether an order about the issue stands: from the call until its ticket is closed."""
    order = w.orders[i]
    return int(order.number) > 0 and int(order.settled) == 0


@kernel
def is_called(w, i):
    """The ticket is closed, and so is the order: whether its household is called back (coverage), which informs it."""
    p = w.p[0]
    order = w.orders[i]
    if not has_order(w, i):
        return False
    order.settled = 1
    return rng.uniform(w.arrivals[i].key, rng.CALL_BACK, int(order.number)) < p.RV1_coverage


@kernel
def called_back(w, i, t, satisfied):
    """What a household says when called back counts for whoever answers for its order."""
    take_seat(w, t, INFORMING, w.p[0].RV1_callback_hours)
    note_move(w, i, t, CALLED_BACK, -1, -1, 1.0 if satisfied else 0.0)
    for which in range(3):
        n = ranked(w, i, which)
        if n >= 0:
            w.rankings[n].called += 1.0
            if satisfied:
                w.rankings[n].satisfied += 1.0


@kernel
def order_due(w, i, score):
    """The deadline of an order: whether there is a response (any work since the call), and whether the ticket is closed.

    The ranking sees the ticket, not the truth. An order that is still open may go on the list for the leadership: its
    subdistrict names the one with the highest `score`. A household that gave up leaves an order that was not closed.
    """
    it = w.issues[i]
    order = w.orders[i]
    is_open = it.status < CLOSED
    is_closed = not is_open and np.float64(it.last_closed) >= np.float64(order.placed)
    has_begun = is_closed or np.float64(it.hours_served) > np.float64(order.hours)
    for which in range(3):
        n = ranked(w, i, which)
        if n >= 0:
            w.rankings[n].due += 1.0
            if has_begun:
                w.rankings[n].responded += 1.0
            if is_closed:
                w.rankings[n].closed += 1.0
    if is_open and w.p[0].RV1_escalates == 1:
        top = w.nominated[w.communities[ranked(w, i, 0)].subdistrict]
        if top.issue < 0 or w.issues[top.issue].status >= CLOSED or score > top.score:
            top.issue = i
            top.score = score


@kernel
def score_of(w, n):
    """Weighted mean of the shares responded, closed in time and satisfied, of what is known; -1 where no order was due."""
    p = w.p[0]
    row = w.rankings[n]
    if row.due == 0.0:
        return -1.0
    total = p.RV1_weight_response * row.responded / row.due + p.RV1_weight_closed * row.closed / row.due
    weight = p.RV1_weight_response + p.RV1_weight_closed
    if row.called > 0.0:
        total += p.RV1_weight_satisfied * row.satisfied / row.called
        weight += p.RV1_weight_satisfied
    return total / max(weight, 1e-9)


@kernel
def rank_among(w, first, last):
    """Rank those of one kind that had an order due, 0 the best and 1 the worst, equals in the middle of their places:
    the stored term is pi_R 2 max(0, rank - 1/2), kept for a month (3.7.18, ruling 8).
    """
    for n in range(first, last):
        w.rankings[n].score = score_of(w, n)
    for n in range(first, last):
        own = w.rankings[n].score
        others = 0.0
        ahead = 0.0
        for m in range(first, last):
            score = w.rankings[m].score
            if m != n and score >= 0.0:
                others += 1.0
                ahead += 1.0 if score > own else (0.5 if score == own else 0.0)
        w.rankings[n].pressure = 0.0
        if own >= 0.0 and others > 0.0:
            w.rankings[n].pressure = w.p[0].RV1_ranking_pressure * 2.0 * max(0.0, ahead / others - 0.5)


@kernel
def rank_units(w):
    """The monthly ranking: communities, subdistricts and departments each among their like; who is ranked reports (`substitution`, W7)."""
    p = w.p[0]
    departments = p.first_department_team
    rank_among(w, 0, p.n_communities)
    rank_among(w, p.n_communities, departments)
    rank_among(w, departments, departments + 12)
    for n in range(w.rankings.size):
        row = w.rankings[n]
        if row.due > 0.0:
            station = n if n < departments else departments + (n - departments) * p.n_teams
            charge(w, station, REPORTING, p.RV1_reporting_hours * (1.0 - p.meeting_substitution))
        row.due = 0.0
        row.responded = 0.0
        row.closed = 0.0
        row.called = 0.0
        row.satisfied = 0.0
