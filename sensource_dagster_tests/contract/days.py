"""Sets of days, for properties of ranges."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from hypothesis import strategies as st

from sensource_dagster.contract.day_ranges import DayRange, each_day

START, DAY = date(2025, 1, 1), timedelta(days=1)
numbers = st.sets(st.integers(0, 400))


def days(wanted: set[int]) -> list[date]:
    return [START + number * DAY for number in sorted(wanted)]


def held(ranges: Sequence[DayRange]) -> list[date]:
    return [day for first, last in ranges for day in each_day(first, last)]
