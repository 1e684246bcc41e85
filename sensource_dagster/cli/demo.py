"""`sensource demo`: the same assets and I/O manager as a real run, against the simulator."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from sensource_dagster.cli import demo_account, project, project_files
from sensource_dagster.cli.demo_report import show
from sensource_dagster.config.project_folder import in_clone, initialised_folder, project_folder
from sensource_dagster.config.settings import Settings, read_settings
from sensource_dagster.report.write import report_file
from sensource_dagster.simulator import ManualClock, serving
from sensource_dagster.warehouse.warehouse_of import warehouse_of


def run() -> int:
    console = Console()
    started = time.monotonic()
    if not in_clone() and not initialised_folder():
        project_files.write(Path.cwd())
    project.name_unused_home(project_folder(), project.DEMO_HISTORY)
    demo_account.make_home()
    # The hour stands still, so that a second run within it finds nothing new.
    clock = ManualClock(datetime.now(timezone.utc).replace(minute=0, second=0, microsecond=0))
    today = clock().astimezone(demo_account.ZONE).date()
    with serving(demo_account.options(today), clock) as simulator:
        os.environ.clear()
        os.environ.update(demo_account.environment(simulator))
        settings = read_settings()
        with Progress(console=console, transient=True) as progress:
            changed = _sync(settings, clock, progress)
    if changed is None:
        console.print(
            "The demo did not finish. Run it again: what was merged stays. "
            f"If it still fails, delete {demo_account.home()}."
        )
        return 1
    show(console, demo_account.published(), report_file(settings), changed, seconds=time.monotonic() - started)
    return 0


def _sync(settings: Settings, clock: ManualClock, progress: Progress) -> Counter[str] | None:
    """Run the jobs; how many rows they inserted and corrected, or None after a failure."""
    progress.console.print("Starting Dagster…")
    from dagster import DagsterInstance  # a second of imports, after the first word to the user

    from sensource_dagster.cli.publishing_run import publish
    from sensource_dagster.cli.runs import run_job, stop_requests
    from sensource_dagster.definitions import build_definitions

    defs = build_definitions(settings)
    now = clock()
    jobs = [("lists", None, now), *(("counts", batch, moment) for batch, moment in _readings(settings, now))]
    changed: Counter[str] = Counter()
    task = progress.add_task("Reading the lists", total=len(jobs))
    with DagsterInstance.get() as instance, stop_requests() as stopped:
        for job, batch, moment in jobs:
            clock.now = moment
            if batch:
                progress.update(task, description=f"Reading {batch[0]} to {batch[1]}")
            outcome = run_job(
                instance,
                defs.resolve_job_def(job),
                batch,
                settings=settings,
                command="sensource demo",
                stopped=stopped,
                waits=lambda: progress.console.print("Waiting for another run…"),
            )
            for text in outcome.failures:
                progress.console.print(text, style="red")
            if stopped() or not outcome.succeeded:
                return None
            changed += outcome.rows
            progress.advance(task)
        progress.update(task, description="Making the published copy")
        outcome = publish(instance, defs, settings, command="sensource demo", stopped=stopped)
        for text in outcome.failures:
            progress.console.print(text, style="red")
        return changed if outcome.succeeded else None


def _readings(settings: Settings, now: datetime) -> Iterator[tuple[tuple[date, date], datetime]]:
    """First and last day of each run, and the moment whose state of the account it reads.

    The first demo reads as a deployment that was there some days ago: all days, and then the last days again. A
    later one reads all days as they are now.
    """
    from sensource_dagster.contract.day_ranges import batches, each_day

    today = now.astimezone(settings.timezone).date()
    is_there = warehouse_of(settings.warehouse, 0).exists()
    moments = [now] if is_there else [*demo_account.earlier_readings(today), now]
    first = settings.start_date
    for moment in moments:
        last = moment.astimezone(settings.timezone).date()
        for batch in batches(each_day(first, last), settings.backfill_days):
            yield batch, moment
        first = max(settings.start_date, last - timedelta(days=settings.lookback_days))
