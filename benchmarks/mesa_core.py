"""The core loop as plain Mesa objects: a second reading of the rules, and the peer of `make bench`.

The core loop is what happens to an issue that needs nobody beyond the desks: it arises, its household
keeps silent, helps itself or goes to the community; triage and transfers upward; release of the work;
desks with workers, classes, chunks and debt; effort, closing, satisfaction, belief and trust; patience,
reminders, giving up; audits and reopening; gossip and memo checks once a month. Left out, and shut by
inputs in `core_scenario`: departments, the four gates, petition, law, money, and the 13 components.

What befalls the city is given, not drawn again: the issues of the seed, the households' first states, the
desks. Everything a unit or a household decides is drawn here with the engine's keys, so the issue log must
be the engine's, row by row. Where the engine is clever this is plain: objects for columns, gossip that moves
every household for the lazy form, one `heapq` for calendar and buckets. (Mesa's own event list cannot say
which of two events of the same moment comes first, and the log depends on it; it is slower besides.)
Moments of the log are float32 durations since onset, and rules that read one read it so.
"""

import heapq
import math
from typing import Any

import mesa
import numpy as np

from govsim.engine import build, rng
from govsim.engine import state as st
from govsim.scenario.demand import IssueType
from govsim.scenario.inputs import override
from govsim.scenario.scenario import Scenario

LATENT, ROUTING, GATED, WORKING, CLOSED, RESOLVED, EXITED, LAPSED = range(8)
MOMENTS = ("voiced", "triaged", "released", "started", "closed", "last_closed", "ended", "satisfaction")
COUNTS = ("status", "channel", "redo", "choices")
CORE_CODES = ("PM", "PARK", "ENV", "CONV", "HEALTH", "NOISE")
"""Types of the core scenario: authority 1 to 4, three queue classes' worth of urgency, firms, private help."""


def core_scenario(base: Scenario) -> Scenario:
    """Shut, by inputs alone, everything that is not the core loop."""
    open_gates = {"n_departments": (1.0,), "departments": (), "fund_share": 0.0, "p_jurisdiction": 0.0, "p_power": 0.0,
                  "p_funds": 0.0, "p_interests": 0.0}  # fmt: skip
    kept = [kind for kind in base.demand.types if kind.code in CORE_CODES]
    share = sum(kind.share for kind in kept)
    types = tuple(kind.model_copy(update=open_gates | {"share": kind.share / share}) for kind in kept)
    demand = base.demand.model_copy(update={"types": types, "renovation_rate": 0.0})
    shut = {"behaviour.voice.access_cost_petition": 50.0, "behaviour.voice.access_cost_law": 50.0, "burn_in_days": 0}
    return override(base.model_copy(update={"demand": demand}), shut)


def single(x: float) -> float:
    """The number as the log keeps it."""
    return float(np.float32(x))


