"""Reading request logs: what is understood, what is counted, what is refused."""

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govsim.records import RecordsError, RequestLog, read_log
from govsim.records.schema import TYPE_CODES

SMALL = "opened,closed,type,place\n2024-03-01 09:00,2024-03-02 10:00,PM,A\n2024-03-02 11:30,,UTIL,B\n"


def write(folder: Path, content: str | bytes, name: str = "log.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def counts(log: RequestLog) -> dict[str, int]:
    return dict(zip(log.rejected["reason"], log.rejected["n_rows"], strict=True))


def refusal(path: Path, mapping=None) -> str:
    with pytest.raises(RecordsError) as error:
        read_log(path, mapping)
    text = str(error.value)
    assert "\n" not in text
    assert str(path.parent) not in text
    assert path.name in text or mapping is not None
    return text


def csv_of(opened: list[str], closed: list[str] | None = None) -> str:
    """A log whose rows differ in everything, so that none is a duplicate."""
    closed = closed or [""] * len(opened)
    rows = [f"{i},{o},{c},PM" for i, (o, c) in enumerate(zip(opened, closed, strict=True))]
    return "\n".join(["row,opened,closed,type", *rows]) + "\n"


# ---- what is understood ----------------------------------------------------------------------


def test_read_log__keeps_five_columns_of_a_plain_file(tmp_path):
    log = read_log(write(tmp_path, SMALL))
    assert list(log.table.columns) == ["opened", "closed", "type", "place", "source"]
    assert log.table["opened"].tolist() == [
        pd.Timestamp("2024-03-01 09:00"),
        pd.Timestamp("2024-03-02 11:30"),
    ]
    assert log.table["closed"].isna().tolist() == [False, True]
    assert log.table["type"].tolist() == ["PM", "UTIL"]
    assert log.table["place"].tolist() == ["A", "B"]
    assert (log.n_rows, log.n_used) == (2, 2)
    assert log.rejected.empty


def test_read_log__drops_free_text_and_personal_columns(tmp_path):
    text = "opened,type,name,phone,address,content\n2024-03-01 09:00,PM,Zhang San,13800000000,x,y\n"
    log = read_log(write(tmp_path, text))
    everything = log.table.to_csv() + log.rejected.to_csv() + str(log) + "".join(log.notes)
    for secret in ("Zhang", "13800000000", "name", "phone"):
        assert secret not in everything


def test_read_log__does_not_show_text_that_slipped_into_a_date_column(tmp_path):
    log = read_log(write(tmp_path, csv_of(["2024-03-01 09:00", "call Zhang San 13800000000"])))
    assert counts(log) == {"opening date unreadable": 1}
    assert log.rejected.loc[0, "examples"] == "(text)"
    assert log.rejected.loc[0, "first_rows"] == "3"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
def test_read_log__finds_out_the_encoding(tmp_path, encoding):
    header = "受理时间,办结时间,诉求类别,所属街道\n"
    text = header + "2024年3月1日 9时5分,2024/3/2 10:00,停车管理,新兴街道\n"
    log = read_log(write(tmp_path, text.encode(encoding)))
    row = log.table.iloc[0]
    assert row["opened"] == pd.Timestamp("2024-03-01 09:05")
    assert row["closed"] == pd.Timestamp("2024-03-02 10:00")
    assert (row["type"], row["place"]) == ("PARK", "新兴街道")


def test_read_log__one_broken_byte_does_not_make_utf8_chinese(tmp_path):
    text = "受理时间,类型,备注\n" + "2024-03-01 09:00,停车,说明文字\n2024-03-01 09:01,供热,说明文字\n" * 3
    broken = text.encode()[:-4] + text.encode()[-3:]
    log = read_log(write(tmp_path, broken))
    assert "broken" in log.encoding
    assert set(log.table["type"]) == {"PARK", "UTIL"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-03-01", "2024-03-01"),
        ("2024-3-1 9:05", "2024-03-01 09:05"),
        ("2024/03/01 09:05:07", "2024-03-01 09:05:07"),
        ("2024.03.01 09:05", "2024-03-01 09:05"),
        ("20240301", "2024-03-01"),
        ("20240301090507", "2024-03-01 09:05:07"),
        ("2024-03-01T09:05:07", "2024-03-01 09:05:07"),
        ("2024-03-01T09:05:07.250Z", "2024-03-01 09:05:07.250"),
        ("2024-03-01T09:05:07+08:00", "2024-03-01 09:05:07"),
        ("2024年03月01日", "2024-03-01"),
        ("2024年3月1日 9时5分7秒", "2024-03-01 09:05:07"),
        ("03/25/2024 02:05:00 PM", "2024-03-25 14:05"),
        ("03/25/2024", "2024-03-25"),
        ("25/03/2024 14:05", "2024-03-25 14:05"),
    ],
)
def test_read_log__understands_the_usual_ways_to_write_a_moment(tmp_path, text, expected):
    log = read_log(write(tmp_path, csv_of([text])))
    assert log.table.loc[0, "opened"] == pd.Timestamp(expected)


