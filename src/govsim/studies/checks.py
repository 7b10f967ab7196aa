"""Configurations of the engine whose law is known: stations, gates and households, by inputs only (model.md section 4).

Times are in units of a mean service, here six hours, unless said otherwise. `CHECKS` is the one list of them: the tests
hold each to ruling V8, `govsim verify` runs the same with shorter runs.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from govsim.engine import state as st
from govsim.engine.simulate import Engine
from govsim.scenario.city import City
from govsim.scenario.demand import Demand, IssueType
from govsim.scenario.inputs import override
from govsim.scenario.scenario import Interruption, Scenario
from govsim.scenario.variants import apply
from govsim.studies import closed_forms as law

UNIT = 6.0
"""Hours of a mean service."""
PER_DAY = 24 / UNIT
WARM = 500
"""Days left out at the start."""


def kind(code: str = "JOB", share: float = 1.0, hours: float = UNIT, cv: float = 1.0, patience: float = 1e6, **more: Any) -> IssueType:
    """One sort of issue; nobody has to be asked, paid or persuaded unless said."""
    return IssueType(code=code, share=share, hours=hours, hours_cv=cv, skill="general_labour", deadline=3650.0,
                     patience=patience, compound_factors=(1.0,) * 4, **more)  # fmt: skip


def town(
    *kinds: IssueType, rate: float, days: int = 20_000, workers: int = 1, exponential: bool = True, independent: bool = False,
    communities: int = 1, department_workers: int = 1, subdistrict_workers: int = 1, inputs: dict[str, Any] | None = None,
) -> Scenario:  # fmt: skip
    """Communities where `rate` issues arise per `UNIT`; desks are open round the clock and nothing else costs time."""
    base = City.preset("demo").scaled(936)
    city = base.model_copy(update={"subdistricts": (base.subdistricts[0].model_copy(
        update={"communities": tuple(f"C{n + 1}" for n in range(communities))}),)})  # fmt: skip
    demand = Demand(types=kinds, renovation_rate=0.0, issues_per_household_year=rate * PER_DAY * 365 / city.n_households,
                    hours_distribution="exponential" if exponential else "lognormal",
                    package_hours="independent" if independent else "split")  # fmt: skip
    return override(Scenario(city=city, demand=demand, days=days, burn_in_days=0), {
        "behaviour.clock": {"hours_per_workday": 24.0, "workdays_per_week": 7, "opening_hour": 0.0,
                            "chunk_max": 1e6, "due_window": 0.0, "urgent_severity": 1.0},
        "behaviour.voice": {"access_cost_community": -50.0, "access_cost_petition": 50.0, "access_cost_law": 50.0, "voice_attempts_max": 1},
        "behaviour.routing": {"triage_hours": 0.0, "forwarding_hours": 0.0, "rejection_hours": 0.0, "hop_delay": 0.0,
                              "transfer_delay": 0.0, "information_loss": 0.0, "owner_guess_base": 1.0, "directory_clarity": 0.0},
        "behaviour.effort.perfunctory_intercept": -50.0, "behaviour.effort.failure_share": 0.0,
        "behaviour.response.informing_hours": 0.0, "behaviour.agenda.memo_check_share": 0.0,
        "behaviour.commitment": {"commit_anchor": "reference", "asking_hours": 0.0, "answering_hours": 0.0, "refusal_sd": 0.0,
                                 "commit_backlog": 0.0, "commit_clear_duty": 0.0, "commit_clarity": 0.0, "commit_tie": 0.0,
                                 "tie_initial": 0.0,
                                 "commit_pressure": 0.0, "commit_hours": 0.0, "authority_subdistrict": 0.0, "lapse_rate": 0.0},
        "staffing": {"community_workers": workers, "department_workers": department_workers,
                     "subdistrict_workers": subdistrict_workers}, **(inputs or {}),
    })  # fmt: skip


Measure = Callable[[Engine, np.ndarray], np.ndarray]
"""What a run gave: one value for each quantity, of an engine and the rows of issues kept."""


@dataclass(frozen=True)
class Check:
    """A configuration and what theory says of it: `theory` has the value of each quantity; `name` is the key of its label."""

    code: str
    name: str
    theory: dict[str, float]
    scenario: Scenario
    measure: Measure
    replications: int = 60
    prepare: Callable[[Scenario, int], Scenario] = lambda scenario, seed: scenario


def run_once(check: Check, seed: int, days: int | None = None) -> np.ndarray:
    """Measure one run; issues of the first and the last `WARM` days are left out."""
    scenario = check.scenario if days is None else check.scenario.model_copy(update={"days": min(days, check.scenario.days)})
    e = Engine(check.prepare(scenario, seed), seed=seed).advance(scenario.days)
    onset = e.world.arrivals.onset[: e.n_issues]
    return np.atleast_1d(check.measure(e, (onset > WARM) & (onset < scenario.days - WARM)))


def _log(e: Engine) -> Any:
    return e.world.issues[: e.n_issues]


def _since(field: str, start: str = "released") -> Measure:
    """Mean time between two moments, in units of a mean service."""

    def measure(e: Engine, kept: np.ndarray) -> np.ndarray:
        it = _log(e)
        begin = it[start].astype(float) if start else 0.0
        return np.nanmean((it[field].astype(float) - begin)[kept]) * PER_DAY

    return measure


def _wait_and_tail(e: Engine, kept: np.ndarray) -> np.ndarray:
    it = _log(e)
    wait = (it.started.astype(float) - it.released.astype(float))[kept] * PER_DAY
    wait = wait[~np.isnan(wait)]  # one in a million gives up
    return np.array([wait.mean(), *(np.mean(wait > t) for t in (0.0, 0.5, 1.0, 2.0))])


def _waits_by_type(e: Engine, kept: np.ndarray) -> np.ndarray:
    it = _log(e)
    wait = (it.started.astype(float) - it.released.astype(float)) * PER_DAY
    kind_of = e.world.arrivals.type[: e.n_issues]
    return np.array([np.nanmean(wait[kept & (kind_of == k)]) for k in range(len(e.scenario.demand.types))])


def _gate_wait(gate: str = "power") -> Measure:
    """Mean and variance of the days for which a gate held up those it did hold up."""

    def measure(e: Engine, kept: np.ndarray) -> np.ndarray:
        it = _log(e)
        is_open = it.closed_gates & (1 << st.GATES.index(gate)) == 0
        wait = (it[gate].astype(float) - it.triaged.astype(float))[kept & is_open]
        wait = wait[wait > 0]
        return np.array([wait.mean(), wait.var()])

    return measure


def station() -> Check:
    """T1: c = 4, a = 3.2: mean wait C / (c mu - lambda), and its tail P(W > t) = C exp(-(c mu - lambda) t)."""
    c, a = 4, 3.2
    tail = {f"P(W>{t:g})": law.erlang_c(c, a) * math.exp(-(c - a) * t) for t in (0.0, 0.5, 1.0, 2.0)}
    return Check("T1", "station", {"W": law.wait_m_m_c(c, a)} | tail, town(kind(), rate=a, workers=c), _wait_and_tail, 120)


def general() -> Check:
    """T2: lognormal hours, cv 1.5, load .7 (Pollaczek-Khinchine): 3.79167 services."""
    world = town(kind(cv=1.5), rate=0.7, exponential=False)
    return Check("T2", "general", {"W": law.wait_m_g_1(0.7, 1.5)}, world, _since("started"), 120)


def classes() -> Check:
    """T3, T4: three classes, one worker, and the sum of their waits that no order changes."""
    rates, sizes = np.array([0.2, 0.3, 0.25]), np.array([1.0, 1.0, 1.2])
    kinds = [kind(f"C{n + 1}", rates[n] / rates.sum(), UNIT * sizes[n], queue_class=n + 1) for n in range(3)]

    def measure(e: Engine, kept: np.ndarray) -> np.ndarray:
        waits = _waits_by_type(e, kept)
        return np.append(waits, waits @ (rates * sizes))

    waits = law.waits_by_class(rates, sizes)
    theory = {f"W{k + 1}": float(waits[k]) for k in range(3)} | {"sum rho W": law.conserved_wait(rates, sizes)}
    return Check("T3", "classes", theory, town(*kinds, rate=rates.sum()), measure, 200)


def directives(seen: float) -> Check:
    """T4: leaders who look at open issues, not at how long their work takes, move nobody's mean wait.

    One sort of issue, one worker (V7), visits without cost: W = R / (1 - rho) whatever they direct.
    """
    visits = {f"mechanism.E1.{name}": 0 for name in ("leader_hours", "host_hours", "staging_hours", "reporting_hours", "entourage")}
    scenario = override(apply(town(kind(cv=1.5), rate=0.7, exponential=False), "E1"), visits | {
        "mechanism.E1.visits_per_quarter": 10.0, "mechanism.E1.directives_max": 5, "mechanism.E1.staging": 0.0,
        "mechanism.E1.seeing_share": seen,
    })  # fmt: skip
    return Check("T4", "directives", {f"W (seeing {seen:.0%})": law.wait_m_g_1(0.7, 1.5)}, scenario, _since("started"), 120)


def patience() -> Check:
    """T5: patience as long as service: who gives up, and how many wait."""
    world = town(kind(patience=1 / PER_DAY), rate=5.0, workers=4, days=3_000)

    def measure(e: Engine, kept: np.ndarray) -> np.ndarray:
        it = _log(e)
        until = np.where(np.isnan(it.started), it.ended, it.started).astype(float)
        waiting = np.nansum((until - it.released)[kept]) / (e.day - 2 * WARM)
        return np.array([(it.status[kept] == st.LAPSED).mean(), waiting])

    queue = law.patient_queue(5.0, 4)
    return Check("T5", "patience", {"P(ab)": queue / 5.0, "E[Q]": queue}, world, measure, 30)


def executive(interval: float, slots: int, rate: float) -> Scenario:
    """Every issue waits for the executive's sitting and for nothing else; rates and times in days."""
    return town(kind(hours=0.001, authority=5, p_power=1.0), rate=rate / PER_DAY, workers=4, days=6_000, inputs={
        "behaviour.gates.executive_interval": interval, "behaviour.gates.executive_slots": slots,
        "behaviour.gates.executive_hours": 0.0, "behaviour.agenda.preparation_hours": 0.0,
        "behaviour.work.split_local": (1.0, 0.0, 0.0), "behaviour.work.split_city": (1.0, 0.0, 0.0)})  # fmt: skip


