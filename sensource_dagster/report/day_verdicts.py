"""What is said of a day of a line: whether it was as usual, and which holidays and closures there were."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sensource_dagster.report.content import Day

USUAL, BUSIER, QUIETER, INCOMPLETE = "as usual", "busier", "quieter", "too incomplete to say"


@dataclass(frozen=True)
class Noted:
    """A holiday or a closure, from its first day to its last one."""

    first: date
    last: date
    note: str


def verdict_of(day: Day) -> str | None:
    """None on a day of which nothing can be said, and on a holiday. An incomplete day may not have been quiet."""
    if day.people is None or day.low is None or day.high is None or day.note:
        return None
    if day.people > day.high:
        return BUSIER
    if day.people >= day.low:
        return USUAL
    return QUIETER if day.complete else INCOMPLETE


def is_outside(day: Day) -> bool:
    """A day outside of what is usual."""
    return verdict_of(day) in (BUSIER, QUIETER)


def noted(days: Sequence[Day]) -> tuple[Noted, ...]:
    """The notes of a line. One of several days in a row is one."""
    found: list[Noted] = []
    for day in days:
        if not day.note:
            continue
        before = found[-1] if found else None
        if before and (before.last, before.note) == (day.day - timedelta(days=1), day.note):
            found[-1] = Noted(before.first, day.day, day.note)
        else:
            found.append(Noted(day.day, day.day, day.note))
    return tuple(found)
