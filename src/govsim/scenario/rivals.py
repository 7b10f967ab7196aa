"""Rival mechanisms that a mechanism may contain beside its 13 components, or instead of them (3.10, W8).

Each is a switch with knobs of its own and costs of its own; an intensity would have no meaning. RV4 and RV8 are negative
controls, not rivals: they stand beside the others to show what serving only the loud, or one thing at a time, does.
RV6 is the pair of controls of W5 (`cost_matched`, `money_matched`); RV9 are sums such as ``F1+RV10``.
"""

from pydantic import model_validator

from govsim.scenario.fields import Frozen, number, option


class Rival(Frozen):
    """A rival mechanism that can be switched on."""

    enabled: bool = option(False, "[A]", "3.10")


class Hotline(Rival):
    """RV1 Hotline 12345 接诉即办 [R13-R19]: one number to call, central dispatch, deadlines, a monthly ranking of who answers.

    Calling is easy, so more is voiced; whether that is heard is learned (`belief`). Orders go straight to the lead, come back at
    most `returns_max` times, then are assigned by force. The ranking sees response, closed tickets and what callers say when
    called back, never the truth [R19]; its pressure moves desk hours and effort as any pressure does (W8). Consultations, most of
    all calls [R14], cost seats and are nothing else. Left out: that callers package demands and rate in anger [R17], that units
    bargain about what counts [R18], merged lines and the pandemic, which make up a part of what R13 counts, pay and careers
    that hang on the ranking.
    """

    access_cost: float = number(1.2, "1", -50, 50, "[A]", "kappa")
    access_cost_ses: float = number(0.8, "1", 0, 5, "[A]", "3.7.18 voice bias; direction [V R20, R21]")
    belief: float = number(0.5, "1", 0, 1, "[A]", "initial; learned as any other")
    accuracy: float = number(0.75, "1", 0, 1, "[V-weak]", "p_disp; press claims, unsourced")
    returns_max: int = number(2, "1", 0, 50, "[A]", "3.7.18: then assigned by force")
    authority: float = number(0.4, "1", 0, 1, "[A]", "A_adm of an order, 3.7.18")
    residents_per_seat: float = number(60000.0, "residents", 100, 1e7, "[A]", "ruling 37; staffed round the clock")
    contact_hours: float = number(0.1, "h", 0, 8, "[A]", "per call, 3.10")
    consultations: float = number(1.4, "1", 0, 20, "[V]", "per demand; 58.5 % of calls, R14")
    coverage: float = number(0.3, "1", 0, 1, "[A]", "share of closed orders called back, 3.7.18")
    callback_hours: float = number(0.1, "h", 0, 8, "[A]", "3.10")
    weight_response: float = number(1.0, "1", 0, 1, "[A]", "in the ranking: work begun by the deadline")
    weight_closed: float = number(1.0, "1", 0, 1, "[A]", "in the ranking: ticket closed by the deadline")
    weight_satisfied: float = number(1.0, "1", 0, 1, "[A]", "in the ranking: satisfied when called back")
    ranking_pressure: float = number(0.6, "1", 0, 1, "[A]", "pi_R")
    reporting_hours: float = number(2.0, "h/month", 0, 100, "[A]", "per ranked unit")
    escalates: bool = option(True, "[A]", "W8: each subdistrict's worst overdue order goes to the leadership every month")
    escalation_hours: float = number(0.5, "h", 0, 24, "[A]", "of a leader, per order escalated")


class GridManagement(Rival):
    """RV3 Grid management 网格化管理 [R23-R30]: full-time staff look after a few hundred households each.

    They patrol and report what nobody voiced, fix small things themselves, and write reports; they have no authority of their own.
    Their hours come out of the community's desk unless funded (W8). Left out: the grid as an organ of surveillance and of
    safety-valve control [R25], platforms that dispatch to departments, part-time grid staff. Visits to households are counted.
    """

    households_per_worker: float = number(300.0, "households", 160, 400, "[V-weak]", "R28, R29")
    reporting_share: float = number(0.3, "1", 0, 1, "[A]", "of their hours, 3.10")
    patrol_share: float = number(0.5, "1", 0, 1, "[A]", "of the hours left; the rest is for small fixes")
    detection_efficiency: float = number(1.5, "1/h", 0, 100, "[A]", "psi")
    false_positive_share: float = number(0.15, "1", 0, 1, "[A]", "fp")
    fix_hours: float = number(4.0, "h", 0, 1000, "[A]", "longest part of work that is a small fix")
    visit_hours: float = number(0.25, "h", 0.01, 8, "[A]", "patrol hours per household visited, for the privacy counter only")
    kept_administration: float = number(1.0, "1", 0, 1, "[A]", "share of their former administration they go on with, as s = 0 of W7")
    funded: bool = option(False, "[A]", "W8: whole days on top of the staff")


