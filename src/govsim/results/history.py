"""A run in progress: switched in mid-run, branched, saved, resumed.

A saved state is one file. Its first line is `govsim state`, the version of the format and the SHA-256 of all that
follows; then come the length of a JSON header, the header (scenario as built and as it runs, desks, day, switches, and
the name and rows of each column) and the columns themselves, byte for byte. Reading it builds the city anew from
its scenario; what never changes must agree with that, numbers that point at rows must point at rows that
exist, and nothing in the file is ever executed. The checksum tells damage, not malice: who edits a file can write a new one,
and then gets a state that is false but cannot reach outside the run's own columns.
"""

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from govsim import __version__
from govsim.engine import state as st
from govsim.engine.build import parameters, type_tables
from govsim.engine.queues import N_ENTITIES, N_KINDS
from govsim.engine.rules import components_of, rules_of
from govsim.engine.simulate import Engine
from govsim.engine.world import World
from govsim.results.moves import moves_fit
from govsim.results.run import Run
from govsim.scenario.fields import ScenarioError
from govsim.scenario.mechanism import ExternalHours, Mechanism
from govsim.scenario.own import Own, OwnComponent, own
from govsim.scenario.scenario import Scenario
from govsim.scenario.text import shown_name
from govsim.scenario.variants import Variant, apply, with_own

FORMAT = b"govsim state"
FORMAT_VERSION = 6
_LONGEST_HEADER = 2**26

REBUILT = ("p", "arrivals", "kinds", "kind_tables", "calendar", "interruptions", "origin", "desk_share", "rules", "own", "grids")
"""Columns that follow from the scenario and its mechanism alone and are not in the file."""

GROWING = (
    "packages", "waits", "events", "heap", "nodes", "waiting", "forums", "memory", "members", "directives", "sittings", "moves",
    "orders", "rankings", "nominated", "hotline_beliefs", "reach", "tabled",
)  # fmt: skip
"""Columns whose rows depend on what has happened."""

FIXED = {
    "stations": ("kind", "area", "department", "first_worker", "n_workers", "payer", "level", "key"),
    "workers": ("station", "is_extra"),
    "buildings": ("compound", "community", "first_household", "n_households"),
    "compounds": ("community", "type", "n_households", "firm"),
    "communities": ("subdistrict", "n_households"),
    "subdistricts": ("first_community", "n_communities"),
    "organisations": ("community", "skill", "law", "key"),
    "leaders": ("key",),
    "counters": ("n_issues", "slots_per_day"),
    "renovations": ("issue", "compound", "first_owner", "n_owners", "key"),
    "owners": ("household", "building", "area"),
    "facilities": ("community", "key", "first_building", "n_buildings", "first_household", "n_households", "first_server", "n_staff"),
}
"""Fields that follow from the scenario alone; those of the file must agree."""

POINTERS: dict[tuple[str, str | None], tuple[int, int | str]] = {
    ("issues", "first_package"): (-1, "packages"), ("issues", "next_in_community"): (-1, "issues"),
    ("issues", "n_departments"): (0, 8), ("issues", "status"): (0, 8), ("issues", "channel"): (0, len(st.CHANNELS)),
    ("issues", "pot"): (-2, 6),
    ("packages", "issue"): (-1, "issues"), ("packages", "station"): (0, "stations"), ("packages", "next"): (-1, "packages"),
    ("packages", "department"): (-1, 12), ("packages", "skill"): (0, 8), ("packages", "kind"): (0, 6),
    ("events", "next"): (-1, "events"), ("buckets", None): (-1, "events"), ("heap", "event"): (0, "events"),
    ("nodes", "left"): (-1, "nodes"), ("nodes", "right"): (-1, "nodes"),
    ("waits", "previous"): (-1, "packages"), ("waits", "next"): (-1, "packages"),
    ("lines", "first"): (-1, "packages"), ("lines", "last"): (-1, "packages"),
    ("waiting", None): (0, "issues"), ("directives", None): (-1, "issues"),
    ("workers", "package"): (-1, "packages"), ("workers", "pool_skill"): (0, 8), ("workers", "activity"): (0, st.N_ACTIVITIES),
    ("stations", "n_extra"): (0, 9), ("communities", "open_head"): (-1, "issues"),
    ("forums", "kind"): (0, 5), ("forums", "root"): (-1, "nodes"),
    ("members", "community"): (0, "communities"), ("members", "department"): (0, 12), ("members", "skill"): (0, 8),
    ("nominated", "issue"): (-1, "issues"),
    ("renovations", "issue"): (-1, "issues"),
}  # fmt: skip
"""What a number that points at rows may be: from the first bound to below the second, a number or a column's rows."""

