"""The scenarios SC2, SC3 and SC5: consent by hand, stages in order, money closed, a queue that keeps its law, knobs that stay put."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from govsim.engine import state as st
from govsim.engine.renovation import law_is_met, least_supporters, serial_rank
from govsim.engine.simulate import Engine
from govsim.results.history import History
from govsim.results.metrics import measure
from govsim.results.programmes import _gate_days, _last_gate, belief_path, keeps_station
from govsim.results.run import Run
from govsim.results.scenarios import OUTPUTS, READERS, outputs_of
from govsim.results.store import load_run, save_run
from govsim.scenario.city import City
from govsim.scenario.fields import ScenarioError
from govsim.scenario.files import with_scenario
from govsim.scenario.inputs import override
from govsim.scenario.scenario import Scenario
from govsim.scenario.variants import apply
from tests.runs import same_log

DESKS = {"community_workers": 2, "department_workers": 2, "subdistrict_workers": 2}
WORLD = override(Scenario(city=City.preset("demo"), days=700, burn_in_days=100, seed=3), {"staffing": DESKS})
RICH = {"staffing.fund_city": 5000.0}
TRAITS = ("n_departments", "obstacles", "n_affected", "severity", "hours", "fund")


def asked(course=None, variant="B0", **inputs):
    """A scenario with a course of events laid over it and inputs changed; `part__name` is `shocks.part.name`."""
    world = WORLD if course is None else with_scenario(WORLD, course)
    changes = {path if "." in path else f"shocks.{path.replace('__', '.')}": value for path, value in inputs.items()}
    return override(apply(world, variant), changes)


def run(course=None, variant="B0", days=WORLD.days, **inputs):
    return Engine(asked(course, variant, **inputs)).advance(days)


# ---- consent -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("n", "part", "favour", "is_met"),
    [
        (9, 6, 5, True),  # 6 of 9 are two thirds, 5 of 6 more than three quarters
        (9, 5, 5, False),  # too few take part
        (9, 6, 4, False),  # 4 of 6 are less than three quarters
        (360, 240, 180, True),
        (360, 239, 239, False),
        (360, 240, 179, False),
        (360, 360, 270, True),
        (360, 360, 269, False),
    ],
)
def test_consent__is_two_thirds_taking_part_and_three_quarters_of_those(n, part, favour, is_met):
    assert law_is_met(n, float(n), part, float(part), favour, float(favour)) == is_met


def test_consent__is_asked_by_area_as_well_as_by_number():
    assert law_is_met(9, 90.0, 6, 60.0, 5, 45.0)
    assert not law_is_met(9, 90.0, 6, 59.0, 5, 45.0)
    assert not law_is_met(9, 90.0, 6, 60.0, 5, 44.0)


def test_least_supporters__are_three_quarters_of_two_thirds():
    assert [least_supporters(n) for n in (9, 10, 360)] == [5, 6, 180]
    for n in range(1, 400):
        least = least_supporters(n)
        part = -(-2 * n // 3)
        assert law_is_met(n, float(n), part, float(part), least, float(least))
        assert not law_is_met(n, float(n), part, float(part), least - 1, least - 1.0)


def test_assembly__where_all_vote_needs_three_quarters_of_the_owners():
    e = run("renovation", renovation__turnout_for=1.0, renovation__turnout_against=1.0, renovation__compound_share=0.5,
            **{"behaviour.gates.supporter_lapse": 0.0})  # fmt: skip
    rows = e.world.renovations
    it = e.world.issues[rows.issue]
    agreed = it.closed_gates & st.GATE_I == 0
    assert agreed.sum() > 2
    assert (rows.participation[rows.ballots > 0] == 1.0).all()
    assert (rows.approval[agreed] >= 0.75).all()
    waiting = ~agreed & (rows.ballots > 0)
    of_owners = it.supporters / rows.n_owners
    assert (rows.approval[waiting] <= of_owners[waiting] + 1e-12).all()


def test_assembly__that_nobody_attends_never_consents():
    e = run("renovation", renovation__turnout_for=0.0, renovation__turnout_against=0.0)
    rows = e.world.renovations
    assert rows.ballots.sum() > 0
    assert (e.world.issues[rows.issue].closed_gates & st.GATE_I > 0).all()


def test_signatures__suffice_where_no_assembly_votes():
    e = run("renovation", renovation__assembly=False, renovation__compound_share=0.5)
    rows = e.world.renovations
    it = e.world.issues[rows.issue]
    agreed = it.closed_gates & st.GATE_I == 0
    assert agreed.any()
    assert rows.ballots.sum() == 0
    assert (it.parties == [least_supporters(n) for n in rows.n_owners]).all()
    assert (it.supporters[agreed] >= it.parties[agreed]).all()


def test_owners__in_favour_are_as_many_as_the_issue_says():
    e = run("renovation", "F1", days=300, renovation__compound_share=0.5)
    w = e.world
    for row in w.renovations:
        own = w.owners[row.first_owner : row.first_owner + row.n_owners]
        if np.isfinite(w.issues.triaged[row.issue]) and w.issues.status[row.issue] == st.GATED:
            assert own.supports.sum() <= w.issues.supporters[row.issue] + row.n_owners
        assert (w.buildings.compound[own.building] == row.compound).all()
        first = w.buildings.first_household[own.building]
        assert ((own.household >= first) & (own.household < first + w.buildings.n_households[own.building])).all()
    assert len(np.unique(w.owners.household)) == len(w.owners)


# ---- money and works -----------------------------------------------------------------------------


def test_money__comes_whole_from_four_sides_or_not_at_all():
    e = run("renovation", renovation__compound_share=0.5, **RICH)
    rows, it = e.world.renovations, e.world.issues[e.world.renovations.issue]
    given = rows.from_city + rows.from_compound + rows.from_community + rows.from_owners
    reserved = it.closed_gates & st.GATE_F == 0
    assert reserved.sum() > 2
    assert given[reserved] == pytest.approx(it.fund[reserved].astype(float), rel=1e-6)
    assert (given[~reserved] == 0).all()
    assert rows.from_owners[reserved] == pytest.approx(0.2 * it.fund[reserved].astype(float), rel=1e-6)
    assert (rows.from_city[reserved] >= 0.6 * it.fund[reserved] - 1e-3).all()
    c, funds = e.world.counters[0], e.world.funds.reshape(len(st.POTS), -1, 2)
    city = funds[st.POTS.index("city")].sum(axis=0)
    held = rows.from_city[reserved & (it.pot == 3)].sum()
    assert c.money_city >= -1e-9
    others = e.world.issues[(e.world.issues.pot == 3) & ~np.isin(np.arange(len(e.world.issues)), rows.issue)]
    serial = e.world.kinds.serial[e.world.arrivals.type[(e.world.issues.pot == 3) & ~np.isin(np.arange(len(e.world.issues)), rows.issue)]]
    held += (others.fund * np.where(serial == 1, 0.8, 1.0)).sum()
    assert city[0] - city[1] == pytest.approx(c.money_city + held, rel=1e-5)


def stages_of(e):
    """Stages of works begun, one row a renovation, in order; nan where a department has none."""
    done = e.world.renovations.issue >= 0
    return e.world.stages.reshape(-1, st.N_STAGES)[done]


def works(**more):
    return run("renovation", "F1", renovation__compound_share=0.5, renovation__turnout_against=0.0, **RICH, **more)


def test_stages__wait_for_each_other():
    stages = stages_of(works())
    n = 0
    for row in stages:
        there = row[np.isfinite(row["start"])]
        ends = np.where(np.isfinite(there["end"]), there["end"], np.inf)
        assert (there["start"][1:] >= ends[:-1]).all()
        n += len(there)
    assert n > 8
    assert (stages["redig"] == 0).all()


def test_stages__that_do_not_wait_dig_again_by_exactly_three_tenths():
    """Every stage begun before an earlier one that is needed has ended, and no other, takes 1.3 times its hours."""
    e = works(renovation__in_order=False, **{"behaviour.routing.information_loss": 0.0})
    n = 0
    for row, issue in zip(stages_of(e), e.world.renovations.issue, strict=True):
        it = e.world.issues[issue]
        if it.redo > 0:
            continue
        m = int(it.n_departments)
        needed = [k for k, least in enumerate((4, 4, 4, 4, 6, 5)) if m >= least]
        ends = np.where(np.isfinite(row["end"]), row["end"], np.inf)
        for k in needed:
            if np.isfinite(row["start"][k]):
                is_early = any(ends[j] > row["start"][k] for j in needed if j < k)
                assert row["redig"][k] == pytest.approx(0.3 * row["hours"][k] if is_early else 0.0, rel=1e-12)
                n += is_early
    assert n > 2


def test_ranks__are_those_of_the_ruling():
    order = ("natural_resources", "housing", "utilities", "municipal_traffic", "urban_management", "civil_affairs")
    from govsim.scenario.demand import DEPARTMENTS

    assert [serial_rank(DEPARTMENTS.index(d)) for d in order] == list(range(6))


def test_quarrels__are_taken_to_one_place_each():
    e = works(renovation__quarrel_share=1.0)
    rows = e.world.renovations
    taken = rows.quarrels_mediated + rows.quarrels_law + rows.quarrels_petitioned + rows.quarrels_silent + rows.quarrels_private
    assert rows.quarrels.sum() > 0
    assert (taken == rows.quarrels).all()
    assert (rows.quarrels == rows.dissenters).all()
    assert (rows.quarrels_settled <= rows.quarrels_mediated + rows.quarrels_law).all()
    assert (works(renovation__quarrel_share=0.0).world.renovations.quarrels == 0).all()


# ---- disputes ------------------------------------------------------------------------------------


def test_station_knobs__move_nothing_where_there_is_no_station():
    plain = run("dispute", "F1", dispute__station="never")
    assert same_log(plain, run("dispute", "F1", dispute__station="never", dispute__mediator_skill=0.1, dispute__pro_bono_hours=400.0))
    assert not same_log(plain, run("dispute", "F1"))


def test_skill__moves_the_cases_of_its_station_alone():
    from govsim.engine.build import parameters

    usual, better = asked("dispute"), asked("dispute", dispute__mediator_skill=1.0)
    desks = Engine(usual).capacity
    one, other = (parameters(s, desks, s.mechanism, s.external)[0] for s in (usual, better))
    changed = {name for name in one.dtype.names if one[name] != other[name]}
    assert changed == {"dispute_mediator_skill", "dispute_case_success"}
    assert one.dispute_case_success == usual.behaviour.gates.law_case_success
    odds = other.dispute_case_success / (1 - other.dispute_case_success) * (1 - one.dispute_case_success) / one.dispute_case_success
    assert np.log(odds) == pytest.approx(usual.behaviour.gates.persuade_skill * 0.2)


def test_pro_bono_hours__lengthen_the_day_of_one_station():
    engines = [Engine(asked("dispute", "F1", dispute__pro_bono_hours=h)) for h in (40.0, 80.0)]
    one, other = (e.advance(e.scenario.burn_in_days + 1).world.stations for e in engines)
    differs = one.window * one.n_workers != other.window * other.n_workers
    assert differs.sum() == 1
    assert (one.kind[differs], one.area[differs]) == (st.MEDIATION, 0)
    assert (other.window * other.n_workers)[differs] == pytest.approx(2 * (one.window * one.n_workers)[differs])


def test_belief_gap__moves_two_beliefs_of_one_community():
    one, other = Engine(asked("dispute")).world, Engine(asked("dispute", dispute__belief_gap=0.5)).world
    inside = np.repeat(one.buildings.community == 0, one.buildings.n_households)
    assert set(other.households.petition[inside].round(12)) == {0.6}
    assert set(other.households.law[inside].round(12)) == {0.1}
    for name in ("community", "petition", "law", "trust_community", "trust_city", "expectation", "ses"):
        assert np.array_equal(one.households[name][~inside], other.households[name][~inside])
    assert np.array_equal(one.households.community, other.households.community)
    assert np.array_equal(one.households.petition, Engine(asked()).world.households.petition)


def test_counters__are_those_of_the_log():
    e = run("dispute", "RV4")
    w = e.world
    place, rest = w.channels.reshape(2, -1)
    it = w.issues[: e.n_issues]
    inside = w.buildings.community[w.arrivals.building[: e.n_issues]] == 0
    assert place.petitions.sum() == it.petitions[inside].sum()
    assert rest.petitions.sum() == it.petitions[~inside].sum()
    assert place.petitions.sum() - place.repeats.sum() == (it.petitions[inside] > 0).sum()
    assert place.petitions.sum() + rest.petitions.sum() == w.daily.petitions.sum()
    path = belief_path(Run.from_engine(e))
    assert path.belief_petition.between(0, 1).all()
    assert len(path) == 2 * int(e.day * 12 // 365)


def test_station__is_kept_by_whom_the_input_says():
    for variant, station, is_kept in (("B0", "mechanism", 0), ("F1", "mechanism", 1), ("B0", "always", 1), ("F1", "never", 0)):
        e = run("dispute", variant, days=101, dispute__station=station)
        assert e.world.communities.doorstep[0] == is_kept
        assert keeps_station(e.scenario) == bool(is_kept)


# ---- convenience ---------------------------------------------------------------------------------


def test_facility__serves_no_more_than_come_and_no_more_come_than_need_it():
    e = run("convenience", "F1", convenience__visits_per_household=1.5)
    months = e.world.facility_months
    assert months.served.sum() > 100
    assert (months.wanted >= months.came).all() and (months.came >= months.served).all() and (months.served >= months.in_time).all()
    groups = e.world.facility_groups.reshape(-1, st.N_GROUPS, 3)
    for part in (groups[:, :3], groups[:, 3:]):
        assert part.sum(axis=(0, 1)) == pytest.approx([months.wanted.sum(), months.came.sum(), months.served.sum()])
    assert (e.world.facility_users > 1).sum() <= months.served.sum()


def test_facility__turns_people_away_at_closing_only():
    small = run("convenience", days=200, convenience__visits_per_household=1.5)
    big = run("convenience", days=200, convenience__visits_per_household=1.5, convenience__households_per_server=5.0)
    for e, is_short in ((small, True), (big, False)):
        months = e.world.facility_months
        assert bool(months.came.sum() > months.served.sum()) is is_short


def test_facility__that_nobody_wants_to_use_serves_nobody():
    e = run("convenience", days=300, convenience__take_up_intercept=-50.0)
    assert e.world.facility_months.wanted.sum() > 0
    assert e.world.facility_months.came.sum() == 0
    assert e.world.facilities.money.sum() == 0


def test_facility__takes_the_hours_of_volunteers_from_the_pool_of_its_community():
    usual = run("convenience", "F1", days=300, convenience__visits_per_household=1.5)
    alone = run("convenience", "F1", days=300, convenience__visits_per_household=1.5, convenience__volunteer_seats=0)
    assert usual.world.facilities.volunteer_hours.sum() > 0
    assert alone.world.facilities.volunteer_hours.sum() == 0
    assert (usual.world.pool > -1e-6).all() and (usual.world.pool_today > -1e-6).all()
    assert usual.world.daily.used_hours.sum() <= usual.world.daily.offered_hours.sum() + 1e-6


def test_visits__are_the_same_under_every_variant():
    one, other = (run("convenience", name, days=200).world.facility_months for name in ("B0", "F1"))
    assert np.array_equal(one.wanted, other.wanted)


# ---- all three -----------------------------------------------------------------------------------


@pytest.mark.parametrize("course", ["renovation", "dispute", "convenience"])
def test_ordinary_issues__are_the_same_with_and_without_the_scenario(course):
    plain, other = run(), run(course)
    keys = plain.world.arrivals.key[: plain.n_issues]
    place = {int(k): n for n, k in enumerate(other.world.arrivals.key[: other.n_issues])}
    rows = np.array([place[int(k)] for k in keys])
    for name in st.ARRIVAL.names:
        assert np.array_equal(plain.world.arrivals[name][: plain.n_issues], other.world.arrivals[name][rows])
    for name in TRAITS:
        assert np.array_equal(plain.world.issues[name][: plain.n_issues], other.world.issues[name][rows])
    assert other.n_issues > plain.n_issues


@pytest.mark.parametrize("part", ["renovation", "dispute", "convenience"])
def test_inputs__of_what_is_off_change_nothing(part):
    changed = {
        "renovation": {"renovation__support_mean": 0.9, "renovation__in_order": False},
        "dispute": {"dispute__pro_bono_hours": 400.0, "dispute__belief_gap": 0.6, "dispute__station": "always"},
        "convenience": {"convenience__visits_per_household": 1.0},
    }[part]
    assert same_log(run(None, "F1", days=400), run(None, "F1", days=400, **changed))


@pytest.mark.parametrize("course", ["renovation", "dispute", "convenience"])
def test_outputs__are_there_and_belong_to_the_scenario(course):
    e = run(course, "F1")
    names = {name for name, metric in OUTPUTS.items() if metric.block == course}
    assert set(outputs_of(e)) == names
    values = measure(Run.from_engine(e))
    assert names <= set(values)
    shares = [n for n in names if OUTPUTS[n].unit == "1" and ("share" in n or "chose" in n or "unmet" in n or "last_gate" in n)]
    assert all(np.isnan(values[n]) or -1e-9 <= values[n] <= 1 + 1e-9 for n in shares)
    assert set(READERS) >= {course}


def test_scenarios__that_cannot_be_are_refused():
    with pytest.raises(ScenarioError, match="communities 0 to 5"):
        asked("dispute", dispute__community=6)
    with pytest.raises(ScenarioError, match="sum to more than 1"):
        asked("renovation", renovation__subsidy_share=0.9, renovation__copay_share=0.2)
    with pytest.raises(ScenarioError, match="in the whole city only"):
        override(WORLD, {"shocks.demand": [{"type": "DISP", "factor": 0.5, "community": 0}]})


ALL = {
    "shocks.renovation.enabled": True, "shocks.dispute": {"enabled": True, "station": "always"}, "shocks.convenience.enabled": True,
    "shocks.convenience.visits_per_household": 1.5, "staffing": DESKS,
}  # fmt: skip


def test_gate_days__are_split_equally_among_closed_gates():
    """Triage on day 10; J opens on 20, P at once, F on 40, I on 20: ten days by three, then twenty days of F alone."""
    triaged, opened = np.array([10.0]), np.array([[20.0, 10.0, 40.0, 20.0]])
    assert _gate_days(triaged, opened)[0] == pytest.approx([10 / 3, 0, 10 / 3 + 20, 10 / 3])
    assert _last_gate(opened)[0].tolist() == [0, 0, 1, 0]
    never = np.array([[20.0, 10.0, np.inf, np.inf]])
    assert _gate_days(triaged, never)[0] == pytest.approx([10 / 3, 0, 10 / 3 + 345 / 2, 10 / 3 + 345 / 2])
    assert _last_gate(never)[0].tolist() == [0, 0, 0.5, 0.5]


def test_state__of_all_three_is_saved_and_resumed(tmp_path):
    world = override(apply(WORLD, "F1"), ALL | {"days": 300})
    whole = History(world).advance(200)
    whole.save(tmp_path / "half.state")
    resumed = History.load(tmp_path / "half.state").finish()
    run = whole.finish()
    assert run.issues.equals(resumed.issues)
    for name in ("renovations", "stages", "channels", "facilities", "facility_months", "facility_groups", "facility_users"):
        assert getattr(run.columns, name).tobytes() == getattr(resumed.columns, name).tobytes()
    save_run(run, tmp_path / "run")
    again = load_run(tmp_path / "run").metrics
    assert again.equals(run.metrics)


@pytest.mark.slow
def test_programmes__interpreted_run_gives_the_same_bits(tmp_path):
    """The same days with the compiler off give the same rows, bit for bit."""
    code = (
        "import sys, numpy as np; np.seterr(all='ignore')\n"
        f"sys.path.insert(0, {str(Path(__file__).parents[3])!r})\n"
        "from govsim.engine.simulate import Engine\n"
        "from govsim.scenario.inputs import override\n"
        "from govsim.scenario.variants import apply\n"
        "from tests.unit.engine.test_programmes import ALL, WORLD\n"
        "changes = ALL | {'days': 200, 'burn_in_days': 20, 'shocks.renovation.in_order': False, 'staffing.fund_city': 5000.0}\n"
        "w = Engine(override(apply(WORLD, 'F1+RV4'), changes)).advance(200).world\n"
        "rows = (w.issues, w.renovations, w.owners, w.stages, w.channels, w.facilities, w.facility_months, w.facility_groups, w.servers)\n"
        "np.save(sys.argv[1], b''.join(np.asarray(row).tobytes() for row in rows))\n"
    )
    for name, off in (("compiled", "0"), ("interpreted", "1")):
        env = os.environ | {"NUMBA_DISABLE_JIT": off}
        subprocess.run([sys.executable, "-W", "ignore", "-c", code, str(tmp_path / name)], check=True, env=env)
    assert (tmp_path / "compiled.npy").read_bytes() == (tmp_path / "interpreted.npy").read_bytes()
