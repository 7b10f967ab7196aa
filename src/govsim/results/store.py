"""A run on disk: one Parquet file an array and a manifest, all of it checked on the way back.

A folder is written beside its place and then renamed, so that a run is there whole or not at all.
Nothing is pickled: a manifest and numbers are all that is read.
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import ValidationError

from govsim import __version__
from govsim.engine.state import (
    ACTIVITIES,
    ARRIVAL,
    CHANNEL_MONTH,
    CHANNELS,
    DAILY,
    DUTY,
    FACILITY,
    FACILITY_MONTH,
    FORUMS,
    ISSUE,
    MOVE,
    N_GROUPS,
    N_STAGES,
    PAYERS,
    POTS,
    RENOVATION,
    SITTING,
    STAGE,
    STATES,
    STATION,
    STATUSES,
    UNITS,
    as_rows,
)
from govsim.results.moves import moves_fit
from govsim.results.run import Run
from govsim.results.tally import Columns
from govsim.scenario.scenario import Scenario

FORMAT = "govsim run"
FORMAT_VERSION = 7
MANIFEST = "manifest.json"

_RECORDS = {
    "arrivals": ARRIVAL, "issues": ISSUE, "daily": DAILY, "sittings": SITTING, "stations": STATION,
    "moves": MOVE,
    "duty": DUTY,
    "renovations": RENOVATION, "stages": STAGE, "channels": CHANNEL_MONTH, "facilities": FACILITY, "facility_months": FACILITY_MONTH,
}  # fmt: skip
_BYTES = ("origin", "returned")
_FLOATS = ("hours", "outside", "funds", "compound_status", "facility_groups")


class RunFileError(ValueError):
    """A folder is not a run that can be read; one line says why."""


def save_run(run: Run, folder: str | Path, *, overwrite: bool = False) -> Path:
    """Write a run to a folder.

    Parameters
    ----------
    run
        Of `simulate`.
    folder
        To be made; its parent has to exist.
    overwrite
        Replace a run that is there. Anything else that is there is never touched.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    RunFileError
        If something is there already, or there is no such parent.
    OSError
        If the disk refuses; nothing half-written is left.
    """
    place = Path(folder).absolute()
    if not place.parent.is_dir():
        raise RunFileError(f"cannot save a run in {place.name}: its parent folder does not exist")
    taken = os.path.lexists(place)
    if taken and not (overwrite and is_run(place)):
        hint = "pass overwrite=True to replace it" if is_run(place) else "choose another name"
        raise RunFileError(f"{place.name} exists already; {hint}")
    draft = Path(tempfile.mkdtemp(prefix=f".{place.name}.", dir=place.parent))
    try:
        _write(run, draft)
        put_in_place(draft, place)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return place


def load_run(folder: str | Path) -> Run:
    """Read a run that `save_run` wrote, after checking every byte of it.

    Raises
    ------
    RunFileError
        If the folder is no run, was cut short or edited, or is of another version.
    """
    place = Path(folder)
    manifest = _read_manifest(place)
    try:
        scenario = Scenario.model_validate(manifest["scenario"])
    except (ValidationError, TypeError, ValueError, OverflowError) as error:
        raise RunFileError(f"{place.name}: the scenario in {MANIFEST} is not one of this version") from error
    try:
        switches = tuple((int(day), str(name)) for day, name in manifest["switches"])
    except (TypeError, ValueError) as error:
        raise RunFileError(f"{place.name}: the switches in {MANIFEST} are not days and names") from error
    arrays = {name: _read(place, name, manifest["arrays"][name]) for name in Columns._fields}
    columns = Columns(**arrays)
    _check(place, columns, scenario)
    return Run(columns, scenario, switches)


# ---- writing -------------------------------------------------------------------------------------


def _write(run: Run, draft: Path) -> None:
    """Write every file of a run."""
    entries = {name: _write_array(draft, name, a) for name, a in run.columns._asdict().items()}
    manifest = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "govsim": __version__,
        "scenario": run.scenario.model_dump(mode="json"),
        "switches": run.switches,
        "arrays": entries,
    }
    manifest["digest"] = _digest(manifest)
    text = json.dumps(manifest, indent=1, ensure_ascii=False) + "\n"
    _put(draft / MANIFEST, text.encode())


def _write_array(draft: Path, name: str, array: np.ndarray) -> dict[str, Any]:
    """Write one array; return its line of the manifest."""
    plain = np.asarray(array)
    if plain.dtype.names:
        fields = {n: np.ascontiguousarray(plain[n]) for n in plain.dtype.names}
    else:
        fields = {"value": np.ascontiguousarray(plain).ravel()}
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(fields), sink, compression="zstd")
    content = sink.getvalue().to_pybytes()
    _put(draft / f"{name}.parquet", content)
    return {
        "shape": list(plain.shape), "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }  # fmt: skip


def _put(path: Path, content: bytes) -> None:
    """Write a file and see it reach the disk."""
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def check_folder(folder: str | Path, is_own: Callable[[Path], bool]) -> Path:
    """Return a folder that results may be written to: new, empty, or, by `is_own`, earlier results of the same sort.

    Raises
    ------
    ValueError
        One line; nothing has been made or changed.
    """
    path = Path(folder)
    shown = str(folder)
    if path.exists() and not path.is_dir():
        raise ValueError(f"{shown} is a file, not a folder for results")
    if path.is_dir() and any(path.iterdir()) and not is_own(path):
        raise ValueError(f"{shown} holds other files; give a new or an empty folder")
    above = path.absolute()
    while not above.exists():
        above = above.parent
    if not above.is_dir():
        raise ValueError(f"{shown} lies below {above.name}, which is a file")
    try:
        Path(tempfile.mkdtemp(prefix=".govsim-", dir=above if above != path.absolute() else above.parent)).rmdir()
    except OSError:
        raise ValueError(f"{shown} cannot be written to") from None
    return path


def put_in_place(draft: Path, place: Path) -> None:
    """Rename a finished folder to its place, with ordinary permissions; what was there goes last."""
    draft.chmod(0o777 & ~_umask())
    if not os.path.lexists(place):
        draft.rename(place)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{place.name}.", dir=place.parent))
    place.rename(old / "old")
    try:
        draft.rename(place)
    except BaseException:
        (old / "old").rename(place)
        raise
    finally:
        shutil.rmtree(old, ignore_errors=True)


def _umask() -> int:
    """Permissions new folders do without."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


