"""The views, as assets: each one's query is `views/<name>.sql`."""

import hashlib
from typing import Any

from dagster import AssetExecutionContext, AssetKey, AssetsDefinition, MaterializeResult, MetadataValue, asset

from sensource_dagster.assets.common import POOL, described
from sensource_dagster.config.settings import Settings
from sensource_dagster.contract.model import SCHEMA, View
from sensource_dagster.contract.view_columns import VIEWS
from sensource_dagster.failures import errors_as_failures
from sensource_dagster.views.refresh import query_of, refresh
from sensource_dagster.warehouse.connection import Warehouse
from sensource_dagster.warehouse.preview import preview
from sensource_dagster.warehouse.sql import identifier

QUERY_VERSION = "query_version"


def view_assets(settings: Settings) -> list[AssetsDefinition]:
    return [_view_asset(view, settings) for view in VIEWS]


def query_version(view: View) -> str:
    """Changes with the view's query and with its description."""
    return hashlib.sha256(f"{query_of(view)}{view}".encode()).hexdigest()[:16]


def _view_asset(view: View, settings: Settings) -> AssetsDefinition:
    @asset(
        **described(view, settings),
        group_name="views",
        deps=[AssetKey([SCHEMA, source]) for source in view.sources],
        code_version=query_version(view),
        pool=POOL,
    )
    def make_view(context: AssetExecutionContext) -> MaterializeResult[Any]:
        with errors_as_failures(context):
            warehouse = Warehouse(settings.warehouse, settings.warehouse_wait, {}, context.log.warning)
            with warehouse.open() as connection:
                refresh(connection, settings.timezone, _with_sources(view))
                newest = '"day" DESC' if "day" in {column.name for column in view.columns} else None
                first_rows = preview(connection, identifier(view.name), newest)
        return MaterializeResult(
            metadata={
                "Preview": first_rows,
                "Query": MetadataValue.md(f"```sql\n{query_of(view)}```"),
                QUERY_VERSION: query_version(view),
            }
        )

    return make_view


def _with_sources(view: View) -> list[View]:
    """The view after the views that it reads, so that it can be made alone."""
    needed = {view.name}
    for earlier in reversed(VIEWS):
        if earlier.name in needed:
            needed.update(earlier.sources)
    return [earlier for earlier in VIEWS if earlier.name in needed]
