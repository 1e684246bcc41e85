"""The project folder as `dg dev` sees it when it is started there: its `.env`, its paths, its history."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sensource_dagster.cli import demo_account
from sensource_dagster.cli.dagster_instance import dagster_instance, storage_config
from sensource_dagster.config.env_file import environment_with_dotenv
from sensource_dagster.config.project_folder import DAGSTER_HOME, beside_dagster_yaml, has_project, project_folder
from sensource_dagster.config.settings import Settings, read_settings
from sensource_dagster.config.warehouse_place import LakePlace, WarehousePlace
from sensource_dagster.errors import ProjectFolderError

if TYPE_CHECKING:
    from dagster import DagsterInstance

DEMO_HISTORY = "the demo has a history of its own"


def enter() -> Settings:
    """Go to the project folder, and take its `.env` into the environment.

    Raises:
        SettingsError: a setting cannot be used.
        ProjectFolderError: there is no project, or DAGSTER_HOME cannot be used.
    """
    settings = _enter()
    _name_other_home()
    return settings


def enter_to_look() -> tuple[Settings, bool]:
    """As `enter`, but the demo where it has run and there is no deployment. Whether it is the demo."""
    settings = _enter()
    there = any(map(_is_there, (settings.warehouse, settings.to_open)))
    if settings.has_credentials or there or not demo_account.has_run():
        _name_other_home()
        return settings, False
    name_unused_home(Path.cwd(), DEMO_HISTORY)
    environment = demo_account.environment()
    os.environ.clear()  # a setting of the deployment is none of the demo's
    os.environ.update(environment)
    return read_settings(), True


def _is_there(place: WarehousePlace) -> bool:
    return isinstance(place, LakePlace) or place.exists()  # who names a lake has a deployment


def enter_to_serve() -> Settings:
    """As `enter`, for a command that serves the demo where there are no credentials."""
    settings = _enter()
    if settings.has_credentials:
        _name_other_home()
    else:
        name_unused_home(Path.cwd(), DEMO_HISTORY)
    return settings


def name_unused_home(folder: Path, reason: str) -> None:
    """Say that DAGSTER_HOME is not used, where it is set and is another folder."""
    if home := _other_home(folder):
        click.echo(f"DAGSTER_HOME={home} is not used here: {reason}.", err=True)


def _enter() -> Settings:
    _check_home()
    folder = project_folder()
    if not has_project(folder):
        raise ProjectFolderError(
            f"There is no project in {folder}. Run this command in the folder of your project, or set "
            "DAGSTER_HOME to that folder. To make a project in the current folder, run: sensource init"
        )
    environment = environment_with_dotenv(folder)
    os.chdir(folder)  # the relative paths of the settings are meant from there
    settings = read_settings(environment)
    os.environ.update({**environment, DAGSTER_HOME: environment.get(DAGSTER_HOME) or str(folder)})
    _check_home()  # `.env` may have another
    return settings


def _check_home() -> None:
    home = os.environ.get(DAGSTER_HOME)
    if home and not (Path(home).is_absolute() and Path(home).is_dir()):  # Dagster takes no other
        raise ProjectFolderError(
            f"DAGSTER_HOME={home!r} is not the absolute path of a folder that exists. Unset it: then Dagster's "
            "history is in the project folder. Or set it to the folder of your dagster.yaml."
        )


def _name_other_home() -> None:
    if home := _other_home(Path.cwd()):
        click.echo(f"DAGSTER_HOME={home} has Dagster's history. All else is in {Path.cwd()}.", err=True)


def _other_home(folder: Path) -> str | None:
    home = os.environ.get(DAGSTER_HOME)
    return home if home and Path(home).resolve() != folder.resolve() else None


@contextmanager
def history_to_look_at() -> Iterator[DagsterInstance]:
    """The instance of the project folder; where nothing has run yet, an empty one, so that no file is made.

    Raises:
        ClickException: it cannot be opened.
    """
    from dagster import DagsterInstance

    with dagster_instance() if _has_history() else DagsterInstance.ephemeral() as instance:
        yield instance


def _has_history() -> bool:
    storage = storage_config(Path(os.environ[DAGSTER_HOME]))
    own = storage.get("custom") or {}
    base_dir = (storage.get("sqlite") or own.get("config") or {}).get("base_dir")
    # Of another storage, or of a folder that a variable names, Dagster finds out.
    if not isinstance(base_dir, str):
        return True
    is_batched = own.get("module") == demo_account.BATCHED_STORAGE
    return Path(beside_dagster_yaml(base_dir) if is_batched else base_dir, "history").exists()
