"""The columns of a run: every array the compiled rules read and write, with its fields.

Numbers that rules compute with are float64 or int64. The narrow columns of `ISSUE` are for the log;
a rule that reads one widens it first (`int(x)`, `np.float64(x)`), so that compiled and interpreted
runs give the same bits. Times are days since start; in `ISSUE` they are durations since onset, in
days, and `nan` means "not yet".
"""

import functools
from typing import Any

import numpy as np

CACHE_LINE = 64
"""Bytes in a line of the processor's cache."""

# Issue status: the machine of 3.2.
LATENT, ROUTING, GATED, WORKING, CLOSED, RESOLVED, EXITED, LAPSED = range(8)
STATUSES = ("latent", "routing", "gated", "working", "closed", "resolved", "exited", "lapsed")

# State occupancy of ruling X2.
STATES = (
    "resolved", "falsely_closed", "open_ordinary", "open_petitioned",
    "open_law", "never_voiced", "lapsed", "exited",
)  # fmt: skip

# Channels of 3.7.3.
SILENCE, VIA_COMMUNITY, VIA_PETITION, VIA_LAW, VIA_PRIVATE, VIA_HOTLINE = range(6)
CHANNELS = ("silence", "community", "petition", "law", "private", "hotline")

# Gates of 3.7.6, as bits.
GATE_J, GATE_P, GATE_F, GATE_I = 1, 2, 4, 8
UNCLEAR_DUTY = 16
"""Flag J_i of 3.7.5: jurisdiction is disputed. With one department it makes gate J; with more, gate J
is there anyway and the flag lowers the odds of commitment."""
GATES = ("jurisdiction", "power", "funds", "interests")

# Kinds of unit, each a service station (3.7.7).
COMMUNITY, SUBDISTRICT, DEPARTMENT, PETITION_OFFICE, LEADERS, FIRM, MEDIATION, GRID = range(8)
UNITS = (
    "community", "subdistrict", "department", "petition_office",
    "leaders", "property_firm", "mediation_station", "grid",
)  # fmt: skip

# Kinds of package.
WORK, PERSUASION, DECISION_TASK, PETITION_CASE, AUDIT_TASK, LAW_CASE = range(6)
QUARREL_NUMBER = 14
"""Number of a package that is a dispute about works under way (SC2)."""

# Kinds of event, in no order of importance; ties go by (time, issue, kind, entity).
(COMPLETE, READY, CHOICE_DUE, OWNER_FOUND, ASK_DUE, QUEUE_DUE, AUDIT_DUE, PETITION_DUE,
 ATTENTION_ENDS, DEADLINE_NEAR, MEMO_DUE, DETECTION_DUE, DEADLINE_PASSED, INTERRUPTED,
 VISIT, WHISTLE, ROAD_FAILS, ORDER_ASKED, ORDER_DUE, PROGRAMME_DUE) = range(20)  # fmt: skip
N_EVENT_KINDS = 20

# Kinds of forum.
EXECUTIVE, A1, A2, A3, A4 = range(5)
FORUMS = ("executive", "A1", "A2", "A3", "A4")

# Who pays, and for what (3.7.16).
PAYERS = (
    "leaders", "departments", "subdistricts", "communities", "petition_office", "property_firms",
    "part_time_members", "organisations", "in_service_work", "in_service_leisure",
    "resident_volunteers", "residents",
)  # fmt: skip
(BY_LEADERS, BY_DEPARTMENTS, BY_SUBDISTRICTS, BY_COMMUNITIES, BY_PETITION_OFFICE, BY_FIRMS,
 BY_PART_TIME, BY_ORGANISATIONS, BY_MEMBERS_WORK, BY_MEMBERS_LEISURE, BY_VOLUNTEERS,
 BY_RESIDENTS) = range(12)  # fmt: skip
EXTERNAL_PAYERS = (
    "leaders", "part_time_members", "organisations", "in_service_work", "in_service_leisure",
    "resident_volunteers", "residents",
)  # fmt: skip
"""Hours from outside the fixed staff (ruling W5); so are those that nobody's desk has under `petition_office`, the hotline's seats."""

