"""A run switched, branched, saved and resumed."""

import hashlib
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as hs

from govsim.engine import state as st
from govsim.engine.simulate import Engine
from govsim.results.history import FORMAT, FORMAT_VERSION, History, StateFileError
from govsim.results.simulate import simulate
from govsim.results.store import load_run, save_run
from govsim.scenario.city import City
from govsim.scenario.scenario import Scenario
from govsim.scenario.variants import apply
from tests.runs import same_log

WORLD = Scenario(city=City.preset("demo"), days=500, burn_in_days=120)


def at_end(history):
    return history.advance(WORLD.days)._engine


@pytest.fixture(scope="module")
def whole():
    return {name: Engine(apply(WORLD, name)).advance(WORLD.days) for name in ("B0", "F1", "ceremonial_all", "RV3+RV5+RV8")}


@settings(max_examples=15)
@given(day=hs.integers(0, WORLD.days), name=hs.sampled_from(["B0", "F1", "ceremonial_all", "RV3+RV5+RV8"]))
def test_state__resumed_on_any_day_gives_the_run_bit_for_bit(whole, tmp_path_factory, day, name):
    path = tmp_path_factory.mktemp("state") / "run.state"
    History(apply(WORLD, name)).advance(day).save(path)
    found = at_end(History.load(path))
    assert same_log(found, whole[name])
    assert np.array_equal(found.world.hours, whole[name].world.hours)
    assert found.switches == whole[name].switches


def test_state__saved_after_a_grid_was_given_up_gives_the_run_bit_for_bit(tmp_path):
    def history():
        return History(apply(WORLD, "RV3+RV8")).switch("RV5", at=300)

    resumed = at_end(History.load(history().advance(350).save(tmp_path / "run.state")).switch("F1+RV3", at=400))
    assert same_log(resumed, at_end(history().switch("F1+RV3", at=400)))


@pytest.fixture(scope="module")
def state(tmp_path_factory):
    path = tmp_path_factory.mktemp("state") / "common.state"
    return History(apply(WORLD, "F1")).advance(300).save(path)


def with_digest(body):
    """A state file of this body, as somebody would forge it."""
    return b"%s %d %s\n" % (FORMAT, FORMAT_VERSION, hashlib.sha256(body).hexdigest().encode()) + body


def parts(state):
    """Header and columns of a state file."""
    body = state.read_bytes().split(b"\n", 1)[1]
    size = int.from_bytes(body[:8], "little")
    return json.loads(body[8 : 8 + size]), body[8 + size :]


def joined(header, columns):
    text = json.dumps(header).encode()
    return with_digest(len(text).to_bytes(8, "little") + text + columns)


def refused(tmp_path, content):
    path = tmp_path / "bad.state"
    path.write_bytes(content)
    with pytest.raises(StateFileError) as error:
        History.load(path)
    assert "\n" not in str(error.value)
    assert str(error.value).startswith(str(path))
    return str(error.value)


