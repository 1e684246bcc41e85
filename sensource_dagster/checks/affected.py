"""Which doors or spaces a check names, all of them and compactly: alerts compare these, not the first 50 rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import duckdb

from sensource_dagster.config.alarms_file import Quiet
from sensource_dagster.warehouse.sql import full_schema, identifier, schema_of, text

AFFECTED = "affected"
"""The metadata with those that a failed check names, by id."""
OUTAGES = "outages"
"""The metadata with those that were offline on the newest days, by id; empty if none was."""
NOT_KNOWN = "not known: the newest day of which no hours are awaited has not been read since"
"""In place of the outages."""
SILENCED = "silenced"
"""The metadata with those that alarms.toml silences, by id."""


@dataclass(frozen=True)
class Affected:
    """A door or space that a check names.

    Attributes:
        label: the door's name in the views, or the name that Vea has.
        name: the name that Vea has.
        rows: on how many rows of the findings it is.
        first_day: the first of their days, if they have days.
        last_day: the last.
        back: the first day on which all was right again, if there is one.
    """

    label: str
    name: str = ""
    rows: int = 1
    first_day: date | None = None
    last_day: date | None = None
    back: date | None = None

    def as_json(self) -> dict[str, Any]:
        days = {"first_day": self.first_day, "last_day": self.last_day, "back": self.back}
        return {"name": self.label, "rows": self.rows, **{name: str(day) for name, day in days.items() if day}}


def affected(
    connection: duckdb.DuckDBPyConnection, entity: str, query: str, columns: Collection[str]
) -> dict[str, Affected]:
    """The entities of the findings, by their ids.

    Args:
        entity: the column with the id. Findings without it, or without a name, have no entities.
        query: a SELECT with the findings.
        columns: its columns; they may have a `day`.
    """
    if not {entity, "name"} <= set(columns):
        return {}
    days = "min(day), max(day)" if "day" in columns else "NULL::DATE, NULL::DATE"
    rows = connection.execute(
        f"SELECT {entity}, any_value(name), count(*), {days} FROM ({query}) GROUP BY {entity} ORDER BY {entity}"
    ).fetchall()
    labels = labels_of(connection, entity)
    return {
        str(key): Affected(labels.get(key) or name or str(key), name or "", count, first, last)
        for key, name, count, first, last in rows
    }


def labels_of(connection: duckdb.DuckDBPyConnection, entity: str) -> dict[str, str]:
    """The name of each door that stands for no other door. Vea's own names repeat.

    Spaces have none, and doors have none before the first copy.
    """
    if entity != "zone_id":
        return {}
    found = connection.execute(
        "SELECT 1 FROM duckdb_views() WHERE database_name = current_database() "
        f"AND schema_name = {text(schema_of(connection))} AND view_name = 'door'"
    ).fetchall()
    if not found:
        return {}
    door = f"{full_schema(connection)}.{identifier('door')}"
    return dict(connection.execute(f"SELECT zone_id, concat_ws(', ', location, door) FROM {door}").fetchall())


def names_of(key: str, name: str, label: str) -> set[str]:
    """By which names alarms.toml can name a door or space: its id, Vea's name, the label, and the
    label without the location, which would be that of all its doors.
    """
    return {key, name, label, label.partition(", ")[2]} - {""}


def joined(some: Mapping[str, Affected], others: Mapping[str, Affected]) -> dict[str, Affected]:
    """The entities of two batches of days, the earlier days first."""
    both = {**some, **others}
    for key in some.keys() & others.keys():
        one, other = some[key], others[key]
        both[key] = replace(one, rows=one.rows + other.rows, last_day=other.last_day)
    return both


@dataclass(frozen=True)
class Silence:
    """What alarms.toml says on a day, for the entities of one table (`noun`: zone)."""

    entries: tuple[Quiet, ...]
    today: date
    noun: str

    def of(self, named: Mapping[str, Affected], check: str) -> dict[str, Quiet]:
        """The entry that silences each of the named entities, by their ids."""
        found: dict[str, Quiet] = {}
        for entry in self.entries:
            if entry.check == check and self.today <= entry.until:
                named_so = (key for key, one in named.items() if entry.zone in names_of(key, one.name, one.label))
                found |= dict.fromkeys(named_so, entry)
        return found

    def sentence(self, silent: Mapping[str, Quiet]) -> str:
        """`1 zone is silenced until 2026-03-31: The entrance is being rebuilt.`"""
        counts = Counter((entry.until, entry.reason) for entry in silent.values())
        return "".join(
            f" {count} {self.noun}{' is' if count == 1 else 's are'} silenced until {until}: {reason.rstrip('.')}."
            for (until, reason), count in sorted(counts.items())
        )
