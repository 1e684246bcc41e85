"""The cost of Dagster itself: the same days of two assets that read and write nothing, with the project's storage.

python benchmarks/dagster_alone.py HOME FIRST DAYS
"""

from __future__ import annotations

import os
import sys
from datetime import date, timedelta
from pathlib import Path
from shutil import copy

HOME, FIRST, DAYS = Path(sys.argv[1]), date.fromisoformat(sys.argv[2]), int(sys.argv[3])
HOME.mkdir(exist_ok=True)
copy(Path(__file__).resolve().parents[1] / "dagster.yaml", HOME)
os.environ["DAGSTER_HOME"] = str(HOME)

from dagster import (  # noqa: E402
    AssetsDefinition,
    BackfillPolicy,
    DagsterInstance,
    DailyPartitionsDefinition,
    MaterializeResult,
    asset,
    materialize,
)


def nothing(name: str) -> AssetsDefinition:
    @asset(
        name=name,
        partitions_def=DailyPartitionsDefinition(str(FIRST)),
        backfill_policy=BackfillPolicy.single_run(),
    )
    def read() -> MaterializeResult:  # type: ignore[type-arg]
        return MaterializeResult()

    return read


with DagsterInstance.get() as instance:
    tags = {
        "dagster/asset_partition_range_start": str(FIRST),
        "dagster/asset_partition_range_end": str(FIRST + timedelta(days=DAYS - 1)),
    }
    materialize([nothing("traffic"), nothing("occupancy")], instance=instance, tags=tags)
