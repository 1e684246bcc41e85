"""A soak test of the sync: mixed faults, a concurrent reader, a kill every 20 s. Then all rows must be right.

    make soak                                        10 minutes and at least 2,000 requests
    .venv/bin/python benchmarks/soak.py --minutes 1 --requests 100

It runs the `counts` job over random ranges of the account's days. The job's process is killed (-9) every 20 s and
started again, while another process reads the warehouse. The exit status is 1 if a row is wrong.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb

from sensource_dagster.simulator import ManualClock, Options, RunningSimulator, serving
from sensource_dagster.simulator.faults import MIXED

NOW = datetime(2025, 12, 10, 18, 20, tzinfo=timezone.utc)
FIRST, LAST = date(2025, 3, 1), date(2025, 11, 30)
DENVER = ZoneInfo("America/Denver")
RATE = 0.05
KILL_EVERY = 20.0  # seconds

# Runs the job over each range that it reads, and prints one line about the outcome. It forks, so that no kill
# costs another import of Dagster.
WORKER = """
import os, sys
from dagster import DagsterInstance
from sensource_dagster.definitions import defs
job = defs.resolve_job_def("counts")
for line in sys.stdin:
    first, last = line.split()
    child = os.fork()
    if child:
        print(child, flush=True)
        print(os.waitpid(child, 0)[1], flush=True)
        continue
    tags = {"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last}
    with DagsterInstance.ephemeral() as instance:
        done = job.execute_in_process(instance=instance, tags=tags, raise_on_error=False)
    os._exit(0 if done.success else 1)
"""
READER = """
import sys, time, duckdb
while True:
    try:
        with duckdb.connect(sys.argv[1], read_only=True) as connection:
            twice = connection.execute(
                "SELECT count(*) - count(DISTINCT (zone_id, record_date_hour_1)) FROM warehouse.sensource.traffic"
            ).fetchall()[0][0]
            print("read" if twice == 0 else "TWICE", flush=True)
    except duckdb.Error:
        print("not now", flush=True)
    time.sleep(0.3)
"""


def truth(simulator: RunningSimulator) -> dict[tuple[str, str], tuple[int, int]]:
    start, end = (
        datetime(day.year, day.month, day.day, tzinfo=DENVER) for day in (FIRST, LAST + timedelta(days=1))
    )
    rows = simulator.truth("traffic", start, end)
    return {(row["zoneId"], row["recordDate_hour_1"]): (row["sumins"], row["sumouts"]) for row in rows}


def stored(warehouse: Path) -> dict[tuple[str, str], tuple[int, int]]:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        rows = connection.execute(
            "SELECT zone_id, strftime(record_date_hour_1 AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.000Z'), "
            "sumins, sumouts FROM warehouse.sensource.traffic"
        ).fetchall()
    return {(zone, hour): (ins, outs) for zone, hour, ins, outs in rows}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    chance = random.Random(wanted.seed)
    counts: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder, serving(Options(zones=8), ManualClock(NOW)) as simulator:
        warehouse = Path(folder) / "warehouse.duckdb"
        environment = {
            **os.environ,
            "SENSOURCE_CLIENT_ID": simulator.client_id,
            "SENSOURCE_CLIENT_SECRET": simulator.client_secret,
            "SENSOURCE_API_URL": simulator.api_url,
            "SENSOURCE_AUTH_URL": simulator.auth_url,
            "SENSOURCE_TIMEZONE": DENVER.key,
            "SENSOURCE_START_DATE": str(FIRST),
            "SENSOURCE_WAREHOUSE": str(warehouse),
            "XDG_CACHE_HOME": folder,
        }
        simulator.faults.at_random(RATE, MIXED, path="/api/", seed=wanted.seed)
        reader = subprocess.Popen(
            [sys.executable, "-c", READER, str(warehouse)], stdout=subprocess.PIPE, text=True
        )
        worker = subprocess.Popen(
            [sys.executable, "-c", WORKER],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        started = time.monotonic()
        next_kill = started + KILL_EVERY
        while time.monotonic() < started + wanted.minutes * 60 or len(simulator.requests) < wanted.requests:
            first = FIRST + timedelta(days=chance.randrange((LAST - FIRST).days))
            last = min(LAST, first + timedelta(days=chance.randrange(200)))
            status = run(worker, first, last, until=next_kill)
            if status == signal.SIGKILL:
                counts["runs killed"] += 1
                next_kill = time.monotonic() + KILL_EVERY
            else:
                counts["runs succeeded" if status == 0 else "runs failed"] += 1
            if (counts.total() % 50) == 0:
                passed = time.monotonic() - started
                print(f"{passed:4.0f} s: {len(simulator.requests)} requests, {dict(counts)}", flush=True)
        faults = Counter(str(request.status or "broken off") for request in simulator.requests)
        simulator.faults.clear()
        status = run(worker, FIRST, LAST, until=time.monotonic() + 600)
        assert worker.stdin
        worker.stdin.close()
        worker.wait()
        reader.kill()
        reads = Counter(reader.communicate()[0].split("\n"))
        expected, found = truth(simulator), stored(warehouse)
    wrong = {key for key in expected.keys() | found.keys() if expected.get(key) != found.get(key)}
    print(f"requests {sum(faults.values())}, by status {dict(sorted(faults.items()))}; {dict(counts)}")
    print(f"reads: {reads['read']} good, {reads['TWICE']} with a key twice, {reads['not now']} while it was held")
    print(
        f"last run {'succeeded' if status == 0 else 'FAILED'}; rows {len(found)}, of them not true: {len(wrong)}"
    )
    return 1 if wrong or status or reads["TWICE"] else 0


def run(worker: subprocess.Popen[str], first: date, last: date, until: float) -> int:
    """Run the job from first to last, and kill it at the moment `until`. Returns its wait status."""
    assert worker.stdin
    assert worker.stdout
    worker.stdin.write(f"{first} {last}\n")
    worker.stdin.flush()
    pid = int(worker.stdout.readline())
    process = Path(f"/proc/{pid}")
    while process.exists():  # until the parent has its status
        if time.monotonic() >= until:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            break
        time.sleep(0.02)
    return int(worker.stdout.readline())


if __name__ == "__main__":
    sys.exit(main())
