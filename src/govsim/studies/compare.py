"""The main job: variants against the fragmented baseline, on paired replications (3.10, 8.7-8.9).

`design_compare` makes the jobs, `analyse_compare` turns what was measured into a `Comparison`,
`compare` chains them through the one runner. Nothing here prints or plots.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from govsim.engine.state import EXTERNAL_PAYERS, N_ACTIVITIES, PAYERS
from govsim.results.metrics import METRICS
from govsim.results.tally import PRICES
from govsim.scenario.inputs import override
from govsim.scenario.mechanism import ExternalHours
from govsim.scenario.scenario import Scenario
from govsim.scenario.variants import Variant, apply, variant
from govsim.studies.paired import paired_estimates, pairing_gain, simultaneous_intervals, verdict
from govsim.studies.runner import Job, Machinery, Progress, run_jobs

VARIANTS = ("B0", "F1", "F1-E4", "axis", "links", "entries", "cost_matched(F1)", "money_matched(F1)")
AUTHORITIES = (0.0, 0.43, 0.9, 1.79)
"""Points of a_A at which the headline is read (ruling W2)."""
PRIMARY = "unresolved_days_180"
MARGIN_SHARE = 0.02
"""Margin of equivalence as a share of the baseline's U(180) (ruling Y6)."""
SCHEDULE_SEEDS = 3
"""Replications behind a control's schedule; their seeds lie apart from those compared (W5)."""
SEED_APART = 1_000_003


@dataclass(frozen=True)
class Comparison:
    """Variants against their baseline.

    Attributes
    ----------
    table
        One row per variant and metric: level, difference from the baseline, interval, n.
    curve
        The primary difference at each point of a_A and under equal authority.
    runs
        One row per run.
    provenance
        What was asked, for captions and the manifest.
    """

    table: pd.DataFrame
    curve: pd.DataFrame
    runs: pd.DataFrame
    provenance: dict[str, Any]

    def _repr_html_(self) -> str:
        chosen = self.table[self.table.metric == PRIMARY]
        return chosen.to_html(index=False, float_format="%.2f")


def regimes(world: Scenario) -> dict[str, Scenario]:
    """The same world under each law of promises: a_A as asked, its grid, and equal authority."""
    found = {"asked": world}
    for a in AUTHORITIES:
        if a != world.behaviour.commitment.commit_authority:
            found[f"{a:g}"] = override(world, {"behaviour.commitment.commit_authority": a})
    found["equal"] = override(world, {"behaviour.commitment.equal_authority": True})
    return found


def _skills_of_payer(engine: Any) -> np.ndarray:
    """Shares of the 8 skills each payer's people bring; leaders advise, residents lend a hand."""
    shares = np.zeros((len(PAYERS), 8))
    w = engine.world
    organisations = np.bincount(w.organisations.skill, minlength=8) / len(w.organisations)
    members = np.bincount(w.members.skill.astype(np.int64), minlength=8) / len(w.members)
    for n, payer in enumerate(PAYERS):
        if payer == "leaders":
            shares[n, 5] = 1.0
        elif payer in ("organisations", "part_time_members"):
            shares[n] = organisations
        elif payer.startswith("in_service"):
            shares[n] = members
        else:
            shares[n, 7] = 1.0
    return shares


def schedule_of(world: Scenario, of: Variant, control: str, machinery: Machinery | None = None) -> ExternalHours:
    """Mean monthly hours a variant draws from outside the fixed staff, as a control's schedule (W5).

    ``hours`` returns them by the givers' own skills; ``money`` prices them into paid staff hours.
    """
    from govsim.engine.simulate import Engine

    engine_of = machinery.engine if machinery else Engine
    by_payer = np.zeros(len(PAYERS))
    shares = np.zeros((len(PAYERS), 8))
    asked = apply(world, of)
    for n in range(SCHEDULE_SEEDS):
        engine = engine_of(asked, seed=world.seed + SEED_APART + n)
        engine.advance(world.days)
        months = int(engine.world.p.n_months[0])
        hours = engine.world.outside.reshape(len(PAYERS), N_ACTIVITIES, months).sum(axis=(1, 2))
        active = max(1.0, (world.days - world.burn_in_days) * 12 / 365)
        by_payer += hours / active / SCHEDULE_SEEDS
        shares += _skills_of_payer(engine) / SCHEDULE_SEEDS
    external = np.array([p in EXTERNAL_PAYERS for p in PAYERS])
    by_payer = np.where(external, by_payer, 0.0)
    if control == "hours":
        return ExternalHours(hours_by_skill=tuple(float(h) for h in by_payer @ shares))
    return ExternalHours(staff_hours=float(sum(by_payer[n] * PRICES[p] for n, p in enumerate(PAYERS) if external[n])))


def design_compare(
    world: Scenario, variants: Sequence[str] = VARIANTS, replications: int = 30, curve_replications: int | None = None
) -> tuple[list[Job], list[tuple[str, str, int]]]:
    """Jobs, and for each its (regime, variant, replication)."""
    chosen = [variant("B0")] + [variant(name) for name in variants if variant(name).name != "B0"]
    resolved = [
        v.with_external(schedule_of(world, variant(v.control_of), v.control)) if v.control_of else v for v in chosen
    ]
    jobs: list[Job] = []
    rows: list[tuple[str, str, int]] = []
    for regime, scenario in regimes(world).items():
        n = replications if regime == "asked" else min(replications, curve_replications or replications)
        for replication in range(n):
            for v in resolved:
                jobs.append(Job(scenario, v, world.seed + replication))
                rows.append((regime, v.name, replication))
    return jobs, rows


