"""Scenarios as YAML files: only what is asked for needs to be written, all else is default.

The file is what `inputs.override` takes, with four conveniences: ``city`` may be a preset, a code
or name of a county-level unit, or a file; ``mechanism`` may be the name of a variant or its file; a component
may be ``true``, ``false`` or its intensity; ``shocks`` may be the name of a scenario of 3.13. Errors
are `ScenarioError`, one line each, and name the file.

Read is a small part of YAML: UTF-8, one document of mappings and lists, at most `MAX_BYTES`. Tags,
anchors, aliases and duplicate keys are refused. Numbers are those of YAML 1.2, so that ``010`` is
ten and ``12:30`` is no number.
"""

import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from govsim.scenario.city import PRESETS as CITY_PRESETS
from govsim.scenario.city import City, load_city, resolve_city
from govsim.scenario.fields import Frozen, ScenarioError, inputs_of
from govsim.scenario.inputs import build, input_at, nearest, nested, override, show
from govsim.scenario.mechanism import Mechanism
from govsim.scenario.scenario import Scenario
from govsim.scenario.variants import COMPONENTS, RIVALS, Variant, apply, is_file, name_of, variant

MAX_BYTES = 1_000_000
"""Largest scenario file that is read."""

MAX_DEPTH = 20
"""Deepest nesting that is read."""

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
    if str(path) in SCENARIO_PRESETS and not file.exists():
        file = _FOLDER / f"{path}.yaml"
    if str(path) in COURSES and not file.exists():
        raise ScenarioError(f"{path}: befalls a city and is none; did you mean --scenario {path}?")
    return read_scenario(read_text(file), name=str(path), folder=file.parent)


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
        tree = nested(parsed(read_text(file)))
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


def write_text(text: str, path: str | Path) -> None:
    """Write a text file, whole or not at all.

    Raises
    ------
    ScenarioError
        The file cannot be written; one line.
    """
    file = Path(path)
    try:
        handle, draft = tempfile.mkstemp(prefix=f".{file.name[:50]}-", dir=file.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as out:
                out.write(text)
            Path(draft).chmod(0o644)
            Path(draft).replace(file)
        except BaseException:
            Path(draft).unlink(missing_ok=True)
            raise
    except (OSError, ValueError) as error:
        raise ScenarioError(f"{shown_name(path)}: cannot be written ({_reason(error)})") from None


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


# ---- reading -------------------------------------------------------------------------------------


def read_text(file: Path, what: str = "scenario", hint: str = f"; the presets are {', '.join(SCENARIO_PRESETS)}") -> str:
    """Read a file that may be anything, and should be a `what`."""
    name = shown_name(file)
    try:
        if file.is_dir():
            raise ScenarioError(f"{name}: is a folder, not a {what} file")
        if not file.exists():
            raise ScenarioError(f"{name}: no such file{hint}")
        if not file.is_file():
            raise ScenarioError(f"{name}: is not a regular file")
        with file.open("rb") as source:
            data = source.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        if isinstance(error, ScenarioError):
            raise
        raise ScenarioError(f"{name}: cannot be read ({_reason(error)})") from None
    if len(data) > MAX_BYTES:
        raise ScenarioError(f"{name}: is larger than {MAX_BYTES:,} bytes")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ScenarioError(f"{name}: is not UTF-8 text (byte {error.start}); save it as UTF-8") from None


def parsed(text: str, least: str = "city: demo") -> Mapping[str, Any]:
    """Parse YAML into mappings, lists and scalars; `least` is an example of what there has to be."""
    try:
        _screen(text)
        tree = yaml.load(text, Loader=_Loader)
    except ScenarioError:
        raise
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f"line {mark.line + 1}: " if mark is not None else ""
        raise ScenarioError(f"{line}{_one_line(error.problem or 'is not YAML')}") from None
    except yaml.YAMLError as error:
        raise ScenarioError(f"is not YAML text ({_one_line(str(error))})") from None
    except UnicodeError:  # half of a surrogate pair
        raise ScenarioError("is not YAML text (a broken character)") from None
    except ValueError:  # a whole number of thousands of digits
        raise ScenarioError("has a number that is too long") from None
    if tree is None:
        raise ScenarioError(f'is empty; the least is "{least}"')
    if not isinstance(tree, Mapping):
        raise ScenarioError(f'is {show(tree)}, not a mapping of inputs to values such as "{least}"')
    return tree


def _screen(text: str) -> None:
    """Refuse what a scenario never needs, before anything is built from it."""
    depth = n_documents = 0
    for event in yaml.parse(text, Loader=_Loader):
        line = event.start_mark.line + 1
        n_documents += isinstance(event, yaml.DocumentStartEvent)
        if n_documents > 1:
            raise ScenarioError(f"line {line}: a second document; one file holds one")
        if getattr(event, "anchor", None):
            raise ScenarioError(f"line {line}: anchors and aliases (& and *) are not read")
        if getattr(event, "tag", None):
            raise ScenarioError(f"line {line}: tags such as {show(event.tag)} are not read")
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise ScenarioError(f"line {line}: nested more than {MAX_DEPTH} deep")


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """YAML's own types alone, numbers of YAML 1.2, and no key twice."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 (PyYAML's protocol)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Build a mapping, and refuse a key that is there already."""
        seen = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in seen:
                raise yaml.MarkedYAMLError(problem=f"key {show(key.value)} is given twice", problem_mark=key.start_mark)
            seen.add(key.value if isinstance(key, yaml.ScalarNode) else id(key))
        built: dict[Any, Any] = super().construct_mapping(node, deep)
        return built


def _integer(loader: Any, node: yaml.ScalarNode) -> int:
    """Read a whole number in tens, whatever it starts with."""
    return int(node.value)


_NUMBER_START = list("-+.0123456789")
for _tag, _pattern, _start in (
    ("bool", r"(?:true|false|yes|no|on|off)$", list("tfynoTFYNO")),
    ("null", r"(?:~|null|)$", ["~", "n", "N", ""]),
    ("int", r"[-+]?[0-9]+$", _NUMBER_START),
    ("float", r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:e[-+]?[0-9]+)?$", _NUMBER_START),
    ("float", r"(?:[-+]?\.inf|\.nan)$", _NUMBER_START),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern, re.IGNORECASE), _start)
