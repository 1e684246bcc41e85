"""`sensource migrate`: the copy has every row, and nothing is lost, whatever interrupts it."""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from filelock import FileLock

from sensource_dagster.cli import main
from sensource_dagster.config import project_folder
from sensource_dagster.config.settings import read_settings
from sensource_dagster.config.warehouse_place import LakePlace, WarehousePlace
from sensource_dagster.warehouse import migration
from sensource_dagster.warehouse.file_warehouse import FileWarehouse
from sensource_dagster.warehouse.warehouse_of import warehouse_of
from sensource_dagster_tests.end_to_end.sync import Sync, syncing
from sensource_dagster_tests.fork_server import fork
from sensource_dagster_tests.lakes import LAKE_PARAMETER

FIRST, LAST = date(2025, 12, 1), date(2025, 12, 3)


@pytest.fixture
def sync(tmp_path: Path) -> Iterator[Sync]:
    """A warehouse with three days, and with a table of the user's own."""
    with syncing(tmp_path / "source", SENSOURCE_PUBLISHED="") as made:
        assert made.run("everything", FIRST, LAST).success
        write(made.settings.warehouse, "CREATE SCHEMA mine")
        write(
            made.settings.warehouse,
            "CREATE TABLE mine.notes AS SELECT 'new carpet' AS note, DATE '2025-12-01' AS on_day",
        )
        yield made


@pytest.fixture(params=["file", LAKE_PARAMETER])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> WarehousePlace:
    if request.param == "file":
        return tmp_path / "target.duckdb"
    place: LakePlace = request.getfixturevalue("new_lake")()
    return place


def write(place: WarehousePlace, statement: str) -> None:
    with warehouse_of(place, 5).open() as connection:
        connection.execute(statement)


