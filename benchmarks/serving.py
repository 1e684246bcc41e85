"""What the views and the published copy cost: three years of 50 doors, and 44 million rows.

    .venv/bin/python benchmarks/serving.py      about a minute, 1 GB in the temporary folder

Prints the seconds of each view for a month and for everything, and those of publishing. The exit status is 1 if a
month of 50 doors takes more than 0.1 s, or everything more than 5 s.
"""

from __future__ import annotations

import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
from rich.console import Console
from rich.table import Table

from sensource_dagster.contract.view_columns import VIEWS
from sensource_dagster.views.published_copy import publish
from sensource_dagster.views.refresh import refresh
from sensource_dagster.warehouse.storage_format import SETTING

ZONE = ZoneInfo("UTC")
MONTH, EVERYTHING = 0.1, 5.0  # seconds


def make(file: Path, zones: int, years: int) -> None:
    with duckdb.connect(str(file), config=SETTING) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        refresh(connection, ZONE)
        connection.execute(
            f"""INSERT INTO zone (zone_id, name, sensor_id, perimeter, _synced_at, _deleted)
            SELECT 'zone-' || n, 'Door', 'sensor-' || n, n % 3 > 0, now(), false FROM range({zones}) r(n);
            INSERT INTO sensor (sensor_id, site_id, name, _synced_at, _deleted)
            SELECT 'sensor-' || n, 'site-' || n, 'Sensor', now(), false FROM range({zones}) r(n);
            INSERT INTO site (site_id, location_id, name, _synced_at, _deleted)
            SELECT 'site-' || n, 'location-' || n // 10, 'Site ' || n, now(), false FROM range({zones}) r(n);
            INSERT INTO location (location_id, name, _synced_at, _deleted)
            SELECT 'location-' || n, 'Library ' || n, now(), false FROM range({zones} // 10 + 1) r(n);"""
        )
        for year in range(years):
            first = date(2026 - years + year, 1, 1)
            for table, entity, values in (
                ("traffic", "zone", "sumins, sumouts"),
                ("occupancy", "space", "maxoccupancy, sumins"),
            ):
                connection.execute(
                    f"""INSERT INTO {table} ({entity}_id, name, record_date_hour_1, {values}, record_date,
                        record_hour, _synced_at)
                    SELECT 'zone-' || n, 'Door', hour, hash(n, hour) % 300, hash(hour, n) % 300,
                        hour::DATE, hour::TIMESTAMP, now()
                    FROM range(TIMESTAMPTZ '{first} 00:00Z', TIMESTAMPTZ '{first.year + 1}-01-01 00:00Z',
                        INTERVAL 1 HOUR) h(hour), range({zones if table == "traffic" else min(zones, 50)}) z(n)
                    ORDER BY hour, n"""
                )


def seconds(file: Path, query: str) -> float:
    """The best of three, each with a new connection."""
    best = float("inf")
    for _ in range(3):
        with duckdb.connect(str(file), read_only=True) as connection:
            start = time.perf_counter()
            connection.execute(query).fetchall()
            best = min(best, time.perf_counter() - start)
    return best


def main() -> int:
    missed = 0
    table = Table("view", "month of 50 doors, s", "all of it, s", "all of 44 million rows, s")
    with tempfile.TemporaryDirectory() as folder:
        small, large = Path(folder) / "small.duckdb", Path(folder) / "large.duckdb"
        make(small, zones=50, years=3)
        make(large, zones=1000, years=5)
        for view in VIEWS:
            timed = [c.name for c in view.columns if c.name in ("ins", "visits", "peak")][:1]
            what = f"sum({timed[0]})" if timed else "count(*)"
            has_days = "day" in {c.name for c in view.columns}
            month = "WHERE day BETWEEN '2025-05-01' AND '2025-05-31'" if has_days else ""
            of_month = seconds(
                small,
                f"SELECT day, {what} FROM sensource.{view.name} {month} GROUP BY 1"
                if month
                else f"SELECT {what} FROM sensource.{view.name}",
            )
            everything = f"SELECT {what} FROM sensource.{view.name}"
            of_all, of_large = seconds(small, everything), seconds(large, everything)
            missed += of_month > MONTH or of_all > EVERYTHING
            table.add_row(view.name, f"{of_month:.3f}", f"{of_all:.3f}", f"{of_large:.2f}")
        Console().print(table)
        for file in (small, large):
            made = publish(file, Path(folder) / "copy.duckdb", ZONE, 10)
            rows = made.rows["sensource.traffic"] + made.rows["sensource.occupancy"]
            print(f"published {rows:,} rows, {made.size / 2**20:,.0f} MB, in {made.seconds:.1f} s")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
