"""What befalls residents: issue types, how often, how hard (3.7.1, 3.11).

Rulings 10, 11, 25, 35, 45 of `model.md`.
"""

from typing import Any, Literal

from pydantic import model_validator

from govsim.scenario.fields import Frozen, number, option

DEPARTMENTS = (
    "housing", "urban_management", "municipal_traffic", "public_security", "justice",
    "civil_affairs", "human_resources", "finance", "environment", "health",
    "utilities", "natural_resources",
)  # fmt: skip
"""住建 城管 市政交通 公安 司法 民政 人社 财政 环保 卫健 公用事业 自然资源 (ruling 10: finance for market)."""

SKILLS = (
    "law_mediation", "engineering", "enforcement", "health",
    "social_work", "admin_policy", "project_finance", "general_labour",
)  # fmt: skip
"""3.7.18. Adjacent: law-admin, engineering-project, health-social work, social work-mediation."""

COMPOUND_TYPES = ("old_unmanaged", "work_unit", "commodity", "resettlement")
"""Kinds of compound 小区, in the order of the codes in `CityTables.compound_type`."""

Scope = Literal["household", "building", "compound", "community"]
OTHER_SCOPE_SHARE = 0.3
"""Of the issues of a type with two scopes, those of the second (ruling 35)."""


class IssueType(Frozen):
    """One row of the taxonomy (3.11). Shares and hours are [A] unless said otherwise."""

    code: str
    share: float = number(0.1, "1", 0, 1, "[A]", "w; ranking [V] 3.11")
    scope: Scope = option("building", "[A]", "3.11")
    other_scope: Scope | None = option(None, "[A]", "3.11")
    """Who is affected by some of the issues instead (ruling 35)."""
    other_scope_share: float = number(OTHER_SCOPE_SHARE, "1", 0, 1, "[A]", "ruling 35")
    authority: int = number(1, "1", 1, 5, "[A]", "a: lowest level that may decide")
    n_departments: tuple[float, ...] = option((1.0,), "[A]", "m pmf, 3.11")
    """Probabilities of needing 0, 1, 2 ... departments."""
    departments: tuple[str, ...] = option((), "[A]", "3.11")
    """In the order they are called in: the first is the lead (ruling 10)."""
    skill: str = option("general_labour", "[A]", "3.11")
    hours: float = number(4.0, "h", 0.001, 1e5, "[A]", "mean person-hours")
    hours_cv: float = number(1.0, "1", 0, 10, "[A]", "coefficient of variation")
    fund: float = number(0.0, "k¥", 0, 1e6, "[A]", "mean money need, lognormal cv 1")
    fund_share: float = number(0.0, "1", 0, 1, "[A]", "share of issues that need money")
    p_jurisdiction: float = number(0.0, "1", 0, 1, "[A]", "P(J)")
    p_power: float = number(0.0, "1", 0, 1, "[A]", "P(P)")
    p_funds: float = number(0.0, "1", 0, 1, "[A]", "P(F), at most fund_share (ruling 11)")
    p_interests: float = number(0.0, "1", 0, 1, "[A]", "P(I)")
    deadline: float = number(15.0, "d", 0.01, 3650, "[A]", "deadline class in every variant, X4")
    patience: float = number(30.0, "d", 0.01, 1e6, "[A]", "mean")
    months: tuple[float, ...] = option((1.0,) * 12, "[A]", "phi, 3.11")
    """Seasonal factor, divided by its mean (ruling 35)."""
    compound_factors: tuple[float, ...] = option((1.6, 1.0, 1.0, 1.2), "[A]", "chi, 3.11")
    """Factor by compound type, normalised to a household-weighted mean of 1 (ruling 35)."""
    petition_factor: float = number(1.0, "1", 0, 10, "[A]", "on the weight of severity")
    private_remedy: bool = option(False, "[A]", "ruling 16")
    property_firm: bool = option(False, "[A]", "3.7.18")
    """The compound's firm takes its share of these where there is one (3.7.18)."""
    urgent: bool = option(False, "[A]", "ruling 28")
    queue_class: int = number(2, "1", 1, 3, "[A]", "3.7.7: 1 urgent, 2 normal, 3 low")

    @model_validator(mode="after")
    def _consistent(self) -> "IssueType":
        if abs(sum(self.n_departments) - 1) > 1e-6 or min(self.n_departments) < 0:
            raise ValueError(f"n_departments of {self.code} must be shares that sum to 1")
        if len(self.n_departments) - 1 > len(self.departments):
            raise ValueError(f"{self.code} may need {len(self.n_departments) - 1} departments but names {len(self.departments)}")
        for names, known in ((self.departments, DEPARTMENTS), ((self.skill,), SKILLS)):
            for name in names:
                if name not in known:
                    raise ValueError(f"{self.code} names {name!r}; there are {', '.join(known)}")
        if self.p_funds > self.fund_share:
            raise ValueError(f"p_funds of {self.code} is above its fund_share")
        if len(self.months) != 12 or len(self.compound_factors) != 4:
            raise ValueError(f"{self.code} needs 12 month and 4 compound factors")
        for factors in (self.months, self.compound_factors):
            if min(factors) < 0 or sum(factors) <= 0:
                raise ValueError(f"a factor of {self.code} is negative, or all of them are zero")
        return self


