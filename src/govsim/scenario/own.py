"""Rules and components of one's own: Python functions in place of what is built in, or beside it.

A rule that is a decision (`RULES`) can be replaced, and a component can be added (`OwnComponent`). A function takes any of the
arguments listed for its place, by name and in any order, and returns a number. It sees what those who decide see and sets
nothing: an effect goes through the channels of `HOOKS` alone, and what costs nothing does nothing.

Nothing here ever comes from a file: what is saved is the name of a function and a hash of its source, and a run that was
saved goes on only with the same function.
"""

import builtins
import dis
import hashlib
import inspect
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import CodeType, FunctionType, ModuleType
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationError, ValidationInfo, field_validator, model_validator

from govsim.scenario.fields import Frozen, ScenarioError

_ENDLESS = sys.float_info.max
_HOURS = 1e6
_IMPURE = ("random", "default_rng", "secrets", "time", "datetime", "objmode")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a function may stand: what it may take, and the closed range of what it may return.

    Every argument is a float. `u` is a keyed uniform on (0, 1), the same under every variant.
    """

    arguments: tuple[str, ...]
    low: float
    high: float
    source: str


RULES: Mapping[str, Place] = {
    "agenda_score": Place(
        ("age_days", "severity", "n_affected", "is_petitioned", "n_departments", "type_number", "u"), -_ENDLESS, _ENDLESS, "3.7.9"
    ),
    "visit_targeting": Place(("open_issues", "petitions", "n_households", "backlog_weeks", "u"), -_ENDLESS, _ENDLESS, "3.7.11"),
    "contribution": Place(
        ("stake", "benefit", "peers_rate", "listed_share", "list_audit", "relative_cost", "n_members"), 0.0, 1.0, "3.7.10"
    ),
    "channel_utility": Place(
        ("channel", "severity", "belief", "trust", "access_cost", "petition_factor", "ses"), -float("inf"), _ENDLESS, "3.7.3"
    ),
    "effort": Place(
        ("is_outsider", "backlog_weeks", "pressure", "norm", "audit_share", "mandated_share", "mandated_motivation"), 0.0, 1.0, "3.7.8"
    ),
}  # fmt: skip
"""The decisions that can be replaced.

``agenda_score``: score of an issue on a joint meeting's agenda, worked out at every sitting; the highest go first. `age_days` counts
from its tabling there. ``visit_targeting``: score of a community among the handful a leader hears of; the highest is visited.
``contribution``: probability that an organisation gives this month. ``channel_utility``: utility of a channel (1 community,
2 petition, 3 law, 4 private remedy, 5 hotline) against that of silence, 0; minus infinity closes it. ``effort``: probability that work is
done perfunctorily; `is_outsider` is 1 for hands of the pool.
"""

_MONTHLY = ("intensity", "month", "n_households", "open_issues", "petitions", "backlog_weeks", "u")
_ISSUE = ("intensity", "severity", "n_affected", "n_departments", "type_number")
_REQUEST = (*_ISSUE, "n_asks", "age_days")

HOOKS: Mapping[str, Place] = {
    "offered_hours": Place(("skill", *_MONTHLY), 0.0, _HOURS, "3.7.10"),
    "tie_gain": Place(("department", *_MONTHLY), 0.0, 1.0, "3.7.10"),
    "clarity": Place(_ISSUE, 0.0, 1.0, "3.7.4"),
    "authority": Place(_REQUEST, 0.0, 1.0, "3.7.5"),
    "access_cost": Place(("intensity", "channel", "severity", "ses"), -50.0, 50.0, "3.7.3"),
    "monthly_hours": Place(_MONTHLY, 0.0, _HOURS, "3.7.16"),
    "monthly_money": Place(_MONTHLY, 0.0, _HOURS, "3.7.16"),
    "request_hours": Place(_REQUEST, 0.0, _HOURS, "3.7.16"),
}  # fmt: skip
"""The channels of a component of one's own, then its costs.

