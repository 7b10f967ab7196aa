"""Scenarios as YAML files: only what is asked for needs to be written, all else is default.

The file is what `inputs.override` takes, with four conveniences: ``city`` may be a preset, a code
or name of a county-level unit, or a file; ``mechanism`` may be the name of a variant or its file; a component
may be ``true``, ``false`` or its intensity; ``shocks`` may be the name of a scenario of 3.13. Errors
are `ScenarioError`, one line each, and name the file.

How files are read: `govsim.scenario.text`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from govsim.scenario.city import PRESETS as CITY_PRESETS
from govsim.scenario.city import City
from govsim.scenario.city_files import city_of, refuse_misspelt
from govsim.scenario.fields import Frozen, ScenarioError, inputs_of
from govsim.scenario.inputs import input_at, nearest, nested, override, show
from govsim.scenario.mechanism import Mechanism
from govsim.scenario.scenario import Scenario
from govsim.scenario.text import parsed, quoted, read_text, scalar, shown_name, write_text
from govsim.scenario.variants import COMPONENTS, RIVALS, Variant, apply, is_file, name_of, variant

SCENARIO_PRESETS = ("demo", "standard", "example")
"""Scenarios that come with govsim; `load_scenario` takes their names."""

COURSES = ("pandemic", "renovation", "dispute", "road", "convenience", "combined")
"""Named scenarios (3.13): what `with_scenario` lays over any city."""

_FOLDER = Path(__file__).parent / "presets"
_OF_THE_WORLD = ("city", "mechanism", "mechanism_name", "external", "days", "burn_in_days", "seed", "name", "interruptions")
"""Inputs that belong to the city or the run, which a course of events leaves alone."""


def load_scenario(path: str | Path) -> Scenario:
    """Return the scenario in a YAML file, or the preset of this name.

    Parameters
    ----------
    path
        A file; or one of `SCENARIO_PRESETS` where no file has that name.

    Raises
    ------
    ScenarioError
        One line: the file, the input, its value and what is allowed.

    Examples
    --------
    >>> load_scenario("demo").city.n_communities
    6
    """
    file = Path(path)
    if str(path) in SCENARIO_PRESETS and not file.is_file():
        file = _FOLDER / f"{path}.yaml"
    if str(path) in COURSES and not file.is_file():
        raise ScenarioError(f"{path}: befalls a city and is none; did you mean --scenario {path}?")
    text = read_text(file, "scenario", f"; the presets are {', '.join(SCENARIO_PRESETS)}")
    return read_scenario(text, name=str(path), folder=file.parent)


def read_scenario(text: str, *, name: str = "scenario", folder: str | Path | None = None) -> Scenario:
    """Return the scenario that a YAML text asks for.

    Parameters
    ----------
    name
        What errors call the text.
    folder
        Where files that the text names are looked for; None for the current folder.

    Examples
    --------
    >>> read_scenario("{city: demo, mechanism: F1-E4, days: 730}").mechanism_name
    'F1-E4'
    """
    try:
        return _scenario(parsed(text), Path(folder) if folder is not None else Path())
    except ScenarioError as error:
        raise ScenarioError(f"{shown_name(name)}: {error}") from None


def with_scenario(scenario: Scenario, course: str | Path) -> Scenario:
    """Return the scenario with a course of events laid over it: its shocks, and what else 3.13 changes.

    Parameters
    ----------
    scenario
        City, mechanism, days and seed are kept.
    course
        One of `COURSES`, or a YAML file written as theirs are.

    Raises
    ------
    ScenarioError
        One line: an unknown name with the nearest, or what in the file cannot be.

    Examples
    --------
    >>> with_scenario(Scenario(city=City.preset("demo")), "road").shocks.demand[0].factor
    4.0
    """
    name = str(course)
    file = Path(course)
    if file.suffix.lower() not in (".yaml", ".yml"):
        if name not in COURSES:
            near = nearest(name, list(COURSES), 0.4)
            hint = f"did you mean {near}?" if near else f"there are {', '.join(COURSES)}, or a file that ends in .yaml"
            raise ScenarioError(f"unknown scenario {show(name)}: {hint}")
        file = _FOLDER / f"{name}.yaml"
    try:
        tree = nested(parsed(read_text(file, "scenario")))
        if ours := [key for key in tree if key in _OF_THE_WORLD]:
            verb = "belong" if len(ours) > 1 else "belongs"
            raise ScenarioError(f"{', '.join(ours)} {verb} to the run, not to a scenario that is laid over any city")
        return override(scenario, tree)
    except ScenarioError as error:
        raise ScenarioError(f"scenario {shown_name(name)}: {error}") from None


def save_scenario(scenario: Scenario, path: str | Path, *, full: bool = False, comments: bool = False) -> None:
    """Write a scenario to a YAML file that `load_scenario` reads back as an equal one.

    The file appears whole or not at all. See `format_scenario` for the options.

    Raises
    ------
    ScenarioError
        The file cannot be written; one line.
    """
    write_text(format_scenario(scenario, full=full, comments=comments), path)


def format_scenario(scenario: Scenario, *, full: bool = False, comments: bool = False) -> str:
    """Return a scenario as YAML text.

    Parameters
    ----------
    full
        Write every input, not only those that differ from their defaults.
    comments
        Say beside each input what it may be, and its basis.

    Examples
    --------
    >>> print(format_scenario(Scenario(days=730)), end="")
    days: 730
    """
    lines = _lines(_dumped(scenario, full), "", comments, 0)
    if comments:
        lines.insert(0, "# What is not said is default. What [V], [V-weak], [M] and [A] stand for: govsim inputs.")
    return "\n".join(lines) + "\n" if lines else "{}\n"


# ---- from the tree to a scenario -----------------------------------------------------------------


def _scenario(given: Mapping[str, Any], folder: Path) -> Scenario:
    """Build the scenario a file asks for."""
    tree = nested(given)
    if "parts" in tree:
        raise ScenarioError("this is the file of a variant; --variants and --switch DAY=FILE take it")
    base = Scenario()
    if isinstance(tree.get("shocks"), str):
        base = with_scenario(base, tree.pop("shocks"))
    if "city" in tree:
        tree["city"] = city_of(tree["city"], folder)
    named: Variant | None = None
    if "mechanism" in tree:
        named, tree["mechanism"] = _mechanism(tree["mechanism"], folder)
        base = base if named is None else apply(base, named)
        _refuse_idle_intensities(base.mechanism, tree["mechanism"])
    scenario = override(base, tree)
    if "mechanism_name" in tree:
        return scenario
    name = name_of(scenario.mechanism)
    if named is not None and name == name_of(base.mechanism):
        name = named.name
    return override(scenario, {"mechanism_name": name})


def _mechanism(value: Any, folder: Path) -> tuple[Variant | None, dict[str, Any]]:
    """Return the variant a file names and what it changes in it."""
    if value is None:
        return None, {}
    if isinstance(value, Mapping):
        rest = dict(value)
        name = rest.pop("variant", None)
    else:
        rest, name = {}, value
    if name is not None and not isinstance(name, str):
        raise ScenarioError(f"mechanism is {show(name)}, not the name of a variant such as F1-E4, or a mapping")
    refuse_misspelt(rest, Mechanism, ("variant",), "mechanism")
    try:
        named = None if name is None else variant(folder / name if is_file(name) else name)
    except ScenarioError as error:
        raise ScenarioError(f"mechanism: {error}") from None
    if named is not None and named.control is not None:
        raise ScenarioError(f"mechanism: {named.name} is a control; its hours come from a comparison, not a file")
    return named, {code: _component(code, given) for code, given in rest.items()}


def _component(code: str, given: Any) -> Any:
    """Spell out a component that is given as a switch or an intensity, or a rival given as a switch."""
    if code in RIVALS and isinstance(given, bool):
        return {"enabled": given}
    if code in RIVALS and isinstance(given, (int, float, str)):
        raise ScenarioError(f"mechanism.{code} is {show(given)}, not true, false or a mapping")
    if code not in COMPONENTS or isinstance(given, Mapping) or given is None:
        return given
    if isinstance(given, bool):
        return {"enabled": given}
    if isinstance(given, (int, float)):
        return {"enabled": True, "intensity": given}
    raise ScenarioError(f"mechanism.{code} is {show(given)}, not true, false, an intensity or a mapping")


def _refuse_idle_intensities(base: Mechanism, changes: Mapping[str, Any]) -> None:
    """Refuse an intensity that would have no effect, since its component is off."""
    for code, change in changes.items():
        if code not in COMPONENTS or not isinstance(change, Mapping):
            continue
        if "intensity" in change and "enabled" not in change and not getattr(base, code).enabled:
            raise ScenarioError(
                f"mechanism.{code}.intensity is {show(change['intensity'])} but {code} is off: add mechanism.{code}.enabled (true or false)"
            )


# ---- from a scenario to the tree -----------------------------------------------------------------


def _dumped(scenario: Scenario, full: bool) -> dict[str, Any]:
    """Return the tree from which the scenario is read back."""
    own = scenario.mechanism.own
    if own.functions:
        raise ScenarioError(f"{own.functions[0].place} is {own.functions[0].name} of one's own, which a scenario file cannot hold")
    default = Scenario()
    name = name_of(scenario.mechanism)
    tree = _difference(scenario, default, full)
    if full or scenario.city != default.city:
        tree["city"] = _dumped_city(scenario.city, full)
    if "mechanism" in tree and not full:
        tree["mechanism"] = _dumped_mechanism(scenario.mechanism, name)
    if not full:
        tree.pop("mechanism_name", None)
        if scenario.mechanism_name != name:
            tree["mechanism_name"] = scenario.mechanism_name
    return {key: tree[key] for key in Scenario.model_fields if key in tree}


def _dumped_mechanism(mechanism: Mechanism, name: str) -> Any:
    """Return a mechanism as its variant and what differs from it."""
    changes = _difference(mechanism, variant(name).mechanism, full=False)
    for code, change in changes.items():
        if "intensity" in change:  # see _refuse_idle_intensities
            changes[code] = {"enabled": getattr(mechanism, code).enabled, **change}
    if name == "B0":
        return changes
    return {"variant": name, **changes} if changes else name


def _difference(model: Frozen, base: Frozen | None, full: bool) -> dict[str, Any]:
    """Return the inputs of a model that are not those of the base; all of them where `full`.

    Without a base, the base are the defaults, and what must be given is written.
    """
    tree: dict[str, Any] = {}
    for key, field in inputs_of(type(model)).items():
        value = getattr(model, key)
        must = base is None and field.is_required()
        usual = getattr(base, key) if base is not None else field.default
        if isinstance(value, Frozen):
            if change := _difference(value, usual, full):
                tree[key] = change
        elif full or must or value != usual:
            tree[key] = _dumped_value(value, usual, full)
    return tree


def _dumped_value(value: Any, usual: Any, full: bool) -> Any:
    """Return a value that is no group as the tree holds it."""
    if not isinstance(value, tuple):
        return value
    if not any(isinstance(item, Frozen) for item in value):
        return list(value)
    codes = [getattr(item, "code", None) for item in value]
    if None not in codes and codes == [getattr(item, "code", None) for item in usual or ()]:
        by_code = {code: _difference(item, None if full else before, full) for code, item, before in zip(codes, value, usual, strict=True)}
        for change in by_code.values():
            change.pop("code", None)
        return {code: change for code, change in by_code.items() if change}
    return [_difference(item, None, full) for item in value]


def _dumped_city(city: City, full: bool) -> Any:
    """Return the shortest way to ask for a city."""
    for short, start in _beginnings(city):
        if city.code == start.code and city.subdistricts == start.subdistricts:
            rest = _difference(city, start, full)
            rest = {k: v for k, v in rest.items() if k not in ("code", "subdistricts")}
            if rest or len(short) > 1:
                return {**short, **rest}
            return next(iter(short.values()))
    return _difference(city, None, full)


def _beginnings(city: City) -> list[tuple[dict[str, str], City]]:
    """Return the cities that a mapping may start from, and how they are asked for."""
    if city.code is None:
        return [({"preset": name}, City.preset(name)) for name in CITY_PRESETS]
    starts: list[tuple[dict[str, str], City]] = []
    try:
        starts.append(({"code": city.code}, City.from_division(city.code)))
        real = City.from_division(city.code, names="real")
        starts.append(({"code": city.code, "names": "real"}, real))
    except (ValueError, OSError):  # a code of the user's own, or no table of codes here
        return []
    return starts


def _lines(tree: Mapping[str, Any], path: str, comments: bool, indent: int) -> list[str]:
    """Write a tree as lines of YAML."""
    lines = []
    for key, value in tree.items():
        where = f"{path}.{key}".strip(".")
        start = f"{'  ' * indent}{quoted(key)}:"
        if isinstance(value, Mapping):
            lines += [start, *_lines(value, where, comments, indent + 1)]
        elif isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
            lines.append(start)
            for item in value:
                first, *more = _lines(item, where, comments, 0) or ["{}"]
                lines += [f"{'  ' * indent}- {first}", *(f"{'  ' * indent}  {m}" for m in more)]
        else:
            known = input_at(where) if comments else None
            comment = f"  # {known.allowed} {known.basis}".rstrip() if known is not None else ""
            lines.append(f"{start} {scalar(value)}{comment}")
    return lines
