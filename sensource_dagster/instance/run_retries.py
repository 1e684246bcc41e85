"""Keeps Dagster from forgetting to start a failed run again.

A run fails in three writes: its event, its status, and a tag that says whether it is started again. A
daemon that looks between two of them takes the run for one that is not, and does not look again: the backfill
waits for ever, or ends without the run's days (github.com/dagster-io/dagster/issues/33741 and 34204). The daemons
of `dagster dev` tick in step, so that this is no rare chance.
"""

from __future__ import annotations

import time
from datetime import datetime

from dagster import DagsterEvent, DagsterEventType, DagsterInstance, DagsterRunStatus, EventLogEntry
from dagster._core.events import JobFailureData
from dagster._core.execution.retries import auto_reexecution_should_retry_run
from dagster._core.storage.runs import SqliteRunStorage
from dagster._core.storage.tags import WILL_RETRY_TAG

_DECIDED_WITHIN = 60.0  # seconds; later, whoever wrote the event is gone, and the run will be failed once more


class DecidedRuns(SqliteRunStorage):
    """Says whether a run is started again before it says that the run has failed."""

    def handle_run_event(self, run_id: str, event: DagsterEvent, update_timestamp: datetime | None = None) -> None:
        run = self._get_run_by_id(run_id) if event.is_run_failure and self._instance.run_retries_enabled else None
        if run:
            data = event.event_specific_data
            reason = data.failure_reason if isinstance(data, JobFailureData) else None
            failed = run.with_status(DagsterRunStatus.FAILURE)
            again = auto_reexecution_should_retry_run(self._instance, failed, reason)
            self.add_run_tags(run_id, {WILL_RETRY_TAG: str(again).lower()})
        super().handle_run_event(run_id, event, update_timestamp)


def is_decided(event: EventLogEntry, instance: DagsterInstance) -> bool:
    """Whether the daemon that starts failed runs again may see the event."""
    if event.dagster_event_type is not DagsterEventType.RUN_FAILURE or not instance.run_retries_enabled:
        return True
    run = instance.get_run_by_id(event.run_id)
    return run is None or run.status is DagsterRunStatus.FAILURE or time.time() - event.timestamp > _DECIDED_WITHIN
