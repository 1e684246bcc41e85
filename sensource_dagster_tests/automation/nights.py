"""Days that were read or failed in Dagster's history, and nights of the schedules, without a run of the sync."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from typing import Any, cast

import time_machine
from dagster import (
    AssetKey,
    AssetMaterialization,
    DagsterEvent,
    DagsterEventType,
    DagsterInstance,
    DagsterRun,
    DagsterRunStatus,
    EventLogEntry,
    RunRequest,
    RunsFilter,
)
from dagster._core.events import AssetMaterializationPlannedData, StepMaterializationData
from dagster._core.test_utils import create_run_for_test

from sensource_dagster.automation.alerts import Alert, alerts_of
from sensource_dagster.contract.day_ranges import each_day
from sensource_dagster_tests.automation.ticks import days_of, named, tick
from sensource_dagster_tests.own_account import COUNTS_KEYS

UTC = timezone.utc
DAY = timedelta(days=1)


@contextmanager
def at_three(day: date) -> Iterator[datetime]:
    moment = datetime(*day.timetuple()[:3], 3, tzinfo=UTC)
    with time_machine.travel(moment, tick=False):
        yield moment


def report_read(
    instance: DagsterInstance,
    days: Sequence[date],
    at: date,
    keys: Sequence[AssetKey] = COUNTS_KEYS,
) -> None:
    """Days that a run read in the night of `at`."""
    with at_three(at):
        store(instance, "", [_read(key, day) for key in keys for day in days])


def report_failed(
    instance: DagsterInstance,
    days: Sequence[date],
    keys: Sequence[AssetKey] = COUNTS_KEYS,
    tags: Mapping[str, str] | None = None,
) -> DagsterRun:
    """A run that failed and read none of its days. It ends now."""
    made: DagsterRun = create_run_for_test(instance, "everything", tags=tags, status=DagsterRunStatus.STARTED)
    store(instance, made.run_id, [_planned(key, day) for key in keys for day in days])
    instance.report_run_failed(made, "It cannot be read.")
    return made


def store(instance: DagsterInstance, run_id: str, events: Sequence[DagsterEvent]) -> None:
    now = datetime.now(UTC).timestamp()
    instance.event_log_storage.store_event_batch(
        [EventLogEntry(None, 10, "", run_id, now, job_name="everything", dagster_event=event) for event in events]  # type: ignore[no-untyped-call]
    )


def _read(key: AssetKey, day: date) -> DagsterEvent:
    data = StepMaterializationData(AssetMaterialization(key, partition=str(day)))
    return DagsterEvent(DagsterEventType.ASSET_MATERIALIZATION.value, "everything", event_specific_data=data)


def _planned(key: AssetKey, day: date) -> DagsterEvent:
    data = AssetMaterializationPlannedData(key, partition=str(day))
    return DagsterEvent(
        DagsterEventType.ASSET_MATERIALIZATION_PLANNED.value, "everything", event_specific_data=data
    )


@dataclass
class Nights:
    """Runs what `nightly` asks for. A run that is to read a bad day fails, the others read their days."""

    instance: DagsterInstance
    variables: dict[str, str]
    bad: Collection[date] = ()
    down: bool = False
    alerts: list[tuple[date, Alert]] = field(default_factory=list)

    def night(self, tonight: date) -> list[tuple[str, str]]:
        """The ranges of days that the tick of a night asked for, in order."""
        with at_three(tonight) as moment:
            schedule = named("nightly", **self.variables)
            requests = cast(list[RunRequest], tick(schedule, moment, self.instance).run_requests)
            for request in requests:
                self._play(request, tonight)
        return [days_of(request) for request in requests]

    def _play(self, request: RunRequest, tonight: date) -> None:
        first, last = map(date.fromisoformat, days_of(request))
        days = each_day(first, last)
        if self.down or not set(days).isdisjoint(self.bad):
            run = report_failed(self.instance, days, tags=request.tags)
            ended = self.instance.get_run_by_id(run.run_id)
            assert ended
            self.alerts += [(tonight, alert) for alert in alerts_of(self.instance, ended)]
        else:
            tags: Any = request.tags
            create_run_for_test(self.instance, "everything", tags=tags, status=DagsterRunStatus.SUCCESS)
            report_read(self.instance, days, tonight)

    def nights(self, first: date, count: int) -> dict[date, list[tuple[str, str]]]:
        return {first + n * DAY: self.night(first + n * DAY) for n in range(count)}

    @property
    def failed_runs(self) -> int:
        return len(self.instance.get_runs(RunsFilter(statuses=[DagsterRunStatus.FAILURE])))
