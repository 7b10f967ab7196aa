"""Estimators against answers worked out by hand, and against enumeration."""

import math

import numpy as np
import pytest

from govsim.engine.estimators import (
    erreygers,
    gini,
    incidence,
    incidence_area,
    mid_ranks,
    random_order,
    reshuffled_gini,
)
from govsim.engine.measure import gate_share

EPS = np.finfo(float).eps

# Five issues: resolved at 1, censored at 2, lapsed at 3, resolved at 4, censored at 5.
# F(1) = 1/5, S = 4/5; three at risk at 3: S = 4/5 2/3 = 8/15; two at 4: F = 1/5 + 8/15 1/2 = 7/15.
AGES = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
CAUSES = np.array([1, 0, 2, 1, 0])


def test_incidence__with_censoring_and_a_competing_end_as_by_hand():
    at = np.array([0.0, 1.0, 2.5, 3.0, 4.0, 5.0, 5.5])
    resolved, ended = np.zeros(7), np.zeros(7)
    incidence(AGES, CAUSES, at, resolved, ended)
    expected = [0, 1 / 5, 1 / 5, 1 / 5, 7 / 15, 7 / 15, math.nan]
    # at most 6 roundings of numbers below 1
    np.testing.assert_allclose(resolved, expected, atol=6 * EPS, rtol=0, equal_nan=True)
    expected = [0, 0, 0, 4 / 15, 4 / 15, 4 / 15, math.nan]
    np.testing.assert_allclose(ended, expected, atol=6 * EPS, rtol=0, equal_nan=True)


def test_incidence_area__with_censoring_as_by_hand():
    # 1/5 from age 1 on and 4/15 more from age 4 on
    assert incidence_area(AGES, CAUSES, 5.0) == pytest.approx(4 / 5 + 4 / 15, abs=20 * EPS)
    assert incidence_area(AGES, CAUSES, 3.0) == pytest.approx(2 / 5, abs=20 * EPS)


def test_incidence_area__is_unknown_beyond_the_last_age_anybody_is_followed_to():
    assert math.isnan(incidence_area(AGES, CAUSES, 5.01))
    assert math.isnan(incidence_area(np.zeros(0), np.zeros(0, np.int64), 1.0))


def test_incidence_area__is_known_once_everybody_has_ended():
    assert incidence_area(np.array([1.0, 2.0]), np.array([1, 2]), 10.0) == 4.5


def test_incidence__somebody_censored_at_the_moment_of_an_event_was_at_risk():
    resolved, ended = np.zeros(1), np.zeros(1)
    incidence(np.array([2.0, 2.0]), np.array([0, 1]), np.array([2.0]), resolved, ended)
    assert resolved[0] == 0.5


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0, 0, 0, 1], 3 / 4),
        ([1, 2, 3], 2 / 9),
        ([3, 1, 2], 2 / 9),
        ([5, 5, 5], 0.0),
        ([0, 0], math.nan),
        ([1], math.nan),
        ([], math.nan),
    ],
)
def test_gini__as_by_hand(values, expected):
    assert gini(np.array(values, float)) == pytest.approx(expected, abs=4 * EPS, nan_ok=True)


def test_mid_ranks__ties_share_their_mean_rank():
    ranks = mid_ranks(np.array([0.3, 0.1, 0.3, 0.9]))
    assert ranks.tolist() == [0.5, 0.125, 0.5, 0.875]


def test_erreygers__all_to_the_better_off_half_is_one():
    # cov = (.375 + .125 + .125 + .375) .5 / 4 = 1/8
    health, status = np.array([0.0, 0.0, 1.0, 1.0]), np.array([1.0, 2.0, 3.0, 4.0])
    assert erreygers(health, status) == pytest.approx(1.0, abs=8 * EPS)
    assert erreygers(1 - health, status) == pytest.approx(-1.0, abs=8 * EPS)


def test_erreygers__is_zero_at_mean_zero_and_unknown_for_one_place():
    assert erreygers(np.zeros(3), np.arange(3.0)) == 0.0
    assert math.isnan(erreygers(np.ones(1), np.ones(1)))


