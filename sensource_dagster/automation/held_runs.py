"""Starts runs again that failed because another process held the DuckDB file."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

from dagster import (
    DagsterInstance,
    DagsterRun,
    DagsterRunStatus,
    DefaultSensorStatus,
    RunRequest,
    RunsFilter,
    SensorDefinition,
    SensorEvaluationContext,
    SkipReason,
)

from sensource_dagster.automation.account_runs import sees_to
from sensource_dagster.automation.days_of_run import tags_of_days
from sensource_dagster.automation.schedules import Jobs
from sensource_dagster.config.settings import Settings
from sensource_dagster.instance.held import HELD_TAG, was_held
from sensource_dagster.instance.own_runs import may_be_own_run
from sensource_dagster.instance.private import (
    BACKFILL_ID_TAG,
    BACKFILL_TAGS,
    GRPC_INFO_TAG,
    IMPLICIT_ASSET_JOB_NAME,
    PARENT_RUN_ID_TAG,
    ROOT_RUN_ID_TAG,
    TAGS_TO_MAYBE_OMIT_ON_RETRY,
    BulkActionStatus,
)

AFTER = timedelta(minutes=5)
"""How long after its end a run is started again."""
_LOOKS_EVERY = 60  # seconds
_FORGOTTEN_AFTER = timedelta(days=1)  # after a downtime


def held_runs_sensors(settings: Settings, jobs: Jobs) -> list[SensorDefinition]:
    """Two, because Dagster lets no sensor name both jobs and the unnamed job of assets that the UI runs."""
    names = {job.name for job in jobs}
    return [
        _sensor(settings, "held_runs", "of the jobs", names, jobs=[*jobs]),
        _sensor(
            settings,
            "held_runs_of_selected_assets",
            "of assets that were selected in the UI, and of backfills",
            {IMPLICIT_ASSET_JOB_NAME},
            job_name=IMPLICIT_ASSET_JOB_NAME,
        ),
    ]


def _sensor(
    settings: Settings, name: str, which: str, jobs_started: Collection[str], **targets: Any
) -> SensorDefinition:
    def look(context: SensorEvaluationContext) -> list[RunRequest] | SkipReason:
        origin = context.code_location_origin
        location = origin.location_name if origin else None
        now, is_ours = datetime.now(timezone.utc), sees_to(context, settings)

        def concerns(run: DagsterRun) -> bool:
            return run.job_name in jobs_started and may_be_own_run(run, location) and is_ours(run)

        requests = runs_to_start_again(context.instance, now, concerns)
        return list(requests) or SkipReason("No run waits for the DuckDB file.")

    return SensorDefinition(
        name=settings.named(name),
        evaluation_fn=look,
        minimum_interval_seconds=_LOOKS_EVERY,
        default_status=DefaultSensorStatus.RUNNING,  # what it starts was started before
        description=f"Starts runs {which} again, {AFTER.seconds // 60} minutes after they failed because another "
        "process held the DuckDB file.",
        **targets,
    )


def runs_to_start_again(
    instance: DagsterInstance, now: datetime, concerns: Callable[[DagsterRun], bool]
) -> Iterator[RunRequest]:
    """A request for each run whose time has come, unless a newer run reads the same.

    Args:
        concerns: whether a run is wanted; other code locations, and other accounts, may share the history.
    """
    failed = instance.get_run_records(
        RunsFilter(tags=HELD_TAG, statuses=[DagsterRunStatus.FAILURE], updated_after=now - _FORGOTTEN_AFTER)
    )
    newer: set[object] = set()  # spares queries: a night with an open notebook leaves a hundred held runs
    for record in failed:  # the newest first
        run = record.dagster_run
        known = run.run_id in newer or _reads(run) in newer
        newer |= {_reads(run), run.parent_run_id or run.tags.get(PARENT_RUN_ID_TAG)}
        if known or not concerns(run):
            continue
        if record.end_time is None or record.end_time > (now - AFTER).timestamp():
            continue
        if was_held(instance, run.run_id) and not _is_read_anew(instance, run, record.create_timestamp):
            yield _again(instance, run)


def _reads(run: DagsterRun) -> tuple[object, ...]:
    """What a run reads: two runs with the same leave the same rows."""
    return (run.job_name, run.asset_selection, run.asset_check_selection, *tags_of_days(run).items())


def _is_read_anew(instance: DagsterInstance, run: DagsterRun, created: datetime) -> bool:
    """Whether it was started again already, or a newer run reads the same, like the next hourly one."""
    if instance.get_runs(RunsFilter(tags={PARENT_RUN_ID_TAG: run.run_id}), limit=1):
        return True
    newer = instance.get_runs(RunsFilter(job_name=run.job_name, tags=tags_of_days(run), created_after=created))
    return any(other.run_id != run.run_id and _reads(other) == _reads(run) for other in newer)


def _again(instance: DagsterInstance, run: DagsterRun) -> RunRequest:
    """As Dagster itself starts a failed run again, except that all its steps run."""
    left_out = {*TAGS_TO_MAYBE_OMIT_ON_RETRY, GRPC_INFO_TAG, *HELD_TAG}
    backfill = instance.get_backfill(run.tags[BACKFILL_ID_TAG]) if BACKFILL_ID_TAG in run.tags else None
    if backfill and backfill.status is BulkActionStatus.REQUESTED:
        left_out -= BACKFILL_TAGS  # the backfill waits for the run
    return RunRequest(
        run_key=f"held {run.run_id}",
        job_name=run.job_name,
        run_config=run.run_config,
        asset_selection=None if run.asset_selection is None else sorted(run.asset_selection),
        asset_check_keys=None if run.asset_check_selection is None else sorted(run.asset_check_selection),
        tags={
            **{name: value for name, value in run.tags.items() if name not in left_out},
            PARENT_RUN_ID_TAG: run.run_id,
            ROOT_RUN_ID_TAG: run.root_run_id or run.tags.get(ROOT_RUN_ID_TAG) or run.run_id,
        },
    )
