from datetime import date, timedelta
from itertools import pairwise

import pytest

from sensource_dagster.simulator.holidays import holiday_of


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (date(2026, 1, 1), "New Year's Day"),
        (date(2026, 2, 16), "Presidents' Day"),
        (date(2026, 4, 10), "Staff Day"),
        (date(2026, 5, 25), "Memorial Day"),
        (date(2027, 5, 31), "Memorial Day"),
        (date(2026, 7, 4), "Independence Day"),
        (date(2026, 9, 7), "Labor Day"),
        (date(2025, 9, 1), "Labor Day"),
        (date(2026, 11, 11), "Veterans Day"),
        (date(2026, 11, 26), "Thanksgiving"),
        (date(2026, 12, 25), "Christmas"),
        (date(2026, 11, 19), None),
    ],
)
def test_a_holiday_is_on_its_day(day: date, name: str | None) -> None:
    assert holiday_of(day) == name


def test_no_span_of_80_days_is_without_a_holiday() -> None:
    holidays = [day for number in range(4000) if holiday_of(day := date(2025, 1, 1) + timedelta(days=number))]
    assert max(later - earlier for earlier, later in pairwise(holidays)) < timedelta(80)