ACTIVITIES = (
    "service_substantive", "service_perfunctory", "persuasion", "decisions", "audit", "petitions",
    "meetings", "preparation", "hosting", "reporting", "routing", "coordination", "supervision",
    "pairing", "upkeep", "convening", "ceremonial", "visits", "patrol", "informing", "idle",
)  # fmt: skip
(SUBSTANTIVE, PERFUNCTORY, PERSUADING, DECIDING, AUDITING, PETITIONING, MEETING, PREPARING,
 HOSTING, REPORTING, TRIAGING, COORDINATING, SUPERVISING, PAIRING, UPKEEPING, CONVENING,
 CEREMONIAL, VISITING, PATROLLING, INFORMING, IDLING) = range(21)  # fmt: skip
N_ACTIVITIES = len(ACTIVITIES)

# Pots and what happens to money, k¥.
POTS = ("compound", "community", "subdistrict", "city", "operating", "household")

# An issue is two lines of the processor's cache: what most rules touch, then what few do.
ISSUE = np.dtype(
    [
        ("first_package", "i4"), ("next_in_community", "i4"),
        ("status", "i1"), ("obstacles", "u1"), ("closed_gates", "u1"), ("n_departments", "i1"),
        ("channel", "i1"), ("redo", "i1"), ("open_packages", "i1"), ("locus", "i1"),
        ("wrong", "i1"), ("served_by", "u1"), ("state_180", "i1"), ("state_365", "i1"),
        ("agendas", "u1"), ("law_pending", "i1"), ("petitions", "i1"), ("directives", "i1"),
        ("version", "i2"), ("choices", "i2"), ("n_affected", "i2"), ("asks", "i2"),
        ("severity", "f4"), ("hours", "f4"), ("voiced", "f4"), ("petitioned", "f4"),
        ("attention", "f4"), ("started", "f4"), ("hours_served", "f4"), ("hours_perfunctory", "f4"),

        ("fund", "f4"), ("triaged", "f4"), ("jurisdiction", "f4"), ("power", "f4"),
        ("funds", "f4"), ("interests", "f4"), ("released", "f4"), ("closed", "f4"),
        ("last_closed", "f4"), ("ended", "f4"), ("law", "f4"), ("satisfaction", "f4"),
        ("supporters", "i2"), ("parties", "i2"), ("contacts", "i2"),
        ("hops", "i1"), ("tiers", "i1"), ("lapses", "i1"), ("sittings", "i1"), ("retabled", "i1"),
        ("ruled_by", "u1"), ("detected_by", "i1"), ("pot", "i1"), ("put_off", "u2"),
    ],
    align=True,
)  # fmt: skip

# `household` counts within the building.
ARRIVAL = np.dtype([("onset", "f8"), ("key", "u8"), ("building", "i4"), ("household", "i2"), ("type", "i2")], align=True)

# A bit of an issue's `wrong`: an audit opened it again, so its work is done in earnest (ruling 14).
BY_AUDIT = 64

PACKAGE = np.dtype(
    [
        ("hours", "f8"), ("left", "f8"), ("release", "f8"), ("memo_authority", "f4"),
        ("issue", "i4"), ("station", "i4"), ("version", "i4"), ("next", "i4"),
        ("committed", "i2"), ("asked", "i2"), ("rounds", "i2"), ("promised", "u2"),
        ("stage", "i1"), ("department", "i1"), ("number", "i1"), ("kind", "i1"), ("skill", "i1"),
        ("queue_class", "i1"), ("mode", "i1"), ("in_service", "i1"), ("queued", "i1"), ("marks", "i1"), ("done", "i1"),
    ],
    align=True,
)  # fmt: skip

