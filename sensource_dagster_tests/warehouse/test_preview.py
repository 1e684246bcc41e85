"""What the UI can show of any table or view without a query."""

from __future__ import annotations

import json
from collections.abc import Iterator

import duckdb
import pytest

from sensource_dagster.warehouse.preview import preview, row_count


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        opened.execute("SET TimeZone = 'UTC'")
        yield opened


def test_a_preview_has_ten_rows_in_the_order_asked_for_and_the_count_has_them_all(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    connection.execute("CREATE VIEW numbers AS SELECT range AS number FROM range(25)")
    shown = preview(connection, "numbers", order="number DESC")
    assert [record.data["number"] for record in shown.records] == list(range(24, 14, -1))
    assert len(preview(connection, "numbers").records) == 10
    assert row_count(connection, "numbers") == 25


def test_a_preview_names_each_column_with_its_type_and_an_empty_table_has_one_too(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    connection.execute('CREATE TABLE "a table" (id VARCHAR, seen_at TIMESTAMPTZ, more JSON, ins BIGINT)')
    shown = preview(connection, '"a table"')
    assert [(column.name, column.type) for column in shown.schema.columns] == [
        ("id", "VARCHAR"),
        ("seen_at", "TIMESTAMP WITH TIME ZONE"),
        ("more", "JSON"),
        ("ins", "BIGINT"),
    ]
    assert shown.records == []


def test_values_of_every_type_can_be_shown_and_long_ones_are_cut(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(
        """CREATE VIEW kinds AS SELECT 7 AS whole, 0.5::DOUBLE AS half, 'nan'::DOUBLE AS nan, true AS yes,
        NULL AS nothing, 9007199254740993 AS large, DATE '2026-01-31' AS day, repeat('x', 5000) AS long,
        TIMESTAMPTZ '2026-01-31 12:00:00Z' AS at, {'a': [1, 2]} AS nested"""
    )
    [record] = preview(connection, "kinds").records
    assert record.data == {
        "whole": 7,
        "half": 0.5,
        "nan": "nan",
        "yes": True,
        "nothing": None,
        "large": "9007199254740993",
        "day": "2026-01-31",
        "long": "x" * 79 + "…",
        "at": "2026-01-31 12:00:00+00:00",
        "nested": "{'a': [1, 2]}",
    }
    json.dumps(dict(record.data), allow_nan=False)  # as a browser reads it
