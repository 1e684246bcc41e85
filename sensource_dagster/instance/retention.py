"""How long Dagster's history keeps a run, and whether the history is the project's alone. Both by dagster.yaml."""

from __future__ import annotations

from dagster import DagsterInstance, IntSource
from dagster._serdes import ConfigurableClassData

KEEP_RUNS_DAYS = 30
"""Where dagster.yaml does not say `keep_runs_days`."""
_STORAGE = "sensource_dagster.instance.storage"


def keep_runs_days(instance: DagsterInstance) -> int:
    """The number of days, from dagster.yaml or by default."""
    storage = _project_storage(instance)
    configured = storage.config_dict.get("keep_runs_days", KEEP_RUNS_DAYS) if storage else KEEP_RUNS_DAYS
    return int(IntSource.post_process(configured))  # type: ignore[no-untyped-call] # a number, or its variable


def has_project_storage(instance: DagsterInstance) -> bool:
    """Whether the instance keeps its history in the project's own storage, which no other project shares."""
    return _project_storage(instance) is not None


def _project_storage(instance: DagsterInstance) -> ConfigurableClassData | None:
    data = instance.get_ref().storage_data if instance.is_persistent else None
    return data if data and data.module_name == _STORAGE else None
