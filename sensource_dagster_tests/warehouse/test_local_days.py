"""Rows move to the days of another zone, or of newer rules, all of them or none."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sensource_dagster.contract.frames import counts_frame
from sensource_dagster.contract.tables import TABLES
from sensource_dagster.errors import WarehouseError
from sensource_dagster.vea.windows import day_start
from sensource_dagster.warehouse.local_days import Moves, numbers, planned, rezoned
from sensource_dagster.warehouse.merge import merge
from sensource_dagster_tests.contract.rows import row

UTC = timezone.utc
DENVER, PARIS = ZoneInfo("America/Denver"), ZoneInfo("Europe/Paris")
TRAFFIC = TABLES["traffic"]
KEEP = timedelta(days=400)
FIRST = date(2025, 10, 30)  # clocks change on 2 November in Denver
ZONES = ["America/Denver", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Kiritimati", "Pacific/Pago_Pago", "UTC"]


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as memory:
        memory.execute("SET TimeZone = 'UTC'")
        yield memory


def fill(connection: duckdb.DuckDBPyConnection, zone: ZoneInfo, days: int = 5) -> None:
    """The hours of some local days, as a run reads them."""
    start, end = day_start(FIRST, zone), day_start(FIRST + timedelta(days=days), zone)
    hour = start + (-start.timestamp() % 3600) * timedelta(seconds=1)
    rows = []
    while hour < end:
        rows.append(row(hour=hour.isoformat()))
        hour += timedelta(hours=1)
    merge(connection, TRAFFIC, counts_frame(TRAFFIC, rows, start, end, zone).frame, datetime.now(UTC), KEEP, zone)


def all_rows(connection: duckdb.DuckDBPyConnection) -> list[tuple[Any, ...]]:
    return connection.execute(
        "SELECT record_date_hour_1, record_date, record_hour FROM sensource.traffic ORDER BY ALL"
    ).fetchall()


def traffic(moves: list[Moves]) -> Moves:
    [found] = [of_table for of_table in moves if of_table.table is TRAFFIC]
    return found


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(old=st.sampled_from(ZONES), new=st.sampled_from(ZONES))
@example("Pacific/Pago_Pago", "Pacific/Kiritimati")
def test_each_row_gets_the_day_and_hour_that_a_new_row_has(old: str, new: str) -> None:
    before, after = ZoneInfo(old), ZoneInfo(new)
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        fill(connection, before)
        with rezoned(connection, after) as moves:
            windows = traffic(moves).windows
        for hour, day, local in all_rows(connection):
            assert local == hour.astimezone(after).replace(tzinfo=None)
            assert day == local.date()
        assert not any(planned(connection, after))
        for number in range(5):
            day = FIRST + timedelta(days=number)
            assert windows[day] == (day_start(day, before), day_start(day + timedelta(days=1), before))


def test_rejected_rows_move_as_well_and_one_without_an_hour_stays(connection: duckdb.DuckDBPyConnection) -> None:
    start, end = day_start(FIRST, DENVER), day_start(FIRST + timedelta(days=1), DENVER)
    late = (end - timedelta(hours=1)).isoformat()
    rows = [row(f"z{number}", hour=start.isoformat()) for number in range(60)]
    bad = [row("a", hour=late, sumins="many"), row("b", hour="soon")]
    frame = counts_frame(TRAFFIC, [*rows, *bad], start, end, DENVER).frame
    merge(connection, TRAFFIC, frame, datetime.now(UTC), KEEP, DENVER)
    with rezoned(connection, PARIS):
        pass
    found = connection.execute("SELECT entity_id, record_date FROM sensource.rejected ORDER BY 1").fetchall()
    assert found == [("a", FIRST + timedelta(days=1)), ("b", FIRST)]


def test_what_moves_is_counted_by_day_and_the_numbers_are_those_after_it(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    fill(connection, DENVER, days=2)
    assert traffic(planned(connection, PARIS)).hours == 48
    with rezoned(connection, PARIS) as moves:
        moved = traffic(moves)
        said = numbers(connection, moved)
    first, second, third = (FIRST + timedelta(days=number) for number in range(3))
    assert moved.rows == {(first, second): 7, (second, third): 7}  # from 17:00 on
    assert moved.days == [first, second, third]
    assert (moved.into(second), moved.out_of(second)) == (7, 7)
    assert [said[day]["rows"] for day in moved.days] == [17, 24, 7]
    assert said[second]["zones"] == 1
    assert said[second]["ins"] == 24 * 112


def test_newer_rules_move_only_the_rows_whose_hours_they_change_and_duckdb_s_rules_decide_nothing(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    fill(connection, DENVER)
    before = all_rows(connection)
    with files("tzdata").joinpath("zoneinfo", "America/Phoenix").open("rb") as file:
        newer = ZoneInfo.from_file(file, key="America/Denver")  # clocks no longer change: winter time all the year
    with rezoned(connection, newer) as moves:
        # Four days of summer time: the first hour of each moves to the day before.
        assert sum(traffic(moves).rows.values()) == 4
    changed = [new for old, new in zip(before, all_rows(connection), strict=True) if old != new]
    assert len(changed) == traffic(moves).hours == 3 * 24 + 2
    assert all(local == hour.astimezone(newer).replace(tzinfo=None) for hour, _, local in changed)


def test_nothing_moves_if_the_block_fails_or_the_database_does(connection: duckdb.DuckDBPyConnection) -> None:
    fill(connection, DENVER)
    before = all_rows(connection)
    with pytest.raises(ZeroDivisionError), rezoned(connection, PARIS):
        _ = 1 / 0
    connection.execute("ROLLBACK")  # as the end of the connection does
    assert all_rows(connection) == before
    with (
        pytest.raises(WarehouseError, match=r"cannot be moved: .*nowhere.* Nothing was changed"),
        rezoned(connection, PARIS),
    ):
        connection.execute("FROM nowhere")


def test_rows_that_are_older_than_the_local_hour_get_it_and_say_of_no_day_how_long_it_was(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    fill(connection, DENVER)
    connection.execute("ALTER TABLE sensource.traffic DROP record_hour")
    with rezoned(connection, PARIS) as moves:
        assert traffic(moves).windows == {}
        assert traffic(moves)
    assert all(local == hour.astimezone(PARIS).replace(tzinfo=None) for hour, _, local in all_rows(connection))


def test_a_warehouse_without_counts_has_nothing_to_move(connection: duckdb.DuckDBPyConnection) -> None:
    assert planned(connection, PARIS) == []
