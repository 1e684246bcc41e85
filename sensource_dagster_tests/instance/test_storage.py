"""History written in batches reads back as from Dagster's own storage."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import pytest
from dagster import (
    AssetCheckResult,
    AssetChecksDefinition,
    AssetExecutionContext,
    AssetKey,
    AssetRecordsFilter,
    AssetsDefinition,
    DagsterEventType,
    DagsterInstance,
    DailyPartitionsDefinition,
    DataVersion,
    ExecuteInProcessResult,
    MaterializeResult,
    asset,
    asset_check,
    materialize,
)
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from sensource_dagster.instance.batched_event_log import BatchedEventLog
from sensource_dagster.instance.private import (
    AssetCheckExecutionRecordStatus,
    get_and_update_asset_status_cache_value,
)
from sensource_dagster_tests.instances import instance

DAYS = [f"2025-03-{day:02}" for day in range(1, 15)]
KEY = AssetKey(["sensource", "days"])
DAILY = DailyPartitionsDefinition(DAYS[0])
SUCCEEDED = AssetCheckExecutionRecordStatus.SUCCEEDED
PLANNED = DagsterEventType.ASSET_MATERIALIZATION_PLANNED


@asset(key=KEY, partitions_def=DAILY)
def days() -> MaterializeResult:  # type: ignore[type-arg]
    return MaterializeResult(tags={"kind": "test"}, data_version=DataVersion("1"))


@asset_check(asset=KEY)
def fine() -> AssetCheckResult:
    return AssetCheckResult(passed=True)


def materialised(
    instance: DagsterInstance, *assets: AssetsDefinition | AssetChecksDefinition, first: str, last: str
) -> ExecuteInProcessResult:
    tags = {"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last}
    return materialize([*assets], instance=instance, tags=tags, raise_on_error=False)


def run(instance: DagsterInstance, first: str = DAYS[0], last: str = DAYS[-1]) -> str:
    result = materialised(instance, days, fine, first=first, last=last)
    assert result.success
    return result.run_id


@contextmanager
def ours_and_dagsters(folder: Path) -> Iterator[tuple[DagsterInstance, DagsterInstance]]:
    of_dagster = {"sqlite": {"base_dir": str(folder / "dagsters")}}
    with instance(folder / "ours") as ours, instance(folder / "dagsters", of_dagster) as dagsters:
        assert isinstance(ours.event_log_storage, BatchedEventLog)
        assert not isinstance(dagsters.event_log_storage, BatchedEventLog)
        yield ours, dagsters


def seen(instance: DagsterInstance, run_id: str) -> dict[str, Any]:
    """All that Dagster returns about a run, without ids and times."""
    log = instance.event_log_storage
    logged = [entry.get_dagster_event() for entry in log.get_logs_for_run(run_id) if entry.is_dagster_event]
    events = [event for event in logged if event.event_type != PLANNED]
    latest = instance.get_latest_materialization_event(KEY)
    records = instance.fetch_materializations(AssetRecordsFilter(KEY), limit=100).records
    [check] = fine.check_keys
    return {
        "planning events": Counter(event.partition for event in logged if event.event_type == PLANNED),
        "events": Counter((event.event_type_value, event.partition) for event in events),
        "order": [event.event_type_value for event in events],
        "materialised": log.get_materialized_partitions(KEY),
        "planned": set(log.get_latest_storage_id_by_partition(KEY, PLANNED)),
        "latest": latest and latest.asset_materialization and latest.asset_materialization.partition,
        "newest first": [record.partition_key for record in records],
        "tags": sorted(str(dict(tags)) for tags in log.get_event_tags_for_asset(KEY)),
        "checks": [record.status for record in log.get_asset_check_execution_history(check, limit=10)],
    }


def test_a_run_reads_back_as_it_does_from_dagsters_own_storage(tmp_path: Path) -> None:
    with ours_and_dagsters(tmp_path) as (ours, dagsters):
        mine, theirs = seen(ours, run(ours)), seen(dagsters, run(dagsters))

    assert mine.pop("checks") == [SUCCEEDED]  # not also planned for ever, on each day
    theirs.pop("checks")
    assert mine.pop("planning events") == {None: 1}
    assert theirs.pop("planning events") == dict.fromkeys(DAYS, 1)
    assert mine == theirs
    assert mine["materialised"] == set(DAYS)
    assert mine["latest"] == DAYS[-1]


def test_the_days_of_an_asset_are_planned_by_one_event(tmp_path: Path) -> None:
    with instance(tmp_path / "history") as history:
        logged = history.event_log_storage.get_logs_for_run(run(history), of_type=PLANNED)
        run(history, DAYS[3], DAYS[5])
        newest = history.event_log_storage.get_latest_storage_id_by_partition(KEY, PLANNED)

    assert len(logged) == 1
    assert sorted(newest) == DAYS
    assert len(set(newest.values())) == len(DAYS)
    assert max(newest, key=lambda day: newest[day]) == DAYS[5]


def states(instance: DagsterInstance) -> dict[str, set[str]]:
    """Which days the UI shows how."""
    found = get_and_update_asset_status_cache_value(instance, KEY, DAILY)
    assert found
    return {
        "failed": set(found.deserialize_failed_partition_subsets(DAILY).get_partition_keys()),
        "being read": set(found.deserialize_in_progress_partition_subsets(DAILY).get_partition_keys()),
        "materialised": set(found.deserialize_materialized_partition_subsets(DAILY).get_partition_keys()),
    }


@pytest.mark.parametrize("by_the_batch", [True, False])
def test_days_are_being_read_and_then_failed_as_in_dagsters_own_storage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by_the_batch: bool
) -> None:
    meanwhile: list[dict[str, set[str]]] = []

    @asset(key=KEY, partitions_def=DAILY)
    def failing() -> None:
        meanwhile.append(states(AssetExecutionContext.get().instance))
        raise ValueError

    def found(history: DagsterInstance) -> list[dict[str, set[str]]]:
        if not by_the_batch:
            monkeypatch.setenv("DAGSTER_EVENT_BATCH_SIZE", "0")
        run(history, DAYS[0], DAYS[5])
        assert not materialised(history, failing, first=DAYS[4], last=DAYS[8]).success
        failed = states(history)
        run(history, DAYS[7], DAYS[7])
        return [meanwhile.pop(), failed, states(history)]

    with ours_and_dagsters(tmp_path) as (ours, dagsters):
        mine, theirs = found(ours), found(dagsters)

    assert mine == theirs
    assert mine[0]["being read"] == set(DAYS[4:9])
    assert mine[1]["failed"] == set(DAYS[4:9])
    assert mine[2]["failed"] == set(DAYS[4:9]) - {DAYS[7]}


def test_what_is_kept_beside_an_event_goes_by_the_events_own_number(tmp_path: Path) -> None:
    with instance(tmp_path / "history") as history:
        run(history)
        run(history, DAYS[3], DAYS[5])
        records = history.fetch_materializations(AssetRecordsFilter(KEY), limit=100).records
        [asset] = history.get_asset_records([KEY])
        tagged = [
            len(history.event_log_storage.get_event_tags_for_asset(KEY, filter_event_id=record.storage_id))
            for record in records
        ]

    newest = asset.asset_entry.last_materialization_record
    assert newest
    assert (newest.storage_id, newest.partition_key) == (records[0].storage_id, DAYS[5])
    assert tagged == [1] * (len(DAYS) + 3)


def test_a_batch_that_the_index_refuses_is_written_one_by_one_and_nothing_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = BatchedEventLog.index_transaction

    def refusing(_self: BatchedEventLog) -> NoReturn:
        monkeypatch.setattr(BatchedEventLog, "index_transaction", begin)
        raise OperationalError("INSERT", {}, Exception("database is locked"))

    with instance(tmp_path / "history") as history:
        wanted = seen(history, run(history))
        monkeypatch.setattr(BatchedEventLog, "index_transaction", refusing)
        found = seen(history, run(history))

    assert found["events"] == wanted["events"]
    assert found["planning events"] == wanted["planning events"]
    assert found["materialised"] == found["planned"] == set(DAYS)


def test_what_was_written_before_is_there_after_a_restart(tmp_path: Path) -> None:
    with instance(tmp_path / "history") as before:
        run_id = run(before)
        wanted = seen(before, run_id)
    (tmp_path / "history" / "dagster.yaml").rename(tmp_path / "dagster.yaml")

    with DagsterInstance.from_config(str(tmp_path)) as after:
        assert seen(after, run_id) == wanted


def test_a_day_costs_no_connection_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    connect = BatchedEventLog._connect

    @contextmanager
    def counted(self: BatchedEventLog, shard: str) -> Iterator[Connection]:
        opened.append(shard)
        with connect(self, shard) as connection:
            yield connection

    with instance(tmp_path / "history") as history:
        monkeypatch.setattr(BatchedEventLog, "_connect", counted)
        run(history, DAYS[0], DAYS[1])
        of_two_days = len(opened)
        opened.clear()
        run(history)

    assert len(opened) == of_two_days


def test_no_two_days_have_one_time_since_the_ui_would_show_only_one_of_them(tmp_path: Path) -> None:
    with instance(tmp_path / "history") as history:
        run(history)
        records = history.fetch_materializations(AssetRecordsFilter(KEY), limit=100).records

    assert len({int(record.timestamp * 1000) for record in records}) == len(DAYS)
