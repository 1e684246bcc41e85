"""What there is to look at in the demo's data, as one sentence each, with the numbers of the file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import duckdb

from sensource_dagster.simulator.holidays import holiday_of

_INTERIOR = """
    SELECT any_value(door) FILTER (NOT counts_visits), sum(ins)::BIGINT,
           (sum(ins) FILTER (counts_visits))::BIGINT
    FROM sensource.traffic_daily JOIN sensource.door USING (zone_id, door)
    HAVING bool_or(NOT counts_visits)"""
_SILENT = """
    SELECT door, max(day) FILTER (ins > 0) + 1 FROM sensource.traffic_daily GROUP BY door
    HAVING max(day) FILTER (ins > 0) + 3 < (SELECT max(day) FROM sensource.location_daily WHERE visits > 0)"""
_HALF_DAY = """
    SELECT door, day FROM sensource.traffic_daily
    WHERE hours_counted BETWEEN 6 AND 12 AND day < (SELECT max(day) FROM sensource.traffic_daily)
    ORDER BY hours_counted LIMIT 1"""
# A day is over if it is not the last one. On every other day somebody comes.
_CLOSED = """
    SELECT day FROM sensource.location_daily GROUP BY day
    HAVING sum(visits) = 0 AND day < (SELECT max(day) FROM sensource.location_daily) ORDER BY day"""
_CORRECTED = "SELECT count(*) FROM sensource.corrections HAVING count(*) > 0"


def sights(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """The sentences, as far as the data has what they are about."""

    def rows(query: str) -> list[Any]:
        return connection.execute(query).fetchall()

    for door, ins, visits in rows(_INTERIOR):
        yield f"An interior door, {door}: all zones have {ins:,} ins, but only {visits:,} are visits."
    for door, since in rows(_SILENT):
        yield f"A silent door, {door}: only zeros since {_day(since)}. The check door_is_unusual finds it."
    for door, day in rows(_HALF_DAY):
        yield f"A half day, {door}: no hour after noon on {_day(day)}. The check hours_are_complete finds it."
    closed = [day for (day,) in rows(_CLOSED)]
    if closed:
        yield f"Closed days, with no visits: {', '.join(map(_closed, closed))}."
    for (count,) in rows(_CORRECTED):
        yield f"Corrections: Vea changed {count:,} values that had been read. They are in sensource.corrections."


def _day(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b}"


def _closed(day: date) -> str:
    return " ".join(filter(None, [_day(day), f"({name})" if (name := holiday_of(day)) else None]))
