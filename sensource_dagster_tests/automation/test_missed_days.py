"""Nightly also reads the days that were never read, or were read too early."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timezone
from typing import Any, cast

import pytest
from dagster import AssetKey, DagsterInstance, EventLogRecord, RunRequest
from dagster._core.storage.event_log import SqlEventLogStorage

from sensource_dagster.contract.day_ranges import each_day
from sensource_dagster_tests.automation.nights import DAY, report_failed, report_read
from sensource_dagster_tests.automation.ticks import days_of, named, tick
from sensource_dagster_tests.own_account import COUNTS_KEYS

UTC = timezone.utc


def materialise(
    history: DagsterInstance,
    first: date,
    last: date,
    keys: Sequence[AssetKey] = COUNTS_KEYS,
    at: date | None = None,
) -> None:
    """Days that were read at a time, or long after."""
    report_read(history, each_day(first, last), at or date(2026, 6, 1), keys)


def asked_at_three(
    history: DagsterInstance, today: str, zone: str = "UTC", **variables: str
) -> list[tuple[str, str]]:
    moment = datetime.fromisoformat(f"{today}T03:00:00").replace(tzinfo=UTC)
    requests = cast(list[RunRequest], tick(named("nightly", zone, **variables), moment, history).run_requests)
    for request in requests[1:]:
        assert request.asset_selection == COUNTS_KEYS  # the lists have been read by the first
        assert request.tags["dagster/priority"] == "-1"  # after the runs of the hourly schedule
    return [days_of(request) for request in requests]


def test_nightly_asks_in_batches_for_every_day_that_was_never_read(history: DagsterInstance) -> None:
    materialise(history, date(2025, 3, 3), date(2025, 3, 5))
    materialise(history, date(2025, 3, 7), date(2025, 6, 10))
    materialise(history, date(2025, 3, 6), date(2025, 3, 6), COUNTS_KEYS[:1])  # traffic alone

    assert asked_at_three(history, "2025-06-10", START_DATE="2025-01-01") == [
        ("2025-06-03", "2025-06-10"),
        ("2025-01-01", "2025-01-30"),
        ("2025-01-31", "2025-03-01"),
        ("2025-03-02", "2025-03-02"),
        ("2025-03-06", "2025-03-06"),
    ]


def test_where_nothing_is_missing_nightly_is_one_run(history: DagsterInstance) -> None:
    for day in range(1, 40):  # each read by the last nightly run that had it in its lookback
        materialise(history, start := date(2025, 5, 1) + day * DAY, start, at=start + 7 * DAY)

    assert asked_at_three(history, "2025-06-10", START_DATE="2025-05-02") == [("2025-06-03", "2025-06-10")]


def test_after_a_downtime_the_days_that_were_read_too_early_are_read_again(history: DagsterInstance) -> None:
    materialise(history, date(2025, 4, 1), date(2025, 5, 1), at=date(2025, 5, 1))

    # The seven days before 1 May could still change then, and are older than seven days by now.
    for _ in range(2):  # as long as it has not been done
        assert asked_at_three(history, "2025-05-12", START_DATE="2025-04-01") == [
            ("2025-05-05", "2025-05-12"),
            ("2025-04-25", "2025-05-04"),
        ]


def test_a_day_that_was_only_read_while_it_ran_is_read_again_whoever_read_it(history: DagsterInstance) -> None:
    materialise(history, date(2025, 4, 1), date(2025, 4, 20), at=date(2025, 4, 20))
    materialise(history, date(2025, 4, 21), date(2025, 5, 4))

    assert asked_at_three(history, "2025-05-12", START_DATE="2025-04-01")[1:] == [("2025-04-14", "2025-04-20")]


def read_on_its_last_night(history: DagsterInstance, first: date, last: date, lookback: int) -> None:
    """Each day was last read by the last nightly run that had it in its lookback."""
    for day in each_day(first, last):
        materialise(history, day, day, at=day + lookback * DAY)


def test_a_higher_lookback_reads_the_days_in_it_and_no_settled_history_again(history: DagsterInstance) -> None:
    read_on_its_last_night(history, date(2025, 4, 1), date(2025, 6, 10), 7)

    for tonight, first in (("2025-06-10", "2025-05-11"), ("2025-06-11", "2025-05-12")):
        asked = asked_at_three(history, tonight, START_DATE="2025-04-01", LOOKBACK_DAYS="30")
        assert asked == [(first, tonight)]
        materialise(
            history, date.fromisoformat(first), date.fromisoformat(tonight), at=date.fromisoformat(tonight)
        )


def test_a_lookback_of_one_day_too_may_be_raised_after_a_night_that_remembered_what_is_settled(
    history: DagsterInstance,
) -> None:
    """The history alone cannot tell it from hourly runs without nightly ones, whose days have to be read again."""
    read_on_its_last_night(history, date(2025, 5, 1), date(2025, 6, 10), 1)
    raised = {"START_DATE": "2025-05-01", "LOOKBACK_DAYS": "7"}
    assert asked_at_three(history, "2025-06-10", **raised)[1:] == [
        ("2025-05-01", "2025-05-30"),
        ("2025-05-31", "2025-06-02"),
    ]

    assert asked_at_three(history, "2025-06-10", START_DATE="2025-05-01", LOOKBACK_DAYS="1")[1:] == []
    assert asked_at_three(history, "2025-06-10", **raised) == [("2025-06-03", "2025-06-10")]


def test_what_is_settled_is_forgotten_with_another_time_zone_and_never_hides_a_day_that_was_not_read(
    history: DagsterInstance,
) -> None:
    read_on_its_last_night(history, date(2025, 5, 1), date(2025, 6, 10), 1)
    assert len(asked_at_three(history, "2025-06-10", START_DATE="2025-05-01", LOOKBACK_DAYS="1")) == 1
    assert len(asked_at_three(history, "2025-06-10", "Europe/Paris", START_DATE="2025-05-01")) > 1
    history.wipe_assets(COUNTS_KEYS[:1])
    assert asked_at_three(history, "2025-06-10", START_DATE="2025-05-01", BACKFILL_DAYS="40")[1:] == [
        ("2025-05-01", "2025-06-02")
    ]


def test_a_settled_day_that_failed_since_is_read_again_as_those_that_rezone_marks(
    history: DagsterInstance,
) -> None:
    materialise(history, date(2025, 5, 1), date(2025, 6, 10))
    report_failed(history, each_day(date(2025, 5, 3), date(2025, 5, 4)))
    asked = asked_at_three(history, "2025-06-10", START_DATE="2025-05-01")
    assert asked[1:] == [("2025-05-03", "2025-05-03"), ("2025-05-04", "2025-05-04")]


def test_3000_days_are_judged_without_reading_their_events(
    history: DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = date(2017, 1, 1)
    materialise(history, first, first + 2999 * DAY)

    read: list[int] = []
    records = SqlEventLogStorage._get_event_records

    def counted(*arguments: Any, **named: Any) -> Sequence[EventLogRecord]:
        found = records(*arguments, **named)
        read.append(len(found))
        return found

    monkeypatch.setattr(SqlEventLogStorage, "_get_event_records", counted)
    asked = asked_at_three(history, "2025-04-01", START_DATE="2017-01-01", BACKFILL_DAYS="100")
    assert asked == [("2025-03-25", "2025-04-01"), ("2025-03-20", "2025-03-24")]
    assert sum(read) <= 2  # the newest of each table, for the status of the days
