"""Local days, one after the other or as ranges."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

DayRange = tuple[date, date]
"""The first and the last day, both included."""


def each_day(first: date, last: date) -> list[date]:
    """Each day from the first to the last one, both included."""
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def batches(days: Sequence[date], longest: int) -> Iterator[DayRange]:
    """Ascending days as ranges without gaps, of at most `longest` days each."""
    start = 0
    for end in range(1, len(days) + 1):
        goes_on = end < len(days) and days[end] - days[end - 1] == timedelta(days=1)
        if not goes_on or end - start == longest:
            yield days[start], days[end - 1]
            start = end


def range_text(first: date, last: date) -> str:
    """Such as "2026-01-01 to 2026-01-31", or the day if it is one."""
    return f"{first} to {last}" if first < last else str(first)
