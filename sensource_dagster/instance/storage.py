"""Dagster's history in SQLite files, as Dagster keeps it by default, except that events are written in batches.

See batched_event_log.py and run_retries.py for what differs. On a Dagster that the project was not tested with,
nothing does: this is Dagster's own SQLite storage then, and reads and writes the same files.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dagster import Field, IntSource, StringSource
from dagster._config.config_schema import UserConfigSchema
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage
from dagster._serdes import ConfigurableClassData

from sensource_dagster.config.project_folder import beside_dagster_yaml
from sensource_dagster.instance.event_batches import write_in_batches
from sensource_dagster.instance.retention import KEEP_RUNS_DAYS
from sensource_dagster.instance.tested import is_tested


class BatchedStorage(DagsterSqliteStorage):
    """Named in dagster.yaml, as `storage`. `keep_runs_days` there is read by retention.py."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        super().__init__(base_dir, inst_data)
        if not is_tested():
            return
        # Not above: another Dagster may not have what these modules import.
        from sensource_dagster.instance.batched_event_log import BatchedEventLog  # noqa: PLC0415
        from sensource_dagster.instance.run_retries import DecidedSqliteRuns  # noqa: PLC0415

        self._run_storage = DecidedSqliteRuns(self._run_storage._conn_string)
        self._event_log_storage = BatchedEventLog(self._event_log_storage._base_dir)
        write_in_batches()

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData, config_value: Mapping[str, Any]
    ) -> BatchedStorage:
        return cls.from_local(beside_dagster_yaml(config_value["base_dir"]), inst_data)

    @classmethod
    def config_type(cls) -> UserConfigSchema:
        return {
            "base_dir": StringSource,
            "keep_runs_days": Field(IntSource, is_required=False, default_value=KEEP_RUNS_DAYS),
        }
