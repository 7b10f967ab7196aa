"""Read a request log: five columns out of many, and an account of every row that was not usable."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from govsim.records.files import RawTable, RecordsError, read_raw
from govsim.records.moments import MISSING, parse_moments
from govsim.records.schema import OUTSIDE, Schema, find_schema, load_mapping

N_SHOWN = 5
"""How many row numbers and examples a reason shows."""

LONGEST_LABEL = 60
"""Longer cells are free text and are not shown."""

_SAFE_EXAMPLE = re.compile(r"[\d\s:/.,+\-年月日时分秒点TZAPM]{1,32}")
"""Only what looks like a date is shown of a faulty date cell: it might hold somebody's name."""


@dataclass(frozen=True, slots=True)
class RequestLog:
    """A request log that has been read and checked.

    Attributes
    ----------
    table
        One row a used request: ``opened`` (datetime), ``closed`` (datetime or NaT), ``type`` (one
        of the 15 codes of model.md 3.11, or "" where not known or outside the model), ``place``
        and ``source`` ("" where not given). Nothing else of the file is kept.
    rejected
        One row a reason: ``reason``, ``is_used`` (whether its rows are in `table` all the same),
        ``n_rows``, ``first_rows`` and ``examples``. Rows are numbered as a spreadsheet numbers
        them: the header is row 1. A row that is not used is counted under exactly one reason.
    n_rows, n_used
        Data rows of the file, and of `table`.
    schema, encoding, name, notes
        How the columns and the text were understood; the file's name; anything else to know.
    """

    table: pd.DataFrame
    rejected: pd.DataFrame
    n_rows: int
    n_used: int
    schema: str
    encoding: str
    name: str
    notes: tuple[str, ...] = ()

    @property
    def unmapped_share(self) -> float:
        """Share of the used rows whose type is not understood (not those outside the model)."""
        is_unmapped = self.rejected["reason"].isin(["type missing", "type unknown"])
        return float(self.rejected.loc[is_unmapped, "n_rows"].sum() / self.n_used)

    def __str__(self) -> str:
        """Say how many rows are used."""
        return f"{self.name}: {self.n_used} of {self.n_rows} rows used ({self.schema})"

    def _repr_html_(self) -> str:
        """Show the account of rows in a notebook."""
        import html

        return f"<p>{html.escape(str(self))}</p>" + self.rejected.to_html(index=False)


def read_log(path: str | Path, mapping: str | Path | Mapping[str, Any] | None = None) -> RequestLog:
    """Read and check a request log.

    Parameters
    ----------
    path
        A csv, csv.gz or parquet file; UTF-8 (with or without byte order mark), UTF-16 with its
        mark, GBK or GB18030, found out by itself.
    mapping
        YAML file, or the same as a dict, that says what the columns mean where their names do
        not: ``columns: {opened, closed, type, place, source, id}``, ``types: {label or word:
        CODE}``, ``keep_sources: [...]``. All optional. Two kinds of log and many names of columns,
        English and Chinese, are understood without.

    Returns
    -------
    RequestLog
        Rows without a usable opening moment, exact duplicates, rows with a wrong number of fields
        and rows of a source that is not kept are left out and counted. A closing moment that is
        faulty or before the opening is set missing and counted: the request still arrived. A type
        that is not understood is left empty and counted.

    Raises
    ------
    RecordsError
        The file or the mapping cannot be used; one line.

    Notes
    -----
    Identical rows are duplicates if the file has a request number or the opening moments have a
    time of day; where days alone are given, two identical rows may well be two requests, and they
    are used and counted.
    """
    given = None if mapping is None else load_mapping(mapping)
    file = Path(path)
    raw = read_raw(file)
    schema = find_schema(raw.table.column_names, given, file.name)
    account = _Account(raw.row_numbers)
    account.note("wrong number of fields", raw.malformed_rows)
    table = _check_rows(raw, schema, account)
    if table.empty:
        raise RecordsError(f"{file.name}: none of its rows can be used ({account.in_a_line()})")
    return RequestLog(
        table=table.reset_index(drop=True),
        rejected=account.table(),
        n_rows=raw.table.num_rows + len(raw.malformed_rows),
        n_used=len(table),
        schema=schema.name,
        encoding=raw.encoding,
        name=file.name,
        notes=_notes(schema, table),
    )


