"""`sensource report`: the page that people read, about the days and the location that are asked for."""

from __future__ import annotations

import webbrowser
from datetime import datetime, timedelta
from pathlib import Path

import click

from sensource_dagster.cli import project
from sensource_dagster.cli.published_days import Days, days_of, published
from sensource_dagster.config.settings import Settings
from sensource_dagster.report import formats
from sensource_dagster.report.content import Report
from sensource_dagster.report.counts_of_period import Period
from sensource_dagster.report.write import made_when, report_file, write_report


def run(first: str | None, last: str | None, location: str | None, output: str | None, opens: bool) -> int:
    days = days_of(first, last)
    if days.last and not days.first:
        raise click.UsageError("--to needs --from. Without both, the report is about the last full month.")
    # Before the command goes to the project folder: a relative path is meant from here.
    given = None if output is None else _file(Path.cwd() / output)
    settings, _ = project.enter_to_look()
    file = given or report_file(settings)
    period = _period(days, settings)
    as_of = made_when(settings.to_open, settings)
    with published(settings) as connection:
        made = write_report(connection, file, settings, as_of=as_of, period=period, location=location)
    click.echo(_said(made, file))
    if opens and not webbrowser.open(file.resolve().as_uri()):
        raise click.ClickException(f"There is no browser here to open {file} in. Open it on another machine.")
    return 0


def _file(path: Path) -> Path:
    if path.is_dir():
        raise click.BadParameter(f"{path} is a folder. Name a file in it.", param_hint="--output")
    if not path.parent.is_dir():
        raise click.BadParameter(f"there is no folder {path.parent}. Make it first.", param_hint="--output")
    if path.exists() and not path.is_file():
        raise click.BadParameter(f"{path} is no file that can be replaced.", param_hint="--output")
    return path


def _period(days: Days, settings: Settings) -> Period | None:
    if days.first is None:
        return None
    today = datetime.now(settings.timezone).date()
    if days.first >= today:
        raise click.BadParameter(
            f"{days.first} is not over; allowed is {today - timedelta(days=1)} or earlier.",
            param_hint="--from",
        )
    return Period(days.first, days.last or today - timedelta(days=1))


def _said(report: Report, file: Path) -> str:
    [visits, *_] = report.how_many.rows or [None]
    if visits is None or visits.now.people is None:
        return f"No visits, {report.period}, in {file}"
    complete = formats.whole(visits.now)
    return f"{visits.now.people:,} visits of {visits.location}, {report.period}, {complete}, in {file}"
