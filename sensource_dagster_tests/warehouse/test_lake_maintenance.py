"""Upkeep keeps a lake small: few files, no snapshot older than the days to keep, and every row as it was."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
from dagster import DagsterInstance

from sensource_dagster.config.settings import read_settings
from sensource_dagster.config.warehouse_place import LakePlace
from sensource_dagster.definitions import build_definitions
from sensource_dagster.errors import WarehouseHeldError
from sensource_dagster.warehouse.lake_maintenance import tidy
from sensource_dagster.warehouse.lake_warehouse import LakeWarehouse
from sensource_dagster_tests.lakes import NewLake, on_a_lake
from sensource_dagster_tests.warehouse.samples import Store, count

pytestmark = on_a_lake
SNAPSHOTS = "SELECT count(*) FROM ducklake_snapshots('lake')"


@pytest.fixture
def place(new_lake: NewLake) -> LakePlace:
    return new_lake()


@pytest.fixture
def store(place: LakePlace) -> Store:
    """Five merges of one row each."""
    store = Store(place)
    for hour in range(5):
        store.put(count(at=hour, ins=hour))
    return store


def lake(store: Store) -> LakeWarehouse:
    assert isinstance(store.warehouse, LakeWarehouse)
    return store.warehouse


def catalogue(place: LakePlace, statement: str) -> None:
    with closing(psycopg2.connect(place.libpq)) as session, session, session.cursor() as cursor:
        cursor.execute(statement)


def files(place: LakePlace) -> set[Path]:
    return {file for file in Path(str(place.data)).rglob("*.parquet") if "traffic" in file.parts}


def test_small_files_become_one_and_every_row_stays(store: Store) -> None:
    before = store.rows()
    tidied = tidy(lake(store), 30)
    assert (tidied.files_before, tidied.files, tidied.snapshots_expired) == (5, 1, 0)
    assert store.rows() == before
    assert store.put_and_count(count(at=4, ins=4), count(at=5)) == (1, 0, 1)


def test_what_the_lake_was_is_kept_for_the_days_and_no_longer(store: Store, place: LakePlace) -> None:
    [(snapshots,)] = store.sql(SNAPSHOTS)
    catalogue(
        place,
        "UPDATE ducklake_snapshot SET snapshot_time = snapshot_time - interval '8 days' "
        f"WHERE snapshot_id < {snapshots - 2}",
    )
    assert tidy(lake(store), 9).snapshots_expired == 0
    assert store.sql("SELECT sum(sumins) FROM {s}.traffic AT (TIMESTAMP => now() - INTERVAL 8 DAY)") == [(3,)]
    assert tidy(lake(store), 7).snapshots_expired == snapshots - 2
    assert store.sql("SELECT sum(sumins) FROM {s}.traffic") == [(10,)]


def test_a_reader_that_opened_the_lake_before_still_reads_it(store: Store) -> None:
    with store.reading() as reader:
        store.put(count(at=0, ins=100))
        assert tidy(lake(store), 1).files == 2  # the other one says which row is no longer valid
        assert reader.execute("SELECT count(*), sum(sumins) FROM sensource.traffic").fetchall() == [(5, 10)]


def test_files_that_nobody_needs_any_more_are_deleted_after_a_day(store: Store, place: LakePlace) -> None:
    left = Path(str(place.data), "sensource", "traffic", "of-a-killed-writer.parquet")
    left.write_bytes(b"half")
    tidy(lake(store), 1)
    assert left in files(place)
    catalogue(place, "UPDATE ducklake_snapshot SET snapshot_time = snapshot_time - interval '90 days'")
    os.utime(left, (0, 0))
    tidy(lake(store), 1)
    assert left not in files(place)
    catalogue(
        place,
        "UPDATE ducklake_files_scheduled_for_deletion SET schedule_start = schedule_start - interval '2 days'",
    )
    tidy(lake(store), 1)
    assert len(files(place)) == 1
    assert len(store.rows()) == 5


def test_it_waits_for_the_turn_of_the_writers(store: Store, place: LakePlace) -> None:
    with store.warehouse.open(), pytest.raises(WarehouseHeldError):
        tidy(LakeWarehouse(place, 0, {}), 30)


def test_the_job_upkeep_tidies_the_lake(store: Store, place: LakePlace) -> None:
    environment = {"SENSOURCE_WAREHOUSE": str(place), "SENSOURCE_TIMEZONE": "America/Denver"}
    definitions = build_definitions(read_settings(environment))
    with DagsterInstance.ephemeral() as instance:
        assert definitions.resolve_job_def("upkeep").execute_in_process(instance=instance).success
    assert (
        len(store.sql("SELECT data_file FROM ducklake_list_files('lake', 'traffic', schema => 'sensource')")) == 1
    )
