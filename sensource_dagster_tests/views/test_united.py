"""The views over all accounts of a warehouse, each account in a schema and a time zone of its own."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pytest

from sensource_dagster.contract.view_columns import VIEWS
from sensource_dagster.views.published_copy import publish
from sensource_dagster.views.refresh import refresh
from sensource_dagster.views.united import UNITED, accounts, unite
from sensource_dagster.warehouse.file_warehouse import FileWarehouse
from sensource_dagster.warehouse.sql import full_schema

ZONES = {"sensource": "America/Denver", "west": "Asia/Kolkata"}


def made(file: Path, *prefixes: str) -> None:
    """A warehouse in which these accounts have a door each."""
    for prefix in prefixes:
        with FileWarehouse(file, 0, {}, schema=prefix).open() as connection:
            refresh(connection, ZoneInfo(ZONES[prefix]))
            zone = f"{full_schema(connection)}.zone"
            connection.execute(
                f"INSERT INTO {zone} (zone_id, name, _synced_at, _deleted) VALUES ('z', '{prefix}', now(), false)"
            )
            unite(connection)


def doors(file: Path) -> list[tuple[str, str]]:
    with duckdb.connect(str(file), read_only=True) as connection:
        return connection.execute(f"SELECT account, door FROM {UNITED}.door ORDER BY ALL").fetchall()


def test_each_view_has_the_rows_of_all_accounts(tmp_path: Path) -> None:
    made(tmp_path / "warehouse.duckdb", *ZONES)
    assert doors(tmp_path / "warehouse.duckdb") == [("sensource", "sensource"), ("west", "west")]
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
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
    with duckdb.connect(str(tmp_path / name)) as connection:
        assert accounts(connection) == prefixes
        assert (
            connection.execute("SELECT 1 FROM duckdb_schemas() WHERE schema_name = ?", [UNITED]).fetchall() == []
        )


def test_a_copy_made_by_one_account_has_current_views_of_all_in_their_own_zones(tmp_path: Path) -> None:
    warehouse, copy = tmp_path / "sensource.duckdb", tmp_path / "footfall.duckdb"
    made(warehouse, *ZONES)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("CREATE OR REPLACE VIEW sensource.west.door AS SELECT 'of an earlier version' AS door")
    publish(warehouse, copy, ZoneInfo(ZONES["sensource"]), 0)
    assert doors(copy) == [("sensource", "sensource"), ("west", "west")]
    with duckdb.connect(str(copy), read_only=True) as connection:
        for prefix, zone in ZONES.items():
            query = f"SELECT timezone FROM {full_schema(connection, prefix)}.local_zone"
            assert connection.execute(query).fetchall() == [(zone,)]
