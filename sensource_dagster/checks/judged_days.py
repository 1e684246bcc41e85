"""The days that a run of the checks judges, and the expected hours of these days."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

from sensource_dagster.config.settings import Settings
from sensource_dagster.contract.day_ranges import DayRange, batches, each_day, range_text
from sensource_dagster.instance.private import (
    ASSET_PARTITION_RANGE_END_TAG,
    ASSET_PARTITION_RANGE_START_TAG,
    PARTITION_NAME_TAG,
)
from sensource_dagster.vea.windows import day_start

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
EARLIEST = 14
"""How many hours a local day can begin before the UTC day of the same date."""


@dataclass(frozen=True)
class JudgedDays:
    """Local days, and the instant `now` at which they are judged.

    Attributes:
        ranges: first and last day, both included, of each range without a gap. They ascend.
    """

    ranges: tuple[DayRange, ...]
    zone: ZoneInfo
    now: datetime

    @classmethod
    def of(cls, days: Iterable[date], zone: ZoneInfo, now: datetime) -> JudgedDays:
        """These days, in any order and repeated or not."""
        ascending = sorted(set(days))
        return cls(tuple(batches(ascending, len(ascending))), zone, now)

    @classmethod
    def of_run(
        cls,
        tags: Mapping[str, str],
        settings: Settings,
        now: datetime,
        read: Callable[[list[date]], Collection[date]],
    ) -> JudgedDays:
        """The run's partitions, and those of today and the SENSOURCE_LOOKBACK_DAYS days before that were read.

        A check keeps one outcome. If a run judged its own days alone, one that reads an old day would hide what is
        wrong with the last ones. A run without partitions judges all of these days.

        Args:
            read: which of some days have been read. The check `fresh` names those that have not.
        """
        today = now.astimezone(settings.timezone).date()
        last_days = each_day(max(settings.start_date, today - timedelta(days=settings.lookback_days)), today)
        only = tags.get(PARTITION_NAME_TAG)
        first = only or tags.get(ASSET_PARTITION_RANGE_START_TAG)
        last = only or tags.get(ASSET_PARTITION_RANGE_END_TAG)
        if not (first and last):
            return cls.of(last_days, settings.timezone, now)
        own = each_day(date.fromisoformat(first), date.fromisoformat(last))
        return cls.of([*own, *read(last_days)], settings.timezone, now)

    def __str__(self) -> str:
        return ", and ".join(range_text(*each) for each in self.ranges)

    def __iter__(self) -> Iterator[date]:
        for first, last in self.ranges:
            yield from each_day(first, last)

    def batches(self, days: int = 30) -> Iterator[JudgedDays]:
        """These days in ascending batches of at most `days` days without a gap."""
        return (replace(self, ranges=(batch,)) for batch in batches([*self], days))

    def with_days_before(self, days: int) -> JudgedDays:
        """These days, and `days` days before each of them."""
        ranges: list[DayRange] = []
        for first, last in self.ranges:
            earlier = first - timedelta(days=days)
            if ranges and earlier - ranges[-1][1] <= _DAY:
                ranges[-1] = ranges[-1][0], last
            else:
                ranges.append((earlier, last))
        return replace(self, ranges=tuple(ranges))

    def bounds(self) -> list[tuple[datetime, datetime]]:
        """The instants at which each range starts and ends, in UTC."""
        return [(self.start(first), self.end(last)) for first, last in self.ranges]

    def start(self, day: date) -> datetime:
        return day_start(day, self.zone)

    def end(self, day: date) -> datetime:
        return day_start(day + _DAY, self.zone)

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()

    @property
    def closed(self) -> list[date]:
        """The days that are over."""
        return [day for day in self if self.end(day) <= self.now]

    def expected_hours(self, day: date) -> list[datetime]:
        """The start of each hour of one of these days that should have a row, in UTC.

        These are the hours that have ended, except the first of the two hours that a fall-back day repeats. Vea
        has no row for that hour in any zone (measured in recorded responses).
        """
        start, end = self.start(day), self.end(day)
        may_repeat = start.astimezone(self.zone).utcoffset() != end.astimezone(self.zone).utcoffset()
        hour = start.replace(minute=0, second=0)
        expected = []
        while hour < end and hour + _HOUR <= self.now:
            if hour >= start and not (may_repeat and _is_first_of_two(hour, self.zone)):
                expected.append(hour)
            hour += _HOUR
        return expected

    def expected_bits(self, day: date) -> int:
        """The expected hours of a day as bits.

        Bit 0 is the hour that starts `EARLIEST` hours before the UTC day of the same date.
        """
        first = datetime.combine(day, time(), timezone.utc) - EARLIEST * _HOUR
        return sum(1 << (hour - first) // _HOUR for hour in self.expected_hours(day))


def _is_first_of_two(hour: datetime, zone: ZoneInfo) -> bool:
    """Whether this is the first of two hours with the same local time."""
    local = hour.astimezone(zone)
    return local.fold == 0 and local.replace(fold=1).utcoffset() != local.utcoffset()
