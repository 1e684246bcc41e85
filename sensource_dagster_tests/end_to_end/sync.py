"""A real sync in a test: simulator on a socket, the project's definitions, a warehouse, a Dagster instance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from dagster import DagsterInstance, Definitions, ExecuteInProcessResult

from sensource_dagster.config.settings import Settings, read_settings
from sensource_dagster.definitions import build_definitions
from sensource_dagster.simulator import ManualClock, Options, RunningSimulator, serving
from sensource_dagster.warehouse.warehouse_of import warehouse_of

Where = Mapping[str, str]
"""The settings of a warehouse that is not the usual file."""
RANGE_START, RANGE_END = "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"


@dataclass
class Sync:
    """One deployment against one simulated account.

    Attributes:
        checks: whether its runs have the checks too. They are two thirds of a run's time.
    """

    simulator: RunningSimulator
    instance: DagsterInstance
    variables: Mapping[str, str]
    checks: bool = False
    settings: Settings = field(init=False)
    definitions: Definitions = field(init=False)

    def __post_init__(self) -> None:
        self.settings = read_settings(self.variables)
        self.definitions = build_definitions(self.settings)

    def run(self, job: str, first: date | None = None, last: date | None = None) -> ExecuteInProcessResult:
        """Run a job, over the days first to last where it has days; it may fail."""
        tags = {RANGE_START: str(first), RANGE_END: str(last or first)} if first else {}
        of_run = self.definitions if self.checks else self._without_checks
        return of_run.resolve_job_def(job).execute_in_process(
            instance=self.instance, tags=tags, raise_on_error=False
        )

    @cached_property
    def _without_checks(self) -> Definitions:
        whole = self.definitions
        return Definitions(
            assets=whole.assets, jobs=whole.jobs, resources=whole.resources, executor=whole.executor
        )

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with warehouse_of(self.settings.warehouse, 5).open(read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def change(self, *statements: str) -> None:
        """What a user does to the warehouse."""
        with warehouse_of(self.settings.warehouse, 5).open() as connection:
            for statement in statements:
                connection.execute(statement)

    def table(self, name: str) -> list[tuple[Any, ...]]:
        """Every row of a table, in order, every column."""
        return self.query(f"SELECT * FROM sensource.{name} ORDER BY ALL")

    def counts(self, name: str) -> dict[tuple[str, datetime], tuple[Any, ...]]:
        """(id, hour) -> the API's own values, as in `truth`."""
        if name == "traffic":
            values = "zone_id, record_date_hour_1, name, sumins, sumouts"
        else:
            values = (
                "space_id, record_date_hour_1, name, maxoccupancy, minoccupancy, avgoccupancy, sumins, sumouts"
            )
        return {row[:2]: row[2:] for row in self.query(f"SELECT {values} FROM sensource.{name}")}

    def truth(self, name: str, start: datetime, end: datetime) -> dict[tuple[str, datetime], tuple[Any, ...]]:
        """What the account holds now for [start, end), in the form of `counts`."""
        return {_key(row): _values(row) for row in self.simulator.truth(name, start, end)}  # type: ignore[arg-type]


def _key(row: Mapping[str, Any]) -> tuple[str, datetime]:
    hour = datetime.fromisoformat(row["recordDate_hour_1"].replace("Z", "+00:00"))
    return row.get("zoneId") or row["spaceId"], hour


def _values(row: Mapping[str, Any]) -> tuple[Any, ...]:
    if "zoneId" in row:
        return row["name"], row["sumins"], row["sumouts"]
    occupancy = row["maxoccupancy"], row["minoccupancy"], float(row["avgoccupancy"])
    return row["name"], *occupancy, row["sumins"], row["sumouts"]


def variables_of(simulator: RunningSimulator, folder: Path, **others: str) -> dict[str, str]:
    return {
        "SENSOURCE_CLIENT_ID": simulator.client_id,
        "SENSOURCE_CLIENT_SECRET": simulator.client_secret,
        "SENSOURCE_API_URL": simulator.api_url,
        "SENSOURCE_AUTH_URL": simulator.auth_url,
        "SENSOURCE_TIMEZONE": "America/Denver",
        "SENSOURCE_START_DATE": "2024-01-01",
        "SENSOURCE_WAREHOUSE": str(folder / "warehouse.duckdb"),
        "XDG_CACHE_HOME": str(folder / "cache"),
        **others,
    }


def run_counts(first: str, last: str) -> None:
    """A run of the counts as the main program of a process, with the settings of its environment."""
    tags = {RANGE_START: first, RANGE_END: last}
    counts = build_definitions(read_settings()).resolve_job_def("counts")
    with DagsterInstance.ephemeral() as instance:
        counts.execute_in_process(instance=instance, tags=tags)


@contextmanager
def syncing(
    folder: Path, options: Options | None = None, clock: ManualClock | None = None, **variables: str
) -> Iterator[Sync]:
    """A deployment in `folder`; `variables` are SENSOURCE_* settings that differ from the usual ones."""
    serving_at = serving(options, clock) if clock else serving(options)
    with (
        serving_at as simulator,
        pytest.MonkeyPatch.context() as environment,
        DagsterInstance.ephemeral() as instance,
    ):
        wanted = variables_of(simulator, folder, **variables)
        for name, value in wanted.items():
            environment.setenv(name, value)
        yield Sync(simulator, instance, wanted)


@contextmanager
def syncing_with_checks(
    folder: Path, options: Options | None = None, clock: ManualClock | None = None, **variables: str
) -> Iterator[Sync]:
    """The same, whose runs have the checks too, as a user's have."""
    with syncing(folder, options, clock, **variables) as sync:
        sync.checks = True
        yield sync


def error_text(result: ExecuteInProcessResult) -> str:
    """What the failed steps say."""
    failures = [event.step_failure_data for event in result.all_events if event.is_step_failure]
    return "\n".join(
        (data.user_failure_data.description if data.user_failure_data else None) or str(data.error)
        for data in failures
    )


def metadata(result: ExecuteInProcessResult, asset: str) -> dict[str | None, dict[str, Any]]:
    """The metadata of each materialisation of an asset, by partition."""
    return {
        event.partition: {name: value.value for name, value in event.materialization.metadata.items()}
        for event in result.get_asset_materialization_events()
        if event.materialization.asset_key.path[-1] == asset
    }
