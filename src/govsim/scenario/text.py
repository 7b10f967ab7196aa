"""Small text files that a user gives or gets: read with care, written whole or not at all.

Read is a small part of YAML: UTF-8, one document of mappings and lists, at most `MAX_BYTES`. Tags,
anchors, aliases and duplicate keys are refused. Numbers are those of YAML 1.2, so that ``010`` is
ten and ``12:30`` is no number. Errors are `ScenarioError`, one line each.
"""

import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import yaml

from govsim.scenario.fields import ScenarioError
from govsim.scenario.inputs import show

MAX_BYTES = 1_000_000
"""Largest file that is read."""

MAX_DEPTH = 20
"""Deepest nesting that is read."""


# ---- reading -------------------------------------------------------------------------------------


def read_text(file: Path, what: str, hint: str = "") -> str:
    """Read a file that may be anything, and should be a `what`; `hint` is said where there is none."""
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


def read_tree(path: str | Path, what: str, least: str) -> Mapping[str, Any]:
    """Read a file and parse it (`read_text`, `parsed`); an error begins with its name."""
    text = read_text(Path(path), what)
    try:
        return parsed(text, least)
    except ScenarioError as error:
        raise ScenarioError(f"{shown_name(path)}: {error}") from None


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
        raise ScenarioError(f"{line}{one_line(error.problem or 'is not YAML')}") from None
    except yaml.YAMLError as error:
        raise ScenarioError(f"is not YAML text ({one_line(str(error))})") from None
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


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # which base there is, is known at run time only
    """YAML's own types alone, numbers of YAML 1.2, and no key twice."""

    yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {}

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


# ---- writing -------------------------------------------------------------------------------------


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


def scalar(value: Any) -> str:
    """Write a value on one line."""
    if isinstance(value, list):
        return f"[{', '.join(map(scalar, value))}]"
    if isinstance(value, str):
        return quoted(value)
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    return repr(value)


_PLAIN = re.compile(r"[A-Za-z\u4e00-\u9fff][\w\u4e00-\u9fff]*(?:[ +-][\w\u4e00-\u9fff]+)*")
_WORDS = {"true", "false", "yes", "no", "on", "off", "null"}


def quoted(text: str) -> str:
    """Write a text, in quotes unless it can only be read as one."""
    if _PLAIN.fullmatch(text) and text.casefold() not in _WORDS:
        return text
    found: str = yaml.safe_dump(text, default_style='"', allow_unicode=True, width=2**31 - 1)
    return found.removesuffix("\n")


# ---- words ---------------------------------------------------------------------------------------


def _reason(error: Exception) -> str:
    """Return why the system refused."""
    return one_line(getattr(error, "strerror", None) or str(error))


def one_line(text: str) -> str:
    """Return a text without breaks and control characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def shown_name(name: str | Path) -> str:
    """Return a file name as an error begins with it."""
    text = str(name)
    return text if text.isprintable() else repr(text)
