"""Effect beside cost: one panel a scenario, each variant where its differences are."""

from govsim.labels import variant_label
from govsim.scenario.city import City
from govsim.scenario.files import with_scenario
from govsim.scenario.scenario import Scenario
from govsim.show.planes import COST, plot_planes
from govsim.studies.compare import PRIMARY, compare


def test_planes__put_every_variant_where_its_differences_are():
    world = Scenario(city=City.preset("demo"), days=731, burn_in_days=365)
    found = {name: compare(with_scenario(world, name), ["B0", "F1", "RV10"], 2, curve_replications=1) for name in ("road", "dispute")}
    for lang in ("en", "zh"):
        figure = plot_planes(found, lang)
        panels = [ax for ax in figure.axes if ax.axison]
        assert len(panels) == len(found)
        for ax, comparison in zip(panels, found.values(), strict=True):
            table = comparison.table.set_index(["metric", "variant"]).difference
            places = {note.get_text().replace("\n", " "): note.xy for note in ax.texts if note.get_text()}
            for name in ("F1", "RV10"):
                assert places[variant_label(name, lang)] == (table[COST, name], table[PRIMARY, name])
        words = " ".join(text.get_text() for text in figure.texts)
        assert words.count("731") == 1
    longer = compare(with_scenario(world.model_copy(update={"days": 760}), "road"), ["B0", "F1"], 2, curve_replications=1)
    figure = plot_planes(found | {"another": longer})
    words = " ".join(text.get_text() for text in figure.texts)
    assert words.count("731") == words.count("760") == 1
