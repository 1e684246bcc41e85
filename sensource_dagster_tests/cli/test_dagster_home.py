"""A DAGSTER_HOME that is not the project folder: each command names it in one line."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sensource_dagster.cli import main
from sensource_dagster_tests.cli.project import Project

COMMANDS = ("backfill", "check", "dev", "export", "rezone", "status")
each_command = pytest.mark.parametrize("command", COMMANDS)


@pytest.fixture(autouse=True)
def _nothing_is_served(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_module("sensource_dagster.cli.dev"), "_dg_dev", lambda *_: 0)


def invoke(project: Project, command: str, home: object) -> Result:
    days = ["--to", "2000-01-01"] if command == "backfill" else []  # refused, after the line that is looked for
    with project.entered():
        return CliRunner().invoke(main, [command, *days], env={"DAGSTER_HOME": str(home)})


@each_command
def test_another_one_is_named_in_one_line(project: Project, tmp_path: Path, command: str) -> None:
    (tmp_path / "other").mkdir()
    named = f"DAGSTER_HOME={tmp_path}/other has Dagster's history. All else is in {project.folder}.\n"
    assert invoke(project, command, tmp_path / "other").stderr.count(named) == 1


@each_command
def test_the_projects_own_is_not_named_even_by_another_path(
    project: Project, tmp_path: Path, command: str
) -> None:
    (tmp_path / "linked").symlink_to(project.folder)
    for home in ("", project.folder, tmp_path / "linked"):
        result = invoke(project, command, home)
        assert "DAGSTER_HOME" not in result.output, result.output


@each_command
def test_one_that_is_no_folder_is_refused_with_what_to_do(project: Project, tmp_path: Path, command: str) -> None:
    for home in (tmp_path / "missing", "relative", project.folder / "dagster.yaml"):
        result = invoke(project, command, home)
        assert result.exit_code == 1
        assert f"DAGSTER_HOME='{home}' is not the absolute path of a folder that exists. Unset it" in result.output


def test_one_of_the_env_file_counts_too(project: Project) -> None:
    file = project.folder / ".env"
    file.write_text(file.read_text() + "DAGSTER_HOME=elsewhere\n")
    assert "DAGSTER_HOME='elsewhere' is not the absolute path" in invoke(project, "status", "").output


def test_the_demo_does_not_use_it_and_says_so(project: Project, tmp_path: Path) -> None:
    (project.folder / ".env").unlink()
    named = f"DAGSTER_HOME={tmp_path} is not used here: the demo has a history of its own."
    assert named in invoke(project, "dev", tmp_path).stderr
