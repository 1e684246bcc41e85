"""Compares the rules of time zones by which days are made with those of DuckDB, for `sensource check`."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import date, timedelta
from importlib.metadata import version
from zoneinfo import ZoneInfo

import duckdb
import pandas as pd

from sensource_dagster.config import parsers
from sensource_dagster.contract.frames import local_hours
from sensource_dagster.vea.windows import day_start
from sensource_dagster.warehouse.sql import full_schema

RULES = f"tzdata {version('tzdata')}"


def zones_of_locations(connection: duckdb.DuckDBPyConnection) -> list[ZoneInfo]:
    """The zones that the table of locations names, if it is there."""
    try:
        found = connection.execute(
            f"SELECT DISTINCT timezone FROM {full_schema(connection)}.location WHERE timezone <> '' ORDER BY 1"
        ).fetchall()
    except (duckdb.CatalogException, duckdb.BinderException):  # no such table, or no such column yet
        return []
    zones = []
    for (name,) in found:
        with suppress(ValueError):  # Vea's text names no zone
            zones.append(parsers.time_zone(name))
    return zones


def differences(zones: Iterable[ZoneInfo], first: date, last: date) -> list[str]:
    """A line for each zone whose rules in DuckDB are others, with the first day of the days first to last."""
    with duckdb.connect() as memory:
        memory.execute("SET TimeZone = 'UTC'")
        return [line for zone in zones for line in _difference(memory, zone, first, last)]


def _difference(memory: duckdb.DuckDBPyConnection, zone: ZoneInfo, first: date, last: date) -> list[str]:
    start, end = day_start(first, zone), day_start(last + timedelta(days=1), zone)
    hours = pd.Series(pd.date_range(start, end, freq="h", inclusive="left"))
    memory.register("hours", pd.DataFrame({"hour": hours, "local": local_hours(hours, zone)}))
    query = "SELECT local, hour AT TIME ZONE ? AS other FROM hours WHERE local <> other ORDER BY hour LIMIT 1"
    try:
        found = memory.execute(query, [zone.key]).fetchall()
    except duckdb.Error:
        return [f"DuckDB does not know the zone {zone.key}. {_ADVICE}"]
    return [
        f"In {zone.key}, {local:%Y-%m-%d} is the first day that differs: its {local:%H:%M} is "
        f"{other:%Y-%m-%d %H:%M} in DuckDB. {_ADVICE}"
        for local, other in found
    ]


_ADVICE = (
    "In your own queries use record_date and record_hour, not AT TIME ZONE. If DuckDB has the newer rules, update "
    "tzdata, then run `sensource rezone`."
)
