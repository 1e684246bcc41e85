"""Processes take turns by a lock of PostgreSQL; who waits is told who has it."""

from __future__ import annotations

import signal
import socket
from contextlib import ExitStack
from pathlib import Path

import psycopg2
import pytest

from sensource_dagster.errors import PostgresError, PostgresHeldError
from sensource_dagster.postgresql import postgres_lock as lock_module
from sensource_dagster.postgresql.postgres_lock import postgres_lock
from sensource_dagster_tests.warehouse.processes import line, running

COUNTING = """
import sys
from pathlib import Path
from sensource_dagster.postgresql.postgres_lock import postgres_lock
libpq, file = sys.argv[1], Path(sys.argv[2])
for _ in range(10):
    with postgres_lock(libpq, "counter", 60, "counting"):
        number = int(file.read_text())
        file.write_text(str(number + 1))
"""
HOLDING = """
import sys
from sensource_dagster.postgresql.postgres_lock import postgres_lock
with postgres_lock(sys.argv[1], sys.argv[2], 60, "nightly run", lambda text: print(text, flush=True)):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_four_processes_take_turns(libpq: str, tmp_path: Path) -> None:
    counter = tmp_path / "counter"
    counter.write_text("0")
    with ExitStack() as stack:
        processes = [stack.enter_context(running(COUNTING, libpq, str(counter))) for _ in range(4)]
        assert [process.wait() for process in processes] == [0] * 4
    assert counter.read_text() == "40"


def test_who_does_not_get_it_is_told_who_has_it(libpq: str) -> None:
    with running(HOLDING, libpq, "named") as holder:
        assert line(holder) == "held"
        with pytest.raises(PostgresHeldError) as raised, postgres_lock(libpq, "named", 0, "test"):
            pytest.fail("two have the lock")
    assert f"nightly run, process {holder.pid} on {socket.gethostname()}"[:63] in raised.value.holder
    assert "Waiting 0 s did not help" in str(raised.value)


def test_another_name_is_another_lock(libpq: str) -> None:
    with postgres_lock(libpq, "one", 0, "test"), postgres_lock(libpq, "other", 0, "test"):
        pass


def test_the_lock_of_a_killed_process_is_free(libpq: str) -> None:
    told: list[str] = []
    with running(HOLDING, libpq, "killed") as holder:
        assert line(holder) == "held"
        holder.send_signal(signal.SIGKILL)
        with postgres_lock(libpq, "killed", 60, "test", told.append):
            pass
    assert all("nightly run" in text for text in told)


def test_who_waits_is_told_again_and_again_for_whom(libpq: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock_module, "TOLD_EVERY", 0.1)
    told: list[str] = []
    with running(HOLDING, libpq, "long") as holder:
        assert line(holder) == "held"

        def tell(text: str) -> None:
            told.append(text)
            if len(told) == 3:
                holder.kill()

        with postgres_lock(libpq, "long", 60, "test", tell):
            pass
    assert "The lock `long` is held: waiting for nightly run, process" in told[0]
    assert len(told) >= 3


def test_ctrl_c_ends_the_wait(libpq: str) -> None:
    with running(HOLDING, libpq, "interrupted") as holder:
        assert line(holder) == "held"
        with running(HOLDING, libpq, "interrupted") as waiting:
            assert "is held: waiting for" in line(waiting)
            waiting.send_signal(signal.SIGINT)
            assert waiting.wait(timeout=30) != 0  # less than its wait


def test_a_lock_whose_session_the_server_ended_is_an_error(libpq: str) -> None:
    with (
        pytest.raises(PostgresError, match="PostgreSQL ended the session with the lock `lost`") as raised,
        postgres_lock(libpq, "lost", 0, "test"),
        psycopg2.connect(libpq) as other,
        other.cursor() as cursor,
    ):
        cursor.execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE application_name LIKE 'test, %'"
        )
    other.close()
    assert "\n" not in str(raised.value)


def test_an_error_of_the_block_stays_what_it_is(libpq: str) -> None:
    with pytest.raises(psycopg2.DataError), postgres_lock(libpq, "block", 0, "test"):
        raise psycopg2.DataError("a query of the block")


def test_a_server_that_refuses_is_named_without_the_password(libpq: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", "wrong tiger")
    with pytest.raises(PostgresError, match=r"PostgreSQL's database postgres at .* cannot be used: ") as raised:
        postgres_lock(libpq, "any", 0, "test").__enter__()
    assert "tiger" not in str(raised.value)


def test_a_server_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(PostgresError, match=f"database footfall at {tmp_path} cannot be used: "):
        postgres_lock(f"host={tmp_path} dbname=footfall", "any", 0, "test").__enter__()