@dataclass
class _Account:
    """Counts of rows by reason."""

    row_numbers: np.ndarray
    entries: list[dict[str, Any]] = field(default_factory=list)

    def note(self, reason: str, numbers: np.ndarray, examples: str = "", *, is_used: bool = False) -> None:
        """Enter a reason, if any row falls under it."""
        if len(numbers):
            first = ", ".join(str(n) for n in numbers[:N_SHOWN])
            entry = (reason, is_used, len(numbers), first, examples)
            self.entries.append(dict(zip(_ACCOUNT_COLUMNS, entry, strict=True)))

    def mark(
        self,
        reason: str,
        rows: pd.Series,
        cells: pd.Series | None = None,
        *,
        is_used: bool = False,
        is_date: bool = False,
    ) -> None:
        """Enter the rows that are true, with examples of their cells."""
        chosen = rows.to_numpy()
        shown = "" if cells is None else _examples(cells[chosen], is_date)
        self.note(reason, self.row_numbers[chosen], shown, is_used=is_used)

    def table(self) -> pd.DataFrame:
        """Return the account, reasons that cost rows first."""
        table = pd.DataFrame(self.entries, columns=list(_ACCOUNT_COLUMNS))
        return table.sort_values("is_used", kind="stable").reset_index(drop=True)

    def in_a_line(self) -> str:
        """Reasons and counts."""
        return "; ".join(f"{e['reason']}: {e['n_rows']}" for e in self.entries)


_ACCOUNT_COLUMNS = ("reason", "is_used", "n_rows", "first_rows", "examples")


def _check_rows(raw: RawTable, schema: Schema, account: _Account) -> pd.DataFrame:
    """Return the usable rows, and enter the others in the account."""
    n_rows = raw.table.num_rows
    source = _cells(raw, schema, "source")
    is_left = pd.Series(True, index=range(n_rows))

    if schema.keep_sources:
        is_kept = source.isin(schema.keep_sources)
        account.mark("source not kept", ~is_kept, source)
        is_left &= is_kept

    opened_text = _cells(raw, schema, "opened")
    opened, fault = parse_moments(opened_text)
    for name in ("missing", "unreadable", "impossible", "out of range"):
        rows = is_left & (fault == name)
        account.mark(f"opening date {name}", rows, opened_text, is_date=True)
    is_left &= fault == ""

    is_left = _without_duplicates(raw, schema, opened, is_left, account)
    closed = _checked_closing(raw, schema, opened, is_left, account)
    codes = _checked_types(raw, schema, is_left, account)
    columns = {
        "opened": opened,
        "closed": closed,
        "type": codes,
        "place": _cells(raw, schema, "place"),
        "source": source,
    }
    return pd.DataFrame(columns)[is_left]


def _without_duplicates(raw: RawTable, schema: Schema, opened: pd.Series, is_left: pd.Series, account: _Account) -> pd.Series:
    """Return which rows are left without duplicates; the first of a kind stays."""
    if "id" in schema.columns:
        number = _cells(raw, schema, "id")[is_left]
        number = number[~number.str.lower().isin(MISSING)]
        is_again = number.duplicated().reindex(is_left.index, fill_value=False)
        account.mark("duplicate number", is_again, None)
        is_left = is_left & ~is_again
    kinds = pd.Series(_row_kinds(raw.table), index=is_left.index)[is_left]
    is_again = kinds.duplicated().reindex(is_left.index, fill_value=False)
    has_clock = bool((opened[is_left] != opened[is_left].dt.normalize()).any())
    if "id" in schema.columns or has_clock:
        account.mark("duplicate row", is_again)
        return is_left & ~is_again
    account.mark("same day and same content", is_again, is_used=True)
    return is_left


