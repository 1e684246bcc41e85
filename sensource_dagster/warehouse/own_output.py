"""What Dagster says about a user's own asset, and what it is told: the asset's table, its days, its numbers."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import duckdb
import pandas as pd
from dagster import AssetObservation, DailyPartitionsDefinition, OutputContext, TimeWindow

from sensource_dagster.contract.model import Table
from sensource_dagster.contract.tables import DERIVED, FURTHER_LIST, TABLES, further_list
from sensource_dagster.contract.view_columns import LOCAL_TIME, VIEWS
from sensource_dagster.errors import WarehouseError
from sensource_dagster.instance.private import TableSlice
from sensource_dagster.warehouse.account_schemas import UNITED, accounts
from sensource_dagster.warehouse.connection import Warehouse
from sensource_dagster.warehouse.own_table import OwnTable, RunDays, replace
from sensource_dagster.warehouse.preview import preview, row_count
from sensource_dagster.warehouse.sql import full_schema, identifier

MAIN = "main"
"""DuckDB's own schema. It has the tables of assets whose key has one part."""
_TAKEN = {*TABLES, *(table.name for table in DERIVED), *(view.name for view in VIEWS), *LOCAL_TIME}


def account_schema(context: OutputContext) -> str:
    """The schema of the account whose tables the I/O manager keeps."""
    return str((context.resource_config or {})["account_schema"])


def contract_of(context: OutputContext, table_slice: TableSlice) -> Table | None:
    """The contract of the output's table; None if the table is a user's own."""
    if table_slice.schema != account_schema(context):
        return None
    if FURTHER_LIST in (context.definition_metadata or {}):
        return further_list(table_slice.table)
    return TABLES.get(table_slice.table)


def check_output(context: OutputContext) -> None:
    """See that the output has a table, and if it is partitioned, days.

    Raises:
        WarehouseError: it has none.
    """
    if not context.has_asset_key:
        raise WarehouseError(
            f"{context.step_key}.{context.name} is the output of an op. Only an asset has a table. Nothing was "
            "written. Return it from an asset, or give the output another I/O manager."
        )
    asset, partitions = context.asset_key.to_user_string(), context.asset_spec.partitions_def
    if partitions is None:
        return
    if not isinstance(partitions, DailyPartitionsDefinition):
        raise WarehouseError(
            f"Asset {asset} has partitions that are not days. Nothing was written. Its table can be replaced by "
            "day (DailyPartitionsDefinition), or whole if the asset has no partitions."
        )
    if not (context.definition_metadata or {}).get("partition_expr"):
        raise WarehouseError(
            f"Asset {asset} is partitioned by day, but nothing says which column has the day. Nothing was "
            'written. Name the column in the asset\'s metadata: metadata={"partition_expr": "record_date"}.'
        )


def write_own(context: OutputContext, table_slice: TableSlice, frame: object, warehouse: Warehouse) -> None:
    """Write the frame into the asset's own table, and report its numbers.

    Raises:
        WarehouseError: nothing was written.
    """
    table = _own_table(table_slice, account_schema(context))
    if not isinstance(frame, pd.DataFrame):
        raise WarehouseError(
            f"Table {table} is not in the contract (tables.py), so the asset has to return a DataFrame, not a "
            f"{type(frame).__name__}. Nothing was written."
        )
    if context.asset_spec.partitions_def is not None and table.days is None:
        raise WarehouseError(
            f"Table {table} is partitioned by day, but the run has no partitions. Nothing was written. Choose "
            "days in the UI."
        )
    with warehouse.open() as connection:
        _refuse_table_of_account(connection, table)
        rows = replace(connection, table, frame)
        facts = _facts(connection, table)
    _publish(context, table, rows, facts, warehouse.size())


def _own_table(table_slice: TableSlice, of_account: str) -> OwnTable:
    if table_slice.schema.lower() == of_account and table_slice.table.lower() in _TAKEN:
        raise WarehouseError(
            f"The project itself makes {of_account}.{table_slice.table.lower()}, so an asset of yours cannot "
            "have that table. Nothing was written. Give the asset another key."
        )
    days = None
    for dimension in table_slice.partition_dimensions or []:
        if isinstance(dimension.partitions, TimeWindow):
            first, end = (instant.date() for instant in dimension.partitions)
            days = RunDays(dimension.partition_expr, first, end)
    return OwnTable(table_slice.schema, table_slice.table, days)


def _refuse_table_of_account(connection: duckdb.DuckDBPyConnection, table: OwnTable) -> None:
    """Another account of the warehouse may have the table, or all accounts have it as a view."""
    schema, name = table.schema.lower(), table.name.lower()
    taken = schema in accounts(connection) and name in _TAKEN
    if taken or schema == UNITED:
        raise WarehouseError(
            f"The project itself makes {schema}.{name}, for another account. Nothing was written. Give the asset "
            "another key."
        )


def _facts(connection: duckdb.DuckDBPyConnection, table: OwnTable) -> dict[str, Any]:
    name = f"{full_schema(connection, table.schema)}.{identifier(table.name)}"
    return {"dagster/row_count": row_count(connection, name), "preview": preview(connection, name)}


def _publish(
    context: OutputContext, table: OwnTable, rows: dict[date | None, int], facts: dict[str, Any], size: int
) -> None:
    facts["dagster/size_bytes"] = size
    if table.days is None:
        context.add_output_metadata({"rows": rows[None], **facts})
        return
    # On each day's event the numbers of that day alone, as of the tables of the contract.
    context.log_event(AssetObservation(context.asset_key, metadata=facts))
    select = f"SELECT * FROM {identifier(table.schema)}.{identifier(table.name)}"
    for key in context.asset_partition_keys:
        local_day = date.fromisoformat(key)
        of_day = RunDays(table.days.column, local_day, local_day + timedelta(days=1))
        context.step_context.add_asset_metadata(
            {"rows": rows.get(local_day, 0), "Query": f"{select} WHERE {of_day.condition}"},
            asset_key=context.asset_key,
            partition_key=key,
        )
