"""Rows of Vea become a frame that fits the contract, or are left out of it: see test_rejection.py."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from sensource_dagster.contract.frames import Counts, counts_frame, list_frame
from sensource_dagster.contract.model import Table, left_out
from sensource_dagster.contract.tables import COUNTS, LISTS, TABLES
from sensource_dagster.contract.values import DTYPES
from sensource_dagster_tests.contract.rows import row

UTC = ZoneInfo("UTC")
START, END = datetime(2025, 12, 1, tzinfo=timezone.utc), datetime(2025, 12, 2, tzinfo=timezone.utc)
TRAFFIC, OCCUPANCY, ZONE = TABLES["traffic"], TABLES["occupancy"], TABLES["zone"]


def traffic(*rows: dict[str, Any]) -> Counts:
    return counts_frame(TRAFFIC, rows, START, END, UTC)


def test_a_frame_has_the_contracts_columns_in_its_order_then_unknown_ones_then_the_day() -> None:
    frame = traffic(row(zzz=1, aaa="x")).frame
    assert list(frame.columns) == [
        "zone_id", "name", "record_date_hour_1", "sumins", "sumouts", "aaa", "zzz", "record_date", "record_hour"
    ]  # fmt: skip
    assert frame.iloc[0].tolist() == [
        "z1",
        "Door",
        pd.Timestamp("2025-12-01T16:00Z"),
        112,
        87,
        "x",
        1,
        pd.Timestamp("2025-12-01"),
        pd.Timestamp("2025-12-01 16:00"),
    ]
    contract = {column.name: DTYPES[column.type] for column in TRAFFIC.all_columns}
    assert {name: str(dtype) for name, dtype in frame.dtypes.items()} == {
        **{name: dtype for name, dtype in contract.items() if name != "_synced_at"},
        "aaa": "string",
        "zzz": "Int64",
    }


def test_avgoccupancy_comes_as_a_string_and_becomes_a_number() -> None:
    rows = [{"spaceId": "s", "recordDate_hour_1": "2025-12-01T16:00:00Z", "avgoccupancy": v} for v in ("812.5", 0)]
    frame = counts_frame(OCCUPANCY, [rows[0]], START, END, UTC).frame
    assert frame["avgoccupancy"].tolist() == [812.5]
    assert str(frame["avgoccupancy"].dtype) == "Float64"


def test_a_number_that_only_some_rows_carry_has_a_column_that_says_which_do_not() -> None:
    rows = [row(), row("z2", sumins=None), row("z3")]
    del rows[2]["sumins"], rows[2]["name"]
    frame = counts_frame(TRAFFIC, rows, START, END, UTC).frame
    assert [name for name in map(str, frame.columns) if name.startswith("~")] == [left_out("sumins")]
    assert frame[left_out("sumins")].tolist() == [False, False, True]


def test_a_field_missing_in_the_response_gives_no_column_and_one_missing_in_a_row_gives_null() -> None:
    second = row("z2")
    del second["sumouts"]
    assert traffic(row(), second).frame["sumouts"].isna().tolist() == [False, True]
    assert "sumouts" not in traffic(second).frame.columns


def test_numeric_ids_are_texts_and_equal_to_the_same_text() -> None:
    counts = traffic(row(), {**row(), "zoneId": 7}, row("7", sumins=5))
    assert counts.frame["zone_id"].tolist() == ["z1", "7"]
    assert counts.frame["sumins"].tolist() == [112, 5]
    assert counts.repeated == 1


def test_rows_outside_the_half_open_window_are_dropped_and_counted() -> None:
    hours = ["2025-11-30T23:59:59.999Z", "2025-12-01T00:00:00Z", "2025-12-01T23:59:59Z", "2025-12-02T00:00:00Z"]
    counts = traffic(*(row(str(number), hour) for number, hour in enumerate(hours)))
    assert counts.frame["zone_id"].tolist() == ["1", "2"]
    assert (counts.outside, counts.repeated) == (2, 0)


def test_the_day_and_the_hour_of_a_row_are_those_of_the_zone() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    start, end = datetime(2025, 11, 30, 23, tzinfo=timezone.utc), datetime(2025, 12, 1, 23, tzinfo=timezone.utc)
    frame = counts_frame(TRAFFIC, [row(hour="2025-11-30T23:30:00Z")], start, end, berlin).frame
    assert frame["record_date"].tolist() == [pd.Timestamp("2025-12-01")]
    assert frame["record_hour"].tolist() == [pd.Timestamp("2025-12-01 00:30")]


def test_of_rows_with_the_same_key_the_last_stays_even_if_they_write_the_instant_differently() -> None:
    counts = traffic(
        row(sumins=1),
        row("z2", sumins=2),
        row(hour="2025-12-01T17:00:00+01:00", sumins=3),
        row(hour="2025-12-01T16:00:00Z", sumins=4),
        row(hour="2025-12-03T16:00:00Z", sumins=5),
        row(hour="2025-12-03T16:00:00Z", sumins=6),
    )
    assert counts.frame[["zone_id", "sumins"]].to_numpy().tolist() == [["z2", 2], ["z1", 4]]
    assert counts.frame.index.tolist() == [0, 1]
    assert (counts.outside, counts.repeated) == (2, 2)


def test_a_list_keeps_the_last_row_of_each_id_and_all_rows_of_each_name() -> None:
    rows = [{"zoneId": zone, "name": "Main", "scaleFactor": n} for n, zone in enumerate("abca")]
    frame, repeated = list_frame(ZONE, rows)
    assert frame["zone_id"].tolist() == ["b", "c", "a"]
    assert frame["scale_factor"].tolist() == [1, 2, 3]
    assert repeated == 1


def test_a_list_s_column_holds_a_value_that_the_contract_does_not_expect() -> None:
    frame, _ = list_frame(ZONE, [{"zoneId": "a", "scaleFactor": 1}, {"zoneId": "b", "scaleFactor": "half"}])
    assert frame["scale_factor"].tolist() == ["1", "half"]


def test_two_fields_with_the_same_column_name_get_different_columns_in_any_order() -> None:
    fields: dict[str, Any] = {
        "zone_id": "snake",
        "Zone Id": "spaced",
        "fooBar": 1,
        "foo_bar": 2,
        "foo_bar_2": 3,
        "FOO_BAR": 4,
    }
    expected = {
        "zone_id": "z1",  # the API's own spelling keeps its column
        "zone_id_2": "spaced",
        "zone_id_3": "snake",
        "foo_bar": 4,
        "foo_bar_2": 1,
        "foo_bar_3": 2,
        "foo_bar_2_2": 3,
    }
    for ordered in (row(**fields), dict(reversed(row(**fields).items()))):
        frame = traffic(ordered).frame
        assert {name: frame[name].tolist()[0] for name in expected} == expected


@pytest.mark.parametrize("table", [TRAFFIC, ZONE], ids=lambda table: table.name)
def test_a_field_never_takes_a_column_of_the_sync(table: Table) -> None:
    names = ("_synced_at", "_deleted", "record_date", "recordDate", "_syncedAt", "$synced_at")
    rows = [row(**dict.fromkeys(names, "theirs"))]
    frame = list_frame(table, rows)[0] if table.is_list else traffic(*rows).frame
    ours = {column.name for column in table.added}
    theirs = {name for name in frame.columns if frame[name].astype(str).tolist() == ["theirs"]}
    assert len(theirs) == len(names)
    assert not theirs & ours


def test_unknown_fields_are_kept_with_the_narrowest_type() -> None:
    frame = traffic(
        row(whole=1, mixed=1, real=1, flag=True, text="a", tree={"b": [1], "a": None}, empty=None),
        row("z2", whole=None, mixed="1", real=2.5, flag=False, text="", tree=None),
    ).frame
    kinds = {"whole": "Int64", "real": "Float64", "flag": "boolean", "text": "string"}
    assert {n: str(frame[n].dtype) for n in kinds} == kinds
    assert [str(frame[n].dtype) for n in ("mixed", "tree", "empty")] == ["object"] * 3
    assert frame["mixed"].tolist() == ["1", '"1"']
    assert frame["tree"].tolist() == ['{"a":null,"b":[1]}', None]


@pytest.mark.parametrize("table", COUNTS, ids=lambda table: table.name)
def test_an_empty_response_gives_an_empty_frame_with_typed_keys_and_day(table: Table) -> None:
    counts = counts_frame(table, [], START, END, UTC)
    assert len(counts.frame) == counts.outside == counts.repeated == 0
    assert list(counts.frame.columns) == [*table.key, "record_date", "record_hour"]
    assert str(counts.frame["record_date"].dtype) == "datetime64[us]"
    assert str(counts.frame["record_hour"].dtype) == "datetime64[us]"
    assert str(counts.frame["record_date_hour_1"].dtype) == "datetime64[us, UTC]"


@pytest.mark.parametrize("table", LISTS, ids=lambda table: table.name)
def test_an_empty_list_gives_an_empty_frame_with_its_key(table: Table) -> None:
    frame, repeated = list_frame(table, [])
    assert (list(frame.columns), len(frame), repeated) == ([*table.key], 0, 0)


def test_a_response_with_all_rows_outside_the_window_keeps_its_types() -> None:
    counts = traffic(row(hour="2020-01-01T00:00:00Z"))
    assert (len(counts.frame), counts.outside) == (0, 1)
    assert str(counts.frame["record_date"].dtype) == "datetime64[us]"
