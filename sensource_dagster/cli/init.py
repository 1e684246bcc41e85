"""`sensource init`: makes the current folder a project folder, for those who installed the project as a wheel."""

from __future__ import annotations

from pathlib import Path

import click

from sensource_dagster.cli import project_files
from sensource_dagster.cli.project import name_unused_home
from sensource_dagster.config.project_folder import in_clone, project_folder
from sensource_dagster.errors import ProjectFolderError


def run() -> int:
    folder = Path.cwd()
    if in_clone() and folder.resolve() != project_folder():
        raise ProjectFolderError(
            f"This `sensource` belongs to the clone in {project_folder()}. That is its project folder, and has "
            "these files. For another folder, install the project as a wheel in an environment of its own."
        )
    name_unused_home(folder, "this folder gets a history of its own. Unset it before the other commands")
    project_files.write(folder)
    click.echo(
        "\nNext:\n"
        "  cp .env.example .env        then write your API client's id, its secret and your time zone into .env\n"
        "  sensource check             checks the settings, the account and the warehouse\n"
        "  sensource dev               serves the Dagster UI, with the demo's account where .env has none"
    )
    return 0
