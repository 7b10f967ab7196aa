"""Hours and money, as they are incurred and paid (3.7.16; rulings 3, 4, 33).

Every overhead takes effect at once and becomes debt of the unit; debt is paid at the start of the
next working window, from the first worker upward, before any package. For every unit
`incurred = paid + debt` and `available = paid + served + idle` hold every day.
"""

from govsim.engine.compiled import kernel
from govsim.engine.state import N_ACTIVITIES


@kernel
def post_unit(w, s, activity, hours):
    """Write hours of a unit under an activity in this month's block, which is small enough to stay near."""
    w.hours[(w.counters[0].month * w.stations.size + s) * N_ACTIVITIES + activity] += hours


@kernel
def post_outside(w, payer, activity, hours):
    """Write hours of somebody who is no unit: leaders, organisations, members, residents."""
    p = w.p[0]
    w.outside[(payer * N_ACTIVITIES + activity) * p.n_months + w.counters[0].month] += hours


@kernel
def charge(w, s, activity, hours):
    """An overhead: recorded now, owed by the unit's desk from the next window on."""
    if hours > 0.0:
        st = w.stations[s]
        st.debt += hours
        st.incurred += hours
        post_unit(w, s, activity, hours)


@kernel
def post_money(w, pot, column, amount):
    """Write money (k¥) of a pot: column 0 inflow, 1 spent."""
    p = w.p[0]
    w.funds[(pot * p.n_months + w.counters[0].month) * 2 + column] += amount
