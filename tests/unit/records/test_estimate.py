"""From a log to a demand profile: planted rhythms are recovered within sampling error."""

import numpy as np
import pandas as pd
import pytest

from govsim.records import RecordsError, RequestLog, demand_profile, read_log
from govsim.records.estimate import _bounded, fit_days
from govsim.scenario.profile import load_default_profile

WEEKDAYS = np.array([1.3, 1.2, 1.1, 1.0, 1.0, 0.8, 0.6])
SEASON = np.array([0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.2, 1.1, 1.0, 0.9, 0.8])


def log_of(opened: pd.DatetimeIndex, types=None) -> RequestLog:
    table = pd.DataFrame({"opened": opened, "closed": pd.NaT, "type": "", "place": "", "source": ""})
    if types is not None:
        table["type"] = types
    rejected = pd.DataFrame({"reason": [], "is_used": [], "n_rows": []})
    return RequestLog(table, rejected, len(table), len(table), "common", "utf-8", "planted.csv")


def planted(
    start: str,
    n_days: int,
    mean: float,
    variance: float,
    seed: int,
    season=None,
    growth: float = 0.0,
) -> tuple[RequestLog, np.ndarray]:
    """A log of negative binomial daily counts, and their means."""
    rng = np.random.default_rng(seed)
    days = pd.date_range(start, periods=n_days, freq="D")
    factor = np.ones(12) if season is None else season
    expected = mean * WEEKDAYS[days.day_of_week] * factor[days.month - 1]
    expected = expected * (1 + growth * np.asarray(days.year - days.year[0]))
    day_factor = rng.gamma(1 / variance, variance, n_days) if variance > 0 else np.ones(n_days)
    return log_of(days.repeat(rng.poisson(expected * day_factor))), expected


def variance_error(expected: np.ndarray, k: float) -> float:
    """Standard error of the estimate of k, from the fourth moment of the negative binomial.

    With v = mu + k mu^2 the excess kurtosis is 6 k + 1 / v, so one squared residual has the
    variance v^2 (2 + 6 k + 1 / v).
    """
    v = expected + k * expected**2
    return float(np.sqrt((v**2 * (2 + 6 * k + 1 / v)).sum()) / (expected**2).sum())


@pytest.mark.parametrize("variance", [0.02, 0.12, 0.5])
@pytest.mark.parametrize("mean", [3.0, 60.0])
def test_daily_variance__of_negative_binomial_counts_is_recovered(variance, mean):
    # Mean of 30 seeds, so a bias of half a standard error of one log would be seen. Fitted levels
    # err by (1/mu + k)/days of a month, relative and squared, which swells the sum of squares of
    # the fit by that share: the one bias that is expected, and allowed for.
    estimates, errors = [], []
    for seed in range(30):
        log, expected = planted("2020-01-01", 1461, mean, variance, seed)
        estimates.append(fit_days(log.table["opened"]).daily_variance)
        errors.append(variance_error(expected, variance))
    bias = variance * (1 / mean + variance) / 28
    spread = 3 * np.mean(errors) / np.sqrt(30)
    assert abs(np.mean(estimates) - variance) < spread + bias


def test_daily_variance__of_poisson_counts_is_zero_within_its_error():
    signed = []
    for seed in range(40):
        log, expected = planted("2021-01-01", 365, 20.0, 0.0, seed)
        signed.append(fit_days(log.table["opened"]).daily_variance)
    assert abs(np.mean(signed)) < 3 * variance_error(expected, 0.0) / np.sqrt(40)
    assert demand_profile(log).daily_variance >= 0


def test_daily_variance__does_not_count_trend_and_season():
    log, expected = planted("2018-01-01", 1461, 30.0, 0.1, 3, season=SEASON, growth=0.5)
    assert abs(demand_profile(log).daily_variance - 0.1) < 4 * variance_error(expected, 0.1)


def test_residual_dispersion__is_one_plus_variance_times_mean():
    log, _ = planted("2020-01-01", 1461, 60.0, 0.1, 4)
    fit = fit_days(log.table["opened"])
    # E = 1 + k sum(mu^2)/sum(mu), by the definition of both
    expected = 1 + fit.daily_variance * (fit.expected**2).sum() / fit.expected.sum()
    n, p = len(fit.counts), fit.n_parameters
    assert fit.residual_dispersion * (n - p) / n == pytest.approx(
        (expected * fit.expected.sum()) * (n - p) / n / fit.counts.sum(), rel=1e-9
    )


def test_weekday_factor__is_recovered_within_its_error():
    log, _ = planted("2020-01-06", 1400, 40.0, 0.1, 5)
    found = np.array(demand_profile(log).weekday_factor)
    # 200 days of each weekday; squared relative error of one day's count is 1/mu + k
    error = WEEKDAYS * np.sqrt((1 / (40 * WEEKDAYS) + 0.1) / 200)
    assert (np.abs(found - WEEKDAYS) < 4 * error).all()
    assert found.mean() == pytest.approx(1)


