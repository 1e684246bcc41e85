"""Real Dagster runs of small assets against one warehouse, for the tests of the I/O manager."""

from __future__ import annotations

from datetime import datetime, timezone
from functools import partial
from typing import Any

import pandas as pd
from dagster import (
    AssetKey,
    AssetsDefinition,
    AssetSpec,
    BackfillPolicy,
    DagsterEventType,
    DagsterInstance,
    DailyPartitionsDefinition,
    ExecuteInProcessResult,
    asset,
    materialize,
)

from sensource_dagster.config.warehouse_place import LakePlace, WarehousePlace
from sensource_dagster.contract.response import Response
from sensource_dagster.contract.tables import TABLES
from sensource_dagster.warehouse.frame_stream import FrameStream
from sensource_dagster.warehouse.io_manager import SenSourceDuckDBIOManager
from sensource_dagster_tests.warehouse.samples import Row, Store, frame_of

DAYS = DailyPartitionsDefinition("2025-12-01", end_date="2025-12-20")
TRAFFIC = AssetKey(["sensource", "traffic"])
CORRECTIONS = AssetKey(["sensource", "corrections"])
SINGLE = BackfillPolicy.single_run()
RANGE = ("dagster/asset_partition_range_start", "dagster/asset_partition_range_end")
frame = partial(frame_of, TABLES["traffic"])


def response(*rows: Row) -> Response:
    return Response(frame(*rows), datetime.now(timezone.utc))


def traffic_asset(*frames: pd.DataFrame, partitions: DailyPartitionsDefinition = DAYS) -> AssetsDefinition:
    """An asset that returns one frame, or a stream of several."""

    @asset(
        key=TRAFFIC, partitions_def=partitions, backfill_policy=SINGLE, metadata={"partition_expr": "record_date"}
    )
    def traffic() -> Any:
        now = datetime.now(timezone.utc)
        return frames[0] if len(frames) == 1 else FrameStream(Response(each, now) for each in frames)

    return traffic


class Runs:
    """Runs assets against one warehouse."""

    def __init__(self, place: WarehousePlace) -> None:
        self.store = Store(place)
        self.instance = DagsterInstance.ephemeral()

    def run(
        self, *assets: AssetsDefinition | AssetSpec, days: tuple[str, str] | None = None, **arguments: Any
    ) -> ExecuteInProcessResult:
        place = self.store.place
        data = (place.data or "") if isinstance(place, LakePlace) else ""
        manager = SenSourceDuckDBIOManager(database=str(place), lake_data=data, wait_seconds=0)
        tags = {} if days is None else dict(zip(RANGE, days, strict=True))
        return materialize(
            [*assets],
            resources={"io_manager": manager},
            instance=self.instance,
            tags=tags,
            raise_on_error=False,
            **arguments,
        )


def by_day(result: ExecuteInProcessResult) -> dict[str | None, dict[str, Any]]:
    """The numbers of each day, or of the list under None. The table of corrections has none of them."""
    return {
        event.partition: {
            name: value.value
            for name, value in event.step_materialization_data.materialization.metadata.items()
            if name not in ("Query", "dagster/table_name")
        }
        for event in result.all_events
        if event.event_type is DagsterEventType.ASSET_MATERIALIZATION and event.asset_key != CORRECTIONS
    }


def failure(result: ExecuteInProcessResult) -> str:
    assert not result.success
    [event] = [e for e in result.all_events if e.event_type is DagsterEventType.STEP_FAILURE]
    data = event.step_failure_data
    return str(data.user_failure_data.description if data.user_failure_data else data.error)
