"""The row in PostgreSQL in which the processes of several machines share one token."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from io import StringIO
from typing import ClassVar

import psycopg2
from psycopg2.extensions import cursor as Cursor  # noqa: N812 # a class

from sensource_dagster.errors import PostgresError, PostgresHeldError, VeaUnavailableError
from sensource_dagster.postgresql.libpq import place
from sensource_dagster.postgresql.postgres_lock import postgres_lock
from sensource_dagster.postgresql.session import session
from sensource_dagster.vea.token_store import Log, Token

_KEPT_SECONDS = 86_400.0  # after its end, for a person who looks; then the token of a changed secret goes
# Unlogged: a token is neither in the log of changes, which replicas and archives get, nor in a copy made of files.
_CREATE = """CREATE UNLOGGED TABLE IF NOT EXISTS sensource_token (
    name text PRIMARY KEY, token text NOT NULL, minted_at double precision NOT NULL,
    renew_at double precision NOT NULL, after_refusal boolean NOT NULL)"""
_TABLE = "SELECT to_regclass('sensource_token')::oid"
_MAY_READ = """SELECT DISTINCT CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(grantee::regrole::text) END
    FROM (SELECT relowner, relacl FROM pg_class WHERE oid = %(table)s
        UNION ALL SELECT relowner, attacl FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
            WHERE c.oid = %(table)s
    ) a (owner, acl), aclexplode(acl) WHERE grantee <> owner"""
_IS_OWN = """SELECT relkind = 'r' AND relowner = (SELECT oid FROM pg_roles WHERE rolname = current_user)
    FROM pg_class WHERE oid = %(table)s"""
_COLUMNS = ("name", "token", "minted_at", "renew_at", "after_refusal")


class _NotPrivateError(Exception):
    """Another role than our own could read the token, or has made the table."""


class TokenRow:
    """One row of the table `sensource_token`, which is made when it is needed. Its owner alone may read it.

    A table that belongs to another role, or that another role may read, counts as no token.
    """

    # The clients of one process share the token if the database cannot be used.
    _process_tokens: ClassVar[dict[tuple[str, str], Token]] = {}
    _warned: ClassVar[set[tuple[str, str]]] = set()

    def __init__(self, libpq: str, key: str, lock_wait: float, log: Log) -> None:
        self._libpq = libpq
        self._key = key
        self._lock_wait = lock_wait
        self._log = log

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the lock that only one of all processes with this row can hold.

        Raises:
            VeaUnavailableError: another process held the lock for the whole `lock_wait`.
        """
        lock = postgres_lock(self._libpq, f"sensource token {self._key}", self._lock_wait, "sensource token")
        with ExitStack() as stack:
            try:
                stack.enter_context(lock)
            except PostgresHeldError as error:
                raise VeaUnavailableError(
                    f"{error} A process should hold it only while it requests a token. End that process if it "
                    "hangs. Then run this again."
                ) from None
            except PostgresError as error:
                self._warn(error)
            try:
                yield
            finally:
                self._release(stack)

    def _release(self, stack: ExitStack) -> None:
        """A lock that was lost meanwhile costs a token at most."""
        try:
            stack.close()
        except PostgresError as error:
            self._warn(error)

    def read(self) -> Token | None:
        """The token in the row, or this process's own token if the row could not be written."""
        own = self._process_tokens.get(self._place)
        if own is not None:
            return own
        try:
            with self._cursor() as cursor:
                return self._stored(cursor)
        except (psycopg2.Error, _NotPrivateError, ValueError):  # the write that follows says so
            return None

    def write(self, token: Token) -> None:
        """Replace the token. The caller holds the lock."""
        try:
            with self._cursor() as cursor:
                self._make_table(cursor)
                self._delete(cursor, token)
                # Not INSERT: a server may log statements, and the token would be in one.
                times = repr(token.minted_at), repr(token.renew_at)
                row = "\t".join([self._key, token.text, *times, str(token.after_refusal)])
                cursor.copy_from(StringIO(row), "sensource_token", columns=_COLUMNS)
                if self._stored(cursor) != token:
                    raise ValueError("the row does not hold what was written")
        except (psycopg2.Error, _NotPrivateError, ValueError) as error:
            self._process_tokens[self._place] = token
            self._warn(error)
        else:
            self._process_tokens.pop(self._place, None)

    @property
    def _place(self) -> tuple[str, str]:
        return self._libpq, self._key

    @contextmanager
    def _cursor(self) -> Iterator[Cursor]:
        """One transaction in a session of its own."""
        with session(self._libpq, "sensource token") as connected, connected, connected.cursor() as cursor:
            yield cursor

    def _make_table(self, cursor: Cursor) -> None:
        if self._table(cursor) is not None:
            return
        # Two accounts may need it at once, each with a lock of its own.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('sensource token table', 0))")
        cursor.execute(_CREATE)
        # What default privileges have given to others.
        cursor.execute(_MAY_READ, {"table": self._table(cursor)})
        for (role,) in cursor.fetchall():
            cursor.execute(f"REVOKE ALL ON sensource_token FROM {role}")

    def _delete(self, cursor: Cursor, token: Token) -> None:
        """This account's token, and those that have long ended."""
        cursor.execute(
            "DELETE FROM sensource_token WHERE name = %s OR renew_at < %s",
            (self._key, token.minted_at - _KEPT_SECONDS),
        )

    def _stored(self, cursor: Cursor) -> Token | None:
        table = self._table(cursor)
        if table is None:
            return None
        _expect_private(cursor, table)
        cursor.execute(
            "SELECT token, minted_at, renew_at, after_refusal FROM sensource_token WHERE name = %s", (self._key,)
        )
        row = cursor.fetchone()
        return Token(*row) if row else None

    @staticmethod
    def _table(cursor: Cursor) -> int | None:
        cursor.execute(_TABLE)
        [(table,)] = cursor.fetchall()
        return None if table is None else int(table)

    def _warn(self, error: Exception) -> None:
        if self._place not in self._warned:
            self._warned.add(self._place)
            # Lines behind the first one may quote the row.
            said = str(error).strip().split("\n", maxsplit=1)[0]
            self._log.warning(
                "The Vea token cannot be shared in PostgreSQL's %s (%s). Each process of this deployment will "
                "request its own token, and each new token ends the one before it. Check SENSOURCE_TOKEN_CACHE, "
                "PGPASSWORD and the server.",
                place(self._libpq),
                said,
            )


def _expect_private(cursor: Cursor, table: int) -> None:
    cursor.execute(_IS_OWN, {"table": table})
    if cursor.fetchall() != [(True,)]:
        raise _NotPrivateError("the table sensource_token belongs to another role; delete it as that role")
    cursor.execute(_MAY_READ, {"table": table})
    others = ", ".join(role for (role,) in cursor.fetchall())
    if others:
        raise _NotPrivateError(
            f"others may use the table sensource_token: {others}; run REVOKE ALL ON sensource_token FROM {others}"
        )
