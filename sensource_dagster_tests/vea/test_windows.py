from __future__ import annotations

import time
from datetime import date, datetime, timedelta, timezone
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensource_dagster.vea.windows import Window, day_start, day_windows, instant_text

# Zones whose clocks change at midnight, by half an hour, by a day, or far from UTC; then any zone.
ODD_ZONES = [
    "Africa/Cairo",
    "America/Havana",
    "America/Sao_Paulo",
    "America/Santiago",
    "Asia/Beirut",
    "Asia/Gaza",
    "Asia/Kathmandu",
    "Asia/Tehran",
    "Australia/Lord_Howe",
    "Europe/Berlin",
    "America/New_York",
    "Pacific/Apia",
    "Pacific/Kiritimati",
]
zones = (st.sampled_from(ODD_ZONES) | st.sampled_from(sorted(available_timezones()))).map(ZoneInfo)
# After these dates no zone puts its clocks back across midnight.
dates = st.dates(date(2011, 11, 10), date(2035, 12, 31))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=timezone.utc)


@given(zones, dates, st.integers(0, 70), st.integers(1, 40), st.data())
def test_an_instant_is_in_one_window_if_its_local_day_is_in_the_range_and_otherwise_in_none(
    zone: ZoneInfo, first: date, more: int, days: int, data: st.DataObject
) -> None:
    last = first + timedelta(days=more)
    windows = day_windows(first, last, zone, days)
    near = datetime.combine(data.draw(st.sampled_from([first, last])), datetime.min.time(), timezone.utc)
    instant = near + data.draw(st.timedeltas(timedelta(days=-3), timedelta(days=3)))
    inside = [window for window in windows if window.start <= instant < window.end]
    assert len(inside) == (first <= instant.astimezone(zone).date() <= last)


@given(zones, dates, st.integers(0, 120), st.integers(1, 40))
def test_windows_are_consecutive_whole_days_and_as_long_as_allowed(
    zone: ZoneInfo, first: date, more: int, days: int
) -> None:
    last = first + timedelta(days=more)
    windows = day_windows(first, last, zone, days)
    starts = [day_start(first + timedelta(days=n), zone) for n in range(more + 2)]
    if starts[0] == starts[-1]:
        assert windows == []
        return
    assert (windows[0].start, windows[-1].end) == (starts[0], starts[-1])
    for window, following in pairwise(windows):
        assert window.end == following.start
        day_after = next(start for start in starts if start > window.end)
        assert day_after - window.start > timedelta(days=days)
    for window in windows:
        assert {window.start, window.end} <= set(starts)
        one_day = sum(window.start < start <= window.end for start in set(starts)) == 1
        assert one_day or window.end - window.start <= timedelta(days=days)


@given(zones, dates)
def test_every_hour_of_a_window_has_the_day_that_pandas_gives_it(zone: ZoneInfo, day: date) -> None:
    for window in day_windows(day, day, zone):
        hours = pd.date_range(window.start, window.end, freq="15min", inclusive="left")
        assert set(hours.tz_convert(zone).date) == {day}


@pytest.mark.parametrize(
    ("zone", "day", "start"),
    [
        ("UTC", "2025-12-01", "2025-12-01T00:00"),
        ("Europe/Berlin", "2025-07-01", "2025-06-30T22:00"),
        ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00"),  # no midnight: the day starts at 01:00
        ("Asia/Beirut", "2024-03-31", "2024-03-30T22:00"),  # the same
        ("Africa/Cairo", "2024-04-26", "2024-04-25T22:00"),  # the same
        ("America/Havana", "2024-11-03", "2024-11-03T04:00"),  # two midnights: the first one
        ("Pacific/Apia", "2011-12-29", "2011-12-29T10:00"),
        ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00"),  # skipped
        ("Pacific/Apia", "2011-12-31", "2011-12-30T10:00"),
        ("Asia/Kathmandu", "1986-01-01", "1985-12-31T18:30"),  # no midnight: the day starts at 00:15
        ("America/Toronto", "1919-03-31", "1919-03-31T04:30"),  # 23:30 the day before became 00:30
    ],
)
def test_a_day_starts_at_its_first_instant(zone: str, day: str, start: str) -> None:
    assert day_start(date.fromisoformat(day), ZoneInfo(zone)) == utc(start)