_Loader.add_constructor("tag:yaml.org,2002:int", _integer)


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
        tree["city"] = _city(tree["city"], folder)
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


def _city(value: Any, folder: Path) -> City:
    """Return the city that a word or a mapping asks for."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    try:
        if isinstance(value, str):
            is_file = Path(value).suffix.lower() in (".yaml", ".yml", ".csv")
            return load_city(folder / value) if is_file else resolve_city(value)
        if not isinstance(value, Mapping):
            raise ScenarioError(f"city is {show(value)}, not a preset ({', '.join(CITY_PRESETS)}), a code, a file or a mapping")
        rest = dict(value)
        _refuse_misspelt(rest, City, ("preset", "names"), "city")
        base = _base_city(rest)
    except ScenarioError:
        raise
    except (ValueError, OSError) as error:
        raise ScenarioError(f"city: {_one_line(str(error))}") from None
    return build(City, base, rest, "city")


def _refuse_misspelt(given: Mapping[str, Any], cls: type[Frozen], words: tuple[str, ...], where: str) -> None:
    """Refuse a key that was meant to be one of the words that only files know."""
    for key in given:
        near = nearest(str(key), [*words, *cls.model_fields])
        if key not in words and near in words:
            raise ScenarioError(f"unknown key {where}.{key}: did you mean {where}.{near}?")


def _base_city(rest: dict[str, Any]) -> City | None:
    """Take from a mapping what says which city it starts from."""
    if "preset" in rest:
        name = rest.pop("preset")
        if name not in CITY_PRESETS:
            raise ScenarioError(f"city.preset is {show(name)}, not one of {', '.join(CITY_PRESETS)}")
        return City.preset(name)
    if rest.get("code") is not None and "subdistricts" not in rest:
        code, names = rest.pop("code"), rest.pop("names", "neutral")
        if names not in ("neutral", "real"):
            raise ScenarioError(f"city.names is {show(names)}, not one of neutral, real")
        return City.from_division(str(code), names=names)
    return None if "subdistricts" in rest else City.preset("standard")


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
    _refuse_misspelt(rest, Mechanism, ("variant",), "mechanism")
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
        start = f"{'  ' * indent}{_text(key)}:"
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


def scalar(value: Any) -> str:
    """Write a value on one line."""
    if isinstance(value, list):
        return f"[{', '.join(map(scalar, value))}]"
    if isinstance(value, str):
        return _text(value)
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    return repr(value)


_PLAIN = re.compile(r"[A-Za-z\u4e00-\u9fff][\w\u4e00-\u9fff]*(?:[ +-][\w\u4e00-\u9fff]+)*")
_WORDS = {"true", "false", "yes", "no", "on", "off", "null"}


def _text(text: str) -> str:
    """Write a text, in quotes unless it can only be read as one."""
    if _PLAIN.fullmatch(text) and text.casefold() not in _WORDS:
        return text
    quoted: str = yaml.safe_dump(text, default_style='"', allow_unicode=True, width=2**31 - 1)
    return quoted.removesuffix("\n")


# ---- words ---------------------------------------------------------------------------------------


def _reason(error: Exception) -> str:
    """Return why the system refused."""
    return _one_line(getattr(error, "strerror", None) or str(error))


def _one_line(text: str) -> str:
    """Return a text without breaks and control characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def shown_name(name: str | Path) -> str:
    """Return a file name as an error begins with it."""
    text = str(name)
    return text if text.isprintable() else repr(text)
