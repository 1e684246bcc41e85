"""Which days keep failing, night after night, although other days can be read.

Such a day is tried alone, then once a week. A night on which nothing could be read says nothing about a day.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from dagster import DagsterInstance, DagsterRun, DagsterRunStatus, RunRecord, RunsFilter

from sensource_dagster.config.settings import PREFIX, Settings
from sensource_dagster.contract.day_ranges import each_day
from sensource_dagster.instance.held import HELD_TAG
from sensource_dagster.instance.own_runs import ACCOUNT_TAG
from sensource_dagster.instance.private import ASSET_PARTITION_RANGE_END_TAG, ASSET_PARTITION_RANGE_START_TAG

NIGHT_TAG = "sensource/night"
"""On each run that the nightly schedule asks for: the local day of its tick."""
LAST_NIGHTLY_TRY_TAG = "sensource/fails_since"
"""On the run that, if it fails too, was the last nightly one for its day: the first night on which that failed."""
KNOWN_FAILURE_TAG = "sensource/known_failure"
"""On a run of days that failed before, and in what words. If it fails too, that raises no alert: see alerts.py."""
NIGHTS = 3
WEEK = timedelta(days=7)
_REMEMBERED = timedelta(days=35)  # five weekly tries; upkeep deletes no run of these nights


@dataclass(frozen=True)
class FailingDay:
    """The nights on which a day failed while other days could be read, ascending, and whether it failed alone."""

    nights: Sequence[date]
    alone: bool

    @property
    def is_known(self) -> bool:
        return self.alone and len(self.nights) >= NIGHTS

    def rests(self, tonight: date) -> bool:
        """Whether it is left out tonight."""
        return self.is_known and tonight - self.nights[-1] < WEEK


def tags_of_failed(first: date, last: date, failing: Mapping[date, FailingDay]) -> dict[str, str]:
    """The tags of a nightly run over days that failed before."""
    of_day = failing.get(first) if first == last else None
    if of_day and of_day.is_known:
        return {KNOWN_FAILURE_TAG: f"since {of_day.nights[0]}, tried weekly"}
    if of_day and len(of_day.nights) >= NIGHTS - 1:
        return {LAST_NIGHTLY_TRY_TAG: str(of_day.nights[0])}
    return {KNOWN_FAILURE_TAG: "the last run of these days failed too"}


def failing_days(
    instance: DagsterInstance,
    settings: Settings,
    failed: Collection[date],
    read_at: Mapping[date, float],
    tonight: date,
) -> dict[date, FailingDay]:
    """Of days whose newest run failed, those that failed on earlier nights since they were last read.

    Args:
        read_at: the timestamp at which each day was last read whole; days that never were are left out.
    """
    failures = [
        record
        for record in nightly_runs(instance, tonight, DagsterRunStatus.FAILURE)
        if not HELD_TAG.items() <= record.dagster_run.tags.items() and _is_of(settings, record)
    ]
    good = _nights_with_success(instance, settings, {record.dagster_run.tags[NIGHT_TAG] for record in failures})
    found: dict[date, dict[date, bool]] = {}
    for record in failures:
        night, days = record.dagster_run.tags[NIGHT_TAG], _days_of(record)
        others_read = night in good or any(_is_read_since(record, day, read_at) for day in days)
        for day in days:
            if others_read and day in failed and not _is_read_since(record, day, read_at):
                found.setdefault(day, {})[date.fromisoformat(night)] = len(days) == 1
    return {day: FailingDay(sorted(of_day), of_day[max(of_day)]) for day, of_day in found.items()}


def nightly_runs(
    instance: DagsterInstance, tonight: date, status: DagsterRunStatus | None = None
) -> Sequence[RunRecord]:
    """The runs of the nights by which it is known which days keep failing; of one status, or all."""
    nights = [str(tonight - timedelta(days=n)) for n in range(_REMEMBERED.days + 1)]
    return instance.get_run_records(RunsFilter(tags={NIGHT_TAG: nights}, statuses=[status] if status else []))


def said_of_last_nightly_try(run: DagsterRun) -> str:
    """For the alert of a run that has failed: what changes with it; empty for most runs."""
    night = run.tags.get(LAST_NIGHTLY_TRY_TAG)
    if night is None:
        return ""
    day, prefix = run.tags[ASSET_PARTITION_RANGE_START_TAG], run.tags.get(ACCOUNT_TAG, PREFIX)
    again = (
        f"sensource backfill --from {day} --to {day}"
        if prefix == PREFIX
        else f"materialize this day of {prefix}/traffic and {prefix}/occupancy in the UI"
    )
    return (
        f" {day} has failed each night since {night}, while other days could be read. From now on the nightly "
        f"schedule tries it once a week, without alerts. Once the cause is gone: {again}"
    )


def _nights_with_success(instance: DagsterInstance, settings: Settings, nights: Collection[str]) -> set[str]:
    if not nights:
        return set()
    read = RunsFilter(tags={NIGHT_TAG: [*nights]}, statuses=[DagsterRunStatus.SUCCESS])
    records = instance.get_run_records(read)
    return {record.dagster_run.tags[NIGHT_TAG] for record in records if _is_of(settings, record)}


def _is_of(settings: Settings, record: RunRecord) -> bool:
    """Whether it is a run of the account. Runs of earlier versions do not say whose they are."""
    return record.dagster_run.tags.get(ACCOUNT_TAG, PREFIX) == settings.prefix


def _days_of(record: RunRecord) -> list[date]:
    tags = record.dagster_run.tags
    first, last = (
        date.fromisoformat(tags[name]) for name in (ASSET_PARTITION_RANGE_START_TAG, ASSET_PARTITION_RANGE_END_TAG)
    )
    return each_day(first, last)


def _is_read_since(record: RunRecord, day: date, read_at: Mapping[date, float]) -> bool:
    return read_at.get(day, 0.0) > (record.end_time or record.create_timestamp.timestamp())
