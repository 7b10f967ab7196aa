"""Every word a person sees, by key, in English and 中文.

The catalogues ``locale/en.json`` and ``locale/zh.json`` have the same flat keys (``input.…``,
``component.A1``, ``metric.…``), sorted, one a line; the browser reads the same files. A text may
have ``{placeholders}``, nothing more.
"""

import difflib
import json
import os
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

LANGUAGES = ("en", "zh")
"""The languages there are catalogues for; the first is the one for want of another."""

PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")
"""A place in a text that a value is put into."""

_FOLDER = Path(__file__).parent / "locale"
_RULED = re.compile(r"(.+) \[([a-z_]+=\w+(?:, [a-z_]+=\w+)*)\]")
_CONTROL = re.compile(r"(cost_matched|money_matched)\((.+)\)")


def language(lang: str | None = None) -> str:
    """Return the language to speak: ``en`` or ``zh``.

    The first of these that says something decides: the argument, the environment variable
    ``GOVSIM_LANG``, the system's ``LC_ALL``, ``LC_MESSAGES`` and ``LANG``; else English.

    Raises
    ------
    ValueError
        The argument is neither.

    Examples
    --------
    >>> language("zh-CN")
    'zh'
    """
    if lang is not None:
        if (found := _known(lang)) is None:
            raise ValueError(f"language must be one of {', '.join(LANGUAGES)}, not {lang!r}")
        return found
    if (found := _known(os.environ.get("GOVSIM_LANG", ""))) is not None:
        return found
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name):
            return _known(value) or LANGUAGES[0]
    return LANGUAGES[0]


def label(key: str, lang: str | None = None, **values: object) -> str:
    """Return the text of a key.

    Parameters
    ----------
    lang
        See `language`.
    values
        What is put into the placeholders of the text.

    Raises
    ------
    KeyError
        No such key (the nearest are named), or a placeholder without a value.

    Examples
    --------
    >>> label("component.A1", "en"), label("component.A1", "zh")
    ('City joint meeting', '市联席会议')
    """
    texts = catalogue(lang)
    if key not in texts:
        near = difflib.get_close_matches(key, texts, n=3)
        hint = f"; nearest: {', '.join(near)}" if near else ""
        raise KeyError(f"no label {key!r}{hint}")
    return PLACEHOLDER.sub(lambda match: str(_value_of(match[1], key, values)), texts[key])


def has_label(key: str) -> bool:
    """Return whether there is a text of this key."""
    return key in catalogue(LANGUAGES[0])


def catalogue(lang: str | None = None) -> Mapping[str, str]:
    """Return all texts of a language by their keys."""
    return _catalogue(language(lang))


def variant_label(name: str, lang: str | None = None) -> str:
    """Return the name of a variant in words.

    Parameters
    ----------
    name
        As `govsim.scenario.variants` names it: ``F1``, ``F1-E4``, ``A1+A2@2``, a control.

    Examples
    --------
    >>> variant_label("F1-E4", "en")
    'Full mechanism without in-service members'
    >>> variant_label("A1+A2@2", "zh")
    '市联席会议 + 街道联席会议 ×2'
    >>> variant_label("F1+X1 Student corps [agenda_score=by_need]", "en")
    'Full mechanism + X1 Student corps (score on an agenda: by_need)'
    """
    if has_label(f"variant.{name}"):
        return label(f"variant.{name}", lang)
    if (match := _RULED.fullmatch(name)) is not None:
        pairs = (part.partition("=") for part in match[2].split(", "))
        colon, mark = ("：", "；") if language(lang) == "zh" else (": ", "; ")
        rules = mark.join(f"{_inside(label(f'rule.{rule}', lang))}{colon}{function}" for rule, _, function in pairs)
        return label("variant.ruled", lang, base=variant_label(match[1], lang), rules=rules)
    if (match := _CONTROL.fullmatch(name)) is not None:
        return label(f"variant.{match[1]}", lang, base=_inside(variant_label(match[2], lang)))
    if re.fullmatch(r"RV\d+", name) and has_label(f"component.{name}"):
        return label(f"component.{name}", lang)
    if "+" not in name and "@" not in name and has_label(f"component.{name}"):
        return label("variant.only", lang, part=_inside(label(f"component.{name}", lang)))
    base, *without = re.split(r"-(?=[ALE]\d)", name)
    if without and "+" not in name:
        mark = "、" if language(lang) == "zh" else ", "
        parts = mark.join(_inside(label(f"component.{code}", lang)) for code in without)
        return label("variant.without", lang, base=_sum(base, lang), parts=parts)
    return _sum(name, lang)


def _sum(name: str, lang: str | None) -> str:
    """Return the parts of a sum in words; what is no part of ours stays as it is."""
    words = []
    for term in re.split(r"\+(?=[A-Za-z])", name):
        part, _, dose = term.partition("@")
        if "-" in part:
            words.append(variant_label(term, lang))
            continue
        for kind in ("component", "group", "variant"):
            if has_label(f"{kind}.{part}"):
                part = label(f"{kind}.{part}", lang)
                break
        words.append(f"{part} ×{dose}" if dose else part)
    return " + ".join(words)


def _inside(text: str) -> str:
    """Return a name as it stands inside a sentence."""
    return text[:1].lower() + text[1:]


def _value_of(name: str, key: str, values: Mapping[str, object]) -> object:
    """Return the value of one placeholder."""
    if name not in values:
        raise KeyError(f"label {key!r} needs a value for {name!r}")
    return values[name]


def _known(text: str) -> str | None:
    """Return the language a tag such as zh_CN.UTF-8 stands for."""
    start = re.split(r"[-_.@]", text.strip().lower())[0]
    return start if start in LANGUAGES else None


@lru_cache(maxsize=len(LANGUAGES))
def _catalogue(lang: str) -> Mapping[str, str]:
    """Read a catalogue."""
    return MappingProxyType(json.loads((_FOLDER / f"{lang}.json").read_text(encoding="utf-8")))
