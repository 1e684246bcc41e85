"""The tables of the contract, and the column that an API field becomes."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensource_dagster.contract.model import SCHEMA, Table, Type, column_name
from sensource_dagster.contract.tables import COUNTS, LISTS, TABLES

KEYS = {
    "location": ("location_id",),
    "site": ("site_id",),
    "zone": ("zone_id",),
    "space": ("space_id",),
    "sensor": ("sensor_id",),
    "traffic": ("zone_id", "record_date_hour_1"),
    "occupancy": ("space_id", "record_date_hour_1"),
}
every_table = pytest.mark.parametrize("table", TABLES.values(), ids=list(TABLES))


def types(name: str) -> dict[str, str]:
    return {column.name: column.type.value for column in TABLES[name].all_columns}


def test_the_tables_and_their_keys_are_those_of_the_contract() -> None:
    assert SCHEMA == "sensource"
    assert {name: table.key for name, table in TABLES.items()} == KEYS
    assert [table.name for table in LISTS] == ["location", "site", "zone", "space", "sensor"]
    assert [table.name for table in COUNTS] == ["traffic", "occupancy"]
    assert {table.name: table.endpoint for table in COUNTS} == {
        "traffic": "data/traffic",
        "occupancy": "data/occupancy",
    }
    assert all(table.endpoint == table.name and table.is_list for table in LISTS)
    assert not any(table.is_list for table in COUNTS)


def test_the_counts_have_the_columns_and_types_of_the_contract() -> None:
    assert types("traffic") == {
        "zone_id": "VARCHAR",
        "name": "VARCHAR",
        "record_date_hour_1": "TIMESTAMPTZ",
        "sumins": "BIGINT",
        "sumouts": "BIGINT",
        "record_date": "DATE",
        "record_hour": "TIMESTAMP",
        "_synced_at": "TIMESTAMPTZ",
    }
    assert types("occupancy") == {
        "space_id": "VARCHAR",
        "name": "VARCHAR",
        "record_date_hour_1": "TIMESTAMPTZ",
        "maxoccupancy": "BIGINT",
        "minoccupancy": "BIGINT",
        "avgoccupancy": "DOUBLE",
        "sumins": "BIGINT",
        "sumouts": "BIGINT",
        "record_error": "JSON",
        "record_date": "DATE",
        "record_hour": "TIMESTAMP",
        "_synced_at": "TIMESTAMPTZ",
    }


def test_the_lists_have_the_columns_and_types_of_the_contract() -> None:
    assert types("zone") == {
        **dict.fromkeys(("zone_id", "org_id", "name", "sensor_id", "device_id"), "VARCHAR"),
        **dict.fromkeys(("count_type", "scale_factor", "count_filter", "count_application"), "BIGINT"),
        **dict.fromkeys(("perimeter", "disabled", "_deleted"), "BOOLEAN"),
        "settings": "JSON",
        **dict.fromkeys(("created_at", "updated_at", "_synced_at"), "TIMESTAMPTZ"),
    }
    assert types("space")["max_capacity"] == "BIGINT"
    assert types("location")["latitude"] == types("location")["longitude"] == "DOUBLE"
    assert all(list(types(table.name))[-2:] == ["_synced_at", "_deleted"] for table in LISTS)


@every_table
def test_only_the_key_and_the_added_columns_must_not_be_null(table: Table) -> None:
    required = {column.name for column in table.all_columns if not column.nullable}
    assert required == {*table.key, *(column.name for column in table.added)}


@every_table
def test_each_column_is_described_and_named_once_and_each_count_has_its_unit(table: Table) -> None:
    names = [column.name for column in table.all_columns]
    assert len(set(names)) == len(names)
    assert all(column.description.strip() and not column.description.endswith(".") for column in table.all_columns)
    counts = {"sumins", "sumouts", "maxoccupancy", "minoccupancy", "avgoccupancy", "max_capacity"}
    assert all(column.unit == "people" for column in table.columns if column.name in counts)
    assert table.description


@every_table
def test_each_field_becomes_its_own_column(table: Table) -> None:
    assert {column_name(field) for field in table.fields} == {column.name for column in table.columns}


def test_the_measures_are_sums_and_peaks() -> None:
    assert {
        table.name: {c.name: (c.measure.name, c.measure.aggregate) for c in table.columns if c.measure}
        for table in COUNTS
    } == {
        "traffic": {"sumins": ("ins", "sum"), "sumouts": ("outs", "sum")},
        "occupancy": {
            "maxoccupancy": ("peak_occupancy", "max"),
            "sumins": ("ins", "sum"),
            "sumouts": ("outs", "sum"),
        },
    }


@pytest.mark.parametrize(
    ("field", "column"),
    [
        ("zoneId", "zone_id"),
        ("recordDate_hour_1", "record_date_hour_1"),
        ("maxCapacity", "max_capacity"),
        ("locationTypeId", "location_type_id"),
        ("sumins", "sumins"),
        ("maxoccupancy", "maxoccupancy"),
        ("recordError", "record_error"),
        ("deviceID", "device_id"),
        ("IPAddress", "ip_address"),
        ("HTTPServerURL", "http_server_url"),
        ("line2Name", "line2_name"),
        ("already_snake", "already_snake"),
        ("Zone Id", "zone_id"),
        ("a.b-c/d", "a_b_c_d"),
        ('x"; DROP TABLE traffic; --', "x___drop_table_traffic____"),
        ("größe", "größe"),
        ("日本", "日本"),
        ("😀", "_"),
        ("\x00", "_"),
        ("", "field"),
    ],
)
def test_a_field_becomes_a_column_in_snake_case(field: str, column: str) -> None:
    assert column_name(field) == column


@given(st.text(max_size=40))
def test_any_field_becomes_a_name_of_word_characters_that_is_not_changed_again(field: str) -> None:
    name = column_name(field)
    assert re.fullmatch(r"\w+", name)
    assert name == name.lower()
    assert column_name(name) == name


def test_the_types_are_names_of_duckdb_types() -> None:
    assert {kind.value for kind in Type} == {
        "VARCHAR",
        "BIGINT",
        "DOUBLE",
        "BOOLEAN",
        "TIMESTAMPTZ",
        "TIMESTAMP",
        "DATE",
        "JSON",
    }
