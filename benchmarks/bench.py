"""This project, the floor, dlt and the stock I/O manager read the same year in turn. Prints ratios and targets.

    make bench
    .venv/bin/python benchmarks/bench.py --days 90 --without dlt --chart benchmarks/chart.svg

365 days of 50 zones and 20 spaces are 613,200 rows. The exit status is 1 if a target is missed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import urllib.request
from pathlib import Path
from statistics import median

import duckdb
from chart import draw
from environments import python_of
from measure import CONSOLE, HERE, IMPORT_DAGSTER, Cost, Targets, best, cost
from prepared_responses import FIRST, YEAR, serving
from rich.table import Table

ZONES, SPACES = 50, 20
ROUNDS = 5  # of the quick commands, in turn
FLOOR, STOCK, DAGSTER = "the floor", "stock I/O manager", "import dagster"
DLT, DLT_PARQUET = "dlt: as it comes", "dlt: parquet"
FIRST_SYNC, RERUN, CORRECTION = "ours: first sync", "ours: rerun, no changes", "ours: 1 % corrected"
CHECKED = "ours: first sync with its checks"
IN_BATCHES = "ours: in runs of 30 days"
ALONE = "Dagster, the same days, no data"
OTHERS = {
    "dlt": ((DLT, DLT_PARQUET), ("dlt[duckdb]", "pyarrow")),
    "stock": ((STOCK,), ("dagster-duckdb-pandas", "requests")),
}


class Bench:
    """Measures one command after the other and keeps their costs by name."""

    def __init__(self, url: str, folder: Path, days: int) -> None:
        self.costs: dict[str, list[Cost]] = {}
        self.sizes: dict[str, float] = {}  # MB
        self._url, self._folder, self._days = url, folder, days
        self._expected: tuple[int, int] | None = None

    def dagster(self) -> None:
        self._add(DAGSTER, cost(IMPORT_DAGSTER, self._folder / "log"))
        home = str(self._folder / f"home{len(self.costs[DAGSTER])}")
        alone = [sys.executable, str(HERE / "dagster_alone.py"), home, str(FIRST), str(self._days)]
        self._add(ALONE, cost(alone, self._folder / "log"))

    def sync(
        self,
        name: str,
        python: str,
        script: str,
        file: str,
        *options: str,
    ) -> None:
        """One sync into `file`. Afterwards the file must have the right rows."""
        path = self._folder / file
        command = [python, str(HERE / script), self._url, str(path), str(FIRST), str(self._days), *options]
        self._add(name, cost(command, self._folder / "log"))
        self.sizes[name] = path.stat().st_size / 1e6
        CONSOLE.print(f"[dim]{name}: {self.costs[name][-1].wall:.1f} s[/]")
        found = _contents(path)
        self._expected = self._expected or found
        if found != self._expected or found[0] != self._days * 24 * (ZONES + SPACES):
            sys.exit(f"{name}: rows, and people in them, are {found}, not {self._expected}")

    def lists(self, file: str) -> None:
        """Read the lists into `file`, which is not measured: users read them first."""
        command = [sys.executable, str(HERE / "ours.py"), self._url, str(self._folder / file), str(FIRST), "0"]
        cost([*command, "--with-lists"], self._folder / "log")

    def select_pass(self, number: int) -> None:
        with urllib.request.urlopen(f"{self._url}/pass?number={number}"):
            self._expected = None

    def best(self) -> dict[str, Cost]:
        return {name: best(costs) for name, costs in self.costs.items()}

    def checks(self) -> float:
        """CPU seconds of the checks: the median over the rounds, each compared with its own sync without them."""
        pairs = zip(self.costs[CHECKED], self.costs[FIRST_SYNC], strict=True)
        return median(checked.cpu - plain.cpu for checked, plain in pairs)

    def _add(self, name: str, measured: Cost) -> None:
        self.costs.setdefault(name, []).append(measured)


def _contents(path: Path) -> tuple[int, int]:
    """The number of rows and of people in both tables of a file. They must not depend on who wrote the file."""
    with duckdb.connect(str(path), read_only=True) as connection:
        tables = connection.execute(
            "SELECT format('{:s}.{:s}', schema_name, table_name) FROM duckdb_tables() "
            "WHERE table_name IN ('traffic', 'occupancy') AND NOT schema_name LIKE '%staging'"
        ).fetchall()
        each = [
            connection.execute(f"SELECT count(*), sum(sumins) FROM {name}").fetchall()[0] for (name,) in tables
        ]
    return sum(rows for rows, _ in each), int(sum(people for _, people in each))


def run(bench: Bench, without: list[str]) -> None:
    for number in range(ROUNDS):
        bench.select_pass(1)
        bench.dagster()
        bench.sync(FLOOR, sys.executable, "floor.py", f"floor{number}.duckdb")
        for name in (FIRST_SYNC, RERUN):
            bench.sync(name, sys.executable, "ours.py", f"ours{number}.duckdb", "--without-checks")
        bench.lists(f"checked{number}.duckdb")
        bench.sync(CHECKED, sys.executable, "ours.py", f"checked{number}.duckdb")
        bench.select_pass(2)
        bench.sync(CORRECTION, sys.executable, "ours.py", f"ours{number}.duckdb", "--without-checks")
    bench.select_pass(1)
    batches = ("--days-a-run", "30", "--without-checks")
    bench.sync(IN_BATCHES, sys.executable, "ours.py", "batches.duckdb", *batches)
    for other, (names, requirements) in OTHERS.items():
        if other in without:
            continue
        for name in names:
            options = ("parquet",) if name == DLT_PARQUET else ()
            python = python_of(other, *requirements)
            bench.sync(name, python, f"{other}_user.py", f"{other}{len(options)}.duckdb", *options)


def table(costs: dict[str, Cost], sizes: dict[str, float]) -> Table:
    floor, dagster = costs[FLOOR], costs[DAGSTER].cpu
    shown = Table(title="Whole processes; in brackets as multiples of the floor", title_justify="left")
    for heading in ("", "wall s", "CPU s", "CPU s less import dagster", "peak MB", "file MB"):
        shown.add_column(heading, justify="right" if heading else "left")
    for name, c in costs.items():
        net = _net(name, c, dagster)
        shown.add_row(
            name,
            f"{c.wall:.2f} ({c.wall / floor.wall:.1f})",
            f"{c.cpu:.2f} ({c.cpu / floor.cpu:.1f})",
            f"{net:.2f} ({net / floor.cpu:.1f})" if name != DAGSTER else "",
            f"{c.peak:.0f} ({c.peak / floor.peak:.1f})",
            f"{sizes[name]:.1f}" if name in sizes else "",
        )
    return shown


def _net(name: str, measured: Cost, dagster: float) -> float:
    """CPU time without that of `import dagster`, for commands that import it."""
    imports_it = name.startswith("ours") or name in (STOCK, ALONE)
    return measured.cpu - dagster if imports_it else measured.cpu


def judge(costs: dict[str, Cost], sizes: dict[str, float], checks: float) -> Targets:
    ours = {name: _net(name, c, costs[DAGSTER].cpu) for name, c in costs.items()}
    floor = costs[FLOOR].cpu
    targets = Targets()
    targets.at_most("first sync, CPU / the floor's", ours[FIRST_SYNC] / floor, 1.5, " x")
    if DLT in costs:
        targets.at_least("dlt's CPU / first sync's", costs[DLT].cpu / ours[FIRST_SYNC], 15, " x")
    targets.at_most("checks of the first sync, CPU", checks, 0.5, " s")
    peak = max(costs[name].peak for name in (FIRST_SYNC, CHECKED, RERUN, CORRECTION))
    targets.at_most("peak memory", peak, 450, " MB")
    targets.at_most("rerun without changes, CPU / first", ours[RERUN] / ours[FIRST_SYNC], 1, " x")
    targets.at_most("rerun without changes, growth", sizes[RERUN] - sizes[FIRST_SYNC], 0, " MB")
    targets.at_most("1 % corrected, CPU / first", ours[CORRECTION] / ours[FIRST_SYNC], 1.2, " x")
    without = ours[FIRST_SYNC] - ours[ALONE]
    targets.note(f"Dagster alone, and then the floor: {(ours[ALONE] + floor) / floor:.2f} x the floor's")
    targets.note(f"first sync less what Dagster costs without data: {without / floor:.2f} x the floor's")
    return targets


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=YEAR)
    parser.add_argument("--without", choices=OTHERS, action="append", default=[], help="may be repeated")
    parser.add_argument("--chart", type=Path, help="an SVG file to write")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary, serving(wanted.days, ZONES, SPACES) as url:
        folder = Path(temporary)
        bench = Bench(url, folder, wanted.days)
        run(bench, wanted.without)
    costs = bench.best()
    CONSOLE.print(table(costs, bench.sizes))
    if wanted.chart:
        wanted.chart.write_text(draw(costs, f"{wanted.days} days of {ZONES} zones and {SPACES} spaces"))
    return judge(costs, bench.sizes, bench.checks()).exit_status()


if __name__ == "__main__":
    sys.exit(main())
