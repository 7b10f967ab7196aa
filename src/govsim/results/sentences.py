"""Moves of one issue in words: who did what, with what in hand, in English or Chinese.

Units are named by kind and number, as in the tables; the templates are ``story.…`` in ``locale/``. Overhead and
single stretches of work are left to the tables of a story.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import pandas as pd

from govsim.engine.state import GATES, UNITS
from govsim.labels import has_label, label, language
from govsim.results.tally import Columns
from govsim.scenario.demand import DEPARTMENTS


class Line(NamedTuple):
    """One sentence of a story.

    Attributes
    ----------
    day
        Days since the issue arose.
    text
        The sentence.
    """

    day: float
    text: str


SILENT = ("voiced", "charged", "worked", "reclassed", "attention_ended", "resolved", "ruled", "gate_shut")
"""Moves without a sentence of their own: another says it, or the tables do."""

_HEARD_OF = ("persuasion", "petition_case", "law_case")
"""Packages whose beginning and end other moves tell."""

_ANSWERS = ("promised", "declined")


def joined(parts: Sequence[str], lang: str) -> str:
    """Return a list as it stands in a sentence."""
    return ("、" if lang == "zh" else ", ").join(parts)


def inside(text: str) -> str:
    """Return a name as it stands inside a sentence."""
    return text[:1].lower() + text[1:]


def capital(text: str) -> str:
    """Return a text as it stands at a sentence's start."""
    return text[:1].upper() + text[1:]


def unit_name(columns: Columns, unit: int, lang: str | None = None) -> str:
    """Return what a unit is called: its kind and number, its team where a department has several."""
    tongue = language(lang)
    if unit < 0:
        return label("story.unit.none", tongue)
    station = columns.stations[unit]
    kind = UNITS[int(station["kind"])]
    values: dict[str, Any] = {"area": int(station["area"])}
    if kind == "department":
        values["department"] = inside(label(f"department.{DEPARTMENTS[int(station['department'])]}", tongue))
        one = (columns.stations["kind"] == station["kind"]) & (columns.stations["department"] == station["department"])
        kind = "department.team" if one.sum() > 1 else kind
    return label(f"story.unit.{kind}", tongue, **values)


def forum_name(forum: str, area: int, lang: str | None = None) -> str:
    """Return what a meeting is called: its kind, and the area it covers by number."""
    return label(f"story.forum.{forum}", lang, area=area, forum=label(f"forum.{forum}", lang))


def gates_of(bits: int) -> list[str]:
    """Names of the gates in a mask."""
    return [gate for k, gate in enumerate(GATES) if bits >> k & 1]


def _values(row: Any, columns: Columns, lang: str) -> dict[str, Any]:
    """Everything a template may ask for of one move."""
    share = "" if pd.isna(row.share) else f"{row.share:.2f}"
    found = {
        "unit": unit_name(columns, row.unit, lang), "leader": row.leader, "number": row.number, "of": row.of,
        "share": share, "percent": "" if pd.isna(row.share) else f"{row.share * 100:.0f}",
        "hours": "" if pd.isna(row.hours) else f"{row.hours:.1f}", "money": "" if pd.isna(row.money) else f"{row.money:.1f}",
        "days": "" if pd.isna(row.days) else f"{row.days:.1f}",
    }  # fmt: skip
    for name in ("channel", "gate", "pot"):
        kind = getattr(row, name)
        found[name] = "" if pd.isna(kind) else inside(label(f"{name}.{kind}", lang))
    found["forum"] = "" if pd.isna(row.forum) else forum_name(row.forum, row.area, lang)
    found["forums"] = found["forum"] and label("story.agenda", lang, forum=found["forum"], number=row.number)
    found["gates"] = joined([inside(label(f"gate.{g}", lang)) for g in gates_of(max(row.number, 0))], lang)
    return found


