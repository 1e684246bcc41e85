"""The project folder as `dg dev` sees it when it is started there: its `.env`, its paths, its history."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click
import yaml

from sensource_dagster.cli import demo_account
from sensource_dagster.config.env_file import environment_with_dotenv
from sensource_dagster.config.settings import Settings, read_settings
from sensource_dagster.errors import SettingsError

if TYPE_CHECKING:
    from dagster import DagsterInstance


def enter_to_look() -> tuple[Settings, bool]:
    """As `enter`, but the demo where it has run and there is no deployment. Whether it is the demo.

    Raises:
        ClickException: a setting cannot be used.
    """
    settings = enter()
    if settings.has_credentials or settings.warehouse.exists() or not demo_account.has_run():
        return settings, False
    environment = demo_account.environment()
    os.environ.clear()  # a setting of the deployment is none of the demo's
    os.environ.update(environment)
    return read_settings(), True


def enter() -> Settings:
    """Go to the project folder, and take its `.env` into the environment.

    Raises:
        ClickException: a setting cannot be used.
    """
    try:
        environment = environment_with_dotenv(demo_account.PROJECT)
        settings = read_settings(environment)
    except SettingsError as error:
        raise click.ClickException(str(error)) from None
    os.environ.update({"DAGSTER_HOME": str(demo_account.PROJECT), **environment})
    os.chdir(demo_account.PROJECT)  # the paths of dagster.yaml and SENSOURCE_WAREHOUSE are relative to it
    return settings


@contextmanager
def history_to_look_at() -> Iterator[DagsterInstance]:
    """The instance of the project folder; where nothing has run yet, an empty one, so that no file is made."""
    from dagster import DagsterInstance

    with DagsterInstance.get() if _has_history() else DagsterInstance.ephemeral() as instance:
        yield instance


def _has_history() -> bool:
    home = Path(os.environ["DAGSTER_HOME"])
    file = home / "dagster.yaml"
    config = (yaml.safe_load(file.read_text()) if file.exists() else None) or {}
    storage = config.get("storage") or {"sqlite": {"base_dir": str(home)}}  # Dagster's default
    sqlite = storage.get("sqlite") or (storage.get("custom") or {}).get("config") or {}
    base_dir = sqlite.get("base_dir")
    # Of another storage, or of a folder that a variable names, Dagster finds out.
    return not isinstance(base_dir, str) or (Path(base_dir) / "history").exists()
