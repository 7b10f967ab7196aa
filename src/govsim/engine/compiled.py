"""How rules are compiled: one place for the options.

Rules allocate nothing, so reference counting is left out: it would touch every column of a run at every
call. Division follows IEEE 754 (`inf`, `nan`), not Python's exception.
"""

from numba import njit

kernel = njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
"""Decorator of every rule."""
