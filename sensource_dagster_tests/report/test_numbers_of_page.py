"""Every number of the report is on its page, in the row that it belongs to."""

from __future__ import annotations

import pytest

from sensource_dagster.report.content import Report
from sensource_dagster.report.counts_of_period import Comparison, Count
from sensource_dagster.report.page import page_of
from sensource_dagster_tests.report.made_up import made_up_report
from sensource_dagster_tests.report.page_parts import Element, parts, rows_of


@pytest.fixture(scope="module", params=["made up", "of the views"])
def shown(request: pytest.FixtureRequest) -> Report:
    return made_up_report() if request.param == "made up" else request.getfixturevalue("report")


@pytest.fixture(scope="module")
def page(shown: Report) -> list[Element]:
    return parts(page_of(shown))


def test_the_visits_of_each_location(shown: Report, page: list[Element]) -> None:
    assert rows_of(page, "how-many") == [
        [
            row.location,
            counted(row.now),
            compared(row.before),
            compared(row.year_ago),
            counted(row.year_to_date),
            compared(row.year_to_date_ago),
        ]
        for row in shown.how_many.rows
    ]


def test_what_is_missing_unusual_and_corrected(shown: Report, page: list[Element]) -> None:
    trust = shown.trust
    assert rows_of(page, "trust") == [
        *([m.door, m.location, str(m.first), str(m.last), f"{m.days:,}", f"{m.hours:,}"] for m in trust.missing),
        *([u.door, u.location, str(u.since), f"{u.people:,}", f"{u.expected:,}"] for u in trust.unusual),
        *(
            [
                m.location,
                f"{m.month:%Y-%m}",
                f"{m.hours:,}",
                f"{m.before:,}",
                f"{m.after:,}",
                moved(m.after - m.before),
            ]
            for m in trust.moved
        ),
    ]


def test_the_people_of_each_location_and_door(shown: Report, page: list[Element]) -> None:
    which = shown.which
    assert rows_of(page, "which") == [
        *([row.name, counted(row.now), "", compared(row.before)] for row in which.locations),
        *(
            [
                row.name if row.counts_visits else f"{row.name} interior door: no visits",
                row.location,
                counted(row.now),
                "",
                compared(row.before),
            ]
            for row in which.doors
        ),
    ]


def test_how_full_each_space_was(shown: Report, page: list[Element]) -> None:
    rows = rows_of(page, "how-full")
    assert len(rows) == len(shown.how_full.spaces) > 0
    for cells, space in zip(rows, shown.how_full.spaces, strict=True):
        peak = (
            known(space.peak) if space.peak_at is None else f"{known(space.peak)} {space.peak_at:%Y-%m-%d %H:%M}"
        )
        share = f"{100 * space.peak / space.capacity:.0f} %" if space.peak is not None and space.capacity else ""
        average = "unknown" if space.average is None else f"{space.average:,.1f}"
        assert cells == [
            space.space,
            space.location,
            known(space.capacity),
            peak,
            share,
            average,
            f"{known(space.hours_over)} of {space.hours_counted:,} counted",
        ]


def test_each_month(shown: Report, page: list[Element]) -> None:
    assert rows_of(page, "years") == [
        [f"{month.month:%Y-%m}", counted(month.now), compared(month.year_ago)]
        for month in shown.year_over_year.months
    ]


def counted(count: Count) -> str:
    people = "not counted" if count.people is None else f"{count.people:,}"
    return f"{people} {whole(count)}"


def compared(comparison: Comparison) -> str:
    change = "not comparable" if comparison.change is None else f"{moved(round(comparison.change * 100))} %"
    people = comparison.count.people
    if people is None:
        return f"{change} nothing counted"
    comma = "," if comparison.count.complete else ""
    return f"{change} {people:,}{comma} {whole(comparison.count)}"


def whole(count: Count) -> str:
    if count.complete:
        return "complete" if count.expected else "no door expected"
    return f"{count.whole:,} of {count.expected:,} door days"


def moved(number: int) -> str:
    return f"{'+' if number > 0 else '' if number else '±'}{number:,}".replace("-", "\u2212")


def known(number: int | None) -> str:
    return "unknown" if number is None else f"{number:,}"
