"""The windows of a range of days that are still to be read. A window that is too much for Vea is halved."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sensource_dagster.vea.windows import Window, day_windows


class WindowPlan:
    """Iterating it gives one window after the other. After `halve` the same days come again, in smaller windows.

    Attributes:
        days: how many days a window has at most.
        done: how many windows were given before the current one.
    """

    def __init__(self, first: date, last: date, zone: ZoneInfo, days: int) -> None:
        self.days = days
        self.done = 0
        self._last, self._zone = last, zone
        self._is_halved = False
        self._left = day_windows(first, last, zone, days)

    def __iter__(self) -> Iterator[Window]:
        while self._left:
            current = self._left[0]
            yield current
            if self._left[0] is current:  # it was not halved
                self._left.pop(0)
                self.done += 1
                self._is_halved = False

    @property
    def total(self) -> int:
        return self.done + len(self._left)

    @property
    def halve_after(self) -> int:
        """How many attempts of the current window may take too long before it is halved. 0 for a single day.

        They are two, since one may take long by chance. After that one is enough, until a window was read: if Vea
        is down, not each size should take two.
        """
        if min(self.days, self._days_of_current()) == 1:
            return 0
        return 1 if self._is_halved else 2

    def halve(self) -> None:
        """Read the current window, and what comes after it, in windows of half as many days."""
        self._is_halved = True
        self.days = min(self.days, self._days_of_current()) // 2
        self._left = day_windows(self._day(self._left[0].start), self._last, self._zone, self.days)

    def _days_of_current(self) -> int:
        return (self._day(self._left[0].end) - self._day(self._left[0].start)).days

    def _day(self, instant: datetime) -> date:
        return instant.astimezone(self._zone).date()
