"""What befalls the city: the exogenous issues of a seed, the same under every variant (3.7.1).

Each building has one Poisson process of candidates in operational time, gaps keyed by ordinal; the
city's operational time carries weekday, month and the gamma day factor; the type comes from envelope
weights, and the season thins (ruling 25). Identity is (building, ordinal) (ruling 7).
"""

import itertools
import math

import numpy as np

from govsim.engine import rng
from govsim.engine.compiled import kernel
from govsim.engine.renovation import is_programme, renovation_of, size_of_works
from govsim.engine.state import KIND_TABLE, LATENT, UNCLEAR_DUTY

_MOST_AFFECTED = 256


def _poisson(mean):
    """Cumulative probabilities of a Poisson number, the last one all the rest."""
    terms = itertools.accumulate(range(1, _MOST_AFFECTED), lambda term, n: term * (mean / n), initial=math.exp(-mean))
    below = [*itertools.accumulate(terms)]
    return [*below[:-1], 1.0]


_AFFECTED = np.array(_poisson(4.0) + _poisson(15.0) + _poisson(40.0) + _poisson(0.0))
"""Of a building, a compound, a community, a household."""


@kernel
def candidates(seed, operational, rates, cumulative, building_row, accept, column, out_time, out_key, out_building, out_type):
    """Fill the out columns with accepted issues, building by building; returns how many there are.

    `operational[d]` is operational time at the start of day d; `rates[b]` candidates per unit of it;
    `cumulative[row, type]` envelope shares, `building_row[b]` the row; `accept[type, column[d]]` acceptance on day d.
    Counts go on beyond the columns' length, so that the caller can come again with longer ones.
    """
    n = 0
    days = operational.size - 1
    n_types = accept.shape[0]
    for b in range(rates.size):
        if rates[b] <= 0.0:
            continue
        key = rng.entity_key(seed, rng.BUILDING, b)
        s = 0.0
        d = 0
        ordinal = 0
        while True:
            s += rng.exponential(key, rng.GAP, ordinal) / rates[b]
            while d < days and operational[d + 1] <= s:
                d += 1
            if d >= days:
                break
            time = d + (s - operational[d]) / (operational[d + 1] - operational[d])
            u = rng.uniform(key, rng.KIND, ordinal)
            k = 0
            while k < n_types - 1 and u >= cumulative[building_row[b], k]:
                k += 1
            if rng.uniform(key, rng.ACCEPT, ordinal) < accept[k, column[d]]:
                if n < out_time.size:
                    out_time[n] = time
                    out_key[n] = rng.child_key(key, ordinal)
                    out_building[n] = b
                    out_type[n] = k
                n += 1
            ordinal += 1
    return n


@kernel
def copy_sorted(order, time, key, building, kind, households, arrivals):
    """Write the columns in order of time; whose issue it is, is drawn among the `households` of its building."""
    for j in range(order.size):
        i = order[j]
        arrivals[j].onset = time[i]
        arrivals[j].key = key[i]
        arrivals[j].building = building[i]
        arrivals[j].household = int(rng.uniform(key[i], rng.HOUSEHOLD, 0) * households[building[i]])
        arrivals[j].type = kind[i]


@kernel
def affected(scope, u):
    """Households affected beside one's own: Poisson, by inversion of one uniform."""
    first = scope * _MOST_AFFECTED
    n = 0
    while u > _AFFECTED[first + n]:
        n += 1
    return n


@kernel
def born(w, i):
    """Draw an issue's own traits when it arises: all keyed, so all the same under every variant."""
    p = w.p[0]
    a = w.arrivals[i]
    it = w.issues[i]
    kind = w.kinds[a.type]
    row = a.type * KIND_TABLE
    it.first_package = -1
    it.status = LATENT
    it.hops = -1
    it.pot = -1
    it.state_180 = -1
    it.state_365 = -1
    it.severity = rng.beta_two_two(a.key, rng.SEVERITY)
    scope = kind.scope
    if kind.other_scope_share > 0.0 and rng.uniform(a.key, rng.AFFECTED, 1) < kind.other_scope_share:
        scope = kind.other_scope
    it.n_affected = 1 + affected(scope, rng.uniform(a.key, rng.AFFECTED, 0))
    if p.exponential_hours == 1:
        it.hours = kind.hours_mean * rng.exponential(a.key, rng.HOURS, 0)
    else:
        it.hours = math.exp(kind.hours_mu + kind.hours_sigma * rng.normal(a.key, rng.HOURS, 0))
    u = rng.uniform(a.key, rng.NEEDS, 0)
    m = 0
    while m < 7 and u >= w.kind_tables[row + m]:
        m += 1
    it.n_departments = m
    flags = 0
    it.fund = 0.0
    if rng.uniform(a.key, rng.FUND, 0) < kind.fund_share:
        it.fund = math.exp(kind.fund_mu + p.fund_sigma * rng.normal(a.key, rng.FUND, 1))
        if rng.uniform(a.key, rng.OBSTACLE, 2) < kind.p_funds_given_fund:
            flags |= 4
    if m > 0 and rng.uniform(a.key, rng.OBSTACLE, 0) < kind.p_jurisdiction:
        flags |= UNCLEAR_DUTY
    if m >= 2 or (m == 1 and flags & UNCLEAR_DUTY):
        flags |= 1
    if rng.uniform(a.key, rng.OBSTACLE, 1) < kind.p_power:
        flags |= 2
    if rng.uniform(a.key, rng.OBSTACLE, 3) < kind.p_interests:
        flags |= 8
    it.obstacles = flags
    if p.road_enabled == 1 and p.demand_shocked == 1 and a.type == p.road_type and w.origin[i] > 0:
        leave_untransferred(w, i)
    if is_programme(w, i):
        size_of_works(w, i, renovation_of(w, i))
    for_nan(it)


@kernel
def leave_untransferred(w, i):
    """SC4: with a share, a road that nobody has taken over: its keeper is disputed and money has to be found (3.13)."""
    p = w.p[0]
    a = w.arrivals[i]
    it = w.issues[i]
    if rng.uniform(a.key, rng.UNTRANSFERRED, 0) >= p.road_untransferred_share:
        return
    flags = int(it.obstacles)
    if int(it.n_departments) > 0:
        flags |= UNCLEAR_DUTY | 1
    if not np.float64(it.fund) > 0.0:
        it.fund = math.exp(w.kinds[a.type].fund_mu + p.fund_sigma * rng.normal(a.key, rng.FUND, 1))
    it.obstacles = flags | 4


@kernel
def for_nan(it):
    """Every moment of a new issue is still to come."""
    it.voiced = np.nan
    it.triaged = np.nan
    it.jurisdiction = np.nan
    it.power = np.nan
    it.funds = np.nan
    it.interests = np.nan
    it.released = np.nan
    it.started = np.nan
    it.closed = np.nan
    it.last_closed = np.nan
    it.ended = np.nan
    it.petitioned = np.nan
    it.law = np.nan
    it.attention = np.nan
    it.satisfaction = np.nan
