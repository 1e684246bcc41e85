"""What the report costs: three years of 10 and of 50 doors, written by the command.

    .venv/bin/python benchmarks/report.py      half a minute

The exit status is 1 if the report of 50 doors takes more than 10 s or 500 MB, or if a page is larger than 1 MB
for 10 doors or 3 MB for 50, all three years shown or a month.
"""

from __future__ import annotations

import gzip
import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path

from measure import CONSOLE, Targets, best, cost
from rich.table import Table
from serving import make

YEARS = 3
NEWEST = date(2025, 12, 31)
"""The last day that `serving.make` writes."""
# Days to show (None: the last full month), doors, and how many MB the page may have (None: no target).
REPORTS = ((None, 10, 1.0), (None, 50, 3.0), (365, 50, None), (365 * YEARS, 50, 3.0))
WALL, PEAK = 10.0, 500.0
ROUNDS = 2
SENSOURCE = (sys.executable, "-c", "from sensource_dagster.cli import main; main()")


def size_with_gzip(file: Path) -> float:
    return len(gzip.compress(file.read_bytes())) / 1e6


def main() -> int:
    targets = Targets()
    shown = Table("doors", "days shown", "wall s", "CPU s", "peak MB", "page MB", "with gzip MB")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        page = folder / "page.html"
        (folder / "dagster.yaml").touch()
        for days, doors, largest in REPORTS:
            file = folder / f"{doors}.duckdb"
            if not file.exists():
                make(file, zones=doors, years=YEARS)
            first = NEWEST - timedelta(days=(days or 1) - 1)
            period = ("--from", str(first), "--to", str(NEWEST)) if days else ()
            command = ["env", f"SENSOURCE_PUBLISHED={file}", f"DAGSTER_HOME={folder}", *SENSOURCE, "report"]
            found = best(cost([*command, *period, "--output", str(page)], folder / "log") for _ in range(ROUNDS))
            size = page.stat().st_size / 1e6
            shown.add_row(
                str(doors),
                "a month" if days is None else f"{days:,}",
                *(f"{value:.1f}" for value in (found.wall, found.cpu)),
                f"{found.peak:.0f}",
                f"{size:.2f}",
                f"{size_with_gzip(page):.2f}",
            )
            if largest:
                targets.at_most(f"page of {doors} doors", size, largest, " MB")
            if largest and doors == 50:
                targets.at_most(f"report of {doors} doors", found.wall, WALL, " s")
                targets.at_most(f"memory for the report of {doors} doors", found.peak, PEAK, " MB")
    CONSOLE.print(shown)
    return targets.exit_status()


if __name__ == "__main__":
    sys.exit(main())
