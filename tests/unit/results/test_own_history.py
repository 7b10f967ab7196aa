"""A run with rules of one's own, saved: it goes on with the same functions and with no others."""

import pytest

from govsim.results.history import History, StateFileError
from govsim.results.simulate import simulate
from govsim.results.store import load_run, save_run
from govsim.scenario.city import City
from govsim.scenario.fields import ScenarioError
from govsim.scenario.files import format_scenario, read_scenario
from govsim.scenario.own import OwnComponent
from govsim.scenario.scenario import Scenario
from govsim.scenario.variant_files import format_variant
from govsim.scenario.variants import apply, variant, with_own
from tests.runs import same_log

WORLD = Scenario(city=City.preset("demo"), days=300, burn_in_days=100)


def by_need(severity, n_affected):
    return severity * n_affected


def by_age(age_days):
    return age_days


CORPS = OwnComponent(code="X1", name="Corps", offered_hours=lambda skill: skill, monthly_hours=lambda: 2.0)
ASKED = apply(WORLD, variant("F1").with_rules(agenda_score=by_need).with_component(CORPS))


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    return History(ASKED).advance(220).save(tmp_path_factory.mktemp("own") / "own.state")


def test_saved_state__goes_on_with_the_same_functions_to_the_same_bits(saved):
    resumed = History.load(saved, rules={"agenda_score": by_need}, components=[CORPS]).advance(300)
    assert same_log(resumed._engine, History(ASKED).advance(300)._engine)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, r"own\.state: agenda_score is by_need of one's own"),
        ({"rules": {"agenda_score": by_need}}, r"own\.state: X1\.offered_hours is lambda of one's own"),
        ({"rules": {"agenda_score": by_age}, "components": [CORPS]}, "agenda_score: by_age is not by_need as it was saved"),
    ],
)
def test_saved_state__is_refused_without_them_by_name(saved, given, told):
    with pytest.raises(StateFileError, match=told) as found:
        History.load(saved, **given)
    assert "\n" not in str(found.value)


def test_saved_run__keeps_names_and_hashes_and_is_not_run_again(tmp_path):
    run = simulate(WORLD, rules={"agenda_score": by_need}, components=[CORPS])
    back = load_run(save_run(run, tmp_path / "run"))
    assert back.scenario.mechanism.own.rules[0].name == "by_need"
    assert back.scenario.mechanism.own.rules[0].sha256 == run.scenario.mechanism.own.rules[0].sha256
    assert back.scenario.mechanism_name == "X1 Corps [agenda_score=by_need]"
    with pytest.raises(ScenarioError, match=r"agenda_score is by_need of one's own .* give it again"):
        simulate(back.scenario)


def test_scenario_file__holds_no_rule_of_ones_own():
    with pytest.raises(ScenarioError, match="agenda_score is by_need of one's own, which a scenario file cannot hold"):
        format_scenario(with_own(WORLD, {"agenda_score": by_need}))
    with pytest.raises(ScenarioError, match=r"unknown key mechanism\.own"):
        read_scenario("{mechanism: {own: {rules: [{place: effort, name: f, sha256: x, function: os.system}]}}}")


def test_variant_file__holds_no_rule_of_ones_own():
    with pytest.raises(ScenarioError, match=r"F1 \[agenda_score=by_need\] has functions of one's own \(by_need\), which no file holds"):
        format_variant(variant("F1").with_rules(agenda_score=by_need))


def test_history__switches_a_rule_of_ones_own_on_and_off():
    history = History(WORLD).switch(variant("F1").with_rules(agenda_score=by_need), at=120).switch("F1", at=200)
    assert history.finish().switches == ((100, "B0"), (120, "F1 [agenda_score=by_need]"), (200, "F1"))
