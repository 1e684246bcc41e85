"""Runs in this process, for a command at a terminal: quiet, shown while they wait, stopped by Ctrl-C."""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from dagster import AssetKey, DagsterEvent, DagsterExecutionInterruptedError, DagsterInstance, JobDefinition
from rich.console import Console

from sensource_dagster.assets.names import pool
from sensource_dagster.automation.gone_runs import GONE_RUNS
from sensource_dagster.cli.stop_signals import noted_signals
from sensource_dagster.config.settings import Settings
from sensource_dagster.failures import failure_text
from sensource_dagster.instance.in_process_run import free_slots_of_dead_runs, run_in_process
from sensource_dagster.instance.own_runs import COMMAND_TAG
from sensource_dagster.instance.private import (
    ASSET_PARTITION_RANGE_END_TAG,
    ASSET_PARTITION_RANGE_START_TAG,
    capture_interrupts,
)

_CODE_LOCATION = "sensource_dagster"  # its name in the project's workspace.yaml
_LOOKS_EVERY = 0.5  # seconds
_COUNTED = ("rows", "rows_inserted", "rows_corrected")
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}  # its history keeps every line


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
            self.rows.update({name: int(str(metadata[name].value)) for name in _COUNTED if name in metadata})
        elif event.is_step_failure:
            text = failure_text(event)
            if text not in self.failures:  # one reason often fails both counts
                self.failures.append(text)
        elif event.is_job_failure and not self.failures:  # before its first step
            self.failures.append(str(event.message))
        self.succeeded = self.succeeded or event.is_job_success


@contextmanager
def terminal() -> Iterator[Console]:
    """A console on a descriptor of its own; whatever else is printed meanwhile is dropped.

    During a run, Dagster sends stdout to a file, and starts processes that copy from it. Ctrl-C reaches these too,
    and each would print a traceback.
    """
    with (
        os.fdopen(os.dup(1), "w", encoding="utf-8") as own,
        Path(os.devnull).open("w") as nowhere,
        _sent_to(nowhere.fileno(), 1),
        _sent_to(nowhere.fileno(), 2),
    ):
        yield Console(file=own)


@contextmanager
def _sent_to(target: int, descriptor: int) -> Iterator[None]:
    stream = {1: sys.stdout, 2: sys.stderr}[descriptor]
    before = os.dup(descriptor)
    stream.flush()
    os.dup2(target, descriptor)
    try:
        yield
    finally:
        stream.flush()
        os.dup2(before, descriptor)
        os.close(before)


@contextmanager
def stop_requests() -> Iterator[Callable[[], bool]]:
    """Hold Ctrl-C and SIGTERM back; whether one has come. Dagster lets them through where a run can end."""
    with noted_signals() as stopped, capture_interrupts():
        yield stopped


def code_location(instance: DagsterInstance) -> str:
    """What the deployment calls the project's code location: the UI shows the runs of a location by this name.

    A daemon has recorded where the project's sensor last ran.
    """
    ours = [state for state in instance.all_instigator_state() if state.instigator_name == GONE_RUNS]
    ran = [(getattr(state.instigator_data, "last_tick_timestamp", None) or 0.0, state.origin) for state in ours]
    _, origin = max(ran, key=lambda each: each[0], default=(0.0, None))
    return origin.repository_origin.code_location_origin.location_name if origin else _CODE_LOCATION


def run_job(
    instance: DagsterInstance,
    job: JobDefinition,
    days: tuple[date, date] | None = None,
    assets: frozenset[AssetKey] | None = None,
    *,
    settings: Settings,
    command: str,
    stopped: Callable[[], bool],
    waits: Callable[[], None],
) -> Outcome:
    """Run a job to its end. A run that is stopped ends as canceled and frees its slot in the pool.

    Args:
        days: first and last day, where the job has days.
        assets: those to read; all of the job's without it.
        command: as the user typed it. The UI shows it as a tag of the run.
        stopped: from `stop_requests`.
        waits: called once, when the run has to wait for another.
    """
    tags = {COMMAND_TAG: command}
    if days:
        first, last = days
        tags |= {ASSET_PARTITION_RANGE_START_TAG: str(first), ASSET_PARTITION_RANGE_END_TAG: str(last)}
    outcome, waited = Outcome(), False

    def wait() -> None:
        nonlocal waited
        if not waited:
            waits()
        waited = True
        free_slots_of_dead_runs(instance, pool(settings))
        time.sleep(_LOOKS_EVERY)
        if stopped():
            raise DagsterExecutionInterruptedError

    with suppress(DagsterExecutionInterruptedError):  # before the run began
        for event in run_in_process(
            instance,
            job,
            run_config=QUIET,
            tags=tags,
            assets=assets,
            pool=pool(settings),
            code_location=code_location(instance),
            wait=wait,
        ):
            outcome.add(event)
    return outcome
