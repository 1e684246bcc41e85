"""How long the history keeps a run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from dagster import DagsterInstance

from sensource_dagster.instance.retention import keep_runs_days
from sensource_dagster_tests.instances import instance


@pytest.mark.parametrize("storage", [None, {"sqlite": {"base_dir": "history"}}])
def test_a_history_whose_configuration_says_nothing_keeps_a_run_for_30_days(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, storage: dict[str, Any] | None
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dagster.yaml").write_text(yaml.safe_dump({"storage": storage} if storage else {}))
    with DagsterInstance.from_config(str(tmp_path)) as stock:
        assert keep_runs_days(stock) == 30


@pytest.mark.parametrize("configured", [45, {"env": "KEPT"}])
def test_the_projects_storage_keeps_a_run_for_as_long_as_dagster_yaml_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, configured: object
) -> None:
    monkeypatch.setenv("KEPT", "45")
    config = {"base_dir": str(tmp_path / "history"), "keep_runs_days": configured}
    module = {"module": "sensource_dagster.instance.storage", "class": "BatchedStorage", "config": config}
    with instance(tmp_path / "history", {"custom": module}) as history:
        assert keep_runs_days(history) == 45
