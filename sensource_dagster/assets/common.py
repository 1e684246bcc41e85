"""What the UI shows about the assets and their tables."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
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

from sensource_dagster.assets.names import asset_key
from sensource_dagster.config.settings import Settings
from sensource_dagster.config.warehouse_place import WarehousePlace
from sensource_dagster.contract.model import HOUR, Column, Table, View
from sensource_dagster.resources import SenSourceResource
from sensource_dagster.vea.client import VeaClient
from sensource_dagster.warehouse.sql import qualified
from sensource_dagster.warehouse.warehouse_of import warehouse_of

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
        "key": asset_key(table, settings),
        "description": f"{table.description}{more}",
        "kinds": KINDS,
        "owners": list(settings.owners),
        "tags": dict(settings.tags),
        "metadata": {
            "dagster/column_schema": table_schema(columns),
            "dagster/table_name": ".".join((warehouse_of(settings.to_open, 0).name, settings.prefix, table.name)),
            "account": settings.account,
            **_where(settings.to_open),
            "example_query": MetadataValue.md(_query(table, settings)),
        },
    }


def _where(place: WarehousePlace) -> dict[str, Any]:
    if isinstance(place, Path):
        return {"duckdb_file": MetadataValue.path(str(place.resolve()))}
    return {"lake": warehouse_of(place, 0).describe()}


def _query(table: Table | View, settings: Settings) -> str:
    """An example query, to be run in the folder of the DuckDB file, or in the lake."""
    names = {column.name for column in table.columns}
    newest = next((f" ORDER BY {name} DESC" for name in (HOUR, "day") if name in names), "")
    # DuckDB names a database after its file: in sensource.duckdb the schema `sensource` alone is ambiguous.
    place = settings.to_open
    database = warehouse_of(place, 0).name
    schema = settings.prefix
    name = f"{schema}.{table.name}" if database != schema else qualified(database, schema, table.name)
    how = f"duckdb -readonly {place.name}" if isinstance(place, Path) else "docs/lake.md says how to open the lake"
    return f"```sql\n-- {how}\nSELECT * FROM {name}{newest} LIMIT 100;\n```"


def client_of(context: AssetExecutionContext, settings: Settings) -> VeaClient:
    """A client of the account, of the run's resource."""
    resource: SenSourceResource = getattr(context.resources, settings.prefix)
    return resource.client(context.log, settings.no_credentials)


def warn_of_repeated(context: AssetExecutionContext, table: Table, repeated: int) -> None:
    if repeated:
        context.log.warning(
            f"{repeated} rows of {table.name} have the same key as a later row. They were dropped."
        )
