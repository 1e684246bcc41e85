"""Small tables about local time, so that no view needs the rules of time zones.

`local_zone` has the name of SENSOURCE_TIMEZONE. `utc_offset` is about the zones of locations whose hours differ
from those of SENSOURCE_TIMEZONE. `irregular_day` has the days that do not have 24 hours; its rows without a time
zone are about SENSOURCE_TIMEZONE.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import date, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import duckdb
import pandas as pd

from sensource_dagster.contract.frames import local_hours
from sensource_dagster.contract.model import DAY, Column, Type
from sensource_dagster.contract.tables import COUNTS

UTC_OFFSET = (
    Column("timezone", Type.VARCHAR, "IANA name of the zone"),
    Column("starts", Type.TIMESTAMPTZ, "From this instant on"),
    Column("ends", Type.TIMESTAMPTZ, "and before this one"),
    Column("minutes", Type.BIGINT, "local time is so far ahead of UTC", "minutes"),
)
IRREGULAR_DAY = (
    Column("timezone", Type.VARCHAR, "IANA name of the zone; null for the account's"),
    Column("day", Type.DATE, "The local day"),
    Column("hours", Type.BIGINT, "How many hours Vea has of it; never the first of two equal local hours"),
)

LOCAL_ZONE = "local_zone"
LOCAL_ZONE_COLUMNS = (Column("timezone", Type.VARCHAR, "IANA name of the zone"),)


def refresh_local_time(connection: duckdb.DuckDBPyConnection, zone: ZoneInfo) -> None:
    """Make the tables anew, in the schema in use, for the days and locations that there are."""
    hours = _hours(connection)
    of_account = local_hours(hours, zone)
    offsets, irregular = [], [_irregular(of_account).assign(timezone=None)]
    for name, own in _zones(connection).items():
        local = local_hours(hours, own)
        if not local.equals(of_account):
            offsets.append(_offsets(hours, local).assign(timezone=name))
            irregular.append(_irregular(local).assign(timezone=name))
    _write(connection, LOCAL_ZONE, LOCAL_ZONE_COLUMNS, [pd.DataFrame({"timezone": [zone.key]})])
    _write(connection, "utc_offset", UTC_OFFSET, offsets)
    _write(connection, "irregular_day", IRREGULAR_DAY, irregular)


def _hours(connection: duckdb.DuckDBPyConnection) -> pd.Series[pd.Timestamp]:
    """Every hour of the days that there are, and of a day before and after."""
    found = [
        days
        for table in COUNTS
        for days in connection.execute(f"SELECT min({DAY}), max({DAY}) FROM {table.name}").fetchall()
        if days[0]
    ]
    first = min((first for first, _ in found), default=date(2000, 1, 1)) - timedelta(days=2)
    last = max((last for _, last in found), default=date(2000, 1, 1)) + timedelta(days=2)
    return pd.Series(pd.date_range(first, last, freq="h", tz="UTC"))


def _zones(connection: duckdb.DuckDBPyConnection) -> dict[str, ZoneInfo]:
    names = connection.execute("SELECT DISTINCT timezone FROM location WHERE timezone <> '' ORDER BY 1").fetchall()
    zones = {}
    for (name,) in names:
        with suppress(
            ZoneInfoNotFoundError, ValueError, OSError
        ):  # Vea's text names no zone: the account's counts
            zones[name] = ZoneInfo(name)
    return zones


def _offsets(hours: pd.Series[pd.Timestamp], local: pd.Series[pd.Timestamp]) -> pd.DataFrame:
    minutes = (local - hours.dt.tz_localize(None)).dt.total_seconds() // 60
    starts = hours[minutes.diff() != 0]
    end = hours.iloc[-1] + pd.Timedelta(hours=1)
    return pd.DataFrame(
        {"starts": starts, "ends": starts.shift(-1, fill_value=end), "minutes": minutes[starts.index]}
    )


def _irregular(local: pd.Series[pd.Timestamp]) -> pd.DataFrame:
    hours = local.drop_duplicates().dt.normalize().value_counts().sort_index()
    whole = hours.iloc[1:-1]  # the first and the last are cut
    irregular = whole[whole != 24]
    return pd.DataFrame({"day": irregular.index, "hours": irregular.to_numpy()})


def _write(
    connection: duckdb.DuckDBPyConnection, table: str, columns: tuple[Column, ...], frames: list[pd.DataFrame]
) -> None:
    definitions = ", ".join(f"{column.name} {column.type.value}" for column in columns)
    connection.execute(f"CREATE OR REPLACE TABLE {table} ({definitions})")
    names = ", ".join(column.name for column in columns)
    for frame in frames:
        connection.register("made", frame)
        connection.execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM made")
        connection.unregister("made")
