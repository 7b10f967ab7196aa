"""The main job: variants against the fragmented baseline, on paired replications (3.10, 8.7-8.9).

`design_compare` makes the jobs, `analyse_compare` turns what was measured into a `Comparison`,
`compare` chains them through the one runner. Nothing here prints or plots.

Every variant runs in every *regime*: the scenario's own weight of authority a_A ("asked"), the
other points of the grid of ruling W2, and equal authority. The controls of ruling W5 are runs of the
baseline with the hours a variant draws from outside the fixed staff; that schedule is a mean over
seeds of its own, so that a control knows nothing of the luck it is compared under.
"""

import platform
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from govsim.engine.state import EXTERNAL_PAYERS, N_ACTIVITIES, PAYERS
from govsim.results.metrics import METRICS
from govsim.results.scenarios import OUTPUTS, outputs_of, values_of
from govsim.results.tally import PRICES
from govsim.scenario.city import PRESETS, STRUCTURE_BASIS, City
from govsim.scenario.demand import Demand
from govsim.scenario.inputs import OF_TYPES, inputs, override, show, value_at
from govsim.scenario.mechanism import ExternalHours
from govsim.scenario.own import Own
from govsim.scenario.scenario import Scenario
from govsim.scenario.variants import VARIANTS as NAMED
from govsim.scenario.variants import Variant, variant
from govsim.studies.activities import ACTIVITIES, count_activities
from govsim.studies.paired import (
    LEVEL,
    N_RESAMPLES,
    paired_estimates,
    pairing_gain,
    simultaneous_intervals,
    verdict,
)
from govsim.studies.runner import Job, Machinery, Progress, default_machinery, run_jobs
from govsim.studies.unfinished import Unfinished

