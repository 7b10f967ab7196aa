"""Counting what a run came to: the sums behind every metric (3.14; rulings X1-X12).

Nothing here divides: everything is a numerator or a denominator, so that a rate over nothing can be
told from a rate of nothing, and rates of many runs can be pooled. What is no ratio of sums is in
`govsim.engine.estimators`; the formulas are in `govsim.results.metrics`. Unchecked here: that the
columns belong to one run, that indices are in range, that the window is inside the run.
"""

import numpy as np

from govsim.engine.compiled import allocating_kernel, kernel
from govsim.engine.feedback import state_of
from govsim.engine.state import (
    EXITED,
    N_ACTIVITIES,
    PAYERS,
    RESOLVED,
)

# What is counted over the issues that arose in the window. "Followed" means that the run goes on
# until the issue has the age in question.
ISSUE_TALLIES = (
    "latent", "voiced", "closed", "resolved", "detected",
    "followed_180", "followed_365",
    "days_180", "days_365", "days_180_exits", "days_365_exits",
    "resolved_180", "resolved_365",
    *(f"in_180_{k}" for k in range(8)),
    *(f"in_365_{k}" for k in range(8)),
    "states_180", "states_365",
    "due_latent", "resolved_due_latent",
    "due", "resolved_due", "closed_due", "closed_not_resolved", "resolved_not_closed",
    "stood_due", "stood_not_resolved",
    "delay_silent", "delay_routing", "delay_jurisdiction", "delay_power", "delay_funds",
    "delay_interests", "delay_queue", "delay_service", "delay_law", "delay_after_closure",
    "delay_given_up",
    "closure_silent", "closure_routing", "closure_jurisdiction", "closure_power", "closure_funds",
    "closure_interests", "closure_queue", "closure_service", "closure_law",
    "closure_days",
    "petitions", "petitions_repeated", "petitions_collective", "petitioned",
    "satisfaction_population", "population_judged", "satisfaction_closed", "closed_judged",
    "resolved_locally", "resolved_simple", "resolved_simple_locally",
    "via_community", "via_petition", "via_law", "via_private", "via_hotline",
    "triaged", "hops", "multiple", "asks", "lapses", "tabled_times", "retabled",
    "directed", "reopened", "hours_served", "hours_perfunctory",
    "demand_lower", "demand_upper",
)  # fmt: skip
(
    T_LATENT, T_VOICED, T_CLOSED, T_RESOLVED, T_DETECTED,
    T_FOLLOWED_180, T_FOLLOWED_365,
    T_DAYS_180, T_DAYS_365, T_DAYS_180_EXITS, T_DAYS_365_EXITS,
    T_RESOLVED_180, T_RESOLVED_365,
) = range(13)  # fmt: skip
T_IN_180, T_IN_365, T_STATES_180, T_STATES_365 = 13, 21, 29, 30
(
    T_DUE_LATENT, T_RESOLVED_DUE_LATENT,
    T_DUE, T_RESOLVED_DUE, T_CLOSED_DUE, T_CLOSED_NOT_RESOLVED, T_RESOLVED_NOT_CLOSED,
    T_STOOD_DUE, T_STOOD_NOT_RESOLVED,
) = range(31, 40)  # fmt: skip
T_DELAY, T_CLOSURE, T_CLOSURE_DAYS = 40, 51, 60
(
    T_PETITIONS, T_PETITIONS_REPEATED, T_PETITIONS_COLLECTIVE, T_PETITIONED,
    T_SATISFACTION_POPULATION, T_POPULATION_JUDGED, T_SATISFACTION_CLOSED, T_CLOSED_JUDGED,
    T_RESOLVED_LOCALLY, T_RESOLVED_SIMPLE, T_RESOLVED_SIMPLE_LOCALLY,
    T_VIA_COMMUNITY, T_VIA_PETITION, T_VIA_LAW, T_VIA_PRIVATE, T_VIA_HOTLINE,
    T_TRIAGED, T_HOPS, T_MULTIPLE, T_ASKS, T_LAPSES, T_TABLED_TIMES, T_RETABLED,
    T_DIRECTED, T_REOPENED, T_HOURS_SERVED, T_HOURS_PERFUNCTORY,
    T_DEMAND_LOWER, T_DEMAND_UPPER,
) = range(61, 90)  # fmt: skip
N_TALLIES = len(ISSUE_TALLIES)

STAGES = (
    "silent", "routing", "jurisdiction", "power", "funds", "interests", "queue", "service", "law",
    "after_closure", "given_up",
)  # fmt: skip
"""Where an issue's days go; each day is in exactly one stage, or shared by gates (ruling X9)."""
(S_SILENT, S_ROUTING, S_JURISDICTION, S_POWER, S_FUNDS, S_INTERESTS, S_QUEUE, S_SERVICE, S_LAW,
 S_AFTER_CLOSURE, S_GIVEN_UP) = range(11)  # fmt: skip
