"""`sensource status`: what the warehouse holds, which days are missing or failed, and the last runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path

import click
from dagster import DagsterInstance
from rich import box
from rich.console import Console
from rich.table import Table as Grid

from sensource_dagster.assets.names import asset_key
from sensource_dagster.cli import demo_account, project
from sensource_dagster.cli.last_run import LastRun, last_run
from sensource_dagster.cli.partition_status import as_ranges, partition_status
from sensource_dagster.config.project_folder import command
from sensource_dagster.config.settings import NO_CREDENTIALS, Settings
from sensource_dagster.contract.model import DAY, DELETED, HOUR, Table
from sensource_dagster.contract.tables import COUNTS, list_tables
from sensource_dagster.errors import WarehouseError
from sensource_dagster.warehouse.sql import full_schema, identifier, tables_of
from sensource_dagster.warehouse.warehouse_of import warehouse_of

_WAIT_FOR_WAREHOUSE = 2.0
_WIDE = 1000  # columns, where no terminal sets a width: a line stays one line

# Of a count: rows, first day, last day, start of the newest hour; of a list: rows, those deleted.
_Held = Mapping[str, tuple[object, ...]]


def run() -> int:
    settings, is_demo = project.enter_to_look()
    lists = list_tables(settings.static_endpoints)
    account = _demo() if is_demo else settings.account
    click.echo(f"{account}; days of {settings.timezone.key} from {settings.start_date}.")
    if settings.advice:
        click.echo(settings.advice)
    held = _held(settings, [*COUNTS, *lists])
    with project.history_to_look_at() as instance:
        counts, counts_complete = _counts(instance, settings, held)
        listed, lists_complete = _lists(instance, settings, lists, held)
    console = Console()
    if not console.is_terminal:
        console.width = _WIDE
    for grid in (counts, listed):
        grid.box = box.SIMPLE_HEAD if console.is_terminal else None
        console.print(grid, highlight=False)
    complete = counts_complete and lists_complete
    click.echo("Nothing is missing or failed." if complete else _advice(settings, is_demo))
    return 0 if complete else 1


def _advice(settings: Settings, is_demo: bool) -> str:
    what = (
        "`sensource backfill` reads it: the lists, and each missing or failed day. It says why if something fails "
        "again."
    )
    if is_demo:
        what = f"`{command('demo')}` reads it."
    elif not settings.has_credentials:
        what = NO_CREDENTIALS
    return f"Something is missing or failed, see above. {what}"


def _demo() -> str:
    folder = demo_account.home().relative_to(Path.cwd())
    return f"The demo in {folder}, because no account is configured"


def _held(settings: Settings, tables: Sequence[Table]) -> _Held | None:
    """What each table of the warehouse holds; None where it cannot be opened, and then the reason is printed."""
    warehouse = warehouse_of(settings.warehouse, _WAIT_FOR_WAREHOUSE)
    try:
        if not warehouse.exists():
            click.echo(f"The warehouse {warehouse.describe()} is not there yet.")
            return {}
        with warehouse.open(read_only=True) as connection:
            schema = full_schema(connection)
            there = tables_of(connection)
            return {
                table.name: connection.execute(_query(table, schema)).fetchall()[0]
                for table in tables
                if table.name in there
            }
    except WarehouseError as error:
        click.echo(f"{error}\nSo the warehouse shows as ? below. The days and runs come from Dagster's history.")
        return None


def _query(table: Table, schema: str) -> str:
    if table.is_list:
        wanted = f"count(*), count(*) FILTER ({identifier(DELETED)})"
    else:
        # A number of seconds: an instant would come in the zone of DuckDB's session.
        wanted = f"count(*), min({identifier(DAY)}), max({identifier(DAY)}), epoch(max({identifier(HOUR)}))"
    return f"SELECT {wanted} FROM {schema}.{identifier(table.name)}"


def _counts(instance: DagsterInstance, settings: Settings, held: _Held | None) -> tuple[Grid, bool]:
    """A column for each count, and whether no day is missing or failed."""
    today = datetime.now(settings.timezone).date()
    columns, complete = [], True
    for table in COUNTS:
        status = partition_status(instance, table, settings, settings.start_date, today)
        missing = [day for day in status.missing if day < today]  # today may still be missing: it is not over
        complete = complete and not missing and not status.failed
        rows, first, last, newest = held.get(table.name, (0, None, None, None)) if held is not None else ["?"] * 4
        columns.append(
            [
                _number(rows),
                str(first or "none"),
                str(last or "none"),
                _hour(newest, settings),
                _days(missing),
                _days(status.failed),
                _last_run_text(last_run(instance, asset_key(table, settings)), settings),
            ]
        )
    grid = Grid("counts", *(table.name for table in COUNTS))
    names = ("rows", "first day", "last day", "newest hour", "missing days", "failed days", "last run")
    for row in zip(names, *columns, strict=True):
        grid.add_row(*row)
    return grid, complete


def _lists(
    instance: DagsterInstance, settings: Settings, lists: Sequence[Table], held: _Held | None
) -> tuple[Grid, bool]:
    """A row for each list, and whether each was read."""
    grid = Grid("lists", "rows", "deleted", "last run")
    complete = True
    for table in lists:
        rows, deleted = held.get(table.name, (0, 0)) if held is not None else ["?"] * 2
        ran = last_run(instance, asset_key(table, settings))
        complete = complete and ran is not None and not ran.failed
        grid.add_row(table.name, _number(rows), _number(deleted), _last_run_text(ran, settings))
    return grid, complete


def _number(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def _hour(seconds: object, settings: Settings) -> str:
    if not isinstance(seconds, float):
        return str(seconds or "none")
    return f"{datetime.fromtimestamp(seconds, settings.timezone):%Y-%m-%d %H:%M}"


def _days(days: Sequence[date]) -> str:
    return f"{len(days):,}: {as_ranges(days)}" if days else "none"


def _last_run_text(ran: LastRun | None, settings: Settings) -> str:
    if ran is None:
        return "none"
    return f"{ran.outcome}, {ran.time.astimezone(settings.timezone):%Y-%m-%d %H:%M}, {ran.job}"
