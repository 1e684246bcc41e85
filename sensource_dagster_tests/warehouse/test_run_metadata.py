"""What the UI shows of a run's merges, in real Dagster runs: where each number is, and in which order."""

from __future__ import annotations

from typing import Any

import pandas as pd
from dagster import AssetKey, AssetsDefinition, AssetSpec, asset

from sensource_dagster.contract.frames import list_frame
from sensource_dagster.contract.tables import TABLES
from sensource_dagster_tests.warehouse.runs import CORRECTIONS, DAYS, SINGLE, TRAFFIC, Runs, frame, traffic_asset
from sensource_dagster_tests.warehouse.samples import count, frame_of

OCCUPANCY, ZONE = AssetKey(["sensource", "occupancy"]), AssetKey(["sensource", "zone"])
DAY = "2025-12-01"
SPEC = AssetSpec(CORRECTIONS)


def materializations(runs: Runs, key: AssetKey) -> list[dict[str, Any]]:
    """Their metadata, the newest first."""
    found = runs.instance.fetch_materializations(key, limit=100).records
    events = [record.asset_materialization for record in found]
    return [{name: value.value for name, value in event.metadata.items()} for event in events if event]


def observations(runs: Runs, key: AssetKey) -> list[tuple[str, dict[str, Any]]]:
    """The run and the metadata of each, the newest first."""
    found = runs.instance.fetch_observations(key, limit=100).records
    events = [(record.run_id, record.event_log_entry.asset_observation) for record in found]
    return [
        (run_id, {name: value.value for name, value in event.metadata.items()})
        for run_id, event in events
        if event
    ]


def zones(*ids: str) -> AssetsDefinition:
    @asset(key=ZONE)
    def zone() -> pd.DataFrame:
        rows = [{"zoneId": zone, "name": f"Door {zone}", "settings": {"text": "x" * 500}} for zone in ids]
        return list_frame(TABLES["zone"], rows)[0]

    return zone


def test_ins_outs_and_rows_come_first_on_a_day_of_traffic_and_the_query_comes_last(runs: Runs) -> None:
    assert runs.run(traffic_asset(frame(count())), partition_key=DAY).success
    [day] = materializations(runs, TRAFFIC)
    assert [*day][:3] == ["ins", "outs", "rows"]
    assert [*day][-1] == "Query"


def test_the_peak_comes_first_on_a_day_of_occupancy(runs: Runs) -> None:
    hour = {"recordDate_hour_1": "2025-12-01T10:00:00.000Z", "spaceId": "s", "maxoccupancy": 7}

    @asset(key=OCCUPANCY, partitions_def=DAYS, backfill_policy=SINGLE, metadata={"partition_expr": "record_date"})
    def occupancy() -> pd.DataFrame:
        return frame_of(TABLES["occupancy"], hour)

    assert runs.run(occupancy, partition_key=DAY).success
    [day] = materializations(runs, OCCUPANCY)
    assert [*day][:2] == ["peak_occupancy", "rows"]


def test_a_run_says_once_how_many_rows_the_whole_table_of_counts_has_and_how_large_the_file_is(
    runs: Runs,
) -> None:
    first = runs.run(traffic_asset(frame(*(count(at=at) for at in range(50)))), days=(DAY, "2025-12-03"))
    second = runs.run(traffic_asset(frame(count("z2"))), partition_key=DAY)

    said = observations(runs, TRAFFIC)

    assert [(run, metadata["dagster/row_count"]) for run, metadata in said] == [
        (second.run_id, 51),
        (first.run_id, 50),
    ]
    assert said[0][1]["dagster/size_bytes"] == runs.store.path.stat().st_size
    on_days = materializations(runs, TRAFFIC)
    assert len(on_days) == 4
    assert not [name for day in on_days for name in day if name.startswith(("dagster/", "run_"))]


def test_a_list_shows_all_its_rows_as_a_number_and_ten_of_them(runs: Runs) -> None:
    assert runs.run(zones(*(f"{number:02}" for number in range(12)))).success
    assert runs.run(zones(*(f"{number:02}" for number in range(6)))).success  # the others are still in the table

    newest = materializations(runs, ZONE)[0]

    assert next(iter(newest)) == "rows"
    assert [*newest][-1] == "Query"
    assert newest["rows"] == 6
    assert newest["dagster/row_count"] == 12
    assert newest["dagster/size_bytes"] == runs.store.path.stat().st_size
    [event] = [
        record.asset_materialization for record in runs.instance.fetch_materializations(ZONE, limit=1).records
    ]
    assert event
    shown: Any = event.metadata["preview"]
    assert [record.data["zone_id"] for record in shown.records] == [f"{number:02}" for number in range(10)]
    assert len(shown.records[0].data["settings"]) == 80


def test_each_run_that_corrects_values_materializes_the_corrections_with_their_number_and_the_newest_ten(
    runs: Runs,
) -> None:
    assert runs.run(traffic_asset(frame(*(count(at=at) for at in range(8)))), SPEC, partition_key=DAY).success
    assert runs.run(traffic_asset(frame(count(at=20))), SPEC, partition_key=DAY).success
    assert materializations(runs, CORRECTIONS) == []

    corrected = frame(*(count(at=at, ins=5, outs=6) for at in range(8)))
    result = runs.run(traffic_asset(corrected), SPEC, partition_key=DAY)

    assert result.success
    [record] = runs.instance.fetch_materializations(CORRECTIONS, limit=10).records
    assert record.run_id == result.run_id
    assert record.asset_materialization
    metadata = record.asset_materialization.metadata
    assert metadata["dagster/row_count"].value == 16
    newest: Any = metadata["newest"]
    assert len(newest.records) == 10
    assert newest.records[0].data["record_date_hour_1"] == "2025-12-01 07:00:00+00:00"
    assert {row.data["new_value"] for row in newest.records} == {"5", "6"}


def test_corrections_of_a_run_that_fails_later_are_shown_as_well(runs: Runs) -> None:
    assert runs.run(traffic_asset(frame(count())), partition_key=DAY).success
    broken = frame(count(at=1)).assign(sumins=pd.Series(["many"], dtype="string"))
    assert not runs.run(traffic_asset(frame(count(ins=9)), broken), partition_key=DAY).success
    [corrections] = materializations(runs, CORRECTIONS)
    assert corrections["dagster/row_count"] == 1
