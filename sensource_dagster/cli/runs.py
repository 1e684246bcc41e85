"""Runs in this process, for a command at a terminal: quiet, shown while they wait, stopped by Ctrl-C."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date

from dagster import AssetKey, DagsterEvent, DagsterInstance, ExecutorDefinition, JobDefinition
from dagster._core.definitions.job_base import InMemoryJob
from dagster._core.errors import DagsterExecutionInterruptedError
from dagster._core.execution.api import execute_run_iterator
from dagster._core.execution.context.system import PlanOrchestrationContext
from dagster._core.execution.plan.active import ActiveExecution
from dagster._core.execution.plan.plan import ExecutionPlan
from dagster._core.execution.retries import RetryMode
from dagster._core.executor.in_process import InProcessExecutor
from dagster._core.launcher import WorkerStatus
from dagster._core.storage.tags import ASSET_PARTITION_RANGE_END_TAG, ASSET_PARTITION_RANGE_START_TAG
from dagster._utils.interrupts import capture_interrupts
from rich.console import Console

from sensource_dagster.assets.common import POOL
from sensource_dagster.failures import failure_text

_LOOKS_EVERY = 0.5  # seconds
_COUNTED = ("rows", "rows_inserted", "rows_corrected")
_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}  # its history keeps every line


@dataclass
class Outcome:
    """How a run ended.

    Attributes:
        rows: how many rows it read and changed, as its materialisations name them.
        failures: what its failed steps say.
    """

    succeeded: bool = False
    rows: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    def add(self, event: DagsterEvent) -> None:
        if event.is_step_materialization:
            metadata = event.step_materialization_data.materialization.metadata
            self.rows.update({name: int(str(metadata[name].value)) for name in _COUNTED})
        elif event.is_step_failure:
            text = failure_text(event)
            if text not in self.failures:  # one reason often fails both counts
                self.failures.append(text)
        elif event.is_job_failure and not self.failures:  # before its first step
            self.failures.append(str(event.message))
        self.succeeded = self.succeeded or event.is_job_success


@contextmanager
def terminal() -> Iterator[Console]:
    """A console on a descriptor of its own: during a run, Dagster sends stdout to a file that it copies from."""
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as own:
        yield Console(file=own)


@contextmanager
def stop_requests() -> Iterator[Callable[[], bool]]:
    """Hold Ctrl-C and SIGTERM back; whether one has come.

    Dagster lets them through where a run can be interrupted. It forgets one that comes when a run is all but over:
    hence the pipe, into which Python itself writes the number of every signal.
    """
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    os.set_blocking(writer, False)
    seen = bytearray()

    def came() -> bool:
        with suppress(BlockingIOError):
            seen.extend(os.read(reader, 4096))
        return signal.SIGINT in seen or signal.SIGTERM in seen

    before = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    try:
        with capture_interrupts():
            yield came
    finally:
        signal.set_wakeup_fd(before)
        os.close(reader)
        os.close(writer)


def run_job(
    instance: DagsterInstance,
    job: JobDefinition,
    days: tuple[date, date] | None = None,
    assets: frozenset[AssetKey] | None = None,
    *,
    stopped: Callable[[], bool],
    waits: Callable[[], None],
) -> Outcome:
    """Run a job to its end. A run that is stopped is marked as canceled and gives its place in the pool back.

    Args:
        days: first and last day, where the job has days.
        assets: those to read; all of the job's without it.
        stopped: from `stop_requests`.
        waits: called once, when the run has to wait for another.
    """
    tags = {}
    if days:
        first, last = days
        tags = {ASSET_PARTITION_RANGE_START_TAG: str(first), ASSET_PARTITION_RANGE_END_TAG: str(last)}
    run = instance.create_run_for_job(job, run_config=_QUIET, tags=tags, asset_selection=assets)
    outcome, waited = Outcome(), False

    def wait() -> None:
        nonlocal waited
        if not waited:
            waits()
        waited = True
        _release_places_of_the_dead(instance)
        time.sleep(_LOOKS_EVERY)
        if stopped():
            raise DagsterExecutionInterruptedError

    executor = ExecutorDefinition.hardcoded_executor(_StoppableExecutor(wait))
    for event in execute_run_iterator(InMemoryJob(job.with_executor_def(executor)), run, instance):
        outcome.add(event)
    return outcome


class _StoppableExecutor(InProcessExecutor):
    """Dagster's own, except that a run that is stopped ends as canceled and not as failed."""

    def __init__(self, wait: Callable[[], None]) -> None:
        super().__init__(RetryMode.DISABLED)
        self._wait = wait

    def execute(
        self, plan_context: PlanOrchestrationContext, execution_plan: ExecutionPlan
    ) -> Iterator[DagsterEvent]:
        try:
            with _while_waiting(self._wait):
                yield from super().execute(plan_context, execution_plan)
        except DagsterExecutionInterruptedError:
            plan_context.instance.report_run_canceling(plan_context.dagster_run)
            raise


@contextmanager
def _while_waiting(wait: Callable[[], None]) -> Iterator[None]:
    """Have Dagster call `wait` as long as a step waits for its place in the pool.

    Its own wait cannot be interrupted, and does not sleep either (1.13).
    """
    original = ActiveExecution.sleep_til_ready
    ActiveExecution.sleep_til_ready = lambda self: wait()  # type: ignore[method-assign] # noqa: ARG005
    try:
        yield
    finally:
        ActiveExecution.sleep_til_ready = original  # type: ignore[method-assign]


def _release_places_of_the_dead(instance: DagsterInstance) -> None:
    """What the daemon does with a run whose process was killed; here there may be no daemon."""
    pool = instance.event_log_storage.get_concurrency_info(POOL)
    holders = {slot.run_id for slot in pool.claimed_slots} | {step.run_id for step in pool.pending_steps}
    for run_id in holders:
        run = instance.get_run_by_id(run_id)
        if run and not run.is_finished:
            health = instance.run_launcher.check_run_worker_health(run)
            if health.status != WorkerStatus.FAILED:
                continue
            instance.report_run_failed(run, f"{health.msg}.")
        instance.event_log_storage.free_concurrency_slots_for_run(run_id)
