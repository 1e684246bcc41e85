"""What deploy/compose/compose.yaml runs, without containers: its commands as processes, with its files.

Only what a container network and its volumes would give is another: hosts, ports and folders.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from sensource_dagster_tests.end_to_end.dagster_dev import (
    PROJECT,
    QUICK_DAEMON,
    STARTS_WITHIN,
    DagsterDev,
    marked,
    processes_of,
)

COMPOSE = PROJECT / "deploy" / "compose"


def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((COMPOSE / "compose.yaml").read_text())
    return found


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@dataclass
class ComposeProcesses:
    """A project folder with the files of deploy/compose in it, and the three processes of Dagster."""

    folder: Path
    environment: Mapping[str, str]
    ports: Mapping[str, int] = field(default_factory=lambda: {"code": free_port(), "webserver": free_port()})
    _running: dict[str, tuple[subprocess.Popen[bytes], str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.printed.mkdir(exist_ok=True)
        shutil.copy(COMPOSE / "workspace.yaml", self.folder / "workspace.yaml")
        workspace = yaml.safe_load((COMPOSE / "workspace.yaml").read_text())
        server = workspace["load_from"][0]["grpc_server"]
        server.update(host="127.0.0.1", port=self.ports["code"])
        (self.folder / "workspace.yaml").write_text(yaml.safe_dump(workspace))

    @property
    def printed(self) -> Path:
        """Not `logs`: Dagster's telemetry takes the folder of that name away, if it holds anything."""
        return self.folder / "printed"

    @property
    def dagster(self) -> DagsterDev:
        return DagsterDev(self.ports["webserver"])

    def start(self, name: str) -> None:
        service = compose()["services"][name]
        program, *arguments = service["command"]
        at = dict(zip(("--host", "--port"), ("127.0.0.1", str(self.ports.get(name, 0))), strict=True))
        given = [at.get(before, text) for before, text in zip(["", *arguments], arguments, strict=False)]
        # Not its hosts and passwords.
        of_dagster = {key: text for key, text in service["environment"].items() if key.startswith("DAGSTER_")}
        environment, mark = marked({**of_dagster, **self.environment})
        with (self.printed / name).open("a") as log:
            process = subprocess.Popen(
                [Path(sys.executable).with_name(program), *given],
                cwd=self.folder,
                env=environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._running[name] = process, mark

    def kill(self, name: str) -> None:
        """As the machine of this container would end it: with all that it has started."""
        self._end(name, signal.SIGKILL)

    def end(self) -> None:
        for name in (*self._running,):
            self._end(name, signal.SIGTERM)

    def _end(self, name: str, how: signal.Signals) -> None:
        process, mark = self._running.pop(name)
        deadline = time.monotonic() + 60
        while alive := processes_of(mark):
            for pid in alive:
                with suppress(ProcessLookupError):
                    os.kill(pid, how if time.monotonic() < deadline else signal.SIGKILL)
            process.poll()  # it would stay as a zombie
            time.sleep(0.2)
        process.wait()

    def logs(self) -> str:
        return "\n".join(f"== {log.name}\n{log.read_text()[-3000:]}" for log in self.printed.iterdir())

    def wait_for_code(self) -> None:
        deadline = time.monotonic() + STARTS_WITHIN
        while True:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.ports["code"]), timeout=1):
                return
            assert time.monotonic() < deadline, self.logs()
            time.sleep(0.3)


@contextmanager
def compose_processes(folder: Path, environment: Mapping[str, str]) -> Iterator[ComposeProcesses]:
    """Start them in the order of compose.yaml, and wait until the web server responds."""
    others = {name: text for name, text in os.environ.items() if not name.startswith(("SENSOURCE_", "DAGSTER"))}
    search_path = [str(QUICK_DAEMON), *filter(None, [others.get("PYTHONPATH")])]
    made = {**others, "DAGSTER_HOME": str(folder), "PYTHONPATH": os.pathsep.join(search_path), **environment}
    parts = ComposeProcesses(folder, made)
    try:
        parts.start("code")
        parts.wait_for_code()
        parts.start("webserver")
        parts.start("daemon")
        deadline = time.monotonic() + STARTS_WITHIN
        while not parts.dagster.is_up():
            assert time.monotonic() < deadline, parts.logs()
            time.sleep(0.3)
        yield parts
    finally:
        parts.end()
