"""The main job on a small scale."""

import numpy as np
import pytest

from govsim.engine.simulate import Engine
from govsim.results.metrics import from_tally, tally_of
from govsim.scenario.city import City
from govsim.scenario.fields import ScenarioError
from govsim.scenario.scenario import Scenario
from govsim.scenario.variants import apply, variant
from govsim.show.captions import caption
from govsim.studies.compare import PRIMARY, compare, pooled_worlds

WORLD = Scenario(city=City.preset("demo"), days=760, burn_in_days=200)


@pytest.fixture(scope="module")
def found():
    return compare(WORLD, ["B0", "axis", "cost_matched(axis)"], 3, curve_replications=2, workers=2)


def test_compare__the_baseline_differs_from_itself_by_exactly_zero(found):
    own = found.table[(found.table.variant == "B0") & found.table.level.notna()]
    assert (own.difference == 0).all() and (own.low == 0).all() and (own.high == 0).all()


def test_compare__state_shares_sum_to_one(found):
    states = found.table[found.table.metric.str.startswith("state_180_")]
    np.testing.assert_allclose(states.groupby("variant")["level"].sum(), 1, rtol=1e-9)


def test_compare__headline_is_read_over_the_weight_of_authority(found):
    assert set(found.curve.regime) == {"asked", "0", "0.43", "0.9", "equal"}


def test_compare__does_not_depend_on_the_number_of_workers(found):
    again = compare(WORLD, ["B0", "axis", "cost_matched(axis)"], 3, curve_replications=2, workers=1)
    assert again.runs.equals(found.runs)
    assert again.runs[PRIMARY].notna().all()


def test_compare__pools_a_big_city_from_county_level_ones(monkeypatch):
    """Ruling 24: the parts run as cities of their own, with luck of their own, and are taken together as ratios of sums."""
    monkeypatch.setattr(City.pool, "__defaults__", (3_000,))
    parts = pooled_worlds(WORLD)
    assert len(parts) > 1 and sum(p.city.n_residents for p in parts) == WORLD.city.n_residents
    assert len({p.seed for p in parts}) == len(parts)
    found = compare(WORLD, ["B0", "axis", "cost_matched(axis)"], 2, curve_replications=2)
    assert found.provenance["n_cities"] == len(parts) and found.provenance["residents"] == WORLD.city.n_residents
    tallies = []
    for part in parts:
        engine = Engine(apply(part, "axis"), seed=part.seed).advance(part.days)
        tallies.append(tally_of(engine))
    pooled = from_tally(sum(tallies))
    first = found.runs[(found.runs.regime == "asked") & (found.runs.variant == "axis")].iloc[0]
    for name in (PRIMARY, "hours_total", "petitions_rate"):
        assert first[name] == pytest.approx(pooled[name], rel=1e-12)
    for lang in ("en", "zh"):
        assert str(len(parts)) in caption(found, lang)


def test_compare__refuses_two_rules_of_ones_own_by_the_same_name():
    one, other = (variant("B0").with_rules(effort=lambda: 0.1), variant("B0").with_rules(effort=lambda: 0.2))
    with pytest.raises(ValueError, match=r"two different variants are called B0 \[effort=lambda\]; give each a name"):
        compare(WORLD, ["B0", one, other], 2)


def test_compare__tells_what_is_wrong_with_a_rule_before_anything_runs():
    told = []
    with pytest.raises(ScenarioError, match="effort: lambda must return a number"):
        compare(WORLD, ["B0", variant("B0").with_rules(effort=lambda: None)], 2, progress=lambda *n: told.append(n))
    assert not told


def test_compare__takes_the_placebo_with_a_rule_of_ones_own():
    ruled = variant("ceremonial_all").with_rules(agenda_score=lambda severity: severity)
    world = Scenario(city=City.preset("demo"), days=400, burn_in_days=100)
    found = compare(world, ["B0", ruled], 2)
    assert found.provenance["variants"] == ["B0", "ceremonial_all [agenda_score=lambda]"]
    assert found.provenance["own_variants"] == {}
    assert found.provenance["own_functions"][ruled.name]["rules"][0]["name"] == "lambda"
