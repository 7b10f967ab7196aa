"""The story of one issue as a picture: a lane for its state, its household, each gate, meeting and unit, over time."""

import textwrap
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pandas as pd

from govsim.labels import label, language, variant_label
from govsim.results.moves import status_steps
from govsim.results.sentences import unit_name
from govsim.results.story import Story
from govsim.results.twins import TwinStory
from govsim.show import theme
from govsim.show.figures import new_figure

WIDTH = 11.5
"""Inches."""

_LANE, _LINE, _BETWEEN = 0.34, 0.165, 0.8
_MOST_UNITS = 9
_SMALL = 8.2
_COLUMNS = 6

STATUS_COLOURS = {
    "latent": "#5C5C5C", "routing": theme.SKY, "gated": theme.ORANGE, "working": theme.BLUE, "closed": theme.VERMILION,
    "resolved": "#007F5F", "exited": theme.YELLOW, "lapsed": "#A6A6A6",
}  # fmt: skip

_MARKS: dict[str, tuple[str, str, bool]] = {
    "chose": ("o", theme.INK, True), "silent": ("o", theme.INK, False),
    "waited_on": ("o", theme.FAINT, True), "reminded": ("v", theme.INK, True),
    "petitioned": ("^", theme.VERMILION, True), "went_to_law": ("s", theme.SKY, True), "exited": ("P", theme.INK, True),
    "lapsed": ("X", theme.INK, True), "detected": ("*", theme.GREEN, True), "directed": ("D", theme.PURPLE, True),
    "tabled": ("|", theme.MUTED, True), "sat": ("s", theme.MUTED, False), "ruled": ("s", theme.BLUE, True),
    "promised": ("o", theme.GREEN, True), "declined": ("o", theme.VERMILION, False), "promise_lapsed": ("x", theme.VERMILION, True),
    "whistled": ("*", theme.PURPLE, True), "memo_sent": ("d", theme.PURPLE, False), "misrouted": (">", theme.VERMILION, False),
    "passed_up": ("^", theme.MUTED, False), "law_decided": ("s", theme.SKY, False), "audited": ("p", theme.PURPLE, True),
    "ordered": ("h", theme.PURPLE, True), "returned": ("<", theme.VERMILION, False), "called_back": ("h", theme.PURPLE, False),
}  # fmt: skip
"""Move -> marker, colour, whether it is filled."""

_BARS = {
    "queue": theme.FAINT, "staff": theme.BLUE, "outside": theme.GREEN, "perfunctory": theme.VERMILION, "shut": theme.ORANGE,
    "attention": theme.PURPLE,
}  # fmt: skip
_HOUSEHOLD = (
    "chose", "silent", "waited_on", "reminded", "petitioned", "went_to_law", "exited", "lapsed", "detected", "ordered",
    "called_back",
)  # fmt: skip
_OF_UNITS = (
    "promised", "declined", "promise_lapsed", "whistled", "memo_sent", "misrouted", "passed_up", "law_decided", "audited",
    "returned",
)  # fmt: skip
_OF_MEETINGS = ("tabled", "sat", "ruled")


