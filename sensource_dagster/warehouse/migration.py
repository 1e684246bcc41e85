"""Copies the tables of one warehouse into another one, a file or a lake, and compares both.

Each table is one transaction. A marker in the target says that a copy is under way: only then is a table that is
there already replaced. So the same command goes on after a kill, and never replaces rows that came from elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from sensource_dagster.contract.model import DAY, SCHEMA
from sensource_dagster.errors import WarehouseError
from sensource_dagster.warehouse.sql import identifier, qualified, text
from sensource_dagster.warehouse.transaction import first_line, transaction

_Digest = Mapping[object, tuple[int, int]]
"""For each day the number of rows, and the sum of their hashes, whatever their order. None is no day."""

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

    @property
    def has_days(self) -> bool:
        return any(name == DAY for name, _, _ in self.columns)


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
    wanted = {table: _digest(connection, table, _SOURCE) for table in _tables(connection, _SOURCE)}
    there = {(table.schema, table.name): table for table in _tables(connection, target)}
    same = {
        table
        for table, digest in wanted.items()
        if table == there.get((table.schema, table.name)) and digest == _digest(connection, table, target)
    }
    other = [table.shown for table in wanted if (table.schema, table.name) in there and table not in same]
    if other and (SCHEMA, _MARKER) not in there:
        raise WarehouseError(
            f"There are other rows already in {', '.join(other)}. Nothing was changed. Choose a warehouse without "
            "tables of these names, or drop them there if nobody needs them."
        )
    marker = qualified(target, SCHEMA, _MARKER)
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {qualified(target, SCHEMA)}")
    connection.execute(f"CREATE TABLE IF NOT EXISTS {marker} (begun TIMESTAMPTZ)")
    for table, digest in wanted.items():
        if table not in same:
            _copy(connection, table, target, digest)
        rows = sum(number for number, _ in digest.values())
        yield Compared(table.shown, rows, len(digest.keys() - {None}) if table.has_days else None)


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


def _copy(connection: duckdb.DuckDBPyConnection, table: _Table, target: str, wanted: _Digest) -> None:
    there = qualified(target, table.schema, table.name)
    columns = ", ".join(
        f"{identifier(name)} {kind}{'' if nullable else ' NOT NULL'}" for name, kind, nullable in table.columns
    )
    with transaction(connection, f"The table {table.shown} cannot be copied: ", _ADVICE):
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {qualified(target, table.schema)}")
        connection.execute(f"DROP TABLE IF EXISTS {there}")
        connection.execute(f"CREATE TABLE {there} ({columns})")
        connection.execute(f"INSERT INTO {there} FROM {qualified(_SOURCE, table.schema, table.name)}")
        found = _digest(connection, table, target)
        differing = sum(1 for day in {*wanted, *found} if wanted.get(day) != found.get(day))
        if differing:
            raise WarehouseError(
                f"The copy of {table.shown} differs from the source, on {differing} days. It was not kept. Run "
                "the same command again; if it fails again, report it."
            )


def _digest(connection: duckdb.DuckDBPyConnection, table: _Table, database: str) -> _Digest:
    names = [name for name, _, _ in table.columns]
    day = identifier(DAY) if table.has_days else "NULL"
    texts = ", ".join(f"CAST({identifier(name)} AS VARCHAR)" for name in names)
    rows = qualified(database, table.schema, table.name)
    query = f"SELECT {day} AS day, count(*), sum(hash({texts})::HUGEINT) FROM {rows} GROUP BY day"
    try:
        found = connection.execute(query).fetchall()
    except duckdb.Error as error:
        raise WarehouseError(f"The table {table.shown} cannot be compared: {first_line(error)}") from None
    return {of_day: (number, hashes) for of_day, number, hashes in found}
