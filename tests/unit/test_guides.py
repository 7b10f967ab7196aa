"""The guides' code runs, top to bottom, and does what the text says."""

import io
import re

import matplotlib.pyplot as plt
import pytest
from matplotlib.text import Text
from rich.console import Console

from govsim.labels import catalogue
from govsim.scenario.own import PLACES, RULES
from govsim.show.figures import plot_comparison
from govsim.show.table import comparison_tables
from govsim.studies.store import load_comparison, save_comparison


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


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_guide__shows_ones_own_in_tables_and_figure_by_name(own, lang):
    _, space = own
    figure = plot_comparison(space["found"], lang=lang)
    drawn = " ".join(text.get_text() for text in figure.findobj(Text)).replace("\n", " ")
    plt.close(figure)
    assert "X1 Student corps" in drawn
    console = Console(width=100, record=True, file=io.StringIO())
    for table in comparison_tables(space["found"], lang):
        console.print(table)
    assert "Student corps" in console.export_text()


def test_guide__saves_names_and_hashes_with_the_comparison(own, tmp_path):
    _, space = own
    kept = load_comparison(save_comparison(space["found"], tmp_path / "found")).provenance["own_functions"]
    (component,) = kept["F1+X1 Student corps"]["components"]
    assert component["offered_hours"]["name"] == "labour"
    assert len(component["monthly_hours"]["sha256"]) == 64
    assert set(kept) == {"F1+X1 Student corps"}


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
    for name, place in PLACES.items():
        assert texts[f"rule.{name}"]
        assert texts[f"rule.{name}.does"]
        assert all(texts[f"rule_argument.{argument}"] for argument in place.arguments)
