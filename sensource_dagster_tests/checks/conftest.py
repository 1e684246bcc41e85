"""One sync for all tests of the checks; each test breaks a copy of its warehouse."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import time_machine

from sensource_dagster.config.settings import read_settings
from sensource_dagster.simulator import ManualClock, Options
from sensource_dagster_tests.checks.checked import FIRST, NOW, TODAY, Checked
from sensource_dagster_tests.end_to_end.sync import syncing
from sensource_dagster_tests.warehouse_file import warehouse_file


@pytest.fixture(scope="session")
def synced(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("synced")
    with time_machine.travel(NOW), syncing(folder, Options(zones=5), ManualClock(NOW)) as sync:
        assert sync.run("everything", FIRST, TODAY).success
        return warehouse_file(sync.settings)


@pytest.fixture
def checked(synced: Path, tmp_path: Path) -> Checked:
    copy = shutil.copy(synced, tmp_path)
    return Checked(
        read_settings(
            {
                "SENSOURCE_TIMEZONE": "America/Denver",
                "SENSOURCE_START_DATE": "2024-01-01",
                "SENSOURCE_WAREHOUSE": str(copy),
                "SENSOURCE_WAREHOUSE_WAIT": "0",
            }
        )
    )
