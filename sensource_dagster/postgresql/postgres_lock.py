"""A lock that processes on several machines take by turns: an advisory lock of PostgreSQL.

It belongs to a session of its own. So it goes with the process, however that ends.
"""

from __future__ import annotations

import os
import select
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import psycopg2
from psycopg2.extensions import POLL_OK, POLL_READ, connection

from sensource_dagster.errors import PostgresError, PostgresHeldError, sentence
from sensource_dagster.postgresql.libpq import place

TOLD_EVERY = 15.0
"""How many seconds lie between two lines of the log while another session has the lock."""
_CONNECT_SECONDS = 10.0

_SET = "SELECT set_config(n, v, false) FROM (VALUES {values}) s (n, v) JOIN pg_settings ON name = n"
_KEY = "hashtextextended(%s, 0)"
_HOLDER = f"""SELECT a.application_name, coalesce(host(a.client_addr), 'the same machine'), a.pid
    FROM pg_locks l JOIN pg_stat_activity a USING (pid)
    WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND a.datname = current_database()
        AND l.database = a.datid AND (l.classid::bigint << 32 | l.objid::bigint) = {_KEY}"""
# The server ends a session whose machine is gone, and no session that is only idle. The last two settings are of
# PostgreSQL 14; an older one goes without.
_SESSION = {
    "tcp_keepalives_idle": "30",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
    "client_connection_check_interval": "1000",
    "idle_session_timeout": "0",
}


def _tell_nobody(_line: str) -> None:
    """For who shows the error itself."""


@contextmanager
def postgres_lock(
    libpq: str, name: str, wait_seconds: float, application: str, log: Callable[[str], None] = _tell_nobody
) -> Iterator[None]:
    """Hold the lock during the block. All who wait for it get it in the order in which they came.

    Args:
        libpq: the database; a lock is one database's. PgBouncer must not stand between in transaction mode.
        name: of the lock, such as `sensource warehouse`.
        application: what holds it, in few words. Others read it, with this process's id and machine.
        log: told who is waited for, at once and then every `TOLD_EVERY` seconds.

    Raises:
        PostgresHeldError: another session had the lock during the whole wait.
        PostgresError: the server cannot be reached or refuses; or the session ended within the block, so that
            another process may have had the lock, too.
    """
    said = f"{application}, process {os.getpid()} on {socket.gethostname()}"[:63]  # PostgreSQL cuts it there
    with _told(f"PostgreSQL's {place(libpq)} cannot be used"):
        session = _connected(libpq, said)
    with closing(session):
        with _told(f"PostgreSQL's {place(libpq)} cannot be used"):
            settings = {"lock_timeout": str(max(1, round(wait_seconds * 1000))), **_SESSION}  # 0: for ever
            values = ", ".join(["(%s, %s)"] * len(settings))
            given = [text for pair in settings.items() for text in pair]
            _execute(session, _SET.format(values=values), *given)
            _lock(session, libpq, name, wait_seconds, log)
        yield
        with _told(f"PostgreSQL ended the session with the lock `{name}`, so another may have had it, too"):
            _execute(session, "SELECT 1")


def _lock(session: connection, libpq: str, name: str, wait_seconds: float, log: Callable[[str], None]) -> None:
    started = time.monotonic()

    def tell() -> None:
        left = wait_seconds - (time.monotonic() - started)
        log(f"The lock `{name}` is held: waiting for {_holder(libpq, name)}, at most {left:.0f} s more.")

    [(free,)] = _execute(session, f"SELECT pg_try_advisory_lock({_KEY})", name)
    if free:
        return
    tell()
    try:
        _execute(session, f"SELECT pg_advisory_lock({_KEY})", name, meanwhile=tell)
    except psycopg2.errors.LockNotAvailable:
        holder = _holder(libpq, name)
        raise PostgresHeldError(
            f"The lock `{name}` of PostgreSQL's {place(libpq)} is held by {holder}. Waiting {wait_seconds:g} s "
            "did not help.",
            holder,
        ) from None


def _holder(libpq: str, name: str) -> str:
    """Asked in a session of its own: the other one waits."""
    with closing(_connected(libpq, "sensource: who holds a lock")) as session:
        rows = _execute(session, _HOLDER, name)
    if not rows:
        return "another session"
    application, host, backend = rows[0]
    return f"{application or 'a session without a name'} (from {host}, session {backend} of PostgreSQL)"


def _connected(libpq: str, application: str) -> connection:
    """A session whose waits end with Ctrl-C: a blocking one would take no signal until the server answers."""
    session: connection = psycopg2.connect(
        *(libpq,), application_name=application, async_=True, keepalives_idle=30, keepalives_interval=10
    )
    try:
        _ready(session, time.monotonic() + _CONNECT_SECONDS)
    except BaseException:
        session.close()
        raise
    return session


def _execute(
    session: connection, statement: str, *given: str, meanwhile: Callable[[], None] | None = None
) -> list[tuple[Any, ...]]:
    with session.cursor() as cursor:
        cursor.execute(statement, given)
        _ready(session, meanwhile=meanwhile)
        return cursor.fetchall()


def _ready(session: connection, until: float | None = None, meanwhile: Callable[[], None] | None = None) -> None:
    """Wait for the server, until a time or for as long as it takes."""
    while (state := session.poll()) != POLL_OK:
        if until is not None and time.monotonic() > until:
            raise psycopg2.OperationalError(f"it did not answer for {_CONNECT_SECONDS:g} s")
        reads, writes = ([session], []) if state == POLL_READ else ([], [session])
        ready = any(select.select(reads, writes, [], 1.0 if until else TOLD_EVERY))
        if not ready and meanwhile:
            meanwhile()


@contextmanager
def _told(what: str) -> Iterator[None]:
    """The driver's error as ours. Lines behind the first quote the statement; libpq's texts have no password."""
    try:
        yield
    except psycopg2.Error as error:
        line = str(error).strip().split("\n", maxsplit=1)[0] or type(error).__name__
        raise PostgresError(f"{what}: {sentence(line)}") from None
