"""What a process says of itself, and what becomes of its file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from unittest import mock

import pytest
from dagster import DagsterInstance

from sensource_dagster.instance import life_lock
from sensource_dagster.instance.life_lock import delete_old_locks, own_life
from sensource_dagster_tests.fork_server import fork
from sensource_dagster_tests.instances import instance


@pytest.fixture
def history(tmp_path: Path) -> Iterator[DagsterInstance]:
    with instance(tmp_path / "home") as made:
        yield made


def folder_of(history: DagsterInstance) -> Path:
    return Path(history.storage_directory(), "processes").resolve()


def test_a_process_says_its_pid_and_holds_one_file_also_in_a_folder_that_is_there(
    history: DagsterInstance,
) -> None:
    folder_of(history).mkdir(parents=True)
    life = own_life(history)
    assert life["pid"] == str(os.getpid())
    assert life["boot_id"]
    assert own_life(history) == life
    assert [*folder_of(history).iterdir()] == [Path(life["lock_file"])]


def print_two_lives(home: str) -> None:
    with DagsterInstance.from_config(home) as history:
        print(own_life(history)["lock_file"], flush=True)
        if child := os.fork():
            os.waitpid(child, 0)
            return
        print(own_life(history)["lock_file"], flush=True)
    os._exit(0)


def test_a_process_that_another_one_has_forked_has_a_file_of_its_own(
    history: DagsterInstance, tmp_path: Path
) -> None:
    with fork(print_two_lives, str(tmp_path / "home"), folder=tmp_path, environment={**os.environ}) as process:
        printed = process.communicate()[0].split()
    assert len({*printed}) == 2
    assert {Path(file).parent for file in printed} == {folder_of(history)}


def test_at_the_end_of_a_process_its_file_is_deleted_if_it_is_still_there(history: DagsterInstance) -> None:
    with mock.patch.object(life_lock, "Finalize") as at_end:
        file = Path(own_life(history)["lock_file"])
    [given] = at_end.call_args_list
    _, delete = given.args
    assert given.kwargs["exitpriority"] == 0
    for _ in range(2):
        delete(**given.kwargs["kwargs"])
        assert not file.exists()


def test_why_nobody_will_notice_its_end_is_in_the_log(
    history: DagsterInstance, caplog: pytest.LogCaptureFixture
) -> None:
    folder_of(history).parent.mkdir(parents=True, exist_ok=True)
    folder_of(history).touch()
    own_life(history)
    [record] = caplog.records
    assert record.name == "sensource_dagster.instance.life_lock"
    assert record.message.startswith("Nobody will notice if this process is killed: [Errno ")
    assert record.message.endswith(f"{str(folder_of(history))!r}.")


def test_a_file_that_another_process_deletes_meanwhile_does_not_stop_the_others_from_being_deleted(
    history: DagsterInstance,
) -> None:
    folder_of(history).mkdir(parents=True)
    files = [folder_of(history) / f"{name}.lock" for name in "ab"]
    for file in files:
        file.touch()
    with mock.patch.object(life_lock, "_is_free", side_effect=[FileNotFoundError, True]):
        delete_old_locks(history, datetime.now(timezone.utc) + timedelta(minutes=1))
    assert len([file for file in files if file.exists()]) == 1


def test_a_system_without_boot_ids_has_an_empty_one(history: DagsterInstance) -> None:
    with mock.patch.object(Path, "read_text", side_effect=FileNotFoundError):
        assert own_life(history)["boot_id"] == ""
