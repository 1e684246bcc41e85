"""Which doors and spaces a check names, and by which names alarms.toml can name them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import duckdb
import pytest

from sensource_dagster.checks.affected import Affected, Silence, affected, joined, labels_of, names_of
from sensource_dagster.config.alarms_file import Quiet
from sensource_dagster.warehouse.sql import set_schema

DAY, NEXT, LATER = date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 9)
DOORS = {
    "z1": Affected("Central Library, North door", name="CL North"),
    "z2": Affected("Central Library, South door"),
}
FOUND = f"""
    SELECT * FROM (VALUES
        ('z1', 'CL North', DATE '{NEXT}'), ('z1', 'CL North', DATE '{DAY}'), ('z2', NULL, DATE '{DAY}'),
        ('z3', 'Side', DATE '{LATER}')) found(zone_id, name, day)"""
COLUMNS = ["zone_id", "name", "day"]


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """Two accounts with a view `door` each; that of the second has other names. Another file has one as well."""
    with duckdb.connect() as made:
        made.execute("ATTACH ':memory:' AS other")
        for schema, door in (("other.main", "Third"), ("west", "Second"), ("sensource", "North door")):
            made.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
            names = f"SELECT 'z1' AS zone_id, 'Central Library' AS location, '{door}' AS door"
            made.execute(f"CREATE VIEW {schema}.door AS {names}")
        set_schema(made, "sensource")
        yield made


def silence(*entries: Quiet, today: date = DAY) -> Silence:
    return Silence(entries, today, "zone")


def silenced_by(name: str) -> set[str]:
    return {*silence(Quiet(name, "any", DAY, "Rebuilt.")).of(DOORS, "any")}


def test_the_entities_of_all_findings_are_named_with_their_rows_and_days(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    assert affected(connection, "zone_id", FOUND, COLUMNS) == {
        "z1": Affected("Central Library, North door", "CL North", 2, DAY, NEXT),
        "z2": Affected("z2", "", 1, DAY, DAY),
        "z3": Affected("Side", "Side", 1, LATER, LATER),
    }


def test_findings_without_days_name_their_entities_without_days(connection: duckdb.DuckDBPyConnection) -> None:
    found = affected(connection, "zone_id", f"SELECT zone_id, name FROM ({FOUND})", ["zone_id", "name"])
    assert found["z1"] == Affected("Central Library, North door", "CL North", 2)


@pytest.mark.parametrize("columns", [["zone_id", "day"], ["name", "day"], ["day"]])
def test_findings_without_ids_or_names_name_no_entities(
    connection: duckdb.DuckDBPyConnection, columns: list[str]
) -> None:
    assert affected(connection, "zone_id", FOUND, columns) == {}


def test_a_door_has_the_name_of_its_own_account_s_view(connection: duckdb.DuckDBPyConnection) -> None:
    assert labels_of(connection, "zone_id") == {"z1": "Central Library, North door"}
    set_schema(connection, "west")
    assert labels_of(connection, "zone_id") == {"z1": "Central Library, Second"}


def test_spaces_have_no_such_names_and_doors_have_none_without_a_view(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    assert labels_of(connection, "space_id") == {}
    connection.execute("DROP VIEW sensource.door; CREATE VIEW sensource.visits AS SELECT 1 AS zone_id")
    assert labels_of(connection, "zone_id") == {}


def test_the_entities_of_two_batches_of_days_are_joined() -> None:
    first = {"z1": Affected("North", "N", 2, DAY, NEXT), "z2": Affected("South", "S", 1, DAY, DAY)}
    second = {"z1": Affected("North", "N", 3, LATER, LATER), "z3": Affected("West", "W", 1, LATER, LATER)}
    assert joined(first, second) == {**second, **first, "z1": Affected("North", "N", 5, DAY, LATER)}


def test_a_door_is_silenced_by_its_id_vea_s_name_and_the_name_in_the_views_with_or_without_its_location() -> None:
    for name in ("z1", "CL North", "Central Library, North door", "North door"):
        assert silenced_by(name) == {"z1"}
    assert names_of("z1", "", "Central Library, North door, left") == {
        "z1",
        "Central Library, North door, left",
        "North door, left",
    }


def test_the_name_of_a_location_silences_none_of_its_doors() -> None:
    assert silenced_by("Central Library") == set()


def test_each_entry_silences_its_own_door_and_check_up_to_its_last_day() -> None:
    north, south = Quiet("z1", "any", DAY, "Rebuilt."), Quiet("z2", "any", NEXT, "Closed")
    other = Quiet("z2", "another", NEXT, "Other.")
    assert silence(north, south, other).of(DOORS, "any") == {"z1": north, "z2": south}
    assert silence(north, south, today=NEXT).of(DOORS, "any") == {"z2": south}
    assert silence(north, south, today=LATER).of(DOORS, "any") == {}


def test_what_is_silenced_is_said_with_its_reasons() -> None:
    rebuilt, closed = Quiet("any", "any", DAY, "Rebuilt.."), Quiet("any", "any", NEXT, "...and closed")
    silent: dict[str, Any] = {"z1": closed, "z2": rebuilt, "z3": rebuilt}
    assert silence().sentence(silent) == (
        " 2 zones are silenced until 2026-03-01: Rebuilt. 1 zone is silenced until 2026-03-02: ...and closed."
    )
    assert silence().sentence({}) == ""


def test_an_alert_is_made_of_the_name_the_rows_and_the_days_that_are_known() -> None:
    assert Affected("North", "N", 3, DAY, NEXT, LATER).as_json() == {
        "name": "North",
        "rows": 3,
        "first_day": "2026-03-01",
        "last_day": "2026-03-02",
        "back": "2026-03-09",
    }
    assert Affected("North").as_json() == {"name": "North", "rows": 1}
