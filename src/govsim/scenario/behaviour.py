"""How people and units behave: the constants of the submodels, the same under every variant.

One class a process, in the order of the day. Nothing here belongs to a component of the mechanism.
The symbols of the specification stand in the comments; section numbers are those of `model.md`.
"""

from typing import Literal

from pydantic import model_validator

from govsim.scenario.fields import Frozen, number, option


class Clock(Frozen):
    """Working hours (3.2, 3.7.7)."""

    hours_per_workday: float = number(8.0, "h", 1, 24, "[A]", "3.2")
    workdays_per_week: int = number(5, "d", 1, 7, "[A]", "3.2")
    opening_hour: float = number(9.0, "h", 0, 23, "[A]", "3.2")
    first_weekday: int = number(0, "d", 0, 6, "[A]", "0 = Monday")
    chunk_max: float = number(8.0, "h", 0.5, 1e6, "[A]", "3.7.7")
    due_window: float = number(2.0, "d", 0, 30, "[A]", "ruling 28")
    urgent_severity: float = number(0.9, "1", 0, 1, "[A]", "severity above which an issue is urgent, ruling 28")


class WorkSplit(Frozen):
    """Who does an issue's work: shares of (community, subdistrict, departments), 3.7.18."""

    split_local: tuple[float, float, float] = option((1.0, 0.0, 0.0), "[A]", "3.7.18")
    """Authority up to 2, no department needed."""
    split_shared: tuple[float, float, float] = option((0.6, 0.0, 0.4), "[A]", "3.7.18")
    """Authority up to 2, departments needed."""
    split_subdistrict: tuple[float, float, float] = option((0.1, 0.4, 0.5), "[A]", "3.7.18")
    """Authority 3."""
    split_department: tuple[float, float, float] = option((0.1, 0.1, 0.8), "[A]", "3.7.18")
    """Authority 4."""
    split_city: tuple[float, float, float] = option((0.15, 0.15, 0.7), "[A]", "3.7.18")
    """Authority 5."""

    @model_validator(mode="after")
    def _shares(self) -> "WorkSplit":
        for name in type(self).model_fields:
            shares = getattr(self, name)
            if abs(sum(shares) - 1) > 1e-6 or min(shares) < 0:
                raise ValueError(f"{name} takes 3 shares that sum to 1")
        return self


class Voice(Frozen):
    """Whether and where a household speaks up (3.7.3; rulings 15, 16, 38)."""

    choice_scale: float = number(1.0, "1", 0.05, 10, "[A]", "theta")
    weight_severity: float = number(2.0, "1", 0, 10, "[A]", "beta_s")
    weight_belief: float = number(2.0, "1", 0, 10, "[A]", "beta_e")
    weight_trust: float = number(0.8, "1", 0, 10, "[A]", "beta_T")
    access_cost_community: float = number(1.8, "1", -50, 50, "[A]", "kappa")
    access_cost_petition: float = number(4.5, "1", -50, 50, "[A]", "kappa")
    access_cost_law: float = number(4.0, "1", -50, 50, "[A]", "kappa")
    access_cost_doorstep: float = number(1.8, "1", -50, 50, "[A]", "kappa, law at the doorstep")
    access_cost_private: float = number(2.5, "1", -50, 50, "[A]", "kappa")
    access_cost_ses_community: float = number(0.4, "1", 0, 5, "[A]", "3.7.18 voice bias")
    access_cost_ses_law: float = number(0.8, "1", 0, 5, "[A]", "3.7.18; direction [V R20, R21]")
    belief_community: float = number(0.5, "1", 0, 1, "[A]", "initial; ordering [V R42, R49]")
    belief_petition: float = number(0.4, "1", 0, 1, "[A]", "initial; ordering [V R42, R49]")
    belief_law: float = number(0.3, "1", 0, 1, "[A]", "initial; ordering [V R42, R49]")
    belief_private: float = number(0.5, "1", 0, 1, "[A]", "ruling 16; not learned")
    belief_learning: float = number(0.2, "1", 0, 1, "[A]", "eta_e")
    belief_gossip: float = number(0.1, "1/month", 0, 0.5, "[A]", "omega_e")
    trust_gossip: float = number(0.05, "1/month", 0, 0.5, "[A]", "omega_T")
    lapse_patience_ratio: float = number(6.0, "1", 1, 100, "[A]", "L_k / patience, 3.7.18")
    voice_attempts_max: int = number(99, "1", 1, 99, "[A]", "1: one try, then silence")
    private_remedy_cost: float = number(0.3, "k¥", 0, 100, "[A]", "paid by the household")


