"""The 13 components of 一轴三联三进, each with a switch, an intensity and its second knobs (3.8).

`intensity` x is 1 at the reference; 0 is bit for bit the same as switched off. What x means for
each component is in its docstring (rulings 18-23). Everything a component costs is here or in
`behaviour.py`; no component has a coefficient on any outcome.
"""

from typing import Literal

from pydantic import model_validator

from govsim.scenario.fields import Frozen, no_input, number, option
from govsim.scenario.own import Own
from govsim.scenario.rivals import (
    Campaign,
    CaseManager,
    Delegation,
    GridManagement,
    Hotline,
    PetitionLed,
    PropertyMarket,
    WhistleBlow,
)


class Component(Frozen):
    """A part of the mechanism that can be switched and dosed."""

    enabled: bool = option(False, "[A]", "3.8")
    intensity: float = number(1.0, "1", 0, 16, "[A]", "3.8: x")

    @property
    def dose(self) -> float:
        """The intensity in force: 0 when switched off."""
        return self.intensity if self.enabled else 0.0


class Meeting(Component):
    """A joint meeting. Intensity: sittings per reference interval (ruling 23: T = T_ref / x)."""

    interval: float = number(30.0, "d", 0.25, 730, "[A]", "T_ref")
    hours: float = number(2.0, "h", 0.25, 24, "[A]", "H_f; half a day at most [V R32]")
    core_attendees: int = number(13, "1", 1, 200, "[A]", "ruling 20")
    internal_share: float = number(0.25, "1", 0, 1, "[A]", "zeta, internal topics (S16)")
    authority_admin: float = number(0.0, "1", 0, 1, "[A]", "A_adm, 3.7.18")
    authority_party: float = number(0.0, "1", 0, 1, "[A]", "A_party, 3.7.18")
    slots: int | None = number(None, "1", 0, 1000000, "[A]", "K_f; computed when null")
    rules_jurisdiction: bool = option(True, "[A]", "3.8")
    rules_power: bool = option(True, "[A]", "3.8")
    rules_funds: bool = option(True, "[A]", "3.8")
    rules_interests: bool = option(False, "[A]", "3.8")


class CityMeeting(Meeting):
    """A1 City joint meeting 市联席会议: the command post."""

    interval: float = number(90.0, "d", 0.25, 730, "[A]", "T_ref")
    hours: float = number(2.5, "h", 0.25, 24, "[A]", "H_f")
    core_attendees: int = number(18, "1", 1, 200, "[A]", "3 leaders, 12 liaisons, 3 subdistricts")
    internal_share: float = number(0.3, "1", 0, 1, "[A]", "zeta")
    authority_admin: float = number(1.0, "1", 0, 1, "[A]", "A_adm")
    authority_party: float = number(1.0, "1", 0, 1, "[A]", "A_party")


class SubdistrictMeeting(Meeting):
    """A2 Subdistrict joint meeting 街道联席会议: the operator."""

    hours: float = number(2.5, "h", 0.25, 24, "[A]", "H_f")
    core_attendees: int = number(15, "1", 1, 200, "[A]", "3 staff, 4 communities, 8 liaisons")
    internal_share: float = number(0.3, "1", 0, 1, "[A]", "zeta")
    authority_admin: float = number(0.4, "1", 0, 1, "[A]", "A_adm")
    authority_party: float = number(0.5, "1", 0, 1, "[A]", "A_party")


class CommunityMeeting(Meeting):
    """A3 Community joint meeting 社区联席会议: the main attacker."""

    authority_party: float = number(0.3, "1", 0, 1, "[A]", "A_party")
    rules_power: bool = option(False, "[A]", "3.8: J and F only")
    pledged_hours: float = number(1.0, "h", 0, 100, "[A]", "per unit present and sitting")


class CompoundMeeting(Meeting):
    """A4 Compound joint meeting 小区联席会议: information and consent."""

    hours: float = number(1.5, "h", 0.25, 24, "[A]", "H_f")
    core_attendees: int = number(20, "1", 1, 200, "[A]", "2 staff, 18 residents")
    internal_share: float = number(0.1, "1", 0, 1, "[A]", "zeta")
    authority_party: float = number(0.1, "1", 0, 1, "[A]", "A_party")
    rules_jurisdiction: bool = option(False, "[A]", "3.8")
    rules_power: bool = option(False, "[A]", "3.8")
    rules_funds: bool = option(False, "[A]", "3.8")
    rules_interests: bool = option(True, "[A]", "3.8")
    group_effect: float = number(0.5, "1", 0, 1, "[A]", "p_per in a group session, ruling 44")