@pytest.mark.parametrize(
    ("own", "others", "expected"),
    [
        (10, (0, 0, 0), 10),
        (10, (10, 0, 0), 5),
        (10, (4, 0, 0), 4 / 2 + 6),
        (4, (10, 0, 0), 4 / 2),
        (9, (9, 9, 9), 9 / 4),
        (6, (3, 1, 9), 1 / 4 + 2 / 3 + 3 / 2),
    ],
)
def test_gate_share__as_by_hand(own, others, expected):
    assert gate_share(float(own), *map(float, others)) == pytest.approx(expected, abs=60 * EPS)


def cells(*rows):
    return np.array(rows, np.int64)


def test_reshuffled_gini__where_every_reshuffle_is_alike_it_is_exact():
    # one of two compounds gets the one resolved issue: rates (1/2, 0), Gini 1/2
    mean = reshuffled_gini(cells([2, 2]), cells([1, 0]), np.uint64(1), 10, 50)
    assert mean == pytest.approx(0.5, abs=500 * EPS)


def test_reshuffled_gini__is_the_mean_over_all_arrangements():
    # two of four resolved, two compounds of two: Gini 1/2 in 2 of 6 arrangements, else 0
    n = 2000
    mean = reshuffled_gini(cells([2, 2]), cells([2, 0]), np.uint64(5), n, 1)
    standard_error = math.sqrt(1 / 3 * 2 / 3) / 2 / math.sqrt(n)
    assert abs(mean - 1 / 6) < 4.5 * standard_error


def test_reshuffled_gini__reading_an_order_from_every_place_keeps_the_mean():
    # 2 of 4 as above; of the 4 places to read a circle of two ones and two zeros from, the four
    # orders with neighbouring ones give Gini 1/2 at two, the two alternating ones at none
    n = 2000
    mean = reshuffled_gini(cells([2, 2]), cells([2, 0]), np.uint64(6), n, 20)
    standard_error = math.sqrt(1 / 3 * 2 / 3) / 2 / math.sqrt(n)  # as if the 20 were one draw
    assert abs(mean - 1 / 6) < 4.5 * standard_error


def test_reshuffled_gini__shuffles_within_types_only():
    # all of type 0 resolved and none of type 1: nothing to shuffle
    due, resolved = cells([3, 1], [1, 3]), cells([3, 1], [0, 0])
    expected = gini(np.array([3 / 4, 1 / 4]))
    assert reshuffled_gini(due, resolved, np.uint64(2), 10, 50) == pytest.approx(expected, abs=500 * EPS)


@pytest.mark.parametrize(("n", "printed"), [(20, 0.100), (140, 0.038)])
def test_reshuffled_gini__bias_under_no_inequality_is_the_one_the_ruling_prints(n, printed):
    # ruling X8: 60 compounds, p = .6; printed to three digits. Standard error of a mean of 500
    # Ginis: below .01 / sqrt(500) = .0005 for the orders are 50, so .01 / sqrt(50) = .0014
    due = np.full((1, 60), n, np.int64)
    resolved = np.full((1, 60), round(0.6 * n), np.int64)
    mean = reshuffled_gini(due, resolved, np.uint64(3), 50, 10)
    assert abs(mean - printed) < 0.0005 + 0.0014


def test_reshuffled_gini__same_seed_same_value_and_another_seed_another():
    due, resolved = cells([9, 7, 5], [4, 4, 8]), cells([3, 7, 0], [4, 1, 2])
    a, b, c = (reshuffled_gini(due, resolved, np.uint64(s), 10, 50) for s in (1, 1, 2))
    assert a == b != c


def test_random_order__has_the_ones_asked_for_and_repeats():
    sums = np.zeros(21, np.int64)
    random_order(np.uint64(9), 10, 4, sums)
    assert sums[10] == 4
    assert (np.diff(sums) <= 1).all()
    assert (np.diff(sums)[:10] == np.diff(sums)[10:]).all()
