"""Running a scenario: build, calibrate once, advance day by day, branch, switch."""

import functools
import math
from typing import Any

import numpy as np

from govsim.engine import build, rng
from govsim.engine import state as st
from govsim.engine.campaign import end_campaign
from govsim.engine.day import advance, table_all
from govsim.engine.grid import end_grid
from govsim.engine.meetings import end_forum, reorder_agendas
from govsim.engine.programmes import facilities_of, renovations_of
from govsim.engine.queues import schedule
from govsim.engine.rules import AGENDA_SCORE, N_FAULT, components_of, fault_in, rules_of
from govsim.engine.voice import close_stations
from govsim.engine.world import World
from govsim.scenario.mechanism import ExternalHours, Mechanism
from govsim.scenario.scenario import Scenario
from govsim.scenario.shocks import Shocks
from govsim.scenario.variants import name_in_force

_PILOT_DAYS = 730
_N_PILOTS = 2


def _split(hours_per_day: float, clock_hours: float) -> tuple[int, float]:
    """Workers and daily window for a capacity: c = ceil(cap / L), window at least 1 h (ruling 34)."""
    workers = max(1, int(np.ceil(hours_per_day / clock_hours - 1e-9)))
    return workers, float(min(clock_hours, max(1.0, hours_per_day / workers)))


def _workdays(scenario: Scenario) -> float:
    return 365 / 7 * scenario.behaviour.clock.workdays_per_week


_DESK_MOST = 0.95
"""Largest share of a community worker's day at the desk (ruling 5)."""


def _community_staff_hours(scenario: Scenario) -> np.ndarray:
    """Paid hours a workday of each community's staff, whose number is given by residents (ruling 5)."""
    city, staffing = scenario.city, scenario.staffing
    residents = city.n_residents / city.n_communities
    hours = staffing.community_staff_per_10000 * residents / 10_000 * scenario.behaviour.clock.hours_per_workday
    return np.full(city.n_communities, hours)


def _capacity(scenario: Scenario, hours: dict[str, Any]) -> dict[str, Any]:
    """Desks from yearly hours of work: target loads met, head-counts overriding (rulings 5, 18)."""
    staffing, clock = scenario.staffing, scenario.behaviour.clock
    city = scenario.city
    days = _workdays(scenario)

    def desk(yearly: float, load: float, fixed: int | None) -> tuple[int, float]:
        if fixed is not None:
            return fixed, clock.hours_per_workday
        return _split(yearly / load / days, clock.hours_per_workday)

    departments = np.asarray(hours["department"])
    per_day = departments / staffing.load_department / days
    teams = max(1, round(float(per_day.sum()) / clock.hours_per_workday / 12 / staffing.team_size))
    teams = min(teams, city.n_subdistricts)
    staff = _community_staff_hours(scenario)
    wanted = [h / staffing.load_community / days for h in hours["community"]]
    return {
        "n_teams": teams,
        "community": [
            desk(min(h, _DESK_MOST * most) * days, 1.0, staffing.community_workers) for h, most in zip(wanted, staff, strict=True)
        ],
        "community_admin_share": 1 - float(sum(wanted) / staff.sum()),
        "subdistrict": [desk(h, staffing.load_subdistrict, staffing.subdistrict_workers) for h in hours["subdistrict"]],
        "department": [desk(h / teams, staffing.load_department, staffing.department_workers) for h in departments],
        "petition": desk(hours["petition"], staffing.load_office, None),
        "leaders": desk(hours["leaders"], staffing.load_office, None),
        "executive_slots": hours["executive_slots"],
        "commit_intercept": hours["commit_intercept"],
    }


def _first_guess(scenario: Scenario) -> dict[str, Any]:
    """Yearly hours before anything is known: the orders of magnitude of 3.7.19, per resident."""
    city = scenario.city
    residents = city.n_residents
    gates, commitment = scenario.behaviour.gates, scenario.behaviour.commitment
    return {
        "community": [0.9 * residents / city.n_communities] * city.n_communities,
        "subdistrict": [0.2 * residents / city.n_subdistricts] * city.n_subdistricts,
        "department": [0.8 * residents / 12] * 12,
        "petition": 0.05 * residents,
        "leaders": 0.002 * residents + 10,
        "executive_slots": gates.executive_slots or max(1, round(residents / 5000)),
        "commit_intercept": build.intercept_at_reference(commitment.commit_intercept, commitment.refusal_sd),
    }


