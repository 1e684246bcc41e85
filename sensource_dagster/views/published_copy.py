"""Makes the published copy of the warehouse, in a process of its own: see `Warehouse.copy_to`."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
from filelock import FileLock

from sensource_dagster.config.warehouse_place import WarehousePlace, warehouse_place
from sensource_dagster.contract.model import HOUR, SCHEMA
from sensource_dagster.contract.tables import COUNTS
from sensource_dagster.contract.view_columns import VIEWS
from sensource_dagster.errors import SenSourceError, WarehouseError
from sensource_dagster.views.agreement import disagreements
from sensource_dagster.views.united import refresh_accounts
from sensource_dagster.warehouse.account_schemas import accounts
from sensource_dagster.warehouse.connection import Warehouse
from sensource_dagster.warehouse.file_warehouse import FileWarehouse, wal_of
from sensource_dagster.warehouse.replacement import replace_whole
from sensource_dagster.warehouse.sql import full_schema, identifier, schema_of
from sensource_dagster.warehouse.warehouse_of import warehouse_of

_FAILED = 3  # exit status; the text is in stdout


@dataclass(frozen=True)
class Published:
    """What the copy holds.

    Attributes:
        version: the version of the warehouse that was copied, as `Warehouse.version` gives it.
        seconds: how long the copy took.
        size: of the file, in bytes.
        rows: the rows of each table and view, by `schema.name`. Views of the user are not among them: one may be
            slow, or read a file that is elsewhere.
        newest_hour: the start of the newest hour counted, in ISO format; None without one.
        disagreements: what `agreement.disagreements` found in it.
    """

    version: str
    seconds: float
    size: int
    rows: dict[str, int]
    newest_hour: str | None
    disagreements: list[dict[str, Any]]


def publish(
    warehouse: WarehousePlace, copy: Path, zone: ZoneInfo, wait_seconds: float, schema: str = SCHEMA
) -> Published:
    """Replace `copy` by a copy of the warehouse with current views. Who has the old one open keeps it, whole.

    Raises:
        WarehouseError: the copy cannot be made. The old one is still there, unchanged.
    """
    place = str(warehouse.absolute() if isinstance(warehouse, Path) else warehouse)
    job = json.dumps([place, str(copy.absolute()), zone.key, wait_seconds, schema])
    command = [sys.executable, "-m", __spec__.name, job]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return Published(**json.loads(done.stdout))
    reason = done.stdout.strip() if done.returncode == _FAILED else done.stderr.strip().rpartition("\n")[2]
    raise WarehouseError(
        reason
        or f"The copy {copy} was not made: its process ended with status {done.returncode}. "
        "The copy before it is still there."
    )


def _publish(warehouse: Warehouse, copy: Path, zone: ZoneInfo, schema: str) -> Published:
    started = time.monotonic()
    partial = copy.with_name(f".{copy.name}.partial")
    try:
        copy.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(copy.with_name(f".{copy.name}.lock")):
            try:
                for left in (partial, wal_of(partial)):  # by a copy that was killed
                    left.unlink(missing_ok=True)
                version = warehouse.copy_to(partial)
                described = _refresh(partial, zone, schema)
                _replace(partial, copy)
            finally:
                for left in (partial, wal_of(partial)):
                    left.unlink(missing_ok=True)
        size = copy.stat().st_size
    except OSError as error:
        raise WarehouseError(
            f"The copy {copy} cannot be made: {error.strerror or error}. The copy before it is still there. Free "
            "some space, or set SENSOURCE_PUBLISHED to a file elsewhere."
        ) from None
    return Published(version=version, seconds=round(time.monotonic() - started, 3), size=size, **described)


def _refresh(partial: Path, zone: ZoneInfo, schema: str) -> dict[str, Any]:
    with FileWarehouse(partial, 0, {}, schema=schema).open() as connection:
        refresh_accounts(connection, zone)
        connection.execute("CHECKPOINT")
        rows = _row_counts(connection)
        newest = [
            connection.execute(f"SELECT epoch(max({HOUR})) FROM {table.name}").fetchall()[0][0] for table in COUNTS
        ]
        wrong = disagreements(connection)
    seconds = max((found for found in newest if found is not None), default=None)
    newest_hour = datetime.fromtimestamp(seconds, zone).isoformat() if seconds is not None else None
    return {"rows": rows, "newest_hour": newest_hour, "disagreements": wrong}


def _row_counts(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """The rows of the tables and views of all accounts, and of all other tables."""
    tables = connection.execute(
        "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = current_database() "
        "AND NOT temporary ORDER BY ALL"
    ).fetchall()
    ours, own = [(schema, view.name) for schema in accounts(connection) for view in VIEWS], schema_of(connection)
    counts = {}
    for schema, name in sorted((*tables, *ours), key=lambda found: found[0].lower() != own):
        source = f"{full_schema(connection, schema)}.{identifier(name)}"
        counts[f"{schema}.{name}"] = connection.execute(f"SELECT count(*) FROM {source}").fetchall()[0][0]
    return counts


def _replace(partial: Path, copy: Path) -> None:
    # Changes that somebody wrote into the old copy do not fit the new one, which could not be opened with them.
    wal_of(copy).unlink(missing_ok=True)
    replace_whole(partial, copy)


def main(job: str) -> int:
    place, copy, zone, wait_seconds, schema = json.loads(job)
    try:
        warehouse = warehouse_of(warehouse_place(place), wait_seconds, schema=schema)
        print(json.dumps(asdict(_publish(warehouse, Path(copy), ZoneInfo(zone), schema))))
    except SenSourceError as error:
        print(error)
        return _FAILED
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
