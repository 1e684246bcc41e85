"""A door fails if it counts nobody on a day on which it usually counts somebody and others did."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from dagster import AssetCheckSeverity

from sensource_dagster_tests.checks.checked import NOW, TODAY, Checked, evaluations, found, number

W = "warehouse.sensource"
DAY = date(2025, 12, 3)
ZERO = f"UPDATE {W}.traffic SET sumins = 0, sumouts = 0"


def doors(checked: Checked) -> list[tuple[str, str]]:
    """(zone, location) of every zone with a known location. Those of the largest location come first."""
    return checked.sql(
        f"""SELECT zone_id, location_id FROM {W}.zone
        JOIN {W}.sensor USING (sensor_id) JOIN {W}.site USING (site_id)
        ORDER BY count(*) OVER (PARTITION BY location_id) DESC, 2, 1"""
    )


def silent(checked: Checked, first: date = DAY, last: date | None = None) -> list[tuple[object, object]]:
    door = checked.judge("traffic", first, last)["no_door_is_silent"]
    if door.passed:
        return []
    assert number(door, "silent_door_days") == len(found(door))
    return [(row["zone_id"], row["day"]) for row in found(door)]


def test_a_healthy_account_has_no_silent_door(checked: Checked) -> None:
    assert silent(checked, date(2025, 11, 24), TODAY) == []


@pytest.mark.parametrize(
    "how", [ZERO, f"DELETE FROM {W}.traffic", f"UPDATE {W}.traffic SET sumins=NULL, sumouts=NULL"]
)
def test_a_door_that_sends_zeros_or_nothing_for_a_whole_day_is_named(checked: Checked, how: str) -> None:
    zone = doors(checked)[0][0]
    checked.sql(f"{how} WHERE zone_id = '{zone}' AND record_date = '{DAY}'")
    result = checked.run("traffic", DAY - timedelta(days=2), TODAY)
    assert result.success
    door = evaluations(result)["no_door_is_silent"]
    assert door.severity is AssetCheckSeverity.WARN
    [row] = found(door)
    assert (row["zone_id"], row["day"]) == (zone, str(DAY))
    assert row["people_on_such_days"] > 100
    assert row["name"]


def test_a_door_that_counts_one_person_is_not_silent(checked: Checked) -> None:
    zone = doors(checked)[0][0]
    checked.sql(
        f"{ZERO} WHERE zone_id = '{zone}' AND record_date = '{DAY}'",
        f"UPDATE {W}.traffic SET sumouts = 1 WHERE zone_id = '{zone}' "
        f"AND record_date_hour_1 = (SELECT max(record_date_hour_1) FROM {W}.traffic "
        f"WHERE zone_id = '{zone}' AND record_date = '{DAY}')",
    )
    assert silent(checked) == []


def test_on_a_day_without_any_counts_no_door_is_silent(checked: Checked) -> None:
    checked.sql(f"{ZERO} WHERE record_date = '{DAY}'")
    assert silent(checked) == []


def test_a_location_that_is_closed_while_another_is_open_has_no_silent_doors(checked: Checked) -> None:
    _, location = doors(checked)[0]
    of_the_location = [zone for zone, zone_location in doors(checked) if zone_location == location]
    assert len(of_the_location) >= 2
    for zone in of_the_location[1:]:
        checked.sql(f"{ZERO} WHERE zone_id = '{zone}' AND record_date = '{DAY}'")
    assert {zone for zone, _ in silent(checked)} == set(of_the_location[1:])
    checked.sql(f"{ZERO} WHERE zone_id = '{of_the_location[0]}' AND record_date = '{DAY}'")
    assert silent(checked) == []
    checked.sql(f"DROP TABLE {W}.site")  # if locations are not known, all other zones are compared
    assert {zone for zone, _ in silent(checked)} == set(of_the_location)


def test_the_only_door_of_a_location_and_a_door_without_location_are_compared_with_all_others(
    checked: Checked,
) -> None:
    only_door = doors(checked)[0][0]
    [(without,)] = checked.sql(f"SELECT zone_id FROM {W}.zone ANTI JOIN {W}.sensor USING (sensor_id)")
    checked.sql(
        f"INSERT INTO {W}.site (site_id, location_id, _synced_at, _deleted) VALUES ('new', 'new', now(), false)",
        f"UPDATE {W}.sensor SET site_id = 'new' "
        f"WHERE sensor_id = (SELECT sensor_id FROM {W}.zone WHERE zone_id = '{only_door}')",
    )
    for zone in (only_door, without):
        checked.sql(f"{ZERO} WHERE zone_id = '{zone}' AND record_date = '{DAY}'")
    assert {zone for zone, _ in silent(checked)} == {only_door, without}


@pytest.mark.parametrize(("weeks", "named"), [(1, True), (2, False)])
def test_a_door_that_was_silent_on_two_of_four_such_weekdays_is_not_named(
    checked: Checked, weeks: int, named: bool
) -> None:
    zone = doors(checked)[0][0]
    days = [DAY - timedelta(days=7 * back) for back in range(weeks + 1)]
    for day in days:
        checked.sql(f"{ZERO} WHERE zone_id = '{zone}' AND record_date = '{day}'")
    assert bool(silent(checked)) is named


def test_other_weekdays_do_not_matter(checked: Checked) -> None:
    zone = doors(checked)[0][0]
    checked.sql(f"{ZERO} WHERE zone_id = '{zone}' AND isodow(record_date) = isodow(DATE '{DAY}')")
    assert silent(checked) == []
    assert silent(checked, date(2025, 11, 24), TODAY) == []


def test_today_is_not_judged_before_it_is_over(checked: Checked) -> None:
    zone = doors(checked)[0][0]
    checked.sql(f"DELETE FROM {W}.traffic WHERE zone_id = '{zone}' AND record_date = '{TODAY}'")
    door = checked.judge("traffic", TODAY)["no_door_is_silent"]
    assert door.passed
    assert "Nothing to judge yet" in str(door.description)
    checked.now = NOW + timedelta(days=1)
    assert silent(checked, TODAY) == [(zone, str(TODAY))]


@pytest.mark.parametrize("column", ["disabled", "_deleted"])
def test_a_door_that_is_disabled_or_deleted_may_be_silent(checked: Checked, column: str) -> None:
    zone = doors(checked)[0][0]
    checked.sql(
        f"{ZERO} WHERE zone_id = '{zone}' AND record_date = '{DAY}'",
        f"UPDATE {W}.zone SET {column} = true WHERE zone_id = '{zone}'",
    )
    assert silent(checked) == []


def test_a_dead_sensor_is_named_on_each_day_of_a_long_range(checked: Checked) -> None:
    zone = doors(checked)[0][0]
    checked.sql(f"DELETE FROM {W}.traffic WHERE zone_id = '{zone}' AND record_date >= '2025-12-01'")
    dead = silent(checked, date(2025, 10, 27), TODAY)
    open_days = [date(2025, 12, number) for number in range(1, 10)]
    # From the second week on it was silent on one of the four same weekdays before. That is still unusual.
    assert dead == [(zone, str(day)) for day in open_days]
