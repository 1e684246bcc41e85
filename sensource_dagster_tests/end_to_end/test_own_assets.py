"""A user's own assets beside the project's: what they load, where their results go, and who opens them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timezone
from typing import Any

import duckdb
import pandas as pd
import pytest
from dagster import (
    AssetCheckResult,
    AssetIn,
    AssetKey,
    AssetsDefinition,
    Definitions,
    asset,
    asset_check,
    mem_io_manager,
)

from sensource_dagster.assets.partitions import daily_partitions
from sensource_dagster.config.settings import Settings
from sensource_dagster.simulator import ManualClock
from sensource_dagster_tests.end_to_end.sync import RANGE_END, RANGE_START, Sync, error_text, syncing

FIRST, LAST = date(2025, 12, 8), date(2025, 12, 9)
NOW = datetime(2025, 12, 10, 18, tzinfo=timezone.utc)
TRAFFIC, DAILY = AssetIn(["sensource", "traffic"]), AssetIn(["sensource", "ins_by_day"])


@pytest.fixture(scope="module")
def sync(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sync]:
    with syncing(tmp_path_factory.mktemp("deployment"), clock=ManualClock(NOW)) as deployment:
        assert deployment.run("everything", FIRST, LAST).success
        assert deployment.run("publish").success
        yield deployment


def run(sync: Sync, own: Definitions, *names: str, days: bool = False) -> Any:
    """Run some own assets, by their keys, in the definitions that also have the project's."""
    both = Definitions.merge(sync.definitions, own)
    keys = [AssetKey.from_user_string(name) for name in names]
    job = both.resolve_implicit_job_def_def_for_assets(keys)
    assert job
    tags = {RANGE_START: str(FIRST), RANGE_END: str(LAST)} if days else {}
    result = job.execute_in_process(instance=sync.instance, asset_selection=keys, tags=tags, raise_on_error=False)
    assert result.success, error_text(result)
    return result


def test_an_own_asset_may_return_any_value_and_definitions_may_have_an_io_manager_of_their_own(sync: Sync) -> None:
    @asset
    def busiest_hour() -> int:
        return 17

    @asset
    def later(busiest_hour: int) -> int:
        return busiest_hour + 1

    for resources in ({}, {"io_manager": mem_io_manager}):
        own = Definitions([busiest_hour, later], resources=resources)
        assert run(sync, own, "busiest_hour", "later").output_for_node("later") == 18


def by_day(settings: Settings) -> AssetsDefinition:
    @asset(
        key=["sensource", "ins_by_day"],
        ins={"traffic": TRAFFIC},
        partitions_def=daily_partitions(settings),
        metadata={"partition_expr": "record_date"},
        io_manager_key="sensource_warehouse",
    )
    def ins_by_day(traffic: pd.DataFrame) -> pd.DataFrame:
        return traffic.groupby("record_date")["sumins"].sum().to_frame()

    return ins_by_day


def test_an_own_table_by_day_has_the_days_of_its_run_and_is_in_the_published_copy(sync: Sync) -> None:
    own = by_day(sync.settings)

    @asset(key=["marts", "busiest_day"], ins={"days": DAILY}, io_manager_key="sensource_warehouse")
    def busiest_day(days: pd.DataFrame) -> pd.DataFrame:
        return days.nlargest(1, "sumins")

    @asset_check(asset=busiest_day)
    def somebody_came(busiest_day: pd.DataFrame) -> AssetCheckResult:
        return AssetCheckResult(passed=bool(busiest_day["sumins"].min() > 0))

    definitions = Definitions([own, busiest_day], asset_checks=[somebody_came])
    for _ in range(2):
        run(sync, definitions, "sensource/ins_by_day", days=True)
    result = run(sync, definitions, "marts/busiest_day")
    [evaluation] = result.get_asset_check_evaluations()
    assert evaluation.passed
    assert sync.run("publish").success
    assert sync.settings.published
    with duckdb.connect(str(sync.settings.published), read_only=True) as copy:
        sums = "SELECT record_date, sum(sumins)::BIGINT FROM sensource.traffic GROUP BY 1 ORDER BY 1"
        by_sum = copy.execute(sums).fetchall()
        assert [day for day, _ in by_sum] == [FIRST, LAST]
        assert copy.execute("FROM sensource.ins_by_day ORDER BY 1").fetchall() == by_sum
        assert copy.execute("SELECT sumins FROM marts.busiest_day").fetchall() == [
            (max(ins for _, ins in by_sum),)
        ]


@pytest.mark.parametrize("name", ["traffic", "location", "corrections", "traffic_daily", "location_daily"])
def test_an_own_asset_loads_each_table_and_view_of_the_project(sync: Sync, name: str) -> None:
    loaded: list[pd.DataFrame] = []

    @asset(ins={"rows": AssetIn(["sensource", name])})
    def reader(rows: pd.DataFrame) -> None:
        loaded.append(rows)

    run(sync, Definitions([reader]), "reader")
    assert len(loaded[0]) == sync.query(f"SELECT count(*) FROM sensource.{name}")[0][0]


def test_a_table_of_the_main_schema_with_the_name_of_another_changes_no_view(sync: Sync) -> None:
    before = sync.query("FROM sensource.traffic_daily ORDER BY ALL")

    @asset(key=["traffic"], io_manager_key="sensource_warehouse")
    def traffic() -> pd.DataFrame:
        return pd.DataFrame({"sumins": [1]})

    run(sync, Definitions([traffic]), "traffic")
    assert sync.query("FROM sensource.traffic_daily ORDER BY ALL") == before
    assert sync.query("FROM warehouse.main.traffic") == [(1,)]
