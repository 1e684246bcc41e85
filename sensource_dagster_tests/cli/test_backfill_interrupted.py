"""Ctrl-C at a terminal, at moments at which a command is busy with something else: one line, and no traceback."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from sensource_dagster.automation import publishing
from sensource_dagster.cli import publishing_run
from sensource_dagster.simulator import RunningSimulator
from sensource_dagster.warehouse import io_manager
from sensource_dagster.warehouse import merge as merge_module
from sensource_dagster_tests.cli.backfills import CANCELED, FIRST, RANGE, SUCCESS, runs
from sensource_dagster_tests.cli.project import Project, make_project, sensource
from sensource_dagster_tests.fork_server import fork

STOPPED = re.compile(
    r"Stopped; (\d+) of (\d+) days were read(?:, ([\d,]+) rows are kept)?\. "
    r"To go on, run the same command again\."
)
WHEN_IMPORTED = """
import os, signal, sys
class Interrupts:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name == "dagster":
            os.kill(0, signal.SIGINT)
sys.meta_path.insert(0, Interrupts)
from sensource_dagster.cli import main
main()
"""


def ctrl_c() -> None:
    """As a terminal sends it: to all processes of the group."""
    os.killpg(0, signal.SIGINT)


def interrupted_in_a_merge(folder: str, *arguments: str) -> None:
    merge: Callable[..., Any] = merge_module.merge

    def interrupted(*given: Any, **named: Any) -> Any:
        if named["window"] is None:  # of a list
            return merge(*given, **named)
        threading.Timer(0.01, ctrl_c).start()
        return merge(*given, **named)

    with mock.patch.object(io_manager, "merge", interrupted):
        sensource(folder, *arguments)


def interrupted_while_publishing(folder: str, *arguments: str) -> None:
    outdated = publishing.outdated

    def interrupted(*given: Any) -> Any:
        ctrl_c()
        return outdated(*given)

    with mock.patch.object(publishing_run, "outdated", interrupted):
        sensource(folder, *arguments)


def lines_shown(project: Project, function: Callable[..., None]) -> tuple[int, list[str]]:
    """Exit status, and what a terminal shows below the bar."""
    ours, its = os.openpty()
    with fork(
        function,
        str(project.folder),
        "backfill",
        *RANGE,
        folder=project.folder,
        environment={**project.environment, "COLUMNS": "80"},
        stdout=its,
    ) as process:
        os.close(its)
        shown = b""
        with suppress(OSError):  # how Linux says that the other side is closed
            while block := os.read(ours, 65536):
                shown += block
        os.close(ours)
        status = process.wait()
    text = re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", shown.decode())
    return status, [line for line in re.split(r"[\r\n]+", text) if line.strip() and "left:" not in line]


@pytest.mark.slow
def test_in_the_middle_of_a_merge(project: Project, simulator: RunningSimulator) -> None:
    status, lines = lines_shown(project, interrupted_in_a_merge)
    assert status == 130
    assert len(lines) == 1, lines
    [line] = lines
    assert STOPPED.fullmatch(line)
    with project.sync() as sync:
        assert [ended for ended, *_ in runs(sync.instance)] == [CANCELED]
    status, printed = project.run("backfill", *RANGE)
    assert status == 0, printed


@pytest.mark.slow
def test_while_the_copy_is_made_all_days_are_counted_and_the_same_command_makes_the_copy(
    simulator: RunningSimulator, tmp_path: Path
) -> None:
    project = make_project(tmp_path, simulator, SENSOURCE_START_DATE=str(FIRST))
    status, lines = lines_shown(project, interrupted_while_publishing)
    assert status == 130
    assert len(lines) == 1, lines
    [line] = lines
    stopped = STOPPED.fullmatch(line)
    assert stopped
    assert stopped.groups()[:2] == ("65", "65")
    with project.sync() as sync:
        assert [ended for ended, *_ in runs(sync.instance)] == [SUCCESS] * 3
        rows = sum(len(sync.counts(name)) for name in ("traffic", "occupancy"))
    assert stopped[3] == f"{rows:,}"
    published = project.folder / "data" / "footfall.duckdb"
    assert not published.exists()
    status, printed = project.run("backfill", *RANGE)
    assert status == 0, printed
    assert published.exists()
    assert project.run("backfill", *RANGE)[1].startswith("Nothing to do")


@pytest.mark.slow
def test_during_the_imports_nothing_is_requested(project: Project, simulator: RunningSimulator) -> None:
    finished = subprocess.run(
        [sys.executable, "-c", WHEN_IMPORTED, "backfill", *RANGE],
        env=project.environment,
        cwd=project.folder,
        capture_output=True,
        text=True,
        check=False,
        start_new_session=True,
    )
    assert (finished.returncode, finished.stderr) == (130, "")
    assert finished.stdout == "Stopped before anything was read.\n"
    assert not simulator.requests
