"""Runs mutmut on one module: in a copy of the project, with the tests that are named for the module."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from sensource_dagster_tests.documentation import PROJECT

COPIES = PROJECT / ".mutants"  # each module has its own: to look closer, `mutmut show` or `mutmut browse` there
COPIED = ("sensource_dagster", "sensource_dagster_tests", "pyproject.toml", "dagster.yaml", ".env.example", "workspace.yaml")


@dataclass(frozen=True)
class Survivor:
    """A mutant that no test noticed: in which function, and which lines became which.

    Attributes:
        status: "survived"; "no tests" if no test calls the function; or what else happened, such as "segfault".
    """

    function: str
    was: str
    becomes: str
    status: str

    def __str__(self) -> str:
        return f"`{self.function}`: `{self.was}` → `{self.becomes}`"


@dataclass(frozen=True)
class Outcome:
    """What became of the mutants of a module. One that ran too long, or was never reached, has its own count."""

    module: str
    killed: int
    too_long: int
    survivors: list[Survivor]

    @property
    def mutants(self) -> int:
        return self.killed + self.too_long + len(self.survivors)


def run(module: str, tests: list[str], children: int) -> Outcome:
    """Make each mutant of a module (`vea/windows.py`) and run its tests (`vea/test_windows.py`) on it.

    Raises:
        subprocess.CalledProcessError: mutmut could not run, for instance since a test fails without any mutant.
    """
    folder = COPIES / module.removesuffix(".py").replace("/", ".")
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "mutants").mkdir(parents=True)  # there before Python starts, which remembers what was not
    for name in COPIED:
        copy = shutil.copytree if (PROJECT / name).is_dir() else shutil.copy
        copy(PROJECT / name, folder / name)
    paths = [f"sensource_dagster_tests/{test}" for test in tests]
    room = Path("/dev/shm")  # hundreds of tests write DuckDB files
    log = (folder / "mutmut.log").open("w")
    with log, TemporaryDirectory(prefix="mutants-", dir=room if room.is_dir() else None) as temporary:
        subprocess.run(
            [sys.executable, "-m", f"{__package__}.in_copy", module, str(children), *paths],
            cwd=folder,
            # The copy comes first, also for the processes that a test starts.
            env={**os.environ, "PYTHONPATH": f"{folder / 'mutants'}", "PYTEST_DEBUG_TEMPROOT": temporary},
            stdout=log,
            stderr=subprocess.STDOUT,
            check=True,
        )
    outcome = json.loads((folder / "outcome.json").read_text())
    return Outcome(module, outcome["killed"], outcome["too_long"], [Survivor(**each) for each in outcome["survivors"]])
