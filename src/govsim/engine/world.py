"""Everything a run holds, handed to every compiled rule as one pointer.

In Python a `World` is an object with one array per column group. Compiled code gets the address of a table
of (address, length) pairs, one pair an array, and reads an array from it where a rule names it. Passing the
arrays themselves would hand some 260 numbers to every rule; the pointer makes rules quick to call and to compile.

The table never changes during the life of a `World` (a larger pool makes a new `World`), so the compiler may
read an entry once and keep it.
"""

import functools
import hashlib
import operator
from typing import TYPE_CHECKING, Any

import numpy as np
from llvmlite import ir
from numba import config, from_dtype, types
from numba.core import cgutils
from numba.core.datamodel import models
from numba.core.typing.templates import AbstractTemplate, AttributeTemplate, infer_global, signature
from numba.extending import (
    NativeValue,
    infer_getattr,
    intrinsic,
    lower_builtin,
    lower_getattr,
    lower_getattr_generic,
    register_model,
    typeof_impl,
    unbox,
)

from govsim.engine.state import CACHE_LINE

FIELDS = (
    "p", "counters", "arrivals", "issues", "kinds", "kind_tables", "packages", "events", "pools", "heap",
    "buckets", "nodes", "waits", "lines", "stations", "workers", "households", "buildings", "compounds", "communities",
    "subdistricts", "branches", "forums", "memory", "ties", "leaders", "directives", "organisations", "members", "hours",
    "outside", "pool", "pool_today", "given", "waiting", "daily", "sittings", "interruptions", "calendar", "funds",
    "external", "origin", "returned", "desk_share", "moves", "hotline", "orders", "rankings", "nominated", "hotline_beliefs",
    "duty", "posts",
    "renovations", "owners", "stages", "facilities", "servers", "facility_groups", "facility_months", "facility_users", "channels",
    "rules", "own", "reach", "tabled", "faults", "grids", "market", "pulled", "pairing",
)  # fmt: skip
_WORD = ir.IntType(64)
_PLACE = {name: n for n, name in enumerate(FIELDS)}


