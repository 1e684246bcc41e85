"""A process that runs a job holds a lock for as long as it lives. So others can tell whether it is gone.

A pid or a socket says that only where it was made: a container has pids of its own, a service may have a /tmp of
its own, and a pid is given to another process later. The kernel lets go of a lock when its process ends, however
it ends, and tells so to all processes that see the file.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from functools import cache
from logging import getLogger
from multiprocessing.util import Finalize
from pathlib import Path
from uuid import uuid4

from dagster import DagsterEventType, DagsterInstance, DagsterRun
from filelock import FileLock

_FOLDER = "processes"
_FILE, _HOST, _BOOT, _PID = "lock_file", "host", "boot_id", "pid"
_NO_LOCK = (OSError, NotImplementedError)  # the folder is read-only, or its file system has no locks


def own_life(instance: DagsterInstance) -> Mapping[str, str]:
    """How others can tell whether this process lives: metadata for an event of its run.

    Without a folder to write to, nothing but the process's names. Then nobody can tell.
    """
    names = {_PID: str(os.getpid()), _HOST: socket.gethostname(), _BOOT: _boot_id()}
    folder = Path(instance.storage_directory(), _FOLDER).resolve()
    try:
        return {**names, _FILE: _held(os.getpid(), folder).lock_file}
    except _NO_LOCK as error:
        getLogger(__name__).warning("Nobody will notice if this process is killed: %s.", error)
        return names


@cache
def _held(_pid: int, folder: Path) -> FileLock:
    """One for each process, and not for each run: a run has not ended yet when its last step has."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / f"{uuid4()}.lock", thread_local=False)
    lock.acquire(blocking=False)
    # At the end of the process; not by atexit, which is not called in the processes that Dagster starts.
    Finalize(None, Path(lock.lock_file).unlink, kwargs={"missing_ok": True}, exitpriority=0)
    return lock


def delete_old_locks(instance: DagsterInstance, before: datetime) -> None:
    """Delete the files of processes that were killed, if they began before then. Others delete theirs."""
    for file in Path(instance.storage_directory(), _FOLDER).resolve().glob("*.lock"):
        with suppress(OSError):  # another process has deleted it, or the folder is read-only
            if file.stat().st_mtime < before.timestamp() and _is_free(file):
                file.unlink()


def why_gone(instance: DagsterInstance, run: DagsterRun) -> str | None:
    """Why a run can not go on; None where its process lives, and where that is not known."""
    for event in reversed(instance.all_logs(run.run_id, of_type=DagsterEventType.ENGINE_EVENT)):
        metadata = event.get_dagster_event().engine_event_data.metadata
        life = {name: str(metadata[name].value) for name in (_PID, _HOST, _BOOT, _FILE) if name in metadata}
        if _FILE in life:
            return _why_gone(life)
    return None


def _why_gone(life: Mapping[str, str]) -> str | None:
    # The same machine, before a restart or not. What other machines have locked, a shared disk may not tell.
    is_same_machine = life[_HOST] == socket.gethostname() or life[_BOOT] == _boot_id() != ""
    if not is_same_machine or not _is_free(Path(life[_FILE])):
        return None
    return f"its process {life[_PID]} on {life[_HOST]} is gone: killed, out of memory, or a restart"


def _is_free(file: Path) -> bool:
    """Whether it is seen from here and nobody holds it."""
    if not file.exists():
        return False
    try:
        FileLock(file).acquire(blocking=False).lock.release()
    except _NO_LOCK:  # someone holds it (Timeout, an OSError), or it cannot be told
        return False
    return True


def _boot_id() -> str:
    """Names what runs since the machine was started; empty where the system has no such name."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""
