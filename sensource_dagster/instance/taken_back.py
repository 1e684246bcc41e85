"""Takes back what a run had planned, where it could do nothing because another process held the DuckDB file.

When a run fails, Dagster shows its planned days as failed, and its planned checks as ones whose execution failed.
But what was read and judged before is as true as it was.
"""

from __future__ import annotations

from dagster import DagsterEventType
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus
from dagster._core.storage.event_log import SqlEventLogStorageTable as Events
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable as Checks
from dagster._core.storage.event_log.schema import AssetKeyTable as Assets
from sqlalchemy import Connection, exists, select

_PLANNED = DagsterEventType.ASSET_MATERIALIZATION_PLANNED.value
_READ = DagsterEventType.ASSET_MATERIALIZATION.value


def take_plans_back(index: Connection, run_id: str) -> None:
    """Days and lists that were never read stay planned, so that they show as failed."""
    before = Events.alias()
    was_read = exists().where(
        before.c.asset_key == Events.c.asset_key,
        before.c.partition.is_not_distinct_from(Events.c.partition),
        before.c.dagster_event_type == _READ,
        before.c.id < Events.c.id,
    )
    taken = select(Events.c.id).where(Events.c.run_id == run_id, Events.c.dagster_event_type == _PLANNED, was_read)
    index.execute(Events.delete().where(Events.c.id.in_(taken)))
    planned = AssetCheckExecutionRecordStatus.PLANNED.value
    index.execute(Checks.delete().where(Checks.c.run_id == run_id, Checks.c.execution_status == planned))
    newest = (
        select(Events.c.run_id)
        .where(Events.c.asset_key == Assets.c.asset_key, Events.c.dagster_event_type.in_([_PLANNED, _READ]))
        .order_by(Events.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    index.execute(Assets.update().where(Assets.c.last_run_id == run_id).values(last_run_id=newest))
