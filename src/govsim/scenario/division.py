"""The 2,978 county-level units of China, as shipped in ``data/division`` (codes of 2023-06-30).

Read when first asked for, without pandas; made by ``scripts/make_division.py``.
"""

import bisect
import csv
import difflib
import gzip
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from govsim.paths import data_path

SHOWN = 40
"""Characters of an unknown unit that an error quotes."""

N_NEAREST = 3
"""How many neighbours an error about an unknown unit names."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A county-level unit: six-digit code, name, where it is, and its counts."""

    code: str
    name: str
    prefecture: str
    province: str
    n_subdistricts: int
    n_towns: int
    n_communities: int
    n_villages: int


@lru_cache(maxsize=1)
def load_units() -> dict[str, Unit]:
    """Return every county-level unit by code, in the order of the codes."""
    units = {}
    for row in _rows("units"):
        fields: dict[str, Any] = {n: int(text) if n.startswith("n_") else text for n, text in row.items()}
        units[row["code"]] = Unit(**fields)
    return units


def find_unit(text: str) -> Unit:
    """Return the unit with this code or, where only one has it, this name.

    Raises
    ------
    ValueError
        One line, with the nearest valid codes, or the codes that share the name.
    """
    text = str(text).strip()
    units = load_units()
    if text in units:
        return units[text]
    same = [u for u in units.values() if u.name == text]
    if len(same) == 1:
        return same[0]
    if same:
        raise ValueError(f"{len(same)} units are called {text}; give a code: {_listed(same)}")
    hint = _listed(_nearest(text)) or f"six-digit codes, {min(units)} to {max(units)}"
    raise ValueError(f"no county-level unit {text[:SHOWN]!r}; nearest: {hint}")


def urban_streets(unit: Unit) -> list[tuple[str, tuple[str, ...]]]:
    """Return the urban part of a unit: names of its street-level units and of their communities.

    The subdistricts that have residents' committees, else the towns that have, else whatever has.

    Raises
    ------
    ValueError
        If no part of the unit has a residents' committee (59 units).
    """
    communities = _communities(unit.code)
    streets = [row for row in _rows("streets", unit.code) if row["code"] in communities]
    for kind in ("subdistrict", "town", None):
        if chosen := [row for row in streets if kind in (row["kind"], None)]:
            return [(row["name"], tuple(communities[row["code"]])) for row in chosen]
    raise ValueError(f"unit {unit.code} {unit.name} has no residents' committee, so no community to simulate")


def _communities(code: str) -> dict[str, list[str]]:
    """Names of the communities of a unit, by the nine-digit code of their street-level unit."""
    groups: dict[str, list[str]] = {}
    for row in _rows("communities", code):
        groups.setdefault(row["code"][:9], []).append(row["name"])
    return groups


def _rows(name: str, code: str = "") -> Iterator[dict[str, str]]:
    """Rows of a table whose code begins with `code`."""
    header, lines = _table(name)
    start = bisect.bisect_left(lines, code)
    chosen = itertools.takewhile(lambda line: line.startswith(code), lines[start:])
    for row in csv.reader(chosen):
        yield dict(zip(header, row, strict=True))


@lru_cache(maxsize=3)
def _table(name: str) -> tuple[list[str], list[str]]:
    """Header and lines of a shipped table; the lines are sorted by code."""
    path = data_path(f"division/{name}.csv.gz")
    with gzip.open(path, "rt", encoding="utf-8", newline="") as stream:
        header, *lines = stream.read().splitlines()
    return header.split(","), lines


def _nearest(text: str) -> list[Unit]:
    """Units with the closest code, or the most similar name."""
    units = load_units()
    if text.isdecimal():
        wanted = int(text[:6].ljust(6, "0"))
        return sorted(units.values(), key=lambda u: abs(int(u.code) - wanted))[:N_NEAREST]
    by_name = {u.name: u for u in units.values()}
    close = difflib.get_close_matches(text, by_name, n=N_NEAREST, cutoff=0.4)
    return [by_name[name] for name in close]


def _listed(units: list[Unit]) -> str:
    """Codes and names in one line."""
    return ", ".join(f"{u.code} {u.name} ({u.province})" for u in units)
