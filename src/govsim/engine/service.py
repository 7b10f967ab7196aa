"""Service at the desks: event-exact, non-preemptive by class, resumed the next workday (3.7.7).

A unit is a station with own workers and, in a community, extra workers who stand for the hours that
organisations, members and volunteers offer today (ruling 31). A package waits in the order (class,
release time, issue). Unchecked here: that a package's issue is still open (its version tells).
"""

import math

import numpy as np

from govsim.engine.compiled import kernel
from govsim.engine.effort import efficiency_of_staff, efficiency_of_volunteer, work_is_perfunctory
from govsim.engine.ledger import post_unit
from govsim.engine.moves import BEGAN, QUEUED, RECLASSED, WORKED, charge_for, note_work
from govsim.engine.queues import before, give_package, schedule, stand_in_line, step_out
from govsim.engine.renovation import is_programme, stage_begins
from govsim.engine.staff import experience
from govsim.engine.state import (
    AUDIT_TASK,
    AUDITING,
    COMMUNITY,
    COMPLETE,
    DAYS_A_MONTH,
    DEADLINE_NEAR,
    DECIDING,
    DECISION_TASK,
    DEPARTMENT,
    LINES,
    N_CLASSES,
    N_SKILLS,
    PERFUNCTORY,
    PERSUADING,
    PERSUASION,
    PETITION_CASE,
    PETITIONING,
    READY,
    SUBSTANTIVE,
    SUPERVISING,
    WORK,
)
from govsim.engine.world import prefetch

_ENFORCEMENT = 2
_CLASS_WEIGHT = 1.0e7
_ADJACENT = (0b00110000, 0b01000000, 0, 0b00010000, 0b00001001, 0b00000001, 0b00000010, 0)
"""Skills adjacent to each, as bits."""


@kernel
def attention_of(w, i, t):
    """Live leader attention A_i in [0, 1]: halves every tau_A (3.7.11)."""
    since = np.float64(w.issues[i].attention)
    if not since >= 0.0:
        return 0.0
    p = w.p[0]
    age = t - w.arrivals[i].onset - since
    return math.exp(-math.log(2.0) * max(age, 0.0) / p.attention_half_life)


@kernel
def is_open(w, s, t):
    """Whether the unit's window is running at this moment."""
    c = w.counters[0]
    return c.desks_open == 1 and t < c.opening_time + w.stations[s].window_today / 24.0


@kernel
def class_of(w, k, t):
    """Queue class (3.7.7, ruling 28): 0 directive, or petitioned under RV4, 1 urgent or near its deadline, 2 normal, 3 low or left over
    by a campaign (RV8).
    """
    pk = w.packages[k]
    i = pk.issue
    if attention_of(w, i, t) > 0.5:
        return 0
    if w.p[0].RV4_enabled == 1 and np.float64(w.issues[i].petitioned) >= 0.0:
        return 0
    if pk.kind == DECISION_TASK or pk.kind == PETITION_CASE:
        return 2
    a = w.arrivals[i]
    kind = w.kinds[a.type]
    if kind.urgent == 1 or np.float64(w.issues[i].severity) > w.p[0].urgent_severity:
        return 1
    if pk.marks & 16:
        return 3
    if kind.queue_class == 2 and a.onset + kind.deadline - t <= w.p[0].due_window:
        return 1
    return kind.queue_class


@kernel
def is_campaigned(w, k):
    """Whether a package is what the campaign is about (RV8): work, persuasion or a decision on its type at a desk of government."""
    pk = w.packages[k]
    if pk.kind != WORK and pk.kind != PERSUASION and pk.kind != DECISION_TASK:
        return False
    return w.stations[pk.station].kind <= DEPARTMENT and w.arrivals[pk.issue].type == w.counters[0].campaign_type


@kernel
def line_of(w, k):
    """Which of its unit's lines a package stands in: one for each class, in a community one for each class and skill; one more
    for what a campaign is about.
    """
    pk = w.packages[k]
    if w.counters[0].campaign_type >= 0 and is_campaigned(w, k):
        return LINES
    skill = int(pk.skill) if w.stations[pk.station].kind == COMMUNITY else 0
    return int(pk.queue_class) * N_SKILLS + skill


@kernel
def place_of(w, s, line):
    """Where a unit's line is; those of campaigns stand behind all others."""
    return s * LINES + line if line < LINES else w.stations.size * LINES + s