def _row_kinds(table: pa.Table) -> np.ndarray:
    """Return a number for each row, the same for rows that agree in every column (exact)."""
    kinds = np.zeros(table.num_rows, dtype=np.int64)
    for name in table.column_names:
        encoded = table[name].combine_chunks().dictionary_encode()
        codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64) + 1
        kinds, _ = pd.factorize(kinds * (codes.max(initial=0) + 1) + codes)
    return kinds


def _checked_closing(raw: RawTable, schema: Schema, opened: pd.Series, is_left: pd.Series, account: _Account) -> pd.Series:
    """Return closing moments; faulty and reversed ones are missing and counted."""
    text = _cells(raw, schema, "closed")
    closed, fault = parse_moments(text)
    for name in ("unreadable", "impossible", "out of range"):
        rows = is_left & (fault == name)
        account.mark(f"closing date {name}", rows, text, is_used=True, is_date=True)
    is_reversed = closed < opened
    rows = is_left & is_reversed
    account.mark("closed before opened", rows, text, is_used=True, is_date=True)
    return closed.mask(is_reversed)


def _checked_types(raw: RawTable, schema: Schema, is_left: pd.Series, account: _Account) -> pd.Series:
    """Return the type code of each row, "" where there is none."""
    columns = schema.columns.get("type", ())
    if not columns:
        return pd.Series("", index=is_left.index, dtype=object)
    labels = pd.DataFrame({name: _texts(raw, name) for name in columns})
    distinct = labels.drop_duplicates()
    found = [schema.codes_of(row) for row in distinct.itertuples(index=False, name=None)]
    codes = labels.merge(distinct.assign(_code=found), how="left", on=list(columns))["_code"]
    is_empty = labels.apply(lambda column: column.str.lower().isin(MISSING)).all(axis=1)
    first = labels[columns[0]]
    account.mark("type missing", is_left & is_empty & (codes == ""), is_used=True)
    account.mark("type unknown", is_left & ~is_empty & (codes == ""), first, is_used=True)
    account.mark("type outside the model", is_left & (codes == OUTSIDE), first, is_used=True)
    return codes.where(codes != OUTSIDE, "")


def _cells(raw: RawTable, schema: Schema, role: str) -> pd.Series:
    """Text of the column that has a role; empty where there is none."""
    columns = schema.columns.get(role, ())
    if not columns:
        return pd.Series("", index=range(raw.table.num_rows), dtype=object)
    return _texts(raw, columns[0])


def _texts(raw: RawTable, name: str) -> pd.Series:
    """Text of a column, stripped, "" for null."""
    return raw.table[name].to_pandas().fillna("").astype(object).str.strip()


def _examples(cells: pd.Series, is_date: bool) -> str:
    """Give the most frequent cells; a label or a date is shown, free text is not."""

    def is_shown(cell: str) -> bool:
        is_label = len(cell) <= LONGEST_LABEL
        return _SAFE_EXAMPLE.fullmatch(cell) is not None if is_date else is_label

    frequent = [str(cell) for cell in cells.value_counts().head(N_SHOWN).index if cell]
    return ", ".join(dict.fromkeys(cell if is_shown(cell) else "(text)" for cell in frequent))


def _notes(schema: Schema, table: pd.DataFrame) -> tuple[str, ...]:
    """Say what is worth knowing about a log that was read."""
    notes = [schema.about] if schema.about else []
    if "type" not in schema.columns:
        notes.append("no column holds the type of request")
    if "closed" not in schema.columns:
        notes.append("no column holds the closing date")
    if (table["opened"] == table["opened"].dt.normalize()).all():
        notes.append("opening moments have no time of day")
    return tuple(notes)
