"""`sensource demo` and `sensource dev`, run as a newcomer runs them, in a copy of the project."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import duckdb
import pytest
from dagster import DagsterEventType, DagsterInstance

from sensource_dagster.contract.tables import LISTS, TABLES
from sensource_dagster.contract.view_columns import VIEWS
from sensource_dagster_tests.clone import clone, environment
from sensource_dagster_tests.end_to_end.dagster_dev import STARTS_WITHIN, DagsterDev, marked

SENSOURCE = [sys.executable, "-c", "from sensource_dagster.cli import main; main()"]
REPOSITORY = {"key": ".dagster/repository", "value": "__repository__@sensource_dagster"}
SHOWN = """
query($filter: RunsFilter) {
  runsOrError(filter: $filter) {
    ... on Runs { results { tags { key value } repositoryOrigin { repositoryName repositoryLocationName } } }
  }
  assetNodes {
    assetKey { path }
    staleStatus
    freshnessStatusInfo { freshnessStatus }
    assetObservations(limit: 1) { metadataEntries { label ... on IntMetadataEntry { intValue } } }
  }
}"""
"""The filter is that of the job's page. Overview shows the runs that have an origin."""
LIST_NAMES = {table.name for table in LISTS}
VIEW_NAMES = {view.name for view in VIEWS}
ANY_ROW_NEW = re.compile(r"([\d,]+) rows new and [\d,]+ corrected")


pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return clone(tmp_path_factory.mktemp("clone") / "project")


