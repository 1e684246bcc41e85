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
COPIED = (
    *("sensource_dagster", "sensource_dagster_tests", "pyproject.toml"),
    *("dagster.yaml", "workspace.yaml", ".env.example"),
)
# For the processes that a test starts: wherever they work, mutmut looks there for its settings.
IN_EACH_PROCESS = """\
import os
from pathlib import Path

if "MUTANT_UNDER_TEST" in os.environ:
    from mutmut.configuration import config

    folder = os.getcwd()
    os.chdir(Path(__file__).parent)
    config()
    os.chdir(folder)
"""


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
    """What became of the mutants of a module. Those that ran too long are killed as well."""

    module: str
    killed: int
    too_slow: int
    survivors: list[Survivor]

    @property
    def mutants(self) -> int:
        return self.killed + len(self.survivors)

    @property
    def numbers(self) -> tuple[int, int, int]:
        return self.mutants, self.killed, self.too_slow

    @property
    def share(self) -> float:
        return self.killed / self.mutants


def run(module: str, tests: list[str], children: int) -> Outcome:
    """Make each mutant of a module (`vea/windows.py`) and run its tests (`vea/test_windows.py`) on it.

    Raises:
        subprocess.CalledProcessError: mutmut could not run, for instance since a test fails without any mutant.
    """
    folder = COPIES / module.removesuffix(".py").replace("/", ".")
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "mutants").mkdir(parents=True)  # there before Python starts, which remembers what was not
    (folder / "mutants" / "sitecustomize.py").write_text(IN_EACH_PROCESS)
    for name in COPIED:
        copy = shutil.copytree if (PROJECT / name).is_dir() else shutil.copy
        copy(PROJECT / name, folder / name)
    paths = [f"sensource_dagster_tests/{test}" for test in tests]
    memory = Path("/dev/shm")  # the tests write many DuckDB files
    with (
        (folder / "mutmut.log").open("w+") as log,
        TemporaryDirectory(prefix="mutants-", dir=memory if memory.is_dir() else None) as temporary,
    ):
        command = [sys.executable, "-m", f"{__package__}.in_copy", module, str(children), *paths]
        # The copy comes first, also for the processes that a test starts.
        environment = {
            **os.environ,
            "PYTHONPATH": str(folder / "mutants"),
            "PYTEST_DEBUG_TEMPROOT": temporary,
        }
        ended = subprocess.run(
            command, cwd=folder, env=environment, stdout=log, stderr=subprocess.STDOUT, check=False
        )
        if ended.returncode:
            log.seek(0)
            raise subprocess.CalledProcessError(ended.returncode, command, log.read())
    outcome = json.loads((folder / "outcome.json").read_text())
    survivors = [Survivor(**survivor) for survivor in outcome["survivors"]]
    return Outcome(module, outcome["killed"], outcome["too_slow"], survivors)
