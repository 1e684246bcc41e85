"""Keeps what a merge changes, value by value, so that a number that moved can be explained."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sensource_dagster.contract.tables import CORRECTIONS, DAY, HOUR
from sensource_dagster.warehouse.schema import Target, definition
from sensource_dagster.warehouse.sql import identifier, identifiers


def _name(target: Target) -> str:
    return f"{target.schema}.{identifier(CORRECTIONS.name)}"


def create(target: Target) -> None:
    """Make the table, so that a query finds it before there is anything to correct."""
    columns = ", ".join(map(definition, CORRECTIONS.columns))
    target.connection.execute(f"CREATE TABLE IF NOT EXISTS {_name(target)} ({columns})")


def record(target: Target, columns: Iterable[str], synced_at: datetime, keep: timedelta) -> None:
    """Write the old and the new value of each column that the staged rows correct, before they are merged.

    Drops what was recorded longer than `keep` ago. A row that only grew, since its hour was still running when it
    was last read, is no correction.
    """
    table, entity = target.table, identifier(target.table.key[0])
    values = [column for column in columns if column not in (*table.key, DAY)]
    old, new = (", ".join(f"CAST({row}.{identifier(value)} AS VARCHAR)" for value in values) for row in "ts")
    target.connection.execute(
        f"""INSERT INTO {_name(target)} ({identifiers(column.name for column in CORRECTIONS.columns)})
        SELECT * FROM (
            SELECT $table, s.{entity}, s.{HOUR}, s.{DAY},
                   unnest($values) AS name, unnest([{old}]) AS old, unnest([{new}]) AS new, $seen_at
            FROM incoming s JOIN {target.name} t ON t.{entity} = s.{entity} AND t.{HOUR} = s.{HOUR}
            WHERE s."~change" = 'corrected')
        WHERE old IS DISTINCT FROM new""",
        {"table": table.name, "values": values, "seen_at": synced_at},
    )
    target.connection.execute(f"DELETE FROM {_name(target)} WHERE seen_at < ?", [synced_at - keep])