BASELINE = "B0"
VARIANTS = (
    "B0",
    "F1",
    "F1-E4",
    "axis",
    "links",
    "entries",
    "cost_matched(F1)",
    "money_matched(F1)",
)
AUTHORITIES = (0.0, 0.43, 0.9, 1.79)
"""Points of a_A at which the headline is read (ruling W2)."""
PRIMARY = "unresolved_days_180"
"""U(180), the one outcome that gets a verdict (ruling Y6)."""
MARGIN_SHARE = 0.02
"""Margin of equivalence as a share of the baseline's U(180) (ruling Y6)."""
SCHEDULE_SEEDS = 5
"""Replications behind a control's schedule."""
SEED_APART = 1_000_003
"""How far the seeds of the schedules lie from those compared (W5)."""
FOLLOW_DAYS = 240
"""Days after the burn-in below which U(180) may not be known."""
NET_BENEFIT_GRID = (0.0, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
"""Priced hours that one more issue truly resolved within 180 days may be held to be worth (X10)."""

ASKED, EQUAL = "asked", "equal"
_SEEDS_OF_A_CITY = 2**48
"""Between the seeds of the cities of a pool: more than any comparison counts through."""

SHOWN_AS = (
    {name: (m.block, m.unit) for name, m in METRICS.items()}
    | {name: ("outputs", unit) for name, unit in ACTIVITIES.items()}
    | {name: (m.block, m.unit) for name, m in OUTPUTS.items()}
)
"""Block and unit of everything measured."""

Schedules = Mapping[str, np.ndarray]
"""Variant -> monthly hours it draws from outside the staff beyond the baseline, [payer, skill]."""


@dataclass(frozen=True)
class Comparison:
    """Variants against their baseline.

    Attributes
    ----------
    table
        One row per variant and metric in the regime asked for: level, difference from the baseline,
        interval (``low``, ``high``), ``n_replications``, correlation of the pairs, the share of variance that
        pairing took away (``variance_saved``). For the primary
        outcome alone simultaneous intervals, a verdict, and whether it is ``authority_bound``: a
        win or a loss that does not survive equal authority (ruling W2).
    curve
        The primary difference of every variant in every regime, with verdicts; every regime from the same replications, those
        that all have, so that no slope over a_A is a change of seeds.
    net_benefit
        One row per variant and worth of a resolution (ruling X10).
    runs
        One row per run: regime, variant, replication, seed, every metric.
    provenance
        What was asked and with what, for captions and the manifest.
    """

    table: pd.DataFrame
    curve: pd.DataFrame
    net_benefit: pd.DataFrame
    runs: pd.DataFrame
    provenance: dict[str, Any]

    def _repr_html_(self) -> str:
        columns = ["variant", "level", "difference", "simultaneous_low", "simultaneous_high"]
        chosen = self.table.loc[self.table.metric == PRIMARY, [*columns, "verdict", "n_replications"]]
        html: str = chosen.to_html(index=False, float_format=lambda x: f"{x:.2f}")
        return html


@dataclass(frozen=True)
class Design:
    """Jobs of a comparison; `keys` has (regime, variant, replication) of each."""

    jobs: tuple[Job, ...]
    keys: tuple[tuple[str, str, int], ...]
    variants: tuple[str, ...]


# ---- design --------------------------------------------------------------------------------------


def regimes(world: Scenario) -> dict[str, Scenario]:
    """Return the same world under each law of promises: a_A as asked, its grid, equal authority."""
    found = {ASKED: world}
    for a in AUTHORITIES:
        if a != world.behaviour.commitment.commit_authority:
            found[f"{a:g}"] = override(world, {"behaviour.commitment.commit_authority": a})
    if not world.behaviour.commitment.equal_authority:
        found[EQUAL] = override(world, {"behaviour.commitment.equal_authority": True})
    return found


def design_schedules(world: Scenario, variants: Sequence[str | Path | Variant]) -> Design:
    """Return the runs behind the controls among `variants`: each one's original and the baseline."""
    originals = {v.original.name: v.original for v in map(variant, variants) if v.original}
    chosen = {BASELINE: variant(BASELINE)} | originals if originals else {}
    keys = [(ASKED, name, r) for r in range(SCHEDULE_SEEDS) for name in chosen]
    jobs = [Job(world, chosen[name], world.seed + SEED_APART + r) for _, name, r in keys]
    return Design(tuple(jobs), tuple(keys), tuple(chosen))


def design_compare(
    world: Scenario,
    variants: Sequence[str | Path | Variant] = VARIANTS,
    replications: int = 30,
    curve_replications: int | None = None,
    *,
    schedules: Schedules | None = None,
) -> Design:
    """Return the runs of a comparison, the baseline first in every replication.

    Parameters
    ----------
    variants
        Names or YAML files as `govsim.scenario.variants.variant` takes them; the baseline is always there.
    replications
        Fixed in advance (ruling Y5). Replication r has seed ``world.seed + r``.
    curve_replications
        Of the regimes other than the one asked; as many when not given. Controls run in the regime asked and, as every comparison,
        under equal authority (ruling W2).
    schedules
        Of `design_schedules`' runs; needed if `variants` has a control.
    """
    chosen = [variant(BASELINE)] + [v for v in map(variant, variants) if v.name != BASELINE]
    chosen = list(dict.fromkeys(chosen))
    for n, v in enumerate(chosen):
        if v.name in {other.name for other in chosen[:n]}:
            raise ValueError(f"two different variants are called {v.name}; give each a name of its own")
    ready = [v.with_external(_external(v, schedules or {})) if v.control_of else v for v in chosen]
    jobs: list[Job] = []
    keys: list[tuple[str, str, int]] = []
    for regime, scenario in regimes(world).items():
        is_asked = regime == ASKED
        n = replications if is_asked else min(replications, curve_replications or replications)
        for replication in range(n):
            for v in ready:
                if is_asked or regime == EQUAL or not v.control_of:
                    jobs.append(Job(scenario, v, world.seed + replication))
                    keys.append((regime, v.name, replication))
    return Design(tuple(jobs), tuple(keys), tuple(v.name for v in ready))


def _external(control: Variant, schedules: Schedules) -> ExternalHours:
    """Return the hours a control gets: by the givers' own skills, or priced as paid staff (W5)."""
    hours = schedules[str(control.control_of)]
    if control.control == "hours":
        if not hours.any():
            return ExternalHours()
        return ExternalHours(
            hours_by_skill=tuple(hours.sum(axis=0).tolist()),
            share_by_payer=tuple((hours.sum(axis=1) / hours.sum()).tolist()),
        )
    prices = np.array([PRICES[p] for p in PAYERS])
    return ExternalHours(staff_hours=float(prices @ hours.sum(axis=1)))


def outside_hours(engine: Any) -> dict[str, Any]:
    """Return mean monthly hours from outside the staff since the burn-in, by payer and skill (W5 ii).

    Hours count as offered, used or not. Units count that an external payer keeps, as law firms keep doorstep stations; of the
    working time of members in service, what their desk does not lose. What nobody's desk has under the petition office are the
    seats of the hotline, hired for it (RV1).
    """
    w, scenario = engine.world, engine.scenario
    n_months = int(w.p.n_months[0])
    first = int(np.ceil(scenario.burn_in_days * 12 / 365))
    months = max(1.0, scenario.days * 12 / 365 - first)
    given = w.outside.reshape(len(PAYERS), N_ACTIVITIES, n_months)[:, :, first:].sum(axis=(1, 2))
    at_desks = w.hours.reshape(n_months, len(w.stations), N_ACTIVITIES)[first:].sum(axis=(0, 2))
    at_desks[w.stations.payer == PAYERS.index("petition_office")] = 0.0
    monthly = (given + np.bincount(w.stations.payer, weights=at_desks, minlength=len(PAYERS))) / months
    monthly[PAYERS.index("in_service_work")] *= 1.0 - scenario.staffing.desk_share
    monthly[[p not in (*EXTERNAL_PAYERS, "petition_office") for p in PAYERS]] = 0.0
    return {"hours": monthly[:, None] * _skills_of_payers(w)}


def _skills_of_payers(w: Any) -> np.ndarray:
    """Shares of the 8 skills that each payer's people bring; leaders advise, residents lend a hand."""
    shares = np.zeros((len(PAYERS), 8))
    organisations = np.bincount(w.organisations.skill, minlength=8) / len(w.organisations)
    members = np.bincount(w.members.skill.astype(np.int64), minlength=8) / len(w.members)
    for n, payer in enumerate(PAYERS):
        if payer in ("organisations", "part_time_members"):
            shares[n] = organisations
        elif payer.startswith("in_service"):
            shares[n] = members
        else:
            shares[n, 5 if payer in ("leaders", "petition_office") else 7] = 1.0
    return shares


def analyse_schedules(design: Design, found: Sequence[Mapping[str, Any]]) -> dict[str, np.ndarray]:
    """Return each original's mean hours beyond the baseline's; never below none."""
    hours = {name: np.zeros((len(PAYERS), 8)) for name in design.variants}
    for (_, name, _), measured in zip(design.keys, found, strict=True):
        hours[name] += measured["hours"] / SCHEDULE_SEEDS
    own = hours.pop(BASELINE, 0.0)
    return {name: np.maximum(0.0, total - own) for name, total in hours.items()}


# ---- analysis ------------------------------------------------------------------------------------


def analyse_compare(design: Design, found: Sequence[Mapping[str, float]], provenance: Mapping[str, Any]) -> Comparison:
    """Return paired differences from the baseline, with intervals and verdicts."""
    keys = pd.DataFrame(list(design.keys), columns=["regime", "variant", "replication"])
    keys["seed"] = [job.seed for job in design.jobs]
    runs = pd.concat([keys, pd.DataFrame(list(found))], axis=1)
    curve = _curve(runs)
    table = _with_verdicts(_table(runs, design.variants), _primary(runs, ASKED), curve)
    return Comparison(table, curve, _net_benefit(runs, design.variants), runs, dict(provenance))


def _wide(runs: pd.DataFrame, regime: str, metrics: Sequence[str]) -> tuple[list[str], np.ndarray]:
    """Variants, and values[replication, variant, metric] of a regime."""
    rows = runs[runs.regime == regime]
    names = list(dict.fromkeys(rows.variant))
    n = len(rows) // len(names)
    ordered = rows.sort_values("replication", kind="stable")
    return names, ordered[list(metrics)].to_numpy(float).reshape(n, len(names), len(metrics))


def _mean(values: np.ndarray) -> float:
    """Mean of the known values; nan if none is."""
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")


def _table(runs: pd.DataFrame, variants: Sequence[str]) -> pd.DataFrame:
    """Estimate every metric of every variant in the regime asked for."""
    metrics = [m for m in SHOWN_AS if m in runs]
    names, values = _wide(runs, ASKED, metrics)
    base = values[:, :1]
    found = paired_estimates((values - base).reshape(len(values), -1))
    rows: list[dict[str, Any]] = []
    for n, (name, metric) in enumerate((v, m) for v in names for m in metrics):
        v, m = names.index(name), metrics.index(metric)
        column = values[:, v, m]
        correlation, saved = pairing_gain(base[:, 0, m], column)
        rows.append({
            "variant": name, "metric": metric, "block": SHOWN_AS[metric][0],
            "unit": SHOWN_AS[metric][1],
            "level": _mean(column),
            "difference": found.mean[n], "low": found.low[n], "high": found.high[n],
            "trimmed_mean": found.trimmed_mean[n], "median": found.median[n],
            "n_replications": int(found.n_replications[n]), "interval": found.kind[n],
            "correlation": correlation, "variance_saved": saved,
        })  # fmt: skip
    return pd.DataFrame(rows)


def _curve(runs: pd.DataFrame) -> pd.DataFrame:
    """Tell the primary difference of every variant in every regime, all from the same replications: those that every regime has."""
    n = runs.groupby("regime").replication.max().min() + 1
    same = runs[runs.replication < n]
    return pd.concat([_primary(same, regime) for regime in dict.fromkeys(runs.regime)], ignore_index=True)


def _primary(runs: pd.DataFrame, regime: str) -> pd.DataFrame:
    """Estimate the primary difference of every variant in a regime, intervals simultaneous, with its reading."""
    names, values = _wide(runs, regime, [PRIMARY])
    base = values[:, :1, 0]
    d = values[:, :, 0] - base
    single = paired_estimates(d)
    low, high = simultaneous_intervals(d)
    margin = MARGIN_SHARE * _mean(base)
    return pd.DataFrame([
        {
            "regime": regime, "variant": name, "level": _mean(values[:, n, 0]),
            "difference": single.mean[n], "low": single.low[n], "high": single.high[n],
            "simultaneous_low": low[n], "simultaneous_high": high[n], "margin": margin,
            "verdict": "" if name == BASELINE else verdict(low[n], high[n], margin),
            "n_replications": int(single.n_replications[n]),
        }
        for n, name in enumerate(names)
    ])  # fmt: skip


def _with_verdicts(table: pd.DataFrame, primary: pd.DataFrame, curve: pd.DataFrame) -> pd.DataFrame:
    """Put the readings of the primary outcome into the table; everything else is exploratory (Y6)."""
    table = table.assign(simultaneous_low=np.nan, simultaneous_high=np.nan, verdict="", authority_bound=False)
    asked = primary.set_index("variant")
    equal = curve[curve.regime == EQUAL].set_index("variant")
    for name, row in asked.iterrows():
        at = (table.variant == name) & (table.metric == PRIMARY)
        table.loc[at, "simultaneous_low"] = row.simultaneous_low
        table.loc[at, "simultaneous_high"] = row.simultaneous_high
        table.loc[at, "verdict"] = row.verdict
        if name in equal.index and row.verdict in ("win", "loss"):
            table.loc[at, "authority_bound"] = equal.loc[name, "verdict"] != row.verdict
    return table


def _net_benefit(runs: pd.DataFrame, variants: Sequence[str]) -> pd.DataFrame:
    """NB = worth x more issues truly resolved within 180 d - more priced hours, per 1,000 and year."""
    names, values = _wide(runs, ASKED, ["resolved_share_180", "issues_rate", "hours_priced"])
    resolved, hours = values[:, :, 0] * values[:, :, 1], values[:, :, 2]
    rows: list[dict[str, Any]] = []
    for worth in NET_BENEFIT_GRID:
        found = paired_estimates(worth * (resolved - resolved[:, :1]) - (hours - hours[:, :1]))
        for n, name in enumerate(names):
            rows.append({
                "variant": name, "worth": worth, "net_benefit": found.mean[n],
                "low": found.low[n], "high": found.high[n],
                "n_replications": int(found.n_replications[n]),
            })  # fmt: skip
    return pd.DataFrame(rows)


# ---- provenance ----------------------------------------------------------------------------------


def several_departments_share(world: Scenario) -> float:
    """Share of issues that need two departments or more, by expected number."""
    city, demand = world.city, world.demand
    weights = [t.share * demand.issues_per_household_year * city.n_households for t in demand.types]
    eligible = (city.old_unmanaged_share + city.work_unit_share) * city.n_compounds
    weights = [demand.renovation_rate * eligible if t.code == "RENO" else w for t, w in zip(demand.types, weights, strict=True)]
    several = sum(w * sum(t.n_departments[2:]) for w, t in zip(weights, demand.types, strict=True))
    return float(several / sum(weights))


_IN_CAPTIONS = ("city.", "demand.", "staffing.", "behaviour.")


def regime_of(world: Scenario) -> dict[str, Any]:
    """Return the coordinates that every caption carries (decision 6)."""
    staffing, commitment = world.staffing, world.behaviour.commitment
    regime = {
        "city": world.city.name, "city_code": world.city.code, "residents": world.city.n_residents,
        "communities": world.city.n_communities, "structure_basis": STRUCTURE_BASIS,
        "days": world.days, "burn_in_days": world.burn_in_days, "seed": world.seed, "course": world.shocks.title,
        "load_community": staffing.load_community, "load_subdistrict": staffing.load_subdistrict,
        "load_department": staffing.load_department,
        "executive_load": world.behaviour.gates.executive_load,
        "several_departments_share": several_departments_share(world),
        "lapse_rate": commitment.lapse_rate, "audit_share": world.behaviour.effort.audit_share,
        "law_firm_hours": world.behaviour.contribution.law_firm_hours,
        "commit_authority": commitment.commit_authority, "profile": world.demand.profile,
    }  # fmt: skip
    return regime | {"changed": changed_inputs(world, regime)}


def changed_inputs(world: Scenario, told: Container[str] = ()) -> dict[str, str]:
    """Return the inputs of city, demand, staff and behaviour that are not as by default, but for those `told` by name: path and value.

    A city that is no preset, and a demand profile from elsewhere, have no default to be held against.
    """
    city, demand = world.city, world.demand
    usual = Scenario(
        city=City.preset(city.name) if city.name in PRESETS else city,
        demand=Demand() if demand.profile == Demand().profile else demand,
    )
    known_types = {kind.code for kind in usual.demand.types}
    codes = [kind.code for kind in demand.types if kind.code in known_types]
    paths = [path for path in inputs() if path.startswith(_IN_CAPTIONS) and not path.startswith((OF_TYPES, "city.subdistricts."))]
    paths += [f"{OF_TYPES}{code}.{path.removeprefix(OF_TYPES)}" for code in codes for path in inputs() if path.startswith(OF_TYPES)]
    return {
        path: value if isinstance(value, str) else show(value)
        for path in paths
        if path.rpartition(".")[2] not in told and (value := value_at(world, path)) != value_at(usual, path)
    }


def pooled_worlds(world: Scenario) -> list[Scenario]:
    """Return the world, or one for each county-level city of a pool (ruling 24), each with luck of its own."""
    cities = world.city.pool()
    if len(cities) == 1:
        return [world]
    return [world.model_copy(update={"city": city, "seed": (world.seed + n * _SEEDS_OF_A_CITY) % 2**63}) for n, city in enumerate(cities)]


def _provenance(world: Scenario, parts: Sequence[Scenario], design: Design, schedules: Sequence[Schedules]) -> dict[str, Any]:
    """Everything needed to read the numbers and to make them again."""
    from govsim import __version__

    counts = pd.Series([k[0] for k in design.keys]).value_counts(sort=False)
    n = {regime: len({k[2] for k in design.keys if k[0] == regime}) for regime in counts.index}
    from govsim.engine.simulate import calibrate

    solved = [calibrate(part) for part in parts]
    return regime_of(world) | {
        "n_cities": len(parts),
        **{name: float(np.average([found[name] for found in solved], weights=_residents(parts)))
           for name in ("community_admin_share", "commit_intercept")},
        "variants": list(design.variants), "own_variants": _own(design), "own_functions": _own_functions(design), "replications": n[ASKED],
        "curve_replications": min(n.values()), "regimes": list(n), "n_runs": len(design.jobs) * len(parts),
        "primary": PRIMARY, "margin_share": MARGIN_SHARE, "level": LEVEL, "resamples": N_RESAMPLES,
        "prices": dict(PRICES), "schedule_seeds": SCHEDULE_SEEDS,
        "schedules": {name: _by_payer(np.sum([s[name] for s in schedules], axis=0)) for name in schedules[0]},
        "versions": {"govsim": __version__, "python": platform.python_version(),
                     "numpy": np.__version__, "pandas": pd.__version__},
        "scenario": world.model_dump(mode="json"),
    }  # fmt: skip


def _own(design: Design) -> dict[str, str]:
    """Files of the variants that no name says."""
    from govsim.scenario.variant_files import format_variant

    chosen = {v.name: v for job in design.jobs for v in (job.variant, job.variant.original) if v is not None}
    bare = {name: replace(v, own=Own(), name=v.own.base or v.name) for name, v in chosen.items() if v.settings and v.control is None}
    return {name: format_variant(v) for name, v in bare.items() if v.name not in NAMED}


def _own_functions(design: Design) -> dict[str, Any]:
    """Names and hashes of the rules and components of one's own of each variant that has any; the functions stay in Python."""
    return {job.variant.name: job.variant.own.model_dump(mode="json") for job in design.jobs if job.variant.own.functions}


def _by_payer(hours: np.ndarray) -> dict[str, float]:
    """Monthly hours by payer, those who give none left out."""
    return {p: float(h) for p, h in zip(PAYERS, hours.sum(axis=1), strict=True) if h > 0}


# ---- the whole -----------------------------------------------------------------------------------


def compare(
    world: Scenario | None = None,
    variants: Sequence[str | Path | Variant] = VARIANTS,
    replications: int = 30,
    *,
    curve_replications: int | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
    machinery: Machinery | None = None,
    unfinished: Unfinished | None = None,
) -> Comparison:
    """Compare variants with the fragmented baseline in a world.

    Staff-neutral: every variant has the baseline's staff. What it draws from outside stands beside
    the effect, and the controls show what the baseline does with the same hours or their price
    (`model.md` W5, Y5, Y6).

    Parameters
    ----------
    world
        The scenario; its own mechanism is not used. The standard city when not given. A city above
        1.5 million residents is run as a pool of county-level cities with organs of their own.
    variants
        Variants, or names or YAML files as `govsim.scenario.variants.variant` takes them; B0 is always there. Those with rules and
        components of one's own are asked for as variants: ``variant("F1").with_rules(agenda_score=by_need)``.
    replications
        Paired: replication r has the same issues under every variant. At least 2.
    curve_replications
        Of the regimes other than the one asked; as many when not given.
    workers, progress
        See `run_jobs`; they do not change the result. Progress counts all runs.
    machinery
        Engine and measure; for tests.
    unfinished
        Where finished runs are kept until all are done, so that a killed comparison goes on where it was; see `run_jobs`.

    Raises
    ------
    ScenarioError
        An unknown variant.
    ValueError
        Fewer than 2 replications, or a horizon too short to follow issues for 180 days.

    Examples
    --------
    >>> from govsim import City, Scenario
    >>> world = Scenario(city=City.preset("demo"), days=400, burn_in_days=100)
    >>> compare(world, ["B0", "axis"], 2).table.variant.unique().tolist()
    ['B0', 'axis']
    """
    world = world if world is not None else Scenario()
    check_world(world, replications)
    machines = machinery or _default()
    parts = pooled_worlds(world)
    firsts = [design_schedules(part, variants) for part in parts]
    none = {name: np.zeros((len(PAYERS), 8)) for name in firsts[0].variants}
    size = len(design_compare(world, variants, replications, curve_replications, schedules=none).jobs)
    total = len(parts) * (len(firsts[0].jobs) + size)

    def run(designs: Sequence[Design], machinery: Machinery, before: int) -> list[list[Any]]:
        """What was measured: a list for each city of the pool."""
        jobs = [job for design in designs for job in design.jobs]
        told = (lambda done, _: progress(before + done, total)) if progress else None
        found = run_jobs(jobs, workers=workers, progress=told, machinery=machinery, unfinished=unfinished)
        n = len(designs[0].jobs)
        return [found[n * part : n * (part + 1)] for part in range(len(designs))]

    drawn = run(firsts, Machinery(machines.engine, outside_hours, machines.prepare), 0)
    schedules = [analyse_schedules(first, found) for first, found in zip(firsts, drawn, strict=True)]
    designs = [
        design_compare(part, variants, replications, curve_replications, schedules=s) for part, s in zip(parts, schedules, strict=True)
    ]
    found = run(designs, machines, total - len(parts) * size)
    pooled = [machines.pool(measured, _residents(parts)) for measured in zip(*found, strict=True)]
    return analyse_compare(designs[0], pooled, _provenance(world, parts, designs[0], schedules))


def _residents(parts: Sequence[Scenario]) -> list[int]:
    """Residents of each city of a pool."""
    return [part.city.n_residents for part in parts]


def _default() -> Machinery:
    """Return the engine with the metrics, as ratios of sums over a pool (X10), and the seed-style counts."""
    from govsim.results.metrics import from_tally, tally_of

    found = default_machinery()

    def measure(engine: Any) -> Any:
        return tally_of(engine), count_activities(engine), outputs_of(engine)

    def pool(measured: Sequence[Any], residents: Sequence[int]) -> dict[str, float]:
        tallies, counts, outputs = zip(*measured, strict=True)
        return (
            from_tally(sum(tallies))
            | {name: float(np.average([count[name] for count in counts], weights=residents)) for name in counts[0]}
            | values_of(*outputs)
        )

    return Machinery(found.engine, measure, found.prepare, pool)


def is_compiled() -> bool:
    """Return whether the compiled engine lies in the cache; if not, the first run makes it."""
    from govsim.engine.simulate import is_compiled as found

    return bool(found())


def check_world(world: Scenario, replications: int) -> None:
    """Refuse what cannot be compared, in one line."""
    if replications < 2:
        raise ValueError(f"replications must be at least 2, not {replications}: one has no interval")
    needed = world.burn_in_days + FOLLOW_DAYS
    if world.days < needed:
        raise ValueError(
            f"days must be at least {needed}, not {world.days}: {world.burn_in_days} under the "
            f"baseline, then {FOLLOW_DAYS} for issues to arise and be followed for 180"
        )
    if world.seed + SEED_APART + max(replications, SCHEDULE_SEEDS) >= 2**63:
        raise ValueError(f"seed must be below {2**63 - SEED_APART - replications}, not {world.seed}")