# ---- reading -------------------------------------------------------------------------------------


def _digest(manifest: dict[str, Any]) -> str:
    """Checksum of all a manifest says but the checksum itself."""
    said = {k: v for k, v in manifest.items() if k != "digest"}
    text = json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def is_run(place: Path) -> bool:
    """Whether a folder holds a run, readable or not by this version."""
    try:
        found = json.loads((place / MANIFEST).read_bytes())
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(found, dict) and found.get("format") == FORMAT


def _read_manifest(place: Path) -> dict[str, Any]:
    """Read and check the manifest."""
    path = place / MANIFEST
    if not path.is_file():
        raise RunFileError(f"{place.name} is not a saved run: it has no {MANIFEST}")
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise RunFileError(f"{place.name}: {MANIFEST} is damaged") from error
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise RunFileError(f"{place.name} is not a saved run: {MANIFEST} is of something else")
    if found.get("format_version") != FORMAT_VERSION:
        raise RunFileError(
            f"{place.name}: format {found.get('format_version')} was written by govsim "
            f"{str(found.get('govsim'))[:20]}, this version reads {FORMAT_VERSION}"
        )
    if found.get("digest") != _digest(found):
        raise RunFileError(f"{place.name}: {MANIFEST} was changed after the run was saved")
    entries = found.get("arrays")
    if (
        not isinstance(entries, dict)
        or set(entries) != set(Columns._fields)
        or not {"scenario", "switches"} <= set(found)
        or not all(isinstance(e, dict) for e in entries.values())
    ):
        raise RunFileError(f"{place.name}: {MANIFEST} does not list the arrays of a run")
    return found


