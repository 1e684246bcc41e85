from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from dagster import BetaWarning

from sensource_dagster_tests.warehouse.runs import Runs
from sensource_dagster_tests.warehouse.samples import Store


@pytest.fixture
def store(tmp_path: Path, request: pytest.FixtureRequest) -> Store:
    return Store(tmp_path / getattr(request, "param", "w.duckdb"))


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    return Runs(tmp_path / "sensource.duckdb")


@pytest.fixture(autouse=True)
def _beta() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Parameter `backfill_policy`", BetaWarning)
        yield
