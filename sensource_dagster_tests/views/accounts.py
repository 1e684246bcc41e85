"""A small account in a warehouse, with the views on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from sensource_dagster.config.warehouse_place import WarehousePlace
from sensource_dagster.contract.frames import counts_frame, list_frame
from sensource_dagster.contract.tables import TABLES
from sensource_dagster.views.refresh import refresh
from sensource_dagster.warehouse.merge import merge
from sensource_dagster.warehouse.warehouse_of import warehouse_of

UTC = ZoneInfo("UTC")
DENVER = ZoneInfo("America/Denver")
Row = dict[str, Any]


class Account:
    """Lists and counts that are merged as the sync merges them."""

    def __init__(self, place: WarehousePlace, zone: ZoneInfo = DENVER) -> None:
        self.place = place
        self.warehouse = warehouse_of(place, 5)
        self.zone = zone
        self.merges = 0
        self._lists: dict[str, dict[str, Row]] = {}
        self._changed: set[str] = set()
        self._has_views = False

    def put(self, table: str, *rows: Row) -> None:
        """Merge a response, and before it what the lists have got since the last one."""
        with self.warehouse.open() as connection:
            self._merge_lists(connection)
            self._merge(connection, table, [*rows])

    def _merge(self, connection: duckdb.DuckDBPyConnection, table: str, rows: list[Row]) -> None:
        contract = TABLES[table]
        if contract.is_list:
            frame, _ = list_frame(contract, rows)
        else:
            start = datetime(2000, 1, 1, tzinfo=UTC)
            frame = counts_frame(contract, rows, start, start.replace(year=2100), self.zone).frame
        self.merges += 1
        now = datetime(2026, 6, 1, tzinfo=UTC) + timedelta(hours=self.merges)
        merge(connection, contract, frame, now, timedelta(days=9999), self.zone)
        self._has_views = False

    def _merge_lists(self, connection: duckdb.DuckDBPyConnection) -> None:
        for table in sorted(self._changed):
            self._merge(connection, table, [*self._lists[table].values()])
        self._changed.clear()

    def door(self, zone: str, site: str | None = "s", location: str = "l", **fields: Any) -> None:
        """A zone whose sensor stands in `site` of `location`; without a site it leads nowhere."""
        self.put_list("zone", {"zoneId": zone, "name": "Person count 1", "sensorId": f"sensor {zone}", **fields})
        if site:
            self.put_list("sensor", {"sensorId": f"sensor {zone}", "siteId": site, "name": f"Sensor {zone}"})
            self.put_list("site", {"siteId": site, "locationId": location, "name": f"Site {site}"})
            self.put_list("location", {"locationId": location, "name": f"Library {location}"})

    def put_list(self, table: str, row: Row) -> None:
        """Add an entry to a list, or change it; the others stay listed."""
        listed, key = self._lists.setdefault(table, {}), row[f"{table}Id"]
        listed[key] = {**listed.get(key, {}), **row}
        self._changed.add(table)

    def hours(self, zone: str, first: str, count: int, ins: int = 1, outs: int = 1) -> None:
        """Consecutive hours of a zone from an instant on, such as 2026-01-01T07:00."""
        self.put("traffic", *(self.hour(zone, instant, ins, outs) for instant in instants(first, count)))

    @staticmethod
    def hour(zone: str, instant: str, ins: int | None, outs: int | None = 0) -> Row:
        return {"zoneId": zone, "name": "n", "recordDate_hour_1": instant, "sumins": ins, "sumouts": outs}

    @contextmanager
    def views(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with self.warehouse.open() as connection:
            self._merge_lists(connection)
            if not self._has_views:
                refresh(connection, self.zone)
                self._has_views = True
            yield connection

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with self.views() as connection:
            return connection.execute(query).fetchall()


def instants(first: str, count: int) -> list[str]:
    start = datetime.fromisoformat(first)
    return [f"{start + timedelta(hours=number):%Y-%m-%dT%H:%M:%S}.000Z" for number in range(count)]
