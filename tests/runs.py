"""Comparing runs."""

import numpy as np

from govsim.engine import state as st


def same_log(a, b):
    """Whether two engines have the same issue log, bit for bit."""
    one, other = a.world.issues[: a.n_issues], b.world.issues[: b.n_issues]
    return all(np.array_equal(one[f], other[f], equal_nan=one[f].dtype.kind == "f") for f in st.ISSUE.names)
