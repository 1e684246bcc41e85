"""The health check: which runs are gone, told by real processes that live, end and are killed."""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import socket
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path
from signal import SIGKILL
from unittest import mock

import pytest
from dagster import DagsterInstance, DagsterRun, DagsterRunStatus
from dagster._core.events import EngineEventData
from dagster._core.launcher import CheckRunHealthResult, WorkerStatus
from dagster._core.test_utils import create_run_for_test

from sensource_dagster.instance import life_lock
from sensource_dagster.instance.in_process_run import free_slots_of_dead_runs
from sensource_dagster.instance.launcher import WatchedRunLauncher
from sensource_dagster.instance.life_lock import delete_old_locks, own_life
from sensource_dagster_tests.fork_server import fork
from sensource_dagster_tests.instance.waiting_run import END, execute_in_child, waiting_run
from sensource_dagster_tests.instances import instance

RUNNING, FAILED = WorkerStatus.RUNNING, WorkerStatus.FAILED


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def history(home: Path) -> Iterator[DagsterInstance]:
    with instance(home) as made:
        yield made


def health(history: DagsterInstance, run: DagsterRun) -> WorkerStatus:
    return checked(history, run).status


def checked(history: DagsterInstance, run: DagsterRun) -> CheckRunHealthResult:
    launcher = WatchedRunLauncher()
    launcher.register_instance(history)
    assert launcher.supports_check_run_worker_health
    return launcher.check_run_worker_health(run)


def of_life(history: DagsterInstance, life: Mapping[str, str], **tags: str) -> DagsterRun:
    """A run whose process has recorded this."""
    run: DagsterRun = create_run_for_test(history, tags=tags, status=DagsterRunStatus.STARTED)
    history.report_engine_event("Begun", run, EngineEventData(life))
    return run


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """What a process recorded that was killed."""
    home = tmp_path_factory.mktemp("killed") / "home"
    with instance(home) as history:
        with waiting_run(history, home) as (process, run):
            os.kill(process.pid, SIGKILL)
            process.wait()
        return recorded(history, run)


def recorded(history: DagsterInstance, run: DagsterRun) -> Mapping[str, str]:
    events = [entry.get_dagster_event() for entry in history.all_logs(run.run_id) if entry.is_dagster_event]
    lives = [event.engine_event_data.metadata for event in events if event.is_engine_event]
    [life] = [{name: str(text.value) for name, text in life.items()} for life in lives if "lock_file" in life]
    return life


def test_a_run_lives_until_its_process_is_killed(history: DagsterInstance, home: Path) -> None:
    with waiting_run(history, home) as (process, run):
        assert health(history, run) is RUNNING
        os.kill(process.pid, SIGKILL)
        process.wait()
        assert health(history, run) is FAILED


def health_elsewhere(home: str, run_id: str) -> None:
    """Prints the health as another container sees it: other pids, another host name, another folder for files."""
    new_uts_and_pid_namespaces = 0x04000000 | 0x20000000
    if ctypes.CDLL(None).unshare(new_uts_and_pid_namespaces):
        print("not allowed")
        return
    socket.sethostname("elsewhere")
    if child := os.fork():
        os.waitpid(child, 0)
        return
    with DagsterInstance.from_config(home) as history:
        run = history.get_run_by_id(run_id)
        assert run
        print(os.getpid(), socket.gethostname(), health(history, run).value)
    os._exit(0)


def test_a_run_that_lives_is_not_taken_for_gone_in_another_container_and_a_killed_one_is(
    history: DagsterInstance, home: Path, tmp_path: Path
) -> None:
    def seen(run: DagsterRun) -> str:
        environment = {**os.environ, "TMPDIR": str(tmp_path)}
        with fork(health_elsewhere, str(home), run.run_id, folder=tmp_path, environment=environment) as process:
            printed = process.communicate()[0].strip()
        if printed == "not allowed":
            pytest.skip("this user may not make namespaces")
        return printed

    with waiting_run(history, home) as (process, run):
        assert seen(run) == "1 elsewhere RUNNING"
        os.kill(process.pid, SIGKILL)
        process.wait()
        assert seen(run) == "1 elsewhere FAILED"


def test_a_process_that_ends_by_itself_leaves_no_file(history: DagsterInstance, home: Path) -> None:
    with waiting_run(history, home, execute_in_child) as (process, run):
        file = Path(recorded(history, run)["lock_file"])
        assert file.exists()
        (home / END).touch()
        assert process.wait() == 0
    assert not file.exists()
    assert history.get_run_by_id(run.run_id).status is DagsterRunStatus.SUCCESS  # type: ignore[union-attr]


