"""Reads the warehouse for the checks of one table. The rows of the judged days are read once for all of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Any

import duckdb

from sensource_dagster.checks.affected import Affected, affected, joined
from sensource_dagster.checks.judged_days import EARLIEST, JudgedDays
from sensource_dagster.contract.model import DAY, HOUR, Table
from sensource_dagster.warehouse.sql import full_schema, identifier, instant

SHOWN = 50
"""How many of the rows that a check has found it lists."""


@dataclass(frozen=True)
class Findings:
    """The rows that a check has found wrong.

    Attributes:
        total: how many rows there are.
        rows: the first of them.
        sums: the sums of the requested columns over all of them.
        affected: the entities of all of them, by id.
    """

    total: int = 0
    rows: Sequence[Mapping[str, Any]] = ()
    sums: Mapping[str, int] = field(default_factory=dict)
    affected: Mapping[str, Affected] = field(default_factory=dict)

    def __add__(self, others: Findings) -> Findings:
        columns = {*self.sums, *others.sums}
        sums = {column: self.sums.get(column, 0) + others.sums.get(column, 0) for column in columns}
        affected = joined(self.affected, others.affected)
        return Findings(self.total + others.total, [*self.rows, *others.rows], sums, affected)

    def __bool__(self) -> bool:
        return self.total > 0


@dataclass(frozen=True)
class Reading:
    """An open warehouse, and the table and the days to judge.

    Attributes:
        tables: the tables of our schema that exist.
        lists: those of them that are lists which the sync reads.
        aggregates: what `daily` has of each entity and day for the checks: the name and the SQL aggregate.
        days_before: how many days before the judged ones `daily` has as well.
    """

    connection: duckdb.DuckDBPyConnection
    table: Table
    days: JudgedDays
    tables: frozenset[str]
    lists: frozenset[str]
    aggregates: Mapping[str, str]
    days_before: int
    last_read: Callable[[Collection[date]], Mapping[date, float]] = lambda _: {}
    """When each of these days was read last, as a timestamp. A day that was never read is left out."""

    @property
    def entity(self) -> str:
        """The column with the id of what is counted or listed."""
        return self.table.key[0]

    @cached_property
    def _schema(self) -> str:
        return full_schema(self.connection)

    def name(self, table: str) -> str:
        return f"{self._schema}.{identifier(table)}"

    @cached_property
    def daily(self) -> str:
        """A relation: one row for each entity and day, from one pass over the rows. All checks share it.

        It is 24 times smaller than the rows, so a pass needs little memory, however many days there are. Beside
        the `aggregates` it has the columns

        - `zone_id` or `space_id`, `name`, and `day`: the day that the rows are on;
        - `judged`: whether their hours are in the judged days, or else in the days before;
        - `rows`: how many there are;
        - `first_hour` and `last_hour`: the first and the last of their hours;
        - `hours`: which hours they have, in bits as of `JudgedDays.expected_bits`. A row stands for the whole UTC
          hour at or after its start: in a zone that is half an hour off UTC, it is not known whether Vea's hours
          start at whole UTC hours.
        """
        bit = hour_number(HOUR, DAY)
        aggregates = "".join(f", {aggregate} AS {identifier(name)}" for name, aggregate in self.aggregates.items())
        self.connection.execute(
            f"""CREATE OR REPLACE TEMP TABLE daily AS
            SELECT {self.entity}, {DAY} AS day, {_within(HOUR, self.days)} AS judged, any_value(name) AS name,
                   count(*) AS rows, min({HOUR}) AS first_hour, max({HOUR}) AS last_hour,
                   bit_or(CASE WHEN {bit} BETWEEN 0 AND 61 THEN 1::BIGINT << {bit} ELSE 0 END) AS hours{aggregates}
            FROM {self.rows(self.days_before)} GROUP BY {self.entity}, {DAY}, judged"""
        )
        return "temp.daily"

    @cached_property
    def judged_days(self) -> str:
        """A relation: one row for each judged day, with its start, its end and its `expected` hours as bits."""
        return self.relation_of(self.days)

    def relation_of(self, judged: JudgedDays) -> str:
        """As `judged_days`, of any days."""
        days = list(judged)
        values = {
            "days": days,
            "starts": [judged.start(day) for day in days],
            "ends": [judged.end(day) for day in days],
            "expected": [judged.expected_bits(day) for day in days],
        }
        relation = f"temp.{identifier(f'days {judged}')}"
        self.connection.execute(
            f"""CREATE OR REPLACE TEMP TABLE {relation} AS
            SELECT unnest($days::DATE[]) AS day, unnest($starts::TIMESTAMPTZ[]) AS starts_at,
                   unnest($ends::TIMESTAMPTZ[]) AS ends_at, unnest($expected::BIGINT[]) AS expected""",
            values,
        )
        return relation

    @cached_property
    def has_wrong_days(self) -> bool:
        """Whether the day of a row is not that of its hour, among the rows that have one of the two judged."""
        [(found,)] = self.connection.execute(
            f"""SELECT EXISTS (
                FROM {self.daily} LEFT JOIN {self.judged_days} judged_days USING (day)
                WHERE judged AND (first_hour >= starts_at AND last_hour < ends_at) IS NOT TRUE
            ) OR EXISTS (FROM {self.stray_rows()})"""
        ).fetchall()
        return bool(found)

    def rows(self, days_before: int = 0) -> str:
        """A relation: the rows whose hour is in the judged days or in `days_before` days before them.

        All bounds are literals, and the rows were written in the order of this column. So DuckDB reads only these
        days.
        """
        within = _within(HOUR, self.days.with_days_before(days_before))
        return f"(SELECT * FROM {self.name(self.table.name)} WHERE {within})"

    def stray_rows(self) -> str:
        """A relation: the rows on a judged day whose hour is not in the judged days, or null."""
        return (
            f"(SELECT * FROM {self.name(self.table.name)} WHERE {self.on_judged_day()} "
            f"AND ({_within(HOUR, self.days)}) IS NOT TRUE)"
        )

    def on_judged_day(self) -> str:
        """A condition: the day of a row is a judged day, whatever its hour."""
        ranges = [f"{DAY} BETWEEN DATE '{first}' AND DATE '{last}'" for first, last in self.days.ranges]
        return f"({' OR '.join(ranges) or 'false'})"

    def batches(self) -> Iterator[Reading]:
        """This reading in batches of 30 days, for a query that needs memory for each row."""
        return (replace(self, days=days) for days in self.days.batches())

    def fetch(self, query: str, values: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        found = self.connection.execute(query, values)
        names = [column[0] for column in found.description or []]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def findings(
        self, query: str, order: str, values: Mapping[str, Any] | None = None, sums: Sequence[str] = ()
    ) -> Findings:
        """The rows of a query as findings. Only those that are shown leave DuckDB.

        Args:
            query: a SELECT. Each of its rows is one finding.
            order: the order of the rows.
            values: the parameters of the query (`$name`).
            sums: columns to add up.
        """
        # Once for all that is asked of them: the query of a check can take a second.
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE found AS {query}", values)
        added = ", ".join(["count(*)", *(f"coalesce(sum({identifier(column)}), 0)::BIGINT" for column in sums)])
        [(total, *added_up)] = self.connection.execute(f"SELECT {added} FROM temp.found").fetchall()
        totals = dict(zip(sums, added_up, strict=True))
        if not total:
            return Findings(sums=totals)
        rows = self.fetch(f"FROM temp.found ORDER BY {order} LIMIT {SHOWN}")
        named = affected(self.connection, self.entity, "FROM temp.found", rows[0].keys())
        return Findings(total, rows, totals, named)


def hour_number(instant_column: str, day_column: str) -> str:
    """SQL: the number of the bit, in `JudgedDays.expected_bits`, of the whole UTC hour at or after an instant."""
    hour = f"(epoch_us({instant_column}) + 3599999999) // 3600000000"
    return f"({hour} - 24 * ({day_column} - DATE '1970-01-01') + {EARLIEST})"


def _within(column: str, days: JudgedDays) -> str:
    """A condition: the instant is in these days."""
    bounds = [f"{column} >= {instant(start)} AND {column} < {instant(end)}" for start, end in days.bounds()]
    return f"({' OR '.join(bounds) or 'false'})"
