"""What the scenarios SC2, SC3 and SC5 of 3.13 ask to see: readers and rows of `govsim.results.scenarios`."""

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from govsim.engine.state import (
    CHANNEL_MONTH,
    CHANNELS,
    FACILITY_MONTH,
    GATES,
    LAPSED,
    LATENT,
    MEDIATION,
    N_GROUPS,
    N_STAGES,
    RESOLVED,
    STAGES_OF_WORK,
)
from govsim.results.metrics import Better
from govsim.results.tally import Columns
from govsim.scenario.demand import COMPOUND_TYPES
from govsim.scenario.scenario import Scenario

Parts = dict[str, tuple[float, float]]
Row = tuple[str, str, Better, str]

YEAR = 365.0
"""Days after the application in which 3.13 asks for completion; a wait that goes on is counted as this long."""
FOLLOWED = 180.0
THIRDS = ("low", "middle", "high")
BELIEFS = ("community", "petition", "law")
PATH_MONTHS = (0, 6, 12)
"""Months after the burn-in at which beliefs are shown; `belief_path` has every month."""

# ---- SC2 -----------------------------------------------------------------------------------------

RENOVATION_ROWS: tuple[Row, ...] = (
    ("renovation_applied", "1", "none", "#{compounds that applied at least 365 d before the end}: those of the other rows"),
    ("renovation_consent_days", "d", "lower", "mean of min(gate I open - owner found, 365)"),
    ("renovation_consent_share", "1", "higher", "#{consent within 365 d of the application} / them"),
    ("renovation_ballots", "1", "none", "ballots of owners' assemblies / them"),
    ("renovation_participation", "1", "none", "mean share of owners in the last ballot"),
    ("renovation_approval", "1", "none", "mean share of those who approved"),
    *((f"renovation_gate_days_{g}", "d", "lower", "days at gates within 365 d, each split equally among gates closed (X9), / them")
      for g in GATES),
    *((f"renovation_last_gate_{g}", "1", "none", "share of them whose gate of this kind opened last, or is still closed; ties split")
      for g in GATES),
    ("renovation_fund_days", "d", "lower", "mean of min(money reserved - owner found, 365)"),
    ("renovation_city_money_share", "1", "none", "money from the city's windows / all money reserved"),
    ("renovation_complete_share", "1", "higher", "#{truly done within 365 d of the application} / them"),
    ("renovation_complete_days", "d", "lower", "mean of min(truly done - application, 365)"),
    *((f"renovation_days_{s}", "d", "none", "mean days from start to end of the stage, where it ended") for s in STAGES_OF_WORK),
    ("renovation_redig_hours", "h", "lower", "hours of digging again / works begun"),
    ("renovation_dissent_share", "1", "lower", "owners not in favour when works begin / owners"),
    ("renovation_quarrels", "1", "lower", "disputes about works / 100 owners of works begun"),
    ("renovation_quarrels_settled_share", "1", "higher", "settled by mediation or law / disputes"),
    ("renovation_quarrels_petitioned_share", "1", "lower", "taken to the petition office / disputes"),
    ("renovation_quarrels_silent_share", "1", "lower", "taken nowhere / disputes"),
    ("renovation_satisfaction", "1", "higher", "mean satisfaction of the compounds' households after the works (3.7.14)"),
    ("renovation_upkeep_share", "1", "higher", "hours of upkeep given by firm and pool / needed, after the works"),
)  # fmt: skip


