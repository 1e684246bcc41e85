"""Starts runs as Dagster does by default, and notices when the process of a run is gone.

Dagster's own launcher does not. When all its processes end at once (a power cut, kill -9), a run stays "started"
for ever. It keeps its slot of the pool, and no other run can go on.
"""

from __future__ import annotations

from dagster import DagsterRun, DefaultRunLauncher
from dagster._core.launcher import CheckRunHealthResult, WorkerStatus

from sensource_dagster.instance.life_lock import why_gone


class WatchedRunLauncher(DefaultRunLauncher):
    """Named in dagster.yaml, for run monitoring."""

    @property
    def supports_check_run_worker_health(self) -> bool:
        return True

    def check_run_worker_health(self, run: DagsterRun) -> CheckRunHealthResult:
        """A run of which nothing is known counts as running: Dagster's daemon fails any other."""
        gone = why_gone(self._instance, run)
        return CheckRunHealthResult(WorkerStatus.FAILED if gone else WorkerStatus.RUNNING, gone)
