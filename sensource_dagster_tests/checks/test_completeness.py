"""Missing hours are counted per entity and day, compared with the expected hours of that entity and day."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, datetime, time, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import time_machine
from dagster import AssetCheckSeverity

from sensource_dagster.simulator import ManualClock, Options
from sensource_dagster_tests.checks.checked import NOW, TODAY, Checked, evaluations, found, number
from sensource_dagster_tests.end_to_end.sync import syncing_with_checks

UTC = timezone.utc
DENVER = ZoneInfo("America/Denver")
W = "sensource"
DAY = date(2025, 12, 3)


def fill(checked: Checked, first: date, last: date) -> list[str]:
    """Leave the table with one row for each zone and hour of these days, without the lost hour."""
    checked.sql(
        f"DELETE FROM {W}.traffic",
        f"""INSERT INTO {W}.traffic (zone_id, name, record_date_hour_1, sumins, sumouts, record_date, record_hour,
            _synced_at)
        SELECT zone_id, name, hour, 1, 1, (hour AT TIME ZONE 'America/Denver')::DATE AS day,
            hour AT TIME ZONE 'America/Denver', now()
        FROM {W}.zone, range(TIMESTAMPTZ '{first}', TIMESTAMPTZ '{last}' + INTERVAL 2 DAY, INTERVAL 1 HOUR) r(hour)
        WHERE day BETWEEN '{first}' AND '{last}' AND hour <> TIMESTAMPTZ '2025-11-02 07:00:00Z'""",
    )
    return [zone for (zone,) in checked.sql(f"SELECT zone_id FROM {W}.zone ORDER BY 1")]


def drop(checked: Checked, zone: str, hour: str) -> None:
    [(gone,)] = checked.sql(
        f"DELETE FROM {W}.traffic WHERE zone_id = '{zone}' AND record_date_hour_1 = TIMESTAMPTZ '{hour}:00Z'"
    )
    assert gone == 1


def test_all_missing_hours_of_the_account_are_found(checked: Checked) -> None:
    first, last = date(2025, 10, 27), date(2025, 12, 6)
    present = Counter(
        checked.sql(
            f"SELECT zone_id, record_date FROM {W}.traffic WHERE record_date BETWEEN '{first}' AND '{last}'"
        )
    )
    expected = {
        (zone, str(day), present[zone, day])
        for (zone,) in checked.sql(f"SELECT zone_id FROM {W}.zone")
        for day in (first + timedelta(days=number) for number in range(41))
        if present[zone, day] < 24
    }
    result = checked.run("traffic", first, last)
    assert result.success
    complete = evaluations(result)["hours_are_complete"]
    assert not complete.passed
    assert complete.severity is AssetCheckSeverity.WARN
    assert {(row["zone_id"], row["day"], row["hours_present"]) for row in found(complete)} == expected
    assert number(complete, "incomplete_zone_days") == len(expected) > 0
    missing = sum(24 - hours for *_, hours in expected)
    assert number(complete, "missing_hours") == missing
    assert number(complete, "percent_complete") == round(100 - 100 * missing / (5 * 41 * 24), 2) > 99
    worst = [row["hours_missing"] for row in found(complete)]
    assert worst == sorted(worst, reverse=True)


@pytest.mark.parametrize(("first", "hours"), [("2025-03-08", 24 + 23 + 24), ("2025-11-01", 24 + 24 + 24)])
def test_days_on_which_the_clocks_change_are_complete_without_the_hour_that_vea_loses(
    checked: Checked, first: str, hours: int
) -> None:
    days = date.fromisoformat(first), date.fromisoformat(first) + timedelta(days=2)
    zones = fill(checked, *days)
    complete = checked.evaluate("hours_are_complete", "traffic", *days)
    assert complete.passed, complete.description
    assert f"All {hours * len(zones)} hours" in str(complete.description)
    drop(checked, zones[0], "2025-03-09 09:00" if first == "2025-03-08" else "2025-11-02 08:00")
    complete = checked.evaluate("hours_are_complete", "traffic", *days)
    [row] = found(complete)
    assert (row["zone_id"], row["hours_missing"]) == (zones[0], 1)
    assert row["hours_expected"] == (23 if first == "2025-03-08" else 24)


def test_a_row_for_the_lost_hour_or_a_future_hour_does_not_replace_a_missing_hour(checked: Checked) -> None:
    fall_back = date(2025, 11, 2)
    zones = fill(checked, fall_back, fall_back)
    checked.sql(
        f"UPDATE {W}.traffic SET record_date_hour_1 = TIMESTAMPTZ '2025-11-02 07:00:00Z' "
        f"WHERE zone_id = '{zones[0]}' AND record_date_hour_1 = TIMESTAMPTZ '2025-11-02 08:00:00Z'"
    )
    [row] = found(checked.evaluate("hours_are_complete", "traffic", fall_back))
    assert row["hours_present"] == 23
    fill(checked, TODAY, TODAY)  # including hours in the future
    drop(checked, zones[0], "2025-12-10 12:00")
    assert number(checked.evaluate("hours_are_complete", "traffic", TODAY), "missing_hours") == 1


def test_of_today_the_hours_that_ended_before_the_run_are_expected(checked: Checked) -> None:
    fill(checked, TODAY, TODAY)
    checked.sql(f"DELETE FROM {W}.traffic WHERE record_date_hour_1 >= TIMESTAMPTZ '2025-12-10 18:00:00Z'")
    assert checked.evaluate("hours_are_complete", "traffic", TODAY).passed  # it is 18:20
    checked.now = NOW + timedelta(minutes=45)
    complete = checked.evaluate("hours_are_complete", "traffic", TODAY)
    assert number(complete, "missing_hours") == number(complete, "hours_that_may_still_come") == 5
    assert complete.passed  # they may still come


def test_a_zone_that_was_created_during_a_day_is_expected_from_its_first_whole_hour_on(checked: Checked) -> None:
    zones = fill(checked, DAY, DAY)
    checked.sql(
        f"UPDATE {W}.zone SET created_at = TIMESTAMPTZ '{DAY} 19:00:01Z' WHERE zone_id = '{zones[0]}'",
        f"UPDATE {W}.zone SET created_at = TIMESTAMPTZ '{DAY} 19:00:00Z' WHERE zone_id = '{zones[1]}'",
        f"UPDATE {W}.zone SET created_at = TIMESTAMPTZ '2025-12-04 07:00:00Z' WHERE zone_id = '{zones[2]}'",
        f"UPDATE {W}.zone SET created_at = NULL WHERE zone_id = '{zones[3]}'",
        f"DELETE FROM {W}.traffic WHERE record_date_hour_1 < TIMESTAMPTZ '{DAY} 20:00:00Z' "
        f"AND zone_id IN ('{zones[0]}', '{zones[1]}')",
        f"DELETE FROM {W}.traffic WHERE zone_id = '{zones[2]}'",
    )
    [row] = found(checked.evaluate("hours_are_complete", "traffic", DAY))
    # There are 12 hours from 19:00Z to 07:00Z. The second zone misses the first one. The first zone was created a
    # second after 19:00Z, so that hour is not expected of it.
    assert (row["zone_id"], row["hours_present"], row["hours_expected"]) == (zones[1], 11, 12)


def test_hours_before_the_creation_do_not_replace_missing_hours_after_it(checked: Checked) -> None:
    zones = fill(checked, DAY, DAY)
    checked.sql(f"UPDATE {W}.zone SET created_at = TIMESTAMPTZ '{DAY} 19:00:00Z'")
    drop(checked, zones[0], f"{DAY} 22:00")
    [row] = found(checked.evaluate("hours_are_complete", "traffic", DAY))
    assert (row["hours_present"], row["hours_expected"]) == (11, 12)


def test_a_listed_zone_without_rows_misses_whole_days_unless_it_is_disabled_or_deleted(checked: Checked) -> None:
    zones = fill(checked, DAY, DAY)
    checked.sql(
        f"DELETE FROM {W}.traffic WHERE zone_id <> '{zones[4]}'",
        f"UPDATE {W}.zone SET disabled = true WHERE zone_id = '{zones[0]}'",
        f"UPDATE {W}.zone SET _deleted = true WHERE zone_id = '{zones[1]}'",
    )
    rows = found(checked.evaluate("hours_are_complete", "traffic", DAY))
    assert [(row["zone_id"], row["hours_present"], row["hours_missing"]) for row in rows] == [
        (zones[2], 0, 24),
        (zones[3], 0, 24),
    ]


def test_without_the_list_only_zones_with_counts_are_judged_and_the_check_says_so(checked: Checked) -> None:
    zones = fill(checked, DAY, DAY)
    drop(checked, zones[0], f"{DAY} 22:00")
    checked.sql(f"DELETE FROM {W}.traffic WHERE zone_id = '{zones[1]}'", f"DROP TABLE {W}.zone")
    complete = checked.evaluate("hours_are_complete", "traffic", DAY)
    [row] = found(complete)
    assert (row["zone_id"], row["hours_missing"]) == (zones[0], 1)
    assert "the list zone has not been read" in str(complete.description)


def test_spaces_are_judged_too(checked: Checked) -> None:
    [(space,)] = checked.sql(f"SELECT min(space_id) FROM {W}.space")
    checked.sql(f"DELETE FROM {W}.occupancy WHERE space_id = '{space}' AND record_date = '{DAY}'")
    row = found(checked.evaluate("hours_are_complete", "occupancy", DAY))[0]
    assert (row["space_id"], row["hours_missing"]) == (space, 24)


def test_a_repeated_row_does_not_replace_a_missing_hour(checked: Checked) -> None:
    zones = fill(checked, DAY, DAY)
    drop(checked, zones[0], f"{DAY} 22:00")
    checked.sql(f"INSERT INTO {W}.traffic FROM {W}.traffic")
    [row] = found(checked.evaluate("hours_are_complete", "traffic", DAY))
    assert row["hours_missing"] == 1


@pytest.mark.parametrize("minutes", [0, 30, 45])
def test_hours_need_not_start_at_whole_utc_hours(checked: Checked, minutes: int) -> None:
    zone = ZoneInfo("Asia/Kolkata" if minutes == 30 else "Asia/Kathmandu")
    checked.settings = replace(checked.settings, timezone=zone)
    start = datetime.combine(DAY, time(), zone).astimezone(UTC)
    if not minutes:
        start = start.replace(minute=0) + timedelta(hours=1)
    checked.sql(
        f"DELETE FROM {W}.traffic",
        f"""INSERT INTO {W}.traffic (zone_id, record_date_hour_1, record_date, record_hour, _synced_at)
        SELECT zone_id, TIMESTAMPTZ '{start}' + INTERVAL 1 HOUR * n, '{DAY}', '{DAY}', now()
        FROM {W}.zone, range(24) r(n)""",
    )
    complete = checked.evaluate("hours_are_complete", "traffic", DAY)
    assert complete.passed, complete.description


@pytest.mark.parametrize("zone", ["America/Denver", "Europe/Paris"])
def test_a_settled_account_misses_only_the_hours_that_its_sensors_lost(tmp_path: Path, zone: str) -> None:
    local, now = ZoneInfo(zone), datetime(2025, 11, 20, 12, tzinfo=UTC)
    first, last = date(2025, 10, 20), date(2025, 11, 10)
    options = Options(zones=4, timezone=zone)
    with (
        time_machine.travel(now),
        syncing_with_checks(tmp_path, options, ManualClock(now), SENSOURCE_TIMEZONE=zone) as sync,
    ):
        result = sync.run("everything", first, last)
        assert result.success
        days = [first + timedelta(days=number) for number in range(22)]
        bounds = [
            datetime(day.year, day.month, day.day, tzinfo=local) for day in (first, last + timedelta(days=1))
        ]
        for table, entities in (("traffic", 4), ("occupancy", 2)):
            rows = len(sync.truth(table, *bounds))
            judged = evaluations(result, table)
            lost = entities * 24 * len(days) - rows
            assert number(judged["hours_are_complete"], "missing_hours") == lost
            others = {name for name, one in judged.items() if not one.passed} - {"hours_are_complete", "fresh"}
            assert not others
            assert number(judged["hours_are_complete"], "percent_complete") > 98
