"""The views over all accounts of a warehouse, each account in a schema and a time zone of its own."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from sensource_dagster.config.warehouse_place import WarehousePlace
from sensource_dagster.contract.view_columns import VIEWS
from sensource_dagster.errors import WarehouseError
from sensource_dagster.views.published_copy import publish
from sensource_dagster.views.refresh import refresh
from sensource_dagster.views.united import unite
from sensource_dagster.warehouse.account_schemas import UNITED, accounts
from sensource_dagster.warehouse.sql import full_schema
from sensource_dagster.warehouse.warehouse_of import warehouse_of
from sensource_dagster_tests.lakes import NewLake, on_a_lake

ZONES = {"sensource": "America/Denver", "west": "Asia/Kolkata"}


def made(place: WarehousePlace, *prefixes: str) -> None:
    """A warehouse in which these accounts have a door each."""
    for prefix in prefixes:
        with warehouse_of(place, 5, schema=prefix).open() as connection:
            refresh(connection, ZoneInfo(ZONES[prefix]))
            connection.execute(
                f"INSERT INTO {full_schema(connection)}.zone (zone_id, name, _synced_at, _deleted) "
                f"VALUES ('z', '{prefix}', now(), false)"
            )
            unite(connection)


def doors(place: WarehousePlace) -> list[tuple[str, str]]:
    with warehouse_of(place, 5).open(read_only=True) as connection:
        return connection.execute(f"SELECT account, door FROM {UNITED}.door ORDER BY ALL").fetchall()


def test_each_view_has_the_rows_of_all_accounts(place: WarehousePlace) -> None:
    made(place, *ZONES)
    assert doors(place) == [("sensource", "sensource"), ("west", "west")]
    with warehouse_of(place, 5).open(read_only=True) as connection:
        for view in VIEWS:
            columns = connection.execute(f"DESCRIBE {UNITED}.{view.name}").fetchall()
            assert [column[0] for column in columns] == ["account", *(column.name for column in view.columns)]


@pytest.mark.parametrize(
    ("name", "prefixes"),
    [("warehouse.duckdb", ["sensource"]), ("west.duckdb", ["sensource", "west"])],
    ids=["one account", "a file called like an account"],
)
def test_there_are_none_where_they_would_say_nothing_or_be_ambiguous(
    tmp_path: Path, name: str, prefixes: list[str]
) -> None:
    made(tmp_path / name, *prefixes)
    with warehouse_of(tmp_path / name, 5).open(read_only=True) as connection:
        assert accounts(connection) == prefixes
        schemas = connection.execute("SELECT schema_name FROM duckdb_schemas()").fetchall()
        assert (UNITED,) not in schemas


def test_without_the_schema_of_a_removed_account_the_united_views_go(
    place: WarehousePlace, tmp_path: Path
) -> None:
    copy = tmp_path / "footfall.duckdb"
    made(place, *ZONES)
    with warehouse_of(place, 5).open() as connection:
        connection.execute(f"DROP SCHEMA {full_schema(connection, 'west')} CASCADE")
    publish(place, copy, ZoneInfo(ZONES["sensource"]), 5)
    with warehouse_of(copy, 5).open(read_only=True) as connection:
        views = connection.execute(
            "SELECT view_name FROM duckdb_views() WHERE schema_name = ?", [UNITED]
        ).fetchall()
    assert views == []


def test_an_account_whose_views_cannot_be_made_does_not_stop_the_copy_of_the_others(tmp_path: Path) -> None:
    warehouse, copy = tmp_path / "warehouse.duckdb", tmp_path / "footfall.duckdb"
    made(warehouse, *ZONES)
    with warehouse_of(warehouse, 5).open() as connection:
        connection.execute("DROP VIEW west.door_unusual_now")
        connection.execute("CREATE TABLE west.door_unusual_now (mine INTEGER)")
    publish(warehouse, copy, ZoneInfo(ZONES["sensource"]), 5)
    assert ("sensource", "sensource") in doors(copy)
    with pytest.raises(WarehouseError, match="The views of the account west cannot be made"):
        publish(warehouse, copy, ZoneInfo(ZONES["west"]), 5, "west")


def test_a_table_of_a_user_s_that_is_called_like_ours_makes_no_account(place: WarehousePlace) -> None:
    made(place, "sensource")
    with warehouse_of(place, 5).open() as connection:
        connection.execute("CREATE SCHEMA marts; CREATE TABLE marts.local_zone (zone INTEGER)")
        assert accounts(connection) == ["sensource"]


def test_a_copy_made_by_one_account_has_current_views_of_all_in_their_own_zones(
    place: WarehousePlace, tmp_path: Path
) -> None:
    copy = tmp_path / "footfall.duckdb"
    made(place, *ZONES)
    with warehouse_of(place, 5).open() as connection:
        earlier = f"{full_schema(connection, 'west')}.door"
        connection.execute(f"CREATE OR REPLACE VIEW {earlier} AS SELECT 'of an earlier version' AS door")
        for view in VIEWS:
            connection.execute(f"DROP VIEW {full_schema(connection, UNITED)}.{view.name}")
    publish(place, copy, ZoneInfo(ZONES["sensource"]), 5)
    assert doors(copy) == [("sensource", "sensource"), ("west", "west")]
    with warehouse_of(copy, 5).open(read_only=True) as connection:
        for prefix, zone in ZONES.items():
            assert connection.execute(f"SELECT timezone FROM {prefix}.local_zone").fetchall() == [(zone,)]


@on_a_lake
def test_to_make_the_views_of_one_account_does_not_outdate_those_of_another(new_lake: NewLake) -> None:
    place = new_lake()
    made(place, *ZONES)
    versions = {prefix: warehouse_of(place, 5, schema=prefix).account_version() for prefix in ZONES}
    before = warehouse_of(place, 5).version()
    for prefix, zone in ZONES.items():
        with warehouse_of(place, 5, schema=prefix).open() as connection:
            refresh(connection, ZoneInfo(zone))
    assert warehouse_of(place, 5).version() != before
    assert {prefix: warehouse_of(place, 5, schema=prefix).account_version() for prefix in ZONES} == versions
    with warehouse_of(place, 5, schema="west").open() as connection:
        connection.execute(f"DELETE FROM {full_schema(connection)}.zone")
    assert warehouse_of(place, 5, schema="west").account_version() != versions["west"]
    assert warehouse_of(place, 5).account_version() == versions["sensource"]
