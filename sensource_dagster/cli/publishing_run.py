"""The published copy, made at the end of a command that changed the warehouse: no daemon may be there to do it."""

from __future__ import annotations

from collections.abc import Callable

from dagster import DagsterInstance, Definitions

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
    """Make what is outdated. Without anything to do it succeeds."""
    wanted = outdated(instance, settings)
    if not wanted:
        return Outcome(succeeded=True)
    job = definitions.resolve_job_def(PUBLISH_JOB.name)
    return run_job(instance, job, assets=frozenset(wanted), command=command, stopped=stopped, waits=lambda: None)
