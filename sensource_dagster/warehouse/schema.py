"""Creates a table of the contract, and adds or widens columns for new fields of the API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pandas as pd

from sensource_dagster.contract.list_values import may_widen
from sensource_dagster.contract.model import LOCAL_HOUR, Column, Table, Type, is_left_out
from sensource_dagster.contract.values import DTYPES
from sensource_dagster.errors import WarehouseError
from sensource_dagster.warehouse.column_type import change_type, statements
from sensource_dagster.warehouse.local_hours import fill_local_hours
from sensource_dagster.warehouse.sql import as_type, full_schema, identifier, schema_of, text

# DuckDB resolves names without regard to case.
_IS_TABLE = "database_name = current_database() AND lower(schema_name) = ? AND lower(table_name) = ?"
_TYPE_OF_DTYPE = {dtype: kind for kind, dtype in DTYPES.items()}
_OURS = "A field of the API that the contract does not name"
"""The comment on a column that a merge has added or filled. It tells such a column from one of the user's own."""
_NUMBERS = {Type.BIGINT.value, Type.DOUBLE.value, "INTEGER", "SMALLINT", "HUGEINT", "FLOAT", "DECIMAL"}
"""The types of measures; a user may have chosen some of them. Every other column of counts describes its row."""


@dataclass(frozen=True)
class Target:
    """A table of the contract in an open warehouse. `schema` is the quoted full name of its schema."""

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
        """Name and type of each column of the table. Names are in lower case, since DuckDB ignores case."""
        # Not duckdb_columns(): it binds every view of the catalogue.
        columns = "SELECT lower(name), type FROM pragma_table_info(?)"
        found = self.connection.execute(columns, [self.name]).fetchall()
        # DuckDB writes TIMESTAMPTZ in full when it lists columns.
        spelled = {"TIMESTAMP WITH TIME ZONE": Type.TIMESTAMPTZ.value}
        return {column: spelled.get(kind, kind) for column, kind in found}

    def beside(self, table: Table) -> Target:
        """Another table of the same warehouse."""
        return Target(self.connection, table, self.schema)

    def create(self) -> None:
        columns = ", ".join(map(_definition, self.table.all_columns))
        self.connection.execute(f"CREATE SCHEMA IF NOT EXISTS {self.schema}")
        self.connection.execute(f"CREATE TABLE IF NOT EXISTS {self.name} ({columns})")

    def add(self, column: str, kind: str) -> None:
        self.connection.execute(f"ALTER TABLE {self.name} ADD COLUMN {identifier(column)} {kind}")

    def mark_as_field(self, column: str) -> None:
        self.connection.execute(f"COMMENT ON COLUMN {self.name}.{identifier(column)} IS {text(_OURS)}")

    def comments(self) -> dict[str, str | None]:
        query = f"SELECT lower(column_name), comment FROM duckdb_columns() WHERE {_IS_TABLE}"
        return dict(self.connection.execute(query, [schema_of(self.connection), self.table.name]).fetchall())

    def widen(self, column: str, have: str, kind: str) -> None:
        query = f"SELECT index_name, sql FROM duckdb_indexes() WHERE {_IS_TABLE} ORDER BY 1"
        indexes = self.connection.execute(query, [schema_of(self.connection), self.table.name]).fetchall()
        if indexes:
            raise WarehouseError(
                f"{self.table.name}.{column} has to become {kind} for the values that the API sends. DuckDB "
                "cannot change a type in a table with an index. Nothing was written. First run "
                + "".join(f"DROP INDEX {self.schema}.{identifier(name)}; " for name, _ in indexes)
                + "Then start this run again. Afterwards run "
                + " ".join(str(sql) for _, sql in indexes)
            )
        is_field = self.comments().get(column) == _OURS
        change_type(self.connection, self.name, column, kind, as_type(identifier(column), have, kind))
        if is_field:
            self.mark_as_field(column)


def _definition(column: Column) -> str:
    """The column's definition for CREATE TABLE."""
    return f"{identifier(column.name)} {column.type.value}{'' if column.nullable else ' NOT NULL'}"


def complete(target: Target, zone: ZoneInfo) -> dict[str, str]:
    """Create the table, or add the columns that came into the contract later; all its columns before that.

    Raises:
        WarehouseError: a key column is missing, or a column of the contract has another type in the table.
    """
    target.create()
    existing = target.columns()
    for column in target.table.all_columns:
        have = existing.get(column.name)
        if have is None and column.name in target.table.key:
            raise WarehouseError(
                f"{target.table.name}.{column.name} is missing in the warehouse. Rows without this key column "
                "cannot be distinguished. Nothing was written. Rename the table, then read all days again: "
                f"ALTER TABLE {target.name} RENAME TO {identifier(target.table.name + '_old')};"
            )
        if have is None:  # somebody dropped it, or it was added to the contract later
            target.add(column.name, column.type.value)
            if column.name == LOCAL_HOUR:
                fill_local_hours(target.connection, target.name, zone)
        elif have != column.type.value and not _is_wider(target.table, column, have):
            value = f"CAST({identifier(column.name)} AS {column.type.value})"
            back = statements(target.connection, target.name, column.name, column.type.value, value)
            raise WarehouseError(
                f"{target.table.name}.{column.name} is {have} in the warehouse, but {column.type.value} in the "
                f"contract. Nothing was written. Set it back: {'; '.join(back)};"
            )
    return existing


