"""Whatever fails, the tables hold the old truth or the new one, and the next run heals it."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import duckdb
import pytest

from sensource_dagster.contract.tables import LISTS
from sensource_dagster.simulator import ManualClock, fault_kinds
from sensource_dagster_tests.end_to_end.sync import Where, error_text, syncing, syncing_with_checks
from sensource_dagster_tests.warehouse_file import warehouse_file

UTC = timezone.utc
NOW = datetime(2025, 12, 10, 18, 20, tzinfo=UTC)
FIRST, LAST = date(2025, 11, 3), date(2025, 11, 16)
START, END = datetime(2025, 11, 3, 7, tzinfo=UTC), datetime(2025, 11, 17, 7, tzinfo=UTC)


def doubled(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**row, "sumins": row["sumins"] * 2} for row in rows]


def some_broken(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Every tenth row."""
    return [row if number % 10 else {**row, "sumouts": "many"} for number, row in enumerate(rows)]


def test_many_values_that_do_not_fit_fail_the_run_name_the_first_and_change_nothing(
    tmp_path: Path, where: Where
) -> None:
    with syncing_with_checks(tmp_path, None, ManualClock(NOW), **where) as sync:
        assert sync.run("counts", FIRST, LAST).success
        before = sync.table("traffic")
        sync.simulator.faults.next(
            fault_kinds.rows(lambda rows: some_broken(doubled(rows))), path="/api/data/traffic"
        )
        result = sync.run("counts", FIRST, LAST)
        assert not result.success
        said = error_text(result)
        assert re.search(r"\d+ of \d+ rows do not fit, and at most 5% may be set aside", said)
        for part in ("traffic.sumouts", "BIGINT", "'many'", "zone_id=", "record_date_hour_1='2025-11-03T07:00"):
            assert part in said
        assert sync.table("traffic") == before
        assert sync.run("counts", FIRST, LAST).success
        assert sync.counts("traffic") == sync.truth("traffic", START, END)


def test_a_merge_that_fails_in_the_database_leaves_every_old_row(tmp_path: Path) -> None:
    with syncing(tmp_path, clock=ManualClock(NOW)) as sync:
        assert sync.run("counts", FIRST, LAST).success
        with duckdb.connect(str(sync.settings.warehouse)) as connection:
            connection.execute("CREATE TABLE was AS SELECT * FROM sensource.traffic")
            connection.execute("DROP TABLE sensource.traffic")
            connection.execute(
                "CREATE TABLE sensource.traffic (zone_id VARCHAR NOT NULL, name VARCHAR, "
                "record_date_hour_1 TIMESTAMPTZ NOT NULL, sumins BIGINT CHECK (sumins < 10_000), sumouts BIGINT, "
                "record_date DATE NOT NULL, record_hour TIMESTAMP, _synced_at TIMESTAMPTZ NOT NULL)"
            )
            connection.execute("INSERT INTO sensource.traffic BY NAME SELECT * FROM was")
        before = sync.table("traffic")
        sync.simulator.faults.next(
            fault_kinds.rows(lambda rows: [{**rows[0], "sumins": 10_000}, *doubled(rows[1:])]),
            path="/api/data/traffic",
        )
        result = sync.run("counts", FIRST, LAST)
        assert not result.success
        assert "Table traffic" in error_text(result)
        assert "Nothing was written" in error_text(result)
        assert sync.table("traffic") == before


def test_an_empty_list_answer_fails_the_run_and_changes_nothing(tmp_path: Path, where: Where) -> None:
    with syncing(tmp_path, None, ManualClock(NOW), **where) as sync:
        assert sync.run("lists").success
        before = {table.name: sync.table(table.name) for table in LISTS}
        sync.simulator.override_list("zone", [])
        result = sync.run("lists")
        assert not result.success
        assert "listed no zone at all" in error_text(result)
        assert {table.name: sync.table(table.name) for table in LISTS} == before