# `tie` says what kind of event it is, of whom and about which issue; `next` is the next event of the same slot of the calendar.
EVENT = np.dtype([("time", "f8"), ("tie", "i8"), ("version", "i4"), ("next", "i4")], align=True)
HEAP = np.dtype([("time", "f8"), ("tie", "i8"), ("event", "i8")])
MOVE = np.dtype([("day", "f8"), ("value", "f8"), ("issue", "i4"), ("who", "i4"), ("detail", "i4"), ("what", "i4")], align=True)
# A package's place in the line it stands in, by its row.
WAIT = np.dtype([("key", "f8"), ("tie", "i8"), ("previous", "i4"), ("next", "i4")], align=True)
LINE = np.dtype([("first", "i4"), ("last", "i4")])
N_CLASSES, N_SKILLS = 4, 8
LINES = N_CLASSES * N_SKILLS
"""Lines of a unit: by class, then by skill in a community; other units keep one for each class, under skill 0."""

NODE = np.dtype([("key", "f8"), ("tie", "i8"), ("content", "i4"), ("version", "i4"), ("left", "i4"), ("right", "i4")], align=True)

STATION = np.dtype(
    [
        ("kind", "i8"), ("area", "i8"), ("department", "i8"), ("first_worker", "i8"), ("n_workers", "i8"),
        ("n_extra", "i8"), ("payer", "i8"), ("level", "i8"), ("above", "i8"), ("key", "u8"),
        ("window", "f8"), ("window_today", "f8"), ("debt", "f8"), ("queued_hours", "f8"),
        ("queue_length", "i8"), ("lines", "i8"), ("norm", "f8"), ("memos", "f8"), ("directives", "f8"),
        ("listed_open", "f8"), ("listed_overdue", "f8"), ("available", "f8"), ("paid", "f8"),
        ("served", "f8"), ("incurred", "f8"), ("offered", "f8"), ("used_today", "f8"),
        ("available_today", "f8"), ("overdrawn", "f8"), ("summons", "f8"), ("summoned_day", "f8"),
    ]
)  # fmt: skip

WORKER = np.dtype(
    [
        ("station", "i8"), ("package", "i8"), ("version", "i8"), ("free_at", "f8"), ("ready_at", "f8"), ("done_at", "f8"),
        ("is_extra", "i8"), ("pool_skill", "i8"), ("efficiency", "f8"), ("carry", "f8"), ("activity", "i8"),
        ("hired", "f8"),
    ]
)  # fmt: skip

HOUSEHOLD = np.dtype(
    {
        "names": ("community", "petition", "law", "trust_community", "trust_city", "expectation", "ses", "hotline"),
        "formats": ("f8",) * 8,
        "itemsize": CACHE_LINE,
    }
)  # fmt: skip

# `community` is that of the compound, kept here too since nearly every rule asks for it.
BUILDING_RECORD = np.dtype(
    [
        ("compound", "i4"), ("community", "i4"), ("first_household", "i4"), ("n_households", "i4"),
        ("offset_community", "f8"), ("offset_petition", "f8"), ("offset_law", "f8"),
        ("offset_trust_community", "f8"), ("offset_trust_city", "f8"), ("hazard_rate", "f8"),
        ("mean_community", "f8"), ("mean_petition", "f8"), ("mean_law", "f8"),
        ("mean_trust_community", "f8"), ("mean_trust_city", "f8"),
        ("steward_motivation", "f8"), ("steward_fatigue", "f8"), ("steward_activity", "f8"),
    ]
)  # fmt: skip

COMPOUND_RECORD = np.dtype(
    [
        ("community", "i8"), ("type", "i8"), ("n_households", "i8"), ("firm", "i8"), ("has_body", "i8"),
        ("money", "f8"), ("inflow", "f8"),
        ("familiarity", "f8"), ("fee", "f8"),
    ]
)  # fmt: skip

COMMUNITY_RECORD = np.dtype(
    [
        ("subdistrict", "i8"), ("n_households", "i8"), ("open_head", "i8"), ("has_body", "i8"),
        ("is_paired", "i8"), ("doorstep", "i8"), ("money", "f8"), ("inflow", "f8"), ("pairing_clarity", "f8"),
        ("open_issues", "f8"), ("known_issues", "f8"), ("petitions", "f8"), ("confirmed", "f8"), ("confirmed_last", "f8"),
        ("mandated_share", "f8"), ("mandated_motivation", "f8"), ("pool_offered", "f8"),
        ("pool_substantive", "f8"), ("pool_perfunctory", "f8"), ("matters", "f8"),
        ("used_share", "f8"), ("substantive_share", "f8"), ("contribution_rate", "f8"),
    ]
)  # fmt: skip

