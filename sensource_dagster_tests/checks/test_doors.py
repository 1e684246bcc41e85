"""A door fails on a day on which it counts far fewer or far more people than is to be expected."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from dagster import AssetCheckSeverity

from sensource_dagster.checks.doors import DOOR_IS_UNUSUAL
from sensource_dagster_tests.checks.checked import FIRST, NOW, TODAY, Checked, evaluations, found, number
from sensource_dagster_tests.checks.directly import judge

W = "sensource"
DAY = date(2025, 12, 3)
ZERO = f"UPDATE {W}.traffic SET sumins = 0, sumouts = 0"
ONE_A_DAY = f"UPDATE {W}.traffic SET sumins = (hour(record_hour) = 12)::BIGINT, sumouts = 0"
DELETED = f"DELETE FROM {W}.traffic"
Named = list[tuple[object, object]]


def doors(checked: Checked) -> list[str]:
    """Every door, the largest first. They are moved to one location: each has four neighbours."""
    some_sensor = f"SELECT min(sensor_id) FROM {W}.sensor JOIN {W}.site USING (site_id)"
    checked.sql(f"UPDATE {W}.zone SET sensor_id = ({some_sensor})")
    by_size = f"SELECT zone_id FROM {W}.traffic GROUP BY 1 ORDER BY sum(sumins + sumouts) DESC"
    return [zone for (zone,) in checked.sql(by_size)]


def alone(checked: Checked, zone: str, location: str) -> None:
    """Move a door into a location of its own, or let its lists lead to none."""
    checked.sql(
        f"INSERT INTO {W}.sensor (sensor_id, site_id, _synced_at, _deleted) VALUES ('o', 'o', now(), false)",
        f"INSERT INTO {W}.site (site_id, location_id, _synced_at, _deleted) "
        f"VALUES ('o', {location}, now(), false)",
        f"UPDATE {W}.zone SET sensor_id = 'o' WHERE zone_id = '{zone}'",
    )


def unusual(checked: Checked, first: date = DAY, last: date | None = None) -> Named:
    findings = judge(checked, DOOR_IS_UNUSUAL, first, last).findings
    assert findings is not None
    return [(row["zone_id"], str(row["day"])) for row in findings.rows]


def days(first: date, last: date) -> list[str]:
    return [str(first + timedelta(days=number)) for number in range((last - first).days + 1)]


def test_a_healthy_account_has_no_unusual_door(checked: Checked) -> None:
    assert unusual(checked, FIRST, TODAY) == []
    doors(checked)
    assert unusual(checked, FIRST, TODAY) == []


def test_the_run_names_the_door_the_day_and_what_was_expected(checked: Checked) -> None:
    zone = doors(checked)[0]
    checked.sql(f"{DELETED} WHERE zone_id = '{zone}' AND record_date = '{DAY}'")
    result = checked.run("traffic", DAY - timedelta(days=2), TODAY, only="door_is_unusual")
    assert result.success
    door = evaluations(result)["door_is_unusual"]
    assert door.severity is AssetCheckSeverity.WARN
    assert number(door, "doors_below_expected") == 1
    assert number(door, "doors_above_expected") == 0
    [row] = found(door)
    assert (row["zone_id"], row["day"], row["is_above"]) == (zone, str(DAY), False)
    assert (row["people"], row["hours_counted"]) == (0, 0)
    assert row["expected"] == pytest.approx(row["usual"], rel=0.4)
    assert row["neighbours"] > 50
    assert row["name"]
    assert "on 1 door day a door counted far fewer people than expected" in str(door.description)
    assert "disable the zone in Vea" in str(door.description)


@pytest.mark.parametrize(
    "how", [ZERO, ONE_A_DAY, DELETED, f"UPDATE {W}.traffic SET sumins=NULL, sumouts=NULL"], ids=range(4)
)
@pytest.mark.parametrize("size", [0, -1])
def test_a_door_that_sends_zeros_one_person_or_nothing_for_a_day_is_named_and_no_other_door_is(
    checked: Checked, how: str, size: int
) -> None:
    zone = doors(checked)[size]
    checked.sql(f"{how} WHERE zone_id = '{zone}' AND record_date = '{DAY}'")
    assert unusual(checked, DAY - timedelta(days=2), TODAY) == [(zone, str(DAY))]


def test_a_door_that_stops_at_noon_is_named(checked: Checked) -> None:
    zone = doors(checked)[1]
    checked.sql(f"{ZERO} WHERE zone_id = '{zone}' AND record_date = '{DAY}' AND hour(record_hour) >= 12")
    assert unusual(checked) == [(zone, str(DAY))]


@pytest.mark.parametrize(("hours", "is_named"), [(6, False), (7, True)])
def test_a_door_that_lacks_some_hours_of_a_day_is_left_to_the_check_of_missing_hours(
    checked: Checked, hours: int, is_named: bool
) -> None:
    zone = doors(checked)[0]
    lost = f"hour(record_hour) BETWEEN 12 AND {11 + hours}"
    checked.sql(f"{DELETED} WHERE zone_id = '{zone}' AND record_date = '{DAY}' AND {lost}")
    assert unusual(checked) == ([(zone, str(DAY))] if is_named else [])


def test_a_door_that_counts_things_is_named_and_its_neighbours_are_not(checked: Checked) -> None:
    zone = doors(checked)[0]
    more = f"UPDATE {W}.traffic SET sumins = {{0}} * sumins, sumouts = {{0}} * sumouts WHERE zone_id = '{zone}'"
    checked.sql(f"{more.format(2)} AND record_date = '{DAY}'")
    assert unusual(checked) == []
    checked.sql(f"{more.format(3)} AND record_date = '{DAY}'")
    door = judge(checked, DOOR_IS_UNUSUAL, DAY)
    assert door.findings is not None
    assert [(row["zone_id"], row["is_above"]) for row in door.findings.rows] == [(zone, True)]
    assert door.numbers == {"doors_below_expected": 0, "doors_above_expected": 1}
    assert "on 1 door day a door counted far more people than expected" in door.sentence


def test_a_day_on_which_all_doors_of_a_location_count_few_people_is_no_alarm(checked: Checked) -> None:
    zones = doors(checked)
    fewer = f"UPDATE {W}.traffic SET sumins = sumins // 5, sumouts = sumouts // 5 WHERE record_date = '{DAY}'"
    checked.sql(fewer)
    assert unusual(checked) == []
    checked.sql(f"{fewer} AND zone_id = '{zones[0]}'")
    assert unusual(checked) == [(zones[0], str(DAY))]
    checked.sql(f"{ZERO} WHERE record_date = '{DAY}'")
    assert unusual(checked) == []


def test_a_day_on_which_all_doors_of_a_location_count_many_people_is_no_alarm(checked: Checked) -> None:
    doors(checked)
    checked.sql(f"UPDATE {W}.traffic SET sumins = 4 * sumins, sumouts = 4 * sumouts WHERE record_date = '{DAY}'")
    assert unusual(checked) == []


def test_a_door_of_which_fewer_than_50_people_are_to_be_expected_is_not_missed(checked: Checked) -> None:
    zone = doors(checked)[-1]
    for people, named in ((30, []), (100, [(zone, str(DAY))])):  # a day
        checked.sql(
            f"UPDATE {W}.traffic SET sumins = {people} * (hour(record_hour) = 12)::BIGINT, sumouts = 0 "
            f"WHERE zone_id = '{zone}'",
            f"{ZERO} WHERE zone_id = '{zone}' AND record_date = '{DAY}'",
        )
        assert unusual(checked) == named


@pytest.mark.parametrize("how", [ZERO, ONE_A_DAY, DELETED], ids=range(3))
def test_a_door_that_is_dead_for_weeks_stays_named_although_its_last_weeks_are_zeros(
    checked: Checked, how: str
) -> None:
    zone, dead_from = doors(checked)[0], FIRST + timedelta(days=14)
    checked.sql(f"{how} WHERE zone_id = '{zone}' AND record_date >= '{dead_from}'")
    yesterday = TODAY - timedelta(days=1)
    assert unusual(checked, dead_from, TODAY) == [(zone, day) for day in days(dead_from, yesterday)]
    assert unusual(checked, yesterday) == [(zone, str(yesterday))]


def test_the_only_door_of_a_location_may_be_closed_and_is_named_after_a_week(checked: Checked) -> None:
    zone = doors(checked)[0]
    alone(checked, zone, "'own'")
    first, last = date(2025, 11, 24), date(2025, 12, 9)
    checked.sql(f"{ZERO} WHERE zone_id = '{zone}' AND record_date >= '{first}'")
    named = unusual(checked, first, last)
    assert {door for door, _ in named} == {zone}
    assert (zone, str(first)) not in named
    assert (zone, str(first + timedelta(days=3))) not in named
    assert named[-9:] == [(zone, day) for day in days(date(2025, 12, 1), last)]


def test_the_only_door_of_a_location_is_compared_with_the_account_and_named_at_once_if_it_still_counts(
    checked: Checked,
) -> None:
    zone = doors(checked)[0]
    alone(checked, zone, "'own'")
    fewer = f"UPDATE {W}.traffic SET sumins = sumins * 0.4, sumouts = sumouts * 0.4 WHERE record_date = '{DAY}'"
    checked.sql(f"{fewer} AND zone_id = '{zone}'")
    assert unusual(checked) == [(zone, str(DAY))]
    checked.sql(f"{fewer} AND zone_id <> '{zone}'")  # a day on which the whole account closes early
    assert unusual(checked) == []


def test_a_door_whose_location_is_not_known_is_compared_with_the_others_and_named_at_once(
    checked: Checked,
) -> None:
    zone = doors(checked)[0]
    alone(checked, zone, "NULL")
    checked.sql(f"{ZERO} WHERE zone_id = '{zone}' AND record_date = '{DAY}'")
    assert unusual(checked) == [(zone, str(DAY))]
    checked.sql(f"DROP TABLE {W}.site")
    assert unusual(checked) == [(zone, str(DAY))]
    checked.sql(f"DROP TABLE {W}.zone")
    assert unusual(checked) == [(zone, str(DAY))]


@pytest.mark.parametrize(("weeks", "named"), [(1, False), (2, True)])
def test_a_door_with_fewer_than_two_such_weekdays_is_new(checked: Checked, weeks: int, named: bool) -> None:
    zone = doors(checked)[0]
    checked.sql(
        f"{DELETED} WHERE zone_id = '{zone}' AND record_date < DATE '{DAY}' - {7 * weeks}",
        f"{ZERO} WHERE zone_id = '{zone}' AND record_date = '{DAY}'",
    )
    assert bool(unusual(checked)) is named


def test_a_holiday_among_the_weekdays_before_is_not_what_is_usual(checked: Checked) -> None:
    zone = doors(checked)[0]
    holiday = " OR ".join(f"record_date = DATE '{DAY}' - {7 * back}" for back in (1, 2))
    checked.sql(f"{ZERO} WHERE {holiday}", f"{ZERO} WHERE zone_id = '{zone}' AND record_date = '{DAY}'")
    assert unusual(checked) == [(zone, str(DAY))]


def test_a_weekday_on_which_a_door_is_always_closed_does_not_matter(checked: Checked) -> None:
    zone = doors(checked)[0]
    checked.sql(f"{ZERO} WHERE zone_id = '{zone}' AND isodow(record_date) = isodow(DATE '{DAY}')")
    assert unusual(checked, FIRST, TODAY) == []


def test_today_is_not_judged_before_it_is_over(checked: Checked) -> None:
    zone = doors(checked)[0]
    checked.sql(f"{DELETED} WHERE zone_id = '{zone}' AND record_date = '{TODAY}'")
    assert "Nothing to judge yet" in judge(checked, DOOR_IS_UNUSUAL, TODAY).sentence
    checked.now = NOW + timedelta(days=1)
    assert unusual(checked, TODAY) == [(zone, str(TODAY))]


@pytest.mark.parametrize("column", ["disabled", "_deleted"])
def test_a_door_that_is_disabled_or_deleted_is_not_judged(checked: Checked, column: str) -> None:
    zone = doors(checked)[0]
    checked.sql(
        f"{ZERO} WHERE zone_id = '{zone}' AND record_date = '{DAY}'",
        f"UPDATE {W}.zone SET {column} = true WHERE zone_id = '{zone}'",
    )
    assert unusual(checked) == []
