"""`sensource migrate`: copies the warehouse into a lake, or a lake into a file, and compares both sides."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from filelock import FileLock, Timeout

from sensource_dagster.cli import project
from sensource_dagster.config.settings import Settings, read_settings
from sensource_dagster.config.warehouse_place import LakePlace, WarehousePlace, folder_of
from sensource_dagster.contract.plurals import counted
from sensource_dagster.errors import WarehouseError
from sensource_dagster.views.united import refresh_accounts
from sensource_dagster.warehouse.connection import Warehouse
from sensource_dagster.warehouse.migration import Compared, end, migrate
from sensource_dagster.warehouse.warehouse_of import warehouse_of

_STOPPED = "Stopped. The tables above stay copied; the same command goes on with the others."


def run(to: str, data: str) -> int:
    # Before the command goes to the project folder: a relative path is meant from here.
    place = read_settings({"SENSOURCE_WAREHOUSE": to, "SENSOURCE_WAREHOUSE_DATA": data}).warehouse
    place = place.absolute() if isinstance(place, Path) else place
    settings = project.enter()
    if _is_same(place, settings.warehouse):
        raise click.ClickException(f"{to} is the warehouse itself. Choose another place.")
    source = warehouse_of(settings.warehouse, settings.warehouse_wait, log=click.echo)
    target = warehouse_of(place, settings.warehouse_wait, log=click.echo)
    if not source.exists():
        raise WarehouseError(f"{source.describe()} does not exist yet, so there is nothing to copy.")
    try:
        copied = _copied(source, target, settings)
    except (KeyboardInterrupt, RuntimeError) as stop:  # RuntimeError: of DuckDB, which has met Ctrl-C in a query
        if isinstance(stop, RuntimeError) and "interrupt" not in str(stop).lower():
            raise
        click.echo(_STOPPED)
        return 130
    except OSError as error:
        raise WarehouseError(
            f"{source.describe()} cannot be copied: {error.strerror or error}. Meanwhile it needs as much space "
            f"again in {folder_of(settings.warehouse)}. Nothing was changed."
        ) from None
    if copied is None:
        click.echo("A run has written the source meanwhile. Stop Dagster, and run the same command again.")
        return 1
    rows = sum(table.rows for table in copied)
    click.echo(
        f"{counted(len(copied), 'table')}, {counted(rows, 'row')}. Nothing was changed in {source.describe()}."
    )
    click.echo(f"To go on with the copy, stop Dagster, set this in .env, and start again:\n{_settings_of(place)}")
    return 0


def _copied(source: Warehouse, target: Warehouse, settings: Settings) -> list[Compared] | None:
    """The tables that are the same on both sides; None if the source has changed meanwhile."""
    copied: list[Compared] = []
    with _scratch(folder_of(settings.warehouse)) as copy:
        before = source.copy_to(copy)
        click.echo(f"Copying {source.describe()} to {target.describe()}.")
        with target.open() as connection:
            for table in migrate(connection, copy):
                days = f", {counted(table.days, 'day')}" if table.days is not None else ""
                click.echo(f"  {table.name}: {counted(table.rows, 'row')}{days}, the same on both sides")
                copied.append(table)
            refresh_accounts(connection, settings.timezone)
            if source.version() != before:
                return None
            end(connection)
    return copied


@contextmanager
def _scratch(folder: Path) -> Iterator[Path]:
    """A file that is not there yet. What a killed command has left there is deleted."""
    place = folder / ".migrate"
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / ".migrate.lock")
    try:
        lock.acquire(blocking=False)
    except Timeout:
        raise click.ClickException(
            "Another `sensource migrate` copies this warehouse. Wait for its end."
        ) from None
    try:
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        yield place / "copy.duckdb"
    finally:
        shutil.rmtree(place, ignore_errors=True)
        lock.release()


def _is_same(one: WarehousePlace, other: WarehousePlace) -> bool:
    if isinstance(one, LakePlace) and isinstance(other, LakePlace):
        return one.libpq == other.libpq
    return isinstance(one, Path) and isinstance(other, Path) and one.resolve() == other.resolve()


def _settings_of(place: WarehousePlace) -> str:
    data = f"\nSENSOURCE_WAREHOUSE_DATA='{place.data}'" if isinstance(place, LakePlace) and place.data else ""
    return f"SENSOURCE_WAREHOUSE='{place}'{data}"
