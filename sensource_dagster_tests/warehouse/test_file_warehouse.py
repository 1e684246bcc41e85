"""The file is open only as long as needed, the wait for it is limited, and it is never left half written."""

from __future__ import annotations

import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import duckdb
import pytest

from sensource_dagster.errors import WarehouseError, WarehouseHeldError
from sensource_dagster.warehouse import file_warehouse
from sensource_dagster.warehouse.file_warehouse import TOLD_EVERY, FileWarehouse
from sensource_dagster_tests.warehouse.processes import line, notebook, running
from sensource_dagster_tests.warehouse.samples import Store, count

HOLD = """
import duckdb, sys, time
connection = duckdb.connect(sys.argv[1], read_only=sys.argv[2] == "reads")
print("held", flush=True)
sys.stdin.readline()
time.sleep(0.5)
connection.close()
print("released", flush=True)
sys.stdin.readline()
"""


def release(process: subprocess.Popen[str]) -> None:
    assert process.stdin
    process.stdin.write("\n")
    process.stdin.flush()


def can_another_process_write(path: Path) -> bool:
    script = (
        "import duckdb, sys; duckdb.connect(sys.argv[1]).execute('CREATE OR REPLACE TABLE main.probe (x INT)')"
    )
    return subprocess.run([sys.executable, "-c", script, str(path)], check=False).returncode == 0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "w.duckdb"


@pytest.mark.parametrize("mode", ["reads", "writes"])
def test_a_file_held_for_longer_than_the_wait_is_an_error_that_names_file_process_and_variable(
    path: Path, mode: str
) -> None:
    duckdb.connect(str(path)).close()
    with running(HOLD, str(path), mode) as holder:
        assert line(holder) == "held"
        with pytest.raises(WarehouseError) as raised, FileWarehouse(path, 0.3, {}).open():
            pass
    text = str(raised.value)
    assert f"The warehouse {path} is held by process {holder.pid} (" in text
    assert "Waiting 0.3 s did not help" in text
    assert "SENSOURCE_WAREHOUSE_WAIT" in text
    assert "\n" not in text


def test_a_file_held_for_shorter_than_the_wait_is_waited_for(path: Path) -> None:
    with running(HOLD, str(path), "writes") as holder:
        assert line(holder) == "held"
        with pytest.raises(WarehouseError), FileWarehouse(path, 0, {}).open():
            pass
        release(holder)  # it closes half a second later, during our wait
        Store(path).put(count())
        assert line(holder) == "released"
        assert holder.poll() is None
    assert len(Store(path).rows()) == 1