class Routing(Frozen):
    """Triage and finding the owner (3.7.4)."""

    owner_guess_base: float = number(0.6, "1", 0.01, 1, "[A]", "p0; press claims 75 %")
    hop_delay: float = number(2.0, "d", 0, 60, "[A]", "tau_hop")
    transfer_delay: float = number(1.0, "d", 0, 60, "[A]", "tau_up, per tier")
    triage_hours: float = number(0.7, "h", 0, 8, "[A]", "h_tri")
    rejection_hours: float = number(0.3, "h", 0, 8, "[A]", "h_rej")
    forwarding_hours: float = number(0.3, "h", 0, 8, "[A]", "h_fwd")
    directory_clarity: float = number(0.2, "1", 0, 1, "[A]", "ruling 36")
    clarity_max: float = number(0.95, "1", 0, 1, "[A]", "ruling 36")
    memory_scale: float = number(5.0, "1", 0.1, 1000, "[A]", "n_mem, ruling 36")
    memory_forgetting: float = number(0.1, "1/month", 0, 1, "[A]", "ruling 36")
    information_loss: float = number(0.1, "1", 0, 1, "[A]", "iota per tier, 3.7.18")


class Commitment(Frozen):
    """A unit's promise to do its share (3.7.5; rulings W2-W4)."""

    commit_intercept: float = number(-0.69, "1", -20, 20, "[A]", "a0, p = 1/3 [V R50] by analogy")
    commit_anchor: Literal["baseline", "reference"] = option("baseline", "[A]", "ruling W4")
    """Where a request succeeds with the odds e^a0: at the first ask of disputed duties under the baseline, on average;
    or where every other term of the logit is at its reference (ruling W4)."""
    commit_clear_duty: float = number(1.4, "1", 0, 5, "[A]", "a_clear")
    commit_authority: float = number(1.79, "1", 0, 3, "[A]", "a_A; swept, ruling W2")
    commit_clarity: float = number(0.5, "1", 0, 5, "[A]", "a_C")
    commit_tie: float = number(0.9, "1", 0, 5, "[A]", "a_R")
    commit_pressure: float = number(0.4, "1", 0, 3, "[M]", "a_Pi; threat effects 8-10 points")
    commit_backlog: float = number(0.2, "1", 0, 5, "[A]", "a_rho")
    commit_hours: float = number(0.2, "1", 0, 5, "[A]", "a_h")
    commit_hours_reference: float = number(8.0, "h", 0.1, 1000, "[A]", "h-bar, ruling 36")
    refusal_sd: float = number(1.0, "1", 0, 5, "[A]", "sigma_u, persistent refusals, ruling W4")
    ask_interval: float = number(7.0, "d", 0.25, 90, "[A]", "tau_b")
    asking_hours: float = number(0.3, "h", 0, 8, "[A]", "h_req")
    answering_hours: float = number(0.15, "h", 0, 8, "[A]", "h_ans")
    lapse_rate: float = number(0.05 / 7, "1/d", 0, 1, "[A]", "lambda_c, ruling W3")
    lapse_forum_ratio: float = number(1.0, "1", 0, 1, "[A]", "ruling W3")
    tie_initial: float = number(0.1, "1", 0, 1, "[A]", "ruling 36")
    tie_gain: float = number(0.1, "1", 0, 1, "[A]", "eta_R")
    tie_decay: float = number(0.02, "1/month", 0, 1, "[A]", "delta_R")
    authority_subdistrict: float = number(0.2, "1", 0, 1, "[A]", "3.7.18, bilateral")
    authority_petition: float = number(0.3, "1", 0, 1, "[A]", "3.7.18, petition copy")
    equal_authority: bool = option(False, "[A]", "ruling W2")
    """All loci of all variants ask with A = 0.5 (ruling W2)."""


