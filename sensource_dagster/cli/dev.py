"""`sensource dev`: `dg dev` for the configured account, or for the demo's where none is configured."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import click

from sensource_dagster.cli import demo_account, project, project_files
from sensource_dagster.cli.dagster_instance import storage_config
from sensource_dagster.cli.dagster_processes import free_port, serve
from sensource_dagster.config.env_file import handed_to_dagster
from sensource_dagster.config.parsers import is_loopback
from sensource_dagster.config.project_folder import DAGSTER_HOME, WORKSPACE
from sensource_dagster.simulator import serving


def run(host: str, port: int | None) -> int:
    settings = project.enter_to_serve()
    port = free_port(host, port)
    if settings.has_credentials:
        storage_config(Path(os.environ[DAGSTER_HOME]))  # says what is wrong more plainly than Dagster
        _announce(host, port, settings.account)
        return _dg_dev(host, port, handed_to_dagster(Path.cwd(), os.environ), Path.cwd())
    _announce(host, port, "demo account, because no credentials are in the environment or .env")
    demo_account.make_home()
    with serving(demo_account.options(datetime.now(demo_account.ZONE).date())) as simulator:
        return _dg_dev(host, port, demo_account.environment(simulator), demo_account.home())


def _announce(host: str, port: int, account: str) -> None:
    click.echo(f"http://{host}:{port} will serve the {account}.")
    if not is_loopback(host):
        click.echo("Whoever reaches that port can start runs: the UI asks nobody for a password.")


def _dg_dev(host: str, port: int, environment: Mapping[str, str], folder: Path) -> int:
    command = [str(Path(sys.executable).with_name("dg")), "dev"]
    command += ["--workspace", str(project_files.path_of(WORKSPACE, Path.cwd()))]
    command += ["--host", host, "--port", str(port), "--log-level", "warning"]
    # In the demo's folder there is no .env that could lead it to the real account.
    return serve(command, folder, environment, host, port)
