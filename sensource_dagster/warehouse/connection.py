"""What every warehouse can do, whether it is a DuckDB file or a lake."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from pathlib import Path
from typing import ClassVar

import duckdb


def tell_nobody(_line: str) -> None:
    """The log of who shows the error itself."""


class Warehouse(ABC):
    """The warehouse of a deployment. One process at a time writes, so the others wait for a limited time.

    Attributes:
        kind: what it is, in one word.
    """

    kind: ClassVar[str]

    @abstractmethod
    def open(self, *, read_only: bool = False) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        """An open connection, which is closed at the end of the block. Its session time zone is UTC.

        The warehouse is its current database. All that a read-only connection reads is of one moment.

        Raises:
            WarehouseHeldError: another process wrote during the whole wait.
            WarehouseError: the warehouse cannot be opened.
        """

    @abstractmethod
    def exists(self) -> bool:
        """Whether something was ever written.

        Raises:
            WarehouseError: a lake's catalogue cannot be reached.
        """

    @abstractmethod
    def version(self) -> str | None:
        """A text that changes whenever the warehouse does; None if it does not exist. Errors as of `exists`."""

    @abstractmethod
    def account_version(self) -> str | None:
        """The same of the account's own rows, as far as it is known. Errors as of `exists`."""

    @abstractmethod
    def size(self) -> int:
        """How many bytes its files have. Errors as of `exists`; a file has to be there."""

    @abstractmethod
    def copy_to(self, file: Path) -> str:
        """Write a copy into a DuckDB file that is not there yet; the version that was copied.

        Only a process that does not have the warehouse open may call it.

        Raises:
            OSError: the file cannot be written. WarehouseError and WarehouseHeldError are as of `open`.
        """

    @property
    @abstractmethod
    def name(self) -> str:
        """What DuckDB calls the database."""

    @abstractmethod
    def describe(self) -> str:
        """The warehouse in a sentence: a file's path, or where a lake is. Never a password."""
