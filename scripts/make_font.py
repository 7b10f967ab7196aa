"""Make src/govsim/show/fonts/ (run by hand; same input, same bytes).

    python scripts/make_font.py

Takes Noto Sans SC Regular 2.004 (SIL Open Font License 1.1) out of the PyPI wheel zhplot 1.0.0,
which pip fetches and checks by its hash, and cuts it with fontTools (matplotlib brings it) to
GB 2312, the names in `data/division`, Latin and the signs that figures use. The family keeps its
name "Noto Sans SC"; the reserved name of the licence is another one ("Source").
"""

import gzip
import io
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

HERE = Path(__file__).resolve().parent
FONTS = HERE.parent / "src" / "govsim" / "show" / "fonts"
DIVISION = HERE.parent / "data" / "division"

PACKAGE = "zhplot==1.0.0"
SHA256 = "a5dccc5fc1116eafaa54d99c903ad74836e3ab9f5bdc45d27c29a97202268a2a"
MEMBER = "zhplot/fonts/NotoSansSC-Regular.ttf"
LICENCE = "zhplot/fonts/OFL.txt"
NAME = "NotoSansSC-Regular-subset.ttf"

RANGES = (
    (0x20, 0x7E),  # ASCII
    (0xA0, 0x17F),  # Latin-1, Latin Extended-A
    (0x391, 0x3C9),  # Greek
    (0x2010, 0x2027),  # dashes, quotes, ellipsis
    (0x2030, 0x203A),
    (0x2070, 0x208E),  # superscripts, subscripts
    (0x2190, 0x21FF),  # arrows
    (0x2200, 0x22FF),  # mathematical signs
    (0x2460, 0x2473),  # circled numbers
    (0x25A0, 0x25FF),  # geometric shapes
    (0x2713, 0x2717),
    (0x3000, 0x303F),  # Chinese punctuation
    (0xFF00, 0xFFEF),  # full-width forms
)


def wanted() -> set[int]:
    """Code points to keep."""
    points = {point for low, high in RANGES for point in range(low, high + 1)}
    for high in range(0xA1, 0xF8):
        for low in range(0xA1, 0xFF):
            try:
                points.add(ord(bytes((high, low)).decode("gb2312")))
            except UnicodeDecodeError:
                continue
    for path in sorted(DIVISION.glob("*.gz")):
        points |= {ord(sign) for sign in gzip.decompress(path.read_bytes()).decode("utf-8")}
    return points


def fetch(folder: Path) -> Path:
    """Download the wheel, checked by its hash."""
    requirement = folder / "requirement.txt"
    requirement.write_text(f"{PACKAGE} --hash=sha256:{SHA256}\n", encoding="utf-8")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
    subprocess.run([*command, "--dest", str(folder), "-r", str(requirement)], check=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


def cut(data: bytes) -> bytes:
    """Return the font with the wanted code points only."""
    font = TTFont(io.BytesIO(data), recalcTimestamp=False)
    options = subset.Options(layout_features=["kern", "locl", "ccmp"], hinting=False, name_IDs=["*"], notdef_outline=True)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=wanted())
    cutter.subset(font)
    out = io.BytesIO()
    font.save(out)
    return out.getvalue()


def main() -> None:
    """Write the font and its licence."""
    FONTS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(fetch(Path(folder))) as wheel:
        data = cut(wheel.read(MEMBER))
        (FONTS / NAME).write_bytes(data)
        text = wheel.read(LICENCE).decode("utf-8").replace("\r\n", "\n")
        (FONTS / "OFL.txt").write_text(text, encoding="utf-8")
    sys.stdout.write(f"{NAME}: {len(data):,} bytes\n")


if __name__ == "__main__":
    main()
