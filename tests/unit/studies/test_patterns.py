"""Stylised facts: every criterion passes where the fact is plain to see and fails where it is not."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import govsim.studies.patterns as module
from govsim.cli import app
from govsim.engine.state import DUTY
from govsim.labels import label
from govsim.results.store import check_folder
from govsim.scenario.city import City
from govsim.scenario.files import with_scenario
from govsim.scenario.scenario import Scenario
from govsim.studies.patterns import MANDATORY, NOT_APPLICABLE, PATTERNS, RUNS, Bound, Patterns, filter_by_patterns, patterns
from govsim.studies.prior import DECISIVE, draw_sets
from govsim.studies.store import is_comparison, is_patterns, save_patterns
from govsim.studies.unfinished import FILE, Unfinished

WORLD = Scenario(city=City.preset("demo"))
DEFAULTS = {
    "onset_day": 400.0, "type": "PM", "compound": 0, "authority": 1, "n_departments": 0, "is_voiced": True, "voiced_day": 401.0,
    "triaged_day": 402.0, "jurisdiction_day": np.nan, "has_jurisdiction_gate": False, "has_power_gate": False,
    "has_interests_gate": False, "is_closed": True, "closed_day": 410.0, "last_closed_day": 410.0, "is_resolved": True,
    "resolved_day": 410.0, "ended_day": np.nan, "is_petitioned": False, "petitioned_day": np.nan, "law_day": np.nan,
    "channel": "community", "satisfaction": 0.8, "served_hours": 4.0, "perfunctory_hours": 0.0, "n_sittings": 0,
}  # fmt: skip


class Told:
    """What a pattern sees, told instead of simulated."""

    start = 365.0

    def __init__(self, issues=(), daily=None, ledger=None, meetings=None, directed=None, compounds=(0,)):
        log = pd.DataFrame([DEFAULTS | dict(row) for row in issues] or [DEFAULTS])
        self.directed_day = np.full(len(log), np.nan) if directed is None else np.asarray(directed, float)
        columns = SimpleNamespace(compound_type=np.array(compounds), compound_households=np.full(len(compounds), 100))
        self.run = SimpleNamespace(
            issues=log, daily=pd.DataFrame(daily), ledger=ledger, meetings=meetings, columns=columns, horizon=1095.0, scenario=WORLD
        )

    def issues(self, start, end):
        log = self.run.issues
        return log[(log.onset_day >= self.start + start) & (log.onset_day < self.start + end)]

    def days(self, start, end):
        return self.run.daily[int(self.start + start) : int(self.start + end)]


def shows(code, **told):
    """Whether a replication shows a pattern, and what lacks."""
    pattern = PATTERNS[code]
    runs = {name: told.get(name.replace(" ", "_"), told.get("rest")) for name in pattern.runs}
    found = pattern.measure(runs)
    assert set(found) == set(pattern.bounds)
    return {name for name, bound in pattern.bounds.items() if not bound.holds(found[name], found[name])}


def spread(counts, n_years=2, **traits):
    """Issues of two years: so many in each month."""
    return [
        {"onset_day": 365 + 365 * year + (month + 0.5) * 365 / 12} | traits
        for year in range(n_years) for month, n in enumerate(counts) for _ in range(n)
    ]  # fmt: skip


def test_sf2__types_lead_and_have_seasons():
    leading = spread([3] * 12) + spread([3] * 12, type="ORDER")
    seasons = spread([2] * 2 + [0] * 8 + [2] * 2, type="UTIL") + spread([0] * 5 + [2] * 3 + [0] * 4, type="NOISE")
    traffic = spread([0] * 6 + [2] * 3 + [0] * 3, type="PARK")
    assert shows("SF2", B0=Told(leading + seasons + traffic)) == set()
    flat = [row for code in ("UTIL", "NOISE", "PARK") for row in spread([1] * 12, type=code)]
    assert shows("SF2", B0=Told(flat + spread([1] * 12) + spread([9] * 12, type="ROAD"))) == {"lead", "heating", "noise", "traffic"}


def test_sf2__days_that_bunch_make_no_season():
    bunched = spread([1] * 12, type="PARK") + [{"onset_day": 400.0, "type": "PARK"}] * 20
    assert "traffic" in shows("SF2", B0=Told(bunched + spread([1] * 12) + spread([1] * 12, type="ORDER")))


def test_sf3__the_tail_has_the_traits_or_has_not():
    quick = [{"closed_day": 402.0 + n / 100} for n in range(90)]
    slow = [{"closed_day": 600.0, "n_departments": 3, "has_power_gate": True, "has_interests_gate": True}] * 10
    assert shows("SF3", B0=Told(quick + slow)) == set()
    plain = [{"closed_day": 600.0 + n} for n in range(10)]
    heavy = [row | {"n_departments": 3, "has_power_gate": True, "has_interests_gate": True} for row in quick[:10]]
    assert shows("SF3", B0=Told(quick[10:] + heavy + plain)) == {"departments", "authority", "interests", "share"}


def asked(n, n_yes, **traits):
    disputed = {"has_jurisdiction_gate": True, "n_departments": 1} | traits
    return [disputed | {"jurisdiction_day": 402.0 if k < n_yes else 430.0} for k in range(n)]


def test_sf7__a_third_answers_and_a_threat_helps_or_not():
    threat = {"petitioned_day": 401.0}
    assert shows("SF7", B0=Told(asked(90, 30) + asked(10, 5, **threat))) == set()
    assert shows("SF7", B0=Told(asked(90, 50) + asked(10, 5, **threat))) == {"response", "threat"}
    assert shows("SF7", B0=Told(asked(90, 10) + asked(10, 5, **threat))) == {"response"}


def test_sf4__all_is_closed_and_less_is_resolved_or_not():
    order = {"channel": "hotline"}
    closed = [order] * 6 + [order | {"is_resolved": False, "satisfaction": 0.2}] * 4
    assert shows("SF4", RV1=Told([*closed, {"is_closed": False}])) == set()
    open_too = [order | {"is_closed": False, "is_resolved": False, "satisfaction": np.nan}]
    assert shows("SF4", RV1=Told(closed + open_too)) == {"closed"}
    assert shows("SF4", RV1=Told([order] * 10)) == {"gap", "dissatisfied"}


@pytest.mark.parametrize(("n", "lacks"), [(12, set()), (10, {"demand"})])
def test_sf5__more_is_voiced_or_not(n, lacks):
    assert shows("SF5", B0=Told(daily={"n_voiced": np.full(1095, 10)}), RV1=Told(daily={"n_voiced": np.full(1095, n)})) == lacks


def test_sf6__ranking_raises_reports_and_pretence_or_not():
    def told(closed, perfunctory):
        found = Told()
        found.run.metrics = {"closed_in_time_share": closed, "perfunctory_hours_share": perfunctory}
        return found

    assert shows("SF6", RV1=told(0.6, 0.1), RV1_unranked=told(0.5, 0.05)) == set()
    assert shows("SF6", RV1=told(0.5, 0.05), RV1_unranked=told(0.5, 0.1)) == {"reported", "strategic"}


def petitions(*by_year):
    return {"n_petitions": np.concatenate([np.zeros(365), *(np.full(365, n) for n in by_year)])}


def test_sf8__a_wave_rises_and_recedes_or_not():
    base = Told(daily=petitions(10, 10, 10, 10))
    assert shows("SF8", long_B0=base, long_RV4=Told(daily=petitions(15, 15, 12, 11))) == set()
    assert shows("SF8", long_B0=base, long_RV4=Told(daily=petitions(12, 13, 14, 15))) == {"recession"}
    assert shows("SF8", long_B0=base, long_RV4=Told(daily=petitions(9, 9, 9, 9))) == {"rise", "recession"}


def emergency(in_peak, offered_after, active_after):
    """Members give hours on duty in the peak; before, 100 hours a month are offered and 10 members act."""
    world = with_scenario(WORLD, "pandemic")
    begins = world.burn_in_days + world.shocks.emergency.start
    ends = begins + world.shocks.emergency.days
    duty = np.zeros(1095, DUTY)
    duty["members"][begins : begins + 30] = in_peak
    daily = {"n_on_roster": np.zeros(1095), "n_active_members": np.zeros(1095)}
    for day in range(365, 1095, 30):
        daily["n_on_roster"][day] = 10
        daily["n_active_members"][day] = active_after if day > ends else 10
        duty["members_offered"][day] = offered_after if day > ends else 100
    told = Told(daily=daily)
    told.run.scenario, told.run.columns.duty = world, duty
    return told


def test_sf9__members_surge_and_tire_or_not():
    plain = emergency(0, 100, 10)
    assert shows("SF9", F1=plain, pandemic_F1=emergency(20, 60, 8)) == set()
    assert shows("SF9", F1=plain, pandemic_F1=emergency(5, 120, 10)) == {"surge", "offered", "active"}


@pytest.mark.parametrize(("hours", "lacks"), [(300.0, set()), (150.0, {"multiple"})])
def test_sf19__staff_multiply_or_not(hours, lacks, monkeypatch):
    monkeypatch.setattr(module, "pandemic_outputs", lambda *_: {"staffing_multiple": (hours, 100.0)})
    assert shows("SF19", pandemic_F1=emergency(0, 0, 0)) == lacks


def solved(*days):
    return [{"resolved_day": day} for day in days]


def test_sf10__attention_works_dilutes_and_decays_or_not():
    slow = Told(solved(900, 900, 900, 900))
    few = Told(solved(510, 520, 560, 900), directed=[500] * 4)
    many = Told(solved(510, 540, 540, 900), directed=[500] * 4)
    assert shows("SF10", B0=slow, E1=few, E1_tenfold=many) == set()
    late = Told(solved(560, 570, 580, 585), directed=[500] * 4)
    assert shows("SF10", B0=slow, E1=late, E1_tenfold=late) == {"effect", "dilution", "decay"}


def test_sf10__what_only_many_directives_reach_says_nothing_of_dilution():
    base, few = Told(solved(900, 900)), Told(solved(510, 900), directed=[500, np.nan])
    many = Told(solved(900, 505), directed=[500, 500])
    assert "dilution" not in shows("SF10", B0=base, E1=few, E1_tenfold=many)


def test_sf11__attention_fails_without_means_or_does_not():
    slow, quick = Told(solved(900, 900)), Told(solved(510, 510), directed=[500, 500])
    none = Told(solved(900, 900), directed=[500, 500])
    assert shows("SF11", B0=slow, scarce_B0=slow, E1=quick, scarce_E1=none) == set()
    assert shows("SF11", B0=slow, scarce_B0=slow, E1=quick, scarce_E1=quick) == {"failure"}


def test_sf12__decisions_solve_little_at_low_levels_or_not():
    low = [{"n_sittings": 2, "authority": 2}] * 3
    high = [{"n_sittings": 4, "authority": 5, "is_resolved": False}] * 3
    assert shows("SF12", F1=Told(low + high)) == set()
    solving = [{"n_sittings": 1, "authority": 5}] * 9 + [{"n_sittings": 1, "authority": 2, "is_resolved": False}]
    assert shows("SF12", F1=Told(solving)) == {"unsolved", "level"}


def test_sf13__nominal_members_and_meetings_exist_or_not():
    def told(active, ruled):
        daily = {"n_on_roster": np.zeros(1095), "n_active_members": np.zeros(1095)}
        daily["n_on_roster"][[400, 1000]], daily["n_active_members"][[400, 1000]] = 10, (10, active)
        meetings = pd.DataFrame({"forum": ["executive", "A2"], "day": [500, 500], "n_tabled": [3, 3], "n_ruled": [0, ruled]})
        return Told(daily=daily, meetings=meetings)

    assert shows("SF13", F1=told(8, 0)) == set()
    assert shows("SF13", F1=told(10, 1)) == {"members", "meetings"}


def test_sf14__load_differs_between_types_of_compound_or_not():
    compounds = (0, 1, 2, 3)
    uneven = [{"compound": c, "served_hours": hours} for c, hours in enumerate((20.0, 9.0, 8.0, 9.0))]
    assert shows("SF14", B0=Told(uneven, compounds=compounds)) == set()
    even = [{"compound": c, "served_hours": hours} for c, hours in enumerate((12.0, 9.0, 8.0, 9.0))]
    assert shows("SF14", B0=Told(even, compounds=compounds)) == {"fold"}


def test_sf15__months_alternate_and_audits_matter_or_not():
    def told(idle, perfunctory):
        desk = {"kind": "community", "overhead_hours": 0.0}
        hours = [{"idle_hours": free, "served_hours": 100.0 - free} for free in idle]
        rows = [desk | hours[m % 2] | {"unit": u, "month": m} for u in range(2) for m in range(36)]
        return Told([{"perfunctory_hours": perfunctory}], ledger=pd.DataFrame(rows))

    assert shows("SF15", B0=told((10.0, 60.0), 0.1), unchecked=told((10.0, 60.0), 0.3)) == set()
    assert shows("SF15", B0=told((40.0, 60.0), 0.1), unchecked=told((40.0, 60.0), 0.1)) == {"alternation", "monitoring"}


def voices(share, n_compounds=10, n=400):
    """Issues of compounds whose propensity goes from share[0] to share[1]."""
    rng = np.random.default_rng(1)
    levels = np.linspace(*share, n_compounds)
    return [{"compound": c, "is_voiced": bool(rng.random() < p)} for c, p in enumerate(levels) for _ in range(n)]


def test_sf16__voice_differs_threefold_or_not():
    compounds = (0,) * 10
    assert shows("SF16", B0=Told(voices((0.3, 0.9)), compounds=compounds)) == set()
    assert shows("SF16", B0=Told(voices((0.6, 0.6)), compounds=compounds)) == {"fold"}
    assert shows("SF16", B0=Told(voices((0.1, 0.9)), compounds=compounds)) == {"fold"}


def test_sf16__luck_in_small_compounds_is_no_difference():
    assert shows("SF16", B0=Told(voices((0.5, 0.5), n_compounds=100, n=12), compounds=(0,) * 100)) == {"fold"}


def test_sf17__local_first_and_petitions_last_or_not():
    ways = [{}] * 6 + [{"channel": "private"}] * 8 + [{"channel": "law", "law_day": 405.0}]
    later = [{"channel": "petition", "is_petitioned": True, "petitioned_day": 460.0}] * 3
    assert shows("SF17", B0=Told(ways + later)) == set()
    first = [{"channel": "petition", "is_petitioned": True, "petitioned_day": 401.0}] * 20 + [{"channel": "law", "law_day": 405.0}] * 5
    assert shows("SF17", B0=Told(ways + first)) == {"local", "law", "after"}


@pytest.mark.parametrize(("takes", "lacks"), [(0.08, set()), (0.02, {"asymmetry"})])
def test_sf18__a_loss_weighs_more_or_less_than_a_gain(takes, lacks):
    rng = np.random.default_rng(1)
    good, bad = rng.poisson(3, 1095), rng.poisson(3, 1095)
    trust = 0.5 + np.cumsum(0.05 * good - takes * bad) / 100
    closings = [(day, 0.9) for day in range(1095) for _ in range(good[day])] + [(day, 0.1) for day in range(1095) for _ in range(bad[day])]
    rows = [{"last_closed_day": day + 0.5, "satisfaction": s} for day, s in closings]
    assert shows("SF18", B0=Told(rows, daily={"trust_community": trust})) == lacks


def test_sf20__few_compounds_demand_most_or_not():
    many = [{"compound": 0}] * 60 + [{"compound": c} for c in range(1, 10)] * 4
    assert shows("SF20", B0=Told(many, compounds=(0,) * 10)) == set()
    assert shows("SF20", B0=Told([{"compound": c} for c in range(10)], compounds=(0,) * 10)) == {"share"}


@pytest.mark.parametrize(("city", "lacks"), [(0.6, set()), (0.4, {"gap"})])
def test_sf21__the_city_is_trusted_more_or_less(city, lacks):
    assert shows("SF21", B0=Told(daily={"trust_city": np.full(1095, city), "trust_community": np.full(1095, 0.5)})) == lacks


# ---- the table and the filter --------------------------------------------------------------------


def test_bound__takes_the_whole_interval():
    assert Bound(low=0).holds(0.1, 0.9) and not Bound(low=0).holds(-0.1, 0.9) and not Bound(low=0).holds(np.nan, np.nan)
    assert Bound(2, 4).holds(2.5, 3.5) and not Bound(2, 4).holds(2.5, 4.5)
    assert Bound(low=0).fails(-0.9, -0.1) and not Bound(low=0).fails(-0.1, 0.9) and not Bound(low=0).fails(np.nan, np.nan)
    assert Bound(2, 4).fails(4.5, 5) and Bound(2, 4).fails(1, 1.5) and not Bound(2, 4).fails(1, 5)


def test_patterns__all_twenty_one_are_there_once_and_labelled():
    codes = [f"SF{n}" for n in range(1, 22)]
    assert sorted([*PATTERNS, *NOT_APPLICABLE], key=codes.index) == codes
    assert set(MANDATORY) <= set(codes)
    assert {name for pattern in PATTERNS.values() for name in pattern.runs} == set(RUNS)
    for lang in ("en", "zh"):
        for code in codes:
            assert label(f"pattern.{code}", lang) and label(f"pattern.{code}.how", lang)
            assert all(label(f"pattern.{code}.{name}", lang) for name in (PATTERNS[code].bounds if code in PATTERNS else ()))


def test_patterns__one_failing_quantity_is_not_reproduced_and_one_across_its_bound_is_undecided():
    chosen = [PATTERNS["SF12"]]
    found = [{"SF12": {"unsolved": 0.8 + x, "level": 1.0 + x}} for x in (-0.01, 0.0, 0.01)]
    assert set(module.analyse_patterns(chosen, found).verdict) == {"reproduced"}
    table = module.analyse_patterns(chosen, [{"SF12": values["SF12"] | {"unsolved": 0.4}} for values in found])
    assert set(table.verdict) == {"not_reproduced"} and table.state.tolist() == ["fails", "holds"]
    wide = [{"SF12": {"unsolved": 0.8, "level": x}} for x in (-1.0, 1.0, 2.0)]
    table = module.analyse_patterns(chosen, wide)
    assert set(table.verdict) == {"undecided"} and table.state.tolist() == ["holds", "undecided"]
    worse = module.analyse_patterns(chosen, [{"SF12": values["SF12"] | {"unsolved": 0.4}} for values in wide])
    assert set(worse.verdict) == {"not_reproduced"} and worse.state.tolist() == ["fails", "undecided"]


def test_patterns__run_end_to_end_and_again_the_same():
    found = patterns(WORLD, 2, only=["SF10", "SF12", "SF21"], workers=2)
    assert list(found.verdicts) == ["SF10", "SF12", "SF21"]
    assert np.isfinite(found.table[["mean", "low", "high"]].to_numpy(float)).all()
    again = patterns(WORLD, 2, only=["SF12", "SF21"], workers=1)
    assert again.table.equals(found.table[found.table.pattern != "SF10"].reset_index(drop=True))


def test_patterns__a_killed_check_goes_on_where_it_was(tmp_path, monkeypatch):
    path = tmp_path / FILE
    whole = patterns(WORLD, 3, only=["SF21"])
    patterns(WORLD, 2, only=["SF21"], unfinished=Unfinished(path))
    content = path.read_bytes()
    path.write_bytes(content[:-9])
    kept = Unfinished(path)
    assert patterns(WORLD, 3, only=["SF21"], unfinished=kept).table.equals(whole.table)
    assert kept.n_reused == 1
    monkeypatch.setattr(module, "run_jobs", None)
    assert patterns(WORLD, 3, only=["SF21"], unfinished=Unfinished(path)).table.equals(whole.table)


def test_patterns__are_saved_whole_and_foreign_folders_left_alone(tmp_path):
    found = patterns(WORLD, 2, only=["SF21"])
    none = pd.DataFrame({"pattern": ["SF1"], "quantity": "", "verdict": "not_applicable"})
    table = pd.concat([found.table, none], ignore_index=True)
    folder = save_patterns(Patterns(table, found.provenance), tmp_path / "out")
    assert is_patterns(folder) and not is_comparison(folder)
    assert pd.read_parquet(folder / "table.parquet").state.tolist()[0] == "holds"
    sets = pd.DataFrame({"SF12": [True], "kept": True, "base": 100.0, "difference": 3.0})
    save_patterns(module.analyse_filter(sets, ["SF12"], found.provenance), folder)
    assert sorted(p.name for p in folder.iterdir()) == ["headline.parquet", "manifest.json", "rejected.parquet", "sets.parquet"]
    with pytest.raises(ValueError, match="other files"):
        check_folder(folder, is_comparison)


def test_seen__knows_the_day_of_every_first_directive():
    from govsim.engine.simulate import Engine
    from govsim.scenario.variants import apply

    engine = Engine(apply(WORLD, "E1"), seed=3, moves=True).advance(450)
    seen = module.Seen(engine)
    is_directed = seen.run.issues.n_directives.to_numpy() > 0
    assert is_directed.sum() > 5
    assert np.array_equal(is_directed, ~np.isnan(seen.directed_day))
    assert not (seen.directed_day < seen.run.issues.onset_day).any()
    assert np.nanmin(seen.directed_day) >= 365


def test_prior__stays_in_its_ranges_and_more_draws_go_on_from_fewer():
    sets = draw_sets(200)
    assert sets[:7] == draw_sets(7)
    for path, (low, high) in DECISIVE.items():
        values = np.array([row[path] for row in sets])
        assert low <= values.min() and values.max() <= high
        # The mean of 200 uniform draws; 4.5 of its standard errors.
        assert abs(values.mean() - (low + high) / 2) < 4.5 * (high - low) / np.sqrt(12 * 200)


def test_filter__counts_what_is_rejected_and_the_headline_without_it():
    sets = pd.DataFrame({"SF7": [True, True, False, False], "SF12": [True, False, True, False], "kept": [True, False, False, False],
                         "base": 100.0, "difference": [-5.0, 1.0, 5.0, 3.0]})  # fmt: skip
    found = module.analyse_filter(sets, ["SF7", "SF12"], {})
    assert found.rejected["rejected"].tolist() == [2, 2, 3]
    assert found.rejected.low.iloc[2] == pytest.approx(0.1941, abs=1e-4)
    every, kept = (found.headline.iloc[n] for n in (0, 1))
    assert (every.n_sets, every.difference, every.win, every.tie, every.loss) == (4, 1.0, 0.25, 0.25, 0.5)
    assert (kept.n_sets, kept.difference, kept.win) == (1, -5.0, 1.0)
    none = module.analyse_filter(sets.assign(SF7=False, kept=False), ["SF7", "SF12"], {})
    assert none.headline.sets.tolist() == ["all", "kept", "others"]
    assert none.headline.n_sets.tolist() == [4, 0, 2] and np.isnan(none.headline.difference.iloc[1])
    assert none.headline.difference.iloc[2] == 0.0


def test_filter__judges_by_means_and_keeps_what_shows_all():
    chosen = [PATTERNS["SF12"], PATTERNS["SF7"], module.HEADLINE]
    found = [
        {"SF12": {"unsolved": u, "level": 1.0}, "SF7": {"response": 0.33, "threat": 0.1}, "headline": {"F1": 60.0, "B0": 50.0}}
        for u in (0.45, 0.6)
    ]
    row = module.judge_set(chosen, found)
    assert row == {"SF12": True, "SF7": True, "base": 50.0, "difference": 10.0, "kept": True}
    found[0]["SF7"]["response"] = 0.9
    assert module.judge_set(chosen, found)["kept"] is False


def test_filter__runs_end_to_end():
    found = filter_by_patterns(WORLD, 2, 1, codes=["SF12"], workers=2)
    assert len(found.sets) == 2 and found.sets[list(DECISIVE)].nunique().tolist() == [2] * 5
    assert found.sets.base.nunique() == 2


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_cli__prints_failures_as_failures_and_ends_with_nought(lang, monkeypatch, tmp_path):
    def told(world, replications, **_):
        table = module.analyse_patterns([PATTERNS["SF12"]], [{"SF12": {"unsolved": 0.2, "level": 1.0}}] * replications)
        return Patterns(table, module.regime_of(world) | {"replications": replications})

    monkeypatch.setattr(module, "patterns", told)
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["patterns", "--city", "demo", "--replications", "2", "--lang", lang])
    assert is_patterns(tmp_path / "results" / "patterns")
    assert done.exit_code == 0, done.output
    assert label("patterns.verdict.not_reproduced", lang) in done.output
    assert "SF12*" in done.output


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_cli__prints_the_filter(lang, monkeypatch, tmp_path):
    def told(world, n, replications, **_):
        sets = pd.DataFrame({"SF12": [True] * n, "kept": True, "base": 100.0, "difference": 3.0})
        return module.analyse_filter(sets, ["SF12"], module.regime_of(world) | {"replications": replications})

    monkeypatch.setattr(module, "filter_by_patterns", told)
    done = CliRunner().invoke(app, ["patterns", "--city", "demo", "--filter", "4", "--lang", lang, "--out", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    assert label("patterns.sets.kept", lang) in done.output


@pytest.mark.parametrize("words", [("--filter", "0"), ("--replications", "1"), ("--city", "nowhere"), ("--lang", "fr")])
def test_cli__bad_input_is_one_line(words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["patterns", *words], env={"GOVSIM_LANG": "en"})
    assert done.exit_code == 2 and "Traceback" not in done.output
    assert not list(tmp_path.iterdir())