def test_who_is_waited_for_is_told_at_once_and_then_every_fifteen_seconds(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert TOLD_EVERY == 15
    monkeypatch.setattr(file_warehouse, "TOLD_EVERY", 1.5)
    duckdb.connect(str(path)).close()
    told: list[tuple[float, str]] = []
    with notebook(path) as holder:
        start = time.monotonic()
        waiting = FileWarehouse(path, 4, {}, lambda text: told.append((time.monotonic() - start, text)))
        with pytest.raises(WarehouseHeldError) as raised, waiting.open():
            pass
    times = [at for at, _ in told]
    assert times[0] < 1
    assert all(later - earlier >= 1.5 for earlier, later in pairwise(times))
    assert len(told) in (2, 3)
    name = f"process {holder.pid} ({Path(sys.executable).name} notebook.py"
    assert all(f"waiting for {name}" in text for _, text in told)
    assert f"is held by {name}" in str(raised.value)
    assert raised.value.holder.startswith(name)


def test_a_file_that_is_free_is_opened_without_a_word(path: Path) -> None:
    told: list[str] = []
    with FileWarehouse(path, 4, {}, told.append).open():
        pass
    assert told == []


def test_a_reader_does_not_keep_another_reader_out(path: Path) -> None:
    Store(path).put(count())
    with running(HOLD, str(path), "reads") as holder:
        assert line(holder) == "held"
        with FileWarehouse(path, 0, {}).open(read_only=True) as connection:
            assert connection.execute("SELECT count(*) FROM w.sensource.traffic").fetchall() == [(1,)]


@pytest.mark.parametrize("read_only", [True, False])
def test_the_file_is_free_after_success_and_after_an_error(path: Path, read_only: bool) -> None:
    store = Store(path)
    store.put(count())
    assert can_another_process_write(path)
    try:
        with store.warehouse.open(read_only=read_only) as connection:
            connection.execute("SELECT 1")
            raise KeyboardInterrupt
    except KeyboardInterrupt as interrupt:
        kept = interrupt  # and with it every frame of the traceback
    assert can_another_process_write(path)
    assert kept.__traceback__


def test_the_file_is_free_after_a_merge_that_failed(path: Path) -> None:
    store = Store(path)
    store.put(count(ins=1))
    store.sql("ALTER TABLE {s}.traffic ALTER sumins TYPE DOUBLE")
    with pytest.raises(WarehouseError) as raised:
        store.put(count(ins=5))
    assert can_another_process_write(path)
    assert raised.traceback


def test_a_missing_folder_is_created(tmp_path: Path) -> None:
    store = Store(tmp_path / "a" / "b" / "new.duckdb")
    store.put(count())
    assert len(store.rows()) == 1


def _no_duckdb(path: Path) -> Path:
    path.write_bytes(b"not a database\0" * 8192)
    return path


def _empty(path: Path) -> Path:
    path.touch()  # not replaced, since another process may be about to fill it
    return path


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


def _below_a_file(path: Path) -> Path:
    path.write_text("a file")
    return path / "w.duckdb"


@pytest.mark.parametrize("make", [_no_duckdb, _empty, _folder, _below_a_file])
@pytest.mark.parametrize("read_only", [True, False])
def test_a_path_that_cannot_be_a_warehouse_is_an_error_at_once_and_is_not_changed(
    path: Path, make: object, read_only: bool
) -> None:
    assert callable(make)
    file = make(path)
    before = path.read_bytes() if path.is_file() else sorted(path.iterdir())
    with (
        pytest.raises(WarehouseError, match=str(file)) as raised,
        FileWarehouse(file, 3600, {}).open(read_only=read_only),
    ):
        pass
    assert "\n" not in str(raised.value)
    assert (path.read_bytes() if path.is_file() else sorted(path.iterdir())) == before


def test_a_file_of_a_newer_duckdb_is_an_error(path: Path) -> None:
    Store(path).put(count())
    raw = bytearray(path.read_bytes())
    raw[12:20] = (10_000).to_bytes(8, "little")  # the storage version, after checksum and magic bytes
    path.write_bytes(raw)
    with pytest.raises(WarehouseError, match="cannot be opened"), FileWarehouse(path, 3600, {}).open():
        pass
    assert path.read_bytes() == raw


def test_a_read_only_file_is_an_error_for_a_writer(path: Path) -> None:
    Store(path).put(count())
    path.chmod(0o400)
    try:
        path.open("ab").close()
    except PermissionError:
        pass
    else:
        pytest.skip("permissions do not bind this user (root)")
    with pytest.raises(WarehouseError, match="cannot be opened"):
        Store(path).put(count(ins=5))


def test_reading_a_missing_warehouse_says_to_materialize_and_creates_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a" / "w.duckdb"
    with (
        pytest.raises(WarehouseError, match="does not exist yet"),
        FileWarehouse(path, 0, {}).open(read_only=True),
    ):
        pass
    assert not path.parent.exists()


@pytest.mark.parametrize("name", [":memory:", ":memory:x", "md:"])
def test_a_name_with_a_special_meaning_in_duckdb_is_a_file_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Store(Path(name)).put(count())
    assert (tmp_path / name).stat().st_size > 0
    assert len(Store(Path(name)).rows()) == 1


@pytest.mark.parametrize("host_zone", ["America/Los_Angeles", "Asia/Kolkata"])
def test_the_session_is_in_utc_whatever_the_host(
    path: Path, monkeypatch: pytest.MonkeyPatch, host_zone: str
) -> None:
    monkeypatch.setenv("TZ", host_zone)
    time.tzset()
    try:
        with FileWarehouse(path, 0, {}).open() as connection:
            assert connection.execute("SELECT current_setting('TimeZone')").fetchall() == [("UTC",)]
    finally:
        monkeypatch.undo()
        time.tzset()


def test_the_config_is_passed_to_duckdb(path: Path) -> None:
    with FileWarehouse(path, 0, {"threads": "1"}).open() as connection:
        assert connection.execute("SELECT current_setting('threads')").fetchall() == [(1,)]