class World:
    """The arrays of a run, by name; all one-dimensional and contiguous.

    `p` and `counters` hold one row. `kind_tables` has, for each issue type, 8 cumulative department
    probabilities, 8 departments, 12 accepted shares of the month, and the work split without and with
    departments (`KIND_TABLE` columns).
    `pairing[12 departments, then branches]` is the quality of their pairing (E2, E3).
    `hours[month, station, activity]`, `outside[payer, activity, month]`, `pool[community, skill]`,
    `memory[forum, type]`, `ties[community, department]` and `directives[leader, place]` are flattened.
    `pool` is what is left of this month's offered hours,
    `pool_today` of today's, `given[community, payer]` what each payer offered this month.
    `branches[branch]` is 1 where an agency branch pairs (E3), `calendar[day]` on workdays. `funds[pot, month, (inflow, spent)]`
    is flattened too, and so is `external[payer, skill]`, the hours a month of a control.
    What shocks need (`Scenario.shocks`) has one row when there are none: `origin[issue]` is the shock of demand that brought it,
    0 for none, `returned[issue]` how often a repaired road came back, `desk_share[kind of unit, day]` of a desk's hours,
    `duty[day]` the day of an emergency, `posts[community]` its state in a community.
    `moves` has one row, never used, unless every change of state is recorded (`govsim.engine.moves`).
    `orders[issue]`, `rankings[who answers]` and `nominated[subdistrict]` have one row while RV1 is off, `hotline_beliefs[building]`
    until it is first on.
    The programmes of 3.13 have one unused row while they are off: `stages[renovation, stage]`,
    `facility_groups[facility, group, (needed, came, served)]`, `facility_months[facility, month]`, `facility_users[household]`
    (1 needed it, 2 was served), `channels[(focus, rest), month]`.
    `rules` and `own` are described in `engine/rules.py`; `reach[component, community]` is 1 where a component of one's own
    acts this month, `tabled[node]` the day an item of an agenda was tabled (one element unless the agenda score is one's own),
    `faults` the first wrong answer of a rule.
    `grids[community]` is the unit of its grid staff (RV3), once it has had one. `market[compound]` holds what residents of a compound
    with a firm thought of it this month (RV5). Under campaigns (RV8) `pulled[unit]` is how many of its workers are pulled, and
    behind the lines of all units stand those of what they are pulled to, one a unit.
    """

    __slots__ = (*FIELDS, "_table", "_type")
    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """One of `FIELDS`."""

    def __init__(self, **arrays: np.ndarray):
        if set(arrays) != set(FIELDS):
            raise TypeError(f"a World takes the arrays {', '.join(FIELDS)}")
        self._set(arrays, np.empty((len(FIELDS), 2), np.uint64), _type_of(tuple(arrays[name].dtype for name in FIELDS)))

    def _set(self, arrays: dict[str, np.ndarray], table: np.ndarray, kind: "WorldType") -> None:
        for name, array in arrays.items():
            if array.ndim != 1 or not array.flags.c_contiguous:
                raise TypeError(f"column {name} of a World is one-dimensional and contiguous")
            object.__setattr__(self, name, array)
            table[_PLACE[name]] = array.ctypes.data, array.size
        object.__setattr__(self, "_table", table)
        object.__setattr__(self, "_type", kind)

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"the arrays of a World stay where they are; use replace({name}=...)")

    def columns(self) -> dict[str, Any]:
        """The arrays by name."""
        return {name: getattr(self, name) for name in FIELDS}

    def replace(self, **changed: np.ndarray) -> "World":
        """The same columns with some exchanged."""
        if any(array.dtype != getattr(self, name).dtype for name, array in changed.items()):
            return World(**{**self.columns(), **changed})
        twin = object.__new__(World)
        for name, array in self.columns().items():
            object.__setattr__(twin, name, array)
        twin._set(changed, self._table.copy(), self._type)
        return twin

    @property
    def address(self) -> int:
        """Where the table of arrays lies."""
        return self._table.ctypes.data


class WorldType(types.Type):
    """Compiled type of a `World`: the row type of each array."""

    def __init__(self, rows: tuple[tuple[str, types.Type], ...]):
        self.place = {name: n for n, (name, _) in enumerate(rows)}
        self.columns = {name: ColumnType(row) for name, row in rows}
        digest = hashlib.sha256(repr(rows).encode()).hexdigest()[:12]
        super().__init__(name=f"World_{digest}")


class ColumnType(types.Type):
    """Compiled type of one of the arrays, by its row: the place of its address and length in the table.

    Compiled rules read and write single rows and ask for the `size`. Rows are counted from the start: a rule that looked behind
    it would read what is not there, so a test runs them where that raises.
    """

    def __init__(self, row: types.Type):
        self.row = row
        super().__init__(name=f"Column({row.name})")


@functools.lru_cache(maxsize=8)
def _type_of(rows: tuple[np.dtype, ...]) -> WorldType:
    """The compiled type of worlds whose arrays have these rows; making it takes longer than a short run."""
    return WorldType(tuple((name, from_dtype(row)) for name, row in zip(FIELDS, rows, strict=True)))


@register_model(WorldType)
@register_model(ColumnType)
class _Pointer(models.PrimitiveModel):
    def __init__(self, dmm: Any, fe_type: types.Type):
        super().__init__(dmm, fe_type, _WORD.as_pointer())


@typeof_impl.register(World)
def _typeof(world: World, _context: Any) -> WorldType:
    return world._type


