"""Rules of one's own: a copy of the built-in is the built-in, another changes what it should, and what is wrong is told in a line."""

import math
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numba import config

from govsim.engine import meetings, simulate
from govsim.engine import rules as engine_rules
from govsim.engine import state as st
from govsim.engine.queues import queue_pop
from govsim.engine.simulate import Engine
from govsim.results.tally import columns_of
from govsim.scenario.city import City
from govsim.scenario.fields import ScenarioError
from govsim.scenario.inputs import override
from govsim.scenario.own import HOOKS, PLACES, RULES, OwnComponent, own_function
from govsim.scenario.scenario import Scenario
from govsim.scenario.variants import apply, variant
from tests.runs import same_log

WORLD = Scenario(city=City.preset("demo"), days=500, burn_in_days=150, seed=4)
B = WORLD.behaviour
AGENDA, EFFORT, GIVE, VOICE = B.agenda, B.effort, B.contribution, B.voice
W_AGE, W_SEVERITY, W_AFFECTED, W_PETITIONED = (
    AGENDA.agenda_age, AGENDA.agenda_severity, AGENDA.agenda_affected, AGENDA.agenda_petitioned,
)  # fmt: skip
C_0, C_NORM, C_AUDIT, C_MANDATE, C_BACKLOG, C_PRESSURE = (
    EFFORT.perfunctory_intercept, EFFORT.perfunctory_norm, EFFORT.perfunctory_audit, EFFORT.perfunctory_mandate,
    EFFORT.perfunctory_backlog, EFFORT.perfunctory_pressure,
)  # fmt: skip
G_0, G_STAKE, G_PEERS, G_LIST, G_COST, G_DIFFUSION = (
    GIVE.give_intercept, GIVE.give_stake, GIVE.give_peers, GIVE.give_list, GIVE.give_cost, GIVE.give_diffusion,
)  # fmt: skip
B_SEVERITY, B_BELIEF, B_TRUST = VOICE.weight_severity, VOICE.weight_belief, VOICE.weight_trust


def agenda_score(age_days, severity, n_affected, is_petitioned):
    """3.7.9 as built in."""
    return W_AGE * age_days + (W_SEVERITY * severity + W_AFFECTED * math.log(n_affected) + W_PETITIONED * is_petitioned)


def visit_targeting(n_households, open_issues):
    """The built-in rule `worst`."""
    return open_issues / n_households


def contribution(stake, benefit, peers_rate, listed_share, list_audit, relative_cost, n_members):
    """3.7.10 as built in."""
    z = G_0 + G_STAKE * stake * benefit
    z += G_PEERS * (peers_rate - 0.5)
    z += G_LIST * listed_share * list_audit
    z -= G_COST * relative_cost + G_DIFFUSION * math.log(n_members)
    return 1.0 / (1.0 + math.exp(-z))


def channel_utility(channel, severity, belief, trust, access_cost, petition_factor):
    """3.7.3 as built in, sums in its order."""
    if channel == 1:
        v = B_SEVERITY * severity + B_BELIEF * belief - access_cost
        return v + B_TRUST * (trust - 0.5)
    if channel == 2:
        v = B_SEVERITY * severity * petition_factor + B_BELIEF * belief
        return v + (B_TRUST * (trust - 0.5) - access_cost)
    return B_SEVERITY * severity + B_BELIEF * belief - access_cost


def effort(is_outsider, backlog_weeks, pressure, norm, audit_share, mandated_share, mandated_motivation):
    """3.7.8 as built in."""
    z = C_0 - C_NORM * norm - C_AUDIT * audit_share
    if is_outsider == 1:
        z += C_MANDATE * mandated_share * (1.0 - mandated_motivation)
    else:
        z += C_BACKLOG * max(0.0, backlog_weeks - 1.0)
        z += C_PRESSURE * pressure * (1.0 - audit_share)
    return 1.0 / (1.0 + math.exp(-z))


COPIES = {f.__name__: f for f in (agenda_score, visit_targeting, contribution, channel_utility, effort)}


