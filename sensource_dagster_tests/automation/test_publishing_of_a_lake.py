"""Where people read the lake itself, its views follow each run that changed it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from dagster import AssetKey

from sensource_dagster.assets import views as view_assets
from sensource_dagster.automation.publishing import outdated
from sensource_dagster.contract.model import View
from sensource_dagster.contract.view_columns import VIEWS
from sensource_dagster.simulator import ManualClock
from sensource_dagster.views.refresh import query_of
from sensource_dagster_tests.end_to_end.sync import Sync, syncing
from sensource_dagster_tests.lakes import NewLake, on_a_lake

pytestmark = on_a_lake
NOW = datetime(2025, 12, 10, 18, 20, tzinfo=timezone.utc)
DAY = date(2025, 11, 3)


@pytest.fixture
def sync(tmp_path: Path, new_lake: NewLake) -> Iterator[Sync]:
    """A deployment on a lake, without a copy."""
    lake = new_lake()
    where = {
        "SENSOURCE_WAREHOUSE": str(lake),
        "SENSOURCE_WAREHOUSE_DATA": str(lake.data),
        "SENSOURCE_PUBLISHED": "",
    }
    with syncing(tmp_path, None, ManualClock(NOW), **where) as made:
        yield made


def publish(sync: Sync, wanted: list[AssetKey]) -> None:
    job = sync.definitions.resolve_job_def("publish")
    assert job.execute_in_process(instance=sync.instance, asset_selection=wanted).success


def test_without_a_copy_the_views_are_made_anew_when_the_lake_has_changed_and_then_not_again(sync: Sync) -> None:
    assert outdated(sync.instance, sync.settings) == []
    for later in range(2):
        assert sync.run("counts", DAY + timedelta(days=later)).success
        wanted = outdated(sync.instance, sync.settings)
        assert set(wanted) == {AssetKey(["sensource", view.name]) for view in VIEWS}
        publish(sync, wanted)
        assert outdated(sync.instance, sync.settings) == []
    assert sync.query("SELECT count(DISTINCT day) FROM sensource.traffic_daily WHERE ins > 0") == [(2,)]


def test_a_view_whose_text_has_changed_is_made_again_though_the_lake_has_not_changed(
    sync: Sync, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sync.run("counts", DAY).success
    publish(sync, outdated(sync.instance, sync.settings))

    def changed(view: View) -> str:
        return query_of(view) + ("\n-- new" if view.name == "door" else "")

    monkeypatch.setattr(view_assets, "query_of", changed)
    assert outdated(sync.instance, sync.settings) == [AssetKey(["sensource", "door"])]
