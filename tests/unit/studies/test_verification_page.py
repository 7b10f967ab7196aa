"""`docs/science/verification.md` says what verifies what, and is true."""

import ast
import re

import pytest

from govsim.studies import checks
from govsim.studies.verify import NOT_APPLICABLE

STATUSES = {"holds", "formula", "no test"}


@pytest.fixture(scope="module")
def page(repo):
    return (repo / "docs" / "science" / "verification.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def tests(repo):
    """Every test, as (stem of its file, name)."""
    found = set()
    for path in (repo / "tests").rglob("test_*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        found |= {(path.stem, node.name) for node in tree.body if isinstance(node, ast.FunctionDef)}
    return found


def held_by(cell):
    """Checks of `govsim verify` and tests that a cell names."""
    named, owner = ([], []), None
    for item in (part.strip() for part in re.split("[;,]", cell) if part.strip()):
        if item.startswith("verify "):
            named[0].append(item.removeprefix("verify "))
            continue
        if ":" in item:
            owner, item = (part.strip() for part in item.split(":"))
        named[1].append((owner, item))
    return named


def rows_of(page):
    """Number, what holds it and status of every test of section 4 and every scenario."""
    return [(row[0], row[2], row[3]) for line in page.splitlines() if re.match(r"\| (T|SC)\d", line)
            for row in [[cell.strip() for cell in line.strip("|").split("|")]]]  # fmt: skip


def test_page__has_every_test_of_the_specification_once(page):
    rows = rows_of(page)
    assert [code for code, _, _ in rows if code.startswith("T")] == [f"T{n}" for n in range(1, 32)]
    assert {status for _, _, status in rows} == STATUSES
    assert tuple(code for code, _, status in rows if status != "holds") == NOT_APPLICABLE
    assert all(any(held_by(cell)) is (status != "no test") for _, cell, status in rows)


def test_page__names_every_check_in_the_row_of_its_number(page):
    named = {code: set(held_by(cell)[0]) for code, cell, _ in rows_of(page)}
    known = {}
    for check in checks.checks():
        known.setdefault(check.code, set()).add(check.name)
    known["T4"].add("classes")  # the conserved sum stands in T3's check
    assert {code: names for code, names in named.items() if names} == known


def test_page__names_tests_that_exist(page, tests):
    cells = [cell for _, cell, _ in rows_of(page)]
    cells += re.findall(r"\| (test_\w+: [\w, ]+) \|$", page, flags=re.M)
    assert len(cells) > 31 + 5
    missing = [test for cell in cells for test in held_by(cell)[1] if test not in tests]
    assert not missing
