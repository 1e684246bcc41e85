"""At each tick the schedules ask for the right local days, and not twice at a time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from itertools import islice, pairwise
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest
import time_machine
from dagster import (
    DagsterEvent,
    DagsterEventType,
    DagsterInstance,
    DagsterRun,
    DagsterRunStatus,
    DefaultScheduleStatus,
    EventLogEntry,
    RunRequest,
    ScheduleDefinition,
    instance_for_test,
)
from dagster._core.utils import make_new_run_id
from dagster._utils.schedules import cron_string_iterator

from sensource_dagster.automation.schedules import jobs, schedules
from sensource_dagster.config.settings import read_settings
from sensource_dagster_tests.automation.ticks import days_of, named, tick

UTC = timezone.utc


@pytest.fixture(scope="module")
def empty() -> Iterator[DagsterInstance]:
    with instance_for_test() as instance:
        yield instance


@pytest.fixture
def instance() -> Iterator[DagsterInstance]:
    with instance_for_test() as instance:
        yield instance


def days_of_run(schedule: ScheduleDefinition, moment: datetime, instance: DagsterInstance) -> tuple[str, str]:
    """The first and the last day of the first run that a tick starts."""
    return days_of(cast(list[RunRequest], tick(schedule, moment, instance).run_requests)[0])


def ticks(schedule: ScheduleDefinition, start: datetime, count: int) -> list[datetime]:
    cron: Any = schedule.cron_schedule
    return list(islice(cron_string_iterator(start.timestamp(), cron, schedule.execution_timezone), count))


@pytest.mark.parametrize(("prefix", "of_account"), [("sensource", ""), ("west", "west_")])
def test_there_is_an_hourly_one_of_the_counts_and_a_nightly_one_of_everything_in_the_zone_of_the_days(
    prefix: str, of_account: str
) -> None:
    settings = replace(read_settings({"SENSOURCE_TIMEZONE": "America/Denver"}), prefix=prefix)
    made = schedules(settings, jobs(settings))
    assert [(s.name, s.job_name, s.cron_schedule, s.execution_timezone) for s in made] == [
        (f"{of_account}hourly", f"{of_account}counts", "10 * * * *", "America/Denver"),
        (f"{of_account}nightly", f"{of_account}everything", "0 3 * * *", "America/Denver"),
    ]
    assert all(schedule.description for schedule in made)


@pytest.mark.parametrize(
    ("zone", "moment", "hourly", "nightly"),
    [
        (
            "UTC",
            datetime(2026, 1, 1, 0, 10, tzinfo=UTC),
            ("2025-12-31", "2026-01-01"),
            ("2025-12-25", "2026-01-01"),
        ),
        ("UTC", datetime(2024, 2, 29, 3, tzinfo=UTC), ("2024-02-28", "2024-02-29"), ("2024-02-22", "2024-02-29")),
        # The same instant is another day elsewhere.
        (
            "Pacific/Kiritimati",
            datetime(2025, 12, 31, 10, 10, tzinfo=UTC),
            ("2025-12-31", "2026-01-01"),
            ("2025-12-25", "2026-01-01"),
        ),
        (
            "Pacific/Pago_Pago",
            datetime(2026, 1, 1, 10, 10, tzinfo=UTC),
            ("2025-12-30", "2025-12-31"),
            ("2025-12-24", "2025-12-31"),
        ),
        # Over both changes of the clocks, where a day back is not 24 hours.
        (
            "America/New_York",
            datetime(2025, 3, 10, 4, 10, tzinfo=UTC),
            ("2025-03-09", "2025-03-10"),
            ("2025-03-03", "2025-03-10"),
        ),
        (
            "America/New_York",
            datetime(2025, 11, 3, 4, 30, tzinfo=UTC),
            ("2025-11-01", "2025-11-02"),
            ("2025-10-26", "2025-11-02"),
        ),
    ],
)
def test_hourly_asks_for_yesterday_and_today_and_nightly_for_seven_days_before_too(
    empty: DagsterInstance, zone: str, moment: datetime, hourly: tuple[str, str], nightly: tuple[str, str]
) -> None:
    assert days_of_run(named("hourly", zone), moment, empty) == hourly
    assert days_of_run(named("nightly", zone), moment, empty) == nightly


def test_a_lookback_of_n_days_is_today_and_the_n_days_before(empty: DagsterInstance) -> None:
    moment = datetime(2025, 6, 15, 3, tzinfo=UTC)
    assert days_of_run(named("nightly", LOOKBACK_DAYS="1"), moment, empty) == ("2025-06-14", "2025-06-15")
    assert days_of_run(named("nightly", LOOKBACK_DAYS="40"), moment, empty) == ("2025-05-06", "2025-06-15")


def test_no_day_before_the_start_date_is_asked_for(empty: DagsterInstance) -> None:
    for today, first in (("2025-06-10", "2025-06-10"), ("2025-06-12", "2025-06-10"), ("2025-06-18", "2025-06-11")):
        moment = datetime.fromisoformat(f"{today}T03:00:00").replace(tzinfo=UTC)
        assert days_of_run(named("nightly", START_DATE="2025-06-10"), moment, empty) == (first, today)
    at_start = datetime(2025, 6, 10, 0, 10, tzinfo=UTC)
    assert days_of_run(named("hourly", START_DATE="2025-06-10"), at_start, empty) == ("2025-06-10", "2025-06-10")


@pytest.mark.parametrize(
    ("zone", "change"),  # a day before the clocks change, forward and back
    [
        ("America/New_York", "2025-03-08"),
        ("America/New_York", "2025-11-01"),
        ("Europe/Helsinki", "2025-03-29"),
        ("Europe/Helsinki", "2025-10-25"),
        ("Australia/Lord_Howe", "2025-04-05"),
        ("Australia/Lord_Howe", "2025-10-04"),
        ("Africa/Cairo", "2025-04-24"),
        ("Africa/Cairo", "2025-10-30"),
    ],
)
def test_through_a_change_of_the_clocks_each_day_has_one_nightly_run_and_each_hour_an_hourly(
    empty: DagsterInstance, zone: str, change: str
) -> None:
    start = datetime.fromisoformat(change).replace(tzinfo=ZoneInfo(zone))
    nightly = named("nightly", zone, START_DATE=change)
    days = [days_of_run(nightly, tick, empty)[1] for tick in ticks(nightly, start, 3)]
    assert days == sorted(set(days))
    assert len({day[8:] for day in days}) == 3
    hourly = named("hourly", zone)
    hours = ticks(hourly, start, 50)
    gaps = {(later.timestamp() - earlier.timestamp()) / 3600 for earlier, later in pairwise(hours)}
    assert gaps <= {0.5, 1.0, 1.5}
    [changed] = [n for n, (before, after) in enumerate(pairwise(hours)) if before.utcoffset() != after.utcoffset()]
    for moment in hours[changed - 2 : changed + 4]:
        first, last = days_of_run(hourly, moment, empty)
        assert last == str(moment.astimezone(ZoneInfo(zone)).date())
        assert (datetime.fromisoformat(last) - datetime.fromisoformat(first)).days == 1


def ended(run_id: str) -> EventLogEntry:
    success = DagsterEvent(DagsterEventType.RUN_SUCCESS.value, "counts", message="")
    return EventLogEntry(None, 10, "", run_id, 0.0, job_name="counts", dagster_event=success)  # type: ignore[no-untyped-call]


@pytest.mark.parametrize("name", ["hourly", "nightly"])
def test_a_tick_is_skipped_and_says_why_while_the_last_run_of_its_schedule_goes_on(
    instance: DagsterInstance, name: str
) -> None:
    moment = datetime(2025, 6, 10, 3, 10, tzinfo=UTC)
    made = named(name, START_DATE="2025-06-01")
    run_id = make_new_run_id()
    running = DagsterRun("counts", run_id, status=DagsterRunStatus.STARTED, tags={"dagster/schedule_name": name})
    other = "nightly" if name == "hourly" else "hourly"
    instance.add_run(running)

    skipped = tick(made, moment, instance)
    assert not skipped.run_requests
    assert skipped.skip_message == f"The run {run_id} of an earlier tick is still started."
    assert tick(named(other, START_DATE="2025-06-01"), moment, instance).run_requests

    instance.handle_new_event(ended(run_id))
    assert tick(made, moment, instance).run_requests


@pytest.mark.parametrize("status", [DagsterRunStatus.STARTED, DagsterRunStatus.NOT_STARTED])
def test_a_run_that_has_not_ended_for_more_than_two_days_skips_no_tick_and_the_tick_names_it(
    instance: DagsterInstance, capfd: pytest.CaptureFixture[str], status: DagsterRunStatus
) -> None:
    march = datetime(2025, 3, 4, 3, 10, tzinfo=UTC)
    run_id = make_new_run_id()
    tags = {"dagster/schedule_name": "hourly", ".dagster/scheduled_execution_time": march.isoformat()}
    instance.add_run(DagsterRun("counts", run_id, status=status, tags=tags))
    hourly = named("hourly")

    for late, skipped in ((timedelta(days=2), True), (timedelta(days=2, hours=1), False)):
        assert bool(tick(hourly, march + late, instance).skip_message) is skipped
    assert tick(hourly, datetime(2025, 11, 5, 3, 10, tzinfo=UTC), instance).run_requests
    said = f"The run {run_id} has been {status.value.lower()} since 2025-03-04 03:10 UTC."
    assert capfd.readouterr().err.count(said) == 2


def test_a_run_without_the_time_of_its_tick_is_as_old_as_its_start(instance: DagsterInstance) -> None:
    march, tags = datetime(2025, 3, 4, tzinfo=UTC), {"dagster/schedule_name": "nightly"}
    run = instance.add_run(DagsterRun("everything", make_new_run_id(), tags=tags))
    with time_machine.travel(march):
        instance.report_dagster_event(DagsterEvent(DagsterEventType.RUN_START.value, "everything"), run.run_id)
    nightly = named("nightly", START_DATE="2025-03-01")
    assert tick(nightly, march + timedelta(days=1, hours=3), instance).skip_message
    assert tick(nightly, march + timedelta(days=3, hours=3), instance).run_requests


@pytest.mark.parametrize("name", ["hourly", "nightly"])
def test_a_tick_before_the_start_date_asks_for_nothing_and_says_why(empty: DagsterInstance, name: str) -> None:
    made = named(name, "Pacific/Kiritimati", START_DATE="2025-06-10")
    before = tick(made, datetime(2025, 6, 9, 9, 10, tzinfo=UTC), empty)
    assert not before.run_requests
    assert before.skip_message == "The first day to read, SENSOURCE_START_DATE, is 2025-06-10: not yet."
    assert tick(made, datetime(2025, 6, 9, 10, 10, tzinfo=UTC), empty).run_requests


def test_a_tick_that_is_tried_again_after_a_crash_is_not_skipped_for_its_own_run(
    instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment, earlier, own = datetime(2025, 6, 10, 3, 10, tzinfo=UTC), make_new_run_id(), make_new_run_id()
    for run_id, at in ((earlier, moment - timedelta(hours=1)), (own, moment)):
        tags = {"dagster/schedule_name": "hourly", ".dagster/scheduled_execution_time": at.isoformat()}
        instance.add_run(DagsterRun("counts", run_id, status=DagsterRunStatus.NOT_STARTED, tags=tags))

    assert earlier in str(tick(named("hourly"), moment, instance).skip_message)
    instance.handle_new_event(ended(earlier))
    with monkeypatch.context() as changed:  # the tick is in UTC, the host is not
        changed.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        assert tick(named("hourly"), moment, instance).run_requests
    time.tzset()


def test_they_are_on_in_the_demo_and_off_until_switched_on_with_an_account() -> None:
    demo = {"CLIENT_ID": "demo", "CLIENT_SECRET": "x", "API_URL": "http://127.0.0.1:4000"}
    for variables, status in (
        (demo, DefaultScheduleStatus.RUNNING),
        ({**demo, "CLIENT_ID": "mine"}, DefaultScheduleStatus.STOPPED),
        ({**demo, "API_URL": "https://vea.sensourceinc.com"}, DefaultScheduleStatus.STOPPED),
        ({}, DefaultScheduleStatus.STOPPED),
    ):
        assert {named(name, **variables).default_status for name in ("hourly", "nightly")} == {status}
