"""The contract: the columns, key and descriptions of each table. All code for single tables reads it from here."""

from __future__ import annotations

from collections.abc import Sequence

from sensource_dagster.contract.model import (
    DAY,
    DELETED,
    HOUR,
    LOCAL_HOUR,
    SYNCED_AT,
    Column,
    Measure,
    Table,
    Type,
)


def _id(name: str, description: str) -> Column:
    return Column(name, Type.VARCHAR, description, nullable=False)


def _text(name: str, description: str) -> Column:
    return Column(name, Type.VARCHAR, description)


def _count(name: str, description: str, measure: Measure | None = None) -> Column:
    return Column(name, Type.BIGINT, description, "people", measure=measure)


_CREATED = (
    Column("created_at", Type.TIMESTAMPTZ, "When the entry was made in Vea"),
    Column("updated_at", Type.TIMESTAMPTZ, "When the entry was last changed in Vea"),
)
_SYNCED = Column(SYNCED_AT, Type.TIMESTAMPTZ, "When the request was made whose values the row has", nullable=False)
_ADDED_TO_LISTS = (
    _SYNCED,
    Column(DELETED, Type.BOOLEAN, "The API no longer lists this entry", nullable=False),
)
_ADDED_TO_COUNTS = (
    Column(
        DAY,
        Type.DATE,
        "The local day of the hour, in the account's time zone: the partition",
        nullable=False,
    ),
    Column(
        LOCAL_HOUR,
        Type.TIMESTAMP,
        "The local time at which the hour starts, in the account's time zone",
        nullable=False,
    ),
    _SYNCED,
)
_HOUR = Column(HOUR, Type.TIMESTAMPTZ, "Start of the hour counted, an instant", nullable=False)
_INS = _count("sumins", "People who entered during the hour", Measure("ins", "sum"))
_OUTS = _count("sumouts", "People who left during the hour; ins and outs do not balance", Measure("outs", "sum"))


def _list(name: str, description: str, *columns: Column) -> Table:
    return Table(name, description, name, name, (f"{name}_id",), columns, _ADDED_TO_LISTS)


def _counts(name: str, description: str, entity: str, *columns: Column) -> Table:
    key = (f"{entity}_id", HOUR)
    return Table(name, description, f"data/{name}", entity, key, columns, _ADDED_TO_COUNTS)


LISTS = (
    _list(
        "location",
        "The locations of the account: a building, a branch, a park.",
        _id("location_id", "Identifies the location"),
        _text("org_id", "The organisation that owns it"),
        _text("location_type_id", "The kind of location"),
        _text("name", "Its name; names may repeat"),
        _text("description", "Free text"),
        _text("location_number", "The customer's own number for the location"),
        _text("street", "Street and house number"),
        _text("city", "City"),
        _text("state", "State or region"),
        _text("postal_code", "Postal code"),
        _text("country", "Country"),
        Column("latitude", Type.DOUBLE, "Latitude, WGS 84", "degrees north"),
        Column("longitude", Type.DOUBLE, "Longitude, WGS 84", "degrees east"),
        _text("timezone", "IANA time zone, if the API sends it"),
        *_CREATED,
    ),
    _list(
        "site",
        "Parts of a location that sensors belong to.",
        _id("site_id", "Identifies the site"),
        _text("location_id", "Its location"),
        _text("name", "Its name; names may repeat"),
    ),
    _list(
        "zone",
        "Counting zones: usually one door each. Traffic is counted per zone.",
        _id("zone_id", "Identifies the zone"),
        _text("org_id", "The organisation that owns it"),
        _text("name", "Its name; names repeat, so never join on them"),
        _text("sensor_id", "The sensor that counts it; it leads to site and location"),
        _text("device_id", "The device of the sensor"),
        Column("count_type", Type.BIGINT, "Vea's code for what is counted"),
        Column("scale_factor", Type.BIGINT, "Vea's scale of the raw counts"),
        Column("count_filter", Type.BIGINT, "Vea's code of the filter on the counts"),
        Column("count_application", Type.BIGINT, "Vea's code of what the counts are used for"),
        Column("perimeter", Type.BOOLEAN, "The zone is on the outer edge of its location"),
        Column("disabled", Type.BOOLEAN, "The zone no longer counts"),
        Column("settings", Type.JSON, "Settings of the zone as the API sends them"),
        *_CREATED,
    ),
    _list(
        "space",
        "Rooms and areas whose occupancy is measured.",
        _id("space_id", "Identifies the space"),
        _text("name", "Its name; names may repeat"),
        _text("location_id", "Its location"),
        _count("max_capacity", "How many people it may hold, if that is set"),
    ),
    _list(
        "sensor",
        "The counting devices.",
        _id("sensor_id", "Identifies the sensor"),
        _text("site_id", "The site it belongs to"),
        _text("name", "Its name; names may repeat"),
    ),
)

