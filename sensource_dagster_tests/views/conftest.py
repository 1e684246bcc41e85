"""A warehouse for each test of the views: a file, and a lake where there can be one."""

from __future__ import annotations

from pathlib import Path

import pytest

from sensource_dagster.config.warehouse_place import WarehousePlace
from sensource_dagster_tests.lakes import LAKE, LAKE_PARAMETER, NewLake


@pytest.fixture(params=[pytest.param("file", id="file"), LAKE_PARAMETER])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> WarehousePlace:
    if request.param == LAKE:
        new_lake: NewLake = request.getfixturevalue("new_lake")
        return new_lake()
    return tmp_path / "warehouse.duckdb"
