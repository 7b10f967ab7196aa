import os

import pytest

from govsim.scenario import text as text_files
from govsim.scenario.city import City
from govsim.scenario.fields import ScenarioError
from govsim.scenario.files import (
    SCENARIO_PRESETS,
    format_scenario,
    load_scenario,
    read_scenario,
    save_scenario,
)
from govsim.scenario.inputs import inputs, override
from govsim.scenario.scenario import Scenario
from govsim.scenario.variants import COMPONENTS, VARIANTS, apply, variant


def refusal(text):
    """The one line with which a text is refused."""
    with pytest.raises(ScenarioError) as caught:
        read_scenario(text, name="my.yaml")
    message = str(caught.value)
    assert message.startswith("my.yaml: ")
    assert message.isprintable()
    assert len(message) < 400
    assert caught.value.__cause__ is None
    return message.removeprefix("my.yaml: ")


def doses(scenario):
    return {c: d for c in COMPONENTS if (d := getattr(scenario.mechanism, c).dose)}


# ---- what is read --------------------------------------------------------------------------------


def test_empty_mapping__is_the_default_scenario():
    assert read_scenario("{}") == Scenario()
    assert read_scenario("behaviour:\nstaffing:\n") == Scenario()


@pytest.mark.parametrize("name", SCENARIO_PRESETS)
def test_preset__loads_by_name_and_round_trips(name):
    scenario = load_scenario(name)
    assert scenario.name == name
    assert read_scenario(format_scenario(scenario)) == scenario


def test_example__says_what_its_comments_say():
    scenario = load_scenario("example")
    assert doses(scenario) == {c: 1.0 for c in COMPONENTS if c != "E4"} | {"A1": 2.0}
    assert scenario.mechanism.E2.quality == 0.8
    assert scenario.city == City.preset("demo")


@pytest.mark.parametrize(
    ("text", "city"),
    [
        ("city: demo", City.preset("demo")),
        ('city: "210681"', City.from_division("210681")),
        ("city: 210681", City.from_division("210681")),
        ("city: {preset: demo, name: x}", City.preset("demo").model_copy(update={"name": "x"})),
        ("city: {code: 210681, names: real}", City.from_division("210681", names="real")),
        ("city: {residents_per_community: 5000}",
         City.preset("standard").model_copy(update={"residents_per_community": 5000})),
        ("city: {subdistricts: [{name: a, communities: [b, c]}]}",
         City(subdistricts=({"name": "a", "communities": ("b", "c")},))),
    ],
)  # fmt: skip
def test_city__is_a_word_or_a_mapping(text, city):
    assert read_scenario(text).city == city


def test_city_file__lies_beside_the_scenario_file(tmp_path):
    (tmp_path / "my.csv").write_text("subdistrict,community\na,b\na,c\n", encoding="utf-8")
    (tmp_path / "s.yaml").write_text("city: my.csv", encoding="utf-8")
    assert load_scenario(tmp_path / "s.yaml").city.n_communities == 2


@pytest.mark.parametrize(
    ("text", "name", "on"),
    [
        ("mechanism: F1-E4", "F1-E4", {c: 1.0 for c in COMPONENTS if c != "E4"}),
        ("mechanism: {A1: true, A2: 2}", "A1+A2@2", {"A1": 1.0, "A2": 2.0}),
        ("mechanism: {variant: F1, E4: false}", "F1-E4", {c: 1 for c in COMPONENTS if c != "E4"}),
        ("mechanism: {variant: axis, A1: {intensity: 2}}", "A1@2+A2+A3+A4+A5",
         {"A1": 2.0, "A2": 1.0, "A3": 1.0, "A4": 1.0, "A5": 1.0}),
        ("mechanism: {E2: {quality: 0.9}}", "B0", {}),
        ("{mechanism: A1, mechanism_name: mine}", "mine", {"A1": 1.0}),
        ("mechanism.A1.enabled: true", "A1", {"A1": 1.0}),
        ("mechanism: ceremonial_all", "ceremonial_all", dict.fromkeys(COMPONENTS, 1.0)),
    ],
)  # fmt: skip
def test_mechanism__is_a_name_or_component_by_component(text, name, on):
    scenario = read_scenario(text)
    assert scenario.mechanism_name == name
    assert doses(scenario) == on


def test_named_mechanism__is_the_variant():
    assert read_scenario("mechanism: ceremonial_all") == apply(Scenario(), "ceremonial_all")


