"""The stylised facts of `model.md` section 5 as a checked table, and as a filter of parameter sets (ruling W11).

Each pattern is one short function. Its docstring gives the fact, what is run and computed, and the criterion, which was fixed from
the wording of the fact before any result was seen. It gets the runs of one replication, all under the same luck, and returns
quantities; every quantity has a bound. A pattern is *reproduced* if the whole 95 % interval of every quantity's mean lies on the
right side of its bound, and not if that of one lies wholly on the wrong side; else it is undecided, and more replications may
tell. Nothing is tuned to make one pass.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from govsim.engine.moves import DIRECTED
from govsim.engine.simulate import Engine, calibrate
from govsim.results.run import Run
from govsim.results.scenarios import pandemic_outputs, values_of
from govsim.scenario.files import with_scenario
from govsim.scenario.inputs import override
from govsim.scenario.scenario import Scenario
from govsim.scenario.variants import Variant, variant
from govsim.studies.compare import MARGIN_SHARE, PRIMARY, regime_of
from govsim.studies.paired import LEVEL, paired_estimates
from govsim.studies.prior import DECISIVE, draw_sets
from govsim.studies.runner import Job, Machinery, Progress, run_jobs
from govsim.studies.unfinished import Unfinished, key_of

REPLICATIONS = 30
"""Fixed in advance (Y5)."""
YEAR = 365
MANDATORY = ("SF4", "SF6", "SF7", "SF9", "SF10", "SF12", "SF19")
"""What a parameter set has to show before it is used for comparisons (section 5, W11)."""


# ---- what is run ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ask:
    """A run that patterns look at: a variant, in the world as it is, with other inputs, or in a named scenario of 3.13."""

    variant: str | Variant
    inputs: Mapping[str, Any] = field(default_factory=dict)
    course: str | None = None


UNCHECKED = Variant("unchecked", settings=(("mechanism.unchecked.enabled", True),))
"""The baseline without audits."""
UNRANKED = Variant("RV1 unranked", doses=(("RV1", 1.0),), settings=(("mechanism.RV1.ranking_pressure", 0.0),))
"""The hotline with its reports and without the pressure of the ranking."""
TENFOLD = Variant(
    "E1 tenfold", doses=(("E1", 1.0),),
    settings=(("mechanism.E1.directives_per_visit", 20), ("mechanism.E1.directives_max", 50)),
)  # fmt: skip
"""Leaders' visits as often as in E1, with up to ten times the directives on each."""
SCARCE = {
    "staffing.load_community": 0.95, "staffing.load_subdistrict": 0.95, "staffing.load_department": 0.95,
    "staffing.fund_coverage": 0.1,
}  # fmt: skip
"""Resources that do not match: desks almost full, a tenth of the money that is needed."""
LONG = {"days": 5 * YEAR}

RUNS: Mapping[str, Ask] = {
    "B0": Ask("B0"),
    "F1": Ask("F1"),
    "E1": Ask("E1"),
    "E1 tenfold": Ask(TENFOLD),
    "unchecked": Ask(UNCHECKED),
    "scarce B0": Ask("B0", SCARCE),
    "scarce E1": Ask("E1", SCARCE),
    "long B0": Ask("B0", LONG),
    "long RV4": Ask("RV4", LONG),
    "RV1": Ask("RV1"),
    "RV1 unranked": Ask(UNRANKED),
    "pandemic F1": Ask("F1", course="pandemic"),
}
"""Name -> run. All have the same seed within a replication, so the same issues where the inputs are the same."""


class Seen:
    """What a pattern sees of a run: its tables, and the day of the first directive a leader gave on each issue (nan: none)."""

    def __init__(self, engine: Any) -> None:
        run = Run.from_engine(engine, copy=False)
        moves = run.columns.moves
        directed = moves[moves.what == DIRECTED]
        self.directed_day = np.full(engine.n_issues, np.nan)
        np.fmin.at(self.directed_day, directed.issue, directed.day)
        self.run = Run(run.columns._replace(moves=moves[:0].copy()), run.scenario, run.switches)
        self.start = float(run.scenario.burn_in_days)

    def issues(self, start: float, end: float) -> pd.DataFrame:
        """The issue log of what arose in a span of days since the mechanism started."""
        log = self.run.issues
        return log[(log.onset_day >= self.start + start) & (log.onset_day < self.start + end)]

    def days(self, start: float, end: float) -> pd.DataFrame:
        """The daily panel of a span of days since the mechanism started."""
        return self.run.daily[int(self.start + start) : int(self.start + end)]


Runs = Mapping[str, Seen]
Quantities = dict[str, float]


