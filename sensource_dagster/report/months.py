"""Section 7: year over year."""

from __future__ import annotations

from sensource_dagster.report import periods
from sensource_dagster.report.content import Month, YearOverYear
from sensource_dagster.report.counts_of_period import Period
from sensource_dagster.report.report_days import ReportDays
from sensource_dagster.report.wording import change_in_words


def year_over_year(days: ReportDays, period: Period, first_month: int) -> YearOverYear:
    """The months of the fiscal year to date. If the period ends within a month, both years end there."""
    shows = periods.year_to_date(period, first_month)
    months = tuple(
        Month(
            month.first, days.count(days.main, month), days.compare(days.main, month, periods.a_year_before(month))
        )
        for month in periods.months_of(shows)
    )
    return YearOverYear(_sentence(months, days), shows, months)


def _sentence(months: tuple[Month, ...], days: ReportDays) -> str:
    changes = [(month.month, month.year_ago.change) for month in months if month.year_ago.change is not None]
    since = days.since(days.main)
    if since is None:
        return "No month can be compared with the year before: nothing was counted yet."
    if not changes:
        return f"No month can be compared with the year before: the counts begin on {since}."
    if len(changes) == 1:
        [(month, change)] = changes
        return f"Only {periods.month_name(month)} can be compared: {change_in_words(change)} a year before."
    more, fewer = sum(change > 0 for _, change in changes), sum(change < 0 for _, change in changes)
    return (
        f"{len(changes):,} months since {periods.month_name(months[0].month)} can be compared: {more:,} had more "
        f"visits than a year before, and {fewer:,} had fewer."
    )
