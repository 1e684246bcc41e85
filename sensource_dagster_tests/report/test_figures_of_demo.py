"""The report of the demo's account names what is wrong with it in sections 2 and 3, and nothing else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone

import duckdb
import pytest

from sensource_dagster.report.content import Report
from sensource_dagster.report.counts_of_period import Period
from sensource_dagster.simulator.holidays import holiday_of
from sensource_dagster_tests.cli.exports import exporting
from sensource_dagster_tests.published_demo import OPTIONS, TODAY, ZONE, Demo, make_demo
from sensource_dagster_tests.report.page_parts import Element, parts, rows_of
from sensource_dagster_tests.report.reports import report_of

pytestmark = pytest.mark.slow  # a year of the demo is read first

MADE_AT = datetime(TODAY.year, TODAY.month, TODAY.day, 11, tzinfo=ZONE)
SHOWN = Period(date(2025, 11, 1), TODAY - timedelta(days=1))


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    return make_demo(tmp_path_factory.mktemp("demo"))


@pytest.fixture(scope="module")
def views(demo: Demo) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(demo.file), read_only=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def report(views: duckdb.DuckDBPyConnection) -> Report:
    return report_of(views, SHOWN, made_at=MADE_AT)


@pytest.fixture(scope="module")
def door(views: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """zone -> the door's name."""
    return dict(views.execute("SELECT zone_id, door FROM sensource.door").fetchall())


@pytest.fixture(scope="module")
def page(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> list[Element]:
    """The page as `sensource report` writes it."""
    folder = tmp_path_factory.mktemp("report")
    with exporting(folder, demo.file, "report") as command:
        said = command("--from", str(SHOWN.first), "--to", str(SHOWN.last), "--output", "page.html")
    assert said.exit_code == 0, said.stderr
    return parts((folder / "page.html").read_text())


def days(period: Period = SHOWN) -> list[date]:
    return [period.first + timedelta(days=number) for number in range((period.last - period.first).days + 1)]


def test_the_dead_door_is_the_only_unusual_one(report: Report) -> None:
    [found] = report.trust.unusual
    assert (found.door, found.since, found.people) == ("Parking Garage Door", date(2025, 12, 1), 0)
    assert "1 door is unusual now (Parking Garage Door)" in report.trust.sentence


def test_exactly_the_hours_that_the_account_lost_are_missing(
    demo: Demo, report: Report, door: dict[str, str]
) -> None:
    lost: dict[str, list[date]] = defaultdict(list)
    for zone, name in door.items():
        for day in days():
            hours = sum(hour.date() == day for of, hour in demo.traffic if of == zone)
            lost[name] += [day] * (24 - hours)
    assert {row.door: (row.first, row.last, row.hours) for row in report.trust.missing} == {
        name: (min(found), max(found), len(found)) for name, found in lost.items() if found
    }
    assert len(report.trust.missing) > 1
    [half_day] = [given.half_day for given in OPTIONS.doors if given.half_day]
    longest = report.trust.missing[0]
    assert (longest.door, longest.days) == ("Pearl Street Entrance", 0)
    assert longest.first <= half_day <= longest.last
    assert longest.hours >= 12


def test_the_page_that_the_command_writes_has_the_numbers_of_the_views(
    views: duckdb.DuckDBPyConnection, page: list[Element]
) -> None:
    days = [SHOWN.first, SHOWN.last]
    visits = views.execute(
        "SELECT location, sum(visits)::BIGINT FROM sensource.location_daily WHERE day BETWEEN ? AND ? "
        "GROUP BY ALL ORDER BY 1",
        days,
    ).fetchall()
    everything, *locations = [(row[0], row[1].split()[0]) for row in rows_of(page, "how-many")]
    assert locations == [(name, f"{people:,}") for name, people in visits]
    assert everything == ("All locations", f"{sum(people for _, people in visits):,}")
    doors = views.execute(
        "SELECT door, sum(ins)::BIGINT FROM sensource.traffic_daily WHERE day BETWEEN ? AND ? GROUP BY ALL", days
    ).fetchall()
    ranked = [row for row in rows_of(page, "which") if row[0] not in dict(visits)]
    assert len(ranked) == len(doors)
    for door, people in doors:
        assert any(row[0].startswith(door) and f"{people:,}" in row[-3] for row in ranked), (door, people, ranked)


def test_the_page_that_the_command_writes_names_what_the_report_names_and_nothing_else(
    report: Report, page: list[Element]
) -> None:
    trust = report.trust
    assert [(row[0], row[-1]) for row in rows_of(page, "trust")][: len(trust.missing)] == [
        (missing.door, str(missing.hours)) for missing in trust.missing
    ]
    assert [row[0] for row in rows_of(page, "trust")][len(trust.missing) :] == [
        *(unusual.door for unusual in trust.unusual),
        *(moved.location for moved in trust.moved),
    ]
    noted = [part.text for part in page if part.tag == "#text" and "closed: no visits" in part.text]
    assert noted


def test_exactly_the_holidays_are_named_on_every_line(report: Report) -> None:
    holidays = [day for day in days() if holiday_of(day)]
    assert len(holidays) == 2
    for panel in report.panels:
        assert [day.day for day in panel.days if day.note] == holidays, panel.subject
        assert {day.note for day in panel.days if day.note} == {"closed: no visits"}


def test_the_corrections_are_those_of_the_account(demo: Demo, report: Report) -> None:
    moved: dict[tuple[str, date], list[int]] = defaultdict(list)
    for (day, zone), changes in demo.corrected.items():
        if zone in demo.outer:
            moved[demo.location_of[zone], day.replace(day=1)] += changes
    assert {(row.location, row.month): (row.hours, row.after - row.before) for row in report.trust.moved} == {
        figure: (len(changes), sum(changes)) for figure, changes in moved.items()
    }
    assert report.trust.moved


def test_corrections_that_the_last_report_had_are_not_named_again(views: duckdb.DuckDBPyConnection) -> None:
    [(seen,)] = views.execute("SELECT max(epoch(seen_at)) FROM sensource.corrections").fetchall()
    last_report = datetime.fromtimestamp(seen, timezone.utc)
    assert report_of(views, SHOWN, made_at=MADE_AT, last_report=last_report).trust.moved == ()


def test_visits_are_those_of_the_account(demo: Demo, report: Report) -> None:
    visits: dict[str, int] = defaultdict(int)
    for (zone, hour), (ins, _) in demo.traffic.items():
        if zone in demo.outer and SHOWN.first <= hour.date() <= SHOWN.last:
            visits[demo.location_of[zone]] += ins
    everything, *locations = report.how_many.rows
    assert {row.location: row.now.people for row in locations} == visits
    assert everything.now.people == sum(visits.values())
