"""Other code locations share the history, with jobs, schedules and backfills of the same names."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

import pytest
from dagster import (
    AssetKey,
    DagsterInstance,
    DagsterRunStatus,
    RunRequest,
    build_sensor_context,
    instance_for_test,
)
from dagster._core.execution.backfill import BulkActionStatus, PartitionBackfill
from dagster._core.remote_origin import (
    RegisteredCodeLocationOrigin,
    RemotePartitionSetOrigin,
    RemoteRepositoryOrigin,
)
from dagster._core.scheduler.instigation import (
    InstigatorState,
    InstigatorStatus,
    InstigatorType,
    SensorInstigatorData,
)
from dagster._core.test_utils import create_run_for_test

from sensource_dagster.automation.gone_runs import GONE_RUNS
from sensource_dagster.automation.publishing import publish_job, publish_sensor
from sensource_dagster.cli.runs import code_location
from sensource_dagster_tests.automation.ticks import named, tick
from sensource_dagster_tests.end_to_end.sync import syncing

NIGHT = datetime(2025, 6, 10, 3, tzinfo=timezone.utc)
COUNTS = AssetKey(["sensource", "traffic"])


@pytest.fixture
def history() -> Iterator[DagsterInstance]:
    with instance_for_test() as made:
        yield made


def repository(location: str) -> RemoteRepositoryOrigin:
    return RemoteRepositoryOrigin(RegisteredCodeLocationOrigin(location), "__repository__")


def anothers(history: DagsterInstance, job: str, **tags: str) -> None:
    create_run_for_test(
        history,
        job,
        tags={f"dagster/{name}": text for name, text in tags.items()},
        status=DagsterRunStatus.STARTED,
        remote_job_origin=repository("another").get_job_origin(job),
    )


@pytest.mark.parametrize("schedule", ["hourly", "nightly"])
def test_a_schedule_does_not_wait_for_the_run_of_another_s_schedule_of_its_name(
    history: DagsterInstance, schedule: str
) -> None:
    anothers(history, "counts", schedule_name=schedule)
    assert tick(named(schedule, START_DATE="2025-06-01"), NIGHT, history).run_requests


def backfill(selection: list[AssetKey] | None, job: str | None = None) -> PartitionBackfill:
    days_of_job = {"repository_origin": repository("another"), "partition_set_name": f"{job}_partition_set"}
    return PartitionBackfill(
        "b",
        BulkActionStatus.REQUESTED,
        from_failure=False,
        tags={},
        backfill_timestamp=NIGHT.timestamp(),
        asset_selection=selection,
        partition_set_origin=RemotePartitionSetOrigin(**days_of_job) if job else None,  # type: ignore[arg-type]
        partition_names=[] if job else None,
    )


@pytest.mark.parametrize(
    ("going_on", "fills_in"),
    [
        (backfill([AssetKey("sales")]), True),
        (backfill(None, "sales"), True),
        (backfill([AssetKey("sales"), COUNTS]), False),
        (backfill(None, "counts"), False),
    ],
    ids=["another asset", "another job", "the counts too", "a job of this name"],
)
def test_nightly_fills_in_days_while_a_backfill_of_other_assets_goes_on(
    history: DagsterInstance, going_on: PartitionBackfill, fills_in: bool
) -> None:
    history.add_backfill(going_on)
    requests = tick(named("nightly", START_DATE="2025-05-01"), NIGHT, history).run_requests
    assert requests
    assert (len(requests) > 1) is fills_in


def test_the_copy_does_not_wait_for_another_s_job_of_its_name(tmp_path: Path, history: DagsterInstance) -> None:
    with syncing(tmp_path) as sync:
        sync.instance = history
        assert sync.run("lists").success
        anothers(history, "publish")
        sensor = publish_sensor(sync.settings, publish_job(sync.settings))
        [request] = sensor.evaluate_tick(build_sensor_context(history)).run_requests or []
    assert isinstance(request, RunRequest)


def test_a_command_s_run_has_the_name_that_the_deployment_gives_to_the_code_location(
    history: DagsterInstance,
) -> None:
    assert code_location(history) == "sensource_dagster"
    ticks = [("footfall", GONE_RUNS, 5.0), ("an earlier name", GONE_RUNS, 3.0), ("another", "sales", 9.0)]
    for location, sensor, ticked in ticks:
        origin = repository(location).get_instigator_origin(sensor)
        data = SensorInstigatorData(last_tick_timestamp=ticked)
        history.add_instigator_state(
            InstigatorState(origin, InstigatorType.SENSOR, InstigatorStatus.DECLARED_IN_CODE, data)
        )
    assert code_location(history) == "footfall"
