"""What one run left behind, as tables (columns documented in `govsim.results.columns`)."""

from functools import cached_property
from html import escape
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from govsim.engine.state import (
    ACTIVITIES,
    CHANNELS,
    CLOSED,
    DAILY,
    FORUMS,
    GATES,
    PAYERS,
    POTS,
    RESOLVED,
    STATES,
    STATUSES,
    UNITS,
)
from govsim.results.columns import COLUMNS, DETECTORS, UNIT_KINDS
from govsim.results.metrics import METRICS, PRIMARY, measure
from govsim.results.moves import moves_table
from govsim.results.tally import ISSUE_WORK, Columns, columns_of, taxonomy_of
from govsim.scenario.demand import COMPOUND_TYPES
from govsim.scenario.scenario import Scenario

_DAILY_COLUMNS = {
    "overbooked": "n_overbooked", "roster": "n_on_roster", "queued_hours": "queued_hours",
    "debt_hours": "debt_hours", "trust_community": "trust_community", "trust_city": "trust_city",
    "expectation": "expectation", "fatigue": "fatigue", "offered_hours": "offered_hours",
    "used_hours": "used_hours", "orders": "n_orders", "assigned": "n_assigned",
    "left": "n_staff_left", "department_quality": "department_quality", "branch_quality": "branch_quality",
}  # fmt: skip


