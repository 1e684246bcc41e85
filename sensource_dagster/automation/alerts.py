"""What is told to people: a run that failed, and what the checks of a run found that is new."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dagster import AssetCheckSeverity, DagsterEventType, DagsterInstance, DagsterRun, DagsterRunStatus

from sensource_dagster.automation.failing_days import KNOWN_FAILURE_TAG, said_of_last_nightly_try
from sensource_dagster.automation.news import news_of
from sensource_dagster.failures import failure_text
from sensource_dagster.instance.held import was_held
from sensource_dagster.instance.private import PARENT_RUN_ID_TAG


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
    text = f"{_failure_of(instance, run)}{said_of_last_nightly_try(run)}"
    yield Alert(f"Run {run.run_id} of {run.job_name} failed", text, True, run.run_id)


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


def _failure_of(instance: DagsterInstance, run: DagsterRun) -> str:
    for event in instance.all_logs(run.run_id, of_type=DagsterEventType.STEP_FAILURE):
        return f"{event.step_key}: {failure_text(event.get_dagster_event())}"
    return "It ended outside its steps; see its log."
