"""Counts as the source document gives them: outputs, not outcomes (3.14, 1.1).

The meetings, items and issues of that list are metrics (`govsim.results.metrics`, block
``outputs``); what is counted here are stocks and events that follow from the mechanism.
"""

from typing import Any

from govsim.engine.state import BY_LEADERS, N_ACTIVITIES, PAYERS, VISITING

ACTIVITIES = {
    "bodies": "1/1000",
    "visits": "1/1000·yr",
    "pairs": "1/1000",
    "registered_members": "1/1000",
    "practical_matters": "1/1000·yr",
}
"""Name -> unit: per 1,000 residents, or per 1,000 residents and year since the burn-in."""


def count_activities(engine: Any) -> dict[str, float]:
    """Return the counts of `ACTIVITIES` for an engine at its horizon.

    A body is a community's (L1), a compound's (L2) or a building's (L3); a pair is a department with
    a community (E2) or a branch with a compound (E3); a practical matter is a true resolution that
    a body's community claims.
    """
    w, scenario = engine.world, engine.scenario
    p = w.p
    thousands = scenario.city.n_residents / 1000
    years = max(1.0, scenario.days - scenario.burn_in_days) / 365
    buildings = len(w.buildings) if scenario.mechanism.L3.dose > 0 else 0
    bodies = float(w.communities.has_body.sum() + w.compounds.has_body.sum() + buildings)
    hours = w.outside.reshape(len(PAYERS), N_ACTIVITIES, -1)[BY_LEADERS, VISITING].sum()
    visits = float(hours / p.E1_leader_hours[0]) if p.E1_leader_hours[0] > 0 else float("nan")
    members = w.members.on_roster.sum() if p.n_members[0] > 0 else 0
    return {
        "bodies": bodies / thousands,
        "visits": visits / thousands / years,
        "pairs": float(p.E2_covered[0] + p.E3_covered[0]) / thousands,
        "registered_members": float(members) / thousands,
        "practical_matters": float(w.communities.matters.sum()) / thousands / years,
    }
