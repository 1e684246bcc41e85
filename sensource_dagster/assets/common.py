"""What all assets have in common: their key, and what the UI shows of their table."""

from __future__ import annotations

from typing import Any, TypedDict

from dagster import (
    AssetExecutionContext,
    AssetKey,
    MetadataValue,
    TableColumn,
    TableColumnConstraints,
    TableSchema,
)

from sensource_dagster.config.settings import Settings
from sensource_dagster.contract.tables import HOUR, SCHEMA, Column, Table
from sensource_dagster.warehouse.sql import database_name, qualified

POOL = "sensource_api"
"""One step at a time asks the API and writes the DuckDB file, over all runs: see dagster.yaml."""
KINDS = {"python", "duckdb"}


def table_schema(table: Table) -> TableSchema:
    return TableSchema(columns=[_column(column) for column in table.all_columns])


def _column(column: Column) -> TableColumn:
    unit = f" [{column.unit}]" if column.unit else ""
    return TableColumn(
        name=column.name,
        type=column.type.value,
        description=f"{column.description}{unit}.",
        constraints=TableColumnConstraints(nullable=column.nullable),
    )


def asset_key(table: Table) -> AssetKey:
    return AssetKey([SCHEMA, table.name])


class Described(TypedDict):
    """Arguments of `asset` and `AssetSpec`."""

    key: AssetKey
    description: str
    kinds: set[str]
    owners: list[str]
    tags: dict[str, str]
    metadata: dict[str, Any]


def described(table: Table, settings: Settings) -> Described:
    """What the UI shows of a table."""
    key = ", ".join(f"`{name}`" for name in table.key)
    source = f" Source: `/api/{table.endpoint}`, {settings.account}." if table.endpoint else ""
    return {
        "key": asset_key(table),
        "description": f"{table.description}\n\nKey: {key}.{source}",
        "kinds": KINDS,
        "owners": list(settings.owners),
        "tags": dict(settings.tags),
        "metadata": {
            "dagster/column_schema": table_schema(table),
            "account": settings.account,
            "duckdb_file": MetadataValue.path(str(settings.warehouse.resolve())),
            "example_query": MetadataValue.md(_query(table, settings)),
        },
    }


def _query(table: Table, settings: Settings) -> str:
    """A query to start from, as one types it in the file's folder."""
    name = qualified(database_name(settings.warehouse), SCHEMA, table.name)
    newest = f" ORDER BY {HOUR} DESC" if HOUR in table.key else ""
    return f"```sql\n-- duckdb -readonly {settings.warehouse.name}\nSELECT * FROM {name}{newest} LIMIT 100;\n```"


def warn_of_repeated(context: AssetExecutionContext, table: Table, repeated: int) -> None:
    if repeated:
        context.log.warning(f"{repeated} rows of {table.name} repeat the key of a later row and were left out.")
