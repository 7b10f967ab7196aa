"""A plain, slow twin of every metric, from the documented tables of a run alone.

Nothing of `govsim.engine.measure` or `govsim.results.tally` is used but the price list.
"""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pandas as pd

from govsim.engine.state import ACTIVITIES, EXTERNAL_PAYERS, PAYERS, POTS, STATES
from govsim.results.tally import PRICES

STAGES = (
    "silent", "routing", "jurisdiction", "power", "funds", "interests", "queue", "service", "law",
    "after_closure", "given_up",
)  # fmt: skip


def ratio(a, b):
    return a / b if b else math.nan


def moments(row):
    """Durations since onset as the log's float32 had them, infinite when they are not there."""

    def since(name):
        x = row[f"{name}_day"]
        return Fraction(float(np.float32(x - row["onset_day"]))) if x == x else None

    names = (
        "voiced", "triaged", "jurisdiction", "power", "funds", "interests", "released", "started",
        "closed", "last_closed", "resolved", "ended", "petitioned", "law",
    )  # fmt: skip
    return {n: since(n) for n in names}


def spend(row, m, end):
    """Days before `end` by stage, by walking from one moment to the next, exactly."""
    end = Fraction(end)
    spent = dict.fromkeys(STAGES, Fraction(0))
    marks = sorted({Fraction(0), end, *(t for t in m.values() if t is not None and t < end)})
    for a, b in pairwise(marks):
        for stage, share in where(row, m, a).items():
            spent[stage] += (b - a) * share
    return spent


def where(row, m, t):
    """Stage of an issue just after t."""

    def after(name):
        return m[name] is not None and m[name] <= t

    if after("ended"):
        return {"given_up": 1}
    if not after("voiced"):
        return {"silent": 1}
    if after("closed"):
        return {"after_closure": 1}
    if after("started"):
        return {"service": 1}
    if after("released"):
        return {"queue": 1}
    if not after("triaged"):
        return {"law" if m["law"] == m["voiced"] else "routing": 1}
    closed = [g for g in ("jurisdiction", "power", "funds", "interests") if row[f"has_{g}_gate"] and not after(g)]
    return {g: Fraction(1, len(closed)) for g in closed} if closed else {"queue": 1}


def kaplan_area(lives, tau):
    """Area under the Aalen-Johansen incidence of cause 1, by the textbook definition."""
    times = sorted({t for t, c in lives if c and t <= tau})
    survival, area = Fraction(1), Fraction(0)
    for u in times:
        risk = sum(1 for t, _ in lives if t >= u)
        d1 = sum(1 for t, c in lives if t == u and c == 1)
        d = sum(1 for t, c in lives if t == u and c)
        area += survival * Fraction(d1, risk) * (Fraction(tau) - u)
        survival *= 1 - Fraction(d, risk)
    last = max((t for t, _ in lives), default=Fraction(0))
    return float(area) if last >= tau or survival == 0 else math.nan


def twin(run, window):
    """Return every metric by name."""
    start, end = window
    end = min(end, run.horizon)
    frame = run.issues
    frame = frame[(frame["onset_day"] >= start) & (frame["onset_day"] < end)]
    rows = frame.to_dict("records")
    found: dict[str, float] = {}
    found |= outcomes(run, rows)
    found |= stages(run, rows)
    found |= deadlines(run, rows)
    found |= responses(run, rows, (end - start) * run.scenario.city.n_residents / 365_000)
    found |= equity(run, rows)
    found |= costs(run, start, end, rows)
    found |= panel(run, start, end)
    found |= meetings(run, start, end, rows)
    return found


