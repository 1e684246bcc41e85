"""The two charts of the page as the numbers that an SVG needs: a line with a band, and pairs of bars.

The SVG itself is in `template/charts.html`. Places along an axis are percentages, so a chart fits any width while
its text keeps its size. The paths are in a box of their own, in which a day is 1 wide and `HEIGHT` is high.

vl-convert draws the same two charts, but each takes it 0.2 s and ten times the text, and its width and colours are
fixed. For two shapes its wheel of 33 MB is too much.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from sensource_dagster.report.content import Day, Month
from sensource_dagster.report.day_verdicts import is_outside, noted

HEIGHT = 100
# The box of the paths, in % of the chart's height. Above it is room for half a label, below it are the labels.
TOP, PLOT = 8.0, 80.0
_MOST_LABELS = 8
_ON_A_PHONE = 3


@dataclass(frozen=True)
class Tick:
    """A label beside an axis. A minor one is left out where the page is narrow."""

    at: float
    label: str
    minor: bool = False


@dataclass(frozen=True)
class LineChart:
    """A line of days.

    Attributes:
        width: days.
        band, line: what to fill and what to draw; a gap ends one and begins another.
        alone: a dot for each day that has a gap on both sides, which no line can show.
        incomplete, outside: a dot for each incomplete day, and for each day outside of the band.
        missing: first day and number of days of each gap.
        notes: holidays and closures, at the middle of their days.
    """

    width: int
    band: str
    line: str
    alone: str
    incomplete: str
    outside: str
    missing: tuple[tuple[int, int], ...]
    notes: tuple[Tick, ...]
    x: tuple[Tick, ...]
    y: tuple[Tick, ...]


@dataclass(frozen=True)
class Bar:
    """A bar of a month, in % of the chart. Its kind is "now" or "ago"."""

    kind: str
    complete: bool
    x: float
    y: float
    height: float


@dataclass(frozen=True)
class BarChart:
    bars: tuple[Bar, ...]
    bar_width: float
    x: tuple[Tick, ...]
    y: tuple[Tick, ...]


def line_chart(days: Sequence[Day]) -> LineChart:
    numbers = (number for day in days for number in (day.people, day.low, day.high) if number is not None)
    y_ticks, top = _scale(numbers)
    people = {at: day.people for at, day in enumerate(days) if day.people is not None}
    low = {at: day.low for at, day in enumerate(days) if day.low is not None and day.high is not None}
    high = {at: day.high for at, day in enumerate(days) if day.low is not None and day.high is not None}

    def height(number: int) -> int:
        return round(HEIGHT * (1 - number / top))

    def points(numbers: Mapping[int, int], run: range) -> list[tuple[float, int]]:
        return [(at + 0.5, height(numbers[at])) for at in run]

    def dots(marked: Iterable[int]) -> str:
        """Steps from dot to dot, which are shorter than places."""
        path, x, y = "", 0, 0
        for at in marked:
            step = f"m{at - x} {height(people[at]) - y}" if path else f"M{at}.5 {height(people[at])}"
            path += step.replace(" -", "-") + "h0"
            x, y = at, height(people[at])
        return path

    def band(run: range) -> str:
        """Half a day further at both ends: the band of a single day is as wide as the day."""
        above, below = points(high, run), points(low, run)
        left, right = run[0], run[-1] + 1
        upper = [(left, above[0][1]), *above, (right, above[-1][1])]
        return _path([*upper, (right, below[-1][1]), *reversed(below), (left, below[0][1])]) + "z"

    runs = _runs(people)
    return LineChart(
        width=len(days),
        band="".join(map(band, _runs(low))),
        line="".join(_path(points(people, run)) for run in runs if len(run) > 1),
        alone=dots(run[0] for run in runs if len(run) == 1),
        incomplete=dots(at for at in people if not days[at].complete),
        outside=dots(at for at in people if days[at].complete and is_outside(days[at])),
        missing=tuple((run[0], len(run)) for run in _runs(set(range(len(days))) - set(people))),
        notes=_notes(days),
        x=_thinned([Tick(_middle(at, len(days)), str(days[at].day)) for at in _labelled_days(days)]),
        y=y_ticks,
    )


def bar_chart(months: Sequence[Month]) -> BarChart:
    """Two bars for each month: this year's, and the one of the year before to its left."""
    y_ticks, top = _scale(
        people
        for month in months
        for people in (month.now.people, month.year_ago.count.people)
        if people is not None
    )
    slot = 100 / max(len(months), 6)  # one or two months do not become walls
    width = slot * 0.36
    bars = []
    for at, month in enumerate(months):
        middle = slot * (at + 0.5)
        for kind, x, count in (("ago", middle - width, month.year_ago.count), ("now", middle, month.now)):
            if count.people is not None:
                height = PLOT * count.people / top
                bars.append(Bar(kind, count.complete, x, TOP + PLOT - height, height))
    labels = [Tick(slot * (at + 0.5), f"{month.month:%Y-%m}") for at, month in enumerate(months)]
    return BarChart(tuple(bars), width, _thinned(labels, most=12), y_ticks)


def _scale(numbers: Iterable[int]) -> tuple[tuple[Tick, ...], float]:
    """Labels at round numbers, the highest of which is the top of the chart."""
    most = max(numbers, default=0) or 1
    rough = most / 4
    magnitude = 10 ** math.floor(math.log10(rough))
    step = max(1, next(magnitude * factor for factor in (1, 2, 2.5, 5, 10) if magnitude * factor >= rough))
    step = math.ceil(step)  # people are whole
    count = math.ceil(most / step)
    top = step * count
    return tuple(Tick(TOP + PLOT * (1 - at / count), f"{step * at:,}") for at in range(count + 1)), top


def _runs(places: Iterable[int]) -> list[range]:
    """The places that follow one another, together."""
    grouped = groupby(enumerate(sorted(places)), key=lambda pair: pair[1] - pair[0])
    together = [[place for _, place in pairs] for _, pairs in grouped]
    return [range(run[0], run[-1] + 1) for run in together]


def _path(points: Sequence[tuple[float, int]]) -> str:
    """A path with relative steps, which are the shortest text."""
    (x, y), *others = points
    steps = []
    for next_x, next_y in others:
        steps.append(f"{next_x - x:g} {next_y - y}")
        x, y = next_x, next_y
    return f"M{points[0][0]:g} {points[0][1]}l{' '.join(steps).replace(' -', '-')}"


def _middle(at: int, days: int) -> float:
    return 100 * (at + 0.5) / days


def _labelled_days(days: Sequence[Day]) -> list[int]:
    """Each day of up to eight, else Mondays, or firsts of a month."""
    if len(days) <= _MOST_LABELS:
        return list(range(len(days)))
    if len(days) <= 70:
        return [at for at, day in enumerate(days) if day.day.weekday() == 0]
    return [at for at, day in enumerate(days) if day.day.day == 1]


def _thinned(ticks: Sequence[Tick], most: int = _MOST_LABELS) -> tuple[Tick, ...]:
    kept = ticks[:: math.ceil(len(ticks) / most) or 1]
    on_a_phone = math.ceil(len(kept) / _ON_A_PHONE) or 1
    return tuple(Tick(tick.at, tick.label, minor=at % on_a_phone > 0) for at, tick in enumerate(kept))


def _notes(days: Sequence[Day]) -> tuple[Tick, ...]:
    """A line at the first day of each note."""
    places = {day.day: at for at, day in enumerate(days)}
    return tuple(
        Tick(_middle(places[each.first], len(days)), f"{each.first}: {each.note}") for each in noted(days)
    )
