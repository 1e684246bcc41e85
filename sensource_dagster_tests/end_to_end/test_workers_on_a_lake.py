"""Two workers, each with files of its own, read overlapping halves of a year into one lake on S3."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sensource_dagster.config.warehouse_place import LakePlace
from sensource_dagster.errors import WarehouseError
from sensource_dagster.simulator import Options, RunningSimulator, serving
from sensource_dagster.vea.windows import day_start
from sensource_dagster.warehouse.warehouse_of import warehouse_of
from sensource_dagster_tests.cli.backfills import assert_true
from sensource_dagster_tests.cli.project import Project, make_project, until
from sensource_dagster_tests.lakes import NewLake, on_a_lake

pytestmark = [on_a_lake, pytest.mark.slow]
FIRST, LAST = date(2025, 1, 1), date(2025, 12, 31)
HALVES = ((FIRST, date(2025, 8, 31)), (date(2025, 5, 1), LAST))
DENVER = ZoneInfo("America/Denver")
WORKERS = 2


@pytest.fixture
def lake(new_lake: NewLake, bucket: Any) -> LakePlace:
    return replace(new_lake(), data=f"s3://{bucket.name}/lake/")


@pytest.fixture
def simulator() -> Iterator[RunningSimulator]:
    with serving(Options(zones=2, spaces=1)) as running:
        yield running


class Worker(Project):
    """With a home, a history and a folder for temporary files of its own."""

    @property
    def environment(self) -> dict[str, str]:
        home = self.folder.parent
        return {**super().environment, "HOME": str(home), "TMPDIR": str(home / "tmp")}


def worker(folder: Path, simulator: RunningSimulator, lake: LakePlace) -> Worker:
    (folder / "tmp").mkdir(parents=True)
    made = make_project(
        folder,
        simulator,
        SENSOURCE_START_DATE=str(FIRST),
        SENSOURCE_WAREHOUSE=f"'{lake}'",
        SENSOURCE_WAREHOUSE_DATA=f"'{lake.data}'",
        SENSOURCE_PUBLISHED="",
    )
    # In .env their blanks need quotes.
    unquoted = {name: text.strip("'") for name, text in made.variables.items()}
    return Worker(made.folder, made.simulator, unquoted)


class Reader(Thread):
    """Reads all the time. Each time it sees whole days alone, and no fewer than before."""

    def __init__(self, lake: LakePlace, expected: Counter[date]) -> None:
        super().__init__(daemon=True)
        self.lake, self.expected = lake, expected
        self.looks, self.problems, self.ended = 0, list[str](), Event()
        self.days: set[date] = set()

    def run(self) -> None:
        while not self.ended.is_set():
            try:
                seen = self._look()
            except WarehouseError as error:
                if "does not exist yet" not in str(error):
                    self.problems.append(str(error))
                continue
            self.looks += 1
            halves = [str(day) for day, rows in seen.items() if rows != self.expected[day]]
            gone = [str(day) for day in self.days - seen.keys()]
            self.problems += [f"not whole: {halves}, gone: {gone}"] if halves or gone else []
            self.days = set(seen)

    def _look(self) -> dict[date, int]:
        with warehouse_of(self.lake, 0).open(read_only=True) as connection:
            there = connection.execute(
                "SELECT 1 FROM duckdb_tables() WHERE database_name = current_database() AND table_name = 'traffic'"
            ).fetchall()
            query = "SELECT record_date, count(*) FROM sensource.traffic GROUP BY 1"
            return dict(connection.execute(query).fetchall()) if there else {}


@contextmanager
def reading(lake: LakePlace, expected: Counter[date]) -> Iterator[Reader]:
    reader = Reader(lake, expected)
    reader.start()
    try:
        yield reader
    finally:
        reader.ended.set()
        reader.join()


def test_every_row_is_true_and_no_key_is_twice_though_one_worker_is_killed_and_the_reader_saw_whole_days(
    simulator: RunningSimulator, lake: LakePlace, tmp_path: Path
) -> None:
    start, end = day_start(FIRST, DENVER), day_start(LAST + timedelta(days=1), DENVER)
    expected = Counter(_day(row["recordDate_hour_1"]) for row in simulator.truth("traffic", start, end))
    workers = [worker(tmp_path / f"worker {number}", simulator, lake) for number in range(WORKERS)]
    ranges = [("backfill", "--from", str(first), "--to", str(last)) for first, last in HALVES]

    with reading(lake, expected) as reader, workers[1].started(*ranges[1]) as other:
        with workers[0].started(*ranges[0]) as killed:
            until(lambda: len(reader.days) >= 90, killed)
            os.killpg(killed.pid, signal.SIGKILL)
            killed.wait()
        status, printed = workers[0].run(*ranges[0])
        assert status == 0, printed
        printed, _ = other.communicate()
        assert other.wait() == 0, printed

    assert reader.problems == []
    assert reader.looks > 10
    assert set(expected) <= reader.days
    with workers[0].sync() as sync:
        assert_true(sync, FIRST, LAST)
        for table, key in (("traffic", "zone_id"), ("occupancy", "space_id")):
            counted = f"SELECT count(*), count(DISTINCT ({key}, record_date_hour_1)) FROM sensource.{table}"
            [(rows, keys)] = sync.query(counted)
            assert rows == keys
    assert simulator.mints <= WORKERS + 1


def _day(hour: str) -> date:
    return datetime.fromisoformat(hour.replace("Z", "+00:00")).astimezone(DENVER).date()
