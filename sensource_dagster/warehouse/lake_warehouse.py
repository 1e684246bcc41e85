"""A warehouse in a lake: its catalogue is in PostgreSQL, its rows are Parquet files in a folder or on S3."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import duckdb

from sensource_dagster.config import aws
from sensource_dagster.config.warehouse_place import LakePlace
from sensource_dagster.contract.model import SCHEMA
from sensource_dagster.contract.view_columns import LOCAL_TIME
from sensource_dagster.errors import PostgresError, PostgresHeldError, WarehouseError, WarehouseHeldError
from sensource_dagster.postgresql.libpq import place as postgres_place
from sensource_dagster.postgresql.postgres_lock import postgres_lock
from sensource_dagster.warehouse import extensions, storage_format
from sensource_dagster.warehouse.connection import Warehouse, tell_nobody
from sensource_dagster.warehouse.lake_catalogue import account_snapshot, lake_at, size
from sensource_dagster.warehouse.sql import set_schema, text
from sensource_dagster.warehouse.transaction import first_line

NAME = "lake"
"""What the database is called in SQL, so that a view of a user has the same name everywhere."""
LOCK = "sensource warehouse"
"""The advisory lock that each writer holds. A lake would let two of them insert the same new row."""


@dataclass(frozen=True)
class LakeWarehouse(Warehouse):
    """A lake. Readers wait for nobody, and see the moment at which they opened it.

    Attributes:
        place: where it is.
        wait_seconds: how long a writer waits while another one writes, on whatever machine.
        config: DuckDB's own settings.
        log: told which session is waited for, at once and then now and then.
        schema: of the account whose tables a connection is for.
    """

    kind: ClassVar[str] = "lake"

    place: LakePlace
    wait_seconds: float
    config: Mapping[str, str]
    log: Callable[[str], None] = tell_nobody
    schema: str = SCHEMA

    @contextmanager
    def open(self, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
        if read_only:
            there = lake_at(self.place.libpq)
            if there is None:
                raise WarehouseError(f"The {self.describe()} does not exist yet: materialize an asset first.")
            with self._attached(there.data, f"READ_ONLY, SNAPSHOT_VERSION {there.snapshot}") as connection:
                yield connection
            return
        with self._turn():
            there = lake_at(self.place.libpq)
            data = self.place.data or (there.data if there else "")
            if there is None:
                self._prepare(data)
            # Inlined rows came back after they were deleted (github.com/duckdb/ducklake, issue 1084).
            options = f"DATA_INLINING_ROW_LIMIT 0, DATA_PATH {text(data)}"
            with self._attached(data, options, threads="1") as connection:  # see FileWarehouse
                yield connection

    def exists(self) -> bool:
        return lake_at(self.place.libpq) is not None

    def version(self) -> str | None:
        there = lake_at(self.place.libpq)
        return f"snapshot {there.snapshot}" if there else None

    def account_version(self) -> str | None:
        if not self.exists():
            return None
        # The views' own tables change whenever they are made: two accounts would make theirs in turns for ever.
        return f"snapshot {account_snapshot(self.place.libpq, self.schema, LOCAL_TIME)}"

    def size(self) -> int:
        return size(self.place.libpq)

    def copy_to(self, file: Path) -> str:
        version = storage_format.SETTING["storage_compatibility_version"]
        copied = self.version()
        with self.open(read_only=True) as connection:
            connection.execute(f"ATTACH {text(str(file))} AS copy (STORAGE_VERSION {text(version)})")
            connection.execute(f"COPY FROM DATABASE {NAME} TO copy")
        return str(copied)

    @property
    def name(self) -> str:
        return NAME

    def describe(self) -> str:
        return f"lake in PostgreSQL's {postgres_place(self.place.libpq)}"

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """The lock of the writers, which goes with the process."""
        try:
            with postgres_lock(self.place.libpq, LOCK, self.wait_seconds, "sensource", self.log):
                yield
        except PostgresHeldError as held:
            raise WarehouseHeldError(
                f"The {self.describe()} is held by {held.holder}. Waiting {self.wait_seconds:g} s did not help. "
                "Wait until it is done, or set SENSOURCE_WAREHOUSE_WAIT to more seconds. Then run again.",
                held.holder,
            ) from None
        except PostgresError as error:
            raise WarehouseError(f"The {self.describe()} cannot be used: {error}") from None

    @contextmanager
    def _attached(self, data: str, options: str, **settings: str) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection with the lake as its database. `data` says which extensions that needs."""
        config = {**extensions.NO_DOWNLOAD, **settings, **self.config}
        with duckdb.connect(":memory:", config=config) as connection:
            self._load(connection, data)
            try:
                connection.execute(f"ATTACH {text(str(self.place))} AS {NAME} ({options})")
                connection.execute(f"USE {NAME}")
            except duckdb.Error as error:
                raise WarehouseError(f"The {self.describe()} cannot be opened: {first_line(error)}") from None
            connection.execute("SET TimeZone = 'UTC'")
            set_schema(connection, self.schema)
            yield connection

    def _load(self, connection: duckdb.DuckDBPyConnection, data: str) -> None:
        extensions.load(connection, "ducklake", "postgres_scanner")
        if data.startswith("s3://"):
            extensions.load(connection, "httpfs")
            secret = aws.s3_secret()
            if not secret:
                raise WarehouseError(f"The {self.describe()} cannot be opened: {aws.NO_KEYS}.")
            parameters = ", ".join(f"{name} {text(value)}" for name, value in secret.items())
            connection.execute(f"CREATE SECRET lake (TYPE s3, {parameters}, SCOPE {text(data)})")

    def _prepare(self, data: str) -> None:
        """See that a new lake gets a folder of its own: upkeep deletes the Parquet files that it does not know."""
        if not data:
            raise WarehouseError(
                f"The {self.describe()} does not exist yet, and nothing says where its files go. Set "
                "SENSOURCE_WAREHOUSE_DATA to a folder that all machines have, or to s3://bucket/folder."
            )
        with duckdb.connect(":memory:", config=extensions.NO_DOWNLOAD) as connection:
            self._load(connection, data)
            try:
                if "://" not in data:
                    Path(data).mkdir(parents=True, exist_ok=True)
                found = connection.execute("SELECT file FROM glob(?) LIMIT 1", [f"{data}**"]).fetchall()
            except (duckdb.Error, OSError) as error:
                raise WarehouseError(
                    f"The {self.describe()} cannot be made in {data}: {first_line(error)}"
                ) from None
        if found:
            raise WarehouseError(
                f"The {self.describe()} cannot be made in {data}: something is there, {found[0][0]}. The files of "
                "a lake need a folder of their own. Set SENSOURCE_WAREHOUSE_DATA to another one."
            )