def _season(factor: float, *months: int) -> tuple[float, ...]:
    """Twelve factors: `factor` in the months named, 1 elsewhere."""
    return tuple(factor if m + 1 in months else 1.0 for m in range(12))


def _type(
    code: str, share: float, scope: Scope, authority: int, pmf: tuple[float, ...],
    departments: tuple[str, ...], skill: str, hours: float, cv: float, fund: tuple[float, float],
    obstacles: tuple[float, float, float, float], deadline: float, patience: float, **more: Any,
) -> IssueType:  # fmt: skip
    """One row of the table: `fund` is (mean, share), `obstacles` are P(J), P(P), P(F), P(I)."""
    j, p, f, i = obstacles
    return IssueType(
        code=code, share=share, scope=scope, authority=authority, n_departments=pmf,
        departments=departments, skill=skill, hours=hours, hours_cv=cv, fund=fund[0],
        fund_share=fund[1], p_jurisdiction=j, p_power=p, p_funds=f, p_interests=i,
        deadline=deadline, patience=patience, **more,
    )  # fmt: skip


def standard_types() -> tuple[IssueType, ...]:
    """Return the 15 types of 3.11 as mended by rulings 10, 11 and 45.

    RENO's share is in SH; its own rate is `Demand.renovation_rate`.
    """
    double = (2.0, 1.0, 1.0, 1.2)
    return (
        _type("PM", 0.155, "compound", 1, (0.75, 0.25), ("housing",), "law_mediation", 4, 1.0, (0, 0),
              (0.10, 0.10, 0, 0.35), 15, 30, compound_factors=(0.3, 1.0, 1.5, 1.2), property_firm=True),
        _type("SH", 0.111, "building", 1, (0.75, 0.25), ("housing",), "engineering", 8, 1.2, (3, 0.5),
              (0.10, 0.05, 0.40, 0.25), 7, 14, months=_season(1.5, 7, 8), compound_factors=double,
              private_remedy=True, property_firm=True),
        _type("PARK", 0.08, "compound", 3, (0, 0.5, 0.5), ("public_security", "urban_management"),
              "enforcement", 5, 0.8, (1, 0.2), (0.25, 0.40, 0.10, 0.30), 15, 30, other_scope="community"),
        _type("NOISE", 0.09, "building", 4, (0, 0.7, 0.3),
              ("environment", "urban_management", "public_security"), "enforcement", 4, 0.8, (0, 0),
              (0.45, 0.25, 0, 0.30), 7, 10, months=_season(1.6, 6, 7, 8), other_scope="community"),
        _type("ORDER", 0.07, "community", 4, (0, 0.4, 0.4, 0.2),
              ("urban_management", "housing", "natural_resources"), "enforcement", 12, 1.0, (0, 0),
              (0.30, 0.50, 0, 0.45), 15, 45),
        _type("ROAD", 0.06, "community", 4, (0, 0.4, 0.4, 0.2),
              ("municipal_traffic", "utilities", "housing"), "engineering", 16, 1.2, (15, 0.6),
              (0.35, 0.20, 0.50, 0.10), 15, 45, months=_season(1.8, 3, 4)),
        _type("UTIL", 0.11, "building", 4, (0, 1.0), ("utilities",), "engineering", 5, 1.0, (2, 0.3),
              (0.15, 0.10, 0.15, 0.05), 3, 4, months=_season(2.5, 11, 12, 1, 2), private_remedy=True, other_scope="compound"),
        _type("ENV", 0.084, "compound", 2, (0.6, 0.4), ("urban_management",), "general_labour", 3, 0.7,
              (0.5, 0.2), (0.10, 0.05, 0.10, 0.10), 7, 14, months=_season(1.3, 6, 7, 8),
              compound_factors=double, property_firm=True, other_scope="community"),
        _type("CONV", 0.06, "community", 2, (0.6, 0.4), ("civil_affairs",), "social_work", 6, 1.0,
              (3, 0.4), (0.10, 0.10, 0.30, 0.15), 15, 60, private_remedy=True),
        _type("DISP", 0.08, "building", 1, (0.8, 0.2), ("justice",), "law_mediation", 10, 1.0, (0, 0),
              (0.05, 0.10, 0, 0.85), 15, 30, months=_season(1.3, 2), petition_factor=1.2,
              private_remedy=True, other_scope="compound"),
        _type("LAB", 0.04, "household", 4, (0, 0.8, 0.2), ("human_resources", "justice"),
              "law_mediation", 6, 1.0, (0, 0), (0.15, 0.20, 0, 0.40), 15, 20, months=_season(2.0, 1),
              petition_factor=1.5, private_remedy=True),
        _type("SAFE", 0.03, "building", 3, (0, 0.5, 0.4, 0.1),
              ("public_security", "housing", "urban_management"), "engineering", 6, 0.8, (2, 0.4),
              (0.30, 0.25, 0.25, 0.25), 3, 15, compound_factors=double, urgent=True, other_scope="compound"),
        _type("RENO", 0.0, "compound", 5, (0, 0, 0, 0, 0.4, 0.4, 0.2),
              ("housing", "natural_resources", "utilities", "municipal_traffic", "civil_affairs",
               "urban_management"), "project_finance", 400, 0.8, (1500, 1.0),
              (0.60, 0.70, 0.95, 0.90), 365, 180, petition_factor=1.5),
        _type("LAND", 0.015, "compound", 5, (0, 0, 0, 0.3, 0.4, 0.3),
              ("natural_resources", "housing", "justice", "civil_affairs", "public_security"),
              "law_mediation", 60, 1.0, (100, 0.4), (0.70, 0.70, 0.40, 0.70), 90, 90,
              petition_factor=2.5, other_scope="household"),
        _type("HEALTH", 0.015, "building", 2, (0.5, 0.5), ("health",), "health", 2, 0.6, (0.2, 0.3),
              (0.05, 0.05, 0.05, 0.10), 1, 2, urgent=True, other_scope="community"),
    )  # fmt: skip


