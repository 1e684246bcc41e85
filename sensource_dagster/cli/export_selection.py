"""What `sensource export` reads: a view, or its days from first to last, in a fixed order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import click
import duckdb

from sensource_dagster.cli.published_days import Days
from sensource_dagster.contract.model import HOUR, Column, View
from sensource_dagster.warehouse.sql import identifier, identifiers

# The rows are sorted by those of these columns that a view has. The ids are last: they decide between equal names.
_ORDER = (
    *("day", "door", "space", "kind", "subject", "location", HOUR),
    *("zone_id", "space_id", "subject_id", "location_id"),
)


@dataclass(frozen=True)
class Selection:
    """A query to export.

    Attributes:
        name: of the file and the sheet.
        what: the same for people to read.
        query: a SELECT of the `columns` in this order, with an ORDER BY.
        parameters: those that are bound in the query.
        day: SQL for the day of a row of the query; NULL without one.
    """

    name: str
    what: str
    query: str
    parameters: tuple[object, ...]
    columns: tuple[Column, ...]
    day: str


@dataclass(frozen=True)
class Held:
    """What a selection holds: its rows, and the first and last day with a row (None without days)."""

    rows: int
    first: date | None
    last: date | None


def of_view(view: View, days: Days) -> Selection:
    """The rows of a view on these days.

    Raises:
        UsageError: days are given, and the view has none.
    """
    names = [column.name for column in view.columns]
    if "day" not in names and days != Days(None, None):
        raise click.UsageError(f"The view {view.name} has no days: leave out --from and --to.")
    condition, parameters = days.condition("day")
    order = identifiers(name for name in _ORDER if name in names)
    return Selection(
        name=view.name,
        what=view.name,
        query=f"SELECT {identifiers(names)} FROM {identifier(view.name)} WHERE {condition} ORDER BY {order}",
        parameters=parameters,
        columns=view.columns,
        day="day" if "day" in names else "CAST(NULL AS DATE)",
    )


def held(connection: duckdb.DuckDBPyConnection, selection: Selection) -> Held:
    query = f"SELECT count(*), min({selection.day}), max({selection.day}) FROM ({selection.query})"
    return Held(*connection.execute(query, selection.parameters).fetchall()[0])
