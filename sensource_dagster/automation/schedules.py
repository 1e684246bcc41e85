"""When the warehouse is refreshed, and which days are read."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta, timezone
from typing import NamedTuple

from dagster import (
    AssetKey,
    AssetSelection,
    DefaultScheduleStatus,
    RunRequest,
    ScheduleDefinition,
    ScheduleEvaluationContext,
    SkipReason,
    schedule,
)

from sensource_dagster.assets.account_job import account_job
from sensource_dagster.assets.names import counts_keys
from sensource_dagster.assets.partitions import daily_partitions
from sensource_dagster.automation.failing_days import NIGHT_TAG, WEEK, tags_of_failed
from sensource_dagster.automation.nightly_days import NightlyDays, failed_days, nightly_days, split
from sensource_dagster.checks.under_way import (
    backfills_of_counts,
    days_of_backfill,
    is_stuck,
    since,
    unfinished_runs,
)
from sensource_dagster.config.settings import Settings
from sensource_dagster.contract.day_ranges import DayRange, each_day
from sensource_dagster.instance.private import (
    ASSET_PARTITION_RANGE_END_TAG,
    ASSET_PARTITION_RANGE_START_TAG,
    PRIORITY_TAG,
    SCHEDULED_EXECUTION_TIME_TAG,
    UnresolvedAssetJobDefinition,
)

AFTER_HOURLY = "-1"
"""The priority in the queue of all nightly runs but the first."""


class Jobs(NamedTuple):
    """The jobs that read the API."""

    lists: UnresolvedAssetJobDefinition
    counts: UnresolvedAssetJobDefinition
    everything: UnresolvedAssetJobDefinition


def jobs(settings: Settings) -> Jobs:
    lists, counts = (AssetSelection.groups(settings.named(group)) for group in ("lists", "counts"))
    return Jobs(
        account_job("lists", lists, "Reads the lists.", settings),
        account_job("counts", counts, "Reads traffic and occupancy of the selected days.", settings),
        account_job(
            "everything",
            lists | counts,
            "Reads the lists, and traffic and occupancy of the selected days.",
            settings,
        ),
    )


def schedules(settings: Settings, jobs: Jobs) -> list[ScheduleDefinition]:
    # A real account gets no request before the user turns a schedule on. The demo shows the schedules at work.
    status = DefaultScheduleStatus.RUNNING if settings.is_demo else DefaultScheduleStatus.STOPPED

    @schedule(
        name=settings.named("hourly"),
        cron_schedule="10 * * * *",
        execution_timezone=settings.timezone.key,
        job=jobs.counts,
        default_status=status,
        description="Each hour: reads traffic and occupancy of today and yesterday.",
    )
    def hourly(context: ScheduleEvaluationContext) -> list[RunRequest] | SkipReason:
        today = _today(context, settings)
        skip = _before_start(today, settings) or _still_running(context, settings, "hourly")
        if skip:
            return skip
        days = each_day(max(settings.start_date, today - timedelta(days=1)), today)
        failed = failed_days(context.instance, settings)
        if failed.issuperset(days):  # perhaps for one of them alone; in an outage, one run that fails is enough
            days = days[-1:]
        ranges = split(days, failed, len(days))
        # One that is read apart from the other was told when it failed first. It is not told again each hour.
        apart = failed if len(ranges) > 1 else set()
        return [
            _run(context, *of_days, tags=tags_of_failed(*of_days, {}) if of_days[0] in apart else None)
            for of_days in ranges
        ]

    @schedule(
        name=settings.named("nightly"),
        cron_schedule="0 3 * * *",
        execution_timezone=settings.timezone.key,
        job=jobs.everything,
        default_status=status,
        description=f"Each night: reads the lists, and traffic and occupancy of today and the "
        f"{settings.lookback_days} days before, because sensors send late and Vea corrects its counts. Then it "
        "reads each earlier day that was never read, that failed, or whose last read was so early that Vea could "
        "still correct it.",
    )
    def nightly(context: ScheduleEvaluationContext) -> list[RunRequest] | SkipReason:
        today = _today(context, settings)
        skip = _before_start(today, settings) or _still_running(context, settings, "nightly")
        if skip:
            return skip
        days = nightly_days(context.instance, settings, today, _days_of_backfills(context, settings))
        _log_left_out(context, days)
        good = [of_days for of_days in days.recent if of_days[0] not in days.failed]
        with_lists = (good or days.recent)[-1]
        night = {NIGHT_TAG: str(today)}
        return [
            _run(context, *with_lists, tags=night),
            *(
                _run(
                    context,
                    *of_days,
                    counts_keys(settings),
                    {**night, **_tags(of_days, days), PRIORITY_TAG: AFTER_HOURLY},
                )
                for of_days in [*days.recent, *days.missed]
                if of_days != with_lists
            ),
        ]

    return [hourly, nightly]


def _today(context: ScheduleEvaluationContext, settings: Settings) -> date:
    return context.scheduled_execution_time.astimezone(settings.timezone).date()


def _before_start(today: date, settings: Settings) -> SkipReason | None:
    if today < settings.start_date:
        name = settings.spelled("SENSOURCE_START_DATE")
        return SkipReason(f"The first day to read, {name}, is {settings.start_date}: not yet.")
    return None


def _run(
    context: ScheduleEvaluationContext,
    first: date,
    last: date,
    asset_selection: Sequence[AssetKey] | None = None,
    tags: Mapping[str, str] | None = None,
) -> RunRequest:
    """One run over local days, first and last included; of all assets of the job without a selection."""
    return RunRequest(
        run_key=f"{first} to {last}, {context.scheduled_execution_time.isoformat()}",
        asset_selection=asset_selection,
        tags={
            ASSET_PARTITION_RANGE_START_TAG: first.isoformat(),
            ASSET_PARTITION_RANGE_END_TAG: last.isoformat(),
            **(tags or {}),
        },
    )


def _tags(of_days: DayRange, days: NightlyDays) -> dict[str, str]:
    return tags_of_failed(*of_days, days.failing) if of_days[0] in days.failed else {}


def _still_running(context: ScheduleEvaluationContext, settings: Settings, schedule: str) -> SkipReason | None:
    """Why this tick starts no run. A run that takes longer than the interval would let runs pile up."""
    this_tick = context.scheduled_execution_time.astimezone(timezone.utc)
    for record in unfinished_runs(context.instance, settings, schedule):
        run = record.dagster_run
        # A tick that is retried after a crash finds its own run. That run is then started.
        if run.tags.get(SCHEDULED_EXECUTION_TIME_TAG) == this_tick.isoformat():
            continue
        if not is_stuck(record, this_tick):
            return SkipReason(f"The run {run.run_id} of an earlier tick is still {run.status.value.lower()}.")
        context.log.warning(
            f"The run {run.run_id} has been {run.status.value.lower()} since {since(record):%Y-%m-%d %H:%M} UTC. "
            "This tick no longer waits for it. Terminate it in the UI."
        )
    return None


def _days_of_backfills(context: ScheduleEvaluationContext, settings: Settings) -> Collection[date]:
    """The days that backfills under way are to read. Runs of theirs may wait in the queue."""
    days: set[str] = set()
    for backfill in backfills_of_counts(context.instance, settings, context.scheduled_execution_time):
        of_backfill = days_of_backfill(backfill, settings, context)
        context.log.info(f"The backfill {backfill.backfill_id} is under way. Its missed days are left to it.")
        days |= {*daily_partitions(settings).get_partition_keys()} if of_backfill is None else of_backfill
    return {date.fromisoformat(day) for day in days}


def _log_left_out(context: ScheduleEvaluationContext, days: NightlyDays) -> None:
    if days.left_to_backfills:
        context.log.info(f"Missed days that are left to backfills: {len(days.left_to_backfills):,}.")
    for day in days.resting:
        nights = days.failing[day].nights
        context.log.warning(
            f"{day} is left out: it has failed since the night of {nights[0]}, while other days could be read. It "
            f"is tried once a week, next in the night of {nights[-1] + WEEK}."
        )
