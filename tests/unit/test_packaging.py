"""The files that set the project up agree with one another."""

import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

import govsim
from govsim import paths


def _project(repo: Path) -> dict:
    return tomllib.loads((repo / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def _specifiers(lines: list[str]) -> dict[str, SpecifierSet]:
    found = {}
    for requirement in map(Requirement, lines):
        name = canonicalize_name(requirement.name)
        assert name not in found, f"{name} is named twice"
        found[name] = requirement.specifier
    return found


def _declared(repo: Path) -> dict[str, SpecifierSet]:
    project = _project(repo)
    return _specifiers(project["dependencies"] + project["optional-dependencies"]["dev"])


def _locked(repo: Path) -> list[Requirement]:
    text = (repo / "requirements.lock").read_text(encoding="utf-8")
    text = re.sub(r"\s*\\\n\s+--hash=\S+", "", text)
    lines = (line.strip() for line in text.splitlines())
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


def test_conda_environment_agrees_with_pyproject(repo):
    environment = yaml.safe_load((repo / "environment.yml").read_text(encoding="utf-8"))
    assert environment["channels"] == ["conda-forge", "nodefaults"]
    lines = []
    for entry in environment["dependencies"]:
        lines += entry["pip"] if isinstance(entry, dict) else [entry]
    assert "-e ." in lines
    conda = _specifiers([line for line in lines if line not in ("-e .", "pip")])
    assert conda.pop("python") == SpecifierSet(_project(repo)["requires-python"])
    assert conda == _declared(repo)


def test_every_dependency_has_its_reason_in_the_changelog(repo):
    project = _project(repo)
    changelog = (repo / "CHANGELOG.md").read_text(encoding="utf-8")
    lines = [*project["dependencies"]]
    for extra, names in project["optional-dependencies"].items():
        lines += names if extra != "all" else []
    missing = [r.name for r in map(Requirement, lines) if f"**{r.name}**" not in changelog]
    assert not missing


def test_lock_names_no_address_and_no_local_version(repo):
    text = (repo / "requirements.lock").read_text(encoding="utf-8")
    # No slash: neither an address nor a path. (The word "http" alone is in a package's name.)
    for word in ("/", "http:", "https:", "file:", "index-url", "find-links", "trusted-host", " @ "):
        assert word not in text, word
    for requirement in _locked(repo):
        (pin,) = requirement.specifier
        assert pin.operator == "=="
        assert Version(pin.version).local is None


def test_lock_has_hashes_for_every_package(repo):
    text = (repo / "requirements.lock").read_text(encoding="utf-8")
    entries = re.findall(r"^[A-Za-z0-9][^\n]*(?:\n\s+--hash=[^\n]*)*", text, flags=re.M)
    assert len(entries) == len(_locked(repo))
    assert all("--hash=sha256:" in entry for entry in entries)


def test_locked_versions_satisfy_pyproject(repo):
    locked = {}
    for requirement in _locked(repo):
        locked.setdefault(canonicalize_name(requirement.name), []).append(requirement)
    for name, specifier in _declared(repo).items():
        assert name in locked, f"{name} is not in requirements.lock: run make lock"
        for requirement in locked[name]:
            (pin,) = requirement.specifier
            assert specifier.contains(pin.version), f"{name} {pin.version} is not {specifier}"


def test_python_version_file(repo):
    assert (repo / ".python-version").read_text(encoding="utf-8").strip() == "3.12"


def test_ci_runs_both_test_targets(repo):
    lines = (repo / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert "set -euo pipefail" in lines
    assert lines.index("make test") < lines.index("make test-slow")
    assert os.access(repo / ".ci" / "run", os.X_OK)


def test_citation_and_package_have_one_version(repo):
    citation = yaml.safe_load((repo / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == govsim.__version__


def test_set_up_files_name_no_place_of_one_machine(repo):
    names = ["Makefile", ".ci/run", "pyproject.toml", "environment.yml", "tools/find_python.sh"]
    for name in names:
        text = (repo / name).read_text(encoding="utf-8")
        assert not re.search(r"index-url\s*=|find-links\s*=|https?://", text), name
        assert str(repo) not in text, name
        assert f"{Path.home()}{os.sep}" not in text, name


def test_finder_refuses_with_both_languages_when_nothing_answers(repo, tmp_path):
    (tmp_path / "python3.12").write_text("#!/bin/sh\nexit 127\n", encoding="utf-8")
    (tmp_path / "python3.12").chmod(0o755)
    shell, cat = "/bin/sh", "/bin/cat"
    (tmp_path / "cat").symlink_to(cat)
    done = subprocess.run(
        [shell, str(repo / "tools" / "find_python.sh")],
        env={"PATH": str(tmp_path), "HOME": str(tmp_path)},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode != 0
    assert done.stdout == ""
    assert "govsim needs Python 3.12" in done.stderr
    assert "需要 Python 3.12" in done.stderr


def test_finder_takes_the_python_it_is_told(repo):
    done = subprocess.run(
        ["/bin/sh", str(repo / "tools" / "find_python.sh")],
        env={**os.environ, "GOVSIM_PYTHON": sys.executable},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert Path(done.stdout.strip()).samefile(sys.executable)


def test_public_names_load_from_their_modules():
    for name in govsim.__all__:
        assert getattr(govsim, name) is not None
    assert set(govsim.__all__) <= set(dir(govsim))
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = govsim.no_such_name


def test_data_path_prefers_the_installed_folder(tmp_path, monkeypatch):
    installed, checkout = tmp_path / "installed", tmp_path / "checkout"
    for folder in (installed, checkout):
        folder.mkdir()
        (folder / "both.csv").touch()
    (checkout / "one.csv").touch()
    monkeypatch.setattr(paths, "_data_folders", lambda: (installed, checkout))
    assert paths.data_path("both.csv") == installed / "both.csv"
    assert paths.data_path("one.csv") == checkout / "one.csv"
    with pytest.raises(FileNotFoundError, match=r"none\.csv"):
        paths.data_path("none.csv")


@pytest.mark.parametrize("name", ["../pyproject.toml", "/etc/hosts"])
def test_data_path_stays_below_data(name):
    with pytest.raises(ValueError, match="below"):
        paths.data_path(name)


def test_data_path_finds_the_data_folder():
    assert paths.data_path().is_dir()


@pytest.mark.slow
def test_wheel_ships_the_data_and_works_alone(repo, tmp_path):
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--wheel-dir", str(tmp_path), str(repo)], check=True)
    (wheel,) = tmp_path.glob("govsim-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        archive.extractall(tmp_path / "site")
    assert "govsim/py.typed" in names
    for folder, below in (("data", "govsim/data"), ("src/govsim", "govsim")):
        for path in (repo / folder).rglob("*"):
            if path.is_file() and path.suffix not in {".pyc", ".nbi", ".nbc"}:
                assert f"{below}/{path.relative_to(repo / folder).as_posix()}" in names
    done = subprocess.run(
        [sys.executable, "-c", "import govsim.paths as p; print(p.__file__); print(p.data_path())"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "site")},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    module, data = map(Path, done.stdout.split())
    assert module.parent == tmp_path / "site" / "govsim"
    assert data == module.parent / "data"


@pytest.mark.parametrize("words", [("check",), ("format", "--check")])
def test_lint__finds_nothing(repo, words):
    ruff = Path(sys.executable).with_name("ruff")
    done = subprocess.run([ruff, *words, "."], cwd=repo, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.slow
def test_lint__types_are_sound(repo, tmp_path):
    mypy = Path(sys.executable).with_name("mypy")
    done = subprocess.run([mypy, "--cache-dir", tmp_path], cwd=repo, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
