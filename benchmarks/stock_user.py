"""A sync with the stock DuckDB I/O manager of Dagster, as its user would write it. It needs pandas 2.

    benchmarks/.stock-venv/bin/python benchmarks/stock_user.py URL FILE FIRST DAYS

It deletes the days of a run and inserts them again. It has no keys and no checks, and does not report changes.
"""

import sys
from datetime import date, timedelta

import pandas as pd
import requests
from dagster import (
    AssetExecutionContext,
    AssetsDefinition,
    BackfillPolicy,
    DagsterInstance,
    DailyPartitionsDefinition,
    Definitions,
    asset,
    define_asset_job,
    in_process_executor,
)
from dagster_duckdb_pandas import DuckDBPandasIOManager

URL, FILE, FIRST, DAYS = sys.argv[1], sys.argv[2], date.fromisoformat(sys.argv[3]), int(sys.argv[4])


def counts_asset(kind: str, entity: str, metrics: str) -> AssetsDefinition:
    @asset(
        name=kind,
        key_prefix="sensource",
        partitions_def=DailyPartitionsDefinition(start_date=str(FIRST)),
        backfill_policy=BackfillPolicy.multi_run(30),
        metadata={"partition_expr": "hour"},
    )
    def read_counts(context: AssetExecutionContext) -> pd.DataFrame:
        start, end = context.partition_time_window
        token = requests.post(
            f"{URL}/oauth/token",
            data={"grant_type": "client_credentials", "client_id": "bench", "client_secret": "bench"},
            timeout=60,
        ).json()["access_token"]
        response = requests.get(
            f"{URL}/api/data/{kind}",
            params={
                "relativeDate": "custom",
                "startDate": f"{start:%Y-%m-%dT%H:%M:%S}.000Z",
                "endDate": f"{end:%Y-%m-%dT%H:%M:%S}.000Z",
                "dateGroupings": "hour",
                "entityType": entity,
                "metrics": metrics,
            },
            headers={"Authorization": f"Bearer {token}"},
            timeout=60,
        )
        response.raise_for_status()
        frame = pd.DataFrame(response.json()["results"])
        # Without a time zone: the I/O manager compares with the bounds of its partitions as text in UTC.
        frame["hour"] = pd.to_datetime(frame.pop("recordDate_hour_1")).dt.tz_localize(None)
        return frame

    return read_counts


job = Definitions(
    assets=[
        counts_asset("traffic", "zone", "ins,outs"),
        counts_asset("occupancy", "space", "occupancy(max),occupancy(min),occupancy(avg)"),
    ],
    jobs=[define_asset_job("counts")],
    resources={"io_manager": DuckDBPandasIOManager(database=FILE)},
    executor=in_process_executor,
).resolve_job_def("counts")
with DagsterInstance.ephemeral() as instance:
    for day in range(0, DAYS, 30):
        tags = {
            "dagster/asset_partition_range_start": str(FIRST + timedelta(days=day)),
            "dagster/asset_partition_range_end": str(FIRST + timedelta(days=min(day + 30, DAYS) - 1)),
        }
        job.execute_in_process(instance=instance, tags=tags)
