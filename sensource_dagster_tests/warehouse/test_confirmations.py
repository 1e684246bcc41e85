"""A row that a later request left as it was is as late as that request. In any order the newest response wins."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sensource_dagster.contract.tables import TABLES
from sensource_dagster.warehouse.merge import MergeResult, merge
from sensource_dagster_tests.warehouse.samples import (
    FIRST,
    KEEP,
    Row,
    Store,
    count,
    frame_of,
    in_a_file,
    instant,
    table_rows,
)

HOUR = timedelta(hours=1)
TRAFFIC = TABLES["traffic"]
Counts = dict[tuple[str, int], int]
zones, hours = st.sampled_from(["a", "b"]), st.integers(0, 2)
responses = st.tuples(
    st.dictionaries(st.tuples(zones, hours), st.integers(1, 2)),
    st.none() | st.sampled_from([(0, 3), (0, 1), (1, 3)]),
)
orders = st.lists(responses, min_size=2, max_size=5).flatmap(
    lambda made: st.tuples(st.just(made), st.permutations(range(len(made))))
)
A, B = {("a", 0): 1}, {("a", 0): 2}


def put(store: Store, requested: int, *rows: Row, **more: Any) -> MergeResult:
    """Merge a response that was requested so many hours after the first one."""
    store.merges = requested
    return store.put(*rows, **more)


def ins(store: Store) -> list[int]:
    return [row["sumins"] for row in store.rows()]


@pytest.fixture(scope="module")
def in_new_file() -> Callable[[], tempfile.TemporaryDirectory[str]]:
    return lambda: tempfile.TemporaryDirectory(prefix="merge")


def put_counts(connection: duckdb.DuckDBPyConnection, requested: int, counts: Counts, window: Any) -> None:
    rows = [count(zone, at, ins=number) for (zone, at), number in counts.items()]
    within = window and (instant(window[0]), instant(window[1]))
    merge(connection, TRAFFIC, frame_of(TRAFFIC, *rows), FIRST + requested * HOUR, KEEP, window=within)


@settings(max_examples=15)
@given(orders)
@example(([(A, None), (B, None), (A, None)], [0, 2, 1]))  # A was confirmed, and then B comes late
@example(([(A, (0, 3)), ({("b", 0): 1}, (0, 3)), (B, None), ({("b", 0): 1}, (0, 3))], [0, 1, 3, 2]))
@example(([({}, None), (A, None), (B, None), ({("b", 0): 1}, None)], [3, 1, 2, 0]))  # B is newer than A
@example(([({("b", 0): 1}, (0, 3)), (A, (0, 3)), (B, (0, 3)), ({("b", 0): 1}, (0, 3))], [0, 3, 1, 2]))
@example(([({**A, ("a", 2): n}, (0, 3)) for n in (1, 2, 1)] + [(A, (0, 1))], [0, 2, 3, 1]))  # the last: hour 0
def test_in_any_order_of_the_merges_each_row_has_the_values_of_the_newest_request_that_has_it(
    in_new_file: Callable[[], tempfile.TemporaryDirectory[str]],
    made: tuple[list[tuple[Counts, Any]], list[int]],
) -> None:
    in_time, order = made
    cut = [
        ({key: n for key, n in counts.items() if not window or window[0] <= key[1] < window[1]}, window)
        for counts, window in in_time
    ]
    with in_new_file() as folder, Store(Path(folder) / "w.duckdb").warehouse.open() as connection:
        for number in order:
            put_counts(connection, number, *cut[number])
        found = {
            (row["zone_id"], (row["record_date_hour_1"] - instant(0)) // HOUR): row["sumins"]
            for row in table_rows(connection, "traffic")
        }
    expected: Counts = {}
    for counts, _ in cut:
        expected |= counts
    assert found == expected


@pytest.mark.parametrize("order", [*itertools.permutations(range(3))])
def test_in_any_order_of_whole_lists_the_newest_one_says_which_entries_there_are_and_their_values(
    store: Store, order: tuple[int, ...]
) -> None:
    lists = [{"a": "1", "b": "1"}, {"a": "2", "b": "1", "c": "1"}, {"a": "1", "d": "1"}]

    for number in order:
        put(store, number, *({"siteId": site, "name": name} for site, name in lists[number].items()), table="site")

    found = store.rows("site")
    assert {row["site_id"]: row["name"] for row in found if not row["_deleted"]} == {"a": "1", "d": "1"}
    assert {row["site_id"] for row in found if row["_deleted"]} <= {"b", "c"}


def test_a_late_response_neither_overwrites_nor_counts_as_vanished_what_was_confirmed(store: Store) -> None:
    both = count("a"), count("b")
    put(store, 0, *both, window=(0, 1))
    put(store, 9, *both, window=(0, 1))
    before = store.rows()

    [day] = put(store, 5, count("a", ins=7), window=(0, 1)).days.values()

    assert store.rows() == before
    assert (day.unchanged, day.corrected, day.vanished) == (1, 0, 0)
    assert store.sql("SELECT * FROM {s}.corrections") == []


def test_a_late_response_changes_the_rows_that_the_later_one_lacks_and_no_others(store: Store) -> None:
    put(store, 0, *(count(zone, at) for zone in "abc" for at in (0, 1)), window=(0, 2))
    put(store, 9, count("a", 0), window=(0, 1))

    put(store, 5, *(count(zone, at, ins=7) for zone in "abc" for at in (0, 1)), window=(0, 2))

    changed = [(row["zone_id"], row["record_date_hour_1"]) for row in store.rows() if row["sumins"] == 7]
    assert sorted(changed) == [("a", instant(1))] + [(zone, instant(at)) for zone in "bc" for at in (0, 1)]


@pytest.mark.parametrize("at", [0, 1])  # in one hour, or each in its own
def test_each_of_two_later_responses_confirms_its_own_rows(store: Store, at: int) -> None:
    put(store, 0, count("a", 0), count("b", at))
    put(store, 9, count("a", 0), window=(0, 1))
    put(store, 10, count("b", at), window=(at, at + 1))

    put(store, 5, count("a", 0, ins=7), count("b", at, ins=7), window=(0, 2))

    assert ins(store) == [1, 1]


@pytest.mark.parametrize("later", [1, 2])
@pytest.mark.parametrize(("hours", "stays"), [(23, True), (24, False), (30, False)])
def test_a_response_that_is_a_day_or_more_later_is_of_a_wrong_clock(
    store: Store, later: int, hours: int, stays: bool
) -> None:
    put(store, 0, count("a", ins=3 - later))
    put(store, 5 + hours, count("a", ins=1))  # it changes the row, or confirms it

    put(store, 5, count("a", ins=7))

    assert ins(store) == [1 if stays else 7]


def test_of_two_responses_of_one_instant_the_one_that_is_merged_last_stays(store: Store) -> None:
    for number in (1, 1, 7):
        put(store, 9, count("a", ins=number))

    assert ins(store) == [7]


def test_a_late_list_does_not_mark_an_entry_that_was_confirmed_as_deleted(store: Store) -> None:
    entries = [{"siteId": site, "name": site} for site in "ab"]
    put(store, 0, *entries, table="site")
    put(store, 9, *entries, table="site")

    assert put(store, 5, entries[0], table="site").deleted == 0

    assert [row["_deleted"] for row in store.rows("site")] == [False, False]


def test_an_entry_that_a_late_list_adds_is_deleted_if_a_later_list_lacks_it(store: Store) -> None:
    put(store, 9, {"siteId": "a", "name": "a"}, table="site")

    for _ in range(2):  # the second time it is unchanged
        put(store, 5, {"siteId": "a", "name": "a"}, {"siteId": "b", "name": "b"}, table="site")
        assert [row["_deleted"] for row in store.rows("site")] == [False, True]


def test_a_row_that_has_fitted_since_is_not_rejected_by_a_late_response(store: Store) -> None:
    put(store, 0, count("a"))
    put(store, 9, count("a"))

    put(store, 5, count("a", ins="many"), count("b"))

    assert store.sql("SELECT * FROM {s}.rejected") == []


@in_a_file
def test_what_was_confirmed_outlives_the_process_and_is_forgotten_after_a_day(
    store: Store, tmp_path: Path
) -> None:
    for hour in (0, 9, 10, 10):
        put(store, hour, count("a"), window=(0, 1))
    [file] = tmp_path.rglob("*.requests.json")
    assert file.read_text().count('"traffic"') == 1  # one request that confirms as much as the one before

    for at in range(3):
        for hour in (40, 41):
            put(store, hour + at, count("b", at), window=(at, at + 1))

    assert file.read_text().count('"traffic"') == 3


@in_a_file
def test_a_late_response_is_compared_with_the_requests_of_its_own_hours_alone(
    store: Store, tmp_path: Path
) -> None:
    put(store, 0, count("a"), window=(0, 1))
    put(store, 9, count("a"), window=(0, 1))
    [file] = tmp_path.rglob("*.requests.json")
    [own] = orjson.loads(file.read_bytes())
    hour = own["end"] - own["start"]
    others = [{**own, "start": own["end"] + hour * n, "end": own["end"] + hour * (n + 1)} for n in range(1_100)]
    file.write_bytes(orjson.dumps([own, *others]))

    put(store, 5, count("a", ins=7), window=(0, 1))

    assert ins(store) == [1]
    assert [each for each in orjson.loads(file.read_bytes()) if each["at"] == own["at"]] == [own, *others]


@in_a_file
@pytest.mark.parametrize("text", ["", "[1", "7", '[{"at": 1}]'])
def test_a_broken_file_confirms_nothing_and_is_replaced(store: Store, tmp_path: Path, text: str) -> None:
    put(store, 0, count("a"))
    put(store, 9, count("a"))
    [file] = tmp_path.rglob("*.requests.json")
    file.write_text(text)

    put(store, 5, count("a", ins=7))
    assert ins(store) == [7]

    put(store, 10, count("a", ins=7))
    put(store, 8, count("a", ins=8))
    assert ins(store) == [7]


@in_a_file
def test_a_merge_that_changes_every_row_needs_no_note(store: Store, tmp_path: Path) -> None:
    put(store, 0, count("a"), count("b"))
    put(store, 1, count("a", ins=5), count("b", ins=6))

    assert [*tmp_path.rglob("*.requests.json")] == []
