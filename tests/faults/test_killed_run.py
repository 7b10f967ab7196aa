"""A run killed at a random moment and resumed from its last state gives the same files."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from govsim.scenario.city import City
from govsim.scenario.files import save_scenario
from govsim.scenario.scenario import Scenario
from govsim.scenario.variants import apply

TRIALS = int(os.environ.get("GOVSIM_TRIALS", "6"))
COMMAND = (sys.executable, "-m", "govsim.cli", "run")


def files(folder):
    return {p.name: p.read_bytes() for p in folder.iterdir()}


def run(*arguments):
    subprocess.run([*COMMAND, *map(str, arguments)], check=True, stdout=subprocess.DEVNULL, timeout=300)


@pytest.mark.slow
def test_run__killed_and_resumed_gives_the_same_files(tmp_path):
    asked = apply(Scenario(city=City.preset("standard"), days=1095), "F1")
    scenario = tmp_path / "asked.yaml"
    save_scenario(asked, scenario)
    run(scenario, "--out", tmp_path / "whole")
    start = time.monotonic()
    run(scenario, "--out", tmp_path / "timed", "--state", tmp_path / "timed.state", "--save-every", 40)
    length = time.monotonic() - start
    whole = files(tmp_path / "whole")
    assert files(tmp_path / "timed") == whole
    luck = random.Random(20261124)
    n_killed = n_resumed = 0
    for trial in range(TRIALS):
        state, out = tmp_path / f"{trial}.state", tmp_path / f"out{trial}"
        options = ["--out", str(out), "--state", str(state), "--save-every", "40"]
        while not out.exists():
            start_from = ["--resume", str(state)] if state.exists() else [str(scenario)]
            n_resumed += state.exists()
            process = subprocess.Popen([*COMMAND, *start_from, *options], stdout=subprocess.DEVNULL)
            try:
                # Half of them at any moment, starting up included; half once there is a state, where most of the work is.
                if luck.random() < 0.5:
                    process.wait(luck.uniform(0.3, 1.2) * length)
                else:
                    while process.poll() is None and not state.exists():
                        time.sleep(0.005)
                    process.wait(luck.uniform(0.0, 0.4) * length)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.wait()
                n_killed += 1
            else:
                assert process.returncode == 0
        assert files(out) == whole
        assert all(p.name.startswith((".", "whole", "timed", "asked", "out")) or p.suffix == ".state" for p in Path(tmp_path).iterdir())
    assert n_killed > 0
    assert n_resumed > 0
