"""From a file on disk to a table of text cells: existence, compression, encoding, rows.

Nothing in a file is executed: tables are parsed as text, parquet as columns.
"""

import csv
import gzip
import io
import re
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pa_parquet

MAX_BYTES = 4_000_000_000
"""Largest text, after decompression, that is read into memory."""

ALLOWED = ".csv, .csv.gz (UTF-8 or GB18030) or .parquet"

_CHUNK = 1 << 24
_SAMPLE = 1 << 20
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_CJK = re.compile("[\u2010-\u2027\u3000-\u303f\u3400-\u4dbf\u4e00-\u9fff\uff00-\uffef]")
_NOT_ASCII = re.compile("[^\x00-\x7f]")


class RecordsError(ValueError):
    """A file or mapping that cannot be used. One line: what, where, what is allowed."""

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.split()))


@dataclass(frozen=True, slots=True)
class RawTable:
    """Cells as text, before any meaning.

    Attributes
    ----------
    table : every column as strings; empty cells are null.
    row_numbers : int64, as a spreadsheet numbers rows: the header is row 1.
    malformed_rows : numbers of the rows with too few or too many fields; they are not in `table`.
    encoding : how the text was read.
    """

    table: pa.Table
    row_numbers: np.ndarray
    malformed_rows: np.ndarray
    encoding: str


def read_raw(path: str | Path) -> RawTable:
    """Read a csv, csv.gz or parquet file as text cells.

    Raises
    ------
    RecordsError
        Missing, a folder, empty, cut short, binary, of unknown encoding, without rows.
    """
    file = Path(path)
    data = _read_bytes(file)
    raw = _read_parquet(data, file) if data[:4] == b"PAR1" else _read_csv(data, file)
    if raw.table.num_rows + len(raw.malformed_rows) == 0:
        raise RecordsError(f"{file.name}: has a header but no rows")
    return raw


def _read_bytes(file: Path) -> bytes:
    """Content of a file, decompressed if gzip."""
    try:
        data = file.read_bytes()
    except FileNotFoundError:
        raise RecordsError(f"{file.name}: no such file; allowed: {ALLOWED}") from None
    except IsADirectoryError:
        raise RecordsError(f"{file.name}: is a folder; give one file: {ALLOWED}") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a usable path"
        raise RecordsError(f"{file.name}: cannot be read ({reason})") from None
    if data[:2] == b"\x1f\x8b":
        data = _decompress(data, file)
    if not data.strip():
        raise RecordsError(f"{file.name}: is empty; allowed: {ALLOWED} with a header and rows")
    return data


def _decompress(data: bytes, file: Path) -> bytes:
    """Unzip, in pieces so that a small file cannot fill the memory."""
    pieces, size = [], 0
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
            while piece := stream.read(_CHUNK):
                size += len(piece)
                if size > MAX_BYTES:
                    raise RecordsError(f"{file.name}: unpacks to more than {MAX_BYTES} bytes")
                pieces.append(piece)
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise RecordsError(f"{file.name}: the gzip is damaged or cut short after {size} bytes of text") from None
    return b"".join(pieces)


# ---- text ------------------------------------------------------------------------------------


def _read_csv(data: bytes, file: Path) -> RawTable:
    """Parse delimited text; rows with a wrong number of fields are set apart."""
    text, encoding = decode(data, file)
    text = text.rstrip()
    if "\n" not in text:  # lines that end as old Macintoshes ended them
        text = text.replace("\r", "\n")
    header = _header(text, file)
    malformed: list[tuple[int, str]] = []

    def set_apart(row: pa_csv.InvalidRow) -> str:
        malformed.append((row.number, row.text[:_CHUNK]))
        return "skip"

    try:
        table = pa_csv.read_csv(
            io.BytesIO(text.encode("utf-8")),
            read_options=pa_csv.ReadOptions(use_threads=False, block_size=_CHUNK),
            parse_options=pa_csv.ParseOptions(
                delimiter=_delimiter(text),
                newlines_in_values=True,
                ignore_empty_lines=False,
                invalid_row_handler=set_apart,
            ),
            convert_options=pa_csv.ConvertOptions(
                column_types={name: pa.string() for name in header},
                null_values=[""],
                strings_can_be_null=True,
            ),
        )
    except pa.ArrowInvalid as error:
        if "Empty CSV" in str(error):
            raise RecordsError(f"{file.name}: has a header but no rows") from None
        raise RecordsError(f"{file.name}: is not a table of delimited text: {error}") from None
    _refuse_open_quotation(text, table, malformed, file)
    numbers = np.array([number for number, _ in malformed], dtype=np.int64)
    every = np.arange(2, 2 + table.num_rows + len(numbers), dtype=np.int64)
    return RawTable(table, np.setdiff1d(every, numbers), numbers, encoding)


