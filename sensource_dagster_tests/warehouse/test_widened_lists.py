"""A column of a list becomes wider for a value that does not fit it. Afterwards the list is merged as before."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sensource_dagster.errors import WarehouseError
from sensource_dagster_tests.warehouse.samples import Row, Store, column, count, in_both_files_and_a_lake


def zone(entity: str = "a", **fields: Any) -> Row:
    return {"zoneId": entity, "name": "Main", **fields}


def corrected(store: Store, *rows: Row, table: str = "zone") -> int:
    return store.put(*rows, table=table).days[None].corrected


@in_both_files_and_a_lake
def test_a_whole_number_column_that_gets_a_fraction_becomes_double_and_says_so_once(store: Store) -> None:
    store.put(zone(scaleFactor=1), zone("b", scaleFactor=2), table="zone")
    changed = store.put(zone(scaleFactor=1.05), zone("b", scaleFactor=2), table="zone")
    assert changed.changes == ["zone.scale_factor was BIGINT and is now DOUBLE: the API sends other values"]
    assert (changed.days[None].corrected, changed.deleted) == (1, 0)
    assert store.types("zone")["scale_factor"] == "DOUBLE"
    assert column(store.rows("zone"), "scale_factor") == [1.05, 2.0]
    assert store.put(zone(scaleFactor=1.05), zone("b", scaleFactor=2), table="zone").changes == []
    again = store.put(zone(scaleFactor=3), zone("b", scaleFactor=2), table="zone")
    assert (again.changes, again.days[None].corrected) == ([], 1)
    assert column(store.rows("zone"), "scale_factor") == [3.0, 2.0]


@pytest.mark.parametrize(
    ("table", "field", "name", "fits", "other"),
    [
        ("location", "latitude", "latitude", 52.5, ""),
        ("location", "createdAt", "created_at", "2025-12-01T16:00:00.000Z", "yesterday"),
        ("zone", "scaleFactor", "scale_factor", 2**53 + 1, 1.05),
        ("zone", "perimeter", "perimeter", True, "maybe"),
        ("zone", "countType", "count_type", 3, {"kind": 1}),
        ("space", "maxCapacity", "max_capacity", 100, "a hundred"),
    ],
)
def test_any_other_column_becomes_text_and_rows_that_did_not_change_are_not_written_again(
    store: Store, table: str, field: str, name: str, fits: Any, other: Any
) -> None:
    key = f"{table}Id"
    first, second = ({key: "a", field: fits}, {key: "b", field: fits})
    store.put(first, second, table=table)
    assert corrected(store, {**first, field: other}, second, table=table) == 1
    assert store.types(table)[name] == "VARCHAR"
    text = str(fits).lower() if isinstance(fits, bool) else str(fits)
    assert column(store.rows(table), name) == [
        other if isinstance(other, str) else json.dumps(other, separators=(",", ":")),
        text,
    ]
    assert corrected(store, {**first, field: other}, second, table=table) == 0
    assert corrected(store, first, second, table=table) == 1
    assert column(store.rows(table), name) == [text, text]
    assert corrected(store, {**first, field: other}, second, table=table) == 1


def test_numbers_have_one_text_whatever_type_the_column_had_before(store: Store) -> None:
    for value in (5, 1.05, 5, "many", 5):
        store.put(zone(scaleFactor=value), zone("b", scaleFactor=7), table="zone")
    assert column(store.rows("zone"), "scale_factor") == ["5", "7"]
    assert corrected(store, zone(scaleFactor=5), zone("b", scaleFactor=7.0)) == 0


def test_a_key_of_a_list_and_the_columns_of_counts_never_become_wider(store: Store) -> None:
    store.put(zone(), zone("b"), table="zone")
    store.put(zone(), {"zoneId": ["b"]}, table="zone")
    assert column(store.rows("zone"), "zone_id") == ["a", "b"]
    store.put(count(ins=1), count("z2", ins=1.5))
    assert store.types()["sumins"] == "BIGINT"
    store.sql("ALTER TABLE {s}.traffic ALTER sumins TYPE VARCHAR")
    with pytest.raises(WarehouseError, match="sumins is VARCHAR in the warehouse, but BIGINT in the contract"):
        store.put(count(ins=2))


def test_a_column_of_a_list_with_a_type_that_no_merge_gives_it_is_refused(store: Store) -> None:
    store.put(zone(scaleFactor=1), table="zone")
    store.sql("ALTER TABLE {s}.zone ALTER scale_factor TYPE SMALLINT")
    with pytest.raises(WarehouseError, match="scale_factor is SMALLINT in the warehouse"):
        store.put(zone(scaleFactor=1), table="zone")
