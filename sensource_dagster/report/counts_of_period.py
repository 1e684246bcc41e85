"""A period, how many people were counted in it, and the comparison with another period."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sensource_dagster.contract.day_ranges import each_day, range_text


@dataclass(frozen=True)
class Period:
    """Local days, the first and the last included."""

    first: date
    last: date

    def __str__(self) -> str:
        return range_text(self.first, self.last)

    @property
    def days(self) -> list[date]:
        return each_day(self.first, self.last)


@dataclass(frozen=True)
class Count:
    """People who were counted, and how much of the period that is.

    Attributes:
        people: None where nothing was counted.
        whole: door days of which every hour is there.
        expected: door days of the period.
    """

    people: int | None
    whole: int
    expected: int

    @property
    def complete(self) -> bool:
        return self.whole == self.expected


@dataclass(frozen=True)
class Comparison:
    """A count of another period, and how the first one differs from it.

    Attributes:
        change: 0.1 is 10 % more than in this period. None where one of the two is not known or this one is 0.
    """

    period: Period
    count: Count
    change: float | None
