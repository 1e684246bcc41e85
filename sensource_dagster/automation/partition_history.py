"""When each day of a count was read for the last time, by Dagster's history."""

from __future__ import annotations

from collections.abc import Collection

from dagster import AssetKey, AssetRecordsFilter, DagsterEventType, DagsterInstance

_RECORDS_AT_ONCE = 1000


def last_read(instance: DagsterInstance, key: AssetKey, partitions: Collection[str]) -> dict[str, float]:
    """The timestamp of each partition's newest materialisation; a partition without one is left out."""
    found = instance.event_log_storage.get_latest_storage_id_by_partition(
        key, DagsterEventType.ASSET_MATERIALIZATION, set(partitions)
    )
    ids = sorted(found.values())
    read: dict[str, float] = {}
    for start in range(0, len(ids), _RECORDS_AT_ONCE):
        some = AssetRecordsFilter(key, storage_ids=ids[start : start + _RECORDS_AT_ONCE])
        for record in instance.fetch_materializations(some, limit=_RECORDS_AT_ONCE).records:
            read[str(record.partition_key)] = record.timestamp
    return read