def run(name="F1", days=WORLD.days, components=(), **rules):
    """A run of a variant with rules and components of one's own; leaders go where most is open."""
    chosen = variant(name).with_rules(**rules) if rules else variant(name)
    for component in components:
        chosen = chosen.with_component(component)
    return Engine(override(apply(WORLD, chosen), {"mechanism.E1.targeting": "worst"})).advance(days)


@pytest.fixture(scope="module")
def built_in():
    return run()


def test_places__are_those_the_engine_counts():
    assert [getattr(engine_rules, name.upper()) for name in RULES] == list(range(len(RULES)))
    assert [getattr(engine_rules, name.upper()) for name in HOOKS] == list(range(len(HOOKS)))
    assert (len(RULES), len(HOOKS)) == (engine_rules.N_RULES, engine_rules.N_HOOKS)
    assert max(len(place.arguments) for place in PLACES.values()) + 4 <= engine_rules.N_FAULT


@pytest.mark.parametrize("rule", RULES)
def test_rule__that_is_a_copy_of_the_built_in_gives_the_same_bits(rule, built_in):
    assert same_log(run(**{rule: COPIES[rule]}), built_in)


def test_rules__that_are_all_copies_give_the_same_bits(built_in):
    assert same_log(run(**COPIES), built_in)


@pytest.mark.skipif(config.DISABLE_JIT, reason="one of the two is compiled")
def test_rule__compiled_equals_interpreted(monkeypatch):
    compiled = run(**COPIES)
    other = {name: own_function(name, f) for name, f in COPIES.items()}
    for name, place in RULES.items():
        address = engine_rules.address_of(other[name])
        fast = engine_rules._COMPILED[[c.address for c in engine_rules._COMPILED].index(address)].ctypes
        asked = np.linspace(0.1, 0.9, len(place.arguments))
        given = dict(zip(place.arguments, asked, strict=True))
        assert fast(*asked) == COPIES[name](**{n: given[n] for n in other[name].used})
    assert compiled.n_issues > 0


def test_agenda_score__decides_whose_turn_it_is():
    """By severity, most severe first or last: the meetings then rule on the more severe or on the milder."""

    def severe(severity):
        return severity

    def mild(severity):
        return -severity

    means = {}
    for rule in (severe, mild):
        engine = run("axis", agenda_score=rule)
        it = engine.world.issues[: engine.n_issues]
        onset = engine.world.arrivals.onset[: engine.n_issues]
        late = onset > WORLD.burn_in_days
        in_meetings = late & (it.ruled_by & 0b11110 > 0)
        assert in_meetings.sum() > 5
        means[rule.__name__] = float(it.severity[in_meetings].mean())
    assert means["severe"] > means["mild"]


def test_agenda__is_in_the_order_of_the_score_of_the_day():
    """A score that prefers the old from an age on: at every sitting the whole agenda follows it, ties by number."""

    def old_first(age_days, severity):
        return 100.0 + age_days if age_days > 20 else severity

    engine = run("axis", days=WORLD.days, agenda_score=old_first)
    w, day = engine.world, float(WORLD.days)
    meetings.reorder_agendas(w, day, 1)
    n = 0
    for f in np.flatnonzero(w.forums.kind != st.EXECUTIVE):
        root, found = int(w.forums.root[f]), []
        while root >= 0:
            node = w.nodes[root]
            age = day - w.tabled[root]
            found.append((-old_first(age, float(w.issues.severity[node.content])), int(node.content)))
            root = int(queue_pop(w, root))
        assert found == sorted(found)
        n += len(found)
    assert n > 20


def test_agenda__goes_on_when_the_score_comes_and_goes(built_in):
    """Switched to a copy of the built-in and back, agendas are in the built-in order."""
    engine = Engine(override(apply(WORLD, "F1"), {"mechanism.E1.targeting": "worst"}))
    for day, chosen in ((260, variant("F1").with_rules(agenda_score=agenda_score)), (330, variant("F1"))):
        engine.advance(day)
        asked = override(apply(WORLD, chosen), {"mechanism.E1.targeting": "worst"})
        engine.switch(asked.mechanism, asked.external)
        assert (len(engine.world.tabled) > 1) == (day == 260)
    assert same_log(engine.advance(WORLD.days), built_in)


