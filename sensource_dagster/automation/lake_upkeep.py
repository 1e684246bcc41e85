"""The part of `upkeep` that a lake needs."""

from dagster import OpDefinition, OpExecutionContext, op

from sensource_dagster.assets.names import pool
from sensource_dagster.config.settings import Settings
from sensource_dagster.config.warehouse_place import LakePlace
from sensource_dagster.failures import errors_as_failures


def tidy_lake_op(settings: Settings, place: LakePlace) -> OpDefinition:
    # psycopg2 comes with an extra, which a deployment on one machine does not need.
    from sensource_dagster.warehouse.lake_maintenance import tidy  # noqa: PLC0415
    from sensource_dagster.warehouse.lake_warehouse import LakeWarehouse  # noqa: PLC0415

    @op(
        description="Merges the small files of the lake, and forgets what it was before SENSOURCE_LAKE_DAYS.",
        pool=pool(settings),
    )
    def tidy_lake(context: OpExecutionContext) -> None:
        with errors_as_failures():
            lake = LakeWarehouse(place, settings.warehouse_wait, {}, context.log.warning)
            if not lake.exists():
                context.log.info("There is no lake yet.")
                return
            tidied = tidy(lake, settings.lake_days)
        context.log.info(
            f"The lake's newest snapshot has {tidied.files} files and had {tidied.files_before}. "
            f"{tidied.snapshots_expired} snapshots were older than {settings.lake_days} days and have expired."
        )

    return tidy_lake
