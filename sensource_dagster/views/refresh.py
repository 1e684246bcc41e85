"""Makes the views, the small tables that they need, and a description of everything."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb

from sensource_dagster.contract.model import SCHEMA, Column, View
from sensource_dagster.contract.tables import DERIVED, TABLES
from sensource_dagster.contract.view_columns import VIEWS
from sensource_dagster.views.local_time import (
    IRREGULAR_DAY,
    LOCAL_ZONE,
    LOCAL_ZONE_COLUMNS,
    UTC_OFFSET,
    refresh_local_time,
)
from sensource_dagster.warehouse.schema import Target, complete
from sensource_dagster.warehouse.sql import identifier, is_lake, schema_of, text
from sensource_dagster.warehouse.transaction import transaction

_HERE = Path(__file__).parent
_ADVICE = (
    "Nothing was changed. If a table of your own has the name of a view, rename it; docs/tables.md names "
    "the views."
)
_LOCAL_TIME = {
    "utc_offset": ("The local time of locations in another time zone than the account's.", UTC_OFFSET),
    "irregular_day": ("The days that do not have 24 hours.", IRREGULAR_DAY),
    LOCAL_ZONE: ("The account's time zone, that of the local days and hours.", LOCAL_ZONE_COLUMNS),
}


def query_of(view: View) -> str:
    """The SELECT of a view: the text of its file."""
    return (_HERE / f"{view.name}.sql").read_text(encoding="utf-8")


def refresh(connection: duckdb.DuckDBPyConnection, zone: ZoneInfo, views: Iterable[View] = VIEWS) -> None:
    """Make or replace the views, in one transaction, and describe each table, view and column in a comment.

    Afterwards every table of the contract is there. A table into which nothing has been read is empty.

    Args:
        zone: SENSOURCE_TIMEZONE.
        views: those to make, each after those that it reads.

    Raises:
        WarehouseError: a view cannot be made. Nothing was changed.
    """
    tables = (*TABLES.values(), *DERIVED)
    account = schema_of(connection)
    what = "The views" if account == SCHEMA else f"The views of the account {account}"
    with transaction(connection, f"{what} cannot be made: ", _ADVICE):
        for table in tables:
            complete(Target.of(connection, table), zone)
        # In the views, names have no database before them, so that they work whatever the file is called.
        connection.execute(f"USE {Target.of(connection, tables[0]).schema}")
        refresh_local_time(connection, zone)
        for table in tables:
            _describe(connection, "TABLE", table.name, table.description, table.all_columns)
        for name, (description, columns) in _LOCAL_TIME.items():
            _describe(connection, "TABLE", name, description, columns)
        in_lake = is_lake(connection)
        for view in views:
            connection.execute(f"CREATE OR REPLACE VIEW {identifier(view.name)} AS {query_of(view)}")
            columns = () if in_lake else view.columns  # a lake takes no comment on a view's column
            _describe(connection, "VIEW", view.name, view.description, columns)


def _describe(
    connection: duckdb.DuckDBPyConnection, kind: str, name: str, description: str, columns: Iterable[Column]
) -> None:
    connection.execute(f"COMMENT ON {kind} {identifier(name)} IS {text(description)}")
    for column in columns:
        connection.execute(
            f"COMMENT ON COLUMN {identifier(name)}.{identifier(column.name)} IS {text(column.meaning)}"
        )
