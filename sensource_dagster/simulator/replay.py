"""Recorded traffic responses instead of a generated account."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sensource_dagster.simulator.hourly_rows import HOUR_FIELD, CountName
from sensource_dagster.simulator.simulated_account import ListName, Row


class Replay:
    """Reads from one recording at a time. Setting `index` selects another."""

    def __init__(self, recordings: Sequence[Mapping[str, Any]]) -> None:
        """Start with the first of `recordings`, which are documents of ``{"messages", "results"}``."""
        self._recordings = recordings
        self._index = 0

    @property
    def index(self) -> int:
        """The index of the current recording, from 0."""
        return self._index

    @index.setter
    def index(self, index: int) -> None:
        if not 0 <= index < len(self._recordings):
            raise IndexError(f"recording {index} of {len(self._recordings)}")
        self._index = index

    def entities(self, name: ListName) -> list[Row]:
        """Return the distinct zones that the recording names. The other lists are empty."""
        if name != "zone":
            return []
        zones = {row["zoneId"]: row["name"] for row in self._rows()}
        return [{"zoneId": zone_id, "name": zones[zone_id]} for zone_id in sorted(zones)]

    def counts(self, name: CountName, hours: range, now: datetime) -> list[Row]:  # noqa: ARG002 - a recording stands still
        """Return the recording's traffic rows in `hours`, in its own order."""
        if name != "traffic":
            return []
        return [dict(row) for row in self._rows() if _hour(row[HOUR_FIELD]) in hours]

    def _rows(self) -> Sequence[Row]:
        rows: Sequence[Row] = self._recordings[self._index]["results"]
        return rows


def _hour(stamp: str) -> int:
    return int(datetime.fromisoformat(stamp.replace("Z", "+00:00")).timestamp()) // 3600
