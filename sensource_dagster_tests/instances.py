"""A Dagster instance with the history that the project keeps."""

from __future__ import annotations

import atexit
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import yaml
from dagster import DagsterInstance

PROJECT = Path(__file__).resolve().parents[1]


@contextmanager
def instance(folder: Path, storage: dict[str, Any] | None = None) -> Iterator[DagsterInstance]:
    """One with the project's history and retries, its files in a new folder."""
    if storage:
        folder.mkdir()
    else:
        shutil.copytree(_empty_history(), folder)
    with new_instance(folder, storage) as made:
        yield made


@cache
def _empty_history() -> Path:
    """Of this process. A copy of it is there seven times as fast as a new one."""
    folder = Path(mkdtemp())
    atexit.register(shutil.rmtree, folder)
    with new_instance(folder):
        return folder


@contextmanager
def new_instance(folder: Path, storage: dict[str, Any] | None = None) -> Iterator[DagsterInstance]:
    """One with the project's history and retries, in a folder that there is; its tables are made, if need be."""
    settings = yaml.safe_load((PROJECT / "dagster.yaml").read_text())
    settings["storage"]["custom"]["config"]["base_dir"] = str(folder)
    made_of = {
        "storage": storage or settings["storage"],
        "run_retries": settings["run_retries"],
        "telemetry": {"enabled": False},
    }
    (folder / "dagster.yaml").write_text(yaml.safe_dump(made_of))
    with DagsterInstance.from_config(str(folder)) as made:
        yield made
