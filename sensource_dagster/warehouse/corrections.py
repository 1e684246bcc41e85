"""Records each value that a merge corrects, so that a changed number can be explained."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sensource_dagster.contract.model import DAY, HOUR, LOCAL_HOUR
from sensource_dagster.contract.tables import CORRECTIONS
from sensource_dagster.warehouse.schema import Target, definition
from sensource_dagster.warehouse.sql import identifier, identifiers


def _name(target: Target) -> str:
    return f"{target.schema}.{identifier(CORRECTIONS.name)}"


def create(target: Target) -> None:
    """Create the table, so that a query finds it before there is a correction."""
    columns = ", ".join(map(definition, CORRECTIONS.columns))
    target.connection.execute(f"CREATE TABLE IF NOT EXISTS {_name(target)} ({columns})")


def record(target: Target, columns: Iterable[str], synced_at: datetime, keep: timedelta) -> None:
    """Record the old and the new value of each column that the staged rows correct. Call it before the merge.

    Records that are older than `keep` are deleted. Growth is not a correction: the hour of such a row was still
    running when it was last read.
    """
    table, entity = target.table, identifier(target.table.key[0])
    values = [column for column in columns if column not in (*table.key, DAY, LOCAL_HOUR)]
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
