"""Which days a report compares, and how it says so."""

from __future__ import annotations

from datetime import date

import pytest

from sensource_dagster.contract.plurals import counted
from sensource_dagster.report import periods
from sensource_dagster.report.counts_of_period import Period
from sensource_dagster.report.wording import change_in_words, listed


def period(first: str, last: str) -> Period:
    return Period(date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize(
    ("shown", "before", "words"),
    [
        (period("2026-03-01", "2026-03-31"), period("2026-02-01", "2026-02-28"), "in February 2026"),
        (period("2026-01-01", "2026-01-31"), period("2025-12-01", "2025-12-31"), "in December 2025"),
        (period("2026-03-02", "2026-03-08"), period("2026-02-23", "2026-03-01"), "in the 7 days before"),
        (period("2026-03-01", "2026-03-01"), period("2026-02-28", "2026-02-28"), "on the day before"),
    ],
)
def test_the_period_before_is_a_month_or_as_many_days(shown: Period, before: Period, words: str) -> None:
    assert periods.before(shown) == before
    assert periods.when_before(shown) == words


def test_a_year_before_has_the_same_weekdays() -> None:
    shown = period("2024-02-01", "2024-02-29")
    ago = periods.same_weekdays_a_year_before(shown)
    assert ago == period("2023-02-02", "2023-03-02")
    assert (ago.first.weekday(), ago.last.weekday()) == (shown.first.weekday(), shown.last.weekday())


@pytest.mark.parametrize(
    ("first_month", "last", "begins"),
    [(1, "2026-10-31", "2026-01-01"), (7, "2026-10-31", "2026-07-01"), (7, "2026-06-30", "2025-07-01"),
     (12, "2026-11-30", "2025-12-01"), (10, "2026-10-01", "2026-10-01")],
)  # fmt: skip
def test_the_year_to_date_begins_with_the_fiscal_year(first_month: int, last: str, begins: str) -> None:
    shown = period("2026-01-01", last) if last > "2026-01-01" else period(last, last)
    assert periods.year_to_date(shown, first_month) == period(begins, last)


def test_the_months_of_a_year_end_where_it_ends_and_so_do_those_of_the_year_before() -> None:
    months = list(periods.months_of(period("2023-12-01", "2024-02-29")))
    assert months[-1] == period("2024-02-01", "2024-02-29")
    assert [periods.a_year_before(month) for month in months] == [
        period("2022-12-01", "2022-12-31"),
        period("2023-01-01", "2023-01-31"),
        period("2023-02-01", "2023-02-28"),
    ]
    [*_, cut] = periods.months_of(period("2026-01-01", "2026-02-10"))
    assert periods.a_year_before(cut) == period("2025-02-01", "2025-02-10")


def test_numbers_in_a_sentence_are_grouped_and_have_the_right_noun() -> None:
    assert [counted(number, "visit") for number in (0, 1, 41203)] == ["0 visits", "1 visit", "41,203 visits"]
    assert [change_in_words(change) for change in (0.06, -0.023, 0.004, -0.004, 12.5)] == [
        "6 % more than",
        "2 % fewer than",
        "about as many as",
        "about as many as",
        "1,250 % more than",
    ]
    assert [listed(parts) for parts in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]