COUNTS = (
    _counts(
        "traffic",
        "How many people entered and left through each zone, hour by hour. A missing hour is unknown, not zero.",
        "zone",
        _id("zone_id", "The zone counted"),
        _text("name", "The zone's name when the hour was read"),
        _HOUR,
        _INS,
        _OUTS,
    ),
    _counts(
        "occupancy",
        "How many people were in each space, hour by hour. A missing hour is unknown, not zero.",
        "space",
        _id("space_id", "The space measured"),
        _text("name", "The space's name when the hour was read"),
        _HOUR,
        _count(
            "maxoccupancy",
            "Most people in the space at one time of the hour",
            Measure("peak_occupancy", "max"),
        ),
        _count("minoccupancy", "Fewest people in the space at one time of the hour"),
        Column("avgoccupancy", Type.DOUBLE, "Mean number of people in the space over the hour", "people"),
        _INS,
        _OUTS,
        Column("record_error", Type.JSON, "What the API says is wrong with the record, if anything"),
    ),
)

FURTHER_LIST = "further_list"
"""In the metadata of an asset: it is a list that `LISTS` does not have."""


def list_tables(names: Sequence[str]) -> tuple[Table, ...]:
    """The tables of these lists. Of a list that the contract does not describe, only the key is known."""
    described = tuple(table for table in LISTS if table.name in names)
    known = {table.name for table in LISTS}
    return (*described, *(further_list(name) for name in names if name not in known))


def further_list(name: str) -> Table:
    """The table of a list that the contract does not describe."""
    return _list(name, f"The list /api/{name} of the account.", _id(f"{name}_id", f"Identifies the {name}"))


TABLES = {table.name: table for table in LISTS + COUNTS}

CORRECTIONS = Table(
    "corrections",
    "One row for each measure that Vea corrected: its value changed after its hour had been read whole.",
    endpoint="",
    entity="correction",
    key=("table_name", "entity_id", HOUR, "column_name", "seen_at"),
    columns=(
        Column("table_name", Type.VARCHAR, "The table that was corrected: traffic or occupancy", nullable=False),
        Column("entity_id", Type.VARCHAR, "The zone or space of the row", nullable=False),
        Column(HOUR, Type.TIMESTAMPTZ, "The hour of the row, an instant", nullable=False),
        Column(DAY, Type.DATE, "The local day of the hour", nullable=False),
        Column("column_name", Type.VARCHAR, "The column whose value changed", nullable=False),
        Column("old_value", Type.VARCHAR, "Its value before, as text; null if Vea had stopped sending the row"),
        Column("new_value", Type.VARCHAR, "Its value since then, as text; null if Vea sends none"),
        Column("seen_at", Type.TIMESTAMPTZ, "When the sync read the new value", nullable=False),
    ),
    added=(),
)

REJECTED = Table(
    "rejected",
    "The rows of Vea that do not fit their table. A row leaves when a later response has one that fits instead.",
    endpoint="",
    entity="row",
    key=("table_name", "row"),
    columns=(
        Column("table_name", Type.VARCHAR, "The table that the row does not fit", nullable=False),
        _text("entity_id", "The zone, space ... of the row; null if it has none that fits"),
        Column(
            HOUR, Type.TIMESTAMPTZ, "The hour of the row, an instant; null for a list, or if it has none that fits"
        ),
        Column(
            DAY,
            Type.DATE,
            "The local day of the hour; without an hour the last day that was read with it; null for a list",
        ),
        Column("reason", Type.VARCHAR, "Which value does not fit which column, and why", nullable=False),
        Column("row", Type.JSON, "The whole row, as Vea sent it", nullable=False),
        Column("seen_at", Type.TIMESTAMPTZ, "When the sync first read the row like this", nullable=False),
    ),
    added=(),
)

DERIVED = (CORRECTIONS, REJECTED)
"""The tables that a merge writes beside its own. They are not in `TABLES`: no response of the API fills them."""