def plot_story(told: Story | TwinStory, lang: str | None = None) -> Any:
    """Draw a story, or the two stories of a twin one above the other, as timelines.

    Parameters
    ----------
    told
        Of `story` or `twin_story`.
    lang
        ``en`` or ``zh``; that of the story when not given.

    Returns
    -------
    matplotlib.figure.Figure
    """
    tongue = told.lang if lang is None else language(lang)
    stories = [told] if isinstance(told, Story) else list(told.stories)
    lanes = [_lanes(s, tongue) for s in stories]
    with theme.theme(tongue):
        heights = [_LANE * len(found) for found in lanes]
        texts = _foot(told, tongue)
        handles = _handles(stories, lanes, tongue)
        head = 0.75 if len(stories) == 1 else 0.98
        foot = 0.55 + 0.19 * -(-len(handles) // _COLUMNS) + 0.12 + _LINE * sum(text.count("\n") + 1 for text in texts)
        total = sum(heights) + head + foot + _BETWEEN * (len(stories) - 1)
        figure = new_figure((WIDTH, total))
        longest = max(max(s.until for s in stories), 1.0)
        bottom = total - head
        for n, (s, found, height) in enumerate(zip(stories, lanes, heights, strict=True)):
            bottom -= height
            ax = figure.add_axes((0.255, bottom / total, 0.725, height / total))
            _draw(ax, s, found, longest, tongue)
            if isinstance(told, TwinStory):
                ax.set_title(variant_label(s.variant, tongue), fontsize=10)
                if told.parting_day == told.parting_day:
                    ax.axvline(told.parting_day, color=theme.INK, lw=1, ls="--")
            if n == len(stories) - 1:
                ax.set_xlabel(label("story.figure.days", tongue))
            bottom -= _BETWEEN
        _legend(figure, handles, (bottom + _BETWEEN - 0.5) / total)
        title = told.title if tongue == told.lang else label("story.figure.title", tongue, issue=told.issue)
        figure.text(0.012, 1 - 0.14 / total, title, fontsize=12.5, va="top")
        said = stories[0].summary[0] if tongue == told.lang else ""
        figure.text(0.012, 1 - 0.42 / total, said, fontsize=_SMALL, va="top", color=theme.MUTED)
        figure.text(0.012, 0.1 / total, "\n".join(texts), fontsize=_SMALL, color=theme.MUTED, va="bottom", linespacing=1.35)
    return figure


def _foot(told: Story | TwinStory, lang: str) -> list[str]:
    """What stands below: costs, or where two stories part and why; and the standing sentence."""
    said = [*told.summary[2:]] if isinstance(told, Story) else [*told.sentences()]
    if lang != told.lang:
        said = []
    stop = "。" if lang == "zh" else "."
    width = 96 if lang == "zh" else 175
    return ["\n".join(textwrap.wrap(text, width)) for text in (*(text + stop for text in said), label("caption.stance.story", lang))]


def _lanes(told: Story, lang: str) -> list[tuple[str, Any, str]]:
    """(kind, which, name) of every lane, from the top."""
    found: list[tuple[str, Any, str]] = [
        ("state", None, label("story.figure.state", lang)), ("household", None, label("story.figure.household", lang)),
    ]  # fmt: skip
    moves = told.moves
    if moves.move.isin(["directed", "attention_given"]).any():
        found.append(("leaders", None, label("story.figure.leaders", lang)))
    gates = told.gates.gate if len(told.gates) else ()
    found += [("gate", g, label("story.figure.gate", lang, gate=label(f"gate.{g}", lang))) for g in gates]
    forums = moves[moves.move.isin(_OF_MEETINGS)].forum.astype(object).unique()
    found += [("forum", f, label(f"forum.{f}", lang)) for f in forums]
    order = moves[(moves.unit >= 0) & moves.move.isin(["worked", "queued", *_OF_UNITS])].unit.drop_duplicates()
    shown = order if len(order) <= _MOST_UNITS else _busiest(told, order)
    found += [("unit", int(u), _short(unit_name(told.run.columns, int(u), lang), lang)) for u in shown]
    if len(shown) < len(order):
        rest = tuple(int(u) for u in order if u not in set(shown))
        found.append(("units", rest, label("story.figure.others", lang, n=len(rest))))
    return found


def _short(name: str, lang: str) -> str:
    name = name[:1].upper() + name[1:]
    return name if len(name) <= 38 else name[:37] + "…"


def _busiest(told: Story, order: pd.Series) -> list[int]:
    """The units with the most hours, in the order in which they come in."""
    units = told.units[told.units.unit.isin(order)]
    top = units.assign(all=units.work_hours + units.overhead_hours).nlargest(_MOST_UNITS - 1, "all").unit
    return [int(u) for u in order if u in set(top)]


def _draw(ax: Any, told: Story, lanes: Sequence[tuple[str, Any, str]], longest: float, lang: str) -> set[str]:
    """All lanes of one story; returns the names of what was drawn, for the legend."""
    used: set[str] = set()
    moves = told.moves.assign(age=told.moves.day - told.row.onset_day)
    least = longest * 0.004
    ax.set_xlim(-longest * 0.012, longest * 1.03)
    for n, (kind, which, _) in enumerate(lanes):
        y = len(lanes) - 1 - n
        ax.axhline(y, color=theme.FAINT, lw=0.6, zorder=0)
        if kind == "state":
            used |= _states(ax, moves, told.until, y, least)
        elif kind == "gate":
            used |= _gate(ax, told, moves, which, y, lang)
        elif kind == "forum":
            used |= _mark(ax, _sittings(moves[moves.forum == which]), y, _OF_MEETINGS)
        elif kind == "household":
            used |= _mark(ax, _by_household(moves), y, _HOUSEHOLD)
        elif kind == "leaders":
            used |= _attention(ax, moves, told.until, y, least) | _mark(ax, moves, y, ("directed",))
        else:
            chosen = moves[moves.unit.isin([which] if kind == "unit" else list(which))]
            used |= _work(ax, chosen, moves, told.until, y, least) | _mark(ax, chosen, y, _OF_UNITS)
    ax.set_yticks(range(len(lanes)), [name for _, _, name in reversed(lanes)], fontsize=_SMALL + 0.3)
    ax.set_ylim(-0.6, len(lanes) - 0.4)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.axvline(told.until, color=theme.FAINT, lw=0.8, zorder=0)
    return used


def _bar(ax: Any, start: float, end: float, y: float, colour: str, height: float, least: float) -> None:
    ax.broken_barh([(start, max(end - start, least))], (y - height / 2, height), color=colour, lw=0)


def _states(ax: Any, moves: pd.DataFrame, until: float, y: float, least: float) -> set[str]:
    """The issue's status over time."""
    shown = set()
    for (start, status), (end, _) in pairwise([*status_steps(moves), (until, "")]):
        is_last = status in ("resolved", "exited", "lapsed")
        if end > start or is_last:
            _bar(ax, start, end, y, STATUS_COLOURS[status], 0.62, 2 * least if is_last else 0.0)
            shown.add(f"status.{status}")
    return shown


def _by_household(moves: pd.DataFrame) -> pd.DataFrame:
    """A choice that another mark of the same moment tells is not marked twice; silence has a mark of its own."""
    told = moves[moves.move.isin([m for m in _HOUSEHOLD if m != "chose"])]
    chosen = moves[~((moves.move == "chose") & moves.day.isin(told.day))]
    is_silent = (chosen.move == "chose") & (chosen.channel == "silence")
    return chosen.assign(move=chosen.move.astype(object).mask(is_silent, "silent"))


def _gate(ax: Any, told: Story, moves: pd.DataFrame, gate: str, y: float, lang: str) -> set[str]:
    """Bars while a gate is shut, and how many days in all."""
    g = told.gates[told.gates.gate == gate].iloc[0]
    of_gate = moves[(moves.gate == gate) & (moves.day >= g.met_day)]
    start, shut_days = g.met_day - told.row.onset_day, 0.0
    is_shut, end = True, start
    for row in of_gate.itertuples():
        if row.move == "gate_opened" and is_shut:
            _bar(ax, start, row.age, y, _BARS["shut"], 0.42, 0.0)
            shut_days, is_shut, end = shut_days + row.age - start, False, row.age
        elif row.move == "gate_shut":
            start, is_shut = row.age, True
    if is_shut:
        _bar(ax, start, told.until, y, _BARS["shut"], 0.42, 0.0)
        shut_days, end = shut_days + told.until - start, told.until
    at_right = end < ax.get_xlim()[1] * 0.9
    text = label("story.figure.shut", lang, days=f"{shut_days:.1f}")
    ax.annotate(text, (end, y), (4 if at_right else -4, 0), textcoords="offset points", va="center", ha="left" if at_right else "right",
                fontsize=_SMALL - 0.6, color=theme.INK, zorder=5)  # fmt: skip
    return {"bar.shut"}


def _sittings(moves: pd.DataFrame) -> pd.DataFrame:
    """A sitting that opened a gate is one mark, not two."""
    ruled = moves[(moves.move == "ruled") & (moves.number > 0)]
    empty = (moves.move == "sat") & ~moves.day.isin(ruled.day)
    return moves[(moves.move == "tabled") | empty | moves.index.isin(ruled.index)]


def _attention(ax: Any, moves: pd.DataFrame, until: float, y: float, least: float) -> set[str]:
    """Bars while an issue has a leader's attention."""
    start = None
    for row in moves[moves.move.isin(["attention_given", "attention_ended"])].itertuples():
        if row.move == "attention_given":
            start = row.age
        elif start is not None:
            _bar(ax, start, row.age, y, _BARS["attention"], 0.3, least)
            start = None
    if start is not None:
        _bar(ax, start, until, y, _BARS["attention"], 0.3, least)
    return {"bar.attention"} if (moves.move == "attention_given").any() else set()


def _work(ax: Any, moves: pd.DataFrame, everything: pd.DataFrame, until: float, y: float, least: float) -> set[str]:
    """Light bars while parts wait at a desk, dark ones where they are worked on."""
    used = set()
    waiting: dict[tuple[int, str], float] = {}
    ends = everything[everything.move.isin(["closed", "exited", "lapsed"])].age.to_list()
    for row in moves.itertuples():
        key = (row.unit, row.package)
        if row.move == "queued":
            waiting.setdefault(key, row.age)
        elif row.move == "worked":
            if key in waiting:
                _bar(ax, waiting.pop(key), row.age, y, _BARS["queue"], 0.5, 0.0)
                used.add("bar.queue")
            kind = "perfunctory" if row.is_perfunctory else "outside" if row.is_outside else "staff"
            _bar(ax, row.age, row.age + max(row.hours, 0.0) / 24, y, _BARS[kind], 0.5, least)
            used.add(f"bar.{kind}")
    for start in waiting.values():
        end = next((e for e in ends if e >= start), until)
        _bar(ax, start, min(end, until), y, _BARS["queue"], 0.5, 0.0)
        used.add("bar.queue")
    return used


def _mark(ax: Any, moves: pd.DataFrame, y: float, kinds: Sequence[str]) -> set[str]:
    """A marker for every move of some kinds."""
    used = set()
    for kind in kinds:
        age = moves.age[moves.move == kind]
        if len(age):
            marker, colour, is_filled = _MARKS[kind]
            face = colour if is_filled else "white"
            line = {"color": colour} if marker in "|xX" and marker != "X" else {"facecolor": face, "edgecolor": colour}
            ax.scatter(age, [y] * len(age), marker=marker, s=34, linewidth=1.2, zorder=4, clip_on=False, **line)
            used.add(f"mark.{kind}")
    return used


def _handles(stories: Sequence[Story], lanes: Sequence[Any], lang: str) -> list[Any]:
    """Names of all colours and marks that will be drawn."""
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    used: set[str] = set()
    for told, found in zip(stories, lanes, strict=True):
        used |= _draw(Figure().add_subplot(), told, found, 1.0, lang)
    handles: list[Any] = []
    for status, colour in STATUS_COLOURS.items():
        if f"status.{status}" in used:
            handles.append(Patch(color=colour, lw=0, label=label(f"status.{status}", lang)))
    for bar, colour in _BARS.items():
        if f"bar.{bar}" in used:
            handles.append(Patch(color=colour, lw=0, label=label(f"story.figure.bar.{bar}", lang)))
    for kind, (marker, colour, is_filled) in _MARKS.items():
        if f"mark.{kind}" in used:
            face = colour if is_filled else "white"
            name = label(f"story.figure.mark.{kind}", lang)
            handles.append(Line2D([], [], ls="", marker=marker, color=colour, markerfacecolor=face, label=name))
    return handles


def _legend(figure: Any, handles: Sequence[Any], top: float) -> None:
    """The legend, in the room that was left for it."""
    figure.legend(
        handles=handles, loc="upper left", bbox_to_anchor=(0.012, top), ncols=_COLUMNS, fontsize=_SMALL, columnspacing=1.4,
        handletextpad=0.5, borderaxespad=0,
    )  # fmt: skip