def meeting() -> Check:
    """T6: fixed interval T, room for all: W ~ U(0, T), mean T / 2, variance T^2 / 12 (V8)."""
    theory = {"W": law.sitting_wait(30.0), "Var W": law.sitting_variance(30.0)}
    return Check("T6", "meeting", theory, executive(30.0, 100_000, 2.0), _gate_wait(), 30)


def persuaded() -> Check:
    """T6: one resident to win, by one call at once or at a compound meeting later, each with p: who was not won at the call waits."""
    interval, p = 30.0, 0.5
    scenario = override(apply(town(kind(hours=0.001, p_interests=1.0), rate=0.5, workers=4, days=6_000), "A4"), {
        "behaviour.gates": {"parties_low": 1, "parties_high": 1, "contacts_per_day": 1, "contact_hours": 0.0, "supporter_lapse": 0.0,
                            "persuade_intercept": math.log(p / (1 - p)), "persuade_skill": 0.0, "persuade_trust": 0.0,
                            "persuade_familiarity": 0.0},
        "behaviour.agenda": {"attendance_share": 1.0, "retabling_max": 100, "meeting_substitution": 1.0, "preparation_hours": 0.0,
                             "minutes_hours": 0.0, "travel_hours": 0.0},
        "mechanism.A4": {"interval": interval, "slots": 100_000, "group_effect": 1.0}})  # fmt: skip
    theory = {f"W (p={p:g})": law.sitting_wait(interval, p), f"Var W (p={p:g})": law.sitting_variance(interval, p)}
    return Check("T6", "persuaded", theory, scenario, _gate_wait("interests"), 60)


