"""`sensource export`: a view of the published file as CSV, Parquet or Excel, or as LibInsight imports it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import click

from sensource_dagster.cli import project
from sensource_dagster.cli.export_formats import write
from sensource_dagster.cli.export_libinsight import gate_counts
from sensource_dagster.cli.export_selection import Held, Selection, held, of_view
from sensource_dagster.cli.export_target import target_of
from sensource_dagster.cli.published_days import Days, days_of, published
from sensource_dagster.contract.view_columns import VIEWS

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
    days = days_of(first, last)
    if not libinsight and (gate.location or gate.door):
        raise click.UsageError("--location and --door choose the gate of --libinsight: add it, or leave them out.")
    # Before the command goes to the project folder: a relative path is meant from here.
    target = target_of(output, file_format, Path.cwd(), only_csv="--libinsight" if libinsight else None)
    settings = project.enter()
    with published(settings) as connection:
        if libinsight:
            selection = gate_counts(connection, view, days, gate.location, gate.door)
        else:
            selection = of_view(next(v for v in VIEWS if v.name == (view or _DEFAULT)), days)
        found = held(connection, selection)
        with target.file(selection.name, _named_after(days, found)) as file:
            write(connection, selection, found, target.format, file)
    click.echo(_said(selection, found, days, target.shown), err=True)
    return 0


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
