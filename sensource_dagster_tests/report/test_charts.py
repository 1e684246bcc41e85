"""The numbers of the charts."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from sensource_dagster.report.charts import bar_chart, line_chart
from sensource_dagster.report.content import Day, Month
from sensource_dagster.report.counts_of_period import Comparison, Count, Period


def days(*people: int | None, complete: bool = True) -> list[Day]:
    first = date(2026, 10, 1)
    return [Day(first + timedelta(days=at), number, complete, 50, 100, None) for at, number in enumerate(people)]


def test_a_missing_day_is_a_gap_in_the_line_and_not_zero() -> None:
    chart = line_chart(days(100, 50, None, None, 0, 100))
    assert chart.line == "M0.5 0l1 50M4.5 100l1-100"
    assert chart.missing == ((2, 2),)


def test_a_line_begins_at_the_day_after_the_gap_wherever_that_is() -> None:
    assert line_chart(days(*[None] * 10, 50, 100, *[None] * 8, 100, 50)).line == "M10.5 50l1-50M20.5 0l1 50"


def test_a_day_between_two_gaps_is_a_dot() -> None:
    chart = line_chart(days(None, 75, None, 100, 100))
    assert chart.alone == "M1.5 25h0"
    assert chart.line == "M3.5 0l1 0"


def test_the_band_goes_from_the_least_to_the_most_and_is_as_wide_as_its_days() -> None:
    assert line_chart(days(80)).band == "M0 0l0.5 0 0.5 0 0 50-0.5 0-0.5 0z"


def test_a_day_without_a_usual_ends_the_band() -> None:
    one, two, three = days(80, 80, 80)
    chart = line_chart([one, Day(two.day, 80, True, None, None, None), three])
    assert chart.band.count("M") == chart.band.count("z") == 2


def test_only_complete_days_are_too_few_and_an_incomplete_one_is_marked_as_such() -> None:
    assert line_chart(days(20, 75, 100, complete=True)).outside == "M0.5 80h0"
    incomplete = line_chart(days(20, 75, 100, complete=False))
    assert (incomplete.outside, incomplete.incomplete) == ("", "M0.5 80h0m1-55h0m1-25h0")


@pytest.mark.parametrize(
    ("most", "labels"),
    [
        (0, ["0", "1"]),
        (1, ["0", "1"]),
        (3, ["0", "1", "2", "3"]),
        (9, ["0", "3", "6", "9"]),
        (41_203, ["0", "20,000", "40,000", "60,000"]),
    ],
)
def test_the_axis_has_a_few_round_numbers_from_zero_on(most: int, labels: list[str]) -> None:
    first = date(2026, 10, 1)
    ticks = line_chart([Day(first, most, True, None, None, None)]).y
    assert [tick.label for tick in ticks] == labels
    assert (ticks[0].at, ticks[-1].at) == (88, 8)


@pytest.mark.parametrize(
    ("number", "labels"),
    [(1, ["2026-10-01"]), (31, ["2026-10-05", "2026-10-12", "2026-10-19", "2026-10-26"])],
)
def test_days_are_labelled_with_iso_dates(number: int, labels: list[str]) -> None:
    assert [tick.label for tick in line_chart(days(*[80] * number)).x] == labels


@pytest.mark.parametrize("number", [8, 69, 71, 366, 1096, 4000])
def test_any_number_of_days_has_labels_that_fit_side_by_side(number: int) -> None:
    ticks = line_chart(days(*[80] * number)).x
    assert 2 <= len(ticks) <= 8
    assert 1 <= sum(not tick.minor for tick in ticks) <= 3


def test_a_holiday_is_no_day_outside_of_the_usual() -> None:
    assert line_chart([Day(date(2026, 12, 25), 0, True, 50, 100, "closed")]).outside == ""


def test_a_holiday_of_several_days_has_one_line() -> None:
    noted = [
        Day(day.day, 0, True, 50, 100, "closed" if at in {1, 2, 4} else None)
        for at, day in enumerate(days(*range(5)))
    ]
    assert [tick.at for tick in line_chart(noted).notes] == [30, 90]


def test_a_month_has_a_bar_for_each_year_that_is_known() -> None:
    period = Period(date(2025, 1, 1), date(2025, 1, 31))
    known = Month(date(2026, 1, 1), Count(50, 30, 31), Comparison(period, Count(100, 31, 31), -0.5))
    unknown = Month(date(2026, 2, 1), Count(100, 28, 28), Comparison(period, Count(None, 0, 0), None))
    bars = bar_chart((known, unknown)).bars
    assert [(bar.kind, bar.complete, bar.height) for bar in bars] == [
        ("ago", True, 80),
        ("now", False, 40),
        ("now", True, 80),
    ]
    assert [bar.y for bar in bars] == [8, 48, 8]