class PartTimeMembers(Component):
    """A5 Part-time members 兼职委员. Intensity: members per committee, x times the reference."""

    members_subdistrict: int = number(8, "1", 0, 30, "[A]", "n_ref; seed redacted")
    members_community: int = number(6, "1", 0, 30, "[A]", "n_ref; seed redacted")
    pledged_hours: float = number(1.0, "h/month", 0, 100, "[A]", "per member")


class CommunityBody(Component):
    """L1 Community co-building 社区联建. Coverage min(1, x); members M_ref * max(1, x)."""

    members: int = number(4, "1", 1, 100, "[A]", "M_ref, ruling 23")
    doorstep_station: bool = option(True, "[A]", "S24")
    """The body's law firm keeps a mediation station at the doorstep (S24)."""


class CompoundBody(Component):
    """L2 Compound co-governance 小区联治. Coverage min(1, x); members M_ref * max(1, x)."""

    members: int = number(6, "1", 1, 100, "[A]", "M_ref, ruling 23")
    member_hours: float = number(1.0, "h/month", 0, 100, "[A]", "offered by a resident member")
    fund_share: float = number(0.1, "1", 0, 2, "[A]", "F1 +10 %, paid by residents, ruling 39")
    familiarity: float = number(0.2, "1", 0, 1, "[A]", "omega_b +0.2, ruling 39")


class BuildingCare(Component):
    """L3 Building co-management 楼栋联管. Intensity: steward hours, x hours a week."""

    households_per_steward: float = number(20.0, "households", 5, 100, "[V]", "R28")
    steward_hours: float = number(1.0, "h/week", 0, 40, "[A]", "ruling 23")
    patrol_share: float = number(0.5, "1", 0, 1, "[A]", "rest: small fixes")
    detection_efficiency: float = number(1.5, "1/h", 0, 100, "[A]", "psi")
    false_positive_share: float = number(0.15, "1", 0, 1, "[A]", "fp")
    familiarity: float = number(0.2, "1", 0, 1, "[A]", "omega_b at full steward activity")


class ResponsibilityList(Component):
    """L4 Responsibility list 共建责任清单. Intensity: listed share of types, 1 - exp(-x)."""

    list_clarity: float = number(0.6, "1", 0, 1, "[A]", "clarity of a listed type")
    upkeep_hours: float = number(0.2, "h/month", 0, 100, "[A]", "per unit and listed type")
    rigidity: float = number(0.4, "1", 0, 5, "[A]", "rig: a0 - rig out of list")


class LeaderVisits(Component):
    """E1 City leaders' visits 市级领导走访. Intensity: visits a quarter, x times the reference."""

    visits_per_quarter: float = number(1.0, "1/quarter", 0, 90, "[A]", "v_ref; seed redacted")
    seeing_share: float = number(0.3, "1", 0, 1, "[A]", "p_see")
    directives_per_visit: int = number(2, "1", 0, 50, "[A]", "n_dir")
    directives_max: int = number(5, "1", 1, 50, "[A]", "A_max live per leader")
    staging: float = number(0.3, "1", 0, 1, "[A]", "st; staged visits [V-weak R40]")
    leader_hours: float = number(3.0, "h", 0, 24, "[A]", "h_leader")
    host_hours: float = number(6.0, "h", 0, 100, "[A]", "h_host")
    staging_hours: float = number(4.0, "h", 0, 100, "[A]", "h_stage, ruling W7")
    reporting_hours: float = number(1.0, "h", 0, 100, "[A]", "h_rep per directive")
    entourage: int = number(3, "1", 0, 12, "[A]", "n_ent departments, 2 h each")
    targeting: Literal["random", "worst", "petitions", "showcase"] = option("random", "[A]", "3.4 objectives")


class DepartmentPairing(Component):
    """E2 Department-community pairing 部门结对. Coverage min(1, x); events n_p * max(1, x)."""

    events_per_quarter: float = number(3.0, "1/quarter", 0, 90, "[A]", "n_p")
    event_hours: float = number(3.0, "h", 0, 24, "[A]", "h_p")
    people: int = number(4, "1", 0, 100, "[A]", "k")
    quality: float = number(0.5, "1", 0, 1, "[A]", "q: 0 ceremonial, 1 substantive")
    host_hours: float = number(2.0, "h", 0, 24, "[A]", "per event, at any q (ruling 44)")
    desk_share: float = number(0.5, "1", 0, 1, "[A]", "sigma: share taken from the desk")
    pairing_clarity: float = number(0.15, "1", 0, 1, "[A]", "cl_pair, ruling 36")
    quality_drift: float = number(0.0, "1/month", 0, 1, "[A]", "eta_q; an option, .05 in the specification, 3.7.12, ruling 40")


