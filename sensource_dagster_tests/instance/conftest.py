"""Histories in PostgreSQL. Each test has a database of its own, copied from one with Dagster's tables in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from dagster import DagsterInstance

from sensource_dagster.instance.postgres_storage import PostgresStorage
from sensource_dagster_tests.instances import instance
from sensource_dagster_tests.postgres import PASSWORD, libpq_of, postgres_server

Storage = dict[str, Any]
_NUMBERS = count()


def storage_in(server: Path, database: str, **others: object) -> Storage:
    """The `storage` of a dagster.yaml. Neither a password nor a driver is in it."""
    of_server = {"hostname": "", "username": "dagster", "db_name": database, "params": {"host": str(server)}}
    return {
        "custom": {
            "module": PostgresStorage.__module__,
            "class": PostgresStorage.__name__,
            "config": {"postgres_db": of_server, **others},
        }
    }


@pytest.fixture(scope="module")
def server() -> Iterator[Path]:
    with postgres_server() as folder:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PGPASSWORD", PASSWORD)
            PostgresStorage(f"postgresql+psycopg2://dagster@/postgres?host={folder}")
        yield folder


@pytest.fixture
def new_postgres_storage(server: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Storage]:
    monkeypatch.setenv("PGPASSWORD", PASSWORD)

    def new(**others: object) -> Storage:
        name = f"history{next(_NUMBERS)}"
        with closing(psycopg2.connect(libpq_of(server, "template1"))) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(f"CREATE DATABASE {name} TEMPLATE postgres")
        return storage_in(server, name, **others)

    return new


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def history(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[DagsterInstance]:
    in_postgres = request.param == "PostgreSQL"
    storage = request.getfixturevalue("new_postgres_storage")() if in_postgres else None
    with instance(tmp_path / "history", storage) as made:
        assert made.run_retries_enabled
        assert made.run_retries_max_retries == 2
        yield made
