"""What the tests of backfills look at."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from dagster import DagsterInstance, DagsterRunStatus

from sensource_dagster.contract.tables import COUNTS, TABLES
from sensource_dagster.simulator import RunningSimulator, fault_kinds
from sensource_dagster.vea.windows import day_start
from sensource_dagster_tests.end_to_end.sync import RANGE_END, RANGE_START, Sync
from sensource_dagster_tests.own_account import asset_key

FIRST, LAST = date(2025, 7, 1), date(2025, 9, 3)  # 65 days, none of them with 25 hours
RANGE = ("--from", str(FIRST), "--to", str(LAST))
DENVER = ZoneInfo("America/Denver")
TRAFFIC = "/api/data/traffic"
FOR_EVER = fault_kinds.delay(3600)
GOOD = fault_kinds.delay(0)
SUCCESS, FAILURE, CANCELED = DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE, DagsterRunStatus.CANCELED


def runs(instance: DagsterInstance) -> list[tuple[DagsterRunStatus, str, str]]:
    """Status, first and last day of each run, the oldest first."""
    return [
        (run.status, run.tags[RANGE_START], run.tags[RANGE_END])
        for run in reversed(instance.get_runs())
        if run.job_name == "counts"
    ]


def green(instance: DagsterInstance, table: str) -> list[str]:
    return sorted(instance.get_materialized_partitions(asset_key(TABLES[table])))


def days(first: date, last: date) -> list[str]:
    return [str(first + timedelta(days=number)) for number in range((last - first).days + 1)]


def requested_days(simulator: RunningSimulator, path: str) -> list[str]:
    """The first day of each request so far, in the order of the requests."""
    return [request.query["startDate"][:10] for request in simulator.requests if request.path == path]


def assert_true(sync: Sync, first: date, last: date) -> None:
    """That the warehouse holds what the account holds of these days, and nothing else."""
    zone = sync.settings.timezone
    start, end = day_start(first, zone), day_start(last + timedelta(days=1), zone)
    for table in COUNTS:
        assert sync.counts(table.name) == sync.truth(table.name, start, end)
