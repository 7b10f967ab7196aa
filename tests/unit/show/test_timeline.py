"""The timeline of a story is drawn in both languages, with all text inside the picture."""

import io

import pytest

from govsim.results.finding import find_issues
from govsim.results.simulate import simulate
from govsim.results.story import story
from govsim.results.twins import twin_story
from govsim.scenario.city import City
from govsim.scenario.scenario import Scenario
from govsim.scenario.variants import apply
from govsim.show.figures import save_figure
from govsim.show.theme import theme
from govsim.show.timeline import plot_story

WORLD = Scenario(city=City.preset("demo"), days=500, burn_in_days=150, seed=3)


@pytest.fixture(scope="module")
def runs():
    return [simulate(apply(WORLD, name), moves=True) for name in ("B0", "F1")]


def texts_outside(figure, lang):
    """Texts that are cut off, once drawn."""
    with theme(lang):
        figure.savefig(io.BytesIO(), format="png")
    box = figure.bbox.padded(1.0)
    found = [*figure.texts, *figure.legends[0].get_texts()]
    for ax in figure.axes:
        found += [*ax.get_yticklabels(), *ax.texts, ax.title, ax.xaxis.label]
    shown = [t for t in found if t.get_text()]
    return [t.get_text() for t in shown if not (box.contains(*t.get_window_extent().min) and box.contains(*t.get_window_extent().max))]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_timeline__of_every_telling_issue_has_all_its_text_inside(runs, lang):
    for issue in find_issues(runs[1]).issue.unique():
        figure = plot_story(story(runs[1], issue, lang))
        assert texts_outside(figure, lang) == [], issue
        assert len(figure.axes) == 1


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_timeline__of_twins_has_a_panel_each_on_one_scale(runs, lang):
    for issue in find_issues(*runs).issue.unique():
        figure = plot_story(twin_story(*runs, issue, lang))
        assert texts_outside(figure, lang) == []
        one, other = figure.axes
        assert one.get_xlim() == other.get_xlim()


def test_timeline__has_a_lane_for_each_gate_meeting_and_unit(runs):
    told = story(runs[1], int(find_issues(runs[1], kind="sittings").issue.iloc[0]), "en")
    (ax,) = plot_story(told).axes
    names = [t.get_text() for t in ax.get_yticklabels()]
    assert names[-2:] == ["Household and neighbours", "State of the issue"]
    assert sum(n.startswith("Gate: ") for n in names) == len(told.gates)
    assert sum(n.endswith("meeting") for n in names) == told.moves[told.moves.move == "tabled"].forum.nunique()


def test_timeline__of_the_same_story_is_the_same_file(runs, tmp_path):
    for n in range(2):
        save_figure(plot_story(story(runs[0], 700, "en")), tmp_path / f"{n}.svg", "en")
    assert (tmp_path / "0.svg").read_bytes() == (tmp_path / "1.svg").read_bytes()