class Gates(Frozen):
    """The four obstacles J, P, F, I (3.7.6; rulings 1, 2, 11-13)."""

    decision_hours: float = number(1.0, "h", 0, 1000, "[A]", "h_dec, ruling 13")
    decision_distribution: Literal["fixed", "exponential"] = option("fixed", "[A]", "ruling 13")
    executive_interval: float = number(30.0, "d", 0.5, 365, "[A]", "T_ex")
    executive_slots: int | None = number(None, "1", 0, 100000, "[A]", "K_ex; solved when null")
    executive_load: float = number(0.8, "1", 0.1, 5, "[A]", "rho_ex, rulings 2 and W1")
    executive_hours: float = number(2.0, "h", 0, 24, "[A]", "H_ex, ruling W1")
    executive_attendees: int = number(12, "1", 0, 100, "[A]", "n_ex, ruling W1")
    contact_hours: float = number(0.25, "h", 0, 24, "[A]", "h_con, ruling 1")
    contact_hours_dispute: float = number(1.5, "h", 0, 24, "[A]", "h_con of DISP, ruling 1")
    contacts_per_day: int = number(8, "1", 1, 100, "[A]", "ruling 1")
    parties_low: int = number(2, "1", 1, 1000, "[A]", "N, ruling 1")
    parties_high: int = number(6, "1", 1, 1000, "[A]", "N, ruling 1")
    persuade_intercept: float = number(-2.2, "1", -20, 20, "[A]", "b0")
    persuade_skill: float = number(1.2, "1", 0, 10, "[A]", "b1")
    persuade_trust: float = number(1.2, "1", 0, 10, "[A]", "b2")
    persuade_familiarity: float = number(0.8, "1", 0, 10, "[A]", "b3")
    persuader_skill: float = number(0.5, "1", 0, 1, "[A]", "community staff")
    mediator_skill: float = number(0.8, "1", 0, 1, "[A]", "law firm, trained mediators")
    familiarity_initial: float = number(0.3, "1", 0, 1, "[A]", "omega_b")
    supporter_lapse: float = number(0.002, "1/d", 0, 1, "[A]", "lambda_I")
    law_case_hours: float = number(6.0, "h", 0, 1000, "[A]", "a legal or mediation case")
    law_case_success: float = number(0.65, "1", 0, 1, "[V-weak]", "67-70 % court pre-action, R54")

    @model_validator(mode="after")
    def _parties(self) -> "Gates":
        if self.parties_low > self.parties_high:
            raise ValueError(f"parties_low {self.parties_low} is above parties_high {self.parties_high}")
        return self


class Effort(Frozen):
    """Substantive or perfunctory work, audit and reopening (3.7.8; ruling 14)."""

    perfunctory_intercept: float = number(-2.2, "1", -50, 20, "[A]", "c0; direction [V R17, R19]")
    perfunctory_backlog: float = number(0.6, "1", 0, 10, "[A]", "c_rho")
    perfunctory_pressure: float = number(1.4, "1", 0, 10, "[A]", "c_Pi")
    perfunctory_mandate: float = number(1.5, "1", 0, 10, "[A]", "c_k")
    perfunctory_norm: float = number(0.8, "1", 0, 10, "[A]", "c_q")
    perfunctory_audit: float = number(1.0, "1", 0, 10, "[A]", "c_A, ruling W8")
    perfunctory_hours_share: float = number(0.2, "1", 0.01, 1, "[A]", "kappa")
    perfunctory_success: float = number(0.15, "1", 0, 1, "[A]", "kappa_res")
    failure_share: float = number(0.05, "1", 0, 1, "[A]", "epsilon_q")
    audit_share: float = number(0.1, "1", 0, 1, "[A]", "audit")
    audit_hours: float = number(0.5, "h", 0, 24, "[A]", "h_audit")
    audit_delay: float = number(14.0, "d", 0, 365, "[A]", "mean lag, ruling 14")
    redo_hours_share: float = number(0.5, "1", 0.01, 1, "[A]", "ruling 14")
    skill_adjacent: float = number(0.6, "1", 0.05, 1, "[A]", "e_adj, 3.7.18")


