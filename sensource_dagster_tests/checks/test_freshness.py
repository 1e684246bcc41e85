"""A warehouse is fresh if its newest whole day is yesterday. Reading older days again does not matter."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import time_machine
from dagster import (
    AssetCheckEvaluation,
    AssetCheckSeverity,
    AssetKey,
    AssetMaterialization,
    DagsterInstance,
    DagsterRun,
    DagsterRunStatus,
)
from dagster._core.utils import make_new_run_id

from sensource_dagster.checks.freshness import due_day
from sensource_dagster.config.settings import Settings, read_settings
from sensource_dagster.definitions import build_definitions
from sensource_dagster.instance.private import (
    SCHEDULE_NAME_TAG,
    SCHEDULED_EXECUTION_TIME_TAG,
    BulkActionStatus,
    PartitionBackfill,
)
from sensource_dagster.simulator import ManualClock, Options
from sensource_dagster_tests.checks.checked import ELSEWHERE, evaluations, number
from sensource_dagster_tests.end_to_end.sync import syncing_with_checks

UTC = timezone.utc
STARTED, STARTING = DagsterRunStatus.STARTED, DagsterRunStatus.STARTING
DENVER = ZoneInfo("America/Denver")
MORNING = datetime(2025, 12, 10, 9, 0, tzinfo=DENVER)


class Reads:
    """A deployment whose runs are only reported to Dagster."""

    def __init__(self, instance: DagsterInstance, settings: Settings) -> None:
        self.instance, self.settings = instance, settings

    def read(self, day: str, at: datetime, table: str = "traffic") -> None:
        with time_machine.travel(at, tick=False):
            key = AssetKey(["sensource", table])
            self.instance.report_runless_asset_event(AssetMaterialization(key, partition=day))

    def fresh(self, at: datetime, table: str = "traffic") -> AssetCheckEvaluation:
        with time_machine.travel(at.astimezone(ELSEWHERE)):
            job = build_definitions(self.settings).resolve_job_def("freshness")
            result = job.execute_in_process(instance=self.instance)
        assert {one.asset_key.path[-1] for one in result.get_asset_check_evaluations()} == {"traffic", "occupancy"}
        return evaluations(result, table)["fresh"]


@contextmanager
def reading(**variables: str) -> Iterator[Reads]:
    settings = read_settings({"SENSOURCE_TIMEZONE": "America/Denver", **variables})
    with DagsterInstance.ephemeral() as instance:
        yield Reads(instance, settings)


@pytest.mark.parametrize(
    ("now", "day"),
    [
        ("2025-12-10T06:00-07:00", "2025-12-09"),
        ("2025-12-10T05:59-07:00", "2025-12-08"),
        ("2025-12-10T00:00-07:00", "2025-12-08"),
        ("2025-12-10T23:59-07:00", "2025-12-09"),
        ("2025-11-02T06:00-07:00", "2025-11-01"),
        ("2025-11-02T05:59-07:00", "2025-10-31"),
    ],
)
def test_yesterday_is_due_from_six_o_clock_on(now: str, day: str) -> None:
    assert str(due_day(datetime.fromisoformat(now), DENVER)) == day


def test_yesterday_is_fresh_if_it_was_read_after_midnight_and_not_before() -> None:
    with reading() as reads:
        reads.read("2025-12-08", MORNING - timedelta(days=1))
        reads.read("2025-12-09", datetime(2025, 12, 9, 23, 59, 59, tzinfo=DENVER))
        stale = reads.fresh(MORNING)
        assert not stale.passed
        assert stale.severity is AssetCheckSeverity.WARN
        assert number(stale, "days_behind") == 1
        assert stale.description == (
            "The newest whole day is 2025-12-08. That is 1 day behind: 2025-12-09 is due. Check whether the "
            "schedules are on, and look at the last failed run."
        )
        reads.read("2025-12-09", datetime(2025, 12, 10, 0, 0, tzinfo=DENVER))
        fresh = reads.fresh(MORNING)
        assert fresh.passed
        assert number(fresh, "newest_whole_day") == "2025-12-09"


def test_an_alert_is_made_when_a_table_falls_behind_and_when_that_becomes_an_error() -> None:
    with reading() as reads:
        reads.read("2025-12-08", MORNING - timedelta(hours=1))
        assert "affected" not in reads.fresh(MORNING - timedelta(days=1)).metadata
        for behind in (1, 3):
            stale = reads.fresh(MORNING + timedelta(days=behind - 1))
            assert stale.metadata["affected"].value == {"traffic": {"name": "traffic", "rows": behind}}
        stale = reads.fresh(MORNING + timedelta(days=3))
        assert stale.metadata["affected"].value == {
            "traffic": {"name": "traffic", "rows": 4},
            "traffic, for long": {"name": "traffic, for long", "rows": 4},
        }


def test_the_oldest_of_the_fourteen_days_counts_and_the_day_before_it_does_not() -> None:
    for day, said in (("2025-11-26", "The newest whole day is 2025-11-26."), ("2025-11-25", "No day since")):
        with reading() as reads:
            reads.read(day, datetime(2025, 11, 28, 3, tzinfo=DENVER))
            assert str(reads.fresh(MORNING).description).startswith(said)


def test_reading_older_days_again_does_not_make_the_warehouse_fresh() -> None:
    with reading() as reads:
        reads.read("2025-12-05", datetime(2025, 12, 6, 3, tzinfo=DENVER))
        for day in ("2025-11-01", "2025-12-04", "2025-12-05"):
            reads.read(day, MORNING - timedelta(minutes=5))
        assert number(reads.fresh(MORNING), "days_behind") == 4


def test_today_does_not_count() -> None:
    with reading() as reads:
        reads.read("2025-12-08", MORNING - timedelta(hours=3))
        reads.read("2025-12-10", MORNING - timedelta(hours=1))
        assert number(reads.fresh(MORNING), "days_behind") == 1


@pytest.mark.parametrize(("behind", "severity"), [(3, AssetCheckSeverity.WARN), (4, AssetCheckSeverity.ERROR)])
def test_more_than_three_days_are_an_error(behind: int, severity: AssetCheckSeverity) -> None:
    with reading() as reads:
        reads.read(str(date(2025, 12, 9) - timedelta(days=behind)), MORNING - timedelta(hours=1))
        stale = reads.fresh(MORNING)
        assert (stale.passed, stale.severity, number(stale, "days_behind")) == (False, severity, behind)
        assert not stale.blocking


def test_if_no_day_was_read_for_two_weeks_the_error_says_since_when() -> None:
    with reading() as reads:
        reads.read("2025-11-20", datetime(2025, 11, 21, 3, tzinfo=DENVER))
        stale = reads.fresh(MORNING)
        assert stale.severity is AssetCheckSeverity.ERROR
        assert not stale.passed
        assert number(stale, "days_behind") == 14
        assert "No day since 2025-11-26 was read" in str(stale.description)


def test_each_asset_is_judged_by_its_own_days() -> None:
    with reading() as reads:
        reads.read("2025-12-09", MORNING - timedelta(hours=1), "traffic")
        reads.read("2025-12-01", MORNING - timedelta(hours=1), "occupancy")
        assert reads.fresh(MORNING, "traffic").passed
        assert number(reads.fresh(MORNING, "occupancy"), "days_behind") == 8


def test_if_nothing_was_read_or_no_day_is_due_there_is_nothing_to_judge() -> None:
    with reading() as reads:
        never = reads.fresh(MORNING)
        assert never.passed
        assert never.description == "Nothing to judge yet: no day has been read."
        assert not never.metadata
    with reading(SENSOURCE_START_DATE="2025-12-10") as reads:
        reads.read("2025-12-10", MORNING - timedelta(hours=1))
        first_day = reads.fresh(MORNING)
        assert first_day.passed
        assert first_day.description == "Nothing to judge yet: the first day is not due."
        assert not first_day.metadata
        due = reads.fresh(MORNING + timedelta(days=1))
        assert number(due, "days_behind") == 1
        assert number(reads.fresh(MORNING + timedelta(days=2)), "days_behind") == 2


def test_a_run_makes_the_warehouse_fresh_and_its_own_check_says_so(tmp_path: Path) -> None:
    now = MORNING.astimezone(UTC)
    clock = ManualClock(now)
    with (
        time_machine.travel(now) as traveller,
        syncing_with_checks(tmp_path, Options(token_seconds=10**7), clock) as sync,
    ):
        run = sync.run("counts", date(2025, 12, 9), date(2025, 12, 10))
        assert evaluations(run, "traffic")["fresh"].passed
        assert evaluations(sync.run("freshness"), "occupancy")["fresh"].passed
        for later, behind in ((1, 1), (5, 5)):
            clock.now = now + timedelta(days=later)
            traveller.move_to(clock.now)
            assert number(evaluations(sync.run("freshness"), "traffic")["fresh"], "days_behind") == behind
        backfill = sync.run("counts", date(2025, 12, 1), date(2025, 12, 9))
        assert number(evaluations(backfill, "traffic")["fresh"], "days_behind") == 5


@pytest.mark.parametrize(("schedule", "hours"), [("hourly", 5), ("nightly", 50)])
def test_a_stale_warehouse_names_the_runs_and_backfills_that_the_schedules_wait_for(
    schedule: str, hours: int
) -> None:
    with reading() as reads:
        since = (MORNING - timedelta(hours=hours)).astimezone(UTC)
        tags = {SCHEDULE_NAME_TAG: schedule, SCHEDULED_EXECUTION_TIME_TAG: since.isoformat()}
        run = reads.instance.add_run(DagsterRun("counts", make_new_run_id(), status=STARTED, tags=tags))
        for name, key in (("b1", "traffic"), ("b2", "mine")):
            reads.instance.add_backfill(
                PartitionBackfill(
                    name,
                    BulkActionStatus.REQUESTED,
                    from_failure=False,
                    tags={},
                    backfill_timestamp=(MORNING - timedelta(hours=2)).timestamp(),
                    asset_selection=[AssetKey(["sensource", key])],
                )
            )
        reads.read("2025-12-08", MORNING - timedelta(days=1))
        stale = str(reads.fresh(MORNING).description)
        waits = "so nothing waits for it any more" if hours == 50 else "and later ticks are skipped"
        assert stale.partition(" and look at the last failed run. ")[2] == (
            f"The run {run.run_id} of `{schedule}` has been started since {since:%Y-%m-%d %H:%M} UTC, {waits}. "
            "Terminate it in the UI if it is stuck. The backfill b1 is under way, and `nightly` leaves its missed "
            "days to it."
        )
        reads.read("2025-12-09", MORNING - timedelta(hours=1))
        assert reads.fresh(MORNING).description == "The newest whole day is 2025-12-09."


def test_of_a_run_that_is_starting_it_says_since_when_there_is_one() -> None:
    with reading() as reads:
        tags = {SCHEDULE_NAME_TAG: "hourly"}
        run = reads.instance.add_run(DagsterRun("counts", make_new_run_id(), status=STARTING, tags=tags))
        reads.read("2025-12-08", MORNING - timedelta(days=1))
        record = reads.instance.get_run_record_by_id(run.run_id)
        assert record
        made = f"{record.create_timestamp.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
        assert f"The run {run.run_id} of `hourly` has been starting since {made}, " in str(
            reads.fresh(MORNING).description
        )
