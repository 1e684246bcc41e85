"""Changes the type of a column that has values: in a file by one statement, in a lake by four."""

from __future__ import annotations

import duckdb

from sensource_dagster.warehouse.sql import identifier, is_lake

_NEW = identifier("~wider")


def change_type(connection: duckdb.DuckDBPyConnection, table: str, column: str, kind: str, values: str) -> None:
    """Give a column another type. Call it within a transaction.

    In a lake it becomes the last column of its table, and it loses its comment.

    Args:
        table: its quoted name.
        column: its name.
        values: SQL for its values in the new type.
    """
    old, alter = identifier(column), f"ALTER TABLE {table}"
    if not is_lake(connection):
        connection.execute(f"{alter} ALTER {old} TYPE {kind} USING {values}")
        return
    connection.execute(f"{alter} ADD COLUMN {_NEW} {kind}")
    connection.execute(f"UPDATE {table} SET {_NEW} = {values}")
    connection.execute(f"{alter} DROP COLUMN {old}")
    connection.execute(f"{alter} RENAME COLUMN {_NEW} TO {old}")
