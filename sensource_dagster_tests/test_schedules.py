"""At each tick the schedules ask for the right local days, in one run."""

from __future__ import annotations

from datetime import datetime, timezone
from itertools import islice, pairwise
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest
from dagster import RunRequest, ScheduleDefinition, build_schedule_context
from dagster._utils.schedules import cron_string_iterator

from sensource_dagster.schedules import JOBS, schedules
from sensource_dagster.settings import read_settings

UTC = timezone.utc


def named(name: str, zone: str = "UTC", **variables: str) -> ScheduleDefinition:
    made = schedules(
        read_settings({"SENSOURCE_TIMEZONE": zone, **{f"SENSOURCE_{n}": v for n, v in variables.items()}})
    )
    return next(schedule for schedule in made if schedule.name == name)


def asked(schedule: ScheduleDefinition, moment: datetime) -> tuple[str, str]:
    requests = schedule.evaluate_tick(build_schedule_context(scheduled_execution_time=moment)).run_requests
    [request] = cast(list[RunRequest], requests)
    assert request.partition_key is None
    tags = request.tags
    return tags["dagster/asset_partition_range_start"], tags["dagster/asset_partition_range_end"]


def ticks(schedule: ScheduleDefinition, start: datetime, count: int) -> list[datetime]:
    cron: Any = schedule.cron_schedule
    return list(islice(cron_string_iterator(start.timestamp(), cron, schedule.execution_timezone), count))


def test_there_is_an_hourly_one_of_the_counts_and_a_nightly_one_of_everything_in_the_zone_of_the_days() -> None:
    made = schedules(read_settings({"SENSOURCE_TIMEZONE": "America/Denver"}))
    assert [(s.name, s.job_name, s.cron_schedule, s.execution_timezone) for s in made] == [
        ("hourly", "counts", "10 * * * *", "America/Denver"),
        ("nightly", "everything", "0 3 * * *", "America/Denver"),
    ]
    assert {schedule.job_name for schedule in made} <= {job.name for job in JOBS}


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
    zone: str, moment: datetime, hourly: tuple[str, str], nightly: tuple[str, str]
) -> None:
    assert asked(named("hourly", zone), moment) == hourly
    assert asked(named("nightly", zone), moment) == nightly


def test_a_lookback_of_n_days_is_today_and_the_n_days_before() -> None:
    moment = datetime(2025, 6, 15, 3, tzinfo=UTC)
    assert asked(named("nightly", LOOKBACK_DAYS="1"), moment) == ("2025-06-14", "2025-06-15")
    assert asked(named("nightly", LOOKBACK_DAYS="40"), moment) == ("2025-05-06", "2025-06-15")


def test_no_day_before_the_start_date_is_asked_for() -> None:
    for today, first in (("2025-06-10", "2025-06-10"), ("2025-06-12", "2025-06-10"), ("2025-06-18", "2025-06-11")):
        moment = datetime.fromisoformat(f"{today}T03:00:00").replace(tzinfo=UTC)
        assert asked(named("nightly", START_DATE="2025-06-10"), moment) == (first, today)
    at_start = datetime(2025, 6, 10, 0, 10, tzinfo=UTC)
    assert asked(named("hourly", START_DATE="2025-06-10"), at_start) == ("2025-06-10", "2025-06-10")


@pytest.mark.parametrize("zone", ["America/New_York", "Europe/Helsinki", "Australia/Lord_Howe", "Africa/Cairo"])
@pytest.mark.parametrize("change", ["2025-03-08", "2025-03-29", "2025-04-05", "2025-04-24", "2025-10-04"])
def test_through_a_change_of_the_clocks_each_day_has_one_nightly_run_and_each_hour_an_hourly(
    zone: str, change: str
) -> None:
    start = datetime.fromisoformat(change).replace(tzinfo=ZoneInfo(zone))
    nightly = named("nightly", zone)
    days = [asked(nightly, tick)[1] for tick in ticks(nightly, start, 4)]
    assert days == sorted(set(days))
    assert len({day[8:] for day in days}) == 4
    hourly = named("hourly", zone)
    hours = ticks(hourly, start, 72)
    gaps = {(later.timestamp() - earlier.timestamp()) / 3600 for earlier, later in pairwise(hours)}
    assert gaps <= {0.5, 1.0, 1.5}
    for tick in hours:
        first, last = asked(hourly, tick)
        assert last == str(tick.astimezone(ZoneInfo(zone)).date())
        assert (datetime.fromisoformat(last) - datetime.fromisoformat(first)).days == 1
