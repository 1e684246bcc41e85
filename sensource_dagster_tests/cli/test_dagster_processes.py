"""What `sensource dev` prints, and how it ends what it has started, with small commands in Dagster's place."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import pytest

from sensource_dagster.cli.dagster_processes import free_port
from sensource_dagster_tests.end_to_end.dagster_dev import marked, processes_of

SERVE = """
import os, sys
from pathlib import Path
from sensource_dagster.cli import dagster_processes
dagster_processes._ENDS_WITHIN = float(sys.argv[1])
sys.exit(dagster_processes.serve(sys.argv[3:], Path.cwd(), os.environ, "127.0.0.1", int(sys.argv[2])))
"""
# Listens, and has a process of its own that goes on until it is told to end.
LISTENS = """
import socket, subprocess, sys, time
subprocess.Popen([sys.executable, "-c", "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
                  + sys.argv[2] + "; print('begun', flush=True); time.sleep(1000)"])
listening = socket.create_server(("127.0.0.1", int(sys.argv[1])))
time.sleep(1000)
"""
DEAF = "signal.signal(signal.SIGINT, signal.SIG_IGN)"


@contextmanager
def served(
    folder: Path, *command: str, ignored: tuple[signal.Signals, ...] = (), ends_within: float = 60, port: int = 9
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    environment, mark = marked({**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})
    before = {number: signal.signal(number, signal.SIG_IGN) for number in ignored}  # as nohup and a script's & do
    arguments = [sys.executable, "-c", SERVE, str(ends_within), str(port), sys.executable, "-c", *command]
    with subprocess.Popen(
        arguments, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        for number, handler in before.items():
            signal.signal(number, handler)
        try:
            yield process, mark
        finally:
            for pid in processes_of(mark):
                os.kill(pid, signal.SIGKILL)


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


@pytest.mark.parametrize("asked", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_each_signal_ends_all_processes(tmp_path: Path, asked: signal.Signals) -> None:
    port = free_port("127.0.0.1", None)
    with served(tmp_path, LISTENS, str(port), "pass", port=port) as (process, mark):
        assert {line(process), line(process)} == {"begun", "Ready. Ctrl-C ends it."}
        assert len(processes_of(mark)) == 3
        process.send_signal(asked)
        assert process.wait() == 0
        assert not processes_of(mark)
        assert (line(process), line(process)[:8], line(process)) == ("Stopping …", "Stopped.", "")


def test_started_with_ignored_signals_it_goes_on_after_them_and_sigterm_ends_it(tmp_path: Path) -> None:
    ignored = (signal.SIGINT, signal.SIGHUP)
    port = free_port("127.0.0.1", None)
    with served(tmp_path, LISTENS, str(port), "pass", port=port, ignored=ignored) as (process, mark):
        assert {line(process), line(process)} == {"begun", "Ready. Ctrl-C ends it."}
        for number in ignored:
            process.send_signal(number)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.5)
        process.terminate()
        assert process.wait() == 0
        assert not processes_of(mark)


def test_a_process_that_does_not_end_is_killed(tmp_path: Path) -> None:
    port = free_port("127.0.0.1", None)
    with served(tmp_path, LISTENS, str(port), DEAF, port=port, ends_within=0.5) as (process, mark):
        assert {line(process), line(process)} == {"begun", "Ready. Ctrl-C ends it."}
        process.terminate()
        assert process.wait() == 0
        assert not processes_of(mark)


@pytest.mark.parametrize("status", [0, 3])
def test_an_end_by_itself_is_an_error_and_leaves_no_process(tmp_path: Path, status: int) -> None:
    port = free_port("127.0.0.1", None)
    ends = LISTENS.replace("time.sleep(1000)\n", f"sys.exit({status})\n")
    with served(tmp_path, ends, str(port), "pass", port=port) as (process, mark):
        printed = process.communicate()[0]
        assert process.returncode == (status or 1)
        assert "Dagster ended by itself." in printed
        assert not processes_of(mark)


def test_what_runs_log_for_their_history_is_left_out_and_all_else_is_shown(
    tmp_path: Path,
) -> None:
    shown = [
        "2026-11-26 18:25:25 +0000 - dagster - ERROR - counts - 6cf8 - Execution of step failed.",
        "Traceback (most recent call last):",
        "2026-11-26 18:25:25 +0000 - dagster.daemon - WARNING - The disk is full",
        "printed by an asset",
    ]
    left_out = [
        "2026-11-26 18:25:25 +0000 - dagster - DEBUG - counts - 6cf8 - Started",
        "2026-11-26 18:25:25 +0000 - dagster - INFO - counts - 6cf8 - Merged 24 rows",
        "2026-11-26 18:22:48 +0000 - dagster.daemon.EventLogConsumerDaemon - WARNING - No cursor for event type X",
    ]
    with served(tmp_path, f"print('\\n'.join({[*left_out, *shown]!r}))") as (process, _):
        assert process.communicate()[0].splitlines()[:-1] == shown


def test_it_goes_on_when_nobody_reads_what_it_prints(tmp_path: Path) -> None:
    many = "import pathlib\nfor n in range(9999): print('x' * 99)\npathlib.Path('done').touch()"
    with served(tmp_path, many) as (process, _):
        assert process.stdout
        process.stdout.close()
        process.wait()
        assert (tmp_path / "done").exists()


def test_a_port_in_use_is_named_with_what_to_do_and_without_a_wish_another_one_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as used:
        port = used.getsockname()[1]
        with pytest.raises(click.ClickException, match=rf"cannot listen at 127\.0\.0\.1:{port}: .* --port"):
            free_port("127.0.0.1", port)
        assert free_port("127.0.0.1", None) not in (0, port)
