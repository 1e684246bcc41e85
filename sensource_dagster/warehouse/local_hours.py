"""Fills the column `record_hour` of rows that were written before the contract had it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from zoneinfo import ZoneInfo

import duckdb
import pandas as pd

from sensource_dagster.contract.frames import local_hours
from sensource_dagster.contract.model import HOUR, LOCAL_HOUR


def fill_local_hours(connection: duckdb.DuckDBPyConnection, table: str, zone: ZoneInfo) -> None:
    """Give every row of a table (its quoted name) its local hour, by the same rules as a new row."""
    with local_hours_of(connection, table, zone):
        connection.execute(
            f"UPDATE {table} t SET {LOCAL_HOUR} = l.local FROM local_hours l WHERE epoch_us(t.{HOUR}) = l.hour"
        )


@contextmanager
def local_hours_of(connection: duckdb.DuckDBPyConnection, table: str, zone: ZoneInfo) -> Iterator[None]:
    """Within the block there is a relation `local_hours`: each instant (`hour`, in microseconds) and its `local`.

    Python makes it, because DuckDB may have other rules of time zones.
    """
    found = connection.execute(
        f"SELECT DISTINCT epoch_us({HOUR}) FROM {table} WHERE {HOUR} IS NOT NULL"
    ).fetchall()
    hours = pd.Series([microseconds for (microseconds,) in found], dtype="int64")
    local = local_hours(pd.to_datetime(hours, unit="us", utc=True), zone)
    connection.register("local_hours", pd.DataFrame({"hour": hours, "local": local}))
    yield
    connection.unregister("local_hours")
