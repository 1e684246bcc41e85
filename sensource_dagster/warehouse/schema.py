"""Makes a table of the contract, and lets it grow by what the API adds."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb
import pandas as pd

from sensource_dagster.tables import SCHEMA, Column, Table, Type
from sensource_dagster.values import DTYPES
from sensource_dagster.warehouse.connection import WarehouseError
from sensource_dagster.warehouse.sql import identifier, qualified

_TYPE_OF_DTYPE = {dtype: kind for kind, dtype in DTYPES.items()}


def create_statement(table: Table) -> str:
    columns = ",\n  ".join(_definition(column) for column in table.all_columns)
    return f"CREATE TABLE IF NOT EXISTS {qualified(table.name)} (\n  {columns}\n)"


def _definition(column: Column) -> str:
    return f"{identifier(column.name)} {column.type.value}{'' if column.nullable else ' NOT NULL'}"


def existing_columns(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    """Name (in lower case: DuckDB's names have no case) and type of each column; empty if there is no table."""
    found = connection.execute(
        "SELECT lower(column_name), data_type FROM duckdb_columns() "
        "WHERE database_name = current_database() AND schema_name = ? AND table_name = ?",
        [SCHEMA, table],
    ).fetchall()
    # DuckDB spells TIMESTAMPTZ out where it lists columns.
    spelled = {"TIMESTAMP WITH TIME ZONE": Type.TIMESTAMPTZ.value}
    return {name: spelled.get(kind, kind) for name, kind in found}


def fit_table(
    connection: duckdb.DuckDBPyConnection, table: Table, frame: pd.DataFrame
) -> tuple[dict[str, str], list[str]]:
    """Make the table, or add the columns it lacks, so that it can take the frame.

    Returns:
        the type of each of the frame's columns in the table, and a line for each change the contract does
        not name: a new column, or a column that now holds values of more than one type.

    Raises:
        WarehouseError: a column of the contract has another type in the table.
    """
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {identifier(SCHEMA)}")
    connection.execute(create_statement(table))
    existing = existing_columns(connection, table.name)
    for column in table.all_columns:
        have = existing.get(column.name)
        if have is None:  # dropped by someone, or newer than the table
            _add(connection, table, column.name, column.type.value)
        elif have != column.type.value:
            raise WarehouseError(
                f"{table.name}.{column.name} is {have} in the warehouse, but {column.type.value} in the contract. "
                f"Nothing was written. Set it back: ALTER TABLE {qualified(table.name)} ALTER "
                f"{identifier(column.name)} TYPE {column.type.value};"
            )
    types = {column.name: column.type.value for column in table.all_columns}
    changes = _fit_extras(connection, table, frame, existing, types)
    return {str(name): types[str(name)] for name in frame.columns}, changes


def _fit_extras(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    frame: pd.DataFrame,
    existing: Mapping[str, str],
    types: dict[str, str],
) -> list[str]:
    changes: list[str] = []
    for name in (str(name) for name in frame.columns if name not in types):
        new = _TYPE_OF_DTYPE.get(str(frame[name].dtype), Type.JSON).value
        have = existing.get(name)
        if have is None:
            _add(connection, table, name, new)
            changes.append(
                f"{table.name} has a new column {name} ({new}): the API sends a field that we did not know"
            )
            have = new
        elif frame[name].notna().any():
            wide = _common(have, new)
            if wide != have:
                _widen(connection, table, name, wide)
                changes.append(f"{table.name}.{name} was {have} and is now {wide}: the API sends other values")
            have = wide
        types[name] = have
    return changes


def _common(have: str, new: str) -> str:
    """The type that holds values of both without loss. A type that the user chose himself stays."""
    if have == new or have not in {kind.value for kind in Type}:
        return have
    if {have, new} == {Type.BIGINT.value, Type.DOUBLE.value}:
        return Type.DOUBLE.value
    return Type.JSON.value


def _add(connection: duckdb.DuckDBPyConnection, table: Table, name: str, kind: str) -> None:
    connection.execute(f"ALTER TABLE {qualified(table.name)} ADD COLUMN {identifier(name)} {kind}")


def _widen(connection: duckdb.DuckDBPyConnection, table: Table, name: str, kind: str) -> None:
    column = identifier(name)
    value = f"to_json({column})" if kind == Type.JSON.value else column
    connection.execute(f"ALTER TABLE {qualified(table.name)} ALTER {column} TYPE {kind} USING {value}")
