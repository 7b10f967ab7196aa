"""The engine keeps its laws: same seed same run, off is zero, hours and money close, nobody is lost."""

import math

import numpy as np
import pytest
from numba import njit, types
from scipy import special, stats

from govsim.engine import arrivals, build, ledger, rng, service
from govsim.engine import state as st
from govsim.engine.simulate import Engine, _step_to_anchor, calibrate
from govsim.scenario.city import City
from govsim.scenario.demand import SKILLS
from govsim.scenario.inputs import override
from govsim.scenario.mechanism import ExternalHours
from govsim.scenario.scenario import Interruption, Scenario
from govsim.scenario.variants import apply
from tests.runs import same_log

WORLD = Scenario(city=City.preset("demo"), days=730, burn_in_days=120)


def run(name: str, **changes: object) -> Engine:
    return Engine(override(apply(WORLD, name), changes)).advance(730)


@pytest.fixture(scope="module")
def full() -> Engine:
    return run("F1")


def test_engine__same_scenario_gives_the_same_run(full):
    assert same_log(full, run("F1"))


def test_engine__pieces_are_the_whole(full):
    pieces = Engine(apply(WORLD, "F1"))
    for day in (1, 50, 120, 121, 400, 730):
        pieces.advance(day)
    assert same_log(full, pieces)


def test_engine__a_copy_goes_its_own_way_and_leaves_the_original_alone(full):
    trunk = Engine(apply(WORLD, "B0")).advance(120)
    branch = trunk.copy()
    asked = apply(WORLD, "F1")
    branch.switch(asked.mechanism, asked.external)
    branch.advance(730)
    assert same_log(full, branch)
    assert same_log(trunk.advance(730), run("B0"))


@pytest.mark.parametrize("code", ["A1", "A2", "A3", "A4", "A5", "L1", "L2", "L3", "L4", "E1", "E2", "E3", "E4"])
def test_component__zero_intensity_is_the_same_as_off(code):
    on = Engine(override(apply(WORLD, "B0"), {f"mechanism.{code}.enabled": True, f"mechanism.{code}.intensity": 0.0}))
    assert same_log(on.advance(400), Engine(apply(WORLD, "B0")).advance(400))


@pytest.mark.parametrize("name", ["B0", "F1"])
def test_issues__are_the_same_under_every_variant(full, name):
    other = run(name)
    assert np.array_equal(full.world.arrivals, other.world.arrivals)
    for field in ("severity", "hours", "fund", "n_affected", "n_departments"):
        assert np.array_equal(full.world.issues[field], other.world.issues[field])


@pytest.mark.parametrize("name", ["B0", "F1", "axis", "links", "entries", "RV2", "RV3", "RV4", "RV5", "RV7", "RV8", "RV10"])
def test_hours__close_for_every_unit(name):
    s = run(name).world.stations
    np.testing.assert_allclose(s.incurred, s.paid + s.debt, rtol=1e-9, atol=1e-6)
    assert (s.available - s.paid - s.served > -1e-6).all()
    assert (s.queued_hours > -1e-6).all() and (s.queue_length >= 0).all()


@pytest.mark.parametrize("name", ["B0", "F1", "RV2", "RV3", "RV4", "RV5", "RV7", "RV8", "RV10"])
def test_money__closes_for_every_pot(name):
    e = run(name)
    w = e.world
    months = int(w.p.n_months[0])
    inflow, spent = w.funds.reshape(6, months, 2).sum(axis=1).T
    reserved = np.zeros(4)
    serial = w.kinds.serial[w.arrivals.type] == 1
    held = np.flatnonzero((w.issues.pot >= 0) & (w.issues.status != st.LATENT))
    for i in held:
        pot = w.issues.pot[i]
        reserved[pot] += float(w.issues.fund[i]) * (0.8 if serial[i] and pot == 3 else 1.0)
    closing = [w.compounds.money.sum(), w.communities.money.sum(), w.subdistricts.money.sum(), w.counters.money_city[0]]
    np.testing.assert_allclose(inflow[:4], spent[:4] + reserved + closing, rtol=1e-9, atol=1e-6)
    np.testing.assert_allclose(inflow[4:], spent[4:], rtol=1e-12)


def test_issues__stand_in_exactly_one_status(full):
    w, n = full.world, full.n_issues
    assert w.daily.arrived.sum() == n
    assert np.bincount(w.issues.status[:n], minlength=8).sum() == n
    assert w.daily.resolved.sum() == (w.issues.status[:n] == st.RESOLVED).sum()
    assert w.daily.exited.sum() == (w.issues.status[:n] == st.EXITED).sum()
    assert w.daily.lapsed.sum() == (w.issues.status[:n] == st.LAPSED).sum()


