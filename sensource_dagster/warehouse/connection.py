"""Opens the DuckDB file. One process at a time can write, so the others wait for a limited time."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import duckdb
from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_random_exponential

from sensource_dagster.errors import WarehouseError
from sensource_dagster.warehouse import storage_format

_log = logging.getLogger(__name__)
_HELD = re.compile(r"Conflicting lock is held in (?P<program>.+?) \(PID (?P<pid>\d+)\)")


def _is_held(error: BaseException) -> bool:
    return isinstance(error, duckdb.IOException) and "Could not set lock" in str(error)


@dataclass(frozen=True)
class Warehouse:
    """The DuckDB file of a deployment.

    Attributes:
        path: the file. The first write creates it and its folder.
        wait_seconds: how long to wait while another process holds the file.
        config: DuckDB's own settings (duckdb.org/docs/stable/configuration).
    """

    path: Path
    wait_seconds: float
    config: dict[str, str]

    @contextmanager
    def open(self, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
        """An open connection, which is closed at the end of the block. Its session time zone is UTC.

        Raises:
            WarehouseError: another process held the file during the whole wait, or the file cannot be opened.
        """
        connection = self._connect(read_only)
        try:
            connection.execute("SET TimeZone = 'UTC'")
            yield connection
        finally:
            connection.close()

    def _connect(self, read_only: bool) -> duckdb.DuckDBPyConnection:
        if read_only and not self.path.exists():
            raise WarehouseError(f"The warehouse {self.path} does not exist yet: materialize an asset first.")
        waiting = Retrying(
            retry=retry_if_exception(_is_held),
            stop=stop_after_delay(self.wait_seconds),
            wait=wait_random_exponential(multiplier=0.05, max=1.0),
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
            raise WarehouseError(self._cannot_open(error)) from None

    def _convert(self, connection: duckdb.DuckDBPyConnection) -> None:
        try:
            storage_format.convert(connection, self.path)
        except (duckdb.Error, OSError) as error:
            _log.warning("DuckDB 1 cannot open %s, and a conversion failed: %s", self.path, error)
        else:
            _log.warning("%s was converted, once: DuckDB 1.4 and later can open it now.", self.path)

    def _cannot_open(self, error: Exception) -> str:
        text = str(error).strip().split("\n", maxsplit=1)[0]
        if not _is_held(error):
            return f"The warehouse {self.path} cannot be opened: {text}"
        held = _HELD.search(text)
        holder = f"process {held['pid']} ({held['program']})" if held else "another process"
        return (
            f"The warehouse {self.path} is held by {holder}. Waiting {self.wait_seconds:g} s did not help. Close "
            "the file there (a notebook, the DuckDB CLI and its UI keep it while they are open), or set "
            "SENSOURCE_WAREHOUSE_WAIT to more seconds. Then run again."
        )