def outcomes(run, rows):
    found, n = {}, len(rows)
    lives = {False: [], True: []}
    for row in rows:
        m = moments(row)
        follow = Fraction(run.horizon) - Fraction(row["onset_day"])
        for exits, out in lives.items():
            if m["resolved"] is not None:
                out.append((m["resolved"], 1))
            elif m["ended"] is not None:
                cause = 1 if exits and row["status"] == "exited" else 2
                out.append((m["ended"], cause))
            else:
                out.append((follow, 0))
    for tau in (180, 365):
        for exits, suffix in ((False, ""), (True, "_exits")):
            area = kaplan_area(lives[exits], tau) if n else math.nan
            found[f"unresolved_days_{tau}{suffix}"] = tau - area
        followed = [r for r in rows if run.horizon - r["onset_day"] >= tau]
        ages = [moments(r)["resolved"] for r in followed]
        done = sum(1 for a in ages if a is not None and a <= tau)
        found[f"resolved_share_{tau}"] = ratio(done, len(followed))
        found[f"followed_share_{tau}"] = ratio(len(followed), n)
        reached = [r[f"state_{tau}"] for r in rows if isinstance(r[f"state_{tau}"], str)]
        for s in STATES:
            found[f"state_{tau}_{s}"] = ratio(reached.count(s), len(reached))
    return found


def stages(run, rows):
    delay, closure = dict.fromkeys(STAGES, 0), dict.fromkeys(STAGES, 0)
    n_followed = n_closed = 0
    total = 0
    for row in rows:
        m = moments(row)
        if run.horizon - row["onset_day"] >= 180:
            n_followed += 1
            for s, d in spend(row, m, min(Fraction(180), m["resolved"] or Fraction(180))).items():
                delay[s] += d
        if m["closed"] is not None:
            n_closed += 1
            total += m["closed"]
            for s, d in spend(row, m, m["closed"]).items():
                closure[s] += d
    found = {f"delay_{s}": ratio(float(d), n_followed) for s, d in delay.items()}
    found |= {f"closure_days_{s}": ratio(float(closure[s]), n_closed) for s in STAGES[:-2]}
    return found | {"closure_days": ratio(float(total), n_closed)}


def deadlines(run, rows):
    c = dict.fromkeys(("n", "true", "closed", "stood", "cn", "tn", "sn", "nl", "tl"), 0)
    for row in rows:
        m, dl = moments(row), Fraction(row["deadline_duration"])
        follow = Fraction(run.horizon) - Fraction(row["onset_day"])
        if follow >= dl:
            c["nl"] += 1
            c["tl"] += m["resolved"] is not None and m["resolved"] <= dl
        if m["voiced"] is None or m["voiced"] + dl > follow:
            continue
        due = m["voiced"] + dl
        true, closed, stood = (m[k] is not None and m[k] <= due for k in ("resolved", "closed", "last_closed"))
        c["n"] += 1
        c["true"] += true
        c["closed"] += closed
        c["stood"] += stood
        c["cn"] += closed and not true
        c["tn"] += true and not closed
        c["sn"] += stood and not true
    return {
        "resolved_in_time_share": ratio(c["true"], c["n"]),
        "latent_resolved_in_time_share": ratio(c["tl"], c["nl"]),
        "closed_in_time_share": ratio(c["closed"], c["n"]),
        "closed_in_time_standing_share": ratio(c["stood"], c["n"]),
        "formalism_gap": ratio(c["closed"] - c["true"], c["n"]),
        "false_closure_share": ratio(c["cn"], c["n"]),
        "unrecorded_resolution_share": ratio(c["tn"], c["n"]),
        "closed_false_share": ratio(c["cn"], c["closed"]),
        "standing_false_closure_share": ratio(c["sn"], c["n"]),
        "standing_false_share": ratio(c["sn"], c["stood"]),
    }


