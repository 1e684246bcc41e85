"""Up to which day everything was read when it could no longer change.

A day is settled once it was read SENSOURCE_LOOKBACK_DAYS days after it began, or later. The nightly schedule
remembers up to which day that is so. A higher lookback does not unsettle these days: they are not read again.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta

from dagster import DagsterInstance

from sensource_dagster.config.settings import Settings
from sensource_dagster.vea.windows import day_start

_CURSOR = "settled"
_DAY = timedelta(days=1)
_HOUR = 3600.0


def early_days(
    instance: DagsterInstance, settings: Settings, read_at: Mapping[date, float], before: date
) -> set[date]:
    """The days before `before` that were last read when they could still change.

    Such days come from a backfill up to the day it ran on, or from a downtime.
    """
    settled = _settled_before(instance, settings)

    def can_have_changed(day: date) -> bool:
        settles = day_start(day + timedelta(days=settings.lookback_days), settings.timezone)
        if read_at[day] >= settles.timestamp():
            return False
        return day >= settled if settled else not _looks_settled(day, read_at, settings)

    return {day for day in read_at if day < before and can_have_changed(day)}


def remember_settled(instance: DagsterInstance, settings: Settings, early: Collection[date], before: date) -> None:
    """Remember that all days before `before` and before the first early one are settled.

    Those among them that were never read are old by now: they are settled as soon as they are read.
    """
    today = datetime.now(settings.timezone).date()  # a tick can be tested in the UI for any time
    first = min({before, today - timedelta(days=settings.lookback_days), *early})
    settled = _settled_before(instance, settings)
    if settled is None or settled < first:
        said = json.dumps({"zone": settings.timezone.key, "before": str(first)})
        instance.daemon_cursor_storage.set_cursor_values({_cursor(settings): said})


def _cursor(settings: Settings) -> str:
    return f"{settings.prefix}/{_CURSOR}"


def _settled_before(instance: DagsterInstance, settings: Settings) -> date | None:
    """None before the first nightly tick, and where days were those of another time zone."""
    cursor = _cursor(settings)
    said = instance.daemon_cursor_storage.get_cursor_values({cursor}).get(cursor)
    values = json.loads(said) if said else {}
    return date.fromisoformat(values["before"]) if values.get("zone") == settings.timezone.key else None


def _looks_settled(day: date, read_at: Mapping[date, float], settings: Settings) -> bool:
    """Whether the history shows a smaller lookback, of a time when nothing was remembered.

    The nightly run then left one day behind each night, so that neighbours were last read a day apart. After a
    downtime they were last read by the same run. Hourly runs leave days behind too, but younger ones.
    """
    if read_at[day] < day_start(day + 2 * _DAY, settings.timezone).timestamp():
        return False
    apart = (abs(read_at[day] - read_at[other]) for other in (day - _DAY, day + _DAY) if other in read_at)
    return any(22 * _HOUR <= seconds <= 26 * _HOUR for seconds in apart)
