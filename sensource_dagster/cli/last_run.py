"""How the last run over an asset ended, for this asset."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone

from dagster import AssetKey, DagsterInstance, DagsterRunStatus


@dataclass(frozen=True)
class LastRun:
    """`outcome` is the asset's, not the run's: one that failed may have read this asset before."""

    outcome: str
    time: datetime
    job: str

    @property
    def failed(self) -> bool:
        return self.outcome == DagsterRunStatus.FAILURE.value.lower()


def last_run(instance: DagsterInstance, key: AssetKey) -> LastRun | None:
    """The newest run that read this asset, or was to read it; None without one, or where it was deleted."""
    records = instance.get_asset_records([key])
    run_id = records[0].asset_entry.last_run_id if records else None
    if records and not run_id:  # the newest event belongs to no run: `sensource rezone` reported it
        planned = instance.event_log_storage.get_latest_planned_materialization_info(key)
        run_id = planned.run_id if planned else None
    run = instance.get_run_record_by_id(run_id) if run_id else None
    if run is None:
        return None
    read = records[0].asset_entry.last_materialization
    status = DagsterRunStatus.SUCCESS if read and read.run_id == run_id else run.dagster_run.status
    seconds = run.end_time or run.start_time or run.create_timestamp.timestamp()
    time = datetime.fromtimestamp(seconds, timezone.utc)
    return LastRun(status.value.lower(), time, run.dagster_run.job_name)
