"""Loads DuckDB's extensions from Python packages: a lake needs no download at run time."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import duckdb

from sensource_dagster.errors import WarehouseError
from sensource_dagster.warehouse.sql import identifier, text
from sensource_dagster.warehouse.transaction import first_line

NO_DOWNLOAD: dict[str, str | bool | int | float | list[str]] = {"autoinstall_known_extensions": "false"}
"""For `duckdb.connect`: an extension that is missing is an error, and is not fetched in silence."""


def load(connection: duckdb.DuckDBPyConnection, *names: str) -> None:
    """Load them from their packages, or from where DuckDB's own `INSTALL` has put them.

    Raises:
        WarehouseError: one is not there, or is of another version of DuckDB.
    """
    for name in names:
        file = _file(name)
        try:
            connection.execute(f"LOAD {text(str(file)) if file else identifier(name)}")
        except duckdb.Error as error:
            raise WarehouseError(
                f"DuckDB {duckdb.__version__} has no extension {name}, which a lake needs: {first_line(error)} "
                f"Install it in DuckDB's version: pip install duckdb-extension-{name.replace('_', '-')}. "
                "docs/lake.md names the versions that work together."
            ) from None


def _file(name: str) -> Path | None:
    """The extension in its package, for this version of DuckDB."""
    spec = find_spec(f"duckdb_extension_{name}")
    folders = spec.submodule_search_locations if spec else None
    for folder in folders or []:
        file = Path(folder, "extensions", f"v{duckdb.__version__}", f"{name}.duckdb_extension")
        if file.exists():
            return file
    return None
