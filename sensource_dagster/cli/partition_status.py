"""Which days of a count are missing or failed, by Dagster's history, and how a list of days is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from dagster import DagsterInstance

from sensource_dagster.assets.names import asset_key
from sensource_dagster.assets.partition_history import failed_partitions, last_read
from sensource_dagster.assets.partitions import daily_partitions
from sensource_dagster.config.settings import Settings
from sensource_dagster.contract.day_ranges import batches, each_day, range_text
from sensource_dagster.contract.model import Table
from sensource_dagster.vea.windows import day_start

_RANGES_SHOWN = 5


@dataclass(frozen=True)
class PartitionStatus:
    """The days of a range that are missing, and those that failed.

    Attributes:
        missing: days that were never read, or were last read before the day was over.
        failed: days whose last read failed.
    """

    missing: Sequence[date]
    failed: Sequence[date]


def partition_status(
    instance: DagsterInstance, table: Table, settings: Settings, first: date, last: date
) -> PartitionStatus:
    """The days from first to last, both included, that are missing or failed. One read is enough for today."""
    days = each_day(first, last)
    failed = failed_partitions(instance, asset_key(table, settings), daily_partitions(settings))
    read = last_read(instance, asset_key(table, settings), {str(day) for day in days})

    def over(day: date) -> float:
        return day_start(day + timedelta(days=1), settings.timezone).timestamp()

    now = datetime.now(settings.timezone).timestamp()
    missing = [day for day in days if str(day) not in read or read[str(day)] < over(day) <= now]
    return PartitionStatus(
        missing=[day for day in missing if str(day) not in failed],
        failed=[day for day in days if str(day) in failed],
    )


def as_ranges(days: Sequence[date]) -> str:
    """`2026-01-01 to 2026-01-31, 2026-02-03`, of ascending days; the first few ranges of many."""
    ranges = [range_text(*each) for each in batches(days, len(days))]
    more = len(ranges) - _RANGES_SHOWN
    return ", ".join(ranges[:_RANGES_SHOWN]) + (f" and {more} more" if more > 0 else "")
