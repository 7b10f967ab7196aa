"""How rules are compiled: one place for the options.

Rules allocate nothing, so reference counting is left out: it would touch every column of a run at every
call. Division follows IEEE 754 (`inf`, `nan`), not Python's exception.
"""

from collections.abc import Callable
from typing import Any

from numba import config, types
from numba.core.registry import CPUDispatcher

_OPTIONS = {"nopython": True, "nogil": True, "error_model": "numpy", "_nrt": False}


def _widened(argument: types.Type) -> types.Type:
    """The type a rule takes an argument as: no constants, and no narrower number than 64 bits."""
    argument = types.unliteral(argument)
    if isinstance(argument, types.Integer) and argument.bitwidth < 64:
        return types.int64
    return types.float64 if argument == types.float32 else argument


class _Rule(CPUDispatcher):
    """A compiled rule. Numba would compile it anew for each constant and each narrow column it is called with;
    a rule is compiled once."""

    def get_call_template(self, args: Any, kws: Any) -> Any:
        """Type a call from another rule."""
        return super().get_call_template([_widened(a) for a in args], {k: _widened(a) for k, a in kws.items()})


def kernel(rule: Callable) -> Callable:
    """Decorator of every rule."""
    if config.DISABLE_JIT:
        return rule
    compiled = _Rule(rule, targetoptions=_OPTIONS)
    compiled.enable_caching()
    return compiled
