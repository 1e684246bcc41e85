"""A merge of a list marks vanished rows as deleted, and never empties a list by itself."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sensource_dagster.contract.frames import list_frame
from sensource_dagster.contract.model import MESSAGES
from sensource_dagster.contract.tables import LISTS, TABLES
from sensource_dagster.errors import WarehouseError
from sensource_dagster.warehouse.merge import RowCounts, merge
from sensource_dagster_tests.warehouse.samples import FIRST, KEEP, Row, Store, in_both_files_and_a_lake


def zones(*ids: str, **fields: Any) -> list[Row]:
    return [{"zoneId": zone, "name": "Main", **fields} for zone in ids]


def deleted(store: Store) -> dict[str, bool]:
    return {row["zone_id"]: row["_deleted"] for row in store.rows("zone")}


@in_both_files_and_a_lake
def test_rows_that_vanish_are_marked_as_deleted_and_rows_that_return_are_unmarked(store: Store) -> None:
    assert store.put(*zones("a", "b", "c"), table="zone").deleted == 0
    assert store.put(*zones("b"), table="zone").deleted == 2
    assert deleted(store) == {"a": True, "b": False, "c": True}
    assert store.put(*zones("b", "c"), table="zone").days[None] == RowCounts(0, 0, 1, 1, 2, {})
    assert deleted(store) == {"a": True, "b": False, "c": False}
    synced = [(row["_synced_at"] - FIRST).seconds // 3600 for row in store.rows("zone")]
    assert synced == [1, 0, 2]
    assert store.put(*zones("b", "c"), table="zone").deleted == 0
    assert [(row["_synced_at"] - FIRST).seconds // 3600 for row in store.rows("zone")] == synced


@in_both_files_and_a_lake
def test_an_empty_list_changes_nothing_and_the_error_says_what_to_do(store: Store) -> None:
    store.put(*zones("a", "b"), table="zone")
    before = store.rows("zone")
    with pytest.raises(WarehouseError, match="The API listed no zone at all, but the warehouse has 2") as raised:
        store.put(table="zone")
    assert store.rows("zone") == before
    advice = str(raised.value).rsplit(": ", 1)[1]
    store.sql(advice)
    store.put(table="zone")
    assert deleted(store) == {"a": True, "b": True}


@in_both_files_and_a_lake
def test_if_more_than_half_of_a_list_vanishes_nothing_changes_and_the_error_says_how_to_accept_it(
    store: Store,
) -> None:
    store.put(*zones("a", "b", "c", "d", "e"), table="zone")
    before = store.rows("zone")
    said = "The API no longer lists 3 of the 5 zones of the warehouse"
    with pytest.raises(WarehouseError, match=said) as raised:
        store.put(*zones("a", "b", "new"), table="zone")
    assert store.rows("zone") == before
    store.sql(str(raised.value).split("run: ")[1].split(";")[0])
    store.put(*zones("a", "b", "new"), table="zone")
    assert deleted(store) == {"a": False, "b": False, "c": True, "d": True, "e": True, "new": False}


@pytest.mark.parametrize(("listed", "left"), [("abcd", "ab"), ("abcde", "abc"), ("abc", "a"), ("a", "b")])
def test_half_of_a_list_and_any_part_of_a_short_one_may_vanish_at_once(
    store: Store, listed: str, left: str
) -> None:
    store.put(*zones(*listed), table="zone")
    assert store.put(*zones(*left), table="zone").deleted == len(set(listed) - set(left))


def test_a_list_with_messages_of_vea_may_be_a_part_so_it_marks_nothing_and_a_line_says_why(store: Store) -> None:
    store.put(*zones("a", "b"), table="zone")
    frame, _ = list_frame(TABLES["zone"], zones("a"))
    frame.attrs[MESSAGES] = "1 of 2 sites"
    with store.warehouse.open() as connection:
        merged = merge(connection, TABLES["zone"], frame, FIRST + timedelta(hours=1), KEEP)
    assert (merged.deleted, deleted(store)) == (0, {"a": False, "b": False})
    [line] = merged.changes
    assert "but Vea sent messages with it: 1 of 2 sites." in line


def test_rows_that_were_deleted_before_do_not_vanish_again(store: Store) -> None:
    store.put(*zones(*"abcdef"), table="zone")
    store.put(*zones(*"def"), table="zone")
    assert store.put(*zones(*"de"), table="zone").deleted == 1


@pytest.mark.parametrize("table", LISTS, ids=lambda table: table.name)
def test_an_empty_response_creates_a_typed_empty_list(store: Store, table: Any) -> None:
    for _ in range(2):
        assert store.put(table=table.name).days == {}
    assert store.rows(table.name) == []
    assert list(store.types(table.name)) == [c.name for c in table.all_columns]
    assert {*store.sql("SELECT table_name FROM duckdb_tables()")} == {(table.name,), ("rejected",)}
