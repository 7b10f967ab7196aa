"""Rival mechanisms: what each does, by its own law, and that switching one on for nothing changes nothing."""

import numpy as np
import pytest

from govsim.engine import state as st
from govsim.engine.commitment import heed, recent_summons, summon
from govsim.engine.feedback import household_of
from govsim.engine.grid import grid_hazard
from govsim.engine.simulate import Engine
from govsim.labels import variant_label
from govsim.results.run import Run
from govsim.scenario.city import City
from govsim.scenario.fields import ScenarioError
from govsim.scenario.inputs import override
from govsim.scenario.scenario import Scenario
from govsim.scenario.variants import apply, variant
from tests.runs import same_log

WORLD = Scenario(city=City.preset("standard"), days=730, burn_in_days=200)


def run(name, days=WORLD.days, **knobs):
    """A run of a variant with some of its knobs changed, or of the world's if they stand under one of its parts."""
    paths = {path.replace("__", "."): value for path, value in knobs.items()}
    paths = {p if p.partition(".")[0] in type(WORLD).model_fields else f"mechanism.{p}": v for p, v in paths.items()}
    return Engine(override(apply(WORLD, name), paths), seed=2).advance(days)


BUSY = {f"staffing__load_{unit}": 0.95 for unit in ("community", "subdistrict", "department")}


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
    assert variant_label("F1-E4+RV10", "zh") == "一轴三联三进（不含在职党员进社区） + 专人跟办"


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


def desks(engine, *kinds):
    """Units of some kinds."""
    return engine.world.stations[np.isin(engine.world.stations.kind, kinds)]


def test_grid__funded_to_find_nothing_and_fix_nothing_is_the_baseline():
    assert same_log(run("RV3", RV3__funded=True, RV3__detection_efficiency=0.0, RV3__fix_hours=0.0), run("B0"))


def test_grid__has_its_hours_from_the_desk_unless_it_is_funded():
    base, own, funded = run("B0"), run("RV3"), run("RV3", RV3__funded=True)
    before = desks(base, st.COMMUNITY).available
    households = base.world.communities.n_households
    np.testing.assert_allclose(desks(own, st.COMMUNITY).available + desks(own, st.GRID).available, before, rtol=1e-9)
    assert (desks(own, st.COMMUNITY).available < before).all()
    np.testing.assert_array_equal(desks(funded, st.COMMUNITY).available, before)
    workdays = base.world.calendar[WORLD.burn_in_days : WORLD.days].sum()
    np.testing.assert_allclose(desks(funded, st.GRID).available, workdays * 8.0 * households / 300.0, rtol=1e-9)


def test_grid__that_keeps_no_administration_is_there_for_whole_days():
    whole = run("RV3", RV3__kept_administration=0.0, days=WORLD.burn_in_days + 1)
    s, households = desks(whole, st.GRID), whole.world.communities.n_households
    staff = 18.0 / 10_000 * 2.6 * households
    n = np.minimum(households / 300.0, staff - 1)
    np.testing.assert_allclose(s.window * s.n_workers, 8.0 * n, rtol=1e-9)
    base = desks(run("B0", days=1), st.COMMUNITY).window
    np.testing.assert_allclose(desks(whole, st.COMMUNITY).window, base * (1 - n / staff), rtol=1e-9)


def test_grid__finds_what_the_patrols_it_pays_for_find():
    """psi times the patrol hours per household and week in the ledger, by day, is the hazard; without patrols nothing is found."""
    engine = run("RV3", days=WORLD.burn_in_days + 364)
    w = engine.world
    patrolled = w.hours.reshape(-1, len(w.stations), st.N_ACTIVITIES)[:, :, st.PATROLLING].sum(axis=0)
    for q, s in enumerate(w.grids):
        weekly = patrolled[s] / 52.0 / w.communities.n_households[q]
        assert grid_hazard(w, q) == pytest.approx(1.5 * weekly / 7.0, rel=1e-9)
    found = (w.issues.detected_by[: engine.n_issues] == 3).sum()
    assert found == w.daily.detected.sum() > 100
    assert run("RV3", RV3__patrol_share=0.0).world.daily.detected.sum() == 0


