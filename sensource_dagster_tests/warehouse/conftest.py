from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from dagster import BetaWarning

from sensource_dagster_tests.lakes import LAKE, LAKE_PARAMETER
from sensource_dagster_tests.warehouse.runs import Runs
from sensource_dagster_tests.warehouse.samples import Store


@pytest.fixture(params=[pytest.param("w.duckdb", id="file"), LAKE_PARAMETER])
def store(tmp_path: Path, request: pytest.FixtureRequest) -> Store:
    if request.param == LAKE:
        return Store(request.getfixturevalue("new_lake")())
    return Store(tmp_path / "deep" / "folder" / request.param)


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    return Runs(tmp_path / "sensource.duckdb")


@pytest.fixture(autouse=True)
def _beta() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Parameter `backfill_policy`", BetaWarning)
        yield
