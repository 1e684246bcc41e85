"""The schemas of a warehouse that belong to accounts."""

from __future__ import annotations

import duckdb

from sensource_dagster.contract.model import SCHEMA, SYNCED_AT
from sensource_dagster.contract.tables import CORRECTIONS
from sensource_dagster.errors import WarehouseError
from sensource_dagster.warehouse.schema import Target
from sensource_dagster.warehouse.sql import schema_of, tables_of

UNITED = "all_accounts"
"""The schema of the views over all accounts. It is there if a warehouse has more than one."""


def accounts(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """The schemas of the accounts whose views were made, in order."""
    found = connection.execute(
        "SELECT schema_name FROM duckdb_tables() WHERE database_name = current_database() "
        "AND (table_name, column_count) IN ((?, ?), (?, ?)) GROUP BY 1 HAVING count(*) = 2 ORDER BY 1",
        ["local_zone", 1, CORRECTIONS.name, len(CORRECTIONS.all_columns)],
    ).fetchall()
    return [schema for (schema,) in found]


def refuse_foreign(target: Target) -> None:
    """See that a further account takes over no table that somebody else has made.

    Raises:
        WarehouseError: the table is there, and no sync has made it.
    """
    schema = schema_of(target.connection)
    if schema == SCHEMA or target.table.name not in tables_of(target.connection):
        return
    if SYNCED_AT not in target.columns():
        raise WarehouseError(
            f"The table {schema}.{target.table.name} is not one of an account. Nothing was written. Rename it, or "
            f"choose another prefix than {schema}."
        )
