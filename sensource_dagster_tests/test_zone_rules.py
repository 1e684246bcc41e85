"""The rules of time zones are those of the package tzdata, whatever files the system has."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

from sensource_dagster_tests.documentation import PROJECT

# As a system's files of early 2026: winter time in Vancouver, which the province has given up for November 2026.
STALE = {"America/Vancouver": "America/Los_Angeles"}
PROGRAM = """
import sys
from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

hour = datetime(2026, 11, 20, 7, tzinfo=timezone.utc)
print(hour.astimezone(ZoneInfo("America/Vancouver")))  # by the system's rules

from dagster import DagsterInstance
from dagster._time import get_timezone

with DagsterInstance.from_config(sys.argv[1]):
    print(hour.astimezone(get_timezone("America/Vancouver")))

from sensource_dagster.assets.partitions import daily_partitions
from sensource_dagster.checks.judged_days import JudgedDays
from sensource_dagster.config.settings import read_settings
from sensource_dagster.contract.frames import counts_frame
from sensource_dagster.contract.tables import TABLES
from sensource_dagster.vea.windows import day_windows

settings = read_settings({"SENSOURCE_TIMEZONE": "America/Vancouver", "SENSOURCE_START_DATE": "2026-11-01"})
day, zone = date(2026, 11, 20), settings.timezone
print(day_windows(day, day, zone)[0].start)
row = {"zoneId": "z", "recordDate_hour_1": "2026-11-20T07:00:00.000Z"}
frame = counts_frame(TABLES["traffic"], [row], hour, hour + timedelta(hours=1), zone).frame
print(frame["record_hour"][0], frame["record_date"][0].date())
print(daily_partitions(settings).time_window_for_partition_key("2026-11-20").start.astimezone(timezone.utc))
print(JudgedDays.of([day], zone, hour + timedelta(hours=9)).expected_hours(day)[0])
"""


@pytest.fixture
def stale_system(tmp_path: Path) -> dict[str, str]:
    """The environment of a process whose system has stale files."""
    for name, source in STALE.items():
        file = tmp_path / "zoneinfo" / name
        file.parent.mkdir(parents=True)
        file.write_bytes(files("tzdata").joinpath("zoneinfo", source).read_bytes())
    return {**os.environ, "PYTHONTZPATH": str(tmp_path / "zoneinfo"), "PYTHONPATH": str(PROJECT)}


def test_stale_rules_of_the_system_decide_nothing_in_a_process_that_opens_the_history(
    stale_system: dict[str, str], tmp_path: Path
) -> None:
    """Such as Dagster's web server and daemon. Windows, rows, partitions and checks agree with each other."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "dagster.yaml").write_text((PROJECT / "dagster.yaml").read_text().replace("data/", f"{home}/data/"))
    command = [sys.executable, "-c", PROGRAM, str(home)]
    done = subprocess.run(command, env=stale_system, capture_output=True, text=True, check=True)
    system, dagster, window, row, partition, check = done.stdout.splitlines()
    assert system == "2026-11-19 23:00:00-08:00"
    assert dagster == "2026-11-20 00:00:00-07:00"
    assert window == partition == check == "2026-11-20 07:00:00+00:00"
    assert row == "2026-11-20 00:00:00 2026-11-20"
