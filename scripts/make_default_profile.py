"""Compute data/profile/default.yaml from the shared request logs (figures only, never rows).

python scripts/make_default_profile.py     needs GOVSIM_SHARED, or ../shared beside the repository

Type shares are those of the specification's taxonomy (3.11, RENO's share in SH). The weekday rhythm is
the message board's; the daily variance is Boston's, on resident-sourced rows, net of weekday and month.
"""

import os
from pathlib import Path

import yaml

from govsim.records import demand_profile, read_log
from govsim.scenario.demand import standard_types

ROOT = Path(__file__).resolve().parents[1]


def compute(shared: Path) -> dict:
    """Return the default profile as plain data."""
    board = demand_profile(read_log(shared / "data/records/message_board_2011_2018.csv.gz"))
    boston = demand_profile(read_log(shared / "data/records/boston_311_2011_jul_oct.csv.gz"))
    return {
        "name": "default",
        "type_shares": {t.code: t.share for t in standard_types()},
        "weekday_factor": [round(f, 10) for f in board.weekday_factor],
        "month_factor": [1.0] * 12,
        "daily_variance": round(boston.daily_variance, 10),
        "n_records": board.n_records + boston.n_records,
        "days_covered": board.days_covered + boston.days_covered,
        "source": "taxonomy 3.11; weekdays: message board; day variance: Boston 311",
        "notes": [
            "type_shares: share column of the taxonomy (model specification 3.11), renovation in SH",
            f"weekday_factor: messages to officials in one Chinese province, 2011-2018, {board.n_records} rows",
            f"daily_variance: City of Boston 311, July-October 2011, resident-sourced, {boston.n_records} rows,"
            " net of weekday and month; one storm weekend carries much of it",
        ],
    }


def main() -> None:
    shared = Path(os.environ.get("GOVSIM_SHARED", ROOT.parent / "shared"))
    text = yaml.safe_dump(compute(shared), sort_keys=False, allow_unicode=True)
    (ROOT / "data/profile/default.yaml").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