N_STAGES = 11

COLLECTIVE = 5
"""Persons from which a petition is collective (3.14)."""

_NEVER = np.inf
_LOCAL = 2


@kernel
def moment(x):
    """Widen a duration of the log to float64; "not yet" (nan) becomes infinity."""
    x = np.float64(x)
    return x if x >= 0.0 else _NEVER


@kernel
def resolution_of(it):
    """t* - t0: age at the true resolution that lasts, infinite if there is none (X1, X3)."""
    if it.status != RESOLVED:
        return _NEVER
    return moment(it.last_closed)


@kernel
def settle_states(arrivals, issues, horizon):
    """Fill in the state at 180 and 365 days of issues that have not changed since that age.

    The engine notes a state when it changes; what has not changed by the horizon is the state now.
    Doing so twice, or before the run goes on, changes nothing.
    """
    for i in range(len(issues)):
        age = horizon - arrivals[i].onset
        it = issues[i]
        if it.state_180 < 0 and age >= 180.0:
            it.state_180 = state_of(it)
        if it.state_365 < 0 and age >= 365.0:
            it.state_365 = state_of(it)


@kernel
def gate_share(own, a, b, c):
    """Days a gate answers for that was closed for `own` days beside gates closed for a, b and c.

    int_0^own dt / #{gates closed at t}: all close together at triage, and each day is split equally
    among those still closed (X9). With the others cut at `own` and sorted to p <= q <= r,
    p/4 + (q - p)/3 + (r - q)/2 + (own - r).
    """
    a, b, c = min(a, own), min(b, own), min(c, own)
    low, high = min(a, b), max(a, b)
    p, r = min(low, c), max(high, c)
    q = max(low, min(high, c))
    return p / 4.0 + (q - p) / 3.0 + (r - q) / 2.0 + (own - r)


@kernel
def share_gates(it, triaged, released, spent):
    """Share the days from triage to release among the gates; with none closed, it is a queue."""
    length = released - triaged
    still = int(it.closed_gates)
    j = length if still & 1 else min(max(moment(it.jurisdiction) - triaged, 0.0), length)
    p = length if still & 2 else min(max(moment(it.power) - triaged, 0.0), length)
    f = length if still & 4 else min(max(moment(it.funds) - triaged, 0.0), length)
    i = length if still & 8 else min(max(moment(it.interests) - triaged, 0.0), length)
    spent[S_JURISDICTION] = gate_share(j, p, f, i)
    spent[S_POWER] = gate_share(p, j, f, i)
    spent[S_FUNDS] = gate_share(f, j, p, i)
    spent[S_INTERESTS] = gate_share(i, j, p, f)
    spent[S_QUEUE] = length - max(max(j, p), max(f, i))


@kernel
def spend_days(it, end, spent):
    """Days an issue lived before age `end`, by the stage it spent them in: `spent[stage]`.

    The stages follow each other, each cut at the issue's end, so that they sum to `end`. An issue
    first voiced at law is there until somebody in government owns it.
    """
    spent[:] = 0.0
    stop = min(end, moment(it.ended))
    voiced = min(moment(it.voiced), stop)
    spent[S_SILENT] = voiced
    spent[S_GIVEN_UP] = end - stop
    if voiced >= stop:
        return
    triaged = min(max(moment(it.triaged), voiced), stop)
    is_law = moment(it.law) == voiced
    spent[S_LAW if is_law else S_ROUTING] = triaged - voiced
    released = min(max(moment(it.released), triaged), stop)
    if released > triaged:
        share_gates(it, triaged, released, spent)
    started = min(max(moment(it.started), released), stop)
    closed = min(max(moment(it.closed), started), stop)
    spent[S_QUEUE] += started - released
    spent[S_SERVICE] = closed - started
    spent[S_AFTER_CLOSURE] = stop - closed


@kernel
def tally_outcome(it, follow, c):
    """Primary outcome and state occupancy (X1, X2)."""
    at = resolution_of(it)
    left = moment(it.ended) if it.status == EXITED else _NEVER
    if follow >= 180.0:
        c[T_FOLLOWED_180] += 1.0
        c[T_DAYS_180] += min(at, 180.0)
        c[T_DAYS_180_EXITS] += min(min(at, left), 180.0)
        if at <= 180.0:
            c[T_RESOLVED_180] += 1.0
    if follow >= 365.0:
        c[T_FOLLOWED_365] += 1.0
        c[T_DAYS_365] += min(at, 365.0)
        c[T_DAYS_365_EXITS] += min(min(at, left), 365.0)
        if at <= 365.0:
            c[T_RESOLVED_365] += 1.0
    if it.state_180 >= 0:
        c[T_STATES_180] += 1.0
        c[T_IN_180 + it.state_180] += 1.0
    if it.state_365 >= 0:
        c[T_STATES_365] += 1.0
        c[T_IN_365 + it.state_365] += 1.0


