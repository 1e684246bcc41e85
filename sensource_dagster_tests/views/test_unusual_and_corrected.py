"""The views of the doors that are unusual now, and of the corrections of visits."""

from __future__ import annotations

from datetime import date

import pytest

from sensource_dagster.config.warehouse_place import WarehousePlace
from sensource_dagster_tests.views.accounts import Account, instants

FIRST = date(2025, 12, 1)


@pytest.fixture
def account(place: WarehousePlace) -> Account:
    made = Account(place)
    for zone in ("a", "b"):
        made.door(zone, site=zone)
    return made


@pytest.mark.parametrize(("dead_from", "ended", "since"), [(30, 40, date(2025, 12, 31)), (25, 30, None)])
def test_a_door_is_unusual_now_since_its_first_such_day_until_it_counts_again(
    account: Account, dead_from: int, ended: int, since: date | None
) -> None:
    for zone in ("a", "b"):
        dead = range(dead_from * 24, ended * 24) if zone == "a" else ()
        account.put(
            "traffic",
            *(
                account.hour(zone, instant, *((0, 0) if number in dead else (20, 10)))
                for number, instant in enumerate(instants(f"{FIRST}T07:00", 40 * 24))
            ),
        )
    found = account.rows("SELECT door, is_above, since, days, people, expected FROM sensource.door_unusual_now")
    days = ended - dead_from
    assert found == ([("Site a", False, since, days, 0, days * 24 * 30)] if since else [])


def test_a_correction_moves_the_visits_by_what_it_changed(account: Account) -> None:
    account.door("in", site="in", location="m", perimeter=False)
    account.door("out", site="out", location="m", perimeter=True)
    for zone in ("in", "out"):
        for ins in (5, 9, 7):
            account.put("traffic", account.hour(zone, "2026-01-05T19:00:00.000Z", ins, 1))
    assert account.rows("SELECT door, day, old, new, moved FROM sensource.visits_corrected ORDER BY seen_at") == [
        ("Site out", date(2026, 1, 5), 5, 9, 4),
        ("Site out", date(2026, 1, 5), 9, 7, -2),
    ]


def test_an_hour_that_vea_sends_no_more_moves_nothing_until_it_comes_back(account: Account) -> None:
    account.put("traffic", account.hour("a", "2026-01-05T19:00:00.000Z", 5))
    key = "'traffic', 'a', TIMESTAMPTZ '2026-01-05 19:00:00Z', DATE '2026-01-05', 'sumins'"
    with account.views() as connection:
        for values in (
            "'5', NULL, TIMESTAMPTZ '2026-06-02 02:00:00Z'",
            "NULL, '8', TIMESTAMPTZ '2026-06-02 03:00:00Z'",
        ):
            connection.execute(f"INSERT INTO sensource.corrections VALUES ({key}, {values})")
    assert account.rows("SELECT old, new, moved FROM sensource.visits_corrected ORDER BY seen_at") == [
        (5, None, 0),
        (None, 8, 3),
    ]
