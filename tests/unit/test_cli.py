"""The command line: bad input gets one line and exit code 2."""

import pytest
from typer.testing import CliRunner

from govsim.cli import app


def invoke(*words: str):
    return CliRunner().invoke(app, list(words), env={"GOVSIM_LANG": "en"})


@pytest.mark.parametrize(
    "words",
    [
        ("compare", "--city", "nowhere"), ("compare", "--variants", "F9"), ("compare", "--variants", ","),
        ("compare", "--replications", "0"), ("compare", "--replications", "many"), ("compare", "--days", "10"),
        ("compare", "--seed", "-1"), ("compare", "--names", "fake"), ("compare", "--lang", "fr"),
        ("compare", "--records", "missing.csv"), ("run", "missing.yaml"), ("components", "--lang", "fr"),
    ],
)  # fmt: skip
def test_cli__bad_input_is_refused_without_a_traceback(words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = invoke(*words)
    assert result.exit_code == 2
    assert "Traceback" not in result.output
    assert not list(tmp_path.iterdir()) or [p.name for p in tmp_path.iterdir()] == ["results"]


def test_cli__foreign_folder_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("x")
    assert invoke("compare", "--out", str(tmp_path)).exit_code == 2
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]


def test_cli__version_and_components_answer():
    assert invoke("--version").output.startswith("govsim ")
    text = invoke("components", "--lang", "zh").output
    assert "A1" in text and "E4" in text
