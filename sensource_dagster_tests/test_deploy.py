"""The service and the container file start what the project has, and end it as it ends."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import click
import pytest

from sensource_dagster.cli import main
from sensource_dagster.cli.dagster_processes import _ENDS_WITHIN
from sensource_dagster_tests.documentation import PROJECT, text_of

UNIT, CONTAINERFILE = text_of("deploy/sensource-dagster.service"), text_of("deploy/Containerfile")
HOME = "/opt/sensource_dagster"


def started(command: list[str]) -> click.Context:
    """The arguments of `sensource` as it reads them; it does not run."""
    name, *arguments = command
    return main.commands[name].make_context(name, arguments)


def test_the_service_starts_dev_on_loopback_and_waits_longer_for_its_end_than_that_takes() -> None:
    [command] = re.findall(rf"^ExecStart={HOME}/\.venv/bin/sensource (.*)$", UNIT, re.MULTILINE)
    assert started(command.split()).params == {"host": "127.0.0.1", "port": 3000}
    [seconds] = re.findall(r"^TimeoutStopSec=(\d+)$", UNIT, re.MULTILINE)
    assert int(seconds) > _ENDS_WITHIN + 5
    assert "KillMode=mixed" in UNIT


def test_systemd_accepts_the_service(tmp_path: Path) -> None:
    verify = shutil.which("systemd-analyze")
    if verify is None:
        pytest.skip("systemd-analyze is not installed")
    script = tmp_path / ".venv" / "bin" / "sensource"
    script.parent.mkdir(parents=True)
    script.write_text("#!/bin/sh\n")
    script.chmod(0o755)
    unit = tmp_path / "sensource-dagster.service"
    unit.write_text(UNIT.replace(HOME, str(tmp_path)))
    done = subprocess.run([verify, "verify", str(unit)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_image_gets_files_that_exist_and_neither_the_settings_nor_the_data() -> None:
    copied = [line.split()[1:-1] for line in CONTAINERFILE.splitlines() if line.startswith("COPY ")]
    names = [name for line in copied for name in line]
    assert {"sensource_dagster", "constraints.txt", "dagster.yaml", "workspace.yaml"} <= set(names)
    for name in names:
        assert (PROJECT / name).exists(), name
    assert not {".", ".env", "data"} & set(names)


def test_the_container_starts_dev_where_its_health_check_looks_and_not_as_root() -> None:
    [command] = re.findall(r"^CMD (\[.*\])$", CONTAINERFILE, re.MULTILINE)
    program, *arguments = json.loads(command)
    assert program == "sensource"
    assert started(arguments).params == {"host": "0.0.0.0", "port": 3000}
    assert "urlopen('http://127.0.0.1:3000/server_info'" in CONTAINERFILE
    assert re.search(r"^USER [1-9]\d*$", CONTAINERFILE, re.MULTILINE)
