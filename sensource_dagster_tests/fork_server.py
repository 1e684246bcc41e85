"""Processes that begin with Dagster already imported, which takes longer than most of what the tests run in them.

One server for each test process imports everything and then forks: for each request a keeper, which forks the
process asked for and waits for it. What is forked has its own session, environment, folder, standard streams and
signals, as a process that a shell starts has. The server has one thread, so that it can fork safely.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import IO

from sensource_dagster_tests import migrations
from sensource_dagster_tests.instances import new_instance

_PRELOADED = (
    "sensource_dagster.definitions",
    "sensource_dagster.cli.backfill",
    "sensource_dagster.instance.storage",
)
_MESSAGE_BYTES = 1 << 20


class ForkedProcess:
    """A running process, with the part of `subprocess.Popen` that the tests use."""

    def __init__(self, status: int, stdin: IO[str] | None, stdout: IO[str] | None) -> None:
        self._status = os.fdopen(status)
        self.stdin, self.stdout = stdin, stdout
        self.pid = int(self._status.readline())
        self.returncode: int | None = None

    def poll(self) -> int | None:
        if self.returncode is None and select.select([self._status], [], [], 0)[0]:
            self.returncode = int(self._status.readline())
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None and not select.select([self._status], [], [], timeout)[0]:
            raise TimeoutError(f"process {self.pid} did not end within {timeout} s")
        status = self.poll()
        assert status is not None
        return status

    def communicate(self, text: str = "", timeout: float | None = None) -> tuple[str, str]:
        """What it printed until its end; standard error goes the same way."""
        if self.stdin:
            self.stdin.write(text)
            self.stdin.close()
        printed = self.stdout.read() if self.stdout else ""
        self.wait(timeout)
        return printed, ""

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def __enter__(self) -> ForkedProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for stream in (self.stdin, self.stdout):
            if stream:
                stream.close()
        self.wait()
        self._status.close()


def fork(
    function: Callable[..., object],
    *arguments: str,
    folder: Path,
    environment: Mapping[str, str],
    stdout: int | None = None,
) -> ForkedProcess:
    """Call a module's function in a process of its own, as the main program of one.

    Args:
        function: found again by its name, so it has to be one of a module's own.
        arguments: texts that it is given.
        folder: where it runs.
        environment: all of its variables.
        stdout: where standard output and standard error go; without it, the process's `stdout` reads them.
    """
    (read_in, write_in), (read_status, write_status) = os.pipe(), os.pipe()
    read_out, write_out = (None, stdout) if stdout is not None else os.pipe()
    asked = {
        "call": [function.__module__, function.__qualname__],
        "arguments": arguments,
        "folder": str(folder),
        "environment": dict(environment),
    }
    with _server() as server:
        socket.send_fds(server, [json.dumps(asked).encode()], [read_in, write_out, write_status])
    for descriptor in (read_in, write_status, *([write_out] if read_out is not None else [])):
        os.close(descriptor)
    return ForkedProcess(
        read_status, os.fdopen(write_in, "w"), os.fdopen(read_out) if read_out is not None else None
    )


def _server() -> socket.socket:
    """A connection to this process's server, which serves one request by it."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    connection.connect(_address())
    return connection


@cache
def _address() -> str:
    address = f"\0sensource-tests-{os.getpid()}"
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listening.bind(address)
    listening.listen()
    # The settings of the tests that run now are none of its own: each request brings all its variables.
    plain = {name: text for name, text in os.environ.items() if not name.startswith(("SENSOURCE_", "DAGSTER"))}
    command = [sys.executable, "-m", __name__, str(listening.fileno())]
    server = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, env=plain, pass_fds=[listening.fileno()], start_new_session=True
    )
    listening.close()
    atexit.register(server.kill)
    return address


def _serve(listening: socket.socket) -> None:
    for module in _PRELOADED:
        import_module(module)
    migrations.read_once()
    with TemporaryDirectory() as folder, new_instance(Path(folder)):
        pass
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the keepers
    test_process = os.getppid()
    while os.getppid() == test_process:
        if not select.select([listening], [], [], 1)[0]:
            continue
        connection, _ = listening.accept()
        with connection:
            message, descriptors, _, _ = socket.recv_fds(connection, _MESSAGE_BYTES, 3)
        if os.fork() == 0:
            listening.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _keep(json.loads(message), *descriptors)
        for descriptor in descriptors:
            os.close(descriptor)


def _keep(asked: Mapping[str, object], stdin: int, stdout: int, status: int) -> None:
    process = os.fork()
    if process == 0:
        os.close(status)
        _become(asked, stdin, stdout)
    for descriptor in (stdin, stdout):
        os.close(descriptor)
    os.write(status, f"{process}\n".encode())
    os.write(status, f"{os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])}\n".encode())
    os._exit(0)


def _become(asked: Mapping[str, object], stdin: int, stdout: int) -> None:
    """Run the function as a main program, and end."""
    code: object = 1
    try:
        os.setsid()
        for descriptor, standard in ((stdin, 0), (stdout, 1), (stdout, 2)):
            os.dup2(descriptor, standard)
        for descriptor in (stdin, stdout):
            os.close(descriptor)
        sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w", buffering=1), open(2, "w", buffering=1)  # noqa: SIM115
        signal.signal(signal.SIGINT, signal.default_int_handler)
        environment, call, arguments = asked["environment"], asked["call"], asked["arguments"]
        assert isinstance(environment, dict)
        assert isinstance(call, Sequence)
        assert isinstance(arguments, Sequence)
        os.environ.clear()
        os.environ.update(environment)
        time.tzset()
        os.chdir(str(asked["folder"]))
        code = getattr(import_module(call[0]), call[1])(*arguments) or 0
    except SystemExit as end:
        code = end.code
    except BaseException:  # noqa: BLE001 # as Python ends a main program
        traceback.print_exc()
    if isinstance(code, str):
        print(code, file=sys.stderr)
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