class PetitionLed(Rival):
    """RV4 Petition-led firefighting 信访倒逼 [R45, R47]: what is petitioned goes first everywhere and reaches leaders.

    Left out: coercive control of petitioners (3.7.15), quotas on petition counts.
    """

    attention: float = number(0.8, "1", 0, 1, "[A]", "p_attn for petitions, baseline .2")
    reporting_hours: float = number(1.0, "h", 0, 40, "[A]", "per petition, by the community")


class WhistleBlow(Rival):
    """RV2 Whistle-blow 街乡吹哨、部门报到 [R09, R10]: a subdistrict summons the departments of an issue that has waited.

    Habituation wears it out as it does any summons (W8). Left out: the subdistrict's power to assess departments.
    """

    waiting_days: float = number(10.0, "d", 0, 3650, "[A]", "w_age: how long an issue waits before each whistle")
    response_days: float = number(2.0, "d", 0, 60, "[A]", "tau_w")
    summoned_hours: float = number(1.5, "h", 0, 40, "[A]", "per unit that comes, and for the subdistrict")
    authority: float = number(0.6, "1", 0, 1, "[A]", "A_w, the greater of .6 and .4 (3.7.18)")


class PropertyMarket(Rival):
    """RV5 Market and property management 市场化物业管理 [R72]: firms do their types for their whole compound, and live on what is paid.

    Each month more households pay where the firm's types satisfied more than a norm, fewer where less; the firm's hours follow. Who
    can pay may also help themselves with these types, at an access cost that falls with status. Compounds without a firm stay with
    the government, as does a compound whose firm nobody pays. Left out: owners' assemblies that change firms, price
    competition, court claims for unpaid fees.
    """

    fee_learning: float = number(0.1, "1/month", 0, 1, "[A]", "eta_phi")
    satisfaction_norm: float = number(0.5, "1", 0, 1, "[A]", "S_phi; S* by default")
    exit_cost_ses: float = number(1.0, "1", 0, 5, "[A]", "kappa_SES of private remedy: exit by ability to pay")


class Delegation(Rival):
    """RV7 Delegation 权力下放 [R10, R12]: types from a level up are decided one tier lower, where the work moves too.

    Decisions are packages of the lower desk as anywhere else (ruling 44). Left out: money and staff that may follow the power.
    """

    lowest_authority: int = number(3, "1", 2, 5, "[A]", "a_i from here up is lowered by 1")
    added_work_share: float = number(0.1, "1", 0, 2, "[A]", "more hours for people who are new to it")
    rework_share: float = number(0.1, "1", 0, 1, "[A]", "eps_d: the wrong work is done first")


class Campaign(Rival):
    """RV8 Campaign 运动式治理 [R41], a negative control (W8): every so often a share of all desks is pulled to the type with most open.

    Every worker hears of it in a meeting, every unit reports weekly, pulled workers lose time by switching and wait when there is
    nothing of the type; what is left when it ends has the lowest class. Left out: pressure and promotion at stake, extra authority
    across departments, which campaigns are also said to bring [R41].
    """

    interval_days: int = number(90, "d", 1, 3650, "[A]", "T_c")
    duration_days: int = number(14, "d", 1, 3650, "[A]", "D_c")
    desk_share: float = number(0.5, "1", 0, 1, "[A]", "share of the workers of every community, subdistrict and department")
    switching_loss: float = number(0.1, "1", 0, 0.9, "[A]", "of the pulled workers' pace, 3.10")
    meeting_hours: float = number(2.0, "h", 0, 40, "[A]", "per worker, at its start")
    reporting_hours: float = number(1.0, "h/week", 0, 40, "[A]", "per unit, while it lasts")

    @model_validator(mode="after")
    def _ends_before_the_next(self) -> "Campaign":
        if self.duration_days > self.interval_days:
            raise ValueError(f"duration_days {self.duration_days} is longer than interval_days {self.interval_days}")
        return self


class CaseManager(Rival):
    """RV10 Bilateral work with a case manager (W8): one named owner who asks and reminds often, without meetings.

    Each reminder is a round of asking and costs both sides as any other. Left out: the manager's authority, which is none.
    """

    ask_interval: float = number(3.0, "d", 0.1, 60, "[A]", "tau_b, baseline 7")
    opening_hours: float = number(0.5, "h", 0, 40, "[A]", "per issue that needs a department, by the community")
