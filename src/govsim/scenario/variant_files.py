"""Variants as YAML files that can be copied and edited.

``name`` is what the variant is called; ``parts`` says which components and rivals it has, as a mapping of codes to an
intensity or ``true``, or as a sum such as ``F1-E4+RV1``; ``settings`` are other inputs of its parts, by their paths as
`inputs.override` takes them. What the file does not set stays the scenario's own. Files are read as scenario files are
(`govsim.scenario.text`): a small part of YAML that can run nothing; an error is one line that names the file.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from govsim.scenario.fields import ScenarioError
from govsim.scenario.inputs import inputs, nearest, nested, override, show, unknown_among, value_at
from govsim.scenario.mechanism import Mechanism
from govsim.scenario.scenario import Scenario
from govsim.scenario.text import parsed, read_text, scalar, shown_name, write_text
from govsim.scenario.variants import (
    PARTS,
    RIVALS,
    Variant,
    apply,
    name_of_sum,
    sum_of,
    variant,
)

KEYS = ("name", "parts", "settings")
_LEAST = "parts: F1-E4"
_PLAIN_NAME = re.compile(r"[^\W_](?:[\w .-]*\w)?")


def load_variant(path: str | Path) -> Variant:
    """Return the variant in a YAML file; files of equal content give equal variants.

    Raises
    ------
    ScenarioError
        One line: the file, the key, its value and what is allowed.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "mine.yaml"
    ...     save_variant(variant("F1-E4"), file)
    ...     load_variant(file) == variant("F1-E4")
    True
    """
    file = Path(path)
    return read_variant(read_text(file, "variant"), name=str(path))


def read_variant(text: str, *, name: str = "variant") -> Variant:
    """Return the variant that a YAML text describes; `name` is what errors call the text.

    Examples
    --------
    >>> read_variant("{name: patient hotline, parts: RV1, settings: {mechanism.RV1.returns_max: 4}}").settings
    (('mechanism.RV1.returns_max', 4),)
    """
    try:
        return _variant_of(parsed(text, _LEAST))
    except ScenarioError as error:
        raise ScenarioError(f"{shown_name(name)}: {error}") from None


def save_variant(chosen: Variant | str, path: str | Path, *, comments: bool = False) -> None:
    """Write a variant to a YAML file that `load_variant` reads back as an equal one, whole or not at all.

    See `format_variant` for `comments`.

    Raises
    ------
    ScenarioError
        A control, whose hours come from a comparison; or the file cannot be written.
    """
    write_text(format_variant(chosen, comments=comments), path)


def format_variant(chosen: Variant | str, *, comments: bool = False) -> str:
    """Return a variant as YAML text.

    Parameters
    ----------
    comments
        Add, as comments, every other input of its parts, with its default, what it may be and its basis: a file to start from.

    Examples
    --------
    >>> print(format_variant("A1@2+RV1"), end="")
    name: "A1@2+RV1"
    parts:
      A1: 2.0
      RV1: true
    """
    asked = variant(chosen)
    if asked.control is not None:
        raise ScenarioError(f"{asked.name} is a control; its hours come from a comparison, not a file")
    if asked.own.functions:
        raise ScenarioError(f"{asked.name} has functions of one's own ({asked.own.functions[0].name}), which no file holds")
    lines = [f"name: {scalar(asked.name)}"]
    doses = {code: "true" if code in RIVALS else scalar(dose) for code, dose in asked.doses}
    lines += ["parts:", *(f"  {code}: {dose}" for code, dose in doses.items())] if doses else ["parts: {}"]
    chosen_paths = dict(asked.settings)
    settings = [f"  {path}: {scalar(_listed(value))}" for path, value in asked.settings]
    if comments:
        mechanism = apply(Scenario(), asked)
        settings += [
            f"  # {path}: {scalar(_listed(value_at(mechanism, path)))}  # {known.allowed} {known.basis}".rstrip()
            for path, known in inputs().items()
            if _part_of(path) in doses and not _is_switch(path) and path not in chosen_paths
        ]
    if settings:
        lines += ["settings:", *settings]
    if comments:
        lines.insert(0, "# Copy, give it a name of its own, change. Take the # away before what you set.")
    return "\n".join(lines) + "\n"


# ---- reading -------------------------------------------------------------------------------------


def _variant_of(tree: Mapping[str, Any]) -> Variant:
    """Build the variant a file describes."""
    if "city" in tree or "demand" in tree:
        raise ScenarioError("this is the file of a scenario; govsim run FILE takes it")
    for key in tree:
        if key not in KEYS:
            raise ScenarioError(unknown_among(key, list(KEYS), "").replace("a scenario has", "a variant has"))
    if "parts" not in tree:
        raise ScenarioError(f'parts is missing; such as "{_LEAST}"')
    doses = _parts(tree["parts"])
    settings = _settings(tree.get("settings"), doses)
    name = tree.get("name", None if settings else name_of_sum(doses))
    if not isinstance(name, str) or not name.strip():
        raise ScenarioError(f"name is {show(name)}, not a text" if "name" in tree else "name is missing; settings need a name of their own")
    try:
        known = variant(name)
    except ScenarioError:
        return Variant(_own_name(name.strip()), tuple(doses.items()), settings)
    if dict(known.doses) != doses or known.settings != settings or known.control is not None:
        raise ScenarioError(f"name is {known.name}, which has other parts or settings; give this one a name of its own")
    return known


def _own_name(name: str) -> str:
    """Check a name of a user's own: words that cannot be taken for a sum, a control or a file."""
    if len(name) > 60 or not _PLAIN_NAME.fullmatch(name) or re.search(r"-[ALEale]\d", name):
        raise ScenarioError(f"name is {show(name)}, not up to 60 letters, digits, spaces, dots and hyphens, and no sum of parts")
    return name


