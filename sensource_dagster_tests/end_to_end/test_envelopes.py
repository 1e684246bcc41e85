"""What stands beside the rows of a response: whether it says that rows are missing, or is unknown."""

from __future__ import annotations

from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from dagster import ExecuteInProcessResult

from sensource_dagster.simulator import ManualClock, Options, fault_kinds
from sensource_dagster_tests.end_to_end.sync import Sync, error_text, syncing
from sensource_dagster_tests.warehouse_file import warehouse_file

NOW = datetime(2025, 12, 10, 18, 20, tzinfo=timezone.utc)
DAY = date(2025, 11, 3)

INCOMPLETE = {
    "total and next": (fault_kinds.envelope({"total": 5000, "next": "/api/zone?page=2"}), "'total' is 5000"),
    "206": (fault_kinds.head(206), "HTTP 206"),
}


def warnings_of(sync: Sync, result: ExecuteInProcessResult) -> list[str]:
    return [entry.user_message for entry in sync.instance.all_logs(result.run_id) if entry.level == 30]


@pytest.mark.parametrize(("fault", "cause"), INCOMPLETE.values(), ids=INCOMPLETE)
def test_a_list_that_says_that_rows_are_missing_fails_the_run_at_once_and_changes_nothing(
    tmp_path: Path, fault: Any, cause: str
) -> None:
    with syncing(tmp_path, clock=ManualClock(NOW), SENSOURCE_STATIC_ENDPOINTS="zone") as sync:
        assert sync.run("lists").success
        before, asked = sync.table("zone"), len(sync.simulator.requests)
        sync.simulator.override_list("zone", sync.simulator.entities("zone")[1:])
        sync.simulator.faults.next(fault, times=9, path="/api/zone")
        result = sync.run("lists")
        assert not result.success
        assert cause in error_text(result)
        assert "/api/zone" in error_text(result)
        assert [request.path for request in sync.simulator.requests[asked:]].count("/api/zone") == 1
        assert sync.table("zone") == before


def test_counts_that_say_that_rows_are_missing_fail_the_run(tmp_path: Path) -> None:
    with syncing(tmp_path, clock=ManualClock(NOW)) as sync:
        fault = fault_kinds.envelope({"paging": {"hasMore": True}})
        sync.simulator.faults.next(fault, path="/api/data/traffic")
        result = sync.run("counts", DAY)
        assert not result.success
        assert "'paging.hasMore' is True" in error_text(result)
        assert "for 2025-11-03 07:00 to 2025-11-04 07:00 UTC" in error_text(result)
        assert not sync.query("SELECT 1 FROM information_schema.tables WHERE table_name = 'traffic'")


@pytest.mark.parametrize("wrap_lists", [False, True], ids=["array", "object"])
def test_a_header_that_says_that_rows_are_missing_fails_the_run(tmp_path: Path, wrap_lists: bool) -> None:
    options = Options(most_rows=3, wrap_lists=wrap_lists)
    with syncing(tmp_path, options, ManualClock(NOW), SENSOURCE_STATIC_ENDPOINTS="zone") as sync:
        for result in (sync.run("lists"), sync.run("counts", DAY)):
            assert not result.success
            assert "only a part of its rows: its header x-total-count is '" in error_text(result)
            assert "and the response has 3 rows. Nothing was stored." in error_text(result)
        assert not warehouse_file(sync.settings).exists()


def test_an_unknown_key_beside_the_rows_is_named_in_a_warning_and_the_rows_are_taken(tmp_path: Path) -> None:
    with syncing(tmp_path, clock=ManualClock(NOW)) as sync:
        sync.simulator.faults.next(fault_kinds.envelope({"generatedBy": "v9"}), path="/api/data/traffic")
        result = sync.run("counts", DAY)
        assert result.success
        [said] = warnings_of(sync, result)
        assert "'generatedBy'" in said
        assert "/api/data/traffic for 2025-11-03 07:00" in said
        assert sync.table("traffic")
