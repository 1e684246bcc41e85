"""What the checks of doors compare: the sums of each door and day, and where each door is."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from sensource_dagster.checks.door_days import read_door_days
from sensource_dagster.checks.doors import DOOR_IS_UNUSUAL
from sensource_dagster_tests.checks.checked import Checked
from sensource_dagster_tests.checks.directly import reading

DAY = date(2025, 12, 3)
SUMS = """
    SELECT zone_id, record_date, sum(sumins), sum(sumouts), count(*), sum(sumins * hour(record_hour)),
           sum(sumouts * hour(record_hour))
    FROM sensource.traffic WHERE record_hour < '2025-12-04' GROUP BY ALL ORDER BY ALL"""


def door_days(checked: Checked) -> list[tuple[Any, ...]]:
    with reading(checked, DOOR_IS_UNUSUAL, DAY) as made:
        read_door_days(made)
        return made.connection.execute(
            "SELECT zone_id, day, ins, outs, hours_counted, hours_of_ins, hours_of_outs "
            "FROM temp.traffic_daily ORDER BY ALL"
        ).fetchall()


def doors(checked: Checked) -> dict[str, tuple[Any, ...]]:
    with reading(checked, DOOR_IS_UNUSUAL, DAY) as made:
        read_door_days(made)
        found = made.connection.execute(
            "SELECT zone_id, door, location_id, location, disabled, deleted FROM temp.door"
        ).fetchall()
    return {zone: (*others,) for zone, *others in found}


def zones(checked: Checked) -> list[str]:
    return [zone for (zone,) in checked.sql("SELECT zone_id FROM sensource.zone ORDER BY 1")]


def test_a_door_and_day_has_the_sums_of_all_rows_on_it_also_of_one_whose_hour_is_of_the_next_day(
    checked: Checked,
) -> None:
    assert door_days(checked) == checked.sql(SUMS)
    before = DAY - timedelta(days=1)
    checked.sql(
        f"UPDATE sensource.traffic SET record_date = '{before}', sumins = 7, sumouts = 5 "
        f"WHERE record_hour = TIMESTAMP '{DAY} 13:00:00'"
    )
    found = door_days(checked)
    assert found == checked.sql(SUMS)
    assert {rows for _, day, _, _, rows, *_ in found if day == before} == {25}


def test_a_door_has_its_location_and_whether_it_is_disabled_or_deleted(checked: Checked) -> None:
    one, other, *others = zones(checked)
    checked.sql(
        "INSERT INTO sensource.sensor (sensor_id, site_id, _synced_at, _deleted) VALUES ('s', 'p', now(), false)",
        "INSERT INTO sensource.site (site_id, location_id, _synced_at, _deleted) VALUES ('p', 'l', now(), false)",
        "UPDATE sensource.zone SET sensor_id = 's', disabled = false, _deleted = false",
        f"UPDATE sensource.zone SET disabled = true WHERE zone_id = '{one}'",
        f"UPDATE sensource.zone SET _deleted = true WHERE zone_id = '{other}'",
    )
    found = doors(checked)
    assert found[one][1:] == ("l", "l", True, False)
    assert found[other][1:] == ("l", "l", False, True)
    assert found[others[0]][1:] == ("l", "l", False, False)
    assert all(door for door, *_ in found.values())


@pytest.mark.parametrize("table", ["zone", "sensor", "site"])
def test_a_door_that_is_in_no_list_or_whose_sensor_or_site_is_in_none_has_no_location(
    checked: Checked, table: str
) -> None:
    known = doors(checked)
    checked.sql(f"DELETE FROM sensource.{table}")
    found = doors(checked)
    assert set(found) == set(known)
    assert {location for _, location, *_ in found.values()} == {None}


@pytest.mark.parametrize("table", ["sensor", "site"])
def test_without_the_lists_of_sensors_and_sites_a_door_has_no_location_and_may_be_disabled(
    checked: Checked, table: str
) -> None:
    checked.sql(f"DROP TABLE sensource.{table}", "UPDATE sensource.zone SET disabled = true")
    assert {(*rest,) for _, *rest in doors(checked).values()} == {(None, None, True, False)}


def test_without_the_list_of_zones_no_door_is_disabled_or_has_a_location(checked: Checked) -> None:
    checked.sql("DROP TABLE sensource.zone")
    assert {(*rest,) for _, *rest in doors(checked).values()} == {(None, None, False, False)}