def test_forums__rule_on_no_more_items_than_they_have_slots(full):
    """T28: coverage is bounded by the slots of the sittings held, the executive route's included."""
    s = full.world.sittings[: full.world.counters.n_sittings[0]]
    assert len(s) and (s.tabled <= s.slots).all() and (s.ruled <= s.tabled).all()
    assert (s.present <= s.roster).all()


def test_moments__come_in_order(full):
    it = full.world.issues[: full.n_issues]
    released = it[~np.isnan(it.released)]
    assert (released.voiced <= released.triaged).all()
    for gate in ("jurisdiction", "power", "funds", "interests"):
        assert (released[gate] >= released.triaged).all()
    closed = it[~np.isnan(it.closed)]
    assert (closed.released <= closed.closed).all()
    assert (closed.closed <= closed.last_closed).all()


def test_stewards__who_detect_nothing_voice_nothing():
    """A null of T23: with no detection efficiency L3 detects no issue, in the first month either."""
    assert run("L3", **{"mechanism.L3.detection_efficiency": 0.0}).world.daily.detected.sum() == 0


def test_stewards__find_more_the_better_they_look():
    """More efficient patrols find more of the same issues."""
    e = run("L3")
    w, it = e.world, e.world.issues
    assert w.daily.detected.sum() == (it.detected_by[: e.n_issues] == 1).sum() > 0
    more = run("L3", **{"mechanism.L3.detection_efficiency": 3.0}).world.daily.detected.sum()
    fewer = run("L3", **{"mechanism.L3.detection_efficiency": 0.5}).world.daily.detected.sum()
    assert fewer < w.daily.detected.sum() < more


@pytest.mark.parametrize("name", ["F1", "links", "entries"])
def test_offered_hours__are_all_booked_by_who_gave_them(name):
    w = run(name).world
    assert w.pool.sum() == 0 and w.given.sum() == 0
    months = int(w.p.n_months[0])
    booked = w.outside.reshape(len(st.PAYERS), st.N_ACTIVITIES, months)
    served = [st.SUBSTANTIVE, st.PERFUNCTORY, st.IDLING]
    np.testing.assert_allclose(booked[:, served].sum(), w.daily.offered_hours.sum(), rtol=1e-9)


@pytest.mark.parametrize("name", ["B0", "F1", "RV2", "RV3", "RV4", "RV5", "RV7", "RV8", "RV10"])
def test_desks__idle_hours_close_the_day(name):
    """Idle is what nobody used: with debt paid and packages served it makes up the windows."""
    w = run(name).world
    s = w.stations
    idle = w.hours.reshape(-1, len(s), st.N_ACTIVITIES)[:, :, st.IDLING].sum(axis=0)
    np.testing.assert_allclose(s.available, s.paid + s.served + idle, rtol=1e-9, atol=1e-6)


@pytest.mark.parametrize("name", ["B0", "entries", "F1", "RV4", "RV7", "RV10"])
def test_attention__ends_and_gives_its_slot_back(name):
    e = run(name)
    w, it = e.world, e.world.issues[: e.n_issues]
    age = e.day - w.arrivals.onset[: e.n_issues] - it.attention
    assert not (age > w.p.attention_half_life[0] + 0.01).any()
    held = ((it.wrong & 32) > 0).sum()
    assert w.counters.attention_live[0] == held <= w.p.attention_per_leader[0] * w.p.n_leaders[0]
    live = w.packages[w.packages.issue >= 0]
    assert w.stations.directives.sum() == ((live.marks & 2) > 0).sum() + ((it.wrong & 16) > 0).sum()
    assert w.stations.memos.sum() == ((live.marks & 1) > 0).sum() + ((it.wrong & 8) > 0).sum()
    assert w.stations.listed_open.sum() == ((live.marks & 4) > 0).sum()
    assert w.stations.listed_overdue.sum() == ((live.marks & 8) > 0).sum()


def test_pairing__gives_every_department_a_community():
    """E2: ceil(communities / 12) communities a department, round-robin (ruling 22)."""
    w = run("E2").world
    ties = w.ties.reshape(-1, 12).T
    assert (ties.max(axis=1) > ties.min()).all()


