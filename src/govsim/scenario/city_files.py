"""Cities as a user asks for them: a word, a file, or a mapping in a scenario's file."""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from govsim.scenario.city import PRESETS, City
from govsim.scenario.fields import Frozen, ScenarioError
from govsim.scenario.inputs import build, nearest, show
from govsim.scenario.scenario import Scenario
from govsim.scenario.text import one_line, parsed, read_text, shown_name

_ENDINGS = (".yaml", ".yml", ".csv")
_LEAST = "preset: demo"


def resolve_city(text: str, names: Literal["neutral", "real"] = "neutral") -> City:
    """Return the city a user asks for in one word.

    Parameters
    ----------
    text
        A preset (``demo``, ``standard``); a code or name of a county-level unit; or the path of a
        ``.yaml`` file with fields of `City`, or of a ``.csv`` file with columns ``subdistrict``
        and ``community``, one row a community.
    names
        See `City.from_division`.

    Raises
    ------
    ValueError
        One line: what was asked, and what can be.
    """
    if text in PRESETS:
        return City.preset(text)
    if Path(text).suffix.lower() in _ENDINGS:
        return load_city(text)
    try:
        return City.from_division(text, names=names)
    except ValueError as error:
        hint = f"; or give a preset ({', '.join(PRESETS)}) or a .yaml or .csv file"
        raise ValueError(f"{error}{hint}") from None


def load_city(path: str | Path) -> City:
    """Return the city in a file: ``.csv``, else YAML as under ``city`` in a scenario's file; see `resolve_city`.

    Raises
    ------
    ScenarioError
        One line: the file, and what in it cannot be.
    """
    file = Path(path)
    text = read_text(file, "city")
    try:
        if file.suffix.lower() == ".csv":
            return build(City, None, _fields_of_csv(text, file.stem), "city")
        tree = parsed(text, _LEAST)
        if ours := [key for key in tree if key in Scenario.model_fields and key not in City.model_fields]:
            raise ScenarioError(f"{ours[0]} is no input of a city; is this a scenario? govsim run takes one")
        return city_of(tree, file.parent)
    except (ScenarioError, csv.Error) as error:
        raise ScenarioError(f"{shown_name(path)}: {error}") from None


def city_of(value: Any, folder: Path) -> City:
    """Return the city that a word or a mapping asks for."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    try:
        if isinstance(value, str):
            return load_city(folder / value) if Path(value).suffix.lower() in _ENDINGS else resolve_city(value)
        if not isinstance(value, Mapping):
            raise ScenarioError(f"city is {show(value)}, not a preset ({', '.join(PRESETS)}), a code, a file or a mapping")
        rest = dict(value)
        refuse_misspelt(rest, City, ("preset", "names"), "city")
        base = _base_city(rest)
    except ScenarioError:
        raise
    except (ValueError, OSError) as error:
        raise ScenarioError(f"city: {one_line(str(error))}") from None
    return build(City, base, rest, "city")


def refuse_misspelt(given: Mapping[str, Any], cls: type[Frozen], words: tuple[str, ...], where: str) -> None:
    """Refuse a key that was meant to be one of the words that only files know."""
    for key in given:
        near = nearest(str(key), [*words, *cls.model_fields])
        if key not in words and near in words:
            raise ScenarioError(f"unknown key {where}.{key}: did you mean {where}.{near}?")


def _base_city(rest: dict[str, Any]) -> City | None:
    """Take from a mapping what says which city it starts from."""
    if "preset" in rest:
        name = rest.pop("preset")
        if name not in PRESETS:
            raise ScenarioError(f"city.preset is {show(name)}, not one of {', '.join(PRESETS)}")
        return City.preset(name)
    if rest.get("code") is not None and "subdistricts" not in rest:
        code, names = rest.pop("code"), rest.pop("names", "neutral")
        if names not in ("neutral", "real"):
            raise ScenarioError(f"city.names is {show(names)}, not one of neutral, real")
        return City.from_division(str(code), names=names)
    return None if "subdistricts" in rest else City.preset("standard")


def _fields_of_csv(text: str, name: str) -> dict[str, Any]:
    """Group the rows (subdistrict, community) by subdistrict, in order of appearance."""
    rows = csv.DictReader(text.splitlines())
    if not {"subdistrict", "community"} <= set(rows.fieldnames or ()):
        raise ScenarioError("needs the columns subdistrict and community")
    groups: dict[str, list[str]] = {}
    for row in rows:
        if not row["subdistrict"] or not row["community"]:
            raise ScenarioError(f"line {rows.line_num} lacks a name")
        if not (row["subdistrict"] + row["community"]).isprintable():
            raise ScenarioError(f"line {rows.line_num} has a name that cannot be printed")
        communities = groups.setdefault(row["subdistrict"], [])
        if row["community"] in communities:
            raise ScenarioError(f"line {rows.line_num} names {row['community']!r} again")
        communities.append(row["community"])
    subdistricts = [{"name": n, "communities": c} for n, c in groups.items()]
    return {"name": name, "subdistricts": subdistricts}