# ---- patterns ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Bound:
    """Where the whole interval of a quantity has to lie."""

    low: float = -np.inf
    high: float = np.inf

    def holds(self, low: float, high: float) -> bool:
        """Whether an interval lies within; an unknown one does not."""
        return bool(self.low < low and high < self.high)

    def fails(self, low: float, high: float) -> bool:
        """Whether an interval lies wholly outside; an unknown one does not."""
        return bool(high <= self.low or low >= self.high)


@dataclass(frozen=True, slots=True)
class Pattern:
    """A stylised fact: what it takes to see it, and what has to be seen."""

    code: str
    runs: tuple[str, ...]
    measure: Callable[[Runs], Quantities]
    bounds: Mapping[str, Bound]

    @property
    def is_mandatory(self) -> bool:
        """Whether a parameter set that lacks it is rejected (W11)."""
        return self.code in MANDATORY


PATTERNS: dict[str, Pattern] = {}
"""Code -> pattern."""
NOT_APPLICABLE = ("SF1",)
"""Facts that no run can show or fail to show; the reason is the label `pattern.SF1.how`."""


def above(bound: float) -> Bound:
    """More than the bound."""
    return Bound(low=bound)


def below(bound: float) -> Bound:
    """Less than the bound."""
    return Bound(high=bound)


def _pattern(code: str, *runs: str, **bounds: Bound) -> Callable[[Callable[[Runs], Quantities]], Callable[[Runs], Quantities]]:
    """Enter a function into `PATTERNS`."""

    def enter(measure: Callable[[Runs], Quantities]) -> Callable[[Runs], Quantities]:
        PATTERNS[code] = Pattern(code, runs, measure, bounds)
        return measure

    return enter


_GROUPS = {"PM": "property", "SH": "property", "RENO": "property", "ORDER": "order", "PARK": "order", "NOISE": "order"}
"""Types of property and housing, and those that the city-order department shares in; any other is a group of its own."""


@_pattern("SF2", "B0", lead=above(0), heating=above(0), noise=above(0), traffic=above(0))
def leading_types(seen: Runs) -> Quantities:
    """Property/housing and city-order types lead; heating, noise and traffic are seasonal [3.11].

    Voiced issues of the two years after the burn-in. `lead`: share of the smaller of the two groups less that of the largest other
    type: above 0. `heating` (UTIL), `noise` (NOISE), `traffic` (PARK): covariance over the twelve months of the counts of one year
    with those of the other, over the product of their means; 0 in the mean where there is no season, whatever days bunch: above 0.
    """
    log = seen["B0"].issues(0, 2 * YEAR)
    log = log[log.is_voiced]
    share = log.type.astype(str).replace(_GROUPS).value_counts(normalize=True)
    found = {"lead": min(share["property"], share["order"]) - share.drop(["property", "order"]).max()}
    month = ((log.onset_day - seen["B0"].start) * 12 / YEAR).astype(int)
    for name, code in (("heating", "UTIL"), ("noise", "NOISE"), ("traffic", "PARK")):
        found[name] = season(np.bincount(month[log.type == code], minlength=24).reshape(2, 12))
    return found


@_pattern("SF3", "B0", departments=above(1), authority=above(1), interests=above(1), share=above(0.5))
def slow_tail(seen: Runs) -> Quantities:
    """Cross-department, authority-bound and interest-laden issues form the slow tail [R17; shape assumed].

    Voiced issues of the year after the burn-in, by days from voice to first closure (never closed: longest; ended by the household:
    left out). The tail is the slowest tenth. `departments` (two or more), `authority` (gate P), `interests` (gate I): share of
    the tail with the trait over share of all: above 1. `share`: share of the tail with any of the three: above one half.
    """
    log = seen["B0"].issues(0, YEAR)
    log = log[log.is_voiced & (log.is_closed | log.ended_day.isna())]
    days = (log.closed_day - log.voiced_day).fillna(np.inf)
    tail = days >= np.quantile(days, 0.9, method="lower")
    traits = {"departments": log.n_departments >= 2, "authority": log.has_power_gate, "interests": log.has_interests_gate}
    found = {name: ratio(has[tail].mean(), has.mean()) for name, has in traits.items()}
    return found | {"share": float(np.logical_or.reduce(list(traits.values()))[tail].mean())}


@_pattern("SF4", "RV1", closed=above(0.95), gap=above(0), dissatisfied=above(0))
def closure_without_resolution(seen: Runs) -> Quantities:
    """Reported closure of about 100 % coexists with lower resolution and satisfaction [Chencang, weak; R15 starts at 53 %].

    Issues of the first year under the hotline that last went there and that the household did not end otherwise, followed for a year or
    more. `closed`: share whose ticket was ever closed; about 100 % is above .95. `gap`: that share less the share truly
    resolved: above 0. `dissatisfied`: that share less the share of closed ones that satisfy: above 0.
    """
    log = seen["RV1"].issues(0, YEAR)
    log = log[(log.channel == "hotline") & (log.is_closed | log.ended_day.isna())]
    judged = log.satisfaction[log.is_closed].dropna()
    threshold = seen["RV1"].run.scenario.behaviour.response.satisfaction_threshold
    closed = float(log.is_closed.mean())
    return {"closed": closed, "gap": closed - log.is_resolved.mean(), "dissatisfied": closed - (judged >= threshold).mean()}