def _step_to_anchor(logit: float, n: float, promises: float, slopes: float) -> float:
    """Change of the intercept that brings the mean promise p of `n` asks to sigma(logit): a Newton step on its log-odds.

    d ln(p/(1 - p)) / da0 = E[dp/da0] / (p (1 - p)); `promises` and `slopes` are the sums of p and of dp/da0 (W4).
    """
    p = promises / max(n, 1.0)
    spread = p * (1.0 - p)
    if spread <= 0.0 or slopes <= 0.0:
        return 0.0
    return (logit - math.log(p / (1.0 - p))) * spread * n / slopes


def _asked_in(pilot: "Engine", days: int) -> tuple[np.ndarray, np.ndarray]:
    """Run a pilot; return hours asked of each unit in its first half, and the sums over first asks in its second (`first_asks`)."""
    pilot.advance(days // 2)
    hours, asks = pilot.asked_hours(), pilot.first_asks()
    pilot.advance(days)
    return hours, pilot.first_asks() - asks


def _has_desks(scenario: Scenario) -> bool:
    """Whether the scenario gives the workers of all its desks."""
    staffing = scenario.staffing
    return None not in (staffing.community_workers, staffing.department_workers, staffing.subdistrict_workers)


@functools.lru_cache(maxsize=64)
def _desks(scenario: Scenario) -> dict[str, Any]:
    """Desks from what the baseline's units are asked for in pilot runs, hours a year (ruling 5), and the intercept of promises.

    Hours are pooled by class of unit and shared out by residents; a scenario whose desks are all given needs no pilot.
    """
    hours = _first_guess(scenario)
    gates, commitment = scenario.behaviour.gates, scenario.behaviour.commitment
    if _has_desks(scenario):
        return _capacity(scenario, hours)
    for _ in range(_N_PILOTS):
        intercept = hours["commit_intercept"]
        pilot = Engine(scenario, capacity=_capacity(scenario, hours))
        before, asks = _asked_in(pilot, scenario.days)
        hours = pilot.yearly_demand(before, scenario.days - scenario.days // 2)
        if commitment.commit_anchor == "baseline":
            intercept += _step_to_anchor(commitment.commit_intercept, *asks)
        hours["commit_intercept"] = intercept
        if gates.executive_slots is None:
            sittings = 365 / gates.executive_interval
            load = pilot.executive_inflow() / sittings
            hours["executive_slots"] = max(1, int(np.ceil(load / gates.executive_load)))
        else:
            hours["executive_slots"] = gates.executive_slots
        del pilot  # or two would be held while the next is built
    return _capacity(scenario, hours)


@functools.lru_cache(maxsize=64)
def _solved(scenario: Scenario, usual: Scenario) -> dict[str, Any]:
    """Desks of `usual`, and the intercept of promises under the law of `scenario`, solved with these desks (W4)."""
    found, commitment = _desks(usual), scenario.behaviour.commitment
    if commitment.commit_anchor == "reference" or (scenario == usual and not _has_desks(scenario)):
        return found
    for _ in range(_N_PILOTS):
        pilot = Engine(scenario, capacity=found)
        step = _step_to_anchor(commitment.commit_intercept, *_asked_in(pilot, scenario.days)[1])
        found = found | {"commit_intercept": found["commit_intercept"] + step}
        del pilot
    return found


def calibrate(scenario: Scenario) -> dict[str, Any]:
    """What is solved once a scenario from its baseline, and the same under every variant: desks of every unit, which are those
    at a_A = 1.79 for every point of a_A (ruling W2), and the intercept of promises (W4).
    """
    base = scenario.model_copy(
        update={
            "mechanism": Mechanism(), "external": ExternalHours(), "mechanism_name": "B0", "name": "pilot", "shocks": Shocks(),
            "seed": 2**40 + 1, "days": _PILOT_DAYS, "burn_in_days": 0,
        }
    )  # fmt: skip
    commitment = base.behaviour.commitment.model_copy(update={"commit_authority": 1.79, "equal_authority": False})
    return _solved(base, base.model_copy(update={"behaviour": base.behaviour.model_copy(update={"commitment": commitment})}))


_SLOTS_PER_DAY = 96
_MOVES_AN_ISSUE = 128
"""Room for moves at the start, for each issue of three mean days; the pool grows between days."""
_FEW_ISSUES_A_DAY, _ISSUES_A_DAY = 600, 2400


def _slots_per_day(daily: int) -> int:
    """Buckets of a day for so many issues: an hour each in a small city, a quarter of one in another, shorter in a large one.

    So each holds some tens of events, whatever the city's size.
    """
    if daily < _FEW_ISSUES_A_DAY:
        return 24
    return _SLOTS_PER_DAY * 2 ** max(0, round(math.log2(daily / _ISSUES_A_DAY)))


_TABLED_AT_ONCE = 5
"""Moves an issue may make when a mechanism starts."""

_BESIDE = {"events": ("heap",), "packages": ("waits",), "nodes": ("tabled",)}
"""Columns with a row for each row of a pool; `tabled` only under an agenda score of one's own."""


def _has_patrols(mechanism: Mechanism) -> bool:
    """Whether somebody looks for issues that nobody voices."""
    return mechanism.L3.dose > 0 or mechanism.RV3.enabled


def _joined(one: st.Rows, other: st.Rows) -> st.Rows:
    """The rows of two tables, one after another."""
    rows = st.blank(one.dtype, len(one) + len(other))
    rows[: len(one)], rows[len(one) :] = one, other
    return rows


class Engine:
    """One run in progress.

    Parameters
    ----------
    scenario : what is asked; the first `burn_in_days` are the baseline B0, then its mechanism starts.
    seed : overrides the scenario's seed.
    capacity : what `calibrate` solves, desks and the intercept of promises; solved when not given.
    begin : start the mechanism at once where there is no burn-in.
    moves : whether every change of an issue's state is recorded (`govsim.engine.moves`); it changes nothing else.
    """

    def __init__(
        self,
        scenario: Scenario,
        seed: int | None = None,
        capacity: dict[str, Any] | None = None,
        begin: bool = True,
        *,
        moves: bool = False,
    ):
        if seed is not None:
            scenario = scenario.model_copy(update={"seed": seed})
        self.scenario = scenario
        self.capacity = capacity if capacity is not None else calibrate(scenario)
        self.origin = scenario
        self.day = 0
        self.switched = False
        self.running = Mechanism()
        self.paid_factor = 1.0
        self.switches: list[tuple[int, str]] = []
        with np.errstate(over="ignore"):
            self.world = self._build(moves)
        if begin and scenario.burn_in_days == 0:
            self.switch(scenario.mechanism, scenario.external, scenario.mechanism_name)

    def _build(self, moves: bool) -> World:
        scenario = self.scenario
        none = Mechanism()
        arrivals, origin = build.arrivals_of(scenario)
        kinds, kind_tables = build.type_tables(scenario.demand, scenario.behaviour, none)
        stations, workers, firm = build.stations_of(scenario, self.capacity)
        people = build.people_of(scenario, firm)
        p = build.parameters(scenario, self.capacity, none, ExternalHours())
        n_issues, days = len(arrivals), scenario.days
        daily = max(64, 3 * n_issues // max(days, 1))
        n_events = 51 * daily + 512 + 2 * len(scenario.interruptions)
        clock = scenario.behaviour.clock
        weekday = (np.arange(days + 14) + clock.first_weekday) % 7
        counters = st.blank(st.COUNTERS, 1)
        world = World(
            p=p, counters=counters, arrivals=arrivals, issues=st.blank(st.ISSUE, n_issues), kinds=kinds, kind_tables=kind_tables,
            packages=st.blank(st.PACKAGE, 14 * daily + 256), events=st.blank(st.EVENT, n_events),
            heap=st.blank(st.HEAP, n_events), pools=st.blank(st.POOL_RECORD, len(st.POOLED)),
            buckets=np.full(_slots_per_day(daily) * days, -1, np.int32),
            nodes=st.blank(st.NODE, 16 * daily + 512), waits=st.blank(st.WAIT, 14 * daily + 256),
            lines=build.lines_of(len(stations) * st.LINES),
            stations=stations, workers=workers, forums=st.blank(st.FORUM_RECORD, 1), memory=np.zeros(1),
            ties=np.full(12 * scenario.city.n_communities, scenario.behaviour.commitment.tie_initial),
            leaders=st.blank(st.LEADER_RECORD, int(p.n_leaders[0])), directives=np.full(1, -1, np.int64),
            organisations=build.organisations_of(scenario), members=st.blank(st.MEMBER_RECORD, 1),
            hours=np.zeros(len(stations) * st.N_ACTIVITIES * int(p.n_months[0])),
            outside=np.zeros(len(st.PAYERS) * st.N_ACTIVITIES * int(p.n_months[0])),
            pool=np.zeros(8 * scenario.city.n_communities), pool_today=np.zeros(8 * scenario.city.n_communities),
            given=np.zeros(12 * scenario.city.n_communities), waiting=np.zeros(4 * daily, np.int32),
            daily=st.blank(st.DAILY, days), sittings=st.blank(st.SITTING, 1),
            interruptions=self._interruptions(), calendar=(weekday < clock.workdays_per_week).astype(np.int64),
            branches=np.zeros(int(p.n_branches[0]), np.int64), pairing=np.zeros(12 + int(p.n_branches[0])),
            funds=np.zeros(len(st.POTS) * int(p.n_months[0]) * 2), external=np.zeros(12 * 8),
            origin=origin, returned=np.zeros(n_issues if scenario.shocks.road.enabled else 1, np.int8),
            desk_share=build.desk_shares(scenario), hotline=st.blank(st.HOTLINE, 1), orders=st.blank(st.ORDER, 1),
            rankings=st.blank(st.RANKING, 1), nominated=st.blank(st.NOMINATION, 1),
            hotline_beliefs=st.blank(st.HOTLINE_BELIEF, 1),
            grids=np.zeros(1, np.int64), pulled=np.zeros(1, np.int64), market=st.blank(st.MARKET, 1),
            moves=st.blank(st.MOVE, _MOVES_AN_ISSUE * daily if moves else 1),
            duty=st.blank(st.DUTY, days if scenario.shocks.emergency.enabled else 1),
            posts=build.posts_of(scenario, self.capacity),
            rules=rules_of(scenario.model_copy(update={"mechanism": none})), own=components_of(none.own),
            reach=np.zeros(1, np.int64), tabled=np.zeros(1), faults=np.zeros(N_FAULT),
            **people, **renovations_of(scenario, arrivals), **self._facilities(people),
        )  # fmt: skip
        self._set_counters(world)
        return self._with_forums(world, none, 0)

    def _facilities(self, people: dict[str, Any]) -> dict[str, np.ndarray]:
        n = self.scenario.city.n_communities
        share = self.scenario.shocks.convenience.community_share
        chosen = build.covered(self.scenario.seed, rng.FACILITIES, n, max(share, 1 / n) if share > 0 else 0.0)
        return facilities_of(self.scenario, people, chosen)

    def _interruptions(self) -> st.Rows:
        rows = st.blank(st.INTERRUPTION, len(self.scenario.interruptions))
        for n, interruption in enumerate(self.scenario.interruptions):
            rows[n] = (interruption.community, interruption.day, interruption.hours)
        return rows

    def _set_counters(self, w: World) -> None:
        c = w.counters
        c.n_issues = len(w.arrivals)
        w.daily.department_quality = w.daily.branch_quality = np.nan
        c.month = c.slot = c.today = c.campaign_type = -1
        w.pools.free = -1
        c.ahead_event = c.ahead_issue = c.ahead_place = -1
        c.slots_per_day = len(w.buckets) // self.scenario.days
        c.belief_scale = c.trust_scale = 1.0
        c.sum_trust_community = w.households.trust_community.sum()
        c.sum_trust_city = w.households.trust_city.sum()
        c.sum_expectation = w.households.expectation.sum()
        residents = self.scenario.city.n_residents
        c.inflow_city = residents / 1000 * self.scenario.staffing.fund_city * build.capacity_scale(self.scenario)
        w.leaders.key = build.keys_of(self.scenario.seed, rng.LEADER, np.arange(len(w.leaders)))
        for n, interruption in enumerate(self.scenario.interruptions):
            self._add_event(w, interruption.day, st.INTERRUPTED, n)

    def _add_event(self, w: World, time: float, kind: int, entity: int) -> None:
        schedule(w, time, kind, entity, 0, entity)

    def _with_forums(self, w: World, mechanism: Mechanism, start: int) -> World:
        """The meetings of a mechanism; one that was there before keeps its calendar, agenda and case memory."""
        forums = build.forums_of(self.scenario, mechanism, self.capacity["executive_slots"], start)
        memory = np.zeros((len(forums), len(self.scenario.demand.types)))
        if self.switched:
            was, now = (f.kind * 2**32 + f.area for f in (w.forums, forums))
            _, new, old = np.intersect1d(now, was, return_indices=True)
            for field in ("next", "root", "backlog", "sittings", "tabled", "ruled"):
                forums[field][new] = w.forums[field][old]
            has_gained = forums.rules[new] & ~w.forums.rules[old]
            forums.is_new[new] = has_gained != 0
            memory[new] = w.memory.reshape(-1, memory.shape[1])[old]
            for f in np.setdiff1d(np.arange(len(w.forums)), old):
                end_forum(w, int(f))
        expected = int((((self.scenario.days - start) / forums.interval).astype(np.int64) + 3).sum())
        sittings = st.blank(st.SITTING, int(w.counters.n_sittings[0]) + expected)
        sittings[: len(w.sittings)] = w.sittings[: len(sittings)]
        return w.replace(forums=forums, sittings=sittings, memory=memory.ravel())

    def switch(self, mechanism: Mechanism, external: ExternalHours | None = None, name: str = "B0") -> None:
        """Start a mechanism today; what already waits at gates is tabled in its new meetings.

        What both mechanisms have goes on: meetings with their agendas and case memory, members in service with
        their motives, directives. What the new one lacks ends today: its meetings, visits, patrols, lists and what they
        promised; issues in somebody's hands are finished. Ties, trust and beliefs remain. `name` is what a user calls it.
        """
        external = external or ExternalHours()
        before, self.running = self.running, mechanism
        self._make_room(2 * int(self.world.pools.live[st.PACKAGES]))
        if before.RV3.enabled and not mechanism.RV3.enabled:
            end_grid(self.world, float(self.day))
        if self.world.counters.campaign_type[0] >= 0 and not mechanism.RV8.enabled:
            end_campaign(self.world, float(self.day))
        if mechanism.RV8.enabled and not before.RV8.enabled:
            self.world.counters.campaign_start = self.day
        self.fit_columns(mechanism, has_grid=mechanism.RV3.enabled)
        changes: dict[str, Any] = {"mechanism": mechanism, "external": external, "mechanism_name": name_in_force(mechanism, name)}
        scenario = self.scenario.model_copy(update=changes)
        self.scenario = scenario
        self.switched = True
        self.switches.append((self.day, scenario.mechanism_name))
        with np.errstate(over="ignore"):
            w = self._with_own(self.world, before)
            w = self._with_forums(w, mechanism, self.day)
            p = build.parameters(scenario, self.capacity, mechanism, external)
            kinds, kind_tables = build.type_tables(scenario.demand, scenario.behaviour, mechanism)
            members, directives = w.members, w.directives
            called_up = ("members_per_thousand", "general_labour_share")
            if min(before.E4.dose, mechanism.E4.dose) <= 0 or any(getattr(before.E4, f) != getattr(mechanism.E4, f) for f in called_up):
                members = build.members_of(scenario, mechanism, self.capacity)
            if len(directives) != p.n_leaders[0] * p.E1_directives_max[0]:
                directives = np.full(int(p.n_leaders[0] * p.E1_directives_max[0]), -1, np.int64)
                w.leaders.live = w.leaders.oldest = 0
            if mechanism.L3.dose <= 0:
                w.buildings.hazard_rate = w.buildings.steward_activity = 0.0
            w = w.replace(p=p, kinds=kinds, kind_tables=kind_tables, members=members, directives=directives,
                           external=np.outer(external.share_by_payer, external.hours_by_skill).ravel())  # fmt: skip
            w = self._with_hotline(w, before, mechanism)
            self._set_bodies(w, mechanism)
            close_stations(w, float(self.day))
            if mechanism.E4.dose <= 0:
                w.communities.mandated_share = w.communities.mandated_motivation = 0.0
            if mechanism.RV2.enabled and not before.RV2.enabled:
                w.counters.whistles_since = self.day + 1
            for pairing, earlier, units in ((mechanism.E2, before.E2, slice(0, 12)), (mechanism.E3, before.E3, slice(12, None))):
                if earlier.dose <= 0 or earlier.quality != pairing.quality:
                    w.pairing[units] = pairing.quality
            if before.RV3.enabled or mechanism.RV3.enabled:
                self._set_grid(w, mechanism)
            self._set_paid_hours(w, external)
            w.counters.mechanism_on = 1
            self.world = w
            self._make_room(_TABLED_AT_ONCE * int((w.issues.status[: self.n_issues] == st.GATED).sum()))
            w = self.world
            is_watched = _has_patrols(mechanism) and not _has_patrols(before)
            table_all(w, float(self.day), is_watched, mechanism.RV2.enabled and not before.RV2.enabled)

    def _with_hotline(self, w: World, before: Mechanism, mechanism: Mechanism) -> World:
        """The hotline's columns (RV1): orders and ranking as long as it is on, beliefs from when it first is."""
        if before.RV1.enabled == mechanism.RV1.enabled:
            return w
        on = mechanism.RV1.enabled
        nominated = st.blank(st.NOMINATION, len(w.subdistricts) if on else 1)
        nominated.issue = -1
        beliefs = w.hotline_beliefs
        if on and (len(beliefs) < len(w.buildings) or not beliefs.mean_hotline.any()):
            beliefs = st.blank(st.HOTLINE_BELIEF, len(w.buildings))
            beliefs.offset_hotline = beliefs.mean_hotline = mechanism.RV1.belief
        w.hotline.free_at = 0.0
        return w.replace(
            nominated=nominated, hotline_beliefs=beliefs, orders=st.blank(st.ORDER, len(w.arrivals) if on else 1),
            rankings=st.blank(st.RANKING, int(w.p.first_department_team[0]) + 12 if on else 1),
        )  # fmt: skip

    def _with_own(self, w: World, before: Mechanism) -> World:
        """Rules and components of one's own; agendas that go on are put in the order of the score in place."""
        own = self.scenario.mechanism.own
        rules, today = rules_of(self.scenario), float(self.day)
        was, now = (rows[AGENDA_SCORE].address != 0 for rows in (w.rules, rules))
        if was and not now:
            reorder_agendas(w, today, 2)
        tabled = w.tabled if was and now else np.zeros(len(w.nodes) if now else 1)
        n = len(w.communities)
        reach = np.zeros(max(1, n * len(own.active)), np.int64)
        for x, component in enumerate(own.active):
            if component in before.own.active:
                y = before.own.active.index(component)
                reach[x * n : (x + 1) * n] = w.reach[y * n : (y + 1) * n]
        w = w.replace(rules=rules, own=components_of(own), reach=reach, tabled=tabled)
        if now and not was:
            reorder_agendas(w, today, 3)
        return w

    def _set_bodies(self, w: World, mechanism: Mechanism) -> None:
        """Which communities and compounds have a body, which communities and branches pair."""
        seed = self.scenario.seed
        w.communities.has_body = build.covered(seed, rng.UNIT, len(w.communities), mechanism.L1.dose)
        w.compounds.has_body = build.covered(seed, rng.COMPOUND, len(w.compounds), mechanism.L2.dose)
        w.communities.is_paired = build.covered(seed, rng.PAIRS, len(w.communities), mechanism.E2.dose)
        w.branches[:] = build.covered(seed, rng.BRANCH, len(w.branches), mechanism.E3.dose)
        law = np.bincount(w.organisations.community, weights=w.organisations.law, minlength=len(w.communities)) > 0
        is_kept = mechanism.L1.doorstep_station and self.scenario.behaviour.contribution.law_firm_hours > 0
        w.communities.doorstep = (w.communities.has_body == 1) & law & is_kept
        dispute = self.scenario.shocks.dispute
        if dispute.enabled:
            has_own = w.communities.has_body[dispute.community] == 1 and mechanism.L1.doorstep_station
            w.communities.doorstep[dispute.community] = dispute.station == "always" or (dispute.station == "mechanism" and has_own)
        windows = np.array([window for _, window in build.mediation_desks(self.scenario)])
        w.stations.window[w.stations.kind == st.MEDIATION] = windows * w.communities.doorstep
        w.compounds.familiarity = w.compounds.has_body * mechanism.L2.familiarity

    def fit_columns(self, mechanism: Mechanism, has_grid: bool) -> None:
        """Columns of a mechanism that are of no use to others: units of grid staff, lines of campaigns, the market of firms.

        Without the market firms are paid, and work, as before it.
        """
        if has_grid:
            self._raise_grid()
        w, on = self.world, mechanism.RV8.enabled
        n, has_pulled = len(w.stations), len(w.pulled) > 1
        had = len(w.pulled) if has_pulled else len(w.lines) // st.LINES
        pulled, lines = np.zeros(n if on else 1, np.int64), build.lines_of(n * st.LINES + n * on)
        lines[: had * st.LINES] = w.lines[: had * st.LINES]
        if on and has_pulled:
            pulled[:had], lines[n * st.LINES : n * st.LINES + had] = w.pulled, w.lines[had * st.LINES :]
        market = st.blank(st.MARKET, len(w.compounds) if mechanism.RV5.enabled else 1)
        if mechanism.RV5.enabled == w.market.share.any():
            market = w.market
        elif mechanism.RV5.enabled:
            market.share = w.compounds.fee
        else:
            w.compounds.fee[:] = w.market.share
            w.stations.window[w.stations.kind == st.FIRM] = self.scenario.behaviour.clock.hours_per_workday
        self.world = w.replace(lines=lines, pulled=pulled, market=market)

    def _raise_grid(self) -> None:
        """Give every community a unit of grid staff, if it has none yet (RV3); how many they are is settled with the run."""
        w = self.world
        if (w.stations.kind == st.GRID).any():
            return
        stations, workers = build.grid_units(self.origin, w.stations, len(w.workers))
        by_month = w.hours.reshape(-1, len(w.stations) * st.N_ACTIVITIES)
        none = np.zeros((len(by_month), len(stations) * st.N_ACTIVITIES))
        grown = {
            "stations": _joined(w.stations, stations), "workers": _joined(w.workers, workers),
            "hours": np.concatenate([by_month, none], axis=1).ravel(), "grids": len(w.stations) + np.arange(len(stations)),
        }  # fmt: skip
        self.world = w.replace(**grown)

    def _set_grid(self, w: World, mechanism: Mechanism) -> None:
        """The windows of grid staff and of the desks they come from (RV3)."""
        desks = np.array([window for _, window in self.capacity["community"]]) * self.paid_factor
        hours, taken = build.grid_hours(self.scenario, self.capacity, mechanism.RV3)
        on = mechanism.RV3.enabled
        w.stations.window[: len(desks)] = desks * (1 - taken * on)
        w.stations.window[w.grids] = hours * on / w.stations.n_workers[w.grids]
        if self.scenario.shocks.emergency.enabled:
            own = 0.0 if mechanism.RV3.funded else hours - taken * build.usual_desks(self.capacity)
            w.posts.beside = np.maximum(0.0, build.hours_beside(self.scenario, self.capacity) - own * on)

    def _set_paid_hours(self, w: World, external: ExternalHours) -> None:
        """Money control (W5 iii): paid hours lengthen the windows of communities and departments."""
        desks = (w.stations.kind == st.COMMUNITY) | (w.stations.kind == st.DEPARTMENT)
        daily = float((w.stations.window * w.stations.n_workers)[desks].sum()) / self.paid_factor
        factor = 1 + external.staff_hours * 12 / _workdays(self.scenario) / daily
        if factor != self.paid_factor:
            w.stations.window[desks] *= factor / self.paid_factor
            self.paid_factor = factor

    def advance(self, to_day: int) -> "Engine":
        """Run up to the start of `to_day`, starting the mechanism when its day comes."""
        burn_in = self.scenario.burn_in_days
        if not self.switched and self.day < burn_in < to_day:
            self.advance(burn_in)
        if not self.switched and self.day == burn_in and to_day > burn_in:
            self.switch(self.scenario.mechanism, self.scenario.external, self.scenario.mechanism_name)
        with np.errstate(over="ignore", invalid="ignore"):
            while self.day < to_day:
                self.day = int(advance(self.world, self.day, to_day))
                if self.world.faults[0]:
                    raise fault_in(self.world, self.scenario.mechanism.own)
                if self.day < to_day:
                    self._enlarge()
        return self

    def _make_room(self, n: int) -> None:
        """See to it that `n` moves more can be recorded today, if moves are recorded."""
        w = self.world
        needed = int(w.pools.used[st.MOVE_ROWS]) + n
        if 1 < len(w.moves) < needed:
            grown = st.blank(st.MOVE, 2 * needed)
            grown[: len(w.moves)] = w.moves
            self.world = w.replace(moves=grown)

    def _enlarge(self) -> None:
        """Double the pools of which less than a third is left."""
        w, c = self.world, self.world.counters
        if c.overflow[0]:
            raise RuntimeError("a pool of the engine overflowed within one day")
        grown: dict[str, np.ndarray] = {}
        in_use = dict(zip(st.POOLED, w.pools.live, strict=True)) | {"waiting": c.n_waiting[0]}
        for name, live in in_use.items():
            if live * 3 > len(getattr(w, name)) * 2:
                for column in (name, *_BESIDE.get(name, ())):
                    old = getattr(w, column)
                    if column == "tabled" and len(old) == 1:
                        continue
                    grown[column] = st.blank(old.dtype, 2 * len(old)) if old.dtype.names else np.zeros(2 * len(old), old.dtype)
                    grown[column][: len(old)] = old
        self.world = w.replace(**grown)

    def copy(self) -> "Engine":
        """A branch: same history, its own future. The exogenous issues are shared."""
        twin = object.__new__(Engine)
        twin.__dict__ = self.__dict__ | {"switches": list(self.switches)}
        twin.world = self.world.replace(**{name: a.copy() for name, a in self.world.columns().items() if name != "arrivals"})
        return twin

    @property
    def n_issues(self) -> int:
        """Issues that have arisen so far."""
        return int(self.world.counters.next_arrival[0])

    def asked_hours(self) -> np.ndarray:
        """Hours asked of each unit so far: packages offered and overheads."""
        return self.world.stations.offered + self.world.stations.incurred

    def yearly_demand(self, before: np.ndarray, days: int) -> dict[str, Any]:
        """Hours asked of each class of unit a year since `before`, shared out by residents (ruling 5)."""
        w = self.world
        asked = (self.asked_hours() - before) / (days / 365)
        kind = w.stations.kind
        weight = w.communities.n_households / w.communities.n_households.sum()
        community = asked[kind == st.COMMUNITY].sum() * weight
        by_sub = np.bincount(w.communities.subdistrict, weights=weight)
        return {
            "community": [float(h) for h in community],
            "subdistrict": [float(h) for h in asked[kind == st.SUBDISTRICT].sum() * by_sub],
            "department": [float(asked[(kind == st.DEPARTMENT) & (w.stations.department == d)].sum()) for d in range(12)],
            "petition": float(asked[kind == st.PETITION_OFFICE].sum()),
            "leaders": float(asked[kind == st.LEADERS].sum()) + 10.0,
        }

    def first_asks(self) -> np.ndarray:
        """First asks of disputed duties so far: how many, the sum of their promises p, and that of p (1 - p)."""
        c = self.world.counters[0]
        return np.array([c.n_first_asks, c.sum_first_promise, c.sum_first_slope])

    def executive_inflow(self) -> float:
        """Issues a year that need the executive route."""
        w = self.world
        authority = w.kinds.authority[w.arrivals.type]
        tabled = (authority == 5) & (w.issues.obstacles & st.GATE_P > 0) & ~np.isnan(w.issues.triaged)
        return float(tabled.sum()) / (self.day / 365)


def is_compiled() -> bool:
    """Whether the compiled engine lies in the cache already."""
    import os
    from pathlib import Path

    return any(Path(os.environ["NUMBA_CACHE_DIR"]).rglob("day.advance*.nbc"))