SUBDISTRICT_RECORD = np.dtype([("first_community", "i8"), ("n_communities", "i8"), ("money", "f8"), ("inflow", "f8")])

FORUM_RECORD = np.dtype(
    [
        ("kind", "i8"), ("area", "i8"), ("key", "u8"), ("interval", "f8"), ("next", "f8"), ("phase", "f8"),
        ("hours", "f8"), ("slots", "i8"), ("roster", "i8"), ("authority", "f8"), ("level", "i8"),
        ("rules", "i8"), ("root", "i8"), ("sittings", "i8"), ("tabled", "f8"), ("ruled", "f8"),
        ("backlog", "i8"), ("internal", "f8"), ("part_time", "i8"), ("is_new", "i8"),
    ]
)  # fmt: skip

# Promises of a package: none, bilateral, at a meeting, to an order; or assigned by force, which is no promise (RV1).
NO_PROMISE, BILATERAL, AT_MEETING, TO_ORDER, ASSIGNED = range(5)

# The hotline (RV1): its seats, its order about each issue, who is ranked, what each subdistrict would send upward, belief in it.
HOTLINE = np.dtype([("free_at", "f8")])
ORDER = np.dtype(
    [("placed", "f4"), ("hours", "f4"), ("number", "i2"), ("returns", "i1"), ("settled", "i1"), ("assigned", "i1")], align=True
)
RANKING = np.dtype(
    [
        ("due", "f8"), ("responded", "f8"), ("closed", "f8"), ("called", "f8"), ("satisfied", "f8"),
        ("score", "f8"), ("pressure", "f8"),
    ]
)  # fmt: skip
NOMINATION = np.dtype([("issue", "i8"), ("score", "f8")])
HOTLINE_BELIEF = np.dtype([("offset_hotline", "f8"), ("mean_hotline", "f8")])

INTERRUPTION = np.dtype([("community", "i8"), ("day", "f8"), ("hours", "f8")])
LEADER_RECORD = np.dtype([("key", "u8"), ("live", "i8"), ("oldest", "i8")])
ORGANISATION_RECORD = np.dtype(
    [
        ("community", "i8"),
        ("skill", "i8"),
        ("hours", "f8"),
        ("stake", "f8"),
        ("gives", "i8"),
        ("key", "u8"),
        ("law", "i8"),
    ]
)
MEMBER_RECORD = np.dtype(
    [
        ("community", "i4"), ("department", "i1"), ("skill", "i1"), ("active", "i1"), ("on_roster", "i1"),
        ("affect", "f4"), ("responsibility", "f4"), ("motivation", "f4"), ("fatigue", "f4"),
    ],
    align=True,
)  # fmt: skip

# A function of one's own: its address (0: none) and what it may return; and a component of one's own.
RULE = np.dtype([("address", "u8"), ("low", "f8"), ("high", "f8")])
OWN_RECORD = np.dtype([("number", "i8"), ("intensity", "f8"), ("giver", "i8"), ("payer", "i8"), ("activity", "i8")])

SITTING = np.dtype(
    [
        ("day", "i8"), ("kind", "i8"), ("area", "i8"), ("present", "i8"), ("roster", "i8"), ("slots", "i8"),
        ("tabled", "i8"), ("ruled", "i8"), ("backlog", "i8"), ("hours", "f8"),
    ]
)  # fmt: skip

