"""Columns of records: fields are attributes, as of numpy's record arrays."""

import pickle

import numpy as np
import pytest

from govsim.engine import state as st

ROW = np.dtype([("size", "i8"), ("hours", "f8"), ("kind", "i1")])


def test_fields_are_read_and_written_as_those_of_numpys_record_arrays():
    ours, theirs = st.blank(ROW, 5), np.zeros(5, ROW).view(np.recarray)
    for rows in (ours, theirs):
        rows.hours = np.arange(5) / 2
        rows.kind = 3
        rows.kind[1:3] = 4
        rows[4].hours = 9.0
        rows[2:].hours += 1.0
    assert np.array_equal(ours, theirs)
    for name in ("hours", "kind"):
        assert type(getattr(ours, name)) is type(getattr(theirs, name)) is np.ndarray
    assert ours[3].hours == theirs[3].hours == 2.5
    assert ours.size == theirs.size == 5, "an array's own attributes come before its fields"


def test_a_field_that_is_not_there_is_neither_read_nor_written():
    rows = st.blank(ROW, 2)
    with pytest.raises(AttributeError, match="no field level"):
        _ = rows.level
    with pytest.raises(ValueError, match="level"):
        rows.level = 1


def test_rows_stay_rows_when_copied_cut_and_stored():
    rows = st.blank(ROW, 4)
    rows.hours = [1.0, 2.0, 3.0, 4.0]
    for same in (rows.copy(), pickle.loads(pickle.dumps(rows)), rows[:]):
        assert isinstance(same, st.Rows)
        assert same.hours.tolist() == [1.0, 2.0, 3.0, 4.0]
    assert rows.ctypes.data % st.CACHE_LINE == 0
