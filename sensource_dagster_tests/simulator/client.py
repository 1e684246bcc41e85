"""A plain client for the simulator's tests: it sends requests, without retries and without checks."""

from datetime import datetime, timedelta, timezone
from typing import Any

import requests

from sensource_dagster.simulator import RunningSimulator

NOW = datetime(2025, 12, 10, 22, 46, tzinfo=timezone.utc)
"""A Wednesday afternoon in Denver, in the middle of an hour."""

METRICS = {"traffic": "ins,outs", "occupancy": "occupancy(max),occupancy(min),occupancy(avg)"}
ENTITY_TYPES = {"traffic": "zone", "occupancy": "space"}


def mint(sim: RunningSimulator, **changes: Any) -> requests.Response:
    body = {
        "grant_type": "client_credentials",
        "client_id": sim.client_id,
        "client_secret": sim.client_secret,
        **changes,
    }
    return requests.post(sim.auth_url, json=body, timeout=10)


class Client:
    """Sends requests with one token, which is minted when the client is made."""

    def __init__(self, sim: RunningSimulator) -> None:
        self.sim = sim
        self.token: str = mint(sim).json()["access_token"]

    def get(self, path: str, **parameters: Any) -> requests.Response:
        return requests.get(
            f"{self.sim.api_url}{path}",
            params=parameters,
            headers={"Authorization": f"Bearer {self.token}"},
            timeout=10,
            allow_redirects=False,
        )

    def counts(self, name: str, start: str, end: str, **changes: Any) -> requests.Response:
        parameters = {
            "relativeDate": "custom",
            "startDate": start,
            "endDate": end,
            "dateGroupings": "hour",
            "entityType": ENTITY_TYPES[name],
            "metrics": METRICS[name],
            **changes,
        }
        given = {key: value for key, value in parameters.items() if value is not None}
        return self.get(f"/api/data/{name}", **given)

    def rows(self, name: str, start: str, end: str, **changes: Any) -> list[dict[str, Any]]:
        response = self.counts(name, start, end, **changes)
        assert response.status_code == 200, response.text
        rows: list[dict[str, Any]] = response.json()["results"]
        return rows


def instant(moment: datetime) -> str:
    """Write an instant as clients do, with Z."""
    return f"{moment.astimezone(timezone.utc):%Y-%m-%dT%H:%M:%S}.000Z"


def utc(year: int, month: int, day: int, hour: int = 0) -> datetime:
    return datetime(year, month, day, hour, tzinfo=timezone.utc)


def hours_of(rows: list[dict[str, Any]]) -> set[str]:
    return {row["recordDate_hour_1"] for row in rows}


DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
