"""Which days a run judges, and which hours are expected on these days."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from itertools import pairwise
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
    return JudgedDays.of([only], ZoneInfo(zone), now).expected_hours(only)


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


def test_where_days_start_within_a_utc_hour_the_first_whole_one_is_expected_first() -> None:
    kathmandu = hours("2025-06-01", "Asia/Kathmandu")
    assert kathmandu[0] == datetime(2025, 5, 31, 19, tzinfo=UTC)  # the day starts at 18:15
    assert kathmandu[-1] == datetime(2025, 6, 1, 18, tzinfo=UTC)


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
    days = JudgedDays(((first, last),), ZoneInfo(zone), now)
    expected = [(hour, day) for day in days for hour in days.expected_hours(day)]
    assert expected == by_brute_force(first, last, ZoneInfo(zone), now)


@given(first=st.dates(date(2020, 1, 1), date(2026, 1, 1)), more=st.integers(0, 100), size=st.integers(1, 40))
def test_the_batches_have_all_days_and_none_is_too_long(first: date, more: int, size: int) -> None:
    days = JudgedDays(((first, first + timedelta(days=more)),), ZoneInfo("UTC"), LATER)
    batches = list(days.batches(size))
    assert [day for batch in batches for day in batch] == list(days)
    assert all(len(list(batch)) <= size for batch in batches)


def test_a_batch_has_30_days_at_most_without_a_size() -> None:
    days = JudgedDays(((date(2025, 1, 1), date(2025, 3, 2)),), ZoneInfo("UTC"), LATER)
    assert [len(list(batch)) for batch in days.batches()] == [30, 30, 1]


def test_the_bounds_are_those_of_the_local_days_and_today_is_the_local_day() -> None:
    ranges = ((date(2025, 11, 1), date(2025, 11, 2)), (date(2025, 12, 1), date(2025, 12, 1)))
    days = JudgedDays(ranges, ZoneInfo("America/Denver"), datetime(2025, 12, 2, 6, 59, tzinfo=UTC))
    assert days.bounds() == [
        (datetime(2025, 11, 1, 6, tzinfo=UTC), datetime(2025, 11, 3, 7, tzinfo=UTC)),
        (datetime(2025, 12, 1, 7, tzinfo=UTC), datetime(2025, 12, 2, 7, tzinfo=UTC)),
    ]
    assert days.today == date(2025, 12, 1)


def test_a_day_is_closed_from_its_last_midnight_on() -> None:
    zone = ZoneInfo("America/Denver")
    midnight = datetime(2025, 12, 10, 7, tzinfo=UTC)
    before, at = (
        JudgedDays(((date(2025, 12, 8), date(2025, 12, 10)),), zone, now)
        for now in (midnight - timedelta(seconds=1), midnight)
    )
    assert before.closed == [date(2025, 12, 8)]
    assert at.closed == [date(2025, 12, 8), date(2025, 12, 9)]


def test_a_run_judges_its_partitions_and_those_of_the_lookback_that_were_read() -> None:
    now = datetime(2025, 12, 10, 2, tzinfo=UTC)  # the 9th in Denver
    settings = read_settings({"SENSOURCE_TIMEZONE": "America/Denver", "SENSOURCE_LOOKBACK_DAYS": "3"})
    late = read_settings({"SENSOURCE_TIMEZONE": "America/Denver", "SENSOURCE_START_DATE": "2025-12-08"})

    def none(_days: list[date]) -> list[date]:
        return []

    def every(days: list[date]) -> list[date]:
        return days

    one_day, in_range = {"dagster/partition": "2024-02-29"}, range_of("2024-02-28", "2024-03-01")
    for tags, chosen, read, days in (
        ({}, settings, none, "2025-12-06 to 2025-12-09"),
        ({}, late, none, "2025-12-08 to 2025-12-09"),
        ({"dagster/asset_partition_range_start": "2024-02-28"}, settings, none, "2025-12-06 to 2025-12-09"),
        (one_day, settings, none, "2024-02-29"),
        (one_day, settings, every, "2024-02-29, and 2025-12-06 to 2025-12-09"),
        (in_range, settings, none, "2024-02-28 to 2024-03-01"),
        (in_range, settings, every, "2024-02-28 to 2024-03-01, and 2025-12-06 to 2025-12-09"),
        (range_of("2025-12-01", "2025-12-07"), settings, every, "2025-12-01 to 2025-12-09"),
        (range_of("2025-12-01", "2025-12-05"), settings, every, "2025-12-01 to 2025-12-09"),
        (range_of("2025-12-08", "2025-12-09"), settings, every, "2025-12-06 to 2025-12-09"),
    ):
        judged = JudgedDays.of_run(tags, chosen, now, read)
        assert (str(judged), judged.zone, judged.now) == (days, settings.timezone, now)


def range_of(first: str, last: str) -> dict[str, str]:
    return {"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last}


@given(st.lists(st.dates(date(2025, 1, 1), date(2025, 3, 31))), st.integers(0, 40))
def test_days_in_any_order_are_ranges_and_days_before_them_are_added_once(days: list[date], before: int) -> None:
    judged = JudgedDays.of(days, ZoneInfo("UTC"), LATER)
    wider = judged.with_days_before(before)

    assert list(judged) == sorted(set(days))
    for ranges in (judged.ranges, wider.ranges):
        assert all(start - end > timedelta(days=1) for (_, end), (start, _) in pairwise(ranges))
    assert set(wider) == {day - timedelta(days=back) for day in days for back in range(before + 1)}
    assert len(list(wider)) == len(set(wider))


@pytest.mark.parametrize("zone", ZONES)
def test_the_expected_bits_of_a_day_fit_into_62_bits(zone: str) -> None:
    days = [date(2025, 1, 1) + timedelta(days=number) for number in range(365)]
    judged = JudgedDays.of(days, ZoneInfo(zone), LATER)
    assert all(0 < judged.expected_bits(day) < 1 << 62 for day in days)
    if zone == "UTC":
        assert {judged.expected_bits(day) for day in days} == {((1 << 24) - 1) << 14}
    assert sum(judged.expected_bits(day).bit_count() for day in days) == sum(
        len(judged.expected_hours(day)) for day in days
    )
