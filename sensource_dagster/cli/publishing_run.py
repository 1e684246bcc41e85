"""The published copy and the report, made at the end of a command that changed the warehouse.

No daemon may be there to do it.
"""

from __future__ import annotations

from collections.abc import Callable

from dagster import DagsterInstance, Definitions

from sensource_dagster.assets.names import published_key, report_key
from sensource_dagster.automation.publishing import PUBLISH, outdated
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
    if published_key(settings) in wanted:
        wanted.add(report_key(settings))
    job = definitions.resolve_job_def(PUBLISH)
    return run_job(
        instance,
        job,
        assets=frozenset(wanted),
        settings=settings,
        command=command,
        stopped=stopped,
        waits=lambda: None,
    )
