"""The days that a run of the checks judges, and the expected hours of these days."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sensource_dagster.config.settings import Settings
from sensource_dagster.instance.private import (
    ASSET_PARTITION_RANGE_END_TAG,
    ASSET_PARTITION_RANGE_START_TAG,
    PARTITION_NAME_TAG,
)
from sensource_dagster.vea.windows import day_start

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class JudgedDays:
    """The local days from `first` to `last`, both included, and the instant `now` at which they are judged."""

    first: date
    last: date
    zone: ZoneInfo
    now: datetime

    @classmethod
    def of_run(cls, tags: Mapping[str, str], settings: Settings, now: datetime) -> JudgedDays:
        """The partitions of the run. For a run without them: today and the SENSOURCE_LOOKBACK_DAYS days before."""
        today = now.astimezone(settings.timezone).date()
        lookback = max(settings.start_date, today - timedelta(days=settings.lookback_days))
        only = tags.get(PARTITION_NAME_TAG)
        first = only or tags.get(ASSET_PARTITION_RANGE_START_TAG) or lookback.isoformat()
        last = only or tags.get(ASSET_PARTITION_RANGE_END_TAG) or today.isoformat()
        return cls(date.fromisoformat(first), date.fromisoformat(last), settings.timezone, now)

    def __str__(self) -> str:
        return f"{self.first} to {self.last}" if self.first < self.last else str(self.first)

    def __iter__(self) -> Iterator[date]:
        return (self.first + timedelta(days=number) for number in range((self.last - self.first).days + 1))

    def batches(self, days: int = 30) -> Iterator[JudgedDays]:
        """These days in consecutive batches of at most `days` days."""
        first = self.first
        while first <= self.last:
            yield replace(self, first=first, last=min(self.last, first + timedelta(days=days - 1)))
            first += timedelta(days=days)

    def start(self, days_before: int = 0) -> datetime:
        return day_start(self.first - timedelta(days=days_before), self.zone)

    @property
    def end(self) -> datetime:
        return day_start(self.last + _DAY, self.zone)

    @property
    def closed(self) -> list[date]:
        """The days that are over."""
        return [day for day in self if day_start(day + _DAY, self.zone) <= self.now]

    def expected_hours(self) -> list[tuple[datetime, date]]:
        """Each hour that should have a row: its start in UTC, and its day.

        These are the hours that have ended, except the first of the two hours that a fall-back day repeats. Vea
        has no row for that hour in any zone (measured in recorded responses).
        """
        start = self.start()
        hour = start.replace(minute=0, second=0)
        expected = []
        while hour < self.end and hour + _HOUR <= self.now:
            if hour >= start and not _is_first_of_two(hour, self.zone):
                expected.append((hour, hour.astimezone(self.zone).date()))
            hour += _HOUR
        return expected


def _is_first_of_two(hour: datetime, zone: ZoneInfo) -> bool:
    """Whether this is the first of two hours with the same local time."""
    local = hour.astimezone(zone)
    return local.fold == 0 and local.replace(fold=1).utcoffset() != local.utcoffset()