def test_read_log__reads_day_first_only_where_that_reads_more(tmp_path):
    log = read_log(write(tmp_path, csv_of(["02/03/2024", "25/03/2024", "26/03/2024"])))
    assert log.table.loc[0, "opened"] == pd.Timestamp("2024-03-02")
    log = read_log(write(tmp_path, csv_of(["02/03/2024", "02/04/2024"])))
    assert log.table.loc[0, "opened"] == pd.Timestamp("2024-02-03")


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_read_log__finds_out_the_separator(tmp_path, separator):
    log = read_log(write(tmp_path, SMALL.replace(",", separator)))
    assert log.n_used == 2


def test_read_log__reads_gzip_parquet_and_other_line_ends(tmp_path):
    frame = pd.DataFrame({"opened": pd.to_datetime(["2024-03-01 09:00"]), "type": ["PM"], "x": [1]})
    frame.to_parquet(tmp_path / "log.parquet")
    assert read_log(tmp_path / "log.parquet").table.loc[0, "opened"].hour == 9
    zipped = write(tmp_path, gzip.compress(SMALL.encode()), "log.csv.gz")
    windows = write(tmp_path, SMALL.replace("\n", "\r\n"), "windows.csv")
    old_mac = write(tmp_path, SMALL.replace("\n", "\r"), "mac.csv")
    assert read_log(zipped).n_used == read_log(windows).n_used == read_log(old_mac).n_used == 2


def test_read_log__quoted_line_breaks_do_not_end_a_row(tmp_path):
    text = 'opened,content,type\n2024-03-01 09:00,"two\nlines, ""quoted""",PM\nbad,x,PM\n'
    log = read_log(write(tmp_path, text))
    assert log.n_used == 1
    assert log.rejected.loc[0, "first_rows"] == "3"


@pytest.mark.parametrize(
    ("label", "code"),
    [
        ("Noise - Residential", "NOISE"),
        ("HEAT/HOT WATER", "UTIL"),
        ("Street Condition", "ROAD"),  # not "tree"
        ("Theater", ""),  # not "heat"
        ("Damaged Trees", "ENV"),
        ("物业费纠纷", "DISP"),
        ("小区物业管理", "PM"),
        ("sh", "SH"),
        ("PM 2.5", ""),
        ("小学教育", ""),
    ],
)
def test_types__are_found_by_whole_words(tmp_path, label, code):
    log = read_log(write(tmp_path, f"created_date,complaint_type\n2024-03-01 09:00,{label}\n"))
    assert log.table.loc[0, "type"] == code


# ---- mappings --------------------------------------------------------------------------------


def test_mapping__says_what_the_columns_and_labels_mean(tmp_path):
    text = "a,b,c,d\n2024-03-01 09:00,2024-03-05 09:00,Lift stuck,web\n2024-03-01 10:00,,Else,desk\n"
    mapping = write(
        tmp_path,
        "columns: {opened: a, closed: b, type: c, source: d}\ntypes: {lift: SH}\nkeep_sources: [web]",
        "mapping.yaml",
    )
    log = read_log(write(tmp_path, text), mapping)
    assert log.table["type"].tolist() == ["SH"]
    assert counts(log) == {"source not kept": 1}