def test_issue_types__change_by_code_or_are_given_whole():
    some = read_scenario("demand: {types: {SH: {hours: 9}}}")
    assert some.demand.types[1].hours == 9
    assert len(some.demand.types) == 15
    whole = read_scenario("demand: {types: [{code: X, share: 1, departments: [health]}]}")
    assert [t.code for t in whole.demand.types] == ["X"]


def test_numbers__are_those_of_yaml_1_2():
    assert read_scenario("days: 0500").days == 500
    assert read_scenario("days: 1e3").days == 1000
    assert read_scenario("days: 400.0").days == 400
    assert "'12:30'" in refusal("days: 12:30")
    assert "'0x1FF'" in refusal("days: 0x1FF")


# ---- what is refused -----------------------------------------------------------------------------

REFUSED = [
    ("", 'is empty; the least is "city: demo"'),
    ("# nothing\n", 'is empty; the least is "city: demo"'),
    ("hello", "is 'hello', not a mapping"),
    ("[1, 2]", "is [1, 2], not a mapping"),
    ("behaviour: {comitment: {}}",
     "unknown key behaviour.comitment: did you mean behaviour.commitment?"),
    ("behaviour: {commit_authority: 1}", "did you mean behaviour.commitment.commit_authority?"),
    ("mechanism: {A1: {intervall: 3}}", "did you mean mechanism.A1.interval?"),
    ("mechanism: {a1: 1}", "did you mean mechanism.A1?"),
    ("mechanism: {varient: F1}", "did you mean mechanism.variant?"),
    ("city: {presett: demo}", "did you mean city.preset?"),
    ("demand: {types: {pm: {share: 1}}}", "did you mean demand.types.PM?"),
    ("zzzz: 1", "unknown key zzzz: a scenario has name, city"),
    ("1: 2", "unknown key 1"),
    ("null: 2", "unknown key None"),
    ("days: many", "days is 'many', not a whole number from 1 to 36500 (d)"),
    ("days: '365'", "take the quotes away"),
    ("days: 365.5", "days is 365.5, not a whole number"),
    ("days: 0", "days is 0, not a whole number from 1 to 36500 (d)"),
    ("days:", "days is empty, not a whole number"),
    ("days: true", "days is True, not a whole number"),
    ("days: [1]", "days is [1], not a whole number"),
    ("days: 2024-01-01", "days is '2024-01-01', not"),
    ("behaviour: {effort: {audit_share: true}}", "audit_share is True, not a number from 0 to 1"),
    ("behaviour: {effort: {audit_share: .nan}}", "audit_share is nan, not a number from 0 to 1"),
    ("behaviour: {effort: {audit_share: -.inf}}", "audit_share is -inf, not a number"),
    ("behaviour: {effort: {audit_share: 1.01}}", "audit_share is 1.01, not a number from 0 to 1"),
    ("behaviour: {effort: 3}", "behaviour.effort is 3, not a group of inputs"),
    ("behaviour: {agenda: {memos_enabled: 1}}", "memos_enabled is 1, not true or false"),
    ("mechanism: {E1: {targeting: wrost}}", "is 'wrost', not one of random, worst"),
    ("mechanism: {A1: {intensity: 2}}", "but A1 is off: add mechanism.A1.enabled"),
    ("mechanism: {A1: 99}", "mechanism.A1.intensity is 99, not a number from 0 to 16"),
    ("mechanism: {A1: much}", "mechanism.A1 is 'much', not true, false, an intensity"),
    ("mechanism: FI", "mechanism: unknown variant 'FI': did you mean F1?"),
    ("mechanism: 5", "mechanism is 5, not the name of a variant"),
    ("mechanism: cost_matched(F1)", "is a control"),
    ("seed: " + "9" * 30, "seed is 999999999999999999999999999999, not a whole number"),
    ("seed: " + "9" * 9999, "has a number that is too long"),
    ("seed: -1", "seed is -1, not a whole number from 0 to 9223372036854775807"),
    ("behaviour: {clock: {chunk_max: " + "9" * 400 + "}}", "chunk_max is 9999"),
    ("name: yes", "name is True, not text"),
    ("days: 100", "burn_in_days 365 is beyond the horizon of 100 days"),
    ("demand: {types: {PM: {share: 0.5}}}", "demand: the shares of the types sum to 1.345"),
    ("demand: {types: {PM: {skill: law}}}", "demand.types.PM: PM names 'law'; there are"),
    ("demand: {types: 3}", "demand.types is 3, not a list"),
    ("demand: {types: [{share: 1}]}", "demand.types[0].code is missing"),
    ("demand: {weekday_factor: [1, 2]}", "weekday_factor takes 7 numbers"),
    ("demand: {weekday_factor: [1, 1, 1, 1, 1, 1, x]}", "not a list of numbers"),
    ("demand: {weekday_factor: [1, 1, 1, 1, 1, 1, .nan]}", "not a list of numbers"),
    ("external: {hours_by_skill: [1]}", "hours_by_skill takes 8 numbers"),
    ("behaviour: {gates: {parties_low: 9}}", "parties_low 9 is above parties_high 6"),
    ("staffing: {fee_share: [1, 1, 1]}", "staffing: fee_share takes 4 shares from 0 to 1"),
    ("demand: {types: {PM: {compound_factors: [0, 0, 0, 0]}}}", "all of them are zero"),
    ("interruptions: [{dya: 1}]", "did you mean interruptions[0].day?"),
    ("city: atlantis", "city: no county-level unit 'atlantis'"),
    ("city: 999999", "city: no county-level unit '999999'"),
    ("city: true", "city is True, not a preset (demo, standard), a code"),
    ("city: nowhere.csv", "nowhere.csv: no such file"),
    ("city: {preset: big}", "city.preset is 'big', not one of demo, standard"),
    ("city: {code: 210681, names: both}", "city.names is 'both', not one of neutral, real"),
    ("city: {subdistricts: []}", "city: a city needs at least one subdistrict"),
    ("city: {subdistricts: [{name: a}]}", "city.subdistricts[0].communities is missing"),
    ("city: {old_unmanaged_share: 0.9}", "city: the shares of the compound types sum to 1.55"),
    ("days: 500\ndays: 600", "line 2: key 'days' is given twice"),
    ("mechanism: {A1: 1, A1: 2}", "line 1: key 'A1' is given twice"),
    ("staffing.team_size: 4\nstaffing: {team_size: 5}", "team_size is given twice"),
    ("days: !!python/object/apply:os.system ['true']", "line 1: tags such as"),
    ("days: !!int '365'", "line 1: tags such as"),
    ("name: !mine x", "line 1: tags such as"),
    ("a: &x [1]\nb: [*x, *x]", "line 1: anchors and aliases"),
    ("<<: {days: 500}", "unknown key <<"),
    ("days: 500\n---\ndays: 600", "a second document"),
    ("[" * 5000, "nested more than 20 deep"),
    ("a: " + "{a: " * 5000, "nested more than 20 deep"),
    ("days: [1", "line 2: "),
    ("days: 1\n\tx: 2", "line 2: "),
    ("? [a]\n: 1", "line 1: "),
    ("name: 'abc", "line 1: "),
    ("name: \x00", "is not YAML text"),
    ("name: \ud800", "is not YAML text"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "words"), REFUSED, ids=range(len(REFUSED)))
