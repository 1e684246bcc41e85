"""Makes a table of the contract, and lets it grow by what the API adds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import duckdb
import pandas as pd

from sensource_dagster.contract.tables import SCHEMA, Column, Table, Type
from sensource_dagster.contract.values import DTYPES
from sensource_dagster.errors import WarehouseError
from sensource_dagster.warehouse.sql import as_json, full_schema, identifier

# As DuckDB resolves a name: without regard to case.
_IS_TABLE = "database_name = current_database() AND lower(schema_name) = ? AND lower(table_name) = ?"
_TYPE_OF_DTYPE = {dtype: kind for kind, dtype in DTYPES.items()}


@dataclass(frozen=True)
class Target:
    """A table of the contract in an open warehouse; `schema` is the full name of its schema, quoted."""

    connection: duckdb.DuckDBPyConnection
    table: Table
    schema: str

    @classmethod
    def of(cls, connection: duckdb.DuckDBPyConnection, table: Table) -> Target:
        return cls(connection, table, full_schema(connection))

    @property
    def name(self) -> str:
        return f"{self.schema}.{identifier(self.table.name)}"

    def columns(self) -> dict[str, str]:
        """Name (in lower case: DuckDB's names have none) and type of each column of the table."""
        # Not duckdb_columns(): that binds every view of the catalogue, for one table's columns.
        found = self.connection.execute(
            "SELECT lower(name), type FROM pragma_table_info(?)", [self.name]
        ).fetchall()
        # DuckDB spells TIMESTAMPTZ out where it lists columns.
        spelled = {"TIMESTAMP WITH TIME ZONE": Type.TIMESTAMPTZ.value}
        return {column: spelled.get(kind, kind) for column, kind in found}

    def create(self) -> None:
        columns = ", ".join(definition(column) for column in self.table.all_columns)
        self.connection.execute(f"CREATE SCHEMA IF NOT EXISTS {self.schema}")
        self.connection.execute(f"CREATE TABLE IF NOT EXISTS {self.name} ({columns})")

    def add(self, column: str, kind: str) -> None:
        self.connection.execute(f"ALTER TABLE {self.name} ADD COLUMN {identifier(column)} {kind}")

    def widen(self, column: str, have: str, kind: str) -> None:
        indexes = self.connection.execute(
            f"SELECT index_name, sql FROM duckdb_indexes() WHERE {_IS_TABLE} ORDER BY 1", [SCHEMA, self.table.name]
        ).fetchall()
        if indexes:
            raise WarehouseError(
                f"{self.table.name}.{column} has to become {kind} to take what the API sends, and DuckDB changes "
                "no type in a table with an index. Nothing was written. Run "
                + "".join(f"DROP INDEX {self.schema}.{identifier(name)}; " for name, _ in indexes)
                + "then this again, then "
                + " ".join(str(sql) for _, sql in indexes)
            )
        quoted = identifier(column)
        value = as_json(quoted, have) if kind == Type.JSON.value else quoted
        self.connection.execute(f"ALTER TABLE {self.name} ALTER {quoted} TYPE {kind} USING {value}")


def definition(column: Column) -> str:
    """The column as CREATE TABLE has it."""
    return f"{identifier(column.name)} {column.type.value}{'' if column.nullable else ' NOT NULL'}"


def fit(target: Target, frame: pd.DataFrame) -> tuple[dict[str, str], list[str]]:
    """Make the table, or add the columns it lacks, so that it can take the frame.

    Returns:
        the type in the table of each of the frame's columns, and a line for each change the contract does
        not name: a new column, or a column that now holds values of more than one type.

    Raises:
        WarehouseError: a column of the contract has another type in the table.
    """
    target.create()
    existing = target.columns()
    for column in target.table.all_columns:
        have = existing.get(column.name)
        if have is None and column.name in target.table.key:
            raise WarehouseError(
                f"{target.table.name}.{column.name} is missing in the warehouse, and without it the table's rows "
                "cannot be told apart. Nothing was written. Set the table aside, then read all again: "
                f"ALTER TABLE {target.name} RENAME TO {identifier(target.table.name + '_old')};"
            )
        if have is None:  # dropped by someone, or newer than the table
            target.add(column.name, column.type.value)
        elif have != column.type.value:
            raise WarehouseError(
                f"{target.table.name}.{column.name} is {have} in the warehouse, but {column.type.value} in the "
                f"contract. Nothing was written. Set it back: ALTER TABLE {target.name} ALTER "
                f"{identifier(column.name)} TYPE {column.type.value};"
            )
    contract = {column.name: column.type.value for column in target.table.all_columns}
    types: dict[str, str] = {}
    changes: list[str] = []
    for name in map(str, frame.columns):
        types[name] = contract.get(name) or _fit_extra(target, frame[name], existing.get(name), changes)
    return types, changes


def type_of_values(values: pd.Series[Any]) -> str:
    return _TYPE_OF_DTYPE.get(str(values.dtype), Type.JSON).value


def _fit_extra(target: Target, values: pd.Series[Any], have: str | None, changes: list[str]) -> str:
    name = str(values.name)
    new = type_of_values(values)
    if have is None:
        target.add(name, new)
        changes.append(
            f"{target.table.name} has a new column {name} ({new}): the API sends a field we did not know"
        )
        return new
    if values.isna().all():  # nothing to hold; its dtype may come from a row that a later one replaced
        return have
    wide = _common(have, new)
    if wide == Type.DOUBLE.value and have != new and not _exact_as_double(target, values, have):
        wide = Type.JSON.value
    if wide != have:
        target.widen(name, have, wide)
        changes.append(f"{target.table.name}.{name} was {have} and is now {wide}: the API sends other values")
    return wide


def _exact_as_double(target: Target, values: pd.Series[Any], have: str) -> bool:
    """Whether DOUBLE holds each whole number of the column, in the table or in the answer."""
    least, most = values.min(), values.max()
    if have == Type.BIGINT.value:
        column = identifier(str(values.name))
        least, most = target.connection.execute(
            f"SELECT coalesce(min({column}), 0), coalesce(max({column}), 0) FROM {target.name}"
        ).fetchall()[0]
    return bool(least >= -(2**53) and most <= 2**53)


def _common(have: str, new: str) -> str:
    """The type that holds values of both without loss. A type that the user chose himself stays."""
    if have == new or have not in {kind.value for kind in Type}:
        return have
    if {have, new} == {Type.BIGINT.value, Type.DOUBLE.value}:
        return Type.DOUBLE.value
    return Type.JSON.value