def test_month_factor__is_recovered_net_of_growth():
    log, _ = planted("2017-01-01", 1826, 40.0, 0.05, 6, season=SEASON, growth=0.8)
    found = np.array(demand_profile(log).month_factor)
    # about 150 days of each month
    error = SEASON * np.sqrt((1 / (40 * SEASON) + 0.05) / 150)
    assert (np.abs(found - SEASON) < 4.5 * error).all()
    assert found.mean() == pytest.approx(1)


def test_month_factor__needs_a_year():
    log, _ = planted("2021-01-01", 300, 20.0, 0.0, 7, season=SEASON)
    profile = demand_profile(log)
    assert profile.month_factor == (1.0,) * 12
    assert any("months not estimated" in note for note in profile.notes)
    log, _ = planted("2021-01-15", 365, 20.0, 0.0, 7, season=SEASON)
    assert demand_profile(log).month_factor != (1.0,) * 12


def test_rhythm__needs_four_weeks():
    log, _ = planted("2021-01-01", 20, 20.0, 0.0, 8)
    profile = demand_profile(log)
    assert profile.weekday_factor == (1.0,) * 7
    assert profile.daily_variance == 0
    assert any("not estimated" in note for note in profile.notes)


def test_days__without_a_request_count_as_zero():
    days = pd.DatetimeIndex(["2024-01-01", "2024-01-01", "2024-02-29"])
    fit = fit_days(pd.Series(days))
    assert len(fit.counts) == 60
    assert fit.counts.sum() == 3
    assert fit.expected.sum() == pytest.approx(3)


def test_days__fitted_sums_equal_observed_sums_by_weekday_and_month():
    log, _ = planted("2020-01-01", 800, 5.0, 0.3, 9, season=SEASON)
    fit = fit_days(log.table["opened"])
    for key in (fit.days.day_of_week, fit.days.year * 12 + fit.days.month):
        observed = pd.Series(fit.counts).groupby(np.asarray(key)).sum()
        fitted = pd.Series(fit.expected).groupby(np.asarray(key)).sum()
        np.testing.assert_allclose(fitted, observed, rtol=1e-8)


def test_days__requests_on_mondays_alone_still_give_a_profile():
    log = log_of(pd.date_range("2024-01-01", periods=30, freq="7D"))
    assert demand_profile(log).weekday_factor == pytest.approx((7, 0, 0, 0, 0, 0, 0))


def test_daily_variance__is_bounded_and_says_so():
    notes: list[str] = []
    assert _bounded(12.0, notes) == 10
    assert _bounded(-0.01, notes) == 0
    assert _bounded(0.3, notes) == 0.3
    assert len(notes) == 2


def test_type_shares__are_over_the_rows_whose_type_is_known():
    days = pd.date_range("2024-01-01", periods=8, freq="D")
    profile = demand_profile(log_of(days, ["PM", "PM", "UTIL", "NOISE", "", "", "", ""]))
    assert profile.type_shares["PM"] == 0.5
    assert sum(profile.type_shares.values()) == pytest.approx(1)
    assert any("50.0%" in note for note in profile.notes)


def test_type_shares__are_none_where_the_log_has_no_types():
    profile = demand_profile(log_of(pd.date_range("2024-01-01", periods=40, freq="D")))
    assert profile.type_shares is None
    assert any("no types" in note for note in profile.notes)
    assert profile.apply().types == type(profile.apply())().types


def test_profile__of_a_single_row_is_possible():
    profile = demand_profile(log_of(pd.DatetimeIndex(["2024-01-01 09:00"]), ["PM"]))
    assert (profile.n_records, profile.days_covered) == (1, 1)


def test_fit__too_few_days_for_its_parameters_is_refused():
    with pytest.raises(RecordsError):
        fit_days(pd.Series(pd.date_range("2024-01-01", periods=5, freq="D")))


def test_default_profile__is_what_its_script_computes(shared, repo):
    import importlib.util

    spec = importlib.util.spec_from_file_location("make_default_profile", repo / "scripts/make_default_profile.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    assert script.compute(shared) == load_default_profile()


def test_boston__is_bunched_as_the_data_page_says(shared):
    log = read_log(shared / "data/records/boston_311_2011_jul_oct.csv.gz")
    fit = fit_days(log.table["opened"].dt.normalize())
    ratio = fit.counts.var(ddof=1) / fit.counts.mean()
    assert ratio == pytest.approx(57, abs=0.5)
    # 29 on the data page is without the correction for fitted parameters
    n_days = len(fit.counts)
    uncorrected = fit.residual_dispersion * (n_days - fit.n_parameters) / n_days
    assert uncorrected == pytest.approx(29, abs=1)
