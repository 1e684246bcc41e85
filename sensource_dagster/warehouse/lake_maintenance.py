"""Keeps a lake small: each merge leaves a snapshot and files, and each query reads them all."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from sensource_dagster.errors import WarehouseError
from sensource_dagster.warehouse.lake_warehouse import NAME, LakeWarehouse
from sensource_dagster.warehouse.transaction import first_line

_FILES_KEPT = "1 day"
"""How long a file stays that no snapshot needs any more: who opened the lake before may still read it."""


@dataclass(frozen=True)
class Tidied:
    """How many files the newest snapshot had and has, and how many snapshots have expired."""

    files_before: int
    files: int
    snapshots_expired: int


def tidy(lake: LakeWarehouse, days: int) -> Tidied:
    """Let snapshots expire that are older than these days, and merge small files. No row changes.

    It waits for the turn of the writers. It also deletes files that a killed process has left.

    Raises:
        WarehouseHeldError: another process wrote during the whole wait.
        WarehouseError: DuckDB's error. What was done before it stays.
    """
    with lake.open() as connection:
        try:
            files, snapshots = _files(connection), _snapshots(connection)
            # They stay in the catalogue, so that a CHECKPOINT of somebody else keeps as much.
            connection.execute(f"CALL {NAME}.set_option('expire_older_than', '{days} days')")
            connection.execute(f"CALL {NAME}.set_option('delete_older_than', '{_FILES_KEPT}')")
            connection.execute(f"CHECKPOINT {NAME}")
            return Tidied(files, _files(connection), len(snapshots - _snapshots(connection)))
        except duckdb.Error as error:
            raise WarehouseError(f"The {lake.describe()} cannot be tidied: {first_line(error)}") from None


def _files(connection: duckdb.DuckDBPyConnection) -> int:
    [(files,)] = connection.execute(
        f"SELECT coalesce(sum(file_count + delete_file_count), 0) FROM ducklake_table_info('{NAME}')"
    ).fetchall()
    return int(files)


def _snapshots(connection: duckdb.DuckDBPyConnection) -> set[int]:
    found = connection.execute(f"SELECT snapshot_id FROM ducklake_snapshots('{NAME}')").fetchall()
    return {snapshot for (snapshot,) in found}
