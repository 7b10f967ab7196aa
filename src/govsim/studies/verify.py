"""`govsim verify`: the engine against closed forms, on the user's own machine (model.md section 4, rulings V1-V8).

The runs are the first `REPLICATIONS` of `checks`, each shortened to `DAYS`. The band around the mean is 4.5 standard errors, as in
V8: with 20 replications and some fifty quantities a right engine leaves one of them about once in eighty versions of the code
(Student, 19 degrees). A band wider than `WIDEST` of the theory decides nothing: an error such as a missing worker or a lost
hour moves results by tens of percent.
"""

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from govsim.studies.checks import Check, checks, run_once

REPLICATIONS = 20
DAYS = 6_000
ERRORS = 4.5
"""Half-width of the band in standard errors (V8)."""
SLACK = 0.005
"""Deviation always allowed, as a share of the theory: runs begin empty (V8)."""
WIDEST = 0.2
"""Half-width, as a share of the theory, beyond which nothing is decided."""
NOT_APPLICABLE = ("T14", "T26")
"""No rule of the engine is of that kind, or ruled no test; the reason is the label `verify.reason.T14`."""


@dataclass(frozen=True)
class Verification:
    """What theory says and what the engine did.

    Attributes
    ----------
    table
        One row per quantity: test, name, quantity, theory, simulation, ``low``, ``high``, ``n_replications``, verdict
        (``holds``, ``fails``, ``undecided`` or ``not_applicable``).
    """

    table: pd.DataFrame

    @property
    def is_sound(self) -> bool:
        """Whether every quantity that could be judged holds and none is left undecided."""
        return bool(self.table.verdict.isin(["holds", "not_applicable"]).all())

    def _repr_html_(self) -> str:
        html: str = self.table.to_html(index=False, float_format=lambda x: f"{x:.4g}")
        return html


def judge(values: np.ndarray, theory: float) -> tuple[float, float, float, str]:
    """Return mean, band and verdict of one quantity over replications.

    Examples
    --------
    >>> judge(np.linspace(0.99, 1.01, 20), 1.0)[3], judge(np.linspace(0.99, 1.01, 20), 1.2)[3]
    ('holds', 'fails')
    """
    mean = float(values.mean())
    half = ERRORS * float(values.std(ddof=1)) / math.sqrt(len(values))
    if not math.isfinite(half):
        return mean, math.nan, math.nan, "fails"
    if abs(mean - theory) > max(SLACK * abs(theory), half):
        return mean, mean - half, mean + half, "fails"
    return mean, mean - half, mean + half, "holds" if half <= WIDEST * abs(theory) else "undecided"


def verify(*, workers: int = 2, progress: Callable[[int, int], None] | None = None, only: Sequence[Check] | None = None) -> Verification:
    """Hold the engine to every closed form there is; about a minute on two processors.

    Parameters
    ----------
    workers
        Threads; they do not change the result.
    progress
        Called with checks done and checks in all.
    only
        Checks to run instead of all.
    """
    chosen = tuple(only) if only is not None else checks()
    rows = []
    with ThreadPoolExecutor(workers) as pool:
        for n, check in enumerate(chosen):
            values = np.array(list(pool.map(partial(run_once, check, days=DAYS), range(1, REPLICATIONS + 1))))
            for column, (quantity, theory) in zip(values.T, check.theory.items(), strict=True):
                rows.append((check.code, check.name, quantity, theory, *judge(column, theory), REPLICATIONS))
            if progress:
                progress(n + 1, len(chosen))
    if only is None:
        rows += [(code, f"reason.{code}", "", *(math.nan,) * 4, "not_applicable", 0) for code in NOT_APPLICABLE]
    names = ["test", "name", "quantity", "theory", "simulation", "low", "high", "verdict", "n_replications"]
    return Verification(pd.DataFrame(rows, columns=names))
