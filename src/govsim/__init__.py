"""Simulating grassroots governance in a county-level city.

The public names load when first used, so that ``import govsim`` stays quick.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

#: Public name -> module that defines it. To publish a name, add a line here.
_PUBLIC: dict[str, str] = {
    "City": "govsim.scenario.city",
    "Comparison": "govsim.studies.compare",
    "Demand": "govsim.scenario.demand",
    "History": "govsim.results.history",
    "GovernanceModel": "govsim.model.governance",
    "Mechanism": "govsim.scenario.mechanism",
    "OwnComponent": "govsim.scenario.own",
    "Run": "govsim.results.run",
    "Scenario": "govsim.scenario.scenario",
    "apply": "govsim.scenario.variants",
    "compare": "govsim.studies.compare",
    "crn_audit": "govsim.studies.audit",
    "data_path": "govsim.paths",
    "filter_by_patterns": "govsim.studies.patterns",
    "find_issues": "govsim.results.finding",
    "label": "govsim.labels",
    "load_comparison": "govsim.studies.store",
    "load_run": "govsim.results.store",
    "load_scenario": "govsim.scenario.files",
    "load_variant": "govsim.scenario.variant_files",
    "patterns": "govsim.studies.patterns",
    "plot_comparison": "govsim.show.figures",
    "plot_planes": "govsim.show.planes",
    "plot_story": "govsim.show.timeline",
    "override": "govsim.scenario.inputs",
    "resilience": "govsim.studies.resilience",
    "save_comparison": "govsim.studies.store",
    "save_scenario": "govsim.scenario.files",
    "save_variant": "govsim.scenario.variant_files",
    "simulate": "govsim.results.simulate",
    "story": "govsim.results.story",
    "twin_story": "govsim.results.twins",
    "variant": "govsim.scenario.variants",
    "verify": "govsim.studies.verify",
    "with_scenario": "govsim.scenario.files",
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
