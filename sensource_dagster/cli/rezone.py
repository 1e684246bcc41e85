"""`sensource rezone`: moves the rows to the local days of SENSOURCE_TIMEZONE, and marks the days in Dagster."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timezone
from typing import Any

import click
from dagster import AssetMaterialization, DagsterInstance, Definitions

from sensource_dagster.assets.names import asset_key
from sensource_dagster.automation.publishing import PUBLISH
from sensource_dagster.automation.rezoned_days import rezoned_days
from sensource_dagster.cli import project
from sensource_dagster.cli.dagster_instance import dagster_instance
from sensource_dagster.cli.partition_status import as_ranges
from sensource_dagster.cli.runs import code_location, run_job, stop_requests
from sensource_dagster.config.settings import Settings
from sensource_dagster.contract.day_ranges import batches
from sensource_dagster.contract.model import Table
from sensource_dagster.contract.tables import COUNTS
from sensource_dagster.instance.in_process_run import fail_without_running
from sensource_dagster.instance.own_runs import COMMAND_TAG
from sensource_dagster.instance.private import ASSET_PARTITION_RANGE_END_TAG, ASSET_PARTITION_RANGE_START_TAG
from sensource_dagster.warehouse.connection import Warehouse
from sensource_dagster.warehouse.local_days import Moves, numbers, planned, rezoned
from sensource_dagster.warehouse.run_metadata import query_of_day
from sensource_dagster.warehouse.warehouse_of import warehouse_of

_COMMAND = "sensource rezone"
_NOT_READ = (
    "Rows have moved to the days of another time zone. Not every hour of these days has been read. Read them with "
    "`sensource backfill`, or materialize them in the UI."
)


def run(yes: bool) -> int:
    settings = project.enter()
    warehouse = warehouse_of(settings.warehouse, settings.warehouse_wait, log=click.echo)
    zone = settings.timezone
    with warehouse.open(read_only=True) as connection:
        moves = planned(connection, zone)
    if not any(moves):
        click.echo(f"Nothing to do: every row has its local day and hour in {zone.key}.")
        return 0
    _show(moves, settings)
    if not yes and not (_at_terminal() and click.confirm("Move them?")):
        click.echo("Nothing was changed. To move them, run: sensource rezone --yes")
        return 1
    return _rezone(warehouse, settings)


def _at_terminal() -> bool:
    return sys.stdin.isatty()


def _show(moves: Sequence[Moves], settings: Settings) -> None:
    click.echo(f"In {settings.timezone.key}:")
    for of_table in filter(None, moves):
        rows, days = sum(of_table.rows.values()), len(of_table.days)
        said = [f"rows that move to another day: {rows:,}, of {days:,} days"]
        said += [f"rows that get another local hour: {of_table.hours:,}"] if of_table.hours else []
        click.echo(f"  {of_table.table.name}: {'; '.join(said)}")


def _rezone(warehouse: Warehouse, settings: Settings) -> int:
    from sensource_dagster.definitions import (
        build_definitions,  # reads the environment, so not before `project.enter`
    )

    definitions, now = build_definitions(settings), datetime.now(timezone.utc)
    to_read: set[date] = set()
    events: list[AssetMaterialization] = []
    with dagster_instance() as instance:
        with warehouse.open() as connection, rezoned(connection, settings.timezone) as moves:
            for of_table in (of_table for of_table in moves if of_table.table in COUNTS and of_table):
                days = rezoned_days(instance, settings, of_table, now)
                events += _events(settings, of_table, days.whole, numbers(connection, of_table))
                # Before the rows have moved for good: a kill in between leaves days to read again, and no day that
                # seems whole.
                _mark(instance, definitions, settings, of_table.table, days.to_read)
                to_read.update(days.to_read)
        click.echo(f"The rows have moved. {len(events):,} days of traffic and occupancy get an event in Dagster.")
        for event in events:
            instance.report_runless_asset_event(event)
        with stop_requests() as stopped:
            job = definitions.resolve_job_def(PUBLISH)
            made = run_job(instance, job, settings=settings, command=_COMMAND, stopped=stopped, waits=lambda: None)
    for reason in made.failures:
        click.echo(reason)
    if to_read:
        days_to_read = sorted(to_read)
        click.echo(
            f"Some hours of {as_ranges(days_to_read)} have not been read. To read them, run:\n"
            f"sensource backfill --from {days_to_read[0]} --to {days_to_read[-1]}"
        )
    click.echo("A Dagster that runs still has the time zone with which it was started: start it again.")
    return 0 if made.succeeded else 1


def _events(
    settings: Settings, moves: Moves, days: Sequence[date], numbers_of: Mapping[date, Mapping[str, Any]]
) -> list[AssetMaterialization]:
    return [
        AssetMaterialization(
            asset_key(moves.table, settings),
            description="Rows have moved to the days of another time zone. Nothing was read.",
            partition=str(day),
            metadata={
                **{name: value for name, value in numbers_of[day].items() if value is not None},
                "rows_moved_in": moves.into(day),
                "rows_moved_out": moves.out_of(day),
                "Query": query_of_day(settings.prefix, moves.table, day),
            },
        )
        for day in days
    ]


def _mark(
    instance: DagsterInstance, definitions: Definitions, settings: Settings, table: Table, days: Sequence[date]
) -> None:
    job = definitions.resolve_job_def("counts")
    for first, last in batches(days, max(len(days), 1)):
        fail_without_running(
            instance,
            job,
            tags={
                COMMAND_TAG: _COMMAND,
                ASSET_PARTITION_RANGE_START_TAG: str(first),
                ASSET_PARTITION_RANGE_END_TAG: str(last),
            },
            assets=frozenset({asset_key(table, settings)}),
            code_location=code_location(instance),
            reason=_NOT_READ,
        )
