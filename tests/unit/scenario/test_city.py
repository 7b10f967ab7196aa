"""A city of any size or unit, from its subdistricts to its households."""

import csv
import gzip
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from govsim.scenario.city import (
    DEFAULT_CODE,
    POOL_RESIDENTS,
    City,
    Subdistrict,
    _largest_remainder,
)
from govsim.scenario.city_files import load_city, resolve_city
from govsim.scenario.demand import COMPOUND_TYPES
from govsim.scenario.division import load_units, urban_streets


def one_line(error: pytest.ExceptionInfo[ValueError]) -> str:
    text = str(error.value)
    assert "\n" not in text
    return text


# ---- presets and sizes -----------------------------------------------------------------------


def test_standard__is_the_city_of_the_specification():
    city = City.preset("standard")
    assert city.n_subdistricts == 3
    assert city.n_communities == 12
    assert city.n_compounds == 60
    assert city.n_buildings == 360
    assert city.n_households == 21_600
    assert city.n_residents == 56_160


def test_demo__has_six_communities_of_936_residents():
    city = City.preset("demo")
    assert (city.n_subdistricts, city.n_communities, city.n_compounds) == (2, 6, 18)
    assert (city.n_buildings, city.n_households, city.n_residents) == (36, 2160, 5616)


def test_preset__unknown_name_is_refused_in_one_line():
    with pytest.raises(ValueError) as error:
        City.preset("metropolis")
    assert "demo, standard" in one_line(error)


def test_city__is_frozen_and_refuses_unknown_fields():
    city = City.preset("demo")
    with pytest.raises(ValidationError):
        city.name = "other"
    with pytest.raises(ValidationError):
        City(subdistricts=city.subdistricts, colour="red")


@pytest.mark.parametrize(
    "wrong",
    [
        {"residents_per_community": 199},
        {"residents_per_community": 50_001},
        {"residents_per_community": -4680},
        {"residents_per_household": float("nan")},
        {"households_per_building": 0},
        {"commodity_share": 0.5},
        {"work_unit_share": -0.2},
        {"residents_per_community": 200, "compounds_per_community": 100},
        {"subdistricts": ()},
        {"subdistricts": (("name", ()),)},
    ],
)
def test_city__refuses_a_wrong_value(wrong):
    fields = {"subdistricts": City.preset("demo").subdistricts} | wrong
    with pytest.raises(ValidationError):
        City(**fields)


# ---- tables ----------------------------------------------------------------------------------


def test_tables__of_the_standard_city_are_regular():
    tables = City.preset("standard").tables(1)
    assert tables.community_subdistrict.tolist() == [0] * 4 + [1] * 4 + [2] * 4
    assert tables.compound_community.tolist() == np.repeat(np.arange(12), 5).tolist()
    assert tables.building_compound.tolist() == np.repeat(np.arange(60), 6).tolist()
    assert set(tables.building_households) == {60}
    # 60 compounds of shares .35, .2, .35, .1
    assert np.bincount(tables.compound_type).tolist() == [21, 12, 21, 6]
    assert tables.compound_ses.tolist() == [(0.35, 0.5, 0.65, 0.4)[t] for t in tables.compound_type]


def test_tables__have_the_types_the_engine_compiles_for():
    tables = City.preset("demo").tables(1)
    types = {name: getattr(tables, name).dtype.name for name in tables.__slots__}
    assert types == {
        "community_subdistrict": "int32",
        "compound_community": "int32",
        "compound_type": "int8",
        "compound_ses": "float64",
        "building_compound": "int32",
        "building_households": "int32",
    }


def test_tables__only_the_order_of_types_depends_on_the_seed():
    city = City.preset("standard")
    first, again, other = city.tables(1), city.tables(1), city.tables(2)
    assert first.compound_type.tolist() == again.compound_type.tolist()
    assert first.compound_type.tolist() != other.compound_type.tolist()
    assert sorted(first.compound_type) == sorted(other.compound_type)
    assert first.building_households.tolist() == other.building_households.tolist()