def decode(data: bytes, file: Path) -> tuple[str, str]:
    """Return the text and the encoding it was found to be in.

    UTF-8 (with or without byte order mark) is tried first, then UTF-16 by its mark, then GB18030,
    which contains GBK and GB2312. Text that is UTF-8 but for a few broken bytes stays UTF-8.
    """
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return _strictly(data, "utf-16", file), "utf-16"
    if data[:3] == b"\xef\xbb\xbf":
        return data[3:].decode("utf-8", errors="replace"), "utf-8 with byte order mark"
    if _BINARY.search(data):
        raise RecordsError(f"{file.name}: is not text (binary content); allowed: {ALLOWED}")
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        patched = data.decode("utf-8", errors="replace")
    n_broken = patched.count("\ufffd")
    n_foreign = int((np.frombuffer(data, dtype=np.uint8) >= 0x80).sum())
    if n_foreign > 20 * n_broken:
        return patched, f"utf-8 with {n_broken} broken bytes"
    return _strictly(data, "gb18030", file), "gb18030"


def _strictly(data: bytes, encoding: str, file: Path) -> str:
    """Decode, and believe it only if what is not ASCII is mostly Chinese."""
    message = f"{file.name}: its encoding is neither UTF-8 nor GB18030; save it as UTF-8"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        raise RecordsError(message) from None
    sample = text[:_SAMPLE]
    if len(_CJK.findall(sample)) < 0.8 * len(_NOT_ASCII.findall(sample)):
        raise RecordsError(message)
    return text


def _delimiter(text: str) -> str:
    """Return the separator the first line has most of."""
    first = text.split("\n", 1)[0]
    return max(",;\t", key=first.count)


def _header(text: str, file: Path) -> list[str]:
    """Names of the columns, all different."""
    header = next(csv.reader(io.StringIO(text), delimiter=_delimiter(text)))
    twice = {name for name in header if header.count(name) > 1}
    if twice:
        raise RecordsError(f"{file.name}: column {min(twice)!r} appears more than once")
    return header


def _refuse_open_quotation(text: str, table: pa.Table, malformed: list[tuple[int, str]], file: Path) -> None:
    """Refuse a file whose last row swallowed lines because a quotation never closes."""
    if text.count('"') % 2 == 0:
        return
    last = [str(table[name][-1]) for name in table.column_names] if table.num_rows else []
    swallowed = [*last, malformed[-1][1] if malformed else ""]
    if any("\n" in cell for cell in swallowed):
        raise RecordsError(f"{file.name}: a quotation never closes; the file may be cut short")


# ---- parquet ---------------------------------------------------------------------------------


def _read_parquet(data: bytes, file: Path) -> RawTable:
    """Read parquet, every column turned into text."""
    try:
        table = pa_parquet.read_table(pa.BufferReader(data))
        columns = [_as_text(table[name]) for name in table.column_names]
    except (pa.ArrowException, OSError, ValueError):
        raise RecordsError(f"{file.name}: the parquet file is damaged or cut short") from None
    text = pa.table(dict(zip(table.column_names, columns, strict=True)))
    numbers = np.arange(2, 2 + text.num_rows, dtype=np.int64)
    return RawTable(text, numbers, np.array([], dtype=np.int64), "parquet")


def _as_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Cast to strings; nested columns are nobody's business here and become null."""
    if pa.types.is_nested(column.type) or pa.types.is_binary(column.type):
        return pa.chunked_array([pa.nulls(len(column), pa.string())])
    return column.cast(pa.string())