def slots(a: float, k: int, code: str = "T7") -> Check:
    """T7: a issues arise between sittings that hear at most k each; T30: twice the city with twice the slots."""
    world, replications = executive(1.0, k, a), 200 if k == 1 else 60
    return Check(code, "slots", {f"W({a:g},{k})": law.bailey(a, k)}, world, lambda e, kept: _gate_wait()(e, kept)[:1], replications)


def hops() -> Check:
    """T8: the right owner is found with probability .6 each time: 1 / p tries, variance (1 - p) / p^2."""
    p = 0.6

    def tries(e: Engine, kept: np.ndarray) -> np.ndarray:
        found = _log(e).hops[kept].astype(float) + 1
        return np.array([found.mean(), found.var()])

    world = town(kind(hours=0.001, n_departments=(0.0, 1.0), departments=("housing",)), rate=2.0, days=6_000, workers=4)
    world = override(world, {"behaviour.routing.owner_guess_base": p})
    return Check("T8", "hops", {"E": 1 / p, "Var": (1 - p) / p**2}, world, tries, 30)


def promises(m: int, p: float, lapse: float) -> Check:
    """T9: all units are asked in parallel each round; promises are remembered and may lapse."""
    names = ("housing", "urban_management", "justice", "finance")[:m]

    def rounds(e: Engine, kept: np.ndarray) -> np.ndarray:
        return np.nanmean((_log(e).jurisdiction.astype(float) - _log(e).triaged.astype(float))[kept]) / 7 + 1

    world = town(kind(hours=0.001, n_departments=(0.0,) * m + (1.0,), departments=names), rate=1.0, days=4_000)
    world = override(world, {
        "behaviour.commitment.commit_intercept": math.log(p / (1 - p)),
        "behaviour.commitment.lapse_rate": -math.log(1 - lapse) / 7})  # fmt: skip
    return Check("T9", "promises", {f"n({m},{p:g},{lapse:g})": law.rounds_until_all(m, p, lapse)}, world, rounds, 30)


