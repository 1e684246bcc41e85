"""This project: the assets of the counts with their I/O manager, in one process, with the project's dagster.yaml.

    python benchmarks/ours.py URL FILE FIRST DAYS [--days-a-run N] [--without-checks] [--with-lists]

Dagster's storage is in the folder of FILE. The checks run as they do for a user.
"""

from __future__ import annotations

import argparse
import os
from datetime import date, timedelta
from pathlib import Path
from shutil import copy

parser = argparse.ArgumentParser()
parser.add_argument("url")
parser.add_argument("file")
parser.add_argument("first", type=date.fromisoformat)
parser.add_argument("days", type=int)
parser.add_argument("--days-a-run", type=int)
parser.add_argument("--without-checks", action="store_true", help="as the other tools, which have none")
parser.add_argument("--with-lists", action="store_true", help="reads the lists first")
wanted = parser.parse_args()
URL, FILE, FIRST, DAYS = wanted.url, wanted.file, wanted.first, wanted.days
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

days_a_run = wanted.days_a_run or max(DAYS, 1)
counts = AssetSelection.groups("counts")
reading = define_asset_job("reading", counts.without_checks() if wanted.without_checks else counts)
merged = Definitions.merge(defs, Definitions(jobs=[reading]))
with DagsterInstance.get() as instance:
    if wanted.with_lists:
        merged.resolve_job_def("lists").execute_in_process(instance=instance)
    job = merged.resolve_job_def("reading")
    for day in range(0, DAYS, days_a_run):
        tags = {
            "dagster/asset_partition_range_start": str(FIRST + timedelta(days=day)),
            "dagster/asset_partition_range_end": str(FIRST + timedelta(days=min(day + days_a_run, DAYS) - 1)),
        }
        job.execute_in_process(instance=instance, tags=tags)
