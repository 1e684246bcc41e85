"""A table is created as the contract says. New fields of the API add or widen columns without losing a value."""

from __future__ import annotations

import json
from typing import Any

import duckdb
import pytest

from sensource_dagster.contract.model import Table
from sensource_dagster.contract.tables import TABLES
from sensource_dagster_tests.warehouse.samples import Store, column, count, in_a_file

KINDS: dict[str, Any] = {
    "VARCHAR": "it's",
    "BIGINT": 2**53,
    "DOUBLE": 2.5,
    "BOOLEAN": True,
    "JSON": {"a": [1, None]},
}
# What a column of one type becomes when it gets values of the other. Every other pair becomes JSON.
WIDENED = {("BIGINT", "DOUBLE"): "DOUBLE", ("DOUBLE", "BIGINT"): "DOUBLE"}


def held(store: Store, name: str) -> list[Any]:
    is_json = store.types()[name] == "JSON"
    return [json.loads(v) if is_json and v is not None else v for v in column(store.rows(), name)]


@pytest.mark.parametrize("table", TABLES.values(), ids=list(TABLES))
def test_an_empty_response_creates_the_table_of_the_contract(store: Store, table: Table) -> None:
    store.put(table=table.name)
    store.put(table=table.name)
    described = store.sql(f'SELECT column_name, column_type, "null" FROM (DESCRIBE {{s}}.{table.name})')
    assert [
        (name, kind.replace("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ"), null == "YES")
        for name, kind, null in described
    ] == [(c.name, c.type.value, c.nullable) for c in table.all_columns]
    assert store.sql("SELECT * FROM duckdb_indexes()") == []