def test_bad_text__is_one_line_that_says_what_is_allowed(text, words):
    assert words in refusal(text)


def test_bomb_of_aliases__is_refused_before_it_is_built():
    levels = [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 12)]
    assert "anchors" in refusal("\n".join(["a0: &a0 [x]", *levels]))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xff\xfed\x00a\x00", "not UTF-8 text (byte 0); save it as UTF-8"),
        ("名称: 甲".encode("gb18030"), "is not UTF-8 text"),
        (bytes(range(256)), "is not UTF-8 text"),
        (b"\x7fELF\x00\x01", "is not YAML text"),
        (b"#" * (text_files.MAX_BYTES + 1), "is larger than 1,000,000 bytes"),
        (b"", "is empty"),
    ],
)
def test_bad_file__is_one_line_with_its_name(tmp_path, content, words):
    path = tmp_path / "my.yaml"
    path.write_bytes(content)
    with pytest.raises(ScenarioError, match=r"my\.yaml: ") as caught:
        load_scenario(path)
    assert words in str(caught.value)
    assert str(caught.value).isprintable()


def test_bad_path__is_one_line(tmp_path):
    for path, words in [
        (tmp_path, "is a folder"),
        (tmp_path / "none.yaml", "no such file; the presets are demo, standard, example"),
        ("demmo", "no such file; the presets are"),
        ("x" * 5000, "cannot be read"),
        ("a\0b", ""),
    ]:
        with pytest.raises(ScenarioError) as caught:
            load_scenario(path)
        assert words in str(caught.value)
        assert str(caught.value).isprintable()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
