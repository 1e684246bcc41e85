"""Section 4: when to staff?"""

from __future__ import annotations

import calendar
from collections.abc import Mapping, Sequence

from sensource_dagster.report import periods
from sensource_dagster.report.content import HeatCell
from sensource_dagster.report.counts_of_period import Period
from sensource_dagster.report.report_days import EVERYTHING, ReportDays

Heat = tuple[tuple[HeatCell, ...], ...]
NO_HEAT: Heat = tuple(tuple(HeatCell(None, 0) for _ in range(24)) for _ in range(7))


def heat_maps(days: ReportDays, period: Period) -> Mapping[tuple[str, str], Heat]:
    """The mean of each hour of a weekday, by kind and id of the subject.

    That of a location is the sum of its doors' means, so a missing hour of one door does not lower it.
    """
    rows = days.connection.execute(
        f"""WITH door AS (
            SELECT d.zone_id, d.counts_visits, l.subject_id AS location_id
            FROM report_door d
            LEFT JOIN (SELECT DISTINCT subject_id, subject FROM report_day WHERE kind = 'location') l
                ON l.subject = d.location
        ),
        mean AS (
            SELECT zone_id, weekday, hour, avg(ins) AS people, count(ins) AS hours
            FROM {days.schema}.traffic_hourly WHERE day BETWEEN $first AND $last GROUP BY ALL
        ),
        visits AS (SELECT * FROM mean JOIN door USING (zone_id) WHERE counts_visits)
        SELECT 'door', zone_id, weekday, hour, people, hours FROM mean JOIN door USING (zone_id)
        UNION ALL
        SELECT 'location', location_id, weekday, hour, sum(people), sum(hours)::BIGINT FROM visits GROUP BY ALL
        UNION ALL
        SELECT $all, '', weekday, hour, sum(people), sum(hours)::BIGINT FROM visits GROUP BY ALL""",
        {"first": period.first, "last": period.last, "all": EVERYTHING.kind},
    ).fetchall()
    made: dict[tuple[str, str], list[list[HeatCell]]] = {}
    for kind, name, weekday, hour, people, hours in rows:
        heat = made.setdefault((kind, name), [list(row) for row in NO_HEAT])
        heat[weekday - 1][hour] = HeatCell(people, hours)
    return {subject: tuple(tuple(row) for row in heat) for subject, heat in made.items()}


def busiest_hours(heat: Heat) -> tuple[int | None, ...]:
    """The hour of each weekday with the most people; the first of equal ones; None where nobody came."""
    return tuple(
        max(range(24), key=lambda hour: row[hour].people or 0) if _somebody(row) else None for row in heat
    )


def staff(heat: Heat, period: Period) -> str:
    """Section 4 of one panel in one sentence."""
    busiest = [
        (heat[weekday][hour].people or 0, -weekday, hour)
        for weekday, hour in enumerate(busiest_hours(heat))
        if hour is not None
    ]
    if not busiest:
        return f"Nobody was counted {periods.when(period)}, so no hour is the busiest."
    people, weekday, hour = max(busiest)
    mean = f"{people:,.0f}" if people >= 10 else f"{people:,.1f}"
    return (
        f"The busiest hour of the week was {calendar.day_name[-weekday]} from {hour:02d}:00 to {hour + 1:02d}:00, "
        f"in which {mean} people entered on average."
    )


def _somebody(row: Sequence[HeatCell]) -> bool:
    return any(cell.people for cell in row)
