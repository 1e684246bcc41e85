"""Each value that a merge corrects is recorded and kept for a limited time."""

from __future__ import annotations

import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensource_dagster_tests.warehouse.samples import FIRST, KEEP, Row, Store, count

HOUR = timedelta(hours=1)
RUNNING = int((FIRST - datetime(2025, 12, 1, tzinfo=FIRST.tzinfo)) / HOUR)
"""The hour (of `count`) in which the first merge happens."""


def corrections(store: Store) -> list[tuple[Any, ...]]:
    exists = store.sql("SELECT count(*) FROM duckdb_tables() WHERE table_name = 'corrections'") == [(1,)]
    columns = "table_name, entity_id, record_date_hour_1, column_name, old_value, new_value, seen_at"
    return store.sql(f"SELECT {columns} FROM {{s}}.corrections ORDER BY ALL") if exists else []


def test_each_corrected_value_is_recorded_with_the_old_value_and_the_time_of_the_new_one(store: Store) -> None:
    store.put(count("a", 3, ins=10, outs=20), count("b", 3))

    counts = next(iter(store.put(count("a", 3, ins=11, outs=21), count("b", 3)).days.values()))

    hour = datetime(2025, 12, 1, 3, tzinfo=FIRST.tzinfo)
    assert corrections(store) == [
        ("traffic", "a", hour, "sumins", "10", "11", FIRST + HOUR),
        ("traffic", "a", hour, "sumouts", "20", "21", FIRST + HOUR),
    ]
    assert (counts.corrected, counts.grown, counts.unchanged) == (1, 0, 1)


def test_a_change_of_an_hour_that_was_still_running_is_growth_and_no_correction(store: Store) -> None:
    store.put(count("a", RUNNING, ins=1))

    [grown] = store.put(count("a", RUNNING, ins=9)).days.values()
    assert (grown.grown, grown.corrected) == (1, 0)
    assert corrections(store) == []

    [corrected] = store.put(
        count("a", RUNNING, ins=10)
    ).days.values()  # it was read after its end, and has changed since
    assert (corrected.grown, corrected.corrected) == (0, 1)
    assert [row[3:6] for row in corrections(store)] == [("sumins", "9", "10")]


def test_a_change_of_an_hour_in_the_future_is_growth_too(store: Store) -> None:
    store.put(count("a", RUNNING + 1, ins=1))
    store.put(count("a", RUNNING + 1, ins=2))

    assert corrections(store) == []


def test_a_change_days_later_is_a_correction_even_if_the_row_was_last_written_in_its_hour(store: Store) -> None:
    store.put(count("a", RUNNING, ins=1))
    store.put(count("a", RUNNING, ins=1))
    store.merges += 48

    [late] = store.put(count("a", RUNNING, ins=9)).days.values()

    assert (late.grown, late.corrected) == (0, 1)
    assert [row[3:6] for row in corrections(store)] == [("sumins", "1", "9")]


def test_a_measure_that_becomes_null_is_a_correction_and_its_first_value_is_none(store: Store) -> None:
    store.put(count("a", 3, ins=None))

    [first] = store.put(count("a", 3, ins=4)).days.values()
    assert (first.corrected, first.updated) == (0, 1)
    assert corrections(store) == []

    [nulled] = store.put(count("a", 3, ins=None)).days.values()
    assert (nulled.corrected, nulled.updated) == (1, 0)
    assert [row[3:6] for row in corrections(store)] == [("sumins", "4", None)]


@pytest.mark.parametrize(
    "fields", [{"name": "New"}, {"recordError": True}, {"text": "b"}, {"new": 1}, {"flag": True}]
)
def test_what_describes_a_row_or_is_new_to_it_is_no_correction(store: Store, fields: Row) -> None:
    store.put({**count("a", 3), "text": "a", "flag": False})

    [updated] = store.put({**count("a", 3), "text": "a", "flag": False, **fields}).days.values()

    assert (updated.corrected, updated.updated) == (0, 1)
    assert corrections(store) == []


def test_the_name_that_changes_with_a_measure_is_not_recorded(store: Store) -> None:
    store.put(count("a", 3, ins=1))
    store.put(count("a", 3, ins=2, name="New"))

    assert [row[3:6] for row in corrections(store)] == [("sumins", "1", "2")]


def test_corrections_of_unknown_columns_of_any_name_are_recorded(store: Store) -> None:
    store.put(count("a", 3, **{'it\'s "odd"': 1}))
    store.put(count("a", 3, **{'it\'s "odd"': 2}))

    assert [row[4:6] for row in corrections(store)] == [("1", "2")]


def test_a_changed_list_records_no_corrections(store: Store) -> None:
    store.put({"siteId": "s", "name": "Old"}, table="site")
    store.put({"siteId": "s", "name": "New"}, table="site")

    assert corrections(store) == []


def test_corrections_are_deleted_after_the_time_they_are_kept(store: Store) -> None:
    store.put(count("a", 3, ins=1))
    store.put(count("a", 3, ins=2))
    store.merges += KEEP // HOUR - 1
    store.put(count("b", 3))
    store.put(count("a", 3, ins=3))

    assert [row[4:6] for row in corrections(store)] == [("2", "3")]


def test_a_correction_is_still_there_at_the_end_of_the_time_it_is_kept(store: Store) -> None:
    store.put(count("a", 3, ins=1))
    store.put(count("a", 3, ins=2))
    store.merges += KEEP // HOUR - 1
    store.put(count("a", 3, ins=3))

    assert [row[4:6] for row in corrections(store)] == [("1", "2"), ("2", "3")]


def test_a_row_without_measures_that_vanishes_is_no_correction(store: Store) -> None:
    stays, goes = (
        {name: value for name, value in count(zone, 3).items() if not name.startswith("sum")} for zone in "ab"
    )
    store.put(stays, goes, window=(0, 24))

    vanished = store.put(stays, window=(0, 24))
    assert [counts.vanished for counts in vanished.days.values()] == [1]
    assert vanished.corrections == 0


def test_a_table_of_the_same_name_in_another_schema_is_not_touched(store: Store) -> None:
    store.sql("CREATE TABLE main.corrections (mine INTEGER)")
    store.put(count("a", 3, ins=1))
    store.put(count("a", 3, ins=2))

    assert store.sql("SELECT count(*) FROM main.corrections") == [(0,)]


@pytest.mark.slow
@settings(max_examples=25)
@given(st.lists(st.dictionaries(st.sampled_from("abc"), st.integers(0, 3), min_size=1), min_size=1, max_size=8))
def test_the_corrections_lead_from_each_first_value_to_the_present_one(responses: list[dict[str, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "w.duckdb")
        values: dict[str, int] = {}
        for response in responses:
            values = {**response, **values}  # the first value of each
            store.put(*(count(zone, 3, ins=ins) for zone, ins in response.items()))
        for _, zone, _, _, old, new, _ in sorted(corrections(store), key=lambda row: row[-1]):
            assert values[zone] == int(old)
            values[zone] = int(new)
        assert dict(store.sql("SELECT zone_id, sumins FROM w.sensource.traffic")) == values
