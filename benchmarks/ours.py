"""This project: the assets of the counts with their I/O manager, in one process, with the project's dagster.yaml.

    python benchmarks/ours.py URL FILE FIRST DAYS [DAYS_A_RUN]

Dagster's storage is in the folder of FILE. The asset checks do not run, since the other tools have none.
"""

from __future__ import annotations

import os
import sys
from datetime import date, timedelta
from pathlib import Path
from shutil import copy

URL, FILE, FIRST, DAYS = sys.argv[1], sys.argv[2], date.fromisoformat(sys.argv[3]), int(sys.argv[4])
HOME = Path(FILE).parent / "home"
HOME.mkdir(exist_ok=True)
copy(Path(__file__).resolve().parents[1] / "dagster.yaml", HOME)
os.environ.update(
    DAGSTER_HOME=str(HOME),
    SENSOURCE_CLIENT_ID="bench",
    SENSOURCE_CLIENT_SECRET="bench",
    SENSOURCE_API_URL=URL,
    SENSOURCE_AUTH_URL=f"{URL}/oauth/token",
    SENSOURCE_START_DATE=str(FIRST),
    SENSOURCE_WAREHOUSE=FILE,
    XDG_CACHE_HOME=str(Path(FILE).parent),
)

from dagster import AssetSelection, DagsterInstance, Definitions, define_asset_job  # noqa: E402

from sensource_dagster.definitions import defs  # noqa: E402

DAYS_A_RUN = int(sys.argv[5]) if len(sys.argv) > 5 else DAYS
counts = define_asset_job("reading", AssetSelection.groups("counts").without_checks())
job = Definitions.merge(defs, Definitions(jobs=[counts])).resolve_job_def("reading")
with DagsterInstance.get() as instance:
    for day in range(0, DAYS, DAYS_A_RUN):
        tags = {
            "dagster/asset_partition_range_start": str(FIRST + timedelta(days=day)),
            "dagster/asset_partition_range_end": str(FIRST + timedelta(days=min(day + DAYS_A_RUN, DAYS) - 1)),
        }
        job.execute_in_process(instance=instance, tags=tags)
