"""The story of one issue: who touched it, which gates held it and how long, which meetings, what it cost.

A run that was made without recording is run again with it (`recorded`), and its issue log has to come out the same.
"""

from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from govsim.engine.simulate import Engine
from govsim.labels import has_label, label, language, variant_label
from govsim.results.run import Run
from govsim.results.sentences import (
    Line,
    capital,
    forum_name,
    gates_of,
    inside,
    joined,
    lines_of,
    unit_name,
)
from govsim.results.tally import columns_of
from govsim.scenario.variants import apply, variant

OUTSIDE = "outside"
"""Payer of hours of organisations, members in service and volunteers: their common pool does not tell them apart."""


@dataclass(frozen=True, repr=False)
class Story:
    """One issue under one variant.

    Attributes
    ----------
    issue, variant, lang
        Which issue, under what, told in which language.
    row
        The issue's row of the issue log.
    moves
        Its rows of the log of moves.
    gates
        One row a gate it met: when met and opened (days since the run's start; nan if not), days held, what opened it.
    sittings
        One row a sitting that took it up: day, forum, area, gates opened, its share of the attendance hours.
    units
        One row a unit that touched it: first and last day, moves, hours of work and of overhead.
    hours
        Hours by payer and activity, of work and of overhead; ``outside`` is the pool of organisations, members and volunteers.
    money
        k¥ reserved, spent and given back by pot.
    summary
        What it was, what held it, how it ended, what it cost: a few sentences.
    lines
        Every move that has a sentence, in order of time.
    until
        Days since onset at which the story ends: the issue's end, else the run's.
    run
        The run it was told from, with its moves.
    """

    issue: int
    variant: str
    lang: str
    row: pd.Series
    moves: pd.DataFrame
    gates: pd.DataFrame
    sittings: pd.DataFrame
    units: pd.DataFrame
    hours: pd.DataFrame
    money: pd.DataFrame
    summary: tuple[str, ...]
    lines: tuple[Line, ...]
    until: float
    run: Run

    def __repr__(self) -> str:
        return f"Story({self.title!r})"

    @property
    def title(self) -> str:
        """Which issue, under which variant."""
        return label("story.title", self.lang, issue=self.issue, variant=variant_label(self.variant, self.lang))

    def __str__(self) -> str:
        stop = "。" if self.lang == "zh" else "."
        told = [self.title, "", *(text + stop for text in self.summary), "", *map(self._line, self.lines)]
        return "\n".join(told)

    def _line(self, line: Line) -> str:
        return label("story.line", self.lang, day=f"{line.day:.1f}", text=capital(line.text))

    def _repr_html_(self) -> str:
        stop = "。" if self.lang == "zh" else "."
        head = "".join(f"<p style='margin:0.2em 0'>{escape(text + stop)}</p>" for text in self.summary)
        rows = "".join(
            f"<tr><td style='text-align:right;vertical-align:top'>{line.day:.1f}</td>"
            f"<td style='text-align:left'>{escape(capital(line.text))}</td></tr>"
            for line in self.lines
        )
        return f"<b>{escape(self.title)}</b>{head}<table>{rows}</table>"


def recorded(run: Run) -> Run:
    """Return a run with its moves: itself if it has them, else made again with recording on, switches and all.

    Raises
    ------
    ValueError
        If what comes out is not the same run: its mechanism was switched to one that its name does not describe.
    """
    if len(run.columns.moves):
        return run
    again = run.__dict__.get("_recorded")
    if again is None:
        again = run.__dict__["_recorded"] = _made_again(run)
    return again


def _made_again(run: Run) -> Run:
    """The same scenario, switched on the same days."""
    engine = Engine(run.scenario, begin=False, moves=True)
    for n, (day, name) in enumerate(run.switches):
        engine.advance(day)
        is_last = n == len(run.switches) - 1
        asked = run.scenario if is_last else apply(run.scenario, variant(name))
        engine.switch(asked.mechanism, asked.external)
    engine.advance(int(run.horizon))
    found = Run(columns_of(engine), run.scenario, run.switches)
    for name in found.columns.issues.dtype.names:
        one, other = run.columns.issues[name], found.columns.issues[name]
        if one.shape != other.shape or not np.array_equal(one, other, equal_nan=one.dtype.kind == "f"):
            raise ValueError("this run cannot be made again from its scenario and switches; record its moves when it is made")
    return found


