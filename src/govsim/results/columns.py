"""Every column of every table of a run: what it holds, in which unit (one registry, as in sgkit).

Moments (``*_day``) are days since the run's start; "not yet" and "never" are nan. Labels are in
``locale/`` under ``column.<table>.<name>``.
"""

from dataclasses import dataclass

from govsim.engine.moves import MOVES
from govsim.engine.state import (
    ACTIVITIES,
    CHANNELS,
    FORUMS,
    GATES,
    PAYERS,
    POTS,
    STATES,
    STATUSES,
    UNITS,
)
from govsim.scenario.demand import COMPOUND_TYPES

DETECTORS = ("household", "steward", "visit", "grid")
"""Who noticed an issue first."""

PACKAGES = ("work", "persuasion", "decision", "petition_case", "audit", "law_case")
"""Kinds of work package, as the engine numbers them."""

UNIT_KINDS = (*UNITS, "no_unit")
"""Kinds of unit; hours of people who are no unit's staff are under ``no_unit``."""


@dataclass(frozen=True, slots=True)
class Column:
    """What a column holds.

    Attributes
    ----------
    dtype
        NumPy dtype, or ``category``.
    unit
        ``d``, ``h``, ``k¥``; ``1`` for counts, shares and codes; empty for categories.
    meaning
        One line.
    categories
        The values a category may take, in their order; empty when the scenario gives them.
    """

    dtype: str
    unit: str
    meaning: str
    categories: tuple[str, ...] = ()


def _day(meaning: str) -> Column:
    return Column("float64", "d", meaning + "; nan if it has not")


def _count(meaning: str, dtype: str = "int16") -> Column:
    return Column(dtype, "1", meaning)


def _flag(meaning: str) -> Column:
    return Column("bool", "1", meaning)


def _of(kinds: tuple[str, ...], meaning: str) -> Column:
    return Column("category", "", meaning, kinds)


_ISSUES = {
    "issue": _count("number of the issue in the run", "int64"),
    "key": _count("identity of the issue: the same under every variant of a seed", "uint64"),
    "onset_day": Column("float64", "d", "the issue arose"),
    "type": Column("category", "", "code of its type in the taxonomy"),
    "building": _count("building where it is", "int32"),
    "compound": _count("compound where it is", "int32"),
    "compound_type": _of(COMPOUND_TYPES, "type of the compound"),
    "community": _count("community where it is", "int32"),
    "subdistrict": _count("subdistrict where it is", "int32"),
    "severity": Column("float64", "1", "severity, 0-1"),
    "n_affected": _count("people affected"),
    "authority": _count("lowest level that may decide, 1-5", "int8"),
    "n_departments": _count("departments needed", "int8"),
    "deadline_duration": Column("float64", "d", "deadline of the type"),
    "needed_hours": Column("float64", "h", "substantive hours the issue needs"),
    "needed_fund": Column("float64", "k¥", "money the issue needs"),
    "has_jurisdiction_gate": _flag("departments have to agree who does what (J)"),
    "has_power_gate": _flag("somebody above has to decide (P)"),
    "has_funds_gate": _flag("money has to be found (F)"),
    "has_interests_gate": _flag("parties have to agree (I)"),
    "voiced_day": _day("somebody in government first knew"),
    "triaged_day": _day("the right owner was found"),
    "jurisdiction_day": _day("gate J opened, if there was one"),
    "power_day": _day("gate P opened, if there was one"),
    "funds_day": _day("gate F opened, if there was one"),
    "interests_day": _day("gate I opened, if there was one"),
    "released_day": _day("the work was released to the units"),
    "started_day": _day("work began"),
    "closed_day": _day("the ticket was first closed"),
    "last_closed_day": _day("the ticket was last closed"),
    "resolved_day": _day("the issue was truly resolved, lastingly"),
    "ended_day": _day("the household gave up or helped itself"),
    "petitioned_day": _day("it was first petitioned"),
    "law_day": _day("it first went to law or mediation"),
    "status": _of(STATUSES, "status when the run ended"),
    "channel": _of(CHANNELS, "channel last chosen by the household"),
    "state_180": _of(STATES, "state at age 180 days; missing if the run ended before"),
    "state_365": _of(STATES, "state at age 365 days; missing if the run ended before"),
    "is_voiced": _flag("somebody in government came to know"),
    "is_closed": _flag("the ticket was closed at least once"),
    "is_resolved": _flag("truly and lastingly resolved"),
    "is_falsely_closed": _flag("closed and not resolved when the run ended"),
    "is_petitioned": _flag("petitioned at least once"),
    "satisfaction": Column("float64", "1", "last satisfaction of the household, 0-1; nan if none"),
    "detected_by": _of(DETECTORS, "who noticed first"),
    "locus": _count("highest level that worked on it, 0-5", "int8"),
    "served_hours": Column("float64", "h", "hours served"),
    "perfunctory_hours": Column("float64", "h", "of these, perfunctory"),
    "pot": _of(POTS, "pot its money is reserved in; missing if none, spent or given back"),
    "n_hops": _count("wrong units before the owner; returns of its order under RV1", "int8"),
    "n_asks": _count("asks for commitment"),
    "n_lapses": _count("commitments that lapsed", "int8"),
    "n_contacts": _count("persuasion contacts"),
    "n_parties": _count("parties who have to agree"),
    "n_choices": _count("times the household chose a channel"),
    "n_reopenings": _count("times a closed ticket came back", "int8"),
    "n_petitions": _count("petitions", "int8"),
    "n_directives": _count("leaders' directives", "int8"),
    "n_sittings": _count("sittings that dealt with it", "int8"),
    "n_retablings": _count("times it was put off to another sitting", "int8"),
    "shock": _count("shock of demand that brought it, from 1 in their order; 0 for an ordinary issue", "int8"),
    "n_failed_repairs": _count("times a repaired road came back", "int8"),
    **{f"is_ruled_by_{f}": _flag(f"{f} opened a gate of it") for f in FORUMS},
}

