"""Which days a report is about, which it compares them with, and how a sentence says so."""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from datetime import date, timedelta

from sensource_dagster.report.counts_of_period import Period

_YEAR = timedelta(days=364)  # 52 weeks, so that each Saturday meets a Saturday


def month_of(day: date) -> Period:
    last = calendar.monthrange(day.year, day.month)[1]
    return Period(day.replace(day=1), day.replace(day=last))


def month_before(day: date) -> Period:
    return month_of(day.replace(day=1) - timedelta(days=1))


def is_month(period: Period) -> bool:
    return period == month_of(period.first)


def before(period: Period) -> Period:
    """The month before a month; as many days before any other period."""
    if is_month(period):
        return month_before(period.first)
    last = period.first - timedelta(days=1)
    return Period(last - (period.last - period.first), last)


def same_weekdays_a_year_before(period: Period) -> Period:
    return Period(period.first - _YEAR, period.last - _YEAR)


def year_to_date(period: Period, first_month: int) -> Period:
    """From the start of the fiscal year that the period ends in, to the end of the period."""
    year = period.last.year if period.last.month >= first_month else period.last.year - 1
    return Period(date(year, first_month, 1), period.last)


def months_of(period: Period) -> Iterator[Period]:
    """The calendar months of a period that begins with one. The last may be cut."""
    first = period.first
    while first <= period.last:
        month = month_of(first)
        yield Period(first, min(month.last, period.last))
        first = month.last + timedelta(days=1)


def a_year_before(month: Period) -> Period:
    """The same calendar days of the year before. A whole month stays one."""
    whole = month_of(month.first.replace(year=month.first.year - 1))
    last = whole.last if is_month(month) else whole.first + (month.last - month.first)
    return Period(whole.first, min(last, whole.last))


def month_name(day: date) -> str:
    return f"{calendar.month_name[day.month]} {day.year}"


def when(period: Period) -> str:
    """Such as "in October 2026"."""
    if is_month(period):
        return f"in {month_name(period.first)}"
    if period.first == period.last:
        return f"on {period}"
    return f"from {period}"


def when_before(period: Period) -> str:
    """The period before this one, such as "in September 2026"."""
    if is_month(period):
        return when(before(period))
    days = len(period.days)
    return "on the day before" if days == 1 else f"in the {days:,} days before"
