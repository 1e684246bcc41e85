"""Keeps Dagster from forgetting to start a failed run again.

Dagster records a failed run in three writes: the event, the run's status, and the tag that says whether the run is
started again. A daemon that looks between two of these writes decides that the run is not started again, and never
looks at that event again. The backfill then waits for ever, or ends without the run's days
(github.com/dagster-io/dagster/issues/34204). This happens often, because the daemons of `dg dev` tick in step.
The same happens where the run's code server is away when the daemon looks: see code_servers.py.
The classes are mixins for Dagster's storages, whatever database these use.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime
from itertools import takewhile

from dagster import DagsterEvent, DagsterEventType, DagsterInstance, DagsterRun, DagsterRunStatus, EventLogEntry
from dagster._core.events import JobFailureData
from dagster._core.execution.retries import auto_reexecution_should_retry_run
from dagster._core.storage.event_log import SqlEventLogStorage
from dagster._core.storage.runs import SqliteRunStorage, SqlRunStorage
from dagster._core.storage.tags import PARENT_RUN_ID_TAG, ROOT_RUN_ID_TAG, WILL_RETRY_TAG

from sensource_dagster.instance.code_servers import can_be_asked

_ASKED_WITHIN = 900.0  # seconds; later, a code server is gone for good, or has moved
_DECIDED_WITHIN = 60.0  # seconds; later, the process that wrote the event is gone, and the run will fail once more


class DecidedRuns(SqlRunStorage):
    """Writes whether a run is started again before it writes that the run has failed."""

    def add_run(self, dagster_run: DagsterRun) -> DagsterRun:
        """A sensor can name a run's parent by tags alone. The UI reads the fields."""
        parent, root = (dagster_run.tags.get(tag) for tag in (PARENT_RUN_ID_TAG, ROOT_RUN_ID_TAG))
        if parent and root and not dagster_run.parent_run_id:
            dagster_run = dagster_run._replace(parent_run_id=parent, root_run_id=root)
        return super().add_run(dagster_run)

    def handle_run_event(self, run_id: str, event: DagsterEvent, update_timestamp: datetime | None = None) -> None:
        run = self._get_run_by_id(run_id) if event.is_run_failure and self._instance.run_retries_enabled else None
        if run:
            data = event.event_specific_data
            reason = data.failure_reason if isinstance(data, JobFailureData) else None
            failed = run.with_status(DagsterRunStatus.FAILURE)
            again = auto_reexecution_should_retry_run(self._instance, failed, reason)
            self.add_run_tags(run_id, {WILL_RETRY_TAG: str(again).lower()})
        super().handle_run_event(run_id, event, update_timestamp)


class DecidedSqliteRuns(DecidedRuns, SqliteRunStorage):
    """Dagster's own, with the mixin. The same of PostgreSQL is in decided_postgres.py."""


class DecidedEvents(SqlEventLogStorage):
    """Shows the daemon that starts failed runs again each failure only when it is decided."""

    def get_logs_for_all_runs_by_log_id(
        self,
        after_cursor: int = -1,
        dagster_event_type: DagsterEventType | set[DagsterEventType] | None = None,
        limit: int | None = None,
    ) -> Mapping[int, EventLogEntry]:
        """That daemon reads each event once by this. Undecided ones come later."""
        found = super().get_logs_for_all_runs_by_log_id(after_cursor, dagster_event_type, limit)
        return dict(takewhile(lambda item: _is_decided(item[1], self._instance), found.items()))


def _is_decided(event: EventLogEntry, instance: DagsterInstance) -> bool:
    """Whether the event may be shown to the daemon that starts failed runs again."""
    if event.dagster_event_type is not DagsterEventType.RUN_FAILURE or not instance.run_retries_enabled:
        return True
    run, age = instance.get_run_by_id(event.run_id), time.time() - event.timestamp
    if run is None:
        return True
    if run.status is not DagsterRunStatus.FAILURE:
        return age > _DECIDED_WITHIN
    return not run.is_complete_and_waiting_to_retry or age > _ASKED_WITHIN or can_be_asked(run)
