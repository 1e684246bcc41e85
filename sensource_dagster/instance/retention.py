"""How long Dagster's history keeps a run, and whether the history is the project's alone. Both by dagster.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dagster import DagsterInstance, IntSource

KEEP_RUNS_DAYS = 30
"""Where dagster.yaml does not say `keep_runs_days`."""
_STORAGE = "sensource_dagster.instance.storage"


def keep_runs_days(instance: DagsterInstance) -> int:
    """The number of days, from dagster.yaml or by default."""
    config = _project_storage_config(instance) or {}
    configured = config.get("keep_runs_days", KEEP_RUNS_DAYS)
    # A number, or the variable that holds it.
    return int(IntSource.post_process(configured))  # type: ignore[no-untyped-call]


def has_project_storage(instance: DagsterInstance) -> bool:
    """Whether the instance keeps its history in the project's own storage, which no other project shares."""
    return _project_storage_config(instance) is not None


def _project_storage_config(instance: DagsterInstance) -> Mapping[str, Any] | None:
    data = instance.get_ref().storage_data if instance.is_persistent else None
    return data.config_dict if data and data.module_name == _STORAGE else None
