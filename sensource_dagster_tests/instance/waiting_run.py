"""A run in a process of its own, which waits until it is killed or told to end."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing import get_context
from pathlib import Path
from signal import SIGKILL

from dagster import DagsterEvent, DagsterInstance, DagsterRun, RunsFilter, job, op
from dagster._core.definitions.job_base import InMemoryJob
from dagster._core.execution.api import execute_run

from sensource_dagster.instance.watched_executor import watched_in_process_executor
from sensource_dagster_tests.fork_server import ForkedProcess, fork

END = "end"


@op
def wait() -> None:
    while not Path(END).exists():
        time.sleep(0.02)


@job(executor_def=watched_in_process_executor)
def waiting() -> None:
    wait()


def execute(home: str) -> None:
    with DagsterInstance.from_config(home) as instance:
        execute_run(InMemoryJob(waiting), instance.create_run_for_job(waiting), instance)


def execute_in_child(home: str) -> int | None:
    """In a process that `multiprocessing` has started, as Dagster's code server does it."""
    child = get_context("fork").Process(target=execute, args=(home,))
    child.start()
    child.join()
    return child.exitcode


@contextmanager
def waiting_run(
    instance: DagsterInstance, home: Path, start: Callable[[str], object] = execute
) -> Iterator[tuple[ForkedProcess, DagsterRun]]:
    """Its process and itself, once its step has begun."""
    with fork(start, str(home), folder=home, environment=dict(os.environ)) as process:
        try:
            while not (run := _begun(instance)):
                assert process.poll() is None, process.stdout and process.stdout.read()
                time.sleep(0.02)
            yield process, run
        finally:
            with suppress(ProcessLookupError):
                os.kill(process.pid, SIGKILL)


def _begun(instance: DagsterInstance) -> DagsterRun | None:
    runs = instance.get_runs(RunsFilter(job_name=waiting.name))
    begun = runs and any(event.is_step_start for event in _events(instance, runs[0]))
    return runs[0] if begun else None


def _events(instance: DagsterInstance, run: DagsterRun) -> Iterator[DagsterEvent]:
    yield from (entry.get_dagster_event() for entry in instance.all_logs(run.run_id) if entry.is_dagster_event)
