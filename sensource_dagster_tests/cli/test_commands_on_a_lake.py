"""The commands work on a lake as they do on a file, with a copy for people and without one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from sensource_dagster.simulator import RunningSimulator, serving
from sensource_dagster_tests.cli.project import Project, make_project
from sensource_dagster_tests.lakes import NewLake, on_a_lake

pytestmark = on_a_lake
FIRST = date.today() - timedelta(days=4)  # noqa: DTZ011 # any day will do


@pytest.fixture
def simulator() -> Iterator[RunningSimulator]:
    with serving() as running:
        yield running


@pytest.fixture(params=["", "data/footfall.duckdb"], ids=["no copy", "a copy"])
def project(
    simulator: RunningSimulator, tmp_path: Path, new_lake: NewLake, request: pytest.FixtureRequest
) -> Project:
    lake = new_lake()
    return make_project(
        *(tmp_path, simulator),
        SENSOURCE_START_DATE=str(FIRST),
        SENSOURCE_WAREHOUSE=f"'{lake}'",
        SENSOURCE_WAREHOUSE_DATA=f"'{lake.data}'",
        SENSOURCE_PUBLISHED=request.param,
    )


def test_backfill_check_status_export_and_rezone(project: Project, tmp_path: Path) -> None:
    def ran(*arguments: str) -> str:
        status, said = project.run(*arguments)
        assert status == 0, said
        return said

    said = ran("check")
    assert "lake in PostgreSQL's database lake_" in said
    assert "is writable, and was made; it keeps what it was for 30 days" in said
    ran("backfill")
    assert "traffic" in ran("status")
    ran("export", "--view", "location_daily", "--output", str(tmp_path / "visits.csv"))
    assert len((tmp_path / "visits.csv").read_text().splitlines()) > 4
    ran("report", "--from", str(FIRST), "--output", str(tmp_path / "report.html"))
    assert (tmp_path / "report.html").stat().st_size > 10_000
    assert "Nothing to do" in ran("rezone")
