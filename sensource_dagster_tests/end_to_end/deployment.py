"""A project folder whose `dg dev` can be killed and started again, and what is looked at in it."""

from __future__ import annotations

import os
import subprocess
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from sensource_dagster.simulator import RunningSimulator
from sensource_dagster.vea.windows import day_windows
from sensource_dagster_tests.end_to_end.dagster_dev import DG, DagsterDev, dagster_dev

DENVER = ZoneInfo("America/Denver")
DAYS_A_RUN = 5
HEALS_WITHIN = 900  # seconds

PARTITIONS = """
{ assetNodes(group: {groupName: "counts", repositoryName: "__repository__",
                     repositoryLocationName: "sensource_dagster"}) {
    assetPartitionStatuses { ... on TimePartitionStatuses { ranges { status startKey endKey } } } } }"""
CANCEL = """
mutation($id: String!) {
  cancelPartitionBackfill(backfillId: $id) { __typename ... on PythonError { message } } }"""
TERMINATE = """
mutation($ids: [String!]!) {
  terminateRuns(runIds: $ids, terminatePolicy: SAFE_TERMINATE) { __typename } }"""
POOLS = "{ instance { concurrencyLimits { concurrencyKey claimedSlots { runId } pendingSteps { runId } } } }"


@dataclass
class Deployment:
    """A project folder with `dg dev` in it, which can be killed and started again."""

    simulator: RunningSimulator
    folder: Path
    starts: int = 0
    dagster: DagsterDev = field(init=False)
    _running: ExitStack = field(default_factory=ExitStack)

    def start(self) -> None:
        self.starts += 1
        log = self.folder.parent / f"dev-{self.starts}.log"
        self.dagster = self._running.enter_context(dagster_dev(self.folder, log))

    def kill(self) -> None:
        self.dagster.kill()
        self.end()

    def end(self) -> None:
        self._running.close()

    def days(self, status: str) -> set[date]:
        """The days for which both counts have this status in the UI."""
        assets = self.dagster.query(PARTITIONS)["assetNodes"]
        assert len(assets) == 2
        of_each = [
            {
                date.fromisoformat(part["startKey"]) + timedelta(days=number)
                for part in asset["assetPartitionStatuses"]["ranges"]
                if part["status"] == status
                for number in range(
                    (date.fromisoformat(part["endKey"]) - date.fromisoformat(part["startKey"])).days + 1
                )
            }
            for asset in assets
        ]
        return of_each[0] & of_each[1]

    def true_days(self, days: list[date]) -> set[date]:
        """Those of `days` that are in both tables. In each table a day is true and whole, or absent."""
        if not (warehouse := self.folder / "data" / "warehouse.duckdb").exists():
            return set()
        found = [_rows(warehouse, "traffic", "zone_id"), _rows(warehouse, "occupancy", "space_id")]
        true = set()
        for day in days:
            window = day_windows(day, day, DENVER)[0]
            truth = [
                {
                    (row[key], row["recordDate_hour_1"]): (row["sumins"], row["sumouts"])
                    for row in self.simulator.truth(name, window.start, window.end)  # type: ignore[arg-type]
                }
                for name, key in (("traffic", "zoneId"), ("occupancy", "spaceId"))
            ]
            here = [table.get(day, {}) for table in found]
            for table, rows, true_rows in zip(("traffic", "occupancy"), here, truth, strict=True):
                assert rows in ({}, true_rows), (day, table)
            if all(here):
                true.add(day)
        return true

    def claimed_slots(self) -> list[dict[str, Any]]:
        pools = self.dagster.query(POOLS)["instance"]["concurrencyLimits"]
        return [slot for pool in pools for slot in pool["claimedSlots"] + pool["pendingSteps"]]

    def script_runs(self) -> list[str]:
        """The statuses of the runs of `start_script` and of their retries, the latest first."""
        return [run["status"] for run in self.dagster.runs() if run["jobName"] == "counts"]

    def statuses(self) -> set[str]:
        return {run["status"] for run in self.dagster.runs()}

    def start_script(self, day: date) -> subprocess.Popen[bytes]:
        """`dg launch`, which starts a run without a code server."""
        command = [DG, "launch", "--job", "counts", "--partition", str(day)]
        environment = {**os.environ, "DAGSTER_HOME": str(self.folder)}
        with (self.folder.parent / "script.log").open("w") as log:
            return subprocess.Popen(command, cwd=self.folder, env=environment, stdout=log, stderr=log)


def _rows(warehouse: Path, table: str, key: str) -> dict[date, dict[tuple[str, str], tuple[int, int]]]:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        rows = connection.execute(
            f"SELECT record_date, {key}, strftime(record_date_hour_1 AT TIME ZONE 'UTC', "
            f"'%Y-%m-%dT%H:%M:%S.000Z'), sumins, sumouts FROM sensource.{table}"
        ).fetchall()
    days: dict[date, dict[tuple[str, str], tuple[int, int]]] = {}
    for day, identity, hour, ins, outs in rows:
        days.setdefault(day, {})[identity, hour] = ins, outs
    return days
