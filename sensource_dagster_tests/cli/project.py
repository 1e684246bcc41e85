"""A copy of the project in a folder of its own, and the command `sensource` as it is run there."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from click.testing import CliRunner, Result
from dagster import DagsterInstance

from sensource_dagster.cli import main
from sensource_dagster.config import project_folder
from sensource_dagster.simulator import RunningSimulator
from sensource_dagster_tests.end_to_end.dagster_dev import project_folder as copy_of_project
from sensource_dagster_tests.end_to_end.sync import Sync, variables_of
from sensource_dagster_tests.fork_server import ForkedProcess, fork


def sensource(folder: str, *arguments: str) -> None:
    """The command, as a main program that is installed in this project folder."""
    project_folder.CLONE = Path(folder)
    main(arguments)


@dataclass(frozen=True)
class Project:
    folder: Path
    simulator: RunningSimulator
    variables: Mapping[str, str]

    @property
    def environment(self) -> dict[str, str]:
        others = {
            name: text for name, text in os.environ.items() if not name.startswith(("SENSOURCE_", "DAGSTER"))
        }
        return {**others, "PYTHONPATH": str(self.folder), "XDG_CACHE_HOME": str(self.folder / "cache")}

    @contextmanager
    def started(self, *arguments: str, stdout: int | None = None) -> Iterator[ForkedProcess]:
        """The command in a process, and a process group, of its own, which does not outlive the block."""
        with fork(
            sensource,
            str(self.folder),
            *arguments,
            folder=self.folder.parent,  # it has to find the project folder by itself
            environment=self.environment,
            stdout=stdout,
        ) as process:
            try:
                yield process
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)

    def run(self, *arguments: str) -> tuple[int, str]:
        """Exit status and what it printed."""
        with self.started(*arguments) as process:
            printed, _ = process.communicate()
            return process.wait(), printed

    @contextmanager
    def entered(self) -> Iterator[None]:
        """This process as if it had been started there."""
        before = Path.cwd()
        with (
            mock.patch.dict(os.environ, self.environment, clear=True),
            mock.patch.object(project_folder, "CLONE", self.folder),
        ):
            os.chdir(self.folder)
            try:
                yield
            finally:
                os.chdir(before)

    def invoke(self, *arguments: str) -> Result:
        """The command in this process, which is faster; not for commands that run jobs."""
        with self.entered():
            return CliRunner().invoke(main, arguments)

    @contextmanager
    def sync(self) -> Iterator[Sync]:
        """The project's own history and warehouse, to look at, and to run jobs that `sensource` did not start."""
        with (
            self.entered(),
            mock.patch.dict(os.environ, self.variables),
            DagsterInstance.from_config(str(self.folder)) as instance,
        ):
            yield Sync(self.simulator, instance, self.variables)


def make_project(folder: Path, simulator: RunningSimulator, **others: str) -> Project:
    variables = variables_of(simulator, folder, **others)
    project = copy_of_project(folder / "project", variables)
    return Project(project, simulator, variables)


def until(seen: Callable[[], bool], process: ForkedProcess) -> None:
    """Wait for something that a running command brings about."""
    while not seen():
        assert process.poll() is None, process.stdout and process.stdout.read()
        time.sleep(0.02)
