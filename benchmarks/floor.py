"""The floor: fetch each window once, parse it with the fastest parser and append it. No keys, types or checks.

python benchmarks/floor.py URL FILE FIRST DAYS
"""

from __future__ import annotations

import sys
from datetime import date, timedelta

import duckdb
import orjson
import pandas as pd
import requests

URL, FILE, FIRST, DAYS = sys.argv[1], sys.argv[2], date.fromisoformat(sys.argv[3]), int(sys.argv[4])
COUNTS = (
    ("traffic", "zone", "ins,outs"),
    ("occupancy", "space", "occupancy(max),occupancy(min),occupancy(avg)"),
)

with requests.Session() as session, duckdb.connect(FILE) as connection:
    token = session.post(f"{URL}/oauth/token", data={"grant_type": "client_credentials"}, timeout=60).json()
    session.headers["Authorization"] = f"Bearer {token['access_token']}"
    for kind, entity, metrics in COUNTS:
        for day in range(0, DAYS, 30):
            query = {
                "relativeDate": "custom",
                "startDate": f"{FIRST + timedelta(days=day)}T00:00:00.000Z",
                "endDate": f"{FIRST + timedelta(days=min(day + 30, DAYS))}T00:00:00.000Z",
                "dateGroupings": "hour",
                "entityType": entity,
                "metrics": metrics,
            }
            response = session.get(f"{URL}/api/data/{kind}", params=query, timeout=60)
            frame = pd.DataFrame(orjson.loads(response.content)["results"])
            write = f"INSERT INTO {kind}" if day else f"CREATE TABLE {kind} AS"
            connection.execute(f"{write} SELECT * FROM frame")