def test_visit_targeting__sends_leaders_where_it_says():
    """By number of open issues, fewest first or most first: visits raise directives in other communities."""

    def crowded(open_issues):
        return open_issues

    def empty(open_issues):
        return -open_issues

    visited = {}
    for rule in (crowded, empty):
        visited[rule.__name__] = of_communities(run("E1", visit_targeting=rule), st.HOSTING).sum(axis=1)
    assert visited["crowded"].sum() == pytest.approx(visited["empty"].sum())
    assert not np.array_equal(visited["crowded"], visited["empty"])


@pytest.mark.parametrize(("share", "gives"), [(0.0, False), (1.0, True)])
def test_contribution__is_the_share_it_says(share, gives):
    engine = run("L1", contribution=always(share))
    assert (engine.world.communities.contribution_rate == share).all()
    offered = columns_of(engine).outside[st.BY_ORGANISATIONS].sum()
    assert (offered > 0) == gives


def of_communities(engine, activity):
    """Hours of an activity at the communities' desks, [community, month]."""
    return columns_of(engine).hours[: len(engine.world.communities), activity]


def always(value):
    """A rule that answers the same whatever it is asked."""

    def constant():
        return value

    return constant


def test_channel_utility__closes_a_channel_at_minus_infinity():
    def no_petitions(channel):
        return -math.inf if channel == 2 else 0.0

    engine = run("B0", channel_utility=no_petitions)
    late = engine.world.arrivals.onset[: engine.n_issues] > WORLD.burn_in_days
    it = engine.world.issues[: engine.n_issues][late]
    assert len(it) > 100
    assert (it.petitions == 0).all()
    assert (it.channel == st.VIA_LAW).any()


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_effort__is_perfunctory_as_often_as_it_says(share):
    engine = run("F1", effort=always(share))
    it = engine.world.issues[: engine.n_issues]
    started = engine.world.arrivals.onset[: engine.n_issues] + it.started
    fresh = (started > WORLD.burn_in_days) & (it.closed >= 0) & (it.redo == 0)
    assert fresh.sum() > 50
    assert ((it.hours_perfunctory > 0) == (share == 1.0))[fresh].all()


def test_luck__is_the_same_under_every_variant():
    """An agenda drawn by lot is the same lot with and without another part of the mechanism, until that part acts."""

    def by_lot(u):
        return u

    one, other = run("axis", 200, agenda_score=by_lot), run("axis", 200, agenda_score=by_lot, effort=effort)
    assert same_log(one, other)


# ---- what is wrong -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "function", "told"),
    [
        ("agenda_score", lambda age: age, r"agenda_score: lambda takes age; it may take any of \(age_days, severity, .* u\)"),
        ("effort", lambda pressure=1.0: pressure, "without defaults"),
        ("effort", lambda *pressure: 0.5, r"takes \*pressure"),
        ("effort", 0.5, "effort is 0.5, not a Python function"),
        ("effort", lambda: np.random.random(), "lambda uses random"),  # noqa: NPY002
        ("effort", lambda pressure: missing * pressure, "lambda uses missing, which is not defined"),  # noqa: F821
        ("effrt", lambda: 0.5, "unknown rule 'effrt': those that can be replaced are agenda_score"),
    ],
)
def test_rule__that_is_wrong_is_refused_when_given(rule, function, told):
    with pytest.raises(ScenarioError, match=told) as found:
        variant("F1").with_rules(**{rule: function})
    assert "\n" not in str(found.value)


def test_rule__that_returns_no_number_is_refused():
    def nothing(pressure):
        if pressure > 2.0:
            return 1.0
        return None

    with pytest.raises(ScenarioError, match="effort: nothing must return a number whatever it is asked, not") as found:
        run("F1", effort=nothing)
    assert "\n" not in str(found.value)


