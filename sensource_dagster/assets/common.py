"""The key of each asset, and what the UI shows about its table."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, TypedDict

from dagster import (
    AssetExecutionContext,
    AssetKey,
    FreshnessPolicy,
    MetadataValue,
    TableColumn,
    TableColumnConstraints,
    TableSchema,
)

from sensource_dagster.config.settings import Settings
from sensource_dagster.contract.model import HOUR, SCHEMA, Column, Table
from sensource_dagster.warehouse.sql import database_name, qualified

POOL = "sensource_api"
"""The pool of all steps that use the API or the DuckDB file. dagster.yaml gives it one slot."""
KINDS = {"python", "duckdb"}
NIGHTLY = FreshnessPolicy.time_window(fail_window=timedelta(days=4), warn_window=timedelta(hours=36))
"""Of assets that the nightly schedule makes: yellow after a missed night, red as late as the check `fresh`."""


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
    """Arguments for `asset` and `AssetSpec`."""

    key: AssetKey
    description: str
    kinds: set[str]
    owners: list[str]
    tags: dict[str, str]
    metadata: dict[str, Any]


def described(table: Table, settings: Settings) -> Described:
    """What the UI shows about a table."""
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
            "dagster/table_name": ".".join((database_name(settings.warehouse), SCHEMA, table.name)),
            "account": settings.account,
            "duckdb_file": MetadataValue.path(str(settings.warehouse.resolve())),
            "example_query": MetadataValue.md(_query(table, settings)),
        },
    }


def _query(table: Table, settings: Settings) -> str:
    """An example query, to be run in the folder of the DuckDB file."""
    name = qualified(database_name(settings.warehouse), SCHEMA, table.name)
    newest = f" ORDER BY {HOUR} DESC" if HOUR in table.key else ""
    return f"```sql\n-- duckdb -readonly {settings.warehouse.name}\nSELECT * FROM {name}{newest} LIMIT 100;\n```"


def warn_of_repeated(context: AssetExecutionContext, table: Table, repeated: int) -> None:
    if repeated:
        context.log.warning(
            f"{repeated} rows of {table.name} have the same key as a later row. They were dropped."
        )
