"""The demand profile: what a request log says about types, rhythm and bunching of demand.

It is estimated by `govsim.records.demand_profile`; the one that comes with govsim is in
``data/profile/default.yaml`` (figures only, with the source of each in its notes).
"""

from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError, field_validator, model_validator

from govsim.paths import data_path
from govsim.scenario.demand import Demand, standard_types
from govsim.scenario.fields import Frozen, ScenarioError, number
from govsim.scenario.text import read_tree, shown_name

_TOLERANCE = 1e-6


class DemandProfile(Frozen):
    """Shares and rhythms of demand, as estimated from a log.

    Attributes
    ----------
    type_shares
        Share of each type code of model.md 3.11 among the rows whose type is known, sum 1; None
        where the log gives no types.
    weekday_factor
        Monday to Sunday, mean 1.
    month_factor
        January to December, mean 1; 1 for months that were not observed.
    daily_variance
        Squared coefficient of variation of a gamma factor, mean 1, common to all demand of a day.
    n_records, days_covered
        Requests behind the profile, and days from the first to the last of them.
    source, notes
        Where it comes from, and what was not estimated or is doubtful.
    """

    name: str = "profile"
    type_shares: dict[str, float] | None = None
    weekday_factor: tuple[float, ...] = (1.0,) * 7
    month_factor: tuple[float, ...] = (1.0,) * 12
    daily_variance: float = number(0.0, "1", 0, 10, "[V]", "of a gamma day factor")
    n_records: int = number(0, "requests", 0, None, "[V]", "counted")
    days_covered: int = number(0, "d", 0, None, "[V]", "counted")
    source: str = ""
    notes: tuple[str, ...] = ()

    @field_validator("type_shares")
    @classmethod
    def _shares_are_shares(cls, shares: dict[str, float] | None) -> dict[str, float] | None:
        if shares is None:
            return None
        if unknown := sorted(set(shares) - {t.code for t in standard_types()}):
            raise ValueError(f"type_shares has unknown codes: {', '.join(unknown)}")
        if min(shares.values(), default=0) < 0 or abs(sum(shares.values()) - 1) > _TOLERANCE:
            raise ValueError("type_shares must be shares, none negative, that sum to 1")
        return shares

    @model_validator(mode="after")
    def _factors_have_mean_one(self) -> "DemandProfile":
        lengths = {"weekday_factor": 7, "month_factor": 12}
        for name, length in lengths.items():
            factors = getattr(self, name)
            is_wrong = len(factors) != length or min(factors) < 0
            if is_wrong or abs(sum(factors) / length - 1) > _TOLERANCE:
                raise ValueError(f"{name} takes {length} numbers, none negative, with mean 1")
        return self

    def apply(self, demand: Demand | None = None) -> Demand:
        """Return a demand with the shares and rhythms of this profile.

        The level of demand is left alone: a log covers people nobody has counted. Renovation has
        a rate of its own (`Demand.renovation_rate`), so its share goes to shared facilities, as in
        model.md ruling 45. A city-wide month factor comes on top of the seasons of the types:
        where the profile has one, theirs are set to 1 so that no season counts twice.

        Parameters
        ----------
        demand
            What to change; the default demand where none is given.
        """
        demand = demand or Demand()
        has_months = any(abs(f - 1) > _TOLERANCE for f in self.month_factor)
        types = demand.types
        if self.type_shares is not None:
            shares = dict.fromkeys((t.code for t in types), 0.0) | self.type_shares
            if "SH" in shares and "RENO" in shares:
                shares |= {"SH": shares["SH"] + shares["RENO"], "RENO": 0.0}
            types = tuple(t.model_copy(update={"share": shares[t.code]}) for t in types)
        if has_months:
            types = tuple(t.model_copy(update={"months": (1.0,) * 12}) for t in types)
        changes = {
            "types": types,
            "weekday_factor": self.weekday_factor,
            "month_factor": self.month_factor,
            "daily_variance": self.daily_variance,
            "profile": self.name,
        }
        return demand.model_validate(demand.model_dump() | changes)


@lru_cache(maxsize=1)
def load_default_profile() -> DemandProfile:
    """Return the profile that comes with govsim.

    Examples
    --------
    >>> round(sum(load_default_profile().weekday_factor), 6)
    7.0
    """
    return load_profile(data_path("profile/default.yaml"))


def load_profile(path: str | Path) -> DemandProfile:
    """Return the profile in a YAML file.

    Raises
    ------
    ScenarioError
        One line: the file cannot be read, or what in it is wrong.
    """
    fields = read_tree(path, "profile", "name: a log")
    try:
        return DemandProfile.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "file"
        raise ScenarioError(f"{shown_name(path)}: {where}: {first['msg']}") from None


def save_profile(profile: DemandProfile, path: str | Path) -> None:
    """Write a profile as YAML."""
    import yaml

    fields: dict[str, Any] = profile.model_dump(mode="json")
    text = yaml.safe_dump(fields, sort_keys=False, allow_unicode=True, width=96)
    Path(path).write_text(text, encoding="utf-8")
