"""Section 1: how many came?"""

from __future__ import annotations

from sensource_dagster.contract.plurals import counted
from sensource_dagster.report import periods
from sensource_dagster.report.content import HowMany, Visits
from sensource_dagster.report.counts_of_period import Period
from sensource_dagster.report.report_days import ReportDays, Subject
from sensource_dagster.report.wording import begun, change_in_words, location_in_words


def how_many(days: ReportDays, period: Period, first_month: int) -> HowMany:
    """The visits of each location, and of all if there are several."""
    subjects = days.locations if len(days.locations) == 1 else (days.main, *days.locations)
    rows = tuple(_visits(days, subject, period, first_month) for subject in subjects)
    year = periods.year_to_date(period, first_month)
    return HowMany(_sentence(rows[0], period), period, year, rows)


def _visits(days: ReportDays, subject: Subject, period: Period, first_month: int) -> Visits:
    year = periods.year_to_date(period, first_month)
    return Visits(
        location=subject.name,
        now=days.count(subject, period),
        before=days.compare(subject, period, periods.before(period)),
        year_ago=days.compare(subject, period, periods.same_weekdays_a_year_before(period)),
        year_to_date=days.count(subject, year),
        year_to_date_ago=days.compare(subject, year, periods.same_weekdays_a_year_before(year)),
    )


def _sentence(row: Visits, period: Period) -> str:
    if row.now.people is None:
        return f"Nothing was counted {periods.when(period)}, so nobody knows how many came."
    compared = [
        f"{change_in_words(change)} {then}"
        for change, then in (
            (row.before.change, periods.when_before(period)),
            (row.year_ago.change, "on the same weekdays a year before"),
        )
        if change is not None
    ]
    said = f"{location_in_words(row.location)} counted {counted(row.now.people, 'visit')} {periods.when(period)}"
    end = (
        f", {' and '.join(compared)}" if compared else "; too little is known to compare that with an earlier time"
    )
    return begun(f"{said}{end}.")
