"""Changes the type of a column that has values: in a file by one statement, in a lake by four."""

from __future__ import annotations

import duckdb

from sensource_dagster.warehouse.sql import identifier, is_lake

_NEW = identifier("~new")


def change_type(connection: duckdb.DuckDBPyConnection, table: str, column: str, kind: str, values: str) -> None:
    """Give a column another type. Call it within a transaction.

    In a lake it becomes the last column of its table, and it loses its comment.

    Args:
        table: its quoted name.
        column: its name.
        values: SQL for its values in the new type.
    """
    for statement in statements(connection, table, column, kind, values):
        connection.execute(statement)


def statements(
    connection: duckdb.DuckDBPyConnection, table: str, column: str, kind: str, values: str
) -> list[str]:
    """What `change_type` executes, which a person may execute, too."""
    old, alter = identifier(column), f"ALTER TABLE {table}"
    if not is_lake(connection):
        return [f"{alter} ALTER {old} TYPE {kind} USING {values}"]
    return [
        f"{alter} ADD COLUMN {_NEW} {kind}",
        f"UPDATE {table} SET {_NEW} = {values}",
        f"{alter} DROP COLUMN {old}",
        f"{alter} RENAME COLUMN {_NEW} TO {old}",
    ]
