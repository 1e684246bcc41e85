"""Thirty days of a deployment left alone: what its schedules ask for, what it says, what is true at the end.

The clocks of the API, of Dagster and of the ticks stand at the simulated time. In these days the clocks change, a
sensor is offline and sends later what it counted, the API is down for a day, and the project itself for two.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest
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
from sensource_dagster.simulator import ManualClock, fault_kinds, serving
from sensource_dagster.vea.windows import day_start
from sensource_dagster_tests.end_to_end.sync import Sync, variables_of
from sensource_dagster_tests.instances import instance

DENVER = ZoneInfo("America/Denver")
START_DATE = date(2025, 9, 22)  # four weeks before, so that a silent door can be told from one that always is
FIRST, LAST = date(2025, 10, 20), date(2025, 11, 18)
HOURS = range(0, 24, 6)  # of the ticks of `hourly`: all 24 take six times as long and show nothing more


def at(day: date, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=DENVER)


FALL_BACK = date(2025, 11, 2)
OFFLINE = [date(2025, 10, 28), date(2025, 10, 29)]
DELIVERED = at(date(2025, 10, 31), 12)
API_DOWN = date(2025, 11, 5)
DOWN, UP = at(date(2025, 11, 9)), at(date(2025, 11, 11), 6, 20)


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
            if alert.title.startswith(f"Check {check} "):
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


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    folder = tmp_path_factory.mktemp("thirty_days")
    clock = ManualClock(at(FIRST))
    with (
        serving(None, clock) as simulator,
        instance(folder / "history") as history,
        pytest.MonkeyPatch.context() as environment,
    ):
        variables = variables_of(simulator, folder, SENSOURCE_START_DATE=str(START_DATE))
        for name, value in variables.items():
            environment.setenv(name, value)
        made = Deployment(Sync(simulator, history, variables), clock)
        day = FIRST
        while day <= LAST:
            made.ticks(day)
            day += timedelta(days=1)
        made.tick("nightly", at(LAST + timedelta(days=1), 3))
        yield made


pytestmark = pytest.mark.timeout(1500)


@pytest.mark.parametrize("table", ["traffic", "occupancy"])
def test_at_the_end_every_row_is_true_those_before_the_first_tick_too(deployment: Deployment, table: str) -> None:
    start, end = day_start(START_DATE, DENVER), day_start(LAST + timedelta(days=2), DENVER)
    truth = deployment.sync.truth(table, start, end)
    assert len(truth) > 50 * 24
    assert deployment.sync.counts(table) == truth


def test_every_day_is_green(deployment: Deployment) -> None:
    days = {str(START_DATE + timedelta(days=number)) for number in range((LAST - START_DATE).days + 2)}
    for table in ("traffic", "occupancy"):
        assert deployment.sync.instance.get_materialized_partitions(AssetKey(["sensource", table])) == days


def test_a_day_without_the_api_is_told_as_failed_runs_and_as_a_stale_warehouse(deployment: Deployment) -> None:
    failed = [day for day, alert in deployment.alerts if alert.title.startswith("Run ")]
    assert failed == [API_DOWN] * (len(HOURS) + 1)
    assert all("HTTP 503" in alert.text for _, alert in deployment.alerts if alert.title.startswith("Run "))
    for text in deployment.told("fresh")[API_DOWN]:
        assert text.startswith("The newest whole day is 2025-11-03, 1 day behind")


def test_the_downtime_of_the_project_is_told_at_the_first_tick_after_it(deployment: Deployment) -> None:
    for text in deployment.told("fresh")[UP.date()]:
        assert text.startswith("The newest whole day is 2025-11-07, 3 days behind")


def test_no_other_day_is_told_to_be_stale(deployment: Deployment) -> None:
    assert {day: len(texts) for day, texts in deployment.told("fresh").items()} == {API_DOWN: 2, UP.date(): 2}


def test_the_sensor_that_is_offline_is_told_as_a_silent_door_and_no_other_door_is(deployment: Deployment) -> None:
    evaluations = deployment.evaluations("no_door_is_silent").values()
    named = set().union(*map(found, evaluations))
    assert named == {(deployment.offline_zone, str(day)) for day in OFFLINE}
    assert set(deployment.told("no_door_is_silent")) == {day + timedelta(days=1) for day in OFFLINE}


def test_hours_that_a_sensor_keeps_are_missing_until_it_sends_them(deployment: Deployment) -> None:
    evaluations = deployment.evaluations("hours_are_complete")
    before = found(evaluations[deployment.runs[at(OFFLINE[-1] + timedelta(days=1), 3)]])
    after = found(evaluations[deployment.runs[at(DELIVERED.date() + timedelta(days=1), 3)]])
    for day in OFFLINE:
        kept = (deployment.offline_zone, str(day))
        there = deployment.sync.query(
            "SELECT count(*) FROM warehouse.sensource.traffic "
            f"WHERE zone_id = '{deployment.offline_zone}' AND record_date = DATE '{day}'"
        )[0][0]
        assert before[kept]["hours_missing"] == 24
        assert after.get(kept, {"hours_missing": 0})["hours_missing"] == 24 - there


def test_on_the_day_of_25_hours_the_one_that_vea_never_has_is_not_missing(deployment: Deployment) -> None:
    evaluations = deployment.evaluations("hours_are_complete")
    nightly = found(evaluations[deployment.runs[at(FALL_BACK + timedelta(days=2), 3)]])
    assert {data["hours_expected"] for (_, day), data in nightly.items() if day == str(FALL_BACK)} <= {24}
    assert len(nightly) < 15


def test_no_other_check_of_the_counts_fails(deployment: Deployment) -> None:
    for check in (
        "key_is_unique",
        "days_are_local",
        "counts_are_not_negative",
        "entities_are_listed",
        "ins_and_outs_agree",
    ):
        evaluations = deployment.evaluations(check)
        assert len(evaluations) > 100
        assert all(evaluation.passed for evaluation in evaluations.values()), check
        assert deployment.told(check) == {}


def test_what_changed_late_is_explained(deployment: Deployment) -> None:
    newest = """
        SELECT entity_id AS zone_id, record_date_hour_1, arg_max(new_value, seen_at) AS value
        FROM warehouse.sensource.corrections
        WHERE table_name = 'traffic' AND column_name = 'sumins' GROUP BY ALL"""
    joined = f"({newest}) JOIN warehouse.sensource.traffic USING (zone_id, record_date_hour_1)"
    [(corrected, explained)] = deployment.sync.query(
        f"SELECT count(*), count(*) FILTER (CAST(sumins AS VARCHAR) = value) FROM {joined}"
    )
    assert corrected == explained > 50
