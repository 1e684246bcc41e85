"""What the demo's account has to show on whichever day the demo runs."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Literal

import pytest

from sensource_dagster.cli import demo_account
from sensource_dagster.simulator import ManualClock
from sensource_dagster.simulator.holidays import holiday_of
from sensource_dagster.simulator.simulator import Simulator

HOUR = timedelta(hours=1)
NAMES: tuple[tuple[Literal["traffic", "occupancy"], str], ...] = (("traffic", "zoneId"), ("occupancy", "spaceId"))
# Days of a year, among them Mondays after a holiday and days on which a reading falls on a closed day.
DAYS = [datetime(2026, 9, 1, 13, tzinfo=timezone.utc) + timedelta(days=11 * number) for number in range(34)]


@pytest.mark.parametrize("now", DAYS, ids=lambda now: str(now.date()))
def test_there_are_corrections_a_silent_door_a_half_day_and_a_holiday(now: datetime) -> None:
    today = now.astimezone(demo_account.ZONE).date()
    options = demo_account.options(today)
    clock = ManualClock(now)
    account = Simulator(options, clock)
    seen: dict[tuple[str, str], object] = {}
    corrected = set()
    for clock.now in (*demo_account.earlier_readings(today), now):
        for name, key in NAMES:
            for row in account.truth(name, clock.now - timedelta(days=4), clock.now + 2 * HOUR):
                values = {field: value for field, value in row.items() if field != "recordError"}
                if seen.setdefault((row[key], row["recordDate_hour_1"]), values) != values:
                    corrected.add((row[key], row["recordDate_hour_1"]))
    assert len(corrected) >= 2
    [silent_from] = [door.silent_from for door in options.doors if door.silent_from]
    assert 7 <= (today - silent_from).days <= 13  # as long as the check can find it on each of its days
    [half_day] = [door.half_day for door in options.doors if door.half_day]
    assert half_day.month == (today.replace(day=1) - timedelta(days=1)).month
    assert not holiday_of(half_day)
    assert any(holiday_of(today - timedelta(days=back)) for back in range(1, demo_account.DAYS))


def test_no_hour_that_an_earlier_reading_finds_is_still_growing() -> None:
    for now in DAYS:
        today = now.astimezone(demo_account.ZONE).date()
        options = replace(demo_account.options(today), corrected=0)
        for moment in demo_account.earlier_readings(today):
            account = Simulator(options, ManualClock(moment))
            for name, _ in NAMES:
                window = (moment - timedelta(days=1), moment + 3 * HOUR)
                final = account.truth(name, *window, final=True)
                assert all(row in final for row in account.truth(name, *window))
