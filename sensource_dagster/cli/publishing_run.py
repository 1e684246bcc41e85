"""The published copy and the report, made at the end of a command that changed the warehouse.

No daemon may be there to do it.
"""

from __future__ import annotations

from collections.abc import Callable

from dagster import DagsterInstance, Definitions

from sensource_dagster.assets.published import PUBLISHED
from sensource_dagster.assets.report_asset import REPORT
from sensource_dagster.automation.publishing import PUBLISH_JOB, outdated
from sensource_dagster.cli.runs import Outcome, run_job
from sensource_dagster.config.settings import Settings


def publish(
    instance: DagsterInstance,
    definitions: Definitions,
    settings: Settings,
    *,
    command: str,
    stopped: Callable[[], bool],
) -> Outcome:
    """Make what is outdated, and the report of each new copy. Without anything to do it succeeds."""
    wanted = {*outdated(instance, settings)}
    if not wanted:
        return Outcome(succeeded=True)
    if PUBLISHED in wanted:
        wanted.add(REPORT)
    job = definitions.resolve_job_def(PUBLISH_JOB.name)
    return run_job(instance, job, assets=frozenset(wanted), command=command, stopped=stopped, waits=lambda: None)
