"""`sensource dev` ended by a supervisor while a run is in flight: real processes, an account that is silent."""

from __future__ import annotations

import os
import re
import signal
import socket
import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from dagster import DagsterRunStatus

from sensource_dagster.simulator import ManualClock, Options, RunningSimulator, serving
from sensource_dagster_tests.cli.backfills import FOR_EVER, TRAFFIC, requested_days
from sensource_dagster_tests.cli.project import Project
from sensource_dagster_tests.end_to_end.dagster_dev import CLIENT, QUICK_DAEMON, started
from sensource_dagster_tests.own_account import POOL

DEV = [sys.executable, "-c", "from sensource_dagster.cli import main; main()", "dev"]
SERVING = re.compile(r"^http://127\.0\.0\.1:(\d+) will serve the .*^Ready\.", re.DOTALL | re.MULTILINE)
BUSY = 5  # times slower than an idle machine, with other tests beside this one


@pytest.fixture
def simulator(clock: ManualClock) -> Iterator[RunningSimulator]:
    with serving(Options(client_id=CLIENT), clock) as running:
        yield running


def command() -> list[str]:
    """On a port that no other test takes: two that start at the same time may both find the default one free."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return [*DEV, "--port", str(free.getsockname()[1])]


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


@pytest.mark.slow
@pytest.mark.parametrize("is_stuck", [False, True], ids=["a run that waits", "a run that reacts to nothing"])
def test_sigterm_ends_all_processes_of_a_dev_that_ignores_sigint_and_its_run_goes_on_after_the_next_start(
    project: Project, simulator: RunningSimulator, tmp_path: Path, is_stuck: bool
) -> None:
    log = tmp_path / "dev.log"
    environment = {**project.environment, "PYTHONPATH": os.pathsep.join([str(QUICK_DAEMON), str(project.folder)])}

    def serving() -> int | None:
        said = SERVING.search(log.read_text())
        return int(said[1]) if said else None

    simulator.faults.next(FOR_EVER, path=TRAFFIC)
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # as `nohup make dev &` in a script has it
    try:
        with started(command(), project.folder, environment, log, serving) as dagster:
            signal.signal(signal.SIGINT, before)
            backfill = dagster.launch([date(2025, 7, 2)])
            dagster.until("a run is in flight", lambda: requested_days(simulator, TRAFFIC) or None)
            everything = dagster.processes()
            [dev] = [pid for pid in everything if os.getpgid(pid) == pid and parent_of(pid) == os.getpid()]
            if is_stuck:
                [run] = [pid for pid in everything if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]
                os.kill(run, signal.SIGSTOP)
            begun = time.monotonic()
            os.kill(dev, signal.SIGTERM)
            while dagster.processes():
                assert time.monotonic() - begun < 10 * BUSY, log.read_text()
                time.sleep(0.1)
    finally:
        signal.signal(signal.SIGINT, before)
    assert log.read_text().splitlines()[1:] == [
        "Ready. Ctrl-C ends it.",
        "Stopping …",
        "Stopped. A run that was stopped goes on after the next start.",
    ]
    if not is_stuck:
        with project.sync() as sync:
            [run_of_backfill] = sync.instance.get_runs()
            assert run_of_backfill.status is DagsterRunStatus.FAILURE
            assert not sync.instance.event_log_storage.get_concurrency_info(POOL).claimed_slots
    with started(command(), project.folder, environment, log, serving) as dagster:
        assert dagster.ended(backfill) == "COMPLETED_SUCCESS"