@_pattern("SF5", "B0", "RV1", demand=above(1))
def hotline_raises_demand(seen: Runs) -> Quantities:
    """Launching a responsive hotline raises demand [R13, confounded there by merged lines and the pandemic].

    `demand`: issues first voiced in the first year of the hotline over those of the same year under the baseline: above 1.
    """
    voiced = {name: seen[name].days(0, YEAR).n_voiced.sum() for name in ("RV1", "B0")}
    return {"demand": ratio(voiced["RV1"], voiced["B0"])}


@_pattern("SF6", "RV1", "RV1 unranked", reported=above(0), strategic=above(0))
def ranking_is_gamed(seen: Runs) -> Quantities:
    """Ranking raises reported rates and strategic behaviour [R15, R17, R19].

    The hotline with the pressure of its ranking less the hotline without. `reported`: share of voiced issues due that were closed by
    their deadline: above 0. `strategic`: perfunctory share of hours served, which closes tickets without the work: above 0.
    """
    ranked, unranked = (seen[name].run.metrics for name in ("RV1", "RV1 unranked"))
    names = {"reported": "closed_in_time_share", "strategic": "perfunctory_hours_share"}
    return {name: float(ranked[metric] - unranked[metric]) for name, metric in names.items()}


@_pattern("SF7", "B0", response=Bound(7 / 24, 5 / 12), threat=above(0))
def response_to_requests(seen: Runs) -> Quantities:
    """A county answers about a third of requests; credible threats raise it [R50].

    Issues with one department whose duty is disputed, so that one unit may say yes or no, of the two years after the burn-in up to 60
    days before the end. `response`: share that got a promise at the first ask; about a third is nearer to 1/3 than to 1/4 or 1/2:
    from 7/24 to 5/12. `threat`: that share where the household's first move was a petition (a threat to report upward)
    less that where it was not: above 0.
    """
    log = seen["B0"].issues(0, 2 * YEAR - 60)
    log = log[log.has_jurisdiction_gate & (log.n_departments == 1) & log.triaged_day.notna()]
    is_yes = (log.jurisdiction_day - log.triaged_day) < 0.01
    is_threat = (log.petitioned_day - log.voiced_day) < 0.01
    return {"response": float(is_yes.mean()), "threat": float(is_yes[is_threat].mean() - is_yes[~is_threat].mean())}


@_pattern("SF8", "long B0", "long RV4", rise=above(0), recession=above(0))
def petition_wave(seen: Runs) -> Quantities:
    """Signals of responsiveness raise petitions; the wave later recedes [R45].

    The signal: leaders and desks turn to what is petitioned (RV4) for four years. Excess petitions over the baseline, as a share of the
    baseline's: `rise` in the first year above 0; `recession`, the excess of the first year less that of the fourth, above 0.
    """

    def excess(start: int) -> float:
        led, base = (seen[name].days(start, start + YEAR).n_petitions.sum() for name in ("long RV4", "long B0"))
        return ratio(led - base, base)

    return {"rise": excess(0), "recession": excess(0) - excess(3 * YEAR)}


@_pattern("SF9", "F1", "pandemic F1", surge=above(2), offered=below(1), active=below(1))
def volunteers_tire(seen: Runs) -> Quantities:
    """Sunk volunteers surge in emergencies, then motivation falls [R61, R59].

    The full mechanism in the pandemic. `surge`: hours a month of in-service members on duty in the peak over the hours they offered in
    the last month before: above 2, at least doubled. `offered`: hours they offer three months after the emergency over the same hours
    before: below 1. `active`: members who still act three months after over those of the same month without the emergency: below 1.
    """
    run, twin = seen["pandemic F1"].run, seen["F1"].run
    emergency = run.scenario.shocks.emergency
    start = run.scenario.burn_in_days + emergency.start
    peak = run.columns.duty[start + emergency.alert_days :][: emergency.peak_days]
    counted = np.flatnonzero(run.daily.n_on_roster.to_numpy() > 0)
    before = run.columns.duty["members_offered"][counted[counted <= start][-1]]
    later = counted[counted >= start + emergency.days + YEAR / 4][0]
    return {
        "surge": ratio(peak["members"].sum() / emergency.peak_days * YEAR / 12, before),
        "offered": ratio(run.columns.duty["members_offered"][later], before),
        "active": ratio(run.daily.n_active_members[later], twin.daily.n_active_members[later]),
    }


