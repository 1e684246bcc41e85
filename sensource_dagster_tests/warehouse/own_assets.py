"""Assets of a user's own, and what their tables have, for the tests of own tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
from dagster import AssetsDefinition, PartitionsDefinition, asset

from sensource_dagster.warehouse.sql import full_schema
from sensource_dagster_tests.warehouse.runs import DAYS, SINGLE, Runs, failure

DAILY = ["sensource", "daily"]


def own(
    frame: Any,
    key: Sequence[str] = ("marts", "weather"),
    partitions: PartitionsDefinition[str] | None = None,
    **metadata: Any,
) -> AssetsDefinition:
    """An asset that returns this frame."""

    @asset(
        key=[*key], partitions_def=partitions, backfill_policy=SINGLE if partitions else None, metadata=metadata
    )
    def made() -> Any:
        return frame

    return made


def put(runs: Runs, **columns: Any) -> None:
    """Let an asset without partitions return these columns."""
    result = runs.run(own(pd.DataFrame(columns)))
    assert result.success, failure(result)


def daily(runs: Runs, *days: str, **columns: Any) -> str:
    """Let an asset return these columns for these days, the first to the last; what its failure says."""
    asset_of_days = own(pd.DataFrame(columns), DAILY, DAYS, partition_expr="day")
    result = runs.run(asset_of_days, days=(days[0], days[-1]))
    return "" if result.success else failure(result)


def table(runs: Runs, schema: str, name: str) -> tuple[dict[str, str], list[tuple[Any, ...]]]:
    """The types of a table by column, and its rows in order."""
    with runs.store.warehouse.open() as connection:
        full = f"{full_schema(connection, schema)}.{name}"
        types = connection.execute(f"SELECT column_name, column_type FROM (DESCRIBE {full})").fetchall()
        return dict(types), connection.execute(f"FROM {full} ORDER BY ALL").fetchall()
