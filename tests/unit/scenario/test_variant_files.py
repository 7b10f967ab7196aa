"""Variants as YAML: what is written is read back as an equal one; what is wrong is told in one line; nothing is run."""

import pytest

from govsim.results.history import History
from govsim.scenario.city import City
from govsim.scenario.fields import ScenarioError
from govsim.scenario.files import load_scenario
from govsim.scenario.inputs import override
from govsim.scenario.scenario import Scenario
from govsim.scenario.variant_files import format_variant, load_variant, read_variant, save_variant
from govsim.scenario.variants import VARIANTS, apply, variant
from govsim.studies.compare import design_compare, design_schedules

MINE = """
name: patient hotline
parts: {RV1: true, A1: 0.5}
settings: {mechanism.RV1.returns_max: 4, mechanism: {A1: {interval: 45}}}
"""
WORLD = Scenario(city=City.preset("demo"), days=90, burn_in_days=30)


@pytest.fixture
def mine(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(MINE, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", [*VARIANTS, "F1-E4+RV1", "A1@2+L4@0.5+RV1+RV10"])
@pytest.mark.parametrize("comments", [False, True])
def test_named_variant__comes_back_from_its_file(name, comments, tmp_path):
    save_variant(name, tmp_path / "x.yaml", comments=comments)
    assert load_variant(tmp_path / "x.yaml") == variant(name)


def test_equal_content__is_an_equal_variant(mine):
    other = """
settings:
  mechanism:
    A1: {interval: 45.0}
    RV1: {returns_max: 4}
name: "patient hotline"
parts:
  A1: 0.5
  RV1: yes
  RV4: no
"""
    assert read_variant(other) == load_variant(mine) == read_variant(format_variant(load_variant(mine)))
    assert read_variant("parts: rv1 + F1") == read_variant("{name: F1+RV1, parts: F1+RV1}") == variant("F1+RV1")
    assert hash(read_variant(other)) == hash(load_variant(mine))


def test_starting_file__has_every_input_of_its_parts_and_one_may_be_uncommented():
    text = format_variant("A4+RV1", comments=True)
    assert text.count("# mechanism.RV1.") == len(type(variant("RV1").mechanism.RV1).model_fields) - 1
    changed = text.replace("name: A4+RV1", "name: mine").replace("# mechanism.RV1.coverage: 0.3", "mechanism.RV1.coverage: 0.6")
    assert changed != text
    assert read_variant(changed).settings == (("mechanism.RV1.coverage", 0.6),)


def test_variant_file__is_applied_with_its_settings(mine):
    mechanism = apply(override(WORLD, {"mechanism.A1.hours": 4}), mine).mechanism
    assert (mechanism.RV1.enabled, mechanism.RV1.returns_max, mechanism.A1.dose, mechanism.A1.interval) == (True, 4, 0.5, 45.0)
    assert mechanism.A1.hours == 4
    assert not mechanism.A2.enabled


def test_variant_file__may_stand_wherever_a_name_may(mine):
    asked = load_variant(mine)
    assert variant(str(mine)) == variant(mine) == asked
    control = variant(f"cost_matched({mine})")
    assert (control.name, control.original, control.control) == ("cost_matched(patient hotline)", asked, "hours")
    assert asked in [job.variant for job in design_schedules(WORLD, ["B0", f"money_matched({mine})"]).jobs]
    names = {job.variant.name for job in design_compare(override(WORLD, {"days": 400}), ["B0", str(mine), "RV1"], 2).jobs}
    assert names == {"B0", "RV1", "patient hotline"}
    assert History(WORLD).switch(mine, at=40).run.switches[-1] == (40, "patient hotline")
    (mine.parent / "world.yaml").write_text("{city: demo, mechanism: mine.yaml}", encoding="utf-8")
    scenario = load_scenario(mine.parent / "world.yaml")
    assert (scenario.mechanism_name, scenario.mechanism.RV1.returns_max) == ("patient hotline", 4)


def test_run__is_called_what_its_variant_is_called(mine):
    assert History(apply(WORLD, mine)).finish().switches == ((30, "patient hotline"),)


def test_two_different_variants_of_one_name__are_not_compared(mine):
    other = mine.with_name("other.yaml")
    other.write_text(MINE.replace("45", "46"), encoding="utf-8")
    with pytest.raises(ValueError, match="two different variants are called patient hotline"):
        design_compare(WORLD, [str(mine), str(other)], 2)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{partz: F1}", "unknown key partz: did you mean parts?"),
        ("{name: x}", 'parts is missing; such as "parts: F1-E4"'),
        ("{parts: F9}", "parts: unknown variant 'F9': did you mean F1?"),
        ("{parts: [A1]}", "parts is ['A1'], not a sum"),
        ("{parts: {RV11: true}}", "unknown key parts.RV11: did you mean parts.RV1"),
        ("{parts: {A1: 17}}", "parts.A1 is 17, not true, false or an intensity from 0 to 16"),
        ("{parts: {A1: .nan}}", "parts.A1 is nan, not true"),
        ("{parts: {A1: high}}", "parts.A1 is 'high', not true"),
        ("{parts: {RV1: 2}}", "parts.RV1 is 2, not true or false"),
        ("{parts: RV1, settings: 3}", "settings is 3, not a mapping"),
        ("{parts: RV1, settings: {mechanism.RV1.returns_max: 4}}", "name is missing"),
        ("{name: 7, parts: RV1}", "name is 7, not a text"),
        ("{name: RV1, parts: RV2}", "name is RV1, which has other parts or settings"),
        ("{name: F1, parts: F1, settings: {mechanism.A1.interval: 45}}", "name is F1, which has other parts or settings"),
        ("{name: cost_matched(F1), parts: F1}", "name is cost_matched(F1), which has other parts or settings"),
        ("{name: a+b, parts: RV1}", "name is 'a+b', not up to 60 letters"),
        ("{name: my-A1, parts: RV1}", "name is 'my-A1', not up to 60 letters"),
        ("{name: m, parts: RV1, settings: {mechanism.RV1.returns: 4}}", "RV1.returns: did you mean mechanism.RV1.returns_max?"),
        ("{name: m, parts: RV1, settings: {mechanism.RV1.returns_max: -1}}", "returns_max is -1, not a whole number from 0 to 50"),
        ("{name: m, parts: RV1, settings: {mechanism.RV1.escalates: 1}}", "mechanism.RV1.escalates is 1, not true or false"),
        ("{name: m, parts: RV1, settings: {mechanism.RV1.enabled: false}}", "stand under parts"),
        ("{name: m, parts: RV1, settings: {mechanism.A1.interval: 45}}", "A1 is not among the parts"),
        ("{name: m, parts: RV1, settings: {days: 45}}", "a variant sets inputs of the mechanism"),
        ("{name: m, parts: RV1, settings: {RV1.returns_max: 4}}", "did you mean mechanism.RV1?"),
        ("{name: m, parts: RV1, settings: {mechanism.RV1.coverage: .2, mechanism: {RV1: {coverage: .3}}}}", "is given twice"),
        ("parts: !!python/object/apply:os.system [ls]", "tags such as"),
        ("", "is empty"),
    ],
)  # fmt: skip
def test_bad_file__is_one_line_that_helps(text, words, tmp_path):
    path = tmp_path / "bad.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError) as caught:
        variant(str(path))
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert words in message
    assert "\n" not in message


def test_missing_file_and_control__are_refused(tmp_path):
    with pytest.raises(ScenarioError, match=r"no such file$"):
        variant(str(tmp_path / "none.yml"))
    with pytest.raises(ScenarioError, match="is a folder, not a variant file"):
        load_variant(tmp_path)
    with pytest.raises(ScenarioError, match="is a control"):
        format_variant("cost_matched(RV1)")
