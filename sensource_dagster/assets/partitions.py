"""The partitions: one for each local day, from the start date to today."""

from __future__ import annotations

from dagster import DailyPartitionsDefinition

from sensource_dagster.config.settings import Settings


def daily_partitions(settings: Settings) -> DailyPartitionsDefinition:
    # end_offset=1: today is a partition too, so that its hours can be read before the day is over.
    return DailyPartitionsDefinition(
        start_date=settings.start_date.isoformat(), timezone=settings.timezone.key, end_offset=1
    )
