"""Paired differences between runs that faced the same city, issue by issue (rulings Y4-Y6).

Every function takes ``differences`` of shape ``[n_replications, n_columns]``: what one variant
gave minus what the baseline gave under the same seed. A replication is the unit of inference;
within a run nothing is independent.

Intervals are bootstrap-t: the resampled quantity is ``(mean* - mean) / se*``, whose quantiles carry
the skewness of heavy-tailed hours into an interval that need not be symmetric (Efron and
Tibshirani 1993, ch. 12; at n = 30 with log-normal differences of cv 1.8 it covers about .92, a
Student interval .85, ruling Y5). The resamples are drawn from a fixed key, so the same
differences give the same interval.
"""

import functools
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Verdict = Literal["win", "tie", "loss", "undecided"]

LEVEL = 0.95
"""Confidence of every interval."""

N_RESAMPLES = 4000
"""Resamples of a bootstrap-t interval."""

TRIM_SHARE = 0.2
"""Cut from each end by the trimmed mean (ruling Y5)."""

MIN_BOOTSTRAP = 8
"""Below this many replications the interval is Student's."""

MAX_DEGENERATE = 0.1
"""Share of resamples without spread above which the interval is Student's."""

_KEY = 0x70616972


@dataclass(frozen=True, slots=True)
class PairedEstimates:
    """Estimates of one column of differences each; all arrays have shape ``[n_columns]``.

    Attributes
    ----------
    mean, trimmed_mean, median
        Of the differences over replications. ``nan`` where no pair is known.
    low, high
        Interval around the mean at `LEVEL`; ``nan`` below two pairs.
    n_replications
        Pairs in which both values are known.
    kind
        ``bootstrap-t``, ``student-t`` or ``none``.
    """

    mean: Floats
    low: Floats
    high: Floats
    trimmed_mean: Floats
    median: Floats
    n_replications: NDArray[np.int64]
    kind: tuple[str, ...]


def paired_estimates(differences: Floats, *, level: float = LEVEL, n_resamples: int = N_RESAMPLES) -> PairedEstimates:
    """Estimate the mean of every column of differences, with its interval.

    Parameters
    ----------
    differences
        ``[n_replications, n_columns]``; ``nan`` where a value is not known in a replication (a rate
        with denominator 0). Columns that share their known rows are resampled together.
    level
        Confidence of the intervals.
    n_resamples
        Bootstrap resamples.

    Examples
    --------
    >>> same = paired_estimates(np.zeros((30, 1)))
    >>> float(same.mean[0]), float(same.low[0]), float(same.high[0])
    (0.0, 0.0, 0.0)
    """
    d = np.atleast_2d(np.asarray(differences, dtype=np.float64))
    known = np.isfinite(d)
    n_columns = d.shape[1]
    out = {name: np.full(n_columns, np.nan) for name in ("mean", "low", "high", "trimmed_mean", "median")}
    kinds = ["none"] * n_columns
    for rows, columns in _groups(known):
        if not rows.any():
            continue
        block = d[np.ix_(rows, columns)]
        low, high, kind = _interval(block, level, n_resamples)
        out["mean"][columns] = block.mean(axis=0)
        out["trimmed_mean"][columns] = trimmed_mean(block)
        out["median"][columns] = np.median(block, axis=0)
        out["low"][columns], out["high"][columns] = low, high
        for column, name in zip(columns, kind, strict=True):
            kinds[column] = name
    return PairedEstimates(n_replications=known.sum(axis=0).astype(np.int64), kind=tuple(kinds), **out)


def trimmed_mean(values: Floats, share: float = TRIM_SHARE) -> Floats:
    """Mean of each column after cutting `share` of the rows from each end."""
    ordered = np.sort(values, axis=0)
    cut = int(share * len(ordered))
    kept: Floats = ordered[cut : len(ordered) - cut].mean(axis=0)
    return kept


def simultaneous_intervals(differences: Floats, *, level: float = LEVEL, n_resamples: int = N_RESAMPLES) -> tuple[Floats, Floats]:
    """Max-t intervals: together they cover all columns with probability `level` (ruling Y6).

    Replications are resampled whole, so the dependence between variants that faced the same city
    is kept. The upper tail uses the largest studentised deviation over the columns and the lower
    tail the smallest, each at half of ``1 - level``; columns without spread are points.

    Parameters
    ----------
    differences
        ``[n_replications, n_variants]``; a replication with an unknown value is left out.

    Returns
    -------
    low, high
        ``[n_variants]`` each.
    """
    d = np.asarray(differences, dtype=np.float64)
    d = d[np.isfinite(d).all(axis=1)]
    n = len(d)
    if n < 2:
        unknown = np.full(d.shape[1], np.nan)
        return unknown, unknown.copy()
    mean = d.mean(axis=0)
    low, high = mean.copy(), mean.copy()
    error = _standard_error(d)
    spread = error > 0
    if not spread.any():
        return low, high
    tail = (1 - level) / 2
    t, usable = _resampled_t(d[:, spread], n_resamples)
    whole = usable.all(axis=1)
    if n < MIN_BOOTSTRAP or whole.mean() < 1 - MAX_DEGENERATE:
        # Bonferroni on Student's t where resampling cannot tell the shape.
        above = below = _student_quantile(1 - tail / spread.sum(), n - 1)
    else:
        above = np.quantile(t[whole].max(axis=1), 1 - tail)
        below = -np.quantile(t[whole].min(axis=1), tail)
    low[spread] = mean[spread] - above * error[spread]
    high[spread] = mean[spread] + below * error[spread]
    return low, high


