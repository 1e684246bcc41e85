"""What the nightly schedule costs before its first run starts: which of 3,000 days of two tables are missed.

    .venv/bin/python benchmarks/nightly.py      half a minute

All days were read, so each is judged by the time of its newest event. With a Dagster that the project was not
tested with, these events are read. The exit status is 1 if a target is missed.
"""

from __future__ import annotations

import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path
from unittest import mock

from measure import CONSOLE, Targets

DAYS, FIRST = 3000, date(2017, 1, 1)


def main() -> int:
    from sensource_dagster.automation.nightly_days import nightly_days
    from sensource_dagster.config.settings import read_settings
    from sensource_dagster.contract.day_ranges import each_day
    from sensource_dagster.instance import materialized_at
    from sensource_dagster_tests.automation.nights import report_read
    from sensource_dagster_tests.instances import instance

    settings = read_settings({"SENSOURCE_START_DATE": str(FIRST)})
    end = FIRST + timedelta(days=DAYS)
    tonight = end + timedelta(days=settings.lookback_days)
    targets = Targets()
    with tempfile.TemporaryDirectory() as temporary, instance(Path(temporary) / "history") as history:
        report_read(history, each_day(FIRST, end - timedelta(days=1)), date(2026, 6, 1))

        def cpu() -> float:
            used = time.process_time()
            assert nightly_days(history, settings, tonight, ()).missed == []
            return time.process_time() - used

        first, again = cpu(), min(cpu() for _ in range(3))
        with mock.patch.object(materialized_at, "is_tested", return_value=False):
            by_events = min(cpu() for _ in range(3))
    CONSOLE.print(
        f"{DAYS:,} days of two tables, CPU s: at first {first:.2f}, again {again:.2f}; by events {by_events:.2f}"
    )
    targets.at_most(f"missed days of {DAYS:,} x 2: CPU", max(first, again), 1, " s")
    return targets.exit_status()


if __name__ == "__main__":
    sys.exit(main())