_ENTITIES = {
    st.COMPLETE: "workers", st.READY: "workers", st.QUEUE_DUE: "packages", st.DEADLINE_NEAR: "packages", st.MEMO_DUE: "packages",
    st.INTERRUPTED: "interruptions", st.VISIT: "leaders",
}  # fmt: skip
"""Rows an event of a kind is about; those of all other kinds are about issues."""


class StateFileError(ValueError):
    """A file is not a state that can be resumed; one line says why."""


class History:
    """A run in progress.

    Parameters
    ----------
    scenario
        As for `simulate`. Its mechanism starts after its burn-in, unless another is switched on before.
    moves
        As for `simulate`; a saved state goes on recording.
    rules, components
        Of one's own, for that mechanism; see `simulate`.

    Examples
    --------
    >>> from govsim.scenario.city import City
    >>> common = History(Scenario(city=City.preset("demo"), days=90, burn_in_days=30)).advance(30)
    >>> one, other = common.branch().switch("F1", at=40), common.branch().switch("F1-E4", at=40).switch("B0", at=60)
    >>> one.finish().switches, other.finish().switches
    (((40, 'F1'),), ((40, 'F1-E4'), (60, 'B0')))
    """

    def __init__(
        self,
        scenario: Scenario | None = None,
        *,
        moves: bool = False,
        rules: Mapping[str, Any] | None = None,
        components: Sequence[OwnComponent] = (),
    ) -> None:
        asked = scenario if scenario is not None else Scenario()
        self._engine = Engine(with_own(asked, rules, components) if rules or components else asked, moves=moves)

    @property
    def day(self) -> int:
        """Days simulated."""
        return self._engine.day

    @property
    def scenario(self) -> Scenario:
        """What is asked, under the mechanism of today."""
        return self._engine.scenario

    def advance(self, to_day: int) -> "History":
        """Run up to the start of a day, from today to the horizon.

        Raises
        ------
        ValueError
            If the day is past or beyond the horizon.
        """
        if not self.day <= to_day <= self.scenario.days:
            raise ValueError(f"day {to_day}: this run is at day {self.day} and ends at day {self.scenario.days}")
        self._engine.advance(int(to_day))
        return self

    def switch(self, to: str | Path | Variant, at: int | None = None) -> "History":
        """Run up to day `at` (today when not given), then put a variant in place, by name or file; see `Engine.switch`.

        Raises
        ------
        ScenarioError
            If there is no such variant.
        ValueError
            If the day is past or beyond the horizon.
        """
        asked = apply(self._engine.origin, to)
        if at is not None:
            self.advance(at)
        self._engine.switch(asked.mechanism, asked.external, asked.mechanism_name)
        return self

    def branch(self) -> "History":
        """A second future of the same history; the two share nothing that changes."""
        twin = object.__new__(History)
        twin._engine = self._engine.copy()
        return twin

    def finish(self) -> Run:
        """Run to the horizon and return the run."""
        self.advance(self.scenario.days)
        return self.run

    @property
    def run(self) -> Run:
        """What came out so far; it does not change when the history goes on."""
        return Run.from_engine(self._engine)

    def save(self, path: str | Path) -> Path:
        """Write the state of today to a file, whole or not at all; a state that is there is replaced.

        Raises
        ------
        StateFileError
            If something else is there, or there is no such folder.
        OSError
            If the disk refuses; nothing half-written is left.
        """
        return _save(self._engine, Path(path))

    @classmethod
    def load(cls, path: str | Path, *, rules: Mapping[str, Any] | None = None, components: Sequence[OwnComponent] = ()) -> "History":
        """Go on from a saved state: the same bits as without the pause.

        Parameters
        ----------
        path
            Of `save`.
        rules, components
            Those of one's own the run was saved with; the file holds their names and hashes alone.

        Raises
        ------
        StateFileError
            If the file is no state, was cut short or edited, or is of another version; or if a rule of one's own is
            missing or not the one that was saved.
        """
        found = object.__new__(cls)
        found._engine = _load(Path(path), own(rules, tuple(components)))
        return found


