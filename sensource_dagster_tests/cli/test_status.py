"""`sensource status` over a real warehouse and history."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import time_machine
from dagster import DagsterInstance

from sensource_dagster.cli import demo_account
from sensource_dagster.simulator import RunningSimulator, fault_kinds, serving
from sensource_dagster_tests.cli.project import Project, make_project
from sensource_dagster_tests.end_to_end.sync import Sync

DENVER = ZoneInfo("America/Denver")
NO_ACCOUNT = {"SENSOURCE_CLIENT_ID": "", "SENSOURCE_CLIENT_SECRET": ""}
HOLDS = """
import duckdb, sys
connection = duckdb.connect(sys.argv[1])
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def today() -> Iterator[date]:
    """It is the morning of this day."""
    with time_machine.travel(datetime(2025, 12, 10, 10, 15, tzinfo=DENVER)):
        yield date(2025, 12, 10)


@pytest.fixture
def simulator(today: date) -> Iterator[RunningSimulator]:
    with serving() as running:
        yield running


@pytest.fixture
def project(simulator: RunningSimulator, tmp_path: Path, today: date) -> Project:
    """With five days before today."""
    return make_project(tmp_path, simulator, SENSOURCE_START_DATE=str(today - timedelta(days=5)))


def status(project: Project) -> tuple[int, dict[str, list[str]]]:
    """Exit status, and the cells of each line by its first."""
    result = project.invoke("status")
    print(result.output)
    lines = [re.split(r" {2,}", line.strip()) for line in result.output.splitlines()]
    return result.exit_code, {first: rest for first, *rest in lines}


def minute(sync: Sync) -> str:
    """When the newest run ended."""
    [record] = sync.instance.get_run_records(limit=1)
    return f"{datetime.fromtimestamp(record.end_time or 0, DENVER):%Y-%m-%d %H:%M}"


def test_before_the_first_run_all_is_missing_and_no_file_is_made(
    project: Project, simulator: RunningSimulator, today: date
) -> None:
    before = sorted(project.folder.iterdir())
    code, shown = status(project)
    assert code == 1
    assert shown["rows"] == ["0", "0"]
    assert shown["missing days"] == [f"5: {today - timedelta(days=5)} to {today - timedelta(days=1)}"] * 2
    for name in ("first day", "last day", "newest hour", "failed days", "last run"):
        assert shown[name] == ["none", "none"]
    assert shown["zone"] == ["0", "0", "none"]
    assert any(line.endswith("warehouse.duckdb is not there yet.") for line in shown)
    assert sorted(project.folder.iterdir()) == before
    assert not simulator.requests


def test_without_credentials_it_says_that_no_account_is_configured(
    simulator: RunningSimulator, tmp_path: Path
) -> None:
    project = make_project(tmp_path, simulator, **NO_ACCOUNT)
    result = project.invoke("status")
    assert result.exit_code == 1
    assert result.output.startswith("no account configured; days of America/Denver from 2024-01-01.\n")


def test_without_credentials_it_is_about_the_demo_if_that_has_run(
    simulator: RunningSimulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, today: date
) -> None:
    project = make_project(tmp_path, simulator, **NO_ACCOUNT, SENSOURCE_TIMEZONE="Europe/Berlin")
    demo = project.folder / "data" / "demo"
    start = today - timedelta(days=demo_account.DAYS - 1)
    with project.entered():
        demo_account.make_home()
        variables = demo_account.environment(simulator)
        monkeypatch.setattr(os, "environ", variables)
        with DagsterInstance.from_config(str(demo)) as instance:
            sync = Sync(simulator, instance, variables)
            assert sync.run("everything", start, today).success
    requests = len(simulator.requests)
    result = project.invoke("status")
    assert result.output.startswith(
        f"The demo in data/demo, because no account is configured; days of America/Denver from {start}.\n"
    )
    code, shown = status(project)
    assert code == 0
    assert shown["first day"] == [str(start)] * 2
    assert shown["missing days"] == ["none", "none"]
    assert shown["zone"][2].startswith("success, ")
    assert len(simulator.requests) == requests