def _wide(runs: pd.DataFrame, regime: str, metric: str) -> pd.DataFrame:
    """Replications by variants."""
    return runs[runs.regime == regime].pivot(index="replication", columns="variant", values=metric)


def analyse_compare(runs: pd.DataFrame, provenance: dict[str, Any]) -> Comparison:
    """Paired differences from the baseline, with intervals and verdicts."""
    names = list(dict.fromkeys(runs.variant))
    rows: list[dict[str, Any]] = []
    for metric in METRICS:
        wide = _wide(runs, "asked", metric)
        base = wide["B0"].to_numpy()
        levels = wide[names].to_numpy()
        estimates = paired_estimates(levels - base[:, None])
        for n, name in enumerate(names):
            correlation, saved = pairing_gain(base, levels[:, n])
            known = levels[:, n][np.isfinite(levels[:, n])]
            rows.append({
                "variant": name, "metric": metric, "block": METRICS[metric].block, "unit": METRICS[metric].unit,
                "level": float(known.mean()) if len(known) else float("nan"), "difference": estimates.mean[n],
                "low": estimates.low[n], "high": estimates.high[n], "trimmed_mean": estimates.trimmed_mean[n],
                "median": estimates.median[n], "n_replications": int(estimates.n_replications[n]),
                "interval": estimates.kind[n], "correlation": correlation, "variance_saved": saved,
            })  # fmt: skip
    table = pd.DataFrame(rows)
    return Comparison(_with_verdicts(table, runs, names), _curve(runs, names), runs, provenance)


def _with_verdicts(table: pd.DataFrame, runs: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Simultaneous intervals and the four-way reading, for the primary outcome only (Y6)."""
    wide = _wide(runs, "asked", PRIMARY)
    others = [n for n in names if n != "B0"]
    table = table.assign(simultaneous_low=np.nan, simultaneous_high=np.nan, verdict="")
    if not others:
        return table
    low, high = simultaneous_intervals(wide[others].to_numpy() - wide[["B0"]].to_numpy())
    margin = MARGIN_SHARE * float(wide["B0"].mean())
    for name, a, b in zip(others, low, high, strict=True):
        row = (table.variant == name) & (table.metric == PRIMARY)
        table.loc[row, ["simultaneous_low", "simultaneous_high"]] = [a, b]
        table.loc[row, "verdict"] = verdict(a, b, margin)
    return table


def _curve(runs: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """The primary difference of every variant in every regime."""
    rows: list[dict[str, Any]] = []
    for regime in dict.fromkeys(runs.regime):
        wide = _wide(runs, regime, PRIMARY)
        estimates = paired_estimates(wide[names].to_numpy() - wide[["B0"]].to_numpy())
        for n, name in enumerate(names):
            rows.append({"regime": regime, "variant": name, "difference": estimates.mean[n], "low": estimates.low[n],
                         "high": estimates.high[n], "n_replications": int(estimates.n_replications[n])})  # fmt: skip
    return pd.DataFrame(rows)


def regime_of(world: Scenario) -> dict[str, Any]:
    """The coordinates every caption carries (decision 6)."""
    staffing, commitment, demand = world.staffing, world.behaviour.commitment, world.demand
    several = sum(t.share * sum(t.n_departments[2:]) for t in demand.types)
    return {
        "city": world.city.name, "residents": world.city.n_residents, "days": world.days, "seed": world.seed,
        "load_community": staffing.load_community, "load_subdistrict": staffing.load_subdistrict,
        "load_department": staffing.load_department, "executive_load": world.behaviour.gates.executive_load,
        "several_departments_share": round(several, 4), "lapse_rate": commitment.lapse_rate,
        "audit_share": world.behaviour.effort.audit_share, "commit_authority": commitment.commit_authority,
        "profile": demand.profile,
    }  # fmt: skip


def compare(
    world: Scenario,
    variants: Sequence[str] = VARIANTS,
    replications: int = 30,
    *,
    curve_replications: int | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Compare variants with the fragmented baseline in a world.

    Parameters
    ----------
    world
        The scenario; its own mechanism is not used.
    variants
        Names as `govsim.scenario.variants.variant` takes them; B0 is always there.
    replications
        Paired: replication r has the same issues under every variant.
    curve_replications
        Of the regimes other than the one asked; as many when not given.
    workers, progress
        See `run_jobs`.
    """
    jobs, rows = design_compare(world, variants, replications, curve_replications)
    found = run_jobs(jobs, workers=workers, progress=progress)
    runs = pd.DataFrame([dict(zip(("regime", "variant", "replication"), r, strict=True)) | m
                         for r, m in zip(rows, found, strict=True)])  # fmt: skip
    asked = {"replications": replications, "curve_replications": min(replications, curve_replications or replications)}
    return analyse_compare(runs, regime_of(world) | asked | {"variants": list(dict.fromkeys(r[1] for r in rows))})
