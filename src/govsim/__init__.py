"""Simulating grassroots governance in a county-level city.

The public names load when first used, so that ``import govsim`` stays quick.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

#: Public name -> module that defines it. To publish a name, add a line here.
_PUBLIC: dict[str, str] = {
    "data_path": "govsim.paths",
}

__all__ = ["__version__", *sorted(_PUBLIC)]


def __getattr__(name: str) -> Any:
    """Load a public name from its module at first use."""
    if name not in _PUBLIC:
        raise AttributeError(f"module 'govsim' has no attribute {name!r}")
    value = getattr(import_module(_PUBLIC[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_PUBLIC})
