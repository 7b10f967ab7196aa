"""Every input of a scenario by its dotted path, and the one way to change some of them.

A path names groups and a field, as in ``behaviour.voice.choice_scale`` or
``demand.types.PM.share`` (an issue type is named by its code). Values from people, files and
studies all pass through `override`, so they all meet the same checks and the same errors.
"""

import difflib
import math
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import ValidationError

from govsim.scenario.fields import Frozen, ScenarioError, inputs_of
from govsim.scenario.scenario import Scenario

Kind = Literal["number", "whole", "switch", "choice", "text", "numbers", "texts"]

OF_TYPES = "demand.types."
"""Where the inputs of issue types are; a path in a scenario goes on with the type's code."""

SHOWN = 60
"""Characters of a value that an error quotes."""


@dataclass(frozen=True, slots=True)
class Input:
    """What is known of one input.

    Attributes
    ----------
    path
        ``demand.types.share`` stands for the share of every type.
    kind
        ``whole`` is a whole number, ``numbers`` and ``texts`` are rows.
    default
        None for what has no value until given (``executive_slots``) and for what must be given.
    unit, basis, source
        As declared; see `govsim.scenario.fields.number`.
    low, high
        The closed range of a number; None where there is no bound.
    choices
        What a switch or a choice may be.
    is_nullable
        Whether null is a value too.
    """

    path: str
    kind: Kind
    default: Any
    unit: str
    basis: str
    source: str
    low: float | None = None
    high: float | None = None
    choices: tuple[Any, ...] = ()
    is_nullable: bool = False

    @property
    def label_key(self) -> str:
        """Key of its name in the catalogues of `govsim.labels`."""
        return f"input.{self.path}"

    @property
    def allowed(self) -> str:
        """What it may be, in words."""
        if self.kind == "switch":
            text = "true or false"
        elif self.kind == "choice":
            text = "one of " + ", ".join(map(str, self.choices))
        elif self.kind in ("number", "whole"):
            text = "a whole number" if self.kind == "whole" else "a number"
            text += f" from {self.low} to {self.high}" if self.low is not None else ""
            text += f" ({self.unit})" if self.unit != "1" else ""
        else:
            text = {"text": "text", "numbers": "a list of numbers", "texts": "a list of texts"}[self.kind]
        return text + (" or null" if self.is_nullable else "")


@lru_cache(maxsize=1)
def inputs() -> Mapping[str, Input]:
    """Return every input of a scenario by its path, in the order of the models.

    Examples
    --------
    >>> inputs()["mechanism.A1.interval"].unit
    'd'
    """
    return types.MappingProxyType({i.path: i for i in _walk(Scenario, "")})


def input_at(path: str) -> Input | None:
    """Return what is known of the input at a path, which may name an issue type; None if there is no such input.

    Examples
    --------
    >>> input_at("demand.types.PM.share").path
    'demand.types.share'
    """
    head, mark, rest = path.partition(OF_TYPES)
    _, dot, field = rest.partition(".")
    return inputs().get(f"{OF_TYPES}{field}" if not head and mark and dot else path)


def value_at(scenario: Scenario, path: str) -> Any:
    """Return the value of one input.

    Examples
    --------
    >>> value_at(Scenario(), "mechanism.A1.interval")
    90.0
    """
    here: Any = scenario
    cls: type[Frozen] = Scenario
    done = ""
    for key in path.split("."):
        if isinstance(here, tuple) and all(hasattr(item, "code") for item in here):
            here = _by_code(here, key, done)
            cls = type(here)
        elif isinstance(here, Frozen) and key in inputs_of(type(here)):
            here = getattr(here, key)
            cls = type(here) if isinstance(here, Frozen) else cls
        else:
            raise ScenarioError(_unknown(key, cls, done))
        done = _join(done, key)
    return here


def override(scenario: Scenario, changes: Mapping[str, Any]) -> Scenario:
    """Return the scenario with some inputs changed, checked as a whole.

    Parameters
    ----------
    changes
        Dotted paths, or nested mappings, or both: ``{"seed": 2, "staffing.load_community": 0.9}``.

    Raises
    ------
    ScenarioError
        One line: an unknown path and the nearest known one, or a value and what is allowed.

    Examples
    --------
    >>> override(Scenario(), {"behaviour.effort.audit_share": 0.2}).behaviour.effort.audit_share
    0.2
    """
    return build(Scenario, scenario, nested(changes), "")


def build[M: Frozen](cls: type[M], base: M | None, tree: Any, where: str) -> M:
    """Return a `cls` that is `base` (or the defaults) with the values of `tree`.

    `where` is the path of the whole, for errors; they are `ScenarioError`.
    """
    if isinstance(tree, cls):
        return tree
    if tree is None:
        tree = {}
    if not isinstance(tree, Mapping):
        raise ScenarioError(f"{where or 'the scenario'} is {show(tree)}, not a group of inputs")
    values: dict[str, Any] = {} if base is None else dict(base)
    for key, value in tree.items():
        if key not in inputs_of(cls):
            raise ScenarioError(_unknown(key, cls, where))
        values[key] = _value(cls, key, value, values, _join(where, key))
    try:
        return cls.model_validate(values)
    except ValidationError as error:
        raise ScenarioError(_translated(error, cls, where)) from None


