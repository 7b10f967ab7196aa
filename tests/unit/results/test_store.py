"""A run on disk comes back as it was, or not at all."""

import hashlib
import json
import shutil

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from govsim.results import store
from govsim.results.metrics import measure
from govsim.results.run import Run
from govsim.results.store import MANIFEST, RunFileError, load_run, save_run
from govsim.results.tally import Columns
from tests.unit.results.logs import issue_rows, make_run, random_run

FILES = (*(f"{name}.parquet" for name in Columns._fields), MANIFEST)


@pytest.fixture(scope="module")
def run():
    return random_run(21, n=120, days=500)


@pytest.fixture
def saved(run, tmp_path):
    return save_run(run, tmp_path / "run")


def refused(place, *words):
    with pytest.raises(RunFileError) as caught:
        load_run(place)
    message = str(caught.value)
    assert "\n" not in message
    assert str(place.parent) not in message
    for word in words:
        assert word in message
    return message


def test_load_run__gives_back_every_bit(run, saved):
    again = load_run(saved)
    assert again.scenario == run.scenario
    for name in Columns._fields:
        a, b = getattr(run.columns, name), getattr(again.columns, name)
        assert (a.shape, a.tobytes()) == (b.shape, b.tobytes()), name
    assert pd.Series(measure(again)).equals(pd.Series(measure(run)))
    for name, table in run.tables.items():
        pd.testing.assert_frame_equal(table, again.tables[name])


def test_save_run__writes_the_named_files_and_nothing_else(saved, tmp_path):
    assert sorted(p.name for p in saved.iterdir()) == sorted(FILES)
    assert [p.name for p in tmp_path.iterdir()] == ["run"]
    assert str(tmp_path) not in (saved / MANIFEST).read_text()


def test_save_run__of_the_same_run_writes_the_same_bytes(run, saved, tmp_path):
    other = save_run(run, tmp_path / "other")
    for file in FILES:
        assert (saved / file).read_bytes() == (other / file).read_bytes()


def test_save_run__of_a_run_without_issues_comes_back(tmp_path):
    empty = make_run(issue_rows(0), np.zeros(0), days=30)
    assert len(load_run(save_run(empty, tmp_path / "empty")).issues) == 0


