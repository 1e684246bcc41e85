"""Dagster's own files, in the folder of dagster.yaml.

Dagster means their paths from the working folder. Under cron and systemd that is another one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dagster._core.storage.local_compute_log_manager import LocalComputeLogManager
from dagster._core.storage.root import LocalArtifactStorage
from dagster._serdes import ConfigurableClassData

from sensource_dagster.config.project_folder import beside_dagster_yaml


class PlacedComputeLogs(LocalComputeLogManager):
    """Named in dagster.yaml, as `compute_logs`."""

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> PlacedComputeLogs:
        placed = {**config_value, "base_dir": beside_dagster_yaml(config_value["base_dir"])}
        return cls(inst_data=inst_data, **placed)


class PlacedArtifacts(LocalArtifactStorage):
    """Named in dagster.yaml, as `local_artifact_storage`."""

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> PlacedArtifacts:
        return cls(beside_dagster_yaml(config_value["base_dir"]), inst_data)