@kernel
def tally_deadline(it, deadline, follow, c):
    """Count resolved and closed by the deadline, from onset and from voice (X4, X5)."""
    at = resolution_of(it)
    if follow >= deadline:
        c[T_DUE_LATENT] += 1.0
        if at <= deadline:
            c[T_RESOLVED_DUE_LATENT] += 1.0
    due = moment(it.voiced) + deadline
    if follow < due:
        return
    is_true = at <= due
    is_closed = moment(it.closed) <= due
    is_standing = moment(it.last_closed) <= due
    c[T_DUE] += 1.0
    c[T_RESOLVED_DUE] += is_true
    c[T_CLOSED_DUE] += is_closed
    c[T_CLOSED_NOT_RESOLVED] += is_closed and not is_true
    c[T_RESOLVED_NOT_CLOSED] += is_true and not is_closed
    c[T_STOOD_DUE] += is_standing
    c[T_STOOD_NOT_RESOLVED] += is_standing and not is_true


@kernel
def tally_response(it, authority, unserved, follow, c):
    """Petitions, satisfaction, `unserved` that of whoever gets nothing (X12), and who solved it."""
    n = np.float64(it.petitions)
    if n > 0.0:
        c[T_PETITIONED] += 1.0
        c[T_PETITIONS] += n
        c[T_PETITIONS_REPEATED] += n - 1.0
        if it.n_affected >= COLLECTIVE:
            c[T_PETITIONS_COLLECTIVE] += n
    judged = np.float64(it.satisfaction)
    has_judged = judged >= 0.0
    if has_judged:
        c[T_SATISFACTION_CLOSED] += judged
        c[T_CLOSED_JUDGED] += 1.0
    is_resolved = resolution_of(it) < _NEVER
    if follow >= 180.0 and (has_judged or not is_resolved):
        c[T_POPULATION_JUDGED] += 1.0
        c[T_SATISFACTION_POPULATION] += judged if resolution_of(it) <= 180.0 else unserved
    if is_resolved:
        is_local = it.locus <= _LOCAL
        c[T_RESOLVED] += 1.0
        c[T_RESOLVED_LOCALLY] += is_local
        if authority <= _LOCAL:
            c[T_RESOLVED_SIMPLE] += 1.0
            c[T_RESOLVED_SIMPLE_LOCALLY] += is_local


@kernel
def tally_path(it, c):
    """Channels, routing, commitments and meetings on an issue's way."""
    if moment(it.voiced) < _NEVER:
        c[T_VOICED] += 1.0
        if it.channel >= 1:
            c[T_VIA_COMMUNITY + it.channel - 1] += 1.0
    elif it.status == EXITED:
        c[T_VIA_PRIVATE] += 1.0
    if it.detected_by > 0:
        c[T_DETECTED] += 1.0
    if moment(it.closed) < _NEVER:
        c[T_CLOSED] += 1.0
    if moment(it.triaged) < _NEVER:
        c[T_TRIAGED] += 1.0
        c[T_HOPS] += max(it.hops, 0)
        if it.n_departments >= 2:
            c[T_MULTIPLE] += 1.0
            c[T_ASKS] += it.asks
            c[T_LAPSES] += it.lapses
    c[T_TABLED_TIMES] += it.sittings
    c[T_RETABLED] += it.retabled
    c[T_DIRECTED] += it.directives > 0
    c[T_REOPENED] += it.redo > 0
    c[T_HOURS_SERVED] += it.hours_served
    c[T_HOURS_PERFUNCTORY] += it.hours_perfunctory


@kernel
def lower_share(authority, n_departments, splits):
    """Share of an issue's hours for the community and below, by the baseline split (3.7.18)."""
    if authority <= _LOCAL:
        return splits[0] if n_departments == 0 else splits[1]
    return splits[authority - 1]


@kernel
def tally_issues(arrivals, issues, deadlines, authorities, splits, unserved, start, end, horizon, group, out):
    """One pass over the log: `out[g]` gets the sums of the issues of group g.

    Parameters
    ----------
    deadlines, authorities : days float64[type] and levels int64[type] of the taxonomy, the same
        under every variant (X4).
    splits : float64[5], the community's share of the work (3.7.18), by `lower_share`.
    unserved : satisfaction of whoever gets nothing.
    start, end, horizon : onset window [start, end) and the day the run has reached.
    group : int64[issue], or empty for one group; a negative group is left out.
    out : float64[n_groups, N_TALLIES], added to.
    """
    end = min(end, horizon)
    for i in range(len(issues)):
        onset = arrivals[i].onset
        if onset < start or onset >= end:
            continue
        g = group[i] if len(group) > 0 else 0
        if g < 0:
            continue
        c = out[g]
        it = issues[i]
        k = arrivals[i].type
        follow = horizon - onset
        c[T_LATENT] += 1.0
        tally_outcome(it, follow, c)
        tally_deadline(it, deadlines[k], follow, c)
        tally_response(it, authorities[k], unserved, follow, c)
        tally_path(it, c)
        hours = np.float64(it.hours)
        lower = hours * lower_share(authorities[k], it.n_departments, splits)
        c[T_DEMAND_LOWER] += lower
        c[T_DEMAND_UPPER] += hours - lower


