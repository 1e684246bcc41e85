"""A check of a run over days is planned once, and what it finds takes the place of its plan."""

from __future__ import annotations

from pathlib import Path

import pytest
from dagster import (
    AssetCheckExecutionContext,
    AssetCheckKey,
    AssetCheckResult,
    AssetKey,
    DagsterInstance,
    DailyPartitionsDefinition,
    MaterializeResult,
    asset,
    asset_check,
    materialize,
)

from sensource_dagster.instance.private import AssetCheckExecutionRecordStatus
from sensource_dagster_tests.instances import instance

DAYS = [f"2025-03-{day:02}" for day in range(1, 5)]
KEY = AssetKey(["sensource", "days"])
DAILY = DailyPartitionsDefinition(DAYS[0])


@asset(key=KEY, partitions_def=DAILY)
def days() -> MaterializeResult:  # type: ignore[type-arg]
    return MaterializeResult()


def states(history: DagsterInstance, check: str) -> list[tuple[AssetCheckExecutionRecordStatus, str | None]]:
    records = history.event_log_storage.get_asset_check_execution_history(AssetCheckKey(KEY, check), limit=10)
    return [(record.status, record.partition) for record in records]


@pytest.mark.parametrize("last", [DAYS[0], DAYS[3]])
def test_a_check_is_planned_once_and_what_it_finds_takes_that_place(tmp_path: Path, last: str) -> None:
    meanwhile = []

    @asset_check(asset=KEY)
    def asking() -> AssetCheckResult:
        meanwhile.extend(states(AssetCheckExecutionContext.get().instance, "asking"))
        return AssetCheckResult(passed=False)

    tags = {"dagster/asset_partition_range_start": DAYS[0], "dagster/asset_partition_range_end": last}
    with instance(tmp_path / "history") as history:
        materialize([days, asking], instance=history, tags=tags)
        assert meanwhile == [(AssetCheckExecutionRecordStatus.PLANNED, None)]
        assert states(history, "asking") == [(AssetCheckExecutionRecordStatus.FAILED, None)]


@pytest.mark.filterwarnings("ignore:.*partitions_def:dagster.PreviewWarning")
def test_a_check_with_days_is_planned_once_and_found_on_its_day(tmp_path: Path) -> None:
    @asset_check(asset=KEY, partitions_def=DAILY)
    def daily() -> AssetCheckResult:
        return AssetCheckResult(passed=True)

    with instance(tmp_path / "history") as history:
        assert materialize([days, daily], instance=history, partition_key=DAYS[1]).success
        assert states(history, "daily") == [(AssetCheckExecutionRecordStatus.SUCCEEDED, DAYS[1])]
