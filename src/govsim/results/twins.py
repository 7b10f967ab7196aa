"""The same issue under two variants: where the two stories part, and what lies behind it.

The cause is the nearest link only: what the first move that differs says of the mechanism. What had happened to others before it
is not traced back.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from govsim.engine.moves import MOVES
from govsim.engine.state import GATES
from govsim.labels import label, variant_label
from govsim.results.run import Run
from govsim.results.sentences import capital, inside, plain_sentence, sentence
from govsim.results.story import Story, checked_issue, story

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
        checked_issue(run_a, issue)
        checked_issue(run_b, issue)


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
    return label("story.line", told.lang, day=days, text=capital(text)).rstrip(".。")


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
