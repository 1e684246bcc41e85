"""Opening the DuckDB file: one process at a time writes, so the others wait, for a bounded time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_random_exponential

from sensource_dagster.errors import WarehouseError

_HELD = re.compile(r"Conflicting lock is held in (?P<program>.+?) \(PID (?P<pid>\d+)\)")


def _is_held(error: BaseException) -> bool:
    return isinstance(error, duckdb.IOException) and "Could not set lock" in str(error)


@dataclass(frozen=True)
class Warehouse:
    """The DuckDB file of a deployment.

    Attributes:
        path: the file; made, with its folder, by the first write.
        wait_seconds: how long to wait while another process holds the file.
        config: DuckDB's own settings, see duckdb.org/docs/stable/configuration.
    """

    path: Path
    wait_seconds: float
    config: dict[str, str]

    @contextmanager
    def open(self, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
        """An open connection, closed whatever happens. Its session time zone is UTC.

        Raises:
            WarehouseError: another process holds the file for longer than the wait, or it cannot be opened.
        """
        connection = self._connect(read_only)
        try:
            connection.execute("SET TimeZone = 'UTC'")
            yield connection
        finally:
            connection.close()

    def _connect(self, read_only: bool) -> duckdb.DuckDBPyConnection:
        if read_only and not self.path.exists():
            raise WarehouseError(f"The warehouse {self.path} does not exist yet: materialise an asset first.")
        waiting = Retrying(
            retry=retry_if_exception(_is_held),
            stop=stop_after_delay(self.wait_seconds),
            wait=wait_random_exponential(multiplier=0.05, max=1.0),
            reraise=True,
        )
        # A frame's texts are read under Python's lock: more threads only wait for each other, at a third more CPU.
        config = {**({} if read_only else {"threads": "1"}), **self.config}
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            return waiting(duckdb.connect, str(self.path.absolute()), read_only=read_only, config=config)
        except (duckdb.Error, OSError) as error:
            raise WarehouseError(self._cannot_open(error)) from None

    def _cannot_open(self, error: Exception) -> str:
        text = str(error).strip().split("\n", maxsplit=1)[0]
        if not _is_held(error):
            return f"The warehouse {self.path} cannot be opened: {text}"
        held = _HELD.search(text)
        holder = f"process {held['pid']} ({held['program']})" if held else "another process"
        return (
            f"The warehouse {self.path} is held by {holder}, and still was after {self.wait_seconds:g} s. Close "
            "it there (a notebook, the DuckDB CLI and its UI keep the file while they are open), or set "
            "SENSOURCE_WAREHOUSE_WAIT to more seconds. Then run again."
        )
