"""Keeps Dagster's history from filling the disk: a year of hourly runs would take 4.5 GB."""

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from dagster import (
    DagsterInstance,
    DefaultScheduleStatus,
    OpExecutionContext,
    RunsFilter,
    ScheduleDefinition,
    job,
    op,
)
from dagster._core.storage.dagster_run import FINISHED_STATUSES

from sensource_dagster.config.settings import Settings

if TYPE_CHECKING:
    from sensource_dagster.instance.storage import BatchedEventLog


@op(description="Deletes runs that are older than `keep_runs_days` in dagster.yaml, but never a day's newest.")
def delete_old_runs(context: OpExecutionContext) -> None:
    # Here, since it imports SQLAlchemy: half a second at each start.
    from sensource_dagster.instance.storage import BatchedEventLog  # noqa: PLC0415

    log = context.instance.event_log_storage
    if not isinstance(log, BatchedEventLog):
        context.log.info("Dagster's history is not in the storage of the project's dagster.yaml: nothing deleted.")
        return
    before = datetime.now(timezone.utc) - timedelta(days=log.keep_runs_days)
    deleted = prune(context.instance, log, before)
    context.log.info(f"Deleted {deleted} runs that ended before {before:%Y-%m-%d}.")


@job(description="Deletes old runs from Dagster's history; the warehouse is not touched.")
def upkeep() -> None:
    delete_old_runs()


def upkeep_schedule(settings: Settings) -> ScheduleDefinition:
    return ScheduleDefinition(
        name="upkeep",
        cron_schedule="0 5 * * 0",
        execution_timezone=settings.timezone.key,
        job=upkeep,
        default_status=DefaultScheduleStatus.RUNNING,  # it asks nothing of the API
        description="Each Sunday: deletes old runs from Dagster's history.",
    )


def prune(instance: DagsterInstance, log: "BatchedEventLog", before: datetime) -> int:
    """Delete the runs that ended before then, except those that materialised a day or a list for the last time."""
    needed = log.runs_of_newest_materialisations()
    old = instance.get_runs(RunsFilter(statuses=FINISHED_STATUSES, updated_before=before))
    superseded = [run.run_id for run in old if run.run_id not in needed]
    for run_id in superseded:
        instance.compute_log_manager.delete_logs(prefix=[run_id])
        instance.delete_run(run_id)  # the next upkeep does not find it any more
        log.remove_files(run_id)
    return len(superseded)