@pytest.mark.skipif(config.DISABLE_JIT, reason="nothing is compiled")
def test_rule__that_cannot_be_compiled_is_refused():
    with pytest.raises(ScenarioError, match=r"effort: lambda cannot be compiled: \w.*") as found:
        run("F1", effort=lambda pressure: len(open("x").read()) * pressure)  # noqa: PTH123, SIM115
    assert "\n" not in str(found.value)


@pytest.mark.parametrize(
    ("rule", "function", "told"),
    [
        ("effort", lambda norm: 1.5 + 0.0 * norm, r"lambda returned 1.5 on day \d+ for \(norm=.*\); allowed is a number from 0 to 1"),
        ("effort", lambda norm: norm / 0.0, r"effort: lambda returned nan on day \d+ for \(norm="),
        ("channel_utility", lambda: 600.0, r"channel_utility: lambda returned 600 .* allowed is a number up to 500, or minus infinity"),
        ("agenda_score", lambda: math.inf, r"agenda_score: lambda returned inf on day .* allowed is a finite number"),
    ],
)  # fmt: skip
def test_rule__that_answers_wrongly_stops_the_run(rule, function, told):
    with pytest.raises(ScenarioError, match=told) as found:
        run("F1", **{rule: function})
    assert "\n" not in str(found.value)


def test_rule__whose_values_changed_is_refused():
    weights = {"severity": 1.0}
    weight = weights["severity"]

    def score(severity):
        return weight * severity

    chosen = variant("F1").with_rules(agenda_score=score)
    weight = 2.0
    with pytest.raises(ScenarioError, match="agenda_score: score, or a value it reads, has changed since it was given"):
        Engine(apply(WORLD, chosen)).advance(WORLD.burn_in_days + 1)


# ---- components ----------------------------------------------------------------------------------

TINY = Scenario(city=City.preset("demo"), days=365, burn_in_days=0, seed=2)


def by_payer(engine, payer):
    """Hours of a payer outside the staff, by activity."""
    return columns_of(engine).outside[st.PAYERS.index(payer)].sum(axis=1)


def with_component(component, base="B0", world=TINY, days=365):
    return Engine(apply(world, variant(base).with_component(component))).advance(days)


def test_component__costs_what_is_worked_out_by_hand():
    """Twelve months in every community: 1.5 x intensity hours convened, 0.25 k¥, and 2 h each of two skills offered."""
    corps = OwnComponent(
        code="X1", name="Student corps", intensity=2.0, giver="residents",
        offered_hours=lambda skill, intensity: intensity if skill in (1, 7) else 0.0,
        monthly_hours=lambda intensity, n_households: 1.5 * intensity, monthly_money=lambda: 0.25,
    )  # fmt: skip
    base, engine = Engine(TINY).advance(365), with_component(corps)
    n = len(engine.world.communities)
    assert of_communities(engine, st.CONVENING).sum(axis=1) == pytest.approx(np.full(n, 12 * 1.5 * 2.0), rel=1e-12)
    assert by_payer(engine, "residents").sum() - by_payer(base, "residents").sum() == pytest.approx(12 * n * 2 * 2.0, rel=1e-12)
    operating, before = (columns_of(e).funds[st.POTS.index("operating")].sum(axis=0) for e in (engine, base))
    assert operating[0] == pytest.approx(operating[1], rel=1e-12)
    assert before[0] == pytest.approx(before[1], rel=1e-12)
    assert engine.world.counters.operating[0] == pytest.approx(operating[0], rel=1e-12)


def test_component__keeps_hours_closed_every_day():
    corps = OwnComponent(
        code="X1", name="Corps", offered_hours=lambda skill: 5.0, monthly_hours=lambda backlog_weeks: 3.0 + backlog_weeks,
        authority=lambda: 0.8, request_hours=lambda: 0.1,
    )  # fmt: skip
    engine = Engine(apply(TINY, variant("axis").with_component(corps)))
    for day in range(10, 366, 5):
        s = engine.advance(min(day, 365)).world.stations
        rounding = 1e-9 * max(1.0, float(s.incurred.max()))
        assert np.abs(s.incurred - s.paid - s.debt).max() < rounding


