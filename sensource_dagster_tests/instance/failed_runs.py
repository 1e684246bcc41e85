"""Runs that fail, and what the daemon gets to see of them."""

from __future__ import annotations

from dagster import DagsterEventType, DagsterInstance, DagsterRun, DagsterRunStatus
from dagster._core.events import JobFailureData, RunFailureReason
from dagster._core.test_utils import create_run_for_test

FAILURE = DagsterEventType.RUN_FAILURE


def started(history: DagsterInstance) -> DagsterRun:
    run: DagsterRun = create_run_for_test(history, status=DagsterRunStatus.STARTED)
    return run


def fail(history: DagsterInstance, run: DagsterRun, reason: RunFailureReason = RunFailureReason.UNKNOWN) -> None:
    history.report_run_failed(run, "its process is gone", JobFailureData(error=None, failure_reason=reason))


def shown(history: DagsterInstance) -> list[str]:
    """The runs whose failure the daemon gets to see."""
    found = history.event_log_storage.get_logs_for_all_runs_by_log_id(dagster_event_type=FAILURE)
    return [event.run_id for event in found.values()]
