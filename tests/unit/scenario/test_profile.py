"""The demand profile: what it may be, and what it does to a demand."""

import pytest
from pydantic import ValidationError

from govsim.scenario.demand import Demand
from govsim.scenario.profile import (
    DemandProfile,
    load_default_profile,
    load_profile,
    save_profile,
)


def test_default_profile__has_the_shares_of_the_taxonomy_and_a_working_week():
    profile = load_default_profile()
    assert profile.type_shares == {t.code: t.share for t in Demand().types}
    assert profile.type_shares["RENO"] == 0
    assert min(profile.weekday_factor[:5]) > 1 > max(profile.weekday_factor[5:])
    assert 0 < profile.daily_variance < 1
    assert profile.month_factor == (1.0,) * 12
    for figure in ("type_shares", "weekday_factor", "daily_variance"):
        assert any(note.startswith(figure) for note in profile.notes)


def test_apply__changes_rhythm_and_shares_and_nothing_else():
    profile = load_default_profile()
    demand = profile.apply()
    assert demand.weekday_factor == profile.weekday_factor
    assert demand.daily_variance == profile.daily_variance
    assert demand.profile == "default"
    assert demand.issues_per_household_year == Demand().issues_per_household_year
    assert demand.types == Demand().types


def test_apply__renovation_goes_to_shared_facilities():
    demand = DemandProfile(type_shares={"RENO": 0.25, "SH": 0.25, "PM": 0.5}).apply()
    shares = {t.code: t.share for t in demand.types if t.share}
    assert shares == {"SH": 0.5, "PM": 0.5}


def test_apply__no_season_counts_twice():
    months = (0.5, 1.5) * 6
    demand = DemandProfile(month_factor=months).apply()
    assert demand.month_factor == months
    assert {t.months for t in demand.types} == {(1.0,) * 12}
    flat = DemandProfile().apply()
    assert [t.months for t in flat.types] == [t.months for t in Demand().types]


def test_apply__keeps_the_level_that_was_asked_for():
    demand = load_default_profile().apply(Demand(issues_per_household_year=0.3))
    assert demand.issues_per_household_year == 0.3


@pytest.mark.parametrize(
    "wrong",
    [
        {"type_shares": {"PM": 0.5}},
        {"type_shares": {"PM": 1.5, "SH": -0.5}},
        {"type_shares": {"PM": 0.5, "LIFT": 0.5}},
        {"type_shares": {}},
        {"type_shares": {"PM": float("nan")}},
        {"weekday_factor": (1.0,) * 6},
        {"weekday_factor": (2.0,) * 7},
        {"month_factor": (-1.0, 3.0) + (1.0,) * 10},
        {"daily_variance": -0.1},
        {"daily_variance": 11},
        {"n_records": -1},
        {"colour": "red"},
    ],
)
def test_profile__refuses_a_wrong_value(wrong):
    with pytest.raises(ValidationError):
        DemandProfile(**wrong)


def test_profile__survives_a_file(tmp_path):
    profile = load_default_profile().model_copy(update={"notes": ("一行说明",)})
    save_profile(profile, tmp_path / "mine.yaml")
    assert load_profile(tmp_path / "mine.yaml") == profile


@pytest.mark.parametrize(
    "content",
    [b"", b"- a", b"a: [", b"type_shares: {PM: 2}", b"\xff\xfe\x00", b"!!python/name:os.system ''"],
)
def test_load_profile__bad_file_is_an_error_of_one_line(tmp_path, content):
    path = tmp_path / "bad.yaml"
    path.write_bytes(content)
    for file in (path, tmp_path / "none.yaml", tmp_path):
        with pytest.raises(ValueError) as error:
            load_profile(file)
        assert "\n" not in str(error.value)
        assert file.name in str(error.value)