def test_with_credentials_it_is_about_the_deployment_although_the_demo_has_run(
    project: Project, simulator: RunningSimulator, tmp_path: Path
) -> None:
    demo = project.folder / "data" / "demo" / "warehouse.duckdb"
    demo.parent.mkdir(parents=True)
    demo.touch()
    assert not project.invoke("status").output.startswith("The demo in")
    (tmp_path / "kept").mkdir()
    without_credentials = make_project(tmp_path / "kept", simulator, **NO_ACCOUNT)
    demo = without_credentials.folder / "data" / "demo" / "warehouse.duckdb"
    demo.parent.mkdir(parents=True)
    demo.touch()
    Path(without_credentials.variables["SENSOURCE_WAREHOUSE"]).touch()  # a deployment that has lost its .env
    assert without_credentials.invoke("status").output.startswith("no account configured; ")


def test_a_wrong_setting_is_named(simulator: RunningSimulator, tmp_path: Path) -> None:
    result = make_project(tmp_path, simulator, SENSOURCE_TIMEZONE="Mars/Olympus").invoke("status")
    assert result.exit_code == 1
    assert "SENSOURCE_TIMEZONE='Mars/Olympus'" in result.output


def test_when_all_is_there_it_shows_what_the_warehouse_holds_and_exits_with_0(
    project: Project, simulator: RunningSimulator, today: date
) -> None:
    with project.sync() as sync:
        assert sync.run("everything", today - timedelta(days=5), today).success
        simulator.override_list("zone", simulator.entities("zone")[1:])
        assert sync.run("lists").success
        counts = [sync.counts(table) for table in ("traffic", "occupancy")]
        listed = minute(sync)
    requests = len(simulator.requests)
    code, shown = status(project)
    assert code == 0
    assert len(simulator.requests) == requests
    assert shown["rows"] == [f"{len(rows):,}" for rows in counts]
    hours = [[hour.astimezone(DENVER) for _, hour in rows] for rows in counts]
    assert shown["first day"] == [str(min(of).date()) for of in hours]
    assert shown["last day"] == [str(max(of).date()) for of in hours]
    assert shown["newest hour"] == [f"{max(of):%Y-%m-%d %H:%M}" for of in hours]
    assert shown["missing days"] == shown["failed days"] == ["none", "none"]
    assert [cell.split(", ")[::2] for cell in shown["last run"]] == [["success", "everything"]] * 2
    assert shown["zone"] == ["5", "1", f"success, {listed}, lists"]
    assert shown["space"] == ["2", "0", f"success, {listed}, lists"]
    assert "Nothing is missing or failed." in shown


def test_missing_and_failed_days_are_told_apart_as_ranges_and_exit_with_1(
    project: Project, simulator: RunningSimulator, today: date
) -> None:
    days = [today - timedelta(days=number) for number in range(6)]  # the newest first
    with project.sync() as sync:
        assert sync.run("lists").success
        assert sync.run("counts", days[3]).success
        simulator.faults.next(fault_kinds.status(404), path="/api/data/traffic")
        assert not sync.run("counts", days[2], days[1]).success
        ran = minute(sync)
    code, shown = status(project)
    assert code == 1
    assert shown["missing days"] == [f"2: {days[5]} to {days[4]}"] * 2
    assert shown["failed days"] == [f"2: {days[2]} to {days[1]}", "none"]
    # The same run: it failed for the one and had read the other.
    assert shown["last run"] == [f"failure, {ran}, counts", f"success, {ran}, counts"]


def test_a_list_whose_last_read_failed_is_not_all_there(
    project: Project, simulator: RunningSimulator, today: date
) -> None:
    with project.sync() as sync:
        assert sync.run("everything", today - timedelta(days=5), today).success
    assert status(project)[0] == 0
    simulator.faults.next(fault_kinds.status(404), path="/api/site")
    with project.sync() as sync:
        assert not sync.run("lists").success
    code, shown = status(project)
    assert code == 1
    assert shown["site"][2].startswith("failure, ")
    assert shown["zone"][2].startswith("success, ")


def test_while_another_process_holds_the_warehouse_it_names_it_and_still_shows_the_history(
    project: Project, today: date
) -> None:
    with project.sync() as sync:
        assert sync.run("everything", today - timedelta(days=3), today).success
    holder = [sys.executable, "-c", HOLDS, str(sync.settings.warehouse)]
    with subprocess.Popen(holder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        code, shown = status(project)
        process.communicate("")
    assert code == 1
    assert any(f"is held by process {process.pid}" in line for line in shown)
    assert shown["rows"] == shown["newest hour"] == ["?", "?"]
    assert shown["missing days"] == [f"2: {today - timedelta(days=5)} to {today - timedelta(days=4)}"] * 2
    assert shown["zone"][:2] == ["?", "?"]
    assert shown["zone"][2].startswith("success, ")
