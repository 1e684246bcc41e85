"""Keeps Dagster's history from filling the disk: a year of hourly runs would take 4.5 GB."""

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

from dagster import (
    DagsterInstance,
    DagsterRun,
    DefaultScheduleStatus,
    JobDefinition,
    OpExecutionContext,
    RunsFilter,
    ScheduleDefinition,
    job,
    op,
)

from sensource_dagster.assets.partition_history import newest_materializations, runs_of_unread_partitions
from sensource_dagster.automation.failing_days import nightly_runs
from sensource_dagster.automation.lake_upkeep import tidy_lake_op
from sensource_dagster.config.settings import Settings
from sensource_dagster.config.warehouse_place import LakePlace
from sensource_dagster.instance.life_lock import delete_old_locks
from sensource_dagster.instance.own_runs import is_own_run, location_of
from sensource_dagster.instance.private import FINISHED_STATUSES
from sensource_dagster.instance.retention import keep_runs_days


@op(description="Deletes runs that are older than `keep_runs_days` in dagster.yaml, but never a day's newest.")
def delete_old_runs(context: OpExecutionContext) -> None:
    before = datetime.now(timezone.utc) - timedelta(days=keep_runs_days(context.instance))
    deleted = prune(context.instance, context.run, before)
    delete_old_locks(context.instance, before)
    context.log.info(f"Deleted {deleted} runs that ended before {before:%Y-%m-%d}.")


@job(description="Deletes old runs from Dagster's history; the warehouse is not touched.")
def upkeep() -> None:
    delete_old_runs()


def lake_upkeep_job(settings: Settings) -> JobDefinition | None:
    """The job of an account in a project whose history is its own; None if there is nothing to do."""
    place = settings.warehouse
    if not isinstance(place, LakePlace):
        return None

    @job(name=settings.named("upkeep"), description="Merges the lake's small files.")
    def lake_upkeep() -> None:
        tidy_lake_op(settings, place)()

    return lake_upkeep


def upkeep_job(settings: Settings) -> JobDefinition:
    """The job, with what a lake needs."""
    place = settings.warehouse
    if not isinstance(place, LakePlace):
        return upkeep

    @job(
        name="upkeep",
        description="Deletes old runs from Dagster's history, and merges the lake's small files.",
    )
    def upkeep_with_lake() -> None:
        delete_old_runs()
        tidy_lake_op(settings, place)()

    return upkeep_with_lake


def upkeep_schedule(settings: Settings, job: JobDefinition) -> ScheduleDefinition:
    return ScheduleDefinition(
        name=job.name,
        cron_schedule="0 5 * * 0",
        execution_timezone=settings.timezone.key,
        job=job,
        default_status=DefaultScheduleStatus.RUNNING,  # it sends no request to the API
        description=f"Each Sunday: {str(job.description)[0].lower()}{str(job.description)[1:]}",
    )


def prune(instance: DagsterInstance, upkeep_run: DagsterRun, before: datetime) -> int:
    """Delete the runs that ended before then; how many.

    A run that materialized an asset or a partition for the last time stays: without its events Dagster would take
    that day for missing. So does the newest failed run of a partition: its day would no longer be red, and a day
    that `sensource rezone` has marked would seem whole. And so do the nightly runs by which days are tried weekly.

    Only the project's own runs are deleted: other code locations may share the history.
    """
    needed = set(_needed_runs(instance))
    old = instance.get_runs(RunsFilter(statuses=FINISHED_STATUSES, updated_before=before))
    location = location_of(upkeep_run)
    deleted = [run for run in old if run.run_id not in needed and is_own_run(instance, run, location)]
    for run in deleted:
        instance.compute_log_manager.delete_logs(prefix=[run.run_id])
        instance.delete_run(run.run_id)
    return len(deleted)


def _needed_runs(instance: DagsterInstance) -> Iterator[str]:
    for key in instance.all_asset_keys():
        for record in newest_materializations(instance, key):
            yield record.run_id
        yield from runs_of_unread_partitions(instance, key)
    tonight = datetime.now(timezone.utc).date()
    yield from (record.dagster_run.run_id for record in nightly_runs(instance, tonight))
