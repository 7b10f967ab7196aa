"""The command line: bad input gets one line and exit code 2."""

import os
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from govsim.cli import app
from govsim.labels import label, variant_label
from govsim.scenario.files import COURSES, load_scenario
from govsim.scenario.inputs import inputs
from govsim.scenario.own import PLACES


def invoke(*words: str, **env: str):
    return CliRunner().invoke(app, list(words), env={"GOVSIM_LANG": "en"} | env)


@pytest.mark.parametrize(
    "words",
    [
        ("compare", "--city", "nowhere"), ("compare", "--variants", "F9"), ("compare", "--variants", ","),
        ("compare", "--replications", "0"), ("compare", "--replications", "many"), ("compare", "--days", "10"),
        ("compare", "--seed", "-1"), ("compare", "--names", "fake"), ("compare", "--lang", "fr"),
        ("compare", "--records", "missing.csv"), ("run", "missing.yaml"), ("components", "--lang", "fr"),
        ("compare", "--scenario", "raod"), ("run", "demo", "--scenario", "none.yaml"), ("run", "demo", "--twin"),
        ("run", "--resume", "x.state", "--scenario", "road"), ("run", "demo", "--twin", "--switch", "400=F1", "--scenario", "road"),
        ("story", "nowhere"), ("story", "demo", "--issue", "-1"), ("story", "demo", "--issue", "1", "--find", "hops"),
        ("story", "demo", "--find", "nope"), ("story", "demo", "--twin", "F9"), ("story", "demo", "--out", "a.png"),
        ("story", "demo", "--issue", "1", "--out", "a.doc"), ("story", "demo", "--issue", "1", "--out", "no/a.png"),
        ("story", "demo", "--variant", "X"),
    ],
)  # fmt: skip
def test_cli__bad_input_is_refused_without_a_traceback(words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = invoke(*words)
    assert result.exit_code == 2
    assert "Traceback" not in result.output
    assert not list(tmp_path.iterdir()) or [p.name for p in tmp_path.iterdir()] == ["results"]


@pytest.mark.parametrize(
    ("option", "text", "told"),
    [
        ("--records", "id,created,type\n" + "1,2020-01-05,Noise\n" * 100, "too few rows"),
        ("--city", "subdistrict,community\nA,x\nA,x\n", "line 3 names 'x' again"),
    ],
)
def test_cli__a_file_of_duplicates_is_refused_in_one_line(option, text, told, tmp_path):
    file = tmp_path / "twice.csv"
    file.write_text(text)
    result = invoke("compare", option, str(file), "--out", str(tmp_path / "out"))
    assert result.exit_code == 2
    assert told in result.output
    assert [p.name for p in tmp_path.iterdir()] == ["twice.csv"]


@pytest.mark.parametrize("words", [("compare",), ("run", "demo")])
def test_cli__foreign_folder_is_left_alone(words, tmp_path):
    (tmp_path / "mine.txt").write_text("x")
    assert invoke(*words, "--out", str(tmp_path)).exit_code == 2
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]


def test_cli__a_scenario_is_laid_over_a_run_and_compared_with_its_twin(tmp_path):
    done = invoke("run", "demo", "--scenario", "pandemic", "--twin", "--out", str(tmp_path / "run"))
    assert done.exit_code == 0
    assert "Scenario: Pandemic surge" in " ".join(done.output.split())
    assert "Gate-hours truly filled" in done.output and "Days to owner" not in done.output
    assert "Against the same run without its shocks" in done.output
    assert "did you mean pandemic?" in invoke("run", "demo", "--scenario", "Pandemia").output
    assert all(name in invoke("scenarios").output for name in COURSES)


