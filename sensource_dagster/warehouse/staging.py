"""Stages the rows of a response: typed, and each with the change that it makes to its table."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import pandas as pd

from sensource_dagster.contract.model import DELETED, HOUR, SYNCED_AT, Table, left_out
from sensource_dagster.contract.response import Window
from sensource_dagster.warehouse import vanished
from sensource_dagster.warehouse.confirmations import Confirmations
from sensource_dagster.warehouse.schema import Fit, Target, type_of_values
from sensource_dagster.warehouse.sql import as_type, identifier, same_key


def stage(
    target: Target,
    frame: pd.DataFrame,
    fit: Fit,
    requested_at: datetime,
    window: Window | None,
    confirmations: Confirmations,
) -> None:
    """Create a temporary view `incoming` with the values that the table's rows will have after the merge.

    It has the columns of `fit.types`, and three of its own: `~change`, what a row does to its row in the table;
    `~kept`, how many measures of that row keep their value, because the response does not carry them; `~returned`,
    whether that row had vanished from earlier responses.
    """
    connection, table = target.connection, target.table
    window = window or hours_of(table, frame)
    condition = f"WHERE {identifier(HOUR)} >= $first AND {identifier(HOUR)} < $end" if window else ""
    bounds = dict(zip(("first", "end"), window, strict=True)) if window else {}
    partly = [name for name in fit.measures if left_out(name) in frame.columns]
    columns = [
        *(_cast(frame, column, kind) for column, kind in fit.types.items()),
        *(identifier(left_out(name)) for name in partly),
    ]
    connection.register("frame", frame)
    typed = f"SELECT {', '.join(columns)} FROM frame"
    # fetchall everywhere: DuckDB 2 refuses the next statement until a result is read to its end.
    if connection.execute(f"SELECT 1 FROM {target.name} {condition} LIMIT 1", bounds).fetchall():
        held, returned = f"SELECT * FROM {target.name} {condition}", "false"
        if window and vanished.are_known(target, window):
            held, returned = vanished.noted(target, held), 't."~vanished"'
        whole = f"s.* REPLACE ({', '.join(map(_kept, partly))})" if partly else "s.*"
        kept = [f"t.{identifier(name)} IS NOT NULL" for name in fit.left_out]
        kept += [f"(s.{identifier(left_out(name))} AND t.{identifier(name)} IS NOT NULL)" for name in partly]
        connection.execute(
            f"""CREATE OR REPLACE TEMP TABLE compared AS
            SELECT {whole}, {_change(table, fit, partly, returned, confirmations)} AS "~change",
                {" + ".join(f"CAST({value} AS INTEGER)" for value in kept) or "0"} AS "~kept",
                coalesce({returned}, false) AS "~returned"
            FROM ({typed}) s LEFT JOIN ({held}) t ON {same_key(table)}""",
            {"requested_at": requested_at, **bounds},
        )
        rows = "FROM compared"
    else:  # all rows are new; a join would lose the response's row order, which makes the file a third smaller
        rows = f"""SELECT *, 'inserted' AS "~change", 0 AS "~kept", false AS "~returned" FROM ({typed})"""
    connection.execute(f"CREATE TEMP VIEW incoming AS {rows}")


def _change(table: Table, fit: Fit, partly: Iterable[str], returned: str, confirmations: Confirmations) -> str:
    """SQL for the change that a row `s` makes to its row `t` in the table.

    Its parameter is `requested_at`.
    """
    differs = {
        name: f"t.{identifier(name)} IS DISTINCT FROM s.{identifier(name)}"
        + (f" AND NOT s.{identifier(left_out(name))}" if name in partly else "")
        for name in fit.types
        if name not in table.key
    }
    changed = " OR ".join(differs.values()) or "false"
    if table.is_list:
        deleted = f"t.{identifier(DELETED)} IS DISTINCT FROM {confirmations.delists}"
        changes = f"WHEN NOT ({changed} OR {deleted}) THEN 'unchanged'"
    else:
        # Only a measure that Vea has reported before can be corrected.
        corrected = [f"t.{identifier(name)} IS NOT NULL AND {differs[name]}" for name in fit.measures]
        # Growth is limited to one day. An unchanged row is not written again, so its `_synced_at` can lie within
        # its hour for ever. A change that comes days later is a correction even so.
        hour = f"t.{identifier(HOUR)}"
        running = f"t.{identifier(SYNCED_AT)} < {hour} + INTERVAL 1 HOUR"
        changes = f"""WHEN {returned} THEN 'corrected' WHEN NOT ({changed}) THEN 'unchanged'
        WHEN {running} AND $requested_at::TIMESTAMPTZ < {hour} + INTERVAL 25 HOUR THEN 'grown'
        WHEN NOT ({" OR ".join(corrected) or "false"}) THEN 'updated'"""
    return f"""CASE WHEN t.{identifier(table.key[0])} IS NULL THEN 'inserted'
        WHEN {confirmations.later("t")} THEN 'unchanged' {changes} ELSE 'corrected' END"""


def _cast(frame: pd.DataFrame, name: str, kind: str) -> str:
    column = identifier(name)
    if name not in frame.columns:
        return f"CAST(NULL AS {kind}) AS {column}"
    return f"{as_type(column, type_of_values(frame[name]), kind)} AS {column}"


def _kept(name: str) -> str:
    column = identifier(name)
    return f"CASE WHEN s.{identifier(left_out(name))} THEN t.{column} ELSE s.{column} END AS {column}"


def hours_of(table: Table, frame: pd.DataFrame) -> Window | None:
    """The hours of the frame, so that the merge does not read the rest of the table."""
    if table.is_list or frame.empty:
        return None
    return frame[HOUR].min(), frame[HOUR].max() + timedelta(microseconds=1)
