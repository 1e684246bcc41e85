"""Local days as windows of UTC instants, the only bounds that mean the same at every location.

Vea reads a date without a time as US Eastern midnight, whatever the location's time zone. It reads an instant with
`Z` as UTC. Both were measured in recorded responses.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from itertools import pairwise
from zoneinfo import ZoneInfo

MOST_DAYS = 30  # clients in production request as many at once


@dataclass(frozen=True)
class Window:
    """The instants t with `start <= t < end`; both are aware and in UTC.

    Raises:
        ValueError: an instant has no time zone or is not in UTC, or the window is empty.
    """

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        for instant in (self.start, self.end):
            if instant.utcoffset() != timedelta(0):
                raise ValueError(
                    f"the bounds of a window must be UTC instants, and {instant.isoformat()} is not one"
                )
        if self.start >= self.end:
            raise ValueError(f"a window must end after it starts: {self}")

    def in_whole_hours(self) -> Window:
        """From the UTC hour at or before the start to the one at or after the end.

        Days of a zone such as India's begin within a UTC hour. It is not known whether Vea cuts the hour there.
        The row of that hour would then have only a part of its people.
        """
        hour = timedelta(hours=1)
        epoch = datetime.fromtimestamp(0, timezone.utc)
        return Window(self.start - (self.start - epoch) % hour, self.end + (epoch - self.end) % hour)

    def __str__(self) -> str:
        return f"{self.start:%Y-%m-%d %H:%M} to {self.end:%Y-%m-%d %H:%M} UTC"


def instant_text(instant: datetime) -> str:
    """An aware instant as Vea writes it: `2025-12-01T16:00:00.000Z`."""
    if instant.utcoffset() is None:
        raise ValueError(f"{instant.isoformat()} has no time zone, so it is not an instant")
    utc = instant.astimezone(timezone.utc).replace(tzinfo=None)
    return f"{utc.isoformat(timespec='milliseconds')}Z"


def day_start(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a local day, in UTC. If the zone skipped the day, the first instant after it.

    An instant t belongs to the day `t.astimezone(zone).date()`. Until 2011 a few zones, St John's among them, put
    their clocks back at one minute past midnight. In those nights a minute of the new day came before the old
    day's last hour, so no start is right. The first midnight is taken.
    """
    midnight = datetime.combine(day, time(), tzinfo=zone)
    # The two folds differ only where clocks change. If midnight comes twice, the day starts at the first one. If
    # it does not exist, the folds lie before and after the change.
    start = min(midnight.replace(fold=fold).astimezone(timezone.utc) for fold in (0, 1))
    while start.astimezone(zone).date() < day:
        start += timedelta(minutes=1)
    return start


def day_windows(first: date, last: date, zone: ZoneInfo, days: int = MOST_DAYS) -> list[Window]:
    """The local days from `first` to `last`, both included, as consecutive windows of whole local days.

    A window lasts at most `days` times 24 hours, so a window with a 25-hour day has one day less. A single day is
    never split. Together the windows cover exactly the instants of these days. The result is empty only if the
    zone skipped every one of the days.

    Raises:
        ValueError: `last` is before `first`, or `days` is less than one.
    """
    if last < first or days < 1:
        raise ValueError(f"there are no windows of {days} days from {first} to {last}")
    longest = timedelta(days=days)
    starts = [day_start(first + timedelta(days=n), zone) for n in range((last - first).days + 2)]
    bounds = [starts[0]]
    for day, next_day in pairwise(starts):
        if next_day - bounds[-1] > longest:
            bounds.append(day)
    bounds.append(starts[-1])
    return [Window(start, end) for start, end in pairwise(bounds) if start < end]
