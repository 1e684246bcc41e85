"""Records each value that a merge corrects, so that a changed number can be explained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sensource_dagster.contract.model import DAY, HOUR
from sensource_dagster.contract.tables import CORRECTIONS
from sensource_dagster.warehouse.schema import Target
from sensource_dagster.warehouse.sql import identifier, identifiers


def name(target: Target) -> str:
    return target.beside(CORRECTIONS).name


def record(target: Target, measures: Sequence[str], requested_at: datetime, keep: timedelta) -> int:
    """Record the old and the new value of each measure that the staged rows correct. Call it before the merge.

    Growth is not a correction: the hour of such a row was still running when it was last read. Neither is the
    first value of a measure. The old values of a row that had vanished are null.
    """
    entity = identifier(target.table.key[0])
    held = [f"""CASE WHEN s."~returned" THEN NULL ELSE {_text("t", measure)} END""" for measure in measures]
    changed = f"""SELECT s.{entity} AS entity, s.{HOUR}, s.{DAY}, "~returned", unnest($measures) AS name,
            unnest([{", ".join(held)}]) AS old,
            unnest([{", ".join(_text("s", measure) for measure in measures)}]) AS new
        FROM incoming s JOIN {target.name} t ON t.{entity} = s.{entity} AND t.{HOUR} = s.{HOUR}
        WHERE s."~change" = 'corrected'"""
    values = f"""SELECT * EXCLUDE "~returned" FROM ({changed})
        WHERE old IS DISTINCT FROM new AND (old IS NOT NULL OR "~returned")"""
    return _write(target, values, {"measures": measures, "requested_at": requested_at}, keep)


def record_vanished(
    target: Target, rows: str, measures: Sequence[str], given: Mapping[str, Any], keep: timedelta
) -> int:
    """Record each value of these rows of the table as gone. `given` has the parameters of the query `rows`."""
    held = ", ".join(_text("t", measure) for measure in measures)
    values = f"""SELECT * FROM (SELECT t.{identifier(target.table.key[0])}, t.{HOUR}, t.{DAY},
        unnest($measures) AS name, unnest([{held}]) AS old, NULL AS new FROM ({rows}) t) WHERE old IS NOT NULL"""
    return _write(target, values, {"measures": measures, **given}, keep)


def _write(target: Target, values: str, given: Mapping[str, Any], keep: timedelta) -> int:
    """Add records, and delete those that are older than `keep`. Returns how many were added."""
    if not given["measures"]:
        return 0
    [(added,)] = target.connection.execute(
        f"""INSERT INTO {name(target)} ({identifiers(column.name for column in CORRECTIONS.columns)})
        SELECT $table, *, $requested_at FROM ({values})""",
        {"table": target.table.name, **given},
    ).fetchall()
    target.connection.execute(f"DELETE FROM {name(target)} WHERE seen_at < ?", [given["requested_at"] - keep])
    return int(added)


def _text(row: str, column: str) -> str:
    return f"CAST({row}.{identifier(column)} AS VARCHAR)"