def renovation_outputs(c: Columns, scenario: Scenario, horizon: float) -> Parts:
    """SC2: consent, gates, money, works, dissent, satisfaction, upkeep."""
    rows = c.renovations
    is_real = (rows["issue"] >= 0) & (rows["issue"] < len(c.issues))
    stages = c.stages.reshape(len(rows), N_STAGES)[is_real]
    rows = rows[is_real]
    onset = c.arrivals["onset"][rows["issue"]]
    is_followed = horizon - onset >= YEAR
    rows, stages, onset = rows[is_followed], stages[is_followed], onset[is_followed]
    it = c.issues[rows["issue"]]
    n = float(len(rows))
    triaged = _since_onset(it, "triaged")
    opened = np.stack([
        np.where(it["obstacles"] >> k & 1, np.where(it["closed_gates"] >> k & 1, np.inf, _since_onset(it, gate)), triaged)
        for k, gate in enumerate(GATES)
    ], axis=1).reshape(len(rows), len(GATES))  # fmt: skip
    at_gates, last = _gate_days(triaged, opened), _last_gate(opened)
    consent, funds = opened[:, GATES.index("interests")], opened[:, GATES.index("funds")]
    done = np.where(it["status"] == RESOLVED, _since_onset(it, "last_closed"), np.inf)
    began = _since_onset(it, "released") < np.inf
    owners, quarrels = float(rows["n_owners"][began].sum()), float(rows["quarrels"].sum())
    voted = rows["ballots"] > 0
    money = {name: float(rows[f"from_{name}"].sum()) for name in ("city", "compound", "community", "owners")}
    judged = np.isfinite(rows["satisfaction"])
    found: Parts = {
        "renovation_applied": (n, 1.0),
        "renovation_consent_days": (float(np.minimum(consent - triaged, YEAR).sum()) if n else 0.0, n),
        "renovation_consent_share": (float((consent <= YEAR).sum()), n),
        "renovation_ballots": (float(rows["ballots"].sum()), n),
        "renovation_participation": (float(rows["participation"][voted].sum()), float(voted.sum())),
        "renovation_approval": (float(rows["approval"][voted].sum()), float(voted.sum())),
    }
    for k, gate in enumerate(GATES):
        found[f"renovation_gate_days_{gate}"] = (float(at_gates[:, k].sum()), n)
        found[f"renovation_last_gate_{gate}"] = (float(last[:, k].sum()), n)
    found |= {
        "renovation_fund_days": (float(np.minimum(funds - triaged, YEAR).sum()) if n else 0.0, n),
        "renovation_city_money_share": (money["city"], sum(money.values())),
        "renovation_complete_share": (float((done <= YEAR).sum()), n),
        "renovation_complete_days": (float(np.minimum(done, YEAR).sum()), n),
    }
    for k, stage in enumerate(STAGES_OF_WORK):
        ended = np.isfinite(stages["end"][:, k])
        length = (stages["end"] - stages["start"])[ended, k]
        found[f"renovation_days_{stage}"] = (float(length.sum()), float(ended.sum()))
    mended = rows["quarrels_settled"].sum()
    given = rows["upkeep_firm"].sum() + rows["upkeep_pool"].sum()
    return found | {
        "renovation_redig_hours": (float(stages["redig"].sum()), float(began.sum())),
        "renovation_dissent_share": (float(rows["dissenters"].sum()), owners),
        "renovation_quarrels": (100.0 * quarrels, owners),
        "renovation_quarrels_settled_share": (float(mended), quarrels),
        "renovation_quarrels_petitioned_share": (float(rows["quarrels_petitioned"].sum()), quarrels),
        "renovation_quarrels_silent_share": (float(rows["quarrels_silent"].sum()), quarrels),
        "renovation_satisfaction": (float(rows["satisfaction"][judged].sum()), float(judged.sum())),
        "renovation_upkeep_share": (float(given), float(rows["upkeep_needed"].sum())),
    }


def _since_onset(it: np.ndarray, name: str) -> np.ndarray:
    """Days since onset of a moment; infinite if not yet."""
    at = it[name].astype(float)
    return np.where(at >= 0, at, np.inf)


def _gate_days(triaged: np.ndarray, opened: np.ndarray) -> np.ndarray:
    """Days of each gate from triage to its opening or `YEAR`: each day split equally among gates closed (X9)."""
    found = np.zeros(opened.shape)
    for n, (begin, ends) in enumerate(zip(triaged, opened, strict=True)):
        cut = np.minimum(ends, YEAR)
        moments = np.unique(np.concatenate([[min(begin, YEAR)], cut[cut > begin]]))
        for start, end in pairwise(moments):
            closed = cut >= end
            found[n, closed] += (end - start) / closed.sum()
    return found


