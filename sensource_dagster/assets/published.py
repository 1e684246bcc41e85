"""The published copy: the file that people open, while the sync goes on in its own."""

from pathlib import Path
from typing import Any

from dagster import AssetKey, AssetsDefinition, MaterializeResult, MetadataValue, TableRecord, asset

from sensource_dagster.assets.common import NIGHTLY, asset_key
from sensource_dagster.config.settings import Settings
from sensource_dagster.contract.model import SCHEMA
from sensource_dagster.contract.tables import CORRECTIONS
from sensource_dagster.contract.view_columns import VIEWS
from sensource_dagster.failures import errors_as_failures
from sensource_dagster.views.published_copy import publish

PUBLISHED = AssetKey([SCHEMA, "published"])
VERSION = "warehouse_version"


def published_asset(copy: Path, settings: Settings) -> AssetsDefinition:
    @asset(
        key=PUBLISHED,
        description=f"A copy of the warehouse for everybody: `{copy}`. It is replaced whole after each run that "
        "changed something, so it can be open all day in any tool. It has all tables and views.",
        group_name="serving",
        freshness_policy=NIGHTLY,
        kinds={"duckdb"},
        owners=list(settings.owners),
        tags=dict(settings.tags),
        deps=[*map(asset_key, VIEWS), asset_key(CORRECTIONS)],
        metadata={"account": settings.account, "duckdb_file": MetadataValue.path(str(copy.resolve()))},
    )
    def published() -> MaterializeResult[Any]:
        with errors_as_failures():
            made = publish(settings.warehouse, copy, settings.timezone, settings.warehouse_wait)
        rows = [TableRecord({"table": f"{SCHEMA}.{table}", "rows": count}) for table, count in made.rows.items()]
        return MaterializeResult(
            metadata={
                "newest_hour": made.newest_hour or "none",
                "rows_per_table": MetadataValue.table(rows),
                "size_bytes": made.size,
                "seconds": made.seconds,
                "duckdb_file": MetadataValue.path(str(copy.resolve())),
                VERSION: made.version,
            }
        )

    return published
