"""What a scenario of 3.13 asks to see, beside the metrics every run has: present only under it.

As in `govsim.results.metrics` an output is one sum over another, so that runs of a pool can be taken together (X10), and is
not available over nothing (X11). Each reader below looks at the columns of one run and belongs to one part of
`Scenario.shocks`; a scenario of one's own that switches the part on gets its outputs too.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from govsim.engine.state import GATE_F, RESOLVED
from govsim.results.metrics import Better, Metric, _source
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


_block(
    "road",
    ("road_issues", "1", "none", "#{ROAD issues that arose while a shock raised their number}: those of the other rows"),
    ("road_owner_days", "d", "lower",
     "mean of min(owner found and every department committed - tv, 180) over voiced ones followed so long"),
    ("road_owner_share", "1", "higher", "#{owner found and every department committed within 180 d of tv} / those"),
    ("road_fund_days", "d", "lower",
     "mean of min(money reserved - owner found, 180) over those with gate F and an owner, followed as long"),
    ("road_fund_share", "1", "higher", "#{money reserved within 180 d of the owner} / those"),
    ("road_recurrence_share", "1", "lower", "#{repairs that failed within the window of X3} / #{repairs truly done}"),
    ("road_patch_hours_share", "1", "lower", "perfunctory / all hours served on them"),
    ("road_lasting_share", "1", "higher", "#{truly repaired when the run ends, lastingly} / them"),
    ("road_money_per_km", "k¥/km", "none",
     "money spent on them / (segment_km x #{truly repaired when the run ends}); segment_km is assumed"),
    ("road_hours_per_km", "h/km", "none", "hours served on them / (segment_km x #{truly repaired when the run ends})"),
)  # fmt: skip


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

    voiced, triaged = moment("voiced"), moment("triaged")
    has_j = (it["obstacles"] & 1) > 0
    owned = np.maximum(triaged, np.where(has_j, np.where(it["closed_gates"] & 1, np.inf, moment("jurisdiction")), 0.0))
    is_followed = np.isfinite(voiced) & (age - np.where(np.isfinite(voiced), voiced, 0.0) >= FOLLOWED)
    to_owner = owned[is_followed] - voiced[is_followed]
    needs = ((it["obstacles"] & GATE_F) > 0) & np.isfinite(triaged)
    needs &= age - np.where(needs, triaged, 0.0) >= FOLLOWED
    funded = np.where(it["closed_gates"] & GATE_F, np.inf, moment("funds"))
    to_fund = funded[needs] - triaged[needs]
    is_repaired = it["status"] == RESOLVED
    km = road.segment_km * float(is_repaired.sum())
    failed = float(c.returned[chosen].sum()) if len(c.returned) == len(onset) else 0.0
    spent = it["fund"][it["pot"] == -2].astype(float).sum()
    served = float(it["hours_served"].astype(float).sum())
    n = float(len(it))
    return {
        "road_issues": (n, 1.0),
        "road_owner_days": (float(np.minimum(to_owner, FOLLOWED).sum()), float(len(to_owner))),
        "road_owner_share": (float((to_owner <= FOLLOWED).sum()), float(len(to_owner))),
        "road_fund_days": (float(np.minimum(to_fund, FOLLOWED).sum()), float(len(to_fund))),
        "road_fund_share": (float((to_fund <= FOLLOWED).sum()), float(len(to_fund))),
        "road_recurrence_share": (failed, failed + float(is_repaired.sum())),
        "road_patch_hours_share": (float(it["hours_perfunctory"].astype(float).sum()), served),
        "road_lasting_share": (float(is_repaired.sum()), n),
        "road_money_per_km": (float(spent), km),
        "road_hours_per_km": (served, km),
    }


READERS: Mapping[str, tuple[Callable[[Any], bool], Callable[[Columns, Scenario, float], Parts]]] = {
    "road": (lambda shocks: shocks.road.enabled, road_outputs),
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
