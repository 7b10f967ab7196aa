"""The story of one issue: who touched it, which gates held it and how long, which meetings, what it cost.

A run that was made without recording is run again with it (`recorded`), and its issue log has to come out the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from govsim.engine.moves import MOVES
from govsim.engine.simulate import Engine
from govsim.engine.state import GATES
from govsim.labels import has_label, label, language, variant_label
from govsim.results.run import Run
from govsim.results.sentences import (
    Line,
    forum_name,
    gates_of,
    inside,
    joined,
    lines_of,
    plain_sentence,
    sentence,
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
        return label("story.line", self.lang, day=f"{line.day:.1f}", text=_capital(line.text))

    def _repr_html_(self) -> str:
        stop = "。" if self.lang == "zh" else "."
        head = "".join(f"<p style='margin:0.2em 0'>{escape(text + stop)}</p>" for text in self.summary)
        rows = "".join(
            f"<tr><td style='text-align:right;vertical-align:top'>{line.day:.1f}</td>"
            f"<td style='text-align:left'>{escape(_capital(line.text))}</td></tr>"
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
    issue = _checked(run, issue)
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


def _checked(run: Run, issue: int) -> int:
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
    log = run.meetings.assign(
        hours=run.meetings.attendance_hours * np.where(run.meetings.forum == "executive", run.meetings.n_present, 1)
    )
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
            payers = [
                self._say("cost.payer", payer=payer_name(str(p), self.lang), hours=f"{h:.1f}") for p, h in by_payer.items()
            ]
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


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


# ---- two variants --------------------------------------------------------------------------------

_COMPARED = (
    "day", "move", "unit", "leader", "forum", "area", "channel", "gate", "package", "queue_class", "is_outside", "is_perfunctory",
    "pot", "number", "of",
)  # fmt: skip
_PASSED_OVER = ("charged", "worked", "attention_ended")
"""Moves that cannot part two stories by themselves: overhead, stretches of work, and what follows from another issue."""


@dataclass(frozen=True, repr=False)
class TwinStory:
    """One issue under two variants.

    Attributes
    ----------
    stories
        The two stories.
    parting_day
        Days since onset at which they part; nan if they never do.
    parting
        What each did then, in words; "" for nothing more.
    cause
        What the mechanisms did differently, in words.
    table
        Gates, moments, hours and money side by side.
    """

    stories: tuple[Story, Story]
    parting_day: float
    parting: tuple[str, str]
    cause: str
    table: pd.DataFrame

    def __repr__(self) -> str:
        return f"TwinStory({self.title!r})"

    @property
    def lang(self) -> str:
        """Language it is told in."""
        return self.stories[0].lang

    @property
    def issue(self) -> int:
        """Number of the issue."""
        return self.stories[0].issue

    @property
    def title(self) -> str:
        """Which issue."""
        return label("story.title.twin", self.lang, issue=self.issue)

    def sentences(self) -> tuple[str, ...]:
        """Return where the two part and why."""
        if not self.parting[0] and not self.parting[1]:
            return (label("story.twin.same", self.lang),)
        names = [variant_label(s.variant, self.lang) for s in self.stories]
        said = [p or label("story.twin.nothing", self.lang) for p in self.parting]
        first = label("story.twin.parting", self.lang, day=f"{self.parting_day:.1f}")
        each = [label("story.twin.each", self.lang, variant=n, what=w) for n, w in zip(names, said, strict=True)]
        return (first, *each, label("story.twin.cause", self.lang, cause=self.cause))

    def __str__(self) -> str:
        stop = "。" if self.lang == "zh" else "."
        head = [self.title, "", *(text + stop for text in self.sentences()), ""]
        return "\n".join([*head, self.table.to_string(), "", *(f"{s}\n" for s in self.stories)])

    def _repr_html_(self) -> str:
        stop = "。" if self.lang == "zh" else "."
        head = "".join(f"<p style='margin:0.2em 0'>{escape(text + stop)}</p>" for text in self.sentences())
        panels = "".join(f"<td style='vertical-align:top;text-align:left'>{s._repr_html_()}</td>" for s in self.stories)
        return f"<b>{escape(self.title)}</b>{head}{self.table.to_html()}<table><tr>{panels}</tr></table>"


def twin_story(run_a: Run, run_b: Run, issue: int, lang: str | None = None) -> TwinStory:
    """Tell the same issue under two variants, where the two part and why.

    Parameters
    ----------
    run_a, run_b
        Runs of one city and seed under two variants: they face the same issues with the same luck.

    Raises
    ------
    ValueError
        If the two runs do not have this issue in common.
    """
    check_same(run_a, run_b, issue)
    one, other = story(run_a, issue, lang), story(run_b, issue, lang)
    a, b = (s.moves[~s.moves.move.isin(_PASSED_OVER)] for s in (one, other))
    at = _first_difference(a, b)
    rows = [next(m.iloc[at : at + 1].itertuples(), None) for m in (a, b)]
    said = [_said(row, s) for row, s in zip(rows, (one, other), strict=True)]
    days = [row.day for row in rows if row is not None]
    return TwinStory(
        stories=(one, other), parting_day=float(min(days) - one.row.onset_day) if days else np.nan,
        parting=(said[0], said[1]), cause=_cause(rows, a.iloc[:at], one.lang) if days else "", table=_beside((one, other)),
    )  # fmt: skip


def check_same(run_a: Run, run_b: Run, issue: int | None = None) -> None:
    """Refuse runs that do not face the same issues.

    Raises
    ------
    ValueError
        One line.
    """
    a, b = run_a.columns.arrivals, run_b.columns.arrivals
    n = min(len(a), len(b))
    if not n or not np.array_equal(a["key"][:n], b["key"][:n]):
        raise ValueError("the two runs do not face the same issues: they need the same city, demand, shocks and seed")
    if issue is not None:
        _checked(run_a, issue)
        _checked(run_b, issue)


def _first_difference(a: pd.DataFrame, b: pd.DataFrame) -> int:
    """Place of the first move in which two stories differ."""
    n = min(len(a), len(b))
    same = np.ones(n, bool)
    for name in _COMPARED:
        one, other = (m[name].astype(object).where(m[name].notna(), None).to_numpy()[:n] for m in (a, b))
        differs = one != other
        if name in ("number", "of"):
            differs &= a.move.to_numpy()[:n] != "tabled"
        same &= ~differs
    return int(np.argmin(same)) if not same.all() else n


def _said(row: Any, told: Story) -> str:
    """One move with its day, or nothing."""
    if row is None:
        return ""
    days = f"{row.day - told.row.onset_day:.1f}"
    text = (plain_sentence if row.move in _PLAIN else sentence)(row, told.run.columns, told.lang)
    return label("story.line", told.lang, day=days, text=_capital(text)).rstrip(".。")


_PLAIN = ("began", "queued", "done", "gate_opened", "gate_shut", "released", "sat", "ruled", "owner_found", "contacted",
          "support_counted", "law_decided", "resolved", "closed", "voiced")  # fmt: skip
"""Moves whose own sentence needs what stands around them."""

_CAUSES = {
    "detected": "stewards", "directed": "visit", "attention_given": "visit", "tabled": "meeting", "sat": "meeting",
    "ruled": "meeting", "put_off": "meeting", "memo_sent": "meeting", "memo_followed": "meeting", "whistled": "whistle",
    "unheard": "whistle", "misrouted": "clarity", "owner_found": "clarity", "promised": "promise", "declined": "promise",
    "promise_lapsed": "promise", "money_reserved": "money", "money_short": "money", "money_returned": "money",
    "chose": "choice", "waited_on": "hands", "exited": "choice", "lapsed": "choice", "reminded": "choice",
    "petitioned": "choice", "went_to_law": "law", "law_decided": "law", "began": "hands", "queued": "hands", "done": "hands",
    "reclassed": "order", "contacted": "contacts", "support_counted": "contacts", "overdue": "list", "audited": "audit",
    "passed_up": "tiers", "ordered": "hotline", "returned": "hotline", "assigned": "hotline", "called_back": "hotline",
    "escalated": "hotline", "released": "gates", "gate_opened": "gates", "closed": "hands", "reopened": "choice",
}  # fmt: skip
assert set(_CAUSES) <= set(MOVES)


def _cause(rows: Sequence[Any], before: pd.DataFrame, lang: str) -> str:
    """What lies behind the first move that differs: the earlier one tells."""
    told = [row for row in rows if row is not None]
    row = min(told, key=lambda r: r.day)
    kinds = {r.move for r in told}
    if {"promised", "declined"} == kinds or (len(kinds) == 1 and kinds <= {"promised", "declined"}):
        share = [f"{r.share * 100:.0f}" for r in rows]
        return label("story.cause.answer", lang, a=share[0], b=share[1])
    if len(told) == 2 and rows[0].move == rows[1].move == "began" and rows[0].day == rows[1].day:
        return label("story.cause.effort", lang)
    forum = next((r.forum for r in told if not pd.isna(r.forum)), None)
    if _CAUSES.get(row.move) == "meeting" and forum is not None:
        return label("story.cause.meeting", lang, forum=inside(label(f"forum.{forum}", lang)))
    return label(f"story.cause.{_CAUSES.get(row.move, 'other')}", lang)


def _beside(stories: tuple[Story, Story]) -> pd.DataFrame:
    """Facts of both, in the language they are told in."""
    lang = stories[0].lang

    def facts(told: Story) -> dict[str, str]:
        row = told.row
        days = {n: row[f"{n}_day"] - row.onset_day for n in ("voiced", "triaged", "released", "closed", "resolved", "ended")}
        found = {label(f"column.issues.{n}_day", lang): f"{d:.1f}" if d == d else "–" for n, d in days.items()}
        held = told.gates.set_index("gate") if len(told.gates) else None
        for gate in GATES:
            if row[f"has_{gate}_gate"]:
                g = held.loc[gate] if held is not None and gate in held.index else None
                mark = "" if g is None or g.is_open else "+"
                name = label("story.twin.gate", lang, gate=inside(label(f"gate.{gate}", lang)))
                found[name] = "–" if g is None else f"{g.held_days:.1f}{mark}"
        found[label("story.twin.hours", lang)] = f"{told.hours.hours.sum():.1f}"
        found[label("story.twin.sittings", lang)] = f"{told.sittings.attendance_hours.sum():.1f}"
        found[label("story.twin.money", lang)] = f"{told.money.spent.sum():.1f}"
        found[label("column.issues.status", lang)] = label(f"status.{row.status}", lang)
        return found

    both = {variant_label(s.variant, lang): facts(s) for s in stories}
    if len(both) == 1:
        both = {f"{variant_label(s.variant, lang)} {n}": facts(s) for n, s in enumerate(stories, start=1)}
    return pd.DataFrame(both)