def test_mapping__may_be_a_dict_and_overrides_a_built_in_schema(tmp_path):
    text = "posted_at,replied_at,issue_type,handler_level\n2018-01-01 10:00:00,2018-01-02 10:00:00,other,unknown\n"
    path = write(tmp_path, text)
    assert read_log(path).table.loc[0, "type"] == ""
    assert read_log(path, {"types": {"other": "CONV"}}).table.loc[0, "type"] == "CONV"


@pytest.mark.parametrize(
    ("mapping", "word"),
    [
        ({"columns": {"opened": "nowhere"}}, "nowhere"),
        ({"columns": {"begun": "opened"}}, "begun"),
        ({"columns": ["opened"]}, "columns"),
        ({"types": {"lift": "LIFT"}}, "LIFT"),
        ({"other": 1}, "keys"),
        ({"keep_sources": 3}, "keep_sources"),
    ],
)
def test_mapping__that_is_wrong_is_refused_in_one_line(tmp_path, mapping, word):
    assert word in refusal(write(tmp_path, SMALL), mapping)


@pytest.mark.parametrize("content", ["- a\n", "a: [", "", "!!python/object/apply:os.system ['true']"])
def test_mapping__file_that_is_not_a_mapping_is_refused(tmp_path, content):
    log = write(tmp_path, SMALL)
    for mapping in (write(tmp_path, content, "mapping.yaml"), tmp_path / "none.yaml", tmp_path):
        with pytest.raises(RecordsError) as error:
            read_log(log, mapping)
        assert str(error.value).startswith(f"mapping {mapping}: ")
        assert "\n" not in str(error.value)


# ---- rows that are counted -------------------------------------------------------------------


def test_rows__every_fault_is_counted_under_its_reason(tmp_path):
    opened = [
        "2024-03-01 09:00",
        "",
        "soon",
        "2024-02-30 09:00",
        "2024-13-01",
        "1066-10-14",
        "NaN",
        "-5",
    ]
    log = read_log(write(tmp_path, csv_of(opened)))
    assert counts(log) == {
        "opening date missing": 2,
        "opening date unreadable": 2,
        "opening date impossible": 2,
        "opening date out of range": 1,
    }
    assert (log.n_rows, log.n_used) == (8, 1)
    first = dict(zip(log.rejected["reason"], log.rejected["first_rows"], strict=True))
    assert first["opening date impossible"] == "5, 6"


def test_rows__a_faulty_closing_leaves_the_request(tmp_path):
    closed = [
        "2024-03-01 08:59",
        "never",
        "2024-04-31",
        "2024-03-01 09:00",
        "",
        "null",
        "2999-01-01",
    ]
    log = read_log(write(tmp_path, csv_of(["2024-03-01 09:00"] * 7, closed)))
    assert log.n_used == 7
    assert log.table["closed"].notna().sum() == 1
    assert counts(log) == {
        "closed before opened": 1,
        "closing date unreadable": 1,
        "closing date impossible": 1,
        "closing date out of range": 1,
    }
    assert log.rejected["is_used"].all()


def test_rows__with_a_wrong_number_of_fields_are_counted(tmp_path):
    text = SMALL + "2024-03-03 09:00\n\n2024-03-04 09:00,,PM,A,too,many\n2024-03-05 09:00,,PM,A\n"
    log = read_log(write(tmp_path, text))
    assert counts(log) == {"wrong number of fields": 2, "opening date missing": 1}
    assert log.rejected["first_rows"].tolist() == ["4, 6", "5"]  # row 5 is empty
    assert (log.n_rows, log.n_used) == (6, 3)


def test_rows__duplicates_are_dropped_but_the_first(tmp_path):
    row = "2024-03-01 09:00,,PM,A\n"
    log = read_log(write(tmp_path, "opened,closed,type,place\n" + row * 3))
    assert counts(log) == {"duplicate row": 2}
    assert log.n_used == 1


