"""Accounts that are unlike most: hardly any data, hostile names, doors that moved, days of 23 and 25 hours."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest

from sensource_dagster.errors import ReportError
from sensource_dagster.report.content import ALL
from sensource_dagster.report.counts_of_period import Count, Period
from sensource_dagster_tests.report.reports import MADE_AT, hours_of, panel, report_of
from sensource_dagster_tests.views.accounts import DENVER, Account

HOSTILE = '</script><b>O\'Brien & "Søn" \u202e\u062f\u0627\u0631 {{ 7*7 }}'


@pytest.fixture
def account(tmp_path: Path) -> Account:
    return Account(tmp_path / "w.duckdb")


def test_without_any_data_each_section_says_so(account: Account) -> None:
    with account.views() as views:
        report = report_of(views)
    assert report.period == Period(date(2025, 12, 1), date(2025, 12, 31)), "the month before"
    assert [row.now for row in report.how_many.rows] == [Count(None, 0, 0)]
    assert report.how_many.sentence == "Nothing was counted in December 2025, so nobody knows how many came."
    assert report.trust.sentence == "There is nothing to trust: no door was expected to count in December 2025."
    [everything] = report.panels
    assert everything.normal == "Nothing was counted in December 2025."
    assert len(everything.days) == 31
    assert {day.people for day in everything.days} == {None}
    assert everything.busiest == (None,) * 7
    assert everything.staff == "Nobody was counted in December 2025, so no hour is the busiest."
    assert (report.which.doors, report.which.locations, report.how_full.spaces) == ((), (), ())
    assert report.which.sentence == "No door counted anybody in December 2025."
    assert (
        report.how_full.sentence == "No occupancy was ever counted: there is no space, or its sensor sends none."
    )
    assert report.year_over_year.sentence == (
        "No month can be compared with the year before: nothing was counted yet."
    )


def test_one_day_of_data_is_shown_as_that_day(account: Account) -> None:
    account.door("a")
    account.put("traffic", *hours_of("a", date(2026, 1, 13), 1, ins=1))
    with account.views() as views:
        report = report_of(views, made_at=datetime(2026, 1, 14, 8, tzinfo=DENVER))
    assert report.title == "Visits on 2026-01-13"
    [row] = report.how_many.rows
    assert (row.location, row.now.whole, row.now.expected) == ("Library l", 1, 1)
    assert row.before.change is row.year_ago.change is None
    assert report.how_many.sentence == (
        f"Library l counted {row.now.people} visits on 2026-01-13; too little is known to compare that with "
        "an earlier time."
    )
    assert report.panels[0].normal == "Too few days were counted before to know what is usual."
    assert "the only door on 2026-01-13" in report.which.sentence


def test_days_that_never_came_are_missing(account: Account) -> None:
    account.door("a")
    account.put("traffic", *hours_of("a", date(2025, 12, 1), 20))
    with account.views() as views:
        report = report_of(views)
    [row] = report.how_many.rows
    assert (row.now.whole, row.now.expected) == (20, 31)
    [missing] = report.trust.missing
    assert (missing.first, missing.last, missing.days, missing.hours) == (
        date(2025, 12, 21),
        date(2025, 12, 31),
        11,
        11 * 24,
    )
    assert row.before.change is None


@pytest.mark.parametrize(("first", "days", "known"), [("2025-11-01", 61, True), ("2025-11-02", 60, False)])
def test_a_month_in_which_the_counts_begin_is_not_compared(
    account: Account, first: str, days: int, known: bool
) -> None:
    account.door("a")
    account.put("traffic", *hours_of("a", date.fromisoformat(first), days))
    with account.views() as views:
        [row] = report_of(views).how_many.rows
    assert row.before.count.people
    assert (row.before.change is not None) == known


@pytest.mark.parametrize(("lost", "known"), [(3, True), (4, False)])
def test_a_month_that_lacks_more_than_a_tenth_of_its_hours_is_not_compared(
    account: Account, lost: int, known: bool
) -> None:
    account.door("a")
    account.put("traffic", *hours_of("a", date(2025, 11, 1), 30), *hours_of("a", date(2025, 12, 1), 31 - lost))
    with account.views() as views:
        [row] = report_of(views).how_many.rows
    assert (row.before.change is not None) == known


def test_the_day_that_is_not_over_lacks_nothing(account: Account) -> None:
    account.door("a")
    account.put("traffic", *hours_of("a", MADE_AT.date(), 1)[:8])
    with account.views() as views:
        report = report_of(views, Period(MADE_AT.date(), MADE_AT.date()))
    assert report.trust.missing == ()
    assert report.how_many.rows[0].now.whole == 0


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 8), 23), (date(2025, 11, 2), 24)])
def test_when_the_clocks_change_hours_days_and_locations_have_the_same_sum(
    account: Account, day: date, hours: int
) -> None:
    for zone in ("a", "b"):
        account.door(zone, site=zone)
        account.put("traffic", *hours_of(zone, date(day.year, day.month, day.day - 1), 3))
    with account.views() as views:
        report = report_of(views, Period(day, day), made_at=datetime(2026, 4, 1, tzinfo=DENVER))
        [(hourly, counted)] = views.execute(
            "SELECT sum(ins), count(*) FROM sensource.traffic_hourly WHERE day = ?", [day]
        ).fetchall()
    assert counted == 2 * hours
    [row] = report.how_many.rows
    assert row.now == Count(hourly, 2, 2)
    assert sum(door.now.people or 0 for door in report.which.doors) == hourly
    assert sum(cell.people or 0 for weekday in report.panels[0].hours for cell in weekday) == hourly
    assert report.trust.missing == ()


def test_a_door_that_was_renamed_and_moved_is_one_door_with_all_its_days(account: Account) -> None:
    account.door("a", site="1", location="old")
    account.put("traffic", *hours_of("a", date(2025, 12, 1), 10))
    account.door("a", site="2", location="new")
    account.put_list("site", {"siteId": "2", "name": "East"})
    account.put("traffic", *hours_of("a", date(2025, 12, 11), 21))
    with account.views() as views:
        report = report_of(views)
    assert [(row.name, row.location, row.now.whole) for row in report.which.doors] == [("East", "Library new", 31)]
    assert [row.location for row in report.how_many.rows] == ["Library new"], "the old location has no door"


def test_a_deleted_door_keeps_its_days_and_is_not_missed_later(account: Account) -> None:
    account.door("a", site="1")
    account.door("b", site="2")
    for zone, days in (("a", 31), ("b", 10)):
        account.put("traffic", *hours_of(zone, date(2025, 12, 1), days))
    account.put("zone", {"zoneId": "a", "name": "Person count 1", "sensorId": "sensor a"})
    with account.views() as views:
        report = report_of(views)
        later = report_of(views, Period(date(2025, 12, 20), date(2025, 12, 31)))
    assert {row.name: row.now.expected for row in report.which.doors} == {"Site 1": 31, "Site 2": 10}
    assert report.trust.missing == ()
    assert [panel.subject for panel in later.panels] == ["Library l", "Site 1"]


def test_locations_of_the_same_name_are_two(account: Account) -> None:
    for zone in ("a", "b"):
        account.door(zone, site=zone, location=zone)
        account.put_list("location", {"locationId": zone, "name": "Main"})
        account.put("traffic", *hours_of(zone, date(2025, 12, 1), 31))
    account.door("c", site=None)
    account.put("traffic", *hours_of("c", date(2025, 12, 1), 31))
    with account.views() as views:
        report = report_of(views)
        assert report_of(views, location="Main (b)").which.doors[0].name == "Site b"
    assert [row.location for row in report.how_many.rows] == [ALL, "Main (a)", "Main (b)", "No location"]
    [(first, *others)] = [[row.now.people for row in report.how_many.rows]]
    assert first == sum(others)  # type: ignore[arg-type] # each is known


def test_a_sentence_does_not_say_that_no_location_counted_when_doors_without_one_did(account: Account) -> None:
    account.door("c", site=None)
    account.put("traffic", *hours_of("c", date(2025, 12, 1), 31))
    with account.views() as views:
        report = report_of(views)
    assert report.how_many.rows[0].location == "No location"
    assert report.how_many.sentence.startswith(
        f"Doors without a location counted {report.how_many.rows[0].now.people:,}"
    )


def test_names_are_kept_as_they_are(account: Account) -> None:
    account.door("a", site="1", location="l")
    account.put_list("site", {"siteId": "1", "name": HOSTILE})
    account.put_list("location", {"locationId": "l", "name": HOSTILE})
    account.put("traffic", *hours_of("a", date(2025, 12, 1), 31))
    with account.views() as views:
        report = report_of(views, location=HOSTILE)
    assert report.location == HOSTILE
    assert [panel.subject for panel in report.panels] == [HOSTILE, HOSTILE]
    assert report.how_many.sentence.startswith(f"{HOSTILE} counted ")


def test_a_location_that_is_not_there_is_refused_with_those_that_are(account: Account) -> None:
    for zone in ("east", "west"):
        account.door(zone, site=zone, location=zone)
        account.put("traffic", *hours_of(zone, date(2025, 12, 1), 1))
    account.put_list("location", {"locationId": "empty", "name": "Without doors"})
    with account.views() as views:
        for name in ("Libary east", "Without doors", ""):
            with pytest.raises(ReportError) as refused:
                report_of(views, location=name)
            assert str(refused.value) == (
                f"No location named {name!r} has visits. There are: Library east, Library west."
            )


def test_a_location_of_an_empty_account_is_refused_with_what_to_do(account: Account) -> None:
    with account.views() as views, pytest.raises(ReportError, match="Nothing was counted yet: sync first"):
        report_of(views, location="Main")


def test_a_door_that_sends_no_ins_has_unknown_visits(account: Account) -> None:
    account.door("a")
    account.put("traffic", *({**row, "sumins": None} for row in hours_of("a", date(2025, 12, 1), 31)))
    with account.views() as views:
        report = report_of(views)
    assert report.how_many.rows[0].now == Count(None, 31, 31)
    assert report.which.sentence == "No door counted anybody in December 2025."


def test_a_location_whose_only_door_was_disabled_is_not_waited_for(account: Account) -> None:
    account.door("a", site="1", location="old", disabled=True)
    account.door("b", site="2", location="new")
    for zone, days in (("a", 10), ("b", 31)):
        account.put("traffic", *hours_of(zone, date(2025, 12, 1), days))
    with account.views() as views:
        report = report_of(views, location="Library old")
    assert (report.how_many.rows[0].now.whole, report.how_many.rows[0].now.expected) == (10, 10)
    assert report.trust.missing == ()


def test_each_of_200_doors_has_its_panel(account: Account) -> None:
    doors = [f"{number:03}" for number in range(200)]
    account.put("zone", *({"zoneId": door, "name": f"Door {door}", "sensorId": f"s{door}"} for door in doors))
    account.put("traffic", *(row for door in doors for row in hours_of(door, date(2025, 12, 3), 1)))
    with account.views() as views:
        report = report_of(views, Period(date(2025, 12, 3), date(2025, 12, 3)))
    assert len(report.panels) == 201
    assert len(report.which.doors) == 200
    assert panel(report, "Door 199").days[0].complete
    assert report.how_many.rows[0].now == Count(sum(row.now.people or 0 for row in report.which.doors), 200, 200)
