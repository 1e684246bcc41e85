"""`sensource backfill` reads the lists before the days, so that nothing is left to do after it."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from sensource_dagster.contract.tables import LISTS
from sensource_dagster.simulator import RunningSimulator, fault_kinds
from sensource_dagster_tests.cli.backfills import DENVER, TRAFFIC
from sensource_dagster_tests.cli.project import Project, make_project

DAY = ("--from", "2025-07-02", "--to", "2025-07-02")
LIST_PATHS = {f"/api/{table.endpoint}" for table in LISTS}


def requested(simulator: RunningSimulator, since: int = 0) -> list[str]:
    return [request.path for request in simulator.requests[since:] if request.path.startswith("/api/")]


def test_what_status_says_to_run_leaves_nothing_that_status_complains_of(
    simulator: RunningSimulator, tmp_path: Path
) -> None:
    yesterday = datetime.now(DENVER).date() - timedelta(days=1)
    project = make_project(tmp_path, simulator, SENSOURCE_START_DATE=str(yesterday))
    result = project.invoke("status")
    assert result.exit_code == 1
    assert "`sensource backfill` reads it: the lists, and each missing or failed day." in result.output
    status, printed = project.run("backfill")
    assert status == 0, printed
    assert printed.startswith("lists: ")
    paths = requested(simulator)
    assert set(paths[: len(LISTS)]) == LIST_PATHS
    result = project.invoke("status")
    assert (result.exit_code, result.output.splitlines()[-1]) == (0, "Nothing is missing or failed.")


def test_lists_that_fail_are_named_the_days_are_read_and_the_same_command_then_reads_the_lists_alone(
    project: Project, simulator: RunningSimulator
) -> None:
    simulator.faults.next(fault_kinds.status(404), path="/api/zone")
    status, printed = project.run("backfill", *DAY)
    assert status == 1
    lines = printed.splitlines()
    assert lines[0] == "lists failed:"
    assert "/api/zone" in lines[1]
    assert lines[-2:] == [
        "No day from 2025-07-02 to 2025-07-02 is missing or failed.",
        "Do what the messages above say, and run the same command again.",
    ]
    assert TRAFFIC in requested(simulator)
    seen = len(simulator.requests)
    status, printed = project.run("backfill", *DAY)
    assert status == 0, printed
    assert set(requested(simulator, seen)) == LIST_PATHS
    assert project.run("backfill", *DAY) == (
        0,
        "Nothing to do: no day from 2025-07-02 to 2025-07-02 is missing or failed.\n",
    )
