"""Rows as Vea sends them, and a warehouse to put them into, for the tests of the merge."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pandas as pd
import pytest

from sensource_dagster.config.warehouse_place import WarehousePlace
from sensource_dagster.contract.frames import counts_frame, list_frame
from sensource_dagster.contract.model import Table
from sensource_dagster.contract.tables import TABLES
from sensource_dagster.warehouse.merge import MergeResult, merge
from sensource_dagster.warehouse.sql import full_schema, is_lake
from sensource_dagster.warehouse.warehouse_of import warehouse_of
from sensource_dagster_tests.lakes import LAKE_PARAMETER

Row = dict[str, Any]
FIRST = datetime(2026, 1, 1, tzinfo=timezone.utc)
"""When the first response is merged. Each later one is merged an hour after the one before."""
KEEP = timedelta(days=30)  # of corrections
_NOT_IN_A_LAKE = re.compile(
    "DuckLake does not support|not supported in DuckLake|cannot be modified using an expression|SET NOT NULL"
    "|only widening type promotions|Adding columns with constraints"
)
# DuckDB names a database after its file. In the second file our schema's name alone is ambiguous.
in_both_files_and_a_lake = pytest.mark.parametrize(
    "store", ["w.duckdb", "sensource.duckdb", LAKE_PARAMETER], indirect=True
)
in_a_file = pytest.mark.parametrize("store", ["w.duckdb"], indirect=True)


def instant(number: int) -> datetime:
    """`number` hours into December 2025."""
    return datetime(2025, 12, 1, tzinfo=timezone.utc) + timedelta(hours=number)


def hour(number: int) -> str:
    return instant(number).strftime("%Y-%m-%dT%H:00:00.000Z")


def count(zone: str = "z1", at: int = 0, ins: Any = 1, outs: Any = 2, **fields: Any) -> Row:
    """A row of traffic, `at` hours into December 2025."""
    return {
        "recordDate_hour_1": hour(at),
        "zoneId": zone,
        "name": "Door",
        "sumins": ins,
        "sumouts": outs,
        **fields,
    }


def frame_of(table: Table, *rows: Row, zone: str = "UTC") -> pd.DataFrame:
    """The frame of one response with these counts."""
    start = datetime(2025, 1, 1, tzinfo=timezone.utc)
    return counts_frame(table, rows, start, start.replace(year=2027), ZoneInfo(zone)).frame


class Store:
    """A warehouse, and responses that are merged into it at known times."""

    def __init__(self, place: WarehousePlace, wait_seconds: float = 5) -> None:
        self.place = place
        self.warehouse = warehouse_of(place, wait_seconds)
        self.merges = 0

    @property
    def path(self) -> Path:
        """The file that the warehouse is."""
        assert isinstance(self.place, Path)
        return self.place

    def put(
        self, *rows: Row, table: str = "traffic", window: tuple[int, int] | None = None, zone: str = "UTC"
    ) -> MergeResult:
        """Merge a response. `window` says of which hours into December 2025 it has every row."""
        contract = TABLES[table]
        if contract.is_list:
            frame, _ = list_frame(contract, rows)
        else:
            frame = frame_of(contract, *rows, zone=zone)
        self.merges += 1
        with self.warehouse.open() as connection:
            return merge(
                *(connection, contract, frame, FIRST + timedelta(hours=self.merges - 1), KEEP, ZoneInfo(zone)),
                window=window and (instant(window[0]), instant(window[1])),
            )

    def reading(self) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        return self.warehouse.open(read_only=True)

    def put_and_count(self, *rows: Row) -> tuple[int, int, int]:
        """Put these rows. Returns how many rows of traffic were inserted, changed and unchanged."""
        days = self.put(*rows).days.values()
        changed = sum(d.corrected + d.updated for d in days)
        return (sum(d.inserted for d in days), changed, sum(d.unchanged for d in days))

    def sql(self, *statements: str) -> list[tuple[Any, ...]]:
        """The rows of the last statement. `{s}` in a statement stands for our schema."""
        found: list[tuple[Any, ...]] = []
        with self.warehouse.open() as connection:
            for statement in statements:
                found = _executed(connection, statement.replace("{s}", full_schema(connection)))
        return found

    def rows(self, table: str = "traffic") -> list[dict[str, Any]]:
        with self.warehouse.open() as connection:
            return table_rows(connection, table)

    def types(self, table: str = "traffic") -> dict[str, str]:
        return dict(self.sql(f"SELECT column_name, column_type FROM (DESCRIBE {{s}}.{table})"))


def _executed(connection: duckdb.DuckDBPyConnection, statement: str) -> list[tuple[Any, ...]]:
    """Its rows. A test of what a user may do to a table is skipped on a lake that does not let him."""
    try:
        return connection.execute(statement).fetchall()
    except duckdb.Error as error:
        if is_lake(connection) and _NOT_IN_A_LAKE.search(str(error)):
            pytest.skip(f"{statement}: {error}")
        raise


def table_rows(connection: duckdb.DuckDBPyConnection, table: str) -> list[dict[str, Any]]:
    keys = ", ".join(TABLES[table].key)
    found = connection.execute(f"SELECT * FROM {full_schema(connection)}.{table} ORDER BY {keys}")
    names = [column[0] for column in found.description or []]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def column(rows: Iterable[dict[str, Any]], name: str) -> list[Any]:
    return [row[name] for row in rows]