class Pressure(Frozen):
    """Pressure on a unit, read live (3.7.18; rulings 8, W8)."""

    pressure_base: float = number(0.1, "1", 0, 1, "[A]", "Pi_0")
    pressure_memos: float = number(0.3, "1", 0, 1, "[A]", "pi_M")
    pressure_directives: float = number(0.4, "1", 0, 1, "[A]", "pi_D")
    pressure_list: float = number(0.2, "1", 0, 1, "[A]", "pi_L")
    pressure_hours: float = number(0.1, "1", 0, 1, "[A]", "pi_H: desk hours follow pressure, W8")


class Response(Frozen):
    """Satisfaction, expectation, trust (3.7.14)."""

    performance_resolved: float = number(0.6, "1", 0, 1, "[A]", "w_r")
    performance_speed: float = number(0.25, "1", 0, 1, "[A]", "w_t")
    performance_contact: float = number(0.15, "1", 0, 1, "[A]", "w_p")
    contact_share: float = number(0.5, "1", 0, 1, "[A]", "handler informs, ruling 37")
    informing_hours: float = number(0.1, "h", 0, 8, "[A]", "ruling 37")
    satisfaction_base: float = number(0.5, "1", 0, 1, "[A]", "S0; signs [V R70, R73]")
    satisfaction_performance: float = number(0.2, "1", 0, 1, "[A]", "s_P")
    satisfaction_gain: float = number(0.3, "1", 0, 1, "[A]", "s+")
    satisfaction_loss: float = number(0.6, "1", 0, 2, "[A]", "s-")
    satisfaction_threshold: float = number(0.5, "1", 0, 1, "[A]", "S*")
    expectation_initial: float = number(0.5, "1", 0, 1, "[A]", "3.5")
    expectation_learning: float = number(0.2, "1", 0, 1, "[A]", "eta_E")
    trust_gain: float = number(0.03, "1", 0, 1, "[A]", "eta_T+")
    trust_loss: float = number(0.08, "1", 0, 1, "[A]", "eta_T-")


class Petition(Frozen):
    """Petition office and leaders' attention (3.7.15; rulings 17, 41)."""

    petition_hours: float = number(3.0, "h", 0, 100, "[A]", "h_pet")
    petition_interval: float = number(60.0, "d", 1, 1000, "[A]", "tau_pet")
    petition_belief_floor: float = number(0.15, "1", 0, 1, "[A]", "ruling 41")
    petition_attention: float = number(0.2, "1", 0, 1, "[A]", "p_attn")
    n_collective: float = number(10.0, "persons", 0.1, 1e6, "[A]", "n_0 of f(n), ruling 41")
    attention_half_life: float = number(30.0, "d", 0.1, 365, "[A]", "tau_A; direction [V R36]")
    attention_per_leader: float = number(0.5, "1", 0, 100, "[A]", "petition attention, ruling 17")


class Agenda(Frozen):
    """What every joint meeting has in common (3.7.9; rulings 20, 21, V3, W7)."""

    slot_opening_minutes: float = number(8.0, "min", 0.1, 120, "[A]", "t0")
    slot_attendee_minutes: float = number(0.5, "min", 0, 60, "[A]", "t1")
    preparation_hours: float = number(0.8, "h", 0, 100, "[A]", "h_prep per item")
    minutes_hours: float = number(1.5, "h", 0, 100, "[A]", "h_min per sitting")
    travel_hours: float = number(0.5, "h", 0, 8, "[A]", "per attendee")
    attendance_share: float = number(0.9, "1", 0, 1, "[A]", "alpha_att")
    habituation: float = number(0.15, "week", 0, 5, "[A]", "nu: what is summoned too often heeds less, W8")
    habituation_free: float = number(0.5, "1/week", 0, 100, "[A]", "summons per worker without effect, W8")
    quorum_share: float = number(0.5, "1", 0, 1, "[A]", "q_min, ruling V3")
    agenda_age: float = number(0.03, "1/d", 0, 10, "[A]", "w_age")
    agenda_severity: float = number(1.0, "1", 0, 10, "[A]", "w_sev")
    agenda_affected: float = number(0.3, "1", 0, 10, "[A]", "w_aff")
    agenda_petitioned: float = number(0.5, "1", 0, 10, "[A]", "w_pet")
    retabling_max: int = number(2, "1", 0, 100, "[A]", "r_max; from 7 on never passed up")
    memo_check_share: float = number(0.5, "1/month", 0, 1, "[A]", "duban")
    memo_check_hours: float = number(0.5, "h", 0, 8, "[A]", "h_chk")
    memos_enabled: bool = option(True, "[A]", "3.7.9")
    """Rulings send task memos to the units concerned (3.7.9)."""
    meeting_substitution: float = number(0.0, "1", 0, 1, "[A]", "forum hours replacing admin, W7")


