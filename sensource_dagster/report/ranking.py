"""Section 5: which doors, which locations?"""

from __future__ import annotations

from sensource_dagster.contract.plurals import counted
from sensource_dagster.report import periods
from sensource_dagster.report.content import Ranked, Which
from sensource_dagster.report.counts_of_period import Period
from sensource_dagster.report.report_days import ReportDays, Subject
from sensource_dagster.report.wording import location_in_words


def which(days: ReportDays, period: Period) -> Which:
    """All locations and all doors that should have counted in the period, or in the one before."""
    locations, doors = (_ranked(days, subjects, period) for subjects in (days.locations, days.doors))
    return Which(_sentence(locations, doors, period), period, locations, doors)


def _ranked(days: ReportDays, subjects: tuple[Subject, ...], period: Period) -> tuple[Ranked, ...]:
    rows = [
        Ranked(
            subject.name,
            subject.location,
            subject.counts_visits,
            days.count(subject, period),
            days.compare(subject, period, periods.before(period)),
        )
        for subject in subjects
    ]
    there = [row for row in rows if row.now.expected or row.before.count.expected]
    return tuple(sorted(there, key=lambda row: -1 if row.now.people is None else row.now.people, reverse=True))


def _sentence(locations: tuple[Ranked, ...], doors: tuple[Ranked, ...], period: Period) -> str:
    if not doors or doors[0].now.people is None:
        return f"No door counted anybody {periods.when(period)}."
    door = doors[0]
    said = (
        f"{door.name} was the busiest of {len(doors):,} doors"
        if len(doors) > 1
        else f"{door.name} is the only door"
    )
    said += f" {periods.when(period)}, with {counted(door.now.people or 0, 'in')}"
    place = locations[0] if len(locations) > 1 else None
    if place and place.now.people is not None:
        visits = counted(place.now.people, "visit")
        said += f", and {location_in_words(place.name)} the busiest of {len(locations):,} locations, with {visits}"
    return f"{said}."
