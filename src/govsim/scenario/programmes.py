"""Three scenarios that bring rules of their own: renovation, disputes, convenience services (3.13 SC2, SC3, SC5).

Each is a switch with its inputs, off by default, and the same under every variant.
"""

from typing import Literal

from pydantic import model_validator

from govsim.scenario.fields import Frozen, number, option


class Renovation(Frozen):
    """SC2: a programme that renovates old compounds 老旧小区改造 (3.13, 3.7.6; rulings 4, 9, 12).

    Eligible compounds apply at moments of their own. Owners differ by floor and age; consent is the Civil Code's
    (art. 278). The compound meeting (A4) informs and mediates, the owners' assembly votes: two bodies, a switch each.
    """

    enabled: bool = option(False, "[A]", "3.13")
    start: int = number(30, "d", 0, 36500, "[A]", "first day of applications, after the burn-in")
    application_days: int = number(30, "d", 1, 3650, "[A]", "days over which compounds apply")
    compound_share: float = number(0.05, "1", 0, 1, "[A]", "3.13: 3 of 60; at least one, of old and work-unit compounds")
    reference_households: float = number(360.0, "households", 1, 1e5, "[A]", "3.13: size whose hours and money are those of RENO")
    support_mean: float = number(0.45, "1", 0.01, 0.99, "[A]", "3.13: owners in favour at first")
    support_concentration: float = number(10.0, "1", 0.1, 1e4, "[A]", "of the Beta of each kind of owner")
    low_floor_share: float = number(0.33, "1", 0, 1, "[A]", "owners on low floors, who gain less")
    low_floor_gap: float = number(0.2, "1", 0, 0.9, "[A]", "by how much fewer of them are in favour")
    old_share: float = number(0.4, "1", 0, 1, "[A]", "older owners, who pay from pensions")
    old_gap: float = number(0.1, "1", 0, 0.9, "[A]", "by how much fewer of them are in favour")
    area_cv: float = number(0.25, "1", 0, 2, "[A]", "of an owner's floor area; consent is by area and by number")
    assembly: bool = option(True, "[A]", "ruling 4")
    """The owners' assembly votes; without it signatures suffice, as many as the law's least (ruling 4)."""
    notice_days: float = number(15.0, "d", 0, 365, "[M]", "notice of an owners' assembly")
    turnout_for: float = number(0.9, "1", 0, 1, "[A]", "owners in favour who take part in a ballot")
    turnout_against: float = number(0.5, "1", 0, 1, "[A]", "other owners who do")
    recall_share: float = number(0.05, "1", 0, 1, "[A]", "further owners to win before the next call")
    ballot_hours: float = number(0.05, "h", 0, 8, "[A]", "of the community, an owner and ballot")
    voting_hours: float = number(0.25, "h", 0, 8, "[A]", "of a resident who votes")
    subsidy_share: float = number(0.6, "1", 0, 1, "[A]", "ruling 12: city's window; it also gives what is lacking")
    copay_share: float = number(0.2, "1", 0, 1, "[A]", "ruling 12: residents")
    in_order: bool = option(True, "[A]", "ruling 9")
    """Stages wait for each other; else all start at once, and dig again (ruling 9)."""
    redig_factor: float = number(1.3, "1", 1, 10, "[A]", "ruling 9: hours of a stage that did not wait")
    quarrel_share: float = number(0.1, "1", 0, 1, "[A]", "owners not in favour who quarrel with the works")
    quarrel_hours: float = number(10.0, "h", 0, 1000, "[A]", "of mediation, as DISP in 3.11")
    upkeep_hours: float = number(0.02, "h/month", 0, 100, "[A]", "upkeep a household after the works")

    @model_validator(mode="after")
    def _shares(self) -> "Renovation":
        if self.subsidy_share + self.copay_share > 1 + 1e-9:
            raise ValueError(f"subsidy_share {self.subsidy_share:g} and copay_share {self.copay_share:g} sum to more than 1")
        return self


class Dispute(Frozen):
    """SC3: a community that believes in petitions rather than in law 信访不信法, and a law firm that mediates there (3.13, S24)."""

    enabled: bool = option(False, "[A]", "3.13")
    community: int = number(0, "1", 0, 100000, "[A]", "index of the community")
    station: Literal["mechanism", "always", "never"] = option("mechanism", "[A]", "S24")
    """Who has the doorstep station there from the end of the burn-in: variants with L1 as they have it, all, or none."""
    pro_bono_hours: float = number(40.0, "h/month", 1, 10000, "[A]", "3.13: what the law firm offers there")
    mediator_skill: float = number(0.8, "1", 0, 1, "[A]", "of the mediators there; 0.8 wins the usual share of cases")
    belief_gap: float = number(0.1, "1", -0.7, 0.7, "[A]", "petition over law, at first, there; around their usual mean")


class Convenience(Frozen):
    """SC5: a canteen or service desk 便民服务 in some communities: a queue of its own with opening hours (3.13).

    Staff are paid beside the desk, volunteers of the community's pool take the seats left for them. The more were
    served in time the month before, the more of those who need it come.
    """

    enabled: bool = option(False, "[A]", "3.13")
    start: int = number(0, "d", 0, 36500, "[A]", "opening, days after the burn-in")
    community_share: float = number(0.25, "1", 0, 1, "[A]", "communities with a facility; at least one")
    opening_hour: float = number(10.0, "h", 0, 23, "[A]", "of the day")
    opening_hours: float = number(5.0, "h", 0.5, 24, "[A]", "a day; 24: round the clock")
    days_a_week: int = number(5, "d", 1, 7, "[A]", "from Monday")
    households_per_server: float = number(900.0, "households", 1, 1e6, "[A]", "staff, at least one")
    need_share: float = number(0.2, "1", 0.01, 1, "[A]", "households that need it, such as those of the old")
    visits_per_household: float = number(0.15, "1/d", 0, 100, "[A]", "times each of them does, a day it is open")
    service_hours: float = number(0.25, "h", 0.001, 24, "[A]", "mean of a visit")
    service_cv: float = number(0.5, "1", 0, 10, "[A]", "coefficient of variation")
    service_distribution: Literal["lognormal", "exponential"] = option("lognormal", "[A]", "3.13: M/G/c")
    wait_target: float = number(0.25, "h", 0, 24, "[A]", "served in time")
    volunteers_from_load: float = number(0.6, "1", 0, 100, "[A]", "load of the staff alone, last month, above which volunteers are called")
    volunteer_seats: int = number(2, "1", 0, 20, "[A]", "servers that volunteers can be")
    unskilled_supervision: float = number(0.25, "h/h", 0, 10, "[A]", "beyond a volunteer's usual, for general labour")
    desk_hours: float = number(1.0, "h", 0, 24, "[A]", "of the community's desk, a day open")
    visit_cost: float = number(0.01, "k¥", 0, 100, "[A]", "of a visit served")
    take_up_intercept: float = number(-1.0, "1", -50, 50, "[A]", "u_0")
    first_level: float = number(0.5, "1", 0, 1, "[A]", "share served in time that people expect in the first month")
    take_up_service: float = number(2.0, "1", 0, 20, "[A]", "u_q: weight of the share served in time")
    take_up_ses: float = number(0.4, "1", 0, 5, "[A]", "u_s: access cost, 3.7.18 voice bias")
