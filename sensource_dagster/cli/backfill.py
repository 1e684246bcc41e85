"""`sensource backfill`: reads the lists, then the missing and failed days of a range, with the jobs of the UI."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

import click
from dagster import DagsterInstance
from rich.console import Console

from sensource_dagster.assets.names import asset_key
from sensource_dagster.automation.publishing import outdated
from sensource_dagster.cli import project
from sensource_dagster.cli.backfill_progress import BackfillProgress
from sensource_dagster.cli.dagster_instance import dagster_instance
from sensource_dagster.cli.last_run import last_run
from sensource_dagster.cli.partition_status import as_ranges, partition_status
from sensource_dagster.cli.publishing_run import publish
from sensource_dagster.cli.runs import run_job, terminal
from sensource_dagster.config import parsers
from sensource_dagster.config.settings import NO_CREDENTIALS, Settings
from sensource_dagster.contract.day_ranges import batches, each_day
from sensource_dagster.contract.model import Table
from sensource_dagster.contract.tables import COUNTS, list_tables
from sensource_dagster.instance.private import capture_interrupts

_STOPPED = 130  # the exit status of a command that Ctrl-C ended, as a shell reports it


@dataclass(frozen=True)
class Wanted:
    """What was asked for: the days from first to last of some tables; `again` to read also days that were read.

    `command` is that in the words of the user.
    """

    first: date
    last: date
    tables: Sequence[Table]
    again: bool
    command: str


def run(first: str | None, last: str | None, only: str | None, again: bool, stopped: Callable[[], bool]) -> int:
    """The exit status. `stopped` says whether Ctrl-C or SIGTERM has come; they do nothing else by themselves."""
    settings = project.enter()
    tables = [table for table in COUNTS if only in (None, table.name)]
    wanted = Wanted(*_range(first, last, settings), tables, again, _command(first, last, only, again))
    if not settings.has_credentials:
        raise click.ClickException(NO_CREDENTIALS)
    if stopped():
        click.echo("Stopped before anything was read.")
        return _STOPPED
    with dagster_instance() as instance:
        days = _days_to_read(instance, settings, wanted)
        if not days and _has_lists(instance, settings) and not outdated(instance, settings):
            click.echo(f"Nothing to do: no day from {wanted.first} to {wanted.last} is missing or failed.")
            return 0
        with terminal() as console:
            done = _read(instance, settings, wanted, days, console, stopped)
        if stopped():
            return _stopped(done, days, wanted)
        complete = _report_missing_and_failed(instance, settings, wanted)
        for reason in done.unpublished:
            click.echo(reason)
        if done.failures or done.unpublished or not complete:
            click.echo(
                "Do what the messages above say, and run the same command again"
                + (" without --again: it reads only the days that it names." if wanted.again else ".")
            )
            return 1
    return 0


def _command(first: str | None, last: str | None, only: str | None, again: bool) -> str:
    options = {"--from": first, "--to": last, "--only": only}
    given = [part for name, value in options.items() if value is not None for part in (name, value)]
    return shlex.join(["sensource", "backfill", *given, *(["--again"] if again else [])])


def _range(first: str | None, last: str | None, settings: Settings) -> tuple[date, date]:
    begin = settings.start_date if first is None else _day("--from", first, settings)
    end = datetime.now(settings.timezone).date() if last is None else _day("--to", last, settings)
    if begin > end:
        raise click.BadParameter(
            f"{begin} is after the last day; allowed is {end} (--to) or earlier.", param_hint="--from"
        )
    return begin, end


def _day(option: str, text: str, settings: Settings) -> date:
    try:
        day = parsers.day(text.strip())
    except ValueError as error:
        raise click.BadParameter(f"{text!r}: {error}.", param_hint=option) from None
    late = parsers.future(day, settings.timezone)
    if late:
        raise click.BadParameter(f"{day} {late}.", param_hint=option)
    if day < settings.start_date:
        raise click.BadParameter(
            f"{day} lies before SENSOURCE_START_DATE; allowed is {settings.start_date} or later.",
            param_hint=option,
        )
    return day


def _days_to_read(instance: DagsterInstance, settings: Settings, wanted: Wanted) -> list[date]:
    everything = each_day(wanted.first, wanted.last)
    if wanted.again:
        return everything
    to_read = {datetime.now(settings.timezone).date()}  # today is never complete
    for table in wanted.tables:
        status = partition_status(instance, table, settings, wanted.first, wanted.last)
        to_read.update(status.missing, status.failed)
    return [day for day in everything if day in to_read]


def _has_lists(instance: DagsterInstance, settings: Settings) -> bool:
    runs = [last_run(instance, asset_key(table, settings)) for table in list_tables(settings.static_endpoints)]
    return all(ran is not None and not ran.failed for ran in runs)


@dataclass
class _Done:
    """What was read. `rows` are those of the counts; `stopped_at` is the first day of the last batch begun."""

    days: int = 0
    rows: int = 0
    failures: int = 0
    unpublished: list[str] = field(default_factory=list)
    stopped_at: date | None = None


def _stopped(done: _Done, days: Sequence[date], wanted: Wanted) -> int:
    kept = f"{done.days} of {len(days)} days were read" + (f", {done.rows:,} rows are kept" if done.rows else "")
    how = f"add --from {done.stopped_at}" if wanted.again and done.stopped_at else "run the same command again"
    click.echo(f"Stopped; {kept}. To go on, {how}.")
    return _STOPPED


def _read(
    instance: DagsterInstance,
    settings: Settings,
    wanted: Wanted,
    days: Sequence[date],
    console: Console,
    stopped: Callable[[], bool],
) -> _Done:
    """Read the lists and the days, batch after batch. After one that fails, the others are read all the same."""
    done = _Done()
    if stopped():
        return done
    with BackfillProgress(console, len(days), stopped) as progress, capture_interrupts():
        from sensource_dagster.definitions import (
            build_definitions,  # reads the environment, so not before `project.enter`
        )

        definitions = build_definitions(settings)
        assets = (
            frozenset(asset_key(table, settings) for table in wanted.tables)
            if len(wanted.tables) < len(COUNTS)
            else None
        )

        def read(job: str, batch: tuple[date, date] | None = None) -> bool:
            progress.begin(batch)
            outcome = run_job(
                instance,
                definitions.resolve_job_def(job),
                batch,
                assets if batch else None,
                settings=settings,
                command=wanted.command,
                stopped=stopped,
                waits=progress.wait,
            )
            done.rows += outcome.rows["rows"] if batch else 0
            if outcome.succeeded:
                progress.read(outcome.rows["rows"])
            elif not stopped():
                progress.failed(outcome.failures)
                done.failures += 1
            return outcome.succeeded

        read("lists")  # the views and the checks of the counts look names up in them
        for batch in batches(days, settings.backfill_days):
            done.stopped_at = batch[0]
            if stopped():
                return done
            if read("counts", batch):
                done.days += (batch[1] - batch[0]).days + 1
            elif stopped():
                return done
        if not stopped():
            outcome = publish(instance, definitions, settings, command=wanted.command, stopped=stopped)
            done.unpublished = outcome.failures
    return done


def _report_missing_and_failed(instance: DagsterInstance, settings: Settings, wanted: Wanted) -> bool:
    """Print the days that are missing or failed; whether there is none."""
    complete = True
    for table in wanted.tables:
        status = partition_status(instance, table, settings, wanted.first, wanted.last)
        for what, days in (("missing", status.missing), ("failed", status.failed)):
            if days:
                click.echo(f"{table.name}, {what}: {as_ranges(days)}")
                complete = False
    if complete:
        click.echo(f"No day from {wanted.first} to {wanted.last} is missing or failed.")
    return complete
