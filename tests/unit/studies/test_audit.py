"""The audit of luck names what differs, or says that nothing does."""

import pytest

from govsim import City, Scenario, crn_audit

WORLD = Scenario(city=City.preset("demo"), days=80, burn_in_days=40)


def test_audit__variants_share_their_burn_in():
    found = crn_audit(WORLD, "B0", "F1")
    assert found.is_same and str(found) == "B0 and F1: same until day 40"


def test_audit__names_the_first_difference():
    found = crn_audit(WORLD, "B0", "F1", until=80)
    assert not found.is_same and found.day >= 40 and found.moment >= 40
    assert found.column == "issues" and found.row >= 0 and found.field
    assert f"issues[{found.row}].{found.field}" in str(found)


def test_audit__a_variant_is_itself():
    assert crn_audit(WORLD, "F1", "F1", until=80).is_same


def test_audit__refuses_a_day_beyond_the_horizon():
    with pytest.raises(ValueError, match="until must be from 0 to the horizon of 80 days, not 81"):
        crn_audit(WORLD, "B0", "F1", until=81)
