"""Which folder is the project's, and that relative paths are meant from it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from dagster import DagsterInstance
from dagster._core.storage.compute_log_manager import ComputeIOType

from sensource_dagster.config import project_folder
from sensource_dagster.config.env_file import take_dotenv_of_home
from sensource_dagster.config.settings import read_settings
from sensource_dagster_tests.documentation import PROJECT

WORKSPACE = "load_from:\n  - python_module:\n      module_name: sensource_dagster.definitions\n"


@pytest.fixture
def wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, of a package that is in no clone."""
    monkeypatch.setattr(project_folder, "CLONE", None)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here"


def initialised(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "workspace.yaml").write_text(WORKSPACE)
    return folder


def test_a_clone_is_the_project_folder_whatever_the_working_folder_and_dagster_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(project_folder, "CLONE", PROJECT)
    monkeypatch.chdir(initialised(tmp_path))
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    assert project_folder.project_folder() == PROJECT


def test_of_a_wheel_it_is_the_nearest_folder_with_the_files_of_init(
    wheel: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(initialised(wheel.parent / "home")))
    assert project_folder.project_folder() == wheel.parent / "home"
    initialised(wheel.parent)
    assert project_folder.project_folder() == wheel.parent
    initialised(wheel)
    assert project_folder.project_folder() == wheel


def test_without_any_it_is_the_current_folder_and_no_project(wheel: Path) -> None:
    (wheel / "workspace.yaml").write_text("load_from: [python_module: somebody.elses]\n")
    assert project_folder.project_folder() == wheel
    assert not project_folder.has_project(wheel)


def test_relative_paths_of_the_settings_are_meant_from_the_project_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {"SENSOURCE_TOKEN_CACHE": "tokens", "SENSOURCE_PUBLISHED": "/srv/shared/footfall.duckdb"}
    settings = read_settings(given, tmp_path)
    assert settings.warehouse == tmp_path / "data" / "warehouse.duckdb"
    assert settings.published == Path("/srv/shared/footfall.duckdb")
    assert settings.token_cache == tmp_path / "tokens"
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "sensource.duckdb").touch()
    assert read_settings({}, tmp_path).warehouse == tmp_path / "data" / "sensource.duckdb"
    monkeypatch.chdir(tmp_path)
    assert read_settings({}, tmp_path).published == Path("data/footfall.duckdb")  # short where it can be


def test_the_history_and_the_logs_are_beside_the_dagster_yaml_whatever_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "dagster.yaml").write_text((PROJECT / "dagster.yaml").read_text())
    (tmp_path / "cron").mkdir()
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path / "cron")
    with DagsterInstance.get() as instance:
        assert instance.get_runs() == []
        with instance.compute_log_manager.open_log_stream(["run", "step"], ComputeIOType.STDOUT) as log:
            assert log
            log.write("said")  # type: ignore[call-overload]  # it is a text file
        assert Path(instance.storage_directory()).is_relative_to(tmp_path / "home" / "data" / "dagster")
    assert not list((tmp_path / "cron").iterdir())
    written = {path.relative_to(tmp_path / "home").parts[:3] for path in (tmp_path / "home").rglob("*")}
    assert {("data", "dagster", "history"), ("data", "dagster", "compute_logs")} <= written


def test_dotenv_is_read_where_dagster_home_is_the_project_folder_and_not_for_the_demo(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("SENSOURCE_CLIENT_ID=real\n")
    (tmp_path / "data" / "demo").mkdir(parents=True)
    (tmp_path / "linked").symlink_to(tmp_path)
    for home, client in ((tmp_path, "real"), (tmp_path / "linked", "real"), (tmp_path / "data" / "demo", "demo")):
        environment = {"DAGSTER_HOME": str(home), "SENSOURCE_CLIENT_ID": "demo"}
        take_dotenv_of_home(tmp_path, environment)
        assert environment["SENSOURCE_CLIENT_ID"] == client
    without: dict[str, str] = {}
    take_dotenv_of_home(tmp_path, without)
    assert not without
    assert "DAGSTER_HOME" not in os.environ
