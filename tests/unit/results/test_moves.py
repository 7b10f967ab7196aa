"""The log of moves changes nothing, says everything the issue log says, and survives files."""

import numpy as np
import pandas as pd
import pytest

from govsim.engine import state as st
from govsim.engine.moves import MOVES
from govsim.engine.simulate import Engine
from govsim.labels import label
from govsim.results.history import History
from govsim.results.moves import MEANING, moves_fit, replay
from govsim.results.run import Run
from govsim.results.simulate import simulate
from govsim.results.store import RunFileError, load_run, save_run
from govsim.scenario.city import City
from govsim.scenario.files import with_scenario
from govsim.scenario.inputs import override
from govsim.scenario.scenario import Scenario
from govsim.scenario.staffing import Staffing
from govsim.scenario.variants import apply
from tests.runs import same_log

# Fees to property firms are no issue's money.
WORLD = Scenario(city=City.preset("demo"), days=600, burn_in_days=150, seed=5, staffing=Staffing(property_fee=0.0))
VARIANTS = ("B0", "F1", "ceremonial_all", "RV1", "RV2+RV4", "RV3+RV5+RV8", "RV7+RV10", "F1-E4+RV10")
COURSES = ("road", "pandemic", "renovation", "dispute", "convenience")


def asked(name):
    """A variant in the world, or the full mechanism in a world with a shock."""
    return apply(with_scenario(WORLD, name), "F1") if name in COURSES else apply(WORLD, name)


@pytest.fixture(scope="module")
def engines():
    return {name: Engine(asked(name), moves=True).advance(WORLD.days) for name in (*VARIANTS, *COURSES)}


@pytest.mark.parametrize("name", [*VARIANTS, *COURSES])
def test_recording__changes_no_bit_of_the_run(engines, name):
    recorded, plain = engines[name], Engine(asked(name)).advance(WORLD.days)
    for engine in (recorded, plain):
        Run.from_engine(engine)  # which settles the states at 180 and 365 days, as another test may have done already
    assert same_log(recorded, plain)
    for column in ("hours", "outside", "funds", "daily", "sittings", "households", "stations", "members"):
        assert getattr(recorded.world, column).tobytes() == getattr(plain.world, column).tobytes(), column
    assert np.array_equal(recorded.world.returned, plain.world.returned)
    assert len(plain.world.moves) == 1 and len(Run.from_engine(plain).moves) == 0


@pytest.mark.parametrize("name", [*VARIANTS, *COURSES])
def test_replay__of_the_moves_is_the_issue_log(engines, name):
    run = Run.from_engine(engines[name])
    found, log = replay(run.moves), run.issues.set_index("issue")
    assert len(found) == len(log)
    for column in found:
        if column == "n_contacts" and name == "renovation":
            planned = (log.n_contacts - found.n_contacts)[log.type == "RENO"]
            assert planned.between(0, engines[name].world.p.contacts_per_day[0]).all()
            assert (found.n_contacts == log.n_contacts)[log.type != "RENO"].all()
        elif column == "status":
            assert (found.status.to_numpy() == log.status.to_numpy()).all()
        else:
            assert np.array_equal(found[column].to_numpy(float), log[column].to_numpy(float), equal_nan=True), column