_DAILY = {
    "day": _count("day since the start", "int64"),
    "is_workday": _flag("units work"),
    "n_arrived": _count("issues that arose", "int64"),
    "n_voiced": _count("issues first voiced", "int64"),
    "n_closed": _count("tickets closed", "int64"),
    "n_resolved": _count("issues truly resolved", "int64"),
    "n_exited": _count("households that helped themselves", "int64"),
    "n_lapsed": _count("issues given up", "int64"),
    "n_petitions": _count("petitions", "int64"),
    "n_reopened": _count("tickets reopened", "int64"),
    "n_latent": _count("issues nobody in government knows, at the day's end", "int64"),
    "n_routing": _count("issues whose owner is looked for, at the day's end", "int64"),
    "n_gated": _count("issues with an owner, held at gates, at the day's end", "int64"),
    "n_working": _count("issues released to units and not yet closed, at the day's end", "int64"),
    "n_closed_unresolved": _count("issues closed at least once and not truly resolved, at the day's end", "int64"),
    "n_detected": _count("issues found by stewards and grid staff", "int64"),
    "n_spurious": _count("reports without an issue", "int64"),
    "n_directives": _count("leaders' directives", "int64"),
    "n_commitments": _count("commitments", "int64"),
    "n_asks": _count("asks for commitment", "int64"),
    "n_lapsed_commitments": _count("commitments that lapsed", "int64"),
    "queued_hours": Column("float64", "h", "work waiting in all queues, at the day's end"),
    "debt_hours": Column("float64", "h", "overhead owed, at the day's end"),
    "n_overbooked": _count("units that owe more overhead than the workday has hours", "int64"),
    "trust_community": Column("float64", "1", "mean trust in the community, 0-1"),
    "trust_city": Column("float64", "1", "mean trust in the city, 0-1"),
    "expectation": Column("float64", "1", "mean expectation, 0-1"),
    "n_on_roster": _count("in-service members on the roster; counted once a month, else 0", "int64"),
    "n_active_members": _count("in-service members who are active; counted once a month, else 0", "int64"),
    "fatigue": Column("float64", "1", "sum of members' fatigue; once a month, else 0"),
    "offered_hours": Column("float64", "h", "hours that volunteers and organisations offer"),
    "used_hours": Column("float64", "h", "hours of the month before that were used, at its end"),
    "n_orders": _count("calls to the hotline that became orders", "int64"),
    "n_assigned": _count("orders assigned by force after their last return", "int64"),
    "n_staff_left": _count("workers of communities who left and were replaced; once a month, else 0", "int64"),
    "department_quality": Column("float64", "1", "mean quality of the pairings of departments (E2), 0-1; once a month, else nan"),
    "branch_quality": Column("float64", "1", "mean quality of the pairings of branches (E3), 0-1; once a month, else nan"),
}

_HOURS = {
    "payer": _of(PAYERS, "who pays the hours"),
    "activity": _of(ACTIVITIES, "what they were spent on"),
    "month": _count("twelfth of a year since the start", "int32"),
    "unit_kind": _of(UNIT_KINDS, "kind of unit whose hours they are"),
    "hours": Column("float64", "h", "person-hours"),
}

_UNIT = {
    "unit": _count("number of the unit", "int32"),
    "kind": _of(UNITS, "kind of unit"),
    "area": _count("community, subdistrict, district of a team, or compound it serves", "int32"),
    "payer": _of(PAYERS, "who pays its hours"),
    "level": _count("level it stands at, 0-5", "int8"),
}

_UNITS = {
    **_UNIT,
    "n_workers": _count("workers at its desk", "int32"),
    "window_hours": Column("float64", "h", "hours a worker is at the desk on a workday"),
    "available_hours": Column("float64", "h", "desk hours of the run"),
    "paid_hours": Column("float64", "h", "of these, paid for overhead"),
    "served_hours": Column("float64", "h", "of these, served on packages"),
    "idle_hours": Column("float64", "h", "of these, neither"),
    "incurred_hours": Column("float64", "h", "overhead incurred: paid, or owed at the end"),
    "debt_hours": Column("float64", "h", "overhead owed at the end"),
    "offered_hours": Column("float64", "h", "work that came to its queue"),
    "queued_hours": Column("float64", "h", "work waiting at the end"),
    "load": Column("float64", "1", "(offered + incurred) / available hours; nan at 0"),
}

