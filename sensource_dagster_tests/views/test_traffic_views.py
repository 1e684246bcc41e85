"""The views of traffic: local time, sums by day, visits of a location, and what is usual."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from sensource_dagster.config.warehouse_place import WarehousePlace
from sensource_dagster_tests.views.accounts import Account, instants


@pytest.fixture
def account(place: WarehousePlace) -> Account:
    made = Account(place)
    made.door("a", site="1")
    return made


def test_hours_are_local_and_say_their_offset(account: Account) -> None:
    account.hours("a", "2026-01-05T19:00", 1, ins=4)
    account.hours("a", "2026-07-05T05:00", 1, ins=5)
    assert account.rows(
        "SELECT local_hour, utc_offset, day, weekday, weekday_name, hour, ins "
        "FROM sensource.traffic_hourly ORDER BY local_hour"
    ) == [
        (datetime(2026, 1, 5, 12), "-07:00", date(2026, 1, 5), 1, "Monday", 12, 4),
        (datetime(2026, 7, 4, 23), "-06:00", date(2026, 7, 4), 6, "Saturday", 23, 5),
    ]


def test_a_location_in_another_zone_has_its_own_days_and_hours(account: Account) -> None:
    account.door("b", site="2", location="m")
    account.put_list("location", {"locationId": "m", "timezone": "Asia/Kolkata"})
    account.hours("a", "2026-01-05T19:00", 1)
    account.hours("b", "2026-01-05T19:00", 1)
    assert account.rows("SELECT local_hour, utc_offset, day FROM sensource.traffic_hourly ORDER BY zone_id") == [
        (datetime(2026, 1, 5, 12), "-07:00", date(2026, 1, 5)),
        (datetime(2026, 1, 6, 0, 30), "+05:30", date(2026, 1, 6)),
    ]


@pytest.mark.parametrize("timezone", ["America/Denver", "America/Shiprock", "", None, "Nowhere/At_All"])
def test_a_location_whose_clock_shows_the_same_needs_no_offset_of_its_own(
    account: Account, timezone: str | None
) -> None:
    account.put_list("location", {"locationId": "l", "timezone": timezone})
    account.hours("a", "2026-01-05T19:00", 24)
    assert account.rows("SELECT count(*) FROM sensource.utc_offset") == [(0,)]
    assert account.rows("SELECT DISTINCT timezone FROM sensource.door") == [(None,)]


@pytest.mark.parametrize("zone", ["America/Denver", "Asia/Kolkata", "Australia/Lord_Howe", "America/St_Johns"])
def test_the_hours_of_a_year_are_those_of_python_in_the_location_s_zone(place: WarehousePlace, zone: str) -> None:
    account = Account(place, ZoneInfo("UTC"))
    account.door("a")
    account.put_list("location", {"locationId": "l", "timezone": zone})
    account.hours("a", "2026-01-01T00:00", 8760)
    found = account.rows("SELECT epoch_us(record_date_hour_1), local_hour FROM sensource.traffic_hourly")
    assert len(found) == 8760
    for microseconds, local in found:
        instant = datetime.fromtimestamp(microseconds / 1_000_000, ZoneInfo(zone))
        assert local == instant.replace(tzinfo=None)


def test_a_day_has_its_sums_its_peak_and_whether_it_is_whole(account: Account) -> None:
    account.hours("a", "2026-01-05T07:00", 24, ins=2, outs=1)
    account.put("traffic", account.hour("a", "2026-01-05T20:00:00.000Z", 9))
    account.hours("a", "2026-01-06T07:00", 23)
    assert account.rows(
        "SELECT day, ins, outs, hours_counted, hours_expected, complete, peak_hour, peak_ins "
        "FROM sensource.traffic_daily ORDER BY day"
    ) == [
        (date(2026, 1, 5), 55, 23, 24, 24, True, 13, 9),
        (date(2026, 1, 6), 23, 23, 23, 24, False, 0, 1),
    ]


@pytest.mark.parametrize(
    ("day", "first", "hours"),
    [
        (date(2026, 3, 8), "2026-03-08T07:00", 23),  # the clocks go forward
        (date(2026, 11, 1), "2026-11-01T06:00", 25),  # they go back; Vea has 24 of the 25 hours
    ],
)
def test_on_the_days_on_which_the_clocks_change_a_whole_day_has_other_hours(
    account: Account, day: date, first: str, hours: int
) -> None:
    rows = [account.hour("a", instant, 1) for instant in instants(first, hours)]
    if hours == 25:
        del rows[1]  # 01:00, the first of two
    account.put("traffic", *rows)
    account.hours("a", "2025-12-01T07:00", 1)
    account.hours("a", "2026-12-01T07:00", 1)
    assert account.rows(
        f"SELECT hours_counted, hours_expected, complete FROM sensource.traffic_daily WHERE day = '{day}'"
    ) == [(len(rows), len(rows), True)]


def test_visits_are_the_ins_of_the_outer_doors(account: Account) -> None:
    account.door("outer", site="2", location="m", perimeter=True)
    account.door("inner", site="2", location="m", perimeter=False)
    for zone, ins in (("outer", 10), ("inner", 7), ("a", 3)):
        account.hours(zone, "2026-01-05T07:00", 24, ins=ins)
    account.hours("unlisted", "2026-01-05T07:00", 24, ins=1)
    assert account.rows(
        "SELECT location, visits, doors, doors_counted, complete FROM sensource.location_daily ORDER BY 1"
    ) == [
        ("Library l", 72, 1, 1, True),
        ("Library m", 240, 1, 1, True),
        ("No location", 24, 1, 1, True),
    ]


def test_a_day_is_complete_only_with_every_hour_of_every_door_that_counted_then(account: Account) -> None:
    account.door("b", site="1")
    account.hours("a", "2026-01-05T07:00", 96)
    account.hours("b", "2026-01-06T07:00", 24)  # installed on the 6th
    account.hours("b", "2026-01-07T07:00", 20)
    assert account.rows("SELECT day.day, doors, doors_counted, complete FROM sensource.location_daily day") == [
        (date(2026, 1, 5), 1, 1, True),
        (date(2026, 1, 6), 2, 2, True),
        (date(2026, 1, 7), 2, 2, False),
        (date(2026, 1, 8), 2, 1, False),
    ]


def test_a_disabled_door_is_not_waited_for(account: Account) -> None:
    account.door("b", site="1", disabled=True)
    account.hours("a", "2026-01-05T07:00", 48)
    account.hours("b", "2026-01-05T07:00", 24)
    assert account.rows("SELECT doors, complete FROM sensource.location_daily ORDER BY day") == [
        (2, True),
        (1, True),
    ]


def test_corrected_hours_are_counted_on_their_day(account: Account) -> None:
    account.hours("a", "2026-01-05T07:00", 24)
    account.put("traffic", account.hour("a", "2026-01-05T20:00:00.000Z", 9, 8))
    assert account.rows("SELECT visits, corrected FROM sensource.location_daily") == [(32, 1)]


def test_what_is_usual_is_the_median_of_the_same_weekdays_of_four_weeks_that_are_whole(account: Account) -> None:
    start = datetime(2026, 1, 5, 7)
    for week, ins in enumerate([1, 2, 30, 4, 5, 6]):
        hours = 20 if week == 3 else 24
        account.hours("a", f"{start + timedelta(days=7 * week):%Y-%m-%dT%H:%M}", hours, ins=ins)
    account.hours("a", "2026-01-06T07:00", 24, ins=1000)  # a Tuesday
    assert account.rows(
        "SELECT ins, usual, low, high, share FROM sensource.expected_daily WHERE day IN "
        "('2026-01-05', '2026-01-12', '2026-02-09') ORDER BY day"
    ) == [(24, None, None, None, None), (48, 24.0, 24, 24, 2.0), (144, 120.0, 48, 720, 1.2)]


def test_no_row_is_lost_between_the_table_and_any_view(account: Account) -> None:
    account.door("b", site=None)
    for zone in ("a", "b", "unlisted"):
        account.hours(zone, "2026-01-05T07:00", 30, ins=3)
    [(table, hourly, daily)] = account.rows(
        "SELECT (SELECT sum(sumins) FROM sensource.traffic), (SELECT sum(ins) FROM sensource.traffic_hourly), "
        "(SELECT sum(ins) FROM sensource.traffic_daily)"
    )
    assert table == hourly == daily == 270
    assert account.rows("SELECT DISTINCT door FROM sensource.traffic_hourly ORDER BY 1") == [
        ("Person count 1",),
        ("Site 1",),
        ("unlisted",),
    ]


def test_sums_are_whole_numbers(account: Account) -> None:
    account.hours("a", "2026-01-05T07:00", 2)
    types = account.rows(
        "SELECT DISTINCT data_type FROM duckdb_columns() "
        "WHERE column_name IN ('ins', 'outs', 'visits', 'peak_ins')"
    )
    assert types == [("BIGINT",)]