def is_state(path: Path) -> bool:
    """Whether a file is a saved state, readable or not by this version."""
    try:
        with path.open("rb") as file:
            return file.read(len(FORMAT)) == FORMAT
    except OSError:
        return False


def check_state_file(path: Path) -> None:
    """Refuse a place that a state cannot be saved in.

    Raises
    ------
    StateFileError
        One line; nothing has been made or changed.
    """
    if path.exists() and not is_state(path):
        raise StateFileError(f"{shown_name(path)} exists already and is no saved state; choose another name")
    if not path.absolute().parent.is_dir():
        raise StateFileError(f"cannot save a state in {shown_name(path)}: its folder does not exist")


# ---- writing -------------------------------------------------------------------------------------


def _save(engine: Engine, path: Path) -> Path:
    """Write the file beside its place, then rename it."""
    check_state_file(path)
    columns = {n: a for n, a in engine.world.columns().items() if n not in REBUILT}
    header = {
        "govsim": __version__, "origin": engine.origin.model_dump(mode="json"), "scenario": engine.scenario.model_dump(mode="json"),
        "capacity": _plain(engine.capacity), "day": engine.day, "is_switched": engine.switched, "paid_factor": engine.paid_factor,
        "switches": engine.switches, "columns": {name: len(column) for name, column in columns.items()},
    }  # fmt: skip
    text = json.dumps(header, ensure_ascii=False).encode("utf-8", "surrogatepass")
    body: list[Any] = [len(text).to_bytes(8, "little"), text, *(np.ascontiguousarray(c).view(np.uint8).data for c in columns.values())]
    digest = hashlib.sha256()
    for piece in body:
        digest.update(piece)
    number, draft = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.absolute().parent)
    try:
        with os.fdopen(number, "wb") as file:
            file.write(b"%s %d %s\n" % (FORMAT, FORMAT_VERSION, digest.hexdigest().encode()))
            file.writelines(body)
            file.flush()
            os.fsync(file.fileno())
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
    return path


def _plain(value: Any) -> Any:
    """Numbers and lists of Python's own."""
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [_plain(v) for v in value]
    return value.item() if isinstance(value, np.generic) else value


# ---- reading -------------------------------------------------------------------------------------


def _load(path: Path, given: Own) -> Engine:
    """Read, check and rebuild."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise StateFileError(f"{shown_name(path)} cannot be read: {error.strerror}") from None
    first, _, _ = content[:256].partition(b"\n")
    words = first.rsplit(b" ", 2)
    if len(words) != 3 or words[0] != FORMAT:
        raise StateFileError(f"{shown_name(path)} is not a saved state")
    if words[1] != str(FORMAT_VERSION).encode():
        raise StateFileError(f"{shown_name(path)}: format {words[1].decode('ascii', 'replace')[:8]}, this version reads {FORMAT_VERSION}")
    view = memoryview(content)[len(first) + 1 :]
    if hashlib.sha256(view).hexdigest().encode() != words[2]:
        raise StateFileError(f"{shown_name(path)} was cut short or changed after it was saved")
    try:
        return _rebuilt(view, given)
    except _NotGivenError as error:
        raise StateFileError(f"{shown_name(path)}: {error}") from None
    except (ScenarioError, ValidationError, KeyError, IndexError, TypeError, ValueError, OverflowError, AttributeError):
        raise StateFileError(f"{shown_name(path)} does not hold a state of this version") from None


class _NotGivenError(Exception):
    """A rule of one's own is missing, or is another."""


