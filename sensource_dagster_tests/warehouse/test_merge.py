"""A merge of counts: which rows are inserted, corrected or left, and how they are counted."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from sensource_dagster.contract.frames import list_frame
from sensource_dagster.contract.tables import TABLES
from sensource_dagster.warehouse.file_warehouse import FileWarehouse
from sensource_dagster.warehouse.merge import RowCounts, merge
from sensource_dagster_tests.warehouse.samples import (
    FIRST,
    KEEP,
    Store,
    column,
    count,
    frame_of,
    in_both_files_and_a_lake,
)

DAY = date(2025, 12, 1)


@in_both_files_and_a_lake
def test_rows_are_inserted_corrected_or_left_and_counted_by_day(store: Store) -> None:
    assert store.put(count(), count("z2"), count(at=25)).days == {
        DAY: RowCounts(2, 0, 0, 0, 2, {"ins": 2, "outs": 4}),
        DAY + timedelta(days=1): RowCounts(1, 0, 0, 0, 1, {"ins": 1, "outs": 2}),
    }
    again = store.put(count(ins=9), count("z2"), count("z3"))
    assert (again.days, again.corrections) == ({DAY: RowCounts(1, 0, 1, 1, 3, {"ins": 11, "outs": 6})}, 1)
    assert [(r["zone_id"], r["sumins"], (r["_synced_at"] - FIRST).seconds // 3600) for r in store.rows()] == [
        ("z1", 9, 1),
        ("z1", 1, 0),
        ("z2", 1, 0),
        ("z3", 1, 1),
    ]


def test_the_rows_of_a_day_are_those_of_all_kinds() -> None:
    kinds = RowCounts(inserted=1, grown=2, corrected=4, unchanged=8, updated=16, entities=32, measures={})
    assert kinds.rows == 31


@pytest.mark.parametrize("field", ["sumins", "name", "other"])
@pytest.mark.parametrize(("before", "after"), [(None, "1"), ("1", None), ("1", "2")])
def test_a_row_is_written_again_if_a_value_appears_vanishes_or_changes(
    store: Store, field: str, before: Any, after: Any
) -> None:
    store.put({**count(), field: before})
    assert store.put_and_count({**count(), field: after}) == (0, 1, 0)
    assert store.put_and_count({**count(), field: after}) == (0, 0, 1)


def test_a_rerun_leaves_every_value_of_every_row_as_it_was(store: Store) -> None:
    rows = [count(z, h, ins=h, extra={"b": [h, None], "a": "é"}) for z in ("z1", "z2") for h in range(30)]
    store.put(*rows)
    before = store.rows()
    for again in (rows, rows[::-1], rows[3:9], [dict(reversed(row.items())) for row in rows]):
        assert store.put_and_count(*again) == (0, 0, len(again))
        assert store.rows() == before


def test_a_row_that_the_api_no_longer_returns_stays(store: Store) -> None:
    store.put(count("z1"), count("z2"), count("z1", 1))
    before = store.rows()
    store.put(count("z1"))
    store.put()
    assert store.rows() == before


def test_columns_are_merged_by_name_in_any_order(store: Store) -> None:
    store.put(count(ins=1, outs=2))
    table = TABLES["zone"]
    frame, _ = list_frame(table, [{"zoneId": "a", "name": "n", "deviceId": "d", "sensorId": "s"}])
    for columns in (["name", "zone_id", "sensor_id", "device_id"], ["device_id", "sensor_id", "name", "zone_id"]):
        with store.warehouse.open() as connection:
            merge(connection, table, frame[columns], FIRST, KEEP)
    [zone] = store.rows("zone")
    assert (zone["zone_id"], zone["name"], zone["device_id"], zone["sensor_id"]) == ("a", "n", "d", "s")


def test_another_order_of_the_keys_of_an_object_is_no_correction(store: Store) -> None:
    assert store.put_and_count(count(x={"a": 1, "b": {"c": 2, "d": 3}})) == (1, 0, 0)
    assert store.put_and_count(count(x={"b": {"d": 3, "c": 2}, "a": 1})) == (0, 0, 1)
    assert store.put_and_count(count(x={"b": {"d": 3, "c": 2}, "a": 2})) == (0, 1, 0)


@pytest.mark.parametrize("value", [1e22, -4.8e186, 1e-7, 5.0, "\x0b\x1f", "\x00", "é/\\\"'", 2**63 - 1, True])
def test_an_equal_value_is_no_correction_whatever_other_values_the_column_has(store: Store, value: Any) -> None:
    other = [1] if isinstance(value, str) else "text"
    store.put(count(x=value), count("z2", x=other))
    for company in ([], [count("z3", x=other)], [count("z4", x=2.5)]):
        inserted, corrected, unchanged = store.put_and_count(count(x=value), *company)
        assert (inserted, corrected, unchanged) == (len(company), 0, 1)


@pytest.mark.parametrize(
    "text", ['it\'s "quoted"\n\r\t😀', "'; DROP TABLE sensource.traffic; --", "\x00", "$synced_at ? {} %s", ""]
)
def test_text_is_kept_as_it_is_in_keys_values_and_json(store: Store, text: str) -> None:
    for _ in range(2):
        store.put(count(text, name=text, extra=text, tree={text: [text]}), count("other"))
    row = next(row for row in store.rows() if row["zone_id"] == text)
    assert (row["name"], row["extra"], json.loads(row["tree"])) == (text, text, {text: [text]})
    assert len(store.rows()) == 2


@pytest.mark.parametrize(
    "field",
    ['a"b', "x'; DROP TABLE traffic", "s", "t", "frame", "incoming", "rowid", "~change", "select", "\u65e5\u672c"],
)
def test_a_field_of_any_name_is_kept_and_corrected(store: Store, field: str) -> None:
    keeps_a_field(store, field)


@pytest.mark.parametrize("field", ["\x00", "", "SUMINS_2", "x" * 300, "$synced_at", "recordDate"])
def test_a_field_of_any_name_gets_a_column_of_its_own(store: Store, field: str) -> None:
    keeps_a_field(store, field)


def keeps_a_field(store: Store, field: str) -> None:
    assert len(store.put({**count(), field: "one"}, count("z2")).changes) == 1
    assert store.put({**count(), field: "two"}, count("z3")).changes == []
    [row, *others] = store.rows()
    assert [name for name, value in row.items() if value == "two"] == list(store.types())[-1:]
    assert len(others) == 2


@in_both_files_and_a_lake
def test_tables_of_the_user_with_the_names_of_our_temporary_tables_change_nothing(store: Store) -> None:
    store.put(count())
    names = ("incoming", "compared", "frame", "traffic", "s", "t")
    store.sql(*(f"CREATE TABLE main.{name} AS SELECT 'mine' AS zone_id" for name in names))
    assert store.put_and_count(count(ins=5), count("z2")) == (1, 1, 0)
    assert store.sql("SELECT * FROM main.traffic") == [("mine",)]


def test_merges_leave_no_temporary_views_on_the_connection(tmp_path: Path) -> None:
    with FileWarehouse(tmp_path / "w.duckdb", 5, {"enable_view_dependencies": "true"}).open() as connection:
        for at in (0, 50, 0):  # new, new, compared
            merge(connection, TABLES["traffic"], frame_of(TABLES["traffic"], count(at=at)), FIRST, KEEP)
        views = connection.execute("SELECT view_name FROM duckdb_views() WHERE NOT internal").fetchall()

    assert views == []


def test_a_sum_too_large_for_bigint_is_exact(store: Store) -> None:
    assert store.put(count(ins=2**63 - 1), count("z2", ins=2**63 - 1)).days[DAY].measures["ins"] == 2**64 - 2


def test_a_measure_without_values_is_none(store: Store) -> None:
    assert store.put(count(ins=None)).days[DAY].measures == {"ins": None, "outs": 2}


def test_the_day_does_not_depend_on_the_time_zone_of_the_session(store: Store) -> None:
    table = TABLES["traffic"]
    store.put(count(at=23), count(at=24))
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
        with store.warehouse.open() as connection:
            connection.execute(f"SET TimeZone = '{zone}'")
            frame = frame_of(TABLES["traffic"], count(at=23, ins=5), count(at=24, ins=6))
            assert list(merge(connection, table, frame, FIRST, KEEP).days) == [DAY, DAY + timedelta(days=1)]
    assert column(store.rows(), "record_date") == [DAY, DAY + timedelta(days=1)]
    assert len(store.rows()) == 2
