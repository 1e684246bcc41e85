"""Where the requests stand that `confirmations.py` keeps: beside the DuckDB file, or in a lake's catalogue."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import duckdb

from sensource_dagster.errors import WarehouseError


class KeptRequests(Protocol):
    """One text. If it cannot be read, there is none; if it cannot be written, that is no reason to fail."""

    def read(self) -> str | None: ...
    def write(self, requests: str) -> None: ...


def kept_requests(connection: duckdb.DuckDBPyConnection) -> KeptRequests | None:
    """Those of an open warehouse; None if that is in memory."""
    [(path, kind)] = connection.execute(
        "SELECT path, type FROM duckdb_databases() WHERE database_name = current_database()"
    ).fetchall()
    if kind == "ducklake":
        return _InCatalogue(path.removeprefix("postgres:"))
    return _BesideFile(Path(path).with_name(f".{Path(path).name}.requests.json")) if path else None


@dataclass(frozen=True)
class _BesideFile:
    file: Path

    def read(self) -> str | None:
        with suppress(OSError, UnicodeDecodeError):
            return self.file.read_text("utf-8")
        return None

    def write(self, requests: str) -> None:
        draft = self.file.with_suffix(f".{os.getpid()}.tmp")
        with suppress(OSError):
            draft.write_text(requests, "utf-8")
            draft.replace(self.file)


@dataclass(frozen=True)
class _InCatalogue:
    """In the catalogue, so that it is the same for all machines."""

    libpq: str

    def read(self) -> str | None:
        from sensource_dagster.warehouse.lake_catalogue import read_requests  # noqa: PLC0415 # of the extra `scale`

        with suppress(WarehouseError):
            return read_requests(self.libpq)
        return None

    def write(self, requests: str) -> None:
        from sensource_dagster.warehouse.lake_catalogue import write_requests  # noqa: PLC0415

        with suppress(WarehouseError):
            write_requests(self.libpq, requests)
