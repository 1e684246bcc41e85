"""The format of the DuckDB file: DuckDB 1.4 can open it, and a file of DuckDB 2 is converted once."""

from __future__ import annotations

import errno
from pathlib import Path

import duckdb
import pytest

from sensource_dagster.warehouse import storage_format
from sensource_dagster.warehouse.file_warehouse import FileWarehouse
from sensource_dagster_tests.warehouse.samples import Store, count

pytestmark = pytest.mark.skipif(
    int(duckdb.__version__.split(".")[0]) < 2, reason="DuckDB 1 writes no file that is too new"
)


@pytest.fixture
def new_format(tmp_path: Path) -> Path:
    """A file as DuckDB 2 makes it by default, with objects of a user."""
    file = tmp_path / "w.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute("CREATE TABLE own (i INTEGER, t VARCHAR DEFAULT 'x'); INSERT INTO own VALUES (1, 'a')")
        connection.execute("CREATE VIEW of_own AS SELECT i + 1 AS j FROM own; CREATE MACRO twice(x) AS 2 * x")
    return file


def test_a_new_file_has_the_older_format_and_keeps_it(tmp_path: Path) -> None:
    store = Store(tmp_path / "w.duckdb")
    store.put(count())
    assert not storage_format.is_too_new(store.path)
    store.put(count(at=1))
    assert not storage_format.is_too_new(store.path)


def test_a_file_of_duckdb_2_is_converted_with_all_that_is_in_it_and_that_is_said_once(new_format: Path) -> None:
    said: list[str] = []
    warehouse = FileWarehouse(new_format, 5, {}, said.append)
    assert storage_format.is_too_new(new_format)
    for _ in range(2):
        with warehouse.open() as connection:
            assert connection.execute("SELECT twice(j) FROM of_own").fetchall() == [(4,)]
            connection.execute("INSERT INTO own (i) VALUES (1)")
            assert connection.execute("SELECT t FROM own").fetchall()[-1] == ("x",)
            connection.execute("DELETE FROM own WHERE t = 'x'")
    assert not storage_format.is_too_new(new_format)
    assert said == [f"{new_format} was converted, once: DuckDB 1.4 and later can open it now."]
    assert [file.name for file in new_format.parent.iterdir()] == ["w.duckdb"]


def test_reading_converts_nothing(new_format: Path) -> None:
    before = new_format.read_bytes()
    with FileWarehouse(new_format, 5, {}).open(read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM own").fetchall() == [(1,)]
    assert new_format.read_bytes() == before


def test_a_conversion_that_fails_leaves_the_file_as_it_was_and_says_so(
    new_format: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    said: list[str] = []
    with FileWarehouse(new_format, 5, {}, said.append).open() as connection:
        assert connection.execute("SELECT count(*) FROM own").fetchall() == [(1,)]
    assert storage_format.is_too_new(new_format)
    assert "a conversion failed" in said[0]
    assert "No space left on device" in said[0]
    assert [file.name for file in new_format.parent.iterdir()] == ["w.duckdb"]


@pytest.mark.parametrize("content", [None, b"", b"x" * 100])
def test_what_is_no_duckdb_file_is_not_too_new(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "w.duckdb"
    if content is not None:
        file.write_bytes(content)
    assert not storage_format.is_too_new(file)