DAILY = np.dtype(
    [
        ("arrived", "i8"), ("voiced", "i8"), ("closed", "i8"), ("resolved", "i8"), ("exited", "i8"), ("lapsed", "i8"),
        ("petitions", "i8"), ("reopened", "i8"),
        ("detected", "i8"), ("spurious", "i8"), ("directives", "i8"),
        ("commitments", "i8"), ("asks", "i8"), ("lapsed_commitments", "i8"), ("queued_hours", "f8"),
        ("debt_hours", "f8"), ("overbooked", "f8"), ("trust_community", "f8"), ("trust_city", "f8"),
        ("expectation", "f8"), ("roster", "i8"), ("active_members", "i8"), ("fatigue", "f8"),
        ("offered_hours", "f8"), ("used_hours", "f8"), ("orders", "i8"), ("assigned", "i8"),
        ("left", "i8"), ("department_quality", "f8"), ("branch_quality", "f8"),
    ]
)  # fmt: skip

# A day of an emergency (SC1), hours unless said otherwise: asked for, signed for, and truly done; then who gave them.
DUTY = np.dtype(
    [
        (name, "f8")
        for name in (
            "post_due", "post_signed", "post_filled", "delivery_due", "delivery_signed", "delivery_done",
            "check_due", "check_signed", "check_done", "n_breached",
            "staff", "firms", "pooled", "residents", "stewards", "members", "supervision", "desk_lost", "staff_paid",
            "members_offered",
        )
    ]
)  # fmt: skip

# A community on a day of an emergency: its staff's hours beside the desk, gates, hours of guards, of stewards and members who would
# come, their share called up; and the most people who came on a day so far.
POST = np.dtype([(name, "f8") for name in ("beside", "gates", "guards", "stewards", "members", "called", "people")])

MARKET = np.dtype([("share", "f8"), ("satisfaction", "f8"), ("judged", "f8")])

KIND_RECORD = np.dtype(
    [
        ("authority", "i8"), ("skill", "i8"), ("scope", "i8"), ("hours_mean", "f8"), ("hours_mu", "f8"),
        ("hours_sigma", "f8"), ("fund_mu", "f8"), ("fund_share", "f8"), ("p_jurisdiction", "f8"), ("p_power", "f8"),
        ("p_funds_given_fund", "f8"), ("p_interests", "f8"), ("deadline", "f8"), ("patience", "f8"),
        ("petition_factor", "f8"), ("private_remedy", "i8"), ("property_firm", "i8"), ("urgent", "i8"),
        ("queue_class", "i8"), ("mediated", "i8"), ("serial", "i8"), ("listed", "i8"), ("delegated", "i8"), ("open", "i8"),
        ("other_scope", "i8"), ("other_scope_share", "f8"),
    ]
)  # fmt: skip

# Rows of the scenarios SC2, SC3 and SC5 (3.13); one unused row each while they are off.
N_STAGES = 6
"""Stages of a renovation, in their order: survey, design, pipes, roads, greening, handover."""
STAGES_OF_WORK = ("survey", "design", "pipes", "roads", "greening", "handover")
RENOVATION = np.dtype(
    [
        ("issue", "i8"), ("compound", "i8"), ("first_owner", "i8"), ("n_owners", "i8"), ("key", "u8"),
        ("is_called", "i8"), ("ballots", "i8"), ("participation", "f8"), ("approval", "f8"), ("initial", "i8"),
        ("from_city", "f8"), ("from_compound", "f8"), ("from_community", "f8"), ("from_owners", "f8"),
        ("dissenters", "i8"), ("quarrels", "i8"), ("quarrels_mediated", "i8"), ("quarrels_settled", "i8"),
        ("quarrels_petitioned", "i8"), ("quarrels_law", "i8"), ("quarrels_silent", "i8"),
        ("quarrels_private", "i8"), ("satisfaction", "f8"),
        ("upkeep_needed", "f8"), ("upkeep_firm", "f8"), ("upkeep_pool", "f8"),
    ]
)  # fmt: skip
OWNER = np.dtype(
    [("household", "i4"), ("building", "i4"), ("area", "f8"), ("is_low", "i1"), ("is_old", "i1"), ("supports", "i1")], align=True
)
STAGE = np.dtype([("start", "f8"), ("end", "f8"), ("hours", "f8"), ("redig", "f8")])
FACILITY = np.dtype(
    [
        ("community", "i8"), ("key", "u8"), ("first_building", "i8"), ("n_buildings", "i8"), ("first_household", "i8"),
        ("n_households", "i8"), ("first_server", "i8"), ("n_staff", "i8"), ("ses_low", "f8"), ("ses_high", "f8"),
        ("month", "i8"), ("level", "f8"), ("load", "f8"), ("days_open", "f8"), ("staff_hours", "f8"), ("staff_busy_hours", "f8"),
        ("volunteer_hours", "f8"), ("unskilled_hours", "f8"), ("money", "f8"),
    ]
)  # fmt: skip
SERVER = np.dtype([("free_at", "f8"), ("until", "f8"), ("efficiency", "f8")])
FACILITY_MONTH = np.dtype([(n, "f8") for n in ("wanted", "came", "served", "in_time", "wait_hours", "busy_hours", "days")])
N_GROUPS = 7
"""Groups whose unmet need is counted: thirds of status, then types of compound."""
CHANNEL_MONTH = np.dtype(
    [(f"chose_{n}", "f8") for n in CHANNELS]
    + [(n, "f8") for n in (
        "petitions", "repeats", "attended", "station_cases", "station_won", "station_lost", "court_cases", "court_won", "court_lost",
        "station_queue", "belief_community", "belief_petition", "belief_law",
    )]
)  # fmt: skip

