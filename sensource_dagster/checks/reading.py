"""The warehouse as the checks of one table read it: the rows of the days judged, and no others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import duckdb

from sensource_dagster.checks.judged_days import JudgedDays
from sensource_dagster.contract.tables import DAY, HOUR, SCHEMA, Table
from sensource_dagster.warehouse.sql import day, full_schema, identifier, instant

_FIRST = 50


@dataclass(frozen=True)
class Findings:
    """What is wrong.

    Attributes:
        total: how many there are.
        rows: the first of them.
        sums: of the columns asked for, over all.
    """

    total: int = 0
    rows: Sequence[Mapping[str, Any]] = ()
    sums: Mapping[str, int] = field(default_factory=dict)

    def __add__(self, others: Findings) -> Findings:
        columns = {*self.sums, *others.sums}
        sums = {column: self.sums.get(column, 0) + others.sums.get(column, 0) for column in columns}
        return Findings(self.total + others.total, [*self.rows, *others.rows], sums)

    def __bool__(self) -> bool:
        return self.total > 0


@dataclass(frozen=True)
class Reading:
    """An open warehouse, the table to judge, the days, and the lists that may be asked."""

    connection: duckdb.DuckDBPyConnection
    table: Table
    days: JudgedDays
    lists: frozenset[str]

    @property
    def entity(self) -> str:
        """The column that names what is counted or listed."""
        return self.table.key[0]

    def name(self, table: str) -> str:
        return f"{full_schema(self.connection)}.{identifier(table)}"

    def rows(self, days_before: int = 0) -> str:
        """A relation: the rows of the days judged and of some days before, by their hour.

        Both bounds are literals on a column in whose order the rows were written, so DuckDB reads these days only.
        """
        start, end = instant(self.days.start(days_before)), instant(self.days.end)
        return f"(SELECT * FROM {self.name(self.table.name)} WHERE {HOUR} >= {start} AND {HOUR} < {end})"

    def rows_by_hour_or_day(self) -> str:
        """As `rows`, and also those that only claim to be of these days."""
        start, end = instant(self.days.start()), instant(self.days.end)
        first, last = day(self.days.first), day(self.days.last)
        return (
            f"(SELECT * FROM {self.name(self.table.name)} WHERE ({HOUR} >= {start} AND {HOUR} < {end}) "
            f"OR ({DAY} BETWEEN {first} AND {last}))"
        )

    def batches(self) -> Iterator[Reading]:
        """This reading in pieces of 30 days, for what needs memory for each row."""
        return (replace(self, days=days) for days in self.days.batches())

    def fetch(self, query: str, values: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        found = self.connection.execute(query, values)
        names = [column[0] for column in found.description or []]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def faults(
        self, query: str, order: str, values: Mapping[str, Any] | None = None, sums: Sequence[str] = ()
    ) -> Findings:
        """Each row of the query is one fault.

        Args:
            query: a SELECT.
            order: which come first.
            values: for the query's `$name`s.
            sums: columns to add up.
        """
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE faults AS {query}", values)
        added = ", ".join(["count(*)", *(f"coalesce(sum({identifier(column)}), 0)::BIGINT" for column in sums)])
        [(total, *totals)] = self.connection.execute(f"SELECT {added} FROM temp.faults").fetchall()
        rows = self.fetch(f"SELECT * FROM temp.faults ORDER BY {order} LIMIT {_FIRST}")
        return Findings(total, rows, dict(zip(sums, totals, strict=True)))


def tables_of(connection: duckdb.DuckDBPyConnection) -> frozenset[str]:
    """The tables of our schema that exist."""
    found = connection.execute(
        "SELECT lower(table_name) FROM duckdb_tables() "
        "WHERE database_name = current_database() AND lower(schema_name) = ?",
        [SCHEMA],
    ).fetchall()
    return frozenset(name for (name,) in found)
