"""The day of a row is the local day of its hour, in every time zone."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sensource_dagster.contract.frames import counts_frame
from sensource_dagster.contract.tables import TABLES
from sensource_dagster_tests.contract.rows import row

ODD_ZONES = [
    "America/Havana",
    "America/New_York",
    "America/Santiago",
    "America/St_Johns",
    "Africa/Cairo",
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Asia/Tehran",
    "Australia/Lord_Howe",
    "Europe/Berlin",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Pacific/Kiritimati",
]
zones = st.sampled_from(ODD_ZONES) | st.sampled_from(sorted(available_timezones()))
hours = st.integers(0, 60 * 366 * 24).map(lambda n: datetime(1990, 1, 1, tzinfo=timezone.utc) + timedelta(hours=n))


@pytest.fixture(params=["America/Los_Angeles", "Pacific/Kiritimati", "UTC"])
def host_zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(zone=zones, several=st.lists(hours, min_size=1, max_size=20))
@example(
    zone="America/New_York", several=[datetime(2025, 11, 2, 5, tzinfo=timezone.utc)]
)  # the hour before it repeats
@example(zone="America/New_York", several=[datetime(2025, 11, 2, 6, tzinfo=timezone.utc)])
@example(zone="America/Havana", several=[datetime(2025, 11, 2, 4, tzinfo=timezone.utc)])  # midnight comes twice
@example(zone="America/Santiago", several=[datetime(2025, 4, 6, 3, tzinfo=timezone.utc)])  # back across midnight
@example(zone="Africa/Cairo", several=[datetime(2025, 4, 24, 22, tzinfo=timezone.utc)])  # a day that begins at one
@example(zone="Asia/Kathmandu", several=[datetime(2025, 1, 1, 18, tzinfo=timezone.utc)])  # 23:45
@example(zone="Asia/Kathmandu", several=[datetime(2025, 1, 1, 19, tzinfo=timezone.utc)])
@example(zone="Pacific/Apia", several=[datetime(2011, 12, 30, 9, tzinfo=timezone.utc)])  # its 30th does not exist
@example(zone="Pacific/Apia", several=[datetime(2011, 12, 30, 10, tzinfo=timezone.utc)])
@example(zone="Australia/Lord_Howe", several=[datetime(2025, 4, 5, 15, tzinfo=timezone.utc)])  # half an hour back
@example(zone="Europe/Berlin", several=[datetime(2049, 3, 28, 1, tzinfo=timezone.utc)])
def test_the_day_is_the_local_day_in_the_zone_whatever_the_zone_of_the_host(
    host_zone: str, zone: str, several: list[datetime]
) -> None:
    assert os.environ["TZ"] == host_zone
    local = ZoneInfo(zone)
    rows = [row(f"z{n}", hour.isoformat()) for n, hour in enumerate(several)]
    rows += [row(f"Z{n}", hour.replace(tzinfo=None).isoformat() + ".000Z") for n, hour in enumerate(several)]
    end = max(several) + timedelta(hours=1)
    frame = counts_frame(TABLES["traffic"], rows, min(several), end, local).frame
    assert frame["record_date"].dt.date.tolist() == [hour.astimezone(local).date() for hour in several] * 2
    assert str(frame["record_date"].dtype) == "datetime64[us]"
    assert frame["record_date_hour_1"].tolist() == several * 2
