"""The log of moves as a table, and the issue log worked out anew from it (T29).

Recording is asked for by `simulate(scenario, moves=True)` or `History(scenario, moves=True)`. A move of a kind that
is not in `MEANING` is not shown; a test holds the list to `govsim.engine.moves`.
"""

from typing import Any

import numpy as np
import pandas as pd

from govsim.engine import moves as mv
from govsim.engine.state import (
    ACTIVITIES,
    CHANNELS,
    FORUMS,
    GATES,
    PAYERS,
    POTS,
    STATUSES,
    UNITS,
)
from govsim.results.columns import COLUMNS, PACKAGES
from govsim.results.tally import Columns

MEANING: dict[str, tuple[str, str, str]] = {
    "arose": ("", "", "share"), "chose": ("", "channel", "number"), "waited_on": ("", "", ""),
    "voiced": ("", "channel", ""), "detected": ("unit", "", "number"), "directed": ("leader", "number", ""),
    "taken_in": ("unit", "", ""), "misrouted": ("unit", "number", "days"), "passed_up": ("unit", "number", "days"),
    "owner_found": ("unit", "number", "hours"), "promised": ("unit", "number", "share"),
    "declined": ("unit", "number", "share"), "promise_lapsed": ("unit", "", "days"), "whistled": ("unit", "", ""),
    "unheard": ("unit", "", "share"), "memo_sent": ("unit", "", "share"), "memo_followed": ("unit", "", ""),
    "tabled": ("area", "forum", "number"), "sat": ("area", "forum", ""), "ruled": ("area", "forum", "number"),
    "put_off": ("area", "forum", ""), "contacted": ("unit", "of", "number"), "support_counted": ("", "number", "of"),
    "money_short": ("", "", "money"), "money_reserved": ("", "pot", "money"), "money_spent": ("", "pot", "money"),
    "money_returned": ("", "pot", "money"), "gate_opened": ("", "gate", ""), "gate_shut": ("", "gate", ""),
    "released": ("", "number", ""), "queued": ("unit", "work", "hours"), "reclassed": ("unit", "work", "hours"),
    "began": ("unit", "work", "hours"), "worked": ("unit", "work", "hours"), "done": ("unit", "work", "number"),
    "done_wrong": ("unit", "work", ""), "charged": ("unit", "activity", "hours"), "closed": ("", "number", "share"),
    "resolved": ("", "", ""), "audited": ("unit", "", ""), "reopened": ("", "number", ""), "reminded": ("unit", "", ""),
    "petitioned": ("", "number", ""), "attention_given": ("", "", ""), "attention_ended": ("", "", ""),
    "went_to_law": ("unit", "", ""), "law_decided": ("unit", "", "number"), "overdue": ("", "", ""),
    "exited": ("", "", "money"), "lapsed": ("", "", ""), "repair_failed": ("", "", ""),
    "ordered": ("", "number", "days"), "returned": ("unit", "number", "days"), "assigned": ("unit", "", ""),
    "called_back": ("", "", "number"), "escalated": ("unit", "", ""),
}  # fmt: skip
"""Move -> columns of the table that its `who`, `detail` and `value` stand in; `work` is four columns (`note_work`)."""

_KINDS = {
    "unit_kind": UNITS, "payer": PAYERS, "forum": FORUMS, "channel": CHANNELS, "gate": GATES, "package": PACKAGES,
    "activity": ACTIVITIES, "pot": POTS,
}  # fmt: skip
_NUMBERS = ("hours", "money", "days", "share")


