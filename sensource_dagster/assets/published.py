"""The published copy: the file that people open, while the sync goes on in its own."""

from pathlib import Path
from typing import Any

from dagster import (
    AssetCheckResult,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetsDefinition,
    MaterializeResult,
    MetadataValue,
    TableRecord,
    asset,
)

from sensource_dagster.assets.common import NIGHTLY
from sensource_dagster.assets.names import asset_key, published_key, said_of_check
from sensource_dagster.config.settings import Settings
from sensource_dagster.contract.tables import DERIVED
from sensource_dagster.contract.view_columns import VIEWS
from sensource_dagster.failures import errors_as_failures
from sensource_dagster.views.published_copy import publish

VERSION = "warehouse_version"
VIEWS_AGREE = "views_agree"
_VIEWS_AGREE = (
    "On each day traffic_hourly and traffic_daily have the same ins. So has location_daily, with those of the "
    "interior doors added. The ins of all days together are those of the table traffic."
)


def published_asset(copy: Path, settings: Settings) -> AssetsDefinition:
    key = published_key(settings)

    @asset(
        key=key,
        description=f"A copy of the warehouse for everybody: `{copy}`. It is replaced whole after each run that "
        "changed something, so it can be open all day in any tool. It has all tables and views.",
        group_name=settings.named("serving"),
        freshness_policy=NIGHTLY,
        kinds={"duckdb"},
        owners=list(settings.owners),
        tags=dict(settings.tags),
        deps=[asset_key(of, settings) for of in (*VIEWS, *DERIVED)],
        check_specs=[
            AssetCheckSpec(
                VIEWS_AGREE,
                asset=key,
                description=said_of_check(_VIEWS_AGREE, settings),
            )
        ],
        metadata={"account": settings.account, "duckdb_file": MetadataValue.path(str(copy.resolve()))},
    )
    def published() -> MaterializeResult:  # type: ignore[type-arg] # Dagster knows the name alone
        with errors_as_failures(spelled=settings.spelled):
            made = publish(settings.warehouse, copy, settings.timezone, settings.warehouse_wait, settings.prefix)
        rows = [TableRecord({"table": table, "rows": count}) for table, count in made.rows.items()]
        return MaterializeResult(
            metadata={
                "newest_hour": made.newest_hour or "none",
                "rows_per_table": MetadataValue.table(rows),
                "size_bytes": made.size,
                "seconds": made.seconds,
                "duckdb_file": MetadataValue.path(str(copy.resolve())),
                VERSION: made.version,
            },
            check_results=[_agreement(made.disagreements)],
        )

    return published


def _agreement(disagreements: list[dict[str, Any]]) -> AssetCheckResult:
    count = len(disagreements)
    return AssetCheckResult(
        check_name=VIEWS_AGREE,
        passed=not disagreements,
        severity=AssetCheckSeverity.ERROR,
        description=f"{count} sums of ins differ between two views. Look at the check key_is_unique of the "
        "lists and of traffic: a row that is there twice counts twice in a view."
        if disagreements
        else "The views have the same ins as the table, on each day.",
        metadata={"disagreements": count}
        | ({"found": MetadataValue.table([TableRecord(row) for row in disagreements])} if disagreements else {}),
    )
