"""A merge that is killed leaves the file as it was before or after that merge."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from sensource_dagster_tests.warehouse.processes import line, running
from sensource_dagster_tests.warehouse.samples import Store, count

# Merges the same hour of many zones repeatedly, each time with another number, which it prints just before.
MERGE = """
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo
from sensource_dagster.contract.frames import counts_frame
from sensource_dagster.contract.tables import TABLES
from sensource_dagster.warehouse.file_warehouse import FileWarehouse
from sensource_dagster.warehouse.merge import merge
from sensource_dagster_tests.warehouse.samples import count
table, start = TABLES["traffic"], datetime(2025, 12, 1, tzinfo=timezone.utc)
rows = [count(f"z{zone}") for zone in range(50000)]
frame = counts_frame(table, rows, start, start.replace(day=2), ZoneInfo("UTC")).frame
for number in range(1000):
    frame[["sumins", "sumouts"]] = number
    print(number, flush=True)
    with FileWarehouse(Path(sys.argv[1]), 0, {}).open() as connection:
        merge(connection, table, frame, datetime.now(timezone.utc), timedelta(days=400))
"""


@pytest.mark.parametrize("delay", [0.0, 0.02, 0.04, 0.06, 0.08, 0.1, 0.13, 0.18])
def test_a_kill_during_a_merge_leaves_one_whole_response_and_a_file_that_opens(
    tmp_path: Path, delay: float
) -> None:
    path = tmp_path / "w.duckdb"
    with running(MERGE, str(path)) as merging:
        assert [line(merging), line(merging)] == ["0", "1"]
        time.sleep(delay)
        merging.kill()
        begun = int((["1", *merging.communicate()[0].split()])[-1])
    store = Store(path)
    [(least, most, rows)] = store.sql("SELECT min(sumins), max(sumins), count(*) FROM {s}.traffic")
    assert rows == 50000
    assert least == most
    assert most in (begun - 1, begun)
    store.put(count("z0", ins=-1))
    assert store.sql("SELECT min(sumins) FROM {s}.traffic") == [(-1,)]