def test_replay__notices_a_move_that_is_missing(engines):
    moves = Run.from_engine(engines["F1"]).moves
    whole = replay(moves)
    for move in ("voiced", "owner_found", "gate_opened", "released", "began", "worked", "closed", "resolved", "petitioned"):
        rows = moves[(moves.move == move) & (moves.package.isna() | (moves.package == "work"))]
        of_one = rows.index[rows.issue == rows.issue.iloc[len(rows) // 2]]
        assert not replay(moves.drop(of_one)).equals(whole), move


def test_overhead__of_the_moves_is_in_the_ledger_of_their_units(engines):
    run = Run.from_engine(engines["F1"])
    charged = run.moves[(run.moves.move == "charged") & (run.moves.unit >= 0)]
    ledger = run.columns.hours.sum(axis=2)
    mine = np.zeros_like(ledger)
    np.add.at(mine, (charged.unit, charged.activity.cat.codes), charged.hours)
    assert (mine <= ledger + 1e-6).all()
    only_for_issues = [st.TRIAGING, st.COORDINATING, st.SUPERVISING, st.INFORMING]
    np.testing.assert_allclose(mine[:, only_for_issues], ledger[:, only_for_issues], rtol=1e-9, atol=1e-6)


def test_money__of_the_moves_is_what_the_pots_spent(engines):
    for name, engine in engines.items():
        if name == "convenience":
            continue  # running a facility costs money that no issue asks for
        run = Run.from_engine(engine)
        spent = run.moves[run.moves.move.isin(("money_spent", "exited"))]
        by_pot = spent.pot.astype(object).fillna("household").groupby(spent.pot.index).first()
        mine = spent.money.groupby(by_pot).sum().reindex(st.POTS, fill_value=0.0)
        pots = run.money.groupby("pot", observed=False).spent.sum().reindex(st.POTS)
        np.testing.assert_allclose(mine, pots, rtol=1e-9, atol=1e-6)


def test_counts__of_the_moves_are_those_of_the_daily_panel(engines):
    for engine in engines.values():
        run = Run.from_engine(engine)
        counts = run.moves.move.value_counts()
        for move, column in (
            ("arose", "n_arrived"), ("voiced", "n_voiced"), ("closed", "n_closed"), ("resolved", "n_resolved"),
            ("exited", "n_exited"), ("lapsed", "n_lapsed"), ("petitioned", "n_petitions"), ("reopened", "n_reopened"),
            ("detected", "n_detected"), ("directed", "n_directives"), ("promised", "n_commitments"),
            ("promise_lapsed", "n_lapsed_commitments"),
        ):  # fmt: skip
            assert counts[move] == run.daily[column].sum(), (move, column)
        assert counts["sat"] == run.meetings.n_tabled.sum()


def test_moves__that_point_at_nothing_are_refused(engines, tmp_path):
    run = Run.from_engine(engines["F1"])
    log = np.asarray(run.columns.moves)
    assert moves_fit(log, len(run.issues), len(run.units))
    for move, field, value in (
        ("arose", "issue", len(run.issues)), ("arose", "what", len(MOVES)), ("taken_in", "who", len(run.units)),
        ("chose", "detail", len(st.CHANNELS)),
        ("gate_opened", "detail", 3), ("worked", "detail", 7), ("charged", "detail", 99), ("tabled", "detail", 5),
        ("closed", "issue", -1), ("chose", "value", 1e300), ("money_spent", "detail", 6),
    ):  # fmt: skip
        bad = log.copy()
        bad[field][np.flatnonzero(log["what"] == MOVES.index(move))[0]] = value
        assert not moves_fit(bad, len(run.issues), len(run.units)), (move, field)
    with pytest.raises(RunFileError, match="do not fit each other"):
        load_run(save_run(Run(run.columns._replace(moves=bad), run.scenario), tmp_path / "bad"))


def test_meanings__are_given_for_every_move_in_both_languages():
    assert set(MEANING) == set(MOVES)
    assert all(label(f"move.{name}", lang) for name in MOVES for lang in ("en", "zh"))


def test_pool__grows_between_days_and_keeps_every_row():
    small = Engine(apply(WORLD, "F1"), moves=True)
    small.world = small.world.replace(moves=st.blank(st.MOVE, 2000))
    wide = Engine(apply(WORLD, "F1"), moves=True).advance(300)
    small.advance(300)
    n = int(wide.world.pools.used[st.MOVE_ROWS])
    assert len(small.world.moves) > 2000 < n
    assert np.array_equal(small.world.moves[:n], wide.world.moves[:n])


def test_pool__that_runs_over_within_a_day_stops_the_run():
    engine = Engine(apply(WORLD, "B0"), moves=True)
    engine.world = engine.world.replace(moves=st.blank(st.MOVE, 2))
    with pytest.raises(RuntimeError, match="overflowed"):
        engine.advance(60)


def test_recording__goes_on_over_save_resume_switch_and_branch(tmp_path):
    def switched(history):
        return history.switch("F1", at=200).switch("RV2", at=400).finish()

    whole = switched(History(WORLD, moves=True))
    path = History(WORLD, moves=True).advance(170).save(tmp_path / "x.state")
    resumed = switched(History.load(path))
    branched = switched(History(WORLD, moves=True).advance(100).branch())
    assert len(whole.moves) > 0
    pd.testing.assert_frame_equal(whole.moves, resumed.moves)
    pd.testing.assert_frame_equal(whole.moves, branched.moves)
    log = whole.issues.set_index("issue")
    assert (replay(whole.moves).status.to_numpy() == log.status.to_numpy()).all()


def test_moves__are_kept_on_disk(tmp_path):
    run = simulate(override(apply(WORLD, "F1"), {"days": 250}), moves=True)
    again = load_run(save_run(run, tmp_path / "run"))
    assert len(run.moves) > 0
    pd.testing.assert_frame_equal(again.moves, run.moves)
