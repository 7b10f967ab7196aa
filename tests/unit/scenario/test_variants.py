import pytest

from govsim.labels import has_label, variant_label
from govsim.scenario.fields import ScenarioError
from govsim.scenario.inputs import override
from govsim.scenario.mechanism import ExternalHours, Mechanism
from govsim.scenario.own import OwnComponent
from govsim.scenario.scenario import Scenario
from govsim.scenario.variants import COMPONENTS, GROUPS, PARTS, RIVALS, VARIANTS, apply, name_of, variant


def on(name):
    """Codes and doses of what a variant switches on."""
    mechanism = variant(name).mechanism
    return {c: getattr(mechanism, c).dose for c in COMPONENTS if getattr(mechanism, c).enabled}


def test_components__are_those_of_the_mechanism_in_its_order():
    assert tuple(Mechanism.model_fields) == (*PARTS, "unchecked", "own")


def test_baseline__has_no_component():
    assert on("B0") == {}
    assert variant("B0").mechanism == Mechanism()


def test_full__has_all_13_at_one_and_pairing_at_half_quality():
    full = variant("F1").mechanism
    assert on("F1") == dict.fromkeys(COMPONENTS, 1.0)
    assert (full.E2.quality, full.E3.quality) == (0.5, 0.5)


@pytest.mark.parametrize("code", COMPONENTS)
def test_single_and_leave_one_out__complement_each_other(code):
    assert set(on(code)) == {code}
    assert set(on(f"F1-{code}")) == set(COMPONENTS) - {code}


def test_groups__are_their_components():
    assert set(on("axis+entries")) == {*GROUPS["axis"], *GROUPS["entries"]}


def test_registry__has_3_10_and_each_name_is_canonical():
    assert len(VARIANTS) == 2 + 6 + 13 + 13 + 1 + len(RIVALS) + 3
    assert all(v.name == name and variant(name) == v for name, v in VARIANTS.items())


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("a1 + a2@2.0 + E4@.5", "A1+A2@2+E4@0.5"),
        ("links+axis", "axis+links"),
        ("axis+links+entries", "F1"),
        ("F1-entries", "axis+links"),
        ("F1+E4@2", "F1+E4@2"),
        ("F1@2-E4-E3", "F1@2-E3-E4"),
        ("A1@0", "A1@0"),
        ("B0+A1", "A1"),
        ("Cost_Matched( f1-e4 )", "cost_matched(F1-E4)"),
        ("CEREMONIAL_ALL", "ceremonial_all"),
        ("rv10+f1-E4", "F1-E4+RV10"),
        ("RV10+RV7", "RV7+RV10"),
        ("B0+rv4", "RV4"),
        ("F1+RV7-RV7", "F1"),
        ("cost_matched(F1+RV10)", "cost_matched(F1+RV10)"),
    ],
)
def test_name__is_the_same_however_it_is_asked_for(asked, name):
    assert variant(asked).name == name


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("FI", "did you mean F1?"),
        ("axes", "did you mean axis?"),
        ("ceremonial-all", "did you mean ceremonial_all?"),
        ("costmatched(F1)", "did you mean cost_matched(F1)?"),
        ("cost_matched(money_matched(F1))", "no meaning"),
        ("RV9", "did you mean RV"),
        ("A1+A1", "A1 is named twice"),
        ("A1@2+A1@3", "A1 is named twice"),
        ("F1+E4", "write E4@2"),
        ("A1-A2", "A2 is not in it"),
        ("F1-E4@2", "has no intensity"),
        ("A1@17", "from 0 to 16"),
        ("A1@-1", "from 0 to 16"),
        ("A1@", "from 0 to 16"),
        ("", "unknown variant"),
        ("+A1", "did you mean A1?"),
        ("A1+", "unknown variant"),
        ("x" * 5000, "unknown variant"),
        ("A1\nA2", "did you mean"),
        (5, "named by text"),
    ],
)
def test_unknown_name__is_one_line_that_helps(asked, words):
    with pytest.raises(ScenarioError) as caught:
        variant(asked)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


def test_placebo__holds_everything_and_decides_nothing():
    scenario = apply(Scenario(), "ceremonial_all")
    mechanism = scenario.mechanism
    assert on("ceremonial_all") == dict.fromkeys(COMPONENTS, 1.0)
    assert (mechanism.E1.staging, mechanism.E2.quality, mechanism.E3.quality) == (1, 0, 0)
    meetings = (mechanism.A1, mechanism.A2, mechanism.A3, mechanism.A4)
    rules = [getattr(m, f) for m in meetings for f in type(m).model_fields if f[:6] == "rules_"]
    assert len(rules) == 16
    assert not any(rules)
    assert mechanism.unchecked.enabled
    assert not mechanism.L1.doorstep_station
    assert name_of(mechanism) == "ceremonial_all"