@kernel
def tally_stages(arrivals, issues, start, end, horizon, group, spent, out):
    """Where the days went: up to min(t*, 180), and up to the first closure (X9).

    As `tally_issues`, and `spent`: float64[N_STAGES] to work in.
    """
    end = min(end, horizon)
    for i in range(len(issues)):
        onset = arrivals[i].onset
        if onset < start or onset >= end:
            continue
        g = group[i] if len(group) > 0 else 0
        if g < 0:
            continue
        c = out[g]
        it = issues[i]
        closed = moment(it.closed)
        until = min(resolution_of(it), 180.0)
        spend_days(it, until, spent)
        if horizon - onset >= 180.0:
            for s in range(N_STAGES):
                c[T_DELAY + s] += spent[s]
        if closed < _NEVER:
            if closed > until:
                spend_days(it, closed, spent)
            c[T_CLOSURE_DAYS] += closed
            for s in range(N_STAGES - 2):
                c[T_CLOSURE + s] += spent[s]


# ---- ages at the end ----------------------------------------------------------------------------


@kernel
def lifetimes(arrivals, issues, start, end, horizon, exits_resolve, group, chosen, ages, causes):
    """Age at the first ending of every issue of the window, and its cause; returns how many.

    Causes: 1 truly resolved, 2 given up or exited, 0 still open when the run ends. A silent or
    falsely closed issue is open. With `exits_resolve` an exit counts as a resolution (X1).
    """
    n = 0
    end = min(end, horizon)
    for i in range(len(issues)):
        onset = arrivals[i].onset
        if onset < start or onset >= end or (len(group) > 0 and group[i] != chosen):
            continue
        it = issues[i]
        at = resolution_of(it)
        left = moment(it.ended)
        ages[n] = min(min(at, left), horizon - onset)
        causes[n] = 0
        if at <= left and at <= horizon - onset:
            causes[n] = 1
        elif left <= horizon - onset:
            causes[n] = 1 if exits_resolve and it.status == EXITED else 2
        n += 1
    return n


# ---- equity across compounds ---------------------------------------------------------------------


@kernel
def tally_cells(arrivals, issues, compound, deadlines, start, end, horizon, n_cell, r_cell):
    """Latent issues due, and resolved by the deadline from onset, by type and compound (X4, X8)."""
    end = min(end, horizon)
    for i in range(len(issues)):
        onset = arrivals[i].onset
        k = arrivals[i].type
        if onset < start or onset >= end or horizon - onset < deadlines[k]:
            continue
        x = compound[arrivals[i].building]
        n_cell[k, x] += 1
        if resolution_of(issues[i]) <= deadlines[k]:
            r_cell[k, x] += 1


@allocating_kernel
def mean_status(compound, first, n, ses, n_compounds):
    """Mean socio-economic status of every compound's households."""
    total = np.zeros(n_compounds)
    count = np.zeros(n_compounds)
    for b in range(len(compound)):
        for h in range(first[b], first[b] + n[b]):
            total[compound[b]] += ses[h]
        count[compound[b]] += n[b]
    return total / np.maximum(count, 1.0)


# ---- hours ---------------------------------------------------------------------------------------


@kernel
def tally_hours(hours, outside, payer, is_lower, first, last, by_payer, by_side):
    """Sum hours over the months [first, last).

    Parameters
    ----------
    hours : float64[unit, activity, month] of units; outside : float64[payer, activity, month] of
        everybody else.
    payer, is_lower : of each unit; hours of non-units are spent at the community's desk.
    by_payer : float64[payer, activity], added to.
    by_side : float64[2, activity], added to: at the community and below, above it.
    """
    for s in range(hours.shape[0]):
        side = 0 if is_lower[s] else 1
        for a in range(N_ACTIVITIES):
            total = 0.0
            for m in range(first, last):
                total += hours[s, a, m]
            by_payer[payer[s], a] += total
            by_side[side, a] += total
    for p in range(len(PAYERS)):
        for a in range(N_ACTIVITIES):
            total = 0.0
            for m in range(first, last):
                total += outside[p, a, m]
            by_payer[p, a] += total
            by_side[0, a] += total
