"""Dagster's own files are in the folder of dagster.yaml, and `.env` is read from the project folder.

Dagster means relative paths, and `.env`, from the working folder. That of cron and systemd is another one.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from dagster._config.config_schema import UserConfigSchema
from dagster._core.secrets.loader import SecretsLoader
from dagster._core.storage.local_compute_log_manager import LocalComputeLogManager
from dagster._core.storage.root import LocalArtifactStorage
from dagster._serdes import ConfigurableClass, ConfigurableClassData

from sensource_dagster.config.env_file import of_dotenv
from sensource_dagster.config.project_folder import beside_dagster_yaml, project_folder


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


class ProjectEnvFile(SecretsLoader, ConfigurableClass):
    """Named in dagster.yaml, as `secrets`. Dagster asks it in each process that loads the definitions."""

    def __init__(self, inst_data: ConfigurableClassData | None = None) -> None:
        self._inst_data = inst_data

    @property
    def inst_data(self) -> ConfigurableClassData | None:
        return self._inst_data

    @classmethod
    def config_type(cls) -> UserConfigSchema:
        return {}

    @classmethod
    def from_config_value(
        cls,
        inst_data: ConfigurableClassData | None,
        config_value: Mapping[str, Any],  # noqa: ARG003 (it has no options)
    ) -> ProjectEnvFile:
        return cls(inst_data)

    def get_secrets_for_environment(self, location_name: str | None) -> dict[str, str]:  # noqa: ARG002
        return of_dotenv(project_folder(), os.environ)
