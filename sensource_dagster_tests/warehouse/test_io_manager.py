"""In real Dagster runs: the result of an asset is merged and reported by day."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
from dagster import AssetsDefinition, DagsterEventType, asset

from sensource_dagster.contract.frames import list_frame
from sensource_dagster.contract.response import Response
from sensource_dagster.contract.tables import TABLES
from sensource_dagster.warehouse.frame_stream import FrameStream
from sensource_dagster_tests.warehouse.runs import (
    DAYS,
    SINGLE,
    TRAFFIC,
    Runs,
    by_day,
    failure,
    frame,
    response,
    traffic_asset,
)
from sensource_dagster_tests.warehouse.samples import count


def numbers(inserted: int, corrected: int, unchanged: int, zones: int, **sums: int) -> dict[str, Any]:
    rows = inserted + corrected + unchanged
    return {
        "rows": rows,
        "rows_inserted": inserted,
        "rows_grown": 0,
        "rows_corrected": corrected,
        "rows_unchanged": unchanged,
        "rows_updated": 0,
        "rows_vanished": 0,
        "values_kept": 0,
        "rows_rejected": 0,
        "zones": zones,
        **sums,
    }


def test_each_day_reports_its_own_numbers_and_a_day_without_rows_reports_zeros(runs: Runs) -> None:
    first = frame(count(at=0, ins=3), count("z2", at=1), count(at=49, ins=5, outs=7))
    result = runs.run(traffic_asset(first), days=("2025-12-01", "2025-12-04"))
    assert result.success
    assert by_day(result) == {
        "2025-12-01": numbers(2, 0, 0, 2, ins=4, outs=4),
        "2025-12-02": numbers(0, 0, 0, 0),
        "2025-12-03": numbers(1, 0, 0, 1, ins=5, outs=7),
        "2025-12-04": numbers(0, 0, 0, 0),
    }
    second = frame(count(at=0, ins=4), count("z2", at=1), count(at=30))
    assert by_day(runs.run(traffic_asset(second), days=("2025-12-01", "2025-12-02"))) == {
        "2025-12-01": numbers(0, 1, 1, 2, ins=5, outs=4),
        "2025-12-02": numbers(1, 0, 0, 1, ins=1, outs=2),
    }
    assert len(runs.store.rows()) == 4


def test_a_single_partition_reports_its_numbers(runs: Runs) -> None:
    result = runs.run(traffic_asset(frame(count())), partition_key="2025-12-01")
    assert by_day(result) == {"2025-12-01": numbers(1, 0, 0, 1, ins=1, outs=2)}


def test_a_list_reports_its_numbers_and_how_many_rows_were_marked_deleted(runs: Runs) -> None:
    def zones(*ids: str) -> AssetsDefinition:
        @asset(key=["sensource", "zone"])
        def zone() -> pd.DataFrame:
            return list_frame(TABLES["zone"], [{"zoneId": zone, "name": "n"} for zone in ids])[0]

        return zone

    assert runs.run(zones("a", "b")).success
    [reported] = by_day(runs.run(zones("a", "c"))).values()
    assert reported.pop("preview")
    assert reported.pop("dagster/size_bytes") == runs.store.path.stat().st_size
    assert reported == {
        "rows": 2,
        "rows_inserted": 1,
        "rows_grown": 0,
        "rows_corrected": 0,
        "rows_unchanged": 1,
        "rows_rejected": 0,
        "zones": 2,
        "rows_deleted": 1,
        "dagster/row_count": 3,
    }
    assert "The API listed no zone at all" in failure(runs.run(zones()))
    assert [row["_deleted"] for row in runs.store.rows("zone")] == [False, True, False]


def test_a_new_column_is_a_warning_that_names_it(runs: Runs) -> None:
    runs.run(traffic_asset(frame(count(newField=1))), partition_key="2025-12-01")
    [run] = runs.instance.get_runs()
    warned = [entry.message for entry in runs.instance.all_logs(run.run_id) if entry.level == 30]
    assert [text for text in warned if "traffic has a new column new_field (BIGINT)" in text]


def test_the_query_on_the_event_of_a_day_reads_that_day_alone(runs: Runs, tmp_path: Path) -> None:
    rows = frame(count(), count(at=30), count(at=31))
    result = runs.run(traffic_asset(rows), days=("2025-12-01", "2025-12-02"))
    events = [e for e in result.all_events if e.event_type is DagsterEventType.ASSET_MATERIALIZATION]
    queries = {
        str(event.partition): str(event.step_materialization_data.materialization.metadata["Query"].value)
        for event in events
    }
    copy = shutil.copy(runs.store.path, tmp_path / "footfall.duckdb")  # people open a copy
    with duckdb.connect(str(copy), read_only=True) as connection:
        found = {day: len(connection.execute(query).fetchall()) for day, query in queries.items()}
    assert found == {"2025-12-01": 1, "2025-12-02": 2}


def test_a_group_of_frames_is_merged_before_the_next_is_made_and_the_file_is_free_meanwhile(
    runs: Runs,
) -> None:
    seen: list[int] = []
    script = "import duckdb, sys; print(duckdb.connect(sys.argv[1]).execute(sys.argv[2]).fetchall()[0][0])"
    query = "SELECT count(*) FROM sensource.sensource.traffic"

    def responses() -> Iterator[Response]:
        for number in range(4):
            if number > 1:  # another process, which would be locked out
                path = str(runs.store.path)
                counted = subprocess.run(
                    [sys.executable, "-c", script, path, query], capture_output=True, text=True, check=True
                )
                seen.append(int(counted.stdout))
            yield response(count(at=24 * number), count(at=24 * number + 1))

    @asset(key=TRAFFIC, partitions_def=DAYS, backfill_policy=SINGLE, metadata={"partition_expr": "record_date"})
    def traffic() -> FrameStream:
        return FrameStream(responses(), rows=4)

    result = runs.run(traffic, days=("2025-12-01", "2025-12-04"))
    assert result.success
    assert seen == [4, 4]
    assert [day["rows"] for day in by_day(result).values()] == [2, 2, 2, 2]


def test_a_failed_merge_keeps_the_earlier_frames_and_the_run_fails_with_its_text(
    runs: Runs,
) -> None:
    broken = frame(count(at=24)).assign(sumins=pd.Series(["many"], dtype="string"))
    result = runs.run(
        traffic_asset(frame(count(at=0)), broken, frame(count(at=48))), days=("2025-12-01", "2025-12-03")
    )
    text = failure(result)
    assert "Table traffic: Conversion Error" in text
    assert "Nothing was written" in text
    assert by_day(result) == {}
    assert [row["record_date"] for row in runs.store.rows()] == [date(2025, 12, 1)]
    healed = [frame(count(at=24 * number)) for number in range(3)]
    again = by_day(runs.run(traffic_asset(*healed), days=("2025-12-01", "2025-12-03")))
    assert [(day["rows_inserted"], day["rows_unchanged"]) for day in again.values()] == [(0, 1), (1, 0), (1, 0)]


def test_an_error_of_the_asset_between_frames_keeps_the_earlier_frames(runs: Runs) -> None:
    def responses() -> Iterator[Response]:
        yield response(count())
        raise RuntimeError("the API is gone")

    @asset(key=TRAFFIC, partitions_def=DAYS, metadata={"partition_expr": "record_date"})
    def traffic() -> FrameStream:
        return FrameStream(responses())

    assert "the API is gone" in failure(runs.run(traffic, partition_key="2025-12-01"))
    assert len(runs.store.rows()) == 1


def test_a_file_that_is_not_a_warehouse_fails_the_run_with_the_reason_and_without_retry(runs: Runs) -> None:
    runs.store.path.write_text("not a database" * 1000)
    result = runs.run(traffic_asset(frame(count())), partition_key="2025-12-01")
    assert f"The warehouse {runs.store.path} cannot be opened" in failure(result)
    assert runs.store.path.read_text() == "not a database" * 1000
