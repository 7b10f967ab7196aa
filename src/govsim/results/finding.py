"""Telling issues: which ones to look at, and why."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from govsim.engine.state import GATES
from govsim.labels import label, language
from govsim.results.run import Run
from govsim.results.twins import check_same


def _open_days(run: Run) -> pd.Series:
    """Days from onset until the issue was truly resolved, else until the run ended."""
    log = run.issues
    return log.resolved_day.fillna(run.horizon) - log.onset_day


def _days_apart(a: Run, b: Run) -> pd.Series:
    """How much longer an issue was open in the first run; those that somebody left in either are no comparison."""
    left = (a.issues.status == "exited") | (b.issues.status == "exited")
    return (_open_days(a) - _open_days(b)).where(~left)


def _gate_days(gate: str) -> Callable[[Run], pd.Series]:
    def held(run: Run) -> pd.Series:
        log = run.issues
        end = log[f"{gate}_day"].fillna(log.ended_day).fillna(run.horizon)
        return (end - log.triaged_day).where(log[f"has_{gate}_gate"])

    return held


def _where(values: Callable[[Run], pd.Series], chosen: Callable[[pd.DataFrame], pd.Series]) -> Callable[[Run], pd.Series]:
    return lambda run: values(run).where(chosen(run.issues))


KINDS: dict[str, Callable[[Run], pd.Series]] = {
    "never_voiced": _where(lambda run: run.issues.ended_day.fillna(run.horizon) - run.issues.onset_day, lambda log: ~log.is_voiced),
    "closed_unresolved": _where(lambda run: run.horizon - run.issues.last_closed_day, lambda log: log.is_falsely_closed),
    "longest": _where(_open_days, lambda log: log.is_resolved),
    **{f"{gate}_gate": _gate_days(gate) for gate in GATES},
    "petitions": lambda run: run.issues.n_petitions.astype(float),
    "hops": lambda run: run.issues.n_hops.astype(float),
    "sittings": lambda run: run.issues.n_sittings.astype(float),
    "reopenings": lambda run: run.issues.n_reopenings.astype(float),
    "hours": lambda run: run.issues.served_hours,
    "directives": lambda run: run.issues.n_directives.astype(float),
}
"""Kind -> how telling each issue of a run is: the most first; nan or 0 is not telling at all."""

TWIN_KINDS: dict[str, Callable[[Run, Run], pd.Series]] = {
    "sooner": _days_apart,
    "later": lambda a, b: _days_apart(b, a),
    "voiced_in_one": lambda a, b: (_open_days(a) + _open_days(b)).where(a.issues.is_voiced != b.issues.is_voiced),
    "resolved_in_one": lambda a, b: _days_apart(a, b).abs().where(a.issues.is_resolved != b.issues.is_resolved),
    "petitioned_in_one": lambda a, b: (a.issues.n_petitions - b.issues.n_petitions).abs().astype(float),
}
"""Kind -> how much an issue tells of two runs; ``sooner`` and ``later`` speak of the second run."""


def kinds(is_twin: bool) -> tuple[str, ...]:
    """Return what can be looked for in one run, or in two."""
    return tuple(TWIN_KINDS if is_twin else KINDS)


def find_issues(
    run: Run, other: Run | None = None, *, kind: str | Sequence[str] | None = None, n: int = 1, lang: str | None = None
) -> pd.DataFrame:
    """Pick telling issues of a run, or of two runs that face the same issues.

    Only issues that arose after the burn-in are looked at, since before it every variant is the baseline.

    Parameters
    ----------
    other
        A second run, of another variant.
    kind
        One or several of `KINDS`, or of `TWIN_KINDS` with two runs; all when not given.
    n
        How many of each kind, at most.
    lang
        Language of the reasons.

    Returns
    -------
    DataFrame
        kind, issue, type, value, reason; the most telling of each kind first, ties by number.

    Raises
    ------
    ValueError
        If there is no such kind, or the runs do not face the same issues.
    """
    tongue = language(lang)
    if other is not None:
        check_same(run, other)
        if run.horizon != other.horizon:
            raise ValueError(f"the runs end on days {run.horizon:g} and {other.horizon:g}: they need the same")
    known = kinds(other is not None)
    asked = list(known) if kind is None else [kind] if isinstance(kind, str) else list(kind)
    for name in asked:
        if name not in known:
            raise ValueError(f"kind {name}: there are {', '.join(known)} of {'two runs' if other is not None else 'one run'}")
    later = run.issues.onset_day >= (run.scenario.burn_in_days if run.horizon > run.scenario.burn_in_days else 0)
    rows = []
    for name in asked:
        values = (KINDS[name](run) if other is None else TWIN_KINDS[name](run, other)).where(later)
        chosen = values[values > 0].sort_values(ascending=False, kind="stable").head(n)
        for issue, value in chosen.items():
            reason = label(f"find.{name}", tongue, value=f"{value:.1f}" if value != np.round(value) else f"{value:.0f}")
            rows.append((name, int(issue), str(run.issues.type.iloc[issue]), float(value), reason))
    return pd.DataFrame(rows, columns=["kind", "issue", "type", "value", "reason"])
