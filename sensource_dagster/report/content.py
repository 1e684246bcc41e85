"""What the report says: each number and sentence, before it is a page.

`figures.py` makes it from the views, `page.py` writes it as HTML. Sections have the order of the page. A sentence
is plain text, not HTML. A number that is not known is None, never 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sensource_dagster.report.counts_of_period import Comparison, Count, Period

ALL = "All locations"


@dataclass(frozen=True)
class Visits:
    """The visits of one location, or of all of them (`ALL`)."""

    location: str
    now: Count
    before: Comparison
    year_ago: Comparison
    year_to_date: Count
    year_to_date_ago: Comparison


@dataclass(frozen=True)
class HowMany:
    """Section 1. The first row is about all locations, if there is more than one."""

    sentence: str
    shows: Period
    year_to_date: Period
    rows: tuple[Visits, ...]


@dataclass(frozen=True)
class MissingDays:
    """A door's days of which hours are missing, `days` of them whole days."""

    door: str
    location: str
    first: date
    last: date
    days: int
    hours: int


@dataclass(frozen=True)
class UnusualDoor:
    """A door that counts far fewer or far more than usual. `people` are its ins and outs since `since`."""

    door: str
    location: str
    since: date
    people: int
    expected: int


@dataclass(frozen=True)
class MovedFigure:
    """A figure that corrections changed: the visits of a location in a month, before and after them."""

    location: str
    month: date
    hours: int
    before: int
    after: int


@dataclass(frozen=True)
class Trust:
    """Section 2.

    Attributes:
        corrected_since: the time of the report before; None if this is the first one.
        newest_hour: the newest hour that was counted, in local time.
        as_of: when the data were copied.
        closed_hours: whether people count who pass while the location is closed; a sentence.
    """

    sentence: str
    shows: Period
    missing: tuple[MissingDays, ...]
    unusual: tuple[UnusualDoor, ...]
    moved: tuple[MovedFigure, ...]
    corrected_since: datetime | None
    newest_hour: datetime | None
    as_of: datetime
    closed_hours: str


@dataclass(frozen=True)
class Day:
    """One day of a line.

    Attributes:
        people: None on a missing day, which is a gap.
        low, high: the band that is usual: the least and the most of the eight same weekdays before.
        note: a holiday or a closure that all doors share; None otherwise.
    """

    day: date
    people: int | None
    complete: bool
    low: int | None
    high: int | None
    note: str | None


@dataclass(frozen=True)
class HeatCell:
    """An hour of a weekday: the mean of the ins in the `hours` that are there; None where there is none.

    That of a location is the sum of the means of its doors, and `hours` are those of all doors.
    """

    people: float | None
    hours: int


@dataclass(frozen=True)
class Panel:
    """What the select of the page swaps: the days and the hours of one location or door, or of everything.

    Attributes:
        subject: the name of the location or the door. "all" is there if there are several locations, or none.
        kind: "all", "location" or "door".
        days: one for each day of the period (section 3).
        normal: section 3 in one sentence.
        hours: seven weekdays from Monday on, each with 24 hours (section 4).
        busiest: the busiest hour of each weekday, 0 to 23; None where nothing was counted.
        staff: section 4 in one sentence.
    """

    subject: str
    kind: str
    days: tuple[Day, ...]
    normal: str
    hours: tuple[tuple[HeatCell, ...], ...]
    busiest: tuple[int | None, ...]
    staff: str


@dataclass(frozen=True)
class Ranked:
    """A location or a door in the ranking, with its change against the period before."""

    name: str
    location: str
    counts_visits: bool
    now: Count
    before: Comparison


@dataclass(frozen=True)
class Which:
    """Section 5. Both are sorted by people, the most first. The people of a door are its ins."""

    sentence: str
    shows: Period
    locations: tuple[Ranked, ...]
    doors: tuple[Ranked, ...]


@dataclass(frozen=True)
class Fullness:
    """How full a space was.

    Attributes:
        peak_at: the local hour of the peak.
        average: mean of the hours' averages.
        hours_over: hours whose peak was above the capacity; None without a capacity.
    """

    space: str
    location: str
    capacity: int | None
    peak: int | None
    peak_at: datetime | None
    average: float | None
    hours_over: int | None
    hours_counted: int


@dataclass(frozen=True)
class HowFull:
    """Section 6. `spaces` is empty in an account without spaces."""

    sentence: str
    shows: Period
    spaces: tuple[Fullness, ...]


@dataclass(frozen=True)
class Month:
    """A month of this year and the same one a year before."""

    month: date
    now: Count
    year_ago: Comparison


@dataclass(frozen=True)
class YearOverYear:
    """Section 7: the months of the fiscal year up to the period's last."""

    sentence: str
    shows: Period
    months: tuple[Month, ...]


@dataclass(frozen=True)
class Method:
    """Section 8: how one figure is made, and from which view."""

    figure: str
    how: str
    view: str


@dataclass(frozen=True)
class Report:
    """Everything on the page.

    Attributes:
        title: such as "Visits in October 2026".
        account: whose data these are, as in the metadata of the assets.
        location: the one location that the report is about; None for all.
        panels: sections 3 and 4; the first one is about everything.
    """

    title: str
    account: str
    location: str | None
    period: Period
    made_at: datetime
    how_many: HowMany
    trust: Trust
    panels: tuple[Panel, ...]
    which: Which
    how_full: HowFull
    year_over_year: YearOverYear
    methods: tuple[Method, ...]