def _with_functions(scenario: Scenario, given: Own) -> Scenario:
    """The scenario of a file with the functions that its rules and components of one's own had."""
    try:
        found = scenario.mechanism.own.with_functions_of(given)
    except ScenarioError as error:
        raise _NotGivenError(str(error)) from None
    return scenario.model_copy(update={"mechanism": scenario.mechanism.model_copy(update={"own": found})})


def _rebuilt(view: memoryview, given: Own) -> Engine:
    """The engine a file describes."""
    size = int.from_bytes(view[:8], "little")
    if size > min(_LONGEST_HEADER, len(view)):
        raise ValueError("header")
    header = json.loads(bytes(view[8 : 8 + size]))
    origin, scenario = (_with_functions(Scenario.model_validate(header[name]), given) for name in ("origin", "scenario"))
    day, is_switched = int(header["day"]), bool(header["is_switched"])
    if not 0 <= day <= origin.days or {"days": scenario.days, "city": scenario.city, "seed": scenario.seed} != {
        "days": origin.days, "city": origin.city, "seed": origin.seed
    }:  # fmt: skip
        raise ValueError("scenario")
    engine = Engine(origin, capacity=header["capacity"], begin=False)
    mechanism, external = (scenario.mechanism, scenario.external) if is_switched else (Mechanism(), ExternalHours())
    has_grid = mechanism.RV3.enabled or header["columns"]["stations"] > len(engine.world.stations)
    engine.fit_columns(mechanism, has_grid=has_grid)
    fresh = engine.world.columns()
    columns = {name: fresh[name] for name in REBUILT} | {"p": parameters(scenario, header["capacity"], mechanism, external)}
    columns["kinds"], columns["kind_tables"] = type_tables(scenario.demand, scenario.behaviour, mechanism)
    columns["rules"] = rules_of(scenario.model_copy(update={"mechanism": mechanism}))
    columns["own"] = components_of(mechanism.own)
    if set(header["columns"]) != set(fresh) - set(REBUILT):
        raise ValueError("columns")
    at = 8 + size
    for name, n in header["columns"].items():
        dtype = fresh[name].dtype
        end = at + int(n) * dtype.itemsize
        if int(n) < 1 or end > len(view) or (name not in GROWING and n != len(fresh[name])):
            raise ValueError(name)
        found = st.blank(dtype, n) if dtype.names else np.zeros(n, dtype)
        found.view(np.uint8)[:] = np.frombuffer(view[at:end], np.uint8)
        columns[name] = found
        at = end
    if at != len(view):
        raise ValueError("length")
    engine.scenario, engine.origin, engine.day, engine.switched = scenario, origin, day, is_switched
    engine.running = mechanism
    engine.paid_factor = float(header["paid_factor"])
    engine.switches = [(int(d), str(name)) for d, name in header["switches"]]
    engine.world = World(**columns)
    if not _is_sound(columns, fresh, scenario):
        raise ValueError("numbers")
    return engine


