"""Every metric of a run, with its formula: the one registry, and what reads it (3.14, 8.8).

A metric is one sum over another (`govsim.results.tally`), or one of the six estimates that are no
ratio. Over nothing it is not available (nan), never 0 or 1 (ruling X11). Notation: issue i arose at
t0, was first voiced at tv, first closed at tc, truly and lastingly resolved at t* (infinite if never,
if it is falsely closed, given up or exited), dl its type's deadline; # counts.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from govsim.engine.measure import N_TALLIES, STAGES
from govsim.engine.state import ACTIVITIES, PAYERS, POTS, STATES
from govsim.results.tally import (
    PRICES,
    TALLIES,
    TALLY_INDEX,
    Columns,
    Window,
    _areas,
    columns_of,
    default_window,
    lifetimes,
    tally,
    tally_groups,
)

if TYPE_CHECKING:
    import pandas as pd

Better = Literal["lower", "higher", "none"]


@dataclass(frozen=True, slots=True)
class Metric:
    """What a metric is.

    Attributes
    ----------
    unit
        ``1`` for shares and indices; ``d`` days, ``h`` hours, ``k¥``; ``1/1000·yr`` per 1,000
        residents and year.
    better
        Which way is better for residents, other things equal; ``none`` where neither is.
    formula
        In words and symbols of this module.
    source
        Section or ruling of the specification.
    block
        Where it is shown; ``outputs`` are activities, not outcomes.
    numerator, denominator
        Entries of `TALLIES`.
    """

    unit: str
    better: Better
    formula: str
    source: str
    block: str
    numerator: str
    denominator: str


METRICS: dict[str, Metric] = {}
"""Name -> what it is, in the order they are shown."""


def _block(block: str, *rows: tuple[str, str, Better, str, str, str, str]) -> None:
    """Enter rows (name, unit, better, formula, source, numerator, denominator)."""
    for name, unit, better, formula, source, numerator, denominator in rows:
        METRICS[name] = Metric(unit, better, formula, source, block, numerator, denominator)


_block(
    "primary",
    ("unresolved_days_180", "d", "lower",
     "U(180) = mean over latent issues of min(t* - t0, 180) = 180 - area under the Aalen-Johansen "
     "incidence of true resolution", "X1", "unresolved_180", "latent"),
    ("unresolved_days_365", "d", "lower", "U(365), as U(180)", "X1", "unresolved_365", "latent"),
    ("unresolved_days_180_exits", "d", "lower", "U(180) with exits at own cost counted as resolved",
     "X1", "unresolved_180_exits", "latent"),
    ("unresolved_days_365_exits", "d", "lower", "U(365) with exits at own cost counted as resolved",
     "X1", "unresolved_365_exits", "latent"),
    ("resolved_share_180", "1", "higher", "#{t* - t0 <= 180} / #latent, of those followed 180 days",
     "X1", "resolved_180", "followed_180"),
    ("resolved_share_365", "1", "higher", "#{t* - t0 <= 365} / #latent, of those followed 365 days",
     "X1", "resolved_365", "followed_365"),
    ("followed_share_180", "1", "none", "share of latent issues the run follows for 180 days",
     "X1", "followed_180", "latent"),
    ("followed_share_365", "1", "none", "share of latent issues the run follows for 365 days",
     "X1", "followed_365", "latent"),
)  # fmt: skip

_STATE_BETTER: dict[str, Better] = {
    "resolved": "higher", "falsely_closed": "lower", "never_voiced": "lower", "lapsed": "lower",
}  # fmt: skip
for _age in (180, 365):
    for _code, _state in enumerate(STATES):
        _block("states", (
            f"state_{_age}_{_state}", "1", _STATE_BETTER.get(_state, "none"),
            f"share of latent issues in state {_state} at age {_age} d; the eight sum to 1", "X2",
            f"in_{_age}_{_code}", f"states_{_age}",
        ))  # fmt: skip

for _stage in STAGES:
    _block("delay", (
        f"delay_{_stage}", "d", "lower",
        f"mean days before min(t* - t0, 180) spent in stage {_stage}; a day at several closed gates "
        "is shared equally; the stages sum to U(180) of the issues followed 180 days", "X9",
        f"delay_{_stage}", "followed_180",
    ))  # fmt: skip
_block("closure", (
    "closure_days", "d", "lower", "mean tc - t0 of the issues that were closed", "3.14",
    "closure_days", "closed",
))  # fmt: skip
for _stage in STAGES[:-2]:
    _block("closure", (
        f"closure_days_{_stage}", "d", "lower",
        f"mean days before tc spent in stage {_stage}; they sum to closure_days", "X9",
        f"closure_{_stage}", "closed",
    ))  # fmt: skip

_block(
    "deadline",
    ("resolved_in_time_share", "1", "higher", "RR = #{t* - tv <= dl} / #voiced and due", "X4",
     "resolved_due", "due"),
    ("latent_resolved_in_time_share", "1", "higher", "RR_L = #{t* - t0 <= dl} / #latent and due",
     "X4", "resolved_due_latent", "due_latent"),
    ("closed_in_time_share", "1", "none", "CR = #{tc - tv <= dl} / #voiced and due: first closures, "
     "before audit", "X4, X5", "closed_due", "due"),
    ("closed_in_time_standing_share", "1", "none", "CR with the last closure in place of the first: "
     "after audit and reopening", "X5", "stood_due", "due"),
    ("formalism_gap", "1", "lower", "FG = CR - RR = FG+ - UG", "X5", "closed_less_resolved", "due"),
    ("false_closure_share", "1", "lower", "FG+ = #{closed by dl, not true by dl} / #voiced and due",
     "X5", "closed_not_resolved", "due"),
    ("unrecorded_resolution_share", "1", "none", "UG = #{true by dl, not closed by dl} / #voiced "
     "and due", "X5", "resolved_not_closed", "due"),
    ("closed_false_share", "1", "lower", "FG|C = #{closed by dl, not true by dl} / #closed by dl",
     "X5", "closed_not_resolved", "closed_due"),
    ("standing_false_closure_share", "1", "lower", "FG+ with the last closure in place of the first",
     "X5", "stood_not_resolved", "due"),
    ("standing_false_share", "1", "lower", "FG|C with the last closure in place of the first", "X5",
     "stood_not_resolved", "stood_due"),
)  # fmt: skip

_block(
    "voice",
    ("voiced_share", "1", "none", "#voiced / #latent", "3.7.3", "voiced", "latent"),
    ("detected_share", "1", "none", "#found by somebody else than the household / #latent", "3.7.2",
     "detected", "latent"),
    ("via_community_share", "1", "none", "#voiced, last through the community / #latent", "3.7.3",
     "via_community", "latent"),
    ("via_petition_share", "1", "none", "#voiced, last by petition / #latent", "3.7.3",
     "via_petition", "latent"),
    ("via_law_share", "1", "none", "#voiced, last at law or mediation / #latent", "3.7.3", "via_law",
     "latent"),
    ("via_private_share", "1", "none", "#helped themselves without speaking up / #latent", "3.7.3",
     "via_private", "latent"),
    ("via_hotline_share", "1", "none", "#voiced, last through the hotline / #latent", "3.7.3",
     "via_hotline", "latent"),
    ("orders_rate", "1/1000·yr", "none", "calls to the hotline that became orders", "3.10",
     "days_orders", "day_years"),
    ("petitions_rate", "1/1000·yr", "none", "petition events in the window; lower is good only where "
     "the issues move to resolved (X2)", "X2", "days_petitions", "day_years"),
    ("petitioned_rate", "1/1000·yr", "none", "issues of the window ever petitioned", "X2",
     "petitioned", "issue_years"),
    ("petition_repeat_share", "1", "lower", "#{petition events beyond an issue's first} / #petition "
     "events", "3.14", "petitions_repeated", "petitions"),
    ("petition_collective_share", "1", "none", "#{petition events on issues of 5 people or more} / "
     "#petition events", "3.14", "petitions_collective", "petitions"),
    ("silent_rate", "1/1000·yr", "lower", "issues never voiced or given up by age 180 d", "X2",
     "silent_180", "issue_years_180"),
    ("satisfaction_population", "1", "higher", "mean over latent issues of S if truly resolved by "
     "180 d, else of S at P = 0; resolved without a judgement left out", "X12", "satisfaction_population",
     "population_judged"),
    ("satisfaction_closed", "1", "none", "mean last S over closed issues (survivors only)", "X12",
     "satisfaction_closed", "closed_judged"),
    ("trust_community", "1", "higher", "mean T^c of households, over the days of the window", "3.14",
     "days_trust_community", "n_days"),
    ("trust_city", "1", "higher", "mean T^g of households, over the days of the window", "3.14",
     "days_trust_city", "n_days"),
    ("trust_gap", "1", "none", "T^g - T^c", "3.14", "trust_gap", "n_days"),
    ("expectation", "1", "none", "mean E of households, over the days of the window", "3.7.14",
     "days_expectation", "n_days"),
)  # fmt: skip

_block(
    "equity",
    ("gini_excess", "1", "lower", "Gini of the compounds' RR_L minus its mean under 500 reshuffles "
     "of issues over compounds within issue types", "X8", "gini_excess", "one"),
    ("gini", "1", "none", "Gini of the compounds' RR_L; biased upward in small samples", "X8",
     "gini", "one"),
    ("gini_reshuffled", "1", "none", "mean Gini of the 500 reshuffles", "X8", "gini_reshuffled",
     "one"),
    ("erreygers", "1", "none", "E = 8 cov(RR_L, rank of mean status) over compounds; > 0 favours "
     "the better-off", "X7", "erreygers", "one"),
    ("old_to_commodity", "1", "none", "(r_o + .5)/(n_o + 1) over (r_c + .5)/(n_c + 1), RR_L counts "
     "in old unmanaged and in commodity compounds", "X8", "old_to_commodity", "one"),
)  # fmt: skip

_block(
    "levels",
    ("solved_locally_share", "1", "none", "#truly resolved with no work above the community / "
     "#truly resolved", "3.14", "resolved_locally", "resolved"),
    ("solved_locally_simple_share", "1", "none", "the same among issues the community may decide "
     "(a <= 2)", "3.14", "resolved_simple_locally", "resolved_simple"),
    ("local_hours_share", "1", "none", "SB: substantive service hours at the community and below / "
     "all", "X11", "hours_substantive_lower", "hours_substantive"),
    ("resource_pyramid_index", "1", "none", "RPI = ln[(Cap+h0)/(Dem+h0)] at the community and below "
     "minus above; Cap: hours of work on issues and idle hours; Dem: hours of latent issues by the "
     "work split at baseline authority; h0 = .5 % of all Dem; < 0: base under-supplied", "X6",
     "resource_pyramid_index", "one"),
    ("lent_hours_share", "1", "none", "visit hours of leaders, departments and subdistricts and what departments "
     "give where they pair / their busy hours", "3.14", "hours_upper_lent", "hours_upper"),
)  # fmt: skip

_HOURS = "h/1000·yr"
_block(
    "cost",
    ("hours_external", _HOURS, "lower", "busy hours from outside the fixed staff", "W5",
     "hours_external", "month_years"),
    ("hours_total", _HOURS, "none", "busy hours of all payers; unlike hours, see hours_priced",
     "X10", "hours", "month_years"),
    ("hours_priced", _HOURS, "lower", "busy hours times the price of the payer, in hours of staff",
     "W5", "hours_priced", "month_years"),
    ("hours_external_priced", _HOURS, "lower", "hours_external times the price of the payer", "W5",
     "hours_external_priced", "month_years"),
    ("hours_per_resolution", "h", "lower", "busy hours / true resolutions, both in the window", "X10",
     "hours", "days_resolved"),
    ("ceremony_share", "1", "lower", "ceremonial hours / busy hours", "3.14", "hours_formal",
     "hours"),
    ("ceremony_perfunctory_share", "1", "lower", "ceremonial and perfunctory hours / busy hours",
     "X11", "hours_formal_perfunctory", "hours"),
    ("meeting_load", "h/week", "lower", "meetings, preparation and hosting of a community, per week",
     "3.14", "hours_meeting_communities", "community_weeks"),
    ("waiting_hours", "h", "lower", "mean hours of work waiting in all queues", "3.7.7",
     "days_queued_hours", "n_days"),
    ("debt_hours", "h", "lower", "mean hours of overhead owed and not yet paid", "ruling 3",
     "days_debt_hours", "n_days"),
    ("overbooked_share", "1", "lower", "unit-workdays whose overhead owed is more than the day's hours / unit-workdays",
     "3.14", "days_overbooked", "unit_workdays"),
)  # fmt: skip
for _payer in PAYERS:
    _block("cost", (
        f"hours_by_{_payer}", _HOURS, "none", f"busy hours paid by {_payer}", "3.14",
        f"hours_by_{_payer}", "month_years",
    ))  # fmt: skip
_block("cost", (
    "hours_grid", _HOURS, "none", "busy hours of grid staff, part of hours_by_communities", "3.10", "hours_grid", "month_years",
))  # fmt: skip
for _activity in ACTIVITIES:
    _block("cost", (
        f"hours_on_{_activity}", _HOURS, "none", f"hours spent on {_activity}", "3.14",
        f"hours_on_{_activity}", "month_years",
    ))  # fmt: skip
for _pot in POTS:
    _block("cost", (
        f"money_{_pot}", "k¥/1000·yr", "none", f"money spent from the {_pot} pot", "3.14",
        f"money_{_pot}", "month_years",
    ))  # fmt: skip

_block(
    "coordination",
    ("hops_mean", "1", "lower", "wrong units before the owner, per issue whose owner was found",
     "3.14", "hops", "triaged"),
    ("asks_mean", "1", "lower", "asks for commitment, per issue that needs two departments or more",
     "3.14", "asks", "multiple"),
    ("lapses_mean", "1", "lower", "commitments that lapsed, per issue that needs two departments or "
     "more", "3.14", "lapses", "multiple"),
    ("commitment_share", "1", "higher", "commitments / asks, in the window", "3.14",
     "days_commitments", "days_asks"),
    ("assigned_share", "1", "none", "orders assigned by force after their last return / orders", "3.10",
     "days_assigned", "days_orders"),
    ("ruled_share", "1", "none", "items ruled / items tabled at joint meetings (descriptive)", "X11",
     "meetings_ruled", "meetings_tabled"),
    ("slots_used_share", "1", "none", "items tabled / slots of joint meetings", "3.14",
     "meetings_tabled", "meetings_slots"),
    ("attendance_share", "1", "none", "members present / members on the roster", "3.14",
     "meetings_present", "meetings_roster"),
    ("attendance_hours_per_ruling", "h", "none", "hours of attendance / items ruled (descriptive)",
     "X11", "meetings_attendance_hours", "meetings_ruled"),
    ("forum_coverage", "1", "none", "slots of A1, A2 and A3 / voiced issues that need two "
     "departments or more and found their owner: a bound on what forums can rule", "3.14",
     "meetings_ruling_slots", "multiple"),
    ("retabled_share", "1", "none", "issues tabled again / issues tabled, counted by sitting", "3.14",
     "retabled", "tabled_times"),
    ("reopened_share", "1", "none", "closed issues that were reopened / closed issues", "3.14",
     "reopened", "closed"),
    ("perfunctory_hours_share", "1", "lower", "perfunctory / all hours served on the issues of the "
     "window", "3.7.8", "hours_perfunctory", "hours_served"),
)  # fmt: skip

_block(
    "volunteers",
    ("offered_hours_used_share", "1", "higher", "used / offered hours of volunteers and "
     "organisations", "3.7.13", "days_used_hours", "days_offered_hours"),
    ("roster_retention", "1", "none", "members on the roster when last counted in the window / when first counted",
     "3.14", "roster_last", "roster_first"),
    ("volunteer_fatigue", "1", "lower", "mean fatigue per in-service member on the roster", "3.7.13",
     "days_fatigue", "days_roster"),
)  # fmt: skip

_block(
    "outputs",
    ("issues_rate", "1/1000·yr", "none", "latent issues that arose", "3.14", "latent", "issue_years"),
    ("closures_rate", "1/1000·yr", "none", "closures in the window", "3.14", "days_closed",
     "day_years"),
    ("sittings_rate", "1/1000·yr", "none", "joint meetings held", "3.14", "meetings_sittings",
     "day_years"),
    ("items_tabled_rate", "1/1000·yr", "none", "items tabled at joint meetings", "3.14",
     "meetings_tabled", "day_years"),
    ("items_ruled_rate", "1/1000·yr", "none", "items ruled at joint meetings", "3.14",
     "meetings_ruled", "day_years"),
    ("household_visits_rate", "1/1000·yr", "none", "households visited by grid staff: patrol hours / hours per visit (privacy)", "3.10",
     "household_visits", "month_years"),
    ("detections_rate", "1/1000·yr", "none", "issues found by stewards and grid staff before anybody voiced them (privacy)", "3.10",
     "days_detected", "day_years"),
    ("directed_rate", "1/1000·yr", "none", "issues of the window under a leader's directive", "3.14",
     "directed", "issue_years"),
)  # fmt: skip

BLOCKS = tuple(dict.fromkeys(metric.block for metric in METRICS.values()))
"""Blocks in the order they are shown."""

PRIMARY = "unresolved_days_180"
"""The primary outcome (rulings X1, Y6)."""

# Sums made of two others: name -> (entries added, entries taken away).
_COMPOUND: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "closed_less_resolved": (("closed_due",), ("resolved_due",)),
    "silent_180": (
        (f"in_180_{STATES.index('never_voiced')}", f"in_180_{STATES.index('lapsed')}"), ()
    ),
    "trust_gap": (("days_trust_city",), ("days_trust_community",)),
}  # fmt: skip


def _part(row: list[float], name: str) -> float:
    """Return one numerator or denominator from a row of sums."""
    if name in TALLY_INDEX:
        return row[TALLY_INDEX[name]]
    if name == "issue_years_180":  # resident-years in proportion to the issues that reached 180 d
        latent, reached = _part(row, "latent"), _part(row, "states_180")
        return _part(row, "issue_years") * reached / latent if latent else 0.0
    plus, minus = _COMPOUND[name]
    return sum(_part(row, n) for n in plus) - sum(_part(row, n) for n in minus)


def parts_of(row: np.ndarray) -> dict[str, tuple[float, float]]:
    """Return name -> (numerator, denominator) of every metric of a row of sums."""
    sums = row.tolist()
    return {n: (_part(sums, m.numerator), _part(sums, m.denominator)) for n, m in METRICS.items()}


def from_tally(row: np.ndarray) -> dict[str, float]:
    """Return name -> value of every metric; nan over nothing (X11).

    Parameters
    ----------
    row
        float64[len(TALLIES)], or the sum of several, which gives ratios of sums (X10).
    """
    return {n: (a / b if b else float("nan")) for n, (a, b) in parts_of(row).items()}


def _source(run: Any) -> tuple[Columns, Any, int, float]:
    """Columns, scenario, seed and horizon of a `Run` or of an engine."""
    if hasattr(run, "columns"):
        return run.columns, run.scenario, run.seed, run.horizon
    columns = columns_of(run, copy=False)
    return columns, run.scenario, run.scenario.seed, float(len(columns.daily))


def tally_of(run: Any, window: tuple[float, float] | None = None) -> np.ndarray:
    """Return the row of sums of a `Run`, or of an engine as it stands: float64[len(TALLIES)].

    Parameters
    ----------
    window
        Days [start, end) of onset; the year after the burn-in when not given (X1).

    Raises
    ------
    ValueError
        If the window is empty or outside the run.
    """
    columns, scenario, seed, horizon = _source(run)
    chosen = _window(window, scenario, horizon)
    return tally(columns, scenario, seed=seed, horizon=horizon, window=chosen)


def _window(window: tuple[float, float] | None, scenario: Any, horizon: float) -> Window:
    """Check a window."""
    if window is None:
        return default_window(scenario, horizon)
    start, end = window
    if not 0 <= start < end <= horizon:
        raise ValueError(f"window {start:g}-{end:g} is not within the run's days 0-{horizon:g}")
    return Window(start, end)


def measure(run: Any, window: tuple[float, float] | None = None) -> dict[str, float]:
    """Return every metric of a run, by name.

    Parameters
    ----------
    run
        A `Run`, or an `Engine` that has gone as far as it should.
    window
        Days [start, end) in which the issues counted arose, by default the year after the burn-in
        (X1). Hours and money are those of the months that begin in it, meetings, petitions and
        trust those of its days; the issues are followed to the end of the run.

    Returns
    -------
    dict
        Name -> value in the unit of `METRICS`; nan where nothing was there to divide by. Under a scenario (3.13) its own
        outputs come after them (`govsim.results.scenarios.OUTPUTS`).
    """
    from govsim.results.scenarios import outputs_of, values_of

    return from_tally(tally_of(run, window)) | values_of(outputs_of(run))


_ISSUE_METRICS = tuple(
    name
    for name, m in METRICS.items()
    if m.denominator in TALLIES[:N_TALLIES] and (m.numerator in TALLIES[: N_TALLIES + 4] or m.numerator == "closed_less_resolved")
)


def measure_by(run: Any, by: Iterable[Any], window: tuple[float, float] | None = None) -> "pd.DataFrame":
    """Return the metrics that are about issues, for groups of issues: one row a group.

    Parameters
    ----------
    run
        A `Run`.
    by
        One label an issue, in the order of ``run.issues``, such as ``run.issues["type"]`` or
        ``run.issues["compound_type"]``; issues with a missing label are left out.

    Returns
    -------
    DataFrame
        Index: labels in their order; column ``n_issues``, then the metrics.
    """
    import pandas as pd

    columns, scenario, _, horizon = _source(run)
    chosen = _window(window, scenario, horizon)
    codes, labels = pd.factorize(pd.Series(by), sort=True)
    if len(codes) != len(columns.issues):
        raise ValueError(f"`by` has {len(codes)} labels for {len(columns.issues)} issues")
    sums = tally_groups(columns, scenario, horizon, chosen, codes, len(labels))
    rows = []
    for g in range(len(labels)):
        row = np.zeros(len(TALLIES))
        row[:N_TALLIES] = sums[g]
        row[N_TALLIES : N_TALLIES + 4] = _areas(columns, horizon, chosen, sums[g], codes, g)
        values = from_tally(row)
        rows.append({"n_issues": int(sums[g][0])} | {n: values[n] for n in _ISSUE_METRICS})
    return pd.DataFrame(rows, index=pd.Index(labels, name=getattr(by, "name", None)))


def incidence(
    run: Any,
    window: tuple[float, float] | None = None,
    *,
    to_age: float = 365,
    exits_resolve: bool = False,
) -> "pd.DataFrame":
    """Return how many issues have been truly resolved, and have ended otherwise, by age.

    Aalen and Johansen (1978): resolution and giving up compete; issues open when the run ends are
    censored. U(tau) is tau minus the area under ``resolved_share`` (X1).

    Parameters
    ----------
    to_age
        Last age, days; one row a day from 0.
    exits_resolve
        Count exits at own cost as resolutions.

    Returns
    -------
    DataFrame
        ``age_days``, ``resolved_share``, ``ended_share``; nan beyond what the run can tell.
    """
    import pandas as pd

    from govsim.engine.estimators import incidence as kernel

    columns, scenario, _, horizon = _source(run)
    ages, causes = lifetimes(columns, horizon, _window(window, scenario, horizon), exits_resolve)
    at = np.arange(0.0, np.floor(to_age) + 1)
    resolved, ended = np.full_like(at, np.nan), np.full_like(at, np.nan)
    kernel(ages, causes, at, resolved, ended)
    return pd.DataFrame({"age_days": at, "resolved_share": resolved, "ended_share": ended})


def price_hours(metrics: Mapping[str, float], prices: Mapping[str, float] | None = None) -> dict[str, float]:
    """Return priced hours of each payer: hours of staff per 1,000 residents and year (W5, X10).

    Parameters
    ----------
    metrics
        Of `measure`.
    prices
        Payer -> price of an hour; `PRICES` for the payers not named.

    Examples
    --------
    >>> price_hours({f"hours_by_{p}": 10.0 for p in PRICES}, {"leaders": 5})["leaders"]
    50.0
    """
    asked = dict(PRICES) | dict(prices or {})
    if unknown := sorted(set(asked) - set(PAYERS)):
        raise ValueError(f"no payer {unknown[0]!r}; there are {', '.join(PAYERS)}")
    return {p: metrics[f"hours_by_{p}"] * asked[p] for p in PAYERS}


def net_benefit(extra_resolved: float, extra_hours: float, worth: Iterable[float]) -> dict[float, float]:
    """Incremental net benefit NB(lambda) = lambda dN - dH, in hours (X10).

    Parameters
    ----------
    extra_resolved
        True resolutions of the variant minus those of the baseline.
    extra_hours
        Hours of the variant minus those of the baseline, in one price system.
    worth
        Hours one more true resolution is held to be worth: the grid of lambda.

    Examples
    --------
    >>> net_benefit(20, 150, [5, 10])
    {5: -50, 10: 50}
    """
    return {rate: rate * extra_resolved - extra_hours for rate in worth}
