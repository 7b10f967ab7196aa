"""Intervals on paired differences."""

import numpy as np
import pytest

from govsim.studies.paired import (
    paired_estimates,
    pairing_gain,
    simultaneous_intervals,
    trimmed_mean,
    variance_ratio,
    verdict,
)

LOG_SD = np.sqrt(np.log(1 + 1.8**2))
LOG_MEAN = np.exp(LOG_SD**2 / 2)
"""Log-normal differences of cv 1.8: the heavy tail of ruling Y5."""


def _heavy(n: int, columns: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).lognormal(0, LOG_SD, size=(n, columns))


def _coverage(n: int, samples: int) -> float:
    hits = []
    for seed in range(samples // 1000):
        found = paired_estimates(_heavy(n, 1000, seed))
        hits.append(np.mean((found.low <= LOG_MEAN) & (found.high >= LOG_MEAN)))
    return float(np.mean(hits))


def test_paired_estimates__no_difference_is_exactly_zero():
    found = paired_estimates(np.zeros((30, 3)))
    for values in (found.mean, found.low, found.high, found.median, found.trimmed_mean):
        assert (values == 0).all()


def test_paired_estimates__a_constant_difference_has_no_width():
    found = paired_estimates(np.full((30, 1), 0.1))
    assert found.low[0] == found.mean[0] == found.high[0]


def test_paired_estimates__skewed_differences_get_the_longer_arm_on_the_long_tail():
    found = paired_estimates(_heavy(30, 200, 1))
    assert np.mean(found.high - found.mean > found.mean - found.low) > 0.95


def test_paired_estimates__unknown_values_leave_their_replication_out():
    d = np.arange(40, dtype=float).reshape(20, 2)
    d[[3, 7], 1] = np.nan
    found = paired_estimates(d)
    assert list(found.n_replications) == [20, 18]
    assert found.mean[1] == pytest.approx(np.nanmean(d[:, 1]))
    assert np.isnan(paired_estimates(np.full((5, 1), np.nan)).mean[0])


def test_paired_estimates__one_replication_has_no_interval():
    found = paired_estimates(np.array([[3.0]]))
    assert found.mean[0] == 3.0
    assert np.isnan(found.low[0])
    assert found.kind == ("none",)


def test_paired_estimates__a_single_odd_replication_falls_back_to_student():
    d = np.zeros((30, 1))
    d[4] = 1.0
    found = paired_estimates(d)
    assert found.kind == ("student-t",)
    assert np.isfinite(found.low[0])
    assert np.isfinite(found.high[0])


def test_paired_estimates__does_not_depend_on_scale_or_neighbours():
    d = _heavy(30, 2, 3)
    both, alone = paired_estimates(d), paired_estimates(1000 * d[:, :1])
    assert alone.low[0] == pytest.approx(1000 * both.low[0], rel=1e-9)


def test_simultaneous_intervals__are_wider_than_single_ones_and_equal_for_one_variant():
    d = _heavy(30, 6, 4)
    low, high = simultaneous_intervals(d)
    single = paired_estimates(d)
    assert (high - low > single.high - single.low).all()
    one_low, one_high = simultaneous_intervals(d[:, :1])
    alone = paired_estimates(d[:, :1])
    assert one_low[0] == pytest.approx(alone.low[0])
    assert one_high[0] == pytest.approx(alone.high[0])


def test_simultaneous_intervals__a_variant_equal_to_the_baseline_is_a_point():
    d = _heavy(30, 2, 5)
    d[:, 0] = 0
    low, high = simultaneous_intervals(d)
    assert low[0] == high[0] == 0
    assert high[1] > low[1]


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (-9, -3, "win"), (3, 9, "loss"), (-1, 1.5, "tie"), (-3, -1, "undecided"),
        (-3, 3, "undecided"), (1, 3, "undecided"), (0, 0, "tie"), (np.nan, 1, "undecided"),
    ],
)  # fmt: skip
def test_verdict__needs_the_whole_interval_on_one_side_of_the_margin(low, high, expected):
    assert verdict(low, high, margin=2.0) == expected


def test_pairing_gain__is_the_share_of_variance_that_pairing_removes():
    rng = np.random.default_rng(6)
    base = rng.normal(size=2000)
    correlation, share = pairing_gain(base, base + 0.1 * rng.normal(size=2000))
    assert correlation > 0.99
    assert share > 0.98
    assert pairing_gain(base, -base)[1] < 0
    assert np.isnan(pairing_gain(base, np.zeros(2000))[0])


def test_trimmed_mean__ignores_a_fifth_at_each_end():
    values = np.array([[-1e9], [1.0], [2.0], [3.0], [1e9]])
    assert trimmed_mean(values)[0] == 2.0


@pytest.mark.slow
def test_bootstrap_t__covers_heavy_tailed_differences():
    # 20,000 samples: standard error .002. Student's interval covers .89 here and would fail.
    assert _coverage(100, 20_000) >= 0.92
    assert _coverage(30, 20_000) >= 0.90


@pytest.mark.slow
def test_simultaneous_intervals__cover_all_variants_together():
    d = np.random.default_rng(7).normal(size=(2000, 30, 5))
    hits = 0
    for sample in d:
        low, high = simultaneous_intervals(sample, n_resamples=1000)
        hits += bool(((low <= 0) & (high >= 0)).all())
    # Standard error .005; single intervals would cover all five in .77 of the samples.
    assert hits / len(d) > 0.92


def test_variance_ratio__is_what_pairing_saves_in_runs():
    rng = np.random.default_rng(4)
    base = rng.normal(size=5000)
    noisy = base + 0.5 * rng.normal(size=5000)
    assert variance_ratio(base, noisy) == pytest.approx((1 + 1.25) / 0.25, rel=0.05)
    assert variance_ratio(base, rng.normal(size=5000)) == pytest.approx(1.0, rel=0.05)
    assert np.isnan(variance_ratio(base, base))