def moves_table(columns: Columns) -> pd.DataFrame:
    """Return the log of moves: rows issue by issue, each issue's in order of time (as they happened, within a moment).

    The index says in which order they were written: work that begins today after the desk's debts are paid is written, with
    its later moment, when the desk opens. Empty when the run was made without recording.
    """
    log = np.asarray(columns.moves)
    order = np.lexsort((log["day"], log["issue"]))
    log = log[order]
    n = len(log)
    found: dict[str, Any] = {name: np.full(n, -1, np.int64) for name in (*_KINDS, *_PLACES)}
    found |= {name: np.full(n, np.nan) for name in _NUMBERS}
    found |= {"is_outside": np.zeros(n, bool), "is_perfunctory": np.zeros(n, bool)}
    for code, name in enumerate(mv.MOVES):
        rows = np.flatnonzero(log["what"] == code)
        for column, field in zip(MEANING[name], ("who", "detail", "value"), strict=True):
            if column == "work":
                _unpack(found, rows, log["detail"][rows])
            elif column == "gate":
                found[column][rows] = np.log2(log[field][rows]).astype(np.int64)
            elif column:
                found[column][rows] = log[field][rows]
    _say_who_pays(found, columns, log["what"])
    found |= {"issue": log["issue"], "day": log["day"], "move": pd.Categorical.from_codes(log["what"], mv.MOVES)}
    for name, kinds in _KINDS.items():
        found[name] = pd.Categorical.from_codes(found[name], kinds)
    return pd.DataFrame(
        {c: found[c] if spec.dtype == "category" else found[c].astype(spec.dtype) for c, spec in COLUMNS["moves"].items()},
        index=order,
    )


_PLACES = ("unit", "area", "leader", "queue_class", "number", "of")


def _unpack(found: dict[str, Any], rows: np.ndarray, detail: np.ndarray) -> None:
    """Kind, class, and how and by whom a package is worked on."""
    found["package"][rows] = detail % 8
    found["queue_class"][rows] = detail // 8 % 4
    found["is_outside"][rows] = detail // 32 % 2 == 1
    found["is_perfunctory"][rows] = detail // 64 % 2 == 1


def _say_who_pays(found: dict[str, Any], columns: Columns, what: np.ndarray) -> None:
    """Kind of every unit; who pays hours of work and overhead (missing for outsiders: the pool does not tell them apart)."""
    unit = found["unit"]
    has_unit = unit >= 0
    found["unit_kind"][has_unit] = columns.stations["kind"][unit[has_unit]]
    pays = has_unit & np.isin(what, (mv.WORKED, mv.CHARGED)) & ~found["is_outside"]
    found["payer"][pays] = columns.stations["payer"][unit[pays]]
    found["payer"][(what == mv.CHARGED) & ~has_unit] = PAYERS.index("residents")


def moves_fit(log: np.ndarray, n_issues: int, n_units: int) -> bool:
    """Whether every number of a log points at something: an issue, a move, a unit, a kind."""
    sizes = {name: len(kinds) for name, kinds in _KINDS.items()} | {"unit": n_units, "work": 128, "gate": 9}
    what = log["what"]
    fits = bool(((what >= 0) & (what < len(mv.MOVES)) & (log["issue"] >= 0) & (log["issue"] < n_issues)).all())
    for code, name in enumerate(mv.MOVES if fits else ()):
        rows = log[what == code]
        for column, field in zip(MEANING[name], ("who", "detail"), strict=False):
            n = sizes.get(column, 2**31)
            fits &= bool(((rows[field] >= -1) & (rows[field] < n)).all())
        if MEANING[name][1] == "gate":
            fits &= bool(np.isin(rows["detail"], (1, 2, 4, 8)).all())
        if MEANING[name][1] == "work":
            fits &= bool((rows["detail"] >= 0).all() and (rows["detail"] % 8 < len(PACKAGES)).all())
        if "number" in MEANING[name] or "of" in MEANING[name]:
            fits &= bool((np.abs(rows["value"]) < 2**31).all())
    return fits


STATUS_AFTER = {
    "arose": "latent", "taken_in": "routing", "owner_found": "gated", "released": "working", "closed": "closed",
    "resolved": "resolved", "reopened": "gated", "exited": "exited", "lapsed": "lapsed",
    "repair_failed": "closed",
}  # fmt: skip
"""Move -> status of the issue from then on."""


def status_steps(moves: pd.DataFrame) -> list[tuple[float, str]]:
    """Return when one issue's status changed and to what; times are those of the column ``age``."""
    found: list[tuple[float, str]] = []
    for row in moves.itertuples():
        status = STATUS_AFTER.get(row.move)
        if row.move == "went_to_law" and found and found[-1][1] == "latent":
            status = "routing"
        if status is not None:
            found.append((float(row.age), status))
    return found


