"""The processes of `dg dev`: what they print, and their end, which comes within ten seconds."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import click

_USUAL_PORT = 3000
_ENDS_WITHIN = 7.0  # seconds, then what is left is killed: supervisors wait for ten
_LOOKS_EVERY = 0.2  # seconds
# The history has what a run logs. The last is Dagster's warning that nothing has happened yet.
_LEFT_OUT = re.compile(r" - dagster - (DEBUG|INFO) - | - No cursor for event type ")


def free_port(host: str, port: int | None) -> int:
    """The port, if nobody listens at it; without one, 3000 or else any free one.

    Raises:
        ClickException: the address cannot be listened at.
    """
    for wanted in [port] if port else [_USUAL_PORT, 0]:
        try:
            with socket.create_server((host, wanted)) as listening:
                return int(listening.getsockname()[1])
        except OSError as error:
            why = error
    raise click.ClickException(
        f"The UI cannot listen at {host}:{port or 'any port'}: {os.strerror(why.errno or 0)}. If another "
        "`make dev` runs, end it, or use another --port."
    )


def serve(command: Sequence[str], folder: Path, environment: Mapping[str, str], host: str, port: int) -> int:
    """Run a command that serves at this address until a signal asks for its end; the exit status.

    It gets a session of its own. So Ctrl-C reaches only this process, and one call reaches all that the command
    has started, runs included.
    """
    with (
        _end_asked_for() as asked,
        subprocess.Popen(
            command,
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        ) as process,
    ):
        printing = threading.Thread(target=_print, args=(process, asked), daemon=True)
        printing.start()
        ready = False
        while process.poll() is None and not asked:
            time.sleep(_LOOKS_EVERY)
            if not ready and _is_listened_at(host, port):
                ready = True
                _say("Ready. Ctrl-C ends it.")
        by_itself = not asked
        if not by_itself:
            _say("Stopping …")
        _end(process.pid, printing)
    if by_itself:
        _say("Dagster ended by itself. Its last lines above may say why; if so, mend that, and start again.")
        return process.returncode or 1
    _say("Stopped. A run that was stopped goes on after the next start.")
    return 0


@contextmanager
def _end_asked_for() -> Iterator[list[int]]:
    """The signals that have asked for the end.

    One that is ignored from the start, as `nohup` and `&` in a script have it, asks for nothing. It has a handler
    all the same: a process that is started without one ignores it too, and could not be ended by it.
    """
    asked: list[int] = []
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM)}

    def note(number: int, _frame: object) -> None:
        if before[signal.Signals(number)] is not signal.SIG_IGN or number == signal.SIGTERM:
            asked.append(number)

    for number in before:
        signal.signal(number, note)
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _print(process: subprocess.Popen[str], asked: Sequence[int]) -> None:
    """Print what the processes print, until all have ended. The tracebacks of an asked-for end say nothing."""
    assert process.stdout  # noqa: S101 # it is a pipe
    for line in process.stdout:
        if not asked and not _LEFT_OUT.search(line):
            _say(line.rstrip("\n"))


def _say(text: str) -> None:
    with suppress(OSError):  # a terminal that was closed, or a pipe that nobody reads: neither may hold Dagster up
        click.echo(text)


def _is_listened_at(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True


def _end(group: int, printing: threading.Thread) -> None:
    """End all processes of the group. A run marks itself as failed, or the next start does."""
    for number in (signal.SIGINT, signal.SIGKILL):
        with suppress(ProcessLookupError, PermissionError):  # PermissionError: macOS, of processes that have ended
            os.killpg(group, number)
        printing.join(_ENDS_WITHIN if number == signal.SIGINT else 1)
