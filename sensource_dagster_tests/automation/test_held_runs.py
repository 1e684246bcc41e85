"""The sensors that start held runs again are on and can start every run that reads Vea."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from functools import partial
from pathlib import Path

import pytest
import time_machine
from dagster import (
    AssetKey,
    DagsterEvent,
    DagsterEventType,
    DagsterInstance,
    DagsterRun,
    DagsterRunStatus,
    DefaultSensorStatus,
    Definitions,
    EventLogEntry,
    MetadataValue,
    RunRequest,
    SensorDefinition,
    build_sensor_context,
)
from dagster._core.execution.backfill import BulkActionStatus, PartitionBackfill
from dagster._core.execution.plan.objects import ErrorSource, StepFailureData, UserFailureData
from dagster._core.test_utils import create_run_for_test

from sensource_dagster.account_definitions import account_definitions
from sensource_dagster.automation.held_runs import AFTER, held_runs_sensors
from sensource_dagster.automation.schedules import jobs
from sensource_dagster.config.settings import read_settings
from sensource_dagster.definitions import build_definitions
from sensource_dagster.instance.held import HELD_BY, HELD_TAG
from sensource_dagster_tests.instances import instance

TRAFFIC = AssetKey(["sensource", "traffic"])
UI_JOB = "__ASSET_JOB"


@pytest.fixture
def history(tmp_path: Path) -> Iterator[DagsterInstance]:
    with instance(tmp_path / "history") as made:
        yield made


def held_run(
    history: DagsterInstance,
    job: str,
    keys: Sequence[AssetKey] | None = None,
    tags: Mapping[str, str] | None = None,
) -> DagsterRun:
    run: DagsterRun = create_run_for_test(
        history, job, asset_selection=keys and frozenset(keys), tags={**HELD_TAG, **(tags or {})}
    )
    history.report_run_failed(run)
    said = UserFailureData("failed", "held", {HELD_BY: MetadataValue.text("process 1")})  # type: ignore[no-untyped-call]
    data = StepFailureData(None, said, ErrorSource.USER_CODE_ERROR)  # type: ignore[no-untyped-call]
    event = DagsterEvent(DagsterEventType.STEP_FAILURE.value, job, step_key="read", event_specific_data=data)
    history.event_log_storage.store_event(
        EventLogEntry(None, 40, "", run.run_id, 0.0, step_key="read", job_name=job, dagster_event=event)  # type: ignore[no-untyped-call]
    )
    return run


def sensors() -> list[SensorDefinition]:
    settings = read_settings({})
    return held_runs_sensors(settings, jobs(settings))


def tick(sensor: SensorDefinition, history: DagsterInstance, after: timedelta = AFTER) -> Sequence[RunRequest]:
    definitions = build_definitions(read_settings({}))
    context = build_sensor_context(history, repository_def=definitions.get_repository_def())
    with time_machine.travel(datetime.now(timezone.utc) + after):
        return sensor.evaluate_tick(context).run_requests or []


def test_they_are_on_and_look_every_minute() -> None:
    for sensor in sensors():
        assert sensor.default_status is DefaultSensorStatus.RUNNING
        assert sensor.minimum_interval_seconds == 60


def test_they_do_nothing_when_there_is_nothing_to_do(history: DagsterInstance) -> None:
    create_run_for_test(history, "counts", status=DagsterRunStatus.FAILURE)
    for sensor in sensors():
        assert tick(sensor, history) == []


def test_what_another_account_reads_is_left_to_its_own_sensors(history: DagsterInstance) -> None:
    west = replace(read_settings({}), prefix="west")
    run = held_run(history, UI_JOB, [AssetKey(["west", "traffic"])])
    both = Definitions.merge(build_definitions(read_settings({})), account_definitions(west, None))
    context = partial(build_sensor_context, history, repository_def=both.get_repository_def())
    with time_machine.travel(datetime.now(timezone.utc) + AFTER):
        assert [sensor.evaluate_tick(context()).run_requests or [] for sensor in sensors()] == [[], []]
        [of_jobs, of_assets] = held_runs_sensors(west, jobs(west))
        assert not of_jobs.evaluate_tick(context()).run_requests
        [request] = of_assets.evaluate_tick(context()).run_requests or []
    assert request.tags["dagster/parent_run_id"] == run.run_id


@pytest.mark.parametrize("job", ["lists", "counts", "everything"])
def test_a_run_of_a_job_is_started_by_the_first_one_alone(history: DagsterInstance, job: str) -> None:
    run = held_run(history, job)
    of_jobs, of_assets = (tick(sensor, history) for sensor in sensors())
    assert [request.tags["dagster/parent_run_id"] for request in of_jobs] == [run.run_id]
    assert of_assets == []


def test_a_run_of_assets_that_were_selected_in_the_ui_is_started_with_the_same_assets_and_days(
    history: DagsterInstance,
) -> None:
    held_run(history, UI_JOB, [TRAFFIC], {"dagster/partition": "2026-01-31"})
    of_jobs, [request] = (tick(sensor, history) for sensor in sensors())
    assert of_jobs == []
    assert request.job_name == UI_JOB
    assert request.asset_selection == [TRAFFIC]
    assert request.tags["dagster/partition"] == "2026-01-31"


@pytest.mark.parametrize(
    ("status", "counts"), [(BulkActionStatus.REQUESTED, True), (BulkActionStatus.COMPLETED_FAILED, False)]
)
def test_a_run_of_a_backfill_belongs_to_it_for_as_long_as_the_backfill_goes_on(
    history: DagsterInstance, status: BulkActionStatus, counts: bool
) -> None:
    backfill = PartitionBackfill("b1", status=status, from_failure=False, tags={}, backfill_timestamp=0.0)
    history.add_backfill(backfill)
    held_run(history, UI_JOB, [TRAFFIC], {"dagster/backfill": "b1"})
    [request] = tick(sensors()[1], history)
    assert ("dagster/backfill" in request.tags) is counts


def test_the_tags_that_say_how_a_run_ended_are_not_handed_on(history: DagsterInstance) -> None:
    tags = {"dagster/will_retry": "false", "dagster/failure_reason": "STEP_FAILURE", ".dagster/grpc_info": "{}"}
    held_run(history, "counts", tags={**tags, "mine": "kept"})
    [request] = tick(sensors()[0], history)
    assert not {*tags, *HELD_TAG} & request.tags.keys()
    assert request.tags["mine"] == "kept"


def test_a_run_that_was_held_days_ago_is_left_to_the_schedules(history: DagsterInstance) -> None:
    held_run(history, "counts")
    assert tick(sensors()[0], history, timedelta(days=2)) == []
