import json
import re
from pathlib import Path

import numpy as np
import pytest

import govsim.labels
from govsim.labels import PLACEHOLDER, catalogue, label, language
from govsim.scenario.demand import COMPOUND_TYPES, DEPARTMENTS, SKILLS, standard_types
from govsim.scenario.fields import ScenarioError
from govsim.scenario.inputs import inputs, override, value_at
from govsim.scenario.mechanism import Mechanism
from govsim.scenario.scenario import Scenario
from govsim.scenario.variants import COMPONENTS, GROUPS, PARTS, RIVALS

BASES = {"[V]", "[V-weak]", "[M]", "[A]"}
IDENTITIES = {
    "name", "mechanism_name", "city.name", "city.code", "city.subdistricts.name",
    "city.subdistricts.communities", "demand.profile", "demand.types.code", "shocks.name",
}  # fmt: skip
"""Inputs that name things and so have no evidence."""
NO_DEFAULT = {"city.subdistricts.name", "city.subdistricts.communities", "demand.types.code"}
LANGS = ("en", "zh")


@pytest.mark.parametrize("known", inputs().values(), ids=lambda known: known.path)
def test_input__has_default_unit_range_basis_and_labels(known):
    assert known.path in IDENTITIES or known.basis in BASES
    assert known.default is not None or known.is_nullable or known.path in NO_DEFAULT
    if known.kind in ("number", "whole"):
        assert known.low is not None
        assert known.low < known.high
    if known.kind in ("number", "whole") and known.default is not None:
        assert known.low <= known.default <= known.high
    if known.kind in ("switch", "choice"):
        assert known.default in known.choices or known.is_nullable
    for lang in LANGS:
        assert label(known.label_key, lang)
        assert label(f"unit.{known.unit}", lang)
        for choice in known.choices:
            assert label(f"choice.{str(choice).lower()}", lang)


def test_group__has_a_label_in_both_languages():
    groups = {path.rsplit(".", n)[0] for path in inputs() for n in range(1, path.count(".") + 1)}
    assert groups
    assert all(label(f"input.{group}", lang) for group in groups for lang in LANGS)


def test_standard_types__lie_in_range_and_keep_their_rules():
    for issue_type in standard_types():
        for field in type(issue_type).model_fields:
            known = inputs()[f"demand.types.{field}"]
            if known.kind in ("number", "whole"):
                assert known.low <= getattr(issue_type, field) <= known.high


@pytest.mark.parametrize("code", COMPONENTS)
def test_dose__is_zero_when_off_and_when_x_is_zero(code):
    component = type(getattr(Mechanism(), code))
    assert component().dose == 0
    assert component(intensity=3).dose == 0
    assert component(enabled=True, intensity=0).dose == 0
    assert component(enabled=True).dose == 1
    assert component(enabled=True, intensity=0.25).dose == 0.25


def test_catalogues__have_the_same_keys_and_placeholders_and_no_empty_text():
    en, zh = catalogue("en"), catalogue("zh")
    assert en.keys() == zh.keys()
    for key in en:
        assert en[key].strip() == en[key] != ""
        assert zh[key].strip() == zh[key] != ""
        assert set(PLACEHOLDER.findall(en[key])) == set(PLACEHOLDER.findall(zh[key])), key
        assert not re.search(r"[{}]", PLACEHOLDER.sub("", en[key] + zh[key])), key


@pytest.mark.parametrize("lang", LANGS)
def test_catalogue__is_sorted_one_key_a_line(lang):
    path = Path(govsim.labels.__file__).parent / "locale" / f"{lang}.json"
    text = path.read_text(encoding="utf-8")
    pairs = json.loads(text, object_pairs_hook=list)
    assert len(dict(pairs)) == len(pairs)
    ordered = json.dumps(dict(pairs), ensure_ascii=False, indent=2, sort_keys=True)
    assert text == ordered + "\n", "run tools/add_labels.py"


