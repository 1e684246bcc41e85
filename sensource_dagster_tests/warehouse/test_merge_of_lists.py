"""A merge of a list marks vanished rows as deleted, and never empties a list by itself."""

from __future__ import annotations

from typing import Any

import pytest

from sensource_dagster.contract.tables import LISTS
from sensource_dagster.errors import WarehouseError
from sensource_dagster.warehouse.merge import RowCounts
from sensource_dagster_tests.warehouse.samples import FIRST, Row, Store, in_both_files


def zones(*ids: str, **fields: Any) -> list[Row]:
    return [{"zoneId": zone, "name": "Main", **fields} for zone in ids]


def deleted(store: Store) -> dict[str, bool]:
    return {row["zone_id"]: row["_deleted"] for row in store.rows("zone")}


@in_both_files
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


@in_both_files
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


@pytest.mark.parametrize("table", LISTS, ids=lambda table: table.name)
def test_an_empty_response_creates_a_typed_empty_list(store: Store, table: Any) -> None:
    for _ in range(2):
        assert store.put(table=table.name).days == {}
    assert store.rows(table.name) == []
    assert list(store.types(table.name)) == [c.name for c in table.all_columns]
