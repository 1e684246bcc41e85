"""Dagster as deploy/compose runs it: code server, web server and daemon, with the history in PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml

from sensource_dagster.simulator import Options, RunningSimulator, fault_kinds, serving
from sensource_dagster_tests.cli.backfills import assert_true, days, green, requested_days
from sensource_dagster_tests.cli.project import Project
from sensource_dagster_tests.end_to_end.compose_processes import COMPOSE, ComposeProcesses, compose_processes
from sensource_dagster_tests.end_to_end.dagster_dev import CLIENT, STARTS_WITHIN, project_folder, start_timeout
from sensource_dagster_tests.end_to_end.sync import variables_of
from sensource_dagster_tests.lakes import LAKE, LAKE_PARAMETER, lake_in
from sensource_dagster_tests.postgres import PASSWORD, libpq_of, postgres_server

pytestmark = pytest.mark.slow  # three processes of Dagster and a PostgreSQL

FIRST = date(2026, 2, 1)
DAYS = [FIRST + timedelta(days=number) for number in range(6)]
ERROR = """
query($id: String!) { partitionBackfillOrError(backfillId: $id) {
  ... on PartitionBackfill { error { message causes { message } } } } }"""
TRAFFIC = "/api/data/traffic"


@pytest.fixture
def simulator() -> Iterator[RunningSimulator]:
    with serving(Options(client_id=CLIENT)) as running:
        yield running


@pytest.fixture(params=["file", LAKE_PARAMETER])
def project(simulator: RunningSimulator, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Project]:
    config = yaml.safe_load((COMPOSE / "dagster.yaml").read_text())
    with postgres_server() as server:
        variables = variables_of(simulator, tmp_path, SENSOURCE_START_DATE=str(FIRST), PGPASSWORD=PASSWORD)
        if request.param == LAKE:  # the token is beside its catalogue
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("PGPASSWORD", PASSWORD)
                lake = lake_in(server, tmp_path / "lake")
            variables |= {"SENSOURCE_WAREHOUSE": str(lake), "SENSOURCE_WAREHOUSE_DATA": str(lake.data)}
        else:
            del variables["SENSOURCE_WAREHOUSE"]  # the default path, below the project's folder
            variables["SENSOURCE_TOKEN_CACHE"] = f"postgres:{libpq_of(server)}"
        folder = project_folder(tmp_path / "project", variables)
        of_server = {"hostname": "", "username": "dagster", "db_name": "postgres", "params": {"host": str(server)}}
        config["storage"]["custom"]["config"]["postgres_db"] = of_server
        (folder / "dagster.yaml").write_text(yaml.safe_dump(config))
        start_timeout(folder, STARTS_WITHIN)
        yield Project(folder, simulator, variables)


@pytest.fixture
def parts(project: Project) -> Iterator[ComposeProcesses]:
    with compose_processes(project.folder, {"PGPASSWORD": PASSWORD}) as started:
        yield started


def test_a_backfill_through_the_daemon_outlives_the_code_server_that_runs_it(
    parts: ComposeProcesses, project: Project, simulator: RunningSimulator
) -> None:
    dagster = parts.dagster
    simulator.faults.next(fault_kinds.delay(3600), path=TRAFFIC)
    backfill = dagster.launch(DAYS)
    dagster.until("a run has asked Vea", lambda: len(requested_days(simulator, TRAFFIC)) == 1)
    parts.kill("code")
    parts.start("code")
    parts.wait_for_code()
    ended = dagster.ended(backfill)
    assert ended == "COMPLETED_SUCCESS", dagster.query(ERROR, id=backfill)
    statuses = [run["status"] for run in dagster.runs() if run["jobName"] != "publish"]
    assert statuses == ["SUCCESS", "FAILURE"]
    dagster.until("the copy is there", (project.folder / "data" / "footfall.duckdb").exists)
    with project.sync() as sync:
        assert green(sync.instance, "traffic") == days(DAYS[0], DAYS[-1])
        assert_true(sync, DAYS[0], DAYS[-1])
    status, printed = project.run("backfill", "--from", str(DAYS[0]), "--to", str(DAYS[-1]))
    assert status == 0, printed
    assert f"No day from {DAYS[0]} to {DAYS[-1]} is missing or failed." in printed
    assert simulator.mints == 1
    assert not [*Path(project.variables["XDG_CACHE_HOME"]).rglob("*.json")]  # the token is in PostgreSQL
    assert PASSWORD not in parts.logs()
