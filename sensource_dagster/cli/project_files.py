"""The files of a project folder. A wheel brings its own copy of each."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import click

from sensource_dagster.config.project_folder import WORKSPACE, is_project
from sensource_dagster.errors import ProjectFolderError

NAMES = (".env.example", "dagster.yaml", "workspace.yaml")


def path_of(name: str, folder: Path) -> Path:
    """Such a file in a folder, or the package's own where the folder has none."""
    file = folder / name
    return file if file.exists() else template(name)


def template(name: str) -> Path:
    """Such a file as the package brings it. It has no leading dot there: packaging would leave it out."""
    return Path(str(files("sensource_dagster"))) / "project_files" / name.lstrip(".")


def write(folder: Path) -> None:
    """Write the files into a folder. One that is there already stays as it is. Each is named.

    Raises:
        ProjectFolderError: a file cannot be written, or the folder belongs to another project.
    """
    for name in NAMES:
        try:
            with (folder / name).open("x", encoding="utf-8") as file:
                file.write(template(name).read_text("utf-8"))
        except FileExistsError:
            click.echo(f"{name} is there already, and stays as it is.")
        except OSError as error:
            raise ProjectFolderError(
                f"{folder / name} cannot be written: {error.strerror}. Make the folder writable, or work in "
                "another one."
            ) from None
        else:
            click.echo(f"{name} was written.")
    if not is_project(folder):
        raise ProjectFolderError(
            f"{folder / WORKSPACE} is of another Dagster project. Add the module sensource_dagster.definitions "
            "to it, or work in another folder."
        )