def interruptions() -> Check:
    """T10: Poisson reservations before work; work resumes where it stopped."""
    a, b, rate = 0.1, 1.5, 0.6

    def interrupted(scenario: Scenario, seed: int) -> Scenario:
        stream = np.random.Generator(np.random.Philox(seed))
        days = np.sort(stream.uniform(0, scenario.days, stream.poisson(a * PER_DAY * scenario.days)))
        hours = stream.exponential(b * UNIT, len(days))
        rows = tuple(Interruption.model_construct(community=0, day=float(d), hours=float(h)) for d, h in zip(days, hours, strict=True))
        return scenario.model_copy(update={"interruptions": rows})

    theory = {"T": law.interrupted_time(a, b, rate)}
    return Check("T10", "interruptions", theory, town(kind(), rate=rate), _since("closed"), 60, interrupted)


def reopening() -> Check:
    """T11: a share r comes back at once with new work."""
    rate, r = 0.5, 0.3
    scenario = town(kind(), rate=rate, independent=True, inputs={
        f"behaviour.effort.{name}": value for name, value in
        {"audit_share": 1.0, "audit_hours": 0.0, "audit_delay": 0.0, "redo_hours_share": 1.0}.items()})  # fmt: skip
    scenario = override(scenario, {"behaviour.effort.failure_share": r})
    return Check("T11", "reopening", {"T": law.feedback_time(rate, r)}, scenario, _since("last_closed"), 60)


def tiers() -> Check:
    """T12: a decision at the subdistrict, then work at the community: 1 / (mu_1 - l) + 1 / (mu_2 - l) (Burke)."""
    rate = 0.5
    scenario = town(kind(hours=UNIT / 1.25, authority=3, p_power=1.0), rate=rate, inputs={
        "behaviour.gates.decision_hours": UNIT, "behaviour.gates.decision_distribution": "exponential",
        "behaviour.work.split_local": (1.0, 0.0, 0.0), "behaviour.work.split_subdistrict": (1.0, 0.0, 0.0)})  # fmt: skip
    return Check("T12", "tiers", {"T": 1 / (1 - rate) + 1 / (1.25 - rate)}, scenario, _since("closed", ""), 60)


