"""Quotes names for SQL statements. No other module does this. Values are bound as parameters instead.

Days and instants are the exception: the UI shows a query that can be run as it is, and some queries of the checks
contain another query with its bounds.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path

import duckdb

from sensource_dagster.contract.model import SCHEMA, Table

_VARIABLE = "account_schema"


def identifier(name: str) -> str:
    """A quoted SQL identifier. It is safe for any name."""
    return '"' + name.replace('"', '""') + '"'


def identifiers(names: Iterable[str], prefix: str = "") -> str:
    """Quoted identifiers, separated by commas. Each has the `prefix` (a table's alias and a dot)."""
    return ", ".join(prefix + identifier(name) for name in names)


def qualified(*names: str) -> str:
    return ".".join(identifier(name) for name in names)


def as_json(column: str, kind: str) -> str:
    """SQL for a (quoted) column of this type as JSON. Equal values have the same text, whatever their type."""
    if kind == "JSON":  # the text may come from another library
        return f"json(CAST({column} AS VARCHAR))"
    if kind == "DOUBLE":  # a 5 in a column with 2.5 is still the JSON number 5
        whole = f"trunc({column}) = {column} AND abs({column}) <= {2**53}"
        return f"CASE WHEN {whole} THEN to_json(CAST({column} AS BIGINT)) ELSE to_json({column}) END"
    return f"to_json({column})"


def as_text(column: str, kind: str) -> str:
    """SQL for a (quoted) column of this type as VARCHAR. A value has one text, as in `contract/list_values.py`."""
    if kind in ("BIGINT", "DOUBLE", "BOOLEAN"):
        return f"CAST({as_json(column, kind)} AS VARCHAR)"
    if kind == "TIMESTAMPTZ":  # as Vea writes it; the session is in UTC
        return f"regexp_replace(strftime({column}, '%Y-%m-%dT%H:%M:%S.%f'), '000$', '') || 'Z'"
    return f"CAST({column} AS VARCHAR)"


def as_type(column: str, have: str, kind: str) -> str:
    """SQL for a (quoted) column of the type `have` as the type `kind`."""
    if kind == "JSON":
        return as_json(column, have)
    return as_text(column, have) if kind == "VARCHAR" else f"CAST({column} AS {kind})"


def set_schema(connection: duckdb.DuckDBPyConnection, schema: str) -> None:
    """Say whose tables the connection is for. The schema need not exist."""
    connection.execute(f"SET VARIABLE {_VARIABLE} = {text(schema)}")


def schema_of(connection: duckdb.DuckDBPyConnection) -> str:
    """The schema of the account that the connection is for."""
    found = connection.execute(f"SELECT getvariable('{_VARIABLE}')").fetchall()
    return found[0][0] or SCHEMA


def full_schema(connection: duckdb.DuckDBPyConnection, schema: str | None = None) -> str:
    """The name of the account's schema or another one, with the database before it.

    DuckDB names a database after its file. So in a file named sensource.duckdb it refuses `sensource.traffic` as
    ambiguous.
    """
    found = connection.execute("SELECT current_database()").fetchall()
    return qualified(found[0][0], schema or schema_of(connection))


def tables_of(connection: duckdb.DuckDBPyConnection) -> frozenset[str]:
    """The tables of the account's schema that exist."""
    found = connection.execute(
        "SELECT lower(table_name) FROM duckdb_tables() "
        "WHERE database_name = current_database() AND lower(schema_name) = ?",
        [schema_of(connection)],
    ).fetchall()
    return frozenset(name for (name,) in found)


def is_lake(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether the current database is a lake, which lacks some of DuckDB's statements."""
    found = connection.execute("SELECT type FROM duckdb_databases() WHERE database_name = current_database()")
    return found.fetchall() == [("ducklake",)]


def same_key(table: Table) -> str:
    return " AND ".join(f"t.{identifier(name)} = s.{identifier(name)}" for name in table.key)


def database_name(path: Path) -> str:
    """What DuckDB calls the database in this file."""
    name = path.name.lstrip(".").split(".")[0]
    return f"{name}_db" if name in ("main", "temp", "system") else name


def text(value: str) -> str:
    """A text literal, where DuckDB takes no parameter: in a comment, or for a file's path."""
    return "'" + value.replace("'", "''") + "'"


def day(value: date) -> str:
    """A DATE literal. It is made from a date, never from text."""
    return f"DATE '{value.isoformat()}'"


def instant(value: datetime) -> str:
    """A TIMESTAMPTZ literal. It is made from an aware datetime, never from text."""
    return f"TIMESTAMPTZ '{value.isoformat(sep=' ')}'"