def test_memo__carries_the_authority_of_the_sitting_that_sent_it():
    """An absent unit answers at half of what its own forum asks with: 1 for A1, .5 for A2 (3.7.18)."""
    for code, authority in (("A1", 1.0), ("A2", 0.5)):
        w = run(code, **{"behaviour.agenda.attendance_share": 0.6, "behaviour.petition.petition_attention": 0.0}).world
        sent = w.packages.memo_authority[w.packages.memo_authority > 0]
        assert len(sent) and (sent == authority).all()


def test_reservation__before_the_desks_open_delays_nothing():
    """An hour at night takes no hour of a desk, whatever the package in hand (V2)."""
    days = range(5, WORLD.days, 3)
    nights = tuple(Interruption(community=q, day=d + 0.1, hours=1.0) for d in days for q in range(WORLD.city.n_communities))
    desks = calibrate(WORLD)
    quiet, woken = (Engine(WORLD.model_copy(update={"interruptions": rows}), capacity=desks).advance(WORLD.days) for rows in ((), nights))
    assert (quiet.world.workers.carry > 0).any()
    assert quiet.world.issues.tobytes() == woken.world.issues.tobytes()


def test_station_at_the_doorstep__has_the_hours_it_is_given():
    """Window times mediators is the law firm's month, however long; no hours, no station."""
    for hours in (0.0, 10.0, 40.0, 400.0):
        w = run("links", **{"behaviour.contribution.law_firm_hours": hours}).world
        desks = w.stations[w.stations.kind == st.MEDIATION]
        assert desks.window * desks.n_workers == pytest.approx(hours * 12 / 261 * w.communities.doorstep)
        assert (desks.window <= 8).all()
        assert bool(w.communities.doorstep.any()) is (hours > 0)


def test_households__ses_spreads_as_asked():
    """Beta(k m, k (1 - m)) has variance m (1 - m) / (k + 1), k the concentration: within 4.5 SE."""
    for k in (5.0, 80.0):
        city = City.preset("standard").model_copy(update={"ses_concentration": k})
        w = Engine(WORLD.model_copy(update={"city": city, "days": 121})).world
        tables = city.tables(WORLD.seed)
        mean = tables.compound_ses[np.repeat(tables.building_compound, tables.building_households)]
        squares = (w.households.ses - mean) ** 2 / (mean * (1 - mean))
        error = squares.std() / np.sqrt(len(squares))
        assert abs(squares.mean() - 1 / (k + 1)) < 4.5 * error


@pytest.mark.slow
def test_engine__interpreted_run_gives_the_same_bits(tmp_path):
    """The same days with the compiler off (NUMBA_DISABLE_JIT=1) give the same log, bit for bit."""
    import os
    import subprocess
    import sys

    code = (
        "import sys, numpy as np; np.seterr(all='ignore')\n"
        "from govsim.engine.simulate import Engine, _capacity, _first_guess\n"
        "from govsim.scenario.city import City\n"
        "from govsim.scenario.scenario import Scenario\n"
        "from govsim.scenario.variants import apply\n"
        "s = apply(Scenario(city=City.preset('demo'), days=120, burn_in_days=40), 'F1+RV1+RV2+RV3+RV4+RV5+RV7+RV8+RV10')\n"
        "e = Engine(s, capacity=_capacity(s, _first_guess(s))).advance(120)\n"
        "np.save(sys.argv[1], e.world.issues.tobytes())\n"
    )
    for name, off in (("compiled", "0"), ("interpreted", "1")):
        env = os.environ | {"NUMBA_DISABLE_JIT": off}
        subprocess.run([sys.executable, "-W", "ignore", "-c", code, str(tmp_path / name)], check=True, env=env)
    assert (tmp_path / "compiled.npy").read_bytes() == (tmp_path / "interpreted.npy").read_bytes()


def test_normal__is_the_quantile_of_the_standard_normal():
    """Against SciPy's, in the middle and in both tails down to 1e-16; two algorithms of 16 digits differ by a few last places."""
    u = np.concatenate([np.linspace(0, 1, 5_001)[1:-1], 10.0 ** -np.arange(3, 17), 1 - 10.0 ** -np.arange(3, 16)])
    np.testing.assert_allclose([rng.normal_quantile(x) for x in u], special.ndtri(u), rtol=16 * np.finfo(float).eps, atol=1e-16)


