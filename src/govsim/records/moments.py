"""From text to moments: which cells are dates, and what is wrong with the others."""

import re

import numpy as np
import pandas as pd

FIRST_YEAR, LAST_YEAR = 1980, 2100
"""Moments outside are out of range: no request log is older, none comes from later."""

MISSING = ("", "-", "--", "—", "na", "n/a", "nan", "nat", "none", "null", "无", "空")
"""What a cell says when it says nothing, in lower case."""

FAULTS = ("", "missing", "unreadable", "impossible", "out of range")

_DATE_LIKE = re.compile(r"\s*\d{1,4}\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,4}|\s*\d{8}(\D|$)")
_YEAR_FIRST = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d", "%Y-%m-%d %H:%M:%S.%f", "%Y%m%d",
               "%Y-%m-%d %I:%M:%S %p", "%Y%m%d %H:%M:%S", "%Y%m%d%H%M%S")  # fmt: skip
_MONTH_FIRST = ("%m-%d-%Y %I:%M:%S %p", "%m-%d-%Y %I:%M %p", "%m-%d-%Y %H:%M:%S", "%m-%d-%Y %H:%M",
                "%m-%d-%Y")  # fmt: skip
_DAY_FIRST = tuple(f.replace("%m-%d", "%d-%m") for f in _MONTH_FIRST)


def parse_moments(cells: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Return the moments of text cells and, for each, its fault (one of `FAULTS`).

    Understood are year-first dates with ``-``, ``/``, ``.`` or 年月日, compact ``20180131``, and
    dates that end in the year: read month first, or day first where that reads more cells of the
    column. A time zone at the end is cut off: the clock is the place's own.
    """
    codes, distinct = pd.factorize(cells.fillna("").astype(object), use_na_sentinel=False)
    text = pd.Series(distinct, dtype=object).astype(str)
    moments = _parse_with(text, _YEAR_FIRST[:2])
    left = moments.isna()
    if left.any():
        moments[left] = _parse_distinct(_normalised(text[left]))
    faults = _faults(text, moments)
    moments = moments.where(faults == "")
    parsed = pd.Series(moments.to_numpy()[codes], index=cells.index)
    return parsed, pd.Series(faults.to_numpy()[codes], index=cells.index)


def _normalised(text: pd.Series) -> pd.Series:
    """One separator for dates, one for times, no time zone."""
    text = text.str.strip().str.replace("T", " ", n=1, regex=False)
    text = text.str.replace(r"(:\d\d(?:\.\d+)?)\s*(?:Z|UTC|[+-]\d\d:?\d\d)$", r"\1", regex=True)
    text = text.str.replace(r"[年月时分点]", lambda m: "-" if m[0] in "年月" else ":", regex=True)
    text = text.str.replace("日", " ", regex=False).str.replace("秒", "", regex=False)
    text = text.str.replace(r"^(\d+)[/.](\d+)[/.](\d+)", r"\1-\2-\3", regex=True)
    return text.str.replace(r"\s+", " ", regex=True).str.strip().str.rstrip(":")


def _parse_distinct(text: pd.Series) -> pd.Series:
    """Try each format on what no earlier one could read."""
    moments = _parse_with(text, _YEAR_FIRST)
    left = moments.isna() & text.str.contains(r"^\d{1,2}-\d{1,2}-\d{4}", regex=True)
    if left.any():
        month_first = _parse_with(text[left], _MONTH_FIRST)
        day_first = _parse_with(text[left], _DAY_FIRST)
        is_day_first = day_first.notna().sum() > month_first.notna().sum()
        moments[left] = day_first if is_day_first else month_first
    return moments


def _parse_with(text: pd.Series, formats: tuple[str, ...]) -> pd.Series:
    """Moments by the first format that fits, to the microsecond."""
    moments = pd.Series(np.full(len(text), "NaT", dtype="datetime64[us]"), index=text.index)
    for pattern in formats:
        left = moments.isna()
        if not left.any():
            break
        parsed = pd.to_datetime(text[left], format=pattern, errors="coerce")
        moments[left] = parsed.astype("datetime64[us]")
    return moments


def _faults(text: pd.Series, moments: pd.Series) -> pd.Series:
    """Say what is wrong with each cell; "" for nothing."""
    faults = pd.Series("", index=text.index, dtype=object)
    unread = moments.isna()
    for row, cell in text[unread].items():
        is_missing = cell.strip().lower() in MISSING
        is_date = _DATE_LIKE.match(cell) is not None
        faults[row] = "missing" if is_missing else "impossible" if is_date else "unreadable"
    out = moments.notna() & ~moments.dt.year.between(FIRST_YEAR, LAST_YEAR)
    faults[out] = "out of range"
    return faults
