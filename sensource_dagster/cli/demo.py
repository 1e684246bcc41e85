"""`sensource demo`: the same assets and I/O manager as a real run, against the simulator."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta, timezone

from rich.console import Console
from rich.progress import Progress

from sensource_dagster.cli import demo_account
from sensource_dagster.cli.demo_report import show
from sensource_dagster.settings import Settings, read_settings
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
    show(console, settings.warehouse, changed, seconds=time.monotonic() - started)
    return 0


def _sync(settings: Settings, progress: Progress) -> dict[str, int] | None:
    """Run the jobs; how many rows they inserted and corrected, or None after a failure."""
    progress.console.print("Starting Dagster…")
    from dagster import DagsterInstance  # a second of imports, after the first word to the user

    from sensource_dagster.definitions import definitions

    defs = definitions(settings)
    batches = list(_batches(settings.start_date, datetime.now(settings.timezone).date(), settings.backfill_days))
    changed = {"rows_inserted": 0, "rows_corrected": 0}
    task = progress.add_task("Reading the lists", total=1 + len(batches))
    with DagsterInstance.get() as instance, _quiet_logs():
        for job, first, last in [("lists", None, None), *(("counts", *batch) for batch in batches)]:
            tags = {}
            if first and last:
                progress.update(task, description=f"Reading {first} to {last}")
                tags = {
                    "dagster/asset_partition_range_start": first.isoformat(),
                    "dagster/asset_partition_range_end": last.isoformat(),
                }
            result = defs.resolve_job_def(job).execute_in_process(
                instance=instance, tags=tags, raise_on_error=False
            )
            for event in result.all_events:
                if event.is_step_failure:
                    failure = event.step_failure_data.user_failure_data
                    error = event.step_failure_data.error
                    progress.console.print(
                        failure.description if failure else error and error.message, style="red"
                    )
            for event in result.get_asset_materialization_events():
                for name in changed:
                    value = event.materialization.metadata[name].value
                    changed[name] += value if isinstance(value, int) else 0
            if not result.success:
                return None
            progress.advance(task)
    return changed


def _batches(first: date, last: date, days: int) -> Iterator[tuple[date, date]]:
    while first <= last:
        end = min(last, first + timedelta(days=days - 1))
        yield first, end
        first = end + timedelta(days=1)


@contextmanager
def _quiet_logs() -> Iterator[None]:
    """Dagster prints every event of a run in this process; the demo shows its own progress."""
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)