``offered_hours``: hours a month of one skill (0-7) for a community's pool. ``tie_gain``: a month's gain g of the tie to a department
(0-11), R <- R + g (1 - R). ``clarity``: a source of clarity cl, as in Cl = 1 - prod(1 - cl). ``authority``: authority of a bilateral
request, if above what it has. ``access_cost``: what is added to the access cost of a channel (1-5). ``monthly_hours``,
``monthly_money`` (k¥): what it costs in a community this month; where both are 0 it does nothing there this month.
``request_hours``: what each round of requests with more authority costs the asker; where it is 0 there is no authority.
"""

PLACES: Mapping[str, Place] = {**RULES, **HOOKS}
"""All of them."""
EFFECTS = ("offered_hours", "tie_gain", "clarity", "authority", "access_cost")
CODE = re.compile(r"X[1-9]\d?")
NAME = re.compile(r"[^\W_][\w .,:'/·、，]{0,39}")


class OwnFunction(Frozen):
    """A function of one's own at its place; read back from a file, it has a name and a hash and cannot be run."""

    place: str
    name: str
    sha256: str
    function: Callable[..., float] | None = Field(default=None, exclude=True, repr=False)

    @field_validator("function", mode="before")
    @classmethod
    def _only_python(cls, value: Any) -> Any:
        if value is not None and not isinstance(value, FunctionType):
            raise ValueError("a rule of one's own is a Python function and never comes from a file")
        return value

    @property
    def used(self) -> tuple[str, ...]:
        """Names of the arguments it takes, in its own order."""
        return tuple(inspect.signature(self.function).parameters) if self.function else ()


def own_function(place: str, function: Any) -> OwnFunction:
    """Return a function at a rule or hook, its arguments checked.

    Raises
    ------
    ScenarioError
        One line that names the rule, the arguments that are wrong and those there are.

    Examples
    --------
    >>> own_function("agenda_score", lambda age_days: age_days).used
    ('age_days',)
    """
    known = PLACES[place].arguments
    function = getattr(function, "py_func", function)
    if not isinstance(function, FunctionType):
        raise ScenarioError(f"{place} is {function!r:.60}, not a Python function of any of ({', '.join(known)})")
    parameters = inspect.signature(function).parameters.values()
    name = function.__name__.strip("<>")
    plain = inspect.Parameter.POSITIONAL_OR_KEYWORD
    wrong = [str(p) for p in parameters if p.name not in known or p.kind is not plain or p.default is not p.empty]
    if wrong:
        raise ScenarioError(f"{place}: {name} takes {', '.join(wrong)}; it may take any of ({', '.join(known)}), without defaults")
    absent = sorted(_globals_in(function.__code__) - set(function.__globals__) - set(dir(builtins)))
    if absent:
        raise ScenarioError(f"{place}: {name} uses {absent[0]}, which is not defined")
    impure = sorted(_names_in(function.__code__) & set(_IMPURE))
    if impure:
        raise ScenarioError(f"{place}: {name} uses {impure[0]}; a rule depends on its arguments alone, its luck is u")
    return OwnFunction(place=place, name=name, sha256=fingerprint(function), function=function)


def _names_in(code: CodeType) -> set[str]:
    """Global names and attributes that a code uses, and those of the functions inside it."""
    inside = [c for c in code.co_consts if isinstance(c, CodeType)]
    return set(code.co_names).union(*map(_names_in, inside))


def _globals_in(code: CodeType) -> set[str]:
    """Names that a code looks for outside itself."""
    return {str(i.argval) for i in dis.get_instructions(code) if i.opname == "LOAD_GLOBAL"}


def fingerprint(function: Callable[..., Any], _seen: frozenset[int] = frozenset()) -> str:
    """SHA-256 of a function's source and of the values it reads from around it."""
    function = getattr(function, "py_func", function)
    try:
        source = inspect.getsource(function)
    except (OSError, TypeError):
        code = function.__code__
        source = f"{code.co_code.hex()} {code.co_consts!r} {code.co_names!r}"
    around = inspect.getclosurevars(function)
    values = dict(around.globals) | dict(around.nonlocals)
    seen = _seen | {id(function)}
    parts = [source]
    for name in sorted(values):
        value = getattr(values[name], "py_func", values[name])
        if isinstance(value, FunctionType):
            parts.append(f"{name} {fingerprint(value, seen) if id(value) not in seen else 'again'}")
        elif isinstance(value, ModuleType):
            parts.append(f"{name} {value.__name__}")
        else:
            parts.append(f"{name} {value.tobytes().hex() if hasattr(value, 'tobytes') else repr(value)}")
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def _at_its_hook(value: Any, info: ValidationInfo) -> Any:
    """A function as it is given, or what a file keeps of one."""
    if value is None or isinstance(value, OwnFunction | Mapping):
        return value
    return own_function(str(info.field_name), value)


