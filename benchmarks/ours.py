"""Ours: the counts assets with their I/O manager, in one process, in runs of 30 days as a backfill has them.

    python benchmarks/ours.py URL FILE FIRST DAYS

Where DAGSTER_HOME is set, Dagster's history goes there; otherwise it lives in memory.
"""

from __future__ import annotations

import os
import sys
from datetime import date, timedelta
from pathlib import Path

URL, FILE, FIRST, DAYS = sys.argv[1], sys.argv[2], date.fromisoformat(sys.argv[3]), int(sys.argv[4])
os.environ.update(
    SENSOURCE_CLIENT_ID="bench",
    SENSOURCE_CLIENT_SECRET="bench",
    SENSOURCE_API_URL=URL,
    SENSOURCE_AUTH_URL=f"{URL}/oauth/token",
    SENSOURCE_START_DATE=str(FIRST),
    SENSOURCE_WAREHOUSE=FILE,
    XDG_CACHE_HOME=str(Path(FILE).parent),
)

from dagster import DagsterInstance  # noqa: E402

from sensource_dagster.definitions import defs  # noqa: E402

job = defs.resolve_job_def("counts")
with DagsterInstance.get() if "DAGSTER_HOME" in os.environ else DagsterInstance.ephemeral() as instance:
    for day in range(0, DAYS, 30):
        tags = {
            "dagster/asset_partition_range_start": str(FIRST + timedelta(days=day)),
            "dagster/asset_partition_range_end": str(FIRST + timedelta(days=min(day + 30, DAYS) - 1)),
        }
        job.execute_in_process(instance=instance, tags=tags)
