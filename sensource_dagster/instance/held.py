"""How a run is known that failed because another process held the DuckDB file."""

from __future__ import annotations

from dagster import DagsterEventType, DagsterInstance, EventLogEntry

HELD_TAG = {"sensource/warehouse_held": "true"}
"""Finds such runs fast. A run that a person re-executes has its tags too, so `was_held` has the last word."""
HELD_BY = "warehouse_held_by"
"""The failed step says by whom, in its metadata under this name."""


def was_held(instance: DagsterInstance, run_id: str) -> bool:
    """Whether a step of the run failed because of that."""
    return any(map(says_held, instance.all_logs(run_id, of_type=DagsterEventType.STEP_FAILURE)))


def says_held(step_failure: EventLogEntry) -> bool:
    data = step_failure.get_dagster_event().step_failure_data.user_failure_data
    return data is not None and HELD_BY in data.metadata