def _last_gate(opened: np.ndarray) -> np.ndarray:
    """Share of each gate in being the last: 1 for the one that opened last, split among those still closed."""
    if not len(opened):
        return np.zeros(opened.shape)
    is_last = opened == opened.max(axis=1, keepdims=True)
    return is_last / is_last.sum(axis=1, keepdims=True)


# ---- SC3 -----------------------------------------------------------------------------------------

DISPUTE_ROWS: tuple[Row, ...] = (
    *((f"dispute_chose_{o}", "1", "none", "share of households' choices in the community since the burn-in")
      for o in CHANNELS),
    ("dispute_petitions_rate", "1/1000·yr", "none", "petitions / 1,000 residents of the community and year, since the burn-in"),
    ("dispute_repeats_rate", "1/1000·yr", "none", "of these, repeated ones"),
    ("dispute_attended_share", "1", "none", "petitions that won a leader's attention / petitions"),
    ("dispute_petitioned_days", "d", "lower", "mean of min(truly resolved - first petition, 180) over petitioned issues followed so long"),
    ("dispute_ordinary_days", "d", "lower", "mean of min(truly resolved - voiced, 180) over voiced and never petitioned ones, likewise"),
    ("dispute_petitions_elsewhere_rate", "1/1000·yr", "none", "petitions / 1,000 residents of the rest of the city and year"),
    ("dispute_silent_rate", "1/1000", "lower", "grievances of the community unvoiced or given up at the end / 1,000 residents"),
    ("dispute_station_cases", "1/month", "none", "cases brought to the community's station / months"),
    ("dispute_station_decided_share", "1", "higher", "cases it decided / cases brought"),
    ("dispute_station_success", "1", "higher", "cases won / decided"),
    ("dispute_station_queue", "1", "lower", "mean cases waiting at the station, at the months' beginnings"),
    ("dispute_fulfilment", "1", "none", "hours the law firm worked / hours it offered; not available where no station is kept"),
    *((f"dispute_belief_{b}_{m}", "1", "none", f"mean belief in the channel {m} months after the burn-in, in the community")
      for b in BELIEFS for m in PATH_MONTHS),
)  # fmt: skip


