"""`sensource dev`: `dg dev` for the configured account, or for the demo's where none is configured."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import click

from sensource_dagster.cli import demo_account, project, project_files
from sensource_dagster.cli.dagster_instance import storage_config
from sensource_dagster.config.env_file import handed_to_dagster
from sensource_dagster.config.project_folder import DAGSTER_HOME, WORKSPACE
from sensource_dagster.simulator import serving


def run(port: int | None) -> int:
    settings = project.enter_to_serve()
    if settings.has_credentials:
        click.echo(f"Serving the {settings.account}.")
        storage_config(Path(os.environ[DAGSTER_HOME]))  # says what is wrong more plainly than Dagster
        return _dg_dev(port, handed_to_dagster(Path.cwd(), os.environ), Path.cwd())
    click.echo("No credentials in the environment or .env, so this serves the demo account, with data of its own.")
    demo_account.make_home()
    with serving(demo_account.options(datetime.now(demo_account.ZONE).date())) as simulator:
        return _dg_dev(port, demo_account.environment(simulator), demo_account.home())


def _dg_dev(port: int | None, environment: Mapping[str, str], folder: Path) -> int:
    command = [str(Path(sys.executable).with_name("dg")), "dev"]
    command += ["--workspace", str(project_files.path_of(WORKSPACE, Path.cwd()))]
    if port:
        command += ["--port", str(port)]
    # In the demo's folder there is no .env that could lead it to the real account.
    with subprocess.Popen(command, cwd=folder, env=dict(environment)) as process:
        # Ctrl-C reaches Dagster as well, what a supervisor sends only us. Either way it ends in its own time.
        signal.signal(signal.SIGTERM, lambda _signal, _frame: process.send_signal(signal.SIGINT))
        while process.poll() is None:
            with suppress(KeyboardInterrupt):
                process.wait()
    return process.returncode
