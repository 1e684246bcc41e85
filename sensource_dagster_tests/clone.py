"""The project as a newcomer has it: a fresh clone, no credentials, nothing read or written elsewhere."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from sensource_dagster_tests.end_to_end.dagster_dev import PROJECT


def clone(folder: Path) -> Path:
    """Copy what `make demo` and `make dev` need."""
    shutil.copytree(PROJECT / "sensource_dagster", folder / "sensource_dagster")
    for name in ("Makefile", "constraints.txt", "workspace.yaml", "dagster.yaml", "pyproject.toml"):
        shutil.copy(PROJECT / name, folder / name)
    return folder


def environment(project: Path) -> dict[str, str]:
    """Ours, without settings of this project or of Dagster, with a home and an import path of the clone's own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SENSOURCE_", "DAGSTER"))}
    return {**kept, "HOME": str(project.parent), "PYTHONPATH": str(project)}
