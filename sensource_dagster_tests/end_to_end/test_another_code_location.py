"""The real daemon with a history in PostgreSQL, Dagster's own launcher, and another code location beside ours."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from sensource_dagster.simulator import Options, RunningSimulator, fault_kinds, serving
from sensource_dagster_tests.cli.backfills import requested_days
from sensource_dagster_tests.cli.project import Project
from sensource_dagster_tests.end_to_end.dagster_dev import CLIENT, LAUNCH, DagsterDev, dagster_dev, project_folder
from sensource_dagster_tests.end_to_end.sync import variables_of
from sensource_dagster_tests.postgres import postgres

pytestmark = pytest.mark.slow  # a `dagster dev` of its own

FIRST = date(2026, 2, 1)
DAYS = [FIRST + timedelta(days=number) for number in range(3)]
DAGSTER = str(Path(sys.executable).with_name("dagster"))
ANOTHER = """
from dagster import DailyPartitionsDefinition, Definitions, asset, define_asset_job

@asset(partitions_def=DailyPartitionsDefinition("2026-01-01"))
def sales(): ...

defs = Definitions([sales], jobs=[define_asset_job("counts", [sales]), define_asset_job("publish", [sales])])
"""
WORKSPACE: dict[str, Any] = {
    "load_from": [
        {"python_module": {"module_name": "sensource_dagster.definitions", "location_name": "footfall"}},
        {"python_file": {"relative_path": "another.py", "location_name": "another"}},
    ]
}


@pytest.fixture
def simulator() -> Iterator[RunningSimulator]:
    with serving(Options(client_id=CLIENT)) as running:
        yield running


@pytest.fixture
def project(simulator: RunningSimulator, tmp_path: Path) -> Iterator[Project]:
    variables = variables_of(simulator, tmp_path, SENSOURCE_START_DATE=str(FIRST))
    del variables["SENSOURCE_WAREHOUSE"]  # the default path, below the project's folder
    folder = project_folder(tmp_path / "project", variables)
    (folder / "another.py").write_text(ANOTHER)
    (folder / "workspace.yaml").write_text(yaml.safe_dump(WORKSPACE))
    with postgres() as storage:
        config = {
            "storage": storage,
            "telemetry": {"enabled": False},
            "concurrency": {"pools": {"default_limit": 1}},
        }
        (folder / "dagster.yaml").write_text(yaml.safe_dump(config))
        yield Project(folder, simulator, variables)


def started(project: Project, log: Path) -> AbstractContextManager[DagsterDev]:
    return dagster_dev(project.folder, log, (DAGSTER, "dev", "-w", "workspace.yaml"))


def under_way(dagster: DagsterDev) -> str | None:
    """A run that reads."""
    return next((run["runId"] for run in dagster.runs() if run["status"] == "STARTED"), None)


def test_backfills_of_both_succeed_the_copy_is_made_and_a_killed_run_is_failed(
    project: Project, simulator: RunningSimulator, tmp_path: Path
) -> None:
    with started(project, tmp_path / "dev.log") as dagster:
        theirs = {"assetSelection": [{"path": ["sales"]}], "partitionNames": [str(day) for day in DAYS]}
        backfill = dagster.query(LAUNCH, backfill=theirs)["launchPartitionBackfill"]["backfillId"]
        assert dagster.ended(dagster.launch(DAYS)) == "COMPLETED_SUCCESS", (tmp_path / "dev.log").read_text()
        assert dagster.ended(backfill) == "COMPLETED_SUCCESS"
        dagster.until("the copy is there", (project.folder / "data" / "footfall.duckdb").exists)
        dagster.until("it is made", lambda: not dagster.active_runs())
        simulator.faults.next(fault_kinds.delay(3600), path="/api/data/traffic")
        dagster.launch(DAYS[:1])
        killed = dagster.until("a run reads", lambda: under_way(dagster))
        dagster.until("it has asked Vea", lambda: len(requested_days(simulator, "/api/data/traffic")) == 2)
        dagster.kill()
    with started(project, tmp_path / "again.log") as dagster:
        dagster.until("the killed run has failed", lambda: (killed, "FAILURE") in statuses(dagster))
        assert project.run("backfill", "--from", str(DAYS[0]), "--to", str(DAYS[-1]), "--again")[0] == 0
        with project.sync() as sync:
            run = next(run for run in sync.instance.get_runs() if "sensource/command" in run.tags)
            assert run.remote_job_origin
            assert run.remote_job_origin.location_name == "footfall"


def statuses(dagster: DagsterDev) -> set[tuple[str, str]]:
    return {(run["runId"], run["status"]) for run in dagster.runs()}
