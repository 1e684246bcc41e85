"""Rows that Vea no longer sends stay. They are counted, and `corrections` says once that they are gone."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from sensource_dagster.warehouse.merge import MergeResult
from sensource_dagster_tests.warehouse.samples import FIRST, KEEP, Row, Store, count, hour, instant

DAY = date(2025, 12, 1)
DAYS = (0, 48)  # the window of the first two days of December 2025, in hours
NOW = int((FIRST - instant(0)) / timedelta(hours=1))
"""The hour of December 2025 in which the first response is requested: midnight."""


def vanished(result: MergeResult) -> dict[Any, int]:
    return {day: counts.vanished for day, counts in result.days.items() if counts.vanished}


def gone(store: Store) -> list[tuple[str, datetime, str, Any, Any]]:
    columns = "entity_id, record_date_hour_1, column_name, old_value, new_value"
    return store.sql(f"SELECT {columns} FROM {{s}}.corrections ORDER BY seen_at, 1, 2, 3")


def test_vanished_rows_stay_and_are_counted_on_their_day_and_recorded_once(store: Store) -> None:
    store.put(count("a", 3, ins=5), count("a", 4), count("b", 30, ins=7, outs=None), count("b", 31), window=DAYS)
    before = store.rows()

    first = store.put(count("a", 4), count("b", 31), window=DAYS)

    assert store.rows() == before
    assert vanished(first) == {DAY: 1, DAY + timedelta(days=1): 1}
    assert [day.unchanged for day in first.days.values()] == [1, 1]
    recorded = [
        ("a", instant(3), "sumins", "5", None),
        ("a", instant(3), "sumouts", "2", None),
        ("b", instant(30), "sumins", "7", None),
    ]
    assert (gone(store), first.corrections) == (recorded, 3)

    again = store.put(count("a", 4), count("b", 31), window=DAYS)
    assert (vanished(again), again.corrections) == (vanished(first), 0)
    assert gone(store) == recorded


def test_a_day_without_any_row_in_the_response_counts_its_vanished_rows(store: Store) -> None:
    store.put(count("a", 3), count("a", 30), window=DAYS)

    result = store.put(count("a", 30), window=DAYS)

    assert vanished(result) == {DAY: 1}
    assert result.days[DAY].rows == 0


@pytest.mark.parametrize(("ins", "at"), [(5, 3), (6, 0)])  # also in the first hour of the window
def test_a_row_that_comes_back_is_a_row_again(store: Store, ins: int, at: int) -> None:
    store.put(count("a", at, ins=5, outs=None), count("a", 4), window=DAYS)
    store.put(count("a", 4), window=DAYS)

    back = store.put(count("a", at, ins=ins, outs=None), count("a", 4), window=DAYS)

    assert vanished(back) == {}
    assert (back.days[DAY].corrected, back.days[DAY].unchanged) == (1, 1)
    was_gone = ("a", instant(at), "sumins", "5", None)
    is_back = ("a", instant(at), "sumins", None, str(ins))
    assert gone(store) == [was_gone, is_back]

    store.put(count("a", at, ins=ins, outs=None), count("a", 4), window=DAYS)
    assert gone(store) == [was_gone, is_back]

    for _ in range(2):  # once, also if it was gone before
        store.put(count("a", 4), window=DAYS)
        assert gone(store) == [was_gone, is_back, ("a", instant(at), "sumins", str(ins), None)]


def test_only_measures_that_the_response_carries_are_recorded_as_gone_or_as_back(store: Store) -> None:
    def bare(*hours: int, **fields: int) -> list[Row]:
        return [{"zoneId": "a", "recordDate_hour_1": hour(at), **fields} for at in hours]

    store.put(count("a", 3, ins=5), count("a", 4), window=DAYS)
    assert vanished(store.put(*bare(4), window=DAYS)) == {DAY: 1}
    assert gone(store) == []

    corrects_one_too = store.put(*bare(4, sumins=2), window=DAYS)
    recorded = [("a", instant(3), "sumins", "5", None), ("a", instant(4), "sumins", "1", "2")]
    assert (corrects_one_too.corrections, gone(store)) == (2, recorded)

    store.put(*bare(3, 4), window=DAYS)
    assert gone(store) == recorded
    assert store.rows()[0]["sumins"] == 5


@pytest.mark.parametrize("window", [(0, 24), (24, 36), None])
def test_rows_outside_of_the_requested_window_do_not_count(store: Store, window: tuple[int, int] | None) -> None:
    store.put(count("a", 3), count("a", 36), window=DAYS)

    assert vanished(store.put(count("a", 3), window=window)) == {}
    assert gone(store) == []


@pytest.mark.parametrize(("zone", "counted"), [("UTC", 1), ("America/Denver", 0)])  # there it is still yesterday
def test_rows_of_the_local_day_of_the_request_do_not_count(store: Store, zone: str, counted: int) -> None:
    window = (NOW - 24, NOW + 24)
    store.put(count("a", NOW - 1), count("a", NOW), count("b", NOW), window=window, zone=zone)

    result = store.put(count("b", NOW), window=window, zone=zone)

    assert sum(vanished(result).values()) == counted


def test_a_request_of_fewer_metrics_lets_no_row_vanish(store: Store) -> None:
    store.put(count("a", 3), window=DAYS)
    only_ins = count("a", 3)
    del only_ins["sumouts"]

    assert vanished(store.put(only_ins, window=DAYS)) == {}
    assert gone(store) == []


@pytest.mark.parametrize("rows", [[], [count("of another account", 3)]])
def test_a_response_without_any_row_of_the_table_counts_the_rows_and_records_nothing(
    store: Store, rows: list[dict[str, Any]]
) -> None:
    store.put(count("a", 3), window=DAYS)

    result = store.put(*rows, window=DAYS)
    assert (vanished(result), result.corrections) == ({DAY: 1}, 0)
    assert gone(store) == []


def test_what_vanished_of_another_table_says_nothing_though_its_space_has_the_id_of_a_zone(store: Store) -> None:
    def spaces(*hours: int) -> list[Row]:
        sums = {"maxoccupancy": 1, "minoccupancy": 1, "avgoccupancy": 1.0, "sumins": 1, "sumouts": 1}
        return [{"spaceId": "a", "recordDate_hour_1": hour(at), **sums} for at in hours]

    store.put(count("a", 3), count("a", 4), window=DAYS)
    store.put(*spaces(3, 4), table="occupancy", window=DAYS)
    store.put(*spaces(4), table="occupancy", window=DAYS)

    assert store.put(count("a", 4), window=DAYS).corrections == 2


def test_the_response_of_an_earlier_request_says_nothing_about_later_rows(store: Store) -> None:
    store.put(count("a", 4), window=DAYS)
    store.merges = 10
    store.put(count("a", 3), count("a", 4), window=DAYS)
    store.merges = 5

    assert vanished(store.put(count("a", 4), window=DAYS)) == {}
    assert gone(store) == []


def test_no_row_vanishes_from_a_response_of_its_own_instant(store: Store) -> None:
    store.put(count("a", 3), count("a", 4), window=DAYS)
    store.merges -= 1
    assert vanished(store.put(count("a", 4), window=DAYS)) == {}
    assert gone(store) == []


def test_an_earlier_response_does_not_bring_a_row_back(store: Store) -> None:
    store.put(count("a", 3), count("a", 4), window=DAYS)
    store.merges = 10
    store.put(count("a", 4), window=DAYS)
    recorded = gone(store)
    store.merges = 5

    earlier = store.put(count("a", 3), count("a", 4), window=DAYS)

    assert (earlier.days[DAY].unchanged, gone(store)) == (2, recorded)


def test_the_records_are_deleted_after_the_time_they_are_kept(store: Store) -> None:
    store.put(count("a", 3), count("a", 4), count("a", 5), window=DAYS)
    store.put(count("a", 4), count("a", 5), window=DAYS)
    store.merges += KEEP // timedelta(hours=1)

    store.put(count("a", 3), count("a", 4), count("a", 5), window=DAYS)

    assert [row[3] for row in gone(store)] == [None, None]  # that the row is back, and no longer that it was gone