Hooked = Annotated[OwnFunction | None, BeforeValidator(_at_its_hook)]


class OwnComponent(Frozen):
    """A component of one's own: what it does at the micro-channels, and what it costs.

    It acts from the first of the month after its variant has started, month by month, in every community where
    `monthly_hours` or `monthly_money` is above 0, and ends with its variant. Assumption: as for the built-in components, it has
    no coefficient on any outcome, so it can help only through the channels it has and only in the hours it leaves.

    Parameters
    ----------
    code
        X1 to X99.
    name
        As tables and figures call it.
    intensity
        Handed to every function; 0 is switched off.
    offered_hours, tie_gain, clarity, authority, access_cost
        Functions of its effects, at least one; see `HOOKS` for their arguments and units.
    monthly_hours, monthly_money
        Functions of its costs, at least one. Hours are owed by `payer` under `activity`; money comes from the operating budget.
    request_hours
        Function of the asker's hours a round; `authority` needs it.
    giver
        Whose hours are offered.

    Raises
    ------
    ScenarioError
        One line: no effect, no cost, or a function that takes what there is not.

    Examples
    --------
    >>> corps = OwnComponent(
    ...     code="X1",
    ...     name="Student corps",
    ...     offered_hours=lambda skill, intensity: intensity * (skill == 7),
    ...     monthly_hours=lambda intensity: 0.5 * intensity,
    ...     giver="resident_volunteers",
    ... )
    >>> corps.code, corps.offered_hours.used
    ('X1', ('skill', 'intensity'))
    """

    code: str
    name: str
    intensity: float = Field(default=1.0, ge=0, le=16)
    giver: Literal[
        "leaders", "part_time_members", "organisations", "in_service_leisure", "resident_volunteers", "residents"
    ] = "resident_volunteers"  # fmt: skip
    payer: Literal[
        "communities", "subdistricts", "leaders", "part_time_members", "organisations", "in_service_leisure",
        "resident_volunteers", "residents",
    ] = "communities"  # fmt: skip
    activity: Literal[
        "preparation", "hosting", "reporting", "coordination", "supervision", "upkeep", "convening", "ceremonial",
        "patrol", "informing",
    ] = "convening"  # fmt: skip
    offered_hours: Hooked = None
    tie_gain: Hooked = None
    clarity: Hooked = None
    authority: Hooked = None
    access_cost: Hooked = None
    monthly_hours: Hooked = None
    monthly_money: Hooked = None
    request_hours: Hooked = None

    def __init__(self, **given: Any) -> None:
        try:
            super().__init__(**given)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            reason = first["ctx"]["error"] if first["type"] == "value_error" else f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
            raise ScenarioError(f"component {given.get('code', '')!s:.20}: {reason}".replace("\n", " ")) from None

    @model_validator(mode="after")
    def _pays_for_what_it_does(self) -> "OwnComponent":
        if not CODE.fullmatch(self.code):
            raise ValueError("code is X1 to X99")
        if not NAME.fullmatch(self.name):
            raise ValueError("name is 1 to 40 letters, digits and spaces")
        if not any(getattr(self, effect) for effect in EFFECTS):
            raise ValueError(f"it does nothing: give one of {', '.join(EFFECTS)}")
        if not (self.monthly_hours or self.monthly_money):
            raise ValueError("it costs nothing: give monthly_hours or monthly_money")
        if (self.authority is None) != (self.request_hours is None):
            raise ValueError("authority and request_hours go together: what a request with more authority costs the asker")
        return self

    @property
    def functions(self) -> tuple[OwnFunction | None, ...]:
        """One for each of `HOOKS`, None where there is none."""
        return tuple(getattr(self, hook) for hook in HOOKS)

    def at(self, intensity: float) -> "OwnComponent":
        """Return the same component at another intensity."""
        return OwnComponent(**dict(self) | {"intensity": intensity})

    @property
    def title(self) -> str:
        """Code, name and intensity, as they stand in the name of a variant."""
        whole = int(self.intensity) if self.intensity.is_integer() else self.intensity
        return f"{self.code} {self.name}" + ("" if self.intensity == 1 else f"@{whole!r}")