def story(run: Run, issue: int, lang: str | None = None) -> Story:
    """Tell what happened to one issue.

    Parameters
    ----------
    run
        Of `simulate` or `History`; best made with ``moves=True``, else it is made again (`recorded`).
    issue
        Number of the issue in the run.
    lang
        ``en`` or ``zh``; see `govsim.labels.language`.

    Raises
    ------
    ValueError
        If there is no such issue.

    Examples
    --------
    >>> from govsim.results.simulate import simulate
    >>> from govsim.scenario.city import City
    >>> from govsim.scenario.scenario import Scenario
    >>> run = simulate(Scenario(city=City.preset("demo"), days=60, burn_in_days=0), moves=True)
    >>> story(run, 4, "en").lines[0].text
    'The issue arises'
    """
    tongue = language(lang)
    issue = checked_issue(run, issue)
    full = recorded(run)
    moves = full.moves[full.moves.issue == issue]
    row = run.issues.iloc[issue]
    ends = [d for d in (row.resolved_day, row.ended_day) if d == d]
    end = max(ends) if ends else run.horizon
    gates = _gates(moves, end)
    sittings = _sittings(moves, full)
    hours = _hours(moves)
    money = _money(moves)
    found: dict[str, Any] = {
        "row": row, "moves": moves, "gates": gates, "sittings": sittings, "units": _units(moves), "hours": hours, "money": money,
    }  # fmt: skip
    told = _Summary(full, row, gates, sittings, hours, money, tongue)
    return Story(
        issue=issue, variant=run.scenario.mechanism_name, lang=tongue, summary=told.sentences(end),
        lines=lines_of(moves, full.columns, tongue), until=float(end - row.onset_day), run=full, **found,
    )  # fmt: skip


def checked_issue(run: Run, issue: int) -> int:
    """The number of an issue that is there."""
    n = len(run.columns.issues)
    if not 0 <= int(issue) < n:
        raise ValueError(f"issue {issue}: this run has issues 0 to {n - 1}" if n else "this run has no issues")
    return int(issue)


_ASKING = {"sat": "meeting", "whistled": "whistle", "memo_followed": "memo"}


def _gates(moves: pd.DataFrame, end: float) -> pd.DataFrame:
    """Every gate the issue met, how long it held, and what opened it."""
    met = moves[moves.move == "owner_found"]
    found = []
    for gate in gates_of(int(met.number.iloc[-1])) if len(met) else ():
        of_gate = moves[moves.gate == gate]
        opened = of_gate[of_gate.move == "gate_opened"]
        shut = of_gate[of_gate.move == "gate_shut"]
        is_open = len(opened) > 0 and not (len(shut) and shut.index[-1] > opened.index[-1])
        day = float(opened.day.iloc[-1]) if is_open else np.nan
        start = float(met.day.iloc[-1])
        how, at = _opener(moves, gate, opened.index[-1]) if is_open else ("", -1)
        found.append((gate, start, day, (day if is_open else end) - start, is_open, len(shut), how, at))
    columns = ["gate", "met_day", "opened_day", "held_days", "is_open", "n_shut_again", "how", "row"]
    return pd.DataFrame(found, columns=columns)


