"""What a materialization of the report shows: a table of visits, a picture, and where the page is."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timezone
from pathlib import Path
from xml.etree import ElementTree

import duckdb
import pytest
from dagster import AssetKey, MarkdownMetadataValue, MetadataValue, PathMetadataValue, TableMetadataValue

from sensource_dagster.simulator import ManualClock
from sensource_dagster_tests.end_to_end.sync import Sync, syncing

DAYS = (date(2025, 11, 3), date(2025, 11, 9))
REPORT = AssetKey(["sensource", "report"])
BARS = "{http://www.w3.org/2000/svg}rect"


@pytest.fixture(scope="module")
def sync(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sync]:
    folder = tmp_path_factory.mktemp("sync")
    clock = ManualClock(datetime(2025, 12, 10, 18, 20, tzinfo=timezone.utc))
    with syncing(folder, clock=clock, SENSOURCE_PUBLISHED=str(folder / "footfall.duckdb")) as made:
        assert made.run("everything", *DAYS).success
        yield made


@pytest.fixture(scope="module")
def metadata(sync: Sync) -> Mapping[str, MetadataValue]:
    run = sync.run("publish")
    assert run.success
    [event] = [found for found in run.get_asset_materialization_events() if found.asset_key == REPORT]
    return event.materialization.metadata


def test_the_table_has_the_visits_of_each_location(sync: Sync, metadata: Mapping[str, object]) -> None:
    assert sync.settings.published
    with duckdb.connect(str(sync.settings.published), read_only=True) as copy:
        visits = copy.execute(
            "SELECT location, format('{:,}', sum(visits)::BIGINT) FROM sensource.location_daily GROUP BY 1 "
            "ORDER BY 1"
        ).fetchall()
    table = metadata["visits"]
    assert isinstance(table, TableMetadataValue)
    everything, *locations = [record.data for record in table.records]
    assert everything["location"] == "All locations"
    assert [(row["location"], row["visits"]) for row in locations] == visits
    assert {row["change"] for row in locations} == {"not comparable"}


def test_the_picture_has_a_bar_for_each_day_and_asks_nobody_for_anything(metadata: Mapping[str, object]) -> None:
    picture = metadata["days"]
    assert isinstance(picture, MarkdownMetadataValue)
    svg = base64.b64decode(str(picture.md_str).partition("base64,")[2].removesuffix(")"))
    assert len(list(ElementTree.fromstring(svg).iter(BARS))) == 7


def test_the_page_is_shown_as_a_path_and_no_link_leads_to_a_file(
    sync: Sync, metadata: Mapping[str, object]
) -> None:
    page = metadata["page"]
    assert isinstance(page, PathMetadataValue)
    assert sync.settings.published
    assert Path(str(page.path)) == sync.settings.published.parent / "report" / "index.html"
    assert Path(str(page.path)).read_text().startswith("<!DOCTYPE html>")
    assert "file:" not in str(metadata)


def test_a_page_that_cannot_be_written_fails_the_run_with_one_line_and_the_copy_is_made(sync: Sync) -> None:
    assert sync.settings.published
    folder = sync.settings.published.parent / "report"
    folder.rename(folder.with_name("moved"))
    folder.touch()
    run = sync.run("publish")
    assert not run.success
    assert {event.asset_key for event in run.get_asset_materialization_events()} >= {
        AssetKey(["sensource", "published"])
    }
    [failed] = [event for event in run.all_events if event.is_step_failure]
    failure = failed.step_failure_data.user_failure_data
    assert failure
    assert failure.description == f"The report {folder / 'index.html'} cannot be written: File exists."
