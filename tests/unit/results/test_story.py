"""The story of an issue says what the log says, of any issue, in both languages; twins part where they part."""

import re

import numpy as np
import pandas as pd
import pytest

from govsim.engine.moves import MOVES
from govsim.labels import catalogue, has_label
from govsim.results import twins as told
from govsim.results.finding import KINDS, TWIN_KINDS, find_issues
from govsim.results.history import History
from govsim.results.run import Run
from govsim.results.sentences import SILENT
from govsim.results.simulate import simulate
from govsim.results.store import load_run, save_run
from govsim.results.story import recorded, story
from govsim.results.twins import twin_story
from govsim.scenario.city import City
from govsim.scenario.files import with_scenario
from govsim.scenario.scenario import Scenario
from govsim.scenario.variants import apply

WORLD = Scenario(city=City.preset("demo"), days=500, burn_in_days=150, seed=3)


COURSES = ("road", "renovation", "dispute", "pandemic", "convenience")


@pytest.fixture(scope="module")
def runs():
    found = {name: simulate(apply(WORLD, name), moves=True) for name in ("B0", "F1", "RV2+RV4", "RV1")}
    return found | {course: simulate(apply(with_scenario(WORLD, course), "F1"), moves=True) for course in COURSES}


def sample(run, n=24):
    """Some issues, evenly, and the telling ones."""
    return np.unique([*np.linspace(0, len(run.issues) - 1, n).astype(int), *find_issues(run).issue])


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("name", ["B0", "F1", "RV2+RV4", "RV1", *COURSES])
def test_story__of_any_issue_is_told_in_whole_sentences(runs, name, lang):
    for issue in sample(runs[name]):
        found = story(runs[name], issue, lang)
        text = str(found)
        assert not re.search(r"[{}]|\bnan\b|None|-1|\b_", text), text
        assert len(found.lines) >= 2 and list(found.lines) == sorted(found.lines, key=lambda line: line.day)
        assert found._repr_html_().count("<tr>") == len(found.lines)


@pytest.mark.parametrize("name", ["B0", "F1", "RV2+RV4", "RV1", *COURSES])
def test_story__adds_up_to_the_issue_log(runs, name):
    run = runs[name]
    for issue in sample(run):
        s = story(run, issue, "en")
        row = run.issues.iloc[issue]
        work = s.hours[s.hours.is_work].hours.sum()
        rounding = 1e-4  # hours; the log adds in single precision
        assert work == pytest.approx(float(row.served_hours), abs=rounding)
        assert s.units.work_hours.sum() == pytest.approx(float(row.served_hours), abs=rounding)
        charged = s.moves[s.moves.move == "charged"]
        assert s.hours.hours.sum() - work == pytest.approx(charged.hours.sum(), abs=rounding)
        assert len(s.sittings) == row.n_sittings
        for g in s.gates.itertuples():
            assert bool(row[f"has_{g.gate}_gate"])
            day = row[f"{g.gate}_day"]
            assert g.is_open == (day == day)
            assert not g.is_open or g.opened_day == pytest.approx(day, abs=1e-3)  # ages are in single precision
        is_resolved = row.status == "resolved"
        says = any("truly resolved" in line.text and "not truly" not in line.text for line in s.lines)
        assert says == (is_resolved or (s.moves.move == "repair_failed").any())
        if is_resolved and row.needed_fund > 0:
            assert s.money.spent.sum() == pytest.approx(float(row.needed_fund), rel=1e-6)


def test_story__names_the_meeting_that_opened_a_gate(runs):
    log = runs["F1"].issues
    opened = {forum: log.issue[log[f"is_ruled_by_{forum}"]] for forum in ("executive", "A1", "A2", "A3", "A4")}
    n = 0
    for forum, issues in opened.items():
        for issue in issues.head(10):
            s = story(runs["F1"], issue, "en")
            assert (s.sittings[s.sittings.forum == forum].gates_opened > 0).any()
            n += int("meeting" in set(s.gates.how))
    assert n > 10


@pytest.mark.parametrize("name", ["F1", "road", "pandemic"])
def test_story__of_a_run_without_moves_is_that_of_the_run_with_them(runs, tmp_path, name):
    asked = apply(WORLD, "F1") if name == "F1" else apply(with_scenario(WORLD, name), "F1")
    plain = load_run(save_run(simulate(asked), tmp_path / "run"))
    assert str(story(plain, 700, "en")) == str(story(runs[name], 700, "en"))


def test_story__of_a_switched_run_is_made_again_with_its_switches():
    def switched(moves):
        return History(WORLD, moves=moves).switch("F1", at=200).switch("RV2", at=350).finish()

    assert str(story(switched(False), 900, "en")) == str(story(switched(True), 900, "en"))
    early = History(WORLD).switch("F1", at=30).advance(200).run
    assert len(recorded(early).moves) > 0


