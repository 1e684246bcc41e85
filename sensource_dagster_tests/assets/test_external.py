"""What the UI shows of the API, which no run materializes."""

from __future__ import annotations

from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any

import requests
from dagster import UrlMetadataValue

from sensource_dagster.assets.external import external_assets
from sensource_dagster.config.settings import read_settings
from sensource_dagster.simulator import ManualClock, fault_kinds
from sensource_dagster_tests.end_to_end.sync import Sync, metadata, syncing
from sensource_dagster_tests.own_account import VEA

NOW = datetime(2025, 12, 10, 18, 20, tzinfo=timezone.utc)


def observed(sync: Sync) -> dict[str, dict[str, Any]]:
    """The metadata of each observation, by the table that was read."""
    found = sync.instance.fetch_observations(VEA, limit=100).records
    events = [record.event_log_entry.asset_observation for record in found]
    shown = [{name: value.value for name, value in event.metadata.items()} for event in events if event]
    by_table = {str(metadata["table"]): metadata for metadata in shown}
    assert len(by_table) == len(shown)
    return by_table


def test_each_read_observes_the_api_once_with_its_numbers_however_many_days_it_has(tmp_path: Path) -> None:
    with syncing(tmp_path, clock=ManualClock(NOW)) as sync:
        sync.simulator.faults.next(fault_kinds.status(503), path="/api/data/traffic")
        result = sync.run("everything", date(2025, 12, 1), date(2025, 12, 9))
        assert result.success
        seen = observed(sync)

    assert set(seen) == {"location", "site", "zone", "space", "sensor", "traffic", "occupancy"}
    traffic = seen["traffic"]
    assert traffic["days"] == "2025-12-01 to 2025-12-09"
    assert (traffic["run_api_requests"], traffic["run_api_retries"]) == (2, 1)
    assert traffic["run_api_seconds"] > 0
    assert traffic["run_rows_outside_window"] > 0
    assert traffic["run_rows_repeated"] == 0
    assert seen["zone"]["run_api_requests"] >= 1
    days = metadata(result, "traffic")
    assert len(days) == 9
    assert not [name for day in days.values() for name in day if name.startswith("run_")]


def test_a_read_that_fails_observes_the_api_too(tmp_path: Path) -> None:
    with syncing(tmp_path, clock=ManualClock(NOW)) as sync:
        for path in ("/api/zone", "/api/data/traffic"):
            sync.simulator.faults.next(fault_kinds.status(404), path=path)
        assert not sync.run("everything", date(2025, 12, 1)).success
        seen = observed(sync)

    assert seen["zone"]["run_api_requests"] >= 1
    assert seen["traffic"]["run_api_requests"] >= 1


def test_the_api_s_page_links_to_the_dashboard_or_to_the_simulator_and_both_open(tmp_path: Path) -> None:
    [vea, *_] = external_assets(read_settings({}))
    assert vea.metadata["api_url"] == UrlMetadataValue("https://vea.sensourceinc.com")
    with syncing(tmp_path) as sync:
        [vea, *_] = external_assets(sync.settings)
        page = requests.get(str(vea.metadata["api_url"].value), timeout=10)
    assert page.ok
    assert "stand-in for the Vea API" in page.text