def test_cli__exports_a_variant_to_a_new_file_only(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert invoke("components", "--export", "F1+RV1", "--out", "mine.yaml").exit_code == 0
    text = (tmp_path / "mine.yaml").read_text(encoding="utf-8")
    assert invoke("components", "--export", "F1+RV1").output == text
    for words in (("--export", "F1", "--out", "mine.yaml"), ("--export", "F9"), ("--out", "x.yaml"), ("--export", "cost_matched(F1)")):
        assert invoke("components", *words).exit_code == 2
    assert (tmp_path / "mine.yaml").read_text(encoding="utf-8") == text
    assert [p.name for p in tmp_path.iterdir()] == ["mine.yaml"]


def test_cli__inputs_are_listed_found_and_written_as_a_scenario_that_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = invoke("inputs", COLUMNS="200").output
    known = [path for path in inputs() if path != "demand.types.code" and not path.startswith("city.subdistricts.")]
    assert all(path.replace("demand.types.", "demand.types.<CODE>.") in text for path in known)
    for word in ("audit_share", "Share of false", "核查", "demand.types.PM.share", "demand.types.<CODE>.fund"):
        some = invoke("inputs", word, "--lang", "zh", COLUMNS="200").output
        assert 0 < len(some.splitlines()) < 30
    assert invoke("inputs", "--export", "demo", "--out", "mine.yaml").exit_code == 0
    text = (tmp_path / "mine.yaml").read_text(encoding="utf-8")
    assert invoke("inputs", "--export", "demo").output == text
    assert load_scenario("mine.yaml") == load_scenario("demo")
    for words in (
        ("zzz",), ("--export", "demo", "--out", "mine.yaml"), ("--export", "nowhere.yaml"), ("--out", "x.yaml"), ("--export", ""),
        ("--export", "demo", "--out", ""), ("audit", "--export", "demo"),
    ):  # fmt: skip
        done = invoke("inputs", *words)
        assert done.exit_code == 2 and len(done.output.splitlines()) == 1
    assert [p.name for p in tmp_path.iterdir()] == ["mine.yaml"]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_cli__a_run_says_what_it_is(lang, tmp_path):
    said = invoke("run", "demo", "--switch", "400=F1", "--out", str(tmp_path / "run"), "--lang", lang).output
    for known in (label("caption.stance.none", lang), "400", variant_label("F1", lang), "5,616", label("caption.profile.model", lang)):
        assert "".join(known.split()) in "".join(said.split())


def test_cli__a_variant_is_not_taken_for_a_scenario_nor_the_other_way_round(tmp_path):
    city, mine = tmp_path / "city.yaml", tmp_path / "mine.yaml"
    invoke("inputs", "--export", "demo", "--out", str(city))
    invoke("components", "--export", "F1", "--out", str(mine))
    for words, hint in (
        (("run", str(mine)), "--switch"), (("run", "demo", "--switch", f"400={city}"), "govsim run"),
        (("compare", "--city", "demo", "--scenario", str(city)), "name, city, mechanism"),
        (("run", "demo", "--switch", "400=F1", "--switch", "400=B0"), "one day"),
    ):  # fmt: skip
        done = invoke(*words)
        assert done.exit_code == 2 and hint in done.output


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_cli__rules_lists_every_place_and_argument(lang):
    text = invoke("rules", "--lang", lang).output
    for name, place in PLACES.items():
        assert name in text
        assert all(argument in text for argument in place.arguments)


def test_cli__version_and_components_answer():
    assert invoke("--version").output.startswith("govsim ")
    text = invoke("components", "--lang", "zh").output
    assert "A1" in text
    assert "E4" in text


def _process(repo, *words, **more):
    environment = {**os.environ, "GOVSIM_LANG": "en", "PYTHONPATH": str(repo / "src")}
    command = [sys.executable, "-m", "govsim.cli", *words]
    return subprocess.run(command, capture_output=True, encoding="utf-8", env=environment, check=False, **more)


@pytest.mark.parametrize(
    "words",
    [
        ("compare", "--replications", "NaN"), ("compare", "--replications", "99999"),
        ("compare", "--no-such-option"), ("no-such-command",), ("run",),
        ("compare", "--variants", "F9"), ("compare", "--mapping", "x.yaml"),
    ],
)  # fmt: skip
def test_cli__says_what_is_wrong_in_one_line(repo, words, tmp_path):
    done = _process(repo, *words, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("govsim: ")
    assert done.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_cli__help_loads_typer_and_nothing_heavy(repo):
    code = "import sys, govsim.cli; print([m for m in ('numpy', 'pandas', 'numba', 'matplotlib', 'pydantic') if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True,
        env={**os.environ, "PYTHONPATH": str(repo / "src")},
    )  # fmt: skip
    assert done.stdout.strip() == "[]"
    assert "Examples" in _process(repo, "--help").stdout


def test_cli__an_interrupt_ends_with_130_and_leaves_nothing(repo, tmp_path, monkeypatch):
    from govsim.studies import compare as study

    def interrupted(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(study, "compare", interrupted)
    result = invoke("compare", "--city", "demo", "--out", str(tmp_path / "out"))
    assert result.exit_code == 130
    assert "no results were written" in result.output
    assert not list(tmp_path.iterdir())


def test_cli__compare_writes_tables_figures_and_a_manifest(tmp_path):
    out = tmp_path / "out"
    words = ("--city", "demo", "--days", "731", "--variants", "F1,F1-E4", "--replications", "2")
    result = invoke("compare", *words, "--out", str(out))
    assert result.exit_code == 0, result.output
    assert {p.name for p in out.iterdir()} >= {"comparison.png", "comparison.svg", "manifest.json"}
    assert "Headline" in result.output
    assert "Outputs, not outcomes" in result.output
    assert "no result is an evaluation" in " ".join(result.output.lower().split())


def test_cli__story_lists_tells_and_draws(tmp_path):
    world = tmp_path / "small.yaml"
    world.write_text("city: demo\ndays: 260\nburn_in_days: 100\n")
    assert invoke("run", str(world), "--switch", "100=F1", "--out", str(tmp_path / "run")).exit_code == 0
    listed = invoke("story", str(tmp_path / "run"))
    assert listed.exit_code == 0 and "never_voiced" in listed.output
    figure = tmp_path / "a.png"
    told = invoke("story", str(tmp_path / "run"), "--find", "hours", "--out", str(figure))
    assert told.exit_code == 0 and "The issue arises" in told.output
    assert figure.stat().st_size > 10_000
    twin = invoke("story", str(world), "--variant", "F1", "--twin", "B0", "--issue", "800", "--lang", "zh")
    assert twin.exit_code == 0 and "两种方案对照" in twin.output
    beyond = invoke("story", str(tmp_path / "run"), "--issue", "9999999")
    assert beyond.exit_code == 2 and beyond.output.count("\n") == 1
