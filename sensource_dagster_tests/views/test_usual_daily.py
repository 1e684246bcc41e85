"""The view of what is usual: its rows, its band, and the days that are named as holidays."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from sensource_dagster.config.warehouse_place import WarehousePlace
from sensource_dagster_tests.views.accounts import Account, Row, instants

FIRST = date(2025, 12, 1)  # a Monday, and winter in Denver


@pytest.fixture
def account(place: WarehousePlace) -> Account:
    made = Account(place)
    for zone in ("a", "b"):
        made.door(zone, site=zone)
    return made


def mondays(zone: str, *ins: int | None) -> list[Row]:
    """Whole Mondays, each with so many ins; None is a Monday without rows."""
    return [
        Account.hour(zone, instant, number if index == 12 else 0)
        for week, number in enumerate(ins)
        if number is not None
        for index, instant in enumerate(instants(f"{FIRST + timedelta(days=7 * week)}T07:00", 24))
    ]


def of_monday(account: Account, week: int, columns: str, subject: str) -> tuple[Any, ...]:
    [row] = account.rows(
        f"SELECT {columns} FROM sensource.usual_daily WHERE subject = '{subject}' "
        f"AND day = DATE '{FIRST + timedelta(days=7 * week)}'"
    )
    return row


def test_the_band_is_of_the_eight_same_weekdays_before(account: Account) -> None:
    account.put("traffic", *mondays("a", 900, *range(101, 109), 500))
    assert of_monday(account, 9, "people, low, high, usual", "Site a") == (500, 101, 108, 104.5)
    assert of_monday(account, 0, "people, low, high, usual", "Site a") == (900, None, None, None)


def test_fewer_than_three_days_are_no_band(account: Account) -> None:
    account.put("traffic", *mondays("a", 10, 20, 30, 40))
    assert [of_monday(account, week, "usual, low, high", "Site a") for week in (2, 3)] == [
        (None, None, None),
        (20, 10, 30),
    ]


def test_days_that_are_missing_incomplete_dead_or_closed_are_not_usual(account: Account) -> None:
    account.put("traffic", *mondays("a", 100, 101, None, 102, 0, 103), *mondays("b", 100, 100, 100, 100, 100, 100))
    account.put("traffic", *mondays("a", *[None] * 6, 50)[:22], *mondays("a", *[None] * 7, 104))
    account.put("traffic", *mondays("b", *[None] * 6, 100, 100))
    assert of_monday(account, 4, "people, note", "Site a") == (0, None), "only this door is silent"
    assert of_monday(account, 7, "low, high", "Site a") == (100, 103)


def test_a_day_without_rows_has_a_row_from_the_first_day_of_a_door_on(account: Account) -> None:
    account.put("traffic", *mondays("a", 5, 5, 5), *mondays("b", None, 5))
    columns = "people, doors, doors_whole, hours_counted, hours_expected, complete"
    assert account.rows(
        f"SELECT {columns} FROM sensource.usual_daily WHERE kind = 'door' AND day = '2025-12-02'"
    ) == [(None, 1, 0, 0, 24, False)]
    assert of_monday(account, 0, columns, "Library l") == (5, 1, 1, 24, 24, True)
    assert of_monday(account, 1, columns, "Library l") == (10, 2, 2, 48, 48, True)
    assert of_monday(account, 2, columns, "All locations") == (5, 2, 1, 24, 48, False)


@pytest.mark.parametrize(
    ("last_of_a", "last_of_b", "note"),
    [
        (0, 0, "closed: no visits"),
        (20, 3, "far fewer than usual at every door: a holiday or a closure"),
        (0, 90, None),
        (0, 30, None),
        (90, 110, None),
    ],
)
def test_a_holiday_is_a_day_that_every_door_of_the_location_shares(
    account: Account, last_of_a: int, last_of_b: int, note: str | None
) -> None:
    for zone, last in (("a", last_of_a), ("b", last_of_b)):
        account.put("traffic", *mondays(zone, 100, 100, 100, last))
    for subject in ("Site a", "Library l", "All locations"):
        assert of_monday(account, 3, "note", subject) == (note,), subject


def test_three_same_weekdays_are_needed_to_name_a_holiday(account: Account) -> None:
    for zone in ("a", "b"):
        account.put("traffic", *mondays(zone, 100, 100, 0))
    assert of_monday(account, 2, "people, note", "Library l") == (0, None)


def test_a_closed_location_is_no_holiday_of_the_others(account: Account) -> None:
    account.door("c", site="c", location="m")
    for zone, last in (("a", 0), ("b", 0), ("c", 100)):
        account.put("traffic", *mondays(zone, 100, 100, 100, last))
    found = {
        subject: of_monday(account, 3, "note", subject)[0]
        for subject in ("Library l", "Library m", "All locations")
    }
    assert found == {"Library l": "closed: no visits", "Library m": None, "All locations": None}


def test_the_only_door_of_a_location_may_be_closed_or_dead(account: Account) -> None:
    account.put("traffic", *mondays("a", 100, 100, 100, 0))
    assert of_monday(account, 3, "note", "Library l") == ("no visits: closed, or the sensor does not count",)


def test_a_door_that_is_dead_for_weeks_does_not_hide_a_holiday(account: Account) -> None:
    account.put("traffic", *mondays("a", 100, 100, 100, 100, 0), *mondays("b", 100, 0, 0, 0, 0))
    assert of_monday(account, 4, "note", "Library l") == ("no visits: closed, or the sensor does not count",)


def test_visits_are_those_of_location_daily(account: Account) -> None:
    account.door("in", site="in", perimeter=False)
    account.door("out", site="out", perimeter=True)
    for zone in ("a", "in", "out"):
        account.put("traffic", *mondays(zone, 3, 4))
    assert account.rows(
        "SELECT day, people FROM sensource.usual_daily WHERE kind = 'location' AND people IS NOT NULL ORDER BY day"
    ) == account.rows("SELECT day, visits FROM sensource.location_daily ORDER BY day")
