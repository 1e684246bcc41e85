"""Rows of traffic as Vea sends them."""

from __future__ import annotations

from typing import Any


def row(zone: str = "z1", hour: str = "2025-12-01T16:00:00.000Z", **fields: Any) -> dict[str, Any]:
    return {"recordDate_hour_1": hour, "zoneId": zone, "name": "Door", "sumins": 112, "sumouts": 87, **fields}