def sentence(row: Any, columns: Columns, lang: str, **more: Any) -> str:
    """Return one move in words: the template of its kind, or of its kind and what it is about."""
    about = [row.move] if row.unit < 0 else [row.move, f"{row.move}.unit"]
    for name in ("channel", "package", "gate"):
        kind = getattr(row, name)
        if not pd.isna(kind):
            about.append(f"{row.move}.{kind}")
    values = _values(row, columns, lang) | more
    for key in reversed(about):
        if has_label(f"story.{key}"):
            return label(f"story.{key}", lang, **values)
    return plain_sentence(row, columns, lang)


def plain_sentence(row: Any, columns: Columns, lang: str) -> str:
    """Return a move by its name, and its unit if it has one."""
    what = label(f"move.{row.move}", lang)
    return what if row.unit < 0 else label("story.move", lang, what=what, unit=unit_name(columns, row.unit, lang))


def lines_of(moves: pd.DataFrame, columns: Columns, lang: str) -> tuple[Line, ...]:
    """Return an issue's moves in words, in order of time.

    Answers of units at one moment make one sentence, and so do rounds of contacts until the gate opens; a sitting says
    how it ended.
    """
    rows = list(moves.itertuples())
    onset = rows[0].day
    told: list[Line] = []

    def tell(row: Any, text: str) -> None:
        told.append(Line(row.day - onset, text))

    contacts: list[Any] = []
    queued: dict[tuple[int, str], float] = {}
    worked: dict[tuple[int, str], float] = {}
    said_until = -1
    for at, row in enumerate(rows):
        key = (row.unit, row.package)
        if row.move == "queued":
            queued.setdefault(key, row.day)
        elif row.move == "worked":
            worked[key] = worked.get(key, 0.0) + row.hours
        if at <= said_until or _is_silent(row):
            continue
        if row.move in ("contacted", "support_counted"):
            if row.move == "contacted" and not contacts:
                tell(row, label("story.contacts.begin", lang))
            contacts.append(row)
        elif row.move in _ANSWERS:
            said_until, text = _answers(rows, at, columns, lang)
            tell(row, text)
        elif row.move == "sat":
            tell(row, _sitting(rows, at, columns, lang))
        elif row.move == "released":
            tell(row, _release(rows, at, columns, lang))
        elif row.move == "tabled":
            said_until, text = _agendas(rows, at, columns, lang)
            tell(row, text)
        elif row.move == "put_off":
            said_until, text = _put_off(rows, at, columns, lang)
            tell(row, text)
        elif row.move == "queued":
            tell(row, sentence(row, columns, lang))
        elif row.move == "began":
            tell(row, _beginning(row, row.day - queued.pop(key, row.day), columns, lang))
        elif row.move == "done":
            tell(row, sentence(row, columns, lang, hours=f"{worked.pop(key, 0.0):.1f}"))
        elif row.move == "closed":
            is_true = any(r.move == "resolved" and r.day == row.day for r in rows[at + 1 :])
            tell(row, sentence(row, columns, lang) + label(f"story.closed.{'true' if is_true else 'false'}", lang))
        elif row.move == "gate_opened":
            if row.gate == "interests" and contacts:
                tell(row, _contacts(contacts, lang))
                contacts = []
            tell(row, sentence(row, columns, lang, days=f"{_waited(rows, at):.1f}"))
        elif row.move == "law_decided":
            tell(row, label(f"story.law_decided.{'won' if row.number else 'lost'}", lang, unit=unit_name(columns, row.unit, lang)))
        elif row.move == "owner_found" and row.number == 0:
            tell(row, label("story.owner_found.free", lang, unit=unit_name(columns, row.unit, lang)))
        else:
            tell(row, sentence(row, columns, lang))
    if contacts:
        tell(contacts[-1], _contacts(contacts, lang))
    return tuple(sorted(told, key=lambda line: line.day))


def _is_silent(row: Any) -> bool:
    """Whether a move has no sentence."""
    if row.move in SILENT or row.package in _HEARD_OF:
        return True
    if row.move == "queued":
        return row.package not in ("decision", "audit")
    return bool(row.move == "began" and row.package != "work")


