"""When the views and the published copy are made anew: after each run that changed the warehouse.

The report follows them once each night: see `report_due.py`.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from dagster import (
    AssetKey,
    AssetSelection,
    DagsterInstance,
    DagsterRunStatus,
    DefaultSensorStatus,
    RunRequest,
    RunsFilter,
    SensorDefinition,
    SensorEvaluationContext,
    SkipReason,
    sensor,
)

from sensource_dagster.assets.account_job import account_job
from sensource_dagster.assets.names import asset_key, published_key, report_key
from sensource_dagster.assets.published import VERSION
from sensource_dagster.assets.views import QUERY_VERSION, query_version
from sensource_dagster.automation.report_due import report_is_due
from sensource_dagster.config.settings import Settings
from sensource_dagster.config.warehouse_place import LakePlace
from sensource_dagster.contract.view_columns import VIEWS
from sensource_dagster.instance.own_runs import may_be_own_run
from sensource_dagster.instance.private import NOT_FINISHED_STATUSES, UnresolvedAssetJobDefinition
from sensource_dagster.warehouse.warehouse_of import warehouse_of

_LOOKS_EVERY = 30  # seconds
_SHARE = 20  # of any 20 seconds, copies may take one
_NEWEST = 50  # runs
_AFTER_FAILURE = 600.0  # seconds

PUBLISH = "publish"
"""The name of the job and of its sensor."""


def publish_job(settings: Settings) -> UnresolvedAssetJobDefinition:
    return account_job(
        PUBLISH,
        AssetSelection.groups(*(settings.named(group) for group in ("views", "serving"))),
        "Makes the views, the published copy and the report.",
        settings,
    )


def publish_sensor(settings: Settings, job: UnresolvedAssetJobDefinition) -> SensorDefinition:
    @sensor(
        name=settings.named(PUBLISH),
        job=job,
        minimum_interval_seconds=_LOOKS_EVERY,
        default_status=DefaultSensorStatus.RUNNING,  # it sends no request to the API
        description="Makes the published copy anew after each run that changed the warehouse, whoever started it, "
        "and the report after each night.",
    )
    def publish(context: SensorEvaluationContext) -> RunRequest | SkipReason:
        wanted = outdated(context.instance, settings)
        if not wanted:
            return SkipReason("The views, the published copy and the report are current.")
        reason = _reason_to_wait(context.instance, settings)
        return SkipReason(reason) if reason else RunRequest(asset_selection=wanted)

    return publish


def outdated(instance: DagsterInstance, settings: Settings) -> list[AssetKey]:
    """What has to be made. Often nothing.

    That are views whose text has changed, the copy if the warehouse has changed, and the report after a night. Of
    a lake without a copy, it is all views if the lake has changed.
    """
    warehouse = warehouse_of(settings.warehouse, 0, schema=settings.prefix)
    version = warehouse.version()
    if version is None:
        return []
    keys, published = [asset_key(view, settings) for view in VIEWS], published_key(settings)
    last = _last_metadata(instance, [*keys, published])
    made = [
        key
        for view, key in zip(VIEWS, keys, strict=True)
        if last.get(key, {}).get(QUERY_VERSION) != query_version(view)
    ]
    copy = settings.published
    if not copy and isinstance(settings.warehouse, LakePlace):
        # People read the lake itself. Its views need the local times of new days and locations.
        of_account = warehouse.account_version()
        return keys if any(last.get(key, {}).get(VERSION) != of_account for key in keys) else made
    if copy and (made or not copy.exists() or last.get(published, {}).get(VERSION) != version):
        made.append(published)
    if copy and report_is_due(instance, settings):
        made.append(report_key(settings))
    return made


def _last_metadata(instance: DagsterInstance, keys: list[AssetKey]) -> Mapping[AssetKey, Mapping[str, Any]]:
    """The metadata of the last materialization of each asset that has one."""
    entries = [record.asset_entry for record in instance.get_asset_records(keys)]
    events = {entry.asset_key: entry.last_materialization for entry in entries}
    return {
        key: {name: value.value for name, value in event.asset_materialization.metadata.items()}
        for key, event in events.items()
        if event and event.asset_materialization
    }


def _reason_to_wait(instance: DagsterInstance, settings: Settings) -> str | None:
    records = instance.get_run_records(RunsFilter(job_name=settings.named(PUBLISH)), limit=_NEWEST)
    # Another code location may have a job of this name.
    runs = (record for record in records if may_be_own_run(record.dagster_run))
    run, now = next(runs, None), time.time()
    if run is None:
        return None
    if run.dagster_run.status in NOT_FINISHED_STATUSES:
        return f"The run {run.dagster_run.run_id} is making them."
    ended = run.end_time or 0.0
    seconds = ended - (run.start_time or ended)
    failed = run.dagster_run.status is DagsterRunStatus.FAILURE
    left = ended + (_AFTER_FAILURE if failed else _SHARE * seconds) - now
    how = "failed" if failed else f"took {seconds:.1f} s"
    return f"They are made again in {left:.0f} s, because the last run {how}." if left > 0 else None
