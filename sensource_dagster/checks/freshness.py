"""Whether the newest days have been read. It reads Dagster's events alone, so it works without the DuckDB file."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

from dagster import (
    AssetCheckExecutionContext,
    AssetCheckKey,
    AssetCheckResult,
    AssetChecksDefinition,
    AssetCheckSpec,
    AssetKey,
    AssetRecordsFilter,
    AssetSelection,
    DagsterInstance,
    DefaultScheduleStatus,
    MetadataValue,
    ScheduleDefinition,
    multi_asset_check,
)

from sensource_dagster.assets.account_job import account_job
from sensource_dagster.assets.names import asset_key, counts_keys, said_of_check
from sensource_dagster.checks.affected import AFFECTED, Affected
from sensource_dagster.checks.judgement import ERROR, WARN
from sensource_dagster.checks.under_way import waited_for
from sensource_dagster.config.settings import Settings
from sensource_dagster.contract.model import Table
from sensource_dagster.contract.plurals import counted
from sensource_dagster.instance.private import UnresolvedAssetJobDefinition
from sensource_dagster.vea.windows import day_start

_NAME = "fresh"
_DUE_HOUR = 6  # the nightly run starts at 03:00 and may have to wait for other runs
_WARN_DAYS = 3
_DAYS = 14
_MEANING = (
    f"The newest whole day is yesterday. Before {_DUE_HOUR:02}:00 the day before yesterday is "
    "enough. A day is whole if it was read after it was over. Reading an older day again makes no difference. "
    f"It is an ERROR if the newest whole day is more than {_WARN_DAYS} days behind."
)


def fresh(table: Table, settings: Settings) -> AssetChecksDefinition:
    key = asset_key(table, settings)
    spec = AssetCheckSpec(
        _NAME,
        asset=key,
        description=said_of_check(_MEANING, settings),
    )

    @multi_asset_check(name=settings.named(f"{table.name}_freshness"), specs=[spec])
    def judge(context: AssetCheckExecutionContext) -> Iterator[AssetCheckResult]:
        yield _result(context.instance, key, settings)

    return judge


def freshness_job(settings: Settings) -> UnresolvedAssetJobDefinition:
    return account_job(
        "freshness",
        AssetSelection.checks(*(AssetCheckKey(key, _NAME) for key in counts_keys(settings))),
        "Reports how many days traffic and occupancy are behind. It sends no request to Vea.",
        settings,
    )


def freshness_schedule(settings: Settings, job: UnresolvedAssetJobDefinition) -> ScheduleDefinition:
    return ScheduleDefinition(
        name=settings.named("freshness"),
        cron_schedule=f"30 {_DUE_HOUR} * * *",
        execution_timezone=settings.timezone.key,
        job=job,
        default_status=DefaultScheduleStatus.RUNNING,  # it sends no request to Vea
        description="Each morning: reports how many days traffic and occupancy are behind. It needs no other run.",
    )


def due_day(now: datetime, zone: ZoneInfo) -> date:
    """The newest day that should have been read whole."""
    local = now.astimezone(zone)
    return local.date() - timedelta(days=1 if local.hour >= _DUE_HOUR else 2)


def _result(instance: DagsterInstance, key: AssetKey, settings: Settings) -> AssetCheckResult:
    now = datetime.now(timezone.utc)
    due = due_day(now, settings.timezone)
    if due < settings.start_date:
        return _check_result(key, True, "Nothing to judge yet: the first day is not due.")
    yesterday = now.astimezone(settings.timezone).date() - timedelta(days=1)
    oldest = max(settings.start_date, yesterday - timedelta(days=_DAYS - 1))
    newest = _newest_whole_day(instance, key, yesterday, oldest, settings.timezone)
    if newest is None and instance.get_latest_materialization_event(key) is None:
        return _check_result(key, True, "Nothing to judge yet: no day has been read.")
    behind = max(0, (due - (newest or oldest - timedelta(days=1))).days)
    if newest is None:
        sentence = f"No day since {oldest} was read after it was over, although {due} is due."
    elif behind:
        sentence = f"The newest whole day is {newest}. That is {counted(behind, 'day')} behind: {due} is due."
    else:
        sentence = f"The newest whole day is {newest}."
    if behind:
        sentence += " Check whether the schedules are on, and look at the last failed run."
        sentence = " ".join([sentence, *waited_for(instance, settings, now)])
    return _check_result(key, not behind, sentence, behind, newest)


def _check_result(
    key: AssetKey, passed: bool, sentence: str, behind: int = 0, newest: date | None = None
) -> AssetCheckResult:
    return AssetCheckResult(
        asset_key=key,
        check_name=_NAME,
        passed=passed,
        severity=ERROR if behind > _WARN_DAYS else WARN,
        description=sentence,
        metadata={
            **({"days_behind": behind, "newest_whole_day": str(newest)} if newest or behind else {}),
            **({AFFECTED: MetadataValue.json(_told_as(key, behind))} if behind else {}),
        },
    )


def _told_as(key: AssetKey, behind: int) -> dict[str, Any]:
    """An alert comes when the table falls behind, and when that becomes an ERROR. Not each day."""
    names = [key.path[-1], *([f"{key.path[-1]}, for long"] if behind > _WARN_DAYS else [])]
    return {name: Affected(name, rows=behind).as_json() for name in names}


def _newest_whole_day(
    instance: DagsterInstance, key: AssetKey, yesterday: date, oldest: date, zone: ZoneInfo
) -> date | None:
    """The newest day since `oldest` that was read after its end."""
    for back in range((yesterday - oldest).days + 1):
        day = yesterday - timedelta(days=back)
        latest = instance.fetch_materializations(
            AssetRecordsFilter(asset_key=key, asset_partitions=[day.isoformat()]), limit=1
        )
        end = day_start(day + timedelta(days=1), zone).timestamp()
        if any(record.timestamp >= end for record in latest.records):
            return day
    return None
