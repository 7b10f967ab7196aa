"""Estimators that are no ratio of sums: incidence with censoring, Gini, Erreygers (X1, X7, X8).

Unchecked here: that arrays are of one length, that counts are not negative, that a type's resolved
issues are no more than its issues.
"""

import numpy as np

from govsim.engine import rng
from govsim.engine.compiled import allocating_kernel, kernel

_ORDER, _ROTATION = 1000, 1001  # purposes of this file's draws, far from those of `rng`


@allocating_kernel
def incidence(ages, causes, at, resolved, ended):
    """Aalen-Johansen cumulative incidence of causes 1 and 2 at the ages given (ascending).

    F_k(t) = sum over event times u <= t of S(u-) d_k(u) / Y(u), S(u) = S(u-) (1 - d(u) / Y(u)),
    d_k events of cause k, Y still at risk. Beyond the last age anybody is followed to, nan.
    """
    order = np.argsort(ages, kind="mergesort")
    n = len(ages)
    survival = 1.0
    f1 = 0.0
    f2 = 0.0
    i = 0
    for j in range(len(at)):
        while i < n and ages[order[i]] <= at[j]:
            t = ages[order[i]]
            risk = n - i
            d1 = 0
            d2 = 0
            while i < n and ages[order[i]] == t:
                d1 += causes[order[i]] == 1
                d2 += causes[order[i]] == 2
                i += 1
            f1 += survival * d1 / risk
            f2 += survival * d2 / risk
            survival *= 1.0 - (d1 + d2) / risk
        is_known = i < n or survival == 0.0 or (n > 0 and ages[order[n - 1]] == at[j])
        resolved[j] = f1 if is_known else np.nan
        ended[j] = f2 if is_known else np.nan


@allocating_kernel
def incidence_area(ages, causes, tau):
    """Area under the incidence of cause 1 up to tau: U(tau) = tau - area (X1); nan if unknown."""
    order = np.argsort(ages, kind="mergesort")
    n = len(ages)
    survival = 1.0
    f1 = 0.0
    area = 0.0
    i = 0
    while i < n and ages[order[i]] <= tau:
        t = ages[order[i]]
        risk = n - i
        d1 = 0
        d = 0
        while i < n and ages[order[i]] == t:
            d1 += causes[order[i]] == 1
            d += causes[order[i]] != 0
            i += 1
        step = survival * d1 / risk
        f1 += step
        area += step * (tau - t)
        survival *= 1.0 - d / risk
    is_known = i < n or survival == 0.0 or (n > 0 and ages[order[n - 1]] == tau)
    return area if is_known else np.nan


@allocating_kernel
def gini(values):
    """Gini = sum_i (2 i - n - 1) x_(i) / (n sum x), x ascending; nan at mean 0 or below n = 2."""
    n = len(values)
    x = np.sort(values)
    total = 0.0
    weighted = 0.0
    for i in range(n):
        total += x[i]
        weighted += (2.0 * i + 1.0 - n) * x[i]
    if n < 2 or total <= 0.0:
        return np.nan
    return weighted / (n * total)


@allocating_kernel
def mid_ranks(values):
    """Fractional ranks (i - 1/2) / n; ties share their mean rank (X7)."""
    n = len(values)
    order = np.argsort(values, kind="mergesort")
    ranks = np.zeros(n)
    i = 0
    while i < n:
        j = i
        while j < n and values[order[j]] == values[order[i]]:
            j += 1
        for m in range(i, j):
            ranks[order[m]] = 0.5 * (i + j) / n
        i = j
    return ranks


@allocating_kernel
def erreygers(health, status):
    """E = 8 cov(h, rank of status) (Erreygers 2009; X7); nan under two values."""
    n = len(health)
    if n < 2:
        return np.nan
    ranks = mid_ranks(status)
    mean_h = 0.0
    for i in range(n):
        mean_h += health[i] / n
    covariance = 0.0
    for i in range(n):
        covariance += (health[i] - mean_h) * (ranks[i] - 0.5) / n
    return 8.0 * covariance


@kernel
def random_order(key, n, n_ones, sums):
    """Sum up a random order of `n_ones` ones among n, twice over: `sums` has length 2n + 1.

    Selection sampling (Knuth, vol. 2, 3.4.2, S): the next is a one with probability ones / places
    left.
    """
    ones = n_ones
    sums[0] = 0
    for j in range(n):
        is_one = rng.uniform(key, _ORDER, j) * (n - j) < ones
        ones -= is_one
        sums[j + 1] = sums[j] + is_one
    for j in range(n):
        sums[n + j + 1] = sums[n] + sums[j + 1]


@kernel
def add_rotations(key, cells, n, sums, counts):
    """Add one type's resolved issues to every reshuffle: one rotation of the order for each.

    A rotation of a uniformly random order is a uniformly random order; one turn of it ends within `sums`, which go round twice.
    """
    for s in range(counts.shape[0]):
        at = int(rng.uniform(key, _ROTATION, s) * n)
        before = sums[at]
        for x in range(len(cells)):
            at += cells[x]
            now = sums[at]
            counts[s, x] += now - before
            before = now


@allocating_kernel
def reshuffled_gini(n_cell, r_cell, seed, n_orders, n_rotations):
    """Mean Gini of the compounds' rates when issues of a type change compounds at random (X8).

    The null of no inequality for the case mix at hand: within every type, which issues are the
    resolved ones is drawn anew. `n_orders` fresh orders are drawn a type, each read from
    `n_rotations` random places.
    """
    n_types, n_compounds = n_cell.shape
    totals = np.zeros(n_compounds, np.int64)
    for k in range(n_types):
        for x in range(n_compounds):
            totals[x] += n_cell[k, x]
    used = np.flatnonzero(totals > 0)
    rates = np.zeros(len(used))
    counts = np.zeros((n_rotations, n_compounds), np.int64)
    sums = np.zeros(2 * n_cell.sum() + 1, np.int64)
    mean = 0.0
    for order in range(n_orders):
        counts[:] = 0
        for k in range(n_types):
            n = n_cell[k].sum()
            if n > 0:
                key = rng.child_key(rng.entity_key(seed, rng.TYPES, k), order)
                random_order(key, n, r_cell[k].sum(), sums)
                add_rotations(key, n_cell[k], n, sums, counts)
        for s in range(n_rotations):
            for j in range(len(used)):
                rates[j] = counts[s, used[j]] / totals[used[j]]
            mean += gini(rates) / (n_orders * n_rotations)
    return mean
