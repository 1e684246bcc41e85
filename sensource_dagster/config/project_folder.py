"""The project folder: it has `.env`, the warehouse and Dagster's history, whatever the working folder is."""

from __future__ import annotations

import os
from pathlib import Path

DAGSTER_HOME = "DAGSTER_HOME"
WORKSPACE = "workspace.yaml"


def is_project(folder: Path) -> bool:
    """Whether a clone is there, or what `sensource init` writes: a workspace that has this project."""
    try:
        return "sensource_dagster" in (folder / WORKSPACE).read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return False


_AROUND_THE_PACKAGE = Path(__file__).resolve().parents[2]
CLONE = _AROUND_THE_PACKAGE if is_project(_AROUND_THE_PACKAGE) else None
"""The clone that this package is in; None where the package was installed as a wheel."""


def project_folder() -> Path:
    """The clone. Of a wheel: the nearest folder, from the current one upwards, in which `sensource init` was run.

    Without one it is DAGSTER_HOME, and without that the current folder.
    """
    if CLONE:
        return CLONE.absolute()
    home = os.environ.get(DAGSTER_HOME)
    return initialised_folder() or (Path(home) if home else Path.cwd())


def initialised_folder() -> Path | None:
    """The current folder, or the nearest one above it, in which `sensource init` was run."""
    here = Path.cwd()
    return next(filter(is_project, (here, *here.parents)), None)


def in_clone() -> bool:
    return CLONE is not None


def has_project(folder: Path) -> bool:
    """Whether a folder that `project_folder` found is a project, and not just where a command was typed."""
    return in_clone() or is_project(folder) or (folder / "dagster.yaml").exists()


def beside_dagster_yaml(path: str) -> str:
    """A path of dagster.yaml. A relative one is meant from the folder of that file.

    That is DAGSTER_HOME. Where it is not set, Dagster reads the file of the working folder.
    """
    return str(Path(os.environ.get(DAGSTER_HOME, "")) / path)


def placed(path: Path, folder: Path | None) -> Path:
    """A path of a setting; a relative one is meant from this folder. It stays short in the working folder."""
    return path if folder is None or folder == Path.cwd() else folder / path


def command(name: str) -> str:
    """A command as a person types it in the project folder: a target of make, which only a clone has."""
    return f"make {name}" if in_clone() else f"sensource {name}"
