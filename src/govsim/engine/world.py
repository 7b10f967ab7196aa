"""Everything a run holds, handed to every compiled rule as one pointer.

In Python a `World` is an object with one array per column group. Compiled code gets the address of a table
of (address, length) pairs, one pair an array, and reads an array from it where a rule names it. Passing the
arrays themselves would hand some 260 numbers to every rule; the pointer makes rules quick to call and to compile.

The table never changes during the life of a `World` (a larger pool makes a new `World`), so the compiler may
read an entry once and keep it.
"""

import functools
import hashlib
from typing import Any

import numpy as np
from llvmlite import ir
from numba import from_dtype, types
from numba.core import cgutils
from numba.core.datamodel import models
from numba.core.typing.templates import AttributeTemplate
from numba.extending import (
    NativeValue,
    infer_getattr,
    lower_getattr_generic,
    register_model,
    typeof_impl,
    unbox,
)
from numba.np.arrayobj import make_array, populate_array

FIELDS = (
    "p", "counters", "arrivals", "issues", "kinds", "kind_tables", "packages", "events", "pools", "heap",
    "buckets", "nodes", "waits", "lines", "stations", "workers", "households", "buildings", "compounds", "communities",
    "subdistricts", "branches", "forums", "memory", "ties", "leaders", "directives", "organisations", "members", "hours",
    "outside", "pool", "pool_today", "given", "waiting", "daily", "sittings", "interruptions", "calendar", "funds",
    "external", "origin", "returned", "desk_share", "moves", "hotline", "orders", "rankings", "nominated", "hotline_beliefs",
    "duty", "posts",
    "renovations", "owners", "stages", "facilities", "servers", "facility_groups", "facility_months", "facility_users", "channels",
    "rules", "own", "reach", "tabled", "faults", "grids", "market", "pulled",
)  # fmt: skip
_PLACE = {name: n for n, name in enumerate(FIELDS)}


class World:
    """The arrays of a run, by name; all one-dimensional and contiguous.

    `p` and `counters` hold one row. `kind_tables` has, for each issue type, 8 cumulative department
    probabilities, 8 departments, 12 accepted shares of the month, and the work split without and with
    departments (`KIND_TABLE` columns).
    `hours[month, station, activity]`, `outside[payer, activity, month]`, `pool[community, skill]`,
    `memory[forum, type]`, `ties[department, community]` and `directives[leader, place]` are flattened.
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
        self.arrays = {name: types.Array(row, 1, "C") for name, row in rows}
        digest = hashlib.sha256(repr(rows).encode()).hexdigest()[:12]
        super().__init__(name=f"World_{digest}")


@functools.lru_cache(maxsize=8)
def _type_of(rows: tuple[np.dtype, ...]) -> WorldType:
    """The compiled type of worlds whose arrays have these rows; making it takes longer than a short run."""
    return WorldType(tuple((name, from_dtype(row)) for name, row in zip(FIELDS, rows, strict=True)))


@register_model(WorldType)
class _Pointer(models.PrimitiveModel):
    def __init__(self, dmm: Any, fe_type: WorldType):
        super().__init__(dmm, fe_type, ir.IntType(64).as_pointer())


@typeof_impl.register(World)
def _typeof(world: World, _context: Any) -> WorldType:
    return world._type


@unbox(WorldType)
def _unbox(typ: WorldType, obj: Any, c: Any) -> NativeValue:
    address = c.pyapi.object_getattr_string(obj, "address")
    pointer = c.builder.bitcast(c.pyapi.long_as_voidptr(address), ir.IntType(64).as_pointer())
    c.pyapi.decref(address)
    return NativeValue(pointer, is_error=cgutils.is_not_null(c.builder, c.pyapi.err_occurred()))


@infer_getattr
class _Columns(AttributeTemplate):
    key = WorldType

    def generic_resolve(self, typ: WorldType, name: str) -> types.Array | None:
        return typ.arrays.get(name)


@lower_getattr_generic(WorldType)
def _column(context: Any, builder: Any, typ: WorldType, table: Any, name: str) -> Any:
    """The array whose address and length stand at the name's place of the table."""

    def entry(n: int) -> Any:
        word = builder.load(builder.gep(table, [ir.Constant(ir.IntType(64), n)]))
        word.set_metadata("invariant.load", builder.module.add_metadata([]))
        return word

    place = 2 * typ.place[name]
    array_type = typ.arrays[name]
    array = make_array(array_type)(context, builder)
    size = context.get_abi_sizeof(context.get_data_type(array_type.dtype))
    itemsize = context.get_constant(types.intp, size)
    populate_array(
        array, data=builder.inttoptr(entry(place), array.data.type), shape=[entry(place + 1)], strides=[itemsize],
        itemsize=itemsize, meminfo=None,
    )  # fmt: skip
    return array._getvalue()