def _answers(rows: list[Any], at: int, columns: Columns, lang: str) -> tuple[int, str]:
    """What units answer at one moment, as one sentence; and the last row it takes in."""
    said, last = [], at
    for n in range(at, len(rows)):
        if rows[n].day != rows[at].day or rows[n].move not in (*_ANSWERS, "charged"):
            break
        last = n
        if rows[n].move in _ANSWERS:
            said.append(sentence(rows[n], columns, lang))
    return last, label("story.answers", lang, answers=joined(said, lang))


def _sitting(rows: list[Any], at: int, columns: Columns, lang: str) -> str:
    """A sitting, and the gates it opened."""
    row = rows[at]
    opened = next((r.number for r in rows[at:] if r.move == "ruled" and (r.forum, r.area) == (row.forum, row.area)), 0)
    names = joined([inside(label(f"gate.{g}", lang)) for g in gates_of(opened)], lang)
    key = "story.sat.ruled" if opened else "story.sat.empty"
    return label(key, lang, forum=forum_name(row.forum, row.area, lang), gates=names)


def _run_of(rows: list[Any], at: int, move: str) -> list[Any]:
    """Moves of a kind that follow each other at one moment."""
    found = []
    for row in rows[at:]:
        if row.move != move or row.day != rows[at].day:
            break
        found.append(row)
    return found


def _agendas(rows: list[Any], at: int, columns: Columns, lang: str) -> tuple[int, str]:
    """The agendas an issue is put on at one moment; and the last row they take in."""
    tabled = _run_of(rows, at, "tabled")
    names = [label("story.agenda", lang, forum=forum_name(r.forum, r.area, lang), number=r.number) for r in tabled]
    return at + len(tabled) - 1, label("story.tabled", lang, forums=joined(names, lang))


def _put_off(rows: list[Any], at: int, columns: Columns, lang: str) -> tuple[int, str]:
    """A meeting that did not settle it, and where it comes up next."""
    row, later = rows[at], _run_of(rows, at + 1, "tabled") if at + 1 < len(rows) and rows[at + 1].day == rows[at].day else []
    forum = forum_name(row.forum, row.area, lang)
    if not later:
        return at, label("story.put_off.end", lang, forum=forum)
    names = [label("story.agenda", lang, forum=forum_name(r.forum, r.area, lang), number=r.number) for r in later]
    return at + len(later), label("story.put_off", lang, forum=forum, forums=joined(names, lang))


def _release(rows: list[Any], at: int, columns: Columns, lang: str) -> str:
    """Who gets the work."""
    units = [r.unit for r in rows[at:] if r.move == "queued" and r.package == "work" and r.day == rows[at].day]
    names = joined([unit_name(columns, u, lang) for u in dict.fromkeys(units)], lang)
    key = "story.released" if rows[at].number == 0 else "story.released.again"
    return label(key, lang, units=names) if names else label("story.released.none", lang)


def _beginning(row: Any, waited: float, columns: Columns, lang: str) -> str:
    """Who begins, how long the part has waited at the desk, and with what effort."""
    effort = "perfunctory" if row.is_perfunctory else "substantive"
    who = "outside" if row.is_outside else "staff"
    values = {"days": f"{waited:.1f}", "effort": label(f"story.effort.{effort}", lang), "who": label(f"story.who.{who}", lang)}
    return label("story.began", lang, unit=unit_name(columns, row.unit, lang), **values)


def _contacts(rows: list[Any], lang: str) -> str:
    """All rounds of contacts until now."""
    counted = [r for r in rows if r.move == "support_counted"]
    n = sum(r.of for r in rows if r.move == "contacted")
    if not counted:
        return label("story.contacts.some", lang, contacts=n, supporters=sum(r.number for r in rows))
    return label("story.contacts.end", lang, contacts=n, supporters=counted[-1].number, parties=counted[-1].of)


def _waited(rows: list[Any], at: int) -> float:
    """Days since the gate was met: when the owner was found."""
    met = [r.day for r in rows[:at] if r.move == "owner_found"]
    return float(rows[at].day - met[-1]) if met else 0.0
