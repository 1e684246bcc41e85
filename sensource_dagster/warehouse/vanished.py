"""Finds the rows of counts that Vea no longer sends. They stay in the table, and `corrections` says so once.

A row is known to have vanished while `corrections` has a null for it that is later than its `_synced_at`.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sensource_dagster.contract.model import DAY, HOUR, SYNCED_AT
from sensource_dagster.contract.response import Window
from sensource_dagster.warehouse import corrections, rejected
from sensource_dagster.warehouse.confirmations import Confirmations
from sensource_dagster.warehouse.schema import Target
from sensource_dagster.warehouse.sql import identifier, text


def are_known(target: Target, window: Window) -> bool:
    """Whether rows of this window may have vanished from earlier responses."""
    of_window = f"FROM ({_nulls(target)}) WHERE {HOUR} >= ? AND {HOUR} < ?"
    [(found,)] = target.connection.execute(f"SELECT EXISTS ({of_window})", window).fetchall()
    return bool(found)


def noted(target: Target, rows: str) -> str:
    """A query of the same rows of the table, with a column `~vanished`. Its parameter is `requested_at`."""
    return f"""SELECT h.*, v.seen_at < $requested_at::TIMESTAMPTZ
            AND (v.seen_at <= h.{identifier(SYNCED_AT)}) IS NOT TRUE AS "~vanished"
        FROM ({rows}) h LEFT JOIN ({_nulls(target)}) v
            ON v.entity_id = h.{identifier(target.table.key[0])} AND v.{HOUR} = h.{HOUR}"""


def count(
    target: Target,
    measures: list[str],
    window: Window,
    requested_at: datetime,
    today: date,
    keep: timedelta,
    confirmations: Confirmations,
) -> tuple[dict[date, int], int]:
    """How many rows of each day in the window the staged response does not have; and how many values of them
    are recorded now.

    The day of the request does not count, since it is not over. A response that has none of the table's rows says
    nothing about single rows, so nothing is recorded then. Call it before the merge.
    """
    entity, day = identifier(target.table.key[0]), identifier(DAY)
    gone = f"""SELECT * FROM {target.name} t WHERE t.{HOUR} >= $first AND t.{HOUR} < $end AND t.{day} < $today
        AND (t.{identifier(SYNCED_AT)} >= $requested_at::TIMESTAMPTZ OR {confirmations.confirmed("t")}) IS NOT TRUE
        AND NOT EXISTS (SELECT 1 FROM incoming s WHERE s.{entity} = t.{entity} AND s.{HOUR} = t.{HOUR})
        AND NOT EXISTS ({rejected.may_be(target, "t")})"""
    given = {"first": window[0], "end": window[1], "today": today, "requested_at": requested_at}
    days = dict(target.connection.execute(f"SELECT {day}, count(*) FROM ({gone}) GROUP BY ALL", given).fetchall())
    known = "SELECT EXISTS (FROM incoming WHERE \"~change\" <> 'inserted')"
    if not days or target.connection.execute(known).fetchall() == [(False,)]:
        return days, 0
    new = f'SELECT * FROM ({noted(target, gone)}) WHERE "~vanished" IS NOT TRUE'
    return days, corrections.record_vanished(target, new, measures, given, keep)


def _nulls(target: Target) -> str:
    """The newest time at which `corrections` notes that a value of a row is gone."""
    return f"""SELECT entity_id, {HOUR}, max(seen_at) AS seen_at FROM {corrections.name(target)}
        WHERE table_name = {text(target.table.name)} AND new_value IS NULL GROUP BY ALL"""
