"""The guides' code runs, top to bottom, and does what the text says."""

import re

import pytest

from govsim.labels import catalogue
from govsim.scenario.own import HOOKS, RULES


@pytest.fixture(scope="module")
def own(repo, tmp_path_factory):
    """What the blocks of the guide to rules of one's own leave behind."""
    text = (repo / "docs" / "guides" / "rules_of_your_own.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len(blocks) == 4
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("guide"))
        space = {}
        for block in blocks:
            exec(compile(block, "rules_of_your_own.md", "exec"), space)
    return text, space


def test_guide__compares_a_rule_and_a_component_beside_the_built_in_ones(own):
    _, space = own
    assert space["need"].name == "F1 by need"
    assert space["found"].provenance["variants"] == ["B0", "F1", "F1+X1 Student corps"]
    hours = space["found"].table.query("metric == 'hours_by_resident_volunteers'").set_index("variant").level
    assert hours["F1+X1 Student corps"] > hours["F1"]


def test_guide__resumes_what_it_saved(own):
    _, space = own
    assert space["resumed"].run.switches == ((100, "B0 [agenda_score=by_need]"),)


def test_guide__names_every_rule_and_cost(own):
    text, _ = own
    for name in (*RULES, "monthly_hours", "monthly_money", "request_hours"):
        assert f"`{name}`" in text


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_rules__and_all_arguments_have_a_name_in_both_languages(lang):
    texts = catalogue(lang)
    for name, place in (RULES | HOOKS).items():
        assert texts[f"rule.{name}"]
        assert texts[f"rule.{name}.does"]
        assert all(texts[f"rule_argument.{argument}"] for argument in place.arguments)
