"""The commands in a project whose dagster.yaml does not name the project's own storage."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import yaml
from dagster import DagsterInstance

from sensource_dagster.cli import demo_account
from sensource_dagster.cli.project import history_to_look_at
from sensource_dagster.config import project_folder
from sensource_dagster.instance.batched_event_log import BatchedEventLog
from sensource_dagster_tests.cli.project import Project

STORAGES: dict[str, dict[str, Any]] = {
    "no storage": {},
    "an empty storage": {"storage": None},
    "Dagster's own": {"storage": {"sqlite": {"base_dir": "data/stock"}}},
}
each_storage = pytest.mark.parametrize("storage", STORAGES.values(), ids=STORAGES)


def configure(folder: Path, storage: dict[str, Any]) -> None:
    (folder / "dagster.yaml").write_text(yaml.safe_dump({"telemetry": {"enabled": False}, **storage}))


@each_storage
def test_status_shows_what_is_missing_makes_no_file_and_sees_the_history_once_there_is_one(
    project: Project, storage: dict[str, Any]
) -> None:
    configure(project.folder, storage)
    before = set(project.folder.rglob("*"))
    result = project.invoke("status")
    assert result.exit_code == 1
    assert "Something is missing or failed" in result.output
    assert {path for path in project.folder.rglob("*") if "__pycache__" not in path.parts} <= before
    if storage == STORAGES["an empty storage"]:
        return  # Dagster itself cannot run with it: TypeError
    with project.sync() as sync:
        assert not isinstance(sync.instance.event_log_storage, BatchedEventLog)
        assert sync.run("lists").success
    assert "success, " in project.invoke("status").output


@each_storage
def test_the_demo_keeps_its_history_in_its_own_folder(tmp_path: Path, storage: dict[str, Any]) -> None:
    configure(tmp_path, storage)
    home = tmp_path / "data" / "demo"
    with mock.patch.object(project_folder, "CLONE", tmp_path):
        demo_account.make_home()
    with DagsterInstance.from_config(str(home)) as instance:
        instance.get_runs()
    assert (home / "history").is_dir()
    assert not (tmp_path / "data" / "stock").exists()


def test_an_empty_dagster_yaml_has_no_history_yet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "dagster.yaml").write_text("")
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    with history_to_look_at() as instance:
        assert instance.is_ephemeral
    assert [path.name for path in tmp_path.iterdir()] == ["dagster.yaml"]
