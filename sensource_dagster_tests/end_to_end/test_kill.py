"""kill -9 at any moment of a run: every row in the file is true, and the next run adds what is missing."""

from __future__ import annotations

import os
import random
import signal
import time
from datetime import date, datetime, timezone
from pathlib import Path

import pytest

from sensource_dagster.contract.tables import COUNTS
from sensource_dagster.simulator import ManualClock, Options
from sensource_dagster.warehouse.warehouse_of import warehouse_of
from sensource_dagster_tests.end_to_end.sync import Where, error_text, run_counts, syncing
from sensource_dagster_tests.fork_server import fork
from sensource_dagster_tests.warehouse_file import warehouse_file

UTC = timezone.utc
NOW = datetime(2025, 12, 10, 18, 20, tzinfo=UTC)
FIRST, LAST = date(2025, 9, 1), date(2025, 10, 30)
START, END = datetime(2025, 9, 1, 6, tzinfo=UTC), datetime(2025, 10, 31, 6, tzinfo=UTC)


@pytest.mark.parametrize("kills", [6, pytest.param(30, marks=pytest.mark.slow)])
def test_runs_killed_at_any_moment_leave_only_true_rows_and_a_last_run_completes_them(
    tmp_path: Path, kills: int, where: Where
) -> None:
    moments = random.Random(20251210)
    with syncing(tmp_path, Options(zones=20), ManualClock(NOW), **where) as sync:
        truth = {table.name: sync.truth(table.name, START, END) for table in COUNTS}
        environment = {**os.environ, **sync.variables}
        killed, longest = 0, 1.0
        for number in range(kills):
            if number % 3 == 0 and not where:  # from an empty file, half-filled and full ones in turn
                warehouse_file(sync.settings).unlink(missing_ok=True)
                warehouse_file(sync.settings).with_suffix(".duckdb.wal").unlink(missing_ok=True)
            started = time.monotonic()
            with fork(run_counts, str(FIRST), str(LAST), folder=tmp_path, environment=environment) as run:
                time.sleep(moments.uniform(0.05, longest))
                run.send_signal(signal.SIGKILL)
                if run.wait() == -signal.SIGKILL:
                    killed += 1
                else:  # it was faster: look for moments within its life
                    longest = time.monotonic() - started
            if warehouse_of(sync.settings.warehouse, 5).exists():
                there = {name for (name,) in sync.query("SELECT table_name FROM duckdb_tables()")}
                for name in there & truth.keys():
                    rows = sync.query(f"SELECT count(*) FROM sensource.{name}")
                    found = sync.counts(name)
                    assert rows == [(len(found),)]
                    assert found.items() <= truth[name].items()
        assert killed >= kills // 2
        result = sync.run("counts", FIRST, LAST)
        assert result.success, error_text(result)
        for table in COUNTS:
            assert sync.counts(table.name) == truth[table.name]
