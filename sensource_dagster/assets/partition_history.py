"""The newest materialization of each partition, and which partitions failed since, from Dagster's history."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from dagster import (
    AssetKey,
    AssetRecordsFilter,
    DagsterEventType,
    DagsterInstance,
    EventLogRecord,
    PartitionsDefinition,
)

from sensource_dagster.instance.materialized_at import materialized_at
from sensource_dagster.instance.private import get_and_update_asset_status_cache_value

_RECORDS_PER_QUERY = 1000


def last_read(instance: DagsterInstance, key: AssetKey, partitions: Collection[str]) -> dict[str, float]:
    """The timestamp of each partition's newest materialization; a partition without one is left out."""
    timestamps = materialized_at(instance, key)
    if timestamps is None:
        records = newest_materializations(instance, key, partitions)
        timestamps = {str(record.partition_key): record.timestamp for record in records}
    return {name: timestamps[name] for name in partitions if name in timestamps}


def failed_partitions(instance: DagsterInstance, key: AssetKey, partitions: PartitionsDefinition) -> set[str]:
    """The partitions that are red in the UI: the last run that was to read them failed, or `sensource rezone` says
    that an hour of them is missing.
    """
    cached = get_and_update_asset_status_cache_value(instance, key, partitions)
    return {*cached.deserialize_failed_partition_subsets(partitions).get_partition_keys()} if cached else set()


def runs_of_unread_partitions(instance: DagsterInstance, key: AssetKey) -> set[str]:
    """The newest run of each partition that was planned since its newest materialization: it failed or goes on."""
    attempts = (
        instance.event_log_storage.get_latest_asset_partition_materialization_attempts_without_materializations(
            key
        )
    )
    return {run_id for run_id, _ in attempts.values()}


def newest_materializations(
    instance: DagsterInstance, key: AssetKey, partitions: Collection[str] | None = None
) -> Iterator[EventLogRecord]:
    """The newest materialization of each of the partitions; without any named: of all, and the asset's newest."""
    newest = instance.event_log_storage.get_latest_storage_id_by_partition(
        key, DagsterEventType.ASSET_MATERIALIZATION, None if partitions is None else set(partitions)
    )
    ids = sorted(newest.values())
    for start in range(0, len(ids), _RECORDS_PER_QUERY):
        some = AssetRecordsFilter(key, storage_ids=ids[start : start + _RECORDS_PER_QUERY])
        yield from instance.fetch_materializations(some, limit=_RECORDS_PER_QUERY).records
    if partitions is None:  # it may have no partition
        yield from instance.fetch_materializations(key, limit=1).records
