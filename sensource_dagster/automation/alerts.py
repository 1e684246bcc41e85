"""What is told to people: a run that failed, and what the checks of a run found that is new."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from dagster import (
    AssetCheckSeverity,
    DagsterEventType,
    DagsterInstance,
    DagsterRun,
    DagsterRunStatus,
    RunRecord,
    RunsFilter,
)

from sensource_dagster.automation.days_of_run import tags_of_days
from sensource_dagster.automation.failing_days import KNOWN_FAILURE_TAG, said_of_last_nightly_try
from sensource_dagster.automation.news import news_of
from sensource_dagster.failures import failure_text
from sensource_dagster.instance.held import was_held
from sensource_dagster.instance.own_runs import location_of, may_be_own_run
from sensource_dagster.instance.private import FINISHED_STATUSES, PARENT_RUN_ID_TAG, WILL_RETRY_TAG

_REPEATS_WITHIN = timedelta(hours=12)
"""While Vea is down, `hourly` fails each hour. The next night is told again."""


@dataclass(frozen=True)
class Alert:
    """Something that people should know, in words for them. It holds no secret, like everything that is logged.

    Attributes:
        title: one line: which run or check.
        text: the error of the run, or what the check found.
        is_error: whether a run or a check of severity ERROR failed, not one of severity WARN.
        run_id: the run it happened in; `<UI>/runs/<run_id>` shows it. Empty for a test alert.
        is_over: whether it says that something is right again.
    """

    title: str
    text: str
    is_error: bool
    run_id: str
    is_over: bool = False


def alerts_of(instance: DagsterInstance, run: DagsterRun) -> Iterator[Alert]:
    """The alerts of a run that has ended: its failure, and what its checks found that is new."""
    if run.status is DagsterRunStatus.FAILURE:
        yield from failed_run(instance, run)
    yield from checks_of(instance, run)


def failed_run(instance: DagsterInstance, run: DagsterRun) -> Iterator[Alert]:
    """The alert of a run that failed; none if the same was told of an earlier run."""
    if KNOWN_FAILURE_TAG in run.tags or _is_held_again(instance, run):
        return
    failure, change = _failure_of(instance, run), said_of_last_nightly_try(run)
    if change or not _repeats(instance, run, failure):
        yield Alert(f"Run {run.run_id} of {run.job_name} failed", f"{failure}{change}", True, run.run_id)


def checks_of(instance: DagsterInstance, run: DagsterRun) -> Iterator[Alert]:
    """What the checks of a run found that is new, and which outages are over."""
    for event in instance.all_logs(run.run_id, of_type=DagsterEventType.ASSET_CHECK_EVALUATION):
        evaluation = event.get_dagster_event().asset_check_evaluation_data
        name = f"Check {evaluation.check_name} of {evaluation.asset_key.to_user_string()}"
        is_error = not evaluation.passed and evaluation.severity is AssetCheckSeverity.ERROR
        for news in news_of(instance, event):
            yield Alert(f"{name}{news.title}", news.text, is_error and not news.is_over, run.run_id, news.is_over)


def _is_held_again(instance: DagsterInstance, run: DagsterRun) -> bool:
    """Whether the run it repeats failed for the same reason, that another process holds the DuckDB file."""
    parent = run.tags.get(PARENT_RUN_ID_TAG)
    return parent is not None and was_held(instance, parent) and was_held(instance, run.run_id)


def _repeats(instance: DagsterInstance, run: DagsterRun, failure: str) -> bool:
    """Whether the run of its job and days that ended before it, not long before, failed in the same words."""
    record = instance.get_run_record_by_id(run.run_id)
    if record is None or record.end_time is None:
        return False
    before = _ended_before(instance, run, record.end_time)
    if before is None or before.dagster_run.status is not DagsterRunStatus.FAILURE:
        return False
    return _without_numbers(_failure_of(instance, before.dagster_run)) == _without_numbers(failure)


def _ended_before(instance: DagsterInstance, run: DagsterRun, end: float) -> RunRecord | None:
    since = datetime.fromtimestamp(end, timezone.utc) - _REPEATS_WITHIN
    of_its_days = RunsFilter(
        job_name=run.job_name, statuses=FINISHED_STATUSES, tags=tags_of_days(run), updated_after=since
    )
    others = [
        record
        for record in instance.get_run_records(of_its_days)
        if (record.end_time or end) < end
        and record.dagster_run.tags.get(WILL_RETRY_TAG) != "true"  # its own failure is not told
        and may_be_own_run(record.dagster_run, location_of(run))
    ]
    return max(others, key=lambda record: record.end_time or 0.0, default=None)


def _without_numbers(failure: str) -> str:
    """Hours, days, ids and pids differ from run to run."""
    return re.sub(r"[0-9a-f]*[0-9][0-9a-f]*", "#", failure)


def _failure_of(instance: DagsterInstance, run: DagsterRun) -> str:
    for event in instance.all_logs(run.run_id, of_type=DagsterEventType.STEP_FAILURE):
        return f"{event.step_key}: {failure_text(event.get_dagster_event())}"
    return "It ended outside its steps; see its log."
