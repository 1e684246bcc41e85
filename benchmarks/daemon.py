"""A year's backfill of both counts through `dagster dev`: in batches of 30 days, then as one run.

    .venv/bin/python benchmarks/daemon.py      about 4 minutes

The time is measured from the launch to the end of the last run, so it includes the daemon's tick (up to 30 s). The
default batches have a target. The exit status is 1 if it is missed.
"""

from __future__ import annotations

import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

import duckdb
from measure import CONSOLE, Targets
from prepared_responses import FIRST, serving
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from sensource_dagster_tests.end_to_end.dagster_dev import DagsterDev, dagster_dev, project_folder

DAYS, ZONES, SPACES = 365, 50, 20
ALL_IN_ONE = 400
TIMES = """
{runsOrError{... on Runs{results{
  jobName creationTime stats{... on RunStatsSnapshot{enqueuedTime launchTime startTime endTime}}
}}}}"""


def times(deployment: DagsterDev) -> list[list[float]]:
    """When each run was created, queued, launched, started and ended, in the order of the runs."""
    found = deployment.query(TIMES)["runsOrError"]["results"]
    runs = [run for run in found if run["jobName"] != "publish"]  # the published copy is made beside the backfill
    steps = ("enqueuedTime", "launchTime", "startTime", "endTime")
    return sorted([run["creationTime"], *(run["stats"][step] for step in steps)] for run in runs)


def backfill(url: str, folder: Path, batch: int | None) -> float:
    """Seconds that a backfill of all days takes, in batches of this many days or the default."""
    variables = {
        "SENSOURCE_CLIENT_ID": "bench",
        "SENSOURCE_CLIENT_SECRET": "bench",
        "SENSOURCE_API_URL": url,
        "SENSOURCE_AUTH_URL": f"{url}/oauth/token",
        "SENSOURCE_START_DATE": str(FIRST),
        "XDG_CACHE_HOME": str(folder),
    }
    if batch:
        variables["SENSOURCE_BACKFILL_DAYS"] = str(batch)
    project = project_folder(folder / f"project{batch}", variables)
    with dagster_dev(project, folder / "log") as deployment:
        launched = time.time()
        status = deployment.ended(deployment.launch([FIRST + timedelta(days=day) for day in range(DAYS)]))
        runs = times(deployment)
    with duckdb.connect(str(project / "data" / "warehouse.duckdb"), read_only=True) as connection:
        [(rows,)] = connection.execute(
            "SELECT (SELECT count(*) FROM sensource.traffic) + (SELECT count(*) FROM sensource.occupancy)"
        ).fetchall()
    if status != "COMPLETED_SUCCESS" or rows != DAYS * 24 * (ZONES + SPACES):
        sys.exit(f"The backfill ended as {status} with {rows} rows:\n{(folder / 'log').read_text()[-3000:]}")
    shown = Table("run", "made", "queued", "launched", "started", "ended", title="Seconds after the launch")
    for number, moments in enumerate(runs, start=1):
        shown.add_row(str(number), *(f"{moment - launched:.1f}" for moment in moments))
    CONSOLE.print(shown)
    return max(ended for *_, ended in runs) - launched


def main() -> int:
    with tempfile.TemporaryDirectory() as folder, serving(DAYS, ZONES, SPACES) as url:
        by_month, at_once = (backfill(url, Path(folder), batch) for batch in (None, ALL_IN_ONE))
    CONSOLE.print(f"in one run, SENSOURCE_BACKFILL_DAYS={ALL_IN_ONE}: {at_once:.0f} s")
    targets = Targets()
    targets.at_most("in batches, the default", by_month, 75, " s")
    return targets.exit_status()


if __name__ == "__main__":
    sys.exit(main())
