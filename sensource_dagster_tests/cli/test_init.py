"""`sensource init` makes a folder the project's, and changes no file that is there."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sensource_dagster.cli import main, project_files
from sensource_dagster.config import project_folder
from sensource_dagster_tests.documentation import PROJECT


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, of a package that is in no clone."""
    monkeypatch.setattr(project_folder, "CLONE", None)
    folder = tmp_path / "empty"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def sensource(*arguments: str, **variables: str) -> Result:
    return CliRunner().invoke(main, arguments, env=variables)


def test_it_writes_the_files_of_the_clone(empty: Path) -> None:
    result = sensource("init")
    assert result.exit_code == 0, result.output
    assert {file.name for file in empty.iterdir()} == set(project_files.NAMES)
    for name in project_files.NAMES:
        assert (empty / name).read_text() == (PROJECT / name).read_text()
    assert "sensource check" in result.output
    assert project_folder.project_folder() == empty


def test_a_file_that_is_there_stays_as_it_is_and_is_named(empty: Path) -> None:
    (empty / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    result = sensource("init")
    assert result.exit_code == 0
    assert "dagster.yaml is there already, and stays as it is." in result.output
    assert (empty / "dagster.yaml").read_text() == "telemetry: {enabled: false}\n"


def test_the_workspace_of_another_project_is_named_with_what_to_add(empty: Path) -> None:
    (empty / "workspace.yaml").write_text("load_from: []\n")
    result = sensource("init")
    assert result.exit_code == 1
    assert "workspace.yaml is of another Dagster project. Add the module sensource_dagster.def" in result.output


def test_a_folder_that_cannot_be_written_is_named(empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/proc")  # not even by root
    result = sensource("init")
    assert result.exit_code == 1
    assert result.output.startswith("Error: /proc/.env.example cannot be written: ")
    assert "Make the folder writable" in result.output


def test_a_clone_needs_none(tmp_path: Path, empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(project_folder, "CLONE", tmp_path)
    result = sensource("init")
    assert result.exit_code == 1
    assert f"belongs to the clone in {tmp_path}." in result.output
    assert not list(empty.iterdir())


@pytest.mark.parametrize("command", ["backfill", "check", "dev", "export", "rezone", "status"])
def test_a_command_in_a_folder_that_is_no_project_says_so_and_makes_no_file(empty: Path, command: str) -> None:
    result = sensource(command)
    assert result.exit_code == 1
    assert f"There is no project in {empty}." in result.output
    assert "sensource init" in result.output
    assert not list(empty.iterdir())
