"""Runs a job in this process, and frees the slots of runs whose process is gone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from dagster import AssetKey, DagsterEvent, DagsterInstance, DagsterRun, DagsterRunStatus, JobDefinition
from dagster._core.definitions.repository_definition.valid_definitions import SINGLETON_REPOSITORY_NAME
from dagster._core.remote_origin import RegisteredCodeLocationOrigin, RemoteRepositoryOrigin
from dagster._core.storage.tags import MAX_RETRIES_TAG, REPOSITORY_LABEL_TAG

from sensource_dagster.instance.life_lock import why_gone
from sensource_dagster.instance.tested import is_tested


def run_in_process(
    instance: DagsterInstance,
    job: JobDefinition,
    *,
    run_config: Mapping[str, Any],
    tags: Mapping[str, str],
    assets: frozenset[AssetKey] | None,
    pool: str,
    code_location: str,
    wait: Callable[[], None],
) -> Iterator[DagsterEvent]:
    """Run a job to its end; its events. A run that is stopped ends as canceled and frees its slot.

    On a Dagster that the project was not tested with, the run begins when the pool has a free slot. If another run
    takes the slot in between, Dagster waits for it in its own way, and a run that is stopped ends as failed. Then
    the UI does not show the run on Overview.

    Args:
        assets: those to materialise; all of the job's without it.
        pool: whose slots the steps claim.
        code_location: whose job this is. The UI finds the runs of a job, and those of Overview, by it.
        wait: called again and again while a step waits for its slot. It sleeps for a moment, and raises
            `DagsterExecutionInterruptedError` to stop the run.
    """
    repository = _repository(code_location)
    if is_tested():
        from sensource_dagster.instance.stoppable_executor import events_of  # noqa: PLC0415 # fails on another Dagster

        run = instance.create_run_for_job(
            job,
            run_config=run_config,
            # The daemon can start again a run that has an origin. This one is for whoever started it.
            tags={**tags, MAX_RETRIES_TAG: "0"},
            asset_selection=assets,
            remote_job_origin=repository.get_job_origin(job.name),
        )
        yield from events_of(job, run, instance, wait)
        return
    while not _has_free_slot(instance, pool):
        wait()
    yield from job.execute_in_process(
        run_config,
        instance,
        tags={**tags, REPOSITORY_LABEL_TAG: repository.get_label()},
        asset_selection=list(assets) if assets else None,
        raise_on_error=False,
    ).all_events


def fail_without_running(
    instance: DagsterInstance,
    job: JobDefinition,
    *,
    tags: Mapping[str, str],
    assets: frozenset[AssetKey],
    code_location: str,
    reason: str,
) -> None:
    """Record a failed run over some days, so that they show as failed. No public call takes a read day back."""
    run = instance.create_run_for_job(
        job.get_subset(asset_selection=assets, asset_check_selection=set()),  # the checks stay as they are
        tags={**tags, MAX_RETRIES_TAG: "0"},
        remote_job_origin=_repository(code_location).get_job_origin(job.name),
    )
    instance.report_run_failed(run, reason)


def _repository(code_location: str) -> RemoteRepositoryOrigin:
    return RemoteRepositoryOrigin(RegisteredCodeLocationOrigin(code_location), SINGLETON_REPOSITORY_NAME)


def _has_free_slot(instance: DagsterInstance, pool: str) -> bool:
    slots = instance.event_log_storage.get_concurrency_info(pool)
    return slots.limit is None or len(slots.claimed_slots) < slots.limit


def free_slots_of_dead_runs(instance: DagsterInstance, pool: str) -> None:
    """What the daemon does with a run whose process was killed; here there may be no daemon."""
    slots = instance.event_log_storage.get_concurrency_info(pool)
    holders = {slot.run_id for slot in slots.claimed_slots} | {step.run_id for step in slots.pending_steps}
    for run_id in holders:
        run = instance.get_run_by_id(run_id)
        if run is None or run.is_finished:
            instance.event_log_storage.free_concurrency_slots_for_run(run_id)
        else:
            end_if_gone(instance, run)


def end_if_gone(instance: DagsterInstance, run: DagsterRun) -> bool:
    """Record the end of a run whose process is gone, and free its slots. Whether it was gone.

    It does not matter what the instance's launcher can tell.
    """
    gone = why_gone(instance, run)
    if gone is None:
        return False
    end = instance.report_run_canceled if run.status is DagsterRunStatus.CANCELING else instance.report_run_failed
    end(run, f"{gone}.")
    instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
    return True