class Demand(Frozen):
    """Arrivals of latent issues: a Poisson process in each building, in the city's operational time."""

    issues_per_household_year: float = number(0.65, "1/yr", 0, 50, "[V]", "r; dispatched orders, 3.12")
    types: tuple[IssueType, ...] = standard_types()
    renovation_rate: float = number(0.1, "1/yr", 0, 10, "[A]", "per old or work-unit compound, ruling 45")
    weekday_factor: tuple[float, ...] = option((1.0,) * 7, "[A]", "3.7.1")
    """Monday to Sunday, mean 1."""
    month_factor: tuple[float, ...] = option((1.0,) * 12, "[A]", "3.7.1")
    """January to December, mean 1, beyond the seasons of the types."""
    daily_variance: float = number(0.0, "1", 0, 10, "[V]", "of a gamma day factor; over-dispersion")
    hours_distribution: Literal["lognormal", "exponential"] = option("lognormal", "[A]", "3.11")
    package_hours: Literal["split", "independent"] = option("split", "[A]", "ruling 6")
    """`split`: one draw an issue, divided among its units (ruling 6); `independent`: a draw each."""
    profile: str = "model"
    """Where shares and rhythms come from; carried into captions."""

    @model_validator(mode="after")
    def _consistent(self) -> "Demand":
        codes = [t.code for t in self.types]
        if len(set(codes)) != len(codes):
            raise ValueError("types must have different codes")
        total = sum(t.share for t in self.types)
        if abs(total - 1) > 1e-6:
            raise ValueError(f"the shares of the types sum to {total:.6g}, not to 1")
        for name, factors in (
            ("weekday_factor", self.weekday_factor),
            ("month_factor", self.month_factor),
        ):
            expected = 7 if name == "weekday_factor" else 12
            if len(factors) != expected or min(factors) < 0 or sum(factors) <= 0:
                raise ValueError(f"{name} takes {expected} numbers, none negative, not all zero")
        return self
