"""What a scenario of 3.13 asks to see, beside the metrics every run has: present only under it.

As in `govsim.results.metrics` an output is one sum over another, so that runs of a pool can be taken together (X10), and is
not available over nothing (X11). Each reader below looks at the columns of one run and belongs to one part of
`Scenario.shocks`; a scenario of one's own that switches the part on gets its outputs too.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from govsim.engine.state import GATE_F, GATE_J, RESOLVED
from govsim.results.metrics import Better, Metric, _source
from govsim.results.programmes import (
    CONVENIENCE_ROWS,
    DISPUTE_ROWS,
    RENOVATION_ROWS,
    convenience_outputs,
    dispute_outputs,
    renovation_outputs,
)
from govsim.results.tally import Columns
from govsim.scenario.scenario import Scenario

Parts = dict[str, tuple[float, float]]
"""Name -> (numerator, denominator)."""

OUTPUTS: dict[str, Metric] = {}
"""Name -> what it is, in the order they are shown; `block` is the part of the scenario."""

FOLLOWED = 180.0
"""Days after which a wait that goes on is counted as this long, where the run follows that far."""


def _block(block: str, *rows: tuple[str, str, Better, str]) -> None:
    """Enter rows (name, unit, better, formula)."""
    for name, unit, better, formula in rows:
        OUTPUTS[name] = Metric(unit, better, formula, "3.13", block, name, name)


_block("renovation", *RENOVATION_ROWS)
_block("dispute", *DISPUTE_ROWS)
_block(
    "road",
    ("road_issues", "1", "none", "#{ROAD issues that arose while a shock raised their number}: those of the other rows"),
    ("road_owner_days", "d", "lower",
     "mean of min(owner found and every department committed - t0, 180), never voiced ones as 180, of those followed 180 d (X1)"),
    ("road_owner_share", "1", "higher", "#{owner found and every department committed within 180 d of t0} / those"),
    ("road_fund_days", "d", "lower", "mean of min(money reserved - t0, 180), of those with gate F that are followed 180 d"),
    ("road_fund_share", "1", "higher", "#{money reserved within 180 d of t0} / those"),
    ("road_recurrence_share", "1", "lower", "#{repairs that failed within the window of X3} / #{repairs truly done}"),
    ("road_patch_hours_share", "1", "lower", "perfunctory / all hours served on them"),
    ("road_lasting_share", "1", "higher", "#{truly repaired when the run ends, lastingly} / them"),
    ("road_money_per_km", "k¥/km", "none",
     "money spent on them / (segment_km x #{truly repaired when the run ends}); segment_km is assumed"),
    ("road_hours_per_km", "h/km", "none", "hours served on them / (segment_km x #{truly repaired when the run ends})"),
)  # fmt: skip
_block("convenience", *CONVENIENCE_ROWS)


_block(
    "pandemic",
    ("check_coverage", "1", "higher", "door checks truly done within the day / door checks due"),
    ("check_coverage_signed", "1", "none", "door checks signed for / door checks due"),
    ("post_filled_share", "1", "higher", "post-hours truly filled / post-hours due at gates; the rest are breaches"),
    ("post_signed_share", "1", "none", "post-hours signed for / post-hours due at gates"),
    ("breached_share", "1", "lower", "community-days with a post for which nobody signed / community-days of the emergency"),
    ("delivery_coverage", "1", "higher", "deliveries truly done that day / deliveries due"),
    ("staffing_multiple", "1", "none", "SF19: hours on site in the peak phase / hours of community staff if all were on duty every day"),
    ("supervision_share", "1", "lower", "staff hours that hosting outsiders takes / hours of outsiders"),
    ("desk_lost_hours", "h/1000", "lower", "hours of departments' desks lost to members called up, per 1,000 residents"),
    *((f"duty_hours_{name}", "h/1000", "none", f"hours on duty of {name}, per 1,000 residents, whole emergency")
      for name in ("staff", "firms", "pooled", "residents", "stewards", "members")),
    ("backlog_during", "1/1000", "lower", "ordinary issues neither truly resolved nor ended, mean of the days of the emergency, "
     "per 1,000 residents"),
    ("backlog_after", "1/1000", "lower", "the same, mean of the 180 days after it"),
    ("fatigue_after", "1", "lower", "mean fatigue of members on the roster, first count after the emergency"),
    *((f"roster_after_{n}m", "1", "none", f"SF9: members on the roster {n} months after the emergency / before it") for n in (1, 3, 6)),
    *((f"offered_after_{n}m", "1", "none", f"SF9: hours members offer in the month {n} months after the emergency / in the last before it")
      for n in (1, 3, 6)),
)  # fmt: skip

_GIVERS = ("staff", "firms", "pooled", "residents", "stewards", "members")


def pandemic_outputs(c: Columns, scenario: Scenario, horizon: float) -> Parts:
    """SC1: coverage, posts, who stood there, what became of ordinary issues and of the members afterwards."""
    emergency = scenario.shocks.emergency
    begins = scenario.burn_in_days + emergency.start
    ends = min(begins + emergency.days, len(c.duty))
    duty = c.duty[begins:ends]
    peak = c.duty[begins + emergency.alert_days : min(ends, begins + emergency.alert_days + emergency.peak_days)]
    thousands = scenario.city.n_residents / 1000

    def total(name: str, rows: Any = duty) -> float:
        return float(rows[name].sum())

    outside = total("pooled") + total("residents") + total("stewards") + total("members")
    found: Parts = {
        "check_coverage": (total("check_done"), total("check_due")),
        "check_coverage_signed": (total("check_signed"), total("check_due")),
        "post_filled_share": (total("post_filled"), total("post_due")),
        "post_signed_share": (total("post_signed"), total("post_due")),
        "breached_share": (total("n_breached"), float(len(duty) * len(c.community_subdistrict))),
        "delivery_coverage": (total("delivery_done"), total("delivery_due")),
        "staffing_multiple": (sum(total(n, peak) for n in (*_GIVERS, "supervision")), total("staff_paid", peak)),
        "supervision_share": (total("supervision"), outside),
        "desk_lost_hours": (total("desk_lost"), thousands),
    }
    found |= {f"duty_hours_{name}": (total(name), thousands) for name in _GIVERS}
    found["backlog_during"] = (_open_days(c, begins, ends), (ends - begins) * thousands)
    later = min(ends + 180, horizon)
    found["backlog_after"] = (_open_days(c, ends, later), (later - ends) * thousands)
    return found | _members_after(c, begins, ends)


def _open_days(c: Columns, first: float, last: float) -> float:
    """Issue-days that ordinary issues were open between two days: neither truly resolved nor ended."""
    onset, it = c.arrivals["onset"], c.issues
    left = np.where(it["status"] == RESOLVED, it["last_closed"], it["ended"]).astype(float)
    until = np.where(left >= 0, onset + left, np.inf)
    is_ordinary = c.origin == 0 if len(c.origin) == len(onset) else np.ones(len(onset), bool)
    overlap = np.minimum(until, last) - np.maximum(onset, first)
    return float(np.maximum(overlap, 0.0)[is_ordinary].sum())


def _members_after(c: Columns, begins: int, ends: int) -> Parts:
    """Members counted at the first of a month: before the emergency, right after it, and 1, 3, 6 months later (SF9)."""
    counted = np.flatnonzero(c.daily["roster"] > 0)
    before, after = counted[counted <= begins], counted[counted >= ends]
    found: Parts = {"fatigue_after": (0.0, 0.0)}
    if len(after):
        found["fatigue_after"] = (float(c.daily["fatigue"][after[0]]), float(c.daily["roster"][after[0]]))
    for months in (1, 3, 6):
        later = after[after >= ends + months * 365 / 12]
        for name, column in (("roster", c.daily["roster"]), ("offered", c.duty["members_offered"])):
            known = len(before) > 0 and len(later) > 0
            pair = (float(column[later[0]]), float(column[before[-1]])) if known else (0.0, 0.0)
            found[f"{name}_after_{months}m"] = pair
    return found


def road_outputs(c: Columns, scenario: Scenario, horizon: float) -> Parts:
    """SC4: time to owner and to money, recurrence, spend per km."""
    road = scenario.shocks.road
    codes = [kind.code for kind in scenario.demand.types]
    onset = c.arrivals["onset"]
    in_burst = np.zeros(len(onset), bool)
    for shock in scenario.shocks.demand:
        begins = scenario.burn_in_days + shock.start
        if shock.type == "ROAD":
            in_burst |= (onset >= begins) & (onset < begins + shock.days)
    chosen = (c.arrivals["type"] == codes.index("ROAD")) & in_burst
    it, age = c.issues[chosen], horizon - onset[chosen]

    def moment(name: str) -> np.ndarray:
        """Days since onset; infinite if not yet."""
        at = it[name].astype(float)
        return np.where(at >= 0, at, np.inf)

    is_followed = age >= FOLLOWED
    promised = np.where(it["closed_gates"] & GATE_J, np.inf, moment("jurisdiction"))
    owned = np.where(it["obstacles"] & GATE_J, np.maximum(moment("triaged"), promised), moment("triaged"))[is_followed]
    funded = np.where(it["closed_gates"] & GATE_F, np.inf, moment("funds"))[is_followed & ((it["obstacles"] & GATE_F) > 0)]
    is_repaired = it["status"] == RESOLVED
    km = road.segment_km * float(is_repaired.sum())
    failed = float(c.returned[chosen].sum()) if len(c.returned) == len(onset) else 0.0
    spent = it["fund"][it["pot"] == -2].astype(float).sum()
    served = float(it["hours_served"].astype(float).sum())
    n = float(len(it))
    return {
        "road_issues": (n, 1.0),
        "road_owner_days": (float(np.minimum(owned, FOLLOWED).sum()), float(len(owned))),
        "road_owner_share": (float((owned <= FOLLOWED).sum()), float(len(owned))),
        "road_fund_days": (float(np.minimum(funded, FOLLOWED).sum()), float(len(funded))),
        "road_fund_share": (float((funded <= FOLLOWED).sum()), float(len(funded))),
        "road_recurrence_share": (failed, failed + float(is_repaired.sum())),
        "road_patch_hours_share": (float(it["hours_perfunctory"].astype(float).sum()), served),
        "road_lasting_share": (float(is_repaired.sum()), n),
        "road_money_per_km": (float(spent), km),
        "road_hours_per_km": (served, km),
    }


READERS: Mapping[str, tuple[Callable[[Any], bool], Callable[[Columns, Scenario, float], Parts]]] = {
    "pandemic": (lambda shocks: shocks.emergency.enabled, pandemic_outputs),
    "renovation": (lambda shocks: shocks.renovation.enabled, renovation_outputs),
    "dispute": (lambda shocks: shocks.dispute.enabled, dispute_outputs),
    "road": (lambda shocks: shocks.road.enabled, road_outputs),
    "convenience": (lambda shocks: shocks.convenience.enabled, convenience_outputs),
}
"""Part of a scenario -> whether its outputs are asked for, and what reads them."""


def outputs_of(run: Any) -> Parts:
    """Return numerator and denominator of what the scenario of a `Run`, or of an engine as it stands, asks to see."""
    shocks = run.scenario.shocks
    if not shocks.is_any:
        return {}
    columns, scenario, _, horizon = _source(run)
    found: Parts = {}
    for is_on, read in READERS.values():
        if is_on(shocks):
            found |= read(columns, scenario, horizon)
    return found


def values_of(*parts: Parts) -> dict[str, float]:
    """Return name -> value of one run, or of several together as a ratio of sums; nan over nothing."""
    found = {}
    for name in parts[0]:
        above, below = (sum(part[name][side] for part in parts) for side in (0, 1))
        found[name] = above / below if below else float("nan")
    return found
