"""The library and its report, made once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sensource_dagster.report.content import Report
from sensource_dagster_tests.report.reports import Views, library, report_of


@pytest.fixture(scope="session")
def views(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Views]:
    with library(tmp_path_factory.mktemp("library") / "w.duckdb").views() as connection:
        yield connection


@pytest.fixture(scope="session")
def report(views: Views) -> Report:
    return report_of(views, FISCAL_YEAR_START="7")
