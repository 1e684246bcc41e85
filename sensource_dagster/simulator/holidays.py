"""The days on which a library is closed, so that every span of 80 days has one."""

from datetime import date, timedelta

_MONDAY, _THURSDAY, _FRIDAY = 0, 3, 4


def holiday_of(day: date) -> str | None:
    """Return the name of the holiday on which the library is closed all day; None on other days."""
    fixed = {(1, 1): "New Year's Day", (7, 4): "Independence Day", (11, 11): "Veterans Day", (12, 25): "Christmas"}
    of_weekdays = {
        _nth(day.year, 2, _MONDAY, 3): "Presidents' Day",
        _nth(day.year, 4, _FRIDAY, 2): "Staff Day",  # the library's own: spring has no holiday
        _nth(day.year, 6, _MONDAY, 0): "Memorial Day",
        _nth(day.year, 9, _MONDAY, 1): "Labor Day",
        _nth(day.year, 11, _THURSDAY, 4): "Thanksgiving",
    }
    return fixed.get((day.month, day.day)) or of_weekdays.get(day)


def _nth(year: int, month: int, weekday: int, number: int) -> date:
    """Return the nth such weekday of a month; number 0 is the last one of the month before."""
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (number - 1))