class Volunteering(Frozen):
    """Motivation, fatigue and hosting of volunteers of every kind (3.7.13)."""

    offer_intercept: float = number(-0.5, "1", -10, 10, "[A]", "u0")
    offer_motivation: float = number(1.5, "1", 0, 10, "[A]", "u_m")
    offer_affect: float = number(0.8, "1", 0, 10, "[A]", "u_a")
    offer_responsibility: float = number(0.8, "1", 0, 10, "[A]", "u_r")
    offer_mandate: float = number(1.5, "1", 0, 10, "[A]", "u_k")
    offer_fatigue: float = number(0.8, "1", 0, 10, "[A]", "u_f")
    fatigue_decay: float = number(0.25, "1/month", 0, 1, "[A]", "delta_f")
    fatigue_per_hour: float = number(0.03, "1/h", 0, 1, "[A]", "eta_f")
    motivation_gain: float = number(0.05, "1/month", 0, 1, "[A]", "eta+; direction [V R65]")
    motivation_loss: float = number(0.10, "1/month", 0, 1, "[A]", "eta-")
    dropout_base: float = number(0.02, "1/month", 0, 1, "[A]", "h0")
    dropout_fatigue: float = number(1.0, "1", 0, 10, "[A]", "xi_f")
    dropout_motivation: float = number(1.0, "1", 0, 10, "[A]", "xi_m")
    supervision_hours: float = number(0.10, "h/h", 0, 1e6, "[A]", "h_sup")
    onboarding_hours: float = number(0.5, "h", 0, 100, "[A]", "h_on per new assignment")
    crowding_out: float = number(0.02, "1", 0, 1, "[A]", "chi_out")
    crowding_in: float = number(0.02, "1", 0, 1, "[A]", "chi_rec")


class Contribution(Frozen):
    """What organisations give to a body, and what a body costs to convene (3.7.10; ruling 39)."""

    give_intercept: float = number(-0.5, "1", -10, 10, "[A]", "g0")
    give_stake: float = number(1.0, "1", 0, 10, "[A]", "g_z")
    give_peers: float = number(1.5, "1", 0, 10, "[A]", "g_n")
    give_list: float = number(1.0, "1", 0, 10, "[A]", "g_l")
    give_cost: float = number(1.0, "1", 0, 10, "[A]", "g_c")
    give_diffusion: float = number(0.3, "1", 0, 10, "[A]", "g_M")
    give_relative_cost: float = number(0.5, "1", 0, 10, "[A]", "c_o")
    list_audit: float = number(0.5, "1", 0, 1, "[A]", "audit_list")
    organisation_hours: float = number(10.0, "h/month", 0, 1000, "[A]", "h_o")
    law_firm_hours: float = number(40.0, "h/month", 0, 1000, "[A]", "h_o of the law firm")
    organisation_fund: float = number(0.5, "k¥/month", 0, 1000, "[A]", "pledged money, L1")
    convening_hours: float = number(0.5, "h/month", 0, 100, "[A]", "c_M")
    convening_exponent: float = number(1.2, "1", 0, 3, "[A]", "gamma")
    record_hours: float = number(0.5, "h", 0, 8, "[A]", "h_rec per claimed matter")


class Behaviour(Frozen):
    """All constants of behaviour, by process."""

    clock: Clock = Clock()
    work: WorkSplit = WorkSplit()
    voice: Voice = Voice()
    routing: Routing = Routing()
    commitment: Commitment = Commitment()
    gates: Gates = Gates()
    effort: Effort = Effort()
    pressure: Pressure = Pressure()
    response: Response = Response()
    petition: Petition = Petition()
    agenda: Agenda = Agenda()
    volunteering: Volunteering = Volunteering()
    contribution: Contribution = Contribution()
