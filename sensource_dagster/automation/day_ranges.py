"""Ascending days as ranges, each of which one run reads."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date, timedelta

Range = tuple[date, date]
"""The first and the last day, both included."""
_FAILED_RANGES = 32
"""About so many ranges hold all days that failed. One that keeps failing is soon alone, and an outage does not
turn years into thousands of runs."""


def days_from(first: date, before: date) -> list[date]:
    """The days from `first` on that are before `before`."""
    return [first + timedelta(days=number) for number in range((before - first).days)]


def split(days: Sequence[date], failed: Collection[date], longest: int) -> list[Range]:
    """Ascending days as ranges of at most `longest` days, those that failed apart from the others.

    Those that failed are in shorter ranges, so that each night fewer of them fail only because of another.
    """
    apart = [day for day in days if day in failed]
    shortest = max(1, -(-len(apart) // _FAILED_RANGES))
    others = [day for day in days if day not in failed]
    return sorted([*batches(others, longest), *batches(apart, min(longest, shortest))])


def batches(days: Sequence[date], longest: int) -> Iterator[Range]:
    """Ascending days as ranges without gaps, first and last day of each, of at most `longest` days."""
    start = 0
    for end in range(1, len(days) + 1):
        goes_on = end < len(days) and days[end] - days[end - 1] == timedelta(days=1)
        if not goes_on or end - start == longest:
            yield days[start], days[end - 1]
            start = end
