"""The days of each door, each location and all of them, read once from the view `usual_daily`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import duckdb

from sensource_dagster.errors import ReportError
from sensource_dagster.report.content import ALL
from sensource_dagster.report.counts_of_period import Comparison, Count, Period
from sensource_dagster.warehouse.sql import full_schema

_LEAST_KNOWN = 0.9
"""The share of a period's hours that must be there, for a change to be said of it."""


@dataclass(frozen=True)
class Subject:
    """A door, a location, or all locations: `kind` is "door", "location" or "all"."""

    kind: str
    id: str
    name: str
    location: str
    counts_visits: bool


EVERYTHING = Subject("all", "", ALL, ALL, counts_visits=True)
_NOTHING = Count(None, 0, 0), False


@dataclass
class ReportDays:
    """Two temporary tables of a connection, about one location or all: `report_day` has rows of `usual_daily`, and
    `report_door` its doors.

    Attributes:
        schema: of the views, quoted.
        over: the last day that is over.
        main: what the report is about.
        locations, doors: in the order of their names.
    """

    connection: duckdb.DuckDBPyConnection
    schema: str
    over: date
    main: Subject
    locations: tuple[Subject, ...]
    doors: tuple[Subject, ...]
    _first: dict[tuple[str, str], date | None]
    _counts: dict[Period, dict[tuple[str, str], tuple[Count, bool]]] = field(default_factory=dict)

    def count(self, subject: Subject, period: Period) -> Count:
        return self._known(subject, period)[0]

    def compare(self, subject: Subject, period: Period, other: Period) -> Comparison:
        """How a period differs from another one. Of a period of which much is missing nobody can say."""
        (now, is_known), (then, was_known) = self._known(subject, period), self._known(subject, other)
        change = None
        if is_known and was_known and now.people is not None and then.people:
            change = now.people / then.people - 1
        return Comparison(other, then, change)

    def since(self, subject: Subject) -> date | None:
        """Its first day with a count."""
        return self._first.get((subject.kind, subject.id))

    def _begins(self, kind: str, name: str, period: Period) -> bool:
        """Whether it counted from the first day of the period on, or before."""
        first = self._first[kind, name]
        return first is not None and first <= period.first

    def _known(self, subject: Subject, period: Period) -> tuple[Count, bool]:
        if period not in self._counts:
            rows = self.connection.execute(
                """SELECT kind, subject_id, CAST(sum(people) AS BIGINT),
                    CAST(sum(doors_whole) AS BIGINT), CAST(sum(doors) AS BIGINT),
                    sum(hours_counted) >= ? * sum(hours_expected)
                FROM report_day WHERE day BETWEEN ? AND ? GROUP BY kind, subject_id""",
                [_LEAST_KNOWN, period.first, period.last],
            ).fetchall()
            self._counts[period] = {
                (kind, name): (Count(people, whole, days), enough and self._begins(kind, name, period))
                for kind, name, people, whole, days, enough in rows
            }
        return self._counts[period].get((subject.kind, subject.id), _NOTHING)


def read_report_days(
    connection: duckdb.DuckDBPyConnection, location: str | None, period: Period | None, over: date
) -> ReportDays:
    """Make the tables of all days that there are, and of the days of the period that never came.

    Args:
        location: the name of the one location to read; None for all.
        over: the last day that is over.

    Raises:
        ReportError: no location of this name counts visits. The text lists those that do.
    """
    schema = full_schema(connection)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE report_day AS FROM {schema}.usual_daily")
    _add_days_that_never_came(connection, min(period.last, over) if period else over)
    if location is not None:
        _keep(connection, location)
    connection.execute(
        """CREATE OR REPLACE TEMP TABLE report_door AS
        SELECT DISTINCT subject_id AS zone_id, subject AS door, location, counts_visits
        FROM report_day WHERE kind = 'door'"""
    )
    found = connection.execute(
        """SELECT kind, subject_id, subject, coalesce(location, ?), counts_visits,
            min(day) FILTER (people IS NOT NULL)
        FROM report_day GROUP BY ALL ORDER BY kind, subject, subject_id""",
        [ALL],
    ).fetchall()
    subjects = [Subject(*row[:5]) for row in found]
    locations = tuple(subject for subject in subjects if subject.kind == "location")
    return ReportDays(
        connection,
        schema,
        over,
        locations[0] if len(locations) == 1 else EVERYTHING,
        locations,
        tuple(subject for subject in subjects if subject.kind == "door"),
        {(kind, name): first for kind, name, *_, first in found},
    )


def _keep(connection: duckdb.DuckDBPyConnection, location: str) -> None:
    found = connection.execute(
        "SELECT DISTINCT subject FROM report_day WHERE kind = 'location' ORDER BY 1"
    ).fetchall()
    names = [name for (name,) in found]
    wanted = location.strip()
    same = [name for name in names if name == wanted] or [
        name for name in names if name.casefold() == wanted.casefold()
    ]
    if len(same) != 1:
        there_are = f"There are: {', '.join(names)}" if names else "Nothing was counted yet: sync first"
        raise ReportError(f"No location named {location!r} has visits. {there_are}.")
    connection.execute("DELETE FROM report_day WHERE location IS DISTINCT FROM ?", same)


def _add_days_that_never_came(connection: duckdb.DuckDBPyConnection, last: date) -> None:
    """Where the newest day is before the last one, whoever counted on it should have counted since then."""
    connection.execute(
        """WITH newest AS (SELECT max(day) AS newest_day FROM report_day)
        INSERT INTO report_day BY NAME
        SELECT kind, subject_id, subject, location, counts_visits, isodow(missed) AS weekday, missed AS day, doors,
            0 AS doors_whole, 0 AS hours_counted, 24 * doors AS hours_expected, false AS complete
        FROM (SELECT *, unnest(generate_series(newest_day + 1, ?::DATE, INTERVAL 1 DAY))::DATE AS missed
            FROM report_day, newest WHERE day = newest_day)""",
        [last],
    )