@unbox(WorldType)
def _unbox(typ: WorldType, obj: Any, c: Any) -> NativeValue:
    address = c.pyapi.object_getattr_string(obj, "address")
    pointer = c.builder.bitcast(c.pyapi.long_as_voidptr(address), _WORD.as_pointer())
    c.pyapi.decref(address)
    return NativeValue(pointer, is_error=cgutils.is_not_null(c.builder, c.pyapi.err_occurred()))


@infer_getattr
class _Columns(AttributeTemplate):
    key = WorldType

    def generic_resolve(self, typ: WorldType, name: str) -> ColumnType | None:
        return typ.columns.get(name)


@lower_getattr_generic(WorldType)
def _column(_context: Any, builder: Any, typ: WorldType, table: Any, name: str) -> Any:
    """Where the array's address and length stand in the table."""
    return builder.gep(table, [_WORD(2 * typ.place[name])])


@infer_getattr
class _Size(AttributeTemplate):
    key = ColumnType

    def resolve_size(self, _typ: ColumnType) -> types.Type:
        return types.intp


@lower_getattr(ColumnType, "size")
def _size(_context: Any, builder: Any, _typ: ColumnType, column: Any) -> Any:
    return _entry(builder, builder.gep(column, [_WORD(1)]))


@infer_global(operator.getitem)
class _Read(AbstractTemplate):
    def generic(self, args: Any, _kws: Any) -> Any:
        if len(args) == 2 and isinstance(args[0], ColumnType) and isinstance(args[1], types.Integer):
            return signature(args[0].row, args[0], types.intp)
        return None


@infer_global(operator.setitem)
class _Write(AbstractTemplate):
    def generic(self, args: Any, _kws: Any) -> Any:
        if len(args) == 3 and isinstance(args[0], ColumnType) and isinstance(args[1], types.Integer):
            return signature(types.none, args[0], types.intp, args[2])
        return None


@lower_builtin(operator.getitem, ColumnType, types.Integer)
def _read(context: Any, builder: Any, call: Any, values: Any) -> Any:
    return context.unpack_value(builder, call.args[0].row, row_address(context, builder, call.args[0], *values))


@lower_builtin(operator.setitem, ColumnType, types.Integer, types.Any)
def _write(context: Any, builder: Any, call: Any, values: Any) -> None:
    column, _, given = call.args
    value = context.cast(builder, values[2], given, column.row)
    context.pack_value(builder, column.row, value, row_address(context, builder, column, *values[:2]))


def row_address(context: Any, builder: Any, typ: ColumnType, column: Any, number: Any) -> Any:
    """Lower the address of a row: that of the array and `number` rows on."""
    row = context.get_data_type(typ.row)
    return builder.gep(builder.inttoptr(_entry(builder, column), row.as_pointer()), [number], inbounds=True)


def _entry(builder: Any, place: Any) -> Any:
    """Lower the reading of a table entry, which never changes."""
    word = builder.load(place)
    word.set_metadata("invariant.load", builder.module.add_metadata([]))
    return word


def _prefetched(_context: Any, column: ColumnType, _number: types.Integer) -> Any:
    """Type and lower `prefetch`: LLVM's instruction of this name for each cache line of the row."""

    def lower(context: Any, builder: Any, call: Any, values: Any) -> Any:
        pointer, flag = ir.IntType(8).as_pointer(), ir.IntType(32)
        first = builder.bitcast(row_address(context, builder, call.args[0], *values), pointer)
        fetch = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(ir.VoidType(), [pointer, flag, flag, flag]), "llvm.prefetch.p0"
        )
        for offset in range(0, context.get_abi_sizeof(context.get_data_type(column.row)), CACHE_LINE):
            builder.call(fetch, [builder.gep(first, [_WORD(offset)]), flag(0), flag(3), flag(1)])
        return context.get_dummy_value()

    return types.none(column, types.int64), lower


def prefetch(column: Any, number: int) -> None:
    """Ask for row `number` of a column to be brought near. Changes nothing but the time the next look takes."""


if not config.DISABLE_JIT:
    prefetch = intrinsic(_prefetched)