@_pattern("SF10", "B0", "E1", "E1 tenfold", effect=above(0), dilution=above(0), decay=above(0))
def attention_dilutes(seen: Runs) -> Quantities:
    """Attention effects dilute with the number of attended issues and decay [R36].

    Issues that got a leader's directive on a visit (E1), against the same issues under the baseline (`gain_of_attention`).
    `effect`: gain in the 30 days after it: above 0. `dilution`, where leaders give up to ten times as many directives on the same
    visits: gain without them less gain with them, of the issues directed on the same day in both: above 0.
    `decay`: gain in the 30 days after a directive less gain in the days 60 to 90 after: above 0.
    """
    few, many, base = seen["E1"], seen["E1 tenfold"], seen["B0"]
    in_both = np.abs(few.directed_day - many.directed_day) < 0.5
    gain = gain_of_attention(few, base, 0, 30)
    alone, among_many = (gain_of_attention(one, base, 0, 30, in_both) for one in (few, many))
    return {"effect": gain, "dilution": alone - among_many, "decay": gain - gain_of_attention(few, base, 60, 90)}


@_pattern("SF11", "B0", "E1", "scarce B0", "scarce E1", failure=above(0))
def attention_without_resources(seen: Runs) -> Quantities:
    """Attention fails when local resources do not match [R37].

    `failure`: half the gain of attention in 30 days (as SF10) in the world as it is, less the gain where desks are at .95
    and pots hold a tenth of what is needed: above 0, so that more than half of the gain is gone.
    """
    with_means = gain_of_attention(seen["E1"], seen["B0"], 0, 30)
    return {"failure": with_means / 2 - gain_of_attention(seen["scarce E1"], seen["scarce B0"], 0, 30)}


@_pattern("SF12", "F1", unsolved=above(0.5), level=above(0))
def garbage_can(seen: Runs) -> Quantities:
    """Many decisions solve no problem; solved ones are low in the hierarchy [R74].

    Issues of the year after the start of F1 that a joint meeting or the executive route dealt with, followed to the end. A decision
    is an issue dealt with at a sitting; an issue truly resolved is one decision's problem solved. `unsolved`: share of decisions
    that solve none; "many" is read as R74 has it, most: above one half. `level`: mean level of
    authority of those unresolved less that of those resolved: above 0.
    """
    log = seen["F1"].issues(0, YEAR)
    log = log[log.n_sittings > 0]
    level = log.authority.astype(float)
    return {
        "unsolved": 1 - ratio(log.is_resolved.sum(), log.n_sittings.sum()),
        "level": float(level[~log.is_resolved].mean() - level[log.is_resolved].mean()),
    }


@_pattern("SF13", "F1", members=above(0), meetings=above(0))
def nominal_bodies(seen: Runs) -> Quantities:
    """Nominal coordination bodies and members exist [R04].

    Under F1. `members`: share of the in-service members on the roster who no longer act, when last counted. `meetings`: share of joint
    meetings with items on the table at which nothing was ruled, over two years. Both above 0.
    """
    daily = seen["F1"].days(0, 2 * YEAR)
    counted = daily[daily.n_on_roster > 0]
    meetings = seen["F1"].run.meetings
    meetings = meetings[(meetings.forum != "executive") & (meetings.day >= seen["F1"].start) & (meetings.n_tabled > 0)]
    nominal = 1 - ratio(counted.n_active_members.iloc[-1], counted.n_on_roster.iloc[-1]) if len(counted) else np.nan
    return {"members": nominal, "meetings": float((meetings.n_ruled == 0).mean())}


@_pattern("SF14", "B0", fold=above(2))
def unequal_load(seen: Runs) -> Quantities:
    """Load per front-line worker differs several-fold between compound types under uniform assessment (400 v 100 households) [R29].

    Community staff are given by residents, so load per worker goes as hours served per household. `fold`: these hours of the two years
    after the burn-in in the most laden of the four types of compound over the least laden: above 2, the least several-fold there is.
    """
    run = seen["B0"].run
    log = seen["B0"].issues(0, 2 * YEAR)
    households = np.bincount(run.columns.compound_type, weights=run.columns.compound_households, minlength=4)
    hours = np.bincount(run.columns.compound_type[log["compound"]], weights=log.served_hours, minlength=4)
    load = hours[households > 0] / households[households > 0]
    return {"fold": ratio(load.max(), load.min())}


