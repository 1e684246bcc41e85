"""The lists: location, site, zone, space, sensor, and those that a setting adds. Each is read whole."""

from datetime import datetime, timezone

from dagster import AssetExecutionContext, AssetsDefinition, asset

from sensource_dagster.assets.common import NIGHTLY, POOL, WAREHOUSE, described, warn_of_repeated
from sensource_dagster.assets.external import VEA, observe_vea
from sensource_dagster.config.settings import Settings
from sensource_dagster.contract.frames import list_frame
from sensource_dagster.contract.model import MESSAGES, Table
from sensource_dagster.contract.response import Response
from sensource_dagster.contract.tables import FURTHER_LIST, TABLES, list_tables
from sensource_dagster.failures import errors_as_failures
from sensource_dagster.instance.private import PRIORITY_TAG
from sensource_dagster.resources import SenSourceResource


def reference_assets(settings: Settings) -> list[AssetsDefinition]:
    return [_list_asset(table, settings) for table in list_tables(settings.static_endpoints)]


def _list_asset(table: Table, settings: Settings) -> AssetsDefinition:
    shown = described(table, settings)
    if table.name not in TABLES:
        shown["metadata"] |= {FURTHER_LIST: True}

    @asset(
        **shown,
        group_name="lists",
        deps=[VEA],
        pool=POOL,
        io_manager_key=WAREHOUSE,
        freshness_policy=NIGHTLY,
        op_tags={PRIORITY_TAG: "1"},  # before the counts, whose checks look up zones and spaces in the lists
    )
    def read_list(context: AssetExecutionContext, sensource: SenSourceResource) -> Response:
        with errors_as_failures(), sensource.client(context.log) as vea:
            requested_at = datetime.now(timezone.utc)
            try:
                frame, repeated = list_frame(table, vea.entities(table.endpoint))
            finally:
                observe_vea(context, vea, table)
        warn_of_repeated(context, table, repeated)
        frame.attrs[MESSAGES] = vea.messages
        return Response(frame, requested_at)

    return read_list
