"""After a move to another zone, a day is whole only if each of its hours was read after it was over."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
import time_machine
from dagster import AssetMaterialization, DagsterInstance

from sensource_dagster.automation.rezoned_days import RezonedDays, rezoned_days
from sensource_dagster.config.settings import read_settings
from sensource_dagster.contract.tables import TABLES
from sensource_dagster.vea.windows import day_start
from sensource_dagster.warehouse.local_days import Moves
from sensource_dagster_tests.own_account import asset_key

TRAFFIC = TABLES["traffic"]
DAY = timedelta(days=1)
NOW = datetime(2025, 9, 1, 18, tzinfo=timezone.utc)
DENVER, PARIS = ZoneInfo("America/Denver"), ZoneInfo("Europe/Paris")


def june(*numbers: int) -> list[date]:
    return [date(2025, 6, number) for number in numbers]


@pytest.fixture
def history() -> Iterator[DagsterInstance]:
    with DagsterInstance.ephemeral() as instance:
        yield instance


def read(history: DagsterInstance, days: Sequence[date], at: datetime = NOW) -> None:
    with time_machine.travel(at, tick=False):
        for day in days:
            history.report_runless_asset_event(AssetMaterialization(asset_key(TRAFFIC), partition=str(day)))


def from_denver(days: Sequence[date], rows_of: Sequence[date] | None = None) -> Moves:
    """Eight hours of each of Denver's days move to the next day in Paris."""
    windows = {day: (day_start(day, DENVER), day_start(day + DAY, DENVER)) for day in rows_of or days}
    return Moves(TRAFFIC, {(day, day + DAY): 40 for day in rows_of or days}, 120, windows)


def judged(history: DagsterInstance, moves: Moves, zone: ZoneInfo = PARIS, now: datetime = NOW) -> RezonedDays:
    environment = {"SENSOURCE_TIMEZONE": zone.key, "SENSOURCE_START_DATE": "2025-06-01"}
    with time_machine.travel(now, tick=False):
        return rezoned_days(history, read_settings(environment), moves, now)


def test_the_days_between_are_whole_and_the_first_is_not_and_the_one_after_the_last_is_missing_anyway(
    history: DagsterInstance,
) -> None:
    read(history, june(1, 2, 3, 4))
    assert judged(history, from_denver(june(1, 2, 3, 4))) == RezonedDays(june(2, 3, 4), june(1))


def test_a_day_after_a_gap_is_not_whole(history: DagsterInstance) -> None:
    read(history, june(1, 2, 4, 5))
    assert judged(history, from_denver(june(1, 2, 4, 5))) == RezonedDays(june(2, 5), june(1, 4))


def test_to_the_west_it_is_the_last_day_and_the_day_before_the_first_partition_is_none(
    history: DagsterInstance,
) -> None:
    los_angeles, days = ZoneInfo("America/Los_Angeles"), june(1, 2, 3)
    read(history, days)
    windows = from_denver(days).windows
    moves = Moves(TRAFFIC, {(day, day - DAY): 5 for day in days}, 360, windows)
    assert judged(history, moves, los_angeles) == RezonedDays(june(1, 2), june(3))


def test_a_day_without_rows_between_others_was_read_as_well(history: DagsterInstance) -> None:
    read(history, june(1, 2, 3, 4, 5))
    moves = from_denver(june(1, 2, 3, 4, 5), rows_of=june(2, 4))
    assert judged(history, moves) == RezonedDays(june(2, 3, 4, 5), [])


def test_a_part_that_was_read_before_it_was_over_is_to_be_read_again(history: DagsterInstance) -> None:
    read(history, june(1, 3, 4))
    read(history, june(2), at=day_start(date(2025, 6, 2), PARIS) + timedelta(hours=20))
    assert judged(history, from_denver(june(1, 2, 3, 4))) == RezonedDays(june(4), june(1, 2, 3))


def test_a_day_that_the_nightly_run_has_still_to_read_gets_no_event_that_says_it_was_read(
    history: DagsterInstance,
) -> None:
    """The nightly run reads again each day that was last read when Vea could still correct it."""
    read(history, june(1, 2, 3), at=datetime(2025, 6, 5, tzinfo=timezone.utc))
    assert judged(history, from_denver(june(1, 2, 3))) == RezonedDays([], june(1))
    soon = datetime(2025, 6, 6, tzinfo=timezone.utc)  # then the nightly run reads them whatever the events say
    assert judged(history, from_denver(june(1, 2, 3)), now=soon) == RezonedDays(june(2, 3), june(1))


def test_today_is_neither(history: DagsterInstance) -> None:
    now = day_start(date(2025, 6, 3), PARIS) + timedelta(hours=20)
    read(history, june(1, 2, 3), at=now)
    assert judged(history, from_denver(june(1, 2, 3)), now=now) == RezonedDays(june(2), june(1))


def test_days_whose_rows_do_not_say_how_long_they_were_are_read_again(history: DagsterInstance) -> None:
    read(history, june(1, 2, 3, 9))
    moves = Moves(TRAFFIC, from_denver(june(1, 2)).rows, 0, windows={})
    assert judged(history, moves) == RezonedDays([], june(1, 2, 3))


def test_days_that_newer_rules_leave_as_they_are_stay_as_they_are(history: DagsterInstance) -> None:
    """Also those that count as missing, since they were read before their end."""
    read(history, june(1, 2, 3, 4), at=datetime(2025, 6, 4, 18, tzinfo=timezone.utc))
    moves = Moves(TRAFFIC, {}, 24, from_denver(june(1, 2, 3, 4)).windows)
    assert judged(history, moves, DENVER) == RezonedDays([], [])