def test_pipe__is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.yaml")
    with pytest.raises(ScenarioError, match="not a regular file"):
        load_scenario(tmp_path / "pipe.yaml")


def test_byte_order_mark__is_read_over(tmp_path):
    path = tmp_path / "my.yaml"
    path.write_bytes("\ufeffname: 试点\r\n".encode())
    assert load_scenario(path).name == "试点"


# ---- what is written -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", VARIANTS)
@pytest.mark.parametrize("full", [False, True])
def test_variant__survives_the_file(tmp_path, name, full):
    scenario = apply(Scenario(), name)
    save_scenario(scenario, tmp_path / "s.yaml", full=full, comments=full)
    assert load_scenario(tmp_path / "s.yaml") == scenario


def test_plain_variant__is_written_by_its_name():
    assert format_scenario(apply(Scenario(), "F1-E4")) == "mechanism: F1-E4\n"


def test_file__lists_only_what_differs():
    scenario = override(Scenario(), {"days": 730, "behaviour.effort.audit_share": 0.2})
    text = format_scenario(scenario)
    assert text == "behaviour:\n  effort:\n    audit_share: 0.2\ndays: 730\n"
    assert format_scenario(Scenario()) == "{}\n"


def test_full_file__lists_every_input_with_what_it_may_be():
    text = format_scenario(load_scenario("demo"), full=True, comments=True)
    for path in inputs():
        if not path.startswith(("interruptions.", "shocks.demand.", "shocks.desks.", "city.subdistricts", "city.code")):
            assert f"{path.rsplit('.', 1)[-1]}:" in text or path == "demand.types.code"
    assert "audit_share: 0.1  # a number from 0 to 1 [A]" in text
    assert "days: 1095  # a whole number from 1 to 36500 (d) [A]" in text


@pytest.mark.parametrize(
    "city",
    [
        City.preset("demo"),
        City.preset("demo").scaled(40_000),
        City.from_division("210681"),
        City.from_division("210681", names="real", residents_per_community=6000),
        City(name="own", code="mine", subdistricts=({"name": "yes", "communities": ("1e3", "")},)),
    ],
    ids=lambda city: city.name,
)
@pytest.mark.parametrize("full", [False, True])
def test_city__survives_the_file(city, full):
    scenario = override(Scenario(), {"city": city})
    assert read_scenario(format_scenario(scenario, full=full, comments=full)) == scenario


def test_idle_intensity__survives_the_file():
    scenario = override(Scenario(), {"mechanism.A1.intensity": 2})
    assert read_scenario(format_scenario(scenario)) == scenario


def test_own_issue_types__survive_the_file():
    types = [{"code": "a b", "share": 0.5}, {"code": "no", "share": 0.5, "urgent": True}]
    scenario = override(Scenario(), {"demand.types": types, "interruptions": [{"day": 3}, {}]})
    for full in (False, True):
        assert read_scenario(format_scenario(scenario, full=full)) == scenario


def test_failed_write__leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "s.yaml"
    save_scenario(Scenario(), path)

    def full_disk(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", full_disk)
    with pytest.raises(ScenarioError, match="No space left"):
        save_scenario(Scenario(days=700), path)
    monkeypatch.undo()
    assert load_scenario(path) == Scenario()
    assert [p.name for p in tmp_path.iterdir()] == ["s.yaml"]


def test_unwritable_path__is_one_line(tmp_path):
    for path in (tmp_path, tmp_path / "none" / "s.yaml", f"{tmp_path}/a\0b"):
        with pytest.raises(ScenarioError, match="cannot be written") as caught:
            save_scenario(Scenario(), path)
        assert str(caught.value).isprintable()


def test_variant_name__is_what_the_file_is_read_back_with():
    scenario = apply(Scenario(), "A1+A2@2")
    assert variant(read_scenario(format_scenario(scenario)).mechanism_name).mechanism == (scenario.mechanism)


def test_load_scenario__tells_where_the_name_of_what_befalls_a_city_belongs():
    with pytest.raises(ScenarioError, match=r"^dispute: befalls a city and is none; did you mean --scenario dispute\?$"):
        load_scenario("dispute")