class Household(mesa.Agent):
    """Who notices issues, chooses, waits and remembers."""

    def __init__(self, model: "CoreModel", row: np.record, trust_community: float, trust_city: float):
        super().__init__(model)
        self.ses = float(row.ses)
        self.belief = float(row.community)
        self.expectation = float(row.expectation)
        self.trust_community = float(trust_community)
        self.trust_city = float(trust_city)

    def choose(self, issue: "Issue") -> int:
        """P(o) = exp(V_o / theta) / sum, V_o = b_s s + b_e e_o + b_T (T - 1/2) - kappa_o, V_silence = 0."""
        v = self.model.behaviour.voice
        n = issue.choices
        issue.choices += 1
        if n >= v.voice_attempts_max:
            return st.SILENCE
        severity = v.weight_severity * issue.severity
        value = severity + v.weight_belief * self.belief - (v.access_cost_community + v.access_cost_ses_community * (0.5 - self.ses))
        community = math.exp((value + v.weight_trust * (self.trust_community - 0.5)) / v.choice_scale)
        private = 0.0
        if issue.kind.private_remedy:
            private = math.exp((severity + v.weight_belief * v.belief_private - v.access_cost_private) / v.choice_scale)
        u = issue.draw(rng.CHOICE, n) * (1.0 + community + private)
        if u < community:
            return st.VIA_COMMUNITY
        return st.SILENCE if u - community < 1.0 else st.VIA_PRIVATE

    def learn(self, outcome: float) -> None:
        """e <- e + eta (y - e)."""
        self.belief += self.model.behaviour.voice.belief_learning * (outcome - self.belief)

    def judge(self, issue: "Issue", t: float, resolved: bool) -> None:
        """Performance, satisfaction, expectation, belief and trust at closure."""
        r = self.model.behaviour.response
        informed = issue.draw(rng.INFORM, issue.redo) < r.contact_share
        if informed:
            issue.desk.charge(r.informing_hours)
        performance = r.performance_speed * math.exp(-(t - issue.onset - issue.voiced) / issue.kind.deadline)
        performance += r.performance_resolved * resolved
        performance += r.performance_contact * informed
        surprise = performance - self.expectation
        s = r.satisfaction_base + r.satisfaction_performance * performance
        s += r.satisfaction_gain * max(surprise, 0.0) - r.satisfaction_loss * max(-surprise, 0.0)
        s = min(1.0, max(0.0, s))
        self.expectation += r.expectation_learning * surprise
        issue.satisfaction = single(s)
        self.learn(performance)
        near = issue.locus <= 2
        satisfied = s >= r.satisfaction_threshold
        self.trust_community += (1.0 if near else 0.5) * self.trust_change(self.trust_community, satisfied)
        self.trust_city += (0.0 if near else 1.0) * self.trust_change(self.trust_city, satisfied)

    def trust_change(self, trust: float, satisfied: bool) -> float:
        """eta+ (1 - T) when satisfied, else -eta- T."""
        r = self.model.behaviour.response
        return r.trust_gain * (1.0 - trust) if satisfied else -r.trust_loss * trust


class Package:
    """A part of an issue's work, or an audit of it, at one desk."""

    def __init__(self, issue: "Issue", desk: "Desk", skill: str, hours: float, number: int, is_audit: bool = False):
        self.issue: Issue | None = issue
        self.desk, self.skill, self.hours, self.number, self.is_audit = desk, skill, hours, number, is_audit
        self.left = hours
        self.stage = issue.redo
        self.is_begun = self.is_perfunctory = self.is_queued = self.is_served = False
        self.release = 0.0
        self.queue_class = 2
        self.version = 0
        issue.packages.append(self)

    def class_at(self, t: float) -> int:
        """1 urgent, severe or near the deadline; 2 normal; 3 low."""
        issue = self.issue
        if issue.kind.urgent or issue.severity > 0.9:
            return 1
        near = issue.onset + issue.kind.deadline - t <= self.desk.model.behaviour.clock.due_window
        return 1 if issue.kind.queue_class == 2 and near else issue.kind.queue_class

    def draw(self, purpose: int) -> float:
        return self.issue.draw(purpose, self.number * 64 + self.stage)