@dataclass(frozen=True)
class Fit:
    """How a frame fits its table.

    Attributes:
        types: the type in the table of each column that the merge writes. Columns that the frame does not have are
            among them: no row carries them, so they become null.
        measures: those of them that are measures of counts.
        left_out: measures of the table that no row of the frame carries. They keep their values.
        changes: a line for each added or widened column that the contract does not name.
    """

    types: dict[str, str]
    measures: list[str]
    left_out: list[str]
    changes: list[str]


def fit(target: Target, frame: pd.DataFrame, zone: ZoneInfo) -> Fit:
    """Create the table, or add and widen its columns, so that the frame fits it.

    A field that the contract does not name gets its column with its first value.

    Raises:
        WarehouseError: a key column is missing, or a column of the contract has another type in the table.
    """
    existing = complete(target, zone)
    contract = {column.name: column for column in target.table.all_columns}
    unknown = existing.keys() - contract.keys()
    comments = target.comments() if unknown else {}
    types: dict[str, str] = {}
    changes: list[str] = []
    for name in map(str, frame.columns):
        values, have = frame[name], existing.get(name)
        if name in contract and may_widen(target.table, contract[name]):
            types[name] = _fit_list_column(target, values, have or contract[name].type.value, changes)
        elif name in contract:
            types[name] = contract[name].type.value
        elif not is_left_out(name) and (have is not None or values.notna().any()):
            types[name] = _fit_unknown_column(target, values, have, changes)
            if comments.get(name) is None and values.notna().any():  # new, or from before there was the mark
                target.mark_as_field(name)
    measures = [name for name, kind in types.items() if _is_measure(target.table, kind)]
    left_out = []
    others = {
        column.name: existing.get(column.name, column.type.value)
        for column in target.table.columns
        if column.name not in types
    }
    others |= {name: existing[name] for name in sorted(unknown - types.keys()) if comments[name] == _OURS}
    for name, kind in others.items():
        if _is_measure(target.table, kind):
            left_out.append(name)
        else:
            types[name] = kind
    return Fit(types, measures, left_out, changes)


def _is_measure(table: Table, kind: str) -> bool:
    return not table.is_list and kind.split("(", maxsplit=1)[0] in _NUMBERS


def type_of_values(values: pd.Series[Any]) -> str:
    return _TYPE_OF_DTYPE.get(str(values.dtype), Type.JSON).value


def _is_wider(table: Table, column: Column, have: str) -> bool:
    """Whether a merge may have given this type to the column, for values that the contract's type cannot hold."""
    wider = {Type.VARCHAR.value} | ({Type.DOUBLE.value} if column.type is Type.BIGINT else set())
    return may_widen(table, column) and have in wider and column.type is not Type.JSON


def _fit_list_column(target: Target, values: pd.Series[Any], have: str, changes: list[str]) -> str:
    new, wide = type_of_values(values), Type.VARCHAR.value
    if values.isna().all() or new == have:
        return have
    if {have, new} == {Type.BIGINT.value, Type.DOUBLE.value} and _exact_as_double(target, values, have):
        wide = Type.DOUBLE.value
    if wide != have:
        _widen(target, values, have, wide, changes)
    return wide


def _widen(target: Target, values: pd.Series[Any], have: str, wide: str, changes: list[str]) -> None:
    target.widen(str(values.name), have, wide)
    changes.append(f"{target.table.name}.{values.name} was {have} and is now {wide}: the API sends other values")


def _fit_unknown_column(target: Target, values: pd.Series[Any], have: str | None, changes: list[str]) -> str:
    name, new = str(values.name), type_of_values(values)
    if have is None:
        target.add(name, new)
        changes.append(
            f"{target.table.name} has a new column {name} ({new}): the API sends a field that the contract does "
            "not name"
        )
        return new
    if values.isna().all():  # its dtype may come from a row that a later row replaced
        return have
    wide = _common_type(have, new)
    if wide == Type.DOUBLE.value and have != new and not _exact_as_double(target, values, have):
        wide = Type.JSON.value
    if wide != have:
        _widen(target, values, have, wide, changes)
    return wide


def _exact_as_double(target: Target, values: pd.Series[Any], have: str) -> bool:
    """Whether DOUBLE holds each whole number of the column exactly, in the table and in the response."""
    least, most = values.min(), values.max()
    if have == Type.BIGINT.value:
        column = identifier(str(values.name))
        least, most = target.connection.execute(
            f"SELECT coalesce(min({column}), 0), coalesce(max({column}), 0) FROM {target.name}"
        ).fetchall()[0]
    return bool(least >= -(2**53) and most <= 2**53)


def _common_type(have: str, new: str) -> str:
    """The type that holds the values of both without loss. A type that the user has chosen stays."""
    if have == new or have not in {kind.value for kind in Type}:
        return have
    if {have, new} == {Type.BIGINT.value, Type.DOUBLE.value}:
        return Type.DOUBLE.value
    return Type.JSON.value
