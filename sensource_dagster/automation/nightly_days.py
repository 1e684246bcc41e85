"""Which days the nightly schedule reads, in which ranges, and which it leaves out."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from dagster import DagsterInstance

from sensource_dagster.assets.names import counts_keys
from sensource_dagster.assets.partition_history import failed_partitions, last_read
from sensource_dagster.assets.partitions import daily_partitions
from sensource_dagster.automation.failing_days import FailingDay, failing_days
from sensource_dagster.automation.settled_days import early_days, remember_settled
from sensource_dagster.config.settings import Settings
from sensource_dagster.contract.day_ranges import DayRange, batches, each_day

_DAY = timedelta(days=1)
_FAILED_RANGES = 32
"""About so many ranges hold all days that failed. One that keeps failing is soon alone, and an outage does not
turn years into thousands of runs."""


@dataclass(frozen=True)
class NightlyDays:
    """What one tick reads.

    Attributes:
        recent: ranges of today and the days that Vea may still correct, ascending.
        missed: ranges of older days, ascending.
        failed: the days whose newest run failed. No range has such days and others.
        failing: the days that have failed on earlier nights.
        resting: those of them that are left out tonight.
        left_to_backfills: missed days that a backfill is to read.
    """

    recent: Sequence[DayRange]
    missed: Sequence[DayRange]
    failed: Collection[date]
    failing: Mapping[date, FailingDay]
    resting: Sequence[date]
    left_to_backfills: Sequence[date]


def nightly_days(
    instance: DagsterInstance, settings: Settings, today: date, of_backfills: Collection[date]
) -> NightlyDays:
    """What the tick of the local day `today` reads; `of_backfills` are days that a backfill is to read."""
    first = max(settings.start_date, today - timedelta(days=settings.lookback_days))
    failed, read_at = failed_days(instance, settings), days_read_at(instance, settings, today)
    missed = _missed(instance, settings, first, failed, read_at)
    failing = failing_days(instance, settings, failed, read_at, today) if failed else {}
    resting = {day for day, of_day in failing.items() if day < today and of_day.rests(today)}
    recent = [day for day in each_day(first, today) if day not in resting]
    older = [day for day in missed if day not in resting]
    to_read = [day for day in older if day not in of_backfills]
    return NightlyDays(
        split(recent, failed, len(recent)),
        split(to_read, failed, settings.backfill_days),
        failed,
        failing,
        sorted(resting),
        [day for day in older if day in of_backfills],
    )


def split(days: Sequence[date], failed: Collection[date], longest: int) -> list[DayRange]:
    """Ascending days as ranges of at most `longest` days, those that failed apart from the others.

    Those that failed are in shorter ranges, so that each night fewer of them fail only because of another.
    """
    apart = [day for day in days if day in failed]
    shortest = max(1, -(-len(apart) // _FAILED_RANGES))
    others = [day for day in days if day not in failed]
    return sorted([*batches(others, longest), *batches(apart, min(longest, shortest))])


def days_read_at(instance: DagsterInstance, settings: Settings, last: date) -> dict[date, float]:
    """The timestamp at which each day from the start date to `last` was last read, the earlier of both tables.

    A day that one of them lacks is left out.
    """
    days = {str(day): day for day in each_day(settings.start_date, last)}
    tables = [last_read(instance, key, days) for key in counts_keys(settings)]
    return {
        day: min(of_table[name] for of_table in tables)
        for name, day in days.items()
        if all(name in of_table for of_table in tables)
    }


def failed_days(instance: DagsterInstance, settings: Settings) -> set[date]:
    """The days that are red in the UI, of either table: what failed, and what `sensource rezone` has marked."""
    partitions = daily_partitions(settings)
    return {
        date.fromisoformat(day)
        for key in counts_keys(settings)
        for day in failed_partitions(instance, key, partitions)
    }


def _missed(
    instance: DagsterInstance,
    settings: Settings,
    before: date,
    failed: Collection[date],
    read_at: Mapping[date, float],
) -> list[date]:
    """The days before `before` that were never read, were last read when they could still change, or failed."""
    early = early_days(instance, settings, read_at, before)
    # A day that failed is read again in any case.
    remember_settled(instance, settings, early.difference(failed), before)
    days = each_day(settings.start_date, before - _DAY)
    return [day for day in days if day not in read_at or day in early or day in failed]
