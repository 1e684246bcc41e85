"""The table of rejected rows has what the newest response about each day, or about a list, could not write."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from dagster import AssetKey, AssetSpec

from sensource_dagster.contract.frames import counts_frame
from sensource_dagster.contract.tables import TABLES
from sensource_dagster.warehouse.merge import MergeResult, merge
from sensource_dagster_tests.warehouse.runs import Runs, frame, traffic_asset
from sensource_dagster_tests.warehouse.samples import (
    FIRST,
    KEEP,
    Row,
    Store,
    count,
    hour,
    in_both_files_and_a_lake,
)

DAY = timedelta(days=1)
START = datetime(2025, 12, 1, tzinfo=timezone.utc)
GOOD = count("z0")
BAD = count(ins="many")


def rejected(store: Store) -> list[tuple[Any, ...]]:
    columns = "table_name, entity_id, strftime(record_date_hour_1, '%dT%H'), record_date, row ->> 'sumins'"
    return store.sql(f"SELECT {columns} FROM {{s}}.rejected ORDER BY ALL")


def put(store: Store, first: int, days: int, *rows: Row, at: datetime = FIRST) -> MergeResult:
    """Merge a response about some days of December 2025."""
    start = START + (first - 1) * DAY
    response = counts_frame(TABLES["traffic"], rows, start, start + days * DAY, ZoneInfo("UTC")).frame
    with store.warehouse.open() as connection:
        return merge(connection, TABLES["traffic"], response, at, KEEP)


@in_both_files_and_a_lake
def test_a_rejected_row_has_its_table_key_and_day_and_the_rest_is_merged(store: Store) -> None:
    merged = store.put(GOOD, BAD, count("z2", at=30, ins=3))
    assert [row["zone_id"] for row in store.rows()] == ["z0", "z2"]
    assert rejected(store) == [("traffic", "z1", "01T00", date(2025, 12, 1), "many")]
    assert (len(merged.rejected), merged.rejected_changed) == (1, True)
    assert store.sql("SELECT seen_at FROM {s}.rejected") == [(FIRST,)]


def test_a_rejected_row_leaves_the_value_of_its_hour_as_it_was(store: Store) -> None:
    store.put(GOOD, count(ins=7))
    before = store.rows()
    store.put(GOOD, BAD)
    assert store.rows() == before


def test_the_same_response_again_changes_nothing_and_another_value_replaces_the_row(store: Store) -> None:
    store.put(GOOD, BAD)
    before = store.sql("FROM {s}.rejected")
    assert not store.put(GOOD, BAD).rejected_changed
    assert store.sql("FROM {s}.rejected") == before
    assert store.put(GOOD, count(ins="few")).rejected_changed
    assert [row[-1] for row in rejected(store)] == ["few"]


@pytest.mark.parametrize("later", [[GOOD, count(ins=5)], [GOOD], []], ids=["it fits", "it is gone", "all is gone"])
def test_a_row_leaves_when_its_days_are_read_again_without_it(store: Store, later: list[Row]) -> None:
    store.put(GOOD, BAD)
    assert store.put(*later).rejected_changed
    assert rejected(store) == []


def test_a_response_about_other_days_or_for_another_table_leaves_it(store: Store) -> None:
    put(store, 1, 2, GOOD, BAD)
    assert not put(store, 2, 1, count(at=30)).rejected_changed
    store.put({"zoneId": "z1"}, table="zone")
    store.put({"spaceId": "s", "recordDate_hour_1": hour(1)}, table="occupancy")
    assert len(rejected(store)) == 1
    assert put(store, 1, 1, GOOD, count()).rejected_changed
    assert rejected(store) == []


def test_a_response_that_comes_late_leaves_what_a_later_one_rejected(store: Store) -> None:
    put(store, 1, 1, GOOD, BAD, at=FIRST + DAY)
    assert not put(store, 1, 1, GOOD, count(), at=FIRST).rejected_changed
    assert len(rejected(store)) == 1


@pytest.mark.parametrize(
    ("bad", "key"),
    [
        ({"zoneId": None}, (None, "01T00", date(2025, 12, 1))),
        ({"recordDate_hour_1": "soon"}, ("z1", None, date(2025, 12, 8))),
        ({"zoneId": None, "recordDate_hour_1": None}, (None, None, date(2025, 12, 8))),
    ],
)
def test_a_row_without_a_key_is_there_once_and_leaves_as_well(
    store: Store, bad: Row, key: tuple[Any, ...]
) -> None:
    for first in (1, 2):
        put(store, first, 8, *(GOOD, {**count(), **bad}) if first == 1 else (count(at=30), {**count(), **bad}))
        assert [row[1:4] for row in rejected(store)] == [key]
    put(store, 1, 10, GOOD)
    assert rejected(store) == []


@pytest.mark.parametrize(
    ("bad", "vanished"),
    [({"sumins": "many"}, 1), ({"zoneId": None}, 1), ({"recordDate_hour_1": "soon"}, 1), ({"zoneId": "z9"}, 2)],
)
def test_a_row_that_may_be_the_rejected_one_has_not_vanished(store: Store, bad: Row, vanished: int) -> None:
    rows = [GOOD, count(), count("z2", at=3)]
    store.put(*rows)
    merged = store.put(GOOD, {**count(), "sumins": "many", **bad}, window=(0, 24))
    assert [day.vanished for day in merged.days.values()] == [vanished]
    assert len(store.sql("SELECT DISTINCT entity_id FROM {s}.corrections")) == vanished


def test_a_list_with_a_rejected_entry_marks_no_entry_as_deleted(store: Store) -> None:
    store.put({"zoneId": "a"}, {"zoneId": "b"}, table="zone")
    assert store.put({"zoneId": "a"}, {"name": "b"}, table="zone").deleted == 0
    assert rejected(store) == [("zone", None, None, None, None)]
    assert store.put({"zoneId": "a"}, table="zone").deleted == 1
    assert rejected(store) == []


def test_a_frame_that_comes_from_no_response_leaves_the_rejected_rows(store: Store) -> None:
    store.put(GOOD, BAD)
    with store.warehouse.open() as connection:
        merge(connection, TABLES["zone"], pd.DataFrame({"zone_id": ["a"]}), FIRST, KEEP)
    assert len(rejected(store)) == 1


def test_a_merge_that_fails_leaves_them_too(store: Store) -> None:
    store.put(GOOD, BAD)
    store.sql(
        "ALTER TABLE {s}.traffic ADD COLUMN note VARCHAR NOT NULL DEFAULT 'x'",
        "ALTER TABLE {s}.traffic ALTER note DROP DEFAULT",
    )
    with pytest.raises(Exception, match="NOT NULL"):
        store.put(GOOD, count())
    assert len(rejected(store)) == 1


def test_runs_that_change_the_table_materialize_it_with_the_newest_rows(tmp_path: Path) -> None:
    runs, key = Runs(tmp_path / "w.duckdb"), AssetKey(["sensource", "rejected"])
    for rows in ([GOOD, BAD], [GOOD, BAD], [GOOD, count()]):
        assert runs.run(traffic_asset(frame(*rows)), AssetSpec(key), partition_key="2025-12-01").success
    records = runs.instance.fetch_materializations(key, limit=9).records
    events = [record.asset_materialization.metadata for record in records if record.asset_materialization]
    assert [event["dagster/row_count"].value for event in events] == [0, 1]
    newest: Any = events[1]["newest"]
    assert [row.data["entity_id"] for row in newest.records] == ["z1"]


def test_the_log_names_the_first_three_rejected_rows(tmp_path: Path) -> None:
    runs = Runs(tmp_path / "w.duckdb")
    bad = [count(f"z{number}", ins=f"many{number}") for number in range(4)]
    good = [count(f"g{number}") for number in range(80)]
    result = runs.run(traffic_asset(frame(*bad, *good)), partition_key="2025-12-01")
    said = [entry.user_message for entry in runs.instance.all_logs(result.run_id)]
    [line] = [message for message in said if "do not fit" in message]
    assert line.startswith("4 rows of Vea do not fit the table traffic. They are in sensource.rejected")
    assert "zone 'z0', 2025-12-01T00:00:00+00:00: sumins (BIGINT): the value 'many0'" in line
    assert [f"many{number}" in line for number in range(4)] == [True, True, True, False]
