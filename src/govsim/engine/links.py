"""Hours that come from outside the desks: bodies, stewards, pairing, in-service members (3.7.10-3.7.13).

Each month every giver decides by its own rule; what is offered goes to the pool of a community by skill
and is released evenly over the month's workdays (ruling 31). Hours not used by the month's end are
booked as idle, at the giver's cost.
"""

import math

import numpy as np

from govsim.engine import rng
from govsim.engine.compiled import kernel
from govsim.engine.effort import backlog_weeks, logistic
from govsim.engine.gates import department_station
from govsim.engine.ledger import charge, post_money, post_outside
from govsim.engine.rules import CONTRIBUTION, ruled
from govsim.engine.state import (
    AUDITING,
    BY_DEPARTMENTS,
    BY_MEMBERS_LEISURE,
    BY_MEMBERS_WORK,
    BY_ORGANISATIONS,
    BY_PART_TIME,
    BY_RESIDENTS,
    BY_VOLUNTEERS,
    CEREMONIAL,
    CONVENING,
    HOSTING,
    IDLING,
    PATROLLING,
    PERFUNCTORY,
    REPORTING,
    SUBSTANTIVE,
    UPKEEPING,
)


@kernel
def offer(w, q, skill, hours, payer):
    """Add hours to a community's pool."""
    if hours > 0.0:
        w.pool[q * 8 + skill] += hours
        w.given[q * 12 + payer] += hours
        w.communities[q].pool_offered += hours
        w.daily[w.counters[0].today].offered_hours += hours


@kernel
def settle_pool(w, q):
    """Book the month's offered hours by giver: substantive, perfunctory, idle; then empty the pool."""
    community = w.communities[q]
    offered = community.pool_offered
    community.used_share = 0.0
    community.substantive_share = 0.0
    if offered > 0.0:
        substantive = min(1.0, community.pool_substantive / offered)
        perfunctory = min(1.0 - substantive, community.pool_perfunctory / offered)
        community.used_share = substantive + perfunctory
        community.substantive_share = substantive
        w.daily[w.counters[0].today].used_hours += offered * community.used_share
        for payer in range(12):
            hours = w.given[q * 12 + payer]
            if hours > 0.0:
                post_outside(w, payer, SUBSTANTIVE, hours * substantive)
                post_outside(w, payer, PERFUNCTORY, hours * perfunctory)
                post_outside(w, payer, IDLING, hours * (1.0 - substantive - perfunctory))
                w.given[q * 12 + payer] = 0.0
    community.pool_offered = 0.0
    community.pool_substantive = 0.0
    community.pool_perfunctory = 0.0
    for skill in range(8):
        w.pool[q * 8 + skill] = 0.0


@kernel
def settle_pools(w):
    """The month is over: every community's pool is booked and emptied."""
    for q in range(w.p[0].n_communities):
        settle_pool(w, q)


@kernel
def organisations_give(w, q):
    """L1: P(y=1) = sigma(g0 + g_z z B + g_n (peers - 1/2) + g_l list audit - g_c c - g_M ln M) (3.7.10)."""
    p = w.p[0]
    c = w.counters[0]
    community = w.communities[q]
    expected = max(1.0, community.n_households * p.issues_per_household_year / 4.0)
    benefit = min(1.0, community.confirmed_last / expected)
    gave = 0
    for j in range(4):
        o = w.organisations[q * 4 + j]
        z = p.give_intercept + p.give_stake * o.stake * benefit
        z += p.give_peers * (community.contribution_rate - 0.5)
        z += p.give_list * p.L4_listed_share * p.list_audit
        z -= p.give_cost * p.give_relative_cost + p.give_diffusion * math.log(p.L1_member_count)
        share = logistic(z)
        if w.rules[CONTRIBUTION].address != 0:
            share = ruled(w, CONTRIBUTION, (
                o.stake, benefit, community.contribution_rate, p.L4_listed_share, p.list_audit, p.give_relative_cost,
                p.L1_member_count))  # fmt: skip
        o.gives = 1 if rng.uniform(o.key, rng.GIVE, c.month) < share else 0
        if o.gives == 1:
            gave += 1
            scale = p.L1_member_count / 4.0
            offer(w, q, o.skill, o.hours * scale, BY_ORGANISATIONS)
            community.money += p.organisation_fund * scale
            post_money(w, 1, 0, p.organisation_fund * scale)
            c.pledged_money += p.organisation_fund * scale
    community.contribution_rate = gave / 4.0
    charge(w, q, CONVENING, p.convening_hours * math.exp(p.convening_exponent * math.log(p.L1_member_count)))


