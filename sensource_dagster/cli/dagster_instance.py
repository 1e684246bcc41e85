"""The Dagster instance that `$DAGSTER_HOME/dagster.yaml` describes, or words that say why it cannot be used."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import yaml

from sensource_dagster.config.project_folder import DAGSTER_HOME
from sensource_dagster.vea.redaction import redact

if TYPE_CHECKING:
    from dagster import DagsterInstance

_SECRET = ("password", "url")  # of a database, in the names of its settings


def read_dagster_yaml(file: Path) -> Mapping[str, Any]:
    """What a dagster.yaml says; nothing where there is none.

    Raises:
        ClickException: it cannot be read.
    """
    try:
        config = yaml.safe_load(file.read_text()) if file.exists() else {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise click.ClickException(f"{file} cannot be read: {error}") from None
    if not isinstance(config or {}, dict):
        raise click.ClickException(f"{file} has no settings: its first level must have names, like `storage:`.")
    return config or {}


def storage_config(home: Path) -> Mapping[str, Any]:
    """What dagster.yaml says about the storage, or Dagster's default.

    Raises:
        ClickException: it cannot be read, or it names no storage.
    """
    storage = read_dagster_yaml(home / "dagster.yaml").get("storage", {"sqlite": {"base_dir": str(home)}})
    if not isinstance(storage, dict) or not storage:  # Dagster does not say which line is wrong
        raise click.ClickException(
            f"{home / 'dagster.yaml'}: `storage:` is empty, or no name. Write `sqlite:`, `postgres:`, `mysql:` or "
            "`custom:` below it. Or delete the line: Dagster then keeps its history beside dagster.yaml."
        )
    return storage


@contextmanager
def dagster_instance() -> Iterator[DagsterInstance]:
    """The instance of `DAGSTER_HOME`.

    Raises:
        ClickException: it cannot be opened.
    """
    from dagster import DagsterInstance

    home = Path(os.environ[DAGSTER_HOME])
    storage = storage_config(home)
    try:
        opened = DagsterInstance.get()
    except Exception as error:  # noqa: BLE001 # whatever the storage raises that the user has named
        cause = error.__cause__ or error  # of a database: what it said, and not how often it was asked
        said = redact(f"{type(cause).__name__}: {cause}", _secrets(storage))
        raise click.ClickException(
            f"Dagster cannot open its history; {home / 'dagster.yaml'} says where it is.\n{said}"
        ) from None
    with opened as instance:
        yield instance


def _secrets(config: object) -> Iterator[str]:
    """The passwords in dagster.yaml, and the values of the variables that it names."""
    if isinstance(config, dict):
        for name, value in config.items():
            if isinstance(value, str | int) and any(word in str(name) for word in _SECRET):
                yield str(value)
            elif name == "env" and isinstance(value, str):
                yield os.environ.get(value, "")
            else:
                yield from _secrets(value)