class Worker(mesa.Agent):
    """One pair of hands at a desk."""

    def __init__(self, model: "CoreModel", desk: "Desk", number: int):
        super().__init__(model)
        self.desk, self.number = desk, number
        self.package: Package | None = None
        self.free_at = self.carry = 0.0
        self.version = 0

    def begin(self, package: Package, t: float) -> None:
        """Take a package; whether it is done in earnest is decided at its first start."""
        model, desk = self.model, self.desk
        package.is_queued, package.is_served = False, True
        desk.note_left(package)
        if not package.is_begun:
            package.is_begun = True
            if not package.is_audit:
                if not package.issue.is_audited and package.draw(rng.EFFORT) < desk.perfunctory_share():
                    package.is_perfunctory = True
                    package.left *= model.behaviour.effort.perfunctory_hours_share
                package.issue.note("started", t)
        self.package = package
        efficiency = desk.efficiency(package.skill)
        chunk = min(package.left / efficiency, model.behaviour.clock.chunk_max)
        package.left = max(package.left - chunk * efficiency, 0.0)
        if package.left < 1e-9:
            package.left = 0.0
        self.run(t, chunk)

    def run(self, t: float, hours: float) -> None:
        """Work on from t, to the end or to the end of today's window."""
        room = (self.model.opening_time + self.desk.window_today / 24.0 - t) * 24.0
        self.version += 1
        if hours <= room + 1e-9:
            self.carry = 0.0
            issue = self.package.issue
            number = issue.number if issue else -1
            self.model.plan(t + hours / 24.0, number, st.COMPLETE, self.complete, self.version, self.number)
        else:
            self.carry = hours - max(room, 0.0)

    def complete(self, version: int, t: float) -> None:
        """A chunk is over: the rest of a long package goes back in line, a finished one counts."""
        if version != self.version:
            return
        package, self.package = self.package, None
        if package.left > 0.0 and package.issue is not None:
            package.is_served = False
            package.release += self.model.behaviour.clock.chunk_max / 24.0
            self.desk.stand(package)
        elif package.issue is not None:
            package.is_served = False
            package.issue.end_of_audit(package, t) if package.is_audit else package.issue.end_of_work(package, t)
        self.desk.dispatch(t)

    def ready(self, _: int, t: float) -> None:
        """Debt is paid; the next package may start."""
        if self.package is None and self.free_at <= t and self.desk.is_open(t):
            self.desk.start_next(self, t)


class Desk(mesa.Agent):
    """A unit's desk: workers, a queue by (class, release, issue), debt of hours."""

    def __init__(self, model: "CoreModel", row: np.record):
        super().__init__(model)
        self.kind, self.level, self.norm, self.window = int(row.kind), int(row.level), float(row.norm), float(row.window)
        self.workers = [Worker(model, self, int(row.first_worker) + n) for n in range(row.n_workers)]
        self.queue: list[tuple[float, int, int, Package]] = []
        self.length = 0
        self.queued_hours = self.debt = self.memos = self.window_today = 0.0

    def charge(self, hours: float) -> None:
        """An overhead, owed from the next window on."""
        self.debt += hours

    def pressure(self) -> float:
        p = self.model.behaviour.pressure
        return min(1.0, p.pressure_base + p.pressure_memos * min(1.0, self.memos / (5.0 * len(self.workers))))

    def perfunctory_share(self) -> float:
        """sigma(c0 + c_rho max(0, psi - 1) + c_Pi Pi (1 - audit) - c_q norm - c_A audit)."""
        e = self.model.behaviour.effort
        week = self.window * len(self.workers) * self.model.behaviour.clock.workdays_per_week
        z = e.perfunctory_intercept - e.perfunctory_norm * self.norm - e.perfunctory_audit * e.audit_share
        z += e.perfunctory_backlog * max(0.0, self.queued_hours / week - 1.0)
        z += e.perfunctory_pressure * self.pressure() * (1.0 - e.audit_share)
        return 1.0 / (1.0 + math.exp(-z))

    def efficiency(self, skill: str) -> float:
        """Community workers are generalists; other desks have the skill they need."""
        if self.kind == st.COMMUNITY and skill not in ("social_work", "admin_policy", "general_labour"):
            return self.model.behaviour.effort.skill_adjacent
        return 1.0

    def is_open(self, t: float) -> bool:
        return self.model.desks_open and t < self.model.opening_time + self.window_today / 24.0

    def push(self, package: Package) -> None:
        key = package.queue_class * 1.0e7 + package.release
        heapq.heappush(self.queue, (key, package.issue.number * 16 + package.number, package.version, package))

    def stand(self, package: Package) -> None:
        """A package joins the queue under the class it has."""
        package.is_queued = True
        self.queued_hours += package.left
        self.length += 1
        self.push(package)

    def note_left(self, package: Package) -> None:
        """A package has left the queue."""
        self.length -= 1
        self.queued_hours -= package.left
        if self.length == 0:
            self.queued_hours = 0.0

    def receive(self, package: Package, t: float) -> None:
        """A package arrives; somebody idle starts it at once; if it must wait, its deadline may come near."""
        package.release = t
        package.queue_class = package.class_at(t)
        is_normal = package.queue_class == 2
        self.stand(package)
        if self.is_open(t):
            self.dispatch(t)
        if package.is_queued and is_normal and not package.is_audit:
            issue = package.issue
            due = issue.onset + issue.kind.deadline - self.model.behaviour.clock.due_window
            if due > t:
                self.model.plan(due, issue.number, st.DEADLINE_NEAR, self.reclass, package)

    def reclass(self, package: Package, t: float) -> None:
        """Move a waiting package whose deadline is near."""
        if package.is_queued and package.class_at(t) != package.queue_class:
            package.queue_class = package.class_at(t)
            package.version += 1
            self.push(package)

    def start_next(self, worker: Worker, t: float) -> None:
        while self.length > 0:
            *_, version, package = heapq.heappop(self.queue)
            if package.is_queued and package.version == version:
                worker.begin(package, t)
                return

    def dispatch(self, t: float) -> None:
        """Give waiting packages to idle workers."""
        for worker in self.workers:
            if self.length == 0:
                return
            if worker.package is None and worker.free_at <= t:
                self.start_next(worker, t)

    def open(self, t: float) -> None:
        """The window opens: debt first, from the first worker upward; then work resumes."""
        self.window_today = min(self.window, 24.0 - self.model.behaviour.clock.opening_hour)
        for worker in self.workers:
            paid = min(self.debt, self.window_today)
            self.debt -= paid
            worker.free_at = max(worker.free_at, t) + paid / 24.0
            if worker.package is not None and worker.carry > 0.0:
                worker.run(worker.free_at, worker.carry)
            elif worker.package is None and worker.free_at > t:
                self.model.plan(worker.free_at, worker.number, st.READY, worker.ready, 0)
        if self.debt < 1e-12:
            self.debt = 0.0
        self.dispatch(t)


