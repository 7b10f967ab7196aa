"""Imports point down: the table of rooms, checked on the syntax trees."""

import ast
from pathlib import Path

import pytest

LOWER = {
    "scenario": {"paths"},
    "labels": set(),
    "paths": set(),
    "engine": {"scenario", "paths"},
    "model": {"scenario", "engine", "paths", "labels"},
    "records": {"scenario", "paths", "labels"},
    "results": {"scenario", "engine", "paths", "labels"},
    "studies": {"scenario", "engine", "model", "records", "results", "paths", "labels"},
    "show": {"scenario", "engine", "model", "records", "results", "studies", "paths", "labels"},
}
"""What of ours each room may import, besides itself. What is not here (the door) may import all."""

ANYWHERE = {"results", "records", "studies", "show"}
HOMES = {
    "numba": {"engine"},
    "mesa": {"model"},
    "pandas": ANYWHERE,
    "matplotlib": {"show"},
    "seaborn": {"show"},
    "plotly": {"show"},
    "tornado": {"show/classroom"},
    "anywidget": {"show/classroom"},
}
"""The only folders in which a package may be imported, inside functions too."""

LAZY = {"pandas": {"scenario", "model", "cli"}}
"""Further rooms that may import it inside a function."""


def room_of(module: str) -> str:
    """First part below govsim, of a dotted name or of a path with slashes."""
    return module.replace("/", ".").split(".")[0]


def imported(tree: ast.AST, package: str) -> list[tuple[str, bool]]:
    """Absolute names a module imports, and whether at import time."""
    found: list[tuple[str, bool]] = []

    def visit(node: ast.AST, is_now: bool) -> None:
        if isinstance(node, ast.Import):
            found.extend((alias.name, is_now) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package.split(".")[: 1 - node.level or None] if node.level else []
            name = ".".join([*base, *([node.module] if node.module else [])])
            if name == "govsim":
                found.extend((f"govsim.{alias.name}", is_now) for alias in node.names)
            else:
                found.append((name, is_now))
        is_function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        is_typing = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for child in ast.iter_child_nodes(node):
            visit(child, is_now and not is_function and not is_typing)

    visit(tree, True)
    return found


def faults(path: str, source: str) -> list[str]:
    """What a module at this path below govsim must not import."""
    room = room_of(path.removesuffix(".py"))
    package = ".".join(["govsim", *path.split("/")[:-1]])
    wrong = []
    for name, is_now in imported(ast.parse(source), package):
        top, _, rest = name.partition(".")
        if top == "govsim" and room in LOWER:
            target = room_of(rest)
            if target not in ("", "__version__", room) and target not in LOWER[room]:
                wrong.append(f"{path} imports govsim.{target}")
        homes = HOMES.get(top)
        is_home = homes is None or any(path.startswith(f"{home}/") for home in homes)
        is_lazy = not is_now and room in LAZY.get(top, set())
        if not is_home and not is_lazy:
            wrong.append(f"{path} imports {top}")
    return wrong


def test_imports__point_down(repo):
    source = repo / "src" / "govsim"
    wrong = [
        fault
        for file in sorted(source.rglob("*.py"))
        for fault in faults(file.relative_to(source).as_posix(), file.read_text(encoding="utf-8"))
    ]
    assert not wrong


@pytest.mark.parametrize(
    ("path", "source", "n_faults"),
    [
        ("engine/a.py", "from govsim.scenario import city", 0),
        ("engine/a.py", "import numba", 0),
        ("scenario/a.py", "from govsim.engine import state", 1),
        ("scenario/a.py", "from ..engine import state", 1),
        ("scenario/a.py", "from .city import City", 0),
        ("scenario/a.py", "import pandas as pd", 1),
        ("scenario/a.py", "def f():\n    import pandas", 0),
        ("scenario/a.py", "if TYPE_CHECKING:\n    import pandas", 0),
        ("scenario/a.py", "def f():\n    import numba", 1),
        ("engine/a.py", "def f():\n    import pandas", 1),
        ("engine/a.py", "from govsim import labels", 1),
        ("results/a.py", "import govsim.studies.paired", 1),
        ("show/a.py", "import anywidget", 1),
        ("show/classroom/a.py", "import anywidget", 0),
        ("studies/a.py", "from matplotlib import pyplot", 1),
        ("cli.py", "import govsim.show", 0),
        ("labels.py", "from govsim.scenario.inputs import inputs", 1),
    ],
)
def test_checker__finds_planted_faults(path, source, n_faults):
    assert len(faults(path, source)) == n_faults


def test_rooms__are_all_in_the_table(repo):
    source = Path(repo / "src" / "govsim")
    rooms = {p.name for p in source.iterdir() if p.is_dir() and any(p.glob("*.py"))}
    assert rooms <= set(LOWER)