def channels(hotline: bool = False) -> Check:
    """T13: beliefs and trust without weight: shares are a multinomial logit, averaged over severity ~ Beta(2, 2)."""
    costs = {"community": 1.0, "petition": 2.0, "law": 1.8, "private": 1.5} | ({"hotline": 0.8} if hotline else {})
    called = {"enabled": hotline, "access_cost": costs.get("hotline", 0.0), "access_cost_ses": 0.0, "contact_hours": 0.0}
    scenario = town(kind(hours=0.001, private_remedy=True), rate=2.0, workers=4, days=6_000, inputs={"behaviour.voice": {
        f"access_cost_{name}": cost for name, cost in costs.items() if name != "hotline"} | {
        "weight_belief": 0.0, "weight_trust": 0.0, "access_cost_ses_community": 0.0, "access_cost_ses_law": 0.0,
        "voice_attempts_max": 1}, "mechanism.RV1": called if hotline else {}})  # fmt: skip

    def measure(e: Engine, kept: np.ndarray) -> np.ndarray:
        it = _log(e)[kept]
        is_private = np.isnan(it.voiced) & (it.status == st.EXITED)
        codes = {"community": st.VIA_COMMUNITY, "petition": st.VIA_PETITION, "law": st.VIA_LAW, "hotline": st.VIA_HOTLINE}
        by_channel = [is_private.mean() if name == "private" else np.mean(it.channel == codes[name]) for name in costs]
        return np.array([np.mean(np.isnan(it.voiced) & ~is_private), *by_channel])

    weight, scale = scenario.behaviour.voice.weight_severity, scenario.behaviour.voice.choice_scale
    shares = law.logit_shares(weight, np.array(list(costs.values())), scale)
    name = "hotline" if hotline else "channels"
    return Check("T13", name, dict(zip(("silence", *costs), map(float, shares), strict=True)), scenario, measure, 40)


