"""The commands, the sensors and the upkeep with another dagster.yaml: the project is one code location of many."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from dagster import DagsterInstance, DagsterRun, DagsterRunStatus
from dagster._core.test_utils import create_run_for_test

from sensource_dagster.automation.alerts import alerts_of
from sensource_dagster.automation.gone_runs import end_gone_runs
from sensource_dagster.automation.held_runs import AFTER, runs_to_start_again
from sensource_dagster.automation.nightly_days import nightly_days
from sensource_dagster.automation.publishing import outdated
from sensource_dagster.automation.upkeep import prune
from sensource_dagster.instance.batched_event_log import BatchedEventLog
from sensource_dagster.instance.own_runs import ACCOUNT_TAG, COMMAND_TAG
from sensource_dagster.simulator import RunningSimulator, fault_kinds
from sensource_dagster_tests.cli.backfills import (
    FAILURE,
    FIRST,
    FOR_EVER,
    SUCCESS,
    TRAFFIC,
    assert_true,
    days,
    green,
    requested_days,
    runs,
)
from sensource_dagster_tests.cli.conftest import clock, simulator  # noqa: F401 # fixtures
from sensource_dagster_tests.cli.project import Project, make_project, until
from sensource_dagster_tests.end_to_end.sync import Sync
from sensource_dagster_tests.postgres import postgres
from sensource_dagster_tests.warehouse.processes import notebook
from sensource_dagster_tests.warehouse_file import warehouse_file

LAST = FIRST.replace(day=3)
RANGE = ("--from", str(FIRST), "--to", str(LAST))
ONE_SLOT = {"concurrency": {"pools": {"default_limit": 1}}}
KINDS = ("default, one slot", "default", "PostgreSQL", "PostgreSQL, one slot")


@pytest.fixture
def project(simulator: RunningSimulator, tmp_path: Path) -> Project:  # noqa: F811
    return make_project(tmp_path, simulator, SENSOURCE_START_DATE=str(FIRST), SENSOURCE_WAREHOUSE_WAIT="1")


@contextmanager
def dagster_yaml(kind: str, project: Project) -> Iterator[None]:
    """Another one than the project's: nothing in it is the project's own."""
    with postgres() if kind.startswith("PostgreSQL") else nullcontext() as storage:
        config = {
            "telemetry": {"enabled": False},
            **({"storage": storage} if storage else {}),
            **(ONE_SLOT if "one slot" in kind else {}),
        }
        (project.folder / "dagster.yaml").write_text(yaml.safe_dump(config))
        yield


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_backfill_reads_all_days_and_outlives_a_killed_one(
    project: Project,
    simulator: RunningSimulator,  # noqa: F811
    kind: str,
) -> None:
    with dagster_yaml(kind, project):
        simulator.faults.next(FOR_EVER, path=TRAFFIC)
        with project.started("backfill", *RANGE) as killed:
            until(lambda: len(requested_days(simulator, TRAFFIC)) == 1, killed)
        assert killed.returncode == -signal.SIGKILL
        status, printed = project.run("backfill", *RANGE)
        assert status == 0, printed
        with project.sync() as sync:
            assert not isinstance(sync.instance.event_log_storage, BatchedEventLog)
            end_gone_runs(sync.instance)
            assert [status for status, *_ in runs(sync.instance)] == [FAILURE, SUCCESS]
            assert_true(sync, FIRST, LAST)
            assert green(sync.instance, "traffic") == days(FIRST, LAST)
            assert sync.settings.published
            with duckdb.connect(str(sync.settings.published), read_only=True) as copy:
                assert copy.execute("SELECT max(day) FROM sensource.traffic_daily").fetchall() == [(LAST,)]
            assert outdated(sync.instance, sync.settings) == []
        assert project.run("backfill", *RANGE) == (
            0,
            f"Nothing to do: no day from {FIRST} to {LAST} is missing or failed.\n",
        )


def reads_counts(run: DagsterRun) -> bool:
    return run.job_name == "counts"


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["default", "PostgreSQL, one slot"])
def test_the_commands_the_sensors_and_the_upkeep_work(
    project: Project,
    simulator: RunningSimulator,  # noqa: F811
    kind: str,
) -> None:
    with dagster_yaml(kind, project), project.sync() as sync:
        assert project.run("backfill", *RANGE)[0] == 0
        shown = project.invoke("status")
        assert str(FIRST) in shown.output, shown.output
        assert "Something is missing" in shown.output
        assert project.invoke("check").exit_code == 0

        tonight = FIRST + timedelta(days=5 + sync.settings.lookback_days)
        missed = nightly_days(sync.instance, sync.settings, tonight, ()).missed
        assert missed == [(LAST + timedelta(days=1), LAST + timedelta(days=2))]

        simulator.faults.next(fault_kinds.status(403), path=TRAFFIC)
        failed = sync.run("counts", FIRST)
        assert "HTTP 403" in "\n".join(alert.text for alert in alerts(sync, failed.run_id))

        with notebook(warehouse_file(sync.settings)):
            assert not sync.run("counts", FIRST).success
        now = datetime.now(timezone.utc)
        [request] = runs_to_start_again(sync.instance, now + AFTER, reads_counts)
        again = sync.definitions.resolve_job_def("counts").execute_in_process(
            instance=sync.instance, run_config=request.run_config, tags=request.tags
        )
        assert again.success
        assert [*runs_to_start_again(sync.instance, now + AFTER, reads_counts)] == []

        assert project.run("backfill", *RANGE, "--again")[0] == 0
        assert project.run("backfill", *RANGE, "--again")[0] == 0
        [upkeep] = sync.instance.get_runs(limit=1)
        without_sign = create_run_for_test(sync.instance, "counts", status=DagsterRunStatus.SUCCESS)
        before = own_runs(sync.instance)
        deleted = prune(sync.instance, upkeep, datetime.now(timezone.utc) + timedelta(seconds=1))
        kept = own_runs(sync.instance)
        assert deleted == len(before - kept) > 0
        assert sync.instance.get_run_by_id(without_sign.run_id)
        assert green(sync.instance, "traffic") == days(FIRST, LAST)


def alerts(sync: Sync, run_id: str) -> Iterator[Any]:
    run = sync.instance.get_run_by_id(run_id)
    assert run
    yield from alerts_of(sync.instance, run)


def own_runs(instance: DagsterInstance) -> set[str]:
    found = instance.get_runs()
    assert {run.status for run in found} <= {DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE}
    return {run.run_id for run in found if not {COMMAND_TAG, ACCOUNT_TAG}.isdisjoint(run.tags)}
