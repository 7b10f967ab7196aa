"""Rules of one's own: compiled alone, called by their address where one stands, else the built-in is called.

The engine itself is never compiled anew: a Python function becomes a C function of float64, whose address stands at its
place in the column `rules` (`RULE` records: first the decisions of `scenario.own.RULES`, then, for each component of one's
own, `HOOKS`); 0 means that there is none. An answer outside the range of its place stops the run at the end of the day and
is told with the arguments it was given for.
"""

import math
import threading
from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba import config, types
from numba.core import cgutils
from numba.core.errors import NumbaError
from numba.extending import intrinsic

from govsim.engine.compiled import kernel
from govsim.engine.state import ACTIVITIES, OWN_RECORD, PAYERS, RULE, Rows, blank
from govsim.scenario.fields import ScenarioError
from govsim.scenario.own import HOOKS, PLACES, RULES, Own, OwnFunction, fingerprint
from govsim.scenario.scenario import Scenario

AGENDA_SCORE, VISIT_TARGETING, CONTRIBUTION, CHANNEL_UTILITY, EFFORT = range(5)
"""Places of the decisions, in the order of `RULES`."""

N_RULES, N_HOOKS = 5, 8
OFFERED_HOURS, TIE_GAIN, CLARITY, AUTHORITY, ACCESS_COST, MONTHLY_HOURS, MONTHLY_MONEY, REQUEST_HOURS = range(8)
"""Places of the hooks of a component, in the order of `HOOKS`."""

_STEEPEST = 500.0
"""Largest V / theta of a channel whose exponential is still a number (e^709 is not)."""

N_FAULT = 16
"""Numbers kept of a wrong answer: that there is one, its place, the answer, the day, then the arguments."""


# ---- calling -------------------------------------------------------------------------------------

_INTERPRETED: dict[int, Callable[..., float]] = {}