def test_tables__leave_the_global_generator_alone():
    before = np.random.get_state()[1].tolist()  # noqa: NPY002 - the thing that must not move
    City.preset("standard").tables(1)
    assert np.random.get_state()[1].tolist() == before  # noqa: NPY002


def test_tables__every_compound_is_equally_likely_to_be_of_a_type():
    # mean over seeds of the indicator "compound x is old": .35 with s.e. sqrt(.35*.65/n)
    n = 400
    old = np.mean([City.preset("standard").tables(s).compound_type == 0 for s in range(n)], axis=0)
    assert np.abs(old - 0.35).max() < 4.5 * np.sqrt(0.35 * 0.65 / n)


@settings(max_examples=60)
@given(
    sizes=st.lists(st.integers(1, 9), min_size=1, max_size=6),
    residents=st.integers(600, 9000),
    compounds=st.integers(1, 12),
    per_building=st.integers(1, 400),
    seed=st.integers(0, 2**63 - 1),
)
def test_tables__agree_with_the_counts_and_split_evenly(sizes, residents, compounds, per_building, seed):
    city = City(
        subdistricts=[Subdistrict(name=str(s), communities=[f"{s}-{c}" for c in range(n)]) for s, n in enumerate(sizes)],
        residents_per_community=residents,
        compounds_per_community=compounds,
        households_per_building=per_building,
    )
    tables = city.tables(seed)
    assert np.bincount(tables.community_subdistrict).tolist() == sizes
    assert len(tables.compound_community) == city.n_compounds
    assert len(tables.building_compound) == city.n_buildings
    assert tables.building_households.sum() == city.n_households
    assert tables.building_households.min() >= 1
    households = np.bincount(tables.building_compound, weights=tables.building_households)
    assert np.ptp(households) <= 1
    for compound in range(min(3, city.n_compounds)):
        inside = tables.building_households[tables.building_compound == compound]
        assert np.ptp(inside) <= 1
    for parents in (tables.community_subdistrict, tables.compound_community):
        assert (np.diff(parents) >= 0).all()


@given(
    weights=st.lists(st.floats(0, 1), min_size=4, max_size=4).filter(lambda w: sum(w) > 0.01),
    total=st.integers(1, 5000),
)
def test_largest_remainder__sums_to_the_total_and_stays_within_one(weights, total):
    counts = _largest_remainder(weights, total)
    assert counts.sum() == total
    assert np.abs(counts - np.array(weights) / sum(weights) * total).max() < 1 + 1e-6


# ---- real units ------------------------------------------------------------------------------


def test_default_unit__has_the_subdistrict_and_community_of_the_document():
    city = City.from_division(DEFAULT_CODE, names="real")
    assert (city.n_subdistricts, city.n_communities) == (3, 30)
    xinxing = next(s for s in city.subdistricts if s.name == "新兴街道")
    assert any(name.startswith("碧海") for name in xinxing.communities)


def test_default_unit__is_neutral_unless_asked():
    city = City.from_division(DEFAULT_CODE)
    assert city.name == "Unit 210681"
    assert [s.name for s in city.subdistricts] == [
        "Subdistrict 1",
        "Subdistrict 2",
        "Subdistrict 3",
    ]
    assert city.subdistricts[0].communities[2] == "Community 1-3"
    assert [len(s.communities) for s in city.subdistricts] == [12, 12, 6]


def test_units__all_2978_are_known_and_59_have_no_committee():
    units = load_units()
    assert len(units) == 2978
    assert sum(u.n_communities == 0 for u in units.values()) == 59


def test_unit_without_committee__is_refused_by_name():
    with pytest.raises(ValueError) as error:
        City.from_division("130127")
    assert "高邑县" in one_line(error)


def test_unit_with_idle_subdistricts__falls_to_its_towns():
    # subdistricts, but none with a committee; and towns with some
    kinds = _street_kinds()
    code = next(c for c, k in kinds.items() if "subdistrict" in k and not k["subdistrict"] and k.get("town"))
    city = City.from_division(code, names="real")
    assert city.n_communities == kinds[code]["town"]


