"""Which files of the history a process keeps open."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sensource_dagster.instance.batched_event_log import BatchedEventLog


def open_files(folder: Path) -> set[str]:
    """The history's files that this process has open."""
    targets = [os.path.realpath(link) for link in Path("/proc/self/fd").iterdir()]
    return {Path(target).stem for target in targets if target.startswith(str(folder)) and target.endswith(".db")}


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="Linux lists a process's open files there")
def test_a_server_that_looks_at_many_runs_keeps_few_of_their_files_open_and_in_the_end_none(
    tmp_path: Path,
) -> None:
    log = BatchedEventLog(str(tmp_path))

    for number in range(40):
        log.get_logs_for_run(f"run-{number}")
    assert open_files(tmp_path) == {f"run-{number}" for number in range(24, 40)}

    log.get_logs_for_run("run-24")
    log.get_logs_for_run("run-0")
    assert {"run-0", "run-24"} <= open_files(tmp_path)
    assert "run-25" not in open_files(tmp_path)

    log.delete_events("run-24")
    assert "run-24" not in open_files(tmp_path)

    log.dispose()
    assert open_files(tmp_path) == set()


def test_a_run_that_another_process_has_deleted_has_no_events(tmp_path: Path) -> None:
    log, other = BatchedEventLog(str(tmp_path)), BatchedEventLog(str(tmp_path))
    log.get_logs_for_run("run")
    log.dispose()
    other.delete_events("run")

    assert log.get_logs_for_run("run") == []

    log.dispose()
    other.dispose()