def _read(place: Path, name: str, entry: dict[str, Any]) -> Any:
    """Read and check one array."""
    file = f"{name}.parquet"
    try:
        content = (place / file).read_bytes()
    except OSError as error:
        raise RunFileError(f"{place.name}: {file} is missing") from error
    if hashlib.sha256(content).hexdigest() != entry.get("sha256"):
        state = "cut short" if len(content) < entry.get("bytes", 0) else "changed"
        raise RunFileError(f"{place.name}: {file} was {state} after the run was saved")
    try:
        table = pq.read_table(pa.BufferReader(content))
        return _array(name, table, [int(n) for n in entry["shape"]])
    except (pa.ArrowException, KeyError, TypeError, ValueError, OverflowError) as error:
        raise RunFileError(f"{place.name}: {file} does not hold the columns of this version") from error


def _array(name: str, table: pa.Table, shape: list[int]) -> Any:
    """From a Parquet table to an array of exactly the engine's dtype."""
    dtype = _RECORDS.get(name)
    if dtype is None:
        plain = np.dtype(np.float64 if name in _FLOATS else np.int8 if name in _BYTES else np.int64)
        return _column(table, "value", plain).reshape(shape).copy()
    if tuple(table.column_names) != dtype.names or shape != [table.num_rows]:
        raise ValueError("other columns")
    found = np.zeros(table.num_rows, dtype)
    for field in dtype.names:
        found[field] = _column(table, field, dtype[field])
    return as_rows(found)


def _column(table: pa.Table, name: str, dtype: np.dtype) -> np.ndarray:
    """One column, if it is of the type asked for and has no gap."""
    column = table.column(name)
    if column.type != pa.from_numpy_dtype(dtype) or column.null_count:
        raise ValueError(f"{name} is {column.type}, not {dtype}")
    return np.asarray(column.to_numpy())


def _check(place: Path, c: Columns, scenario: Scenario) -> None:
    """Every index points at something, and the arrays fit each other."""
    n_types = len(scenario.demand.types)
    n_places = len(c.compound_community)
    indices = (
        (c.arrivals["type"], n_types), (c.arrivals["building"], len(c.building_compound)),
        (c.building_compound, n_places), (c.compound_community, len(c.community_subdistrict)),
        (c.compound_type, 4), (c.stations["payer"], len(PAYERS)), (c.stations["kind"], len(UNITS)),
        (c.sittings["kind"], len(FORUMS)), (c.issues["status"], len(STATUSES)),
        (c.issues["state_180"] + 1, len(STATES) + 1), (c.issues["state_365"] + 1, len(STATES) + 1),
        (c.issues["channel"], len(CHANNELS)),
    )  # fmt: skip
    n_months = c.outside.shape[-1] if c.outside.ndim else 0
    shapes = (
        len(c.arrivals) == len(c.issues),
        all(len(column) in (1, len(c.issues)) for column in (c.origin, c.returned)),
        len(c.stages) == N_STAGES * len(c.renovations),
        len(c.channels) in (1, 2 * n_months),
        len(c.facility_months) in (1, n_months * len(c.facilities)),
        len(c.facility_users) == 2,
        len(c.facility_groups) in (1, N_GROUPS * 3 * len(c.facilities)),
        len(c.calendar) == len(c.daily) > 0,
        len(c.duty) in (1, len(c.daily)),
        c.hours.shape == (len(c.stations), len(ACTIVITIES), n_months),
        c.outside.shape == (len(PAYERS), len(ACTIVITIES), n_months),
        c.funds.shape == (len(POTS), n_months, 2),
        len(c.compound_type) == len(c.compound_households) == len(c.compound_status) == n_places,
        bool(np.isfinite(c.arrivals["onset"]).all()),
        len(c.daily) <= scenario.days,
        moves_fit(c.moves, len(c.issues), len(c.stations)),
        n_months * 365 >= 12 * len(c.daily),
    )
    is_in_range = all(((a >= 0) & (a < n)).all() for a, n in indices)
    if not (all(shapes) and is_in_range):
        raise RunFileError(f"{place.name}: its arrays do not fit each other")
