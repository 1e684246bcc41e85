"""The file in which the processes of one machine share one token."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import ClassVar

import filelock
import orjson

from sensource_dagster.errors import VeaUnavailableError
from sensource_dagster.vea.token_store import Log, Token

_MAX_BYTES = 64 * 1024


class TokenFile:
    """One token in one file. The file has mode 0600 from its first byte, and a writer replaces it under a lock.

    Nothing in the directory can stop a sync. A file that is missing, incomplete, a link, readable by others or
    owned by another user counts as no token. If the directory cannot be used, or what was written there does not
    count (a share may show other modes and owners), this process keeps its token to itself and logs one warning.
    """

    # The clients of one process share the token even then: each new token would end that of the others.
    _process_tokens: ClassVar[dict[Path, Token]] = {}
    _warned: ClassVar[set[Path]] = set()

    def __init__(self, directory: Path, key: str, lock_wait: float, log: Log) -> None:
        self._file = directory.absolute() / f"vea-{key}.json"
        self._lock = filelock.FileLock(self._file.with_suffix(".lock"), timeout=lock_wait, mode=0o600)
        self._lock_wait = lock_wait
        self._log = log

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the lock that only one of all processes with this file can hold.

        Raises:
            VeaUnavailableError: another process held the lock for the whole `lock_wait`.
        """
        try:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock.acquire()
        except filelock.Timeout:
            raise VeaUnavailableError(
                f"Another process has held the token lock {self._lock.lock_file} for {self._lock_wait:g} s. A "
                "process should hold it only while it requests a token. End that process if it hangs. Then run "
                "this again."
            ) from None
        except (OSError, NotImplementedError) as error:
            self._warn(error)
        try:
            yield
        finally:
            self._lock.release()  # nothing happens if it could not be acquired

    def read(self) -> Token | None:
        """The token in the file, or this process's own token if the file could not be written."""
        own = self._process_tokens.get(self._file)
        if own is not None:
            return own
        try:
            return self._stored()
        except (OSError, ValueError, TypeError, KeyError):  # orjson's error is a ValueError
            return None

    def write(self, token: Token) -> None:
        """Replace the token. The caller holds the lock."""
        stored = {
            "token": token.text,
            "minted_at": token.minted_at,
            "renew_at": token.renew_at,
            "after_refusal": token.after_refusal,
        }
        draft = self._file.with_suffix(".tmp")
        try:
            draft.unlink(missing_ok=True)  # left by a process that was killed at this point
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                _expect_private(file.fileno())
                file.write(orjson.dumps(stored))
            draft.replace(self._file)
            if self._stored() != token:
                raise OSError("the file does not hold what was written")
        except (OSError, ValueError, TypeError, KeyError) as error:
            self._process_tokens[self._file] = token
            self._warn(error)
            with suppress(OSError):  # a token that others can read, or that nobody reads
                draft.unlink(missing_ok=True)
                self._file.unlink()
        else:
            self._process_tokens.pop(self._file, None)

    def _stored(self) -> Token:
        stored = orjson.loads(self._read_own_file())
        times = float(stored["minted_at"]), float(stored["renew_at"])
        return Token(str(stored["token"]), *times, after_refusal=bool(stored["after_refusal"]))

    def _read_own_file(self) -> bytes:
        # O_NONBLOCK: if there is a pipe instead of the file, the sync must not hang.
        descriptor = os.open(self._file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            _expect_private(file.fileno())
            return file.read(_MAX_BYTES)

    def _warn(self, error: Exception) -> None:
        if self._file not in self._warned:
            self._warned.add(self._file)
            self._log.warning(
                "The Vea token cannot be shared in %s (%s: %s). Each process of this deployment will request its "
                "own token, and each new token ends the one before it. Make the folder writable, or set "
                "SENSOURCE_TOKEN_CACHE to a folder on a local disk.",
                self._file.parent,
                type(error).__name__,
                error,
            )


def _expect_private(descriptor: int) -> None:
    """Raise a PermissionError that says why an open file is not a private file of this user."""
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        raise PermissionError("the file is not a regular file")
    if status.st_uid != os.getuid():
        raise PermissionError(f"the file belongs to user {status.st_uid}, and this is user {os.getuid()}")
    if status.st_mode & 0o077:
        raise PermissionError(f"others may use the file: its mode is {stat.S_IMODE(status.st_mode):04o}, not 0600")
