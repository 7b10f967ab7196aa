"""How an input is declared: default, unit, range and where the value comes from, in one line."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Frozen(BaseModel):
    """Base of everything a user can ask for: immutable, and no unknown key is let in."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def number(
    default: float | int | None,
    unit: str = "1",
    low: float | None = None,
    high: float | None = None,
    basis: str = "[A]",
    source: str = "",
) -> Any:
    """Declare a numeric input.

    Parameters
    ----------
    default : value when the user says nothing; its unit is `unit`.
    low, high : the closed range that is allowed.
    basis : evidence label of `docs/science/odd.md`: ``[V]`` read in a source, ``[M]`` from memory,
        ``[A]`` assumed.
    source : section of the specification or literature key.
    """
    extra: dict[str, Any] = {"unit": unit, "basis": basis, "source": source}
    return Field(default=default, ge=low, le=high, json_schema_extra=extra)


def option(default: Any, basis: str = "[A]", source: str = "", unit: str = "1") -> Any:
    """Declare an input that is not one number: a switch, a choice, or a row of numbers.

    `basis` and `source` are those of `number`; what is allowed is in the annotation.
    """
    return Field(default=default, json_schema_extra={"unit": unit, "basis": basis, "source": source})


def no_input(default: Any) -> Any:
    """Declare what is part of a model but no input: given in Python alone, never in a file or by a path."""
    return Field(default=default, json_schema_extra={"is_input": False})


def inputs_of(cls: type[BaseModel]) -> dict[str, Any]:
    """The fields of a model that are inputs, or groups of them."""
    return {n: f for n, f in cls.model_fields.items() if (f.json_schema_extra or {}).get("is_input", True)}  # type: ignore[union-attr]


class ScenarioError(ValueError):
    """What was asked cannot be; the message is one line that says where, what, and what can."""