@pytest.mark.parametrize("file", FILES)
def test_load_run__refuses_a_file_cut_short(saved, file):
    content = (saved / file).read_bytes()
    (saved / file).write_bytes(content[: len(content) // 2])
    refused(saved, file, "damaged" if file == MANIFEST else "cut short")


@pytest.mark.parametrize("file", FILES)
def test_load_run__refuses_an_empty_file(saved, file):
    (saved / file).write_bytes(b"")
    refused(saved, file)


@pytest.mark.parametrize("file", FILES)
def test_load_run__refuses_a_missing_file(saved, file):
    (saved / file).unlink()
    refused(saved, file)


@pytest.mark.parametrize("file", FILES[:-1])
@pytest.mark.parametrize("where", [0.0, 0.3, 0.9])
def test_load_run__refuses_a_changed_byte(saved, file, where):
    content = bytearray((saved / file).read_bytes())
    content[int(where * len(content))] ^= 1
    (saved / file).write_bytes(content)
    refused(saved, file, "changed")


@pytest.mark.parametrize(
    "path",
    [("govsim",), ("scenario", "seed"), ("scenario", "name"), ("arrays", "issues", "bytes")],
)
def test_load_run__refuses_an_edited_manifest(saved, path):
    manifest = json.loads((saved / MANIFEST).read_text())
    place = manifest
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = place[path[-1]] * 2
    (saved / MANIFEST).write_text(json.dumps(manifest))
    refused(saved, MANIFEST, "changed")


@pytest.mark.parametrize(
    "content",
    [b"\xff\xfe", b"[]", b"null", b"{}", b'{"format": "another tool"}', b"[" * 100_000, b"7"],
)
def test_load_run__refuses_a_foreign_manifest(saved, content):
    (saved / MANIFEST).write_bytes(content)
    refused(saved, MANIFEST)


def test_load_run__refuses_what_is_no_folder_of_a_run(tmp_path):
    (tmp_path / "file").write_text("hello")
    (tmp_path / "folder").mkdir()
    for name in ("file", "folder", "nothing"):
        refused(tmp_path / name, "not a saved run")


def test_load_run__refuses_another_format_version_by_name(saved):
    resign(saved, format_version=99, govsim="9.9")
    refused(saved, "99", "9.9")


def test_load_run__refuses_files_of_another_run(saved, tmp_path):
    other = save_run(random_run(22, n=120, days=500), tmp_path / "other")
    shutil.copy(other / "issues.parquet", saved / "issues.parquet")
    refused(saved, "issues.parquet")


def resign(place, **changes):
    """Edit the manifest as somebody would who knows the format."""
    manifest = json.loads((place / MANIFEST).read_text()) | changes
    manifest["digest"] = store._digest(manifest)
    (place / MANIFEST).write_text(json.dumps(manifest))


def forge(place, name, table, shape=None):
    """Put another table in a run, with checksums that fit."""
    pq.write_table(table, place / f"{name}.parquet")
    content = (place / f"{name}.parquet").read_bytes()
    arrays = json.loads((place / MANIFEST).read_text())["arrays"]
    arrays[name]["sha256"] = hashlib.sha256(content).hexdigest()
    if shape is not None:
        arrays[name]["shape"] = shape
    resign(place, arrays=arrays)


@pytest.mark.parametrize(
    ("name", "column", "value"),
    [
        ("arrivals", "building", 10**6), ("arrivals", "building", -1), ("arrivals", "type", 99),
        ("issues", "status", 50), ("issues", "state_180", 8), ("issues", "channel", -2),
        ("stations", "payer", 12), ("stations", "kind", -1), ("sittings", "kind", 9),
        ("building_compound", "value", 400), ("compound_community", "value", 77),
        ("compound_type", "value", 4), ("arrivals", "onset", float("nan")),
    ],
)  # fmt: skip
def test_load_run__refuses_forged_numbers_that_point_nowhere(saved, name, column, value):
    table = pq.read_table(saved / f"{name}.parquet")
    at = table.column_names.index(column)
    kind = table.column(column).type
    forged = pa.array([value, *table.column(column).to_pylist()[1:]], kind)
    forge(saved, name, table.set_column(at, column, forged))
    refused(saved, "do not fit")


def test_load_run__refuses_forged_tables(saved, tmp_path):
    issues = pq.read_table(saved / "issues.parquet")
    for n, table in enumerate(
        (
            issues.drop_columns(["status"]),
            issues.rename_columns([c.upper() for c in issues.column_names]),
            issues.set_column(0, issues.column_names[0], pa.array(["x"] * len(issues))),
            issues.set_column(0, issues.column_names[0], pa.array([None] * len(issues), pa.int32())),
            issues.slice(0, 5),
        )
    ):
        place = tmp_path / f"copy {n}"
        shutil.copytree(saved, place)
        forge(place, "issues", table)
        refused(place)
    forge(saved, "hours", pq.read_table(saved / "hours.parquet"), [1, 2, 3])
    refused(saved, "hours")


def test_load_run__refuses_arrays_of_different_lengths(saved):
    table = pq.read_table(saved / "calendar.parquet").slice(0, 9)
    forge(saved, "calendar", table, [9])
    refused(saved, "do not fit")


def test_load_run__refuses_a_scenario_that_cannot_be(saved):
    scenario = json.loads((saved / MANIFEST).read_text())["scenario"]
    for wrong in ({"days": -5}, {"unheard_of": 1}, {"city": None}):
        resign(saved, scenario=scenario | wrong)
        refused(saved, "scenario")
    resign(saved, scenario=None)
    refused(saved, "scenario")


def test_save_run__does_not_touch_what_is_there(run, saved, tmp_path):
    before = (saved / MANIFEST).read_bytes()
    with pytest.raises(RunFileError, match="overwrite=True"):
        save_run(run, saved)
    assert (saved / MANIFEST).read_bytes() == before
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    (tmp_path / "note").write_text("a note")
    for name in ("mine", "note"):
        with pytest.raises(RunFileError, match="choose another name"):
            save_run(run, tmp_path / name, overwrite=True)
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "years of work"
    assert (tmp_path / "note").read_text() == "a note"


def test_save_run__replaces_a_run_when_asked(saved, tmp_path):
    other = random_run(23, n=50, days=400)
    save_run(other, saved, overwrite=True)
    assert len(load_run(saved).issues) == 50
    assert [p.name for p in tmp_path.iterdir()] == ["run"]


def test_save_run__needs_a_parent_folder(run, tmp_path):
    with pytest.raises(RunFileError, match="parent"):
        save_run(run, tmp_path / "no" / "run")


@pytest.mark.parametrize("after", [0, 3, len(FILES) - 1])
@pytest.mark.parametrize("is_there", [False, True])
def test_save_run__a_full_disk_leaves_nothing_half_written(run, tmp_path, monkeypatch, after, is_there):
    place = tmp_path / "run"
    if is_there:
        save_run(run, place)
    written = []

    def put(path, content, put=store._put):
        if len(written) == after:
            path.write_bytes(content[: len(content) // 2])
            raise OSError(28, "No space left on device")
        written.append(path)
        put(path, content)

    monkeypatch.setattr(store, "_put", put)
    with pytest.raises(OSError, match="No space"):
        save_run(random_run(24, n=60, days=400), place, overwrite=True)
    assert [p.name for p in tmp_path.iterdir()] == (["run"] if is_there else [])
    if is_there:
        assert len(load_run(place).issues) == len(run.issues)


def test_save_run__a_rename_that_fails_puts_the_old_run_back(run, saved, tmp_path, monkeypatch):
    moves = []

    plain = type(saved).rename

    def rename(self, target):
        moves.append(target)
        if len(moves) == 2:
            raise OSError("the disk went away")
        return plain(self, target)

    monkeypatch.setattr(type(saved), "rename", rename)
    with pytest.raises(OSError, match="went away"):
        save_run(random_run(25, n=60, days=400), saved, overwrite=True)
    monkeypatch.undo()
    assert len(load_run(saved).issues) == len(run.issues)
    assert [p.name for p in tmp_path.iterdir()] == ["run"]


def test_load_run__a_loaded_run_can_be_saved_again(saved, tmp_path):
    again = save_run(load_run(saved), tmp_path / "again")
    assert (again / MANIFEST).read_bytes() == (saved / MANIFEST).read_bytes()
    assert isinstance(load_run(again), Run)