def test_rows__a_repeated_request_number_is_a_duplicate(tmp_path):
    rows = ["A1,2024-03-01 09:00", "A1,2024-03-01 09:30", "A2,2024-03-01 09:30", ",2024-03-02"]
    text = "\n".join(["工单编号,受理时间", *rows])
    log = read_log(write(tmp_path, text))
    assert counts(log) == {"duplicate number": 1}
    assert log.n_used == 3


def test_rows__alike_on_a_day_without_clock_are_two_requests(tmp_path):
    log = read_log(write(tmp_path, "date,type\n" + "2024-03-01,PM\n" * 2))
    assert counts(log) == {"same day and same content": 2 - 1}
    assert log.n_used == 2
    assert "no time of day" in " ".join(log.notes)


def test_types__missing_unknown_and_outside_are_kept_and_told_apart(tmp_path):
    labels = ["", "whatever", "school", "停车"]
    rows = "".join(f"2024-03-0{i + 1} 09:00,{label}\n" for i, label in enumerate(labels))
    log = read_log(write(tmp_path, "opened,type\n" + rows))
    assert log.n_used == 4
    assert counts(log) == {"type missing": 1, "type unknown": 1, "type outside the model": 1}
    assert log.unmapped_share == 0.5
    assert log.table["type"].tolist() == ["", "", "", "PARK"]


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["2024-03-01 09:00", "2024-03-02 10:00", "", "x", "2024-02-31", "1500-01-01"]),
            st.sampled_from(["", "2024-03-01 08:00", "2025-01-01", "y"]),
            st.sampled_from(["", "PM", "noise", "nonsense", "school"]),
            st.sampled_from(["", ",surplus"]),
        ),
        max_size=30,
    )
)
def test_rows__each_is_used_or_counted_under_exactly_one_reason(tmp_path_factory, rows):
    text = "opened,closed,type\n2024-03-03 09:00,,PM\n"
    text += "".join(f"{o},{c},{t}{more}\n" for o, c, t, more in rows)
    log = read_log(write(tmp_path_factory.mktemp("rows"), text))
    lost = log.rejected.loc[~log.rejected["is_used"].astype(bool), "n_rows"].sum()
    assert log.n_used + lost == log.n_rows == len(rows) + 1
    assert len(log.table) == log.n_used
    assert log.table["opened"].notna().all()
    assert (log.table["closed"].isna() | (log.table["closed"] >= log.table["opened"])).all()
    assert set(log.table["type"]) <= {"", *TYPE_CODES}


# ---- files that are refused ------------------------------------------------------------------


def test_file__missing_folder_or_empty_is_refused(tmp_path):
    assert "no such file" in refusal(tmp_path / "none.csv")
    folder = tmp_path / "folder"
    folder.mkdir()
    assert "folder" in refusal(folder)
    for content in (b"", b"\n \n", gzip.compress(b"")):
        assert "empty" in refusal(write(tmp_path, content))


@pytest.mark.parametrize("content", [b"opened,type\n", b"opened,type", b"\xef\xbb\xbfopened,type\r\n"])
def test_file__with_a_header_alone_is_refused(tmp_path, content):
    assert "no rows" in refusal(write(tmp_path, content))


@pytest.mark.parametrize("share", [0.02, 0.5, 0.98])
def test_file__gzip_cut_short_or_damaged_is_refused(tmp_path, share):
    rng = np.random.default_rng(5)
    text = csv_of([f"2024-03-01 09:{m:02d}:{s:02d}" for m, s in rng.integers(0, 60, (3000, 2))])
    whole = gzip.compress(text.encode())
    cut = whole[: int(len(whole) * share)]
    assert "cut short" in refusal(write(tmp_path, cut, "log.csv.gz"))
    middle = len(whole) // 2
    damaged = whole[:middle] + bytes(50) + whole[middle + 50 :]
    refusal(write(tmp_path, damaged, "log.csv.gz"))