def test_recorded__refuses_a_run_that_its_scenario_does_not_give(runs):
    plain = simulate(WORLD)
    other = plain.scenario.model_copy(update={"seed": 4})
    with pytest.raises(ValueError, match="cannot be made again"):
        story(Run(plain.columns, other, plain.switches), 5)


def test_story__refuses_an_issue_that_is_not_there(runs):
    for bad in (-1, len(runs["B0"].issues)):
        with pytest.raises(ValueError, match=f"issue {bad}: this run has issues 0 to"):
            story(runs["B0"], bad)


def test_twins__part_at_the_first_move_that_differs(runs):
    a, b = runs["B0"], runs["F1"]
    parted = 0
    for issue in sample(a, 40):
        twin = twin_story(a, b, issue, "en")
        one, other = (s.moves[~s.moves.move.isin(told._PASSED_OVER)].reset_index(drop=True) for s in twin.stories)
        onset = one.day.iloc[0]
        if twin.parting_day != twin.parting_day:
            assert len(one) == len(other)
            assert "the same, move by move" in str(twin)
            continue
        parted += 1
        before = one[one.day < onset + twin.parting_day - 1e-9]
        same = ["day", "move", "unit", "package", "is_outside"]
        pd.testing.assert_frame_equal(before[same], other[same].iloc[: len(before)])
        assert twin.cause and any(twin.parting)
        assert onset + twin.parting_day >= WORLD.burn_in_days
    assert parted > 15


def test_twins__of_one_run_are_the_same_everywhere(runs):
    for issue in sample(runs["F1"], 12):
        assert np.isnan(twin_story(runs["F1"], runs["F1"], issue).parting_day)


@pytest.mark.parametrize(("column", "value"), [("unit", 1), ("day", 0.5), ("is_perfunctory", True), ("move", "lapsed")])
def test_first_difference__is_found_wherever_it_is(runs, column, value):
    moves = story(runs["F1"], 900).moves
    for at in range(0, len(moves), max(1, len(moves) // 6)):
        other = moves.copy()
        other.iloc[at, other.columns.get_loc(column)] = value
        expected = at if moves[column].iloc[at] != value else len(moves)
        assert told._first_difference(moves, other) == expected
    assert told._first_difference(moves, moves.iloc[:-1]) == len(moves) - 1


def test_twins__need_the_same_issues(runs):
    other = simulate(WORLD.model_copy(update={"seed": 9}))
    for ask in (lambda: twin_story(runs["B0"], other, 3), lambda: find_issues(runs["B0"], other)):
        with pytest.raises(ValueError, match="do not face the same issues"):
            ask()


def test_find_issues__finds_the_most_of_each_kind_after_the_burn_in(runs):
    run = runs["F1"]
    log = run.issues[run.issues.onset_day >= WORLD.burn_in_days]
    found = find_issues(run, n=3, lang="en")
    assert set(found.kind) <= set(KINDS)
    for kind, column in (("petitions", "n_petitions"), ("hops", "n_hops"), ("sittings", "n_sittings"), ("hours", "served_hours")):
        mine = found[found.kind == kind]
        assert mine.value.tolist() == sorted(log[column].astype(float), reverse=True)[:3]
        assert (log.loc[mine.issue, column].to_numpy() == mine.value.to_numpy()).all()
    silent = found[found.kind == "never_voiced"].issue
    assert (~run.issues.is_voiced[silent]).all()
    held = (log.funds_day.fillna(log.ended_day).fillna(run.horizon) - log.triaged_day)[log.has_funds_gate]
    assert found[found.kind == "funds_gate"].value.iloc[0] == held.max()


def test_find_issues__of_two_runs_finds_the_largest_difference(runs):
    a, b = runs["B0"], runs["F1"]
    found = find_issues(a, b, lang="zh").set_index("kind")
    assert set(found.index) <= set(TWIN_KINDS)
    days = [r.issues.resolved_day.fillna(r.horizon) for r in (a, b)]
    apart = (days[0] - days[1])[(a.issues.status != "exited") & (b.issues.status != "exited") & (a.issues.onset_day >= 150)]
    assert found.value["sooner"] == pytest.approx(apart.max())
    assert found.value["later"] == pytest.approx(-apart.min())


def test_find_issues__refuses_a_kind_there_is_not(runs):
    with pytest.raises(ValueError, match="kind nope: there are never_voiced"):
        find_issues(runs["B0"], kind="nope")
    with pytest.raises(ValueError, match="kind hops: there are sooner"):
        find_issues(runs["B0"], runs["F1"], kind="hops")


def test_words__are_there_for_every_kind_and_cause():
    keys = [f"find.{kind}" for kind in (*KINDS, *TWIN_KINDS)] + [f"story.cause.{c}" for c in set(told._CAUSES.values())]
    assert all(has_label(key) and key in catalogue("zh") for key in keys)
    assert set(SILENT) <= set(MOVES)
