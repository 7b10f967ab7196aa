"""Compute data/profile/default.yaml from the shared request logs (figures only, never rows).

    python scripts/make_default_profile.py

Needs GOVSIM_SHARED, or ../shared beside the repository. Type shares are those of the
specification's taxonomy (3.11; RENO's share in SH, ruling 45). The weekday rhythm is the message
board's: Chinese, and of citizens. The daily variance is Boston's on resident-sourced rows, net of
weekday and month: the board, of fewer than one message a day, tells little about it.
"""

import os
import sys
from pathlib import Path

import pandas as pd

from govsim.records import demand_profile, read_log
from govsim.records.estimate import fit_days
from govsim.scenario.demand import standard_types
from govsim.scenario.profile import DemandProfile, save_profile

ROOT = Path(__file__).resolve().parents[1]
STORM = pd.to_datetime(["2011-08-28", "2011-08-29"])


def compute(shared: Path) -> DemandProfile:
    """Return the default profile."""
    board_log = read_log(shared / "data/records/message_board_2011_2018.csv.gz")
    boston_log = read_log(shared / "data/records/boston_311_2011_jul_oct.csv.gz")
    board, boston = demand_profile(board_log), demand_profile(boston_log)
    fit = fit_days(boston_log.table["opened"].dt.normalize())
    squares = (fit.counts - fit.expected) ** 2
    storm_share = squares[fit.days.isin(STORM)].sum() / squares.sum()
    raw_ratio = fit.counts.var(ddof=1) / fit.counts.mean()
    return DemandProfile(
        name="default",
        type_shares={t.code: t.share for t in standard_types()},
        weekday_factor=tuple(round(f, 10) for f in board.weekday_factor),
        daily_variance=round(boston.daily_variance, 10),
        n_records=board.n_records + boston.n_records,
        days_covered=board.days_covered + boston.days_covered,
        source="taxonomy 3.11; weekdays: message board; day variance: Boston 311",
        notes=(
            "type_shares: share column of the taxonomy (specification 3.11), renovation in SH",
            f"weekday_factor: messages to officials in one Chinese province, 2011-2018, {board.n_records} rows (TipDM Cup 2020 problem C)",
            "month_factor: none; the seasons are those of the types (3.11)",
            "daily_variance: City of Boston 311, July-October 2011, resident-sourced, "
            f"{boston.n_records} rows; variance over mean of daily counts {raw_ratio:.1f}, net "
            f"of weekday and month {fit.residual_dispersion:.1f}; the hurricane weekend of 28-29 "
            f"August carries {storm_share:.0%} of the squared residuals",
            f"the message board alone would give a daily_variance of {board.daily_variance:.3f}",
        ),
    )


def main() -> int:
    """Write the profile; return the exit code."""
    shared = Path(os.environ.get("GOVSIM_SHARED", ROOT.parent / "shared"))
    if not shared.is_dir():
        sys.stderr.write("make_default_profile: no shared folder; set GOVSIM_SHARED\n")
        return 1
    save_profile(compute(shared), ROOT / "data/profile/default.yaml")
    sys.stdout.write("wrote data/profile/default.yaml\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
