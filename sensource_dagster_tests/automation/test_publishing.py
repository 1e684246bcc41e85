"""The sensor `publish`: the copy follows each run that changed the warehouse, at a limited cost."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import duckdb
import pytest
import time_machine
from dagster import AssetKey, RunRequest, SkipReason, build_sensor_context

from sensource_dagster.assets import views as view_assets
from sensource_dagster.automation.publishing import outdated, publish_job, publish_sensor
from sensource_dagster.contract.model import View
from sensource_dagster.contract.view_columns import VIEWS
from sensource_dagster.simulator import ManualClock
from sensource_dagster.views.refresh import query_of
from sensource_dagster_tests.end_to_end.sync import Sync, syncing
from sensource_dagster_tests.warehouse_file import warehouse_file

NOW = datetime(2025, 12, 10, 18, 20, tzinfo=timezone.utc)
DAY = date(2025, 11, 3)
COPY, REPORT = AssetKey(["sensource", "published"]), AssetKey(["sensource", "report"])


@pytest.fixture
def sync(tmp_path: Path) -> Iterator[Sync]:
    copy = str(tmp_path / "footfall.duckdb")
    with syncing(tmp_path, clock=ManualClock(NOW), SENSOURCE_PUBLISHED=copy) as made:
        yield made


def tick(sync: Sync) -> RunRequest | SkipReason:
    context = build_sensor_context(instance=sync.instance)
    answer = publish_sensor(sync.settings, publish_job(sync.settings)).evaluate_tick(context)
    return answer.run_requests[0] if answer.run_requests else SkipReason(answer.skip_message)


def publish(sync: Sync) -> None:
    selection = outdated(sync.instance, sync.settings)
    job = sync.definitions.resolve_job_def("publish")
    assert job.execute_in_process(instance=sync.instance, asset_selection=selection).success


def later(minutes: float) -> time_machine.travel:
    return time_machine.travel(datetime.now(timezone.utc) + timedelta(minutes=minutes))


def test_without_a_warehouse_there_is_nothing_to_publish(sync: Sync) -> None:
    assert isinstance(tick(sync), SkipReason)


def test_after_a_run_the_views_and_the_copy_are_made_and_then_nothing_until_a_row_changes(sync: Sync) -> None:
    assert sync.run("counts", DAY).success
    request = tick(sync)
    assert isinstance(request, RunRequest)
    assert set(request.asset_selection or []) == {
        COPY,
        REPORT,
        *(AssetKey(["sensource", view.name]) for view in VIEWS),
    }
    publish(sync)
    assert sync.settings.published
    with duckdb.connect(str(sync.settings.published), read_only=True) as copy:
        assert copy.execute("SELECT sum(hours_counted) FROM sensource.traffic_daily").fetchall() == [(120,)]
    with later(5):
        assert tick(sync) == SkipReason("The views, the published copy and the report are current.")
        assert sync.run("counts", DAY).success  # reads the same again
        assert isinstance(tick(sync), SkipReason)
        assert sync.run("counts", DAY + timedelta(days=1)).success
        request = tick(sync)
    assert isinstance(request, RunRequest)
    assert request.asset_selection == [COPY]


@pytest.mark.slow
def test_the_copy_is_not_made_again_at_once_so_that_it_takes_a_twentieth_of_the_time_at_most(sync: Sync) -> None:
    assert sync.run("counts", DAY).success
    publish(sync)
    assert sync.run("counts", DAY + timedelta(days=1)).success
    skipped = tick(sync)
    assert isinstance(skipped, SkipReason)
    said = re.search(r"again in (\d+) s, because the last run took (.*) s", str(skipped.skip_message))
    assert said
    left, took = map(float, said.groups())
    assert left <= 20 * (took + 0.1)
    with later(left / 60 + 0.1):
        assert isinstance(tick(sync), RunRequest)


@pytest.mark.slow
def test_a_copy_that_failed_is_tried_again_after_ten_minutes(sync: Sync, tmp_path: Path) -> None:
    assert sync.run("counts", DAY).success
    publish(sync)
    assert sync.run("counts", DAY + timedelta(days=1)).success
    warehouse_file(sync.settings).rename(tmp_path / "away.duckdb")
    job = sync.definitions.resolve_job_def("publish")
    assert not job.execute_in_process(instance=sync.instance, asset_selection=[COPY], raise_on_error=False).success
    (tmp_path / "away.duckdb").rename(warehouse_file(sync.settings))
    with later(9):
        skipped = tick(sync)
        assert isinstance(skipped, SkipReason)
        assert "because the last run failed" in str(skipped.skip_message)
    with later(11):
        assert isinstance(tick(sync), RunRequest)


def test_a_copy_that_somebody_deleted_is_made_again(sync: Sync) -> None:
    assert sync.run("counts", DAY).success
    publish(sync)
    assert sync.settings.published
    sync.settings.published.unlink()
    assert outdated(sync.instance, sync.settings) == [COPY]


def test_a_view_whose_text_has_changed_is_made_again(sync: Sync, monkeypatch: pytest.MonkeyPatch) -> None:
    assert sync.run("counts", DAY).success
    publish(sync)

    def changed(view: View) -> str:
        return query_of(view) + ("\n-- new" if view.name == "door" else "")

    monkeypatch.setattr(view_assets, "query_of", changed)
    assert outdated(sync.instance, sync.settings) == [AssetKey(["sensource", "door"]), COPY]


def test_without_a_copy_the_views_are_made_all_the_same(sync: Sync) -> None:
    assert sync.run("counts", DAY).success
    settings = replace(sync.settings, published=None)
    assert outdated(sync.instance, settings) == [AssetKey(["sensource", view.name]) for view in VIEWS]
