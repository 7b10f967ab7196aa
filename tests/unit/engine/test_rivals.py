"""Rival mechanisms: what each does, by its own law, and that switching one on for nothing changes nothing."""

import numpy as np
import pytest

from govsim.engine import state as st
from govsim.engine.commitment import heed, recent_summons, summon
from govsim.engine.simulate import Engine
from govsim.labels import variant_label
from govsim.scenario.city import City
from govsim.scenario.fields import ScenarioError
from govsim.scenario.inputs import override
from govsim.scenario.scenario import Scenario
from govsim.scenario.variants import apply, variant
from tests.runs import same_log

WORLD = Scenario(city=City.preset("standard"), days=730, burn_in_days=200)


def run(name, days=WORLD.days, **knobs):
    """A run of a variant with some of its knobs changed."""
    paths = {path.replace("__", "."): value for path, value in knobs.items()}
    return Engine(override(apply(WORLD, name), {f"mechanism.{p}": v for p, v in paths.items()}), seed=2).advance(days)


def packages_of(w, i):
    """Rows of an issue's packages."""
    k = int(w.issues[i].first_package)
    while k >= 0:
        yield w.packages[k]
        k = int(w.packages[k].next)


def test_case_manager__who_asks_as_often_as_anybody_and_opens_no_file_is_the_baseline():
    assert same_log(run("RV10", RV10__ask_interval=7.0, RV10__opening_hours=0.0), run("B0"))


def test_case_manager__settles_jurisdiction_at_a_multiple_of_its_interval():
    engine = run("RV10")
    it = engine.world.issues[: engine.n_issues]
    onset = engine.world.arrivals.onset[: engine.n_issues]
    settled = (it.obstacles & st.GATE_J > 0) & (it.jurisdiction > it.triaged) & (it.closed_gates & st.GATE_J == 0)
    settled &= onset + it.triaged > WORLD.burn_in_days
    rounds = (it.jurisdiction - it.triaged)[settled] / 3.0
    rounding = 1e-3  # days; ages in the log are in single precision
    assert settled.sum() > 100
    assert np.abs(rounds - np.round(rounds)).max() < rounding
    assert rounds.max() > 1.5


def test_case_manager__pays_for_every_file_it_opens():
    free, dear = run("RV10", days=201, RV10__opening_hours=0.0), run("RV10", days=201, RV10__opening_hours=40.0)
    it, onset = dear.world.issues[: dear.n_issues], dear.world.arrivals.onset[: dear.n_issues]
    opened = (onset + it.triaged >= WORLD.burn_in_days) & (it.n_departments > 0)
    of_communities = dear.world.stations.kind == st.COMMUNITY
    more = (dear.world.stations.incurred - free.world.stations.incurred)[of_communities].sum()
    assert more == pytest.approx(40.0 * opened.sum(), abs=10.0)


def test_petition_led__puts_what_is_petitioned_first_in_every_queue():
    classes = {"B0": [], "RV4": []}
    for name, found in classes.items():
        engine = run(name, days=WORLD.burn_in_days)
        for day in range(WORLD.burn_in_days + 30, WORLD.days, 10):
            w = engine.advance(day).world
            rows = w.packages[(w.packages.queued == 1) & (w.packages.issue >= 0)]
            found += rows.queue_class[w.issues.petitioned[rows.issue] >= 0].tolist()
        assert len(found) > 50
    assert set(classes["RV4"]) == {0}
    assert set(classes["B0"]) > {0}


def test_delegation__leaves_nothing_to_the_tier_that_gave_it_away():
    engine = run("RV7", days=WORLD.burn_in_days, RV7__lowest_authority=5)
    authority = np.array([kind.authority for kind in WORLD.demand.types])[engine.world.arrivals.type]
    n = 0
    for day in (WORLD.burn_in_days + 1, WORLD.days):
        w = engine.advance(day).world
        it = w.issues
        waiting = np.flatnonzero((it.status == st.GATED) & (it.closed_gates & st.GATE_P > 0) & (authority == 5))
        assert all(any(pk.kind == st.DECISION_TASK for pk in packages_of(w, i)) for i in waiting)
        n += len(waiting)
    assert n > 0
    sittings = w.sittings[: int(w.counters.n_sittings[0])]
    assert sittings.tabled[sittings.day < WORLD.burn_in_days].sum() > 0
    assert sittings.tabled[sittings.day >= WORLD.burn_in_days].sum() == 0


