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
    "Dagster's own": {"storage": {"sqlite": {"base_dir": "data/stock"}}},
}
EMPTY: dict[str, Any] = {"storage": None}
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
    with project.sync() as sync:
        assert not isinstance(sync.instance.event_log_storage, BatchedEventLog)
        assert sync.run("lists").success
    assert "success, " in project.invoke("status").output


@pytest.mark.parametrize("storage", [*STORAGES.values(), EMPTY])
def test_the_demo_keeps_its_history_in_its_own_folder(tmp_path: Path, storage: dict[str, Any]) -> None:
    configure(tmp_path, storage)
    home = tmp_path / "data" / "demo"
    with mock.patch.object(project_folder, "CLONE", tmp_path):
        demo_account.make_home()
    with DagsterInstance.from_config(str(home)) as instance:
        instance.get_runs()
    assert (home / "history").is_dir()
    assert not (tmp_path / "data" / "stock").exists()


COMMANDS = [["status"], ["backfill"], ["dev"]]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("empty", ["storage:", "storage: {}", "storage: sqlite"])
def test_an_empty_storage_is_named_with_its_file_and_what_to_write(
    project: Project, command: list[str], empty: str
) -> None:
    (project.folder / "dagster.yaml").write_text(empty)
    result = project.invoke(*command)
    assert result.exit_code == 1
    assert (
        f"Error: {project.folder}/dagster.yaml: `storage:` is empty, or no name. Write `sqlite:`" in result.output
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("storage: [", "dagster.yaml cannot be read: while parsing a flow"),
        ("- storage", "dagster.yaml has no settings: its first level must have names, like `storage:`."),
    ],
)
def test_a_dagster_yaml_that_is_no_yaml_or_has_no_names_is_named(project: Project, text: str, said: str) -> None:
    (project.folder / "dagster.yaml").write_text(text)
    for command in ("status", "backfill", "demo"):
        result = project.invoke(command)
        assert result.exit_code == 1
        assert said in result.output


PASSWORD = 456789012  # longer than any port of the simulator, which the output has
POSTGRES = {"hostname": "localhost", "username": "dagster", "db_name": "dagster"}


@pytest.mark.parametrize(
    ("storage", "said"),
    [
        ({"sqlite": {}}, 'Missing required config entry "base_dir"'),
        ({"custom": {"module": "nowhere", "class": "S", "config": {}}}, "Couldn't import module nowhere"),
        ({"postgres": {"postgres_db": {**POSTGRES, "password": PASSWORD}}}, 'Value "***" of type'),
        ({"postgres": {"postgres_url": {"env": "NOT_SET"}}}, "NOT_SET"),
    ],
    ids=["not complete", "not installed", "wrong password's type", "a missing variable"],
)
def test_a_storage_that_cannot_be_opened_is_an_error_that_says_where_it_is_and_never_its_password(
    project: Project, storage: dict[str, Any], said: str
) -> None:
    configure(project.folder, {"storage": storage})
    for command in ("status", "backfill"):
        result = project.invoke(command)
        assert result.exit_code == 1
        assert result.output.count("Traceback") == 0
        assert f"cannot open its history; {project.folder}/dagster.yaml says where it is." in result.output
        assert said in result.output
        assert str(PASSWORD) not in result.output


def test_an_empty_dagster_yaml_has_no_history_yet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "dagster.yaml").write_text("")
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    with history_to_look_at() as instance:
        assert instance.is_ephemeral
    assert [path.name for path in tmp_path.iterdir()] == ["dagster.yaml"]
