"""When the warehouse is refreshed: each a single run over a range of days."""

from __future__ import annotations

from datetime import timedelta

from dagster import (
    AssetSelection,
    RunRequest,
    ScheduleDefinition,
    ScheduleEvaluationContext,
    define_asset_job,
    schedule,
)
from dagster._core.storage.tags import ASSET_PARTITION_RANGE_END_TAG, ASSET_PARTITION_RANGE_START_TAG

from sensource_dagster.settings import Settings

LISTS_JOB = define_asset_job("lists", AssetSelection.groups("lists"), description="Reads the lists.")
COUNTS_JOB = define_asset_job(
    "counts", AssetSelection.groups("counts"), description="Reads traffic and occupancy of the days asked for."
)
EVERYTHING_JOB = define_asset_job(
    "everything",
    AssetSelection.groups("lists", "counts"),
    description="Reads the lists, and traffic and occupancy of the days asked for.",
)
JOBS = [LISTS_JOB, COUNTS_JOB, EVERYTHING_JOB]


def _last_days(context: ScheduleEvaluationContext, settings: Settings, days: int) -> RunRequest:
    """One run over the last `days` local days, today included, but none before the start date."""
    today = context.scheduled_execution_time.astimezone(settings.timezone).date()
    first = max(settings.start_date, today - timedelta(days=days - 1))
    return RunRequest(
        tags={
            ASSET_PARTITION_RANGE_START_TAG: first.isoformat(),
            ASSET_PARTITION_RANGE_END_TAG: today.isoformat(),
        }
    )


def schedules(settings: Settings) -> list[ScheduleDefinition]:
    @schedule(
        cron_schedule="10 * * * *",
        execution_timezone=settings.timezone.key,
        job=COUNTS_JOB,
        description="Each hour: today and yesterday of traffic and occupancy.",
    )
    def hourly(context: ScheduleEvaluationContext) -> RunRequest:
        return _last_days(context, settings, days=2)

    @schedule(
        cron_schedule="0 3 * * *",
        execution_timezone=settings.timezone.key,
        job=EVERYTHING_JOB,
        description=f"Each night: the lists, and traffic and occupancy of today and the {settings.lookback_days} "
        "days before, because sensors send late and Vea corrects.",
    )
    def nightly(context: ScheduleEvaluationContext) -> RunRequest:
        return _last_days(context, settings, days=settings.lookback_days + 1)

    return [hourly, nightly]
