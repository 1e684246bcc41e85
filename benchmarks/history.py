"""Whether a long history slows a merge: 30 days into five years of 1,000 zones, and into an empty warehouse.

    .venv/bin/python benchmarks/history.py      about 4 minutes, 2 GB in the temporary folder

SQL makes the history (44 million rows) day by day and hour by hour, in the order of the sync. Each merge has
720,000 rows and a process of its own. The CPU time from opening to closing the file is compared. The exit status
is 1 if a target is missed.
"""

from __future__ import annotations

import sys
import tempfile
import time
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
from measure import CONSOLE, Targets, cost
from rich.table import Table

FIRST, DAYS, ZONES, BATCH = date(2021, 1, 1), 5 * 365 + 1, 1000, 30
ROUNDS = 3
EMPTY, SAME, NEW, CORRECTED = (
    "into an empty warehouse",
    "the last days again, nothing changed",
    "new days behind the last",
    "days in the middle, 1 % corrected",
)


def rows_sql(first: date, days: int, bump: int = 0) -> str:
    """SQL for the rows of some days, which are the same each time. `bump` is added to one row in a hundred."""
    return f"""
        SELECT CAST(CAST(md5(CAST(number AS VARCHAR)) AS UUID) AS VARCHAR) AS zone_id,
               'Person count in/out ' || number AS name, hour,
               CAST(hash(number, hour) % 300 AS BIGINT)
                 + CASE WHEN hash(hour, number) % 100 = 0 THEN {bump} ELSE 0 END AS sumins,
               CAST(hash(number, hour, 1) % 300 AS BIGINT) AS sumouts
        FROM (SELECT TIMESTAMPTZ '{first} 00:00Z' + INTERVAL 1 HOUR * number FROM range({days * 24}) t (number))
               h (hour), range({ZONES}) z (number)
        ORDER BY hour, number"""


def make_history(file: Path) -> None:
    from sensource_dagster.contract.tables import TABLES
    from sensource_dagster.warehouse.schema import Target
    from sensource_dagster.warehouse.storage_format import SETTING

    with duckdb.connect(str(file), config=SETTING) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        target = Target.of(connection, TABLES["traffic"])
        target.create()
        for day in range(DAYS):
            connection.execute(
                f"INSERT INTO {target.name} "
                "(zone_id, name, record_date_hour_1, sumins, sumouts, record_date, record_hour, _synced_at) "
                "SELECT zone_id, name, hour, sumins, sumouts, CAST(hour AS DATE), CAST(hour AS TIMESTAMP), now() "
                f"FROM ({rows_sql(FIRST + timedelta(days=day), 1)})"
            )


def merge_once(file: Path, first: date, bump: int) -> None:
    """Merge 30 days. Print wall and CPU seconds, and how many rows were inserted and corrected."""
    from sensource_dagster.config.settings import read_settings
    from sensource_dagster.contract.frames import counts_frame
    from sensource_dagster.contract.tables import TABLES
    from sensource_dagster.warehouse.file_warehouse import FileWarehouse
    from sensource_dagster.warehouse.merge import merge

    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        cursor = connection.execute(
            "SELECT zone_id AS zoneId, name, strftime(hour, '%Y-%m-%dT%H:00:00.000Z') AS recordDate_hour_1, "
            f"sumins, sumouts FROM ({rows_sql(first, BATCH, bump)})"
        )
        names = [column[0] for column in cursor.description]
        rows = [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]
    start = datetime(first.year, first.month, first.day, tzinfo=timezone.utc)
    counts = counts_frame(TABLES["traffic"], rows, start, start + timedelta(days=BATCH), ZoneInfo("UTC"))
    keep = timedelta(days=read_settings({}).corrections_days)
    started, used = time.monotonic(), time.process_time()
    with FileWarehouse(file, 0, {}).open() as session:
        merged = merge(session, TABLES["traffic"], counts.frame, datetime.now(timezone.utc), keep, ZoneInfo("UTC"))
    wall, cpu = time.monotonic() - started, time.process_time() - used
    all_row_counts = merged.days.values()
    print(
        wall,
        cpu,
        sum(row_counts.inserted for row_counts in all_row_counts),
        sum(row_counts.corrected for row_counts in all_row_counts),
    )


def main() -> int:
    seconds: dict[str, list[float]] = {}
    shown = Table("30 days of 1,000 zones", "inserted", "corrected", "wall s", "CPU s", "peak MB")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        history, log = folder / "history.duckdb", folder / "log"
        started = time.monotonic()
        make_history(history)
        CONSOLE.print(
            f"{DAYS * 24 * ZONES:,} rows made in {time.monotonic() - started:.0f} s: "
            f"{history.stat().st_size / 1e6:.0f} MB"
        )
        end = FIRST + timedelta(days=DAYS)
        for number in range(ROUNDS):
            for name, file, first, bump in (
                (EMPTY, folder / f"empty{number}.duckdb", FIRST, 0),
                (SAME, history, end + timedelta(days=BATCH * (number - 1)), 0),
                (NEW, history, end + timedelta(days=BATCH * number), 0),
                (CORRECTED, history, FIRST + timedelta(days=DAYS // 2), number + 1),
            ):
                spent = cost([sys.executable, __file__, str(file), str(first), str(bump)], log)
                wall, cpu, inserted, corrected = log.read_text().split()
                seconds.setdefault(name, []).append(float(cpu))
                shown.add_row(
                    name, inserted, corrected, f"{float(wall):.2f}", f"{float(cpu):.2f}", f"{spent.peak:.0f}"
                )
    CONSOLE.print(shown)
    targets = Targets()
    for name in (SAME, NEW, CORRECTED):
        targets.at_most(f"{name} / {EMPTY}: CPU", min(seconds[name]) / min(seconds[EMPTY]), 2, " x")
    return targets.exit_status()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        merge_once(Path(sys.argv[1]), date.fromisoformat(sys.argv[2]), int(sys.argv[3]))
    else:
        sys.exit(main())
