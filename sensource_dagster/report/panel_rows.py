"""A panel as the page shows it: its chart, its days in weeks, its hours with their colours."""

from __future__ import annotations

import calendar
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sensource_dagster.report.charts import LineChart, line_chart
from sensource_dagster.report.content import Day, HeatCell, Panel
from sensource_dagster.report.day_verdicts import Noted, noted
from sensource_dagster.report.formats import least_to_most

LEVELS = 6
"""Colours of the heat map beside the one of zero; the style has as many."""
WEEKDAYS = tuple(calendar.day_name)


@dataclass(frozen=True)
class Week:
    """Seven days from Monday on. None is a day outside of the period."""

    monday: date
    days: tuple[Day | None, ...]


@dataclass(frozen=True)
class ColouredCell:
    """A cell of the heat map. The level is 0 to `LEVELS`; None where nothing is known."""

    people: float | None
    level: int | None
    busiest: bool


@dataclass(frozen=True)
class HeatRow:
    """An hour of the seven weekdays."""

    hour: int
    cells: tuple[ColouredCell, ...]


@dataclass(frozen=True)
class PanelRows:
    """A panel, and what the template needs of it.

    Attributes:
        id: a word for links, such as "s3". Names are no ids: they have any characters.
        heat: without the hours at both ends of the day in which nobody was ever counted.
        means_of: of each weekday, how many hours each of its means is made of; None if there are none.
        notes: the holidays and closures.
    """

    id: str
    panel: Panel
    chart: LineChart
    weeks: tuple[Week, ...]
    notes: tuple[Noted, ...]
    heat: tuple[HeatRow, ...]
    means_of: tuple[str | None, ...]


def panel_rows(number: int, panel: Panel) -> PanelRows:
    return PanelRows(
        id=f"s{number}",
        panel=panel,
        chart=line_chart(panel.days),
        weeks=_weeks(panel.days),
        notes=noted(panel.days),
        heat=_heat(panel),
        means_of=tuple(_means_of(weekday) for weekday in panel.hours),
    )


def _weeks(days: Sequence[Day]) -> tuple[Week, ...]:
    by_date = {day.day: day for day in days}
    if not by_date:
        return ()
    monday = min(by_date) - timedelta(days=min(by_date).weekday())
    mondays = [monday + timedelta(weeks=number) for number in range((max(by_date) - monday).days // 7 + 1)]
    return tuple(
        Week(first, tuple(by_date.get(first + timedelta(days=number)) for number in range(7))) for first in mondays
    )


def _heat(panel: Panel) -> tuple[HeatRow, ...]:
    most = max((cell.people for weekday in panel.hours for cell in weekday if cell.people), default=0.0)
    counted = [hour for hour in range(24) if any(weekday[hour].people for weekday in panel.hours)]
    if not counted:
        return ()
    return tuple(
        HeatRow(
            hour,
            tuple(
                ColouredCell(weekday[hour].people, _level(weekday[hour], most), busiest == hour)
                for weekday, busiest in zip(panel.hours, panel.busiest, strict=True)
            ),
        )
        for hour in range(counted[0], counted[-1] + 1)
    )


def _level(cell: HeatCell, most: float) -> int | None:
    if cell.people is None:
        return None
    return math.ceil(LEVELS * cell.people / most) if most else 0


def _means_of(weekday: Sequence[HeatCell]) -> str | None:
    hours = [cell.hours for cell in weekday if cell.people is not None]
    return least_to_most(hours) if hours else None
