"""The one place where a name becomes part of a statement. Values never do: they are bound.

A day is the one exception: the query shown in the UI has to run as it stands there.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from sensource_dagster.tables import SCHEMA


def identifier(name: str) -> str:
    """A quoted SQL identifier, safe whatever the name holds."""
    return '"' + name.replace('"', '""') + '"'


def identifiers(names: Iterable[str], prefix: str = "") -> str:
    """Quoted identifiers with commas between, each behind `prefix` (a table's alias and a dot)."""
    return ", ".join(prefix + identifier(name) for name in names)


def qualified(table: str, schema: str = SCHEMA) -> str:
    return f"{identifier(schema)}.{identifier(table)}"


def day(value: date) -> str:
    """A DATE literal; from a date, never from text."""
    return f"DATE '{value.isoformat()}'"
