"""While another process holds the DuckDB file, a run fails once, what was green stays green, and it runs again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from dagster import (
    AssetCheckKey,
    AssetKey,
    DagsterInstance,
    DagsterRun,
    DagsterRunStatus,
    ExecuteInProcessResult,
    RunRequest,
)

from sensource_dagster.assets.partitions import daily_partitions
from sensource_dagster.automation.alerts import alerts_of
from sensource_dagster.automation.held_runs import AFTER, runs_to_start_again
from sensource_dagster.instance.private import get_and_update_asset_status_cache_value
from sensource_dagster.simulator import fault_kinds
from sensource_dagster.warehouse import file_warehouse
from sensource_dagster_tests.end_to_end.sync import RANGE_END, RANGE_START, Sync, error_text, syncing
from sensource_dagster_tests.instances import instance
from sensource_dagster_tests.warehouse.processes import notebook
from sensource_dagster_tests.warehouse_file import warehouse_file

FIRST, LAST = date(2024, 1, 1), date(2024, 1, 3)
KEYS = {name: AssetKey(["sensource", name]) for name in ("traffic", "occupancy")}
JOBS = ("counts", "everything")


@pytest.fixture
def wait() -> str:
    """SENSOURCE_WAREHOUSE_WAIT: each of a run's tables and checks waits that long."""
    return "0"


@pytest.fixture
def sync(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wait: str) -> Iterator[Sync]:
    """Three days have been read."""
    monkeypatch.setattr(file_warehouse, "TOLD_EVERY", 0.2)
    with syncing(tmp_path, SENSOURCE_WAREHOUSE_WAIT=wait) as made, instance(tmp_path / "history") as history:
        made.instance = history
        assert made.run("everything", FIRST, LAST).success
        yield made


def held(sync: Sync, job: str = "counts", last: date = LAST) -> tuple[ExecuteInProcessResult, str]:
    """A run while a notebook reads the file, and the words that name the notebook's process."""
    with notebook(warehouse_file(sync.settings)) as process:
        result = sync.run(job, FIRST, last)
    assert not result.success
    return result, f"process {process.pid} (python"


def days_of(sync: Sync, table: str) -> dict[str, set[str]]:
    days = daily_partitions(sync.settings)
    found = get_and_update_asset_status_cache_value(sync.instance, KEYS[table], days)
    assert found
    return {
        "read": set(found.deserialize_materialized_partition_subsets(days).get_partition_keys()),
        "failed": set(found.deserialize_failed_partition_subsets(days).get_partition_keys()),
        "being read": set(found.deserialize_in_progress_partition_subsets(days).get_partition_keys()),
    }


def checks_of(sync: Sync) -> Mapping[AssetCheckKey, tuple[int, Any]]:
    """Of each check, which execution is its newest, and how it stands."""
    keys = sorted(sync.definitions.resolve_asset_graph().asset_check_keys)
    newest = sync.instance.event_log_storage.get_latest_asset_check_execution_by_key(keys)
    return {key: (record.id, record.status) for key, record in newest.items()}


def record_of(sync: Sync, run_id: str) -> DagsterRun:
    run = sync.instance.get_run_by_id(run_id)
    assert run
    return run


def to_start_again(sync: Sync, after: timedelta) -> list[RunRequest]:
    now = datetime.now(timezone.utc) + after
    return list(runs_to_start_again(sync.instance, now, lambda run: run.job_name in JOBS))


def start(sync: Sync, request: RunRequest) -> ExecuteInProcessResult:
    job = sync.definitions.resolve_job_def(str(request.job_name))
    return job.execute_in_process(
        run_config=request.run_config, instance=sync.instance, tags=request.tags, raise_on_error=False
    )


@pytest.mark.parametrize("wait", ["1"])
def test_the_runs_log_says_at_once_and_again_and_again_for_which_process_it_waits(sync: Sync) -> None:
    result, process = held(sync)
    lines = [entry for entry in sync.instance.all_logs(result.run_id) if "waiting for" in entry.user_message]
    of_traffic = [entry for entry in lines if entry.step_key == "sensource__traffic"]
    assert len(of_traffic) >= 2
    assert all(f"waiting for {process}" in entry.user_message for entry in lines)
    assert all("notebook.py" in entry.user_message for entry in lines)
    assert f"is held by {process}" in error_text(result)


