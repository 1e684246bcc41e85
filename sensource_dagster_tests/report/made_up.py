"""A made-up report of any size, for tests of the page. Its numbers are of no view, and always the same."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, datetime, timedelta, timezone

from sensource_dagster.report.content import (
    ALL,
    Day,
    Fullness,
    HeatCell,
    HowFull,
    HowMany,
    Method,
    MissingDays,
    Month,
    MovedFigure,
    Panel,
    Ranked,
    Report,
    Trust,
    UnusualDoor,
    Visits,
    Which,
    YearOverYear,
)
from sensource_dagster.report.counts_of_period import Comparison, Count, Period

FIRST = date(2026, 10, 1)
MADE_AT = datetime(2026, 11, 2, 5, 10, tzinfo=timezone(timedelta(hours=-7), "MST"))
LOCATIONS = ("Main Library", "Harbour Museum", "West Branch")
DOORS = ("Front entrance", "Parking garage", "Children's wing", "Café door", "Loading dock")
HOSTILE = (
    "<script>alert(1)</script>",
    "\"quoted\" & 'single'",
    "</style></title><img src=x onerror=alert(2)>",
    "{{ 7 * 7 }} {% raw %}",
    "مدخل المكتبة \u202e right to left",
    "A door with a name that is " + "very " * 30 + "long",
    "Unbroken" * 20,
)


def made_up_report(
    doors: int = 10,
    days: int = 31,
    locations: Sequence[str] = LOCATIONS,
    names: Sequence[str] = (),
    first: date = FIRST,
) -> Report:
    """A report of some doors and days; with missing and incomplete days, a holiday, doors of the given names."""
    rng = random.Random(7)
    period = Period(first, first + timedelta(days=days - 1))
    all_names = [*names, *(f"{DOORS[n % len(DOORS)]} {n // len(DOORS) + 1}" for n in range(doors - len(names)))]
    panels = [panel(ALL, "all", period, rng, 900)]
    panels += [panel(name, "location", period, rng, 400) for name in locations if len(locations) > 1]
    panels += [panel(name, "door", period, rng, rng.randrange(40, 260)) for name in all_names]
    all_and_locations = ((ALL, *locations) if len(locations) > 1 else locations)[: 1 + len(locations)]
    return Report(
        title="Visits in October 2026" if days == 31 else f"Visits from {period}",
        account="County Libraries",
        location=None,
        period=period,
        made_at=MADE_AT,
        how_many=HowMany(
            "All locations counted 41,203 visits in October 2026, 6 % more than in September 2026 and 2 % fewer "
            "than on the same weekdays a year before.",
            period,
            Period(date(2026, 1, 1), period.last),
            tuple(visits(name, period, rng) for name in all_and_locations),
        ),
        trust=Trust(
            "Of 301 of 310 door days in October 2026 every hour is there, 1 door is unusual now, and "
            "corrections moved 2 figures since the last report.",
            period,
            tuple(
                MissingDays(name, locations[0], period.first, period.first + timedelta(days=2), 3, 72 + number)
                for number, name in enumerate(all_names[:3])
            ),
            (UnusualDoor(all_names[0], locations[0], period.last, 12, 431),),
            (
                MovedFigure(locations[0], date(2026, 10, 1), 5, 20_104, 20_381),
                MovedFigure(locations[-1], date(2026, 9, 1), 2, 8_211, 8_190),
            ),
            datetime(2026, 10, 2, 5, 10, tzinfo=timezone.utc),
            datetime(2026, 11, 2, 3, 0),  # noqa: DTZ001 - local
            MADE_AT - timedelta(minutes=10),
            "People who pass a door while the location is closed are counted, too.",
        ),
        panels=tuple(panels),
        which=Which(
            f"{locations[0]} had the most visits, and {all_names[0]} was its busiest door.",
            period,
            tuple(ranked(name, name, period, 20_000 - 4_000 * number) for number, name in enumerate(locations)),
            tuple(
                ranked(name, locations[number % len(locations)], period, 9_000 // (number + 1), number != 4)
                for number, name in enumerate(all_names)
            ),
        ),
        how_full=HowFull(
            "Reading room was the fullest of 3 spaces, with 131 of 120 people.",
            period,
            (
                Fullness("Reading room", locations[0], 120, 131, datetime(2026, 10, 8, 14), 61.24, 6, 341),  # noqa: DTZ001
                Fullness("Hall", locations[-1], 900, 412, datetime(2026, 10, 17, 15), 140.5, 0, 341),  # noqa: DTZ001
                Fullness("Foyer", locations[-1], None, None, None, None, None, 0),
            ),
        ),
        year_over_year=YearOverYear(
            "10 months since January 2026 can be compared: 6 had more visits than a year before, and 4 had fewer.",
            Period(date(2026, 1, 1), period.last),
            tuple(month(number, rng) for number in range(1, 11)),
        ),
        methods=(
            Method("Visits", "The ins of a location's outer doors.", "location_daily"),
            Method("Doors", "The ins of each door.", "traffic_daily"),
            Method("Hours of the week", "The mean of a door's ins in the hours that are there.", "traffic_hourly"),
        ),
    )


def panel(subject: str, kind: str, period: Period, rng: random.Random, people: int) -> Panel:
    days = tuple(
        day(period.first + timedelta(days=number), number, rng, people)
        for number in range((period.last - period.first).days + 1)
    )
    hours = tuple(
        tuple(HeatCell(*mean_of_hour(weekday, hour, people, rng)) for hour in range(24)) for weekday in range(7)
    )
    return Panel(
        subject,
        kind,
        days,
        "25 of 28 days were as usual, 1 busier, 2 quieter; a holiday or a closure: 2026-10-12.",
        hours,
        tuple(max(range(24), key=lambda hour: row[hour].people or 0) for row in hours),
        "The busiest hour of the week was Saturday from 14:00 to 15:00, in which 184 people entered on average.",
    )


def day(date_: date, number: int, rng: random.Random, people: int) -> Day:
    usual = people * (1.5 if date_.weekday() == 5 else 0.4 if date_.weekday() == 6 else 1) * 4
    low, high = round(usual * 0.85), round(usual * 1.15)
    if number in {13, 14}:
        return Day(date_, None, False, low, high, None)
    if number == 11:
        return Day(date_, round(usual * 0.03), True, low, high, "a holiday or a closure: hardly anybody came")
    if number in {19, 26}:
        return Day(date_, round(usual * 0.5), False, low, high, None)
    return Day(date_, round(usual * rng.gauss(1, 0.09)), True, low, high, None)


def mean_of_hour(weekday: int, hour: int, people: int, rng: random.Random) -> tuple[float | None, int]:
    if weekday == 6 and hour == 10:
        return None, 0
    is_open = 9 <= hour < (18 if weekday < 5 else 16)
    shape = max(0.05, 1 - abs(hour - 14) / 7) if is_open else 0
    return people * shape * (1.5 if weekday == 5 else 0.4 if weekday == 6 else 1) * rng.uniform(0.8, 1) / 2, 4


def visits(name: str, period: Period, rng: random.Random) -> Visits:
    people = 41_203 if name == ALL else rng.randrange(8_000, 20_000)
    before = Period(period.first - timedelta(days=30), period.first - timedelta(days=1))
    year_ago = Period(period.first - timedelta(days=364), period.last - timedelta(days=364))
    return Visits(
        name,
        Count(people, 301, 310),
        Comparison(before, Count(round(people / 1.06), 300, 300), 0.06),
        Comparison(year_ago, Count(round(people / 0.98), 309, 310), -0.02),
        Count(people * 10, 3_021, 3_040),
        Comparison(Period(date(2025, 1, 2), date(2025, 11, 1)), Count(None, 0, 0), None),
    )


def ranked(name: str, location: str, period: Period, people: int, counts_visits: bool = True) -> Ranked:
    before = Period(period.first - timedelta(days=30), period.first - timedelta(days=1))
    change = None if people < 1_000 else 0.05
    return Ranked(
        name, location, counts_visits, Count(people, 31, 31), Comparison(before, Count(people, 30, 30), change)
    )


def month(number: int, rng: random.Random) -> Month:
    first = date(2026, number, 1)
    now, ago = rng.randrange(30_000, 42_000), rng.randrange(30_000, 42_000)
    return Month(
        first,
        Count(now, 280 if number == 4 else 300, 300),
        Comparison(Period(date(2025, number, 1), date(2025, number, 28)), Count(ago, 300, 300), now / ago - 1),
    )
