"""Keeps the rows that do not fit, until a later response about the same list or the same days fits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sensource_dagster.contract.model import DAY, HOUR, Table
from sensource_dagster.contract.rejection import RejectedRow, Rejections
from sensource_dagster.contract.tables import REJECTED
from sensource_dagster.contract.values import shown
from sensource_dagster.warehouse.confirmations import Confirmations
from sensource_dagster.warehouse.schema import Target
from sensource_dagster.warehouse.sql import identifier
from sensource_dagster.warehouse.sql import text as literal

_NAMED = 3


def name(target: Target) -> str:
    return target.beside(REJECTED).name


def replace(target: Target, rejections: Rejections, seen_at: datetime, confirmations: Confirmations) -> bool:
    """Let the table have exactly these rejected rows of the list, or of the days that the response is about.

    A row that is there already stays as it is, so that reading it again writes nothing. If this response comes
    late, so does a row that was seen later. A row that has fitted since then is not added.

    Returns:
        Whether the table has changed.
    """
    rows = rejections.rows
    same_days = f"{DAY} BETWEEN $first AND $last" if rejections.first else "true"
    given = {"table": target.table.name, "texts": [row.row for row in rows]}
    days = {"first": rejections.first, "last": rejections.last} if rejections.first else {}
    [(deleted,)] = target.connection.execute(
        f"""DELETE FROM {name(target)} WHERE table_name = $table AND seen_at <= $seen_at AND {same_days}
        AND NOT list_contains($texts::VARCHAR[], CAST("row" AS VARCHAR))""",
        {**given, **days, "seen_at": seen_at},
    ).fetchall()
    if not rows:
        return bool(deleted)
    same = f"t.{identifier(target.table.key[0])} = found.entity"
    same += f" AND t.{HOUR} = found.hour" if rejections.first else ""
    [(inserted,)] = target.connection.execute(
        f"""INSERT INTO {name(target)} (table_name, entity_id, {HOUR}, {DAY}, reason, "row", seen_at)
        SELECT $table, found.entity, hour, day, reason, text, $requested_at FROM (
            SELECT unnest($entities::VARCHAR[]) AS entity, unnest($hours::TIMESTAMPTZ[]) AS hour,
                   unnest($days::DATE[]) AS day, unnest($reasons::VARCHAR[]) AS reason,
                   unnest($texts::VARCHAR[]) AS text) found
        WHERE text NOT IN (SELECT CAST("row" AS VARCHAR) FROM {name(target)} WHERE table_name = $table)
        AND NOT EXISTS (SELECT 1 FROM {target.name} t WHERE {same} AND {confirmations.later("t")})""",
        {
            **given,
            "requested_at": seen_at,
            "entities": [row.entity_id for row in rows],
            "hours": [row.hour for row in rows],
            "days": [row.day for row in rows],
            "reasons": [row.reason for row in rows],
        },
    ).fetchall()
    return bool(deleted or inserted)


def may_be(target: Target, row: str) -> str:
    """A query of the rejected rows that may be this row of the table, since no part of its key is another one.

    Without an hour, a rejected row has the last day that was read with it.
    """
    entity = f"{row}.{identifier(target.table.key[0])}"
    return f"""SELECT 1 FROM {name(target)} r WHERE r.table_name = {literal(target.table.name)}
        AND coalesce(r.entity_id, {entity}) = {entity} AND coalesce(r.{HOUR}, {row}.{HOUR}) = {row}.{HOUR}
        AND r.{DAY} >= {row}.{DAY}"""


def sentence(schema: str, table: Table, rows: Sequence[RejectedRow]) -> str:
    """What the log says of the rejected rows of a response: how many, and the first of them."""
    first = ". ".join(f"{_where(table, row)}: {row.reason}" for row in rows[:_NAMED])
    return (
        f"{len(rows)} rows of Vea do not fit the table {table.name}. They are in {schema}.{REJECTED.name}, "
        f"and all other rows were merged. The first of them: {first}."
    )


def _where(table: Table, row: RejectedRow) -> str:
    entity = f"{table.entity} {shown(row.entity_id) if row.entity_id is not None else 'without an id'}"
    if table.is_list:
        return entity
    return f"{entity}, {row.hour.isoformat() if row.hour else f'without an hour, read with {row.day}'}"
