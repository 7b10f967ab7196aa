"""Where the files that come with govsim lie."""

from pathlib import Path

_HERE = Path(__file__).resolve().parent


def _data_folders() -> tuple[Path, ...]:
    """Folders to look in: the installed package's, then the checkout's."""
    return (_HERE / "data", _HERE.parents[1] / "data")


def data_path(name: str = "") -> Path:
    """Return the path of a file or folder of govsim's ``data``.

    Parameters
    ----------
    name
        Path below ``data``, with ``/`` between its parts; empty for the folder itself.

    Raises
    ------
    FileNotFoundError
        If no such file comes with this installation.
    ValueError
        If the name leads out of ``data``.
    """
    parts = Path(name)
    if parts.is_absolute() or ".." in parts.parts:
        raise ValueError(f"data_path takes a name below govsim's data folder, not {name!r}")
    for folder in _data_folders():
        if (path := folder / parts).exists():
            return path
    raise FileNotFoundError(f"govsim ships no data file {name!r}")
