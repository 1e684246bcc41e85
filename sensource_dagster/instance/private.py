"""What the project needs of Dagster and Dagster has no public name for. It is imported from here alone.

Outside `instance/` no module imports a private module of Dagster. What only `instance/` needs is not here: history
in SQLite, for example, would import SQLAlchemy at each start.
"""

from __future__ import annotations

# The job of assets that were selected in the UI.
from dagster._core.definitions.assets.job.asset_job import IMPLICIT_ASSET_JOB_NAME

# A job over assets, as `define_asset_job` returns it.
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

# Which backfills are under way, and what they read.
from dagster._core.execution.backfill import BulkActionsFilter, BulkActionStatus, PartitionBackfill

# Whether a check has been evaluated, or is only planned.
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus

# Which runs have ended, and which have not.
from dagster._core.storage.dagster_run import FINISHED_STATUSES, NOT_FINISHED_STATUSES

# The base of every I/O manager that writes to a database.
from dagster._core.storage.db_io_manager import DbClient, DbIOManager, DbTypeHandler, TableSlice

# Which partitions of an asset are red in the UI.
from dagster._core.storage.partition_status_cache import get_and_update_asset_status_cache_value

# The names of tags: the days of a run, its priority, its backfill, the run that it repeats, whether Dagster starts
# it again and as which run, and the schedule and the tick that started it. Also those that a run does not take
# from the run that it repeats.
from dagster._core.storage.tags import (
    ASSET_PARTITION_RANGE_END_TAG,
    ASSET_PARTITION_RANGE_START_TAG,
    AUTO_RETRY_RUN_ID_TAG,
    BACKFILL_ID_TAG,
    BACKFILL_TAGS,
    GRPC_INFO_TAG,
    PARENT_RUN_ID_TAG,
    PARTITION_NAME_TAG,
    PRIORITY_TAG,
    ROOT_RUN_ID_TAG,
    SCHEDULE_NAME_TAG,
    SCHEDULED_EXECUTION_TIME_TAG,
    TAGS_TO_MAYBE_OMIT_ON_RETRY,
    WILL_RETRY_TAG,
)

# Holds Ctrl-C and SIGTERM back until a run can be interrupted.
from dagster._utils.interrupts import capture_interrupts

__all__ = [
    "ASSET_PARTITION_RANGE_END_TAG",
    "ASSET_PARTITION_RANGE_START_TAG",
    "AUTO_RETRY_RUN_ID_TAG",
    "BACKFILL_ID_TAG",
    "BACKFILL_TAGS",
    "FINISHED_STATUSES",
    "GRPC_INFO_TAG",
    "IMPLICIT_ASSET_JOB_NAME",
    "NOT_FINISHED_STATUSES",
    "PARENT_RUN_ID_TAG",
    "PARTITION_NAME_TAG",
    "PRIORITY_TAG",
    "ROOT_RUN_ID_TAG",
    "SCHEDULED_EXECUTION_TIME_TAG",
    "SCHEDULE_NAME_TAG",
    "TAGS_TO_MAYBE_OMIT_ON_RETRY",
    "WILL_RETRY_TAG",
    "AssetCheckExecutionRecordStatus",
    "BulkActionStatus",
    "BulkActionsFilter",
    "DbClient",
    "DbIOManager",
    "DbTypeHandler",
    "PartitionBackfill",
    "TableSlice",
    "UnresolvedAssetJobDefinition",
    "capture_interrupts",
    "get_and_update_asset_status_cache_value",
]
