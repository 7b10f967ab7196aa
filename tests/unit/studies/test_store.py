"""A comparison on disk."""

import json

import pandas as pd
import pytest

from govsim.results.store import check_folder
from govsim.studies.compare import Comparison
from govsim.studies.store import is_comparison, load_comparison, save_comparison

FRAME = pd.DataFrame({"variant": ["B0", "F1"], "level": [1.0, 2.0]})
FOUND = Comparison(FRAME, FRAME, FRAME, FRAME, {"city": "demo", "variants": ["B0", "F1"]})


def test_store__what_is_saved_comes_back(tmp_path):
    folder = save_comparison(FOUND, tmp_path / "new" / "out")
    again = load_comparison(folder)
    assert again.table.equals(FRAME)
    assert again.provenance == FOUND.provenance
    assert sorted(p.name for p in folder.iterdir()) == [
        "curve.parquet", "manifest.json", "net_benefit.parquet", "runs.parquet", "table.parquet",
    ]  # fmt: skip


def test_store__an_earlier_comparison_is_replaced_whole(tmp_path):
    save_comparison(FOUND, tmp_path / "out", extras=lambda d: (d / "old.png").write_text("x"))
    save_comparison(FOUND, tmp_path / "out")
    assert not (tmp_path / "out" / "old.png").exists()
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_store__a_failure_leaves_the_earlier_one_and_no_draft(tmp_path):
    def fail(_):
        raise OSError("disk full")

    save_comparison(FOUND, tmp_path / "out")
    with pytest.raises(OSError, match="disk full"):
        save_comparison(FOUND, tmp_path / "out", extras=fail)
    assert [p.name for p in tmp_path.iterdir()] == ["out"]
    assert load_comparison(tmp_path / "out").table.equals(FRAME)


def test_store__foreign_content_is_never_touched(tmp_path):
    save_comparison(FOUND, tmp_path / "out")
    (tmp_path / "out" / "notes.txt").write_text("mine")
    with pytest.raises(ValueError, match="other files"):
        save_comparison(FOUND, tmp_path / "out")
    (tmp_path / "file").write_text("x")
    for place in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(ValueError, match="file"):
            check_folder(place, is_comparison)


@pytest.mark.parametrize("text", ["", "{}", "[]", json.dumps({"format": "other", "version": 1})])
def test_store__a_broken_manifest_is_one_line(tmp_path, text):
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(ValueError, match="no comparison") as error:
        load_comparison(tmp_path)
    assert "\n" not in str(error.value)
