"""The assets that no run materializes: the Vea API, and the table of corrections, which the merge writes."""

from __future__ import annotations

from dagster import AssetKey, AssetSpec

from sensource_dagster.assets.common import asset_key, described
from sensource_dagster.config.settings import Settings
from sensource_dagster.contract.model import SCHEMA
from sensource_dagster.contract.tables import CORRECTIONS, COUNTS

VEA = AssetKey([SCHEMA, "vea"])


def external_assets(settings: Settings) -> list[AssetSpec]:
    vea = AssetSpec(
        VEA,
        description=f"The SenSource Vea API that every table is read from: {settings.account}.",
        group_name="source",
        kinds={"api"},
        owners=list(settings.owners),
        tags=dict(settings.tags),
        metadata={"api_url": settings.api_url},
    )
    corrections = AssetSpec(
        **described(CORRECTIONS, settings), group_name="derived", deps=[asset_key(table) for table in COUNTS]
    )
    return [vea, corrections]
