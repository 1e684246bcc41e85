"""`sensource export`: a view of the published file as CSV, Parquet or Excel, or as LibInsight imports it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import click
import duckdb

from sensource_dagster.cli import project
from sensource_dagster.cli.export_formats import write
from sensource_dagster.cli.export_libinsight import gate_counts
from sensource_dagster.cli.export_selection import Days, Held, Selection, held, of_view
from sensource_dagster.cli.export_target import target_of
from sensource_dagster.config import parsers
from sensource_dagster.config.settings import Settings
from sensource_dagster.contract.view_columns import VIEWS
from sensource_dagster.errors import ExportError, SenSourceError
from sensource_dagster.warehouse.connection import Warehouse
from sensource_dagster.warehouse.sql import full_schema
from sensource_dagster.warehouse.transaction import first_line

_DEFAULT = "traffic_daily"


@dataclass(frozen=True)
class Gate:
    """What `--libinsight` is about, by name or id. Neither is needed if there is only one location."""

    location: str | None
    door: str | None


def run(
    view: str | None,
    first: str | None,
    last: str | None,
    file_format: str | None,
    output: str | None,
    libinsight: bool,
    gate: Gate,
) -> int:
    days = _days(first, last)
    if not libinsight and (gate.location or gate.door):
        raise click.UsageError("--location and --door choose the gate of --libinsight: add it, or leave them out.")
    # Before the command goes to the project folder: a relative path is meant from here.
    target = target_of(output, file_format, Path.cwd(), only_csv="--libinsight" if libinsight else None)
    settings = project.enter()
    try:
        with _published(settings) as connection:
            if libinsight:
                selection = gate_counts(connection, view, days, gate.location, gate.door)
            else:
                selection = of_view(next(v for v in VIEWS if v.name == (view or _DEFAULT)), days)
            found = held(connection, selection)
            with target.file(selection.name, _named_after(days, found)) as file:
                write(connection, selection, found, target.format, file)
        click.echo(_said(selection, found, days, target.shown), err=True)
    except SenSourceError as error:
        raise click.ClickException(str(error)) from None
    return 0


def _days(first: str | None, last: str | None) -> Days:
    days = Days(_day("--from", first), _day("--to", last))
    if days.first and days.last and days.first > days.last:
        raise click.BadParameter(
            f"{days.first} is after the last day; allowed is {days.last} (--to) or earlier.", param_hint="--from"
        )
    return days


def _day(option: str, text: str | None) -> date | None:
    try:
        return None if text is None else parsers.day(text.strip())
    except ValueError as error:
        raise click.BadParameter(f"{text!r}: {error}.", param_hint=option) from None


@contextmanager
def _published(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """The file that people open, with our schema as the current one.

    Raises:
        SenSourceError: it is not there, cannot be opened, or was made before the view existed.
    """
    file = settings.to_open
    if not file.exists():
        raise ExportError(
            f"There is no file {file} yet. Run `sensource backfill`: it reads the counts and makes the file. Or "
            "materialize everything in the UI."
        )
    with Warehouse(file, settings.warehouse_wait, {}).open(read_only=True) as connection:
        try:
            # Otherwise DuckDB takes a Python variable of the same name for a view that is not there.
            connection.execute("SET python_enable_replacements = false")
            connection.execute(f"USE {full_schema(connection)}")
            yield connection
        except (duckdb.CatalogException, duckdb.BinderException) as error:
            raise ExportError(
                f"The file {file} does not have this view as this version makes it: {first_line(error)} Run the "
                "sync again (`sensource backfill`, or materialize the views in the UI): it makes the views anew."
            ) from None
        except (duckdb.Error, RuntimeError) as error:
            if "interrupted" in str(error).lower():  # what DuckDB makes of Ctrl-C during a query
                raise KeyboardInterrupt from None
            if not isinstance(error, duckdb.Error):
                raise
            raise ExportError(f"The rows cannot be read from {file}: {first_line(error)}") from None


def _named_after(days: Days, found: Held) -> tuple[date, date] | None:
    """The days in the file's name: those that were asked for, else those of the rows."""
    first, last = days.first or found.first, days.last or found.last
    return (first, last) if first and last else None


def _said(selection: Selection, found: Held, days: Days, file: str) -> str:
    rows = f"{found.rows:,} row{'' if found.rows == 1 else 's'} of {selection.what}"
    if found.first and found.last:
        return f"{rows}, {found.first} to {found.last}, in {file}"
    if not found.rows and (days.first or days.last):
        return f"{rows} from {days.first or 'the first day'} to {days.last or 'the last day'}, in {file}"
    return f"{rows}, in {file}"
