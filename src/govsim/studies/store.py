"""Results of a study on disk: tables as Parquet and a manifest, whole or not at all."""

import json
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from govsim.results.store import check_folder, put_in_place
from govsim.studies.compare import Comparison
from govsim.studies.unfinished import FILE, is_unfinished

if TYPE_CHECKING:
    from govsim.studies.patterns import Filtered, Patterns

FORMAT = "govsim comparison"
PATTERNS = "govsim patterns"
FORMAT_VERSION = 1
MANIFEST = "manifest.json"
TABLES = ("table", "curve", "net_benefit", "runs")


def is_comparison(folder: Path) -> bool:
    """Return whether a folder holds a comparison, or the runs of an unfinished study, and nothing but its own files."""
    return _is_own(folder, FORMAT)


def is_patterns(folder: Path) -> bool:
    """Return whether a folder holds patterns or their filter, or the runs of an unfinished study, and nothing but its own files."""
    return _is_own(folder, PATTERNS)


def _is_own(folder: Path, form: str) -> bool:
    """Return whether every file of a folder is of this form."""
    try:
        held = {p.name for p in folder.iterdir()}
        if FILE in held and (held == {FILE} or not is_unfinished(folder / FILE)):
            return is_unfinished(folder / FILE)
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return manifest["format"] == form and held <= {MANIFEST, FILE, *manifest["files"]}
    except (OSError, ValueError, KeyError, TypeError):
        return False


def save_comparison(
    comparison: Comparison,
    folder: str | Path,
    *,
    extras: Callable[[Path], None] | None = None,
) -> Path:
    """Write a comparison; an earlier one at the same place, and the runs of an unfinished one, are replaced.

    Everything is written beside the place and then renamed, so that a reader never sees half.

    Parameters
    ----------
    extras
        Writes further files, such as figures, into the folder it is handed.

    Raises
    ------
    ValueError
        The place is taken by something else, or cannot be written to.
    OSError
        The disk refused; nothing is left behind.
    """
    tables = {name: getattr(comparison, name) for name in TABLES}
    return _save(tables, comparison.provenance, FORMAT, folder, extras)


def save_patterns(found: "Patterns | Filtered", folder: str | Path) -> Path:
    """Write the tables of patterns, or of their filter, as `save_comparison` writes a comparison."""
    tables = {name: value for name, value in vars(found).items() if isinstance(value, pd.DataFrame)}
    return _save(tables, found.provenance, PATTERNS, folder)


def _save(
    tables: Mapping[str, pd.DataFrame], provenance: Mapping[str, Any], form: str, folder: str | Path,
    extras: Callable[[Path], None] | None = None,
) -> Path:  # fmt: skip
    """Write tables and their manifest beside the place, then rename."""
    path = check_folder(folder, lambda place: _is_own(place, form)).absolute()
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{path.name}-", dir=path.parent))
    try:
        for name, table in tables.items():
            table.to_parquet(draft / f"{name}.parquet", compression="zstd", index=False)
        if extras:
            extras(draft)
        files = sorted(p.name for p in draft.iterdir())
        manifest = {"format": form, "version": FORMAT_VERSION, "files": files, "provenance": provenance}
        text = json.dumps(manifest, ensure_ascii=False, indent=2)
        (draft / MANIFEST).write_text(text + "\n", encoding="utf-8")
        put_in_place(draft, path)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return Path(folder)


def load_comparison(folder: str | Path) -> Comparison:
    """Read a comparison back.

    Raises
    ------
    ValueError
        No comparison there, or one of another version; one line.
    """
    path = Path(folder)
    try:
        manifest = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
        if manifest["format"] != FORMAT or manifest["version"] != FORMAT_VERSION:
            raise ValueError("another format")
        tables = [pd.read_parquet(path / f"{name}.parquet") for name in TABLES]
        return Comparison(**dict(zip(TABLES, tables, strict=True)), provenance=manifest["provenance"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{folder} holds no comparison that can be read ({error})") from None
