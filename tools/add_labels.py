"""Add labels to both catalogues, sorted.

python tools/add_labels.py < lines     each line: key | English | 中文
python tools/add_labels.py             (nothing piped in) only sorts

A key that is there already gets the new texts.
"""

import json
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "src" / "govsim" / "locale"


def main() -> None:
    lines = [] if sys.stdin.isatty() else [n for n in sys.stdin.read().splitlines() if n.strip()]
    rows = [[part.strip() for part in line.split("|")] for line in lines]
    for number, row in enumerate(rows, start=1):
        if len(row) != 3 or not all(row):
            sys.exit(f"line {number} is not 'key | English | 中文'")
    for column, lang in ((1, "en"), (2, "zh")):
        path = FOLDER / f"{lang}.json"
        texts = json.loads(path.read_text(encoding="utf-8"))
        texts.update({row[0]: row[column] for row in rows})
        text = json.dumps(texts, ensure_ascii=False, indent=2, sort_keys=True)
        path.write_text(text + "\n", encoding="utf-8", newline="\n")
    print(f"{len(rows)} labels written; {len(texts)} in all")


if __name__ == "__main__":
    main()
