"""Rival mechanisms that a mechanism may contain beside its 13 components, or instead of them (3.10, W8).

Each is a switch with knobs of its own and costs of its own; an intensity would have no meaning. RV4 is a negative control,
not a rival: it stands beside the others to show what serving only the loud does. RV6 is the pair of controls of W5
(`cost_matched`, `money_matched`); RV9 are sums such as ``F1+RV10``.
"""

from govsim.scenario.fields import Frozen, number, option


class Rival(Frozen):
    """A rival mechanism that can be switched on."""

    enabled: bool = option(False, "[A]", "3.10")


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


class Delegation(Rival):
    """RV7 Delegation 权力下放 [R10, R12]: types from a level up are decided one tier lower, where the work moves too.

    Decisions are packages of the lower desk as anywhere else (ruling 44). Left out: money and staff that may follow the power.
    """

    lowest_authority: int = number(3, "1", 2, 5, "[A]", "a_i from here up is lowered by 1")
    added_work_share: float = number(0.1, "1", 0, 2, "[A]", "more hours for people who are new to it")
    rework_share: float = number(0.1, "1", 0, 1, "[A]", "eps_d: the wrong work is done first")


class CaseManager(Rival):
    """RV10 Bilateral work with a case manager (W8): one named owner who asks and reminds often, without meetings.

    Each reminder is a round of asking and costs both sides as any other. Left out: the manager's authority, which is none.
    """

    ask_interval: float = number(3.0, "d", 0.1, 60, "[A]", "tau_b, baseline 7")
    opening_hours: float = number(0.5, "h", 0, 40, "[A]", "per issue that needs a department, by the community")
