"""Views over all accounts of a warehouse. Each account has a schema of its own."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import duckdb

from sensource_dagster.contract.view_columns import VIEWS
from sensource_dagster.views.local_time import LOCAL_ZONE
from sensource_dagster.views.refresh import refresh
from sensource_dagster.warehouse.sql import full_schema, identifier, qualified, schema_of, set_schema, text
from sensource_dagster.warehouse.transaction import transaction

UNITED = "all_accounts"
"""The schema of the views over all accounts. It is there if a warehouse has more than one."""


def refresh_accounts(connection: duckdb.DuckDBPyConnection, zone: ZoneInfo) -> None:
    """Make or replace the views of all accounts that there are. Errors as of `refresh`.

    Args:
        zone: SENSOURCE_TIMEZONE of the account that the connection is for. The others have theirs in a table.
    """
    own = schema_of(connection)
    for account in (*(other for other in accounts(connection) if other != own), own):
        set_schema(connection, account)
        refresh(connection, zone if account == own else _zone(connection, account))
    unite(connection)


def accounts(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """The schemas of the accounts whose views were made, in order."""
    found = connection.execute(
        "SELECT schema_name FROM duckdb_tables() WHERE database_name = current_database() AND table_name = ? "
        "ORDER BY 1",
        [LOCAL_ZONE],
    ).fetchall()
    return [schema for (schema,) in found]


def unite(connection: duckdb.DuckDBPyConnection) -> None:
    """Make or replace the views over all accounts, if there is more than one.

    A file that is called like an account has none: DuckDB refuses their names as ambiguous.

    Raises:
        WarehouseError: a view cannot be made. Nothing was changed.
    """
    schemas = accounts(connection)
    [(database,)] = connection.execute("SELECT current_database()").fetchall()
    if len(schemas) < 2 or database in schemas:
        return
    there = connection.execute(
        "SELECT schema_name, view_name FROM duckdb_views() WHERE database_name = current_database()"
    ).fetchall()
    with transaction(connection, "The views over all accounts cannot be made: ", "Nothing was changed."):
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {full_schema(connection, UNITED)}")
        for view in VIEWS:
            selects = [
                f"SELECT {text(schema)} AS account, * FROM {qualified(schema, view.name)}"
                for schema in schemas
                if (schema, view.name) in there
            ]
            if selects:
                name = f"{full_schema(connection, UNITED)}.{identifier(view.name)}"
                connection.execute(f"CREATE OR REPLACE VIEW {name} AS {' UNION ALL BY NAME '.join(selects)}")
                comment = f"{view.description} The column `account` has the account's prefix."
                connection.execute(f"COMMENT ON VIEW {name} IS {text(comment)}")


def _zone(connection: duckdb.DuckDBPyConnection, account: str) -> ZoneInfo:
    table = f"{full_schema(connection, account)}.{identifier(LOCAL_ZONE)}"
    found = connection.execute(f"SELECT timezone FROM {table}").fetchall()
    return ZoneInfo(found[0][0])
