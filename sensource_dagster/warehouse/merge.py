"""Merges a frame into its table: rows by key, columns by name, in one transaction.

Rows and measures that the frame does not have stay as they are. So does a row with the values of a later request.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pandas as pd

from sensource_dagster.contract.model import DAY, DELETED, MESSAGES, SYNCED_AT, Table
from sensource_dagster.contract.rejection import RejectedRow, rejections_of
from sensource_dagster.contract.response import Window
from sensource_dagster.contract.tables import DERIVED, REJECTED
from sensource_dagster.warehouse import corrections, delisted, rejected, vanished
from sensource_dagster.warehouse.account_schemas import refuse_foreign
from sensource_dagster.warehouse.confirmations import Confirmations
from sensource_dagster.warehouse.schema import Target, fit
from sensource_dagster.warehouse.sql import identifier, identifiers, same_key
from sensource_dagster.warehouse.staging import hours_of, stage
from sensource_dagster.warehouse.transaction import transaction

_UTC = ZoneInfo("UTC")
_ON_CONSTRAINT = " The sync did not make this constraint: drop it, or allow what the API sends. Then run again."


@dataclass(frozen=True)
class RowCounts:
    """How many rows of a frame the merge inserted, changed or left, and the measures over these rows.

    Attributes:
        inserted: rows that are new in the table.
        grown: rows of the last 24 hours that changed and whose hour was still running when they were last written.
        corrected: rows of counts of which a measure changed that had a value, or that had vanished before. Of a
            list, all rows that changed.
        unchanged: rows that did not change, or that have the values of a later request.
        entities: distinct zones, spaces ... among the rows.
        measures: the values by `Measure.name`. A measure is None if all its values are null.
        updated: all other rows that changed, such as by a new name, or by the first value of a measure.
        vanished: rows of the table that the response does not have, though its window includes them.
        kept: values of measures that stayed, because their rows did not carry them.
    """

    inserted: int
    grown: int
    corrected: int
    unchanged: int
    entities: int
    measures: Mapping[str, float | None]
    updated: int = 0
    vanished: int = 0
    kept: int = 0

    @property
    def rows(self) -> int:
        return self.inserted + self.grown + self.corrected + self.updated + self.unchanged


NO_ROWS = RowCounts(inserted=0, grown=0, corrected=0, unchanged=0, entities=0, measures={})


@dataclass(frozen=True)
class MergeResult:
    """The outcome of one merge.

    Attributes:
        days: the row counts of each day; of a list they are under the key None.
        deleted: how many rows of a list were marked as deleted, because the API no longer lists them.
        changes: a line for each column that was added, or widened for values that it could not hold, and one for
            the rows of a list that were not marked as deleted because Vea sent messages.
        corrections: how many values the merge added to the table of corrections.
        rejected: the rows of the response that do not fit.
        rejected_changed: whether the table of rejected rows has changed.
    """

    days: Mapping[date | None, RowCounts]
    deleted: int
    changes: list[str]
    corrections: int
    rejected: Sequence[RejectedRow]
    rejected_changed: bool


def merge(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    frame: pd.DataFrame,
    requested_at: datetime,
    keep_corrections: timedelta,
    zone: ZoneInfo = _UTC,
    window: Window | None = None,
) -> MergeResult:
    """Write the new and the changed rows. Afterwards the table has every row of the frame with its values.

    Args:
        frame: columns by name, with at most one row per key. For a list, the frame has all its rows, and in its
            `attrs` the messages that Vea sent with them.
        requested_at: when the request was made. It is the new `_synced_at` of the rows that are written.
        keep_corrections: how long `sensource.corrections` keeps the values that a merge of counts corrects.
        zone: whose local hours rows get that were written before the contract had the column.
        window: the instants [start, end) of which the frame has every row. Without it no row counts as vanished.

    Raises:
        WarehouseError: nothing was written.
    """
    rejections = rejections_of(frame)
    rejected_rows = rejections.rows if rejections else ()
    with transaction(connection, f"Table {table.name}: ", "Nothing was written.", on_constraint=_ON_CONSTRAINT):
        target = Target.of(connection, table)
        refuse_foreign(target)
        fitted = fit(target, frame, zone)
        for derived in (REJECTED,) if table.is_list else DERIVED:  # so that a query finds it while it is empty
            target.beside(derived).create()
        confirmations = Confirmations(target, requested_at, window)
        # Before the vanished rows are counted: a rejected row has not vanished.
        rejected_changed = rejections is not None and rejected.replace(
            *(target, rejections, requested_at, confirmations)
        )
        if table.is_list and frame.empty:
            delisted.raise_if_empty(target)
        stage(target, frame, fitted, requested_at, window, confirmations)
        days, recorded = _count_rows(target, set(fitted.types)), 0
        if any(row_counts.corrected for row_counts in days.values()):
            recorded = corrections.record(target, fitted.measures, requested_at, keep_corrections)
        if window:
            today = requested_at.astimezone(zone).date()
            gone, added = vanished.count(
                *(target, fitted.measures, window, requested_at, today, keep_corrections, confirmations)
            )
            recorded += added
            days |= {day: replace(days.get(day, NO_ROWS), vanished=rows) for day, rows in gone.items()}
        deleted, kept = 0, list[str]()
        if table.is_list and not rejected_rows:  # a rejected row may be any entry that seems to be gone
            deleted, kept = delisted.mark(target, requested_at, frame.attrs.get(MESSAGES, ""), confirmations)
        _write(target, list(fitted.types), requested_at, days.values(), deleted=confirmations.delists)
        request, hours = None, window or hours_of(table, frame)
        unchanged = any(row_counts.unchanged for row_counts in days.values())
        if table.is_list or (hours and (unchanged or confirmations.is_late)):
            whole_list = table.is_list and not rejected_rows and not frame.attrs.get(MESSAGES)
            request = confirmations.request_of(hours, whole_list=whole_list)
        connection.execute("DROP VIEW temp.main.incoming")
        connection.unregister("frame")
    if request:
        confirmations.write(request)
    return MergeResult(days, deleted, [*fitted.changes, *kept], recorded, rejected_rows, rejected_changed)


def _write(
    target: Target, columns: list[str], requested_at: datetime, days: Collection[RowCounts], *, deleted: bool
) -> None:
    written: dict[str, str] = {column: f"s.{identifier(column)}" for column in columns}
    written[SYNCED_AT] = "$requested_at"
    if target.table.is_list:
        written[DELETED] = "true" if deleted else "false"
    names, values = identifiers(written), ", ".join(written.values())
    rows = """(SELECT * FROM incoming WHERE "~change" <> 'unchanged') s"""
    if any(row_counts.grown or row_counts.corrected or row_counts.updated for row_counts in days):
        updates = ", ".join(f"{identifier(n)} = {v}" for n, v in written.items() if n not in target.table.key)
        statement = f"""MERGE INTO {target.name} t USING {rows} ON {same_key(target.table)}
        WHEN MATCHED THEN UPDATE SET {updates} WHEN NOT MATCHED THEN INSERT ({names}) VALUES ({values})"""
    elif any(row_counts.inserted for row_counts in days):  # the result of the MERGE, in a third of its time
        statement = f"INSERT INTO {target.name} ({names}) SELECT {values} FROM {rows}"
    else:
        return
    target.connection.execute(statement, {"requested_at": requested_at})


def _count_rows(target: Target, present: set[str]) -> dict[date | None, RowCounts]:
    table = target.table
    measured = [c for c in table.columns if c.measure and c.name in present]
    measures = [f"{c.measure.aggregate}({identifier(c.name)})" for c in measured if c.measure]
    group = "NULL" if table.is_list else identifier(DAY)
    changes = ("inserted", "grown", "corrected", "unchanged", "updated")
    counts = [f"""count(*) FILTER ("~change" = '{change}')""" for change in changes]
    distinct = f"count(DISTINCT {identifier(table.key[0])})"
    rows: list[tuple[Any, ...]] = target.connection.execute(
        f"""SELECT {", ".join([group, *counts, distinct, 'sum("~kept")', *measures])}
        FROM incoming GROUP BY 1 ORDER BY 1"""
    ).fetchall()
    names = [c.measure.name for c in measured if c.measure]
    return {
        day: RowCounts(
            *(inserted, grown, corrected, unchanged, entities, dict(zip(names, sums, strict=True))),
            updated=updated,
            kept=int(kept),
        )
        for day, inserted, grown, corrected, unchanged, updated, entities, kept, *sums in rows
    }