def show(value: Any) -> str:
    """Return a value as an error quotes it: short and on one line."""
    if value is None:
        return "empty"
    try:
        text = repr(value)
    except ValueError:  # Python refuses to write out a whole number of thousands of digits
        return "a whole number of thousands of digits"
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def nearest(key: str, known: list[str], cutoff: float = 0.6) -> str | None:
    """Return the known name that `key` most likely meant; `cutoff` is difflib's."""
    folded = {k.casefold(): k for k in reversed(known)}
    found = difflib.get_close_matches(key.casefold()[:200], folded, n=1, cutoff=cutoff)
    return folded[found[0]] if found else None


# ---- from values to fields -----------------------------------------------------------------------


def _value(cls: type[Frozen], key: str, value: Any, values: dict[str, Any], where: str) -> Any:
    """Check one value of `cls` as far as kind and range go, and return it as the field takes it."""
    inner, is_row = _models_in(cls.model_fields[key].annotation)
    if inner is None:
        return _leaf(_describe(cls, key, where), value)
    field = cls.model_fields[key]
    current = values.get(key, None if field.is_required() else field.default)
    if not is_row:
        return build(inner, current, value, where)
    if isinstance(value, Mapping) and "code" in inner.model_fields:
        return _changed_by_code(inner, current or (), value, where)
    if not isinstance(value, (list, tuple)):
        raise ScenarioError(f"{where} is {show(value)}, not a list")
    return tuple(build(inner, None, item, f"{where}[{i}]") for i, item in enumerate(value))


def _changed_by_code(inner: type[Frozen], current: tuple[Any, ...], changes: Mapping[str, Any], where: str) -> tuple[Frozen, ...]:
    """Change some of a row of models that are named by their codes."""
    for code in changes:
        _by_code(current, code, where)
    return tuple(build(inner, item, changes[item.code], _join(where, item.code)) if item.code in changes else item for item in current)


def _by_code(row: tuple[Any, ...], code: Any, where: str) -> Any:
    """Return the member of the row with this code."""
    for item in row:
        if item.code == code:
            return item
    codes = [item.code for item in row]
    raise ScenarioError(unknown_among(code, codes, where))


def _leaf(known: Input, value: Any) -> Any:
    """Check a value that is no group."""
    value = _plain(value)
    if value is None and known.is_nullable:
        return None
    good = _is_of_kind(known, value)
    if good and known.kind == "numbers":
        good = all(_is_number(v) and math.isfinite(v) for v in value)
    if good and known.kind in ("number", "whole"):
        good = _is_within(known, value)
    if not good:
        hint = ""
        if isinstance(value, str) and known.kind in ("number", "whole") and _reads_as_number(value):
            hint = "; take the quotes away"
        raise ScenarioError(f"{known.path} is {show(value)}, not {known.allowed}{hint}")
    return value


def _is_of_kind(known: Input, value: Any) -> bool:
    """Whether a value is of the kind of the input, its range aside."""
    kind = known.kind
    if kind in ("switch", "choice"):
        return type(value) in map(type, known.choices) and value in known.choices
    if kind == "text":
        return isinstance(value, str)
    if kind == "number":
        return _is_number(value)
    if kind == "whole":
        return _is_number(value) and (isinstance(value, int) or value.is_integer())
    return isinstance(value, (list, tuple)) and (kind == "numbers" or all(isinstance(v, str) for v in value))


def _is_number(value: Any) -> bool:
    """Whether a value is a number; true and false are not."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_within(known: Input, value: float) -> bool:
    """Whether a number is finite and within the range of its input."""
    low = -math.inf if known.low is None else known.low
    high = math.inf if known.high is None else known.high
    return low <= value <= high and (isinstance(value, int) or math.isfinite(value))


def _plain(value: Any) -> Any:
    """Turn a number or array of NumPy into Python's own."""
    if type(value).__module__ == "numpy" and hasattr(value, "tolist"):
        return value.tolist()
    return value