class Run:
    """The tables, metrics and scenario of one run; made by `simulate`, or loaded by `load_run`.

    Tables are built when first looked at. They are yours: changing one changes no metric.

    Attributes
    ----------
    scenario
        What was asked; its mechanism is the last that was in place.
    switches
        (day, variant) of every mechanism put in place, in order.
    seed
        Of the draws.
    horizon
        Day the run has reached.
    columns
        The arrays behind the tables (`govsim.results.tally.Columns`).

    Examples
    --------
    >>> from govsim.results.simulate import simulate
    >>> from govsim.scenario.city import City
    >>> run = simulate(Scenario(city=City.preset("demo"), days=60, burn_in_days=0))
    >>> run.horizon
    60.0
    >>> bool((run.issues["onset_day"] < 60).all())
    True
    """

    def __init__(self, columns: Columns, scenario: Scenario, switches: tuple[tuple[int, str], ...] = ()) -> None:
        self.columns = columns
        self.scenario = scenario
        self.switches = switches
        self.seed = scenario.seed
        self.horizon = float(len(columns.daily))

    @classmethod
    def from_engine(cls, engine: Any, *, copy: bool = True) -> "Run":
        """Return what an engine has done so far.

        Parameters
        ----------
        engine
            `govsim.engine.simulate.Engine`.
        copy
            Without it, the run changes if the engine goes on.
        """
        return cls(columns_of(engine, copy=copy), engine.scenario, tuple(engine.switches))

    @cached_property
    def issues(self) -> pd.DataFrame:
        """The issue log: one row an issue, in order of onset."""
        arrivals, it = np.asarray(self.columns.arrivals), np.asarray(self.columns.issues)
        found = self._places(arrivals) | _needs(it, arrivals, self.scenario)
        found |= _moments(it, arrivals["onset"])
        found |= {
            "status": _category(it["status"], STATUSES),
            "channel": _category(it["channel"], CHANNELS),
            "state_180": _category(it["state_180"], STATES),
            "state_365": _category(it["state_365"], STATES),
            "is_voiced": it["voiced"] >= 0,
            "is_closed": it["closed"] >= 0,
            "is_resolved": it["status"] == RESOLVED,
            "is_falsely_closed": it["status"] == CLOSED,
            "is_petitioned": it["petitions"] > 0,
            "satisfaction": it["satisfaction"].astype(float),
            "detected_by": _category(it["detected_by"], DETECTORS),
            "locus": it["locus"],
            "served_hours": it["hours_served"].astype(float),
            "perfunctory_hours": it["hours_perfunctory"].astype(float),
            "pot": _category(it["pot"], POTS),
            "n_hops": np.maximum(it["hops"], 0),
        }
        for name, field in _COUNTS.items():
            found[name] = it[field]
        for name, column in (("shock", self.columns.origin), ("n_failed_repairs", self.columns.returned)):
            found[name] = column if len(column) == len(it) else np.zeros(len(it))
        for k, forum in enumerate(FORUMS):
            found[f"is_ruled_by_{forum}"] = (it["ruled_by"] >> k & 1).astype(bool)
        return _table("issues", found)

    def _places(self, arrivals: np.ndarray) -> dict[str, Any]:
        """Which issue, when, and where."""
        c = self.columns
        compound = c.building_compound[arrivals["building"]]
        community = c.compound_community[compound]
        codes = tuple(t.code for t in self.scenario.demand.types)
        return {
            "issue": np.arange(len(arrivals)),
            "key": arrivals["key"],
            "onset_day": arrivals["onset"],
            "type": _category(arrivals["type"], codes),
            "building": arrivals["building"],
            "compound": compound,
            "compound_type": _category(c.compound_type[compound], COMPOUND_TYPES),
            "community": community,
            "subdistrict": c.community_subdistrict[community],
        }

    @cached_property
    def daily(self) -> pd.DataFrame:
        """The daily panel of the city: one row a day."""
        daily = np.asarray(self.columns.daily)
        found: dict[str, Any] = {
            "day": np.arange(len(daily)),
            "is_workday": self.columns.calendar[: len(daily)] == 1,
        }
        for name in DAILY.names or ():
            found[_DAILY_COLUMNS.get(name, f"n_{name}")] = daily[name]
        return _table("daily", found | self._stocks())

    def _stocks(self) -> dict[str, np.ndarray]:
        """Count the issues in each stage at every day's end, from the issue log."""
        log = self.issues
        at = {n: log[f"{n}_day"].fillna(np.inf).to_numpy() for n in (*_STAGE_ENDS, "ended")}
        day_ends = np.arange(1, self.horizon + 1)
        found = {}
        stages = pairwise(_STAGE_ENDS)
        for name, (begins, ends) in zip(_STOCK_COLUMNS, stages, strict=True):
            left = np.minimum(at[ends], at["ended"])
            came = np.sort(at[begins][at[begins] < left])
            gone = np.sort(left[at[begins] < left])
            found[name] = np.searchsorted(came, day_ends) - np.searchsorted(gone, day_ends)
        return found

    @cached_property
    def hours(self) -> pd.DataFrame:
        """Hours by payer, activity, month and kind of unit; rows of zero hours are left out."""
        c = self.columns
        n_months = c.outside.shape[2]
        total = np.zeros((len(PAYERS), len(ACTIVITIES), n_months, len(UNIT_KINDS)))
        payer, kind = c.stations["payer"], c.stations["kind"]
        for s in range(len(payer)):
            total[payer[s], :, :, kind[s]] += c.hours[s]
        total[:, :, :, -1] += c.outside
        p, a, m, k = np.nonzero(total)
        found = {
            "payer": _category(p, PAYERS),
            "activity": _category(a, ACTIVITIES),
            "month": m,
            "unit_kind": _category(k, UNIT_KINDS),
            "hours": total[p, a, m, k],
        }
        return _table("hours", found)

    @cached_property
    def units(self) -> pd.DataFrame:
        """Desk hours of every unit over the run: available = paid + served + idle."""
        st = np.asarray(self.columns.stations)
        with np.errstate(divide="ignore", invalid="ignore"):
            load = np.where(st["available"] > 0, (st["offered"] + st["incurred"]) / st["available"], np.nan)
        found = self._unit() | {
            "n_workers": st["n_workers"],
            "window_hours": st["window"],
            "available_hours": st["available"],
            "paid_hours": st["paid"],
            "served_hours": st["served"],
            "idle_hours": st["available"] - st["paid"] - st["served"],
            "incurred_hours": st["incurred"],
            "debt_hours": st["debt"],
            "offered_hours": st["offered"],
            "queued_hours": st["queued_hours"],
            "load": load,
        }
        return _table("units", found)

    @cached_property
    def ledger(self) -> pd.DataFrame:
        """Hours of every unit by month: served, overhead, idle."""
        hours = self.columns.hours
        n_units, _, n_months = hours.shape
        served = [ACTIVITIES.index(a) for a in ISSUE_WORK]
        idle = ACTIVITIES.index("idle")
        overhead = [k for k in range(len(ACTIVITIES)) if k not in (*served, idle)]
        found = self._unit(np.repeat(np.arange(n_units), n_months)) | {
            "month": np.tile(np.arange(n_months), n_units),
            "served_hours": hours[:, served].sum(axis=1).ravel(),
            "overhead_hours": hours[:, overhead].sum(axis=1).ravel(),
            "idle_hours": hours[:, idle].ravel(),
        }
        return _table("ledger", found)

    def _unit(self, rows: np.ndarray | None = None) -> dict[str, Any]:
        """Which unit."""
        st = np.asarray(self.columns.stations)
        at = np.arange(len(st)) if rows is None else rows
        return {
            "unit": at,
            "kind": _category(st["kind"][at], UNITS),
            "area": st["area"][at],
            "payer": _category(st["payer"][at], PAYERS),
            "level": st["level"][at],
        }

    @cached_property
    def money(self) -> pd.DataFrame:
        """Money by pot and month, k¥."""
        funds = self.columns.funds
        n_pots, n_months, _ = funds.shape
        found = {
            "pot": _category(np.repeat(np.arange(n_pots), n_months), POTS),
            "month": np.tile(np.arange(n_months), n_pots),
            "inflow": funds[:, :, 0].ravel(),
            "spent": funds[:, :, 1].ravel(),
        }
        return _table("money", found)

    @cached_property
    def meetings(self) -> pd.DataFrame:
        """The meeting log: one row a sitting, in the order they were held."""
        log = np.asarray(self.columns.sittings)
        found = {"day": log["day"], "forum": _category(log["kind"], FORUMS), "area": log["area"]}
        for name in ("present", "roster", "slots", "tabled", "ruled", "backlog"):
            found[f"n_{name}"] = log[name]
        return _table("meetings", found | {"attendance_hours": log["hours"]})

    @cached_property
    def moves(self) -> pd.DataFrame:
        """The log of moves: every change of an issue's state; empty unless `simulate` was asked for it."""
        return moves_table(self.columns)

    @cached_property
    def emergency(self) -> pd.DataFrame:
        """The days of an emergency (SC1): hours asked for, signed for and truly done, and who gave them; no row without one."""
        duty = np.asarray(self.columns.duty)
        days = np.flatnonzero(duty["staff_paid"] > 0)
        found = {"day": days}
        for name in COLUMNS["emergency"]:
            if name != "day":
                found[name] = duty[name.removesuffix("_hours")][days]
        return _table("emergency", found)

    @cached_property
    def metrics(self) -> pd.Series:
        """Every metric over the year after the burn-in (`govsim.results.metrics.METRICS`)."""
        return pd.Series(measure(self), name=self.scenario.name)

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """All tables, by name."""
        return {name: getattr(self, name) for name in COLUMNS}

    def __repr__(self) -> str:
        return (
            f"Run({self.scenario.name!r}, {self.scenario.mechanism_name}, seed {self.seed}, "
            f"{self.horizon:g} days, {len(self.columns.issues)} issues)"
        )

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{escape(name)}</td><td style='text-align:right'>{self.metrics[name]:.4g}</td>"
            f"<td>{escape(METRICS[name].unit)}</td></tr>"
            for name in _SHOWN
        )
        return f"<p>{escape(repr(self))}</p><table>{rows}</table>"