class Own(Frozen):
    """What of a mechanism is one's own: rules replaced and components added.

    `label`, where it is not empty, is what its variant is called; `base` what that is called without these, where its name
    is not that of a sum of parts.
    """

    rules: tuple[OwnFunction, ...] = ()
    components: tuple[OwnComponent, ...] = ()
    label: str = ""
    base: str = ""

    @model_validator(mode="after")
    def _once(self) -> "Own":
        for names in ([f.place for f in self.rules], [c.code for c in self.components]):
            if len(set(names)) < len(names):
                raise ValueError(f"{max(names, key=names.count)} is given twice")
        return self

    @property
    def functions(self) -> tuple[OwnFunction, ...]:
        """All of them."""
        return (*self.rules, *(f for c in self.components for f in c.functions if f is not None))

    @property
    def active(self) -> tuple[OwnComponent, ...]:
        """Components with an intensity above 0."""
        return tuple(c for c in self.components if c.intensity > 0)

    def named(self, base: str) -> str:
        """Return the name of a variant that is `base` but for these."""
        if self.label:
            return self.label
        base = self.base or base
        name = "+".join([*([] if base == "B0" and self.components else [base]), *(c.title for c in self.components)])
        return f"{name} [{', '.join(f'{f.place}={f.name}' for f in self.rules)}]" if self.rules else name

    def with_functions_of(self, other: "Own") -> "Own":
        """Return what was read from a file with the functions of `other`, which must be those that were saved.

        Raises
        ------
        ScenarioError
            One line: what is missing, or differs from what was saved.
        """
        given = {(where, f.place): f for where, f in other._places()}

        def found(where: str, f: OwnFunction) -> OwnFunction:
            at = f"{where}.{f.place}".lstrip(".")
            twin = given.get((where, f.place))
            if twin is None:
                raise ScenarioError(f"{at} is {f.name} of one's own (SHA-256 {f.sha256[:12]}), which no file holds: give it again")
            if twin.sha256 != f.sha256:
                raise ScenarioError(f"{at}: {twin.name} is not {f.name} as it was saved (SHA-256 {twin.sha256[:12]}, not {f.sha256[:12]})")
            return twin

        rules = tuple(found("", f) for f in self.rules)
        components = tuple(c.model_copy(update={f.place: found(c.code, f) for f in c.functions if f is not None}) for c in self.components)
        return self.model_copy(update={"rules": rules, "components": components})

    def _places(self) -> list[tuple[str, OwnFunction]]:
        """Each function with the code of its component."""
        of_components = [(c.code, f) for c in self.components for f in c.functions if f is not None]
        return [*(("", f) for f in self.rules), *of_components]


def own(rules: Mapping[str, Any] | None = None, components: tuple[OwnComponent, ...] = ()) -> Own:
    """Return rules, by the names of `RULES`, and components as a mechanism takes them.

    Raises
    ------
    ScenarioError
        One line: an unknown rule, wrong arguments, or what is no component.

    Examples
    --------
    >>> own({"agenda_score": lambda severity: severity}).named("F1")
    'F1 [agenda_score=lambda]'
    """
    for name in rules or ():
        if name not in RULES:
            raise ScenarioError(f"unknown rule {name!r:.40}: those that can be replaced are {', '.join(RULES)}")
    for component in components:
        if not isinstance(component, OwnComponent):
            raise ScenarioError(f"{component!r:.60} is no OwnComponent")
    found = tuple(own_function(name, (rules or {})[name]) for name in RULES if name in (rules or {}))
    try:
        return Own(rules=found, components=tuple(sorted(components, key=lambda c: int(c.code[1:]))))
    except ValidationError as error:
        raise ScenarioError(str(error.errors(include_url=False)[0]["ctx"]["error"])) from None
