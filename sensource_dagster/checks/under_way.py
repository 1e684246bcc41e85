"""What is under way that the schedules wait for: their own runs, and backfills of the counts.

Each ends to count after an age. A run whose process vanished while no daemon looked stays "started" for ever.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

from dagster import DagsterInstance, RunRecord, RunsFilter, ScheduleEvaluationContext

from sensource_dagster.assets.names import counts_keys
from sensource_dagster.config.settings import Settings
from sensource_dagster.instance.own_runs import may_be_own_run
from sensource_dagster.instance.private import (
    BACKFILL_ID_TAG,
    NOT_FINISHED_STATUSES,
    SCHEDULE_NAME_TAG,
    SCHEDULED_EXECUTION_TIME_TAG,
    BulkActionsFilter,
    BulkActionStatus,
    PartitionBackfill,
)

STUCK_AFTER = timedelta(days=2)
"""A run lasts at most a day (`max_runtime_seconds` in dagster.yaml), and may have waited for others."""
IDLE_AFTER = timedelta(days=1)
_JOBS_WITH_DAYS = ("counts", "everything")


def unfinished_runs(instance: DagsterInstance, settings: Settings, schedule: str) -> list[RunRecord]:
    """The runs of a schedule that have not ended, the newest first."""
    unfinished = RunsFilter(tags={SCHEDULE_NAME_TAG: settings.named(schedule)}, statuses=NOT_FINISHED_STATUSES)
    # Another code location may have a schedule of this name.
    return [record for record in instance.get_run_records(unfinished) if may_be_own_run(record.dagster_run)]


def since(record: RunRecord) -> datetime:
    """When a run was asked for by its schedule; of another run, when it was started or made."""
    tick = record.dagster_run.tags.get(SCHEDULED_EXECUTION_TIME_TAG)
    if tick:
        return datetime.fromisoformat(tick).astimezone(timezone.utc)
    if record.start_time:
        return datetime.fromtimestamp(record.start_time, timezone.utc)
    return record.create_timestamp.astimezone(timezone.utc)


def is_stuck(record: RunRecord, now: datetime) -> bool:
    return now - since(record) > STUCK_AFTER


def backfills_of_counts(
    instance: DagsterInstance, settings: Settings, now: datetime
) -> Iterator[PartitionBackfill]:
    """The backfills that read counts, are not over, and have got on within a day."""
    for backfill in instance.get_backfills(BulkActionsFilter(statuses=[BulkActionStatus.REQUESTED])):
        if _reads_counts(backfill, settings) and _gets_on(instance, backfill, now - IDLE_AFTER):
            yield backfill


def days_of_backfill(
    backfill: PartitionBackfill, settings: Settings, tick: ScheduleEvaluationContext
) -> set[str] | None:
    """The days of the counts that a backfill is to read; None if it does not say."""
    if not backfill.is_asset_backfill:
        return {*backfill.partition_names} if backfill.partition_names else None
    target = backfill.get_asset_backfill_data(tick.repository_def.asset_graph).target_subset
    keys = [key for key in counts_keys(settings) if key in target.partitions_subsets_by_asset_key]
    return {day for key in keys for day in target.get_partitions_subset(key).get_partition_keys()}


def waited_for(instance: DagsterInstance, settings: Settings, now: datetime) -> Iterator[str]:
    """A sentence for each run and backfill that keeps a schedule from reading, or is stuck."""
    for schedule in ("hourly", "nightly"):
        for record in unfinished_runs(instance, settings, schedule):
            run = record.dagster_run
            has_been = (
                f"The run {run.run_id} of `{settings.named(schedule)}` has been {run.status.value.lower()} since "
            )
            waits = "so nothing waits for it any more" if is_stuck(record, now) else "and later ticks are skipped"
            yield f"{has_been}{since(record):%Y-%m-%d %H:%M} UTC, {waits}. Terminate it in the UI if it is stuck."
    for backfill in backfills_of_counts(instance, settings, now):
        nightly = settings.named("nightly")
        yield f"The backfill {backfill.backfill_id} is under way, and `{nightly}` leaves its missed days to it."


def _reads_counts(backfill: PartitionBackfill, settings: Settings) -> bool:
    if backfill.asset_selection is not None:
        return not {*counts_keys(settings)}.isdisjoint(backfill.asset_selection)
    return backfill.job_name is None or backfill.job_name in {settings.named(job) for job in _JOBS_WITH_DAYS}


def _gets_on(instance: DagsterInstance, backfill: PartitionBackfill, after: datetime) -> bool:
    """Whether it was made since then, or one of its runs was made, started or ended."""
    if backfill.backfill_timestamp > after.timestamp():
        return True
    runs = RunsFilter(tags={BACKFILL_ID_TAG: backfill.backfill_id}, updated_after=after)
    return bool(instance.get_run_records(runs, limit=1))
