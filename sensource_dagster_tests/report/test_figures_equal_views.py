"""Every number of the report is that of a query of the views."""

from __future__ import annotations

from datetime import date

import pytest

from sensource_dagster.report.content import Report
from sensource_dagster.report.counts_of_period import Comparison, Count, Period
from sensource_dagster_tests.report.reports import BRANCH, DECEMBER, MAIN, Views, ask, panel, report_of, visits

NOVEMBER = Period(date(2025, 11, 1), date(2025, 11, 30))
YEAR_BEFORE = Period(date(2024, 12, 2), date(2025, 1, 1))
YEAR = Period(date(2025, 7, 1), date(2025, 12, 31))
LAST_YEAR = Period(date(2024, 7, 2), date(2025, 1, 1))


def test_the_last_month_that_is_over_is_shown(report: Report) -> None:
    assert report.period == report.how_many.shows == report.trust.shows == DECEMBER
    assert report.title == "Visits in December 2025"


def test_visits_are_those_of_the_locations(views: Views, report: Report) -> None:
    assert [row.location for row in report.how_many.rows] == ["All locations", BRANCH, MAIN]
    for row in report.how_many.rows:
        location = None if row.location == "All locations" else row.location
        for count, period in (
            (row.now, DECEMBER),
            (row.before.count, NOVEMBER),
            (row.year_ago.count, YEAR_BEFORE),
            (row.year_to_date, YEAR),
            (row.year_to_date_ago.count, LAST_YEAR),
        ):
            assert count.people == visits(views, period, location), (row.location, period)
        assert (row.before.period, row.year_ago.period) == (NOVEMBER, YEAR_BEFORE)
        assert row.year_to_date_ago.period == LAST_YEAR
    assert report.how_many.year_to_date == YEAR


def test_a_change_is_that_of_the_two_sums(report: Report) -> None:
    _, branch, main = report.how_many.rows
    for compared in (branch.before, branch.year_ago):
        assert branch.now.people
        assert compared.count.people
        assert compared.change == pytest.approx(branch.now.people / compared.count.people - 1)
    nothing = Count(None, 0, 0)
    assert main.year_ago == Comparison(YEAR_BEFORE, nothing, None), "nobody counted a year before"
    assert report.how_many.rows[0].year_ago.change is not None
    assert branch.year_to_date_ago.change is None, "the counts begin within that time"


def test_completeness_is_in_door_days(views: Views, report: Report) -> None:
    by_name = {row.location: row.now for row in report.how_many.rows}
    assert (by_name[BRANCH].whole, by_name[BRANCH].expected) == (29, 31)
    whole, days = ask(
        views,
        "SELECT count(*) FILTER (complete), count(*) FROM sensource.traffic_daily t "
        "JOIN sensource.door USING (zone_id) WHERE t.location = 'Library main' AND counts_visits "
        "AND day BETWEEN '2025-12-01' AND '2025-12-31'",
    )[0]
    assert (by_name[MAIN].whole, by_name[MAIN].expected) == (whole, days) == (34, 34), (
        "the old door left on the 3rd"
    )
    assert (by_name["All locations"].whole, by_name["All locations"].expected) == (63, 65)


def test_the_ranking_is_that_of_the_sums(views: Views, report: Report) -> None:
    found = ask(
        views,
        "SELECT door, sum(ins)::BIGINT AS ins FROM sensource.traffic_daily "
        "WHERE day BETWEEN '2025-12-01' AND '2025-12-31' GROUP BY door ORDER BY ins DESC",
    )
    assert [(row.name, row.now.people) for row in report.which.doors] == found
    assert [(row.name, row.now.people) for row in report.which.locations] == [
        (MAIN, visits(views, DECEMBER, MAIN)),
        (BRANCH, visits(views, DECEMBER, BRANCH)),
    ]
    assert [row.name for row in report.which.doors if not row.counts_visits] == ["Site inner"]


def test_the_lines_are_those_of_the_days(views: Views, report: Report) -> None:
    for subject, query in (
        ("All locations", "SELECT day, sum(visits)::BIGINT FROM sensource.location_daily GROUP BY day"),
        (MAIN, f"SELECT day, visits FROM sensource.location_daily WHERE location = '{MAIN}'"),
        ("Site branch", "SELECT day, ins FROM sensource.traffic_daily WHERE zone_id = 'branch'"),
    ):
        by_day = dict(ask(views, query))
        line = panel(report, subject).days
        assert [day.day for day in line] == [date(2025, 12, number) for number in range(1, 32)]
        assert [day.people for day in line] == [by_day.get(day.day) for day in line], subject


def test_missing_and_incomplete_days_and_holidays_are_told_apart(report: Report) -> None:
    line = {day.day.day: day for day in panel(report, "Site branch").days}
    assert (line[9].people, line[9].complete) == (None, False)
    assert line[16].people is not None
    assert [number for number, day in line.items() if not day.complete] == [9, 16]
    for subject in ("All locations", MAIN, "Site inner"):
        notes = {day.day.day: day.note for day in panel(report, subject).days if day.note}
        assert notes == {25: "closed: no visits"}, subject