def verdict(low: float, high: float, margin: float) -> Verdict:
    """Four-way reading of a difference of which lower is better (ruling Y6).

    ``win``: the whole interval is better by more than the margin of equivalence; ``loss``: worse by
    more; ``tie``: the whole interval is within it; else ``undecided``.

    Examples
    --------
    >>> verdict(-9.0, -3.0, margin=2.0), verdict(-1.0, 1.5, margin=2.0)
    ('win', 'tie')
    >>> verdict(-3.0, -1.0, margin=2.0), verdict(2.5, 4.0, margin=2.0)
    ('undecided', 'loss')
    """
    if not (np.isfinite(low) and np.isfinite(high)):
        return "undecided"
    if high < -margin:
        return "win"
    if low > margin:
        return "loss"
    if low >= -margin and high <= margin:
        return "tie"
    return "undecided"


def pairing_gain(baseline: Floats, variant: Floats) -> tuple[float, float]:
    """Correlation of paired outcomes, and the share of variance that pairing takes away (Y4).

    The share is ``1 - var(v - b) / (var(v) + var(b)) = 2 cov(v, b) / (var(v) + var(b))``; with a correlation of 0 or less pairing
    gained nothing, though the interval is still valid. ``nan`` where one side has no spread.

    Parameters
    ----------
    baseline, variant
        ``[n_replications]``, the same seeds in the same order.
    """
    both = np.isfinite(baseline) & np.isfinite(variant)
    b, v = baseline[both], variant[both]
    if len(b) < 3 or np.ptp(b) == 0 or np.ptp(v) == 0:
        return float("nan"), float("nan")
    b, v = b - b.mean(), v - v.mean()
    covariance, var_b, var_v = b @ v, b @ b, v @ v
    return float(covariance / np.sqrt(var_b * var_v)), float(2 * covariance / (var_b + var_v))


def _groups(known: NDArray[np.bool_]) -> list[tuple[NDArray[np.bool_], NDArray[np.int64]]]:
    """Known rows, and the columns that have exactly these."""
    patterns, member = np.unique(known, axis=1, return_inverse=True)
    member = np.asarray(member).reshape(-1)
    return [(patterns[:, i], np.flatnonzero(member == i)) for i in range(patterns.shape[1])]


def _interval(d: Floats, level: float, n_resamples: int) -> tuple[Floats, Floats, list[str]]:
    """Bounds of each column of complete differences, and how they were made."""
    n, n_columns = d.shape
    mean = d.mean(axis=0)
    if n < 2:
        unknown = np.full(n_columns, np.nan)
        return unknown, unknown.copy(), ["none"] * n_columns
    error = _standard_error(d)
    tail = (1 - level) / 2
    half = _student_quantile(1 - tail, n - 1) * error
    low, high = mean - half, mean + half
    kind = np.full(n_columns, "student-t", dtype=object)
    spread = np.flatnonzero(error > 0)
    if n >= MIN_BOOTSTRAP and len(spread):
        t, usable = _resampled_t(d[:, spread], n_resamples)
        shaped = usable.mean(axis=0) >= 1 - MAX_DEGENERATE
        t = np.where(usable, t, np.nan)[:, shaped]
        chosen = spread[shaped]
        if len(chosen):
            whole = usable[:, shaped].all(axis=0)
            for some, quantile in ((whole, np.quantile), (~whole, np.nanquantile)):
                if some.any():
                    ends = quantile(t[:, some], (tail, 1 - tail), axis=0)
                    at = chosen[some]
                    low[at], high[at] = mean[at] - ends[1] * error[at], mean[at] - ends[0] * error[at]
            kind[chosen] = "bootstrap-t"
    return low, high, list(kind)


def _standard_error(d: Floats) -> Floats:
    """Of the mean of each column; exactly 0 where all rows are equal, whatever rounding says."""
    error = d.std(axis=0, ddof=1) / np.sqrt(len(d))
    return np.where(np.ptp(d, axis=0) == 0, 0.0, error)


def _resampled_t(d: Floats, n_resamples: int) -> tuple[Floats, NDArray[np.bool_]]:
    """Studentised deviations of resampled means, and where they have a spread.

    Both have shape ``[n_resamples, n_columns]``. A resample is a row of counts, so that its means
    and variances are two matrix products.
    """
    n = len(d)
    counts = _resample_counts(n, n_resamples)
    centred = d - d.mean(axis=0)
    scale = np.abs(centred).max(axis=0)
    centred = centred / scale
    mean = counts @ centred / n
    variance = (counts @ centred**2 / n - mean**2) * n / (n - 1)
    usable = variance > 1e-12
    error = np.sqrt(np.where(usable, variance, 1.0) / n)
    return mean / error, usable


@functools.lru_cache(maxsize=4)
def _resample_counts(n: int, n_resamples: int) -> Floats:
    """How often each of `n` rows is in each resample."""
    rng = np.random.Generator(np.random.Philox(key=np.array([_KEY, n], dtype=np.uint64)))
    counts = rng.multinomial(n, np.full(n, 1 / n), size=n_resamples).astype(np.float64)
    counts.flags.writeable = False
    return counts


def _student_quantile(probability: float, degrees: int) -> float:
    """Quantile of Student's t."""
    from scipy.special import stdtrit

    return float(stdtrit(degrees, probability))