@_pattern("SF15", "B0", "unchecked", alternation=below(0.5), monitoring=above(0))
def busy_and_idle(seen: Runs) -> Quantities:
    """Busy and idle times alternate; effort follows monitoring [R34].

    `alternation`: idle share of a community's busiest month over that of its idlest, mean over communities, in the two years after
    the burn-in: below one half. `monitoring`: perfunctory share of hours served without audits less that with them: above 0.
    """
    ledger = seen["B0"].run.ledger
    months = np.ceil(seen["B0"].start * 12 / YEAR), np.floor(seen["B0"].run.horizon * 12 / YEAR)
    ledger = ledger[(ledger.kind == "community") & (ledger.month >= months[0]) & (ledger.month < months[1])]
    desk = ledger.idle_hours + ledger.served_hours + ledger.overhead_hours
    share = (ledger.idle_hours / desk).to_numpy().reshape(ledger.unit.nunique(), -1)
    perfunctory = {name: seen[name].issues(0, YEAR) for name in ("unchecked", "B0")}
    shares = {name: ratio(log.perfunctory_hours.sum(), log.served_hours.sum()) for name, log in perfunctory.items()}
    return {
        "alternation": ratio(share.min(axis=1).mean(), share.max(axis=1).mean()),
        "monitoring": shares["unchecked"] - shares["B0"],
    }


