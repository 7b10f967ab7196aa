"""Grid staff of a community: patrols, reports and small fixes (3.10 RV3, 3.7.2, W8)."""

from govsim.engine.compiled import kernel
from govsim.engine.effort import backlog_weeks
from govsim.engine.ledger import charge
from govsim.engine.service import move_package, put_down
from govsim.engine.state import GRID, PACKAGES, PATROLLING, REPORTING


@kernel
def grid_works(w, s):
    """What grid staff do of a day before they fix anything: they patrol and write reports."""
    p = w.p[0]
    st = w.stations[s]
    hours = st.window_today * st.n_workers
    charge(w, s, REPORTING, hours * p.RV3_reporting_share)
    charge(w, s, PATROLLING, hours * p.RV3_patrolling)


@kernel
def grid_hazard(w, q):
    """Find with hazard psi e_b / 7 a day, e_b the patrol hours per household and week, psi an hour's (3.7.2)."""
    p = w.p[0]
    st = w.stations[w.grids[q]]
    patrol = st.window * st.n_workers * p.RV3_patrolling * p.workdays_per_week
    return p.RV3_detection_efficiency * patrol / (7.0 * w.communities[q].n_households)


@kernel
def grid_takes(w, q, hours):
    """Whether grid staff do a part of the work: it is small, and they have less waiting for their fixing hours than the desk."""
    p = w.p[0]
    s = w.grids[q]
    if hours > p.RV3_fix_hours or p.RV3_fixing * w.stations[s].window <= 0.0:
        return False
    return backlog_weeks(w, s) <= p.RV3_fixing * backlog_weeks(w, q)


@kernel
def end_grid(w, t):
    """The grid is given up: its desks take over what waits, what was in hand, and what is owed."""
    for q in range(w.p[0].n_communities):
        grid = w.stations[w.grids[q]]
        desk = w.stations[q]
        put_down(w, w.grids[q])
        grid.incurred -= grid.debt
        desk.debt += grid.debt
        desk.incurred += grid.debt
        grid.debt = 0.0
    for k in range(w.pools[PACKAGES].used):
        pk = w.packages[k]
        if pk.issue >= 0 and pk.done == 0 and w.stations[pk.station].kind == GRID:
            move_package(w, k, w.stations[pk.station].area, t)