@kernel
def residents_give(w, x):
    """L2: members of a compound's body give a little of their time; residents add to the fund."""
    p = w.p[0]
    compound = w.compounds[x]
    offer(w, compound.community, 7, p.L2_member_count * p.L2_member_hours, BY_RESIDENTS)
    hours = p.convening_hours * math.exp(p.convening_exponent * math.log(p.L2_member_count))
    charge(w, compound.community, CONVENING, hours)
    post_outside(w, BY_RESIDENTS, CONVENING, p.L2_member_count * p.convening_hours)
    money = compound.inflow / 12.0 * p.L2_fund_share
    compound.money += money
    post_money(w, 0, 0, money)
    w.counters[0].pledged_money += money


@kernel
def offer_score(p, motivation, affect, responsibility, need, mandate, fatigue):
    """sigma(u0 + u_m m + u_a a need + u_r r + u_k k mandate - u_f f) (3.7.13)."""
    z = p.offer_intercept + p.offer_motivation * motivation + p.offer_affect * affect * need
    return logistic(z + p.offer_responsibility * responsibility + p.offer_mandate * mandate * mandate - p.offer_fatigue * fatigue)


@kernel
def stewards_care(w, b):
    """L3: stewards of a building patrol and fix small things; they tire like all volunteers."""
    p = w.p[0]
    building = w.buildings[b]
    q = building.community
    need = min(1.0, backlog_weeks(w, q))
    score = offer_score(p, building.steward_motivation, 0.5, 0.5, need, 0.0, building.steward_fatigue)
    building.steward_activity = score
    stewards = building.n_households / p.L3_households_per_steward
    hours_each = p.L3_steward_hours * 52.0 / 12.0 * score
    hours = hours_each * stewards
    post_outside(w, BY_VOLUNTEERS, PATROLLING, hours * p.L3_patrol_share)
    fixes = hours * (1.0 - p.L3_patrol_share)
    offer(w, q, 7, 0.5 * fixes, BY_VOLUNTEERS)
    offer(w, q, 1, 0.5 * fixes, BY_VOLUNTEERS)
    building.steward_fatigue = (1.0 - p.fatigue_decay) * building.steward_fatigue + p.fatigue_per_hour * hours_each
    community = w.communities[q]
    gain = p.motivation_gain * (1.0 - building.steward_motivation) * community.substantive_share
    loss = p.motivation_loss * building.steward_motivation * (1.0 - community.used_share)
    crowding = p.crowding_in * community.substantive_share * (1.0 - building.steward_motivation)
    crowding -= p.crowding_out * community.mandated_share * building.steward_motivation
    building.steward_motivation = min(1.0, max(0.0, building.steward_motivation + gain - loss + crowding))
    patrol = p.L3_patrol_share * p.L3_steward_hours * score / p.L3_households_per_steward
    building.hazard_rate = p.L3_detection_efficiency * patrol / 7.0


@kernel
def member_serves(w, v, month):
    """E4: one member's month: hours offered, fatigue, motivation, dropping out (3.7.13)."""
    p = w.p[0]
    member = w.members[v]
    if member.on_roster == 0:
        return 0.0
    q = int(member.community)
    community = w.communities[q]
    motivation = np.float64(member.motivation)
    fatigue = np.float64(member.fatigue)
    responsibility = np.float64(member.responsibility)
    hours = 0.0
    if member.active == 1:
        need = min(1.0, backlog_weeks(w, q))
        hours = p.E4_monthly_hours * offer_score(p, motivation, np.float64(member.affect), responsibility, need, p.E4_mandate, fatigue)
        offer(w, q, int(member.skill), hours * (1.0 - p.E4_work_time_share), BY_MEMBERS_LEISURE)
        offer(w, q, int(member.skill), hours * p.E4_work_time_share, BY_MEMBERS_WORK)
        station = department_station(w, int(member.department), community.subdistrict)
        desk = hours * p.E4_work_time_share * p.desk_share
        w.stations[station].debt += desk
        w.stations[station].incurred += desk
    idle = 1.0 - community.used_share
    fatigue = (1.0 - p.fatigue_decay) * fatigue + p.fatigue_per_hour * hours
    gain = p.motivation_gain * (1.0 - motivation) * community.substantive_share
    loss = p.motivation_loss * motivation * min(1.0, idle + p.E4_mandate * (1.0 - responsibility))
    motivation = min(1.0, max(0.0, motivation + gain - loss))
    hazard = p.dropout_base * math.exp(p.dropout_fatigue * fatigue - p.dropout_motivation * motivation)
    key = rng.entity_key(p.seed, rng.MEMBERS, v)
    if rng.uniform(key, rng.DROPOUT, month) < 1.0 - math.exp(-hazard):
        member.active = 0
        if rng.uniform(key, rng.ROSTER, month) >= p.E4_mandate:
            member.on_roster = 0
    member.fatigue = fatigue
    member.motivation = motivation
    return motivation