def test_no_variant__changes_how_people_behave():
    assert all(apply(Scenario(), name).behaviour == Scenario().behaviour for name in VARIANTS)


def test_apply__keeps_the_scenarios_own_knobs_and_resets_switches():
    base = override(Scenario(), {"mechanism.A1": {"interval": 45, "enabled": True, "intensity": 3}})
    full, none = apply(base, "F1"), apply(base, "B0")
    assert (full.mechanism.A1.interval, full.mechanism.A1.dose) == (45, 1)
    assert (none.mechanism.A1.interval, none.mechanism.A1.dose) == (45, 0)
    assert (full.mechanism_name, none.mechanism_name) == ("F1", "B0")
    assert apply(full, "B0") == none


def test_control__waits_for_its_schedule():
    control = variant("cost_matched(F1)")
    assert (control.control_of, control.control, control.external) == ("F1", "hours", None)
    assert variant("money_matched(axis)").control == "money"
    with pytest.raises(ScenarioError, match="with_external"):
        apply(Scenario(), control)
    hours = ExternalHours(hours_by_skill=(1, 2, 3, 4, 5, 6, 7, 8))
    run = apply(Scenario(), control.with_external(hours))
    assert run.external == hours
    assert run.mechanism == Mechanism()
    assert run.mechanism_name == "cost_matched(F1)"


def test_name_of__reads_switches_and_doses_back():
    for name in ("B0", "F1", "F1-E4", "A1+A2@2", "links@0.5"):
        assert name_of(variant(name).mechanism) == name


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_variant__has_a_name_in_words_of_its_own(lang):
    words = [variant_label(name, lang) for name in VARIANTS]
    assert len(set(words)) == len(words)
    assert not any(code in word for word in words for code in COMPONENTS)
    assert all(has_label(f"variant.{name}") for name in ("B0", "F1", "axis+links"))


def test_variants__are_combined_reduced_and_dosed():
    assert variant("F1").without("E4").combine("RV10").name == "F1-E4+RV10"
    assert variant("axis").combine(variant("links")).at(0.5).name == "axis@0.5+links@0.5"
    assert variant("F1+RV7").at(2).name == "F1@2+RV7"
    assert variant("F1").without("entries", "links").name == "axis"
    for wrong, words in (
        (lambda: variant("F1").combine("A1"), "A1 is named twice"),
        (lambda: variant("axis").without("E1"), "E1 is not in it"),
        (lambda: variant("F1").at(99), "from 0 to 16"),
        (lambda: variant("ceremonial_all").at(1), "is no sum of parts"),
        (lambda: variant("cost_matched(F1)").without("E1"), "is no sum of parts"),
    ):
        with pytest.raises(ScenarioError, match=words):
            wrong()


def need(severity):
    return severity


def age(age_days):
    return age_days


def test_variants__carry_rules_and_components_of_ones_own():
    corps = OwnComponent(code="X1", name="Student corps", clarity=lambda: 0.1, monthly_hours=lambda: 2.0)
    both = variant("F1-E4").with_component(corps).with_rules(agenda_score=need)
    assert both.name == "F1-E4+X1 Student corps [agenda_score=need]"
    assert name_of(apply(Scenario(), both).mechanism) == both.name
    assert both.without("X1", "A1").name == "F1-A1-E4 [agenda_score=need]"
    assert both.at(2).own.components[0].intensity == 2
    assert both.combine("RV10").own == both.own
    assert variant("B0").with_component(corps).name == "X1 Student corps"
    assert both.with_rules(agenda_score=age, name="By age").name == "By age"
    placebo = variant("ceremonial_all").with_rules(agenda_score=need).with_component(corps)
    assert placebo.name == "ceremonial_all+X1 Student corps [agenda_score=need]"
    assert apply(apply(Scenario(), both), "F1").mechanism.own.functions == ()
    assert variant_label(both.name, "zh") == "一轴三联三进（不含在职党员进社区） + X1 Student corps（议程评分：need）"
    for wrong, told in (
        (lambda: both.with_component(corps), "X1 is given twice"),
        (lambda: both.combine(variant("RV2").with_rules(agenda_score=age)), "a rule is replaced twice"),
        (lambda: both.with_rules(effort=lambda: 0.5, name="F1"), "name 'F1' is that of the variant F1"),
        (lambda: both.with_rules(effort=lambda: 0.5, name="a\nb"), "not 1 to 40 letters"),
        (lambda: variant("cost_matched(F1)").with_rules(agenda_score=age), "it has no rules or components of one's own"),
    ):
        with pytest.raises(ScenarioError, match=told) as found:
            wrong()
        assert "\n" not in str(found.value)
