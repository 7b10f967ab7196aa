"""Rules of the specification that only show between components, or when a mechanism changes in mid-run."""

import numpy as np
import pytest

from govsim.engine import meetings, moves
from govsim.engine import state as st
from govsim.engine.simulate import Engine
from govsim.scenario.city import City
from govsim.scenario.inputs import override
from govsim.scenario.scenario import Scenario
from govsim.scenario.variants import apply
from govsim.studies.compare import outside_hours

WORLD = Scenario(city=City.preset("demo"), days=600, burn_in_days=120, seed=2)


def run(name, *, until=600, is_logged=False, world=WORLD, **changes):
    """A run of a variant; switches on the way as in {day: variant}."""
    return Engine(override(apply(world, name), changes), moves=is_logged).advance(until)


def switched(*steps, is_logged=False, until=600, **changes):
    """A run that changes its mechanism: (variant, day from which on it is in place), first to last."""
    e = Engine(override(apply(WORLD, "B0"), changes), moves=is_logged)
    for name, day in steps:
        e.advance(day)
        chosen = apply(e.origin, name)
        e.switch(chosen.mechanism, chosen.external, name)
    return e.advance(until)


def log_of(e):
    """Moves in their order: issue, what, day, who, detail, value."""
    return e.world.moves[: int(e.world.pools.used[st.MOVE_ROWS])]


def of_kind(log, what):
    return log[log["what"] == what]


# ---- what is known -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["B0", "F1", "RV1+RV3", "RV4"])
def test_known_issues__are_those_that_somebody_in_government_has(name):
    for day in (119, 333, 600):
        w = run(name, until=day).world
        it = w.issues[: int(w.counters.next_arrival[0])]
        is_handled = (it.status > st.LATENT) & (it.status < st.CLOSED)
        of_community = w.buildings.community[w.arrivals.building[: len(it)][is_handled]]
        assert np.array_equal(w.communities.known_issues, np.bincount(of_community, minlength=len(w.communities)))
        assert (w.communities.known_issues < w.communities.open_issues).all(), "nobody counts what nobody has voiced"


def test_persons_affected__follow_both_scopes_of_a_type():
    """1 + Poisson: NOISE .7 x 4 + .3 x 40, PARK .7 x 15 + .3 x 40, LAB none but one's own; within 4.5 SE (ruling 35)."""
    w = run("B0", until=600, **{"demand.issues_per_household_year": 2.6}).world
    n_issues = int(w.counters.next_arrival[0])
    codes = [kind.code for kind in WORLD.demand.types]
    for code, means in {"NOISE": (4, 40), "PARK": (15, 40), "LAB": (0, 0), "SH": (4, 4)}.items():
        found = w.issues.n_affected[:n_issues][w.arrivals.type[:n_issues] == codes.index(code)]
        mean = 1 + 0.7 * means[0] + 0.3 * means[1]
        variance = 0.7 * means[0] + 0.3 * means[1] + 0.21 * (means[0] - means[1]) ** 2
        assert abs(found.mean() - mean) <= 4.5 * np.sqrt(variance / len(found))


# ---- attention, whistles, ties -------------------------------------------------------------------


