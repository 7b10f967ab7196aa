"""Figures and tables of a comparison, in both languages."""

import io
import sys
import warnings
from types import ModuleType, SimpleNamespace

import pytest
from rich.console import Console

from govsim.labels import LANGUAGES, catalogue, label
from govsim.scenario.city import City
from govsim.scenario.files import with_scenario
from govsim.scenario.inputs import inputs, override
from govsim.scenario.scenario import Scenario
from govsim.show import theme
from govsim.show.captions import caption, changed, notes
from govsim.show.figures import new_figure, plot_comparison, save_figure
from govsim.show.table import comparison_tables, metric_name, number
from govsim.studies.compare import ASKED, Comparison, compare, regime_of


@pytest.fixture(scope="module")
def found() -> Comparison:
    world = Scenario(city=City.preset("demo"), days=560, burn_in_days=200)
    return compare(world, ["F1", "F1-E4", "cost_matched(F1)"], 3, curve_replications=2)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_figure__is_drawn_without_a_missing_sign(found, lang, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure = plot_comparison(found, lang)
        save_figure(figure, tmp_path / "comparison.png", lang)
        save_figure(figure, tmp_path / "comparison.svg", lang)
    assert (tmp_path / "comparison.png").stat().st_size > 50_000


def test_figure__same_result_gives_the_same_bytes(found, tmp_path):
    for name in ("a.svg", "b.svg"):
        save_figure(plot_comparison(found, "en"), tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_figure__carries_its_caption(found, lang):
    texts = [t.get_text().replace("\n", "") for t in plot_comparison(found, lang).texts]
    standing = caption(found, lang).replace(" ", "")[-30:]
    assert any(t.replace(" ", "").endswith(standing) for t in texts)


def test_figure__no_text_lies_outside_or_over_another(found):
    figure = plot_comparison(found, "en")
    figure.canvas.draw()
    width, height = figure.bbox.size
    for text in figure.texts:
        box = text.get_window_extent()
        assert box.x0 >= 0 and box.x1 <= width and box.y0 >= 0 and box.y1 <= height


@pytest.mark.parametrize("lang", LANGUAGES)
def test_caption__names_the_whole_regime(found, lang):
    text = caption(found, lang)
    for word in ("0.65", "0.5", "0.75", "0.8", "1.79", "0.00714", "0.1", "560", "5,616"):
        assert word in text, word
    assert "{" not in text
    assert all("{" not in note for note in notes(found, lang))


def test_font__has_every_sign_of_the_catalogues():
    from matplotlib.ft2font import FT2Font

    known = set(FT2Font(theme.FONT_FILE).get_charmap())
    for lang in LANGUAGES:
        missing = {sign for text in catalogue(lang).values() for sign in text if ord(sign) not in known}
        assert not missing, missing


def test_font__ships_with_its_licence():
    licence = theme.FONT_FILE.with_name("OFL.txt").read_text(encoding="utf-8")
    assert "SIL Open Font License" in licence


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("width", [80, 100, 160])
def test_tables__fit_the_terminal_they_are_for(found, lang, width):
    from rich.console import Console

    console = Console(width=1000, record=True, file=io.StringIO())
    for table in comparison_tables(found, lang, width)[1:]:
        assert console.measure(table).maximum <= max(width, 100)
        console.print(table)
    text = console.export_text()
    assert "nan" not in text
    assert metric_name("bodies", lang) in text


def test_tables__show_the_baseline_as_levels(found):
    level = found.curve[(found.curve.variant == "B0") & (found.curve.regime == ASKED)].level.iloc[0]
    head = comparison_tables(found, "en")[0]
    cells = [list(column.cells) for column in head.columns]
    assert f"{level:.1f}" in {column[0] for column in cells}
    assert all("(" not in column[0] for column in cells)


@pytest.mark.parametrize(
    ("value", "unit", "signed", "expected"),
    [
        (0.1234, "1", False, "0.123"), (-0.1234, "1", True, "−0.123"), (0.0, "d", True, "0"),
        (12.34, "d", True, "+12.3"), (1234.5, "h/1000·yr", False, "1,234"),
        (float("nan"), "d", False, "–"), (-0.00001, "1", True, "0"),
    ],
)  # fmt: skip
def test_number__has_the_digits_its_unit_deserves(value, unit, signed, expected):
    assert number(value, unit, signed=signed) == expected


@pytest.mark.parametrize(("lang", "word"), [("en", "(level)"), ("zh", "（水平）")])
def test_table__shows_the_level_where_the_baseline_has_none(found, lang, word):
    """The baseline offers no hours, so the share used has no difference from it."""
    rows = found.table[found.table.metric == "offered_hours_used_share"].set_index("variant")
    assert rows.difference.isna().all()
    texts = [_text(table) for table in comparison_tables(found, lang, 200)]
    shown = number(rows.level["F1"], "1") + ("" if lang == "zh" else " ") + word
    assert sum(shown in text for text in texts) == 1


def test_table__has_a_block_of_the_scenario_under_it_alone(found):
    world = with_scenario(Scenario(city=City.preset("demo"), days=560, burn_in_days=200), "pandemic")
    surge = compare(world, ["E4"], 2, curve_replications=2)
    title = "Pandemic surge (SC1)"
    assert sum(title in _text(table) for table in comparison_tables(surge, "en")) == 1
    assert not any(title in _text(table) for table in comparison_tables(found, "en"))
    assert "Scenario: Pandemic surge." in caption(surge, "en")
    assert "情景：疫情应急。" in caption(surge, "zh")
    assert "Scenario:" not in caption(found, "en")
    assert surge.provenance["course"] == "pandemic" and found.provenance["course"] == ""


def _text(table) -> str:
    out = io.StringIO()
    Console(file=out, width=200, legacy_windows=False).print(table)
    return out.getvalue()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_caption__names_the_inputs_that_are_not_by_default(lang):
    """What every caption has is not said twice; beyond six they are counted; demand from elsewhere has no default."""
    world = override(Scenario(), {"staffing.turnover_hazard": 0.05, "staffing.load_community": 0.5,
                                  "behaviour.commitment.commit_anchor": "reference"})  # fmt: skip
    found = changed(regime_of(world), lang)
    assert len(found) == 1
    assert f"{label('input.staffing.turnover_hazard', lang)} 0.05" in found[0]
    assert f"{label('input.behaviour.commitment.commit_anchor', lang)} reference" in found[0]
    assert label("input.staffing.load_community", lang) not in found[0]
    assert changed(regime_of(Scenario()), lang) == [] == changed({}, lang)
    world = override(Scenario(), {"demand.types.PM.hours": 40, "city.residents_per_community": 5000})
    found = changed(regime_of(world), lang)
    assert label("input.city.residents_per_community", lang) in found[0] and "PM" in found[0] and "40" in found[0]
    assert not regime_of(override(world, {"demand.profile": "a log"}))["changed"].keys() - {"city.residents_per_community"}
    many = dict.fromkeys([path for path in inputs() if path.startswith("behaviour.voice.")][:8], "1")
    assert label("caption.more", lang, n=2) in changed({"changed": many}, lang)[0]


def test_new_figure__is_a_notebooks_own_only_where_a_kernel_runs(monkeypatch):
    """That something has imported the kernel's package leaves figures alone: pyplot would keep each one open."""
    from matplotlib import pyplot

    open_before = pyplot.get_fignums()
    monkeypatch.setitem(sys.modules, "ipykernel", ModuleType("ipykernel"))
    new_figure()
    assert pyplot.get_fignums() == open_before
    monkeypatch.setattr(theme, "is_in_notebook", lambda: True)
    shown = new_figure()
    assert shown.number in pyplot.get_fignums()
    pyplot.close(shown)


@pytest.mark.parametrize(("shell", "is_notebook"), [(None, False), (SimpleNamespace(), False), (SimpleNamespace(kernel=object()), True)])
def test_notebook__is_where_the_shell_has_a_kernel(monkeypatch, shell, is_notebook):
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    assert theme.is_in_notebook() is is_notebook
