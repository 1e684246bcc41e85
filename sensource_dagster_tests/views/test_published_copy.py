"""The published copy: made whole or not at all, whoever has the old one open."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

from sensource_dagster.config.warehouse_place import WarehousePlace
from sensource_dagster.contract.view_columns import VIEWS
from sensource_dagster.errors import WarehouseError
from sensource_dagster.views import published_copy
from sensource_dagster.views.published_copy import publish
from sensource_dagster.warehouse.file_warehouse import FileWarehouse
from sensource_dagster_tests.views.accounts import DENVER, Account

in_a_file = pytest.mark.parametrize("place", ["file"], indirect=True)


@pytest.fixture
def account(place: WarehousePlace) -> Account:
    made = Account(place)
    made.door("a", site="1")
    made.hours("a", "2026-01-05T07:00", 24)
    return made


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return tmp_path / "published" / "footfall.duckdb"


def rows(file: Path, query: str = "SELECT sum(ins) FROM sensource.traffic_daily") -> list[tuple[object, ...]]:
    with duckdb.connect(str(file), read_only=True) as connection:
        return connection.execute(query).fetchall()


def test_the_copy_has_every_view_and_says_what_is_in_it(account: Account, copy: Path) -> None:
    made = publish(account.place, copy, DENVER, 5)
    assert made.size == copy.stat().st_size
    assert made.rows["sensource.traffic"] == 24
    assert made.newest_hour == "2026-01-05T23:00:00-07:00"
    assert made.version == account.warehouse.version()
    assert made.disagreements == []
    for view in VIEWS:
        assert rows(copy, f"SELECT count(*) FROM sensource.{view.name}")
    left = {file.name for file in copy.parent.iterdir()}
    assert left == {"footfall.duckdb", ".footfall.duckdb.lock"}


def test_it_says_how_many_rows_each_table_and_view_has_with_the_tables_of_the_user(
    account: Account, copy: Path
) -> None:
    with account.warehouse.open() as connection:
        connection.execute('CREATE SCHEMA "my marts"; CREATE TABLE "my marts"."a.b" AS SELECT 1 AS i')
        connection.execute("CREATE TABLE opening AS SELECT unnest([1, 2]) AS i")
        connection.execute("CREATE VIEW broken AS SELECT * FROM opening; DROP TABLE opening")
        connection.execute("CREATE TABLE main.opening_2 AS SELECT unnest([1, 2]) AS i")
    made = publish(account.place, copy, DENVER, 5).rows
    assert (made["my marts.a.b"], made["main.opening_2"]) == (1, 2)
    assert (made["sensource.traffic_hourly"], made["sensource.traffic_daily"], made["sensource.door"]) == (
        24,
        1,
        1,
    )
    assert {f"sensource.{view.name}" for view in VIEWS} <= made.keys()
    assert list(made)[-2:] == ["main.opening_2", "my marts.a.b"]


def test_every_table_view_and_column_has_a_comment(account: Account, copy: Path) -> None:
    publish(account.place, copy, DENVER, 5)
    for kind in ("tables", "views", "columns"):
        assert (
            rows(copy, f"SELECT * FROM duckdb_{kind}() WHERE schema_name = 'sensource' AND comment IS NULL") == []
        )


def test_an_open_reader_keeps_its_whole_old_copy_and_a_new_one_sees_the_new_rows(
    account: Account, copy: Path
) -> None:
    publish(account.place, copy, DENVER, 5)
    with duckdb.connect(str(copy), read_only=True) as reader:
        account.hours("a", "2026-01-06T07:00", 24)
        publish(account.place, copy, DENVER, 5)
        assert reader.execute("SELECT sum(ins) FROM sensource.traffic_daily").fetchall() == [(24,)]
    assert rows(copy) == [(48,)]


@in_a_file
def test_a_reader_of_the_warehouse_does_not_stop_it_and_a_writer_is_waited_for(
    account: Account, copy: Path
) -> None:
    hold = (
        "import duckdb, sys; c = duckdb.connect(sys.argv[1], read_only=sys.argv[2] == 'r'); "
        "print('open', flush=True); input()"
    )
    for mode in ("r", "w"):
        with subprocess.Popen(
            [sys.executable, "-c", hold, str(account.place), mode],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        ) as holder:
            assert holder.stdout
            holder.stdout.readline()
            if mode == "r":
                publish(account.place, copy, DENVER, 0)
            else:
                with pytest.raises(WarehouseError, match="is held by process"):
                    publish(account.place, copy, DENVER, 0.2)
            holder.communicate(b"\n")
    assert rows(copy) == [(24,)]


def test_what_somebody_wrote_into_the_old_copy_does_not_spoil_the_new_one(account: Account, copy: Path) -> None:
    publish(account.place, copy, DENVER, 5)
    write = "import duckdb, os, sys; c = duckdb.connect(sys.argv[1]); c.execute(sys.argv[2]); os._exit(0)"
    subprocess.run([sys.executable, "-c", write, str(copy), "CREATE TABLE own (i INT)"], check=True)
    assert copy.with_name("footfall.duckdb.wal").exists()
    publish(account.place, copy, DENVER, 5)
    assert rows(copy) == [(24,)]


@pytest.mark.slow
def test_a_copy_that_is_killed_at_any_moment_leaves_the_old_one(account: Account, copy: Path) -> None:
    publish(account.place, copy, DENVER, 5)
    account.hours("a", "2026-01-06T07:00", 24)
    job = f'["{account.place}", "{copy}", "America/Denver", 5]'
    for moment in range(8):
        process = subprocess.Popen([sys.executable, "-m", published_copy.__name__, job], stdout=subprocess.DEVNULL)
        time.sleep(0.08 * moment)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert rows(copy) in ([(24,)], [(48,)])
    publish(account.place, copy, DENVER, 5)
    assert rows(copy) == [(48,)]
    assert not copy.with_name(".footfall.duckdb.partial").exists()


@in_a_file
def test_a_full_disk_says_so_and_changes_nothing(
    account: Account, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(account.place, copy, DENVER, 5)
    account.hours("a", "2026-01-06T07:00", 24)

    def full(_source: Path, target: Path) -> None:
        Path(target).write_bytes(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(shutil, "copyfile", full)
    with pytest.raises(WarehouseError, match=r"cannot be made: No space left on device\. The copy before it"):
        published_copy._publish(account.warehouse, copy, DENVER, "sensource")
    assert rows(copy) == [(24,)]
    assert not copy.with_name(".footfall.duckdb.partial").exists()


def test_a_folder_that_cannot_be_made_is_named(account: Account, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(WarehouseError, match="SENSOURCE_PUBLISHED"):
        publish(account.place, tmp_path / "file" / "footfall.duckdb", DENVER, 5)


def test_the_version_changes_with_a_new_row_and_not_with_a_merge_of_known_ones(
    account: Account, copy: Path
) -> None:
    before = account.warehouse.version()
    account.hours("a", "2026-01-05T07:00", 24)
    assert account.warehouse.version() == before
    account.hours("a", "2026-01-06T07:00", 1)
    assert account.warehouse.version() != before
    assert FileWarehouse(copy, 5, {}).version() is None


def test_a_list_with_an_entry_twice_makes_the_views_disagree(account: Account, copy: Path) -> None:
    with account.warehouse.open() as connection:
        connection.execute("INSERT INTO sensource.zone SELECT * FROM sensource.zone")
    found = publish(account.place, copy, DENVER, 5).disagreements
    assert {
        "views": "traffic, traffic_hourly",
        "day": "all days",
        "ins_of_the_first": 24,
        "ins_of_the_second": 48,
    } in found


def test_a_warehouse_without_the_column_of_local_hours_gets_it_filled(account: Account, copy: Path) -> None:
    with account.warehouse.open() as connection:
        connection.execute("ALTER TABLE sensource.traffic DROP COLUMN record_hour")
    publish(account.place, copy, DENVER, 5)
    hours = "SELECT min(local_hour), max(local_hour), count(*) FROM sensource.traffic_hourly"
    [(first, last, count)] = rows(copy, hours)
    assert (str(first), str(last), count) == ("2026-01-05 00:00:00", "2026-01-05 23:00:00", 24)