def test_grid__fixes_small_things_only():
    engine, n = run("RV3", days=WORLD.burn_in_days, RV3__fix_hours=3.0), 0
    for day in range(WORLD.burn_in_days + 1, WORLD.days, 10):
        w = engine.advance(day).world
        at_grid = w.packages[(w.packages.issue >= 0) & np.isin(w.packages.station, w.grids)]
        assert (at_grid.kind == st.WORK).all() and (at_grid.department == -1).all() and (at_grid.hours <= 3.0).all()
        n += len(at_grid)
    assert n > 100


def test_grid__that_is_given_up_leaves_everything_to_the_desks():
    engine = run("RV3", days=WORLD.burn_in_days + 200)
    w, asked = engine.world, apply(WORLD, "B0")
    waiting = (w.packages.issue >= 0) & (w.packages.done == 0)
    left = w.packages.left[waiting].sum() + (w.workers.carry * w.workers.efficiency)[w.workers.package >= 0].sum()
    assert np.isin(w.packages.station[waiting], w.grids).any()
    engine.switch(asked.mechanism, asked.external)
    w = engine.world
    now = w.packages[waiting]
    carried = (w.workers.carry * w.workers.efficiency)[w.workers.package >= 0].sum()
    assert now.left.sum() + carried == pytest.approx(left, rel=1e-9)
    assert not np.isin(now.station, w.grids).any() and (w.stations.window[w.grids] == 0).all()
    np.testing.assert_array_equal(desks(engine, st.COMMUNITY).window, desks(run("B0", days=1), st.COMMUNITY).window)
    for s in range(len(w.communities)):
        queued = w.packages[(w.packages.queued == 1) & (w.packages.station == s)]
        assert w.stations.queue_length[s] == len(queued)
        assert w.stations.queued_hours[s] == pytest.approx(queued.left.sum(), rel=1e-9)
    detected = w.daily.detected.sum()
    assert engine.advance(WORLD.days).world.daily.detected.sum() == detected
    np.testing.assert_allclose(w.stations.incurred, w.stations.paid + w.stations.debt, rtol=1e-9, atol=1e-6)
    marks = w.packages.marks[w.packages.issue >= 0]
    assert w.stations.memos.sum() == ((marks & 1) > 0).sum() + ((w.issues.wrong[: engine.n_issues] & 8) > 0).sum()


def test_grid__shows_its_hours_and_its_visits():
    engine = run("RV3")
    metrics = Run.from_engine(engine).metrics
    w = engine.world
    by_activity = w.hours.reshape(-1, len(w.stations), st.N_ACTIVITIES)[:, w.grids].sum(axis=1).T
    assert metrics["household_visits_rate"] > 0 and metrics["hours_grid"] > 0
    busy = np.delete(by_activity, st.IDLING, axis=0)
    assert metrics["household_visits_rate"] / metrics["hours_grid"] == pytest.approx(
        by_activity[st.PATROLLING, 7:19].sum() / 0.25 / busy[:, 7:19].sum(), rel=1e-9
    )
    assert metrics["hours_grid"] < metrics["hours_by_communities"]


def assert_queues_hold_what_waits(engine):
    """Queue lengths and hours of every unit are those of the packages that wait there."""
    w = engine.world
    waiting = w.packages[(w.packages.queued == 1) & (w.packages.issue >= 0)]
    n = np.bincount(waiting.station, minlength=len(w.stations))
    hours = np.bincount(waiting.station, weights=waiting.left, minlength=len(w.stations))
    np.testing.assert_array_equal(w.stations.queue_length, n)
    np.testing.assert_allclose(w.stations.queued_hours, hours, atol=1e-6)


FIRMS_TYPES = np.array([kind.property_firm for kind in WORLD.demand.types])


def test_market__without_firms_and_without_private_remedies_is_the_baseline():
    closed = {"staffing__fee_share": (0.0,) * 4, "behaviour__voice__access_cost_private": 50.0}
    assert same_log(run("RV5", **closed), run("B0", **closed))


