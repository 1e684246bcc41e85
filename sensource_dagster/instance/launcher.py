"""Starts runs as Dagster does by default, and notices when the process of a run is gone.

Dagster's own launcher does not. When all its processes end at once (a power cut, kill -9), a run stays "started"
for ever. It keeps its slot of the pool, and no other run can go on.
"""

from __future__ import annotations

import json
import os
import socket

from dagster import DagsterEventType, DagsterRun, DefaultRunLauncher
from dagster._core.launcher import CheckRunHealthResult, WorkerStatus
from dagster._core.storage.tags import GRPC_INFO_TAG

_CONNECTS_WITHIN = 5.0  # seconds


class WatchedRunLauncher(DefaultRunLauncher):
    """Named in dagster.yaml, for run monitoring. A run whose process cannot be checked counts as running."""

    @property
    def supports_check_run_worker_health(self) -> bool:
        return True

    def check_run_worker_health(self, run: DagsterRun) -> CheckRunHealthResult:
        if GRPC_INFO_TAG in run.tags:
            address = json.loads(run.tags[GRPC_INFO_TAG]).get("socket")
            # While it lives, the code server itself notices when a run's process ends.
            if address and not _listens(address):
                return _gone("the code server that started it")
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        pid = self._pid_without_code_server(run)
        if pid is not None and not _is_alive(pid):
            return _gone(f"its process {pid}")
        return CheckRunHealthResult(WorkerStatus.RUNNING)

    def _pid_without_code_server(self, run: DagsterRun) -> int | None:
        """Of a run that was started without a code server: `sensource backfill` or `dg launch --job …`."""
        events = self._instance.all_logs(run.run_id, of_type=DagsterEventType.ENGINE_EVENT)
        for event in reversed(events):
            pid = event.get_dagster_event().engine_event_data.metadata.get("pid")
            if pid is not None:
                return int(str(pid.value))
        return None


def _gone(what: str) -> CheckRunHealthResult:
    return CheckRunHealthResult(WorkerStatus.FAILED, f"{what} is gone: killed, out of memory, or a restart")


def _listens(address: str) -> bool:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(_CONNECTS_WITHIN)
        try:
            connection.connect(address)
        except (FileNotFoundError, ConnectionRefusedError):
            return False
        except OSError:  # it may be busy
            return True
    return True


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