def test_words_of_the_model__have_labels():
    keys = [f"component.{c}{part}" for c in COMPONENTS for part in ("", ".does", ".costs", ".dose")]
    keys += [f"component.{c}{part}" for c in RIVALS for part in ("", ".does", ".costs")]
    keys += [f"type.{t.code}" for t in standard_types()]
    keys += [f"department.{d}" for d in DEPARTMENTS]
    keys += [f"skill.{s}" for s in SKILLS]
    keys += [f"compound_type.{c}" for c in COMPOUND_TYPES]
    keys += [f"basis.{b}" for b in BASES]
    assert all(label(key, lang) for key in keys for lang in LANGS)


def test_glossary__has_the_components_and_groups_by_the_names_of_the_labels(repo):
    glossary = (repo / "docs" / "glossary.md").read_text(encoding="utf-8")
    keys = [*(f"component.{c}" for c in PARTS), *(f"group.{g}" for g in GROUPS)]
    missing = [k for k in keys if f"| {label(k, 'en')} | {label(k, 'zh')} |" not in glossary]
    assert not missing


def test_words_of_the_ledger__have_labels():
    state = pytest.importorskip("govsim.engine.state")
    words = {
        "payer": state.PAYERS, "activity": state.ACTIVITIES, "channel": state.CHANNELS,
        "status": state.STATUSES, "state": state.STATES, "gate": state.GATES,
        "office": state.UNITS, "forum": state.FORUMS, "pot": state.POTS,
    }  # fmt: skip
    for kind, names in words.items():
        assert all(label(f"{kind}.{name}", lang) for name in names for lang in LANGS)


def test_label__fills_placeholders_and_names_near_keys():
    assert label("variant.only", "en", part="{x}") == "Only {x}"
    with pytest.raises(KeyError, match="needs a value for 'part'"):
        label("variant.only", "en")
    with pytest.raises(KeyError, match=r"component\.A1"):
        label("componnt.A1")


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "de_DE.UTF-8"}, "en"),
        ({"LANG": "C", "GOVSIM_LANG": "zh"}, "zh"),
        ({"LANG": "zh_CN", "GOVSIM_LANG": "en"}, "en"),
        ({"LANG": "zh_CN", "GOVSIM_LANG": "klingon"}, "zh"),
    ],
)
def test_language__follows_the_environment_in_order(monkeypatch, environment, expected):
    for name in ("GOVSIM_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert language() == expected
    assert language("zh-Hans") == "zh"
    with pytest.raises(ValueError, match="one of en, zh"):
        language("fr")


def test_value_at__reads_every_input_of_the_default_scenario():
    for path, known in inputs().items():
        if not path.startswith(("demand.types.", "interruptions.", "shocks.demand.", "shocks.desks.", "city.subdistricts.", "city.")):
            assert value_at(Scenario(), path) == known.default
    assert value_at(Scenario(), "demand.types.SH.hours") == 8
    with pytest.raises(ScenarioError, match=r"did you mean demand\.types\.SH\?"):
        value_at(Scenario(), "demand.types.sh.hours")


def test_override__takes_paths_groups_and_numbers_of_numpy():
    changed = override(
        Scenario(),
        {
            "days": np.int64(800),
            "behaviour.effort": {"audit_share": np.float64(0.3)},
            "behaviour.effort.audit_hours": 1,
            "demand.weekday_factor": np.ones(7),
            "demand.types.SH.hours": 9,
        },
    )
    assert changed.days == 800
    assert changed.behaviour.effort.audit_share == 0.3
    assert changed.behaviour.effort.audit_hours == 1
    assert changed.demand.types[1].hours == 9
    assert changed.behaviour.voice == Scenario().behaviour.voice


@pytest.mark.parametrize(
    "changes",
    [
        {"behaviour": {"effort": {"audit_share": 0.1}}, "behaviour.effort.audit_share": 0.2},
        {"behaviour.effort.audit_share": 0.2, "behaviour": {"effort": {"audit_share": 0.1}}},
        {"staffing": 3, "staffing.team_size": 4},
    ],
)
def test_override__refuses_what_is_given_twice(changes):
    with pytest.raises(ScenarioError, match="given twice"):
        override(Scenario(), changes)


def test_override__checks_the_whole():
    with pytest.raises(ScenarioError, match=r"shares of the types sum to 1\.145"):
        override(Scenario(), {"demand.types.PM.share": 0.3})
