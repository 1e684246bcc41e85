"""Counts as the judgement of `sensource check --deep` compares them, and the days and hours that it looks at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sensource_dagster.vea.windows import day_start

Row = Mapping[str, Any]
Measures = tuple[float, float]
"""Ins and outs."""
Counts = Mapping[tuple[str, datetime], Measures]
"""Those of each id and hour."""

HOUR_FIELD = "recordDate_hour_1"
HOUR = timedelta(hours=1)
_NEWEST_DAYS = 7


def counts_of(rows: Iterable[Row], id_field: str = "zoneId") -> Counts:
    """The counts of the rows that have a key."""
    keyed = ((key_of(row, id_field), row) for row in rows)
    return {key: measures_of(row) for key, row in keyed if key is not None}


def key_of(row: Row, id_field: str) -> tuple[str, datetime] | None:
    """The id and the hour of a row; None if it lacks one of them."""
    entity, hour = row.get(id_field), row.get(HOUR_FIELD)
    try:
        instant = datetime.fromisoformat(str(hour).replace("Z", "+00:00"))
    except ValueError:
        return None
    return (str(entity), instant) if entity and instant.tzinfo else None


def measures_of(row: Row) -> Measures:
    return _number(row.get("sumins")), _number(row.get("sumouts"))


def between(counts: Counts, start: datetime, end: datetime) -> Counts:
    return {(entity, hour): value for (entity, hour), value in counts.items() if start <= hour < end}


def sums_of_day(counts: Counts, day: date, zone: ZoneInfo) -> dict[str, Measures]:
    """The sum of each id over the hours of a day in a time zone."""
    sums: dict[str, Measures] = {}
    inside = between(counts, day_start(day, zone), day_start(day + timedelta(days=1), zone))
    for (entity, _), (ins, outs) in inside.items():
        before = sums.get(entity, (0, 0))
        sums[entity] = before[0] + ins, before[1] + outs
    return sums


def busy_day(counts: Counts, zone: ZoneInfo, first: date, last: date) -> date | None:
    """The busiest of the newest days with counts, of those that have 24 hours; None if there is no such day."""
    people: Counter[date] = Counter()
    for (_, hour), measures in counts.items():
        people[hour.astimezone(zone).date()] += int(sum(measures))
    usable = [day for day in people if first <= day <= last and people[day] > 0 and _has_24_hours(day, zone)]
    return max(sorted(usable)[-_NEWEST_DAYS:], key=people.__getitem__, default=None)


def busy_hour(counts: Counts, start: datetime, end: datetime) -> datetime | None:
    """The hour in [start, end) that is busiest together with the next one, both with counts."""
    people: Counter[datetime] = Counter()
    for (_, hour), measures in between(counts, start, end).items():
        people[hour] += int(sum(measures))
    busy = [hour for hour in people if min(people[hour], people[hour + HOUR]) > 0]
    return max(busy, key=lambda hour: min(people[hour], people[hour + HOUR]), default=None)


def _has_24_hours(day: date, zone: ZoneInfo) -> bool:
    return day_start(day + timedelta(days=1), zone) - day_start(day, zone) == 24 * HOUR


def _number(value: Any) -> float:
    try:
        return float(value or 0)
    except (TypeError, ValueError):
        return 0.0
