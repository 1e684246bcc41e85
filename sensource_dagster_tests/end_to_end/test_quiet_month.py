"""A month of a library, night by night: with nothing wrong no alert comes about hours, with an outage two.

The account loses single hours for good and sends others late, as real sensors do.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine

from sensource_dagster.automation.alerts import Alert, alerts_of
from sensource_dagster.simulator import ManualClock, Options, fault_kinds
from sensource_dagster_tests.end_to_end.sync import Sync, syncing_with_checks

DENVER = ZoneInfo("America/Denver")
FIRST, NIGHTS = date(2025, 11, 10), 30
LISTS_EVERY = 7  # nights; that they stay as they are says nothing about hours
OFFLINE = [date(2025, 11, 20) + timedelta(days=number) for number in range(3)]
CHECK = "Check hours_are_complete of sensource/"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3000)]


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=DENVER)


def month(sync: Sync, clock: ManualClock, hours: tuple[int, ...], nights: int = NIGHTS) -> dict[date, list[Alert]]:
    """The alerts about hours, by the day of the run: of the nightly runs, and of hourly ones at these hours."""
    told: dict[date, list[Alert]] = {}
    for number in range(nights):
        today = FIRST + timedelta(days=number)
        for hour, days in sorted([(3, 7), *((hour, 1) for hour in hours)]):
            clock.now = at(today, hour, 10)
            with time_machine.travel(clock.now):
                job = "everything" if days > 1 and number % LISTS_EVERY == 0 else "counts"
                result = sync.run(job, today - timedelta(days=days), today)
                run = sync.instance.get_run_by_id(result.run_id)
                assert run
                assert result.success
                alerts = [alert for alert in alerts_of(sync.instance, run) if alert.title.startswith(CHECK)]
                told[today] = told.get(today, []) + alerts
    return {today: alerts for today, alerts in told.items() if alerts}


@pytest.mark.parametrize(("zones", "hours"), [(5, (8, 20)), (200, ())])
def test_with_nothing_wrong_no_alert_comes(tmp_path: Path, zones: int, hours: tuple[int, ...]) -> None:
    clock = ManualClock(at(FIRST, 3))
    with syncing_with_checks(tmp_path, Options(zones=zones), clock, SENSOURCE_START_DATE="2025-11-01") as sync:
        assert month(sync, clock, hours) == {}
        [(lost,)] = sync.query(
            "SELECT count(*) FROM (SELECT count(*) AS hours FROM sensource.traffic "
            "WHERE record_date BETWEEN '2025-11-10' AND '2025-11-30' GROUP BY zone_id, record_date) "
            "WHERE hours < 24"
        )
        assert lost > zones / 2


def test_a_sensor_that_is_offline_for_three_days_is_told_once_and_once_when_it_is_back(tmp_path: Path) -> None:
    clock = ManualClock(at(FIRST, 3))
    with syncing_with_checks(tmp_path, Options(zones=5), clock, SENSOURCE_START_DATE="2025-11-01") as sync:
        zone = str(sync.simulator.entities("zone")[3]["zoneId"])
        start, end = at(OFFLINE[0], 0), at(OFFLINE[-1] + timedelta(days=1), 0)

        def without(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
            return [row for row in rows if row["zoneId"] != zone or not start <= hour_of(row) < end]

        sync.simulator.faults.at_random(1, [fault_kinds.rows(without)], path="/api/data/traffic")
        told = month(sync, clock, (20,), nights=17)

    assert [*told] == [date(2025, 11, 23), date(2025, 11, 24)]
    [begin], [over] = told.values()
    assert begin.title == f"{CHECK}traffic: 1 zone offline"
    assert over.title == f"{CHECK}traffic: 1 zone back"
    assert zone in begin.text
    assert zone in over.text


def hour_of(row: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(row["recordDate_hour_1"].replace("Z", "+00:00"))
