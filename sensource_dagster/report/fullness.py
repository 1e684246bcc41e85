"""Section 6: how full?"""

from __future__ import annotations

from sensource_dagster.contract.plurals import counted
from sensource_dagster.report import periods
from sensource_dagster.report.content import Fullness, HowFull
from sensource_dagster.report.counts_of_period import Period
from sensource_dagster.report.report_days import ReportDays


def how_full(days: ReportDays, period: Period, location: str | None) -> HowFull:
    """Each space that was ever counted, the fullest first. Peaks of several spaces are not added.

    Args:
        location: the one location to look at; None for all.
    """
    rows = days.connection.execute(
        f"""SELECT space, location, nullif(capacity, 0) AS capacity, max(peak) FILTER (shown) AS most,
            min(local_hour) FILTER (shown AND is_peak), avg(average) FILTER (shown),
            CASE WHEN nullif(capacity, 0) IS NOT NULL THEN count(*) FILTER (shown AND peak > capacity) END,
            count(*) FILTER (shown)
        FROM (
            SELECT *, day BETWEEN $first AND $last AS shown,
                peak = max(CASE WHEN shown THEN peak END) OVER (PARTITION BY space_id) AS is_peak
            FROM {days.schema}.occupancy_hourly WHERE $location IS NULL OR location = $location
        )
        GROUP BY space_id, space, location, capacity
        ORDER BY most / nullif(capacity, 0) DESC NULLS LAST, most DESC NULLS LAST, space""",
        {"first": period.first, "last": period.last, "location": location},
    ).fetchall()
    spaces = tuple(Fullness(*row) for row in rows)
    return HowFull(_sentence(spaces, period), period, spaces)


def _sentence(spaces: tuple[Fullness, ...], period: Period) -> str:
    if not spaces:
        return "No occupancy was ever counted: there is no space, or its sensor sends none."
    space = spaces[0]
    if space.peak is None or space.peak_at is None:
        return f"No occupancy was counted {periods.when(period)}."
    at = f"on {space.peak_at:%Y-%m-%d} from {space.peak_at:%H:%M} on"
    named = (
        f"{space.space} was the fullest of {len(spaces):,} spaces"
        if len(spaces) > 1
        else f"{space.space} was full"
    )
    if space.capacity is None:
        most = "the fullest space" if len(spaces) > 1 else "at its fullest"
        return (
            f"{space.space} was {most} {at}, with {counted(space.peak, 'person', 'people')}; "
            "Vea has no capacity of it."
        )
    if len(spaces) == 1:
        named = f"{space.space} was at its fullest"
    over = counted(space.hours_over or 0, "hour")
    return (
        f"{named} {at}, with {space.peak:,} of {space.capacity:,} people, and above its capacity in "
        f"{over if space.hours_over else 'no hour'} {periods.when(period)}."
    )
