"""What a table and a column are, and which column an API field becomes. The tables themselves are in `tables`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

SCHEMA = "sensource"
"""The schema of the project's own account. Each further account has one of its own."""
HOUR = "record_date_hour_1"
_HOUR_FIELD = "recordDate_hour_1"
DAY = "record_date"
LOCAL_HOUR = "record_hour"
SYNCED_AT = "_synced_at"
DELETED = "_deleted"
MESSAGES = "messages"
"""In the `attrs` of a list's frame: what Vea said beside its rows. It may say that the list is only a part."""


class Type(str, Enum):
    """The DuckDB types in use. A nested value of the API is kept as JSON."""

    VARCHAR = "VARCHAR"
    BIGINT = "BIGINT"
    DOUBLE = "DOUBLE"
    BOOLEAN = "BOOLEAN"
    TIMESTAMPTZ = "TIMESTAMPTZ"
    TIMESTAMP = "TIMESTAMP"
    DATE = "DATE"
    JSON = "JSON"


@dataclass(frozen=True)
class Measure:
    """A number that each day's event reports for a column: an SQL aggregate over the day's rows, and its name."""

    name: str
    aggregate: str


@dataclass(frozen=True)
class Column:
    """One column: name, DuckDB type, meaning, unit (None if it has none), and whether it may be null."""

    name: str
    type: Type
    description: str
    unit: str | None = None
    nullable: bool = True
    measure: Measure | None = None

    @property
    def meaning(self) -> str:
        """The description with the unit behind it."""
        return self.description + (f" [{self.unit}]" if self.unit else "")


@dataclass(frozen=True)
class Table:
    """One table and the endpoint it comes from.

    Attributes:
        columns: the columns that the API's fields fill, in the order of the table.
        added: the columns that the sync adds after them.
        key: the columns that identify a row.
        endpoint: path of the source, below `{api_url}/api/`. It is empty if the sync itself makes the rows.
        entity: what `key[0]` identifies: a zone, a space, a site ...
    """

    name: str
    description: str
    endpoint: str
    entity: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    added: tuple[Column, ...]

    @property
    def all_columns(self) -> tuple[Column, ...]:
        return self.columns + self.added

    @property
    def fields(self) -> frozenset[str]:
        """The API's own spelling of each of `columns`."""
        return frozenset(_field(column.name) for column in self.columns)

    @property
    def is_list(self) -> bool:
        """Whether the table is a list. A list is read whole, and counts are read by day."""
        return self.key[-1] != HOUR


@dataclass(frozen=True)
class View:
    """One view over the tables. Its query is `views/<name>.sql`.

    Attributes:
        sources: the tables and views that it reads.
    """

    name: str
    description: str
    sources: tuple[str, ...]
    columns: tuple[Column, ...]


def column_name(field: str) -> str:
    """The column of an API field: `zoneId` -> `zone_id`, `recordDate_hour_1` -> `record_date_hour_1`."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", field)
    return re.sub(r"\W", "_", spaced.lower()) or "field"


def _field(column: str) -> str:
    return _HOUR_FIELD if column == HOUR else re.sub(r"_([a-z])", lambda found: found[1].upper(), column)


def left_out(column: str) -> str:
    """The column of a frame that says which rows do not carry a field. No column of a table has such a name."""
    return f"~{column}"


def is_left_out(column: str) -> bool:
    return column.startswith("~")
