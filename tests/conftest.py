"""Fixtures for every test."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# No test asserts a time, and a rule's first call may compile it. The same code is judged by the
# same examples, on every machine; `--hypothesis-profile=search` looks for others.
settings.register_profile("govsim", deadline=None, derandomize=True)
settings.register_profile("search", deadline=None, max_examples=3000)
settings.load_profile("govsim")

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def repo() -> Path:
    """Return the checkout's top folder."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the shared folder: ``GOVSIM_SHARED``, else beside the checkout, else skip."""
    named = os.environ.get("GOVSIM_SHARED")
    folder = Path(named) if named else ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip(f"no shared folder at {folder} (set GOVSIM_SHARED)")
    return folder
