"""How the cost of this project grows: four times the days, four times the zones, and 1,000 zones.

.venv/bin/python benchmarks/growth.py      about 5 minutes; the exit status is 1 if a target is missed
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from measure import CONSOLE, HERE, IMPORT_DAGSTER, Cost, Targets, best, cost
from prepared_responses import FIRST, serving
from rich.table import Table

DAYS, ZONES = 90, 50
ROUNDS = 2
SLOPE = (50, 200, 400)  # zones in a request of 30 days
LARGE = 1000


def sync(days: int, zones: int, spaces: int, folder: Path) -> Cost:
    """The cost of reading both counts of a new account into a new file."""
    with serving(days, zones, spaces) as url:
        file = folder / "growth.duckdb"
        command = [sys.executable, str(HERE / "ours.py"), url, str(file), str(FIRST), str(days)]
        each = []
        for _ in range(ROUNDS):
            each.append(cost(command, folder / "log"))
            file.unlink()
        return best(each)


def slope(peaks: dict[int, float]) -> tuple[float, float]:
    """MB per zone by least squares, and the largest distance of a measurement from the line."""
    x, y = list(peaks), list(peaks.values())
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    rise = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True)) / sum((a - mean_x) ** 2 for a in x)
    return rise, max(abs(mean_y + rise * (a - mean_x) - b) for a, b in zip(x, y, strict=True))


def main() -> int:
    shown = Table("days", "zones", "spaces", "rows", "wall s", "CPU s", "peak MB")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        dagster = best(cost(IMPORT_DAGSTER, folder / "log") for _ in range(3))
        found: dict[tuple[int, int], Cost] = {}
        for days, zones, spaces in (
            (DAYS, ZONES, 20),
            (DAYS * 4, ZONES, 20),
            (DAYS, ZONES * 4, 80),
            *((30, zones, 0) for zones in (*SLOPE, LARGE)),
        ):
            c = found[days, zones] = sync(days, zones, spaces, folder)
            rows = days * 24 * (zones + spaces)
            shown.add_row(
                *map(str, (days, zones, spaces, f"{rows:,}")), f"{c.wall:.2f}", f"{c.cpu:.2f}", f"{c.peak:.0f}"
            )
    CONSOLE.print(shown)
    base, longer, wider = found[DAYS, ZONES], found[DAYS * 4, ZONES], found[DAYS, ZONES * 4]
    rise, off = slope({zones: found[30, zones].peak for zones in (*SLOPE, LARGE)})
    CONSOLE.print(
        f"memory by zones, 30 days in one request: {rise:.2f} MB per zone, off that line by {off:.0f} MB"
    )
    targets = Targets()
    for what, grown in (("days x 4", longer), ("zones x 4", wider)):
        ratio = (grown.cpu - dagster.cpu) / (base.cpu - dagster.cpu)
        targets.at_most(f"{what}: CPU time less that of import dagster", ratio, 4.4, " x")
    # Not 1: memory rises in steps of about 15 MB over the first 300 days, and is the same for 680 days.
    targets.at_most("days x 4: peak memory", longer.peak / base.peak, 1.2, " x")
    targets.at_most("memory by zones is a line but for", off / found[30, LARGE].peak, 0.1, " of the most")
    targets.at_most("1,000 zones x 30 days: peak memory", found[30, LARGE].peak, 1200, " MB")
    return targets.exit_status()


if __name__ == "__main__":
    sys.exit(main())