def _opener(moves: pd.DataFrame, gate: str, at: int) -> tuple[str, int]:
    """What opened a gate, by the moves of that moment: its kind and the row that tells who."""
    now = moves[(moves.day == moves.day[at]) & (moves.index < at)]
    sat = now[now.move == "sat"]
    if len(sat) and not ((now.move == "ruled") & (now.index > sat.index[-1])).any():
        return "meeting", int(sat.index[-1])
    if gate == "jurisdiction":
        asked = now[now.move.isin(list(_ASKING))]
        return (_ASKING[asked.move.iloc[-1]], int(asked.index[-1])) if len(asked) else ("promises", at)
    if gate == "funds":
        return ("money", at) if (now.move == "money_reserved").any() else ("other", at)
    if gate == "power":
        decided = now[(now.move == "done") & (now.package == "decision")]
        return ("decision", int(decided.index[-1])) if len(decided) else ("other", at)
    return ("law", at) if (now.move == "law_decided").any() else ("contacts", at)


def _sittings(moves: pd.DataFrame, run: Run) -> pd.DataFrame:
    """Sittings that took the issue up, each with an even share of its attendance hours."""
    log = run.meetings.assign(hours=run.meetings.attendance_hours * np.where(run.meetings.forum == "executive", run.meetings.n_present, 1))
    found = []
    for row in moves[moves.move == "sat"].itertuples():
        ruled = moves[(moves.move == "ruled") & (moves.index > row.Index) & (moves.forum == row.forum) & (moves.area == row.area)]
        held = log[(log.day == int(row.day)) & (log.forum == row.forum) & (log.area == row.area)]
        share = float((held.hours / held.n_tabled.clip(lower=1)).iloc[0]) if len(held) else 0.0
        found.append((row.day, row.forum, row.area, int(ruled.number.iloc[0]) if len(ruled) else 0, share))
    return pd.DataFrame(found, columns=["day", "forum", "area", "gates_opened", "attendance_hours"])


def _hours(moves: pd.DataFrame) -> pd.DataFrame:
    """Hours of this issue by payer and activity."""
    spent = moves[moves.move.isin(["worked", "charged"])]
    activity = spent.activity.astype(object).where(spent.move == "charged", _work_of(spent))
    payer = spent.payer.astype(object).where(~spent.is_outside, OUTSIDE)
    frame = pd.DataFrame({"payer": payer, "activity": activity, "is_work": spent.move == "worked", "hours": spent.hours})
    return frame.groupby(["payer", "activity", "is_work"], sort=False, as_index=False).hours.sum()


_WORK = {"persuasion": "persuasion", "decision": "decisions", "petition_case": "petitions", "audit": "audit"}


def _work_of(rows: pd.DataFrame) -> pd.Series:
    """Activity that work on a package is booked under."""
    plain = np.where(rows.is_perfunctory, "service_perfunctory", "service_substantive")
    return rows.package.astype(object).map(_WORK).fillna(pd.Series(plain, rows.index))


def _units(moves: pd.DataFrame) -> pd.DataFrame:
    """Who touched it: every unit of its moves."""
    touched = moves[moves.unit >= 0]
    hours = touched.hours.where(touched.move.isin(["worked", "charged"]), 0.0)
    frame = pd.DataFrame({
        "unit": touched.unit, "kind": touched.unit_kind.astype(object), "day": touched.day,
        "work": hours.where(touched.move == "worked", 0.0), "overhead": hours.where(touched.move == "charged", 0.0),
    })  # fmt: skip
    return frame.groupby("unit", sort=False, as_index=False).agg(
        kind=("kind", "first"), first_day=("day", "min"), last_day=("day", "max"), n_moves=("day", "size"),
        work_hours=("work", "sum"), overhead_hours=("overhead", "sum"),
    )  # fmt: skip


def _money(moves: pd.DataFrame) -> pd.DataFrame:
    """Money reserved, spent and given back by pot; what a household spends on helping itself is its own."""
    rows = moves[moves.money.notna() & (moves.move != "money_short")]
    pot = rows.pot.astype(object).fillna("household")
    what = rows.move.astype(object).str.removeprefix("money_").replace("exited", "spent")
    frame = pd.DataFrame({"pot": pot, "what": what, "money": rows.money})
    table = frame.pivot_table(index="pot", columns="what", values="money", aggfunc="sum", fill_value=0.0)
    table = table.reindex(columns=["reserved", "spent", "returned"], fill_value=0.0)
    return table.reset_index().rename_axis(columns=None)


