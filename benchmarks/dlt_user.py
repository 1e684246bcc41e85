"""A sync with dlt, as its user would write it: its REST client, a primary key, merge, DuckDB.

benchmarks/.dlt-venv/bin/python benchmarks/dlt_user.py URL FILE FIRST DAYS [parquet]

It needs an environment of its own. By default dlt writes INSERT statements for DuckDB. The setting `parquet`
avoids parsing them.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"

import dlt
from dlt.sources.helpers.rest_client import RESTClient
from dlt.sources.helpers.rest_client.auth import OAuth2ClientCredentials
from dlt.sources.helpers.rest_client.paginators import SinglePagePaginator

URL, FILE, FIRST, DAYS = sys.argv[1], Path(sys.argv[2]), date.fromisoformat(sys.argv[3]), int(sys.argv[4])
COUNTS = (
    ("traffic", "zone", "ins,outs"),
    ("occupancy", "space", "occupancy(max),occupancy(min),occupancy(avg)"),
)


@dlt.source
def vea() -> Iterator[Any]:
    client = RESTClient(
        base_url=URL,
        auth=OAuth2ClientCredentials(
            access_token_url=f"{URL}/oauth/token", client_id="bench", client_secret="bench"
        ),
        paginator=SinglePagePaginator(),
        data_selector="results",
    )

    def rows(kind: str, entity: str, metrics: str) -> Iterator[Any]:
        for day in range(0, DAYS, 30):
            query = {
                "relativeDate": "custom",
                "startDate": f"{FIRST + timedelta(days=day)}T00:00:00.000Z",
                "endDate": f"{FIRST + timedelta(days=min(day + 30, DAYS))}T00:00:00.000Z",
                "dateGroupings": "hour",
                "entityType": entity,
                "metrics": metrics,
            }
            yield from client.paginate(f"/api/data/{kind}", params=query)

    for kind, entity, metrics in COUNTS:
        key = (f"{entity}Id", "recordDate_hour_1")
        yield dlt.resource(rows(kind, entity, metrics), name=kind, primary_key=key, write_disposition="merge")


dlt.pipeline(
    pipeline_name="vea",
    destination=dlt.destinations.duckdb(str(FILE)),
    dataset_name="sensource",
    pipelines_dir=str(FILE.with_suffix(".pipelines")),
).run(vea(), loader_file_format="parquet" if "parquet" in sys.argv else None)
