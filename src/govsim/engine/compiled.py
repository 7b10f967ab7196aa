"""How rules are compiled: one place for the options.

Rules allocate nothing, so reference counting is left out: it would touch every column of a run at every
call. Division follows IEEE 754 (`inf`, `nan`), not Python's exception.

A rule that only rules call is an inner one. It gets no wrapper for Python, no file in the cache and no machine code of its
own: its code is optimised and compiled once, with the rule that Python calls, in one piece.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from numba import config, types
from numba.core import sigutils
from numba.core.caching import NullCache
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_lock import global_compiler_lock
from numba.core.compiler_machinery import register_pass
from numba.core.registry import CPUDispatcher
from numba.core.typed_passes import NativeLowering

_BARE = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
_OPTIONS = {"nopython": True, "nogil": True, "error_model": "numpy", "_nrt": False}


def _widened(argument: types.Type) -> types.Type:
    """The type a rule takes an argument as: no constants, and no narrower number than 64 bits."""
    argument = types.unliteral(argument)
    if isinstance(argument, types.Integer) and argument.bitwidth < 64:
        return types.int64
    return types.float64 if argument == types.float32 else argument


class _Library(JITCodeLibrary):
    """Code of a rule, linked with that of all inner rules it calls, directly or not."""

    def add_linking_library(self, library: Any) -> None:
        """Link another rule and what that one calls, each once; callers first, since LLVM links only what something calls."""
        if not isinstance(library, _InnerLibrary):
            super().add_linking_library(library)
            return
        for part in (library.part, *library._linking_libraries):
            if part not in self._linking_libraries:
                self._linking_libraries.append(part)


class _InnerLibrary(_Library):
    """Code of an inner rule: there to be linked."""

    def __init__(self, *args: Any):
        super().__init__(*args)
        self.part = _Part(self)

    def finalize(self) -> None:
        """Leave the code as it is."""
        self._finalized = True

    def _get_module_for_linking(self) -> Any:
        """The rule with all it calls, for a function that is no rule."""
        whole = self.part._get_module_for_linking().clone()
        for part in self._linking_libraries:
            whole.link_in(part._get_module_for_linking(), preserve=True)
        return whole


class _Part:
    """The code of an inner rule without that of what it calls."""

    def __init__(self, library: _InnerLibrary):
        self.library, self._reload_init = library, library._reload_init

    def _get_module_for_linking(self) -> Any:
        return JITCodeLibrary._get_module_for_linking(self.library)


class _Lowering(NativeLowering):
    """Lower a rule into a library of ours."""

    library: type[_Library]

    def run_pass(self, state: Any) -> bool:
        """Make the library and fill it."""
        state.library = self.library(state.targetctx.codegen(), state.func_id.func_qualname)
        state.library.enable_object_caching()
        return bool(super().run_pass(state))


@register_pass(mutates_CFG=True, analysis_only=False)
class _OuterLowering(_Lowering):
    _name = "outer_rule_lowering"
    library = _Library


@register_pass(mutates_CFG=True, analysis_only=False)
class _InnerLowering(_Lowering):
    _name = "inner_rule_lowering"
    library = _InnerLibrary

    def run_pass(self, state: Any) -> bool:
        """Tell numba the rule by a token, since it has no function of machine code to tell it by."""
        state.flags.no_compile = True
        super().run_pass(state)
        lowered = state["cr"]._replace(cfunc=object())
        state.targetctx.insert_user_function(lowered.cfunc, lowered.fndesc, [state.library])
        state["cr"] = lowered
        return True


def _compiler(lowering: type[_Lowering]) -> type[CompilerBase]:
    """Numba's compiler with its last pass exchanged."""

    class Compiler(CompilerBase):
        def define_pipelines(self) -> list[Any]:
            passes = DefaultPassBuilder.define_nopython_pipeline(self.state)
            passes.passes = [(lowering if found is NativeLowering else found, text) for found, text in passes.passes]
            passes.finalize()
            return [passes]

    return Compiler


_OUTER, _INNER = _compiler(_OuterLowering), _compiler(_InnerLowering)


class _Rule(CPUDispatcher):
    """A compiled rule, compiled once.

    Numba would compile it anew for each constant and each narrow column it is called with, and give each inner rule all that
    only rules called from Python need.
    """

    _cache: Any

    def __init__(self, *args: Any, **options: Any):
        super().__init__(*args, **options, pipeline_class=_OUTER)
        self._bare: set[tuple[types.Type, ...]] = set()
        """Signatures compiled for other rules alone."""

    def get_call_template(self, args: Any, kws: Any) -> Any:
        """Type a call from another rule."""
        compiler = self._compiler
        usual = compiler.targetoptions, compiler.pipeline_class, self._cache
        compiler.targetoptions, compiler.pipeline_class, self._cache = usual[0] | _BARE, _INNER, NullCache()
        try:
            return super().get_call_template([_widened(a) for a in args], {k: _widened(a) for k, a in kws.items()})
        finally:
            compiler.targetoptions, compiler.pipeline_class, self._cache = usual

    def add_overload(self, cres: Any) -> None:
        """Keep what was compiled; an inner rule is out of Python's reach."""
        if self._compiler.pipeline_class is _INNER:
            self.overloads[tuple(cres.signature.args)] = cres
            self._bare.add(tuple(cres.signature.args))
        else:
            super().add_overload(cres)

    @global_compiler_lock
    def compile(self, sig: Any) -> Any:
        """Compile for a signature; once more when Python calls what only rules called so far."""
        args = tuple(sigutils.normalize_signature(sig)[0])
        if args in self._bare and self._compiler.pipeline_class is not _INNER:
            self._bare.discard(args)
            del self.overloads[args]
        return super().compile(sig)


def kernel(rule: Callable, **options: Any) -> Callable:
    """Decorator of every rule."""
    if config.DISABLE_JIT:
        return rule
    compiled = _Rule(rule, targetoptions=_OPTIONS | options)
    compiled.enable_caching()
    return compiled


allocating_kernel = partial(kernel, _nrt=True)
"""Decorator of what makes arrays of its own, and so counts references to them."""