def _first_month(scenario: Scenario) -> int:
    """The first month that begins at or after the end of the burn-in."""
    return -(-scenario.burn_in_days * 12 // 365)


def _months_seen(c: Columns, scenario: Scenario, horizon: float) -> np.ndarray:
    """Counters [(place, rest), month] of the whole months since the burn-in."""
    rows = c.channels.reshape(2, -1)
    return rows[:, _first_month(scenario) : max(_first_month(scenario), int(horizon * 12 // 365))]


def keeps_station(scenario: Scenario) -> bool:
    """Whether the community has the doorstep station under the mechanism in place."""
    dispute, body = scenario.shocks.dispute, scenario.mechanism.L1
    if dispute.station != "mechanism":
        return dispute.station == "always"
    return body.dose > 0 and body.doorstep_station


def dispute_outputs(c: Columns, scenario: Scenario, horizon: float) -> Parts:
    """SC3: channels, petitions, the station, the law firm, beliefs."""
    dispute = scenario.shocks.dispute
    seen = _months_seen(c, scenario, horizon)
    place, rest = seen
    n_months = float(seen.shape[1])
    households = np.bincount(c.compound_community, weights=c.compound_households)
    inside = households[dispute.community] * scenario.city.residents_per_household / 1000
    outside = (households.sum() - households[dispute.community]) * scenario.city.residents_per_household / 1000
    years = n_months / 12
    total = {name: float(place[name].sum()) for name in CHANNEL_MONTH.names or ()}
    chosen = sum(total[f"chose_{o}"] for o in CHANNELS)
    decided = total["station_won"] + total["station_lost"]
    at_place = c.compound_community[c.building_compound[c.arrivals["building"]]] == dispute.community
    it = c.issues[at_place]
    silent = float(((it["status"] == LATENT) | (it["status"] == LAPSED)).sum())
    kinds = c.stations["kind"] == MEDIATION
    station = int(np.flatnonzero(kinds & (c.stations["area"] == dispute.community))[0])
    first = _first_month(scenario)
    worked = float(c.hours[station][:, first : first + int(n_months)].sum()) - _idle(c, station, first, int(n_months))
    offered = dispute.pro_bono_hours * n_months if keeps_station(scenario) else 0.0
    found: Parts = {f"dispute_chose_{o}": (total[f"chose_{o}"], chosen) for o in CHANNELS}
    found |= {
        "dispute_petitions_rate": (total["petitions"], inside * years),
        "dispute_repeats_rate": (total["repeats"], inside * years),
        "dispute_attended_share": (total["attended"], total["petitions"]),
        "dispute_petitioned_days": _days_from(c, at_place, "petitioned", horizon, scenario.burn_in_days),
        "dispute_ordinary_days": _days_from(c, at_place, "voiced", horizon, scenario.burn_in_days),
        "dispute_petitions_elsewhere_rate": (float(rest["petitions"].sum()), outside * years),
        "dispute_silent_rate": (silent, inside),
        "dispute_station_cases": (total["station_cases"], n_months),
        "dispute_station_decided_share": (decided, total["station_cases"]),
        "dispute_station_success": (total["station_won"], decided),
        "dispute_station_queue": (total["station_queue"], n_months if keeps_station(scenario) else 0.0),
        "dispute_fulfilment": (worked, offered),
    }
    for belief in BELIEFS:
        for month in PATH_MONTHS:
            is_there = month < n_months
            value = float(place[f"belief_{belief}"][month]) if is_there else 0.0
            found[f"dispute_belief_{belief}_{month}"] = (value, float(is_there))
    return found


def _days_from(c: Columns, chosen: np.ndarray, name: str, horizon: float, since: float) -> tuple[float, float]:
    """Days from a moment after the burn-in to true resolution, at most 180, and issues followed so long.

    Those counted from their voice were never petitioned.
    """
    it, onset = c.issues[chosen], c.arrivals["onset"][chosen]
    start = _since_onset(it, name)
    begun = np.isfinite(start) & (onset + np.where(np.isfinite(start), start, 0.0) >= since)
    begun &= horizon - onset - np.where(begun, start, 0.0) >= FOLLOWED
    if name != "petitioned":
        begun &= ~np.isfinite(_since_onset(it, "petitioned"))
    done = np.where(it["status"] == RESOLVED, _since_onset(it, "last_closed"), np.inf)[begun]
    return float(np.minimum(done - start[begun], FOLLOWED).sum()), float(begun.sum())


def _idle(c: Columns, station: int, first: int, n_months: int) -> float:
    from govsim.engine.state import IDLING

    return float(c.hours[station, IDLING, first : first + n_months].sum())


def belief_path(run: Any) -> pd.DataFrame:
    """Month by month, in the community of SC3 and in the rest: beliefs, choices, petitions, cases; a row a month and group."""
    rows = run.columns.channels.reshape(2, -1)[:, : int(run.horizon * 12 // 365)]
    parts = []
    for group, name in enumerate(("place", "rest")):
        table = pd.DataFrame({field: rows[group][field] for field in CHANNEL_MONTH.names or ()})
        table.insert(0, "month", np.arange(len(table)))
        table.insert(0, "group", name)
        parts.append(table)
    return pd.concat(parts, ignore_index=True)


# ---- SC5 -----------------------------------------------------------------------------------------

CONVENIENCE_ROWS: tuple[Row, ...] = (
    ("convenience_take_up", "1", "higher", "visits made / needed"),
    ("convenience_service_level", "1", "higher", "served within the wait aimed at / visits made"),
    ("convenience_turned_away_share", "1", "lower", "not served before closing / visits made"),
    ("convenience_wait_minutes", "min", "lower", "mean wait of those served"),
    ("convenience_unmet_share", "1", "lower", "needed and not served / needed"),
    *((f"convenience_unmet_{g}_status", "1", "lower", "the same, households in this third of status") for g in THIRDS),
    *((f"convenience_unmet_{x}", "1", "lower", "the same, households of this type of compound") for x in COMPOUND_TYPES),
    ("convenience_households_served_share", "1", "higher", "households served at least once / households that needed it"),
    ("convenience_hours_per_household", "h", "lower", "staff and volunteer hours / households served at least once"),
    ("convenience_money_per_household", "k¥", "lower", "money for visits / households served at least once"),
    ("convenience_volunteer_hours", "h/d", "none", "volunteer hours / day open and facility"),
    ("convenience_unskilled_share", "1", "none", "of these, general labour"),
    ("convenience_staff_busy_share", "1", "none", "busy / hours of staff"),
    ("convenience_requests_resolved_share", "1", "higher", "CONV issues since the opening truly resolved within 180 d / those followed"),
)  # fmt: skip


def convenience_outputs(c: Columns, scenario: Scenario, horizon: float) -> Parts:
    """SC5: service, take-up and unmet need, costs, volunteers, and the requests beside it."""
    rows = c.facilities[c.facilities["n_households"] > 0]
    months = c.facility_months
    total = {name: float(months[name].sum()) for name in FACILITY_MONTH.names or ()}
    users = c.facility_users
    needed, served = float(users[0]), float(users[1])
    groups = c.facility_groups[: len(rows) * N_GROUPS * 3].reshape(len(rows), N_GROUPS, 3).sum(axis=0)
    volunteers = float(rows["volunteer_hours"].sum())
    found: Parts = {
        "convenience_take_up": (total["came"], total["wanted"]),
        "convenience_service_level": (total["in_time"], total["came"]),
        "convenience_turned_away_share": (total["came"] - total["served"], total["came"]),
        "convenience_wait_minutes": (60.0 * total["wait_hours"], total["served"]),
        "convenience_unmet_share": (total["wanted"] - total["served"], total["wanted"]),
    }
    names = [*(f"{g}_status" for g in THIRDS), *COMPOUND_TYPES]
    for name, (wanted, _, met) in zip(names, groups, strict=True):
        found[f"convenience_unmet_{name}"] = (float(wanted - met), float(wanted))
    return found | {
        "convenience_households_served_share": (served, needed),
        "convenience_hours_per_household": (float(rows["staff_hours"].sum()) + volunteers, served),
        "convenience_money_per_household": (float(rows["money"].sum()), served),
        "convenience_volunteer_hours": (volunteers, float(rows["days_open"].sum())),
        "convenience_unskilled_share": (float(rows["unskilled_hours"].sum()), volunteers),
        "convenience_staff_busy_share": (float(rows["staff_busy_hours"].sum()), float(rows["staff_hours"].sum())),
        "convenience_requests_resolved_share": _requests(c, scenario, horizon),
    }


def _requests(c: Columns, scenario: Scenario, horizon: float) -> tuple[float, float]:
    """CONV issues since the opening truly resolved within 180 days, and those followed so long."""
    codes = [kind.code for kind in scenario.demand.types]
    if "CONV" not in codes:
        return 0.0, 0.0
    begins = scenario.burn_in_days + scenario.shocks.convenience.start
    onset = c.arrivals["onset"]
    chosen = (c.arrivals["type"] == codes.index("CONV")) & (onset >= begins) & (horizon - onset >= 180.0)
    it = c.issues[chosen]
    done = (it["status"] == RESOLVED) & (_since_onset(it, "last_closed") <= 180.0)
    return float(done.sum()), float(chosen.sum())
