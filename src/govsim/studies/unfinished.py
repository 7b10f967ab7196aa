"""Runs of a study that is not finished yet: what a killed job takes up again (house rule 7).

One file of lines. The first says what the file is; every other is one run: ``{"key": ..., "found": ..., "sha256": ...}``. The
key is a hash of all a run depends on (world, variant with its external hours, seed, what is measured, the sources, the versions,
the machine), so a run is found again whatever else is asked, and a run of other code is never taken for one of this. A line is
added and flushed to the disk as a whole when its run is done; what a kill cut off is the last line and is dropped.
"""

import base64
import hashlib
import json
import os
import platform
from collections.abc import Mapping
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from govsim import __version__

FILE = "unfinished.jsonl"
"""Name of the file within a folder of results; gone when the study is finished."""
HEADER = b'{"format": "govsim unfinished study", "version": 1}\n'
_ROOMS = ("scenario", "engine", "results", "studies")
"""Whose sources decide what a run gives."""


class UnfinishedError(ValueError):
    """A file is not one of finished runs, or is damaged; one line says where."""


class Unfinished:
    """The finished runs in a file, read and checked once; new ones are added to it.

    Parameters
    ----------
    path
        Of the file; it and its folder are made when the first run is added.

    Attributes
    ----------
    n_kept
        Runs that were there when it was opened.
    n_reused
        How many of them were asked for since.

    Raises
    ------
    UnfinishedError
        Something else is there, or a line was changed.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.n_reused = 0
        self._lock = Lock()
        self._found = _read(self.path)
        self.n_kept = len(self._found)

    def get(self, key: str) -> Any:
        """Return what was measured in the run of this key, None if it is not there."""
        packed = self._found.get(key)
        self.n_reused += packed is not None
        return None if packed is None else _unpack(packed)

    def add(self, key: str, found: Any) -> None:
        """Add a run; on the disk when this returns."""
        name, packed = (json.dumps(part, separators=(",", ":")) for part in (key, _pack(found)))
        line = f'{{"key":{name},"found":{packed},"sha256":"{_digest(name, packed)}"}}\n'.encode()
        with self._lock:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("ab") as file:
                file.write(line if file.tell() else HEADER + line)
                file.flush()
                os.fsync(file.fileno())


def is_unfinished(path: Path) -> bool:
    """Return whether a file is one of finished runs, whole or cut short."""
    try:
        with path.open("rb") as file:
            return HEADER.startswith(file.read(len(HEADER)))
    except OSError:
        return False


def key_of(*parts: str) -> str:
    """Return the key of a run from the texts of all it depends on; the code and the machine are added.

    Examples
    --------
    >>> key_of("world", "1") == key_of("world", "1"), key_of("world", "1") == key_of("worl", "d1")
    (True, False)
    """
    return hashlib.sha256(json.dumps([_code(), *parts]).encode("utf-8", "surrogatepass")).hexdigest()


@lru_cache(maxsize=1)
def _code() -> str:
    """Hash of the sources, and the versions and machine they run on."""
    top = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for source in sorted(path for room in _ROOMS for path in (top / room).rglob("*.py")):
        digest.update(str(source.relative_to(top)).encode() + b"\0" + source.read_bytes() + b"\0")
    versions = [__version__, platform.python_version(), platform.machine(), version("numpy"), version("numba")]
    return " ".join([digest.hexdigest(), *versions])


def _read(path: Path) -> dict[str, Any]:
    """Read and check every line; cut off what is not whole."""
    if not os.path.lexists(path):
        return {}
    if not path.is_file() or not is_unfinished(path):
        raise UnfinishedError(f"{path} is not a file of finished runs; remove it or give another folder")
    content = path.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    if len(whole) < len(content):
        os.truncate(path, len(whole))
    found = {}
    for number, line in enumerate(whole.splitlines()[1:], start=2):
        try:
            row = json.loads(line)
            if row["sha256"] != _digest(*(json.dumps(row[part], separators=(",", ":")) for part in ("key", "found"))):
                raise ValueError("another checksum")
            _unpack(row["found"])
            found[row["key"]] = row["found"]
        except (ValueError, KeyError, TypeError, RecursionError):
            raise UnfinishedError(f"{path}: line {number} is damaged, so none of its runs is used; remove the file to start anew") from None
    return found


def _digest(key: str, packed: str) -> str:
    """Checksum of a line, from its parts as JSON."""
    return hashlib.sha256(f"[{key},{packed}]".encode()).hexdigest()


def _pack(value: Any) -> Any:
    """As JSON that gives the same value back, to the last bit."""
    if isinstance(value, np.ndarray):
        raw = base64.b64encode(np.ascontiguousarray(value).tobytes()).decode()
        return {"array": [value.dtype.str, list(value.shape), raw]}
    if isinstance(value, tuple):
        return {"tuple": [_pack(v) for v in value]}
    if isinstance(value, Mapping):
        return {"mapping": [[k, _pack(v)] for k, v in value.items()]}
    return value


def _unpack(packed: Any) -> Any:
    """Inverse of `_pack`."""
    if not isinstance(packed, dict):
        return packed
    ((kind, inside),) = packed.items()
    if kind == "array":
        dtype, shape, raw = inside
        return np.frombuffer(base64.b64decode(raw), np.dtype(dtype)).reshape(shape).copy()
    if kind == "tuple":
        return tuple(_unpack(v) for v in inside)
    return {k: _unpack(v) for k, v in dict(inside).items()}