@pytest.mark.parametrize("host", ["Asia/Tokyo", "America/Denver"])
def test_the_zone_of_the_host_makes_no_difference(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as changed:
        changed.setenv("TZ", host)
        time.tzset()
        [window] = day_windows(date(2025, 12, 1), date(2025, 12, 1), ZoneInfo("Europe/Berlin"))
        written = instant_text(window.start)
    time.tzset()
    assert str(window) == "2025-11-30 23:00 to 2025-12-01 23:00 UTC"
    assert written == "2025-11-30T23:00:00.000Z"


def test_a_window_with_a_25_hour_day_has_one_day_less() -> None:
    windows = day_windows(date(2025, 10, 1), date(2025, 11, 10), ZoneInfo("Europe/Berlin"))
    assert [str(window) for window in windows] == [
        "2025-09-30 22:00 to 2025-10-29 23:00 UTC",
        "2025-10-29 23:00 to 2025-11-10 23:00 UTC",
    ]


def test_a_single_25_hour_day_stays_whole() -> None:
    (window,) = day_windows(date(2025, 10, 26), date(2025, 10, 26), ZoneInfo("Europe/Berlin"), days=1)
    assert window.end - window.start == timedelta(hours=25)


def test_a_day_that_its_zone_skipped_has_no_window() -> None:
    assert day_windows(date(2011, 12, 30), date(2011, 12, 30), ZoneInfo("Pacific/Apia")) == []


@pytest.mark.parametrize(("last", "days"), [(date(2024, 12, 31), 30), (date(2025, 1, 1), 0)])
def test_an_impossible_range_is_an_error(last: date, days: int) -> None:
    with pytest.raises(ValueError, match="no windows of"):
        day_windows(date(2025, 1, 1), last, ZoneInfo("UTC"), days)


def test_a_window_takes_utc_instants_only() -> None:
    start = utc("2025-01-01T00:00")
    with pytest.raises(ValueError, match="UTC instants"):
        Window(start, datetime(2025, 1, 2))  # noqa: DTZ001
    with pytest.raises(ValueError, match="UTC instants"):
        Window(start.astimezone(ZoneInfo("Asia/Tokyo")), utc("2025-01-02T00:00"))


@pytest.mark.parametrize("hours", [0, -1])
def test_an_empty_window_is_an_error(hours: int) -> None:
    start = utc("2025-01-01T00:00")
    with pytest.raises(ValueError, match="must end after it starts"):
        Window(start, start + timedelta(hours=hours))


@pytest.mark.parametrize(
    ("start", "end", "whole"),
    [
        ("2025-11-02T18:30", "2025-11-03T18:30", "2025-11-02 18:00 to 2025-11-03 19:00 UTC"),
        ("2025-11-02T18:15", "2025-11-02T18:16", "2025-11-02 18:00 to 2025-11-02 19:00 UTC"),
        ("2025-11-02T07:00", "2025-11-03T07:00", "2025-11-02 07:00 to 2025-11-03 07:00 UTC"),
    ],
)
def test_a_window_in_whole_hours_has_every_utc_hour_that_it_touches(start: str, end: str, whole: str) -> None:
    assert str(Window(utc(start), utc(end)).in_whole_hours()) == whole


def test_an_instant_is_written_as_vea_writes_it() -> None:
    assert instant_text(utc("2025-12-01T16:00")) == "2025-12-01T16:00:00.000Z"
    assert instant_text(datetime(2025, 12, 1, 17, tzinfo=ZoneInfo("Europe/Berlin"))) == "2025-12-01T16:00:00.000Z"


def test_a_time_without_a_zone_is_an_error() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        instant_text(datetime(2025, 12, 1))  # noqa: DTZ001
