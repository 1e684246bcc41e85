"""Which warehouse a place is: a DuckDB file or a lake."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from sensource_dagster.config.warehouse_place import WarehousePlace
from sensource_dagster.contract.model import SCHEMA
from sensource_dagster.warehouse.connection import Warehouse, tell_nobody
from sensource_dagster.warehouse.file_warehouse import FileWarehouse


def warehouse_of(
    place: WarehousePlace,
    wait_seconds: float,
    config: Mapping[str, str] | None = None,
    log: Callable[[str], None] = tell_nobody,
    schema: str = SCHEMA,
) -> Warehouse:
    """The warehouse there, unopened.

    Args:
        wait_seconds: how long to wait while another process writes.
        config: DuckDB's own settings (duckdb.org/docs/stable/configuration).
        log: told which process is waited for, at once and then now and then.
        schema: of the account whose tables a connection is for.
    """
    if isinstance(place, Path):
        return FileWarehouse(place, wait_seconds, dict(config or {}), log, schema)
    # psycopg2 comes with an extra, which a deployment on one machine does not need.
    from sensource_dagster.warehouse.lake_warehouse import LakeWarehouse  # noqa: PLC0415

    return LakeWarehouse(place, wait_seconds, dict(config or {}), log, schema)
