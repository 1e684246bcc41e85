"""What the checks say about seven weeks of a real library with Thanksgiving, and about faults of its doors."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import duckdb
import pytest
import time_machine
from dagster import AssetCheckEvaluation

from sensource_dagster.checks.balance import ins_and_outs_agree
from sensource_dagster.checks.doors import DOOR_IS_UNUSUAL
from sensource_dagster.checks.judgement import Check
from sensource_dagster.simulator import ManualClock, Options
from sensource_dagster.views.refresh import refresh
from sensource_dagster_tests.checks.checked import Checked, found
from sensource_dagster_tests.checks.directly import judge
from sensource_dagster_tests.end_to_end.sync import error_text, syncing_with_checks
from sensource_dagster_tests.end_to_end.test_recorded_reads import FIRST, LAST, recording
from sensource_dagster_tests.warehouse_file import warehouse_file

READ_AT = datetime(2025, 12, 10, 22, 56, tzinfo=timezone.utc)
JUDGED, YESTERDAY = date(2025, 11, 18), date(2025, 12, 9)
W = "sensource"
BUSIEST = "8645757a-155b-47ac-a1de-492c9e6cb652"
ZERO = "sumins = 0, sumouts = 0"
Read = tuple[Checked, Mapping[tuple[str, str], AssetCheckEvaluation]]


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Read:
    """The recording, read by one run over all its days, and what the checks of that run said."""
    options = Options(recordings=[recording("20251210T225600Z")])
    folder = tmp_path_factory.mktemp("recorded")
    with time_machine.travel(READ_AT), syncing_with_checks(folder, options, ManualClock(READ_AT)) as sync:
        result = sync.run("everything", FIRST, LAST)
        assert result.success, error_text(result)
        with duckdb.connect(str(sync.settings.warehouse)) as connection:
            refresh(connection, sync.settings.timezone)
        return Checked(sync.settings, READ_AT), {
            (check.asset_key.path[-1], check.check_name): check for check in result.get_asset_check_evaluations()
        }


@pytest.fixture
def checked(read: Read, tmp_path: Path) -> Checked:
    warehouse = Path(shutil.copy(warehouse_file(read[0].settings), tmp_path / "warehouse.duckdb"))
    return Checked(replace(read[0].settings, warehouse=warehouse), READ_AT)


def named(checked: Checked, check: Check, first: date = JUDGED, last: date = YESTERDAY) -> list[tuple[str, str]]:
    findings = judge(checked, check, first, last).findings
    return [(row["zone_id"][:3], str(row["day"])) for row in (findings.rows if findings else ())]


def test_of_all_checks_only_those_fail_that_have_something_to_tell(read: Read) -> None:
    checks = read[1]
    assert len(checks) > 20
    assert {key for key, check in checks.items() if not check.passed} == {
        ("traffic", "hours_are_complete"),
        ("traffic", "door_is_unusual"),
        ("traffic", "no_hours_in_the_future"),
        ("zone", "joins_hit"),  # the recording has no lists, so the simulator has no sensors
    }
    # Of Thanksgiving and the four days around it, with a fiftieth of the people, one door has one day.
    assert [(row["zone_id"][:3], row["day"]) for row in found(checks["traffic", "door_is_unusual"])] == [
        ("193", "2025-11-28")
    ]
    # The clock of one sensor is ahead.
    assert {row["zone_id"][:3] for row in found(checks["traffic", "no_hours_in_the_future"])} == {"bda"}
    # The recording begins within a day. On two later days sensors were offline.
    missing = {row["day"] for row in found(checks["traffic", "hours_are_complete"])}
    assert missing == {"2025-10-21", "2025-10-29", "2025-10-30"}


@pytest.mark.parametrize("door", ["193", "1dc", "67e", "864", "bda"])
def test_a_door_that_stops_at_noon_on_an_open_day_is_named(checked: Checked, door: str) -> None:
    monday = date(2025, 12, 8)
    checked.sql(
        f"UPDATE {W}.traffic SET {ZERO} "
        f"WHERE zone_id[:3] = '{door}' AND record_date = '{monday}' AND hour(record_hour) >= 12"
    )
    assert named(checked, DOOR_IS_UNUSUAL, monday, monday) == [(door, str(monday))]


@pytest.mark.parametrize("values", [ZERO, "sumins = (hour(record_hour) = 12)::BIGINT, sumouts = 0"])
def test_the_busiest_door_stays_named_when_it_is_dead_for_five_weeks(checked: Checked, values: str) -> None:
    dead_from = YESTERDAY - timedelta(days=34)
    checked.sql(f"UPDATE {W}.traffic SET {values} WHERE zone_id = '{BUSIEST}' AND record_date >= '{dead_from}'")
    days = {day for door, day in named(checked, DOOR_IS_UNUSUAL, YESTERDAY - timedelta(days=6)) if door == "864"}
    closed = "2025-12-07"
    assert days == {str(YESTERDAY - timedelta(days=back)) for back in range(7)} - {closed}


@pytest.mark.parametrize("door", ["193", "1dc", "67e", "864", "bda"])
@pytest.mark.parametrize("values", ["sumouts = 0", "sumins = sumouts, sumouts = sumins"])
def test_a_door_that_counts_one_way_or_is_turned_round_for_a_week_is_named_and_no_other_door_is(
    checked: Checked, door: str, values: str
) -> None:
    week = YESTERDAY - timedelta(days=6)
    checked.sql(f"UPDATE {W}.traffic SET {values} WHERE zone_id[:3] = '{door}' AND record_date >= '{week}'")
    found_doors = named(checked, ins_and_outs_agree(checked.settings))
    assert {name for name, _ in found_doors} == {door}
    assert (door, str(YESTERDAY)) in found_doors


def test_the_view_and_the_check_have_one_rule(read: Read) -> None:
    with duckdb.connect(str(read[0].settings.warehouse), read_only=True) as connection:
        columns = "zone_id[:3], day::VARCHAR, people, expected, usual, neighbours, hours_counted, is_above"
        rows = connection.execute(f"SELECT {columns} FROM sensource.door_unusual ORDER BY day").fetchall()
        connection.execute("SET VARIABLE door_unusual_from = DATE '2025-12-01'")
        assert connection.execute("SELECT count(*) FROM sensource.door_unusual").fetchall() == [(0,)]
    [row] = judge(read[0], DOOR_IS_UNUSUAL, JUDGED, YESTERDAY).findings.rows  # type: ignore[union-attr]
    assert rows == [(row["zone_id"][:3], str(row["day"]), *list(row.values())[3:])]
