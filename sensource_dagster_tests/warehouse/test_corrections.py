"""What a merge corrects is kept, value by value, for as long as is said."""

from __future__ import annotations

import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sensource_dagster_tests.warehouse.samples import FIRST, KEEP, Store, count

HOUR = timedelta(hours=1)
RUNNING = int((FIRST - datetime(2025, 12, 1, tzinfo=FIRST.tzinfo)) / HOUR)
"""The hour (of `count`) in which the first merge happens."""


def corrections(store: Store) -> list[tuple[Any, ...]]:
    exists = store.sql("SELECT count(*) FROM duckdb_tables() WHERE table_name = 'corrections'") == [(1,)]
    columns = "table_name, entity_id, record_date_hour_1, column_name, old_value, new_value, seen_at"
    return store.sql(f"SELECT {columns} FROM w.sensource.corrections ORDER BY ALL") if exists else []


def test_each_value_that_changed_is_kept_with_what_it_was_and_when_the_new_one_was_read(store: Store) -> None:
    store.put(count("a", 3, ins=10, outs=20), count("b", 3))

    tally = next(iter(store.put(count("a", 3, ins=11, outs=21), count("b", 3)).days.values()))

    hour = datetime(2025, 12, 1, 3, tzinfo=FIRST.tzinfo)
    assert corrections(store) == [
        ("traffic", "a", hour, "sumins", "10", "11", FIRST + HOUR),
        ("traffic", "a", hour, "sumouts", "20", "21", FIRST + HOUR),
    ]
    assert (tally.corrected, tally.grown, tally.unchanged) == (1, 0, 1)


def test_an_hour_that_was_still_running_grows_and_is_not_corrected(store: Store) -> None:
    store.put(count("a", RUNNING, ins=1))

    [grown] = store.put(count("a", RUNNING, ins=9)).days.values()
    assert (grown.grown, grown.corrected) == (1, 0)
    assert corrections(store) == []

    [corrected] = store.put(count("a", RUNNING, ins=10)).days.values()  # read at its end, and changed since
    assert (corrected.grown, corrected.corrected) == (0, 1)
    assert [row[3:6] for row in corrections(store)] == [("sumins", "9", "10")]


def test_an_hour_in_the_future_of_a_clock_that_is_wrong_grows_too(store: Store) -> None:
    store.put(count("a", RUNNING + 1, ins=1))
    store.put(count("a", RUNNING + 1, ins=2))

    assert corrections(store) == []


def test_an_hour_that_stood_still_since_it_ran_and_changes_days_later_is_corrected(store: Store) -> None:
    store.put(count("a", RUNNING, ins=1))
    store.put(count("a", RUNNING, ins=1))
    store.merges += 48

    [late] = store.put(count("a", RUNNING, ins=9)).days.values()

    assert (late.grown, late.corrected) == (0, 1)
    assert [row[3:6] for row in corrections(store)] == [("sumins", "1", "9")]


def test_a_value_that_appears_or_vanishes_is_a_correction(store: Store) -> None:
    store.put(count("a", 3, ins=None))
    store.put(count("a", 3, ins=4))
    store.put(count("a", 3, ins=None))

    assert [row[3:6] for row in corrections(store)] == [("sumins", "4", None), ("sumins", None, "4")]


def test_a_column_of_any_name_that_no_contract_knows_is_followed(store: Store) -> None:
    store.put(count("a", 3, **{'it\'s "odd"': 1}))
    store.put(count("a", 3, **{'it\'s "odd"': 2}))

    assert [row[4:6] for row in corrections(store)] == [("1", "2")]


def test_a_changed_list_leaves_no_corrections(store: Store) -> None:
    store.put({"siteId": "s", "name": "Old"}, table="site")
    store.put({"siteId": "s", "name": "New"}, table="site")

    assert corrections(store) == []


def test_corrections_are_dropped_when_their_time_is_over(store: Store) -> None:
    store.put(count("a", 3, ins=1))
    store.put(count("a", 3, ins=2))
    store.merges += KEEP // HOUR - 1
    store.put(count("b", 3))
    store.put(count("a", 3, ins=3))

    assert [row[4:6] for row in corrections(store)] == [("2", "3")]


def test_other_tables_of_the_user_may_be_called_the_same_elsewhere(store: Store) -> None:
    store.sql("CREATE TABLE w.main.corrections (mine INTEGER)")
    store.put(count("a", 3, ins=1))
    store.put(count("a", 3, ins=2))

    assert store.sql("SELECT count(*) FROM w.main.corrections") == [(0,)]


@settings(max_examples=25)
@given(st.lists(st.dictionaries(st.sampled_from("abc"), st.integers(0, 3), min_size=1), min_size=1, max_size=8))
def test_the_corrections_lead_from_each_first_value_to_the_present_one(answers: list[dict[str, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "w.duckdb")
        values: dict[str, int] = {}
        for answer in answers:
            values = {**answer, **values}  # the first value of each
            store.put(*(count(zone, 3, ins=ins) for zone, ins in answer.items()))
        for _, zone, _, _, old, new, _ in sorted(corrections(store), key=lambda row: row[-1]):
            assert values[zone] == int(old)
            values[zone] = int(new)
        assert dict(store.sql("SELECT zone_id, sumins FROM w.sensource.traffic")) == values
