"""`dg` adds accounts to a fresh project of a user's that has assets of its own, and its daemon reads them."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from sensource_dagster.simulator import Options, RunningSimulator, serving
from sensource_dagster_tests.end_to_end.dagster_dev import DG, LAUNCH, QUICK_DAEMON, DagsterDev, started
from sensource_dagster_tests.end_to_end.two_accounts import ZONES, environment_of, write_project

pytestmark = pytest.mark.slow  # processes of `dg`, and a `dg dev`

DAYS = [date(2026, 1, 10) + timedelta(days=number) for number in range(3)]
BEHIND_UTC = {"east": timedelta(hours=5), "west": timedelta(hours=7)}


@dataclass
class Project:
    """A project without an account yet."""

    folder: Path
    simulators: Mapping[str, RunningSimulator]

    @property
    def environment(self) -> dict[str, str]:
        home = {"DAGSTER_HOME": str(self.folder / "home"), "DAGSTER_DISABLE_TELEMETRY": "1"}
        return {**environment_of(self.simulators, self.folder), **home}

    def dg(self, *arguments: str) -> str:
        done = subprocess.run(
            [DG, *arguments], cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def add_account(self, prefix: str, zone: str) -> dict[str, Any]:
        """As docs/accounts.md says; what `dg` wrote."""
        options = ("--timezone", zone, "--start-date", str(DAYS[0]))
        self.dg("scaffold", "defs", "sensource_dagster.SenSourceAccount", prefix, *options)
        file = self.folder / "visits" / "defs" / prefix / "defs.yaml"
        written: dict[str, Any] = yaml.safe_load(file.read_text())
        own = {
            name: name.replace("SENSOURCE", prefix.upper()) for name in ("SENSOURCE_API_URL", "SENSOURCE_AUTH_URL")
        }
        more = {**written["attributes"], "variables": {**written["attributes"]["variables"], **own}}
        file.write_text(yaml.safe_dump({**written, "attributes": more}))
        return written

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.folder / "data" / "footfall.duckdb"), read_only=True) as connection:
            connection.execute("SET TimeZone = 'UTC'")
            return connection.execute(sql).fetchall()


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    write_project(tmp_path)
    (tmp_path / "home").mkdir()
    with ExitStack() as stack:
        simulators = {
            prefix: stack.enter_context(serving(Options(seed=seed, timezone=zone, client_id=f"{prefix}-client")))
            for seed, (prefix, zone) in enumerate(ZONES.items(), start=1)
        }
        yield Project(tmp_path, simulators)


def test_accounts_that_dg_adds_are_read_by_the_project_s_daemon_beside_its_own_assets(
    project: Project, tmp_path: Path
) -> None:
    assert "sensource_dagster.SenSourceAccount" in project.dg("list", "components", "--json")
    written = {prefix: project.add_account(prefix, zone) for prefix, zone in ZONES.items()}
    assert written["west"] == {
        "type": "sensource_dagster.SenSourceAccount",
        "attributes": {
            "prefix": "west",
            "timezone": "America/Denver",
            "start_date": str(DAYS[0]),
            "variables": {
                "SENSOURCE_CLIENT_ID": "WEST_CLIENT_ID",
                "SENSOURCE_CLIENT_SECRET": "WEST_CLIENT_SECRET",
            },
        },
    }
    project.dg("check", "yaml")
    project.dg("check", "defs")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = project.environment
    environment["PYTHONPATH"] += f":{QUICK_DAEMON}"

    def serves() -> int | None:
        return port if DagsterDev(port).is_up() else None

    command = [DG, "dev", "--port", str(port)]
    with started(command, project.folder, environment, tmp_path / "dev.log", serves) as dagster:
        backfills = [_launch(dagster, prefix) for prefix in ZONES]
        assert [dagster.ended(backfill) for backfill in backfills] == ["COMPLETED_SUCCESS"] * 2
        project.dg("launch", "--job", "west_lists")
        project.dg("launch", "--assets", 'key:"marts/doors"')
        dagster.until("the copy has both accounts and the user's table", lambda: _has_all(project))
    for prefix in ZONES:
        start = datetime(2026, 1, 10, tzinfo=timezone.utc) + BEHIND_UTC[prefix]
        truth = project.simulators[prefix].truth("traffic", start, start + timedelta(days=len(DAYS)))
        rows = project.query(
            f"SELECT zone_id, strftime(record_date_hour_1, '%Y-%m-%dT%H:%M:%S.000Z'), sumins FROM {prefix}.traffic"
        )
        assert sorted(rows) == sorted((row["zoneId"], row["recordDate_hour_1"], row["sumins"]) for row in truth)
        assert project.simulators[prefix].mints == 1
    assert project.query("SELECT DISTINCT account FROM all_accounts.traffic_daily ORDER BY 1") == [
        ("east",),
        ("west",),
    ]
    assert project.query("SELECT doors FROM marts.doors") == [(5,)]


def _launch(dagster: DagsterDev, prefix: str) -> str:
    assets = [{"path": [prefix, "traffic"]}, {"path": [prefix, "occupancy"]}]
    backfill = {"assetSelection": assets, "partitionNames": [str(day) for day in DAYS]}
    launched = dagster.query(LAUNCH, backfill=backfill)["launchPartitionBackfill"]
    return str(launched["backfillId"])


def _has_all(project: Project) -> bool:
    try:
        found = project.query("SELECT count(DISTINCT account) FROM all_accounts.traffic_daily, marts.doors")
    except duckdb.Error:  # not yet
        return False
    return found == [(2,)]