def _called(_context: Any, _address: types.Integer, arguments: types.BaseTuple) -> Any:
    """Type and lower `call`: float64s in, one out, by the convention of C."""
    n = len(arguments)

    def lower(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        double = ir.DoubleType()
        function = builder.inttoptr(values[0], ir.FunctionType(double, [double] * n).as_pointer())
        return builder.call(function, cgutils.unpack_tuple(builder, values[1], n))

    return types.float64(types.uint64, types.UniTuple(types.float64, n)), lower


def call(address: int, arguments: tuple[float, ...]) -> float:
    """What the function at an address returns."""
    return _INTERPRETED[int(address)](*map(float, arguments))


if not config.DISABLE_JIT:
    call = intrinsic(_called)


@kernel
def ruled(w, place, arguments):
    """The answer of the function at a place of the column `rules`; 0 if it is outside the place's range."""
    rule = w.rules[place]
    value = call(rule.address, arguments)
    if not (rule.low <= value <= rule.high):
        note_fault(w, place, value, arguments)
        return 0.0
    return value


@kernel
def note_fault(w, place, value, arguments):
    """Keep the first wrong answer of a run, and what it was asked."""
    if w.faults[0] == 0.0:
        w.faults[0] = 1.0
        w.faults[1] = place
        w.faults[2] = value
        w.faults[3] = w.counters[0].today
        for n in range(len(arguments)):
            w.faults[4 + n] = arguments[n]


# ---- compiling -----------------------------------------------------------------------------------

_ADDRESSES: dict[tuple[Any, str], int] = {}
_COMPILED: list[Any] = []
"""What the addresses belong to: kept for good, since a run may be calling it."""
_LOCK = threading.Lock()


def address_of(own: OwnFunction) -> int:
    """Compile a function for its place, once, and return its address.

    Raises
    ------
    ScenarioError
        One line: it is not here (read from a file), has changed, cannot be compiled, or returns no number.
    """
    function = own.function
    if function is None:
        Own(rules=(own,)).with_functions_of(Own())
    if function is None or fingerprint(function) != own.sha256:
        raise ScenarioError(f"{own.place}: {own.name}, or a value it reads, has changed since it was given; give it again")
    with _LOCK:
        key = function, own.place + own.sha256
        if key not in _ADDRESSES:
            _ADDRESSES[key] = _interpreted(own) if config.DISABLE_JIT else _compiled(own)
        return _ADDRESSES[key]


def _compiled(own: OwnFunction) -> int:
    """A C function of all arguments of the place that hands on those the function takes; an error becomes nan."""
    names = PLACES[own.place].arguments
    inner = numba.njit(own.function)
    try:
        found = inner.compile((types.float64,) * len(own.used)) and inner.nopython_signatures[-1].return_type
        if not isinstance(found, types.Integer | types.Float | types.Boolean):
            raise ScenarioError(f"{own.place}: {own.name} must return a number whatever it is asked, not {found}")
        outer = numba.cfunc(types.float64(*(types.float64,) * len(names)))(_adapted(own, inner))
    except NumbaError as error:
        raise ScenarioError(f"{own.place}: {own.name} cannot be compiled: {_reason(error)}") from None
    _COMPILED.append(outer)
    return int(outer.address)


def _interpreted(own: OwnFunction) -> int:
    """A number under which `call` finds the function."""

    def checked(*arguments: float) -> float:
        value = own.function(*arguments)  # type: ignore[misc]
        if not isinstance(value, int | float | np.number | np.bool_):
            raise ScenarioError(f"{own.place}: {own.name} must return a number whatever it is asked, not {type(value).__name__}")
        return float(value)

    _INTERPRETED[len(_INTERPRETED) + 1] = _adapted(own, checked)
    return len(_INTERPRETED)


def _adapted(own: OwnFunction, function: Callable[..., Any]) -> Callable[..., float]:
    """`function` as one of all arguments of its place; every name in the text is one of `PLACES`."""
    space: dict[str, Any] = {"function": function, "nan": math.nan, "ScenarioError": ScenarioError}
    refused = "    except ScenarioError:\n        raise\n" if config.DISABLE_JIT else ""
    text = (
        f"def rule({', '.join(PLACES[own.place].arguments)}):\n    try:\n        return 1.0 * function({', '.join(own.used)})\n"
        f"{refused}    except Exception:\n        return nan\n"
    )
    exec(text, space)
    return space["rule"]


def _reason(error: NumbaError) -> str:
    """The line of a long message of the compiler that says what is wrong."""
    lines = [line.strip() for line in str(getattr(error, "msg", error)).splitlines()]
    told = [line for line in lines if line and not line.startswith(("Failed in", "During:", "File ", "<source", "\x1b"))]
    return "".join(c for c in (told or ["unknown"])[0] if c.isprintable())[:200]


# ---- columns -------------------------------------------------------------------------------------


def compile_own(own: Own) -> None:
    """Compile all functions, so that what is wrong with one is told before anything runs."""
    for function in own.functions:
        address_of(function)


def rules_of(scenario: Scenario) -> Rows:
    """The column `rules` of a scenario's mechanism."""
    own = scenario.mechanism.own
    rows = blank(RULE, N_RULES + N_HOOKS * len(own.active))
    hooks = [(hook, place, x) for x in range(len(own.active)) for hook, place in HOOKS.items()]
    functions = {f.place: f for f in own.rules}
    for n, (name, place) in enumerate(RULES.items()):
        rows[n] = (address_of(functions[name]) if name in functions else 0, place.low, place.high)
    rows[CHANNEL_UTILITY].high = _STEEPEST * scenario.behaviour.voice.choice_scale
    for n, (hook, place, x) in enumerate(hooks):
        function = getattr(own.active[x], hook)
        rows[N_RULES + n] = (0 if function is None else address_of(function), place.low, place.high)
    return rows


def components_of(own: Own) -> Rows:
    """The column `own`: one row a component of one's own that is on."""
    rows = blank(OWN_RECORD, len(own.active))
    for row, c in zip(rows, own.active, strict=False):
        row.number = int(c.code[1:])
        row.intensity, row.giver, row.payer = c.intensity, PAYERS.index(c.giver), PAYERS.index(c.payer)
        row.activity = ACTIVITIES.index(c.activity)
    return rows


def fault_in(w: Any, own: Own) -> ScenarioError:
    """What the first wrong answer of a run was, in one line."""
    place = int(w.faults[1])
    if place < N_RULES:
        name, where = list(RULES)[place], ""
        function = {f.place: f for f in own.rules}[name]
    else:
        x, hook = divmod(place - N_RULES, N_HOOKS)
        name, where = list(HOOKS)[hook], f"{own.active[x].code}."
        function = getattr(own.active[x], name)
    known = PLACES[name]
    asked = dict(zip(known.arguments, w.faults[4:], strict=False))
    told = ", ".join(f"{used}={asked[used]:g}" for used in function.used)
    high = float(w.rules[place].high)
    allowed = "a finite number" if known.high > 1e300 and known.low < -1e300 else f"a number from {known.low:g} to {high:g}"
    if name == "channel_utility":
        allowed = f"a number up to {high:g}, or minus infinity"
    return ScenarioError(
        f"{where}{name}: {function.name} returned {w.faults[2]:g} on day {w.faults[3]:.0f} for ({told}); allowed is {allowed}"
    )
