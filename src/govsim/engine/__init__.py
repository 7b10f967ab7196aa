"""How a day happens.

1. Calendar: workday or not; on the first of a month gossip, forgetting, inflow of pots, memo checks,
   what is given for the month; on the first of a quarter visits are dated; two budget windows a year.
2. Events before the opening hour (arrivals, choices, returns) in order of time.
3. Joint meetings whose date has come sit; their hours become debt of the attendees' units.
4. Desks open: debt is paid first, then yesterday's packages go on, then the queue.
5. One heap of events for the rest of the day, by (time, issue, kind, entity): arrivals and channel choice,
   owners found, rounds of asking, gates, releases, starts and ends of work, closures, audits,
   reopenings, expiries of patience, petitions, directives, visits, interruptions.
6. The day is recorded.

Compiled code is cached in a folder named by a hash of every source of the engine, since the compiler
notices edits only in the file that holds the cached function.
"""

import hashlib
import os
import sys
import tempfile
from pathlib import Path


def _cache_folder() -> str:
    """A folder of the user's cache named by what the compiled code depends on."""
    digest = hashlib.sha256()
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.read_bytes())
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    folder = Path(base) / "govsim" / digest.hexdigest()[:16]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        folder = Path(tempfile.gettempdir()) / f"govsim-{digest.hexdigest()[:16]}"
        folder.mkdir(parents=True, exist_ok=True)
    return str(folder)


if "NUMBA_CACHE_DIR" not in os.environ:
    os.environ["NUMBA_CACHE_DIR"] = _cache_folder()
    if "numba" in sys.modules:  # it reads the environment once, when imported
        sys.modules["numba"].config.CACHE_DIR = os.environ["NUMBA_CACHE_DIR"]