def _reads_as_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def nested(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return changes with dotted keys as groups in groups; nothing may be given twice."""
    if not isinstance(changes, Mapping):
        raise ScenarioError(f"the changes are {show(changes)}, not a mapping of paths to values")
    tree: dict[str, Any] = {}
    for path, value in changes.items():
        *groups, last = path.split(".") if isinstance(path, str) else [path]
        here = tree
        for group in groups:
            here = here.setdefault(group, {})
            if not isinstance(here, dict):
                raise ScenarioError(f"{path} is given twice, whole and in part")
        if isinstance(value, Mapping):
            below = here.setdefault(last, {})
            if not isinstance(below, dict):
                raise ScenarioError(f"{path} is given twice, whole and in part")
            _merge(below, nested(value), str(path))
        elif last in here:
            raise ScenarioError(f"{path} is given twice")
        else:
            here[last] = value
    return tree


def _merge(into: dict[str, Any], more: dict[str, Any], where: str) -> None:
    """Add `more` to a tree, in place; nothing may be in both."""
    for key, value in more.items():
        if key not in into:
            into[key] = value
        elif isinstance(value, dict) and isinstance(into[key], dict):
            _merge(into[key], value, _join(where, key))
        else:
            raise ScenarioError(f"{_join(where, key)} is given twice")


# ---- from the models to their description --------------------------------------------------------


def _walk(cls: type[Frozen], where: str) -> Iterator[Input]:
    """Every input below a model, depth first."""
    for key, field in inputs_of(cls).items():
        path = _join(where, key)
        inner, _ = _models_in(field.annotation)
        if inner is None:
            yield _describe(cls, key, path)
        else:
            yield from _walk(inner, path)


@lru_cache(maxsize=4096)
def _describe(cls: type[Frozen], key: str, path: str) -> Input:
    """Read one field of a model."""
    field = cls.model_fields[key]
    kind, choices, is_nullable = _kind(field.annotation)
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    bounds: dict[str, Any] = {}
    for limit in field.metadata:
        for ours, theirs in (("low", "ge"), ("high", "le")):
            if hasattr(limit, theirs):
                bounds[ours] = getattr(limit, theirs)
    return Input(
        path=path,
        kind=kind,
        default=None if field.is_required() else field.default,
        unit=str(extra.get("unit", "1")),
        basis=str(extra.get("basis", "")),
        source=str(extra.get("source", "")),
        choices=choices,
        is_nullable=is_nullable,
        **bounds,
    )


def _kind(annotation: Any) -> tuple[Kind, tuple[Any, ...], bool]:
    """Kind, choices and nullability of an annotation."""
    annotation, is_nullable = _without_none(annotation)
    if annotation is bool:
        return "switch", (True, False), is_nullable
    if get_origin(annotation) is Literal:
        return "choice", get_args(annotation), is_nullable
    if get_origin(annotation) is tuple:
        return ("texts" if get_args(annotation)[0] is str else "numbers"), (), is_nullable
    simple: dict[Any, Kind] = {int: "whole", float: "number", str: "text"}
    return simple[annotation], (), is_nullable


def _models_in(annotation: Any) -> tuple[type[Frozen] | None, bool]:
    """Return the model a field holds, if any, and whether it holds a row of them."""
    annotation, _ = _without_none(annotation)
    is_row = get_origin(annotation) is tuple
    inner = get_args(annotation)[0] if is_row else annotation
    if isinstance(inner, type) and issubclass(inner, Frozen):
        return inner, is_row
    return None, is_row


def _without_none(annotation: Any) -> tuple[Any, bool]:
    """Take None off a union of one type and None."""
    if get_origin(annotation) in (types.UnionType, Union):
        rest = [a for a in get_args(annotation) if a is not type(None)]
        return rest[0], len(rest) < len(get_args(annotation))
    return annotation, False


# ---- errors --------------------------------------------------------------------------------------


def _unknown(key: Any, cls: type[Frozen], where: str) -> str:
    """Say that a key does not exist, and which was likely meant."""
    known = list(inputs_of(cls))
    if nearest(str(key), known) is None:
        leaves = {path.rsplit(".", 1)[-1]: path for path in reversed(list(inputs()))}
        if (leaf := nearest(str(key), list(leaves), 0.8)) is not None:
            path = show(_join(where, key))[1:-1]
            return f"unknown key {path}: did you mean {leaves[leaf]}?"
    return unknown_among(key, known, where)


def unknown_among(key: Any, known: list[str], where: str) -> str:
    """Say that a key is none of the known ones."""
    path = show(_join(where, key))[1:-1]
    near = nearest(str(key), known)
    if near is not None:
        return f"unknown key {path}: did you mean {_join(where, near)}?"
    return f"unknown key {path}: {where or 'a scenario'} has {', '.join(known)}"


def _translated(error: ValidationError, cls: type[Frozen], where: str) -> str:
    """Put the first of pydantic's complaints into one line."""
    first = error.errors(include_url=False)[0]
    path = where
    for part in first["loc"]:
        path = f"{path}[{part}]" if isinstance(part, int) else _join(path, part)
    if first["type"] == "missing":
        return f"{path} is missing; it must be given"
    if first["type"] == "value_error":
        message = str(first["ctx"]["error"])
        return f"{path}: {message}" if path else message
    return f"{path} is {show(first['input'])}: {first['msg'][:1].lower()}{first['msg'][1:]}"


def _join(where: str, key: Any) -> str:
    return f"{where}.{key}" if where else str(key)
