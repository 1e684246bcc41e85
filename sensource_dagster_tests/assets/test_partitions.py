"""There is one partition for each local day from the start date to today, in any time zone."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
import time_machine

from sensource_dagster.assets.partitions import daily_partitions
from sensource_dagster.config.settings import read_settings

ODD_ZONES = [
    "Africa/Cairo",
    "America/Havana",
    "America/New_York",
    "America/Santiago",
    "America/St_Johns",
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Europe/Berlin",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Pacific/Kiritimati",
    "Pacific/Pago_Pago",
    "UTC",
]


def keys(zone: str, start: str) -> list[str]:
    settings = read_settings({"SENSOURCE_TIMEZONE": zone, "SENSOURCE_START_DATE": start})
    return list(daily_partitions(settings).get_partition_keys())


@pytest.mark.parametrize("zone", ODD_ZONES)
@pytest.mark.parametrize("now", ["2025-12-31T23:30", "2026-01-01T00:30", "2025-11-02T05:30", "2025-04-06T10:00"])
def test_the_partitions_are_all_local_days_from_the_start_to_today(zone: str, now: str) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=timezone.utc)
    first, today = date(2025, 1, 1), moment.astimezone(ZoneInfo(zone)).date()
    with time_machine.travel(moment, tick=False):
        found = keys(zone, str(first))
    assert found == [str(first + timedelta(days=n)) for n in range((today - first).days + 1)]


@pytest.mark.parametrize("zone", ODD_ZONES)
def test_a_start_date_of_today_gives_one_partition(zone: str) -> None:
    with time_machine.travel(datetime(2025, 6, 15, 10, 30, tzinfo=timezone.utc), tick=False):
        today = str(datetime.now(ZoneInfo(zone)).date())
        assert keys(zone, today) == [today]


@pytest.mark.parametrize(
    ("day", "hours"), [("2025-03-09", 23), ("2025-11-02", 25), ("2025-11-03", 24)], ids=["spring", "fall", "plain"]
)
def test_a_partition_lasts_from_local_midnight_to_local_midnight(day: str, hours: int) -> None:
    settings = read_settings({"SENSOURCE_TIMEZONE": "America/New_York"})
    window = daily_partitions(settings).time_window_for_partition_key(day)
    assert window.end.timestamp() - window.start.timestamp() == hours * 3600
    assert (window.start.strftime("%F %T"), window.end.strftime("%T")) == (f"{day} 00:00:00", "00:00:00")
