"""In real Dagster runs: who gets a table of its own, who is refused in words, and what other assets load."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pandas as pd
import pytest
from dagster import (
    AssetIn,
    HourlyPartitionsDefinition,
    PartitionsDefinition,
    StaticPartitionsDefinition,
    asset,
    job,
    op,
)

from sensource_dagster.views.refresh import refresh
from sensource_dagster.warehouse.frame_stream import FrameStream
from sensource_dagster.warehouse.io_manager import SenSourceDuckDBIOManager
from sensource_dagster_tests.warehouse.own_assets import DAILY, daily, own, put
from sensource_dagster_tests.warehouse.runs import DAYS, Runs, failure

FRAME = pd.DataFrame({"rain": [1]})


def names_of_the_project() -> list[str]:
    with duckdb.connect() as connection:
        refresh(connection, ZoneInfo("UTC"))
        found = connection.execute("SELECT table_name FROM information_schema.tables").fetchall()
    return sorted(name for (name,) in found)


def test_no_own_asset_gets_a_table_or_view_that_the_project_makes(runs: Runs) -> None:
    for name in [
        "door",
        "corrections",
        "rejected",
        *map(str.upper, names_of_the_project()),
    ]:  # DuckDB ignores case
        said = failure(runs.run(own(FRAME, ["sensource", name])))
        assert f"The project itself makes sensource.{name.lower()}, so an asset of yours cannot" in said
    assert not runs.store.path.exists()


@pytest.mark.parametrize(
    ("partitions", "text"),
    [
        (HourlyPartitionsDefinition("2025-12-01-00:00"), "has partitions that are not days"),
        (StaticPartitionsDefinition(["2025-12-01-00:00"]), "has partitions that are not days"),
        (DAYS, 'metadata={"partition_expr": "record_date"}'),
    ],
)
def test_partitions_have_to_be_days_and_name_their_column(
    runs: Runs, partitions: PartitionsDefinition[str], text: str
) -> None:
    key = "2025-12-01" if partitions is DAYS else "2025-12-01-00:00"
    said = failure(runs.run(own(FRAME, DAILY, partitions), partition_key=key))
    assert "Asset sensource/daily" in said
    assert text in said
    assert not runs.store.path.exists()


def test_a_run_of_a_partitioned_asset_without_days_does_not_replace_the_whole_table(runs: Runs) -> None:
    assert not daily(runs, "2025-12-01", day=["2025-12-01"])
    said = failure(runs.run(own(FRAME, DAILY, DAYS, partition_expr="day")))
    assert "Table sensource.daily is partitioned by day, but the run has no partitions" in said
    assert runs.store.sql("SELECT count(*) FROM {s}.daily") == [(1,)]


@pytest.mark.parametrize(
    ("returned", "text"),
    [
        (FrameStream([]), "the asset has to return a DataFrame, not a FrameStream"),
        (pd.DataFrame(), "Table marts.weather: the frame has no column"),
        (FRAME.rename_axis("rain"), "cannot insert rain, already exists. Nothing was written. Rename the index"),
    ],
)
def test_a_result_that_is_no_frame_for_a_table_is_refused_and_the_old_table_stands(
    runs: Runs, returned: Any, text: str
) -> None:
    put(runs, rain=[5])
    assert text in failure(runs.run(own(returned)))
    with runs.store.warehouse.open() as connection:
        assert connection.execute("FROM marts.weather").fetchall() == [(5,)]


def test_the_output_of_an_op_has_no_table(tmp_path: Path) -> None:
    @op
    def rain() -> Any:
        return FRAME

    manager = SenSourceDuckDBIOManager(database=str(tmp_path / "w.duckdb"))

    @job(resource_defs={"io_manager": manager})
    def rainy() -> None:
        rain()

    said = failure(rainy.execute_in_process(raise_on_error=False))
    assert "rain.result is the output of an op. Only an asset has a table" in said


def test_a_view_that_somebody_made_is_not_replaced(runs: Runs) -> None:
    runs.store.sql("CREATE SCHEMA marts", "CREATE VIEW marts.weather AS SELECT 1 AS rain")
    said = failure(runs.run(own(FRAME)))
    assert "Table marts.weather: " in said
    assert "Nothing was written" in said


def test_an_asset_loads_an_own_table_whole_or_the_days_of_its_run(runs: Runs) -> None:
    loaded: list[pd.DataFrame] = []
    by_day = own(
        pd.DataFrame({"day": ["2025-12-01", "2025-12-02"], "rain": [1, 2]}), DAILY, DAYS, partition_expr="day"
    )
    whole = own(FRAME, ["weather"])

    @asset(ins={"daily": AssetIn(DAILY), "weather": AssetIn(["weather"])}, partitions_def=DAYS)
    def of_day(daily: pd.DataFrame, weather: pd.DataFrame) -> None:
        loaded.extend((daily, weather))

    @asset(ins={"daily": AssetIn(DAILY)})
    def of_all(daily: pd.DataFrame) -> None:
        loaded.append(daily)

    assert runs.run(by_day, days=("2025-12-01", "2025-12-02")).success
    assert runs.run(whole).success
    assert runs.run(by_day, whole, of_day, selection=[of_day], partition_key="2025-12-02").success
    assert runs.run(by_day, of_all, selection=[of_all]).success
    assert [list(frame["rain"]) for frame in loaded] == [[2], [1], [1, 2]]