def silent(**hooks):
    """A component whose functions do nothing but cost as little as can be told."""
    return OwnComponent(code="X2", name="Nothing", monthly_hours=lambda: 1e-300, **hooks)


@pytest.mark.parametrize(
    "hooks",
    [{"clarity": always(0.0)}, {"access_cost": always(0.0)}, {"tie_gain": always(0.0)}, {"offered_hours": always(0.0)},
     {"authority": always(0.0), "request_hours": always(1e-300)}],
)  # fmt: skip
def test_component__that_does_nothing_is_the_variant_without_it(hooks):
    assert same_log(with_component(silent(**hooks), "F1"), Engine(apply(TINY, "F1")).advance(365))


def test_component__without_intensity_is_off():
    loud = OwnComponent(code="X1", name="Loud", clarity=lambda: 0.9, monthly_hours=lambda: 5.0)
    plain = Engine(apply(TINY, "F1")).advance(365)
    assert same_log(with_component(loud.at(0.0), "F1"), plain)
    assert not same_log(with_component(loud, "F1"), plain)


def test_component__that_costs_nothing_in_a_month_does_nothing_in_it():
    free = OwnComponent(
        code="X1", name="Free", clarity=lambda: 0.9, offered_hours=lambda: 50.0, access_cost=lambda: -5.0,
        monthly_hours=lambda n_households: 0.0 * n_households,
    )  # fmt: skip
    assert same_log(with_component(free, "F1"), Engine(apply(TINY, "F1")).advance(365))
    seasonal = OwnComponent(code="X1", name="Summer", access_cost=lambda: -5.0, monthly_hours=lambda month: 1.0 if month == 7 else 0.0)
    assert np.flatnonzero(of_communities(with_component(seasonal), st.CONVENING).sum(axis=0)).tolist() == [6]


def test_component__ends_with_its_variant():
    corps = OwnComponent(code="X1", name="Corps", access_cost=lambda: -5.0, monthly_hours=lambda: 2.0)
    engine = Engine(apply(TINY, variant("B0").with_component(corps))).advance(100)
    engine.switch(apply(TINY, "B0").mechanism)
    assert engine.world.reach.sum() == 0
    assert np.flatnonzero(of_communities(engine.advance(365), st.CONVENING).sum(axis=0)).tolist() == [0, 1, 2, 3]


def test_component__goes_on_when_another_part_is_switched():
    corps = OwnComponent(code="X1", name="Corps", access_cost=lambda: -5.0, monthly_hours=lambda: 2.0)
    engine = Engine(apply(TINY, variant("B0").with_component(corps))).advance(100)
    engine.switch(apply(TINY, variant("E1").with_component(corps)).mechanism)
    assert (engine.world.reach == 1).all()


def test_authority__is_paid_for_round_by_round():
    """Each round of requests that is due costs the asker 0.5 h; without the hours there is no authority."""

    def desk(hours):
        return OwnComponent(code="X1", name="Desk", authority=lambda: 1.0, request_hours=lambda: hours, monthly_hours=lambda: 1e-300)

    plain = Engine(TINY).advance(365)
    assert same_log(with_component(desk(0.0)), plain)
    dear = with_component(desk(0.5))
    it, plain_it = dear.world.issues[: dear.n_issues], plain.world.issues[: plain.n_issues]
    assert it.asks.sum() < plain_it.asks.sum()
    assert dear.world.stations.incurred.sum() > 0


