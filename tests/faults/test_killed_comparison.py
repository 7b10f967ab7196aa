"""A comparison killed at random moments and started again goes on where it was and gives the same files."""

import json
import os
import random
import signal
import subprocess
import sys
import time

from govsim.studies.unfinished import FILE

TRIALS = int(os.environ.get("GOVSIM_TRIALS", "2"))
COMMAND = (
    sys.executable, "-m", "govsim.cli", "compare", "--city", "demo", "--variants", "F1,RV10,cost_matched(F1)",
    "--days", "731", "--replications", "3", "--lang", "en", "--out",
)  # fmt: skip


def files(folder):
    return {p.name: p.read_bytes() for p in folder.iterdir()}


def finish(out, *more):
    done = subprocess.run([*COMMAND, str(out), *more], check=True, capture_output=True, encoding="utf-8", timeout=600)
    return done.stdout


def kept(out):
    """Finished runs in the file of an unfinished comparison."""
    return max(0, (out / FILE).read_bytes().count(b"\n") - 1) if (out / FILE).exists() else 0


def kill(out, n, delay=0.0):
    """Start the comparison and kill it once it has kept n runs; return whether it was still alive."""
    process = subprocess.Popen([*COMMAND, str(out)], stdout=subprocess.DEVNULL)
    while process.poll() is None and kept(out) < n:
        time.sleep(0.005)
    time.sleep(delay)
    was_alive = process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.wait()
    return was_alive


def test_compare__killed_at_random_and_started_again_gives_the_same_files(tmp_path):
    told = finish(tmp_path / "whole")
    whole = files(tmp_path / "whole")
    assert "used again" not in told
    n_runs = json.loads(whole["manifest.json"])["provenance"]["n_runs"]
    luck = random.Random(20261125)
    n_killed = n_resumed = 0
    for trial in range(TRIALS):
        out = tmp_path / f"out{trial}"
        while not (out / "manifest.json").exists():
            n = kept(out)
            if n_killed <= 2 * trial:
                n_killed += kill(out, luck.randint(0, n_runs), luck.uniform(0, 0.5))
                continue
            told = finish(out)
            assert told.startswith(f"{n} of the {n} runs") if n else "used again" not in told
            n_resumed += n > 0
        assert files(out) == whole
    assert n_killed > 0
    assert n_resumed > 0


def test_compare__killed_and_asked_for_more_uses_what_is_there(tmp_path):
    finish(tmp_path / "whole", "--replications", "6")
    out = tmp_path / "out"
    kill(out, 20)
    n = kept(out)
    assert n >= 20
    assert f"{n} of the {n} runs" in finish(out, "--replications", "6")
    assert files(out) == files(tmp_path / "whole")


def test_compare__a_damaged_file_of_runs_is_refused_in_one_line(tmp_path):
    out = tmp_path / "out"
    kill(out, 3)
    lines = (out / FILE).read_bytes().splitlines(keepends=True)
    damaged = b"".join([lines[0], lines[1].replace(b"0", b"1", 1), *lines[2:]])
    (out / FILE).write_bytes(damaged)
    done = subprocess.run([*COMMAND, str(out)], capture_output=True, encoding="utf-8", timeout=300, check=False)
    assert done.returncode == 2
    assert "line 2 is damaged" in done.stderr
    assert done.stderr.count("\n") == 1
    assert (out / FILE).read_bytes() == damaged
