"""The five lists: location, site, zone, space, sensor. Each is read whole."""

import pandas as pd
from dagster import AssetExecutionContext, AssetsDefinition, asset
from dagster._core.storage.tags import PRIORITY_TAG

from sensource_dagster.assets.common import POOL, described, warn_of_repeated
from sensource_dagster.assets.external import VEA
from sensource_dagster.failures import failing_on
from sensource_dagster.frames import ContractError, list_frame
from sensource_dagster.resources import SenSourceResource
from sensource_dagster.settings import Settings
from sensource_dagster.tables import LISTS, Table
from sensource_dagster.vea.errors import VeaError


def reference_assets(settings: Settings) -> list[AssetsDefinition]:
    return [_list_asset(table, settings) for table in LISTS if table.name in settings.static_endpoints]


def _list_asset(table: Table, settings: Settings) -> AssetsDefinition:
    @asset(
        **described(table, settings),
        group_name="lists",
        deps=[VEA],
        pool=POOL,
        op_tags={PRIORITY_TAG: "1"},  # before the counts, whose checks look zones and spaces up in them
    )
    def read_list(context: AssetExecutionContext, sensource: SenSourceResource) -> pd.DataFrame:
        with failing_on(VeaError, ContractError), sensource.client(context.log) as vea:
            frame, repeated = list_frame(table, vea.entities(table.endpoint))
        warn_of_repeated(context, table, repeated)
        context.add_asset_metadata({"api_seconds": round(vea.seconds, 3), "api_requests": vea.requests})
        return frame

    return read_list
