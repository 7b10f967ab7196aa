"""What the columns of a log mean: built-in schemas, names of columns, a user's mapping file."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

import yaml
from pydantic import Field, ValidationError, field_validator

from govsim.records.files import RecordsError
from govsim.scenario.demand import standard_types
from govsim.scenario.fields import Frozen, ScenarioError
from govsim.scenario.text import read_tree, shown_name

TYPE_CODES = tuple(t.code for t in standard_types())
"""The 15 codes of model.md 3.11."""

ROLES = ("opened", "closed", "type", "place", "source", "id")
"""What a column can be; `id` serves only to find duplicates and is then dropped."""

BUILT_IN = ("boston_311", "message_board")

OUTSIDE = "-"
"""Marks a label that is understood and lies outside the model (3.11: markets, schools ...)."""


class Schema(Frozen):
    """How to read one kind of log.

    Attributes
    ----------
    columns : role to the column (or columns, for types: the first that is understood counts).
    types : label, or a word in it, to one of `TYPE_CODES`, or null for outside the model.
        Whole labels go before words, longer words before shorter; case does not matter.
    keep_sources : sources whose rows are used; empty for all.
    signature : columns that a file must have for the schema to be recognised.
    """

    name: str = "mapping"
    about: str = ""
    signature: tuple[str, ...] = ()
    columns: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    types: dict[str, str | None] = Field(default_factory=dict)
    keep_sources: tuple[str, ...] = ()

    @field_validator("columns", mode="before")
    @classmethod
    def _roles_are_known(cls, columns: Any) -> Any:
        if not isinstance(columns, Mapping):
            raise ValueError("must map a role to a column")
        if unknown := sorted(map(str, set(columns) - set(ROLES))):
            raise ValueError(f"unknown role {', '.join(unknown)}; roles are {', '.join(ROLES)}")
        return {r: (c,) if isinstance(c, str) else c for r, c in columns.items()}

    @field_validator("types")
    @classmethod
    def _codes_are_known(cls, types: dict[str, str | None]) -> dict[str, str | None]:
        unknown = sorted({c for c in types.values() if c is not None} - set(TYPE_CODES))
        if unknown:
            known = ", ".join(TYPE_CODES)
            raise ValueError(f"unknown code {', '.join(unknown)}; codes are {known}")
        return types

    def codes_of(self, labels: Sequence[str]) -> str:
        """Return the code for the labels of one row, `OUTSIDE`, or "" where none is understood.

        A whole label counts before a word in a label, the first column before the second.
        """
        plain = [label.strip().casefold() for label in labels]
        words = {word.strip().casefold(): code or OUTSIDE for word, code in self.types.items()}
        whole = {code.casefold(): code for code in TYPE_CODES} | words
        for label in plain:
            if label in whole:
                return whole[label]
        for label in plain:
            for word in sorted(words, key=len, reverse=True):
                if _has_word(label, word):
                    return words[word]
        return ""


def _has_word(label: str, word: str) -> bool:
    """Whether a label contains a word; words in Latin letters must stand alone."""
    if not word.isascii():
        return word in label
    return re.search(rf"(?<![a-z0-9]){re.escape(word)}s?(?![a-z0-9])", label) is not None


def load_mapping(mapping: str | Path | Mapping[str, Any]) -> Schema:
    """Return the schema of a user's mapping: a YAML file, or the same as a dict.

    Raises
    ------
    RecordsError
        Not found, not YAML, an unknown key, role or code; one line.
    """
    if isinstance(mapping, Mapping):
        return _validated(dict(mapping), "mapping")
    try:
        fields = read_tree(mapping, "mapping", "columns: {type: category, opened: date}")
    except ScenarioError as error:
        raise RecordsError(f"mapping {error}") from None
    return _validated(fields, f"mapping {shown_name(mapping)}")


def _validated(fields: Any, label: str) -> Schema:
    """Check the fields of a mapping."""
    allowed = ("columns", "types", "keep_sources", "name", "about")
    if not isinstance(fields, dict) or not set(fields) <= set(allowed):
        raise RecordsError(f"{label}: takes the keys {', '.join(allowed)}")
    try:
        return Schema.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise RecordsError(f"{label}: {where}: {first['msg']}") from None


@lru_cache(maxsize=len(BUILT_IN) + 1)
def built_in(name: str) -> Schema:
    """Return a schema that comes with govsim."""
    return Schema.model_validate(_schema_file(name))


def find_schema(header: Sequence[str], mapping: Schema | None, label: str) -> Schema:
    """Return how to read a file with these columns.

    A mapping decides what it names; the rest comes from the built-in schema whose signature the
    header has, else from the names of the columns (`schemas/columns.yaml`).

    Raises
    ------
    RecordsError
        A mapped column is not in the file, or no column holds the opening date.
    """
    known = next((s for s in map(built_in, BUILT_IN) if set(s.signature) <= set(header)), None)
    if known is None:
        base = built_in("common").model_copy(update={"columns": _columns_by_name(header)})
    else:
        base = known.model_copy(update={"columns": _present(known, header)})
    if mapping is not None:
        _refuse_absent(mapping, header, label)
        base = base.model_copy(update=_overrides(mapping, base))
    if not base.columns.get("opened"):
        raise RecordsError(
            f"{label}: no column holds the opening date; its columns are {_listed(header)}; "
            "rename one to 'opened' or name it in a mapping (columns: {opened: ...})"
        )
    return base


def _present(schema: Schema, header: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Columns of a schema that a file has."""
    present = {r: tuple(c for c in cs if c in header) for r, cs in schema.columns.items()}
    return {role: columns for role, columns in present.items() if columns}


def _overrides(mapping: Schema, base: Schema) -> dict[str, Any]:
    """Only what the mapping says; a column it takes for one role leaves the others."""
    taken = {c for columns in mapping.columns.values() for c in columns}
    free = {r: tuple(c for c in cs if c not in taken) for r, cs in base.columns.items()}
    return {
        "name": mapping.name,
        "columns": {r: c for r, c in free.items() if c} | mapping.columns,
        "types": mapping.types or base.types,
        "keep_sources": mapping.keep_sources or base.keep_sources,
    }


def _refuse_absent(mapping: Schema, header: Sequence[str], label: str) -> None:
    """Refuse a mapping that names a column the file does not have."""
    named = [c for columns in mapping.columns.values() for c in columns]
    if absent := [c for c in named if c not in header]:
        raise RecordsError(f"{label}: no column {absent[0]!r}; its columns are {_listed(header)}")


def _columns_by_name(header: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Role of each column that goes by a known name; the first name of a role's list wins."""
    plain = {_plain(name): name for name in reversed(header)}
    found: dict[str, tuple[str, ...]] = {}
    for role, names in _schema_file("columns").items():
        column = next((plain[n] for n in map(_plain, names) if n in plain), None)
        if column is not None and (column,) not in found.values():
            found[role] = (column,)
    return found


def _plain(name: str) -> str:
    """Letters of a name, in one case."""
    return "".join(c for c in name.casefold() if c.isalnum())


def _listed(header: Sequence[str], most: int = 12) -> str:
    """Names of the columns, not too many nor too long."""
    shown = [name[:24] for name in header[:most]]
    return ", ".join(shown) + (" ..." if len(header) > most else "")


def _schema_file(name: str) -> dict[str, Any]:
    """Parse one of the files in `schemas/`."""
    folder = resources.files("govsim.records") / "schemas"
    content: dict[str, Any] = yaml.safe_load((folder / f"{name}.yaml").read_text(encoding="utf-8"))
    return content
