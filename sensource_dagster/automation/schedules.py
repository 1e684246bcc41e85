"""When the warehouse is refreshed, and which days are read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta, timezone

from dagster import (
    AssetKey,
    AssetSelection,
    DagsterInstance,
    DefaultScheduleStatus,
    RunRequest,
    RunsFilter,
    ScheduleDefinition,
    ScheduleEvaluationContext,
    SkipReason,
    define_asset_job,
    schedule,
)

from sensource_dagster.assets.common import asset_key
from sensource_dagster.assets.partition_history import last_read
from sensource_dagster.automation.own_runs import may_be_own_run
from sensource_dagster.config.settings import Settings
from sensource_dagster.contract.tables import COUNTS
from sensource_dagster.instance.private import (
    ASSET_PARTITION_RANGE_END_TAG,
    ASSET_PARTITION_RANGE_START_TAG,
    NOT_FINISHED_STATUSES,
    PRIORITY_TAG,
    SCHEDULE_NAME_TAG,
    SCHEDULED_EXECUTION_TIME_TAG,
    BulkActionsFilter,
    BulkActionStatus,
)
from sensource_dagster.vea.windows import day_start

COUNTS_KEYS = [asset_key(table) for table in COUNTS]

LISTS_JOB = define_asset_job("lists", AssetSelection.groups("lists"), description="Reads the lists.")
COUNTS_JOB = define_asset_job(
    "counts", AssetSelection.groups("counts"), description="Reads traffic and occupancy of the selected days."
)
EVERYTHING_JOB = define_asset_job(
    "everything",
    AssetSelection.groups("lists", "counts"),
    description="Reads the lists, and traffic and occupancy of the selected days.",
)
JOBS = [LISTS_JOB, COUNTS_JOB, EVERYTHING_JOB]


def schedules(settings: Settings) -> list[ScheduleDefinition]:
    # A real account gets no request before the user turns a schedule on. The demo shows the schedules at work.
    status = DefaultScheduleStatus.RUNNING if settings.is_demo else DefaultScheduleStatus.STOPPED

    @schedule(
        cron_schedule="10 * * * *",
        execution_timezone=settings.timezone.key,
        job=COUNTS_JOB,
        default_status=status,
        description="Each hour: today and yesterday of traffic and occupancy.",
    )
    def hourly(context: ScheduleEvaluationContext) -> RunRequest | SkipReason:
        today = _today(context, settings)
        return _still_running(context, "hourly") or _run(
            context, _from_start(today - timedelta(days=1), settings), today
        )

    @schedule(
        cron_schedule="0 3 * * *",
        execution_timezone=settings.timezone.key,
        job=EVERYTHING_JOB,
        default_status=status,
        description=f"Each night: the lists, and traffic and occupancy of today and the {settings.lookback_days} "
        "days before, because sensors send late and Vea corrects. Then every day before that was never read, and "
        "after a downtime those that were read too early.",
    )
    def nightly(context: ScheduleEvaluationContext) -> list[RunRequest] | SkipReason:
        skip = _still_running(context, "nightly")
        if skip:
            return skip
        today = _today(context, settings)
        first = _from_start(today - timedelta(days=settings.lookback_days), settings)
        missed = missed_days(context.instance, settings, first)
        return [
            _run(context, first, today),
            *(
                _run(context, *batch, asset_selection=COUNTS_KEYS, priority=-1)
                for batch in batches(missed, settings.backfill_days)
            ),
        ]

    return [hourly, nightly]


def missed_days(instance: DagsterInstance, settings: Settings, before: date) -> list[date]:
    """The days before `before` that were never read, or were last read when they could still change.

    A day can change until it is `lookback_days` old. Such days come from a backfill up to the day it ran on, or
    from a downtime. While a backfill is under way there are none, because it may be about to read them.
    """
    under_way = instance.get_backfills(BulkActionsFilter(statuses=[BulkActionStatus.REQUESTED]))
    if any(_may_read_counts(backfill.job_name, backfill.asset_selection) for backfill in under_way):
        return []
    start, length = settings.start_date, (before - settings.start_date).days
    days = [start + timedelta(days=number) for number in range(length)]
    read = [last_read(instance, key, [str(day) for day in days]) for key in COUNTS_KEYS]

    def settles(day: date) -> float:
        return day_start(day + timedelta(days=settings.lookback_days), settings.timezone).timestamp()

    return [day for day in days if any(of_table.get(str(day), 0.0) < settles(day) for of_table in read)]


def _may_read_counts(job: str | None, selection: Sequence[AssetKey] | None) -> bool:
    """Whether a backfill may: others that share the history have backfills of their own."""
    if selection is not None:
        return not set(COUNTS_KEYS).isdisjoint(selection)
    return job is None or job in {job.name for job in JOBS}


def batches(days: Sequence[date], longest: int) -> Iterator[tuple[date, date]]:
    """Ascending days as ranges without gaps, first and last day of each, of at most `longest` days."""
    start = 0
    for end in range(1, len(days) + 1):
        goes_on = end < len(days) and days[end] - days[end - 1] == timedelta(days=1)
        if not goes_on or end - start == longest:
            yield days[start], days[end - 1]
            start = end


def _today(context: ScheduleEvaluationContext, settings: Settings) -> date:
    return context.scheduled_execution_time.astimezone(settings.timezone).date()


def _from_start(first: date, settings: Settings) -> date:
    return max(settings.start_date, first)


def _run(
    context: ScheduleEvaluationContext,
    first: date,
    last: date,
    asset_selection: Sequence[AssetKey] | None = None,
    priority: int = 0,
) -> RunRequest:
    """One run over local days, first and last included; of all assets of the job without a selection."""
    return RunRequest(
        run_key=f"{first} to {last}, {context.scheduled_execution_time.isoformat()}",
        asset_selection=asset_selection,
        tags={
            ASSET_PARTITION_RANGE_START_TAG: first.isoformat(),
            ASSET_PARTITION_RANGE_END_TAG: last.isoformat(),
            **({PRIORITY_TAG: str(priority)} if priority else {}),
        },
    )


def _still_running(context: ScheduleEvaluationContext, schedule: str) -> SkipReason | None:
    """Why this tick starts no run. A run that takes longer than the interval would let runs pile up."""
    unfinished = RunsFilter(tags={SCHEDULE_NAME_TAG: schedule}, statuses=NOT_FINISHED_STATUSES)
    this_tick = context.scheduled_execution_time.astimezone(timezone.utc).isoformat()
    for run in context.instance.get_runs(unfinished):
        if not may_be_own_run(run):  # another code location may have a schedule of this name
            continue
        # A tick that is retried after a crash finds its own run. That run is then started.
        if run.tags.get(SCHEDULED_EXECUTION_TIME_TAG) != this_tick:
            return SkipReason(f"The run {run.run_id} of an earlier tick is still {run.status.value.lower()}.")
    return None