@kernel
def members_serve(w):
    """E4 for all members; the mandated share of each community's pool follows."""
    c = w.counters[0]
    p = w.p[0]
    motivation = 0.0
    on_roster = 0
    day = w.daily[c.today]
    for v in range(p.n_members):
        motivation += member_serves(w, v, c.month)
        on_roster += w.members[v].on_roster
        day.active_members += w.members[v].active
        if w.members[v].on_roster == 1:
            day.fatigue += np.float64(w.members[v].fatigue)
    day.roster = on_roster
    for q in range(p.n_communities):
        community = w.communities[q]
        given = w.given[q * 12 + BY_MEMBERS_LEISURE] + w.given[q * 12 + BY_MEMBERS_WORK]
        if p.emergency_enabled == 1:
            w.duty[c.today].members_offered += given
        community.mandated_share = p.E4_mandate * given / max(community.pool_offered, 1e-9)
        community.mandated_motivation = motivation / max(1.0, on_roster * 1.0)


@kernel
def departments_pair(w):
    """E2: events of each department in its communities: share q is work, the rest ceremony (3.7.12)."""
    p = w.p[0]
    per_department = (p.n_communities + 11) // 12
    events = p.E2_events_per_quarter / 3.0 / per_department
    hours = events * p.E2_event_hours * p.E2_people
    for n in range(12 * per_department):
        q = n % p.n_communities
        if w.communities[q].is_paired == 0:
            continue
        department = n % 12
        skill = skill_of_department(department)
        quality = w.pairing[department]
        pair(w, department, q, skill, hours, events, quality, p.E2_desk_share, p.E2_host_hours, p.E2_quality_drift)
        community = w.communities[q]
        community.pairing_clarity += (p.E2_pairing_clarity - community.pairing_clarity) * quality
    total = 0.0
    n_pairing = 0
    for department in range(12):
        if has_pair(w, department):
            total += drift(w, department, department, p.E2_quality_drift)
            n_pairing += 1
    w.daily[w.counters[0].today].department_quality = total / max(n_pairing, 1)


@kernel
def pair(w, department, q, skill, hours, events, quality, desk_share, host_hours, quality_drift):
    """Hours of a paired unit: work into the pool, ceremony to nobody's good (3.7.12).

    They are booked once, under the department; the share taken from its desk only shortens its day. Where quality drifts, a
    share of the events is audited, at the department's cost.
    """
    p = w.p[0]
    offer(w, q, skill, hours * quality, BY_DEPARTMENTS)
    post_outside(w, BY_DEPARTMENTS, CEREMONIAL, hours * (1.0 - quality))
    station = department_station(w, department, w.communities[q].subdistrict)
    w.stations[station].debt += hours * desk_share
    w.stations[station].incurred += hours * desk_share
    charge(w, q, HOSTING, events * host_hours)
    if quality_drift > 0.0:
        charge(w, station, AUDITING, events * p.audit_share * p.audit_hours)
    place = 12 * q + department
    w.ties[place] += p.tie_gain * quality * (1.0 - w.ties[place])


@kernel
def skill_of_department(department):
    """The skill a department's people bring (3.7.18)."""
    if department == 1 or department == 3 or department == 8:
        return 2
    if department == 0 or department == 2 or department == 10:
        return 1
    if department == 4:
        return 0
    if department == 9:
        return 3
    if department == 5 or department == 6:
        return 4
    return 5