_STOCK_COLUMNS = ("n_latent", "n_routing", "n_gated", "n_working", "n_closed_unresolved")
_STAGE_ENDS = ("onset", "voiced", "triaged", "released", "closed", "resolved")

_SHOWN = (
    PRIMARY, "unresolved_days_365", "resolved_share_180", "state_180_falsely_closed",
    "silent_rate", "petitions_rate", "false_closure_share", "satisfaction_population",
    "hours_external", "hours_total", "ceremony_share", "gini_excess",
)  # fmt: skip

_COUNTS = {
    "n_asks": "asks", "n_lapses": "lapses", "n_contacts": "contacts", "n_parties": "parties",
    "n_choices": "choices", "n_reopenings": "redo", "n_petitions": "petitions",
    "n_directives": "directives", "n_sittings": "sittings", "n_retablings": "retabled",
}  # fmt: skip


def _category(codes: Any, kinds: tuple[str, ...]) -> pd.Categorical:
    """Categories from codes; a negative code is missing."""
    return pd.Categorical.from_codes(np.maximum(np.asarray(codes, np.int64), -1), list(kinds))


def _needs(it: np.ndarray, arrivals: np.ndarray, scenario: Scenario) -> dict[str, Any]:
    """Return what an issue is and what it needs."""
    taxonomy = taxonomy_of(scenario)
    found: dict[str, Any] = {
        "severity": it["severity"],
        "n_affected": it["n_affected"],
        "authority": taxonomy.authorities[arrivals["type"]],
        "n_departments": it["n_departments"],
        "deadline_duration": taxonomy.deadlines[arrivals["type"]],
        "needed_hours": it["hours"],
        "needed_fund": it["fund"],
    }
    for k, gate in enumerate(GATES):
        found[f"has_{gate}_gate"] = (it["obstacles"] >> k & 1).astype(bool)
    return found


def _moments(it: np.ndarray, onset: np.ndarray) -> dict[str, Any]:
    """Days since start of everything that happened to an issue.

    The log holds the day of triage for gates that are absent or still closed.
    """
    found = {}
    for name in (
        "voiced", "triaged", *GATES, "released", "started", "closed", "last_closed", "ended",
        "petitioned", "law",
    ):  # fmt: skip
        found[f"{name}_day"] = onset + it[name].astype(float)
    for k, gate in enumerate(GATES):
        is_open = (it["obstacles"] >> k & 1) & ~(it["closed_gates"] >> k) & 1
        found[f"{gate}_day"] = np.where(is_open == 1, found[f"{gate}_day"], np.nan)
    found["resolved_day"] = np.where(it["status"] == RESOLVED, found["last_closed_day"], np.nan)
    return found


def _table(name: str, found: dict[str, Any]) -> pd.DataFrame:
    """Columns in the order and of the dtypes of the registry."""
    declared = COLUMNS[name]
    if set(found) != set(declared):
        raise AssertionError(f"{name}: {sorted(set(found) ^ set(declared))} not as registered")
    return pd.DataFrame(
        {
            column: found[column] if isinstance(found[column], pd.Categorical) else np.asarray(found[column]).astype(spec.dtype)
            for column, spec in declared.items()
        }
    )