@pytest.mark.parametrize(("n", "share"), [(5, 0.2), (64, 0.03), (200, 0.4), (3, 0.0), (3, 1.0)])
def test_binomial__has_the_law_of_its_name(n, share):
    """Frequencies of 20,000 draws against the probabilities; also beyond one block of 64 trials."""
    keys = build.keys_of(1, rng.FIRMS, np.arange(20_000))
    with np.errstate(over="ignore"):
        found = np.array([rng.binomial(key, rng.SUPPORT, 0, n, share) for key in keys])
    law = stats.binom(n, share)
    edges = np.unique([*law.ppf(np.linspace(0.1, 0.9, 9)), n if share > 0 else 0])
    expected = np.diff([0.0, *law.cdf(edges)]) * len(keys)
    observed = np.diff([0, *(found[:, None] <= edges).sum(axis=0)])
    assert found.min() >= 0 and found.max() <= n
    if len(edges) > 1:
        assert stats.chisquare(observed, expected).pvalue > 1e-4
    else:
        assert (found == edges[0]).all()


def test_rules__are_compiled_once_for_all_narrow_columns_and_constants(full):
    """However a rule is called, it is the same compiled rule (`engine/compiled.py`)."""
    world = full.world._type
    for station, activity, hours in ((types.int8, types.literal(3), types.float32), (types.int32, types.int64, types.float64)):
        *_, taken, _ = ledger.charge.get_call_template([world, station, activity, hours], {})
        assert list(taken) == [world, types.int64, types.int64, types.float64]


def test_renovation__comes_once_to_a_compound():
    """At most one renovation arises in a compound (ruling 45)."""
    many = override(WORLD, {"demand.renovation_rate": 1.0})
    e = Engine(many)
    reno = next(n for n, k in enumerate(many.demand.types) if k.code == "RENO")
    of_reno = e.world.buildings.compound[e.world.arrivals.building[e.world.arrivals.type == reno]]
    assert len(of_reno) > 1 and len(np.unique(of_reno)) == len(of_reno)
    assert (np.diff(e.world.arrivals.onset) >= 0).all()


def test_external_hours__are_booked_under_who_gives_them():
    """W5 (ii): what a control offers is booked by payer: work, perfunctory work and idle time sum to the schedule."""
    shares = np.zeros(12)
    shares[[st.BY_ORGANISATIONS, st.BY_RESIDENTS]] = 0.25, 0.75
    external = ExternalHours(hours_by_skill=(0, 5, 0, 0, 0, 0, 0, 15), share_by_payer=tuple(shares))
    world = WORLD.model_copy(update={"external": external, "burn_in_days": 0, "days": 365})
    w = Engine(world).advance(365).world
    booked = w.outside.reshape(12, st.N_ACTIVITIES, -1).sum(axis=(1, 2))
    np.testing.assert_allclose(booked, shares * 20 * 12, rtol=1e-9)


@pytest.mark.parametrize(("code", "field"), [("L1", "has_body"), ("E2", "is_paired")])
def test_coverage__is_nested_in_intensity_and_no_privilege_of_the_first(code, field):
    """Ruling 23: who is reached at half the intensity is reached at full, by keyed rank."""

    def reached(dose, seed=1):
        w = Engine(apply(WORLD.model_copy(update={"burn_in_days": 0}), f"{code}@{dose}"), seed=seed).world
        return w.communities[field] == 1

    half, most = reached(0.5), reached(0.84)
    assert half.sum() == 3 and most.sum() == 5
    assert (most | ~half).all()
    assert any(not np.array_equal(reached(0.5, seed), half) for seed in range(2, 6))


def test_coverage__of_branches_is_nested_too():
    world = WORLD.model_copy(update={"burn_in_days": 0})
    few, more = (Engine(apply(world, f"E3@{dose}")).world.branches == 1 for dose in (0.25, 0.5))
    assert (few.sum(), more.sum()) == (6, 12) and (more | ~few).all()


@pytest.mark.parametrize("law", [{}, {"commit_authority": 0.0}, {"equal_authority": True}])
def test_first_ask__of_disputed_duties_succeeds_a_third_of_the_time(law):
    """W4: the mean promise of the baseline's first asks is sigma(a0), within the sampling error of runs and pilot, at every weight of
    authority; with the intercept for covariates at their reference it is not."""
    third = 1 / (1 + math.exp(-WORLD.behaviour.commitment.commit_intercept))
    n, confidence = 12, 1 - 1e-4

    def distance(anchor: str) -> tuple[float, float]:
        world = override(WORLD, {"burn_in_days": 0, "behaviour.commitment": {"commit_anchor": anchor} | law})
        means = []
        for seed in range(n):
            engine = Engine(world, seed=seed).advance(365)
            before = engine.first_asks()
            asks, promises, _ = engine.advance(730).first_asks() - before
            means.append(promises / asks)
        error = np.std(means, ddof=1) * math.sqrt(1 / n + 1)  # the pilot is one more run of the same law
        return abs(np.mean(means) - third), stats.t.ppf((1 + confidence) / 2, n - 1) * error

    found, within = distance("baseline")
    assert found < within
    found, within = distance("reference")
    assert found > within


