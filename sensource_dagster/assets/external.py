"""The assets that have no step of their own: the Vea API, and the tables that each merge writes beside its own.

Runs that read the API observe it. Runs that correct counts materialize the corrections. Runs that reject rows, or
read rows again that fit now, materialize the rejected rows.
"""

from __future__ import annotations

from dagster import AssetExecutionContext, AssetObservation, AssetSpec, MetadataValue

from sensource_dagster.assets.common import described
from sensource_dagster.assets.names import asset_key, counts_keys, vea_key, warehouse_key
from sensource_dagster.config.settings import Settings
from sensource_dagster.contract.model import Table
from sensource_dagster.contract.tables import CORRECTIONS, COUNTS, REJECTED, list_tables
from sensource_dagster.vea.client import VeaClient


def external_assets(settings: Settings) -> list[AssetSpec]:
    vea = AssetSpec(
        vea_key(settings),
        description=f"The SenSource Vea API that every table is read from: {settings.account}.",
        group_name=settings.named("source"),
        kinds={"api"},
        owners=list(settings.owners),
        tags=dict(settings.tags),
        metadata={"api_url": MetadataValue.url(settings.api_url)},
    )
    corrections = AssetSpec(
        **described(CORRECTIONS, settings), group_name=settings.named("derived"), deps=counts_keys(settings)
    ).with_io_manager_key(warehouse_key(settings))
    tables = (*list_tables(settings.static_endpoints), *COUNTS)
    rejected = AssetSpec(
        **described(REJECTED, settings),
        group_name=settings.named("derived"),
        deps=[asset_key(table, settings) for table in tables],
    ).with_io_manager_key(warehouse_key(settings))
    return [vea, corrections, rejected]


def observe_vea(
    context: AssetExecutionContext, settings: Settings, vea: VeaClient, table: Table, **more: str | int
) -> None:
    """Add the numbers of a step's requests to the page of the API. They belong to the run, not to a day."""
    metadata = {
        "table": table.name,
        "run_api_requests": vea.requests,
        "run_api_retries": vea.retries,
        "run_api_seconds": round(vea.seconds, 3),
        **more,
    }
    context.log_event(AssetObservation(vea_key(settings), metadata=metadata))