def trust() -> Check:
    """T15: outcomes good with probability .8, each drawn apart: mean of trust over households in the second half."""
    scenario = town(kind(hours=0.6), rate=3.2, days=8_000, inputs={"behaviour.response": {
        "performance_resolved": 1.0, "performance_speed": 0.0, "performance_contact": 0.0, "satisfaction_base": 0.0,
        "satisfaction_performance": 1.0, "satisfaction_gain": 0.0, "satisfaction_loss": 0.0,
        "trust_gain": 0.05, "trust_loss": 0.12}, "behaviour.voice.trust_gossip": 0.0, "behaviour.effort.audit_share": 0.0})  # fmt: skip
    scenario = override(scenario, {"behaviour.effort.failure_share": 0.2})

    def measure(e: Engine, _kept: np.ndarray) -> np.ndarray:
        return e.world.daily.trust_community[e.day // 2 : e.day].mean()

    return Check("T15", "trust", {"E[T]": law.mean_trust(0.8, 0.05, 0.12)}, scenario, measure, 40)


def consent() -> Check:
    """T17: 60 must agree, 30 do, each contact wins one with p = .15, nobody lapses: NegBin, 30 / p contacts, variance 30 (1 - p) / p^2."""
    p = 0.15
    scenario = town(kind(hours=0.001, p_interests=1.0), rate=1.0, workers=4, days=4_000, inputs={"behaviour.gates": {
        "parties_low": 60, "parties_high": 60, "contacts_per_day": 100, "contact_hours": 0.001, "supporter_lapse": 0.0,
        "persuade_intercept": math.log(p / (1 - p)), "persuade_skill": 0.0, "persuade_trust": 0.0,
        "persuade_familiarity": 0.0}})  # fmt: skip

    def measure(e: Engine, kept: np.ndarray) -> np.ndarray:
        contacts = _log(e).contacts[kept].astype(float)
        return np.array([contacts.mean(), contacts.var()])

    return Check("T17", "consent", {"contacts": 30 / p, "Var": 30 * (1 - p) / p**2}, scenario, measure, 30)


def pooling(c: int) -> Check:
    """T18: load .85; waits fall from 5.667 to 2.604 to 1.149 services as one, two, four desks are pooled."""
    world = town(kind(), rate=0.85 * c, workers=c, days=30_000)
    return Check("T18", "pooling", {f"W(c={c})": law.wait_m_m_c(c, 0.85 * c)}, world, _since("started"), 120)


def buckets() -> Check:
    """T19: the same work served in one go at the end of each six hours would wait less than it does: why events have exact hours."""
    rate = 0.7

    def measure(e: Engine, kept: np.ndarray) -> np.ndarray:
        n = int(e.day * PER_DAY)
        work = np.bincount((e.world.arrivals.onset[: e.n_issues] * PER_DAY).astype(int), _log(e).hours / UNIT, n)[:n] - 1.0
        total = np.concatenate([[0.0], work.cumsum()])
        left = total - np.minimum.accumulate(total)
        return np.append(left[int(WARM * PER_DAY) :].mean(), _since("started")(e, kept))

    theory = {"W in buckets": law.bucket_wait(rate), "W": law.wait_m_m_c(1, rate)}
    return Check("T19", "buckets", theory, town(kind(), rate=rate), measure, 120)


def overload() -> Check:
    """T27: above capacity the backlog grows by lambda - c mu a unit of time; nobody works for show however long the queue."""
    world = town(kind(), rate=1.5, days=10_000, inputs={"behaviour.effort.perfunctory_backlog": 0.0})

    def growth(e: Engine, _kept: np.ndarray) -> np.ndarray:
        day = e.world.daily[: e.day]
        return (day.arrived - day.closed)[WARM:].sum() / ((e.day - WARM) * PER_DAY)

    return Check("T27", "overload", {"slope": 0.5}, world, growth, 60)


def doubling(n: int) -> Check:
    """T30: n communities share the department: their own waits stay, the department's change by pooling only (n times the staff)."""
    kinds = (kind("OWN", 0.5), kind("DEPT", 0.5, n_departments=(0.0, 1.0), departments=("housing",)))
    world = town(*kinds, rate=1.6 * n, communities=n, department_workers=n, days=30_000,
                 inputs={"behaviour.work.split_shared": (0.0, 0.0, 1.0)})  # fmt: skip
    theory = {f"W community ({n})": law.wait_m_m_c(1, 0.8), f"W department ({n})": law.wait_m_m_c(n, 0.8 * n)}
    return Check("T30", "doubling", theory, world, _waits_by_type, 120)


def two_departments() -> Check:
    """T31: two identical single-worker desks in parallel (Flatto and Hahn)."""
    rate = 0.6
    scenario = town(kind(hours=2 * UNIT, n_departments=(0.0, 0.0, 1.0), departments=("housing", "urban_management")),
                    rate=rate, independent=True, inputs={"behaviour.work.split_shared": (0.0, 0.0, 1.0),
                                                    "behaviour.commitment.commit_intercept": 20.0})  # fmt: skip
    return Check("T31", "two_departments", {"T": law.fork_join_time(rate)}, scenario, _since("closed", ""), 60)


def facility(servers: int, load: float, cv: float) -> Check:
    """A canteen of SC5 that never closes and that everybody uses: Erlang's wait (exponential), Pollaczek and Khinchine's (any)."""
    hours, is_exponential = 0.25, cv == 1.0
    households = City.preset("demo").households_per_community
    scenario = town(kind(), rate=1e-4, days=2_000, inputs={"shocks.convenience": {
        "enabled": True, "opening_hour": 0.0, "opening_hours": 24.0, "days_a_week": 7, "households_per_server": households / servers,
        "visits_per_household": servers * load * 24 / hours / households, "service_hours": hours, "service_cv": cv,
        "service_distribution": "exponential" if is_exponential else "lognormal",
        "take_up_intercept": 50.0, "volunteer_seats": 0, "need_share": 1.0}})  # fmt: skip

    def measure(e: Engine, _kept: np.ndarray) -> np.ndarray:
        seen = e.world.facility_months[3:]
        return seen.wait_hours.sum() / seen.served.sum() / hours

    wait = law.wait_m_m_c(servers, servers * load) if is_exponential else law.wait_m_g_1(load, cv)
    return Check("SC5", "facility", {f"W(c={servers}, cv={cv:g})": wait}, scenario, measure, 60)


def checks() -> tuple[Check, ...]:
    """Every closed form, in the order of section 4."""
    return (
        station(), general(), classes(), directives(0.0), directives(1.0), patience(), meeting(), persuaded(),
        slots(0.8, 1), slots(4.0, 5), slots(9.0, 10), hops(),
        promises(3, 0.4, 0.0), promises(4, 0.3, 0.0), promises(4, 0.3, 0.1), promises(4, 0.3, 0.3),
        interruptions(), reopening(), tiers(), channels(), channels(hotline=True), trust(), consent(),
        pooling(1), pooling(2), pooling(4), buckets(), overload(), doubling(1), doubling(2), slots(8.0, 10, "T30"), two_departments(),
        facility(2, 0.8, 1.0), facility(1, 0.7, 1.5),
    )  # fmt: skip
