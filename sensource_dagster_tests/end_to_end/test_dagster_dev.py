"""A backfill through the real daemon, and a history that outlives `dg dev`."""

from __future__ import annotations

import subprocess
import sys
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest

from sensource_dagster.contract.tables import DERIVED, TABLES
from sensource_dagster.contract.view_columns import VIEWS
from sensource_dagster.simulator import Options, serving
from sensource_dagster.vea.windows import day_windows
from sensource_dagster_tests.end_to_end.dagster_dev import CLIENT, DagsterDev, dagster_dev, project_folder
from sensource_dagster_tests.end_to_end.sync import RANGE_END, RANGE_START, variables_of

FIRST = date(2026, 2, 1)  # the spring change, 8 March, is among the days
DAYS = [FIRST + timedelta(days=number) for number in range(65)]
LATER = DAYS[-1] + timedelta(days=1)

PARTITIONS = """
{ assetNodes { assetKey { path } partitionStats { numMaterialized numFailed numPartitions } } }"""


def tag(run: dict[str, Any], key: str) -> str:
    return next(str(tag["value"]) for tag in run["tags"] if tag["key"] == key)


@pytest.mark.slow
def test_a_backfill_of_65_days_makes_3_runs_all_partitions_green_and_history_survives_a_restart(
    tmp_path: Path,
) -> None:
    with serving(Options(client_id=CLIENT)) as simulator:
        variables = variables_of(simulator, tmp_path, SENSOURCE_START_DATE="2026-01-01")
        del variables["SENSOURCE_WAREHOUSE"]  # the default path, below the project's folder
        folder = project_folder(tmp_path / "project", variables)
        with dagster_dev(folder, tmp_path / "dev.log") as dagster:
            shown = {node["assetKey"]["path"][-1] for node in nodes(dagster)}
            assert {*TABLES, *(made.name for made in (*DERIVED, *VIEWS)), "published"} <= shown
            assert dagster.ended(dagster.launch(DAYS)) == "COMPLETED_SUCCESS", (tmp_path / "dev.log").read_text()
            runs = [run for run in dagster.runs() if run["jobName"] != "publish"]
            assert {run["status"] for run in runs} == {"SUCCESS"}
            ranges = sorted((tag(run, RANGE_START), tag(run, RANGE_END)) for run in runs)
            assert ranges == [
                ("2026-02-01", "2026-03-02"),
                ("2026-03-03", "2026-04-01"),
                ("2026-04-02", "2026-04-06"),
            ]
            stats = {node["assetKey"]["path"][-1]: node["partitionStats"] for node in nodes(dagster)}
            today = datetime.now(timezone.utc).date()
            for name in ("traffic", "occupancy"):
                assert stats[name]["numMaterialized"] == 65
                assert stats[name]["numFailed"] == 0
                assert stats[name]["numPartitions"] >= (today - date(2026, 1, 1)).days
            assert_the_copy_follows_the_runs_while_it_is_open(dagster, folder)
        with dagster_dev(folder, tmp_path / "dev-again.log") as dagster:
            kept = {run["runId"] for run in dagster.runs()}
            assert kept >= {run["runId"] for run in runs}
        windows = day_windows(DAYS[0], LATER, ZoneInfo("America/Denver"))
        truth = {
            (row["zoneId"], row["recordDate_hour_1"]): (row["sumins"], row["sumouts"])
            for row in simulator.truth("traffic", windows[0].start, windows[-1].end)
        }
    with duckdb.connect(str(folder / "data" / "warehouse.duckdb"), read_only=True) as warehouse:
        found = warehouse.execute(
            "SELECT zone_id, strftime(record_date_hour_1 AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.000Z'), "
            "sumins, sumouts FROM sensource.traffic"
        ).fetchall()
    assert {row[:2]: row[2:] for row in found} == truth


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(("dg", "check", "defs"), id="dg"),
        pytest.param(
            ("dagster", "definitions", "validate", "-w", "workspace.yaml"),
            id="dagster, which `dagster dev` loads them with as well",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_the_definitions_validate_in_the_project_folder(tmp_path: Path, command: tuple[str, ...]) -> None:
    script = Path(sys.executable).with_name(command[0])
    folder = project_folder(tmp_path / "project", {})
    done = subprocess.run([script, *command[1:]], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert ("superseded" in done.stdout + done.stderr) == (command[0] != "dg")


def assert_the_copy_follows_the_runs_while_it_is_open(dagster: DagsterDev, folder: Path) -> None:
    """A notebook has it open through a backfill: no run waits, and a new connection has the new rows."""
    copy = folder / "data" / "footfall.duckdb"
    query = "SELECT count(*), max(day) FROM sensource.traffic_daily"

    seen: set[int] = set()

    def newest() -> date | None:
        """Of a copy that was not looked at yet: each look is a process."""
        if not copy.exists() or (mark := copy.stat().st_mtime_ns) in seen:
            return None
        seen.add(mark)
        # In a process of its own: within one process DuckDB gives the file that is open already.
        read = (
            "import duckdb, sys; "
            "print(duckdb.connect(sys.argv[1], read_only=True).execute(sys.argv[2]).fetchall()[0][1])"
        )
        command = [sys.executable, "-c", read, str(copy), query]
        found = subprocess.run(command, capture_output=True, text=True, check=True)
        return date.fromisoformat(found.stdout.strip())

    dagster.until("the first copy has the last day", lambda: newest() == DAYS[-1])
    with duckdb.connect(str(copy), read_only=True) as notebook:
        before = notebook.execute(query).fetchall()
        assert dagster.ended(dagster.launch([LATER])) == "COMPLETED_SUCCESS"
        dagster.until("the copy has the later day", lambda: newest() == LATER)
        assert notebook.execute(query).fetchall() == before
    # A run still has its last events to write when its copy is in place.
    dagster.until("every run has ended", lambda: not dagster.active_runs())
    assert {run["status"] for run in dagster.runs()} == {"SUCCESS"}
    assert len([run for run in dagster.runs() if run["jobName"] == "publish"]) <= 4  # not one for each run


def nodes(dagster: DagsterDev) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = dagster.query(PARTITIONS)["assetNodes"]
    return found
