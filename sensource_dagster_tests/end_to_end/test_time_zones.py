"""Days are local to the settings' zone, hours are instants, whatever zone the host or the session is in."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import date, datetime, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pytest

from sensource_dagster.simulator import ManualClock, Options
from sensource_dagster_tests.end_to_end.sync import error_text, metadata, syncing

UTC = timezone.utc
NOW = datetime(2025, 12, 10, 18, 20, tzinfo=UTC)


@pytest.fixture
def host_zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Lets a test move the host to another time zone, and moves it back."""
    yield monkeypatch
    monkeypatch.undo()
    time.tzset()


def set_host_zone(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("TZ", name)
    time.tzset()
    assert time.tzname != ("UTC", "UTC") or os.environ["TZ"] == "UTC"


def test_the_table_is_the_same_under_other_host_and_session_zones(
    tmp_path: Path, host_zone: pytest.MonkeyPatch
) -> None:
    tables = []
    for host in ("UTC", "Pacific/Auckland", "America/St_Johns"):
        set_host_zone(host_zone, host)
        with syncing(tmp_path / host.replace("/", "_"), clock=ManualClock(NOW)) as sync:
            result = sync.run("counts", date(2025, 10, 30), date(2025, 11, 4))
            assert result.success, error_text(result)
            tables.append(sync.query("SELECT * EXCLUDE _synced_at FROM sensource.traffic ORDER BY ALL"))
            warehouse = sync.settings.warehouse
        with duckdb.connect(str(warehouse), read_only=True) as session:
            session.execute("SET TimeZone = 'Asia/Tokyo'")
            wrong = session.execute(
                "SELECT count(*) FROM sensource.traffic "
                "WHERE record_date <> (record_date_hour_1 AT TIME ZONE 'America/Denver')::DATE"
            ).fetchall()
            assert wrong == [(0,)]
    assert len(tables[0]) > 500
    assert tables[0] == tables[1] == tables[2]


@pytest.mark.parametrize(
    ("day", "hours"),
    [
        # The API has no row for the first of the two repeated hours (measured in recorded responses).
        pytest.param(date(2025, 11, 2), 24, id="fall back: 25 hours, one of them lost"),
        pytest.param(date(2025, 3, 9), 23, id="spring forward: 23 hours"),
        pytest.param(date(2025, 6, 3), 24, id="any other day"),
    ],
)
def test_a_day_holds_its_local_hours(tmp_path: Path, day: date, hours: int) -> None:
    with syncing(tmp_path, Options(zones=1), ManualClock(NOW)) as sync:
        result = sync.run("counts", day)
        assert result.success, error_text(result)
        stamps = {row[0] for row in sync.query("SELECT record_date_hour_1 FROM sensource.traffic")}
        assert {stamp.astimezone(ZoneInfo("America/Denver")).date() for stamp in stamps} == {day}
        span = (max(stamps) - min(stamps)).total_seconds() / 3600 + 1
        assert span == hours + (day == date(2025, 11, 2))
        absent = span - len(stamps)
        assert absent >= (day == date(2025, 11, 2))
        assert metadata(result, "traffic")[str(day)]["rows"] == len(stamps)


def test_a_day_of_another_zone_than_us_eastern_is_not_cut_at_the_eastern_midnight(tmp_path: Path) -> None:
    options = Options(zones=1, timezone="Europe/Helsinki")
    with syncing(tmp_path, options, ManualClock(NOW), SENSOURCE_TIMEZONE="Europe/Helsinki") as sync:
        assert sync.run("counts", date(2025, 9, 3)).success
        asked = [request.query for request in sync.simulator.requests if request.path == "/api/data/traffic"]
        assert asked[0]["startDate"] == "2025-09-02T21:00:00.000Z"
        assert asked[0]["endDate"] == "2025-09-03T21:00:00.000Z"
        start, end = datetime(2025, 9, 2, 21, tzinfo=UTC), datetime(2025, 9, 3, 21, tzinfo=UTC)
        assert sync.counts("traffic") == sync.truth("traffic", start, end)


@pytest.mark.parametrize(
    ("name", "end_inclusive", "filters_first"),
    [("Asia/Kolkata", True, True), ("Asia/Kathmandu", False, True), ("Asia/Kolkata", True, False)],
)
def test_an_hour_that_starts_in_a_day_belongs_to_it_whole_however_vea_cuts_it_at_the_bounds(
    tmp_path: Path, name: str, end_inclusive: bool, filters_first: bool
) -> None:
    # Where it is midnight in India, it is the busy noon of this account.
    options = Options(corrected=0, instant_end_inclusive=end_inclusive, filters_first=filters_first)
    zone, first, last = ZoneInfo(name), date(2025, 11, 3), date(2025, 11, 5)
    with syncing(tmp_path, options, ManualClock(NOW), SENSOURCE_TIMEZONE=name) as sync:
        assert sync.run("counts", first, last).success
        start = datetime(2025, 11, 3, tzinfo=zone).astimezone(UTC)
        end = datetime(2025, 11, 6, tzinfo=zone).astimezone(UTC)
        assert sync.counts("traffic") == sync.truth("traffic", start, end)
        assert sync.counts("occupancy") == sync.truth("occupancy", start, end)
        for day, numbers in metadata(sync.run("counts", date(2025, 11, 4)), "traffic").items():
            assert (day, numbers["rows_corrected"]) == ("2025-11-04", 0)
        for hour, day in sync.query("SELECT record_date_hour_1, record_date FROM sensource.traffic"):
            assert hour.astimezone(zone).date() == day


def test_no_request_asks_for_more_than_thirty_days(tmp_path: Path) -> None:
    with syncing(tmp_path, Options(zones=1, spaces=0), ManualClock(NOW)) as sync:
        assert sync.run("counts", date(2025, 9, 1), date(2025, 12, 10)).success
        windows = [
            datetime.fromisoformat(query["endDate"].replace("Z", "+00:00"))
            - datetime.fromisoformat(query["startDate"].replace("Z", "+00:00"))
            for query in (request.query for request in sync.simulator.requests if "startDate" in request.query)
        ]
        assert max(windows).total_seconds() <= 30 * 86_400
        assert sync.counts("traffic") == sync.truth(
            "traffic", datetime(2025, 9, 1, 6, tzinfo=UTC), datetime(2025, 12, 11, 7, tzinfo=UTC)
        )
