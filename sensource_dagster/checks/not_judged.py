"""What a check says while another process holds the DuckDB file: what it said last, and why nothing new."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from dagster import AssetCheckKey, AssetCheckResult, DagsterInstance, EventLogEntry

from sensource_dagster.instance.private import AssetCheckExecutionRecordStatus

_NOT_JUDGED = "not_judged"
"""Metadata that only such an evaluation has."""
_LOOKED_THROUGH = 500
_EVALUATED = {AssetCheckExecutionRecordStatus.SUCCEEDED, AssetCheckExecutionRecordStatus.FAILED}


def not_judged(instance: DagsterInstance, key: AssetCheckKey, holder: str, zone: ZoneInfo) -> AssetCheckResult:
    """The last evaluation once more. A check that was never judged passes."""
    why = f"{holder} holds the warehouse."
    last = _last_judged(instance, key)
    if last is None:
        return AssetCheckResult(
            check_name=key.name,
            passed=True,
            description=f"Not judged: {why}",
            metadata={_NOT_JUDGED: why},
        )
    evaluation = last.get_dagster_event().asset_check_evaluation_data
    at = datetime.fromtimestamp(last.timestamp, zone)
    return AssetCheckResult(
        check_name=key.name,
        passed=evaluation.passed,
        severity=evaluation.severity,
        description=f"Not judged now: {why} On {at:%Y-%m-%d at %H:%M} it said: {evaluation.description}",
        metadata={**evaluation.metadata, _NOT_JUDGED: why},
    )


def _last_judged(instance: DagsterInstance, key: AssetCheckKey) -> EventLogEntry | None:
    history = instance.event_log_storage.get_asset_check_execution_history(
        key, limit=_LOOKED_THROUGH, status=_EVALUATED
    )
    judged = (each.event for each in history if each.evaluation and _NOT_JUDGED not in each.evaluation.metadata)
    return next(judged, None)
