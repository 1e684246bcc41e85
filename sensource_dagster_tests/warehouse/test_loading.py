"""In real Dagster runs: what a downstream asset loads from our tables."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from dagster import AssetIn, AssetsDefinition, DailyPartitionsDefinition, MaterializeResult, asset

from sensource_dagster.contract.tables import TABLES
from sensource_dagster_tests.warehouse.runs import (
    DAYS,
    SINGLE,
    TRAFFIC,
    Runs,
    by_day,
    failure,
    frame,
    traffic_asset,
)
from sensource_dagster_tests.warehouse.samples import count


def loaded(runs: Runs, source: AssetsDefinition, days: tuple[str, str] | None, **options: Any) -> pd.DataFrame:
    """What a downstream asset loads from traffic."""
    got: list[pd.DataFrame] = []

    @asset(
        ins={"traffic": AssetIn(key=TRAFFIC, **options)},
        partitions_def=DAYS if days else None,
        backfill_policy=SINGLE if days else None,
    )
    def downstream(traffic: pd.DataFrame) -> None:
        got.append(traffic)

    result = runs.run(source, downstream, days=days, selection=[downstream])
    assert result.success, failure(result)
    return got[0]


def test_an_input_has_the_requested_days_or_all_of_them_and_the_requested_columns(runs: Runs) -> None:
    rows = [count(at=24 * day + 5, ins=day) for day in range(6)]
    source = traffic_asset(frame(*rows))
    assert runs.run(source, days=("2025-12-01", "2025-12-06")).success
    some = loaded(runs, source, ("2025-12-02", "2025-12-04"))
    assert sorted(some["sumins"]) == [1, 2, 3]
    assert list(some.columns) == [column.name for column in TABLES["traffic"].all_columns]
    assert some["record_date_hour_1"].min() == pd.Timestamp("2025-12-02T05:00Z")
    assert sorted(loaded(runs, source, None)["sumins"]) == [0, 1, 2, 3, 4, 5]
    chosen = loaded(runs, source, ("2025-12-06", "2025-12-06"), metadata={"columns": ["zone_id", "sumins"]})
    assert chosen.to_dict("records") == [{"zone_id": "z1", "sumins": 5}]
    assert loaded(runs, source, ("2025-12-10", "2025-12-11")).empty


@pytest.mark.parametrize("zone", ["Africa/Cairo", "America/Havana", "Asia/Kathmandu", "Pacific/Kiritimati"])
def test_the_right_days_are_loaded_if_a_day_does_not_begin_at_midnight(tmp_path: Path, zone: str) -> None:
    runs = Runs(tmp_path / "w.duckdb")
    changes = {"Africa/Cairo": date(2025, 4, 25), "America/Havana": date(2025, 3, 9)}
    first = changes.get(zone, date(2025, 12, 1)) - timedelta(days=1)
    days = DailyPartitionsDefinition(str(first), timezone=zone, end_date=str(first + timedelta(days=9)))
    start = datetime(first.year, first.month, first.day, tzinfo=ZoneInfo(zone)).astimezone(timezone.utc)
    rows = [{**count(ins=n), "recordDate_hour_1": (start + timedelta(hours=n)).isoformat()} for n in range(4 * 24)]
    source = traffic_asset(frame(*rows, zone=zone), partitions=days)
    assert runs.run(source, days=(str(first), str(first + timedelta(days=4)))).success

    @asset(ins={"traffic": AssetIn(key=TRAFFIC)}, partitions_def=days)
    def downstream(traffic: pd.DataFrame) -> MaterializeResult[None]:
        return MaterializeResult(metadata={"days": sorted({str(day)[:10] for day in traffic["record_date"]})})

    for number in range(3):
        key = str(first + timedelta(days=number))
        result = runs.run(source, downstream, partition_key=key, selection=[downstream])
        assert by_day(result)[key]["days"] == [key]


@pytest.mark.parametrize("file", ["main.duckdb", "MAIN.duckdb", "My Warehouse.v2.duckdb", ".hidden"])
def test_a_warehouse_of_any_name_is_written_and_loaded(tmp_path: Path, file: str) -> None:
    runs = Runs(tmp_path / file)
    source = traffic_asset(frame(count()))
    result = runs.run(source, partition_key="2025-12-01")
    assert result.success
    assert len(loaded(runs, source, None)) == 1


def test_loading_a_missing_table_fails_with_a_text_that_says_what_to_do(runs: Runs) -> None:
    @asset(ins={"traffic": AssetIn(key=TRAFFIC)})
    def downstream(traffic: pd.DataFrame) -> None: ...

    source = traffic_asset(frame(count()))
    assert "does not exist yet: materialize" in failure(runs.run(source, downstream, selection=[downstream]))
    runs.store.sql("SELECT 1")
    assert "Table traffic cannot be read" in failure(runs.run(source, downstream, selection=[downstream]))
