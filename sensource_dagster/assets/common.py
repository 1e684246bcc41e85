"""What all assets have in common: their key, and what the UI shows of their table."""

from __future__ import annotations

from typing import Any

from dagster import (
    AssetExecutionContext,
    AssetKey,
    MetadataValue,
    TableColumn,
    TableColumnConstraints,
    TableSchema,
)

from sensource_dagster.settings import Settings
from sensource_dagster.tables import SCHEMA, Column, Table

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


def description(table: Table, settings: Settings) -> str:
    key = ", ".join(f"`{name}`" for name in table.key)
    return f"{table.description}\n\nKey: {key}. Source: `/api/{table.endpoint}`, {settings.account}."


def metadata(table: Table, settings: Settings) -> dict[str, Any]:
    return {
        "dagster/column_schema": table_schema(table),
        "account": settings.account,
        "duckdb_file": MetadataValue.path(str(settings.warehouse.resolve())),
    }


def warn_of_repeated(context: AssetExecutionContext, table: Table, repeated: int) -> None:
    if repeated:
        context.log.warning(f"{repeated} rows of {table.name} repeat the key of a later row and were left out.")
