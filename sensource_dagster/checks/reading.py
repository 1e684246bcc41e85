"""Reads the warehouse for the checks of one table: only the rows of the judged days."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import duckdb

from sensource_dagster.checks.judged_days import JudgedDays
from sensource_dagster.contract.model import DAY, HOUR, Table
from sensource_dagster.warehouse.sql import day, full_schema, identifier, instant

_FIRST = 50


@dataclass(frozen=True)
class Findings:
    """The rows that a check has found wrong.

    Attributes:
        total: how many rows there are.
        rows: the first of them.
        sums: the sums of the requested columns over all of them.
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
    """An open warehouse, the table and the days to judge, and the lists that have been read."""

    connection: duckdb.DuckDBPyConnection
    table: Table
    days: JudgedDays
    lists: frozenset[str]

    @property
    def entity(self) -> str:
        """The column with the id of what is counted or listed."""
        return self.table.key[0]

    def name(self, table: str) -> str:
        return f"{full_schema(self.connection)}.{identifier(table)}"

    def rows(self, days_before: int = 0) -> str:
        """A relation: the rows whose hour is in the judged days or in `days_before` days before them.

        Both bounds are literals, and the rows were written in the order of this column. So DuckDB reads only these
        days.
        """
        start, end = instant(self.days.start(days_before)), instant(self.days.end)
        return f"(SELECT * FROM {self.name(self.table.name)} WHERE {HOUR} >= {start} AND {HOUR} < {end})"

    def rows_by_hour_or_day(self) -> str:
        """A relation: as `rows`, and also the rows whose day alone is a judged day."""
        start, end = instant(self.days.start()), instant(self.days.end)
        first, last = day(self.days.first), day(self.days.last)
        return (
            f"(SELECT * FROM {self.name(self.table.name)} WHERE ({HOUR} >= {start} AND {HOUR} < {end}) "
            f"OR ({DAY} BETWEEN {first} AND {last}))"
        )

    def batches(self) -> Iterator[Reading]:
        """This reading in batches of 30 days, for checks that need memory for each row."""
        return (replace(self, days=days) for days in self.days.batches())

    def fetch(self, query: str, values: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        found = self.connection.execute(query, values)
        names = [column[0] for column in found.description or []]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def findings(
        self, query: str, order: str, values: Mapping[str, Any] | None = None, sums: Sequence[str] = ()
    ) -> Findings:
        """The rows of a query as findings.

        Args:
            query: a SELECT. Each of its rows is one finding.
            order: the order of the rows.
            values: the parameters of the query (`$name`).
            sums: columns to add up.
        """
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE findings AS {query}", values)
        added = ", ".join(["count(*)", *(f"coalesce(sum({identifier(column)}), 0)::BIGINT" for column in sums)])
        [(total, *totals)] = self.connection.execute(f"SELECT {added} FROM temp.findings").fetchall()
        rows = self.fetch(f"SELECT * FROM temp.findings ORDER BY {order} LIMIT {_FIRST}")
        return Findings(total, rows, dict(zip(sums, totals, strict=True)))
