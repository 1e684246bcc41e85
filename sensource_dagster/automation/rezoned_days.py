"""Which days have been read whole, after their rows moved to the days of another time zone."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone

from dagster import DagsterInstance

from sensource_dagster.assets.names import asset_key
from sensource_dagster.assets.partition_history import last_read
from sensource_dagster.config.settings import Settings
from sensource_dagster.contract.response import Window
from sensource_dagster.vea.windows import day_start
from sensource_dagster.warehouse.local_days import Moves

_DAY = timedelta(days=1)
_FARTHEST = 2  # days; no two zones are farther apart


@dataclass(frozen=True)
class RezonedDays:
    """The days of one table that are over.

    Attributes:
        whole: days that lost or got rows, and every hour of them has been read.
        to_read: days that count as read, but an hour of them has not been read, or not after its end.
    """

    whole: Sequence[date]
    to_read: Sequence[date]


@dataclass(frozen=True)
class _Read:
    """When and from which instant to which a day was read, as its zone was then."""

    window: Window
    at: datetime

    @property
    def last(self) -> datetime:
        """Up to here the values are final: what came later had not happened yet."""
        return min(self.window[1], self.at)


def rezoned_days(instance: DagsterInstance, settings: Settings, moves: Moves, now: datetime) -> RezonedDays:
    """Judge the days of one table by Dagster's history before the move."""
    key = asset_key(moves.table, settings)
    timestamps = last_read(instance, key, instance.get_materialized_partitions(key))
    read_at = {
        date.fromisoformat(day): datetime.fromtimestamp(seconds, timezone.utc)
        for day, seconds in timestamps.items()
    }
    reads = _reads(read_at, moves)
    whole, to_read = [], []
    for day in sorted({*moves.days, *moves.windows}):
        window = day_start(day, settings.timezone), day_start(day + _DAY, settings.timezone)
        if day < settings.start_date or window[1] > now:
            continue
        if day not in moves.days and window == moves.windows[day]:
            continue
        near = [reads[d] for n in range(-_FARTHEST, _FARTHEST + 1) if (d := day + n * _DAY) in reads]
        parts = [read for read in near if read.window[0] < window[1] and window[0] < read.last]
        if not _covers(parts, window):
            to_read += [day] if day in read_at else []  # the others are missing anyway
        # Its event would say that it was read now. So a day that may have changed since gets none: the nightly run
        # reads it again.
        elif day in moves.days and not _unsettled(day, parts, settings, now):
            whole.append(day)
    return RezonedDays(whole, to_read)


def _reads(read_at: Mapping[date, datetime], moves: Moves) -> Mapping[date, _Read]:
    known = sorted(moves.windows)
    windows = {day: _window(day, moves.windows, known) for day in read_at if known}
    return {day: _Read(window, read_at[day]) for day, window in windows.items()}


def _window(day: date, windows: Mapping[date, Window], known: Sequence[date]) -> Window:
    """Of a day without rows, the nearest day with rows says by which offset it was made."""
    if day in windows:
        return windows[day]
    before = bisect_right(known, day) - 1
    nearest = known[max(before, 0)]
    start = windows[nearest][1] - _DAY if before >= 0 else windows[nearest][0]
    start += day - nearest
    return start, start + _DAY


def _covers(parts: Sequence[_Read], window: Window) -> bool:
    reached = window[0]
    for part in sorted(parts, key=lambda part: part.window[0]):
        if part.window[0] <= reached:
            reached = max(reached, part.last)
    return reached >= window[1]


def _unsettled(day: date, parts: Sequence[_Read], settings: Settings, now: datetime) -> bool:
    settles = day_start(day + timedelta(days=settings.lookback_days), settings.timezone)
    return min(part.at for part in parts) < settles <= now