def responses(run, rows, years):
    n = len(rows)
    voiced = [r for r in rows if r["is_voiced"]]
    petitions = sum(r["n_petitions"] for r in rows)
    resolved = [r for r in rows if r["is_resolved"]]
    simple = [r for r in resolved if r["authority"] <= 2]
    owned = [r for r in rows if r["triaged_day"] == r["triaged_day"]]
    several = [r for r in owned if r["n_departments"] >= 2]
    closed = [r for r in rows if r["is_closed"]]
    judged = [r["satisfaction"] for r in rows if r["satisfaction"] == r["satisfaction"]]
    population = []
    response = run.scenario.behaviour.response
    unserved = min(1.0, max(0.0, response.satisfaction_base - response.satisfaction_loss * response.expectation_initial))
    for r in rows:
        has = r["satisfaction"] == r["satisfaction"]
        if run.horizon - r["onset_day"] >= 180 and (has or not r["is_resolved"]):
            at = moments(r)["resolved"]
            population.append(r["satisfaction"] if at is not None and at <= 180 else unserved)
    reached = [r["state_180"] for r in rows if isinstance(r["state_180"], str)]
    silent = sum(s in ("never_voiced", "lapsed") for s in reached)
    via = {c: sum(r["channel"] == c for r in voiced) for c in ("community", "petition", "law", "hotline")}
    private = sum(r["channel"] == "private" for r in voiced)
    private += sum(r["status"] == "exited" and not r["is_voiced"] for r in rows)
    tabled = sum(r["n_sittings"] for r in rows)
    return {
        "voiced_share": ratio(len(voiced), n),
        "detected_share": ratio(sum(r["detected_by"] != "household" for r in rows), n),
        **{f"via_{c}_share": ratio(v, n) for c, v in via.items()},
        "via_private_share": ratio(private, n),
        "petitioned_rate": ratio(sum(r["is_petitioned"] for r in rows), years),
        "petition_repeat_share": ratio(sum(max(0, r["n_petitions"] - 1) for r in rows), petitions),
        "petition_collective_share": ratio(sum(r["n_petitions"] for r in rows if r["n_affected"] >= 5), petitions),
        "silent_rate": ratio(silent, years * len(reached) / n if n else 0),
        "satisfaction_population": ratio(sum(population), len(population)),
        "satisfaction_closed": ratio(sum(judged), len(judged)),
        "solved_locally_share": ratio(sum(r["locus"] <= 2 for r in resolved), len(resolved)),
        "solved_locally_simple_share": ratio(sum(r["locus"] <= 2 for r in simple), len(simple)),
        "hops_mean": ratio(sum(r["n_hops"] for r in owned), len(owned)),
        "asks_mean": ratio(sum(r["n_asks"] for r in several), len(several)),
        "lapses_mean": ratio(sum(r["n_lapses"] for r in several), len(several)),
        "retabled_share": ratio(sum(r["n_retablings"] for r in rows), tabled),
        "reopened_share": ratio(sum(r["n_reopenings"] > 0 for r in rows), len(closed)),
        "perfunctory_hours_share": ratio(sum(r["perfunctory_hours"] for r in rows), sum(r["served_hours"] for r in rows)),
        "issues_rate": ratio(n, years),
        "directed_rate": ratio(sum(r["n_directives"] > 0 for r in rows), years),
    }


def plain_gini(x):
    """Mean absolute difference over twice the mean."""
    x = np.asarray(x, float)
    if len(x) < 2 or x.sum() <= 0:
        return math.nan
    return float(np.abs(x[:, None] - x[None, :]).mean() / (2 * x.mean()))


def equity(run, rows):
    due = []
    for r in rows:
        at, deadline = moments(r)["resolved"], Fraction(r["deadline_duration"])
        if Fraction(run.horizon) - Fraction(r["onset_day"]) >= deadline:
            due.append((r["compound"], r["compound_type"], at is not None and at <= deadline))
    log = pd.DataFrame(due, columns=["compound", "kind", "done"])
    rates = log.groupby("compound")["done"].mean()
    status = pd.Series(run.columns.compound_status)[rates.index]
    n = len(rates)
    found = {"gini": plain_gini(rates), "erreygers": math.nan, "old_to_commodity": math.nan}
    if n >= 2:
        ranks = (status.rank() - 0.5) / n
        found["erreygers"] = 8 * float(np.mean((rates - rates.mean()) * (ranks - ranks.mean())))
    r, m = log.groupby("kind")["done"].sum(), log.groupby("kind")["done"].count()
    if m.get("old_unmanaged", 0) and m.get("commodity", 0):
        found["old_to_commodity"] = ((r["old_unmanaged"] + 0.5) / (m["old_unmanaged"] + 1)) / (
            (r["commodity"] + 0.5) / (m["commodity"] + 1)
        )
    return found


