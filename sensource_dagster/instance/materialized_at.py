"""When each partition was last materialized, without reading the events.

Dagster's public methods give either the ids of these events or the whole events, and 6,000 of those take a second.
"""

from __future__ import annotations

from datetime import timezone

from dagster import AssetKey, DagsterEventType, DagsterInstance

from sensource_dagster.instance.tested import is_tested


def materialized_at(instance: DagsterInstance, key: AssetKey) -> dict[str, float] | None:
    """The timestamp, in seconds, of each partition's newest materialization.

    None if only the events themselves can tell: with a Dagster that the project was not tested with, or with a
    storage that is not SQL.
    """
    if not is_tested():
        return None
    # Not above: this would import SQLAlchemy at each start.
    from dagster._core.storage.event_log import SqlEventLogStorage  # noqa: PLC0415
    from dagster._core.storage.event_log import SqlEventLogStorageTable as Events  # noqa: PLC0415
    from sqlalchemy import select  # noqa: PLC0415

    storage = instance.event_log_storage
    if not isinstance(storage, SqlEventLogStorage):
        return None
    newest = storage._latest_event_ids_by_partition_subquery(key, [DagsterEventType.ASSET_MATERIALIZATION])
    query = select(Events.c.partition, Events.c.timestamp).join(newest, Events.c.id == newest.c.id)
    with storage.index_connection() as connection:
        rows = connection.execute(query).fetchall()
    return {partition: at.replace(tzinfo=timezone.utc).timestamp() for partition, at in rows}
