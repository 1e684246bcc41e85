"""Views over all accounts of a warehouse. Each account has a schema of its own."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import duckdb

from sensource_dagster.contract.view_columns import VIEWS
from sensource_dagster.errors import WarehouseError
from sensource_dagster.views.local_time import LOCAL_ZONE
from sensource_dagster.views.refresh import refresh
from sensource_dagster.warehouse.account_schemas import UNITED, accounts
from sensource_dagster.warehouse.sql import full_schema, identifier, qualified, schema_of, set_schema, text
from sensource_dagster.warehouse.transaction import transaction


def refresh_accounts(connection: duckdb.DuckDBPyConnection, zone: ZoneInfo) -> None:
    """Make or replace the views of all accounts that there are. Errors as of `refresh`.

    Args:
        zone: SENSOURCE_TIMEZONE of the account that the connection is for. The others have theirs in a table.
    """
    own = schema_of(connection)
    for other in [account for account in accounts(connection) if account != own]:
        set_schema(connection, other)
        try:
            refresh(connection, _zone(connection, other))
        except WarehouseError:  # its own `published` says why; it shall not stop those of all others
            connection.rollback()
    set_schema(connection, own)
    refresh(connection, zone)
    unite(connection)


def unite(connection: duckdb.DuckDBPyConnection) -> None:
    """Make or replace the views over all accounts, if there is more than one.

    A file that is called like an account has none: DuckDB refuses their names as ambiguous.

    Raises:
        WarehouseError: a view cannot be made. Nothing was changed.
    """
    schemas = accounts(connection)
    [(database,)] = connection.execute("SELECT current_database()").fetchall()
    is_possible = len(schemas) > 1 and database not in schemas
    there = connection.execute(
        "SELECT schema_name, view_name FROM duckdb_views() WHERE database_name = current_database()"
    ).fetchall()
    with transaction(connection, "The views over all accounts cannot be made: ", "Nothing was changed."):
        if is_possible:
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {full_schema(connection, UNITED)}")
        for view in VIEWS:
            name = f"{full_schema(connection, UNITED)}.{identifier(view.name)}"
            selects = [
                f"SELECT {text(schema)} AS account, * FROM {qualified(schema, view.name)}"
                for schema in schemas
                if is_possible and (schema, view.name) in there
            ]
            if selects:
                connection.execute(f"CREATE OR REPLACE VIEW {name} AS {' UNION ALL BY NAME '.join(selects)}")
                comment = f"{view.description} The column `account` has the account's prefix."
                connection.execute(f"COMMENT ON VIEW {name} IS {text(comment)}")
            elif (UNITED, view.name) in there:  # of an account that is gone
                connection.execute(f"DROP VIEW {name}")


def _zone(connection: duckdb.DuckDBPyConnection, account: str) -> ZoneInfo:
    table = f"{full_schema(connection, account)}.{identifier(LOCAL_ZONE)}"
    found = connection.execute(f"SELECT timezone FROM {table}").fetchall()
    return ZoneInfo(found[0][0])
