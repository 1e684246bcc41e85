"""The format of the DuckDB file: one that DuckDB 1.4 and later can open.

DuckDB 2 writes a format by default that DuckDB 1 refuses, and most tools ship DuckDB 1. The older format costs
nothing: benchmarks/storage_format.py compares both.
"""

from __future__ import annotations

import struct
from pathlib import Path

import duckdb

from sensource_dagster.warehouse.replacement import replace_whole
from sensource_dagster.warehouse.sql import identifier, text

SETTING = {"storage_compatibility_version": "v1.4.0"}
"""For `duckdb.connect`: the format of a file that this connection creates."""
_NUMBER = 67  # of this format, in the file's header


def is_too_new(path: Path) -> bool:
    """Whether DuckDB 1.4 cannot open this file. False where there is no DuckDB file."""
    try:
        with path.open("rb") as file:
            header = file.read(20)
    except OSError:
        return False
    return header[8:12] == b"DUCK" and struct.unpack("<Q", header[12:20])[0] > _NUMBER


def convert(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Put a copy in the older format into the place of the file that the connection has open.

    The connection keeps the lock of the old file until it is closed. Then the next connection opens the new one.

    Raises:
        duckdb.Error, OSError: nothing was changed.
    """
    made = path.with_name(f".{path.name}.converted")
    made.unlink(missing_ok=True)
    [(name,)] = connection.execute("SELECT current_database()").fetchall()
    version = SETTING["storage_compatibility_version"]
    try:
        connection.execute(f"ATTACH {text(str(made))} AS converted (STORAGE_VERSION {text(version)})")
        connection.execute(f"COPY FROM DATABASE {identifier(name)} TO converted")
        connection.execute("DETACH converted")
        replace_whole(made, path)
    finally:
        made.unlink(missing_ok=True)