def test_components__of_several_codes_act_beside_each_other():
    one = OwnComponent(code="X1", name="One", offered_hours=lambda: 1.0, monthly_hours=lambda: 1.0)
    two = OwnComponent(code="X2", name="Two", offered_hours=lambda: 2.0, monthly_hours=lambda: 3.0, activity="hosting", giver="residents")
    engine = Engine(apply(TINY, variant("B0").with_component(two).with_component(one))).advance(365)
    n = len(engine.world.communities)
    assert of_communities(engine, st.CONVENING).sum() == pytest.approx(12 * n * 1.0)
    assert of_communities(engine, st.HOSTING).sum() == pytest.approx(12 * n * 3.0)
    offered = columns_of(engine).outside.sum(axis=(1, 2))
    assert offered[st.BY_VOLUNTEERS] == pytest.approx(12 * n * 8 * 1.0)
    assert offered[st.BY_RESIDENTS] >= 12 * n * 8 * 2.0 - 1e-6


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"clarity": always(0.1)}, "component X1: it costs nothing: give monthly_hours or monthly_money"),
        ({"monthly_hours": always(1.0)}, "component X1: it does nothing: give one of offered_hours"),
        ({"monthly_hours": always(1.0), "authority": always(0.5)}, "authority and request_hours go together"),
        ({"monthly_hours": always(1.0), "clarity": lambda week: 0.1}, "clarity: lambda takes week"),
        ({"monthly_hours": always(1.0), "clarity": always(0.1), "code": "A9"}, "component A9: code is X1 to X99"),
        ({"monthly_hours": always(1.0), "clarity": always(0.1), "intensity": 17}, "component X1: intensity:"),
        ({"monthly_hours": always(1.0), "clarity": always(0.1), "payer": "nobody"}, "component X1: payer:"),
        ({"monthly_hours": always(1.0), "resolves": always(0.1)}, "component X1: resolves:"),
    ],
)  # fmt: skip
def test_component__that_is_wrong_is_refused(given, told):
    with pytest.raises(ScenarioError, match=told) as found:
        OwnComponent(**{"code": "X1", "name": "Wrong"} | given)
    assert "\n" not in str(found.value)


def test_runs__do_not_depend_on_threads():
    corps = OwnComponent(code="X1", name="Corps", offered_hours=lambda: 3.0, monthly_hours=lambda: 2.0)
    scenario = apply(WORLD, variant("F1").with_rules(**COPIES).with_component(corps))

    def once(_):
        return Engine(scenario).advance(WORLD.days)

    with ThreadPoolExecutor(2) as pool:
        one, two = pool.map(once, range(2))
    assert same_log(one, two)
    assert same_log(one, once(0))


EVERYTHING = OwnComponent(
    code="X3", name="Everything", offered_hours=lambda skill, u: skill * u, tie_gain=lambda department: 0.01 * department,
    clarity=lambda n_departments: 0.1 * n_departments, authority=lambda n_asks: 1.0 - 1.0 / (2.0 + n_asks),
    access_cost=lambda channel, ses: 0.1 * channel - ses, monthly_hours=lambda backlog_weeks: 1.0 + backlog_weeks,
    monthly_money=lambda open_issues: open_issues / 100, request_hours=lambda age_days: 0.01 * age_days,
)  # fmt: skip


def save_short_run(path):
    """The log of 120 days with everything of one's own, in a city whose desks are not solved for."""
    chosen = variant("F1").with_component(EVERYTHING).with_rules(**COPIES | {"agenda_score": by_luck_and_log})
    scenario = apply(override(WORLD, {"days": 120, "burn_in_days": 40}), chosen)
    engine = Engine(scenario, capacity=simulate._capacity(scenario, simulate._first_guess(scenario))).advance(120)
    path.write_bytes(engine.world.issues.tobytes() + engine.world.hours.tobytes())


def by_luck_and_log(u, n_affected, age_days):
    """A score that asks for every kind of arithmetic."""
    return u * math.log(n_affected) + math.sqrt(age_days) ** 0.7


@pytest.mark.slow
def test_runs__interpreted_give_the_same_bits(tmp_path, repo):
    code = "import sys, pathlib\nfrom tests.unit.engine.test_own_rules import save_short_run\nsave_short_run(pathlib.Path(sys.argv[1]))"
    found = []
    for off in ("0", "1"):
        env = os.environ | {"NUMBA_DISABLE_JIT": off}
        place = tmp_path / off
        subprocess.run([sys.executable, "-W", "ignore", "-c", code, str(place)], check=True, env=env, cwd=repo)
        found.append(place.read_bytes())
    assert found[0] == found[1]
