"""What the upkeep deletes, and what it must not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
import time_machine
from dagster import (
    AssetCheckKey,
    AssetCheckResult,
    DagsterInstance,
    DailyPartitionsDefinition,
    asset,
    asset_check,
    materialize,
)

from sensource_dagster.automation.upkeep import upkeep
from sensource_dagster.instance.storage import BatchedEventLog
from sensource_dagster_tests.instances import instance

NOW = datetime(2026, 3, 1, 4, 20, tzinfo=timezone.utc)


@asset(partitions_def=DailyPartitionsDefinition("2025-12-01"))
def days() -> None: ...


@asset
def rooms() -> None: ...


@asset_check(asset=rooms)
def are_listed() -> AssetCheckResult:
    return AssetCheckResult(passed=True)


@pytest.fixture
def history(tmp_path: Path) -> Iterator[DagsterInstance]:
    with instance(tmp_path / "history") as made:
        yield made


@contextmanager
def days_ago(number: int) -> Iterator[None]:
    with time_machine.travel(NOW - timedelta(days=number), tick=True):
        yield


def run(history: DagsterInstance, day: str | None = None) -> str:
    result = (
        materialize([days], partition_key=day, instance=history) if day else materialize([rooms], instance=history)
    )
    return result.run_id


def keep_up(history: DagsterInstance) -> str:
    """The log of a run of the job."""
    with days_ago(0):
        result = upkeep.execute_in_process(instance=history)
    assert result.success
    return "\n".join(entry.user_message for entry in history.all_logs(result.run_id))


def kept(history: DagsterInstance) -> set[str]:
    return {run.run_id for run in history.get_runs() if run.job_name != "upkeep"}


def test_an_old_run_whose_days_were_all_read_again_is_deleted_with_its_files(
    history: DagsterInstance, tmp_path: Path
) -> None:
    with days_ago(40):
        old, list_of_then = run(history, "2025-12-05"), run(history)
    with days_ago(20):
        new, list_of_now = run(history, "2025-12-05"), run(history)

    keep_up(history)

    assert kept(history) == {new, list_of_now}
    files = " ".join(str(path) for path in tmp_path.rglob("*"))
    assert new in files
    assert old not in files
    assert list_of_then not in files


def test_the_newest_run_of_a_day_is_kept_however_old_and_the_day_stays_green(history: DagsterInstance) -> None:
    with days_ago(80):
        only = run(history, "2025-12-05")

    keep_up(history)

    assert kept(history) == {only}
    assert history.get_materialized_partitions(days.key) == {"2025-12-05"}
    record = history.fetch_materializations(days.key, limit=1).records[0]
    assert record.run_id == only


def test_a_run_that_is_not_old_yet_or_not_over_is_kept(history: DagsterInstance) -> None:
    with days_ago(29):
        recent = run(history, "2025-12-05")
    with days_ago(40):
        going_on = history.create_run_for_job(upkeep, status=None).run_id
    with days_ago(1):
        newest = run(history, "2025-12-05")

    keep_up(history)

    assert {recent, newest} <= kept(history)
    assert history.get_run_by_id(going_on)


def test_what_the_checks_of_deleted_runs_found_is_deleted_but_no_check_s_newest(history: DagsterInstance) -> None:
    key = AssetCheckKey(rooms.key, "are_listed")

    def judged() -> list[str]:
        return [one.run_id for one in history.event_log_storage.get_asset_check_execution_history(key, limit=9)]

    with days_ago(40):
        materialize([rooms, are_listed], instance=history)
        newest = materialize([rooms, are_listed], instance=history).run_id
    with days_ago(20):
        run(history)

    keep_up(history)

    assert newest not in kept(history)
    assert judged() == [newest]


def test_history_in_another_storage_is_left_alone_and_the_log_says_so(
    tmp_path: Path,
) -> None:
    other = {"sqlite": {"base_dir": str(tmp_path / "history")}}
    with instance(tmp_path / "history", other) as history:
        assert not isinstance(history.event_log_storage, BatchedEventLog)
        with days_ago(40):
            run(history, "2025-12-05")
            run(history, "2025-12-05")

        assert "nothing deleted" in keep_up(history)
        assert len(kept(history)) == 2
