"""A warehouse in a DuckDB file. DuckDB lets one process write it, or many read it."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import ClassVar

import duckdb
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_delay, wait_random_exponential

from sensource_dagster.contract.model import SCHEMA
from sensource_dagster.errors import WarehouseError, WarehouseHeldError
from sensource_dagster.warehouse import storage_format
from sensource_dagster.warehouse.connection import Warehouse, tell_nobody
from sensource_dagster.warehouse.holder import holder_named_in
from sensource_dagster.warehouse.sql import database_name, set_schema
from sensource_dagster.warehouse.transaction import first_line

TOLD_EVERY = 15.0
"""How many seconds lie between two lines of the log while another process holds the file."""


def _is_held(error: BaseException) -> bool:
    return isinstance(error, duckdb.IOException) and "Could not set lock" in str(error)


def wal_of(file: Path) -> Path:
    """Where DuckDB keeps changes until they are merged into the file."""
    return file.with_name(f"{file.name}.wal")


@dataclass(frozen=True)
class FileWarehouse(Warehouse):
    """A DuckDB file.

    Attributes:
        path: the file. The first write creates it and its folder.
        wait_seconds: how long to wait while another process holds the file.
        config: DuckDB's own settings (duckdb.org/docs/stable/configuration).
        log: told which process is waited for, at once and then every `TOLD_EVERY` seconds.
        schema: of the account whose tables a connection is for.
    """

    kind: ClassVar[str] = "file"

    path: Path
    wait_seconds: float
    config: dict[str, str]
    log: Callable[[str], None] = tell_nobody
    schema: str = SCHEMA

    @contextmanager
    def open(self, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
        connection = self._connect(read_only)
        try:
            connection.execute("SET TimeZone = 'UTC'")
            set_schema(connection, self.schema)
            yield connection
        finally:
            connection.close()

    def exists(self) -> bool:
        return self.path.exists()

    def version(self) -> str | None:
        try:
            files = (file for file in (self.path, wal_of(self.path)) if file.exists())
            return "-".join(str(file.stat().st_mtime_ns) for file in files) or None
        except FileNotFoundError:  # the file with recent changes has just been merged into the other one
            return None

    def account_version(self) -> str | None:
        return self.version()

    def size(self) -> int:
        return self.path.stat().st_size

    def copy_to(self, file: Path) -> str:
        # POSIX drops all locks of a file when a process closes it anywhere: so not in a process that has it open.
        with self.open(read_only=True):  # so that nobody writes meanwhile
            version = self.version()
            for source, target in ((self.path, file), (wal_of(self.path), wal_of(file))):
                if source.exists():
                    shutil.copyfile(source, target)
        return str(version)

    @property
    def name(self) -> str:
        return database_name(self.path)

    def describe(self) -> str:
        return str(self.path)

    def _connect(self, read_only: bool) -> duckdb.DuckDBPyConnection:
        if read_only and not self.path.exists():
            raise WarehouseError(f"The warehouse {self.path} does not exist yet: materialize an asset first.")
        waiting = Retrying(
            retry=retry_if_exception(_is_held),
            stop=stop_after_delay(self.wait_seconds),
            wait=wait_random_exponential(multiplier=0.05, max=1.0),
            before_sleep=self._teller(),
            reraise=True,
        )
        # DuckDB reads a frame's texts under Python's lock. More threads would wait for each other and use a third
        # more CPU.
        config = {**({} if read_only else {"threads": "1", **storage_format.SETTING}), **self.config}
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            file = str(self.path.absolute())
            connect = partial(waiting, duckdb.connect, file, read_only=read_only, config=config)
            if not read_only and storage_format.is_too_new(self.path):
                with connect() as connection:
                    self._convert(connection)
            return connect()
        except (duckdb.Error, OSError) as error:
            raise self._cannot_open(error) from None

    def _convert(self, connection: duckdb.DuckDBPyConnection) -> None:
        try:
            storage_format.convert(connection, self.path)
        except (duckdb.Error, OSError) as error:
            self.log(f"DuckDB 1 cannot open {self.path}, and a conversion failed: {error}")
        else:
            self.log(f"{self.path} was converted, once: DuckDB 1.4 and later can open it now.")

    def _teller(self) -> Callable[[RetryCallState], None]:
        """Tells who holds the file: not before each attempt, but now and then."""
        told_at = float("-inf")

        def tell(attempt: RetryCallState) -> None:
            nonlocal told_at
            if attempt.outcome is None or time.monotonic() < told_at + TOLD_EVERY:
                return
            told_at = time.monotonic()
            left = self.wait_seconds - (attempt.seconds_since_start or 0.0)
            holder = holder_named_in(str(attempt.outcome.exception()))
            self.log(f"The warehouse {self.path} is held: waiting for {holder}, at most {left:.0f} s more.")

        return tell

    def _cannot_open(self, error: Exception) -> WarehouseError:
        if not _is_held(error):
            return WarehouseError(f"The warehouse {self.path} cannot be opened: {first_line(error)}")
        holder = holder_named_in(str(error))
        return WarehouseHeldError(
            f"The warehouse {self.path} is held by {holder}. Waiting {self.wait_seconds:g} s did not help. Close "
            "the file there (a notebook, the DuckDB CLI and its UI keep it while they are open), or set "
            "SENSOURCE_WAREHOUSE_WAIT to more seconds. Then run again.",
            holder,
        )