@kernel
def branches_pair(w):
    """E3: each agency branch in its compounds; general labour (3.7.12)."""
    p = w.p[0]
    for branch in range(p.n_branches):
        x = (branch * p.n_compounds) // p.n_branches
        if w.branches[branch] == 0:
            continue
        q = w.compounds[x].community
        events = p.E3_events_per_quarter / 3.0
        hours = events * p.E3_event_hours * p.E3_people
        quality = w.pairing[12 + branch]
        pair(w, branch % 12, q, 7, hours, events, quality, p.E3_desk_share, p.E3_host_hours, p.E3_quality_drift)
    total = 0.0
    n_pairing = 0
    for branch in range(p.n_branches):
        if w.branches[branch] == 1:
            total += drift(w, 12 + branch, branch % 12, p.E3_quality_drift)
            n_pairing += 1
    w.daily[w.counters[0].today].branch_quality = total / max(n_pairing, 1)


@kernel
def load_of_department(w, department):
    """load_d of a department: the mean over its teams of min(1, max(0, psi - 1)), psi the backlog in weeks (ruling 40)."""
    p = w.p[0]
    first = p.first_department_team + department * p.n_teams
    total = 0.0
    for s in range(first, first + p.n_teams):
        total += min(1.0, max(0.0, backlog_weeks(w, s) - 1.0))
    return total / p.n_teams


@kernel
def has_pair(w, department):
    """Whether a community is paired with the department."""
    n_communities = w.p[0].n_communities
    n_paired = 0
    for n in range(department, 12 * ((n_communities + 11) // 12), 12):
        n_paired += w.communities[n % n_communities].is_paired
    return n_paired > 0


@kernel
def drifted(quality, rate, audited, load):
    """Quality of a pairing a month on: q + eta_q (audit (1 - q) - load q), from 0 to 1: who is loaded and not looked at
    slides into ceremony (3.7.12, ruling 40; an option).
    """
    return min(1.0, max(0.0, quality + rate * (audited * (1.0 - quality) - load * quality)))


@kernel
def drift(w, unit, department, rate):
    """Let the quality of a unit that pairs drift for a month, under its department's load; returns it."""
    w.pairing[unit] = drifted(w.pairing[unit], rate, w.p[0].audit_share, load_of_department(w, department))
    return w.pairing[unit]


@kernel
def keep_lists(w):
    """L4: upkeep by every community, subdistrict and team of a department, for every listed type (ruling 44)."""
    p = w.p[0]
    hours = p.L4_upkeep_hours * p.n_listed
    for s in range(p.first_department_team + 12 * p.n_teams):
        charge(w, s, UPKEEPING, hours)


@kernel
def check_memos(w):
    """A share of open memos is checked each month, at the unit's cost (duban)."""
    p = w.p[0]
    for s in range(w.stations.size):
        charge(w, s, REPORTING, w.stations[s].memos * p.memo_check_share * p.memo_check_hours)


@kernel
def external_hours(w):
    """Controls of W5: scheduled hours, spread over communities by households."""
    p = w.p[0]
    for q in range(p.n_communities):
        share = w.communities[q].n_households / p.n_households
        for payer in range(12):
            for skill in range(8):
                offer(w, q, skill, w.external[payer * 8 + skill] * share, payer)


@kernel
def part_time_pledges(w):
    """A5: part-time members pledge hours to each community's pool, one skill after another."""
    p = w.p[0]
    for q in range(p.n_communities):
        for j in range(p.A5_community_members):
            skill = w.organisations[q * 4 + j % 4].skill
            offer(w, q, skill, p.A5_pledged_hours, BY_PART_TIME)


@kernel
def give_month(w):
    """All that is given for the coming month."""
    p = w.p[0]
    c = w.counters[0]
    if c.mechanism_on == 0:
        return
    for q in range(p.n_communities):
        if w.communities[q].has_body == 1:
            organisations_give(w, q)
    if p.A5_community_members > 0:
        part_time_pledges(w)
    if p.L2_on == 1:
        for x in range(p.n_compounds):
            if w.compounds[x].has_body == 1:
                residents_give(w, x)
    if p.L3_steward_hours > 0.0:
        for b in range(w.buildings.size):
            stewards_care(w, b)
    if p.E2_covered > 0:
        departments_pair(w)
    if p.E3_covered > 0:
        branches_pair(w)
    if p.n_members > 0:
        members_serve(w)
    if p.external_on == 1:
        external_hours(w)
    if p.list_on == 1:
        keep_lists(w)