DAYS_A_MONTH = 365.0 / 12.0

COUNTER_FIELDS_INT = (
    "today", "slot", "slots_per_day", "next_arrival", "n_issues", "heap_size", "ahead_event", "ahead_issue", "ahead_place",
    "n_sittings", "n_waiting", "overflow",
    "is_workday", "desks_open", "attention_live", "month", "mechanism_on", "n_processed",
    "n_visits", "workdays_left", "campaign_type", "campaign_start", "n_campaigns", "n_first_asks", "whistles_since",
)  # fmt: skip
COUNTER_FIELDS_FLOAT = (
    "belief_scale", "trust_scale", "money_city", "inflow_city", "reserved", "spent", "operating",
    "household_money", "pledged_money", "opening_time", "sum_trust_community",
    "sum_trust_city", "sum_expectation", "sum_first_promise", "sum_first_slope",
)  # fmt: skip
COUNTERS = np.dtype([(n, "i8") for n in COUNTER_FIELDS_INT] + [(n, "f8") for n in COUNTER_FIELDS_FLOAT])

# Pools of rows that are used, given back and used again: the one given back last (-1: none), rows ever used, rows in use.
PACKAGES, EVENTS, NODES, MOVE_ROWS = range(4)
POOLED = ("packages", "events", "nodes", "moves")
POOL_RECORD = np.dtype([("free", "i8"), ("used", "i8"), ("live", "i8")])

KIND_TABLE = 34


class Rows(np.ndarray):
    """Rows with fields, which are attributes too, as of `numpy.recarray`, which goes through Python for every attribute of an array."""

    def __getattr__(self, name: str) -> Any:
        """A field; asked for only where an array has no such attribute."""
        if self.dtype.names is None or name not in self.dtype.names:
            raise AttributeError(f"rows have no field {name}")
        return self[name].view(np.ndarray)

    def __setattr__(self, name: str, value: Any) -> None:
        """Write a field of all rows."""
        self[name] = value


@functools.cache
def _of_records(dtype: np.dtype) -> np.dtype:
    """The same row, one of which has its fields as attributes."""
    return np.dtype((np.record, dtype))


def as_rows(array: np.ndarray) -> Rows:
    """An array of rows as `Rows`; no copy."""
    return array.view(_of_records(array.dtype)).view(Rows)


def blank(dtype: np.dtype, n: int) -> Rows:
    """`n` zeroed rows, the first at the start of a cache line."""
    size = max(int(n), 1) * dtype.itemsize
    raw = np.zeros(size + CACHE_LINE, np.uint8)
    first = -raw.ctypes.data % CACHE_LINE
    return as_rows(raw[first : first + size].view(dtype))