class BranchPairing(Component):
    """E3 Branch-branch pairing 支部共建. As E2, agency branches to compounds."""

    events_per_quarter: float = number(3.0, "1/quarter", 0, 90, "[A]", "n_p")
    event_hours: float = number(3.0, "h", 0, 24, "[A]", "h_p")
    people: int = number(4, "1", 0, 100, "[A]", "k")
    quality: float = number(0.5, "1", 0, 1, "[A]", "q")
    host_hours: float = number(2.0, "h", 0, 24, "[A]", "per event")
    desk_share: float = number(0.5, "1", 0, 1, "[A]", "sigma")
    quality_drift: float = number(0.0, "1/month", 0, 1, "[A]", "eta_q; an option, .05 in the specification, 3.7.12, ruling 40")


class InServiceMembers(Component):
    """E4 In-service members 在职党员进社区. Intensity: hours a month, x times the reference."""

    members_per_thousand: float = number(21.4, "1/1000", 0, 200, "[A]", "ruling 18")
    monthly_hours: float = number(1.0, "h/month", 0, 100, "[A]", "g_ref, ruling W6")
    mandate: float = number(0.5, "1", 0, 1, "[A]", "mu")
    work_time_share: float = number(0.5, "1", 0, 1, "[A]", "sigma_v")
    general_labour_share: float = number(0.5, "1", 0, 1, "[A]", "members offering general labour")


class Unchecked(Frozen):
    """What the placebo does without: while switched on nobody audits tickets or lists, and absent units get no memo (3.8)."""

    enabled: bool = option(False, "[A]", "3.8: ceremonial_all")


class Mechanism(Frozen):
    """A variant of the mechanism: which of the 13 components are on, and how much; which rivals are."""

    A1: CityMeeting = CityMeeting()
    A2: SubdistrictMeeting = SubdistrictMeeting()
    A3: CommunityMeeting = CommunityMeeting()
    A4: CompoundMeeting = CompoundMeeting()
    A5: PartTimeMembers = PartTimeMembers()
    L1: CommunityBody = CommunityBody()
    L2: CompoundBody = CompoundBody()
    L3: BuildingCare = BuildingCare()
    L4: ResponsibilityList = ResponsibilityList()
    E1: LeaderVisits = LeaderVisits()
    E2: DepartmentPairing = DepartmentPairing()
    E3: BranchPairing = BranchPairing()
    E4: InServiceMembers = InServiceMembers()
    RV1: Hotline = Hotline()
    RV2: WhistleBlow = WhistleBlow()
    RV3: GridManagement = GridManagement()
    RV4: PetitionLed = PetitionLed()
    RV5: PropertyMarket = PropertyMarket()
    RV7: Delegation = Delegation()
    RV8: Campaign = Campaign()
    RV10: CaseManager = CaseManager()
    unchecked: Unchecked = Unchecked()
    own: Own = no_input(Own())


class ExternalHours(Frozen):
    """Hours from outside the fixed staff, given by a schedule: the controls of ruling W5.

    `hours_by_skill` is hours a month for the whole city in each of the 8 skills, spread over
    communities by residents; `share_by_payer` says whose hours they are, in the order of the payers of a run.
    `staff_hours` is the money control: paid hours a month added to the
    desks of communities and departments in proportion to their capacity.
    """

    hours_by_skill: tuple[float, ...] = option((0.0,) * 8, "[A]", "ruling W5 (ii)", "h/month")
    share_by_payer: tuple[float, ...] = option((0.0,) * 9 + (1.0, 0.0, 0.0), "[A]", "ruling W5 (ii)", "1")
    staff_hours: float = number(0.0, "h/month", 0, 1e9, "[A]", "ruling W5 (iii)")

    @model_validator(mode="after")
    def _eight_skills(self) -> "ExternalHours":
        if len(self.hours_by_skill) != 8 or min(self.hours_by_skill) < 0:
            raise ValueError("hours_by_skill takes 8 numbers, none negative")
        if len(self.share_by_payer) != 12 or min(self.share_by_payer) < 0 or abs(sum(self.share_by_payer) - 1) > 1e-6:
            raise ValueError("share_by_payer takes 12 numbers, none negative, that sum to 1")
        return self