class Issue(mesa.Agent):
    """One matter of one household, from onset to its end."""

    def __init__(self, model: "CoreModel", number: int, arrival: np.record):
        super().__init__(model)
        self.number, self.key, self.onset = number, arrival.key, float(arrival.onset)
        self.kind: IssueType = model.kinds[arrival.type]
        self.compound = model.compound_of[arrival.building]
        self.desk, self.subdistrict = model.community_desks[self.compound], model.subdistrict_desks[self.compound]
        first, n = model.households_of[arrival.building]
        self.household = model.households[first + int(self.draw(rng.HOUSEHOLD, 0) * n)]
        self.severity = single(rng.beta_two_two(self.key, rng.SEVERITY))
        sigma2 = math.log(1 + self.kind.hours_cv**2)
        self.hours = single(math.exp(math.log(self.kind.hours) - sigma2 / 2 + math.sqrt(sigma2) * rng.normal(self.key, rng.HOURS, 0)))
        self.packages: list[Package] = []
        self.status, self.channel = LATENT, st.SILENCE
        self.is_audited = False
        self.choices = self.redo = self.version = self.locus = self.tiers = 0
        self.is_misinformed = self.is_failed = self.is_reminded = False
        for name in MOMENTS:
            setattr(self, name, math.nan)

    def draw(self, purpose: int, count: int) -> float:
        return rng.uniform(self.key, purpose, count)

    def wait(self, purpose: int, count: int) -> float:
        return rng.exponential(self.key, purpose, count)

    def note(self, moment: str, t: float, again: bool = False) -> None:
        """Write a moment into the log, once."""
        if again or math.isnan(getattr(self, moment)):
            setattr(self, moment, single(t - self.onset))

    # ---- the household's side ----------------------------------------------------------------

    def arise(self, _: int, t: float) -> None:
        self.act(self.household.choose(self), t)

    def act(self, channel: int, t: float) -> None:
        """Carry out a choice about an issue nobody in government knows."""
        if channel == st.VIA_PRIVATE:
            self.end(EXITED, t)
            return
        if channel == st.VIA_COMMUNITY:
            self.note("voiced", t)
            self.channel = channel
            self.version += 1
            self.triage(t)
        self.restart_patience(t)

    def latest(self) -> float:
        """When a silent issue is given up."""
        return self.onset + self.model.behaviour.voice.lapse_patience_ratio * self.kind.patience

    def restart_patience(self, t: float) -> None:
        """Patience ~ Exp(mean) from each choice on, while the issue is open."""
        if self.status < CLOSED:
            due = t + self.kind.patience * self.wait(rng.PATIENCE, self.choices + 2**15 * self.redo)
            if self.status == LATENT:
                due = min(due, self.latest())
            self.model.plan(due, self.number, st.CHOICE_DUE, self.patience_over, self.version)

    def patience_over(self, version: int, t: float) -> None:
        """The household chooses again: to remind, to insist, to give up."""
        if version != self.version or self.status > CLOSED:
            return
        if self.status == LATENT:
            if t >= self.latest() - 1e-9:
                self.end(LAPSED, t)
            else:
                self.act(self.household.choose(self), t)
            return
        if self.status != CLOSED and any(package.is_served for package in self.packages):
            self.choices += 1
            self.restart_patience(t)
            return
        if self.status != CLOSED:
            self.household.learn(0.0)
        channel = self.household.choose(self)
        if channel == st.VIA_COMMUNITY:
            if self.status == CLOSED:
                self.reopen(t)
            else:
                self.remind()
                self.restart_patience(t)
        elif channel == st.SILENCE:
            if self.status == CLOSED:
                self.household.learn(0.0)
            self.end(LAPSED, t)
        else:
            self.end(EXITED, t)

    def remind(self) -> None:
        """Half a triage, and a memo to the community while the issue is open."""
        self.desk.charge(0.5 * self.model.behaviour.routing.triage_hours)
        if not self.is_reminded:
            self.is_reminded = True
            self.desk.memos += 1.0

    def reopen(self, t: float, by_audit: bool = False) -> None:
        """A falsely closed issue comes back; what an audit sent back is done in earnest."""
        self.is_audited = by_audit
        self.redo = min(self.redo + 1, 60)
        self.is_failed = self.is_misinformed = False
        self.version += 1
        self.release(t)
        self.restart_patience(t)

    def end(self, status: int, t: float) -> None:
        """Given up, or helped privately."""
        self.drop_packages()
        self.status = status
        self.note("ended", t)
        self.version += 1

    # ---- the desks' side ---------------------------------------------------------------------

    def triage(self, t: float) -> None:
        """Intake by the community; each tier upward costs hours and days."""
        routing = self.model.behaviour.routing
        self.status = ROUTING
        self.desk.charge(routing.triage_hours)
        self.tiers = max(0, self.kind.authority - 2)
        delay = 0.0
        for tier in range(self.tiers):
            (self.desk if tier == 0 else self.subdistrict).charge(routing.forwarding_hours)
            delay += routing.transfer_delay * self.wait(rng.TRANSFER, tier)
        if delay > 0.0:
            self.model.plan(t + delay, self.number, st.OWNER_FOUND, self.owner_found, 0)
        else:
            self.owner_found(0, t)

    def owner_found(self, _: int, t: float) -> None:
        """The owner has the issue; no gate is closed, so the work is released."""
        if self.status == ROUTING:
            self.note("triaged", t)
            self.release(t)

    def release(self, t: float) -> None:
        """Hand out the work: the community's share (or its firm's) and the subdistrict's."""
        behaviour = self.model.behaviour
        self.status = WORKING
        self.note("released", t)
        split = {3: behaviour.work.split_subdistrict, 4: behaviour.work.split_department, 5: behaviour.work.split_city}
        local, middle, upper = split.get(self.kind.authority, behaviour.work.split_local)
        middle += upper
        loss = 1.0 - math.exp(math.log(max(1.0 - behaviour.routing.information_loss, 1e-300)) * self.tiers)
        if self.redo == 0 and self.draw(rng.LOSS, 0) < loss:
            self.is_misinformed = True
        scale = math.exp(math.log(behaviour.effort.redo_hours_share) * self.redo) if self.redo > 0 else 1.0
        parts = [(1, self.subdistrict, middle), (0, self.local_desk(), local)]
        parts = [Package(self, desk, self.kind.skill, share * self.hours * scale, n) for n, desk, share in parts if share > 0.0]
        for package in parts:
            package.desk.receive(package, t)

    def local_desk(self) -> Desk:
        """The compound's firm for its payers, else the community."""
        firm = self.model.firm_desks[self.compound]
        if self.kind.property_firm and firm is not None and self.draw(rng.FIRM, 0) < self.model.fee_of[self.compound]:
            return firm
        return self.desk

    def end_of_work(self, package: Package, t: float) -> None:
        """A part is done; the issue closes with its last part. What was misunderstood is done twice."""
        effort = self.model.behaviour.effort
        self.locus = max(self.locus, package.desk.level)
        if self.is_misinformed:
            self.is_misinformed = False
            package.left = package.hours
            package.is_begun = package.is_perfunctory = False
            package.stage += 32
            package.desk.receive(package, t)
            return
        share = effort.perfunctory_success if package.is_perfunctory else 1.0 - effort.failure_share
        if not package.draw(rng.OUTCOME) < share:
            self.is_failed = True
        self.packages.remove(package)
        if not self.packages:
            self.close(t)

    def close(self, t: float) -> None:
        """The ticket closes; a false closure is audited or, patience over, noticed."""
        resolved = not self.is_failed
        self.note("closed", t)
        self.note("last_closed", t, again=True)
        self.household.judge(self, t, resolved)
        self.drop_packages()
        self.version += 1
        if resolved:
            self.status = RESOLVED
            return
        self.status = CLOSED
        effort = self.model.behaviour.effort
        if self.draw(rng.AUDIT, self.redo) < effort.audit_share:
            delay = effort.audit_delay * self.wait(rng.AUDIT_DELAY, self.redo)
            self.model.plan(t + delay, self.number, st.AUDIT_DUE, self.audit_due, self.version)
        else:
            delay = self.kind.patience * self.wait(rng.NEW_CHOICE, self.redo)
            self.model.plan(t + delay, self.number, st.CHOICE_DUE, self.patience_over, self.version)

    def audit_due(self, version: int, t: float) -> None:
        """The level above checks the closed ticket."""
        if version == self.version and self.status == CLOSED:
            hours = self.model.behaviour.effort.audit_hours
            self.subdistrict.receive(Package(self, self.subdistrict, "admin_policy", hours, 12, is_audit=True), t)

    def end_of_audit(self, package: Package, t: float) -> None:
        self.packages.remove(package)
        if self.status == CLOSED:
            self.reopen(t, by_audit=True)

    def drop_packages(self) -> None:
        """Forget all packages: at once when they wait, at their completion when somebody is on them."""
        if self.is_reminded:
            self.is_reminded = False
            self.desk.memos -= 1.0
        for package in self.packages:
            if package.is_queued:
                package.is_queued = False
                package.desk.note_left(package)
            package.issue = None
        self.packages = []


