"""Merges a frame into its table: rows by key, columns by name, in one transaction.

Rows and columns that the frame does not have stay as they are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pandas as pd

from sensource_dagster.contract.model import DAY, DELETED, HOUR, MESSAGES, SYNCED_AT, Table, Type
from sensource_dagster.errors import WarehouseError
from sensource_dagster.warehouse import corrections, delisted
from sensource_dagster.warehouse.schema import Target, fit, type_of_values
from sensource_dagster.warehouse.sql import as_json, identifier, identifiers

_UTC = ZoneInfo("UTC")


@dataclass(frozen=True)
class RowCounts:
    """How many rows of a frame the merge inserted, changed or left, and the measures over these rows.

    Attributes:
        inserted: rows that are new in the table.
        grown: rows of the last 24 hours that changed and whose hour was still running when they were last written.
        corrected: all other rows that changed.
        unchanged: rows that did not change.
        entities: distinct zones, spaces ... among the rows.
        measures: the values by `Measure.name`. A measure is None if all its values are null.
    """

    inserted: int
    grown: int
    corrected: int
    unchanged: int
    entities: int
    measures: Mapping[str, float | None]

    @property
    def rows(self) -> int:
        return self.inserted + self.grown + self.corrected + self.unchanged


@dataclass(frozen=True)
class MergeResult:
    """The outcome of one merge.

    Attributes:
        days: the row counts of each day; of a list they are under the key None.
        deleted: how many rows of a list were marked as deleted, because the API no longer lists them.
        changes: a line for each column that was added or widened for a field that the contract does not name, and
            one for the rows of a list that were not marked as deleted because Vea sent messages.
    """

    days: Mapping[date | None, RowCounts]
    deleted: int
    changes: list[str]


def merge(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    frame: pd.DataFrame,
    synced_at: datetime,
    keep_corrections: timedelta,
    zone: ZoneInfo = _UTC,
) -> MergeResult:
    """Write the new and the changed rows. Afterwards the table has every row of the frame with its values.

    Args:
        frame: columns by name, with at most one row per key. For a list, the frame has all its rows, and in its
            `attrs` the messages that Vea sent with them.
        synced_at: the new `_synced_at` of the rows that are written. Other rows keep theirs.
        keep_corrections: how long `sensource.corrections` keeps the values that a merge of counts corrects.
        zone: whose local hours rows get that were written before the contract had the column.

    Raises:
        WarehouseError: nothing was written.
    """
    with _transaction(connection, table):
        target = Target.of(connection, table)
        types, changes = fit(target, frame, zone)
        if not table.is_list:
            corrections.create(target)
        if table.is_list and frame.empty:
            delisted.raise_if_empty(target)
        _stage(target, frame, types, synced_at)
        days = _count_rows(target, set(types))
        if not table.is_list and any(row_counts.corrected for row_counts in days.values()):
            corrections.record(target, types, synced_at, keep_corrections)
        deleted, kept = (
            delisted.mark(target, synced_at, frame.attrs.get(MESSAGES, "")) if table.is_list else (0, [])
        )
        _write(target, list(types), synced_at, days.values())
        connection.execute("DROP VIEW temp.main.incoming")
        connection.unregister("frame")
    return MergeResult(days, deleted, [*changes, *kept])


@contextmanager
def _transaction(connection: duckdb.DuckDBPyConnection, table: Table) -> Iterator[None]:
    connection.execute("BEGIN TRANSACTION")
    try:
        yield
        connection.execute("COMMIT")
    except duckdb.Error as error:
        reason = str(error).strip().split("\n", maxsplit=1)[0]
        raise WarehouseError(f"Table {table.name}: {reason}. Nothing was written.{_advice(error)}") from error
    # No ROLLBACK: the connection is closed after every error, and that ends the transaction in any state.


def _advice(error: duckdb.Error) -> str:
    if isinstance(error, duckdb.ConstraintException):
        return " The sync did not make this constraint: drop it, or allow what the API sends. Then run again."
    return ""


def _stage(target: Target, frame: pd.DataFrame, types: Mapping[str, str], synced_at: datetime) -> None:
    """Create a temporary view `incoming`: the typed frame, and for each row the change it makes to the table."""
    connection, (where, bounds) = target.connection, _hour_condition(target.table, frame)
    connection.register("frame", frame)
    # fetchall everywhere: DuckDB 2 refuses the next statement until a result is read to its end.
    typed = f"SELECT {', '.join(_cast(frame, column, kind) for column, kind in types.items())} FROM frame"
    if connection.execute(f"SELECT 1 FROM {target.name} {where} LIMIT 1", bounds).fetchall():
        connection.execute(
            f"""CREATE OR REPLACE TEMP TABLE compared AS SELECT s.*, {_change(target.table, types)} AS "~change"
            FROM ({typed}) s LEFT JOIN (SELECT * FROM {target.name} {where}) t ON {_same_key(target.table)}""",
            [*([] if target.table.is_list else [synced_at]), *bounds],
        )
        rows = "FROM compared"
    else:  # all rows are new; a join would lose the response's row order, which makes the file a third smaller
        rows = f"""SELECT *, 'inserted' AS "~change" FROM ({typed})"""
    connection.execute(f"CREATE TEMP VIEW incoming AS {rows}")


def _change(table: Table, types: Mapping[str, str]) -> str:
    """SQL for the change that a row `s` makes to its row `t` in the table.

    For counts, its parameter is `synced_at`.
    """
    values = [identifier(column) for column in types if column not in table.key]
    changed = " OR ".join(f"t.{column} IS DISTINCT FROM s.{column}" for column in values) or "false"
    # Growth is limited to one day. An unchanged row is not written again, so its `_synced_at` can lie within its
    # hour for ever. A change that comes days later is a correction even so.
    hour, written = f"t.{identifier(HOUR)}", f"t.{identifier(SYNCED_AT)}"
    grown = f"{written} < {hour} + INTERVAL 1 HOUR AND ?::TIMESTAMPTZ < {hour} + INTERVAL 25 HOUR"
    if table.is_list:
        changed, grown = f"{changed} OR t.{identifier(DELETED)} IS DISTINCT FROM false", "false"
    return f"""CASE WHEN t.{identifier(table.key[0])} IS NULL THEN 'inserted' WHEN NOT ({changed}) THEN 'unchanged'
        WHEN {grown} THEN 'grown' ELSE 'corrected' END"""


def _cast(frame: pd.DataFrame, name: str, kind: str) -> str:
    column = identifier(name)
    to_json = kind == Type.JSON.value
    return (
        f"{as_json(column, type_of_values(frame[name])) if to_json else f'CAST({column} AS {kind})'} AS {column}"
    )


def _same_key(table: Table) -> str:
    return " AND ".join(f"t.{identifier(name)} = s.{identifier(name)}" for name in table.key)


def _hour_condition(table: Table, frame: pd.DataFrame) -> tuple[str, list[datetime]]:
    """A WHERE condition for the hours of the frame, so that the merge does not read the rest of the table."""
    if table.is_list or frame.empty:
        return "", []
    return f"WHERE {identifier(HOUR)} BETWEEN ? AND ?", [frame[HOUR].min(), frame[HOUR].max()]


def _write(target: Target, columns: list[str], synced_at: datetime, days: Collection[RowCounts]) -> None:
    written: dict[str, str] = {column: f"s.{identifier(column)}" for column in columns}
    written[SYNCED_AT] = "$synced_at"
    if target.table.is_list:
        written[DELETED] = "false"
    names, values = identifiers(written), ", ".join(written.values())
    rows = """(SELECT * FROM incoming WHERE "~change" <> 'unchanged') s"""
    if any(row_counts.grown or row_counts.corrected for row_counts in days):
        updates = ", ".join(f"{identifier(n)} = {v}" for n, v in written.items() if n not in target.table.key)
        statement = f"""MERGE INTO {target.name} t USING {rows} ON {_same_key(target.table)}
        WHEN MATCHED THEN UPDATE SET {updates} WHEN NOT MATCHED THEN INSERT ({names}) VALUES ({values})"""
    elif any(row_counts.inserted for row_counts in days):  # the result of the MERGE, in a third of its time
        statement = f"INSERT INTO {target.name} ({names}) SELECT {values} FROM {rows}"
    else:
        return
    target.connection.execute(statement, {"synced_at": synced_at})


def _count_rows(target: Target, present: set[str]) -> dict[date | None, RowCounts]:
    table = target.table
    measured = [c for c in table.columns if c.measure and c.name in present]
    measures = [f"{c.measure.aggregate}({identifier(c.name)})" for c in measured if c.measure]
    group = "NULL" if table.is_list else identifier(DAY)
    changes = ("inserted", "grown", "corrected", "unchanged")
    counts = [f"""count(*) FILTER ("~change" = '{change}')""" for change in changes]
    distinct = f"count(DISTINCT {identifier(table.key[0])})"
    rows: list[tuple[Any, ...]] = target.connection.execute(
        f"SELECT {', '.join([group, *counts, distinct, *measures])} FROM incoming GROUP BY 1 ORDER BY 1"
    ).fetchall()
    names = [c.measure.name for c in measured if c.measure]
    return {
        day: RowCounts(inserted, grown, corrected, unchanged, entities, dict(zip(names, sums, strict=True)))
        for day, inserted, grown, corrected, unchanged, entities, *sums in rows
    }
