"""The size and the first rows of a table or a view, as the UI shows them."""

from __future__ import annotations

import duckdb
from dagster import MetadataValue, TableColumn, TableMetadataValue, TableRecord, TableSchema

_ROWS = 10
_CHARACTERS = 80
_EXACT = 2**53  # a browser shows larger numbers wrongly, and it cannot read NaN and infinity at all


def row_count(connection: duckdb.DuckDBPyConnection, name: str) -> int:
    """How many rows a table or a view has. `name` is its quoted name."""
    [(rows,)] = connection.execute(f"SELECT count(*) FROM {name}").fetchall()
    return int(rows)


def preview(connection: duckdb.DuckDBPyConnection, name: str, order: str | None = None) -> TableMetadataValue:
    """The first ten rows of a table or a view. Long values are cut, since each event of a run keeps its preview.

    Args:
        name: its quoted name.
        order: SQL to sort by. Without it the order is DuckDB's.
    """
    sorting = f" ORDER BY {order}" if order else ""
    found = connection.execute(f"SELECT * FROM {name}{sorting} LIMIT {_ROWS}")
    columns = [(str(column[0]), str(column[1])) for column in found.description or []]
    records = [
        TableRecord({column: _shown(value) for (column, _), value in zip(columns, row, strict=True)})
        for row in found.fetchall()
    ]
    schema = TableSchema(columns=[TableColumn(name=column, type=kind) for column, kind in columns])
    return MetadataValue.table(records, schema)


def _shown(value: object) -> str | int | float | bool | None:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, (int, float)) and abs(value) <= _EXACT:
        return value
    text = str(value)
    return text if len(text) <= _CHARACTERS else f"{text[: _CHARACTERS - 1]}…"