def test_desks__are_the_same_at_every_weight_of_authority_and_anchor():
    """W2: one staff; where the scenario gives it, the pilots solve the intercept alone."""
    usual = calibrate(WORLD)
    weak = calibrate(override(WORLD, {"behaviour.commitment.commit_authority": 0.0}))
    assert usual["commit_intercept"] < weak["commit_intercept"]
    given = override(WORLD, {"staffing": {"community_workers": 2, "department_workers": 2, "subdistrict_workers": 2}})
    anchored, plain = (calibrate(override(given, {"behaviour.commitment.commit_anchor": a})) for a in ("baseline", "reference"))
    assert anchored["commit_intercept"] < plain["commit_intercept"]
    for one, other in ((usual, weak), (anchored, plain)):
        assert {**one, "commit_intercept": 0.0} == {**other, "commit_intercept": 0.0}


def test_rules__may_be_called_by_compiled_functions_that_are_none():
    """A user's function may draw as the engine does: a rule is linked with all it calls."""

    @njit
    def drawn(key):
        return rng.normal(key, 3, 4) + rng.exponential(key, 3, 4)

    key = np.uint64(7)
    assert drawn(key) == rng.normal(key, 3, 4) + rng.exponential(key, 3, 4)


def test_first_ask__without_covariates_needs_no_other_intercept():
    """Where p is the same at every ask the step is exact, and nil once p is sigma(a0)."""
    bare = {"refusal_sd": 0.0, "commit_backlog": 0.0, "commit_clear_duty": 0.0, "commit_clarity": 0.0, "commit_tie": 0.0,
            "commit_pressure": 0.0, "commit_hours": 0.0}  # fmt: skip
    logit = WORLD.behaviour.commitment.commit_intercept
    assert _step_to_anchor(logit, 50.0, 50.0 * 0.2, 50.0 * 0.2 * 0.8) == pytest.approx(logit - math.log(0.25))
    assert _step_to_anchor(logit, 0.0, 0.0, 0.0) == 0.0
    world = override(WORLD, {f"behaviour.commitment.{name}": value for name, value in bare.items()})
    world = override(world, {"behaviour.commitment.authority_subdistrict": 0.0, "behaviour.commitment.authority_petition": 0.0,
                             "behaviour.petition.petition_attention": 0.0})  # fmt: skip
    assert calibrate(world)["commit_intercept"] == pytest.approx(logit, abs=1e-9)


def test_adjacent_skills__are_those_of_3_7_18_both_ways():
    pairs = {("law_mediation", "admin_policy"), ("engineering", "project_finance"), ("health", "social_work"),
             ("social_work", "law_mediation")}  # fmt: skip
    for a, one in enumerate(SKILLS):
        for b, other in enumerate(SKILLS):
            assert service.adjacent(a, b) == ((one, other) in pairs or (other, one) in pairs)


def test_skill_for__is_the_need_itself_else_the_first_that_may_stand_in_for_it():
    law, engineering, social, admin, general = (SKILLS.index(n) for n in ("law_mediation", "engineering", "social_work", "admin_policy",
                                                                          "general_labour"))  # fmt: skip
    assert service.skill_for(1 << law | 1 << admin, law) == law
    assert service.skill_for(1 << social | 1 << admin, law) == min(social, admin)
    assert service.skill_for(1 << engineering, law) == service.skill_for(0, general) == -1
    assert service.skill_for(1 << admin | 1 << engineering, general) == engineering


def test_affected__is_poisson_by_inversion():
    for scope, mean in enumerate((4, 15, 40)):
        below = stats.poisson.cdf(np.arange(120), mean)
        for n in (0, 1, mean - 1, mean, 2 * mean):
            middle = (below[n - 1] if n else 0.0) / 2 + below[n] / 2
            assert arrivals.affected(scope, middle) == n
        assert arrivals.affected(scope, 1 - 2.0**-54) < 256
