"""Which days a run judges, and which hours are expected on these days."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sensource_dagster.checks.judged_days import JudgedDays
from sensource_dagster.config.settings import read_settings

UTC = timezone.utc
LATER = datetime(2030, 1, 1, tzinfo=UTC)
ZONES = [
    "America/Denver",
    "America/St_Johns",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Europe/Paris",
    "Pacific/Apia",
    "UTC",
]


def hours(day: str, zone: str, now: datetime = LATER) -> list[datetime]:
    only = date.fromisoformat(day)
    expected = JudgedDays(only, only, ZoneInfo(zone), now).expected_hours()
    assert {of_day for _, of_day in expected} <= {only}
    return [hour for hour, _ in expected]


@pytest.mark.parametrize(
    ("day", "zone", "count"),
    [
        ("2025-12-01", "America/Denver", 24),
        ("2025-03-09", "America/Denver", 23),
        ("2025-11-02", "America/Denver", 24),
        ("2025-03-30", "Europe/Paris", 23),
        ("2025-10-26", "Europe/Paris", 24),
        ("2025-06-01", "Asia/Kathmandu", 24),
    ],
)
def test_a_day_has_24_expected_hours_but_23_in_spring_and_in_autumn_25_minus_the_lost_one(
    day: str, zone: str, count: int
) -> None:
    assert len(hours(day, zone)) == count


def test_the_lost_hour_is_the_first_of_the_two_repeated_hours() -> None:
    denver = hours("2025-11-02", "America/Denver")
    assert datetime(2025, 11, 2, 7, tzinfo=UTC) not in denver
    assert datetime(2025, 11, 2, 8, tzinfo=UTC) in denver


def test_an_hour_is_expected_from_its_end_on() -> None:
    day_start = datetime(2025, 12, 10, 7, tzinfo=UTC)
    for now, count in (
        (day_start + timedelta(minutes=59, seconds=59), 0),
        (day_start + timedelta(hours=1), 1),
        (day_start + timedelta(hours=11, minutes=20), 11),
        (day_start - timedelta(days=3), 0),
    ):
        assert len(hours("2025-12-10", "America/Denver", now)) == count


def by_brute_force(first: date, last: date, zone: ZoneInfo, now: datetime) -> list[tuple[datetime, date]]:
    """Every whole hour from long before to long after, tested one by one."""
    hour = datetime(first.year, first.month, first.day, tzinfo=UTC) - timedelta(days=2)
    expected = []
    while hour.date() < last + timedelta(days=3):
        local = hour.astimezone(zone)
        minutes = range(1, 181)
        again = any(
            (hour + timedelta(minutes=minute)).astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None)
            for minute in minutes
        )
        if first <= local.date() <= last and not again and hour <= now - timedelta(hours=1):
            expected.append((hour, local.date()))
        hour += timedelta(hours=1)
    return expected


@pytest.mark.slow
@given(
    zone=st.sampled_from(ZONES),
    first=st.dates(date(2011, 12, 20), date(2026, 12, 31)),
    more=st.integers(0, 3),
    elapsed=st.integers(-(10**6), 10**6),
)
@example(zone="Pacific/Apia", first=date(2011, 12, 29), more=2, elapsed=10**6)  # 30 December 2011 did not exist
@example(zone="America/Denver", first=date(2025, 11, 1), more=2, elapsed=10**6)
@example(zone="Australia/Lord_Howe", first=date(2025, 4, 5), more=2, elapsed=10**6)
def test_the_expected_hours_are_those_of_a_brute_force_search(
    zone: str, first: date, more: int, elapsed: int
) -> None:
    last = first + timedelta(days=more)
    now = datetime(first.year, first.month, first.day, tzinfo=UTC) + timedelta(seconds=elapsed)
    expected = JudgedDays(first, last, ZoneInfo(zone), now).expected_hours()
    assert expected == by_brute_force(first, last, ZoneInfo(zone), now)


@given(first=st.dates(date(2020, 1, 1), date(2026, 1, 1)), more=st.integers(0, 100), size=st.integers(1, 40))
def test_the_batches_have_all_days_and_none_is_too_long(first: date, more: int, size: int) -> None:
    days = JudgedDays(first, first + timedelta(days=more), ZoneInfo("UTC"), LATER)
    batches = list(days.batches(size))
    assert [day for batch in batches for day in batch] == list(days)
    assert all(len(list(batch)) <= size for batch in batches)


def test_a_day_is_closed_from_its_last_midnight_on() -> None:
    zone = ZoneInfo("America/Denver")
    midnight = datetime(2025, 12, 10, 7, tzinfo=UTC)
    before, at = (
        JudgedDays(date(2025, 12, 8), date(2025, 12, 10), zone, now)
        for now in (midnight - timedelta(seconds=1), midnight)
    )
    assert before.closed == [date(2025, 12, 8)]
    assert at.closed == [date(2025, 12, 8), date(2025, 12, 9)]


def test_a_run_judges_its_partitions_and_a_run_without_them_today_and_the_lookback_from_the_start_on() -> None:
    now = datetime(2025, 12, 10, 2, tzinfo=UTC)  # the 9th in Denver
    settings = read_settings({"SENSOURCE_TIMEZONE": "America/Denver", "SENSOURCE_LOOKBACK_DAYS": "3"})
    late = read_settings({"SENSOURCE_TIMEZONE": "America/Denver", "SENSOURCE_START_DATE": "2025-12-08"})
    in_range = {
        "dagster/asset_partition_range_start": "2024-02-28",
        "dagster/asset_partition_range_end": "2024-03-01",
    }
    for tags, chosen, days in (
        ({}, settings, "2025-12-06 to 2025-12-09"),
        ({}, late, "2025-12-08 to 2025-12-09"),
        ({"dagster/partition": "2024-02-29"}, settings, "2024-02-29"),
        (in_range, settings, "2024-02-28 to 2024-03-01"),
    ):
        assert str(JudgedDays.of_run(tags, chosen, now)) == days
