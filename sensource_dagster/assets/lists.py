"""The lists: location, site, zone, space, sensor, and those that a setting adds. Each is read whole."""

from datetime import datetime, timezone

from dagster import AssetExecutionContext, AssetsDefinition, asset

from sensource_dagster.assets.common import NIGHTLY, client_of, described, warn_of_repeated
from sensource_dagster.assets.external import observe_vea
from sensource_dagster.assets.names import pool, vea_key, warehouse_key
from sensource_dagster.config.settings import Settings
from sensource_dagster.contract.frames import list_frame
from sensource_dagster.contract.model import MESSAGES, Table
from sensource_dagster.contract.response import Response
from sensource_dagster.contract.tables import FURTHER_LIST, TABLES, list_tables
from sensource_dagster.failures import errors_as_failures
from sensource_dagster.instance.private import PRIORITY_TAG


def reference_assets(settings: Settings) -> list[AssetsDefinition]:
    return [_list_asset(table, settings) for table in list_tables(settings.static_endpoints)]


def _list_asset(table: Table, settings: Settings) -> AssetsDefinition:
    shown = described(table, settings)
    if table.name not in TABLES:
        shown["metadata"] |= {FURTHER_LIST: True}

    @asset(
        **shown,
        group_name=settings.named("lists"),
        deps=[vea_key(settings)],
        pool=pool(settings),
        io_manager_key=warehouse_key(settings),
        required_resource_keys={settings.prefix},
        freshness_policy=NIGHTLY,
        op_tags={PRIORITY_TAG: "1"},  # before the counts, whose checks look up zones and spaces in the lists
    )
    def read_list(context: AssetExecutionContext) -> Response:
        with errors_as_failures(spelled=settings.spelled), client_of(context, settings) as vea:
            requested_at = datetime.now(timezone.utc)
            try:
                frame, repeated = list_frame(table, vea.entities(table.endpoint))
            finally:
                observe_vea(context, settings, vea, table)
        warn_of_repeated(context, table, repeated)
        frame.attrs[MESSAGES] = vea.messages
        return Response(frame, requested_at)

    return read_list
