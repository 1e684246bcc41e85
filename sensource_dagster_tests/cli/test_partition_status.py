"""Which days are missing or failed, by a real history."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import pytest
import time_machine

from sensource_dagster.cli.partition_status import PartitionStatus, as_ranges, partition_status
from sensource_dagster.contract.tables import TABLES
from sensource_dagster.simulator import ManualClock, fault_kinds
from sensource_dagster_tests.end_to_end.sync import Sync, syncing

NOON = datetime(2025, 11, 5, 19, tzinfo=timezone.utc)  # in Denver
TODAY = date(2025, 11, 5)


def day(number: int) -> date:
    return date(2025, 11, number)


def status_of(sync: Sync, first: int, last: int) -> PartitionStatus:
    return partition_status(sync.instance, TABLES["traffic"], sync.settings, day(first), day(last))


def test_a_day_is_missing_until_it_is_read_after_its_end_but_today_may_be_read_before(tmp_path: Path) -> None:
    with syncing(tmp_path, clock=ManualClock(NOON), SENSOURCE_START_DATE="2025-11-01") as sync:
        with time_machine.travel(NOON):
            assert status_of(sync, 2, 5) == PartitionStatus(missing=[day(2), day(3), day(4), day(5)], failed=[])
            assert sync.run("counts", day(3), day(5)).success
            assert status_of(sync, 2, 5) == PartitionStatus(missing=[day(2)], failed=[])
        with time_machine.travel(NOON + timedelta(hours=11, minutes=59)):  # still the same day in Denver
            assert status_of(sync, 2, 5).missing == [day(2)]
        with time_machine.travel(NOON + timedelta(hours=12, minutes=1)):
            assert status_of(sync, 2, 5).missing == [day(2), day(5)]
            assert sync.run("counts", day(5)).success
            assert status_of(sync, 2, 5).missing == [day(2)]


def test_a_day_has_failed_whose_last_read_failed_even_where_it_was_read_before(tmp_path: Path) -> None:
    with syncing(tmp_path, clock=ManualClock(NOON), SENSOURCE_START_DATE="2025-11-01") as sync:
        assert sync.run("counts", day(1), day(2)).success
        sync.simulator.faults.next(fault_kinds.status(404), path="/api/data/traffic")
        assert not sync.run("counts", day(2), day(3)).success
        assert status_of(sync, 1, 4) == PartitionStatus(missing=[day(4)], failed=[day(2), day(3)])
        assert status_of(sync, 1, 2) == PartitionStatus(missing=[], failed=[day(2)])
        assert sync.run("counts", day(2), day(4)).success
        assert status_of(sync, 1, 4) == PartitionStatus(missing=[], failed=[])


@pytest.mark.parametrize(
    ("numbers", "text"),
    [
        ([], ""),
        ([3], "2025-11-03"),
        ([1, 2, 3, 7, 9, 10], "2025-11-01 to 2025-11-03, 2025-11-07, 2025-11-09 to 2025-11-10"),
        ([1, 3, 5, 7, 9], "2025-11-01, 2025-11-03, 2025-11-05, 2025-11-07, 2025-11-09"),
        ([1, 3, 5, 7, 9, 11, 13], "2025-11-01, 2025-11-03, 2025-11-05, 2025-11-07, 2025-11-09 and 2 more"),
    ],
)
def test_days_are_written_as_ranges_and_many_ranges_are_cut(numbers: list[int], text: str) -> None:
    assert as_ranges([day(number) for number in numbers]) == text
