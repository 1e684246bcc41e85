"""kill -9 at any moment of a run: every row in the file is true, and the next run adds what is missing."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from datetime import date, datetime, timezone
from pathlib import Path

from sensource_dagster.contract.tables import COUNTS
from sensource_dagster.simulator import ManualClock, Options
from sensource_dagster_tests.end_to_end.sync import error_text, syncing

UTC = timezone.utc
NOW = datetime(2025, 12, 10, 18, 20, tzinfo=UTC)
FIRST, LAST = date(2025, 9, 1), date(2025, 10, 30)
START, END = datetime(2025, 9, 1, 6, tzinfo=UTC), datetime(2025, 10, 31, 6, tzinfo=UTC)
KILLS = 30

# Imports once, then forks a run for each line read: what is killed is the run, not the start of Python.
FORKS = """
import os, sys
from dagster import DagsterInstance
from sensource_dagster.definitions import defs
defs.resolve_job_def("counts")
for line in sys.stdin:
    first, last = line.split()
    child = os.fork()
    if child:
        print(child, flush=True)
        print(os.waitpid(child, 0)[1], flush=True)
        continue
    tags = {"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last}
    with DagsterInstance.ephemeral() as instance:
        defs.resolve_job_def("counts").execute_in_process(instance=instance, tags=tags)
    os._exit(0)
"""


def test_runs_killed_at_thirty_moments_leave_only_true_rows_and_a_last_run_completes_them(tmp_path: Path) -> None:
    moments = random.Random(20251210)
    with syncing(tmp_path, Options(zones=20), ManualClock(NOW)) as sync:
        truth = {table.name: sync.truth(table.name, START, END) for table in COUNTS}
        runs = subprocess.Popen(
            [sys.executable, "-c", FORKS],
            env={**os.environ, **sync.variables},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        killed = 0
        with runs:
            assert runs.stdin
            assert runs.stdout
            longest = 1.0
            for number in range(KILLS):
                if number % 3 == 0:  # from an empty file, half-filled and full ones in turn
                    sync.settings.warehouse.unlink(missing_ok=True)
                    sync.settings.warehouse.with_suffix(".duckdb.wal").unlink(missing_ok=True)
                started = time.monotonic()
                runs.stdin.write(f"{FIRST} {LAST}\n")
                runs.stdin.flush()
                run = int(runs.stdout.readline())
                time.sleep(moments.uniform(0.05, longest))
                os.kill(run, signal.SIGKILL)
                if int(runs.stdout.readline()) == signal.SIGKILL:
                    killed += 1
                else:  # it was faster: look for moments within its life
                    longest = time.monotonic() - started
                if sync.settings.warehouse.exists():
                    there = {name for (name,) in sync.query("SELECT table_name FROM duckdb_tables()")}
                    for name in there & truth.keys():
                        rows = sync.query(f"SELECT count(*) FROM warehouse.sensource.{name}")
                        found = sync.counts(name)
                        assert rows == [(len(found),)]
                        assert found.items() <= truth[name].items()
            runs.stdin.close()
        assert killed >= KILLS // 2
        result = sync.run("counts", FIRST, LAST)
        assert result.success, error_text(result)
        for table in COUNTS:
            assert sync.counts(table.name) == truth[table.name]
