"""The rows of a response, made from the rows of an account: the requested fields, by hour or by day."""

from collections.abc import Iterable
from datetime import datetime
from statistics import fmean
from typing import Any
from zoneinfo import ZoneInfo

from sensource_dagster.simulator.bounds import Query
from sensource_dagster.simulator.hourly_rows import HOUR_FIELD, ID_FIELDS, NOISE, CountName, stamp_of
from sensource_dagster.simulator.location_rows import LOCATION_ID
from sensource_dagster.simulator.simulated_account import Row

DAY_FIELD = "recordDate_day_1"


def response_rows(name: CountName, rows: list[Row], query: Query, day_zone: ZoneInfo) -> list[Row]:
    """Return the rows of a response, with the field order of recorded responses.

    Groups of days are those of `day_zone`. Occupancy rows have sumins and sumouts even if the request does not
    name them (clients in production).
    """
    extra = {"sumins", "sumouts", "recordError"} if name == "occupancy" else set()
    id_field = LOCATION_ID if query.by_location else ID_FIELDS[name]
    wanted = {HOUR_FIELD, id_field, "name", *query.fields, *extra}
    if query.without_closed_hours:
        rows = [_without_noise(row) for row in rows]
    shares = {stamp_of(hour): share for hour, share in query.cut.items()}
    picked = [
        {
            field: _part(field, value, shares.get(row[HOUR_FIELD], 1))
            for field, value in row.items()
            if field in wanted
        }
        for row in rows
    ]
    return _by_day(id_field, picked, day_zone) if query.by_day else picked


def _without_noise(row: Row) -> Row:
    """A closed hour is a row of zeros."""
    noise = row.get(NOISE, 0)
    return {field: value - noise if field in {"sumins", "sumouts"} else value for field, value in row.items()}


def _part(field: str, value: Any, share: float) -> Any:
    return int(value * share) if share < 1 and field.startswith(("sum", "max")) else value


def _by_day(id_field: str, rows: Iterable[Row], zone: ZoneInfo) -> list[Row]:
    """Sum hours up into days, usually US Eastern ones. For this reason clients must not request days."""
    days: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        days.setdefault((_day_start(row[HOUR_FIELD], zone), row[id_field]), []).append(row)
    return [
        {
            (DAY_FIELD if field == HOUR_FIELD else field): (
                day if field == HOUR_FIELD else _combine(field, [row[field] for row in group if field in row])
            )
            for field in group[0]
        }
        for (day, _), group in sorted(days.items())
    ]


def _day_start(stamp: str, zone: ZoneInfo) -> str:
    local = datetime.fromisoformat(stamp.replace("Z", "+00:00")).astimezone(zone)
    midnight = datetime(local.year, local.month, local.day, tzinfo=zone)
    return f"{midnight.astimezone(ZoneInfo('UTC')):%Y-%m-%dT%H}:00:00.000Z"


def _combine(field: str, values: list[Any]) -> Any:
    if field.startswith("sum"):
        return sum(values)
    if field == "maxoccupancy":
        return max(values)
    if field == "minoccupancy":
        return min(values)
    if field == "avgoccupancy":
        return str(round(fmean(map(float, values)), 1))
    return values[0]