def test_the_band_is_that_of_eight_same_weekdays(views: Views, report: Report) -> None:
    for day in panel(report, "Site front").days:
        [(low, high)] = ask(
            views,
            "SELECT min(ins), max(ins) FROM sensource.traffic_daily WHERE zone_id = 'front' AND complete "
            "AND ins > 0 AND weekday = isodow($day::DATE) AND day BETWEEN $day::DATE - 56 AND $day::DATE - 7",
            day=day.day,
        )
        assert (day.low, day.high) == (low, high), day.day


def test_the_heat_map_has_the_means_of_the_hours(views: Views, report: Report) -> None:
    door = """SELECT weekday, hour, avg(ins), count(*) FROM sensource.traffic_hourly
        WHERE zone_id = 'branch' AND day BETWEEN '2025-12-01' AND '2025-12-31' GROUP BY ALL"""
    everything = """SELECT weekday, hour, sum(people), sum(hours) FROM (
            SELECT zone_id, weekday, hour, avg(ins) AS people, count(*) AS hours FROM sensource.traffic_hourly
            WHERE zone_id <> 'inner' AND day BETWEEN '2025-12-01' AND '2025-12-31' GROUP BY ALL) GROUP BY ALL"""
    for subject, query in (("Site branch", door), ("All locations", everything)):
        found = ask(views, query)
        assert len(found) == 7 * 24
        for weekday, hour, people, hours in found:
            cell = panel(report, subject).hours[weekday - 1][hour]
            assert (cell.people, cell.hours) == (pytest.approx(people), hours), (subject, weekday, hour)


def test_the_busiest_hour_is_the_first_with_the_most_people(report: Report) -> None:
    shown = panel(report, MAIN)
    for row, busiest in zip(shown.hours, shown.busiest, strict=True):
        people = [cell.people or 0 for cell in row]
        assert busiest == people.index(max(people))


def test_fullness_is_that_of_the_spaces(views: Views, report: Report) -> None:
    found = ask(
        views,
        """SELECT space, any_value(capacity), max(peak), min_by(local_hour, (-peak, local_hour)), avg(average),
            CASE WHEN any_value(capacity) IS NOT NULL THEN count(*) FILTER (peak > capacity) END, count(*)
        FROM sensource.occupancy_hourly WHERE day BETWEEN '2025-12-01' AND '2025-12-31'
        GROUP BY space ORDER BY space""",
    )
    assert [
        (
            space.space,
            space.capacity,
            space.peak,
            space.peak_at,
            space.average,
            space.hours_over,
            space.hours_counted,
        )
        for space in report.how_full.spaces
    ] == found
    assert report.how_full.sentence == (
        "Hall was the fullest of 2 spaces on 2025-12-01 from 11:00 on, with 12 of 10 people, and above its "
        "capacity in 14 hours in December 2025."
    )


def test_the_months_are_those_of_the_fiscal_year(views: Views, report: Report) -> None:
    months = report.year_over_year.months
    assert report.year_over_year.shows == YEAR
    assert [month.month.month for month in months] == [7, 8, 9, 10, 11, 12]
    by_month = dict(
        ask(
            views,
            "SELECT date_trunc('month', day)::DATE, sum(visits)::BIGINT FROM sensource.location_daily GROUP BY 1",
        )
    )
    for month in months:
        before = month.month.replace(year=month.month.year - 1)
        assert month.now.people == by_month.get(month.month)
        assert month.year_ago.count.people == by_month.get(before)
    assert [month.month.month for month in months if month.year_ago.change is not None] == [12]


def test_the_sentences_have_the_numbers(report: Report) -> None:
    everything = report.how_many.rows[0]
    assert report.how_many.sentence.startswith(
        f"All locations counted {everything.now.people:,} visits in December 2025, "
    )
    assert "than in November 2025" in report.how_many.sentence
    assert report.trust.sentence == (
        "Of 94 of 96 door days in December 2025 every hour is there, no door is unusual now, and nothing was "
        "corrected up to now."
    )
    assert panel(report, "Site branch").normal.endswith("; a holiday or a closure: 2025-12-25; 1 day missing.")
    assert report.which.sentence.startswith("Site front was the busiest of 4 doors in December 2025, with ")
    assert report.year_over_year.sentence.startswith("Only December 2025 can be compared: ")


@pytest.mark.parametrize("location", [BRANCH, "library BRANCH "])
def test_the_report_of_one_location_has_nothing_of_the_other(views: Views, location: str) -> None:
    report = report_of(views, location=location)
    assert report.location == BRANCH
    assert [row.location for row in report.how_many.rows] == [BRANCH]
    assert [panel.subject for panel in report.panels] == [BRANCH, "Site branch"]
    assert [row.name for row in report.which.doors] == ["Site branch"]
    assert [space.space for space in report.how_full.spaces] == ["Yard"]
    assert report.how_many.rows[0].now.people == visits(views, DECEMBER, BRANCH)
