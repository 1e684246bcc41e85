"""One sync for all tests of the checks; each test breaks a copy of its warehouse."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import time_machine

from sensource_dagster.config.settings import read_settings
from sensource_dagster.config.warehouse_place import LakePlace, WarehousePlace
from sensource_dagster.simulator import ManualClock, Options
from sensource_dagster.warehouse.sql import text
from sensource_dagster.warehouse.warehouse_of import warehouse_of
from sensource_dagster_tests.checks.checked import FIRST, NOW, TODAY, Checked
from sensource_dagster_tests.end_to_end.sync import syncing
from sensource_dagster_tests.lakes import LAKE, LAKE_PARAMETER, NewLake
from sensource_dagster_tests.warehouse_file import warehouse_file


@pytest.fixture(scope="session")
def synced(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("synced")
    with time_machine.travel(NOW), syncing(folder, Options(zones=5), ManualClock(NOW)) as sync:
        assert sync.run("everything", FIRST, TODAY).success
        return warehouse_file(sync.settings)


@pytest.fixture(params=[pytest.param("file", id="file"), LAKE_PARAMETER])
def checked(request: pytest.FixtureRequest, synced: Path, tmp_path: Path) -> Checked:
    if request.param == LAKE:
        new_lake: NewLake = request.getfixturevalue("new_lake")
        return checked_at(copied_into(new_lake(), synced))
    return checked_at(Path(shutil.copy(synced, tmp_path)))


@pytest.fixture
def checked_file(synced: Path, tmp_path: Path) -> Checked:
    """For a test of what a file alone can be."""
    return checked_at(Path(shutil.copy(synced, tmp_path)))


def checked_at(place: WarehousePlace) -> Checked:
    environment = {
        "SENSOURCE_TIMEZONE": "America/Denver",
        "SENSOURCE_START_DATE": "2024-01-01",
        "SENSOURCE_WAREHOUSE": str(place),
        "SENSOURCE_WAREHOUSE_WAIT": "0",
    }
    if isinstance(place, LakePlace):
        environment["SENSOURCE_WAREHOUSE_DATA"] = str(place.data)
    return Checked(read_settings(environment))


def copied_into(lake: LakePlace, file: Path) -> LakePlace:
    with warehouse_of(lake, 5).open() as connection:
        connection.execute(f"ATTACH {text(str(file))} AS filled (READ_ONLY)")
        connection.execute("COPY FROM DATABASE filled TO lake")
    return lake
