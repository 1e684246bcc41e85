"""What a lake's catalogue in PostgreSQL says of the lake, without DuckDB: the sensors ask it every half minute."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg2

from sensource_dagster.errors import WarehouseError
from sensource_dagster.postgresql.libpq import place
from sensource_dagster.postgresql.session import session
from sensource_dagster.warehouse.transaction import first_line

_SIZES = " UNION ALL ".join(
    f"SELECT file_size_bytes FROM {table} WHERE end_snapshot IS NULL"
    for table in ("ducklake_data_file", "ducklake_delete_file")
)
# A table of ours beside those of DuckLake. In the lake itself each merge would leave files behind.
_REQUESTS = "sensource_requests"


@dataclass(frozen=True)
class Lake:
    """What there is: the number of the newest snapshot, and the folder of the files."""

    snapshot: int
    data: str


def lake_at(libpq: str) -> Lake | None:
    """The lake there; None if there is none yet.

    Raises:
        WarehouseError: PostgreSQL cannot be reached, or refuses. So it is with the other functions here.
    """
    newest = "SELECT max(snapshot_id) FROM ducklake_snapshot"
    query = f"SELECT ({newest}), value FROM ducklake_metadata WHERE key = 'data_path'"
    found = _row(libpq, "ducklake_metadata", query)
    return Lake(*found) if found else None


def account_snapshot(libpq: str, schema: str, left_out: Sequence[str]) -> int:
    """The newest snapshot in which the rows of an account's tables changed; 0 without one.

    Args:
        left_out: tables that do not count.
    """
    changes = " UNION ALL ".join(
        f"SELECT table_id, greatest(begin_snapshot, end_snapshot) AS changed FROM {files}"
        for files in ("ducklake_data_file", "ducklake_delete_file")
    )
    query = f"""SELECT coalesce(max(changed), 0) FROM ({changes}) files JOIN ducklake_table t USING (table_id)
        JOIN ducklake_schema s USING (schema_id) WHERE s.schema_name = %s AND t.table_name <> ALL(%s)"""
    found = _row(libpq, "ducklake_data_file", query, [schema, list(left_out)])
    return int(found[0]) if found else 0


def size(libpq: str) -> int:
    """How many bytes the files of the newest snapshot have; 0 without a lake."""
    query = f"SELECT coalesce(sum(file_size_bytes), 0)::bigint FROM ({_SIZES}) sizes"
    found = _row(libpq, "ducklake_data_file", query)
    return int(found[0]) if found else 0


def read_requests(libpq: str) -> str | None:
    """The text that `write_requests` wrote last; None if it never did."""
    found = _row(libpq, _REQUESTS, f"SELECT requests FROM {_REQUESTS}")
    return str(found[0]) if found else None


def write_requests(libpq: str, requests: str) -> None:
    """Keep a text. Only who has the turn of the writers may call it."""
    with _cursor(libpq) as cursor:
        cursor.execute(f"CREATE TABLE IF NOT EXISTS {_REQUESTS} (one boolean PRIMARY KEY, requests text NOT NULL)")
        conflict = "ON CONFLICT (one) DO UPDATE SET requests = excluded.requests"
        cursor.execute(f"INSERT INTO {_REQUESTS} VALUES (true, %s) {conflict}", [requests])


def _row(libpq: str, table: str, query: str, values: Sequence[object] = ()) -> tuple[Any, ...] | None:
    """The row of a query; None without one, and without the table."""
    with _cursor(libpq) as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [table])
        [(there,)] = cursor.fetchall()
        if not there:
            return None
        cursor.execute(query, values)
        return next(iter(cursor.fetchall()), None)


@contextmanager
def _cursor(libpq: str) -> Iterator[Any]:
    try:
        with session(libpq, "sensource: catalogue") as connected:
            connected.autocommit = True
            with connected.cursor() as cursor:
                yield cursor
    except psycopg2.Error as error:
        raise WarehouseError(
            f"The lake's catalogue, PostgreSQL's {place(libpq)}, cannot be used: {first_line(error)} Check that "
            "the server runs, and PGPASSWORD or PGPASSFILE."
        ) from None
