"""The views of occupancy."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from sensource_dagster.config.warehouse_place import WarehousePlace
from sensource_dagster_tests.views.accounts import Account, Row


@pytest.fixture
def account(place: WarehousePlace) -> Account:
    made = Account(place)
    made.put_list("location", {"locationId": "l", "name": "Library"})
    made.put_list("space", {"spaceId": "s", "name": "Hall", "locationId": "l", "maxCapacity": 200})
    return made


def hour(instant: str, peak: int, *, space: str = "s", **fields: Any) -> Row:
    row = {"spaceId": space, "name": "n", "recordDate_hour_1": f"{instant}:00.000Z", "maxoccupancy": peak}
    return {**row, "minoccupancy": 1, "avgoccupancy": peak / 2, "sumins": 5, "sumouts": 4, **fields}


def test_hours_are_local_and_name_space_location_and_capacity(account: Account) -> None:
    account.put("occupancy", hour("2026-01-05T19:00", 150))
    assert account.rows(
        "SELECT space, location, local_hour, day, hour, peak, average, minimum, capacity, utilisation, ins, outs "
        "FROM sensource.occupancy_hourly"
    ) == [("Hall", "Library", datetime(2026, 1, 5, 12), date(2026, 1, 5), 12, 150, 75.0, 1, 200, 0.75, 5, 4)]


def test_a_day_has_its_peak_with_its_hour_and_the_mean_of_its_hours(account: Account) -> None:
    account.put("occupancy", hour("2026-01-05T18:00", 100), hour("2026-01-05T19:00", 150))
    assert account.rows(
        "SELECT day, peak, peak_hour, average, minimum, utilisation, ins, outs, hours_counted "
        "FROM sensource.occupancy_daily"
    ) == [(date(2026, 1, 5), 150, 12, 62.5, 1, 0.75, 10, 8, 2)]


def test_without_a_capacity_there_is_no_utilisation(account: Account) -> None:
    account.put_list("space", {"spaceId": "s", "maxCapacity": 0})
    account.put("occupancy", hour("2026-01-05T18:00", 100))
    assert account.rows("SELECT capacity, utilisation FROM sensource.occupancy_daily") == [(0, None)]


def test_spaces_of_one_name_are_told_apart_and_an_unlisted_one_has_its_id(account: Account) -> None:
    account.put_list("space", {"spaceId": "t", "name": "Hall", "locationId": None})
    account.put("occupancy", *(hour("2026-01-05T18:00", 1, space=space) for space in ("s", "t", "u")))
    assert account.rows("SELECT space, location FROM sensource.occupancy_daily ORDER BY space_id") == [
        ("Hall, Library, s", "Library"),
        ("Hall, t", "No location"),
        ("u", "No location"),
    ]
