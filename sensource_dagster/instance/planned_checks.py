"""Plans a check of a run once, whatever the days of the run.

Dagster plans each check of a run over days on each of these days, even a check that has no days (it does so up to
1.13 at least). What the check finds goes to a row of its own. So a run over a year with 18 checks left 6,570 rows
that were planned for ever. To write them took longer than to check, and the UI showed them in its history.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from dagster import AssetCheckEvaluation, DagsterEventType, EventLogEntry
from dagster._core.definitions.asset_checks.asset_check_evaluation import AssetCheckEvaluationPlanned
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable as Checks
from dagster._serdes import serialize_value
from sqlalchemy import Connection

_PLANNED = AssetCheckExecutionRecordStatus.PLANNED.value


def plans_a_check(event: EventLogEntry) -> bool:
    return event.dagster_event_type is DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED


def without_days(event: EventLogEntry) -> EventLogEntry:
    """The same event that plans a check, without the days of its run."""
    planned = event.get_dagster_event().asset_check_planned_data
    data = AssetCheckEvaluationPlanned(asset_key=planned.asset_key, check_name=planned.check_name)
    return event._replace(dagster_event=event.get_dagster_event()._replace(event_specific_data=data))


def planned_row(event: EventLogEntry, event_id: int) -> dict[str, Any]:
    """The row of Dagster's table of executed checks for an event that plans a check."""
    planned = event.get_dagster_event().asset_check_planned_data
    return {
        "asset_key": planned.asset_key.to_string(),
        "check_name": planned.check_name,
        "run_id": event.run_id,
        "execution_status": _PLANNED,
        "evaluation_event": serialize_value(event),
        "evaluation_event_timestamp": datetime.fromtimestamp(event.timestamp, timezone.utc).replace(tzinfo=None),
        "evaluation_event_storage_id": event_id,
    }


def give_day(index: Connection, run_id: str, found: AssetCheckEvaluation) -> None:
    """The row that planned a check gets the day on which the check was evaluated."""
    index.execute(
        Checks.update()
        .where(
            Checks.c.asset_key == found.asset_key.to_string(),
            Checks.c.check_name == found.check_name,
            Checks.c.run_id == run_id,
            Checks.c.execution_status == _PLANNED,
            Checks.c.partition.is_(None),
        )
        .values(partition=found.partition)
    )
