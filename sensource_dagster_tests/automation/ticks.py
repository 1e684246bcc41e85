"""A schedule by its name, and what one of its ticks starts."""

from __future__ import annotations

from datetime import datetime, timezone

from dagster import (
    DagsterInstance,
    RunRequest,
    ScheduleDefinition,
    build_schedule_context,
)
from dagster._core.definitions.schedule_definition import ScheduleExecutionData

from sensource_dagster.automation.schedules import jobs, schedules
from sensource_dagster.config.settings import read_settings
from sensource_dagster_tests.end_to_end.sync import RANGE_END, RANGE_START

UTC = timezone.utc


def named(name: str, zone: str = "UTC", **variables: str) -> ScheduleDefinition:
    settings = read_settings({"SENSOURCE_TIMEZONE": zone, **{f"SENSOURCE_{n}": v for n, v in variables.items()}})
    made = schedules(settings, jobs(settings))
    return next(schedule for schedule in made if schedule.name == name)


def tick(schedule: ScheduleDefinition, moment: datetime, instance: DagsterInstance) -> ScheduleExecutionData:
    # Each context opens the instance anew.
    with build_schedule_context(instance, moment) as context:
        return schedule.evaluate_tick(context)


def days_of(request: RunRequest) -> tuple[str, str]:
    assert request.partition_key is None
    return request.tags[RANGE_START], request.tags[RANGE_END]
