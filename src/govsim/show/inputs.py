"""What `govsim inputs` prints: every input by its path, with what it may be and how it is known."""

from typing import Any

from govsim.labels import LANGUAGES, label
from govsim.scenario.demand import standard_types
from govsim.scenario.inputs import OF_TYPES, Input, input_at, inputs
from govsim.scenario.text import scalar

_COLUMNS = ("path", "default", "range")


def inputs_table(word: str = "", lang: str = "en") -> Any:
    """Return a rich table, one row per input whose path or name, in either language, has `word` in it.

    The inputs of issue types stand there once, with ``<CODE>`` for the code; a word may have one there.

    Examples
    --------
    >>> inputs_table("audit_share").row_count
    1
    """
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, caption=label("inputs.bases", lang), caption_justify="left")
    for column in _COLUMNS:
        table.add_column(label(f"inputs.column.{column}", lang), overflow="fold")
    asked = input_at(word)
    for place, known in inputs().items():
        if place == f"{OF_TYPES}code" or place.startswith("city.subdistricts."):
            continue
        path = place.replace(OF_TYPES, f"{OF_TYPES}<CODE>.")
        names = [label(known.label_key, tongue) for tongue in LANGUAGES]
        if known is asked or any(word.lower() in text.lower() for text in (path, *names)):
            name = f"{path}\n  {label(known.label_key, lang)}"
            table.add_row(name, _default(place, known, word, lang), _range(known))
    return table


def _default(place: str, known: Input, word: str, lang: str) -> str:
    """What an input is where nothing is said; of an issue type: what all have, or that it differs by type, or that of the type asked."""
    if not place.startswith(OF_TYPES):
        return _value(known.default)
    field = place.removeprefix(OF_TYPES)
    values = {kind.code: getattr(kind, field) for kind in standard_types()}
    asked = values.keys() & word.split(".")
    shown = {_value(value) for code, value in values.items() if code in (asked or values)}
    return shown.pop() if len(shown) == 1 else label("inputs.by_type", lang)


def _range(known: Input) -> str:
    """Say what an input may be, its unit and its basis, in signs."""
    span = f"{known.low:g} – {known.high:g}" if known.low is not None and known.high is not None else ""
    span = " | ".join(map(_value, known.choices)) if known.choices else span
    unit = "" if known.unit == "1" else known.unit
    return " ".join(part for part in (span, unit, known.basis) if part)


def _value(value: Any) -> str:
    """Write a value as a scenario file has it, and a dash for none."""
    return "–" if value is None else scalar(list(value) if isinstance(value, tuple) else value)
