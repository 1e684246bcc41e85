"""The views, as assets: each one's query is `views/<name>.sql`. One step makes them all, or some of them."""

import hashlib
from collections.abc import Iterator
from typing import Any

from dagster import (
    AssetExecutionContext,
    AssetsDefinition,
    AssetSpec,
    MaterializeResult,
    MetadataValue,
    multi_asset,
)

from sensource_dagster.assets.common import described
from sensource_dagster.assets.names import asset_key, pool, warehouse_key
from sensource_dagster.assets.published import VERSION
from sensource_dagster.config.settings import Settings
from sensource_dagster.contract.model import View
from sensource_dagster.contract.view_columns import VIEWS
from sensource_dagster.failures import errors_as_failures
from sensource_dagster.views.refresh import query_of, refresh
from sensource_dagster.views.united import unite
from sensource_dagster.warehouse.preview import preview
from sensource_dagster.warehouse.sql import identifier
from sensource_dagster.warehouse.warehouse_of import warehouse_of

QUERY_VERSION = "query_version"


def view_assets(settings: Settings) -> AssetsDefinition:
    @multi_asset(
        name=settings.named("views"),
        specs=[_spec(view, settings) for view in VIEWS],
        can_subset=True,
        pool=pool(settings),
    )
    def make_views(context: AssetExecutionContext) -> Iterator[MaterializeResult[Any]]:
        selected = [view for view in VIEWS if asset_key(view, settings) in context.selected_asset_keys]
        with errors_as_failures(context, settings.spelled):
            log = context.log.warning
            warehouse = warehouse_of(settings.warehouse, settings.warehouse_wait, log=log, schema=settings.prefix)
            with warehouse.open() as connection:
                refresh(connection, settings.timezone, _with_sources(selected))
                unite(connection)
                previews = [preview(connection, identifier(view.name), _newest_first(view)) for view in selected]
            version = warehouse.account_version()
        for view, first_rows in zip(selected, previews, strict=True):
            yield MaterializeResult(
                asset_key=asset_key(view, settings),
                metadata={
                    "preview": first_rows,
                    "query": MetadataValue.md(f"```sql\n{query_of(view)}```"),
                    QUERY_VERSION: query_version(view),
                    VERSION: version,
                },
            )

    return make_views


def _spec(view: View, settings: Settings) -> AssetSpec:
    sources = [asset_key(source, settings) for source in view.sources]
    return AssetSpec(
        **described(view, settings),
        group_name=settings.named("views"),
        deps=sources,
        code_version=query_version(view),
    ).with_io_manager_key(warehouse_key(settings))


def query_version(view: View) -> str:
    """Changes with the view's query and with its description."""
    return hashlib.sha256(f"{query_of(view)}{view}".encode()).hexdigest()[:16]


def _with_sources(views: list[View]) -> list[View]:
    """The views, each after the views that it reads, so that some can be made alone."""
    needed = {view.name for view in views}
    for earlier in reversed(VIEWS):
        if earlier.name in needed:
            needed.update(earlier.sources)
    return [earlier for earlier in VIEWS if earlier.name in needed]


def _newest_first(view: View) -> str | None:
    return "day DESC" if "day" in {column.name for column in view.columns} else None