def tables(place: WarehousePlace) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, except the two that the views make for themselves."""
    with warehouse_of(place, 5).open(read_only=True) as connection:
        found = connection.execute(
            "SELECT schema_name || '.' || table_name FROM duckdb_tables() "
            "WHERE database_name = current_database() AND NOT internal "
            "AND table_name NOT IN ('utc_offset', 'irregular_day', 'local_zone') ORDER BY 1"
        ).fetchall()
        rows = {}
        for (name,) in found:
            columns = [column for (column, *_) in connection.execute(f"DESCRIBE {name}").fetchall()]
            selected = ", ".join(f'"{column}"' for column in sorted(columns))
            rows[name] = connection.execute(f"SELECT {selected} FROM {name} ORDER BY ALL").fetchall()
        return rows


def arguments(target: WarehousePlace) -> list[str]:
    data = target.data if isinstance(target, LakePlace) else ""
    return ["migrate", "--to", str(target), "--data", data or ""]


def migrate(sync: Sync, target: WarehousePlace) -> Result:
    return CliRunner().invoke(main, arguments(target), env=dict(sync.variables))


def test_every_table_and_row_is_copied_and_compared_and_the_source_is_as_it_was(
    sync: Sync, target: WarehousePlace
) -> None:
    before = tables(sync.settings.warehouse)

    result = migrate(sync, target)

    assert result.exit_code == 0, result.output
    assert tables(target) == tables(sync.settings.warehouse) == before
    assert (
        f"sensource.traffic: {len(before['sensource.traffic']):,} rows, 3 days, the same on both sides"
        in result.output
    )
    assert "mine.notes: 1 row, the same on both sides" in result.output
    printed = dict(line.split("='") for line in result.output.splitlines() if line.startswith("SENSOURCE_"))
    named = read_settings({name: text.rstrip("'") for name, text in printed.items()}).warehouse
    assert tables(named) == before
    with warehouse_of(target, 5).open(read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM sensource.traffic_daily").fetchall()[0][0] > 0
    assert migrate(sync, target).exit_code == 0


def test_and_back(sync: Sync, target: WarehousePlace, tmp_path: Path) -> None:
    before, back = tables(sync.settings.warehouse), tmp_path / "back.duckdb"
    assert migrate(sync, target).exit_code == 0
    there = {**sync.variables, "SENSOURCE_WAREHOUSE": str(target)}

    result = CliRunner().invoke(main, arguments(back), env=there)

    assert result.exit_code == 0, result.output
    assert tables(back) == before


def killed_at_traffic(*given: str) -> None:
    copy: Callable[..., None] = migration._copy

    def copy_or_die(connection: Any, table: Any, *others: Any) -> None:
        if table.name == "traffic":
            os.kill(os.getpid(), signal.SIGKILL)
        copy(connection, table, *others)

    migration._copy = copy_or_die  # type: ignore[assignment]
    main([*given])


def test_after_a_kill_the_same_command_goes_on_even_if_the_source_has_new_rows(
    sync: Sync, target: WarehousePlace, tmp_path: Path
) -> None:
    environment = {**os.environ, **sync.variables}
    with fork(killed_at_traffic, *arguments(target), folder=tmp_path, environment=environment) as process:
        printed, _ = process.communicate()
    assert process.wait() == -signal.SIGKILL
    assert "sensource.occupancy: " in printed
    assert "sensource.traffic: " not in printed
    write(sync.settings.warehouse, "DELETE FROM sensource.occupancy WHERE record_date = DATE '2025-12-02'")

    result = migrate(sync, target)

    assert result.exit_code == 0, result.output
    assert tables(target) == tables(sync.settings.warehouse)
    assert not (tmp_path / "source" / ".migrate").exists(), "the killed command's copy was left behind"


def test_rows_that_came_from_elsewhere_are_never_replaced(sync: Sync, target: WarehousePlace) -> None:
    write(target, "CREATE SCHEMA sensource")
    write(target, "CREATE TABLE sensource.zone AS SELECT 'another account' AS zone_id")
    before = tables(target)

    result = migrate(sync, target)

    assert result.exit_code == 1
    assert "There are other rows already in sensource.zone. Nothing was changed." in result.output
    assert tables(target) == before


def test_a_run_that_writes_meanwhile_is_noticed_and_the_command_can_be_repeated(
    sync: Sync, target: WarehousePlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = migration._digest

    def digest_while_a_run_writes(connection: Any, table: Any, database: str) -> Any:
        if table.name == "zone":
            write(sync.settings.warehouse, "UPDATE sensource.zone SET name = 'West door'")
        return digest(connection, table, database)

    with monkeypatch.context() as patch:
        patch.setattr(migration, "_digest", digest_while_a_run_writes)
        result = migrate(sync, target)
    assert result.exit_code == 1
    assert "A run has written the source meanwhile. Stop Dagster, and run the same command again." in result.output

    assert migrate(sync, target).exit_code == 0
    assert tables(target) == tables(sync.settings.warehouse)


def test_a_copy_that_differs_is_not_kept(
    sync: Sync, target: WarehousePlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = migration._digest

    def spoiled(connection: Any, table: Any, database: str) -> Any:
        found = digest(connection, table, database)
        return found if database == "migrated_from" else {**found, FIRST: (1, 1), LAST: (1, 1)}

    monkeypatch.setattr(migration, "_digest", spoiled)

    result = migrate(sync, target)

    assert result.exit_code == 1
    assert "differs from the source, on 2 days. It was not kept." in result.output
    assert set(tables(target)) == {"sensource.migration_under_way"}


def test_a_second_one_at_a_time_and_a_full_disk_are_named_and_leave_nothing(
    sync: Sync, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "target.duckdb"
    with FileLock(tmp_path / "source" / ".migrate.lock"):
        assert "Another `sensource migrate` copies this warehouse." in migrate(sync, target).output

    def full(_warehouse: FileWarehouse, _file: Path) -> str:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(FileWarehouse, "copy_to", full)
    result = migrate(sync, target)
    assert result.exit_code == 1
    assert "cannot be copied: No space left on device. Meanwhile it needs as much space again in" in result.output
    assert not target.exists()


@pytest.mark.parametrize(
    ("to", "says"),
    [
        ("md:footfall", "SENSOURCE_WAREHOUSE"),
        ("{warehouse}", "is the warehouse itself. Choose another place."),
    ],
)
def test_a_place_that_cannot_be_one_is_named(to: str, says: str, sync: Sync) -> None:
    place = to.format(warehouse=sync.settings.warehouse)
    result = CliRunner().invoke(main, ["migrate", "--to", place], env=dict(sync.variables))
    assert result.exit_code == 1
    assert says in result.output


def test_a_relative_path_is_meant_from_where_the_command_is_called(
    sync: Sync, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.setattr(project_folder, "CLONE", tmp_path / "project")
    monkeypatch.chdir(tmp_path / "elsewhere")

    result = migrate(sync, Path("target.duckdb"))

    assert result.exit_code == 0, result.output
    assert f"SENSOURCE_WAREHOUSE='{tmp_path / 'elsewhere' / 'target.duckdb'}'" in result.output
    assert tables(tmp_path / "elsewhere" / "target.duckdb") == tables(sync.settings.warehouse)


def test_without_a_warehouse_there_is_nothing_to_copy(tmp_path: Path) -> None:
    nothing = {"SENSOURCE_WAREHOUSE": str(tmp_path / "none.duckdb")}
    assert not read_settings(nothing).warehouse.exists()  # type: ignore[union-attr]
    result = CliRunner().invoke(main, ["migrate", "--to", str(tmp_path / "target.duckdb")], env=nothing)
    assert "does not exist yet, so there is nothing to copy" in result.output
    assert not (tmp_path / "target.duckdb").exists()