def test_a_code_server_whose_socket_is_not_seen_from_here_says_nothing_about_its_runs(
    history: DagsterInstance, tmp_path: Path
) -> None:
    left_behind = tmp_path / "socket"
    with socket.socket(socket.AF_UNIX) as closed:
        closed.bind(str(left_behind))
    for address in (tmp_path / "in another tmp", left_behind):
        server = {".dagster/grpc_info": json.dumps({"host": "localhost", "socket": str(address)})}
        assert health(history, create_run_for_test(history, tags=server)) is RUNNING
        assert health(history, of_life(history, own_life(history), **server)) is RUNNING


def test_a_killed_process_is_gone_even_if_another_one_has_its_pid(
    history: DagsterInstance, killed: Mapping[str, str]
) -> None:
    assert health(history, of_life(history, {**killed, "pid": str(os.getpid())})) is FAILED


def test_what_is_said_of_a_killed_process_names_it(history: DagsterInstance, killed: Mapping[str, str]) -> None:
    said = checked(history, of_life(history, killed)).msg
    process = f"its process {killed['pid']} on {killed['host']}"
    assert said == f"{process} is gone: killed, out of memory, or a restart"


def test_a_process_lives_even_if_nothing_has_its_pid_here(
    history: DagsterInstance, killed: Mapping[str, str]
) -> None:
    assert health(history, of_life(history, {**own_life(history), "pid": killed["pid"]})) is RUNNING


def test_another_machine_s_process_is_not_known_to_be_gone(
    history: DagsterInstance, killed: Mapping[str, str]
) -> None:
    elsewhere = {**killed, "host": "elsewhere", "boot_id": "another"}
    assert health(history, of_life(history, elsewhere)) is RUNNING
    with mock.patch.object(life_lock, "_boot_id", return_value=""):  # a system without boot ids
        assert health(history, of_life(history, {**killed, "host": "elsewhere", "boot_id": ""})) is RUNNING


def test_another_container_of_this_machine_sees_that_a_process_is_gone(
    history: DagsterInstance, killed: Mapping[str, str]
) -> None:
    assert health(history, of_life(history, {**killed, "host": "another-container"})) is FAILED


def test_a_process_from_before_a_restart_of_the_machine_is_gone(
    history: DagsterInstance, killed: Mapping[str, str]
) -> None:
    assert health(history, of_life(history, {**killed, "boot_id": "another"})) is FAILED


def test_a_lock_that_is_not_seen_from_here_says_nothing(
    history: DagsterInstance, killed: Mapping[str, str]
) -> None:
    unseen = Path(killed["lock_file"]).with_name("unseen.lock")
    assert health(history, of_life(history, {**killed, "lock_file": str(unseen)})) is RUNNING
    assert not unseen.exists()


def test_a_process_that_cannot_write_its_lock_runs_and_is_never_taken_for_gone(
    history: DagsterInstance, home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    Path(history.storage_directory()).mkdir(parents=True, exist_ok=True)
    Path(history.storage_directory(), "processes").touch()  # no folder
    life = own_life(history)
    assert "lock_file" not in life
    assert caplog.messages[0].startswith("Nobody will notice if this process is killed: ")
    assert health(history, of_life(history, life)) is RUNNING


def test_old_files_of_killed_processes_are_deleted_and_no_others(
    history: DagsterInstance, killed: Mapping[str, str]
) -> None:
    of_living = Path(own_life(history)["lock_file"])
    of_killed = Path(shutil.copy(killed["lock_file"], of_living.parent))
    now = datetime.now(timezone.utc)
    delete_old_locks(history, now - timedelta(minutes=10))
    assert of_killed.exists()
    delete_old_locks(history, now + timedelta(minutes=10))
    assert not of_killed.exists()
    assert of_living.exists()


def test_the_last_process_of_a_run_counts(history: DagsterInstance, killed: Mapping[str, str]) -> None:
    run = of_life(history, killed)
    history.report_engine_event("Begun again", run, EngineEventData(own_life(history)))
    history.report_engine_event("Says nothing about the process", run)
    assert health(history, run) is RUNNING


def test_a_waiting_command_frees_the_slot_of_a_killed_run_and_of_no_other(
    history: DagsterInstance, killed: Mapping[str, str]
) -> None:
    events = history.event_log_storage
    history.event_log_storage.set_concurrency_slots("pool", 3)
    unknown = create_run_for_test(history, status=DagsterRunStatus.STARTED)
    dead, alive = of_life(history, killed), of_life(history, own_life(history))
    for run in (dead, alive, unknown):
        events.claim_concurrency_slot("pool", run.run_id, "step")
    free_slots_of_dead_runs(history, "pool")
    assert {slot.run_id for slot in events.get_concurrency_info("pool").claimed_slots} == {
        alive.run_id,
        unknown.run_id,
    }
    failed = history.get_run_by_id(dead.run_id)
    assert failed
    assert failed.status is DagsterRunStatus.FAILURE
    said = [entry.get_dagster_event().message for entry in history.all_logs(dead.run_id)]
    assert f"its process {killed['pid']} on {killed['host']} is gone: killed, out of memory, or a restart." in said