def test_file__parquet_cut_short_is_refused(tmp_path):
    pd.DataFrame({"opened": ["2024-03-01"] * 100}).to_parquet(tmp_path / "whole.parquet")
    whole = (tmp_path / "whole.parquet").read_bytes()
    assert "parquet" in refusal(write(tmp_path, whole[: len(whole) // 2], "log.parquet"))


def test_file__whose_quotation_never_closes_is_refused(tmp_path):
    assert "quotation" in refusal(write(tmp_path, SMALL + '2024-03-05 09:00,,"PM,A\n' + "x,,y,z\n" * 3))


@pytest.mark.parametrize(
    "content",
    [
        bytes(range(256)) * 20,
        b"\x89PNG\r\n\x1a\n" + bytes(100),
        b"PK\x03\x04" + bytes(100),
        b"PAR1" + bytes(100),
        b"%PDF-1.4\x00\x01",
        "opened,type\n2024-03-01,ñandú à la carte\n".encode("latin-1") * 5,
        "受付日時,種別\n2024-03-01,騒音\n".encode("euc-jp") * 5,
        "opened,type\n2024-03-01,шум во дворе\n".encode("koi8-r") * 5,
        b"\xff\xfe\x00",
    ],
    ids=["bytes", "png", "xlsx", "parquet", "pdf", "latin", "japanese", "russian", "utf16"],
)
def test_file__binary_or_of_another_encoding_is_an_error_or_at_least_not_silent(tmp_path, content):
    refusal(write(tmp_path, content))


def test_file__without_an_opening_date_names_its_columns_and_the_way_out(tmp_path):
    text = refusal(write(tmp_path, "who,what\nme,noise\n"))
    assert "who, what" in text
    assert "mapping" in text


def test_file__none_of_whose_rows_can_be_used_says_why(tmp_path):
    assert "opening date unreadable: 2" in refusal(write(tmp_path, csv_of(["x", "y"])))


def test_file__with_the_same_column_twice_is_refused(tmp_path):
    assert "more than once" in refusal(write(tmp_path, "opened,opened\n2024-03-01,2024-03-02\n"))


def test_file__formulas_stay_text(tmp_path):
    text = "opened,type,place\n2024-03-01 09:00,\"=cmd|' /C calc'!A0\",=1+1\n"
    log = read_log(write(tmp_path, text))
    assert log.table.loc[0, "place"] == "=1+1"


# ---- the two logs at hand --------------------------------------------------------------------


def test_boston__is_understood_without_a_mapping(shared):
    log = read_log(shared / "data/records/boston_311_2011_jul_oct.csv.gz")
    assert log.schema == "boston_311"
    assert (log.n_rows, log.n_used) == (41_827, 28_549)
    assert counts(log)["source not kept"] == 13_278
    assert log.unmapped_share == 0
    assert set(log.table["source"]) <= {
        "Constituent Call",
        "Self Service",
        "Citizens Connect App",
        "Twitter",
    }


def test_message_board__is_understood_without_a_mapping(shared):
    log = read_log(shared / "data/records/message_board_2011_2018.csv.gz")
    assert log.schema == "message_board"
    assert (log.n_rows, log.n_used) == (1926, 1926)
    assert counts(log) == {"type unknown": 258, "type outside the model": 447}


# ---- size ------------------------------------------------------------------------------------


@pytest.mark.slow
def test_million_rows__are_read_whole_and_counted(tmp_path):
    n = 1_000_000
    rng = np.random.default_rng(11)
    opened = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 10**8, n), unit="s")
    frame = pd.DataFrame(
        {
            "工单编号": np.arange(n),
            "受理时间": opened.strftime("%Y-%m-%d %H:%M:%S"),
            "办结时间": (opened + pd.Timedelta(days=3)).strftime("%Y/%m/%d %H:%M"),
            "诉求类别": rng.choice(["停车管理", "供热", "物业服务", "其他"], n),
            "诉求内容": "文字" * 20,
        }
    )
    frame.loc[::1000, "受理时间"] = ""
    path = tmp_path / "million.csv"
    frame.to_csv(path, index=False, encoding="gb18030")
    log = read_log(path)
    assert (log.n_rows, log.n_used) == (n, n - 1000)
    assert counts(log)["opening date missing"] == 1000
    assert log.encoding == "gb18030"