@kernel
def push_package(w, k, queue_class, key_time):
    """Put a package in its unit's line of a class; `lines` of the unit tells which are not empty."""
    pk = w.packages[k]
    pk.queue_class = queue_class
    line = line_of(w, k)
    w.stations[pk.station].lines |= 1 << line
    key = queue_class * _CLASS_WEIGHT + key_time
    stand_in_line(w, place_of(w, pk.station, line), k, key, int(pk.issue) * 16 + int(pk.number))


@kernel
def leave_line(w, k):
    """Take a waiting package out of its line; returns who is first in it then, or -1."""
    pk = w.packages[k]
    line = line_of(w, k)
    first = step_out(w, place_of(w, pk.station, line), k)
    if first < 0:
        w.stations[pk.station].lines &= ~(1 << line)
    return first


@kernel
def enqueue(w, k, t):
    """A package arrives at its unit; somebody idle starts it at once."""
    pk = w.packages[k]
    st = w.stations[pk.station]
    pk.release = t
    pk.queued = 1
    st.offered += pk.left / efficiency_of_staff(w.p[0], st.kind, pk.skill)
    st.queued_hours += pk.left
    st.queue_length += 1
    queue_class = class_of(w, k, t)
    push_package(w, k, queue_class, t)
    note_work(w, k, t, QUEUED, 0, pk.left)
    if is_open(w, pk.station, t):
        dispatch(w, pk.station, t)
    if pk.queued == 1 and queue_class == 2:
        due = w.arrivals[pk.issue].onset + w.kinds[w.arrivals[pk.issue].type].deadline - w.p[0].due_window
        if due > t and pk.kind == WORK:
            schedule(w, due, DEADLINE_NEAR, k, pk.version, pk.issue)


@kernel
def rejoin(w, k, t):
    """A package that left its line is put in the one where it belongs now, with the seniority it has."""
    push_package(w, k, class_of(w, k, t), w.packages[k].release)
    note_work(w, k, t, RECLASSED, 0, w.packages[k].left)


@kernel
def reclass(w, k, t):
    """A package's class has changed (directive, its end, deadline near): move it in its queue."""
    pk = w.packages[k]
    if pk.queued == 1:
        queue_class = class_of(w, k, t)
        if queue_class != pk.queue_class:
            leave_line(w, k)
            pk.version += 1
            push_package(w, k, queue_class, pk.release)
            note_work(w, k, t, RECLASSED, 0, pk.left)


@kernel
def earlier(w, a, b):
    """The package of the two that comes first in station order; either may be -1."""
    if a < 0 or b < 0:
        return max(a, b)
    x = w.waits[a]
    y = w.waits[b]
    return b if before(y.key, y.tie, x.key, x.tie) else a


@kernel
def first_in_class(w, s):
    """The package in the unit's lines by class that comes first, or -1 when none waits."""
    lines = w.stations[s].lines & (2**LINES - 1)
    place = s * LINES
    while lines != 0:
        some = lines & (2**N_SKILLS - 1)
        first = -1
        n = place
        while some != 0:
            if some & 1:
                first = earlier(w, first, int(w.lines[n].first))
            some >>= 1
            n += 1
        if first >= 0:
            return first
        lines >>= N_SKILLS
        place += N_SKILLS
    return -1


@kernel
def first_waiting(w, s):
    """The package of the unit that comes first, or -1 when none waits."""
    if w.counters[0].campaign_type >= 0:
        return earlier(w, first_in_class(w, s), int(w.lines[place_of(w, s, LINES)].first))
    return first_in_class(w, s)


@kernel
def adjacent(a, b):
    """Adjacent skills (3.7.18): law-admin, engineering-project, health-social, social-mediation."""
    return _ADJACENT[a] >> b & 1 == 1


@kernel
def skills_left(w, community):
    """Skills of which today's pool has hours left, as bits."""
    base = community * N_SKILLS
    found = 0
    for skill in range(N_SKILLS):
        if w.pool_today[base + skill] > 1e-9:
            found |= 1 << skill
    return found


@kernel
def skill_for(skills, need):
    """Which of some skills serves a need: its own, the first adjacent one, or anybody's for general work; -1 if none."""
    if skills >> need & 1:
        return need
    usable = skills if need == 7 else skills & _ADJACENT[need]
    if usable == 0:
        return -1
    skill = 0
    while usable >> skill & 1 == 0:
        skill += 1
    return skill


@kernel
def first_of_skill(w, s, skill):
    """The first package of a community that needs a skill, or -1."""
    for queue_class in range(N_CLASSES):
        first = int(w.lines[s * LINES + queue_class * N_SKILLS + skill].first)
        if first >= 0:
            return first
    return -1