def test_what_was_green_stays_green(sync: Sync) -> None:
    days = {name: days_of(sync, name) for name in KEYS}
    checks = checks_of(sync)
    assert days["traffic"]["read"] == {"2024-01-01", "2024-01-02", "2024-01-03"}

    held(sync, "everything")

    assert {name: days_of(sync, name) for name in KEYS} == days
    assert checks_of(sync) == checks
    for table in ("zone", *KEYS):
        [asset] = sync.instance.get_asset_records([AssetKey(["sensource", table])])
        assert asset.asset_entry.last_materialization
        assert asset.asset_entry.last_run_id == asset.asset_entry.last_materialization.run_id


@pytest.mark.slow
def test_a_day_that_was_never_read_is_shown_as_failed(sync: Sync) -> None:
    held(sync, last=LAST + timedelta(days=1))
    assert days_of(sync, "traffic")["failed"] == {"2024-01-04"}
    assert len(days_of(sync, "traffic")["read"]) == 3


def test_days_and_checks_of_a_run_that_failed_for_another_reason_as_well_are_red_as_ever(sync: Sync) -> None:
    sync.simulator.faults.next(fault_kinds.status(403), path="/api/data/traffic")
    held(sync)
    assert len(days_of(sync, "traffic")["failed"]) == 3


def test_a_held_run_is_started_again_after_five_minutes_and_once(sync: Sync) -> None:
    result, _ = held(sync)
    assert timedelta(minutes=2) < AFTER < timedelta(minutes=8)
    assert to_start_again(sync, timedelta(0)) == []
    assert to_start_again(sync, AFTER - timedelta(seconds=20)) == []

    [request] = to_start_again(sync, AFTER)

    assert request.job_name == "counts"
    assert (request.tags[RANGE_START], request.tags[RANGE_END]) == (str(FIRST), str(LAST))
    assert request.tags["dagster/parent_run_id"] == request.tags["dagster/root_run_id"] == result.run_id
    assert request.run_key
    assert to_start_again(sync, AFTER) == [request]  # Dagster starts a run key once
    again = start(sync, request)
    assert again.success
    assert to_start_again(sync, timedelta(hours=1)) == []
    run = record_of(sync, again.run_id)
    assert run.parent_run_id == run.root_run_id == result.run_id
    group = sync.instance.get_run_group(again.run_id)
    assert group
    assert {each.run_id for each in group[1]} == {result.run_id, again.run_id}


@pytest.mark.slow
def test_a_retry_that_is_held_again_is_started_again_the_same_way_and_told_once(sync: Sync) -> None:
    first, _ = held(sync)
    [request] = to_start_again(sync, AFTER)
    with notebook(warehouse_file(sync.settings)):
        second = start(sync, request)
    assert not second.success

    [once_more] = to_start_again(sync, AFTER)

    assert once_more.tags["dagster/parent_run_id"] == second.run_id
    assert once_more.tags["dagster/root_run_id"] == first.run_id
    assert once_more.run_key != request.run_key
    told = [[*alerts_of(sync.instance, record_of(sync, run.run_id))] for run in (first, second)]
    assert [len(alerts) for alerts in told] == [1, 0]
    assert "is held by process" in told[0][0].text


def test_a_run_that_reads_the_same_later_takes_the_place_of_the_retry(sync: Sync) -> None:
    held(sync)
    second, _ = held(sync)
    [request] = to_start_again(sync, AFTER)
    assert request.tags["dagster/parent_run_id"] == second.run_id
    assert sync.run("counts", FIRST, LAST).success
    assert to_start_again(sync, timedelta(hours=1)) == []


@pytest.mark.slow
def test_a_run_that_has_only_the_tags_of_a_held_one_is_not_started_again(sync: Sync) -> None:
    result, _ = held(sync)
    tags = record_of(sync, result.run_id).tags
    sync.simulator.faults.next(fault_kinds.status(403), path="/api/data/traffic")
    job = sync.definitions.resolve_job_def("counts")
    by_hand = job.execute_in_process(instance=sync.instance, tags=tags, raise_on_error=False)
    assert record_of(sync, by_hand.run_id).status is DagsterRunStatus.FAILURE
    assert to_start_again(sync, timedelta(hours=1)) == []


@pytest.mark.slow
def test_with_dagsters_own_storage_the_run_is_started_again_too(sync: Sync, tmp_path: Path) -> None:
    stock = {"sqlite": {"base_dir": str(tmp_path / "stock")}}
    with instance(tmp_path / "stock", stock) as history:
        assert isinstance(history, DagsterInstance)
        sync.instance = history
        held(sync)
        assert len(to_start_again(sync, AFTER)) == 1
