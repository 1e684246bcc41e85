"""`sensource demo`: the same assets and I/O manager as a real run, against the simulator."""

from __future__ import annotations

import os
import time
from collections import Counter
from datetime import datetime, timedelta, timezone

from rich.console import Console
from rich.progress import Progress

from sensource_dagster.cli import demo_account
from sensource_dagster.cli.demo_report import show
from sensource_dagster.config.settings import Settings, read_settings
from sensource_dagster.simulator import serving


def run() -> int:
    console = Console()
    started = time.monotonic()
    demo_account.make_home()
    # The hour stands still, so that a second run within it finds nothing new.
    hour = datetime.now(timezone.utc).replace(minute=0, second=0, microsecond=0)
    with serving(demo_account.OPTIONS, clock=lambda: hour) as simulator:
        os.environ.clear()
        os.environ.update(demo_account.environment(simulator))
        settings = read_settings()
        with Progress(console=console, transient=True) as progress:
            changed = _sync(settings, progress)
    if changed is None:
        console.print(
            "The demo did not finish. Run it again: what was merged stays. "
            f"If it still fails, delete {demo_account.HOME}."
        )
        return 1
    show(console, settings.to_open, changed, seconds=time.monotonic() - started)
    return 0


def _sync(settings: Settings, progress: Progress) -> Counter[str] | None:
    """Run the jobs; how many rows they inserted and corrected, or None after a failure."""
    progress.console.print("Starting Dagster…")
    from dagster import DagsterInstance  # a second of imports, after the first word to the user

    from sensource_dagster.automation.schedules import batches
    from sensource_dagster.cli.publishing_run import publish
    from sensource_dagster.cli.runs import run_job, stop_requests
    from sensource_dagster.definitions import build_definitions

    defs = build_definitions(settings)
    length = (datetime.now(settings.timezone).date() - settings.start_date).days + 1
    days = [settings.start_date + timedelta(days=number) for number in range(length)]
    jobs = [("lists", None), *(("counts", batch) for batch in batches(days, settings.backfill_days))]
    changed: Counter[str] = Counter()
    task = progress.add_task("Reading the lists", total=len(jobs))
    with DagsterInstance.get() as instance, stop_requests() as stopped:
        for job, batch in jobs:
            if batch:
                progress.update(task, description=f"Reading {batch[0]} to {batch[1]}")
            outcome = run_job(
                instance,
                defs.resolve_job_def(job),
                batch,
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
