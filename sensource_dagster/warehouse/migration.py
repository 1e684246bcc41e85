"""Copies the tables of one warehouse into another one, a file or a lake, and compares both.

Each table is one transaction. A marker in the target says that a copy is under way: only then is a table that is
there already replaced. So the same command goes on after a kill, and never replaces rows that came from elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from sensource_dagster.contract.model import DAY, SCHEMA
from sensource_dagster.errors import WarehouseError
from sensource_dagster.warehouse.sql import identifier, qualified, text
from sensource_dagster.warehouse.transaction import first_line, transaction

_SOURCE = "migrated_from"
_MARKER = "migration_under_way"
_ADVICE = "The tables before it were copied. Mend that, and run the same command again."


@dataclass(frozen=True)
class Compared:
    """A table that is the same on both sides. `days` is how many it has, for a table that has days."""

    name: str
    rows: int
    days: int | None


@dataclass(frozen=True)
class _Table:
    schema: str
    name: str
    columns: tuple[tuple[str, str, bool], ...]
    """Each column's name, its type and whether it may be null."""

    @property
    def shown(self) -> str:
        return f"{self.schema}.{self.name}"

    def digest(self, database: str) -> str:
        """A query: for each day the number of rows, and the sum of their hashes, whatever their order."""
        names = [name for name, _, _ in self.columns]
        day = identifier(DAY) if DAY in names else "NULL::DATE"
        texts = ", ".join(f"CAST({identifier(name)} AS VARCHAR)" for name in names)
        source = qualified(database, self.schema, self.name)
        return f"SELECT {day} AS day, count(*) AS n, sum(hash({texts})::HUGEINT) AS h FROM {source} GROUP BY ALL"


def migrate(connection: duckdb.DuckDBPyConnection, copy: Path) -> Iterator[Compared]:
    """Copy each table, and compare it by day. One that is there already and the same stays as it is.

    Args:
        connection: the target, open to write.
        copy: a DuckDB file with the tables of the source, which nobody writes.

    Raises:
        WarehouseError: the target has other rows in a table of this name, or cannot take a table. Nothing that
            was there before is changed.
    """
    [(target,)] = connection.execute("SELECT current_database()").fetchall()
    connection.execute(f"ATTACH {text(str(copy))} AS {_SOURCE} (READ_ONLY)")
    tables = _tables(connection, _SOURCE)
    there = {(table.schema, table.name): table for table in _tables(connection, target)}
    same = {table for table in tables if table == there.get((table.schema, table.name))}
    same = {table for table in same if not _differs(connection, table, target)}
    other = [table.shown for table in tables if (table.schema, table.name) in there and table not in same]
    if other and (SCHEMA, _MARKER) not in there:
        raise WarehouseError(
            f"There are other rows already in {', '.join(other)}. Nothing was changed. Choose a warehouse without "
            "tables of these names, or drop them there if nobody needs them."
        )
    marker = qualified(target, SCHEMA, _MARKER)
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {qualified(target, SCHEMA)}")
    connection.execute(f"CREATE TABLE IF NOT EXISTS {marker} (begun TIMESTAMPTZ)")
    for table in tables:
        if table not in same:
            _copy(connection, table, target)
        rows, days = connection.execute(
            f"SELECT coalesce(sum(n), 0)::BIGINT, count(day) FROM ({table.digest(target)})"
        ).fetchall()[0]
        has_days = any(name == DAY for name, _, _ in table.columns)
        yield Compared(table.shown, rows, days if has_days else None)


def end(connection: duckdb.DuckDBPyConnection) -> None:
    """Say that the copy is whole: from now on the target's rows are its own."""
    connection.execute(f"DROP TABLE IF EXISTS {qualified(SCHEMA, _MARKER)}")


def _tables(connection: duckdb.DuckDBPyConnection, database: str) -> list[_Table]:
    found = connection.execute(
        "SELECT schema_name, table_name, list((column_name, data_type, is_nullable) ORDER BY column_index) "
        "FROM duckdb_columns() JOIN duckdb_tables() USING (database_name, schema_name, table_name) "
        "WHERE database_name = ? AND NOT temporary AND NOT duckdb_tables.internal GROUP BY ALL ORDER BY ALL",
        [database],
    ).fetchall()
    return [_Table(schema, name, tuple(columns)) for schema, name, columns in found]


def _copy(connection: duckdb.DuckDBPyConnection, table: _Table, target: str) -> None:
    there = qualified(target, table.schema, table.name)
    columns = ", ".join(
        f"{identifier(name)} {kind}{'' if nullable else ' NOT NULL'}" for name, kind, nullable in table.columns
    )
    with transaction(connection, f"The table {table.shown} cannot be copied: ", _ADVICE):
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {qualified(target, table.schema)}")
        connection.execute(f"DROP TABLE IF EXISTS {there}")
        connection.execute(f"CREATE TABLE {there} ({columns})")
        connection.execute(f"INSERT INTO {there} FROM {qualified(_SOURCE, table.schema, table.name)}")
        differing = _differs(connection, table, target)
        if differing:
            raise WarehouseError(
                f"The copy of {table.shown} differs from the source, on {differing} days. It was not kept. Run "
                "the same command again; if it fails again, report it."
            )


def _differs(connection: duckdb.DuckDBPyConnection, table: _Table, target: str) -> int:
    """On how many days the number or the content of the rows differs; rows without a day are one day."""
    ours, theirs = (f"({table.digest(database)})" for database in (_SOURCE, target))
    try:
        return int(
            connection.execute(
                f"SELECT count(DISTINCT coalesce(day::VARCHAR, '')) FROM "
                f"((FROM {ours} EXCEPT FROM {theirs}) UNION ALL (FROM {theirs} EXCEPT FROM {ours}))"
            ).fetchall()[0][0]
        )
    except duckdb.Error as error:
        raise WarehouseError(f"The table {table.shown} cannot be compared: {first_line(error)}") from None
