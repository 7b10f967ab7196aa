"""Substantive or perfunctory work, pressure, and how fast a skill works (3.7.8, 3.7.18).

Formalism comes from this one rule for every unit, volunteer and variant.
"""

import math

from govsim.engine import rng
from govsim.engine.compiled import kernel
from govsim.engine.rules import EFFORT, ruled
from govsim.engine.state import BY_AUDIT, COMMUNITY, GRID


@kernel
def logistic(z):
    """sigma(z) = 1 / (1 + e^-z)."""
    return 1.0 / (1.0 + math.exp(-z))


@kernel
def pressure_on(w, s):
    """Pressure on a unit, read live (ruling 8), c = desk workers."""
    p = w.p[0]
    st = w.stations[s]
    c = max(1.0, st.n_workers * 1.0)
    pressure = p.pressure_base + p.pressure_memos * min(1.0, st.memos / (5.0 * c))
    pressure += p.pressure_directives * min(1.0, st.directives / c)
    if p.list_on == 1 and st.listed_open > 0.0:
        pressure += p.pressure_list * st.listed_overdue / max(1.0, st.listed_open)
    if p.RV1_enabled == 1:
        pressure += rank_term(w, s)
    return min(1.0, pressure)


@kernel
def rank_term(w, s):
    """What last month's ranking adds to the pressure on a unit; all teams of a department share it (RV1, ruling 8)."""
    first = w.p[0].first_department_team
    if s < first:
        return w.rankings[s].pressure
    department = w.stations[s].department
    return w.rankings[first + department].pressure if department >= 0 else 0.0


@kernel
def backlog_weeks(w, s):
    """Waiting hours over a week's capacity: psi_u of the specification."""
    st = w.stations[s]
    week = st.window * st.n_workers * w.p[0].workdays_per_week
    return st.queued_hours / max(week, 1e-9)


@kernel
def perfunctory_share(w, s, is_extra, mandated_share):
    """P(perf) = sigma(c0 + c_rho max(0, psi - 1) + c_Pi Pi (1 - audit) + c_k mandate (1 - m) - c_q norm - c_A audit):
    of a unit's own people, or of outsiders at its desk.
    """
    p = w.p[0]
    st = w.stations[s]
    if w.rules[EFFORT].address != 0:
        motivation = w.communities[st.area].mandated_motivation if is_extra == 1 else 0.0
        return ruled(w, EFFORT, (
            is_extra * 1.0, backlog_weeks(w, s), pressure_on(w, s), st.norm, p.audit_share, mandated_share, motivation))  # fmt: skip
    z = p.perfunctory_intercept - p.perfunctory_norm * st.norm - p.perfunctory_audit * p.audit_share
    if is_extra == 1:
        z += p.perfunctory_mandate * mandated_share * (1.0 - w.communities[st.area].mandated_motivation)
    else:
        z += p.perfunctory_backlog * max(0.0, backlog_weeks(w, s) - 1.0)
        z += p.perfunctory_pressure * pressure_on(w, s) * (1.0 - p.audit_share)
    return logistic(z)


@kernel
def work_is_perfunctory(w, k, is_extra):
    """Whether a package is worked on perfunctorily; keyed by issue, package and redo (ruling 6). Never what an audit sent back."""
    pk = w.packages[k]
    if int(w.issues[pk.issue].wrong) & BY_AUDIT:
        return False
    mandated = w.communities[w.stations[pk.station].area].mandated_share if is_extra == 1 else 0.0
    u = rng.uniform(w.arrivals[pk.issue].key, rng.EFFORT, int(pk.number) * 64 + int(pk.stage))
    return u < perfunctory_share(w, pk.station, is_extra, mandated)


@kernel
def outcome_is_true(w, k):
    """Whether a finished package did what it should: 1 - epsilon_q, or kappa_res if perfunctory."""
    p = w.p[0]
    pk = w.packages[k]
    share = p.perfunctory_success if pk.mode == 2 else 1.0 - p.failure_share
    return rng.uniform(w.arrivals[pk.issue].key, rng.OUTCOME, int(pk.number) * 64 + int(pk.stage)) < share


@kernel
def efficiency_of_staff(p, station_kind, need):
    """A desk has its own skill; community workers and grid staff are generalists (ruling 34)."""
    if (station_kind == COMMUNITY or station_kind == GRID) and need != 4 and need != 5 and need != 7:
        return p.skill_adjacent
    return 1.0


@kernel
def efficiency_of_volunteer(p, skill, need):
    """Matched 1, adjacent e_adj; anybody does general labour (3.7.18)."""
    if skill == need or need == 7:
        return 1.0
    return p.skill_adjacent