def fresh_work(**knobs):
    """Hours of the parts of delegated work released since the switch and not begun, and whether all go wrong first."""
    engine, hours, wrong = run("RV7", days=WORLD.burn_in_days, **knobs), {}, []
    for day in range(WORLD.burn_in_days + 1, WORLD.burn_in_days + 60):
        w = engine.advance(day).world
        it, onset = w.issues, w.arrivals.onset
        fresh = (it.status == st.WORKING) & (it.redo == 0) & np.isnan(it.started) & (onset + it.released >= WORLD.burn_in_days)
        for i in np.flatnonzero(fresh & (w.kinds.delegated[w.arrivals.type] == 1)):
            wrong.append(bool(it.wrong[i] & 1))
            hours |= {(int(i), int(pk.number)): float(pk.hours) for pk in packages_of(w, i) if pk.kind == st.WORK}
    return hours, wrong


def test_delegation__adds_its_share_of_work_and_of_error_to_every_part():
    plain, _ = fresh_work(RV7__added_work_share=0.0, RV7__rework_share=0.0)
    doubled, wrong = fresh_work(RV7__added_work_share=1.0, RV7__rework_share=1.0)
    both = plain.keys() & doubled.keys()
    assert len(both) > 10
    assert all(doubled[part] == pytest.approx(2 * plain[part], rel=1e-12) for part in both)
    assert all(wrong)


def test_rivals__are_on_or_off_and_named_in_both_languages():
    with pytest.raises(ScenarioError, match="no intensity"):
        variant("RV10@2")
    with pytest.raises(ScenarioError, match="named twice"):
        variant("RV10+RV10")
    assert variant_label("RV10", "en") == "Case manager"
    assert variant_label("F1-E4+RV10", "zh") == "一轴三联三进(不含在职党员进社区) + 专人跟办"


def test_whistle__that_comes_after_the_horizon_is_the_baseline():
    assert same_log(run("RV2", RV2__waiting_days=3650.0), run("B0"))


def test_whistle__answers_at_its_own_moments_and_costs_both_sides():
    engine = run("RV2", RV2__summoned_hours=0.0)
    it, onset = engine.world.issues[: engine.n_issues], engine.world.arrivals.onset[: engine.n_issues]
    settled = (it.obstacles & st.GATE_J > 0) & (it.jurisdiction > it.triaged) & (it.closed_gates & st.GATE_J == 0)
    settled &= (onset + it.triaged > WORLD.burn_in_days) & (it.n_departments >= 2)
    waited = (it.jurisdiction - it.triaged)[settled].astype(float)
    rounding = 1e-3  # days; ages in the log are in single precision

    def at_multiples_of(interval):
        return np.abs(waited - np.round(waited / interval) * interval) < rounding

    by_round, by_whistle = at_multiples_of(7.0), at_multiples_of(12.0)
    assert (by_round | by_whistle).all()
    assert (by_whistle & ~by_round).sum() > 20
    dear = run("RV2")
    assert dear.world.stations.incurred.sum() > engine.world.stations.incurred.sum()


def test_habituation__is_the_printed_curve():
    w = run("B0", days=1).world
    s = int(np.flatnonzero(w.stations.kind == st.DEPARTMENT)[0])
    workers, nu, free = int(w.stations.n_workers[s]), float(w.p.habituation[0]), float(w.p.habituation_free[0])
    assert heed(w, s, 10.0) == 1.0
    n = 2 * workers
    for _ in range(n):
        summon(w, s, 10.0)
    assert recent_summons(w, s, 10.0) == pytest.approx(n, rel=1e-12)
    assert heed(w, s, 10.0) == pytest.approx(np.exp(-nu * (n / workers - free)), rel=1e-12)
    assert recent_summons(w, s, 17.0) == pytest.approx(n / np.e, rel=1e-12)
    assert heed(w, s, 40.0) == 1.0


def test_habituation__falls_on_every_summons_alike():
    """Without it, meetings, directives and whistles are heeded in full: more promises under each."""
    for name in ("F1", "RV2"):
        asked = override(apply(WORLD, name), {"mechanism.RV2.waiting_days": 1.0})
        promises = [
            Engine(override(asked, {"behaviour.agenda.habituation": nu}), seed=2).advance(WORLD.days).world.daily.commitments.sum()
            for nu in (0.0, 5.0)
        ]
        assert promises[0] != promises[1]
