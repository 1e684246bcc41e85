"""A Dagster instance with the history that the project keeps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from dagster import DagsterInstance

PROJECT = Path(__file__).resolve().parents[1]


@contextmanager
def instance(folder: Path, storage: dict[str, Any] | None = None) -> Iterator[DagsterInstance]:
    """One with the project's history and retries, its files in `folder`."""
    folder.mkdir()
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