@kernel
def first_for_pool(w, s, community):
    """First package in station order whose skill the pool has and outsiders may serve (walls)."""
    best = -1
    skills = skills_left(w, community)
    lines = w.stations[s].lines & (2**LINES - 1)
    lines |= lines >> 2 * N_SKILLS
    lines |= lines >> N_SKILLS
    for need in range(N_SKILLS):
        if need == _ENFORCEMENT or lines & (1 << need) == 0 or skill_for(skills, need) < 0:
            continue
        k = first_of_skill(w, s, need)
        if w.packages[k].kind == WORK or w.packages[k].kind == PERSUASION:
            best = earlier(w, best, k)
    return best


@kernel
def activity_of(kind, mode):
    """Ledger activity of work on a package."""
    if kind == WORK:
        return PERFUNCTORY if mode == 2 else SUBSTANTIVE
    if kind == PERSUASION:
        return PERSUADING
    if kind == DECISION_TASK:
        return DECIDING
    if kind == PETITION_CASE:
        return PETITIONING
    if kind == AUDIT_TASK:
        return AUDITING
    return SUBSTANTIVE


@kernel
def post_work(w, n, t, hours):
    """Hours of a worker on the package in hand (negative when an interruption takes them back)."""
    wk = w.workers[n]
    st = w.stations[wk.station]
    pk = w.packages[wk.package]
    if wk.is_extra == 1:
        community = w.communities[st.area]
        if wk.activity == PERFUNCTORY:
            community.pool_perfunctory += hours
        else:
            community.pool_substantive += hours
        charge_for(w, int(pk.issue), t, wk.station, SUPERVISING, hours * w.p[0].supervision_hours)
    else:
        st.served += hours
        st.used_today += hours
        post_unit(w, wk.station, wk.activity, hours)
    if pk.issue >= 0:
        it = w.issues[pk.issue]
        it.hours_served = np.float64(it.hours_served) + hours
        if wk.activity == PERFUNCTORY:
            it.hours_perfunctory = np.float64(it.hours_perfunctory) + hours
        note_work(w, wk.package, t, WORKED, wk.is_extra, hours)


@kernel
def run_chunk(w, n, t, hours):
    """Let a worker go on for `hours` from t: to the end, or to the end of today's window."""
    wk = w.workers[n]
    end = w.counters[0].opening_time + w.stations[wk.station].window_today / 24.0
    room = (end - t) * 24.0
    wk.version += 1
    if hours <= room + 1e-9:
        post_work(w, n, t, hours)
        wk.carry = 0.0
        wk.done_at = t + hours / 24.0
        schedule(w, wk.done_at, COMPLETE, n, wk.version,
                 w.packages[wk.package].issue)  # fmt: skip
    else:
        worked = max(room, 0.0)
        post_work(w, n, t, worked)
        wk.carry = hours - worked
        wk.done_at = math.inf


