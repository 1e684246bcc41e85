"""What an hour's refresh costs: a run over today and yesterday with its checks, into a warehouse of a year.

.venv/bin/python benchmarks/hourly.py      a minute; the exit status is 1 if the target is missed

The whole process is measured, imports and all. It is compared with a process that imports the definitions alone,
in turn. The figures are medians.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from statistics import median

from measure import CONSOLE, HERE, Targets, cost
from prepared_responses import FIRST, YEAR, serving

ZONES, SPACES = 50, 20
ROUNDS = 5
IMPORTS = (sys.executable, "-c", "import sensource_dagster.definitions")


def main() -> int:
    with tempfile.TemporaryDirectory() as temporary, serving(YEAR + 1, ZONES, SPACES) as url:
        folder = Path(temporary)

        def cpu(command: Sequence[str]) -> float:
            return cost(command, folder / "log").cpu

        def ours(back: int, days: int, *options: str) -> Sequence[str]:
            first = str(FIRST + timedelta(days=YEAR - back))
            return sys.executable, str(HERE / "ours.py"), url, str(folder / "a.duckdb"), first, str(days), *options

        cpu(ours(YEAR, YEAR, "--with-lists", "--days-a-run", "30"))
        rounds = [(cpu(IMPORTS), cpu(ours(1, 2, "--without-checks")), cpu(ours(1, 2))) for _ in range(ROUNDS)]
    imports, plain, checked = (median(each) for each in zip(*rounds, strict=True))
    CONSOLE.print(
        f"CPU of an hour's refresh: {checked:.2f} s; without checks {plain:.2f} s; its imports {imports:.2f} s"
    )
    targets = Targets()
    targets.at_most("an hour's refresh, CPU / that of its imports", checked / imports, 2, " x")
    return targets.exit_status()


if __name__ == "__main__":
    sys.exit(main())
