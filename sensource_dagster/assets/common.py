"""The key of each asset, and what the UI shows about its table."""

from __future__ import annotations

from collections.abc import Iterable
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
from sensource_dagster.contract.model import HOUR, SCHEMA, Column, Table, View
from sensource_dagster.warehouse.sql import database_name, qualified

POOL = "sensource_api"
"""The pool of all steps that use the API or the DuckDB file. dagster.yaml gives it one slot."""
WAREHOUSE = "sensource_warehouse"
"""The key of the I/O manager of all tables and views. Dagster's `io_manager` is left to the user's own assets."""
KINDS = {"python", "duckdb"}
NIGHTLY = FreshnessPolicy.time_window(fail_window=timedelta(days=4), warn_window=timedelta(hours=36))
"""Of assets that the nightly schedule makes: yellow after a missed night, red as late as the check `fresh`."""


def table_schema(columns: Iterable[Column]) -> TableSchema:
    return TableSchema(columns=[_column(column) for column in columns])


def _column(column: Column) -> TableColumn:
    return TableColumn(
        name=column.name,
        type=column.type.value,
        description=f"{column.meaning}.",
        constraints=TableColumnConstraints(nullable=column.nullable),
    )


def asset_key(table: Table | View) -> AssetKey:
    return AssetKey([SCHEMA, table.name])


class Described(TypedDict):
    """Arguments for `asset` and `AssetSpec`."""

    key: AssetKey
    description: str
    kinds: set[str]
    owners: list[str]
    tags: dict[str, str]
    metadata: dict[str, Any]


def described(table: Table | View, settings: Settings) -> Described:
    """What the UI shows about a table or a view."""
    if isinstance(table, View):
        columns, more = table.columns, ""
    else:
        key = ", ".join(f"`{name}`" for name in table.key)
        source = f" Source: `/api/{table.endpoint}`, {settings.account}." if table.endpoint else ""
        columns, more = table.all_columns, f"\n\nKey: {key}.{source}"
    return {
        "key": asset_key(table),
        "description": f"{table.description}{more}",
        "kinds": KINDS,
        "owners": list(settings.owners),
        "tags": dict(settings.tags),
        "metadata": {
            "dagster/column_schema": table_schema(columns),
            "dagster/table_name": ".".join((database_name(settings.to_open), SCHEMA, table.name)),
            "account": settings.account,
            "duckdb_file": MetadataValue.path(str(settings.to_open.resolve())),
            "example_query": MetadataValue.md(_query(table, settings)),
        },
    }


def _query(table: Table | View, settings: Settings) -> str:
    """An example query, to be run in the folder of the DuckDB file."""
    names = {column.name for column in table.columns}
    newest = next((f" ORDER BY {name} DESC" for name in (HOUR, "day") if name in names), "")
    # DuckDB names a database after its file: in sensource.duckdb the schema's name alone is ambiguous.
    database = database_name(settings.to_open)
    name = f"{SCHEMA}.{table.name}" if database != SCHEMA else qualified(database, SCHEMA, table.name)
    return f"```sql\n-- duckdb -readonly {settings.to_open.name}\nSELECT * FROM {name}{newest} LIMIT 100;\n```"


def warn_of_repeated(context: AssetExecutionContext, table: Table, repeated: int) -> None:
    if repeated:
        context.log.warning(
            f"{repeated} rows of {table.name} have the same key as a later row. They were dropped."
        )