@settings(max_examples=25)
@given(data=hs.data())
def test_state__with_any_byte_changed_or_cut_is_refused(state, tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("edited")
    content = bytearray(state.read_bytes())
    place = data.draw(hs.integers(0, len(content) - 1))
    refused(folder, bytes(content[:place]))
    content[place] ^= data.draw(hs.integers(1, 255))
    refused(folder, bytes(content))


def test_state__of_something_else_is_refused_by_name(state, tmp_path):
    assert "not a saved state" in refused(tmp_path, b"")
    assert "not a saved state" in refused(tmp_path, b"PK\x03\x04" + b"\0" * 400)
    assert "format 9" in refused(tmp_path, state.read_bytes().replace(b"state %d" % FORMAT_VERSION, b"state 9", 1))
    with pytest.raises(StateFileError, match="cannot be read"):
        History.load(tmp_path / "none.state")


@pytest.mark.parametrize(
    "edit",
    [
        lambda h: h["columns"].pop("issues"),
        lambda h: h["columns"].update(issues=10**15),
        lambda h: h["columns"].update(households=1),
        lambda h: h["columns"].update(packages=-1),
        lambda h: h.update(day=10**9),
        lambda h: h.update(capacity={}),
        lambda h: h["scenario"].update(days=1),
        lambda h: h["scenario"].update(surprise=1),
        lambda h: h.pop("origin"),
        lambda h: h.update(switches=[["x"]]),
        lambda h: h.update(paid_factor="much"),
    ],
)
def test_state__with_a_forged_header_is_refused(state, tmp_path, edit):
    header, columns = parts(state)
    edit(header)
    assert "does not hold a state" in refused(tmp_path, joined(header, columns))


@pytest.mark.parametrize(
    ("column", "field", "value"),
    [
        ("issues", "first_package", 10**8), ("packages", "station", -5), ("packages", "next", 10**8),
        ("events", "tie", 2**27), ("events", "tie", 63 * 2**28), ("waits", "next", 2**30), ("lines", "first", 10**7),
        ("events", "next", 2**30), ("heap", "event", -2), ("nodes", "left", 2**30),
        ("workers", "package", 10**9), ("buildings", "compound", 77), ("forums", "area", 10**6), ("counters", "heap_size", 10**9),
        ("counters", "next_arrival", -3), ("pools", "used", 10**9), ("leaders", "oldest", 99),
    ],
)  # fmt: skip
def test_state__with_a_forged_pointer_is_refused(state, tmp_path, column, field, value):
    header, columns = parts(state)
    world = History.load(state)._engine.world
    at = 0
    for name, n in header["columns"].items():
        dtype = getattr(world, name).dtype
        if name == column:
            rows = np.frombuffer(columns[at : at + n * dtype.itemsize], dtype).copy()
            rows[field][n - 1] = value
            columns = columns[:at] + rows.tobytes() + columns[at + n * dtype.itemsize :]
        at += n * dtype.itemsize
    assert "does not hold a state" in refused(tmp_path, joined(header, columns))


def test_save__never_touches_another_file(tmp_path):
    other = tmp_path / "thesis.txt"
    other.write_text("mine")
    with pytest.raises(StateFileError, match="exists already"):
        History(WORLD).save(other)
    with pytest.raises(StateFileError, match="folder does not exist"):
        History(WORLD).save(tmp_path / "no" / "x.state")
    assert other.read_text() == "mine"
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.txt"]


def test_branches__of_one_history_are_the_runs_that_switch(whole):
    common = History(WORLD).advance(WORLD.burn_in_days)
    full = common.branch().switch("F1")
    assert same_log(at_end(full), whole["F1"])
    assert same_log(at_end(common), whole["B0"])


def test_switch__to_what_is_in_place_changes_nothing(whole):
    assert same_log(at_end(History(apply(WORLD, "F1")).switch("F1", at=250)), whole["F1"])


def test_switch__away_ends_what_the_new_mechanism_lacks():
    engine = History(apply(WORLD, "F1")).advance(400).switch("B0")._engine
    w = engine.world
    held = int(w.counters.n_sittings[0])
    detected = int(w.daily["detected"].sum())
    w = engine.advance(WORLD.days).world
    later = w.sittings[held : int(w.counters.n_sittings[0])]
    assert set(later.kind.tolist()) <= {st.EXECUTIVE}
    assert int(w.daily["detected"].sum()) == detected
    assert int(w.daily["directives"][400:].sum()) == 0
    assert len(w.forums) == 1


def test_switch__there_and_back_keeps_the_desks_hours():
    engine = History(WORLD).advance(130)._engine
    window = engine.world.stations.window.copy()
    paid = apply(WORLD, "B0").external.model_copy(update={"staff_hours": 500.0})
    engine.switch(engine.scenario.mechanism, paid)
    assert (engine.world.stations.window > window).any()
    engine.switch(engine.scenario.mechanism, paid)
    engine.switch(engine.scenario.mechanism)
    assert np.allclose(engine.world.stations.window, window, rtol=1e-15, atol=0)


def test_switches__stand_in_the_run_and_its_files(tmp_path):
    run = History(WORLD).switch("F1", at=130).switch("F1-E4", at=200).finish()
    assert run.switches == ((120, "B0"), (130, "F1"), (200, "F1-E4"))
    assert load_run(save_run(run, tmp_path / "run")).switches == run.switches
    assert simulate(apply(WORLD, "F1")).switches == ((120, "F1"),)


def test_history__refuses_days_that_are_past():
    history = History(WORLD).advance(50)
    for bad in (49, WORLD.days + 1):
        with pytest.raises(ValueError, match="this run is at day 50"):
            history.switch("F1", at=bad)
