"""An account and a project whose days all lie in the past; a test module may have its own instead."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

import pytest

from sensource_dagster.simulator import ManualClock, RunningSimulator, serving
from sensource_dagster_tests.cli.backfills import FIRST
from sensource_dagster_tests.cli.exports import Export, exporting, make_published
from sensource_dagster_tests.cli.project import Project, make_project


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2025, 12, 10, 18, 20, tzinfo=timezone.utc))


@pytest.fixture
def simulator(clock: ManualClock) -> Iterator[RunningSimulator]:
    with serving(clock=clock) as running:
        yield running


@pytest.fixture
def project(simulator: RunningSimulator, tmp_path: Path) -> Project:
    """Without a published copy, which is half of what a short backfill takes."""
    return make_project(tmp_path, simulator, SENSOURCE_START_DATE=str(FIRST), SENSOURCE_PUBLISHED="")


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_published(tmp_path_factory.mktemp("data") / "footfall.duckdb")


@pytest.fixture
def export(published: Path, tmp_path: Path) -> Iterator[Export]:
    with exporting(tmp_path, published) as run:
        yield run
