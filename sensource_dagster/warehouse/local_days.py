"""Gives the rows that are there the local days and hours of another time zone, or of newer rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from sensource_dagster.contract.model import DAY, HOUR, LOCAL_HOUR, Table
from sensource_dagster.contract.response import Window
from sensource_dagster.contract.tables import COUNTS, DERIVED
from sensource_dagster.warehouse.local_hours import local_hours_of
from sensource_dagster.warehouse.schema import Target, complete
from sensource_dagster.warehouse.sql import identifier, tables_of
from sensource_dagster.warehouse.transaction import transaction

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_SHIFTED = f"t.{DAY} IS DISTINCT FROM l.local::DATE"


@dataclass(frozen=True)
class Moves:
    """What another zone moves in one table.

    Attributes:
        rows: how many rows change their day, by the day before and the day after.
        hours: how many rows change their local hour.
        windows: from which instant to which each day lasted when its rows were written. A day that has no row, or
            whose rows do not say it, is left out.
    """

    table: Table
    rows: Mapping[tuple[date | None, date], int]
    hours: int
    windows: Mapping[date, Window]

    @property
    def days(self) -> Sequence[date]:
        """The days that lose or get rows."""
        return sorted({day for both in self.rows for day in both if day})

    def into(self, day: date) -> int:
        return sum(rows for (_, after), rows in self.rows.items() if after == day)

    def out_of(self, day: date) -> int:
        return sum(rows for (before, _), rows in self.rows.items() if before == day)

    def __bool__(self) -> bool:
        return bool(self.rows or self.hours)


def planned(connection: duckdb.DuckDBPyConnection, zone: ZoneInfo) -> list[Moves]:
    """What `rezoned` would move, of each table that is there."""
    there = tables_of(connection)
    tables = [table for table in (*COUNTS, *DERIVED) if table.name in there]
    return [_moves(Target.of(connection, table), zone) for table in tables]


@contextmanager
def rezoned(connection: duckdb.DuckDBPyConnection, zone: ZoneInfo) -> Iterator[list[Moves]]:
    """Set the local day and hour of each row, in one transaction, which ends with the block; what moved.

    Raises:
        WarehouseError: nothing was changed.
    """
    with transaction(connection, "The days cannot be moved: ", "Nothing was changed."):
        moves = planned(connection, zone)
        for target in (Target.of(connection, moved.table) for moved in moves if moved):
            if target.table in COUNTS:
                complete(target, zone)
            _write(target, zone)
        yield moves


def numbers(connection: duckdb.DuckDBPyConnection, moves: Moves) -> dict[date, dict[str, Any]]:
    """The measures, rows and entities of each day that lost or got rows, as its event reports them."""
    table, target = moves.table, Target.of(connection, moves.table)
    columns = target.columns()
    measures = {
        c.measure.name: f"{c.measure.aggregate}({c.name})"
        for c in table.columns
        if c.measure and c.name in columns
    }
    wanted = {**measures, "rows": "count(*)", f"{table.entity}s": f"count(DISTINCT {identifier(table.key[0])})"}
    found = connection.execute(
        f"SELECT {DAY}, {', '.join(wanted.values())} FROM {target.name} GROUP BY 1"
    ).fetchall()
    of_day = {day: dict(zip(wanted, values, strict=True)) for day, *values in found}
    return {day: of_day.get(day, {"rows": 0, f"{table.entity}s": 0}) for day in moves.days}


def _moves(target: Target, zone: ZoneInfo) -> Moves:
    has_hour = LOCAL_HOUR in target.columns()
    with local_hours_of(target.connection, target.name, zone):
        joined = f"FROM {target.name} t JOIN local_hours l ON epoch_us(t.{HOUR}) = l.hour"
        rows = target.connection.execute(
            f"SELECT t.{DAY}, l.local::DATE, count(*) {joined} WHERE {_SHIFTED} GROUP BY ALL ORDER BY ALL"
        ).fetchall()
        hours = 0
        if has_hour:
            [(hours,)] = target.connection.execute(
                f"SELECT count(*) {joined} WHERE t.{LOCAL_HOUR} IS DISTINCT FROM l.local"
            ).fetchall()
    windows = _windows(target) if has_hour else {}
    return Moves(target.table, {(before, after): count for before, after, count in rows}, hours, windows)


def _windows(target: Target) -> dict[date, Window]:
    """The local hour that a row has says by which offset its day was made."""
    offset = f"epoch_us({LOCAL_HOUR}) - epoch_us({HOUR})"
    found = target.connection.execute(
        f"SELECT {DAY}, arg_min({offset}, {HOUR}), arg_max({offset}, {HOUR}) FROM {target.name} "
        f"WHERE {LOCAL_HOUR}::DATE = {DAY} GROUP BY 1 ORDER BY 1"
    ).fetchall()
    return {day: (_midnight(day, first), _midnight(day + timedelta(days=1), last)) for day, first, last in found}


def _midnight(day: date, offset: int) -> datetime:
    return _EPOCH + (day - _EPOCH.date()) - timedelta(microseconds=offset)


def _write(target: Target, zone: ZoneInfo) -> None:
    changes, written = [_SHIFTED], [f"{DAY} = l.local::DATE"]
    if LOCAL_HOUR in target.columns():
        changes.append(f"t.{LOCAL_HOUR} IS DISTINCT FROM l.local")
        written.append(f"{LOCAL_HOUR} = l.local")
    with local_hours_of(target.connection, target.name, zone):
        target.connection.execute(
            f"UPDATE {target.name} t SET {', '.join(written)} FROM local_hours l "
            f"WHERE epoch_us(t.{HOUR}) = l.hour AND ({' OR '.join(changes)})"
        )
