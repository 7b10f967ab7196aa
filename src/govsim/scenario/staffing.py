"""Who is there to work, and the money in the pots (3.5; rulings 5, 18, 19, W10)."""

from pydantic import model_validator

from govsim.scenario.fields import Frozen, number, option


class Staffing(Frozen):
    """Head-counts, target loads of the baseline, and pots.

    The loads are the design variables: desks are solved so that the baseline meets them, once a
    scenario, and are the same under every variant.
    """

    community_staff_per_10000: float = number(18.0, "1/10,000", 1, 100, "[V]", "R69; target 18")
    load_community: float = number(0.65, "1", 0.05, 2, "[A]", "rho_c")
    load_subdistrict: float = number(0.5, "1", 0.05, 2, "[A]", "rho_s")
    load_department: float = number(0.75, "1", 0.05, 2, "[A]", "rho_d")
    load_office: float = number(0.6, "1", 0.05, 2, "[A]", "petition office, leaders' station")
    desk_share: float = number(0.4, "1", 0.05, 1, "[A]", "departments and subdistricts")
    team_size: float = number(8.0, "1", 1, 1000, "[A]", "desk workers a team, ruling 18")
    community_workers: int | None = number(None, "1", 1, 10000, "[A]", "desk workers; solved when null")
    department_workers: int | None = number(None, "1", 1, 10000, "[A]", "a team; solved when null")
    subdistrict_workers: int | None = number(None, "1", 1, 10000, "[A]", "solved when null")
    households_per_firm_worker: float = number(400.0, "households", 10, 10000, "[A]", "ruling 37")
    fee_share: tuple[float, ...] = option((0.0, 0.75, 0.6, 0.5), "[A]", "ruling 37")
    """Share of households that pay the property firm, by compound type (ruling 37)."""
    property_fee: float = number(60.0, "¥/household-month", 0, 10000, "[A]", "paid to a firm by those who pay")
    fund_compound: float = number(21.4, "¥/resident-yr", 0, 1e6, "[A]", "F1, ruling 19")
    fund_community: float = number(21.4, "¥/resident-yr", 0, 1e6, "[A]", "F2, ruling 19")
    fund_subdistrict: float = number(26.7, "¥/resident-yr", 0, 1e6, "[A]", "F3, ruling 19")
    fund_city: float = number(213.7, "¥/resident-yr", 0, 1e6, "[A]", "F5, ruling 19")
    fund_coverage: float | None = number(None, "1", 0, 10, "[A]", "pots over gated need; scales all")

    turnover_hazard: float = number(0.0, "1/month", 0, 10, "[A]", "h_q, of community workers; an option, 3.7.17")
    turnover_overload: float = number(1.0, "1", 0, 10, "[A]", "xi, on weeks of backlog beyond one")
    newcomer_pace: float = number(0.6, "1", 0.05, 1, "[A]", "experience of a newcomer, 3.7.17")
    newcomer_months: float = number(6.0, "months", 0, 120, "[A]", "until full experience, 3.7.17")

    @model_validator(mode="after")
    def _four_shares(self) -> "Staffing":
        if len(self.fee_share) != 4 or not all(0 <= share <= 1 for share in self.fee_share):
            raise ValueError("fee_share takes 4 shares from 0 to 1, one a compound type")
        return self
