"""Any name is quoted, and the name of a database is the one that DuckDB gives it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensource_dagster.warehouse.sql import (
    as_json,
    database_name,
    day,
    full_schema,
    identifier,
    identifiers,
    qualified,
)

# DuckDB ends a statement at NUL. No column or file has a NUL in its name.
names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=30)
memory = duckdb.connect()


@given(names)
def test_any_quoted_name_is_one_identifier(name: str) -> None:
    described = memory.execute(f"SELECT 1 AS {identifier(name)}").description or []
    memory.fetchall()
    assert [column[0] for column in described] == [name]


def test_names_are_listed_and_joined() -> None:
    assert identifiers(["a", 'b"; DROP TABLE x; --']) == '"a", "b""; DROP TABLE x; --"'
    assert identifiers(["a", "b"], "t.") == 't."a", t."b"'
    assert qualified("w", 'se"n', "t") == '"w"."se""n"."t"'


@given(st.dates())
def test_a_day_is_a_date_literal(value: date) -> None:
    assert memory.execute(f"SELECT {day(value)}").fetchall() == [(value,)]


@pytest.mark.parametrize(
    "file",
    [
        "w.duckdb",
        "sensource.duckdb",
        "main.duckdb",
        "temp.db",
        "system",
        ".hidden.duckdb",
        "a.b.c.duckdb",
        "My Warehouse.duckdb",
        "x",
        "it's.duckdb",
        'q"q.duckdb',
        "ü.duckdb",
        "..x.duckdb",
        ".duckdb",
        "2024-01.duckdb",
    ],
)
def test_the_database_has_the_name_that_duckdb_gives_it(tmp_path: Path, file: str) -> None:
    with duckdb.connect(str(tmp_path / file)) as connection:
        called = connection.execute("SELECT current_database()").fetchall()[0][0]
        assert database_name(Path(file)) == called
        assert full_schema(connection) == qualified(called, "sensource")
        connection.execute(f"CREATE SCHEMA {full_schema(connection)}")
        connection.execute(f"CREATE TABLE {full_schema(connection)}.t AS SELECT 1 AS x")
        assert connection.execute(f"SELECT * FROM {qualified(called, 'sensource', 't')}").fetchall() == [(1,)]


@given(st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_has_the_same_json_text_from_a_double_and_from_json(value: float) -> None:
    number = int(value) if float(value).is_integer() and abs(value) <= 2**53 else value
    [texts] = memory.execute(
        f"SELECT {as_json('a', 'DOUBLE')}, {as_json('b', 'JSON')} FROM (SELECT ?::DOUBLE AS a, ? AS b)",
        [value, orjson.dumps(number).decode()],
    ).fetchall()
    assert texts[0] == texts[1]
    assert orjson.loads(texts[0]) == value


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_text_has_the_same_json_text_from_a_varchar_and_from_json(value: str) -> None:
    [texts] = memory.execute(
        f"SELECT {as_json('a', 'VARCHAR')}, {as_json('b', 'JSON')} FROM (SELECT ?::VARCHAR AS a, ? AS b)",
        [value, orjson.dumps(value).decode()],
    ).fetchall()
    assert texts[0] == texts[1]
    assert orjson.loads(texts[0]) == value