def _parts(value: Any) -> dict[str, float]:
    """Return the intensities of the parts, in their order."""
    if isinstance(value, str):
        try:
            return sum_of(value)
        except ScenarioError as error:
            raise ScenarioError(f"parts: {error}") from None
    if not isinstance(value, Mapping):
        raise ScenarioError(f'parts is {show(value)}, not a sum such as "F1-E4", or a mapping such as "A1: 1"')
    doses = {}
    for code, given in value.items():
        if code not in PARTS:
            raise ScenarioError(unknown_among(code, list(PARTS), "parts"))
        if given is not False:
            doses[code] = _dose(code, given)
    return {code: doses[code] for code in PARTS if code in doses}


def _dose(code: str, given: Any) -> float:
    """Check one intensity."""
    if given is True:
        return 1.0
    known = inputs()["mechanism.A1.intensity"]
    is_number = isinstance(given, (int, float)) and not isinstance(given, bool)
    if code in RIVALS or not is_number or not (known.low or 0) <= given <= (known.high or 0):
        allowed = "true or false" if code in RIVALS else f"true, false or an intensity from {known.low} to {known.high}"
        raise ScenarioError(f"parts.{code} is {show(given)}, not {allowed}")
    return float(given)


def _settings(value: Any, doses: Mapping[str, float]) -> tuple[tuple[str, Any], ...]:
    """Check the other inputs, and return them in the order of the inputs with the values a scenario takes."""
    if value is None:
        return ()
    if not isinstance(value, Mapping):
        raise ScenarioError(f"settings is {show(value)}, not a mapping of paths such as mechanism.A1.interval")
    tree = nested(value)
    for group in tree:
        if group != "mechanism":
            hint = "such as mechanism.A1.interval" if group in Scenario.model_fields else f"did you mean {_meant(group)}?"
            raise ScenarioError(f"settings.{show(group)[1:-1]}: a variant sets inputs of the mechanism; {hint}")
    asked = override(Scenario(), tree)
    paths = [path for path in inputs() if _is_given(tree, path.split("."))]
    for path in paths:
        if _is_switch(path):
            raise ScenarioError(f"settings.{path}: switches and intensities stand under parts")
        if _part_of(path) in PARTS and _part_of(path) not in doses:
            raise ScenarioError(f"settings.{path}: {_part_of(path)} is not among the parts, so this would do nothing")
    return tuple((path, value_at(asked, path)) for path in paths)


def _meant(group: Any) -> str:
    """The path that a first word that is none was likely meant for."""
    below = [f"mechanism.{name}" for name in Mechanism.model_fields]
    return nearest(f"mechanism.{group}", below) or "mechanism"


def _is_given(tree: Any, keys: list[str]) -> bool:
    """Whether a tree has a value at a path."""
    for key in keys:
        if not isinstance(tree, Mapping) or key not in tree:
            return False
        tree = tree[key]
    return True


def _part_of(path: str) -> str:
    """The part of the mechanism that an input belongs to."""
    _, _, rest = path.partition("mechanism.")
    return rest.partition(".")[0]


def _is_switch(path: str) -> bool:
    """Whether an input is what `parts` says."""
    return _part_of(path) in PARTS and path.rpartition(".")[2] in ("enabled", "intensity")


# ---- writing -------------------------------------------------------------------------------------


def _listed(value: Any) -> Any:
    """A row as a list."""
    return list(value) if isinstance(value, tuple) else value
