"""Merges a frame into its table: by key, by name, in one transaction. What the frame lacks stays as it is."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import duckdb
import pandas as pd

from sensource_dagster.contract.tables import DAY, DELETED, HOUR, SYNCED_AT, Table, Type
from sensource_dagster.errors import WarehouseError
from sensource_dagster.warehouse import corrections
from sensource_dagster.warehouse.schema import Target, fit, type_of_values
from sensource_dagster.warehouse.sql import as_json, identifier, identifiers


@dataclass(frozen=True)
class Tally:
    """What became of the rows read, and each measure over them.

    Attributes:
        inserted: rows new to the table.
        grown: rows that changed, of hours of the last day that were still running when they were written before.
        corrected: rows that changed otherwise.
        unchanged: rows that did not change.
        entities: distinct zones, spaces ... among the rows.
        measures: by `Measure.name`; None where every value is null.
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
class Merged:
    """The outcome of one merge: a tally for each day (None for a list), and what else changed.

    Attributes:
        deleted: entries of a list that were marked, because the API no longer lists them.
        changes: a line for each column that was added or widened for a field the contract does not name.
    """

    days: Mapping[date | None, Tally]
    deleted: int
    changes: list[str]


def merge(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    frame: pd.DataFrame,
    synced_at: datetime,
    keep_corrections: timedelta,
) -> Merged:
    """Write what is new or different; afterwards every row of the frame is in the table as it is in the frame.

    Args:
        frame: columns by name, at most one row per key; the whole list where the table is one.
        synced_at: goes to `_synced_at` of the rows that are written, and of no others.
        keep_corrections: how long `sensource.corrections` keeps the values that a merge of counts corrects.

    Raises:
        WarehouseError: nothing was written.
    """
    with _transaction(connection, table):
        target = Target.of(connection, table)
        types, changes = fit(target, frame)
        if not table.is_list:
            corrections.create(target)
        if table.is_list and frame.empty:
            _refuse_empty(target)
        _stage(target, frame, types, synced_at)
        days = _tally(target, set(types))
        if not table.is_list and any(tally.corrected for tally in days.values()):
            corrections.record(target, types, synced_at, keep_corrections)
        _write(target, list(types), synced_at, days.values())
        deleted = _mark_deleted(target, synced_at) if table.is_list else 0
        connection.execute("DROP VIEW temp.main.incoming")
        connection.unregister("frame")
    return Merged(days, deleted, changes)


@contextmanager
def _transaction(connection: duckdb.DuckDBPyConnection, table: Table) -> Iterator[None]:
    connection.execute("BEGIN TRANSACTION")
    try:
        yield
        connection.execute("COMMIT")
    except duckdb.Error as error:
        reason = str(error).strip().split("\n", maxsplit=1)[0]
        raise WarehouseError(f"Table {table.name}: {reason}. Nothing was written.{_advice(error)}") from error
    # No ROLLBACK: the connection is closed behind every error, which ends the transaction in all its states.


def _advice(error: duckdb.Error) -> str:
    if isinstance(error, duckdb.ConstraintException):
        return " The constraint is none of ours: drop it, or let it allow what the API sends. Then run again."
    return ""


def _refuse_empty(target: Target) -> None:
    # fetchall everywhere: DuckDB 2 refuses the next statement while a result has not been read to its end.
    [(listed,)] = target.connection.execute(
        f"SELECT count(*) FROM {target.name} WHERE NOT coalesce({identifier(DELETED)}, false)"
    ).fetchall()
    if listed:
        raise WarehouseError(
            f"The API listed no {target.table.name} at all, but the warehouse has {listed}. That is taken for a "
            "fault of the API or of the account's rights, so nothing was marked deleted. If the account really is "
            f"empty now: UPDATE {target.name} SET {identifier(DELETED)} = true;"
        )


def _stage(target: Target, frame: pd.DataFrame, types: Mapping[str, str], synced_at: datetime) -> None:
    """A temporary view `incoming`: the frame, typed, and beside each row what it means for the table."""
    connection, (where, bounds) = target.connection, _reach(target.table, frame)
    connection.register("frame", frame)
    typed = f"SELECT {', '.join(_cast(frame, column, kind) for column, kind in types.items())} FROM frame"
    if connection.execute(f"SELECT 1 FROM {target.name} {where} LIMIT 1", bounds).fetchall():
        connection.execute(
            f"""CREATE OR REPLACE TEMP TABLE compared AS SELECT s.*, {_change(target.table, types)} AS "~change"
            FROM ({typed}) s LEFT JOIN (SELECT * FROM {target.name} {where}) t ON {_same_key(target.table)}""",
            [*([] if target.table.is_list else [synced_at]), *bounds],
        )
        rows = "FROM compared"
    else:  # all are new; a join would also lose the order of the answer, in which the file is a third smaller
        rows = f"""SELECT *, 'inserted' AS "~change" FROM ({typed})"""
    connection.execute(f"CREATE TEMP VIEW incoming AS {rows}")


def _change(table: Table, types: Mapping[str, str]) -> str:
    """What a row `s` means for the table, where `t` is its row there. Of a count, a parameter is the present."""
    values = [identifier(column) for column in types if column not in table.key]
    changed = " OR ".join(f"t.{column} IS DISTINCT FROM s.{column}" for column in values) or "false"
    # For a day: a row that stood still is not written again, so that its time of writing stays early for ever.
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


def _reach(table: Table, frame: pd.DataFrame) -> tuple[str, list[datetime]]:
    """A condition that spares the merge the table's other years: they cannot match."""
    if table.is_list or frame.empty:
        return "", []
    return f"WHERE {identifier(HOUR)} BETWEEN ? AND ?", [frame[HOUR].min(), frame[HOUR].max()]


def _write(target: Target, columns: list[str], synced_at: datetime, days: Collection[Tally]) -> None:
    written: dict[str, str] = {column: f"s.{identifier(column)}" for column in columns}
    written[SYNCED_AT] = "$synced_at"
    if target.table.is_list:
        written[DELETED] = "false"
    names, values = identifiers(written), ", ".join(written.values())
    rows = """(SELECT * FROM incoming WHERE "~change" <> 'unchanged') s"""
    if any(tally.grown or tally.corrected for tally in days):
        updates = ", ".join(f"{identifier(n)} = {v}" for n, v in written.items() if n not in target.table.key)
        statement = f"""MERGE INTO {target.name} t USING {rows} ON {_same_key(target.table)}
        WHEN MATCHED THEN UPDATE SET {updates} WHEN NOT MATCHED THEN INSERT ({names}) VALUES ({values})"""
    elif any(tally.inserted for tally in days):  # as the MERGE would do, for a third of its time
        statement = f"INSERT INTO {target.name} ({names}) SELECT {values} FROM {rows}"
    else:
        return
    target.connection.execute(statement, {"synced_at": synced_at})


def _mark_deleted(target: Target, synced_at: datetime) -> int:
    [(deleted,)] = target.connection.execute(
        f"""UPDATE {target.name} t SET {identifier(DELETED)} = true, {identifier(SYNCED_AT)} = ?
        WHERE NOT coalesce({identifier(DELETED)}, false)
          AND NOT EXISTS (SELECT 1 FROM incoming s WHERE {_same_key(target.table)})""",
        [synced_at],
    ).fetchall()
    return int(deleted)


def _tally(target: Target, present: set[str]) -> dict[date | None, Tally]:
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
        day: Tally(inserted, grown, corrected, unchanged, entities, dict(zip(names, sums, strict=True)))
        for day, inserted, grown, corrected, unchanged, entities, *sums in rows
    }
