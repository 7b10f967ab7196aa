r"""From a request log to a demand profile: shares, rhythm, and how much busier some days are.

Daily counts are taken as :math:`Y_t \sim \mathrm{Poisson}(\mu_t G_t)` with
:math:`\mu_t = L_{m(t)} W_{d(t)}`, a level for each month on record times a weekday factor, and
:math:`G_t` gamma with mean 1 and variance :math:`k` (the daily variance). Then
:math:`E Y_t = \mu_t` and :math:`\mathrm{var}\,Y_t = \mu_t + k \mu_t^2`: the negative binomial of
Lawless (1987), *Canadian Journal of Statistics* 15, 209-225.

- :math:`L` and :math:`W` solve the Poisson likelihood equations (observed = fitted sums for every
  month and every weekday), by proportional fitting (Deming and Stephan 1940). They stay consistent
  when counts are over-dispersed (McCullagh and Nelder 1989, section 6.2).
- :math:`k` solves observed = expected squared residuals,
  :math:`\frac{n}{n-p}\sum (Y_t-\mu_t)^2 = \sum \mu_t + k \sum \mu_t^2`, with *n* days and *p*
  fitted parameters, negative results set to 0 (method of moments, as in Breslow 1984, *Applied
  Statistics* 33, 38-44, who weights the squares by their variance). With equal :math:`\mu_t` this
  is :math:`k = (D-1)/\bar Y`, D the ratio of residual variance to mean. Pearson's sum,
  :math:`\sum (Y_t-\mu_t)^2/\mu_t`, would estimate the same *k* but gives more weight to quiet
  days: one storm on a Sunday then sets the figure.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from govsim.records.files import RecordsError
from govsim.records.log import RequestLog
from govsim.records.schema import TYPE_CODES
from govsim.scenario.profile import DemandProfile

DAYS_OF_WEEK, MONTHS = 7, 12
DAYS_FOR_WEEKDAYS = 28
"""Days a log must cover for a weekday rhythm: four of each."""
DAYS_FOR_MONTHS = 365
DAYS_IN_A_MONTH = 28
"""Days of a month that must be covered for it to have a factor."""
MAX_VARIANCE = 10.0


@dataclass(frozen=True, slots=True)
class DailyFit:
    """Daily counts of a log and what weekday and month explain of them.

    Attributes
    ----------
    days : dates without gaps. counts, expected : requests on each, and the fit.
    weekday_factor : float64[7], mean 1. month_levels : level of each month on record.
    n_parameters : fitted parameters.
    """

    days: pd.DatetimeIndex
    counts: np.ndarray
    expected: np.ndarray
    weekday_factor: np.ndarray
    month_levels: pd.Series
    n_parameters: int

    @property
    def residual_dispersion(self) -> float:
        """Variance of the residuals over the mean count; 1 for Poisson counts."""
        n_days = len(self.counts)
        squares = ((self.counts - self.expected) ** 2).sum()
        return float(squares / (n_days - self.n_parameters) / self.counts.mean())

    @property
    def daily_variance(self) -> float:
        """Estimate of k, not yet bounded; see the module."""
        n_days = len(self.counts)
        squares = ((self.counts - self.expected) ** 2).sum() * n_days / (n_days - self.n_parameters)
        return float((squares - self.expected.sum()) / (self.expected**2).sum())


def demand_profile(log: RequestLog, *, name: str = "") -> DemandProfile:
    """Return the demand profile of a request log.

    Parameters
    ----------
    log
        As read by `read_log`.
    name
        Name of the profile; the log's where none is given.

    Returns
    -------
    DemandProfile
        Type shares over the rows whose type is known. A weekday rhythm from 28 days on; month
        factors from 365 days on, for months of which at least 28 days are covered; the daily
        variance net of weekday and of each month on record (its level, so trend and season do
        not count as bunching). What could not be estimated is 1 (factors) or 0 (variance), and
        the notes say so.

    Notes
    -----
    The formulas and their sources are in the docstring of this module.
    """
    notes = list(log.notes)
    days = log.table["opened"].dt.normalize()
    n_days = (days.max() - days.min()).days + 1
    weekdays, months, variance = np.ones(DAYS_OF_WEEK), np.ones(MONTHS), 0.0
    if n_days < DAYS_FOR_WEEKDAYS:
        needed = f"{DAYS_FOR_WEEKDAYS} needed"
        notes.append(f"rhythm and variance not estimated: {n_days} days covered, {needed}")
    else:
        fit = fit_days(days)
        weekdays = fit.weekday_factor
        variance = _bounded(fit.daily_variance, notes)
        months = _month_factor(fit, notes)
    return DemandProfile(
        name=name or log.name,
        type_shares=_type_shares(log, notes),
        weekday_factor=tuple(float(f) for f in weekdays),
        month_factor=tuple(float(f) for f in months),
        daily_variance=variance,
        n_records=log.n_used,
        days_covered=n_days,
        source=f"{log.name}, {days.min():%Y-%m-%d} to {days.max():%Y-%m-%d}",
        notes=tuple(notes),
    )


def fit_days(days: pd.Series) -> DailyFit:
    """Fit weekday times month on record to the daily counts of requests.

    Parameters
    ----------
    days
        The day of each request; days between the first and the last without one count as zero.
        Months in which nothing happened are left out.
    """
    span = pd.date_range(days.min(), days.max(), freq="D")
    counts = days.value_counts().reindex(span, fill_value=0).to_numpy(dtype=np.float64)
    month_codes, months = pd.factorize(span.year * MONTHS + span.month - 1)
    weekday = span.day_of_week.to_numpy()

    month_totals = np.bincount(month_codes, weights=counts)
    is_alive = month_totals[month_codes] > 0
    span, counts, weekday = span[is_alive], counts[is_alive], weekday[is_alive]
    month_codes, months_left = pd.factorize(months[month_codes[is_alive]])

    factor = np.ones(DAYS_OF_WEEK)
    level = np.ones(len(months_left))
    for _ in range(500):
        level = _ratio(counts, factor[weekday], month_codes, len(level))
        previous, factor = factor, _ratio(counts, level[month_codes], weekday, DAYS_OF_WEEK)
        factor = factor / factor.mean()
        if np.abs(factor - previous).max() < 1e-12:
            break
    level = _ratio(counts, factor[weekday], month_codes, len(level))
    n_parameters = len(level) + int((factor > 0).sum()) - 1
    if len(counts) <= n_parameters:
        raise RecordsError("the log covers too few days to tell weekday from month")
    levels = pd.Series(level, index=np.asarray(months_left))
    expected = level[month_codes] * factor[weekday]
    return DailyFit(span, counts, expected, factor, levels, n_parameters)


def _ratio(counts: np.ndarray, base: np.ndarray, group: np.ndarray, n_groups: int) -> np.ndarray:
    """Observed over expected in each group."""
    observed = np.bincount(group, weights=counts, minlength=n_groups)
    expected = np.bincount(group, weights=base, minlength=n_groups)
    return np.divide(observed, expected, out=np.zeros(n_groups), where=expected > 0)


def _month_factor(fit: DailyFit, notes: list[str]) -> np.ndarray:
    """Mean-1 factors of the calendar months, net of the level of the year from two years on."""
    n_days = (fit.days[-1] - fit.days[0]).days + 1
    if n_days < DAYS_FOR_MONTHS:
        notes.append(f"months not estimated: {n_days} days covered, {DAYS_FOR_MONTHS} needed")
        return np.ones(MONTHS)
    month = fit.days.month.to_numpy() - 1
    year, years = pd.factorize(fit.days.year)
    base = fit.weekday_factor[fit.days.day_of_week.to_numpy()]
    has_years = n_days >= 2 * DAYS_FOR_MONTHS
    season, level = np.ones(MONTHS), np.full(len(years), fit.counts.mean())
    for _ in range(500 if has_years else 1):
        previous = season
        season = _ratio(fit.counts, base * level[year], month, MONTHS)
        if has_years:
            level = _ratio(fit.counts, base * season[month], year, len(years))
        if np.abs(season - previous).max() < 1e-12:
            break
    is_seen = np.bincount(month, minlength=MONTHS) >= DAYS_IN_A_MONTH
    if not is_seen.all():
        unseen = ", ".join(str(m + 1) for m in np.flatnonzero(~is_seen))
        notes.append(f"months with under {DAYS_IN_A_MONTH} days on record have factor 1: {unseen}")
    factors = np.ones(MONTHS)
    factors[is_seen] = season[is_seen] / season[is_seen].mean()
    return factors


def _bounded(variance: float, notes: list[str]) -> float:
    """Keep the daily variance within what a demand takes."""
    if variance < 0:
        notes.append("daily counts vary no more than chance: daily variance 0")
    if variance > MAX_VARIANCE:
        notes.append(f"daily variance {variance:.3g} cut to {MAX_VARIANCE:g}: check the dates")
    return float(np.clip(variance, 0.0, MAX_VARIANCE))


def _type_shares(log: RequestLog, notes: list[str]) -> dict[str, float] | None:
    """Shares of the known types, over all 15 codes; None without any."""
    counts = log.table["type"].value_counts().reindex(list(TYPE_CODES), fill_value=0)
    if counts.sum() == 0:
        notes.append("the log gives no types: the default shares apply")
        return None
    mapped = counts.sum() / log.n_used
    notes.append(f"types known for {mapped:.1%} of the requests")
    return {code: float(n) / float(counts.sum()) for code, n in counts.items()}