def demo(project: Path) -> str:
    finished = subprocess.run(
        [*SENSOURCE, "demo"], cwd=project, env=environment(project), capture_output=True, text=True, check=False
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


@pytest.fixture(scope="module")
def first_demo(project: Path) -> str:
    """What the first demo in the folder printed."""
    return demo(project)


def published(project: Path) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(str(project / "data" / "demo" / "footfall.duckdb"), read_only=True)


def test_the_demo_fills_a_warehouse_whose_sums_are_the_printed_ones_and_a_second_run_adds_nothing(
    project: Path, first_demo: str
) -> None:
    assert ANY_ROW_NEW.search(first_demo)
    assert re.search(r"The file to open, .*: data/demo/footfall\.duckdb\n", first_demo)
    assert "The report, to open in a browser: data/demo/report/index.html\n" in first_demo
    assert "make dev" in first_demo
    assert ".env" in first_demo
    with published(project) as connection:
        for table in ("location", "site", "zone", "space", "sensor", "traffic", "occupancy", "corrections"):
            rows = connection.execute(f"SELECT count(*) FROM sensource.{table}").fetchall()[0][0]
            assert re.search(rf"sensource\.{table}\s+\D+{rows:,}\s", first_demo)
        days, visits, highest = connection.execute(
            "SELECT count(DISTINCT day), sum(visits), (SELECT max(peak) FROM sensource.occupancy_daily) "
            "FROM sensource.location_daily"
        ).fetchall()[0]
        [(ins,)] = connection.execute("SELECT sum(sumins) FROM sensource.traffic").fetchall()
    assert days == 90
    assert f" {visits:,} visits " in first_demo
    assert f" {highest:,} in " in first_demo
    assert ins > visits  # an interior door counts some people again
    assert f"all zones have {ins:,} ins, but only {visits:,} are visits" in first_demo
    second = demo(project)
    if ANY_ROW_NEW.search(second):  # an hour has ended between the two
        second = demo(project)
    assert "Nothing new" in second


def test_the_demo_names_the_silent_door_the_closed_days_and_the_corrections_that_are_in_its_data(
    project: Path, first_demo: str
) -> None:
    with published(project) as connection:
        [(door, since)] = connection.execute(
            "SELECT door, max(day) FILTER (ins > 0) + 1 AS since FROM sensource.traffic_daily GROUP BY door "
            "ORDER BY since LIMIT 1"
        ).fetchall()
        [(corrections,)] = connection.execute("SELECT count(*) FROM sensource.corrections").fetchall()
        [(cut, day)] = connection.execute(
            "SELECT door, day FROM sensource.traffic_daily WHERE hours_counted <= 12 AND day < "
            "(SELECT max(day) FROM sensource.traffic_daily)"
        ).fetchall()
    assert f"A silent door, {door}: only zeros since {since:%a} {since.day} {since:%b}." in first_demo
    assert f"A half day, {cut}: no hour after noon on {day:%a} {day.day} {day:%b}" in first_demo
    assert corrections
    assert f"Vea changed {corrections:,} values" in first_demo
    assert re.search(r"Closed days, with no visits: .*\([A-Z].*\)", first_demo)
    with DagsterInstance.from_config(str(project / "data" / "demo")) as instance:
        events = instance.get_records_for_run  # the check as the UI shows it
        checks = [
            record.event_log_entry.dagster_event.asset_check_evaluation_data
            for run in instance.get_run_ids()
            for record in events(run, of_type=DagsterEventType.ASSET_CHECK_EVALUATION).records
            if record.event_log_entry.dagster_event
        ]
    silent = [check for check in checks if check.check_name == "door_is_unusual"]
    assert any(not check.passed for check in silent)


def test_the_query_at_the_end_works_when_pasted_into_a_shell(project: Path, first_demo: str) -> None:
    [command] = [line for line in first_demo.splitlines() if " -c " in line]
    pasted = subprocess.run(
        ["bash"], input=command + "\n", cwd=project, capture_output=True, text=True, check=False
    )
    assert pasted.returncode == 0, pasted.stderr
    with published(project) as connection:
        newest = connection.execute(
            "SELECT day, location, visits FROM sensource.location_daily ORDER BY day DESC, location LIMIT 8"
        ).fetchall()
    for row in newest:
        assert re.search(r"\D+".join(re.escape(str(value)) for value in row), pasted.stdout)


def _is_judged(shown: Any) -> bool:
    states = [node["freshnessStatusInfo"] for node in shown["assetNodes"]]
    return all(state["freshnessStatus"] != "UNKNOWN" for state in states if state)


@pytest.mark.parametrize("end", ["Ctrl-C", "SIGTERM to it alone"])
def test_dev_without_credentials_serves_the_demo_with_its_runs_says_so_and_ends_whole(
    project: Path, first_demo: str, end: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    log = project.parent / "dev.log"
    with_mark, mark = marked(environment(project))
    with (
        log.open("w") as output,
        subprocess.Popen(
            [*SENSOURCE, "dev", "--port", str(port)],
            cwd=project,
            env=with_mark,
            stdout=output,
            stderr=output,
            start_new_session=True,
        ) as process,
    ):
        dagster = DagsterDev(port, mark)
        deadline = time.monotonic() + STARTS_WITHIN
        while not dagster.is_up():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.3)
        try:
            nodes = dagster.query(
                "{assetNodes{assetKey{path} description metadataEntries{label ... on TextMetadataEntry{text}}"
                " partitionStats{numMaterialized}}}"
            )["assetNodes"]
            dagster.until("all freshness is known", lambda: _is_judged(dagster.query(SHOWN)))
            shown = dagster.query(SHOWN, filter={"pipelineName": "counts", "tags": [REPOSITORY]})
        finally:
            if end == "Ctrl-C":
                os.killpg(process.pid, signal.SIGINT)
            else:
                process.terminate()
        assert process.wait(timeout=180) == 0
        dagster.until("every process has ended", lambda: not dagster.processes(), within=180)
    read = [node for node in nodes if node["assetKey"]["path"][-1] in TABLES]
    assert len(read) == len(TABLES)
    for node in read:
        account = next(entry["text"] for entry in node["metadataEntries"] if entry["label"] == "account")
        assert account.startswith("demo account")
        assert account in node["description"]
    traffic = next(node for node in nodes if node["assetKey"]["path"][-1] == "traffic")
    assert traffic["partitionStats"]["numMaterialized"] >= 88  # `hourly` may be reading the last two
    assert log.read_text().startswith(f"http://127.0.0.1:{port} will serve the demo account, because no ")
    with duckdb.connect(str(project / "data" / "demo" / "footfall.duckdb"), read_only=True) as connection:
        rows = {
            name: connection.execute(f"SELECT count(*) FROM sensource.{name}").fetchall()[0][0]
            for name in ("traffic", "occupancy")
        }
    runs = shown["runsOrError"]["results"]
    assert len(runs) >= 3
    for run in runs:
        assert run["repositoryOrigin"]["repositoryLocationName"] == "sensource_dagster"
    assert {"key": "sensource/command", "value": "sensource demo"} in runs[-1]["tags"]
    with_policy = (*LIST_NAMES, "published", "report")
    for node in shown["assetNodes"]:
        name, state = node["assetKey"]["path"][-1], node["freshnessStatusInfo"]
        # Dagster calls a view stale when a table was read after the view was made. It has every row even so.
        assert node["staleStatus"] == "FRESH" or name in (*VIEW_NAMES, "published", "report")
        assert (state and state["freshnessStatus"]) == ("HEALTHY" if name in with_policy else None)
        if name in ("traffic", "occupancy"):
            [observed] = node["assetObservations"]
            assert {"label": "dagster/row_count", "intValue": rows[name]} in observed["metadataEntries"]
