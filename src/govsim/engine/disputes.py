"""What is counted where people believe in petitions rather than in law (3.13 SC3): month by month, in the community with the
law firm and in the rest of the city. Counting changes nothing; only `success_share` is a rule.
"""

from govsim.engine.compiled import kernel
from govsim.engine.feedback import community_of
from govsim.engine.state import MEDIATION, VIA_COMMUNITY, VIA_HOTLINE, VIA_LAW, VIA_PETITION, VIA_PRIVATE

OPENED, WON, LOST = range(3)


@kernel
def month_of(w, q):
    """Number of this month's row of a community: that of the scenario's place, or of the rest."""
    p = w.p[0]
    group = 0 if q == p.dispute_place else 1
    return group * p.n_months + w.counters[0].month


@kernel
def count_choice(w, i, channel):
    """A household has chosen a channel."""
    row = w.channels[month_of(w, community_of(w, i))]
    if channel == VIA_COMMUNITY:
        row.chose_community += 1.0
    elif channel == VIA_PETITION:
        row.chose_petition += 1.0
    elif channel == VIA_LAW:
        row.chose_law += 1.0
    elif channel == VIA_PRIVATE:
        row.chose_private += 1.0
    elif channel == VIA_HOTLINE:
        row.chose_hotline += 1.0
    else:
        row.chose_silence += 1.0


@kernel
def count_petition(w, i, before):
    """A petition, the first or a repeat."""
    row = w.channels[month_of(w, community_of(w, i))]
    row.petitions += 1.0
    if before > 0:
        row.repeats += 1.0


@kernel
def count_attention(w, i):
    """A petition has won a leader's attention."""
    w.channels[month_of(w, community_of(w, i))].attended += 1.0


@kernel
def count_case(w, i, station, what):
    """A case of law or mediation is opened, won or lost, at a doorstep station or at justice."""
    row = w.channels[month_of(w, community_of(w, i))]
    if w.stations[station].kind == MEDIATION:
        row.station_cases += 1.0 if what == OPENED else 0.0
        row.station_won += 1.0 if what == WON else 0.0
        row.station_lost += 1.0 if what == LOST else 0.0
    else:
        row.court_cases += 1.0 if what == OPENED else 0.0
        row.court_won += 1.0 if what == WON else 0.0
        row.court_lost += 1.0 if what == LOST else 0.0


@kernel
def success_share(w, station):
    """Chance that a case is won: at the station of the scenario's place it follows its mediators' skill."""
    p = w.p[0]
    return p.dispute_case_success if station == p.first_mediation + p.dispute_place and p.dispute_place >= 0 else p.law_case_success


@kernel
def note_month(w):
    """Beliefs and station queues as the month begins: means over households."""
    p = w.p[0]
    inside = w.communities[p.dispute_place].n_households * 1.0
    outside = max(1.0, p.n_households - inside)
    for n in range(w.buildings.size):
        b = w.buildings[n]
        row = w.channels[month_of(w, b.community)]
        weight = b.n_households / (inside if b.community == p.dispute_place else outside)
        row.belief_community += weight * b.mean_community
        row.belief_petition += weight * b.mean_petition
        row.belief_law += weight * b.mean_law
    for q in range(p.n_communities):
        w.channels[month_of(w, q)].station_queue += w.stations[p.first_mediation + q].queue_length