def test_from_division__makes_every_unit_that_has_a_committee():
    kinds = _street_kinds()
    for code, unit in load_units().items():
        if unit.n_communities == 0:
            with pytest.raises(ValueError, match=code):
                City.from_division(code)
            continue
        k = kinds[code]
        expected = k.get("subdistrict") or k.get("town") or k.get("other")
        assert sum(len(c) for _, c in urban_streets(unit)) == expected, code


def _street_kinds() -> dict[str, dict[str, int]]:
    """Committees of each unit by kind of street-level unit, counted from the shipped table."""
    from govsim.paths import data_path

    kinds: dict[str, dict[str, int]] = {}
    with gzip.open(data_path("division/streets.csv.gz"), "rt", encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            unit = kinds.setdefault(row["code"][:6], {})
            kind = row["kind"] if row["kind"] in ("subdistrict", "town") else "other"
            unit[kind] = unit.get(kind, 0) + int(row["n_communities"])
    return kinds


def test_unknown_code__names_the_nearest():
    with pytest.raises(ValueError) as error:
        City.from_division("210680")
    assert "210681" in one_line(error)


def test_name__works_where_it_is_unique_and_lists_codes_where_not():
    assert City.from_division("东港市").code == "210681"
    with pytest.raises(ValueError) as error:
        City.from_division("鼓楼区")
    assert "320106" in one_line(error)
    assert "350102" in one_line(error)


@pytest.mark.parametrize("text", ["", " ", "'; drop table", "../../etc/passwd", "9" * 400, "²", "-1"])
def test_unit__hostile_text_is_an_error_of_one_line(text):
    with pytest.raises(ValueError) as error:
        City.from_division(text)
    one_line(error)


def test_from_division__takes_other_fields():
    assert City.from_division("210681", residents_per_community=6500).n_residents == 195_000
    with pytest.raises(ValueError):
        City.from_division("210681", names="nice")


# ---- other sizes -----------------------------------------------------------------------------


@given(residents=st.integers(1, 10_000_000))
def test_scaled__is_within_one_community_of_the_request(residents):
    city = City.preset("standard")
    scaled = city.scaled(residents)
    assert abs(scaled.n_residents - residents) <= city.residents_per_community
    mean = scaled.n_communities / 4  # communities in a subdistrict of the standard city
    assert abs(scaled.n_subdistricts - mean) <= 1
    sizes = [len(s.communities) for s in scaled.subdistricts]
    assert max(sizes) - min(sizes) <= 1
    assert scaled.compound_shares == city.compound_shares


def test_scaled__keeps_what_was_changed_and_forgets_the_place():
    city = City.from_division("210681", names="real", residents_per_community=6500)
    scaled = city.scaled(65_000)
    assert scaled.residents_per_community == 6500
    assert scaled.code is None
    assert scaled.subdistricts[0].name == "Subdistrict 1"


@pytest.mark.parametrize("residents", [0, -1, 10**12])
def test_scaled__refuses_an_impossible_size(residents):
    with pytest.raises(ValueError) as error:
        City.preset("standard").scaled(residents)
    one_line(error)


def test_pool__leaves_a_county_alone():
    city = City.preset("standard")
    assert city.pool() == (city,)


@pytest.mark.parametrize("residents", [1_600_000, 3_000_000, 5_000_000])
def test_pool__loses_nobody_and_keeps_whole_subdistricts(residents):
    city = City.preset("standard").scaled(residents)
    parts = city.pool()
    most = POOL_RESIDENTS // city.residents_per_community
    assert len(parts) == -(-city.n_communities // most)
    assert max(p.n_residents for p in parts) <= POOL_RESIDENTS
    assert tuple(s for p in parts for s in p.subdistricts) == city.subdistricts
    assert len({p.name for p in parts}) == len(parts)


def test_pool__cuts_a_subdistrict_only_when_it_is_itself_too_big():
    big = Subdistrict(name="Big", communities=[str(i) for i in range(90)])
    small = Subdistrict(name="Small", communities=["a", "b"])
    parts = City(subdistricts=(small, big), residents_per_community=50_000).pool()
    assert max(p.n_residents for p in parts) <= POOL_RESIDENTS
    assert sum(p.n_communities for p in parts) == 92
    names = [s.name for p in parts for s in p.subdistricts]
    assert names == ["Small", "Big (1)", "Big (2)", "Big (3)"]
    assert [p.n_communities for p in parts] == [2, 30, 30, 30]


# ---- one word --------------------------------------------------------------------------------


def test_resolve_city__takes_a_preset_a_code_or_a_file(tmp_path):
    table = tmp_path / "mine.csv"
    table.write_text("subdistrict,community\nA,one\nA,two\nB,three\n", encoding="utf-8-sig")
    fields = tmp_path / "mine.yaml"
    fields.write_text("subdistricts: [{name: A, communities: [one]}]\nresidents_per_community: 900\n")
    assert resolve_city("demo") == City.preset("demo")
    assert resolve_city("210681").code == "210681"
    assert resolve_city(str(table)).community_names == ("one", "two", "three")
    assert resolve_city(str(fields)).n_residents == 900


def test_resolve_city__unknown_word_says_what_is_allowed():
    with pytest.raises(ValueError) as error:
        resolve_city("nowhere")
    assert "demo, standard" in one_line(error)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("bad.yaml", b"- just\n- a list\n"),
        ("bad.yaml", b"a: [1, 2\n"),
        ("bad.yaml", b"!!python/object/apply:os.system ['true']\n"),
        ("bad.yaml", b"subdistricts: []\n"),
        ("bad.yaml", b"subdistricts: 3\nresidents_per_community: many\n"),
        ("bad.yaml", b""),
        ("bad.yaml", b"subdistricts: &a [*a]\n"),
        ("bad.yaml", b"name: x\nname: y\n"),
        ("bad.yaml", b"residents_per_comunity: 900\n"),
        ("bad.yaml", b"city: demo\ndays: 900\n"),
        ("bad.yaml", b"{parts: F1}\n"),
        ("bad.yaml", b"#" * 1_000_001),
        ("bad.csv", b""),
        ("bad.csv", b"subdistrict,community\nA,a\0b\n"),
        ("bad.csv", b"subdistrict,community\nA," + b"b" * 200_000 + b"\n"),
        ("bad.csv", b"a,b\n1,2\n"),
        ("bad.csv", b"subdistrict,community\nA,\n"),
        ("bad.csv", b"subdistrict,community\nA\n"),
        ("bad.csv", b"subdistrict,community\n"),
        ("bad.csv", bytes(range(256))),
    ],
)
def test_load_city__bad_file_is_an_error_of_one_line(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ValueError) as error:
        load_city(path)
    assert one_line(error).startswith(f"{path}: ")


def test_load_city__missing_file_and_folder_are_errors_of_one_line(tmp_path):
    for path in (tmp_path / "none.yaml", tmp_path):
        with pytest.raises(ValueError) as error:
            load_city(path)
        one_line(error)


def test_load_city__what_is_not_said_is_that_of_the_preset_as_in_a_scenario(tmp_path):
    path = tmp_path / "small.yaml"
    path.write_text("{preset: demo, residents_per_community: 900}")
    assert load_city(path).n_communities == City.preset("demo").n_communities
    assert load_city(path).residents_per_community == 900


def test_load_city__a_scenario_is_told_from_a_city(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("{city: demo, days: 900}")
    with pytest.raises(ValueError, match="city is no input of a city; is this a scenario") as error:
        load_city(path)
    one_line(error)


def test_compound_types__have_a_share_and_a_mean_each():
    city = City.preset("standard")
    assert len(city.compound_shares) == len(city.ses_means) == len(COMPOUND_TYPES)


def test_import__of_the_city_brings_no_pandas_nor_numba():
    code = "import sys, govsim.scenario.city as c; c.City.from_division('210681'); print(*sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"pandas", "numba", "pyarrow", "scipy"} & set(result.stdout.split())
