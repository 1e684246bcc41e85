"""Lakes for tests: a PostgreSQL server of the test session, and a new database in it for each lake."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from importlib.util import find_spec
from itertools import count
from pathlib import Path

import duckdb
import psycopg2
import pytest

from sensource_dagster.config.warehouse_place import LakePlace
from sensource_dagster_tests.postgres import binaries, libpq_of

LAKE = "lake"
on_a_lake = pytest.mark.lake
"""For a test that needs a lake. `make test-lake` runs it."""
LAKE_PARAMETER = pytest.param(LAKE, id=LAKE, marks=on_a_lake)
"""For a fixture whose warehouse may be a lake."""
NewLake = Callable[[], LakePlace]

_numbers = count(1)


def why_no_lake() -> str | None:
    """Why no lake can be tested here; None if one can."""
    if find_spec("duckdb_extension_ducklake") is None:
        return f"DuckDB {duckdb.__version__} is installed without the extension ducklake"
    return None if binaries() else "PostgreSQL is not installed"


def lake_in(server: Path, data: Path | str) -> LakePlace:
    """A lake that does not exist yet, with a database of its own."""
    name = f"lake_{next(_numbers)}"
    with closing(psycopg2.connect(libpq_of(server))) as session:
        session.autocommit = True
        with session.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name}")
    return LakePlace(libpq_of(server, name), f"{data}/")