def test_market__payers_follow_satisfaction_and_hours_follow_payers():
    engine, changed = run("RV5", days=WORLD.burn_in_days), 0
    share = engine.world.compounds.fee.copy()
    months = [d for d in range(WORLD.burn_in_days + 1, WORLD.days) if d * 12 // 365 != (d - 1) * 12 // 365]
    for day in months:
        w = engine.advance(day).world
        row, before = w.market.copy(), w.compounds.fee.copy()
        w = engine.advance(day + 1).world
        with np.errstate(invalid="ignore"):
            mean = row.satisfaction / row.judged
        wanted = np.where(row.judged > 0, np.clip(before + 0.1 * (mean - 0.5), 0, 1), before)
        np.testing.assert_allclose(w.compounds.fee, wanted, rtol=1e-12)
        has_firm = w.compounds.firm >= 0
        windows = w.stations.window[w.compounds.firm[has_firm]]
        np.testing.assert_allclose(windows, 8.0 * w.compounds.fee[has_firm] / share[has_firm], rtol=1e-12)
        assert (row.judged[~has_firm] == 0).all()
        changed += (w.compounds.fee != before).sum()
    assert changed > 100


def test_market__hears_what_households_think_of_closures_of_its_types():
    """Over one month: as many ratings, and their sum, as the log has last closures, where no ticket was closed twice."""
    start = next(d for d in range(WORLD.burn_in_days + 100, WORLD.days) if d * 12 // 365 != (d - 1) * 12 // 365)
    engine = run("RV5", days=start + 28)
    w, n = engine.world, engine.n_issues
    it, a = w.issues[:n], w.arrivals[:n]
    closed = (a.onset + it.last_closed >= start) & FIRMS_TYPES[a.type]
    compound = w.buildings.compound[a.building]
    assert (it.redo[closed] == 0).mean() > 0.5
    once = ~np.isin(np.arange(len(w.compounds)), compound[closed & (it.redo > 0)]) & (w.compounds.firm >= 0)
    counted = np.bincount(compound[closed], minlength=len(once))
    total = np.bincount(compound[closed], weights=it.satisfaction[closed].astype(float), minlength=len(once))
    np.testing.assert_array_equal(w.market.judged[once], counted[once])
    np.testing.assert_allclose(w.market.satisfaction[once], total[once], rtol=1e-6)
    assert counted[once].sum() > 20


def local_parts(engine):
    """(station, compound) of the community's part of the work of the firms' types, released since the switch and not done."""
    w = engine.world
    rows = w.packages[(w.packages.issue >= 0) & (w.packages.kind == st.WORK) & (w.packages.number == 0) & (w.packages.done == 0)]
    released = w.arrivals.onset[rows.issue] + w.issues.released[rows.issue] >= WORLD.burn_in_days
    rows = rows[released & FIRMS_TYPES[w.arrivals.type[rows.issue]]]
    return rows.station, w.buildings.compound[w.arrivals.building[rows.issue]]


def test_market__firms_do_their_types_for_payers_and_others():
    found = {"B0": [], "RV5": []}
    for name, of_firms in found.items():
        engine = run(name, days=WORLD.burn_in_days)
        for day in range(WORLD.burn_in_days + 1, WORLD.days, 10):
            station, compound = local_parts(engine.advance(day))
            firm = engine.world.compounds.firm[compound]
            assert np.isin(station[firm < 0], np.arange(WORLD.city.n_communities)).all()
            of_firms += (station == firm)[firm >= 0].tolist()
    assert len(found["RV5"]) > 50 and all(found["RV5"])
    assert not all(found["B0"])


def test_market__where_nobody_pays_any_more_the_community_takes_over():
    engine = run("RV5", days=WORLD.burn_in_days + 300, RV5__satisfaction_norm=1.0, RV5__fee_learning=1.0)
    w = engine.world
    gone = (w.compounds.firm >= 0) & (w.compounds.fee == 0)
    assert gone.sum() > 10
    firms = w.compounds.firm[gone]
    assert (w.stations.window[firms] == 0).all() and (w.stations.queue_length[firms] == 0).all()
    assert not np.isin(local_parts(engine)[0], firms).any()
    assert_queues_hold_what_waits(engine)


def test_market__exit_is_open_to_its_types_and_to_the_better_off():
    status = {}
    for effect in (0.0, 5.0):
        engine = run("RV5", RV5__exit_cost_ses=effect)
        w, n = engine.world, engine.n_issues
        left = (w.issues.status[:n] == st.EXITED) & FIRMS_TYPES[w.arrivals.type] & (w.arrivals.onset[:n] > WORLD.burn_in_days)
        with np.errstate(over="ignore"):
            status[effect] = [w.households.ses[household_of(w, int(i))] for i in np.flatnonzero(left)]
    error = np.hypot(*(np.std(s) / np.sqrt(len(s)) for s in status.values()))
    assert np.mean(status[5.0]) - np.mean(status[0.0]) > 4 * error
    remedied = np.array([kind.private_remedy for kind in WORLD.demand.types])
    base = run("B0")
    exited = base.world.arrivals.type[: base.n_issues][base.world.issues.status[: base.n_issues] == st.EXITED]
    assert remedied[exited].all()
    assert (FIRMS_TYPES & ~remedied).sum() == 2


def test_market__fees_are_household_money_under_every_variant():
    for name in ("B0", "RV5"):
        engine = run(name, days=WORLD.burn_in_days, staffing__property_fee=50.0, behaviour__voice__private_remedy_cost=0.0)
        day = next(d for d in range(WORLD.burn_in_days + 60, WORLD.days) if d * 12 // 365 != (d - 1) * 12 // 365)
        w = engine.advance(day + 1).world
        household = w.funds.reshape(6, -1, 2)[5, day * 12 // 365]
        fees = (w.compounds.fee * w.compounds.n_households).sum() * 0.05
        if name == "B0":
            assert household[0] == household[1] == pytest.approx(fees, rel=1e-12)
        else:
            assert household[0] > 0 and not np.array_equal(w.compounds.fee, np.asarray(WORLD.staffing.fee_share)[w.compounds.type])


def test_market__that_ends_leaves_firms_as_they_were():
    engine = run("RV5", days=WORLD.burn_in_days + 200)
    asked = apply(WORLD, "B0")
    engine.switch(asked.mechanism, asked.external)
    base = run("B0", days=1).world
    np.testing.assert_array_equal(engine.world.compounds.fee, base.compounds.fee)
    np.testing.assert_array_equal(engine.world.stations.window, base.stations.window)
    assert len(engine.world.market) == 1


ALWAYS = {"RV8__interval_days": 3650, "RV8__duration_days": 3650}
FREE = {"RV8__meeting_hours": 0.0, "RV8__reporting_hours": 0.0}


def test_campaign__that_pulls_nobody_serves_in_the_order_of_the_baseline():
    assert same_log(run("RV8", RV8__desk_share=0.0, **ALWAYS, **FREE), run("B0"))


def test_campaign__comes_and_goes_on_its_days_for_the_type_with_most_issues_open():
    engine, n = run("RV8", days=WORLD.burn_in_days), 0
    for day in range(WORLD.burn_in_days, WORLD.days):
        w = engine.world
        it, types = w.issues[: engine.n_issues], w.arrivals.type[: engine.n_issues]
        known = types[(it.status > st.LATENT) & (it.status < st.CLOSED)]
        counts = np.bincount(known, minlength=len(w.kinds))
        w = engine.advance(day + 1).world
        elapsed = (day - WORLD.burn_in_days) % 90
        kind = int(w.counters.campaign_type[0])
        assert (kind >= 0) == (elapsed < 14) == bool(w.pulled.any())
        if elapsed == 0:
            assert counts[kind] == counts.max()
            n += 1
    assert n == w.counters.n_campaigns[0] == 6


def test_campaign__pulled_workers_do_nothing_else_and_lose_pace():
    engine = run("RV8", days=WORLD.burn_in_days + 1)
    w = engine.world
    seat = np.arange(len(w.workers)) - w.stations.first_worker[w.workers.station]
    n = w.stations.n_workers[w.workers.station]
    is_pulled = (seat < n) & (seat >= n - w.pulled[w.workers.station])
    before, fresh = w.workers.package.copy(), 0
    for day in range(WORLD.burn_in_days + 2, WORLD.burn_in_days + 14):
        w = engine.advance(day).world
        held = is_pulled & (w.workers.package >= 0) & (w.workers.package != before)
        issue = w.packages.issue[w.workers.package[held]]
        assert (w.arrivals.type[issue[issue >= 0]] == w.counters.campaign_type[0]).all()
        assert np.isin(np.round(w.workers.efficiency[held], 12), [0.9, 0.54]).all()
        fresh += held.sum()
    assert fresh > 10


def test_campaign__pulls_its_share_of_whole_workers():
    engine, pulled = run("RV8", days=WORLD.burn_in_days), []
    for day in range(WORLD.burn_in_days, WORLD.days, 90):
        w = engine.advance(day + 1).world
        of_government = w.stations.kind <= st.DEPARTMENT
        share = 0.5 * w.stations.n_workers[of_government]
        assert (np.abs(w.pulled[of_government] - share) < 1).all() and not w.pulled[~of_government].any()
        pulled.append(w.pulled[of_government] - share)
    pulled = np.concatenate(pulled)
    assert abs(pulled.mean()) < 4 * np.sqrt((pulled**2).mean() / len(pulled))


def test_campaign__costs_meetings_and_reports():
    base = run("B0", days=WORLD.burn_in_days + 1)
    for substitution in (0.0, 0.5):
        same = {"behaviour__agenda__meeting_substitution": substitution}
        w = run("RV8", days=WORLD.burn_in_days + 1, **same).world
        more = (w.hours - base.world.hours).reshape(-1, len(w.stations), st.N_ACTIVITIES).sum(axis=0)
        of_government = w.stations.kind <= st.DEPARTMENT
        meeting = 2.0 * (1 - substitution) * w.stations.n_workers
        if substitution == 0.0:
            np.testing.assert_allclose(more[of_government, st.MEETING], meeting[of_government], rtol=1e-9)
        np.testing.assert_allclose(more[of_government, st.REPORTING], 1.0, rtol=1e-9)


def test_campaign__what_is_left_over_goes_last_and_nothing_is_lost():
    engine = run("RV8", days=WORLD.burn_in_days + 15, RV8__desk_share=0.05, **BUSY)
    w = engine.world
    rest = w.packages[(w.packages.issue >= 0) & (w.packages.queued == 1) & (w.packages.marks & 16 > 0)]
    is_work = rest.kind != st.DECISION_TASK
    assert is_work.sum() > 3 and np.isin(rest.queue_class[is_work], [0, 1, 3]).all() and (rest.queue_class == 3).any()
    assert (w.lines.first[st.LINES * len(w.stations) :] < 0).all() and not w.pulled.any()
    assert_queues_hold_what_waits(engine)


def test_campaign__that_is_given_up_in_the_middle_ends_that_day():
    engine = run("RV8+RV3", days=WORLD.burn_in_days + 5)
    assert engine.world.pulled.any()
    asked = apply(WORLD, "F1")
    engine.switch(asked.mechanism, asked.external)
    w = engine.world
    assert w.counters.campaign_type[0] == -1 and len(w.pulled) == 1 and len(w.lines) == st.LINES * len(w.stations)
    assert_queues_hold_what_waits(engine)
    assert_queues_hold_what_waits(engine.advance(WORLD.days))


def test_campaign__goes_on_over_a_switch_that_keeps_it():
    engine = run("RV8", days=WORLD.burn_in_days + 5)
    kind, pulled = int(engine.world.counters.campaign_type[0]), engine.world.pulled.copy()
    asked = apply(WORLD, "RV3+RV8")
    engine.switch(asked.mechanism, asked.external)
    w = engine.world
    assert w.counters.campaign_type[0] == kind and np.array_equal(w.pulled[: len(pulled)], pulled)
    assert_queues_hold_what_waits(engine.advance(WORLD.burn_in_days + 14))
    assert w.pulled.any()
    assert not engine.advance(WORLD.burn_in_days + 15).world.pulled.any()


def test_campaign__is_over_before_the_next_begins():
    with pytest.raises(ScenarioError, match="longer than interval_days"):
        override(WORLD, {"mechanism.RV8.duration_days": 100})
