"""What the upkeep deletes, and what it must not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import time_machine
from dagster import (
    AssetCheckKey,
    AssetCheckResult,
    DagsterInstance,
    DagsterRun,
    DailyPartitionsDefinition,
    Definitions,
    asset,
    asset_check,
    define_asset_job,
    materialize,
)
from dagster._core.code_pointer import AutoloadDefsModuleCodePointer, CodePointer, FileCodePointer
from dagster._core.origin import JobPythonOrigin, RepositoryPythonOrigin
from dagster._core.remote_origin import RegisteredCodeLocationOrigin, RemoteRepositoryOrigin
from dagster._core.test_utils import create_run_for_test

from sensource_dagster.assets.partition_history import failed_partitions
from sensource_dagster.automation.upkeep import prune, upkeep
from sensource_dagster.instance.batched_event_log import BatchedEventLog
from sensource_dagster.instance.own_runs import COMMAND_TAG
from sensource_dagster_tests.automation.nights import report_failed
from sensource_dagster_tests.instances import instance

NOW = datetime(2026, 3, 1, 4, 20, tzinfo=timezone.utc)


DAILY = DailyPartitionsDefinition("2025-12-01")


@asset(partitions_def=DAILY)
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


def test_the_newest_failed_run_of_a_day_is_kept_and_the_day_stays_red(history: DagsterInstance) -> None:
    with days_ago(80):
        run(history, "2025-12-05")
        failed = report_failed(history, [date(2025, 12, 5)], keys=[days.key]).run_id
        newest = report_failed(history, [date(2025, 12, 5)], keys=[days.key]).run_id

    keep_up(history)

    assert failed not in kept(history)
    assert newest in kept(history)
    assert failed_partitions(history, days.key, DAILY) == {"2025-12-05"}


def test_a_run_that_is_not_old_yet_or_not_over_is_kept(history: DagsterInstance) -> None:
    with days_ago(29):
        recent = run(history, "2025-12-05")
    with days_ago(40):
        going_on = history.create_run_for_job(upkeep).run_id
        history.report_run_canceling(history.get_run_by_id(going_on))  # type: ignore[arg-type]
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


@pytest.fixture
def shared(tmp_path: Path) -> Iterator[DagsterInstance]:
    """A history in Dagster's own storage, which other projects may share."""
    stock = {"sqlite": {"base_dir": str(tmp_path / "shared")}}
    with instance(tmp_path / "shared", stock) as made:
        assert not isinstance(made.event_log_storage, BatchedEventLog)
        yield made


def own_run(history: DagsterInstance, job: str = "counts", day: str | None = "2025-12-05") -> str:
    """One as a command of the project starts it."""
    made = define_asset_job(job, [days] if day else [rooms])
    of_job = Definitions(assets=[days, rooms], jobs=[made]).resolve_job_def(job)
    tags = {COMMAND_TAG: "sensource backfill"}
    return of_job.execute_in_process(instance=history, partition_key=day, tags=tags).run_id


def ended(history: DagsterInstance, **origins: Any) -> DagsterRun:
    run: DagsterRun = create_run_for_test(history, "counts", **origins)
    history.report_run_failed(run)
    return run


def test_in_dagsters_own_storage_the_project_s_old_runs_are_deleted_and_each_newest_is_kept(
    shared: DagsterInstance,
) -> None:
    with days_ago(40):
        own_run(shared), own_run(shared, "lists", None)
        newest_list = own_run(shared, "lists", None)
    with days_ago(35):
        newest_day = own_run(shared)

    assert "Deleted 2 runs" in keep_up(shared)
    assert kept(shared) == {newest_day, newest_list}
    assert shared.get_materialized_partitions(days.key) == {"2025-12-05"}


def test_in_dagsters_own_storage_a_run_without_a_sign_is_left_alone_even_if_its_job_is_called_counts(
    shared: DagsterInstance,
) -> None:
    with days_ago(40):
        run(shared, "2025-12-05")
        run(shared, "2025-12-05")
        ended(shared)

    assert "Deleted 0 runs" in keep_up(shared)
    assert len(kept(shared)) == 3


@pytest.mark.parametrize("storage", ["shared", "history"])
def test_the_runs_of_another_code_location_are_left_alone_whatever_the_storage(
    storage: str, request: pytest.FixtureRequest
) -> None:
    where: DagsterInstance = request.getfixturevalue(storage)

    def located(location: str) -> DagsterRun:
        origin = RemoteRepositoryOrigin(RegisteredCodeLocationOrigin(location), "__repository__")
        return ended(where, remote_job_origin=origin.get_job_origin("counts"))

    with days_ago(40):
        ours, theirs = located("sensource_dagster"), located("another")

    assert prune(where, located("sensource_dagster"), NOW - timedelta(days=30)) == 1
    assert not where.get_run_by_id(ours.run_id)
    assert where.get_run_by_id(theirs.run_id)


def ran(pointer: CodePointer) -> JobPythonOrigin:
    return JobPythonOrigin("counts", RepositoryPythonOrigin("python", pointer))


@pytest.mark.parametrize("storage", ["shared", "history"])
def test_a_run_of_dg_launch_belongs_to_the_project_whose_code_it_ran(
    storage: str, request: pytest.FixtureRequest
) -> None:
    where: DagsterInstance = request.getfixturevalue(storage)
    ours = [
        CodePointer.from_module("sensource_dagster.definitions", "defs", None),
        AutoloadDefsModuleCodePointer(module="sensource_dagster.definitions", working_directory=None),
        FileCodePointer("sensource_dagster/definitions.py", "defs"),
    ]
    theirs = CodePointer.from_module("not_sensource_dagster.definitions", "defs", None)
    with days_ago(40):
        runs = [ended(where, job_code_origin=ran(code)) for code in (*ours, theirs)]

    keep_up(where)

    assert [where.get_run_by_id(run.run_id) is None for run in runs] == [True, True, True, False]
