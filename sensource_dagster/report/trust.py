"""Section 2: can I trust it?"""

from __future__ import annotations

from datetime import datetime

from sensource_dagster.contract.plurals import counted
from sensource_dagster.report import periods
from sensource_dagster.report.content import MissingDays, MovedFigure, Trust, UnusualDoor
from sensource_dagster.report.counts_of_period import Period
from sensource_dagster.report.report_days import ReportDays
from sensource_dagster.report.wording import listed

_CLOSED_HOURS = {
    True: "People who pass a door while the location is closed are not counted.",
    False: "People who pass a door while the location is closed are counted, too.",
    None: "Vea decides whether people count who pass a door while the location is closed: "
    "SENSOURCE_EXCLUDE_CLOSED_HOURS is not set.",
}


def trust(
    days: ReportDays,
    period: Period,
    *,
    as_of: datetime,
    last_report: datetime | None,
    exclude_closed_hours: bool | None,
) -> Trust:
    """What is missing in the period, what is unusual now, and what corrections moved since the last report."""
    missing, unusual, moved = _missing(days, period), _unusual(days), _moved(days, last_report)
    [(newest_hour,)] = days.connection.execute(
        f"""SELECT max(local_hour) FROM {days.schema}.traffic_hourly
        WHERE zone_id IN (SELECT zone_id FROM report_door)"""
    ).fetchall()
    return Trust(
        sentence=_sentence(days, period, unusual, moved, first_report=last_report is None),
        shows=period,
        missing=missing,
        unusual=unusual,
        moved=moved,
        corrected_since=last_report,
        newest_hour=newest_hour,
        as_of=as_of,
        closed_hours=_CLOSED_HOURS[exclude_closed_hours],
    )


def _missing(days: ReportDays, period: Period) -> tuple[MissingDays, ...]:
    rows = days.connection.execute(
        """SELECT subject, location, min(day), max(day), count(*) FILTER (hours_counted = 0),
            CAST(sum(hours_expected - hours_counted) AS BIGINT) AS hours
        FROM report_day WHERE kind = 'door' AND NOT complete AND day BETWEEN ? AND ?
        GROUP BY subject_id, subject, location ORDER BY hours DESC, subject""",
        [period.first, min(period.last, days.over)],
    ).fetchall()
    return tuple(MissingDays(*row) for row in rows)


def _unusual(days: ReportDays) -> tuple[UnusualDoor, ...]:
    rows = days.connection.execute(
        f"""SELECT d.door, d.location, n.since, n.people, n.expected
        FROM {days.schema}.door_unusual_now n
        JOIN report_door d USING (zone_id)
        ORDER BY n.since, d.door, n.is_above"""
    ).fetchall()
    return tuple(UnusualDoor(*row) for row in rows)


def _moved(days: ReportDays, since: datetime | None) -> tuple[MovedFigure, ...]:
    rows = days.connection.execute(
        f"""WITH corrected AS (
            SELECT d.location, CAST(date_trunc('month', c.day) AS DATE) AS month,
                count(DISTINCT (zone_id, c.record_date_hour_1)) AS hours, CAST(sum(c.moved) AS BIGINT) AS moved
            FROM {days.schema}.visits_corrected c
            JOIN report_door d USING (zone_id)
            WHERE $since IS NULL OR c.seen_at > $since
            GROUP BY ALL
        ),
        visits AS (
            SELECT subject AS location, CAST(date_trunc('month', day) AS DATE) AS month,
                CAST(sum(people) AS BIGINT) AS people
            FROM report_day WHERE kind = 'location' GROUP BY ALL
        )
        SELECT location, month, hours, people - moved, people
        FROM corrected JOIN visits USING (location, month) ORDER BY month DESC, location""",
        {"since": since},
    ).fetchall()
    return tuple(MovedFigure(*row) for row in rows)


def _sentence(
    days: ReportDays,
    period: Period,
    unusual: tuple[UnusualDoor, ...],
    moved: tuple[MovedFigure, ...],
    *,
    first_report: bool,
) -> str:
    whole = sum(days.count(door, period).whole for door in days.doors)
    expected = sum(days.count(door, period).expected for door in days.doors)
    if not expected:
        return f"There is nothing to trust: no door was expected to count {periods.when(period)}."
    of_days = f"{whole:,} of {counted(expected, 'door day')}" if whole < expected else "all door days"
    doors = listed([door.door for door in unusual])
    now = f"{counted(len(unusual), 'door')} is unusual now ({doors})"
    if len(unusual) != 1:
        now = f"{counted(len(unusual), 'door')} are unusual now ({doors})" if unusual else "no door is unusual now"
    since = "up to now" if first_report else "since the last report"
    figures = (
        f"corrections moved {counted(len(moved), 'figure')} {since}" if moved else f"nothing was corrected {since}"
    )
    return f"Of {of_days} {periods.when(period)} every hour is there, {now}, and {figures}."
