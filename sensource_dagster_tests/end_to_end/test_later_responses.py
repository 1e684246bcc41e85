"""What a later response changes in the warehouse, and what `corrections` says about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any

import duckdb
import pytest

from sensource_dagster.simulator import ManualClock, Options
from sensource_dagster.simulator.fault_kinds import CHANGE_ROWS, ENVELOPE, rows
from sensource_dagster.views.refresh import refresh
from sensource_dagster_tests.end_to_end.sync import Sync, metadata, syncing, syncing_with_checks

NOW = datetime(2025, 12, 10, 18, 20, tzinfo=timezone.utc)
DAY = date(2025, 12, 3)  # in Denver
OPTIONS = Options(zones=3, spaces=2)
HOUR = "recordDate_hour_1"
Rows = list[dict[str, Any]]


def account(folder: Path, **variables: str) -> AbstractContextManager[Sync]:
    return syncing_with_checks(folder, OPTIONS, ManualClock(NOW), **variables)


def read_day(sync: Sync, change: Callable[[Rows], Rows] = list, table: str = "traffic") -> Mapping[str, Any]:
    """Read the day, with changed rows of one table. Returns what that table's event says."""
    sync.simulator.faults.next(rows(change), path=f"/api/data/{table}")
    result = sync.run("counts", DAY)
    assert result.success
    return metadata(result, table)[str(DAY)]


def recorded(sync: Sync) -> list[tuple[Any, ...]]:
    return sync.query(
        "SELECT table_name, column_name, old_value IS NULL, new_value IS NULL, count(*) "
        "FROM sensource.corrections GROUP BY ALL ORDER BY ALL"
    )


def test_a_metric_that_is_new_to_the_sync_is_no_correction(tmp_path: Path) -> None:
    with account(tmp_path, SENSOURCE_TRAFFIC_METRICS="ins") as sync:
        first = read_day(sync)
        both = replace(sync, variables={**sync.variables, "SENSOURCE_TRAFFIC_METRICS": "ins,outs"})
        second = read_day(both)

        assert sync.query("SELECT count(*) FROM sensource.traffic WHERE sumouts IS NULL") == [(0,)]
        assert (second["rows_updated"], second["rows_corrected"]) == (first["rows"], 0)
        assert recorded(sync) == []


def test_a_renamed_zone_is_no_correction_of_its_counts(tmp_path: Path) -> None:
    with account(tmp_path) as sync:
        read_day(sync)
        said = read_day(sync, lambda found: [{**row, "name": "New"} for row in found])

        assert sync.query("SELECT DISTINCT name FROM sensource.traffic") == [("New",)]
        assert (said["rows_updated"], said["rows_corrected"]) == (said["rows"], 0)
        assert recorded(sync) == []


@pytest.mark.parametrize("healed", ["all", "all but one"])
def test_a_record_error_that_vea_has_healed_does_not_stay(tmp_path: Path, healed: str) -> None:
    def failing(found: Rows) -> Rows:
        return [{**row, "recordError": True} for row in found]

    def healing(found: Rows) -> Rows:
        good = [{field: value for field, value in row.items() if field != "recordError"} for row in found]
        return good if healed == "all" else [{**good[0], "recordError": True}, *good[1:]]

    with account(tmp_path) as sync:
        read_day(sync, failing, "occupancy")
        read_day(sync, healing, "occupancy")

        left = sync.query("SELECT count(*) FROM sensource.occupancy WHERE record_error IS NOT NULL")
        assert left == [(0 if healed == "all" else 1,)]
        assert recorded(sync) == []


@pytest.mark.parametrize("leaving", [1, 1000])
def test_ins_that_some_or_all_rows_come_without_keep_their_values_and_are_counted(
    tmp_path: Path, leaving: int
) -> None:
    def without_ins(found: Rows) -> Rows:
        for row in found[:leaving]:
            del row["sumins"]
        return found

    with account(tmp_path) as sync:
        first = read_day(sync)
        before = sync.table("traffic")
        said = read_day(sync, without_ins)

        assert sync.table("traffic") == before
        assert said["values_kept"] == min(leaving, first["rows"])
        assert said["rows_unchanged"] == first["rows"]


def test_rows_are_stamped_with_the_time_of_their_request_and_not_of_their_merge(tmp_path: Path) -> None:
    with syncing(tmp_path, OPTIONS) as sync:  # on the clock of the sync
        assert sync.run("everything", DAY).success
        arrived = {request.path: request.time for request in sync.simulator.requests}
        for table, path in (("traffic", "/api/data/traffic"), ("zone", "/api/zone")):
            [(stamp,)] = sync.query(f"SELECT DISTINCT _synced_at FROM sensource.{table}")
            assert stamp <= arrived[path]


def no_longer_sent(sync: Sync) -> list[tuple[Any, ...]]:
    """The days and hours that the view names."""
    with duckdb.connect(str(sync.settings.warehouse)) as connection:
        refresh(connection, sync.settings.timezone)
    view = "sensource.traffic_daily"
    return sync.query(f"SELECT day, hours_no_longer_sent FROM {view} WHERE hours_no_longer_sent > 0")


def test_the_hours_that_vea_moves_stay_and_the_day_says_how_many_and_corrections_what_they_were(
    tmp_path: Path,
) -> None:
    def moved(found: Rows) -> Rows:
        """The first zone's day is two hours later, as if its clock had been set."""
        zone = found[0]["zoneId"]
        hours = sorted({row[HOUR] for row in found})
        later = dict(zip(hours, hours[2:], strict=False))
        kept = [row for row in found if row["zoneId"] != zone]
        return kept + [{**r, HOUR: later[r[HOUR]]} for r in found if r["zoneId"] == zone and r[HOUR] in later]

    with account(tmp_path) as sync:
        first = read_day(sync)
        before = sync.query("SELECT count(*) FROM sensource.traffic")
        said = read_day(sync, moved)

        assert (first["rows_vanished"], said["rows_vanished"]) == (0, 2)
        gone = [("traffic", "sumins", False, True, 2), ("traffic", "sumouts", False, True, 2)]
        assert [row for row in recorded(sync) if row[3]] == gone
        assert sync.query("SELECT count(*) FROM sensource.traffic") == before

        assert no_longer_sent(sync) == [(DAY, 2)]

        again = read_day(sync, moved)
        assert again["rows_vanished"] == 2
        assert [row for row in recorded(sync) if row[3]] == gone

        back = read_day(sync)
        assert back["rows_vanished"] == 0
        assert no_longer_sent(sync) == []
        assert [row[1:] for row in recorded(sync) if row[2]] == [
            ("sumins", True, False, 2),
            ("sumouts", True, False, 2),
        ]


def test_no_row_counts_as_vanished_if_messages_may_say_that_the_response_is_only_a_part(tmp_path: Path) -> None:
    async def partial(app: Any, scope: Any, receive: Any, send: Any) -> None:
        told = {
            CHANGE_ROWS: lambda found: found[5:],
            ENVELOPE: {"messages": ["Partial result: 1 of 3 sites timed out"]},
        }
        await app({**scope, **told}, receive, send)

    with account(tmp_path) as sync:
        read_day(sync)
        sync.simulator.faults.next(partial, path="/api/data/traffic")
        said = metadata(sync.run("counts", DAY), "traffic")[str(DAY)]

        assert said["rows_vanished"] == 0
        assert recorded(sync) == []
