"""The rows of a response, made from the rows of an account: the requested fields, by hour or by day."""

from collections.abc import Iterable
from datetime import datetime
from statistics import fmean
from typing import Any
from zoneinfo import ZoneInfo

from sensource_dagster.simulator.bounds import EASTERN, Query
from sensource_dagster.simulator.hourly_rows import HOUR_FIELD, ID_FIELDS, NOISE, CountName, stamp_of
from sensource_dagster.simulator.simulated_account import Row

DAY_FIELD = "recordDate_day_1"


def response_rows(name: CountName, rows: list[Row], query: Query) -> list[Row]:
    """Return the rows of a response, with the field order of recorded responses.

    Occupancy rows have sumins and sumouts even if the request does not name them (clients in production).
    """
    extra = {"sumins", "sumouts", "recordError"} if name == "occupancy" else set()
    wanted = {HOUR_FIELD, ID_FIELDS[name], "name", *query.fields, *extra}
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
    return _by_day(name, picked) if query.by_day else picked


def _without_noise(row: Row) -> Row:
    """A closed hour is a row of zeros."""
    noise = row.get(NOISE, 0)
    return {field: value - noise if field in {"sumins", "sumouts"} else value for field, value in row.items()}


def _part(field: str, value: Any, share: float) -> Any:
    return int(value * share) if share < 1 and field.startswith(("sum", "max")) else value


def _by_day(name: CountName, rows: Iterable[Row]) -> list[Row]:
    """Sum hours up into US Eastern days. For this reason clients must not request days."""
    days: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        days.setdefault((_eastern_day(row[HOUR_FIELD]), row[ID_FIELDS[name]]), []).append(row)
    return [
        {
            (DAY_FIELD if field == HOUR_FIELD else field): (
                day if field == HOUR_FIELD else _combine(field, [row[field] for row in group if field in row])
            )
            for field in group[0]
        }
        for (day, _), group in sorted(days.items())
    ]


def _eastern_day(stamp: str) -> str:
    local = datetime.fromisoformat(stamp.replace("Z", "+00:00")).astimezone(EASTERN)
    midnight = datetime(local.year, local.month, local.day, tzinfo=EASTERN)
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
