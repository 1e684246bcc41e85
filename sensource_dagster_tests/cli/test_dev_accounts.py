"""Which account `sensource dev` serves. What it serves is in test_demo_and_dev.py."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from dagster._core.secrets.env_file import get_env_var_dict

from sensource_dagster.cli import main
from sensource_dagster.config.env_file import restore_hidden
from sensource_dagster.config.settings import read_settings
from sensource_dagster.simulator import RunningSimulator
from sensource_dagster_tests.cli.project import Project, make_project


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[Mapping[str, str]]:
    """The environment of each `dg dev` that would have been started."""
    environments: list[Mapping[str, str]] = []

    def dg_dev(_host: str, _port: int, environment: Mapping[str, str], _folder: Path) -> int:
        environments.append(environment)
        return 0

    monkeypatch.setattr(import_module("sensource_dagster.cli.dev"), "_dg_dev", dg_dev)
    return environments


@pytest.mark.parametrize("missing", ["SENSOURCE_CLIENT_ID", "SENSOURCE_CLIENT_SECRET"])
def test_one_of_id_and_secret_alone_is_refused_and_never_served_as_the_demo(
    missing: str, simulator: RunningSimulator, tmp_path: Path, served: list[Any]
) -> None:
    result = make_project(tmp_path, simulator, **{missing: ""}).invoke("dev")
    assert result.exit_code == 1
    assert f"{missing} is missing or empty" in result.output
    assert not served


def test_an_empty_line_of_the_env_file_leaves_the_account_of_the_environment(
    project: Project, served: list[Mapping[str, str]]
) -> None:
    file = project.folder / ".env"
    outer = {name: project.variables[name] for name in ("SENSOURCE_CLIENT_ID", "SENSOURCE_CLIENT_SECRET")}
    file.write_text(file.read_text() + "".join(f"{name}=\n" for name in outer))  # dotenv takes the last line
    with project.entered():
        assert CliRunner().invoke(main, ["dev"], env=outer).exit_code == 0
    [environment] = served
    seen = {**environment, **get_env_var_dict(str(project.folder))}  # what `dg dev` makes of it
    restore_hidden(seen)
    assert read_settings(seen).client_id == project.variables["SENSOURCE_CLIENT_ID"]
    assert not read_settings(seen).account.startswith("no account")