class _Summary:
    """The sentences at the head of a story."""

    def __init__(self, run: Run, row: Any, gates: Any, sittings: Any, hours: Any, money: Any, lang: str) -> None:
        self.run, self.row, self.gates, self.sittings = run, row, gates, sittings
        self.hours, self.money, self.lang = hours, money, lang

    def _say(self, key: str, **values: Any) -> str:
        return label(f"story.{key}", self.lang, **values)

    def sentences(self, end: float) -> tuple[str, ...]:
        row = self.row
        what = self._say(
            "what", type=label(f"type.{row.type}", self.lang) if has_label(f"type.{row.type}") else row.type,
            severity=f"{row.severity:.2f}", n_affected=row.n_affected, compound=row.compound, community=row.community,
            onset=f"{row.onset_day:.1f}",
        )  # fmt: skip
        needs = self._say(
            "needs", hours=f"{row.needed_hours:.1f}", money=f"{row.needed_fund:.1f}", n_departments=row.n_departments,
            authority=row.authority,
        )  # fmt: skip
        return (what, needs, self._held(), self._ended(end), *self._costs())

    def _held(self) -> str:
        if not len(self.gates):
            return self._say("gates.none" if self.row.triaged_day == self.row.triaged_day else "gates.unmet")
        return self._say("gates", gates=joined([self._gate(g) for g in self.gates.itertuples()], self.lang))

    def _gate(self, g: Any) -> str:
        values = {"gate": inside(label(f"gate.{g.gate}", self.lang)), "days": f"{g.held_days:.1f}"}
        if not g.is_open:
            return self._say("gate.closed", **values)
        row = self.run.moves.loc[g.row]
        who = {"unit": unit_name(self.run.columns, row.unit, self.lang)}
        if g.how == "meeting":
            who["forum"] = forum_name(row.forum, row.area, self.lang)
        return self._say("gate.opened", how=self._say(f"how.{g.how}", **who), **values)

    def _ended(self, end: float) -> str:
        row, status = self.row, str(self.row.status)
        days = f"{end - row.onset_day:.1f}"
        if status == "closed":
            return self._say("end.closed", days=f"{row.last_closed_day - row.onset_day:.1f}")
        if status == "lapsed" and not row.is_voiced:
            return self._say("end.silent", days=days)
        if status in ("resolved", "lapsed", "exited"):
            return self._say(f"end.{status}", days=days)
        return self._say("end.open", days=days, status=label(f"status.{status}", self.lang))

    def _costs(self) -> list[str]:
        found = []
        is_work = self.hours.is_work.astype(bool)
        by_payer = self.hours.groupby("payer", sort=False).hours.sum().sort_values(ascending=False)
        sittings = float(self.sittings.attendance_hours.sum())
        if len(by_payer) or sittings:
            payers = [self._say("cost.payer", payer=payer_name(str(p), self.lang), hours=f"{h:.1f}") for p, h in by_payer.items()]
            work, overhead = (float(self.hours.hours[chosen].sum()) for chosen in (is_work, ~is_work))
            values = {"work": f"{work:.1f}", "overhead": f"{overhead:.1f}", "sittings": f"{sittings:.1f}"}
            found.append(self._say("cost.hours", payers=joined(payers, self.lang), **values))
        else:
            found.append(self._say("cost.nobody"))
        spent = self.money[self.money.spent > 0]
        pots = [self._say("cost.spent", pot=label(f"pot.{m.pot}", self.lang), money=f"{m.spent:.1f}") for m in spent.itertuples()]
        return [*found, self._say("cost.money", pots=joined(pots, self.lang))] if pots else found


def payer_name(payer: str, lang: str | None = None) -> str:
    """Return what a payer of hours is called."""
    return label("story.payer.outside" if payer == OUTSIDE else f"payer.{payer}", lang)
