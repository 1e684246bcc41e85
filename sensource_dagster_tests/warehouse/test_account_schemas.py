"""A further account takes over no table that somebody else has made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sensource_dagster.contract.tables import TABLES
from sensource_dagster.errors import WarehouseError
from sensource_dagster.warehouse.file_warehouse import FileWarehouse
from sensource_dagster.warehouse.merge import merge
from sensource_dagster_tests.warehouse.samples import FIRST, KEEP, count, frame_of


def put(file: Path, schema: str, *before: str) -> Any:
    with FileWarehouse(file, 5, {}, schema=schema).open() as connection:
        for statement in before:
            connection.execute(statement)
        merge(connection, TABLES["traffic"], frame_of(TABLES["traffic"], count()), FIRST, KEEP)
        return connection.execute(f"SELECT zone_id FROM {schema}.traffic").fetchall()


def test_a_table_of_a_user_s_stays_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "warehouse.duckdb"
    mine = ("CREATE SCHEMA marts", "CREATE TABLE marts.traffic (zone_id VARCHAR, mine INTEGER)")
    with pytest.raises(WarehouseError, match=r"The table marts\.traffic is not one of an account"):
        put(file, "marts", *mine)
    with FileWarehouse(file, 5, {}).open() as connection:
        assert connection.execute("SELECT count(*) FROM pragma_table_info('marts.traffic')").fetchall() == [(2,)]


def test_a_schema_of_a_user_s_with_other_tables_is_used(tmp_path: Path) -> None:
    mine = ("CREATE SCHEMA west", "CREATE TABLE west.weather (day DATE)")
    assert put(tmp_path / "warehouse.duckdb", "west", *mine) == [("z1",)]
    assert put(tmp_path / "warehouse.duckdb", "west") == [("z1",)]