_FIRST = {
    "voiced": "voiced", "released": "released", "petitioned": "petitioned", "law": "went_to_law", "closed": "closed",
}  # fmt: skip
_COUNTED = {
    "n_asks": ("promised", "declined"), "n_lapses": ("promise_lapsed",), "n_choices": ("chose", "waited_on"),
    "n_reopenings": ("reopened",), "n_petitions": ("petitioned",), "n_directives": ("directed",), "n_sittings": ("sat",),
    "n_retablings": ("put_off",),
}  # fmt: skip


def replay(moves: pd.DataFrame) -> pd.DataFrame:
    """Return what a log of moves says of each issue: status, moments, counts and hours, by issue, as the issue log has them.

    Parameters
    ----------
    moves
        Of `Run.moves`. Ages are rounded to single precision and hours added in single precision, as the engine does. Talks
        with owners of a renovation programme count here when they are over, in the issue log when they are planned.
    """
    onset = _days(moves, "arose", "first")
    ids = onset.index

    def moment(day: pd.Series) -> pd.Series:
        age = (day.reindex(ids) - onset).astype(np.float32)
        return onset + age.astype(float)

    found: dict[str, Any] = {"onset_day": onset, "status": _status(moves, ids)}
    found |= {f"{name}_day": moment(_days(moves, move, "first")) for name, move in _FIRST.items()}
    found["triaged_day"] = moment(_days(moves, "owner_found", "last"))
    found["last_closed_day"] = moment(_days(moves, "closed", "last"))
    found["ended_day"] = moment(_days(moves, ("exited", "lapsed"), "last"))
    found["started_day"] = moment(_days(moves[moves.package == "work"], "began", "first"))
    found["resolved_day"] = found["last_closed_day"].where(found["status"] == "resolved")
    for gate in GATES:
        of_gate = moves[moves.gate == gate]
        opened, shut = (_days(of_gate, move, "last").reindex(ids) for move in ("gate_opened", "gate_shut"))
        found[f"{gate}_day"] = moment(opened.where(~(shut > opened)))
    for name, kinds in _COUNTED.items():
        found[name] = moves[moves.move.isin(kinds)].groupby("issue").size().reindex(ids, fill_value=0)
    found["n_contacts"] = moves[moves.move == "contacted"].groupby("issue").of.sum().reindex(ids, fill_value=0)
    worked = moves[moves.move == "worked"]
    found["served_hours"] = _summed(worked, ids)
    found["perfunctory_hours"] = _summed(worked[worked.is_perfunctory], ids)
    return pd.DataFrame(found, index=ids)


def _days(moves: pd.DataFrame, move: str | tuple[str, ...], which: str) -> pd.Series:
    """Day of the first or last move of a kind, by issue."""
    kinds = (move,) if isinstance(move, str) else move
    return moves[moves.move.isin(kinds)].groupby("issue").day.agg(which)


def _status(moves: pd.DataFrame, ids: pd.Index) -> pd.Categorical:
    """Status after the last move that changes it; who goes to law before anything else is on the way."""
    after = moves.move.astype(object).map(STATUS_AFTER)
    is_first_law = (moves.move == "went_to_law") & ~moves.issue.isin(moves.issue[moves.move == "taken_in"])
    after = after.mask(is_first_law, "routing").dropna()
    last = after.groupby(moves.issue[after.index]).last().reindex(ids)
    return pd.Categorical(last, categories=list(STATUSES))


def _summed(worked: pd.DataFrame, ids: pd.Index) -> pd.Series:
    """Hours added one by one as they were written, in single precision."""

    def add(hours: pd.Series) -> float:
        total = np.float32(0)
        for h in hours:
            total = np.float32(np.float64(total) + h)
        return float(total)

    return worked.sort_index().groupby("issue").hours.agg(add).astype(float).reindex(ids, fill_value=0.0)
