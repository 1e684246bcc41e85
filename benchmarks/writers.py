"""What 1, 2 and 4 writers get done in a DuckDB file and in a lake, with 1 and 5 years of 1,000 zones in it.

    .venv-lake/bin/python benchmarks/writers.py      some 2 minutes; `make test-lake` makes the environment

Each writer is a process. It merges days of 1,000 zones into traffic. Half of the days are new, and in the others
one row of ten has another value. The catalogue of the lake is in a PostgreSQL of the benchmark's own, its rows are
in a local folder. Prints the rows a second of all writers together, their CPU seconds, and how long one needed
until the warehouse was open for it: most of that is the wait for its turn.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

from measure import CONSOLE
from rich.table import Table

from sensource_dagster.config.warehouse_place import WarehousePlace, lake_data, warehouse_place
from sensource_dagster.contract.frames import counts_frame
from sensource_dagster.contract.tables import TABLES
from sensource_dagster.views.refresh import refresh
from sensource_dagster.warehouse.merge import merge
from sensource_dagster.warehouse.warehouse_of import warehouse_of
from sensource_dagster_tests.lakes import lake_in
from sensource_dagster_tests.postgres import PASSWORD, postgres_server

ZONES, YEARS, WRITERS = 1000, (1, 5), (1, 2, 4)
DAYS = 16  # of all writers together
END = date(2026, 1, 1)
UTC, DAY = ZoneInfo("UTC"), timedelta(days=1)
TRAFFIC = TABLES["traffic"]
_HOURS = """SELECT 'zone-' || z AS zone_id, 'Door' AS name, hour AS record_date_hour_1,
    hash(z, hour) % 300 AS sumins, hash(hour, z) % 300 AS sumouts, hour::DATE AS record_date,
    hour::TIMESTAMP AS record_hour, now() AS _synced_at"""


def fill(place: WarehousePlace, years: int) -> None:
    with warehouse_of(place, 600).open() as connection:
        refresh(connection, UTC)
        for year in range(END.year - years, END.year):
            connection.execute(
                f"""INSERT INTO traffic BY NAME {_HOURS}
                FROM range(TIMESTAMPTZ '{year}-01-01 00:00:00Z', TIMESTAMPTZ '{year + 1}-01-01 00:00:00Z',
                    INTERVAL 1 HOUR) h(hour), range({ZONES}) r(z) ORDER BY hour, z"""
            )


def rows_of(place: WarehousePlace, day: date) -> list[dict[str, object]]:
    """What Vea would send for a day; one row of ten differs from what is there."""
    start = datetime(day.year, day.month, day.day, tzinfo=timezone.utc)
    hours = [(start + timedelta(hours=hour)).strftime("%Y-%m-%dT%H:%M:%S.000Z") for hour in range(24)]
    with warehouse_of(place, 600).open(read_only=True) as connection:
        there = connection.execute(
            "SELECT zone_id, strftime(record_date_hour_1, '%Y-%m-%dT%H:%M:%S.000Z'), sumins, sumouts "
            "FROM sensource.traffic WHERE record_date = ?",
            [day],
        ).fetchall()
    known = {(zone, hour): (ins, outs) for zone, hour, ins, outs in there}
    rows: list[dict[str, object]] = []
    for number in range(ZONES):
        for hour in hours:
            zone = f"zone-{number}"
            ins, outs = known.get((zone, hour), (7, 7))
            changed = ins + 1 if number % 10 == 0 else ins
            rows.append(
                {"zoneId": zone, "name": "Door", "recordDate_hour_1": hour, "sumins": changed, "sumouts": outs}
            )
    return rows


def write(place: WarehousePlace, days: list[date]) -> None:
    """The main program of a writer. It prints that it is ready, and begins when it gets a line."""
    frames = []
    for day in days:
        start = datetime(day.year, day.month, day.day, tzinfo=timezone.utc)
        end = start + DAY
        frames.append(((start, end), counts_frame(TRAFFIC, rows_of(place, day), start, end, UTC).frame))
    warehouse = warehouse_of(place, 600)
    print("ready", flush=True)
    sys.stdin.readline()
    used, waited = resource.getrusage(resource.RUSAGE_SELF), 0.0
    for window, frame in frames:
        asked = time.monotonic()
        with warehouse.open() as connection:
            waited += time.monotonic() - asked
            merge(connection, TRAFFIC, frame, datetime.now(timezone.utc), timedelta(days=400), UTC, window)
    now = resource.getrusage(resource.RUSAGE_SELF)
    cpu = now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime
    print(json.dumps({"cpu": cpu, "waited": waited}))


def measure(place: WarehousePlace, days: list[date], writers: int) -> tuple[float, float, float]:
    """Wall seconds, CPU seconds of all writers, and the mean seconds that one waited."""
    of_lake = getattr(place, "data", None) or ""
    processes = [
        subprocess.Popen(
            [sys.executable, __file__, str(place), of_lake, *map(str, days[n::writers])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for n in range(writers)
    ]
    for process in processes:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    started = time.monotonic()
    for process in processes:
        assert process.stdin
        process.stdin.write("\n")
        process.stdin.flush()
    said = [json.loads(process.communicate()[0]) for process in processes]
    wall = time.monotonic() - started
    return wall, sum(one["cpu"] for one in said), sum(one["waited"] for one in said) / writers


def main() -> None:
    shown = Table("warehouse", "rows in it", "writers", "rows/s", "CPU s per million rows", "until open, s each")
    os.environ["PGPASSWORD"] = PASSWORD
    with ExitStack() as stack:
        server = stack.enter_context(postgres_server())
        for years in YEARS:
            for kind in ("file", "lake"):
                folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
                place = folder / "warehouse.duckdb" if kind == "file" else lake_in(server, folder / "lake")
                fill(place, years)
                new = END
                for writers in WRITERS:
                    half = range(DAYS // 2)
                    days = [*(END - (n + 1) * 11 * DAY for n in half), *(new + n * DAY for n in half)]
                    new += len(half) * DAY
                    wall, cpu, waited = measure(place, days, writers)
                    rows = DAYS * ZONES * 24
                    CONSOLE.print(f"{kind}, {years} years, {writers} writers: {wall:.1f} s")
                    in_it = f"{years * 8.76:.0f} million"
                    shown.add_row(
                        *(kind, in_it, str(writers)),
                        *(f"{rows / wall:,.0f}", f"{cpu / rows * 1e6:.1f}", f"{waited:.1f}"),
                    )
    CONSOLE.print(shown)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        there = warehouse_place(sys.argv[1])
        target = there if isinstance(there, Path) else replace(there, data=lake_data(sys.argv[2]))
        write(target, [date.fromisoformat(day) for day in sys.argv[3:]])
    else:
        main()