def test_a_list_with_messages_marks_nothing_as_deleted_and_a_warning_says_how_to_accept_it(
    tmp_path: Path,
    where: Where,
) -> None:
    deleted = "SELECT zone_id FROM sensource.zone WHERE _deleted ORDER BY 1"
    with syncing(tmp_path, None, ManualClock(NOW), SENSOURCE_STATIC_ENDPOINTS="zone", **where) as sync:
        zones = sync.simulator.entities("zone")
        assert sync.run("lists").success
        sync.simulator.override_list("zone", [{**zones[0], "name": "New name"}])
        partial = fault_kinds.messages(["Partial result: 2 of 5 sites timed out"])
        sync.simulator.faults.next(partial, times=2, path="/api/zone")
        result = sync.run("lists")
        assert result.success
        assert sync.query(deleted) == []
        assert ("New name",) in sync.query("SELECT name FROM sensource.zone")
        warnings = [entry.user_message for entry in sync.instance.all_logs(result.run_id) if entry.level == 30]
        [said] = [warning for warning in warnings if "marked" in warning]
        assert "Partial result: 2 of 5 sites" in said
        assert "4 zones" in said

        sync.change(said.split("run: ")[1].split(";")[0])
        assert sync.run("lists").success
        assert sync.query(deleted) == sorted((zone["zoneId"],) for zone in zones[1:])


def test_the_list_of_another_account_fails_the_run_and_changes_nothing(tmp_path: Path, where: Where) -> None:
    with syncing(tmp_path, None, ManualClock(NOW), SENSOURCE_STATIC_ENDPOINTS="zone", **where) as sync:
        assert sync.run("lists").success
        before = sync.table("zone")
        theirs = [{**zone, "zoneId": f"their-{zone['zoneId']}"} for zone in sync.simulator.entities("zone")]
        sync.simulator.override_list("zone", theirs)
        result = sync.run("lists")
        assert not result.success
        assert "5 of the 5 zones" in error_text(result)
        assert sync.table("zone") == before


def test_a_failing_list_does_not_keep_the_counts_back(tmp_path: Path, where: Where) -> None:
    with syncing(tmp_path, None, ManualClock(NOW), **where) as sync:
        sync.simulator.faults.next(fault_kinds.status(404), times=100, path="/api/zone")
        result = sync.run("everything", FIRST, LAST)
        assert not result.success
        assert "/api/zone" in error_text(result)
        assert sync.counts("traffic") == sync.truth("traffic", START, END)
        assert {row[0] for row in sync.table("space")} == {e["spaceId"] for e in sync.simulator.entities("space")}


def test_an_entry_that_vanishes_is_marked_and_its_return_unmarks_it(tmp_path: Path, where: Where) -> None:
    with syncing_with_checks(tmp_path, None, ManualClock(NOW), **where) as sync:
        zones = sync.simulator.entities("zone")
        assert sync.run("lists").success
        sync.simulator.override_list("zone", zones[1:])
        assert sync.run("lists").success
        deleted = "SELECT zone_id FROM sensource.zone WHERE _deleted"
        assert sync.query(deleted) == [(zones[0]["zoneId"],)]
        sync.simulator.override_list("zone", None)
        assert sync.run("lists").success
        assert sync.query(deleted) == []


def test_unknown_fields_become_columns_and_are_named_in_a_warning(
    tmp_path: Path, where: Where, capfd: pytest.CaptureFixture[str]
) -> None:
    with syncing_with_checks(tmp_path, None, ManualClock(NOW), **where) as sync:
        zones = [{**zone, "wallColour": "red", "tags": {"a": [1]}} for zone in sync.simulator.entities("zone")]
        sync.simulator.override_list("zone", zones)
        assert sync.run("lists").success
        assert sync.query("SELECT DISTINCT wall_colour, tags->>'$.a[0]' FROM sensource.zone") == [("red", "1")]
        assert "zone has a new column wall_colour (VARCHAR)" in capfd.readouterr().err


def test_a_name_with_half_a_character_is_kept_with_ufffd_in_its_place(tmp_path: Path, where: Where) -> None:
    with syncing(tmp_path, None, ManualClock(NOW), SENSOURCE_STATIC_ENDPOINTS="zone", **where) as sync:
        zones = sync.simulator.entities("zone")
        sync.simulator.override_list("zone", [{**zones[0], "name": "Door \ud83d"}, *zones[1:]])
        result = sync.run("lists")
        assert result.success, error_text(result)
        assert ("Door \ufffd",) in sync.query("SELECT name FROM sensource.zone")
        assert len(sync.table("zone")) == len(zones)


