"""The one place where a name becomes part of a statement. Values never do: they are bound.

Days and instants are the exception: the query shown in the UI has to run as it stands there, and one query of the
checks holds the bounds of another.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path

import duckdb

from sensource_dagster.contract.tables import SCHEMA


def identifier(name: str) -> str:
    """A quoted SQL identifier, safe whatever the name holds."""
    return '"' + name.replace('"', '""') + '"'


def identifiers(names: Iterable[str], prefix: str = "") -> str:
    """Quoted identifiers with commas between, each behind `prefix` (a table's alias and a dot)."""
    return ", ".join(prefix + identifier(name) for name in names)


def qualified(*names: str) -> str:
    return ".".join(identifier(name) for name in names)


def as_json(column: str, kind: str) -> str:
    """A (quoted) column of this type as JSON. One value has one text, by whichever way it comes here."""
    if kind == "JSON":  # as text, maybe written by another library
        return f"json(CAST({column} AS VARCHAR))"
    if kind == "DOUBLE":  # 5 that stood beside 2.5 is still 5
        whole = f"trunc({column}) = {column} AND abs({column}) <= {2**53}"
        return f"CASE WHEN {whole} THEN to_json(CAST({column} AS BIGINT)) ELSE to_json({column}) END"
    return f"to_json({column})"


def full_schema(connection: duckdb.DuckDBPyConnection) -> str:
    """Our schema's name with the database before it: in a file called sensource.duckdb, DuckDB refuses
    `sensource.traffic` as ambiguous, because it names the database after the file.
    """
    found = connection.execute("SELECT current_database()").fetchall()
    return qualified(found[0][0], SCHEMA)


def database_name(path: Path) -> str:
    """What DuckDB calls the database in this file."""
    name = path.name.lstrip(".").split(".")[0]
    return f"{name}_db" if name in ("main", "temp", "system") else name


def day(value: date) -> str:
    """A DATE literal; from a date, never from text."""
    return f"DATE '{value.isoformat()}'"


def instant(value: datetime) -> str:
    """A TIMESTAMPTZ literal; from an aware datetime, never from text."""
    return f"TIMESTAMPTZ '{value.isoformat(sep=' ')}'"
