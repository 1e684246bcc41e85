"""How long Dagster's history keeps a run, and whether the history is the project's alone. Both by dagster.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dagster import DagsterInstance, IntSource

KEEP_RUNS_DAYS = 30
"""Where dagster.yaml does not say `keep_runs_days`."""
_SQLITE = "sensource_dagster.instance.storage"
_POSTGRES = "sensource_dagster.instance.postgres_storage"


def keep_runs_days(instance: DagsterInstance) -> int:
    """The number of days, from dagster.yaml or by default."""
    config = _storage_config(instance, _SQLITE, _POSTGRES) or {}
    configured = config.get("keep_runs_days", KEEP_RUNS_DAYS)
    # A number, or the variable that holds it.
    return int(IntSource.post_process(configured))  # type: ignore[no-untyped-call]


def has_project_storage(instance: DagsterInstance) -> bool:
    """Whether the history is in files of the project's own. A database may have that of other projects, too."""
    return _storage_config(instance, _SQLITE) is not None


def _storage_config(instance: DagsterInstance, *modules: str) -> Mapping[str, Any] | None:
    """What dagster.yaml says about the storage, if that is in one of these modules."""
    data = instance.get_ref().storage_data if instance.is_persistent else None
    return data.config_dict if data and data.module_name in modules else None