_LEDGER = {
    **_UNIT,
    "month": _count("twelfth of a year since the start", "int32"),
    "served_hours": Column("float64", "h", "work on packages"),
    "overhead_hours": Column("float64", "h", "overhead incurred"),
    "idle_hours": Column("float64", "h", "idle desk hours"),
}

_MONEY = {
    "pot": _of(POTS, "pot of money"),
    "month": _count("twelfth of a year since the start", "int32"),
    "inflow": Column("float64", "k¥", "money that came in"),
    "spent": Column("float64", "k¥", "money spent"),
}

_MEETINGS = {
    "day": _count("day of the sitting", "int64"),
    "forum": _of(FORUMS, "kind of forum"),
    "area": _count("subdistrict, community or compound it covers", "int32"),
    "n_present": _count("members present", "int32"),
    "n_roster": _count("members on the roster", "int32"),
    "n_slots": _count("items there was time for", "int32"),
    "n_tabled": _count("items dealt with", "int32"),
    "n_ruled": _count("items of which a gate was opened", "int32"),
    "n_backlog": _count("items left on the agenda", "int32"),
    "attendance_hours": Column("float64", "h", "hours of all present; of one at the executive route"),
}

_MOVES = {
    "issue": _count("number of the issue in the run", "int64"),
    "day": Column("float64", "d", "moment of the move"),
    "move": _of(MOVES, "what happened"),
    "unit": _count("unit that moved or was asked; -1 for none", "int32"),
    "unit_kind": _of(UNITS, "kind of the unit"),
    "payer": _of(PAYERS, "who pays the hours; missing for volunteers and other outsiders"),
    "forum": _of(FORUMS, "kind of forum"),
    "area": _count("area the forum covers; -1 for none", "int32"),
    "leader": _count("leader who gave the directive; -1 for none", "int16"),
    "channel": _of(CHANNELS, "channel chosen"),
    "gate": _of(GATES, "gate that opened or shut"),
    "package": _of(PACKAGES, "kind of work package"),
    "queue_class": _count("its class in the queue: 0 directive, 1 urgent, 2 normal, 3 low; -1 for none", "int8"),
    "is_outside": _flag("volunteers or other outsiders work on it"),
    "is_perfunctory": _flag("the work is perfunctory"),
    "activity": _of(ACTIVITIES, "what overhead hours were spent on"),
    "pot": _of(POTS, "pot of money"),
    "number": _count("which one, or how many, or as bits which gates; -1 for none", "int32"),
    "of": _count("out of how many; -1 for none", "int32"),
    "hours": Column("float64", "h", "hours needed, worked or charged; nan if it says nothing of hours"),
    "money": Column("float64", "k¥", "money; nan if it says nothing of money"),
    "days": Column("float64", "d", "delay, or time a promise held; nan if it says nothing of it"),
    "share": Column("float64", "1", "probability, authority, severity or satisfaction; nan if none"),
}


def _hours_of(meaning: str) -> Column:
    return Column("float64", "h", meaning)


_EMERGENCY = {
    "day": _count("day of an emergency; no row on other days", "int64"),
    "post_due_hours": _hours_of("asked for at gates"),
    "post_signed_hours": _hours_of("signed for at gates"),
    "post_filled_hours": _hours_of("truly kept at gates"),
    "delivery_due_hours": _hours_of("asked for by deliveries"),
    "delivery_signed_hours": _hours_of("signed for by those who deliver"),
    "delivery_done_hours": _hours_of("of deliveries truly done"),
    "check_due_hours": _hours_of("asked for by door checks"),
    "check_signed_hours": _hours_of("signed for by those who check doors"),
    "check_done_hours": _hours_of("of door checks truly done"),
    "n_breached": _count("communities with a post for which nobody signed", "int64"),
    "staff_hours": _hours_of("community staff on duty"),
    "firms_hours": _hours_of("guards of property firms at gates"),
    "pooled_hours": _hours_of("hours of the communities' pools"),
    "residents_hours": _hours_of("residents who help unasked"),
    "stewards_hours": _hours_of("stewards called up"),
    "members_hours": _hours_of("in-service members called up"),
    "supervision_hours": _hours_of("that hosting outsiders takes"),
    "desk_lost_hours": _hours_of("of departments' desks whose people are called up"),
    "staff_paid_hours": _hours_of("of community staff if all were on duty"),
}

COLUMNS: dict[str, dict[str, Column]] = {
    "issues": _ISSUES,
    "daily": _DAILY,
    "hours": _HOURS,
    "units": _UNITS,
    "ledger": _LEDGER,
    "money": _MONEY,
    "meetings": _MEETINGS,
    "emergency": _EMERGENCY,
    "moves": _MOVES,
}
"""Table -> column -> what it holds, in the order of the table."""
