"""What `govsim verify` says: what holds holds, a wrong engine fails, noise decides nothing."""

from dataclasses import replace

import numpy as np
import pytest
from typer.testing import CliRunner

import govsim.studies.verify as module
from govsim.cli import app
from govsim.labels import label
from govsim.studies import checks
from govsim.studies.verify import judge, verify


def test_verify__a_right_theory_holds_and_a_wrong_one_fails():
    right = checks.channels()
    wrong = replace(right, theory=right.theory | {"law": 1.2 * right.theory["law"]})
    assert verify(only=[right]).is_sound
    found = verify(only=[wrong])
    assert not found.is_sound
    assert found.table.quantity[found.table.verdict == "fails"].tolist() == ["law"]


def test_verify__a_missing_worker_fails():
    station = checks.station()
    fewer = replace(station, scenario=checks.town(checks.kind(), rate=3.2, workers=5))
    assert (verify(only=[fewer]).table.verdict == "fails").sum() >= 4


def test_verify__noise_decides_nothing():
    rng = np.random.default_rng(1)
    assert judge(rng.normal(1, 1, 20), 1.0)[3] == "undecided"
    assert judge(np.full(20, np.nan), 1.0)[3] == "fails"


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_verify__prints_and_ends_with_one_if_something_fails(lang, monkeypatch):
    right = checks.patience()
    monkeypatch.setattr(module, "checks", lambda: (right,))
    good = CliRunner().invoke(app, ["verify", "--lang", lang])
    assert good.exit_code == 0 and label("message.verify.sound", lang, n=2) in good.output
    monkeypatch.setattr(module, "checks", lambda: (replace(right, theory=right.theory | {"P(ab)": 0.4}),))
    bad = CliRunner().invoke(app, ["verify", "--lang", lang])
    assert bad.exit_code == 1 and label("verify.verdict.fails", lang) in bad.output


def test_labels__name_every_check_in_both_languages():
    for lang in ("en", "zh"):
        assert all(label(f"verify.{c.name}", lang) for c in checks.checks())
        assert all(label(f"verify.reason.{code}", lang) for code in module.NOT_APPLICABLE)