def costs(run, start, end, rows):
    per_month = {m: math.ceil(m * 365 / 12) for m in range(-(-int(run.horizon) * 12 // 365))}
    months = [m for m, d in per_month.items() if start <= d < end]
    days = min(math.ceil((months[-1] + 1) * 365 / 12), run.horizon) - per_month[months[0]] if months else 0
    years = days * run.scenario.city.n_residents / 365_000
    hours = run.hours[run.hours["month"].isin(months)]
    busy = hours[hours["activity"] != "idle"]
    by = busy.groupby("payer", observed=False)["hours"].sum()
    on = hours.groupby("activity", observed=False)["hours"].sum()
    outside = [p for p in PAYERS if p in EXTERNAL_PAYERS]
    seats = busy[(busy["payer"] == "petition_office") & (busy["unit_kind"] == "no_unit")]["hours"].sum()
    upper = busy[busy["payer"].isin(["leaders", "departments", "subdistricts"])]
    lower_kinds = [*run.units.loc[run.units["level"] <= 2, "kind"].unique(), "no_unit"]
    real = hours[hours["activity"] == "service_substantive"]
    confer = busy[(busy["payer"] == "communities") & busy["activity"].isin(["meetings", "preparation", "hosting"])]
    daily = run.daily
    in_days = daily[(daily["day"] >= start) & (daily["day"] < end)]
    n_units, n_communities = len(run.units), run.scenario.city.n_communities
    money = run.money[run.money["month"].isin(months)].groupby("pot", observed=False)["spent"].sum()
    found = {
        "hours_external": ratio(by[outside].sum() + seats, years),
        "hours_total": ratio(by.sum(), years),
        "hours_priced": ratio(sum(by[p] * PRICES[p] for p in PAYERS), years),
        "hours_external_priced": ratio(sum(by[p] * PRICES[p] for p in outside) + seats * PRICES["petition_office"], years),
        "hours_per_resolution": ratio(by.sum(), in_days["n_resolved"].sum()),
        "ceremony_share": ratio(on["ceremonial"], by.sum()),
        "ceremony_perfunctory_share": ratio(on["ceremonial"] + on["service_perfunctory"], by.sum()),
        "meeting_load": ratio(confer["hours"].sum(), n_communities * days / 7),
        "local_hours_share": ratio(real[real["unit_kind"].isin(lower_kinds)]["hours"].sum(), real["hours"].sum()),
        "lent_hours_share": ratio(
            upper[(upper["activity"] == "visits") | ((upper["payer"] == "departments") & (upper["unit_kind"] == "no_unit"))]["hours"].sum(),
            upper["hours"].sum(),
        ),
        "overbooked_share": ratio(in_days["n_overbooked"].sum(), in_days["is_workday"].sum() * n_units),
    }
    grid = busy[busy["unit_kind"] == "grid"]
    patrols = grid[grid["activity"] == "patrol"]["hours"].sum()
    found["hours_grid"] = ratio(grid["hours"].sum(), years)
    found["household_visits_rate"] = ratio(patrols / run.scenario.mechanism.RV3.visit_hours, years)
    found |= {f"hours_by_{p}": ratio(by[p], years) for p in PAYERS}
    found |= {f"hours_on_{a}": ratio(on[a], years) for a in ACTIVITIES}
    found |= {f"money_{p}": ratio(money[p], years) for p in POTS}
    return found | {"resource_pyramid_index": pyramid(run, rows, hours, lower_kinds)}


def pyramid(run, rows, hours, lower_kinds):
    work = run.scenario.behaviour.work
    above = (work.split_subdistrict, work.split_department, work.split_city)
    lower = upper = 0.0
    for r in rows:
        local = work.split_shared if r["n_departments"] else work.split_local
        split = local if r["authority"] <= 2 else above[r["authority"] - 3]
        lower += r["needed_hours"] * split[0]
        upper += r["needed_hours"] * (1 - split[0])
    own = hours[
        hours["activity"].isin(
            ["service_substantive", "service_perfunctory", "persuasion", "decisions", "audit",
             "petitions", "idle"]
        )
    ]  # fmt: skip
    at_base = own["unit_kind"].isin(lower_kinds)
    h0 = 0.005 * (lower + upper)
    if h0 <= 0 or own[(own["activity"] == "idle") & ~at_base]["hours"].sum() == 0:
        return math.nan
    cap = own[at_base]["hours"].sum(), own[~at_base]["hours"].sum()
    return math.log((cap[0] + h0) / (lower + h0)) - math.log((cap[1] + h0) / (upper + h0))


def panel(run, start, end):
    daily = run.daily[(run.daily["day"] >= start) & (run.daily["day"] < end)]
    years = len(daily) * run.scenario.city.n_residents / 365_000
    roster = daily.loc[daily["n_on_roster"] > 0, "n_on_roster"]
    return {
        "petitions_rate": ratio(daily["n_petitions"].sum(), years),
        "orders_rate": ratio(daily["n_orders"].sum(), years),
        "assigned_share": ratio(daily["n_assigned"].sum(), daily["n_orders"].sum()),
        "trust_community": daily["trust_community"].mean(),
        "trust_city": daily["trust_city"].mean(),
        "trust_gap": (daily["trust_city"] - daily["trust_community"]).mean(),
        "expectation": daily["expectation"].mean(),
        "waiting_hours": daily["queued_hours"].mean(),
        "debt_hours": daily["debt_hours"].mean(),
        "commitment_share": ratio(daily["n_commitments"].sum(), daily["n_asks"].sum()),
        "offered_hours_used_share": ratio(daily["used_hours"].sum(), daily["offered_hours"].sum()),
        "roster_retention": roster.iloc[-1] / roster.iloc[0] if len(roster) else math.nan,
        "volunteer_fatigue": ratio(daily["fatigue"].sum(), daily["n_on_roster"].sum()),
        "closures_rate": ratio(daily["n_closed"].sum(), years),
        "detections_rate": ratio(daily["n_detected"].sum(), years),
    }


def meetings(run, start, end, rows):
    log = run.meetings
    log = log[(log["day"] >= start) & (log["day"] < end) & (log["forum"] != "executive")]
    days = len(run.daily[(run.daily["day"] >= start) & (run.daily["day"] < end)])
    years = days * run.scenario.city.n_residents / 365_000
    several = sum(r["n_departments"] >= 2 and r["triaged_day"] == r["triaged_day"] for r in rows)
    ruling = log[log["forum"].isin(["A1", "A2", "A3"])]["n_slots"].sum()
    tabled, ruled = log["n_tabled"].sum(), log["n_ruled"].sum()
    return {
        "ruled_share": ratio(ruled, tabled),
        "slots_used_share": ratio(tabled, log["n_slots"].sum()),
        "attendance_share": ratio(log["n_present"].sum(), log["n_roster"].sum()),
        "attendance_hours_per_ruling": ratio(log["attendance_hours"].sum(), ruled),
        "forum_coverage": ratio(ruling, several),
        "sittings_rate": ratio(len(log), years),
        "items_tabled_rate": ratio(tabled, years),
        "items_ruled_rate": ratio(ruled, years),
    }
