"""Whatever JSON a response holds, the table takes it whole or stays as it was, and the error is one of ours."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sensource_dagster.contract.frames import counts_frame, list_frame
from sensource_dagster.contract.model import Table
from sensource_dagster.contract.tables import TABLES
from sensource_dagster.errors import SenSourceError
from sensource_dagster.vea.envelope import rows_of
from sensource_dagster.warehouse.file_warehouse import FileWarehouse
from sensource_dagster.warehouse.merge import merge
from sensource_dagster_tests.warehouse.samples import KEEP

UTC = timezone.utc
START = datetime(2025, 3, 8, 7, tzinfo=UTC)
END = START + timedelta(days=2)
DENVER = ZoneInfo("America/Denver")

NASTY_TEXT = st.sampled_from(
    ["", " ", "'; DROP TABLE x; --", '"', "a\nb", "🚪", "\u0000", "NaN", "null", "1e309", "12", "12.5", "x" * 5000]
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | NASTY_TEXT
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
STAMPS = (
    st.sampled_from(
        [
            "2025-03-08T07:00:00.000Z",
            "2025-03-09T09:00:00Z",
            "2025-03-09T10:30:00+05:30",
            "2025-03-09",
            "2030-01-01T00:00Z",
        ]
    )
    | VALUES
)
IDS = st.sampled_from(["door-1", "door-2", 7, None, "", "🚪"]) | VALUES
KNOWN_FIELDS = st.sampled_from(
    ["name", "sumins", "sumouts", "Name", "SUMINS", "zone_id", "record_date", "_synced_at"]
)
FIELDS = (
    KNOWN_FIELDS | st.text(max_size=6) | st.sampled_from(["recordDate", "_deleted", "~change", "frame", '"', "é"])
)
EXTRAS = st.dictionaries(FIELDS, VALUES, max_size=4)


def rows(key: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[list[Any]]:
    return st.lists(
        st.builds(lambda keys, extras: {**extras, **keys}, st.fixed_dictionaries(key), EXTRAS), max_size=5
    )


RESPONSES = (
    rows({"zoneId": IDS, "recordDate_hour_1": STAMPS})
    | rows({"zoneId": st.sampled_from(["a", "b"]), "recordDate_hour_1": st.just("2025-03-08T08:00:00Z")})
    | rows({"zoneId": IDS})
    | st.lists(VALUES, max_size=3)
    | VALUES
)


def sync(warehouse: FileWarehouse, table: Table, body: bytes) -> None:
    found = rows_of(orjson.loads(body), "GET /api/…")
    frame = list_frame(table, found)[0] if table.is_list else counts_frame(table, found, START, END, DENVER).frame
    with warehouse.open() as connection:
        merge(connection, table, frame, datetime.now(UTC), KEEP)


def content(warehouse: FileWarehouse, table: Table) -> list[tuple[Any, ...]]:
    with warehouse.open() as connection:
        return connection.execute(f"SELECT * FROM w.sensource.{table.name} ORDER BY ALL").fetchall()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["traffic", "zone"])
@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(responses=st.lists(RESPONSES, min_size=1, max_size=2), wrapped=st.booleans())
def test_any_response_is_taken_whole_or_refused_whole(
    tmp_path_factory: pytest.TempPathFactory, name: str, responses: list[Any], wrapped: bool
) -> None:
    table = TABLES[name]
    warehouse = FileWarehouse(Path(tmp_path_factory.mktemp("any")) / "w.duckdb", wait_seconds=0, config={})
    first = [{"zoneId": "a", "recordDate_hour_1": "2025-03-08T08:00:00Z", "sumins": 1, "extra": 1}]
    sync(warehouse, table, json.dumps(first).encode())
    for response in responses:
        body = json.dumps({"results": response} if wrapped else response).encode()
        before = content(warehouse, table)
        try:
            sync(warehouse, table, body)
        except SenSourceError:
            assert content(warehouse, table) == before
            continue
        after = content(warehouse, table)
        sync(warehouse, table, body)
        assert content(warehouse, table) == after
