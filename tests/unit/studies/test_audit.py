"""The audit of common random numbers finds what it is to find."""

import pytest

from govsim.engine import simulate
from govsim.scenario.city import City
from govsim.scenario.inputs import override
from govsim.scenario.scenario import Scenario
from govsim.scenario.variants import COMPONENTS, RIVALS, variant
from govsim.studies.audit import crn_audit

WORLD = Scenario(city=City.preset("demo"), days=300, burn_in_days=120)


@pytest.mark.parametrize("name", ["F1", *COMPONENTS, *RIVALS, "ceremonial_all"])
def test_variants__share_their_luck_until_the_mechanism_starts(name):
    found = crn_audit(WORLD, "B0", name)
    assert found.holds
    assert found.is_same_city
    assert found.first_day is None or found.first_day >= 120


def test_full_mechanism__parts_from_the_baseline_and_says_where():
    found = crn_audit(WORLD)
    assert found.first_day is not None
    row = found.differences.iloc[0]
    assert f"part on day {found.first_day}, as they may: issue {row.issue} in community {row.community}" in str(found)
    assert row.B0 != row.F1


def test_audit__tells_a_broken_promise():
    """A mechanism that starts before it may differ."""
    early = override(WORLD, {"burn_in_days": 30})
    found = crn_audit(early, "B0", "F1", until=120)
    assert not found.holds
    assert 30 <= found.first_day < 120
    assert "must not before day 120" in str(found)


def test_audit__tells_another_city(monkeypatch):
    """Arrivals that depend on the variant."""
    real = simulate.build.arrivals_of

    def biased(scenario):
        later = scenario.model_copy(update={"seed": scenario.seed + 1})
        return real(later if scenario.mechanism_name == "F1" else scenario)

    monkeypatch.setattr(simulate.build, "arrivals_of", biased)
    found = crn_audit(WORLD)
    assert not found.is_same_city
    assert not found.holds
    assert "do not face the same issues" in str(found)


def test_audit__refuses_a_day_beyond_the_horizon():
    with pytest.raises(ValueError, match="until 301"):
        crn_audit(WORLD, until=301)


def test_rule_of_ones_own__changes_no_luck_before_it_starts():
    """Under a rule of one's own the city and its luck are those of the same variant without it, up to its start."""
    ruled = variant("F1").with_rules(effort=lambda: 1.0)
    found = crn_audit(WORLD, "F1", ruled)
    assert found.holds
    assert found.first_day >= WORLD.burn_in_days
    assert found.variants == ("F1", "F1 [effort=lambda]")