def test_only_the_table_the_corrections_and_the_rejected_rows_have_tables(store: Store) -> None:
    store.put(count())
    assert store.sql("SELECT schema_name, table_name FROM duckdb_tables() ORDER BY ALL") == [
        ("sensource", "corrections"),
        ("sensource", "rejected"),
        ("sensource", "traffic"),
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_a_field_that_the_contract_does_not_name_becomes_a_column_and_a_line_reports_it(
    store: Store, kind: str
) -> None:
    store.put(count("z0"))
    changes = store.put(count(newField=KINDS[kind])).changes
    assert changes == [
        f"traffic has a new column new_field ({kind}): the API sends a field that the contract does not name"
    ]
    assert store.types()["new_field"] == kind
    assert held(store, "new_field") == [None, KINDS[kind]]
    assert store.put(count(newField=KINDS[kind])).changes == []


@pytest.mark.parametrize("first", KINDS)
@pytest.mark.parametrize("second", KINDS)
def test_a_column_widens_for_values_of_another_type_and_keeps_its_values(
    store: Store, first: str, second: str
) -> None:
    store.put(count("z1", x=KINDS[first]), count("z2", x=None))
    changes = store.put(count("z3", x=KINDS[second])).changes
    wide = first if first in (second, "JSON") else WIDENED.get((first, second), "JSON")
    assert store.types()["x"] == wide
    expected = [] if wide == first else [f"traffic.x was {first} and is now {wide}: the API sends other values"]
    assert changes == expected
    values = held(store, "x")
    assert values == [KINDS[first], None, KINDS[second]]
    assert [type(values[0]), type(values[2])] == [
        float if wide == "DOUBLE" else type(KINDS[kind]) for kind in (first, second)
    ]
    again = store.put(count("z1", x=KINDS[first]), count("z2", x=None), count("z3", x=KINDS[second]))
    assert [(day.corrected, day.unchanged) for day in again.days.values()] == [(0, 3)]


@pytest.mark.parametrize(("first", "second"), [(2**53 + 1, 2.5), (2.5, 2**53 + 1), (-(2**63), 0.5)])
def test_whole_numbers_that_double_would_round_are_kept_as_json(store: Store, first: Any, second: Any) -> None:
    store.put(count("z1", x=first))
    store.put(count("z2", x=second))
    assert store.types()["x"] == "JSON"
    assert held(store, "x") == [first, second]


@pytest.mark.parametrize("others", [[], [7], [2.5], ["text"], [{"a": 2**70 + 1}]])
def test_whole_numbers_of_more_than_64_bits_are_kept_digit_by_digit(store: Store, others: list[Any]) -> None:
    large = 2**64 + 1
    for _ in range(2):
        merge_result = store.put(count("z1", x=large), *(count("z2", x=other) for other in others))
    assert [day.unchanged for day in merge_result.days.values()] == [1 + len(others)]
    for other in others:
        store.put(count("z1", x=other))
        store.put(count("z1", x=large))
    assert [json.loads(x) for x in column(store.rows(), "x")] == [large, *others]
    assert store.sql("SELECT x::HUGEINT FROM {s}.traffic WHERE zone_id = 'z1'") == [(large,)]


def test_bigint_goes_to_double_and_then_to_json_with_all_values_kept(store: Store) -> None:
    for zone, value in (("z1", 7), ("z2", 2.5), ("z3", "many")):
        store.put(count(zone, x=value))
    assert column(store.rows(), "x") == ["7", "2.5", '"many"']


def test_a_column_that_became_json_stays_json_until_the_user_narrows_it(store: Store) -> None:
    for x in ("many", 7, 8):
        store.put(count(x=x))
    assert (store.types()["x"], held(store, "x")) == ("JSON", [8])

    store.sql("ALTER TABLE {s}.traffic ALTER x TYPE VARCHAR USING x ->> '$'")
    for x in ("9", "ten"):
        store.put(count(x=x))
        assert (store.types()["x"], held(store, "x")) == ("VARCHAR", [x])


def test_null_widens_nothing(store: Store) -> None:
    store.put(count("z1", x=7))
    assert store.put(count("z1", x=None)).changes == []
    assert store.types()["x"] == "BIGINT"
    assert held(store, "x") == [None]


@pytest.mark.parametrize(
    ("kind", "value", "kept"), [("INTEGER", 7, 7), ("VARCHAR[]", None, None), ("DECIMAL(9,2)", 1.5, 1.5)]
)
def test_a_type_that_the_user_chose_for_a_column_stays(store: Store, kind: str, value: Any, kept: Any) -> None:
    store.put(count())
    store.sql(f"ALTER TABLE {{s}}.traffic ADD COLUMN x {kind}")
    assert store.put(count(x=value)).changes == []
    assert store.types()["x"] == kind
    assert [float(x) if x is not None else None for x in column(store.rows(), "x")] == [kept]


@pytest.mark.parametrize("value", [1.2, 3, "text", True])
def test_an_unknown_field_gets_its_column_with_its_first_value(store: Store, value: Any) -> None:
    assert store.put(count("z1", x=None)).changes == []
    assert "x" not in store.types()

    assert len(store.put(count("z1", x=None), count("z2", x=value)).changes) == 1
    assert held(store, "x") == [None, value]
    assert store.types()["x"] == {float: "DOUBLE", int: "BIGINT", str: "VARCHAR", bool: "BOOLEAN"}[type(value)]


def test_a_dropped_column_is_added_empty_and_filled_again(store: Store) -> None:
    store.put(count("z1"), count("z2"))
    store.sql("ALTER TABLE {s}.traffic DROP sumins")
    store.put(count("z1"))
    assert column(store.rows(), "sumins") == [1, None]


@in_a_file
def test_there_is_no_primary_key_so_the_merge_alone_keeps_a_key_unique(store: Store) -> None:
    store.put(count(), count("z2"))
    store.put(count(), count("z2"))
    with duckdb.connect(str(store.path), read_only=True) as connection:
        constraints = connection.execute("SELECT DISTINCT constraint_type FROM duckdb_constraints()").fetchall()
        keys = connection.execute(
            "SELECT count(*), count(DISTINCT (zone_id, record_date_hour_1)) FROM w.sensource.traffic"
        ).fetchall()
    assert constraints == [("NOT NULL",)]
    assert keys == [(2, 2)]
