"""Makes the report: each number is a query of the views."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import duckdb

from sensource_dagster.config.settings import Settings
from sensource_dagster.report import periods
from sensource_dagster.report.content import Panel, Report
from sensource_dagster.report.counts_of_period import Period
from sensource_dagster.report.fullness import how_full
from sensource_dagster.report.how_many import how_many
from sensource_dagster.report.methods import METHODS
from sensource_dagster.report.months import year_over_year
from sensource_dagster.report.normal import daily_lines, missing_day, normal
from sensource_dagster.report.ranking import which
from sensource_dagster.report.report_days import ReportDays, read_report_days
from sensource_dagster.report.staffing import NO_HEAT, busiest_hours, heat_maps, staff
from sensource_dagster.report.trust import trust


def figures_of(
    connection: duckdb.DuckDBPyConnection,
    period: Period | None,
    location: str | None,
    settings: Settings,
    *,
    made_at: datetime,
    as_of: datetime,
    last_report: datetime | None = None,
) -> Report:
    """The whole report.

    Args:
        connection: to a file with the views, such as the published copy. It may be read-only: what is made is
            temporary.
        period: the days to show; None for the last full month that has data.
        location: the name of the one location to show; None for all.
        settings: the account, the month in which its year begins, and whether closed hours count.
        made_at: an aware datetime.
        as_of: when the file was made, an aware datetime.
        last_report: when the report before this one was made, an aware datetime; None for the first one.

    Raises:
        ReportError: no location of this name has visits.
        duckdb.Error: the file has no such views.
    """
    yesterday = made_at.astimezone(settings.timezone).date() - timedelta(days=1)
    days = read_report_days(connection, location, period, yesterday)
    shown = period or _last_full_month(days)
    named = days.main.name if location is not None else None
    return Report(
        title=f"Visits {periods.when(shown)}",
        account=settings.account,
        location=named,
        period=shown,
        made_at=made_at,
        how_many=how_many(days, shown, settings.fiscal_year_start),
        trust=trust(
            days,
            shown,
            as_of=as_of,
            last_report=last_report,
            exclude_closed_hours=settings.exclude_closed_hours,
        ),
        panels=_panels(days, shown),
        which=which(days, shown),
        how_full=how_full(days, shown, named),
        year_over_year=year_over_year(days, shown, settings.fiscal_year_start),
        methods=METHODS,
    )


def _last_full_month(days: ReportDays) -> Period:
    """The last month that is over and has data. Without one: all days that there are; without any: last month."""
    this_month = (days.over + timedelta(days=1)).replace(day=1)
    found: list[tuple[date | None, date | None, date | None]] = days.connection.execute(
        "SELECT max(day) FILTER (day < ?), min(day), max(day) FROM report_day WHERE people IS NOT NULL",
        [this_month],
    ).fetchall()
    [(in_full_month, first, last)] = found
    if in_full_month:
        return periods.month_of(in_full_month)
    return Period(first, last) if first and last else periods.month_before(this_month)


def _panels(days: ReportDays, period: Period) -> tuple[Panel, ...]:
    lines, heats = daily_lines(days, period), heat_maps(days, period)
    nothing = tuple(map(missing_day, period.days))
    locations = days.locations if len(days.locations) > 1 else ()
    panels = []
    for subject in (days.main, *locations, *days.doors):
        key = subject.kind, subject.id
        if key not in lines and subject != days.main:
            continue  # it did not count yet, or no longer
        line, heat = lines.get(key, nothing), heats.get(key, NO_HEAT)
        panels.append(
            Panel(
                subject=subject.name,
                kind=subject.kind,
                days=line,
                normal=normal(subject, line, period),
                hours=heat,
                busiest=busiest_hours(heat),
                staff=staff(heat, period),
            )
        )
    return tuple(panels)
