"""Nightly also reads the days that were never read, or were read too early."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta, timezone
from itertools import product
from typing import Any, cast

import pytest
import time_machine
from dagster import (
    AssetMaterialization,
    DagsterInstance,
    RunRequest,
    instance_for_test,
)
from dagster._core.execution.backfill import PartitionBackfill

from sensource_dagster.checks.under_way import COUNTS_KEYS
from sensource_dagster.instance.private import BulkActionStatus
from sensource_dagster_tests.automation.ticks import days_of, named, tick

UTC = timezone.utc


@pytest.fixture
def instance() -> Iterator[DagsterInstance]:
    with instance_for_test() as instance:
        yield instance


def materialise(
    instance: DagsterInstance, first: date, last: date, keys: Sequence[Any] = COUNTS_KEYS, at: date | None = None
) -> None:
    """Days that were read at a time, or long after."""
    for key, number in product(keys, range((last - first).days + 1)):
        day = first + timedelta(days=number)
        with time_machine.travel(datetime(*(at or date(2026, 6, 1)).timetuple()[:3], 3, tzinfo=UTC)):
            instance.report_runless_asset_event(AssetMaterialization(key, partition=str(day)))


def asked_at_three(instance: DagsterInstance, today: str, **variables: str) -> list[tuple[str, str]]:
    moment = datetime.fromisoformat(f"{today}T03:00:00").replace(tzinfo=UTC)
    requests = cast(list[RunRequest], tick(named("nightly", **variables), moment, instance).run_requests)
    for request in requests[1:]:
        assert request.asset_selection == COUNTS_KEYS  # the lists have been read by the first
        assert request.tags["dagster/priority"] == "-1"  # after the runs of the hourly schedule
    return [days_of(request) for request in requests]


def test_nightly_asks_in_batches_for_every_day_that_was_never_read(instance: DagsterInstance) -> None:
    materialise(instance, date(2025, 3, 3), date(2025, 3, 5))
    materialise(instance, date(2025, 3, 7), date(2025, 6, 10))
    materialise(instance, date(2025, 3, 6), date(2025, 3, 6), COUNTS_KEYS[:1])  # traffic alone

    assert asked_at_three(instance, "2025-06-10", START_DATE="2025-01-01") == [
        ("2025-06-03", "2025-06-10"),
        ("2025-01-01", "2025-01-30"),
        ("2025-01-31", "2025-03-01"),
        ("2025-03-02", "2025-03-02"),
        ("2025-03-06", "2025-03-06"),
    ]


def test_where_nothing_is_missing_nightly_is_one_run(instance: DagsterInstance) -> None:
    for day in range(1, 40):  # each read by the last nightly run that had it in its lookback
        materialise(instance, start := date(2025, 5, 1) + timedelta(days=day), start, at=start + timedelta(days=7))

    assert asked_at_three(instance, "2025-06-10", START_DATE="2025-05-02") == [("2025-06-03", "2025-06-10")]


def test_after_a_downtime_the_days_that_were_read_too_early_are_read_again(instance: DagsterInstance) -> None:
    materialise(instance, date(2025, 4, 1), date(2025, 5, 1), at=date(2025, 5, 1))

    # The seven days before 1 May could still change then, and are older than seven days by now.
    for _ in range(2):  # as long as it has not been done
        assert asked_at_three(instance, "2025-05-12", START_DATE="2025-04-01") == [
            ("2025-05-05", "2025-05-12"),
            ("2025-04-25", "2025-05-04"),
        ]


def test_a_day_that_was_only_read_while_it_ran_is_read_again_whoever_read_it(instance: DagsterInstance) -> None:
    materialise(instance, date(2025, 4, 1), date(2025, 4, 20), at=date(2025, 4, 20))
    materialise(instance, date(2025, 4, 21), date(2025, 5, 4))

    assert asked_at_three(instance, "2025-05-12", START_DATE="2025-04-01")[1:] == [("2025-04-14", "2025-04-20")]


def test_nothing_is_filled_in_while_a_backfill_goes_on(instance: DagsterInstance) -> None:
    backfill = PartitionBackfill(
        "b", BulkActionStatus.REQUESTED, from_failure=False, tags={}, backfill_timestamp=0.0, partition_names=[]
    )
    instance.add_backfill(backfill)

    assert asked_at_three(instance, "2025-06-10", START_DATE="2025-01-01") == [("2025-06-03", "2025-06-10")]
