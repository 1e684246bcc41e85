"""A day that keeps failing is read apart from the others, then once a week, with one alert when that changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta, timezone

import pytest
import time_machine
from dagster import DagsterInstance, DagsterRun, DagsterRunStatus
from dagster._core.test_utils import create_run_for_test

from sensource_dagster.automation.failing_days import (
    KNOWN_FAILURE_TAG,
    LAST_NIGHTLY_TRY_TAG,
    NIGHT_TAG,
    FailingDay,
    failing_days,
    said_of_last_nightly_try,
    tags_of_failed,
)
from sensource_dagster.automation.upkeep import prune
from sensource_dagster.config.settings import read_settings
from sensource_dagster.contract.day_ranges import each_day
from sensource_dagster.instance.held import HELD_TAG
from sensource_dagster.instance.own_runs import ACCOUNT_TAG
from sensource_dagster_tests.automation.nights import DAY, Nights, at_three, report_failed, report_read
from sensource_dagster_tests.automation.ticks import days_of, named, tick

START, FIRST = date(2025, 6, 1), date(2025, 6, 10)
"""The start date, and the first night."""
OLD, RECENT = date(2025, 6, 2), date(2025, 6, 8)


def nights_of(history: DagsterInstance, *bad: date) -> Nights:
    return Nights(history, {"START_DATE": str(START), "BACKFILL_DAYS": "3", "LOOKBACK_DAYS": "4"}, bad)


def nights_with(day: date, asked: dict[date, list[tuple[str, str]]]) -> list[int]:
    """How many nights after the first one a run was to read a day, alone or with others."""
    return [
        (night - FIRST).days
        for night, ranges in asked.items()
        if any(first <= str(day) <= last for first, last in ranges)
    ]


def test_the_night_after_it_failed_a_day_is_read_alone_and_all_others_of_its_range_are_read(
    history: DagsterInstance,
) -> None:
    nights = nights_of(history, OLD, RECENT)
    alone = {(str(OLD), str(OLD)), (str(RECENT), str(RECENT))}
    assert alone.isdisjoint(nights.night(FIRST))
    assert nights.failed_runs == 2
    assert alone < set(nights.night(FIRST + DAY))
    assert nights.failed_runs == 4
    assert {*nights.night(FIRST + 2 * DAY)} == {("2025-06-09", "2025-06-12"), *alone}


def test_upkeep_keeps_the_runs_of_the_last_nights_however_few_days_of_runs_are_kept(
    history: DagsterInstance,
) -> None:
    runs = []
    for back in (36, 35):
        with at_three(FIRST - back * DAY):
            runs.append(report_failed(history, [OLD], tags={NIGHT_TAG: str(FIRST - back * DAY)}).run_id)
            report_read(history, [OLD], FIRST - (back - 1) * DAY)
    with at_three(FIRST):
        prune(history, create_run_for_test(history, "upkeep"), datetime.now(timezone.utc) - DAY)
    assert [history.get_run_by_id(run) is not None for run in runs] == [False, True]


def test_after_three_nights_it_is_tried_once_a_week_with_one_alert_and_when_it_can_be_read_all_is_as_ever(
    history: DagsterInstance, capfd: pytest.CaptureFixture[str]
) -> None:
    nights = nights_of(history, OLD, RECENT)
    asked = nights.nights(FIRST, 10)
    nights.bad = ()
    asked |= nights.nights(FIRST + 10 * DAY, 8)

    assert nights_with(OLD, asked) == [0, 1, 2, 9, 16]
    assert nights_with(RECENT, asked) == [0, 1, 2, 9, 16]
    assert nights.failed_runs == 8
    assert len(asked[FIRST + 17 * DAY]) == 1

    assert [(night - FIRST).days for night, _ in nights.alerts] == [0, 0, 2, 2]
    for bad, (_, change) in zip((RECENT, OLD), nights.alerts[2:], strict=True):
        assert f"{bad} has failed each night since {FIRST}, while other days could be read" in change.text
        assert f"sensource backfill --from {bad} --to {bad}" in change.text
    assert not any("once a week" in alert.text for _, alert in nights.alerts[:2])

    alone = [run.tags for run in history.get_runs() if run.tags["dagster/asset_partition_range_end"] == str(OLD)]
    weekly = (None, f"since {FIRST}, tried weekly")
    assert [(tags.get(LAST_NIGHTLY_TRY_TAG), tags.get(KNOWN_FAILURE_TAG)) for tags in reversed(alone)] == [
        (None, "the last run of these days failed too"),
        (str(FIRST), None),
        weekly,
        weekly,
    ]

    left_out = f"{OLD} is left out: it has failed since the night of {FIRST}, while other days could be read. "
    said = capfd.readouterr().err
    for next_try in (9, 16):
        until = f"{left_out}It is tried once a week, next in the night of {FIRST + next_try * DAY}."
        assert said.count(until) == 6


@pytest.mark.slow
def test_an_outage_makes_no_day_a_weekly_one_however_long_it_lasts(history: DagsterInstance) -> None:
    nights = nights_of(history)
    nights.down = True
    nights.nights(FIRST, 4)
    nights.down = False
    after = nights.nights(FIRST + 4 * DAY, 2)
    assert nights_with(OLD, after) == [4]
    assert nights_with(RECENT, after) == [4]
    assert len(after[FIRST + 5 * DAY]) == 1


@pytest.fixture
def ephemeral() -> Iterator[DagsterInstance]:
    with DagsterInstance.ephemeral() as made:
        yield made


def tags_of(night: date, last: date) -> dict[str, str]:
    """Those of a nightly run from OLD to `last`."""
    return {
        NIGHT_TAG: str(night),
        "dagster/asset_partition_range_start": str(OLD),
        "dagster/asset_partition_range_end": str(last),
    }


def three_nights(
    history: DagsterInstance, last: date, others: bool, more: Mapping[str, str] | None = None
) -> FailingDay | None:
    """What is known of OLD after three nights on which the range from OLD to `last` failed, and others did not."""
    for night in range(3):
        with at_three(FIRST + night * DAY):
            tags = tags_of(FIRST + night * DAY, last)
            report_failed(history, each_day(OLD, last), tags={**tags, **(more or {})})
            if others:
                create_run_for_test(history, "everything", tags=tags, status=DagsterRunStatus.SUCCESS)
    return failing_days(history, read_settings({}), {OLD, last}, {}, FIRST + 3 * DAY).get(OLD)


def test_three_nights_alone_while_others_were_read_make_a_weekly_day(ephemeral: DagsterInstance) -> None:
    nights = [FIRST + night * DAY for night in range(3)]
    known = three_nights(ephemeral, OLD, others=True)
    assert known == FailingDay(nights, alone=True)
    assert [known.rests(FIRST + n * DAY) for n in (3, 8, 9)] == [True, True, False]


def test_nights_on_which_nothing_was_read_do_not_count_though_the_hourly_schedule_read_something(
    ephemeral: DagsterInstance,
) -> None:
    create_run_for_test(ephemeral, "counts", status=DagsterRunStatus.SUCCESS)
    assert three_nights(ephemeral, OLD, others=False) is None


def test_nights_on_which_another_process_held_the_file_do_not_count(ephemeral: DagsterInstance) -> None:
    assert three_nights(ephemeral, OLD, others=True, more=HELD_TAG) is None


def test_a_day_that_failed_only_together_with_others_is_tried_each_night(ephemeral: DagsterInstance) -> None:
    together = three_nights(ephemeral, OLD + DAY, others=True)
    assert together
    assert not together.is_known


def test_a_range_of_days_that_failed_has_no_tag_of_the_first_one() -> None:
    failing = {OLD: FailingDay([FIRST, FIRST + DAY, FIRST + 2 * DAY], alone=True)}
    assert "weekly" in tags_of_failed(OLD, OLD, failing)[KNOWN_FAILURE_TAG]
    assert "these days" in tags_of_failed(OLD, OLD + DAY, failing)[KNOWN_FAILURE_TAG]


def test_a_night_counts_for_the_days_of_a_run_that_have_not_been_read_since_if_others_of_them_have(
    ephemeral: DagsterInstance,
) -> None:
    assert three_nights(ephemeral, OLD + DAY, others=False) is None
    with at_three(FIRST + 3 * DAY) as since:
        read_at = {OLD + DAY: since.timestamp()}
    known = failing_days(ephemeral, read_settings({}), {OLD, OLD + DAY}, read_at, FIRST + 3 * DAY)
    assert known == {OLD: FailingDay([FIRST + night * DAY for night in range(3)], alone=False)}


def test_a_day_that_was_read_while_a_run_went_on_has_not_been_read_since_it_failed(
    ephemeral: DagsterInstance,
) -> None:
    with at_three(FIRST) as begun:
        run = create_run_for_test(ephemeral, "everything", tags=tags_of(FIRST, OLD + DAY))
    with time_machine.travel(begun + timedelta(hours=2)):
        ephemeral.report_run_failed(run)
    read_at = {OLD + DAY * n: (begun + timedelta(hours=hours)).timestamp() for n, hours in enumerate((1, 3))}
    known = failing_days(ephemeral, read_settings({}), {OLD, OLD + DAY}, read_at, FIRST + DAY)
    assert known == {OLD: FailingDay([FIRST], alone=False)}


def test_hourly_reads_today_also_when_yesterday_cannot_be_read(history: DagsterInstance) -> None:
    hourly, yesterday = named("hourly", START_DATE=str(START)), FIRST - DAY
    with at_three(FIRST) as now:
        report_failed(history, [yesterday, FIRST])
        requests = tick(hourly, now, history).run_requests or []
        assert [*map(days_of, requests)] == [(str(FIRST), str(FIRST))]
        report_read(history, [FIRST], FIRST)
        requests = tick(hourly, now, history).run_requests or []
        assert [*map(days_of, requests)] == [(str(yesterday), str(yesterday)), (str(FIRST), str(FIRST))]
        assert [KNOWN_FAILURE_TAG in request.tags for request in requests] == [True, False]  # no alert each hour
        report_failed(history, [FIRST])
        report_read(history, [yesterday], FIRST)
        requests = tick(hourly, now, history).run_requests or []
        assert [KNOWN_FAILURE_TAG in request.tags for request in requests] == [False, True]


def test_nightly_reads_the_lists_with_days_that_did_not_fail_if_there_are_any(history: DagsterInstance) -> None:
    nightly = named("nightly", START_DATE=str(START), LOOKBACK_DAYS="1")
    with at_three(FIRST) as now:
        for failed, with_lists in ((FIRST, FIRST - DAY), (FIRST - DAY, FIRST)):
            report_failed(history, [failed])
            [first, *_] = tick(nightly, now, history).run_requests or []
            assert (days_of(first), first.asset_selection) == ((str(with_lists), str(with_lists)), None)


def test_nights_of_another_account_do_not_count(ephemeral: DagsterInstance) -> None:
    assert three_nights(ephemeral, OLD, others=True, more={ACCOUNT_TAG: "west"}) is None


@pytest.mark.parametrize(
    ("prefix", "advice"),
    [
        ("sensource", f"sensource backfill --from {OLD} --to {OLD}"),
        ("west", "materialize this day of west/traffic and west/occupancy in the UI"),
    ],
)
def test_the_last_nightly_try_says_how_to_read_the_day_of_its_account(prefix: str, advice: str) -> None:
    tags = {
        LAST_NIGHTLY_TRY_TAG: str(FIRST),
        "dagster/asset_partition_range_start": str(OLD),
        ACCOUNT_TAG: prefix,
    }
    assert said_of_last_nightly_try(DagsterRun("everything", tags=tags)).endswith(f"gone: {advice}")
    del tags[LAST_NIGHTLY_TRY_TAG]
    assert said_of_last_nightly_try(DagsterRun("everything", tags=tags)) == ""
