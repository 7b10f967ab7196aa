"""The Mesa face on the pre-release of Mesa 4: the same bits as on Mesa 3, its own tests pass, no warning is raised.

`tools/mesa4.txt` pins the pre-release by its hash. It is fetched into a folder that comes before Mesa 3 on the path, for
these tests only (`make test-mesa4`, and part of `make test-slow`); where no package index answers they skip and say so.
"""

import json
import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

RUN = """
import hashlib, json
import mesa
from govsim.model.governance import GovernanceModel
from govsim.scenario.city import City
from govsim.scenario.scenario import Scenario

model = GovernanceModel(Scenario(city=City.preset("demo"), days=200, burn_in_days=60, seed=5), variant="F1")
for day in range(200):
    model.step()
    model.agents.shuffle_do("advance")
frame = model.datacollector.get_model_vars_dataframe()
bits = {name: hashlib.sha256(column.tobytes()).hexdigest() for name, column in model.engine.world.columns().items()}
bits["collected"] = hashlib.sha256(frame.to_csv().encode()).hexdigest()
agents = {kind.__name__: len(model.agents_by_type[kind]) for kind in model.agent_types}
print(json.dumps({"version": mesa.__version__, "bits": bits, "agents": agents, "steps": model.engine.day, "running": model.running}))
"""


def told(script, *path):
    """What a script prints in a process of its own, with folders before all others on the path, any warning being an error."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([*map(str, path), *filter(None, sys.path)])}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script], env=environment, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def mesa4(repo, tmp_path_factory):
    """Return a folder that holds the pre-release."""
    folder = tmp_path_factory.mktemp("mesa4")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "-qq", "--no-deps", "--require-hashes"]
    asked = [*pip, "--target", str(folder), "-r", str(repo / "tools" / "mesa4.txt")]
    done = subprocess.run(asked, capture_output=True, encoding="utf-8", check=False)
    if done.returncode:
        answer = done.stderr.strip().splitlines() or ["pip said nothing"]
        if "HASHES" in done.stderr:
            pytest.fail(done.stderr)
        pytest.skip(f"no package index gave the pre-release of Mesa 4: {answer[-1]}")
    return folder


def test_run__has_the_same_bits_on_both(mesa4):
    old, new = told(RUN), told(RUN, mesa4)
    assert old["version"].startswith("3.") and new["version"].startswith("4.")
    assert old["steps"] == new["steps"] == 200
    assert sum(old["agents"].values()) > 1_000
    for name in ("bits", "agents", "running"):
        assert old[name] == new[name], name


def test_model_tests__pass_on_the_pre_release(repo, mesa4):
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(mesa4), *filter(None, sys.path)])}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", "-p", "no:cacheprovider", "-W", "error", "tests/unit/model"]
    done = subprocess.run(command, cwd=repo, env=environment, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
