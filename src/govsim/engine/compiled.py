"""How rules are compiled: one place for the options.

Rules allocate nothing, so reference counting is left out: it would touch every column of a run at every
call. Division follows IEEE 754 (`inf`, `nan`), not Python's exception.
"""

from collections.abc import Callable
from typing import Any

from numba import config, types
from numba.core import sigutils
from numba.core.caching import NullCache
from numba.core.registry import CPUDispatcher

_BARE = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
_OPTIONS = {"nopython": True, "nogil": True, "error_model": "numpy", "_nrt": False}


def _widened(argument: types.Type) -> types.Type:
    """The type a rule takes an argument as: no constants, and no narrower number than 64 bits."""
    argument = types.unliteral(argument)
    if isinstance(argument, types.Integer) and argument.bitwidth < 64:
        return types.int64
    return types.float64 if argument == types.float32 else argument


class _Rule(CPUDispatcher):
    """A compiled rule, compiled once.

    Numba would compile it anew for each constant and each narrow column it is called with, and would give
    each rule that only rules call a wrapper for Python and a file of its own.
    """

    def __init__(self, *args: Any, **options: Any):
        super().__init__(*args, **options)
        self._bare: set[tuple[types.Type, ...]] = set()
        """Signatures compiled for other rules alone."""

    def get_call_template(self, args: Any, kws: Any) -> Any:
        """Type a call from another rule."""
        usual = self._compiler.targetoptions, self._cache
        self._compiler.targetoptions, self._cache = usual[0] | _BARE, NullCache()
        try:
            return super().get_call_template([_widened(a) for a in args], {k: _widened(a) for k, a in kws.items()})
        finally:
            self._compiler.targetoptions, self._cache = usual

    def add_overload(self, cres: Any) -> None:
        """Keep what was compiled; what has no wrapper is out of Python's reach."""
        if "no_cpython_wrapper" in self._compiler.targetoptions:
            self.overloads[tuple(cres.signature.args)] = cres
            self._bare.add(tuple(cres.signature.args))
        else:
            super().add_overload(cres)

    def compile(self, sig: Any) -> Any:
        """Compile for a signature; once more when Python calls what only rules called so far."""
        args = tuple(sigutils.normalize_signature(sig)[0])
        if args in self._bare and "no_cpython_wrapper" not in self._compiler.targetoptions:
            self._bare.discard(args)
            del self.overloads[args]
        return super().compile(sig)


def kernel(rule: Callable) -> Callable:
    """Decorator of every rule."""
    if config.DISABLE_JIT:
        return rule
    compiled = _Rule(rule, targetoptions=_OPTIONS)
    compiled.enable_caching()
    return compiled