@kernel
def look_into(w, k):
    """Ask for the rows that the start of the next package will read, so that they come near meanwhile."""
    if k >= 0:
        prefetch(w.packages, k)
        prefetch(w.issues, w.waits[k].tie // 16)


@kernel
def begin(w, n, k, t, efficiency, longest):
    """A worker takes a package that is first in its line: effort is decided at the first start (3.7.8)."""
    wk = w.workers[n]
    st = w.stations[wk.station]
    look_into(w, leave_line(w, k))
    pk = w.packages[k]
    pk.queued = 0
    pk.in_service = 1
    st.queue_length -= 1
    st.queued_hours -= pk.left
    if st.queue_length == 0:
        st.queued_hours = 0.0
    it = w.issues[pk.issue]
    if pk.mode == 0:
        pk.mode = 1
        if pk.kind == WORK:
            if is_programme(w, pk.issue):
                stage_begins(w, k, t)
            if work_is_perfunctory(w, k, wk.is_extra):
                pk.mode = 2
                pk.left *= w.p[0].perfunctory_hours_share
                it.wrong = int(it.wrong) | 4
            if not np.float64(it.started) >= 0.0:
                it.started = t - w.arrivals[pk.issue].onset
        note_work(w, k, t, BEGAN, wk.is_extra, pk.left)
    wk.package = k
    wk.efficiency = efficiency
    wk.activity = activity_of(pk.kind, pk.mode)
    chunk = min(pk.left / efficiency, longest)
    pk.left = max(pk.left - chunk * efficiency, 0.0)
    if pk.left < 1e-9:
        pk.left = 0.0
    run_chunk(w, n, t, chunk)
    return chunk


@kernel
def start_next(w, n, t):
    """An idle worker takes the next package, if there is one for them; who is pulled to a campaign only its own, at a loss (RV8)."""
    wk = w.workers[n]
    s = wk.station
    st = w.stations[s]
    p = w.p[0]
    if wk.is_extra == 0:
        pace = 1.0
        if p.turnover_hazard > 0.0 and st.kind == COMMUNITY:
            pace = experience(p, (t - wk.hired) / DAYS_A_MONTH)
        if p.RV8_enabled == 1 and n >= st.first_worker + st.n_workers - w.pulled[s]:
            pace -= p.RV8_switching_loss
            k = int(w.lines[place_of(w, s, LINES)].first)
        else:
            k = first_waiting(w, s)
        if k < 0:
            return False
        begin(w, n, k, t, pace * efficiency_of_staff(p, st.kind, int(w.packages[k].skill)), p.chunk_max)
        return True
    k = first_for_pool(w, s, st.area)
    if k < 0:
        return False
    need = int(w.packages[k].skill)
    skill = skill_for(skills_left(w, st.area), need)
    wk.pool_skill = skill
    place = st.area * 8 + skill
    hours = begin(w, n, k, t, efficiency_of_volunteer(p, skill, need), min(p.chunk_max, w.pool_today[place]))
    w.pool_today[place] -= hours
    w.pool[place] -= hours
    charge_for(w, int(w.packages[wk.package].issue), t, s, SUPERVISING, p.onboarding_hours)
    return True


@kernel
def start_later(w, n):
    """A worker who is busy with other things looks at what waits as soon as they are over."""
    wk = w.workers[n]
    if wk.ready_at != wk.free_at:
        wk.ready_at = wk.free_at
        schedule(w, wk.free_at, READY, n, 0, n)


@kernel
def dispatch(w, s, t):
    """Give waiting packages to idle workers of a unit whose window is running.

    Extra workers come last and are alike: where one finds nothing, so do the others.
    """
    st = w.stations[s]
    last = st.first_worker + st.n_workers
    if st.kind == COMMUNITY:
        last += st.n_extra
    for n in range(st.first_worker, last):
        if st.queue_length == 0:
            return
        wk = w.workers[n]
        if wk.package < 0:
            if wk.free_at > t:
                start_later(w, n)
            elif not start_next(w, n, t) and wk.is_extra == 1:
                return


@kernel
def put_down(w, s):
    """Workers of a unit leave what they have in hand, at night."""
    st = w.stations[s]
    for n in range(st.first_worker, st.first_worker + st.n_workers):
        wk = w.workers[n]
        if wk.package >= 0:
            pk = w.packages[wk.package]
            pk.left += wk.carry * wk.efficiency
            pk.in_service = 0
            if pk.issue < 0:
                give_package(w, wk.package)
        wk.package = -1
        wk.carry = 0.0
        wk.version += 1


@kernel
def count_marks(st, marks, sign):
    """Memos, directives and listed issues of a package count under a unit, or no more."""
    st.memos += sign * (marks & 1)
    st.directives += sign * (marks >> 1 & 1)
    st.listed_open += sign * (marks >> 2 & 1)
    st.listed_overdue += sign * (marks >> 3 & 1)


@kernel
def move_package(w, k, to, t):
    """A package that waits or was put down goes to another unit, with the seniority it has."""
    pk = w.packages[k]
    old = w.stations[pk.station]
    new = w.stations[to]
    if pk.queued == 1:
        leave_line(w, k)
        old.queue_length -= 1
        old.queued_hours -= pk.left
        if old.queue_length == 0:
            old.queued_hours = 0.0
    count_marks(old, int(pk.marks), -1.0)
    count_marks(new, int(pk.marks), 1.0)
    pk.station = to
    pk.queued = 1
    new.queue_length += 1
    new.queued_hours += pk.left
    new.offered += pk.left / efficiency_of_staff(w.p[0], new.kind, pk.skill)
    push_package(w, k, class_of(w, k, t), pk.release)
    note_work(w, k, t, QUEUED, 0, pk.left)


@kernel
def drop_package(w, k):
    """Forget a package: at once when it waits, at its completion when somebody is on it."""
    pk = w.packages[k]
    if pk.in_service == 1:
        pk.issue = -1
        return
    if pk.queued == 1:
        st = w.stations[pk.station]
        st.queue_length -= 1
        st.queued_hours -= pk.left
        if st.queue_length == 0:
            st.queued_hours = 0.0
        leave_line(w, k)
    give_package(w, k)
