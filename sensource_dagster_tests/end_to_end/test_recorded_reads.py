"""Two reads of one library's seven weeks, ten minutes apart, as the real API answered them (ids replaced)."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import duckdb
import pytest
from dagster import AssetKey, Definitions

from sensource_dagster.account_definitions import account_definitions
from sensource_dagster.config.account_settings import own_variables, read_account
from sensource_dagster.config.settings import CREDENTIALS
from sensource_dagster.simulator import ManualClock, Options, serving
from sensource_dagster_tests.end_to_end.sync import (
    error_text,
    metadata,
    syncing,
    syncing_with_checks,
    variables_of,
)

FOLDER = Path(__file__).resolve().parents[1] / "recorded"
ACCOUNT_VARIABLES = (*CREDENTIALS, "SENSOURCE_API_URL", "SENSOURCE_AUTH_URL")
FIRST, LAST = date(2025, 10, 21), date(2025, 12, 10)
CLOCKS_CHANGE_DAYS = date(2025, 10, 25), date(2025, 11, 3)
"""In Berlin, and a week later in Denver."""
CLOCKS_CHANGE = datetime(2025, 11, 2, 8, tzinfo=timezone.utc)


def recording(read_at: str) -> Mapping[str, Any]:
    document: Mapping[str, Any] = json.loads(
        gzip.decompress((FOLDER / f"traffic_read_{read_at}.json.gz").read_bytes())
    )
    return document


def by_key(rows: list[dict[str, Any]]) -> dict[tuple[str, datetime], tuple[Any, ...]]:
    return {
        (row["zoneId"], datetime.fromisoformat(row["recordDate_hour_1"].replace("Z", "+00:00"))): (
            row["name"],
            row["sumins"],
            row["sumouts"],
        )
        for row in rows
    }


def denver_days(recorded: Mapping[str, Any]) -> dict[tuple[str, date], list[int]]:
    """Ins, outs and hours of each door and day, by the clock of Denver."""
    days: dict[tuple[str, date], list[int]] = {}
    for (zone_id, hour), (_name, ins, outs) in by_key(recorded["results"]).items():
        local = hour - timedelta(hours=6 if hour < CLOCKS_CHANGE else 7)
        sums = days.setdefault((zone_id, local.date()), [0, 0, 0])
        for at, number in enumerate((ins, outs, 1)):
            sums[at] += number
    return days


def test_the_second_read_ends_in_its_own_values_with_four_corrected_rows_and_no_other_change(
    tmp_path: Path,
) -> None:
    first, second = recording("20251210T224600Z"), recording("20251210T225600Z")
    clock = ManualClock(datetime(2025, 12, 10, 23, tzinfo=timezone.utc))
    with syncing_with_checks(tmp_path, Options(recordings=[first, second]), clock) as sync:
        result = sync.run("counts", FIRST, LAST)
        assert result.success, error_text(result)
        assert sync.counts("traffic") == by_key(first["results"])
        before = sync.query("SELECT COLUMNS(* EXCLUDE _synced_at), _synced_at FROM sensource.traffic")

        sync.simulator.replay_next()
        result = sync.run("counts", FIRST, LAST)
        assert result.success, error_text(result)
        assert sync.counts("traffic") == by_key(second["results"])
        after = sync.query("SELECT COLUMNS(* EXCLUDE _synced_at), _synced_at FROM sensource.traffic")

        assert len(after) == len(before) == 5979
        assert len(set(after) - set(before)) == 4
        days = metadata(result, "traffic")
        assert sum(day["rows_corrected"] for day in days.values()) == days["2025-12-10"]["rows_corrected"] == 4
        assert sum(day["rows_inserted"] for day in days.values()) == 0


def test_the_published_view_has_each_doors_days_as_people_at_the_library_count_them(tmp_path: Path) -> None:
    """Summed here from the recorded rows alone, by the clock of Denver, as the vendor's dashboard does."""
    recorded = recording("20251210T225600Z")
    expected = denver_days(recorded)
    clock = ManualClock(datetime(2025, 12, 10, 23, tzinfo=timezone.utc))
    copy = tmp_path / "footfall.duckdb"
    options = Options(recordings=[recorded])
    with syncing(tmp_path, options, clock, SENSOURCE_PUBLISHED=str(copy)) as sync:
        for job, days in (("counts", (FIRST, LAST)), ("publish", ())):
            result = sync.run(job, *days)
            assert result.success, error_text(result)
    with duckdb.connect(str(copy), read_only=True) as connection:
        found = connection.execute("SELECT zone_id, day, ins, outs, hours_counted FROM sensource.traffic_daily")
        assert {(zone_id, day): sums for zone_id, day, *sums in found.fetchall()} == expected
    assert len(expected) == 5 * 51  # doors, days


def test_beside_an_account_of_another_time_zone_the_library_has_the_same_days(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded = recording("20251210T225600Z")
    clock = ManualClock(datetime(2025, 12, 10, 23, tzinfo=timezone.utc))
    with (
        serving(Options(recordings=[recorded]), clock) as library,
        syncing(tmp_path, Options(timezone="Europe/Berlin"), clock, SENSOURCE_TIMEZONE="Europe/Berlin") as sync,
    ):
        own = own_variables("library", ACCOUNT_VARIABLES)
        of_library = variables_of(library, tmp_path)
        for name, variable in own.items():
            monkeypatch.setenv(variable, of_library[name])
        settings = read_account("library", own, {"timezone": "America/Denver"}, tmp_path)
        sync.definitions = Definitions.merge(sync.definitions, account_definitions(settings, None))
        for job in ("counts", "library_counts"):
            result = sync.run(job, *CLOCKS_CHANGE_DAYS)
            assert result.success, error_text(result)
        sync.definitions.resolve_implicit_global_asset_job_def().execute_in_process(
            instance=sync.instance,
            asset_selection=[
                AssetKey([account, view])
                for account in ("sensource", "library")
                for view in ("traffic_hourly", "traffic_daily")
            ],
        )
        found = sync.query(
            "SELECT zone_id, day, ins, outs, hours_counted FROM all_accounts.traffic_daily "
            "WHERE account = 'library'"
        )
        offsets = sync.query("SELECT DISTINCT account, utc_offset FROM all_accounts.traffic_hourly ORDER BY ALL")
    first, last = CLOCKS_CHANGE_DAYS
    expected = {(zone, day): sums for (zone, day), sums in denver_days(recorded).items() if first <= day <= last}
    assert {(zone_id, day): sums for zone_id, day, *sums in found} == expected
    assert offsets == [
        ("library", "-06:00"),
        ("library", "-07:00"),
        ("sensource", "+01:00"),
        ("sensource", "+02:00"),
    ]
