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
VANCOUVER = """
from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

ZoneInfo("America/Vancouver")  # by the system's rules
from sensource_dagster.assets.partitions import daily_partitions
from sensource_dagster.config.settings import read_settings
from sensource_dagster.contract.frames import counts_frame
from sensource_dagster.contract.tables import TABLES
from sensource_dagster.checks.judged_days import JudgedDays
from sensource_dagster.vea.windows import day_windows

settings = read_settings({"SENSOURCE_TIMEZONE": "America/Vancouver", "SENSOURCE_START_DATE": "2026-11-01"})
day, zone = date(2026, 11, 20), settings.timezone
start = day_windows(day, day, zone)[0].start
print(start.isoformat())
row = {"zoneId": "z", "recordDate_hour_1": "2026-11-20T07:00:00.000Z"}
hour = datetime(2026, 11, 20, 7, tzinfo=timezone.utc)
frame = counts_frame(TABLES["traffic"], [row], hour, hour + timedelta(hours=1), zone).frame
print(frame["record_hour"][0].isoformat(), frame["record_date"][0].date())
print(daily_partitions(settings).time_window_for_partition_key("2026-11-20").start.astimezone(timezone.utc))
print(JudgedDays(day, day, zone, start + timedelta(hours=9)).expected_hours()[0][0])
"""
INSTANCE = """
import sys
from datetime import datetime, timezone
from dagster import DagsterInstance
from dagster._time import get_timezone

with DagsterInstance.from_config(sys.argv[1]):
    print(datetime(2026, 11, 20, 7, tzinfo=timezone.utc).astimezone(get_timezone("America/Vancouver")))
"""


@pytest.fixture
def stale_system(tmp_path: Path) -> dict[str, str]:
    """The environment of a process whose system has stale files."""
    for name, source in STALE.items():
        file = tmp_path / "zoneinfo" / name
        file.parent.mkdir(parents=True)
        file.write_bytes(files("tzdata").joinpath("zoneinfo", source).read_bytes())
    return {**os.environ, "PYTHONTZPATH": str(tmp_path / "zoneinfo"), "PYTHONPATH": str(PROJECT)}


def printed(program: str, environment: dict[str, str], *arguments: str) -> list[str]:
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.splitlines()


def test_stale_rules_of_the_system_decide_no_window_row_partition_or_check(stale_system: dict[str, str]) -> None:
    assert printed(VANCOUVER, stale_system) == [
        "2026-11-20T07:00:00+00:00",
        "2026-11-20T00:00:00 2026-11-20",
        "2026-11-20 07:00:00+00:00",
        "2026-11-20 07:00:00+00:00",
    ]


def test_a_process_of_dagster_that_opens_the_history_has_the_same_rules(
    stale_system: dict[str, str], tmp_path: Path
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "dagster.yaml").write_text((PROJECT / "dagster.yaml").read_text().replace("data/", f"{home}/data/"))
    assert printed(INSTANCE, stale_system, str(home)) == ["2026-11-20 00:00:00-07:00"]