def test_attention__before_the_owner_is_found_gives_the_decision_to_the_leaders():
    """Whether attention comes before or after, gate P is decided at the leaders' station, in its first class (ruling 13)."""
    e = run("RV4", is_logged=True)
    log, leaders = log_of(e), int(e.world.p.station_leaders[0])
    given = {int(r["issue"]): r["day"] for r in of_kind(log, moves.ATTENTION_GIVEN)}
    ended = {int(r["issue"]): r["day"] for r in of_kind(log, moves.ATTENTION_ENDED)}
    n = 0
    for row in of_kind(log, moves.OWNER_FOUND_BY):
        i = int(row["issue"])
        has_attention = i in given and given[i] <= row["day"] < ended.get(i, np.inf)
        if has_attention and int(row["detail"]) & st.GATE_P:
            here = log[(log["issue"] == i) & (log["what"] == moves.QUEUED) & (log["day"] == row["day"])]
            decisions = here[here["detail"] % 8 == st.DECISION_TASK]
            assert decisions["who"].tolist() == [leaders]
            assert (decisions["detail"] // 8 % 4 == 0).all()
            n += 1
    assert n > 5


def test_whistles__go_on_as_long_as_the_issue_waits():
    """A promise may lapse and shut gate J again: the next whistle comes at the next of the subdistrict's looks, not never."""
    e = run("RV2", is_logged=True, until=600, **{"behaviour.commitment.lapse_rate": 0.08})
    log, step = log_of(e), float(e.world.p.RV2_starts[0])
    n = 0
    for row in of_kind(log, moves.GATE_SHUT):
        i, t = int(row["issue"]), row["day"]
        after = log[(log["issue"] == i) & (log["day"] > t)]
        opened = after[((after["what"] == moves.GATE_OPENED) & (after["detail"] == st.GATE_J)) | (after["what"] == moves.RELEASED)]
        until = min([*opened["day"], *after[after["what"] >= moves.HELPED_ITSELF]["day"], 600.0])
        if t > 140 and until > t + step + 1e-9 and e.world.issues[i].n_departments >= 2:
            assert (after["what"] == moves.WHISTLED).any() and after[after["what"] == moves.WHISTLED]["day"].min() <= t + step + 1e-9
            n += 1
    assert n > 10


def test_whistles__are_no_more_when_the_mechanism_comes_back():
    e = switched(("RV2", 300), ("B0", 301), ("RV2", 302), is_logged=True)
    log, step = of_kind(log_of(e), moves.WHISTLED), float(e.world.p.RV2_starts[0])
    late = np.sort(log[log["day"] > 303], order=["issue", "day"])
    gaps = np.diff(late["day"])[np.diff(late["issue"]) == 0]
    assert len(gaps) > 50
    assert gaps.min() >= step - 1e-9


def test_ties__help_to_find_the_owner():
    """With a tie of 1 clarity is at its most, so hops are geometric: (1 - p) / p, within 4.5 SE (3.7.4)."""
    world = {"behaviour.commitment.tie_initial": 1.0, "behaviour.commitment.tie_decay": 0.0, "behaviour.commitment.commit_tie": 0.0}
    w = run("B0", **world, **{"demand.issues_per_household_year": 1.3}).world
    p0, most = float(w.p.owner_guess_base[0]), float(w.p.clarity_max[0])
    p = p0 + (1 - p0) * most
    hops = w.issues.hops[(w.issues.n_departments > 0) & (w.issues.hops >= 0)]
    assert abs(hops.mean() - (1 - p) / p) <= 4.5 * np.sqrt((1 - p) / p**2 / len(hops))


@pytest.mark.parametrize(("dose", "times"), [(0.5, 0.5), (1.0, 1.0), (3.0, 3.0)])
def test_part_time_members__tie_by_their_number(dose, times):
    """All present, nothing forgotten: 1 - r falls by (1 - g)^(members / n_ref) a sitting, for departments on the roster (A5)."""
    kept = {"behaviour.commitment.tie_decay": 0.0, "behaviour.agenda.attendance_share": 1.0, "behaviour.commitment.tie_initial": 0.1}
    w = run(f"A2+A5@{dose:g}", until=300, **kept).world
    forum = w.forums[w.forums.kind == st.A2]
    gain = float(w.p.tie_gain[0])
    for s, f in enumerate(forum):
        sub = w.subdistricts[s]
        ties = w.ties.reshape(-1, 12)[sub.first_community : sub.first_community + sub.n_communities]
        expected = 1 - 0.9 * (1 - gain) ** (times * f.sittings)
        present = ties[np.isclose(ties, expected, rtol=0, atol=1e-12)]
        assert len(present) > 0
        assert ties.max() <= expected + 1e-12


# ---- meetings ------------------------------------------------------------------------------------


def test_put_off__counts_each_kind_of_meeting_apart():
    it = st.blank(st.ISSUE, 1)[0]
    count, put, passed = (
        getattr(meetings.__dict__[n], "py_func", meetings.__dict__[n]) for n in ("times_put_off", "set_put_off", "was_passed_up")
    )
    for kind, n in ((st.A1, 3), (st.A4, 7), (st.A2, 1), (st.A1, 0), (st.A3, 5)):
        put(it, kind, n)
    assert [count(it, kind) for kind in (st.A1, st.A2, st.A3, st.A4)] == [0, 1, 5, 7]
    assert not any(passed(it, kind) for kind in (st.EXECUTIVE, st.A1, st.A2, st.A3, st.A4))


def test_put_off__is_tabled_again_but_for_every_time_beyond_r_max():
    """The (r_max + 1)-th time a kind of meeting puts an issue off, it does not table it again; counts of other kinds do not matter."""
    e = run("axis", is_logged=True, until=600)
    log = log_of(e)
    most = int(e.world.p.retabling_max[0])
    n_again = n_dropped = 0
    for i in np.unique(of_kind(log, moves.PUT_OFF)["issue"]):
        mine = log[log["issue"] == i]
        for kind in (st.A1, st.A2, st.A3, st.A4):
            places = np.flatnonzero((mine["what"] == moves.PUT_OFF) & (mine["detail"] == kind))
            for j, place in enumerate(places, start=1):
                after = mine[place + 1 : place + 2]
                is_again = bool(((after["what"] == moves.TABLED) & (after["detail"] == kind) & (after["day"] == mine["day"][place])).any())
                assert is_again == (j % (most + 1) != 0)
                n_again += is_again
                n_dropped += not is_again
    assert n_again > n_dropped > 0


def test_city_meeting__rules_on_one_departments_duty_only_when_passed_up():
    """A1 alone: nobody passes anything up, so J is opened for three departments or more (3.8)."""
    e = run("A1", is_logged=True)
    for row in of_kind(log_of(e), moves.RULED):
        if row["detail"] == st.A1 and int(row["value"]) & st.GATE_J:
            assert e.world.issues[int(row["issue"])].n_departments >= 3


# ---- no free lunches -----------------------------------------------------------------------------


def test_stewards__are_known_in_proportion_to_their_hours():
    full, tiny = (Engine(apply(WORLD, f"L3@{x}")).advance(121).world.p.L3_familiarity[0] for x in (1, 0.001))
    assert tiny == pytest.approx(full / 1000)
    assert Engine(apply(WORLD, "L3@3")).advance(121).world.p.L3_familiarity[0] == full


def test_mediators__talk_in_their_own_hours():
    """Their skill counts where they do the talking, and then the law firm's hours go into it."""
    e = run("L1", is_logged=True)
    log, w = of_kind(log_of(e), moves.CONTACTED), e.world
    at_station = w.stations.kind[log["who"]] == st.MEDIATION
    assert at_station.any() and not at_station.all()
    n_months = int(w.p.n_months[0])
    hours = w.hours.reshape(n_months, len(w.stations), st.N_ACTIVITIES)[:, w.stations.kind == st.MEDIATION]
    assert hours[:, :, st.PERSUADING].sum() > 0
    plain = run("B0", is_logged=True)
    assert (plain.world.stations.kind[of_kind(log_of(plain), moves.CONTACTED)["who"]] == st.COMMUNITY).all()


def test_settled_disputes__may_have_settled_nothing():
    """Contacts replace the work of a dispute, and fail as work does: a share epsilon_q of first closures is false, within 4.5 SE."""
    w = run(
        "B0", **{"behaviour.effort.failure_share": 0.3, "behaviour.effort.audit_share": 0.0, "demand.issues_per_household_year": 1.3}
    ).world
    codes = [kind.code for kind in WORLD.demand.types]
    n = int(w.counters.next_arrival[0])
    it, kinds = w.issues[:n], w.arrivals.type[:n]
    mine = (
        (kinds == codes.index("DISP")) & (it.obstacles & st.GATE_I > 0) & (it.n_departments == 0) & (it.closed >= 0) & (it.law_pending == 0)
    )
    is_once = mine & (it.redo == 0) & np.isin(it.status, (st.CLOSED, st.RESOLVED, st.LAPSED, st.EXITED))
    share = (mine & ((it.redo > 0) | (it.status != st.RESOLVED))).sum() / mine.sum()
    assert is_once.any()
    assert abs(share - 0.3) <= 4.5 * np.sqrt(0.21 / mine.sum())


def test_controls__get_the_law_firms_hours_and_not_the_desks():
    """W5 (ii): 40 h a month at each doorstep station, with what is offered to the pool; of members' working time what no desk loses."""
    world = WORLD.model_copy(update={"days": 850})
    e = run("L1", until=850, world=world)
    b0 = run("B0", until=850, world=world)
    hours = outside_hours(e)["hours"].sum(axis=1) - outside_hours(b0)["hours"].sum(axis=1)
    w = e.world
    n_months = int(w.p.n_months[0])
    first = int(np.ceil(120 * 12 / 365))
    months = 850 * 12 / 365 - first
    pooled = w.outside.reshape(12, st.N_ACTIVITIES, n_months)[st.BY_ORGANISATIONS, :, first:].sum() / months
    kept = w.hours.reshape(n_months, len(w.stations), st.N_ACTIVITIES)[first:, w.stations.kind == st.MEDIATION].sum() / months
    workdays = w.calendar[int(np.ceil(first * 365 / 12)) : 850].sum()
    assert kept == pytest.approx(40 * 12 / 261 * workdays * w.communities.doorstep.sum() / months)
    assert hours[st.BY_ORGANISATIONS] == pytest.approx(pooled + kept)
    e = run("E4", until=850, world=world)
    w = e.world
    given = w.outside.reshape(12, st.N_ACTIVITIES, n_months)[st.BY_MEMBERS_WORK, :, first:].sum() / months
    assert outside_hours(e)["hours"][st.BY_MEMBERS_WORK].sum() == pytest.approx(given * (1 - world.staffing.desk_share))


# ---- switches ------------------------------------------------------------------------------------


def test_doorstep_stations__close_when_their_body_is_gone():
    e = switched(("L1", 120), ("B0", 400), until=401)
    w = e.world
    stations = w.stations.kind == st.MEDIATION
    assert (w.stations.queue_length[stations] == 0).all()
    assert (w.stations.window[stations] == 0).all()
    cases = w.packages[: int(w.pools.used[st.PACKAGES])]
    cases = cases[(cases.issue >= 0) & (cases.done == 0) & (cases.kind == st.LAW_CASE)]
    assert len(cases) > 0
    assert (w.stations.kind[cases.station] == st.DEPARTMENT).all(), "justice has taken over what waited"
    n_months = int(w.p.n_months[0])
    before = w.hours.reshape(n_months, len(w.stations), st.N_ACTIVITIES)[:, stations].sum()
    e.advance(600)
    assert e.world.hours.reshape(n_months, len(w.stations), st.N_ACTIVITIES)[:, stations].sum() == before
    assert before > 0


def test_mandate__ends_with_the_members():
    e = switched(("F1", 120), ("F1-E4", 400), until=401)
    assert (e.world.communities.mandated_share == 0).all()
    assert run("F1", until=400).world.communities.mandated_share.max() > 0


def test_meetings__that_may_rule_again_take_up_what_waits():
    e = switched(("ceremonial_all", 120), ("F1", 400), until=400, is_logged=True)
    tabled = of_kind(log_of(e), moves.TABLED)
    today = tabled[tabled["day"] == 400.0]
    assert {int(kind) for kind in today["detail"]} >= {st.A1, st.A2, st.A4}