@_pattern("SF16", "B0", fold=Bound(2, 4))
def unequal_voice(seen: Runs) -> Quantities:
    """The propensity to voice differs up to about threefold between neighbourhoods [R21, data of the United States].

    Latent issues of the two years after the burn-in. Compounds are ranked by the voiced share of every other issue; `fold` is the voiced
    share of the remaining issues in the top tenth over that in the bottom tenth, so that luck does not count as difference:
    nearer to 3 than to 1 or 5, from 2 to 4.
    """
    log = seen["B0"].issues(0, 2 * YEAR)
    n = len(seen["B0"].run.columns.compound_type)
    half = np.arange(len(log)) % 2 == 0
    counts = [np.bincount(log["compound"][which], log.is_voiced[which], n) for which in (half, ~half)]
    totals = [np.bincount(log["compound"][which], minlength=n) for which in (half, ~half)]
    with np.errstate(invalid="ignore", divide="ignore"):
        order = np.argsort(np.nan_to_num(counts[0] / totals[0], nan=0.5), kind="stable")
    tenth = max(1, n // 10)
    low, high = (counts[1][at].sum() / max(1, totals[1][at].sum()) for at in (order[:tenth], order[-tenth:]))
    return {"fold": ratio(high, low)}


@_pattern("SF17", "B0", local=above(0.5), law=below(0.1), after=above(0.5))
def where_grievances_go(seen: Runs) -> Quantities:
    """Grievances are self-helped or taken to local leaders, seldom to courts; a petition comes after other channels [R49, R44 weak].

    Latent issues of the year after the burn-in whose household did something. `local`: share last taken to the community or to a private
    remedy: above one half. `law`: share ever at law or mediation: below a tenth. `after`: share of petitioned issues voiced otherwise
    before: above one half.
    """
    log = seen["B0"].issues(0, YEAR)
    acted = log[log.channel != "silence"]
    petitioned = log[log.is_petitioned]
    return {
        "local": float(acted.channel.isin(["community", "private"]).mean()),
        "law": float(acted.law_day.notna().mean()),
        "after": float(((petitioned.petitioned_day - petitioned.voiced_day) > 0.01).mean()),
    }


@_pattern("SF18", "B0", asymmetry=above(0))
def trust_asymmetry(seen: Runs) -> Quantities:
    """A negative experience moves trust more than a positive one (contested) [R73].

    Daily change of trust in the community, summed over households, fitted by least squares on the closures of the day that satisfy
    and those that do not. `asymmetry`: what one of the latter takes less what one of the former gives: above 0.
    """
    run = seen["B0"].run
    first, last = int(seen["B0"].start), int(run.horizon)
    judged = run.issues[run.issues.satisfaction.notna() & run.issues.last_closed_day.notna()]
    threshold = run.scenario.behaviour.response.satisfaction_threshold
    counts = [
        np.bincount(judged.last_closed_day[which].astype(int), minlength=last)[first + 1 : last]
        for which in (judged.satisfaction >= threshold, judged.satisfaction < threshold)
    ]
    change = np.diff(run.daily.trust_community.to_numpy())[first:] * run.columns.compound_households.sum()
    (gives, takes), *_ = np.linalg.lstsq(np.column_stack(counts).astype(float), change, rcond=None)
    return {"asymmetry": float(-takes - gives)}


@_pattern("SF19", "pandemic F1", multiple=above(2))
def staffing_multiplies(seen: Runs) -> Quantities:
    """Emergency staffing at the community multiplies (Xishui: 9.7 times) [R69].

    The full mechanism in the pandemic. `multiple`: hours on site in the peak phase over the hours of community staff if all were on duty
    every day: above 2, the least that multiplies.
    """
    run = seen["pandemic F1"].run
    return {"multiple": values_of(pandemic_outputs(run.columns, run.scenario, run.horizon))["staffing_multiple"]}


@_pattern("SF20", "B0", share=above(0.5))
def concentrated_demand(seen: Runs) -> Quantities:
    """Few compounds generate a large share of demands [from memory].

    `share`: share of the voiced issues of the year after the burn-in that come from the fifth of the compounds with most of
    them: above one half.
    """
    log = seen["B0"].issues(0, YEAR)
    counts = np.sort(np.bincount(log["compound"][log.is_voiced], minlength=len(seen["B0"].run.columns.compound_type)))[::-1]
    return {"share": ratio(float(counts[: max(1, len(counts) // 5)].sum()), float(counts.sum()))}


@_pattern("SF21", "B0", gap=above(0))
def hierarchical_trust(seen: Runs) -> Quantities:
    """Higher levels are trusted more than lower ones [from memory].

    `gap`: trust in the city less trust in the community, mean over the third year: above 0. Both begin so (ruling 38): the check is
    that two years of experience do not undo it.
    """
    daily = seen["B0"].days(YEAR, 2 * YEAR)
    return {"gap": float((daily.trust_city - daily.trust_community).mean())}


# ---- what patterns are computed with -------------------------------------------------------------


def ratio(a: float, b: float) -> float:
    """Return a / b; nan over nothing."""
    return float(a / b) if b else float("nan")


def season(counts: np.ndarray) -> float:
    """Covariance of the monthly counts of two years over the product of their means; `counts` is [2, 12].

    Examples
    --------
    >>> season(np.array([[9] * 12, [5] * 12])), season(np.array([[0, 2] * 6, [0, 4] * 6])) > 0.9
    (0.0, True)
    """
    return ratio(np.cov(counts)[0, 1], counts[0].mean() * counts[1].mean())


def gain_of_attention(attended: Seen, plain: Seen, first: float, last: float, among: np.ndarray | None = None) -> float:
    """Return what attention adds to the share truly resolved from `first` to `last` days after the first directive.

    Of attended issues unresolved at `first` both here and in the plain run: the share resolved here less the share of the same issues
    resolved in the same days there. nan where there are none. `among` takes only some issues.
    """
    day = attended.directed_day
    chosen = day + last <= attended.run.horizon
    if among is not None:
        chosen &= among
    resolved = []
    for seen in (attended, plain):
        log = seen.run.issues
        ends = log.resolved_day.fillna(np.inf).to_numpy(), log.ended_day.fillna(np.inf).to_numpy()
        chosen = chosen & (np.minimum(*ends) > day + first)
        resolved.append(ends[0] <= day + last)
    if not chosen.any():
        return float("nan")
    return float(resolved[0][chosen].mean() - resolved[1][chosen].mean())


# ---- the table -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Patterns:
    """The checked table.

    Attributes
    ----------
    table
        One row per quantity: pattern, ``is_mandatory``, quantity, mean, ``low``, ``high``, the bounds it has to lie between
        (``above``, ``below``), its ``state`` (``holds``, ``fails``, ``undecided``, ``not_applicable``), the verdict of its pattern
        (``reproduced``, ``not_reproduced``, ``undecided``, ``not_applicable``) and ``n_replications``.
    provenance
        The regime, for the caption.
    """

    table: pd.DataFrame
    provenance: dict[str, Any]

    @property
    def verdicts(self) -> dict[str, str]:
        """Pattern -> verdict, in order."""
        return dict(zip(self.table.pattern, self.table.verdict, strict=True))

    def _repr_html_(self) -> str:
        html: str = self.table.to_html(index=False, float_format=lambda x: f"{x:.3g}")
        return html


def design_patterns(world: Scenario, chosen: Sequence[Pattern], seed: int) -> dict[str, Job]:
    """Return the runs of one replication by name: those that the patterns look at, each once."""
    names = dict.fromkeys(name for pattern in chosen for name in pattern.runs)
    worlds: dict[str, Scenario] = {}
    jobs = {}
    for name in names:
        ask = RUNS[name]
        place = repr((sorted(ask.inputs.items()), ask.course))
        if place not in worlds:
            other = override(world, dict(ask.inputs)) if ask.inputs else world
            worlds[place] = with_scenario(other, ask.course) if ask.course else other
        jobs[name] = Job(worlds[place], variant(ask.variant), seed)
    return jobs


def measure_patterns(
    world: Scenario, chosen: Sequence[Pattern], seed: int, *, workers: int | None = None, progress: Progress | None = None,
    unfinished: Unfinished | None = None,
) -> dict[str, Quantities]:  # fmt: skip
    """Run one replication and return the quantities of every pattern; what a killed study had measured is not run again."""
    key = key_of(world.model_dump_json(), str(seed), *(pattern.code for pattern in chosen)) if unfinished else ""
    if unfinished and (kept := unfinished.get(key)) is not None:
        return dict(kept)
    jobs = design_patterns(world, chosen, seed)
    machinery = Machinery(partial(Engine, moves=True), Seen, calibrate)
    found: Any = run_jobs(list(jobs.values()), workers=workers, progress=progress, machinery=machinery)
    seen = dict(zip(jobs, found, strict=True))
    measured = {pattern.code: {name: float(x) for name, x in pattern.measure(seen).items()} for pattern in chosen}
    if unfinished:
        unfinished.add(key, measured)
    return measured


def analyse_patterns(chosen: Sequence[Pattern], found: Sequence[Mapping[str, Quantities]]) -> pd.DataFrame:
    """Return the table of `Patterns` from the quantities of every replication, without those not applicable."""
    rows = []
    for pattern in chosen:
        own = []
        for name, bound in pattern.bounds.items():
            e = paired_estimates(np.array([[values[pattern.code][name]] for values in found]))
            low, high = float(e.low[0]), float(e.high[0])
            state = "holds" if bound.holds(low, high) else "fails" if bound.fails(low, high) else "undecided"
            own.append((name, float(e.mean[0]), low, high, bound.low, bound.high, state, int(e.n_replications[0])))
        states = {row[6] for row in own}
        verdict = "not_reproduced" if "fails" in states else "undecided" if "undecided" in states else "reproduced"
        rows += [(pattern.code, pattern.is_mandatory, *row[:7], verdict, row[7]) for row in own]
    names = ["pattern", "is_mandatory", "quantity", "mean", "low", "high", "above", "below", "state", "verdict", "n_replications"]
    return pd.DataFrame(rows, columns=names)


def patterns(
    world: Scenario | None = None,
    replications: int = REPLICATIONS,
    *,
    only: Sequence[str] | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
    unfinished: Unfinished | None = None,
) -> Patterns:
    """Hold a world to the stylised facts.

    Parameters
    ----------
    world
        The standard city when not given; its own mechanism is not used.
    replications
        At least 2; replication r has seed ``world.seed + r``.
    only
        Codes of the patterns to run instead of all.
    workers, progress
        See `run_jobs`.
    unfinished
        Where finished replications are kept, so that a killed check goes on where it was.
    """
    world = world if world is not None else Scenario()
    if replications < 2:
        raise ValueError(f"replications must be at least 2, not {replications}: one has no interval")
    _check(world)
    chosen = [PATTERNS[code] for code in (only if only is not None else PATTERNS)]
    size = len(design_patterns(world, chosen, 0))
    found = []
    for r in range(replications):
        told = (lambda done, _, before=r * size: progress(before + done, replications * size)) if progress else None
        seed = world.seed + r
        found.append(measure_patterns(world, chosen, seed, workers=workers, progress=told, unfinished=unfinished))
    table = analyse_patterns(chosen, found)
    if only is None:
        none = pd.DataFrame({"pattern": NOT_APPLICABLE, "quantity": "", "n_replications": 0})
        none["is_mandatory"] = none.pattern.isin(MANDATORY)
        none["state"] = none["verdict"] = "not_applicable"
        table = pd.concat([table, none], ignore_index=True)
    table = table.sort_values("pattern", key=lambda codes: codes.str[2:].astype(int), kind="stable", ignore_index=True)
    return Patterns(table, regime_of(world) | {"replications": replications, "n_runs": size * replications})


def _check(world: Scenario) -> None:
    """Refuse a world without two years after a burn-in, in one line."""
    if world.days < world.burn_in_days + 2 * YEAR:
        raise ValueError(f"days must be at least {world.burn_in_days + 2 * YEAR}, not {world.days}: patterns look at two years")


# ---- the filter ----------------------------------------------------------------------------------

FILTER_REPLICATIONS = 3
"""Of every parameter set; a set is judged by the means, so luck rejects some near a bound and keeps others."""


def _headline(seen: Runs) -> Quantities:
    """The primary outcome of the full mechanism and of the baseline."""
    return {name: float(seen[name].run.metrics[PRIMARY]) for name in ("F1", "B0")}


HEADLINE = Pattern("headline", ("B0", "F1"), _headline, {})


@dataclass(frozen=True)
class Filtered:
    """Parameter sets, which of them the mandatory patterns reject, and what that does to the headline (W11, W12).

    Attributes
    ----------
    sets
        One row per set: its constants, whether it shows each mandatory pattern, whether it is ``kept`` (shows all), U(180) of the
        baseline (``base``), and ``difference``, F1 less the baseline.
    rejected
        One row per mandatory pattern, and ``all`` of them together: sets that lack it, their share and its interval.
    headline
        One row with all sets, one with those kept and, where no set shows some of the facts, one with those that show the others:
        their number, mean difference with its interval over sets, and the shares of sets in which F1 is better, equivalent
        and worse by the margin of Y6.
    provenance
        The regime around which the sets lie, for the caption.
    """

    sets: pd.DataFrame
    rejected: pd.DataFrame
    headline: pd.DataFrame
    provenance: dict[str, Any]

    def _repr_html_(self) -> str:
        html: str = self.rejected.to_html(index=False) + self.headline.to_html(index=False, float_format=lambda x: f"{x:.3g}")
        return html


def analyse_filter(sets: pd.DataFrame, codes: Sequence[str], provenance: Mapping[str, Any]) -> Filtered:
    """Return shares of sets rejected and the headline with and without the filter, from one row per set."""
    n = len(sets)
    rejected = []
    for name, lacks in [(code, ~sets[code]) for code in codes] + [("all", ~sets.kept)]:
        low, high = share_interval(int(lacks.sum()), n)
        rejected.append({"pattern": name, "rejected": int(lacks.sum()), "share": lacks.mean(), "low": low, "high": high})
    shown = [code for code in codes if sets[code].any()]
    groups = {"all": sets, "kept": sets[sets.kept]}
    if 0 < len(shown) < len(codes):
        groups["others"] = sets[sets[shown].all(axis=1)]
    headline = []
    for name, chosen in groups.items():
        row: dict[str, Any] = {"sets": name, "n_sets": len(chosen)}
        if len(chosen):
            e = paired_estimates(chosen.difference.to_numpy()[:, None])
            margin = MARGIN_SHARE * chosen.base
            row |= {"difference": float(e.mean[0]), "low": float(e.low[0]), "high": float(e.high[0])}
            row |= {"win": (chosen.difference < -margin).mean(), "tie": (chosen.difference.abs() <= margin).mean()}
            row |= {"loss": (chosen.difference > margin).mean()}
        headline.append(row)
    columns = ["sets", "n_sets", "difference", "low", "high", "win", "tie", "loss"]
    return Filtered(sets, pd.DataFrame(rejected), pd.DataFrame(headline, columns=columns), dict(provenance))


def share_interval(k: int, n: int, level: float = LEVEL) -> tuple[float, float]:
    """Interval of a share of k in n independent draws (Clopper and Pearson 1934).

    Examples
    --------
    >>> [round(x, 4) for x in share_interval(0, 10)], [round(x, 4) for x in share_interval(5, 10)]
    ([0.0, 0.3085], [0.1871, 0.8129])
    """
    from scipy.special import betaincinv

    tail = (1 - level) / 2
    low = 0.0 if k == 0 else float(betaincinv(k, n - k + 1, tail))
    high = 1.0 if k == n else float(betaincinv(k + 1, n - k, 1 - tail))
    return low, high


def filter_by_patterns(
    world: Scenario | None = None,
    n_sets: int = 20,
    replications: int = FILTER_REPLICATIONS,
    *,
    prior: Mapping[str, tuple[float, float]] = DECISIVE,
    codes: Sequence[str] | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
    unfinished: Unfinished | None = None,
) -> Filtered:
    """Draw parameter sets from the prior and reject those that lack a mandatory pattern.

    Parameters
    ----------
    world
        Everything but the constants of the prior; the standard city when not given.
    n_sets
        Independent draws; the first of more are the same.
    replications
        Of every set. Set and replication r have seed ``world.seed + r``, so all sets face the same issues.
    prior
        Input -> its range; drawn uniformly.
    codes
        The patterns a set has to show; the mandatory ones that apply when not given.
    workers, progress, unfinished
        See `patterns`.
    """
    world = world if world is not None else Scenario()
    _check(world)
    codes = codes if codes is not None else [code for code in MANDATORY if code in PATTERNS]
    chosen = [*(PATTERNS[code] for code in codes), HEADLINE]
    size = len(design_patterns(world, chosen, 0))
    rows = []
    for n, inputs in enumerate(draw_sets(n_sets, prior, world.seed)):
        asked = override(world, inputs)
        found = []
        for r in range(replications):
            before = (n * replications + r) * size
            told = (lambda done, _, before=before: progress(before + done, n_sets * replications * size)) if progress else None
            seed = world.seed + r
            found.append(measure_patterns(asked, chosen, seed, workers=workers, progress=told, unfinished=unfinished))
        rows.append(inputs | judge_set(chosen, found))
    return analyse_filter(pd.DataFrame(rows), codes, regime_of(world) | {"replications": replications, "n_sets": n_sets})


def judge_set(chosen: Sequence[Pattern], found: Sequence[Mapping[str, Quantities]]) -> dict[str, Any]:
    """Return which patterns a set shows in the mean of its replications, whether it is kept, and its headline."""
    row: dict[str, Any] = {}
    for pattern in chosen:
        means = {name: float(np.mean([values[pattern.code][name] for values in found])) for name in found[0][pattern.code]}
        if pattern.code == HEADLINE.code:
            row |= {"base": means["B0"], "difference": means["F1"] - means["B0"]}
        else:
            row[pattern.code] = all(bound.holds(means[name], means[name]) for name, bound in pattern.bounds.items())
    return row | {"kept": all(row[pattern.code] for pattern in chosen if pattern.code != HEADLINE.code)}
