"""How the page writes numbers, days and moments."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from datetime import date, datetime

from markupsafe import Markup, escape

from sensource_dagster.report.counts_of_period import Count

UNKNOWN = "unknown"
_UNBROKEN = re.compile(r"\d{4}-\d\d(?:-\d\d)?|[\d,.]+ %")
_TURNING = {"R", "AL", "AN", "RLE", "RLO", "RLI", "LRE", "LRO", "LRI", "FSI"}
_MINUS = "\u2212"
# A name that reads from right to left would turn the text around it, too. Where HTML's <bdi> cannot stand, such as
# in an option, these two characters do the same.
_ISOLATE, _END_ISOLATE = "\u2068", "\u2069"


def grouped(number: float | None, digits: int = 0) -> str:
    """Such as "41,203", or "12.5" with one digit."""
    return UNKNOWN if number is None else f"{number:,.{digits}f}"


def mean(number: float) -> str:
    """A mean of people: with one digit below 10, where it matters. Zero is "0" only where nobody came."""
    return f"{number:,.1f}" if 0 < number < 9.95 else f"{number:,.0f}"


def changed(change: float | None) -> str:
    """Such as "+6 %"."""
    if change is None:
        return "not comparable"
    return f"{signed(round(change * 100))} %"


def percent(share: float) -> str:
    return f"{share * 100:,.0f} %"


def signed(number: int) -> str:
    """Such as "+12"."""
    return f"{'+' if number > 0 else _MINUS if number < 0 else '±'}{abs(number):,}"


def whole(count: Count) -> str:
    """How much of a period a number is about."""
    if not count.expected:
        return "no door expected"
    if count.complete:
        return "complete"
    return f"{count.whole:,} of {count.expected:,} door days"


def moment(at: datetime) -> str:
    """Such as "2026-11-02 05:10 MST"; without the zone if the time has none."""
    return f"{at:%Y-%m-%d %H:%M %Z}".strip()


def month(day: date) -> str:
    return f"{day:%Y-%m}"


def clock(hour: int) -> str:
    return f"{hour:02}:00"


def isolated(name: str) -> str:
    """A name in a text that can have no elements."""
    return f"{_ISOLATE}{name}{_END_ISOLATE}"


def least_to_most(numbers: Iterable[int]) -> str:
    """Such as "4", or "3\u20134" if they differ."""
    found = sorted(set(numbers))
    return f"{found[0]:,}" if len(found) == 1 else f"{found[0]:,}\u2013{found[-1]:,}"


def prose(text: object, turning: Collection[str] = ()) -> Markup:
    """A sentence, a period or a day, whose dates and percentages are not broken at the end of a line.

    Args:
        turning: the names that `turns` is true of. Where the text has one, it stands in a <bdi>.
    """
    escaped = str(escape(str(text)))
    for name in map(escape, turning):
        escaped = escaped.replace(name, f"<bdi>{name}</bdi>")
    # Escaping makes neither a day nor a percentage.
    return Markup(_UNBROKEN.sub(r'<span class="unbroken">\g<0></span>', escaped))  # noqa: S704


def turns(name: str) -> bool:
    """Whether a name has a character that reads from right to left, or that turns those after it."""
    return any(unicodedata.bidirectional(character) in _TURNING for character in name)
