"""The queries of docs/questions.md print what it shows, and their figures are those of the account."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from pathlib import Path
from statistics import mean
from typing import Any

import duckdb
import pytest

from sensource_dagster_tests.documentation import PROJECT
from sensource_dagster_tests.packages import install
from sensource_dagster_tests.published_demo import TODAY, Demo, make_demo
from sensource_dagster_tests.question_tables import DOCUMENT, Printed, queries, rewritten, run

YESTERDAY, FOUR_WEEKS_AGO = TODAY - timedelta(days=1), TODAY - timedelta(days=28)
QUERIES = [(number, sql, table) for number, pairs in queries().items() for sql, table in pairs]


pytestmark = pytest.mark.slow  # 90 days of the demo are read first


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    return make_demo(tmp_path_factory.mktemp("demo"))


@pytest.fixture(scope="module")
def doors(demo: Demo) -> dict[str, str]:
    """zone -> the name of the door."""
    with duckdb.connect(str(demo.file), read_only=True) as connection:
        return dict(connection.execute("SELECT zone_id, door FROM sensource.door").fetchall())


def printed(demo: Demo, number: int, which: int = 0) -> Printed:
    return run(queries()[number][which][0], demo.file, TODAY)


def ins_by_door_and_day(demo: Demo) -> dict[tuple[str, date], list[int]]:
    """(zone, day) -> the ins of each hour that there is."""
    found = defaultdict(list)
    for (zone, hour), (ins, _) in demo.traffic.items():
        found[zone, hour.date()].append(ins)
    return found


def visits(demo: Demo) -> Counter[tuple[str, date]]:
    """(location, day) -> the ins of the outer doors."""
    counted: Counter[tuple[str, date]] = Counter()
    for (zone, hour), (ins, _) in demo.traffic.items():
        if zone in demo.outer:
            counted[demo.location_of[zone], hour.date()] += ins
    return counted


def summed(counted: Iterable[tuple[Any, int]]) -> dict[Any, int]:
    sums: Counter[Any] = Counter()
    for key, number in counted:
        sums[key] += number
    return dict(sums)


def test_there_are_twelve_questions_with_at_most_three_short_lines_of_sql_each() -> None:
    assert list(queries()) == list(range(1, 13))
    assert all(queries().values())
    for _, sql, _ in QUERIES:
        assert len(sql.splitlines()) <= 3
        assert max(map(len, sql.splitlines())) <= 125


@pytest.mark.parametrize(("sql", "table"), [query[1:] for query in QUERIES], ids=[query[0] for query in QUERIES])
def test_each_query_prints_the_table_below_it(sql: str, table: str, demo: Demo) -> None:
    shown = str(run(sql, demo.file, TODAY)).strip("\n")
    assert shown == table, "to write the tables anew: make docs"
    assert 1 <= len(table.splitlines()) - 2 <= 8


def test_to_write_the_document_anew_changes_nothing_else(demo: Demo) -> None:
    assert rewritten(demo.file, TODAY) == DOCUMENT.read_text()


@pytest.mark.slow
def test_the_queries_print_the_same_in_duckdb_1_4(demo: Demo, tmp_path: Path) -> None:
    environment = install(tmp_path, "duckdb==1.4.4")
    environment["PYTHONPATH"] += f":{PROJECT}"
    program = (
        "import datetime, pathlib, duckdb; from sensource_dagster_tests.question_tables import rewritten\n"
        "assert duckdb.__version__ == '1.4.4'\n"
        f"print(rewritten(pathlib.Path({str(demo.file)!r}), datetime.date.fromisoformat('{TODAY}')), end='')"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout == DOCUMENT.read_text(), done.stderr


def test_yesterday_by_door_is_what_the_account_counted(demo: Demo, doors: dict[str, str]) -> None:
    hours = {key: values for key, values in demo.traffic.items() if key[1].date() == YESTERDAY}
    expected = {
        (
            demo.location_of[zone],
            doors[zone],
            sum(ins for (other, _), (ins, _) in hours.items() if other == zone),
            sum(outs for (other, _), (_, outs) in hours.items() if other == zone),
            sum(other == zone for other, _ in hours),
        )
        for zone in {zone for zone, _ in hours}
    }
    assert {row[:5] for row in printed(demo, 1).rows} == expected


def test_the_busiest_hour_is_the_first_one_with_the_most_ins_of_the_account(
    demo: Demo, doors: dict[str, str]
) -> None:
    busiest: dict[str, tuple[datetime, int]] = {}
    for (zone, hour), (ins, _) in sorted(demo.traffic.items()):
        if hour.date() >= FOUR_WEEKS_AGO and ins > busiest.get(zone, (hour, -1))[1]:
            busiest[zone] = hour, ins
    shown = {door: (hour, ins) for _, door, hour, _, ins in printed(demo, 2).rows}
    assert shown == {doors[zone]: found for zone, found in busiest.items()}


def test_the_year_before_is_counted_on_the_same_weekdays(demo: Demo) -> None:
    counted, hours = visits(demo), ins_by_door_and_day(demo)
    whole = {
        (location, day)
        for location, day in counted
        if all(len(hours[zone, day]) == 24 for zone in demo.outer if demo.location_of[zone] == location)
    }
    expected: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for location, day in whole:
        before = day - timedelta(days=364)
        if FOUR_WEEKS_AGO <= day < TODAY and (location, before) in whole:
            for at, number in enumerate((1, counted[location, day], counted[location, before])):
                expected[location][at] += number
    assert {row[0]: list(row[1:]) for row in printed(demo, 4).rows} == expected


def test_each_weekday_and_hour_has_the_mean_of_the_hours_that_there_are(demo: Demo, doors: dict[str, str]) -> None:
    found = defaultdict(list)
    for (zone, hour), (ins, _) in demo.traffic.items():
        if doors[zone] == "Main Entrance" and FOUR_WEEKS_AGO <= hour.date() < TODAY:
            found[hour.isoweekday(), hour.hour].append(ins)
    table = printed(demo, 5)
    assert table.columns[2:] == tuple(map(str, range(9, 21)))
    shown = {
        (row[0], hour): number for row in table.rows for hour, number in zip(range(9, 21), row[2:], strict=True)
    }
    for key, number in shown.items():
        assert abs(number - mean(found[key])) <= 0.5  # type: ignore[index, operator]


def test_the_corrections_add_up_to_what_changed_in_the_account(demo: Demo, doors: dict[str, str]) -> None:
    expected = [(day, doors[zone], len(changes), sum(changes)) for (day, zone), changes in demo.corrected.items()]
    assert len(expected) > 5
    newest_first = sorted(expected, key=lambda row: (-row[0].toordinal(), row[1]))
    assert printed(demo, 8).rows == newest_first[:8]


def test_the_visits_of_a_month_and_of_a_fiscal_year_are_the_ins_of_the_outer_doors(demo: Demo) -> None:
    over = [(key, number) for key, number in visits(demo).items() if key[1] < TODAY]
    months = summed(((location, f"{day:%Y-%m}"), number) for (location, day), number in over)
    shown = {row[:2]: row[2] for row in printed(demo, 9).rows}
    assert shown == {key: number for key, number in months.items() if key[1] in ("2025-11", "2025-12")}
    years = summed(((location, day.year + (day.month >= 7)), number) for (location, day), number in over)
    assert {row[:2]: row[2] for row in printed(demo, 9, which=1).rows} == years


def test_the_trend_and_the_spreadsheet_have_the_visits_of_each_day(demo: Demo) -> None:
    counted = visits(demo)
    days = [TODAY - timedelta(days=number) for number in range(7, 0, -1)]
    assert [row[:2] for row in printed(demo, 11).rows] == [(day, counted["Boulder Library", day]) for day in days]
    table = printed(demo, 12)
    assert table.rows == [(day, *(counted[location, day] for location in table.columns[1:])) for day in days]
