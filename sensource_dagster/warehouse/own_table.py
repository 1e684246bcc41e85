"""Writes the frame of a user's own asset into a table of its own, in one transaction.

A table without days is replaced whole. Of a table by day, the days of the run are replaced, and all others stay.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb
import pandas as pd

from sensource_dagster.errors import WarehouseError
from sensource_dagster.warehouse.column_type import change_type, statements
from sensource_dagster.warehouse.sql import day, full_schema, identifier
from sensource_dagster.warehouse.transaction import transaction


@dataclass(frozen=True)
class RunDays:
    """Which rows a run replaces: those whose `column` is from `first` to before `end`."""

    column: str
    first: date
    end: date

    @property
    def condition(self) -> str:
        """SQL that is true for these rows."""
        column = identifier(self.column)
        return f"{column} >= {day(self.first)} AND {column} < {day(self.end)}"


@dataclass(frozen=True)
class OwnTable:
    """Schema and name of the table; `days` if it is partitioned."""

    schema: str
    name: str
    days: RunDays | None

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"


def replace(connection: duckdb.DuckDBPyConnection, table: OwnTable, frame: pd.DataFrame) -> dict[date | None, int]:
    """Write the frame, and return how many rows each day has; under None those of a table without days.

    A named index becomes a column. The types come from the frame, but the column of the days is a DATE. A table by
    day gets the columns that it does not have yet, and the columns that the frame does not have are null.

    Raises:
        WarehouseError: nothing was written.
    """
    frame = _with_plain_columns(table, frame)
    with transaction(connection, f"Table {table}: ", "Nothing was written."):
        # DuckDB takes the type of a column of objects from some of them, by default.
        connection.execute(f"SET pandas_analyze_sample = {len(frame) + 1}")
        connection.register("frame", frame)
        schema = full_schema(connection, table.schema)
        name = f"{schema}.{identifier(table.name)}"
        types = _types(connection, table, frame)
        select = f"SELECT {', '.join(_cast(column, kind) for column, kind in types.items())} FROM frame"
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
        if table.days:
            rows = _rows_by_day(connection, table, table.days)
            connection.execute(f"CREATE TABLE IF NOT EXISTS {name} AS {select} LIMIT 0")
            _fit(connection, table, table.days, name, types)
            connection.execute(f"DELETE FROM {name} WHERE {table.days.condition}")
            connection.execute(f"INSERT INTO {name} BY NAME {select}")
        else:
            rows = {None: len(frame)}
            connection.execute(f"CREATE OR REPLACE TABLE {name} AS {select}")
        connection.unregister("frame")
    return rows


def _with_plain_columns(table: OwnTable, frame: pd.DataFrame) -> pd.DataFrame:
    if any(name is not None for name in frame.index.names):
        try:
            frame = frame.reset_index()
        except ValueError as error:  # the frame has a column of that name
            raise WarehouseError(f"Table {table}: {error}. Nothing was written. Rename the index.") from None
    names = [str(name) for name in frame.columns]
    lower = [name.lower() for name in names]
    twice = sorted({name for name in names if lower.count(name.lower()) > 1})
    if twice:
        raise WarehouseError(
            f"Table {table}: the frame has more than one column named {', '.join(twice)}. DuckDB takes no account "
            "of case. Nothing was written. Rename the columns."
        )
    if not names:
        raise WarehouseError(f"Table {table}: the frame has no column. Nothing was written.")
    if table.days and table.days.column.lower() not in lower:
        raise WarehouseError(
            f"Table {table}: the frame has no column {table.days.column}, which partition_expr names. It has "
            f"{', '.join(names)}. Nothing was written. Return the day of each row in that column."
        )
    return frame.set_axis(names, axis=1)


def _types(connection: duckdb.DuckDBPyConnection, table: OwnTable, frame: pd.DataFrame) -> dict[str, str]:
    """The type of each column of the frame."""
    described = connection.execute("DESCRIBE SELECT * FROM frame").fetchall()
    types = {str(column): _storable(str(kind), frame[column]) for column, kind, *_ in described}
    if table.days:
        [column] = (name for name in types if name.lower() == table.days.column.lower())
        _check_values(connection, column, types[column], "DATE", f"the days of table {table}", _NO_DAY)
        types[column] = "DATE"
    return types


_NO_DAY = "Return the local day of each row there, such as record_date of sensource.traffic."


def _storable(kind: str, values: pd.Series[Any]) -> str:
    """Without values, a column of objects has no type, or in DuckDB 1 any. Categories differ by frame."""
    untyped = values.dtype == object and values.isna().all()
    return "VARCHAR" if untyped or kind == '"NULL"' or kind.startswith("ENUM(") else kind


def _cast(column: str, kind: str) -> str:
    return f"CAST({identifier(column)} AS {kind}) AS {identifier(column)}"


def _rows_by_day(connection: duckdb.DuckDBPyConnection, table: OwnTable, days: RunDays) -> dict[date | None, int]:
    """How many rows of the frame each day has. All of them have to be days of the run.

    A row of another day would be there twice after the next run.
    """
    column = f"CAST({identifier(days.column)} AS DATE)"
    found = connection.execute(f"SELECT {column}, count(*) FROM frame GROUP BY 1 ORDER BY 1").fetchall()
    outside = [(at, count) for at, count in found if at is None or not days.first <= at < days.end]
    if outside:
        raise WarehouseError(
            f"Table {table}: {sum(count for _, count in outside)} rows of the frame have a {days.column} that is "
            f"none of the days of the run, from {days.first} to before {days.end}. The first of them has "
            f"{outside[0][0] or 'none'}. Nothing was written. Return rows of the run's days only."
        )
    return dict(found)


def _fit(
    connection: duckdb.DuckDBPyConnection, table: OwnTable, days: RunDays, name: str, types: Mapping[str, str]
) -> None:
    """Add the columns that the table does not have, and see that the values fit into those that it has."""
    info = connection.execute("SELECT name, type FROM pragma_table_info(?)", [name]).fetchall()
    existing = {str(column).lower(): str(kind) for column, kind in info}
    if days.column.lower() not in existing:
        raise WarehouseError(
            f"Table {table} has no column {days.column}, so the days of its rows are unknown. Nothing was "
            f"written. If its rows are not needed any more, run: DROP TABLE {name};"
        )
    for column, kind in types.items():
        quoted, have = identifier(column), existing.get(column.lower())
        if have is None:
            connection.execute(f"ALTER TABLE {name} ADD COLUMN {quoted} {kind}")
        elif have != kind and _has_values(connection, "frame", quoted):
            if _has_values(connection, name, quoted):
                change = statements(connection, name, column, kind, f"CAST({quoted} AS {kind})")
                advice = f"Return {have}, or change the table: {'; '.join(change)};"
                _check_values(connection, column, kind, have, f"column {column} of table {table}", advice)
            else:
                change_type(connection, name, column, kind, f"CAST({quoted} AS {kind})")


def _has_values(connection: duckdb.DuckDBPyConnection, name: str, column: str) -> bool:
    return bool(connection.execute(f"SELECT 1 FROM {name} WHERE {column} IS NOT NULL LIMIT 1").fetchall())


def _check_values(
    connection: duckdb.DuckDBPyConnection, column: str, kind: str, wanted: str, where: str, advice: str
) -> None:
    """See that each value of a column of the frame has an equal one of the type `wanted`.

    Integers come as 3.0 if pandas had to put a missing value beside them. A text is equal to a day alone.
    """
    quoted = identifier(column)
    there = f"TRY_CAST({quoted} AS {wanted})"
    wrong = f"{there} IS NULL OR TRY_CAST({there} AS {kind}) IS DISTINCT FROM {quoted}"
    if "VARCHAR" in (kind, wanted) and wanted != "DATE":
        wrong = "true"
    found = connection.execute(
        f"SELECT CAST({quoted} AS VARCHAR) FROM frame WHERE {quoted} IS NOT NULL AND ({wrong}) LIMIT 1"
    ).fetchall()
    if found:
        raise WarehouseError(
            f"{found[0][0]!r} ({kind}) does not fit {where}, which is {wanted}. Nothing was written. {advice}"
        )