def test_a_run_without_credentials_says_which_variables_to_set_and_asks_nothing(tmp_path: Path) -> None:
    with syncing(tmp_path, clock=ManualClock(NOW), SENSOURCE_CLIENT_ID="", SENSOURCE_CLIENT_SECRET="") as sync:
        result = sync.run("everything", FIRST, LAST)
        assert not result.success
        for line in error_text(result).splitlines():
            assert "SENSOURCE_CLIENT_ID" in line
            assert "SENSOURCE_CLIENT_SECRET" in line
            assert "make demo" in line
        assert not sync.simulator.requests


def test_a_run_of_the_counts_without_days_asks_which(tmp_path: Path) -> None:
    with syncing(tmp_path, clock=ManualClock(NOW)) as sync:
        result = sync.run("counts")
        assert not result.success
        assert "No partition is selected" in error_text(result)
        assert not sync.simulator.requests


def test_a_wrong_secret_is_tried_once_by_each_step_and_never_shown(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    secret = "not-the-secret-8f1c"
    with syncing(tmp_path, clock=ManualClock(NOW), SENSOURCE_CLIENT_SECRET=secret) as sync:
        result = sync.run("counts", FIRST, LAST)
        assert not result.success
        said = error_text(result)
        assert "SENSOURCE_CLIENT_SECRET" in said
        assert [request.path for request in sync.simulator.requests] == ["/oauth/token"] * 2
        printed = capfd.readouterr()
        assert secret not in said + printed.out + printed.err + repr(sync.definitions.resources)


def test_a_batch_that_fails_leaves_the_windows_before_it_and_the_next_run_adds_the_rest(
    tmp_path: Path, where: Where
) -> None:
    first, last = date(2025, 9, 1), date(2025, 10, 30)
    with syncing(tmp_path, None, ManualClock(NOW), **where) as sync:

        def fail_second_window(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
            sync.simulator.faults.next(fault_kinds.status(400), path="/api/data/traffic")
            return rows

        sync.simulator.faults.next(fault_kinds.rows(fail_second_window), path="/api/data/traffic")
        assert not sync.run("counts", first, last).success
        found = sync.counts("traffic")
        assert found == sync.truth(
            "traffic", datetime(2025, 9, 1, 6, tzinfo=UTC), datetime(2025, 10, 1, 6, tzinfo=UTC)
        )
        assert sync.run("counts", first, last).success
        end = datetime(2025, 10, 31, 6, tzinfo=UTC)
        assert sync.counts("traffic") == sync.truth("traffic", datetime(2025, 9, 1, 6, tzinfo=UTC), end)


def test_where_reading_fails_and_then_the_merge_of_what_was_read_both_are_said(tmp_path: Path) -> None:
    with syncing(tmp_path, clock=ManualClock(NOW), SENSOURCE_WAREHOUSE_WAIT="0") as sync:
        warehouse_file(sync.settings).write_text("not a database" * 1000)
        sync.simulator.faults.next(fault_kinds.delay(0), path="/api/data/traffic")
        sync.simulator.faults.next(fault_kinds.status(400), path="/api/data/traffic")
        result = sync.run("counts", date(2025, 9, 1), date(2025, 10, 30))
        warnings = [entry.user_message for entry in sync.instance.all_logs(result.run_id)]

    assert "cannot be opened" in error_text(result)
    [said] = [message for message in warnings if message.startswith("Reading traffic failed")]
    assert re.match(
        r"Reading traffic failed in window 2 of 2 \(.*\): GET .*/api/data/traffic.* is refused: HTTP 400", said
    )


def test_many_runs_mint_one_token(tmp_path: Path) -> None:
    with syncing(tmp_path, clock=ManualClock(NOW)) as sync:
        for day in range(5):
            assert sync.run("counts", FIRST + timedelta(days=day)).success
        assert sync.simulator.mints == 1
