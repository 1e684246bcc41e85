"""The token in PostgreSQL: who may read it, who waits for whom, and what happens where it cannot be there."""

from __future__ import annotations

import logging
import multiprocessing
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from sensource_dagster.errors import VeaUnavailableError
from sensource_dagster.postgresql.postgres_lock import postgres_lock
from sensource_dagster.vea import HttpPolicy, VeaAccount, VeaClient
from sensource_dagster.vea.token_row import TokenRow
from sensource_dagster.vea.token_store import Token
from sensource_dagster_tests.postgres import PASSWORD, libpq_of, postgres_server
from sensource_dagster_tests.vea.fake_vea import FakeVea

LOG = logging.getLogger("test")
TOKEN = Token("token-1", 1_750_000_000.123456, 1_750_003_600.987654)
OTHER = Token("token-2", 1_750_000_001.0, 1_750_003_601.0, after_refusal=True)
TO_READ = "SELECT token FROM sensource_token"


@pytest.fixture(scope="module")
def database() -> Iterator[Path]:
    with postgres_server() as folder:
        yield folder


@pytest.fixture
def libpq(database: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A database whose role `analyst` reads whatever tables are made, as an operator may have set it up."""
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    libpq = libpq_of(database)
    execute(
        libpq,
        f"CREATE ROLE analyst LOGIN PASSWORD '{PASSWORD}'",
        "GRANT ALL ON SCHEMA public TO analyst",
        "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO analyst, PUBLIC",
    )
    yield libpq
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    execute(
        libpq,
        "DROP TABLE IF EXISTS sensource_token",
        "ALTER DEFAULT PRIVILEGES REVOKE SELECT ON TABLES FROM analyst, PUBLIC",
        "DROP OWNED BY analyst",
        "DROP ROLE analyst",
    )
    TokenRow._process_tokens.clear()
    TokenRow._warned.clear()


def execute(libpq: str, *statements: str, user: str = "dagster") -> list[tuple[Any, ...]]:
    connection = psycopg2.connect(*(libpq,), user=user)
    with closing(connection), connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


def row(libpq: str, key: str = "key") -> TokenRow:
    return TokenRow(libpq, key, 0.2, LOG)


def write(libpq: str, token: Token = TOKEN, key: str = "key") -> None:
    with row(libpq, key).locked():
        row(libpq, key).write(token)


def test_another_machine_reads_the_token_to_the_microsecond(libpq: str) -> None:
    assert row(libpq).read() is None
    for token in (TOKEN, OTHER):
        write(libpq, token)
        assert row(libpq).read() == token


def test_each_account_has_a_token_of_its_own_and_those_that_ended_long_ago_go(libpq: str) -> None:
    write(libpq)
    write(libpq, OTHER, "another")
    assert (row(libpq).read(), row(libpq, "another").read()) == (TOKEN, OTHER)
    write(libpq, Token("token-3", TOKEN.renew_at + 86_401, TOKEN.renew_at + 90_000), "another")
    assert row(libpq).read() is None


def test_its_role_alone_may_read_it_whatever_others_may_by_default(libpq: str) -> None:
    write(libpq)
    execute(libpq, "CREATE TABLE any_other (i int)")
    assert execute(libpq, "SELECT * FROM any_other", "DROP TABLE any_other", user="dagster") == []
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        execute(libpq, TO_READ, user="analyst")
    assert execute(libpq, TO_READ) == [("token-1",)]


def test_it_is_in_no_replica_and_no_archive(libpq: str) -> None:
    write(libpq)
    assert execute(libpq, "SELECT relpersistence FROM pg_class WHERE relname = 'sensource_token'") == [("u",)]


@pytest.mark.parametrize(
    ("grant", "role"),
    [
        ("GRANT SELECT ON sensource_token TO analyst", "analyst"),
        ("GRANT SELECT (token) ON sensource_token TO PUBLIC", "PUBLIC"),
    ],
)
def test_a_table_that_others_may_read_counts_as_no_token_and_gets_none(
    libpq: str, grant: str, role: str, caplog: pytest.LogCaptureFixture
) -> None:
    write(libpq)
    execute(libpq, grant)
    assert row(libpq).read() is None
    write(libpq, OTHER)
    assert execute(libpq, TO_READ) == [("token-1",)]
    assert row(libpq).read() == OTHER  # its own
    [warning] = caplog.messages
    assert f"others may use the table sensource_token: {role}; run REVOKE ALL ON sensource_token FROM" in warning
    assert "token-" not in warning


def test_a_table_of_another_role_counts_as_no_token_and_gets_none(
    libpq: str, caplog: pytest.LogCaptureFixture
) -> None:
    write(libpq)
    execute(libpq, "ALTER TABLE sensource_token OWNER TO analyst")
    assert row(libpq).read() is None
    write(libpq, OTHER)
    assert execute(libpq, TO_READ) == [("token-1",)]
    assert "the table sensource_token belongs to another role" in caplog.text


def test_the_server_writes_the_token_into_no_log(libpq: str, database: Path) -> None:
    log = database / "log"
    execute(libpq, "ALTER ROLE dagster SET log_statement = 'all'")
    try:
        write(libpq)
        assert row(libpq).read() == TOKEN
        execute(libpq, "INSERT INTO sensource_token VALUES ('key', 'seen', 1, 1, true) ON CONFLICT DO NOTHING")
    finally:
        execute(libpq, "ALTER ROLE dagster RESET log_statement")
    assert "COPY" in log.read_text()
    assert "seen" in log.read_text()
    assert TOKEN.text not in log.read_text()


def test_who_waits_too_long_for_the_lock_is_told_who_holds_it(libpq: str) -> None:
    with (
        postgres_lock(libpq, "sensource token key", 0, "another machine"),
        pytest.raises(VeaUnavailableError, match=r"is held by another machine, .* End that process"),
        row(libpq).locked(),
    ):
        pytest.fail("two have the lock")


def test_the_lock_of_another_account_is_another_one(libpq: str) -> None:
    with row(libpq).locked(), row(libpq, "another").locked():
        pass


def test_a_lock_that_the_server_took_away_is_a_warning(libpq: str, caplog: pytest.LogCaptureFixture) -> None:
    with row(libpq).locked():
        execute(
            libpq,
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
            "WHERE application_name LIKE 'sensource token,%'",
        )
    assert "PostgreSQL ended the session with the lock" in caplog.text


def test_without_the_server_the_process_keeps_its_token_for_all_its_clients_until_the_server_is_there(
    libpq: str,
    vea: FakeVea,
    account: VeaAccount,
    policy: HttpPolicy,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    shared = replace(account, token_database=libpq)

    def ask_twice() -> None:
        for _ in range(2):
            with VeaClient(shared, policy) as client:
                client.entities("location")

    monkeypatch.setenv("PGPASSWORD", "wrong tiger")
    ask_twice()
    assert vea.minted == 1
    [warning] = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert "The Vea token cannot be shared in PostgreSQL's database postgres at " in warning
    assert "password authentication failed" in warning
    assert "tiger" not in warning

    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    vea.ended.add("token-1")
    ask_twice()
    assert vea.minted == 2
    assert execute(libpq, TO_READ) == [("token-2",)]
    assert not account.token_dir.exists()  # nothing of it is in a file


@pytest.mark.slow  # processes that import
def test_machines_that_begin_at_once_mint_one_token(
    libpq: str, account: VeaAccount, policy: HttpPolicy, vea: FakeVea, tmp_path: Path
) -> None:
    spawn = multiprocessing.get_context("spawn")
    together = spawn.Barrier(6)
    homes = [replace(account, token_database=libpq, token_dir=tmp_path / str(number)) for number in range(6)]
    processes = [spawn.Process(target=_ask, args=(home, policy, together)) for home in homes]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 6
    assert vea.used == ["token-1"] * 6
    assert vea.minted == 1


def _ask(account: VeaAccount, policy: HttpPolicy, together: Barrier) -> None:
    with VeaClient(account, policy) as client:
        together.wait(60)
        client.entities("location")
