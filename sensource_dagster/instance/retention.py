"""How long Dagster's history keeps a run, and whether the history is the project's alone. Both by dagster.yaml."""

from __future__ import annotations

from dagster import DagsterInstance, IntSource

KEEP_RUNS_DAYS = 30
"""Where dagster.yaml does not say `keep_runs_days`."""
_STORAGE = "sensource_dagster.instance.storage"


def keep_runs_days(instance: DagsterInstance) -> int:
    """The number of days, from dagster.yaml or by default."""
    if not has_project_storage(instance):
        return KEEP_RUNS_DAYS
    configured = instance.get_ref().storage_data.config_dict.get("keep_runs_days", KEEP_RUNS_DAYS)
    return int(IntSource.post_process(configured))  # a number, or the variable that holds it


def has_project_storage(instance: DagsterInstance) -> bool:
    """Whether the instance keeps its history in the project's own storage, which no other project shares."""
    data = instance.get_ref().storage_data if instance.is_persistent else None
    return data is not None and data.module_name == _STORAGE