class CoreModel(mesa.Model):
    """A city of households, desks and issues. A step is a day.

    Parameters
    ----------
    scenario : one that `core_scenario` made.
    capacity : desks from `govsim.engine.simulate.calibrate`.
    """

    def __init__(self, scenario: Scenario, capacity: dict[str, Any]):
        super().__init__(rng=scenario.seed)
        self.behaviour, self.kinds, self.clock = scenario.behaviour, scenario.demand.types, scenario.behaviour.clock
        self.agenda: list[tuple] = []
        self.n_planned = 0
        self.today = 0
        self.month = -1
        self.opening_time, self.desks_open = 0.0, False
        tables = scenario.city.tables(scenario.seed)
        with np.errstate(over="ignore"):
            stations, _, firm = build.stations_of(scenario, capacity)
            people = build.people_of(scenario, firm)
            arrivals, _ = build.arrivals_of(scenario)
        rows = people["households"]
        self.households = [Household(self, row, row.trust_community, row.trust_city) for row in rows]
        self.households_of = [(int(b.first_household), int(b.n_households)) for b in people["buildings"]]
        self.desks = [Desk(self, row) for row in stations]
        n_communities, community = scenario.city.n_communities, tables.compound_community
        self.compound_of = tables.building_compound.tolist()
        self.community_desks = [self.desks[q] for q in community]
        self.subdistrict_desks = [self.desks[n_communities + tables.community_subdistrict[q]] for q in community]
        self.firm_desks = [self.desks[f] if f >= 0 else None for f in firm]
        self.fee_of = np.asarray(scenario.staffing.fee_share)[tables.compound_type].tolist()
        self.arrivals = arrivals
        self.issues: list[Issue] = []

    def plan(self, time: float, number: int, kind: int, callback: Any, argument: Any, worker: int = 0) -> None:
        """Let something happen; at one moment the lower issue comes first, then kind, then worker."""
        self.n_planned += 1
        heapq.heappush(self.agenda, (time, number, kind, worker, self.n_planned, callback, argument))

    def run_to(self, limit: float) -> None:
        """Everything before `limit`, in order of time; what arises comes before what was planned."""
        while True:
            n = len(self.issues)
            onset = self.arrivals[n].onset if n < len(self.arrivals) else math.inf
            due = self.agenda[0][0] if self.agenda else math.inf
            if min(onset, due) >= limit:
                return
            if onset <= due:
                issue = Issue(self, n, self.arrivals[n])
                self.issues.append(issue)
                issue.arise(0, float(onset))
            else:
                *_, callback, argument = heapq.heappop(self.agenda)
                callback(argument, due)

    def step(self) -> None:
        """Run one day."""
        day = self.today
        is_workday = (day + self.clock.first_weekday) % 7 < self.clock.workdays_per_week
        self.desks_open = False
        self.opening_time = day + self.clock.opening_hour / 24.0
        if day * 12 // 365 != self.month:
            self.month = day * 12 // 365
            self.start_month()
        if is_workday:
            self.run_to(self.opening_time)
            for desk in self.desks:
                desk.open(self.opening_time)
            self.desks_open = True
        self.run_to(day + 1.0)
        self.today += 1

    def run(self, days: int) -> "CoreModel":
        """Run so many days."""
        for _ in range(days):
            self.step()
        return self

    def start_month(self) -> None:
        """Neighbours of a building move towards its mean; open memos are checked."""
        voice, agenda = self.behaviour.voice, self.behaviour.agenda
        for first, n in self.households_of:
            neighbours = self.households[first : first + n]
            pulls = {"belief": voice.belief_gossip, "trust_community": voice.trust_gossip, "trust_city": voice.trust_gossip}
            for name, pull in pulls.items():
                mean = sum(getattr(h, name) for h in neighbours) / n
                for h in neighbours:
                    setattr(h, name, (1.0 - pull) * getattr(h, name) + pull * mean)
        for desk in self.desks:
            desk.charge(desk.memos * agenda.memo_check_share * agenda.memo_check_hours)

    def log(self) -> dict[str, np.ndarray]:
        """The issue log, as columns."""
        moments = {name: np.array([getattr(i, name) for i in self.issues], np.float32) for name in MOMENTS}
        return moments | {name: np.array([getattr(i, name) for i in self.issues]) for name in COUNTS}