def _is_sound(columns: dict[str, Any], fresh: dict[str, Any], scenario: Scenario) -> bool:
    """Whether what never changes is the scenario's, and every number that points at rows points at one that exists."""
    sizes = {name: len(column) for name, column in columns.items()}
    same = all(np.array_equal(columns[n][f], fresh[n][f]) for n, fields in FIXED.items() for f in fields)

    def within(values: np.ndarray, low: int, high: int | str) -> bool:
        return bool(((values >= low) & (values < (sizes[high] if isinstance(high, str) else high))).all())

    pointing = all(within(columns[n][f] if f else columns[n], *bounds) for (n, f), bounds in POINTERS.items())
    events, c, p = columns["events"], columns["counters"][0], columns["p"][0]
    kinds = events["tie"] // N_ENTITIES % N_KINDS
    entities = within(kinds, 0, st.N_EVENT_KINDS) and all(
        within(events["tie"][kinds == kind] % N_ENTITIES, 0, _ENTITIES.get(int(kind), "issues")) for kind in np.unique(kinds)
    )
    forums, n_types = columns["forums"], len(scenario.demand.types)
    areas = {st.EXECUTIVE: 1, st.A1: p.n_panels, st.A2: "subdistricts", st.A3: "communities", st.A4: "compounds"}
    meetings = all(within(forums["area"][forums["kind"] == kind], 0, n) for kind, n in areas.items())
    places = [p[f"forum_{code}"] for code in ("A1", "A2", "A3", "A4")]
    lengths = (
        sizes["memory"] == sizes["forums"] * n_types,
        sizes["directives"] >= p.n_leaders * p.E1_directives_max or p.E1_visits == 0,
        sizes["heap"] == sizes["events"],
        max(places) < sizes["forums"],
        within(columns["leaders"]["oldest"], 0, max(1, int(p.E1_directives_max))),
        all(-1 <= r["free"] < sizes[n] and 0 <= r["used"] <= sizes[n] for n, r in zip(st.POOLED, columns["pools"], strict=True)),
        0 <= c.heap_size <= sizes["heap"], 0 <= c.next_arrival <= sizes["issues"], 0 <= c.n_waiting <= sizes["waiting"],
        0 <= c.n_sittings <= sizes["sittings"], -1 <= c.slot < sizes["buckets"], -1 <= c.month < p.n_months,
        -1 <= c.campaign_type < n_types, -1 <= c.today < sizes["daily"], -1 <= c.ahead_event < sizes["events"],
        moves_fit(columns["moves"][: columns["pools"]["used"][st.MOVE_ROWS]], sizes["issues"], sizes["stations"]),
        sizes["orders"] >= sizes["issues"] or p.RV1_enabled == 0,
        sizes["rankings"] >= p.first_department_team + 12 or p.RV1_enabled == 0,
        sizes["nominated"] == sizes["subdistricts"] or p.RV1_enabled == 0,
        sizes["hotline_beliefs"] >= sizes["buildings"] or p.RV1_enabled == 0,
        -1 <= c.ahead_issue < sizes["issues"], -1 <= c.ahead_place < sizes["issues"],
    )  # fmt: skip
    chains = _agendas_are_sound(columns) and _lines_are_sound(columns)
    return same and pointing and entities and meetings and all(map(bool, lengths)) and chains


def _agendas_are_sound(columns: dict[str, Any]) -> bool:
    """Whether agendas are trees whose items are issues that exist."""
    nodes, roots = columns["nodes"], columns["forums"]["root"]
    level, seen = roots[roots >= 0], 0
    while len(level):
        seen += len(level)
        content = nodes["content"][level]
        if seen > len(nodes) or not ((content >= 0) & (content < len(columns["issues"]))).all():
            return False
        below = np.concatenate([nodes["left"][level], nodes["right"][level]])
        level = below[below >= 0]
    return True


def _lines_are_sound(columns: dict[str, Any]) -> bool:
    """Whether every line leads from its first package to its last and back."""
    waits, lines = columns["waits"], columns["lines"]
    if ((lines["first"] < 0) != (lines["last"] < 0)).any() or (waits["previous"][lines["first"][lines["first"] >= 0]] >= 0).any():
        return False
    here, last, seen = lines["first"], lines["last"], 0
    while (is_there := here >= 0).any():
        here, last = here[is_there], last[is_there]
        seen += len(here)
        following = waits["next"][here]
        goes_on = following >= 0
        if seen > len(waits) or (waits["previous"][following[goes_on]] != here[goes_on]).any() or (here != last)[~goes_on].any():
            return False
        here = following
    return True
