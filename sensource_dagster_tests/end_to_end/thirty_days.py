"""A deployment left alone for thirty days: its clocks, its ticks and what happens to it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

import time_machine
from dagster import (
    AssetCheckEvaluation,
    AssetCheckKey,
    AssetKey,
    RunRequest,
    ScheduleDefinition,
    TableMetadataValue,
    build_schedule_context,
)

from sensource_dagster.automation.alerts import Alert, alerts_of
from sensource_dagster.instance.private import SCHEDULE_NAME_TAG
from sensource_dagster.instance.private import AssetCheckExecutionRecordStatus as Status
from sensource_dagster.simulator import ManualClock, fault_kinds
from sensource_dagster_tests.end_to_end.sync import Sync

DENVER = ZoneInfo("America/Denver")
START_DATE = date(2025, 9, 22)  # four weeks before, so that a silent door can be told from one that always is
FIRST, LAST = date(2025, 10, 20), date(2025, 11, 18)


def at(day: date, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=DENVER)


FALL_BACK = date(2025, 11, 2)
OFFLINE = [date(2025, 10, 28), date(2025, 10, 29)]
DELIVERED = at(date(2025, 10, 31), 12)
API_DOWN = date(2025, 11, 5)
DOWN, UP = at(date(2025, 11, 9)), at(date(2025, 11, 11), 6, 20)
HOURS = range(0, 24, 6)  # the hourly ticks; those of the other hours show nothing more


@dataclass
class Deployment:
    """A project with its history, and an account, both at a time that is moved."""

    sync: Sync
    clock: ManualClock
    alerts: list[tuple[date, Alert]] = field(default_factory=list)
    runs: dict[datetime, str] = field(default_factory=dict)
    """The first run of each tick."""

    def ticks(self, day: date) -> None:
        """Every tick of a local day, in order, but while the project is down."""
        moments = [(at(day, hour, 10), "hourly") for hour in HOURS]
        for moment, name in sorted([*moments, (at(day, 3), "nightly"), (at(day, 6, 30), "freshness")]):
            if not DOWN <= moment < UP:
                self.tick(name, moment)

    def tick(self, name: str, moment: datetime) -> None:
        """What the daemon does: ask the schedule, run what it asks for, look for alerts."""
        self.clock.now = moment
        self._set_faults(moment)
        [schedule] = [made for made in self.sync.definitions.schedules or [] if made.name == name]
        assert isinstance(schedule, ScheduleDefinition)
        with time_machine.travel(moment):
            context = build_schedule_context(self.sync.instance, moment)
            for request in cast(list[RunRequest], schedule.evaluate_tick(context).run_requests):
                self._run(schedule, request, moment)

    def _run(self, schedule: ScheduleDefinition, request: RunRequest, moment: datetime) -> None:
        result = self.sync.definitions.resolve_job_def(schedule.job_name).execute_in_process(
            instance=self.sync.instance,
            run_config=self._impatient() if schedule.name != "freshness" else None,
            tags={**request.tags, SCHEDULE_NAME_TAG: schedule.name},
            asset_selection=list(request.asset_selection) if request.asset_selection else None,
            raise_on_error=False,
        )
        self.runs.setdefault(moment, result.run_id)
        run = self.sync.instance.get_run_by_id(result.run_id)
        assert run
        self.alerts += [(moment.date(), alert) for alert in alerts_of(self.sync.instance, run)]

    def _impatient(self) -> dict[str, Any]:
        """As typed in the Launchpad: one try, so that a day without the API does not take a quarter of an hour."""
        account = {"api_url": self.sync.settings.api_url, "auth_url": self.sync.settings.auth_url}
        secrets = {name: {"env": f"SENSOURCE_{name.upper()}"} for name in ("client_id", "client_secret")}
        return {"resources": {"sensource": {"config": {**account, **secrets, "max_tries": 1}}}}

    def _set_faults(self, moment: datetime) -> None:
        faults = self.sync.simulator.faults
        faults.clear()
        if moment.date() == API_DOWN:
            faults.at_random(1, [fault_kinds.status(503)])
        elif at(OFFLINE[0]) <= moment < DELIVERED:
            faults.at_random(1, [fault_kinds.rows(self._without_what_the_sensor_keeps)], path="/api/data/traffic")

    def _without_what_the_sensor_keeps(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        start, end = at(OFFLINE[0]), at(OFFLINE[-1] + timedelta(days=1))
        return [
            row
            for row in rows
            if row["zoneId"] != self.offline_zone
            or not start <= datetime.fromisoformat(row["recordDate_hour_1"].replace("Z", "+00:00")) < end
        ]

    @property
    def offline_zone(self) -> str:
        return str(self.sync.simulator.entities("zone")[3]["zoneId"])

    def told(self, check: str) -> dict[date, list[str]]:
        """The alerts of a check, by the day of the tick."""
        told = defaultdict(list)
        for day, alert in self.alerts:
            if alert.title.startswith(f"Check {check} of "):
                told[day].append(alert.text)
        return dict(told)

    def evaluations(self, check: str, table: str = "traffic") -> dict[str, AssetCheckEvaluation]:
        """Every evaluation of a check, by its run."""
        key = AssetCheckKey(AssetKey(["sensource", table]), check)
        history = self.sync.instance.event_log_storage.get_asset_check_execution_history(key, limit=2000)
        return {
            record.run_id: record.event.get_dagster_event().asset_check_evaluation_data
            for record in history
            if record.event and record.status in (Status.SUCCEEDED, Status.FAILED)
        }


def found(evaluation: AssetCheckEvaluation) -> dict[tuple[str, str], Mapping[str, Any]]:
    """What a check names, by zone and day."""
    table = evaluation.metadata.get("found")
    records = table.records if isinstance(table, TableMetadataValue) else []
    return {(str(record.data["zone_id"]), str(record.data["day"])): record.data for record in records}
