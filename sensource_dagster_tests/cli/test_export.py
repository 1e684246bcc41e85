"""`sensource export`: where the file is, that it is whole or not there, and what is said if something is wrong."""

from __future__ import annotations

import os
from pathlib import Path

import duckdb
import pytest

from sensource_dagster_tests.cli.exports import VIEW, Export, names


def test_without_options_all_days_of_traffic_daily_go_into_a_csv_file_of_the_current_folder(
    export: Export, tmp_path: Path
) -> None:
    said = export()
    assert said.exit_code == 0
    assert names(tmp_path) == ["traffic_daily_2025-12-01_2025-12-03.csv"]
    file = tmp_path / names(tmp_path)[0]
    assert said.stderr == f"12 rows of traffic_daily, 2025-12-01 to 2025-12-03, in {file}\n"
    assert not said.stdout
    (tmp_path / "another").touch()
    assert file.stat().st_mode == (tmp_path / "another").stat().st_mode


@pytest.mark.parametrize(
    ("limits", "days"),
    [
        (("--from", "2025-12-02"), {"2025-12-02", "2025-12-03"}),
        (("--to", "2025-12-02"), {"2025-12-01", "2025-12-02"}),
        (("--from", "2025-12-02", "--to", "2025-12-02"), {"2025-12-02"}),
        (("--from", "2026-12-02"), set()),
    ],
)
def test_from_and_to_limit_the_days_of_the_view_and_both_are_included(
    limits: tuple[str, ...], days: set[str], export: Export
) -> None:
    said = export("--view", "location_daily", "--output", "-", *limits)
    found = [day for day in ("2025-12-01", "2025-12-02", "2025-12-03") if f",{day}," in said.stdout]
    assert set(found) == days
    assert said.stderr.startswith(f"{2 * len(days)} rows of location_daily")


def test_a_folder_gets_a_file_named_after_the_view_and_the_days_asked_for(export: Export, tmp_path: Path) -> None:
    (tmp_path / "out.d").mkdir()
    said = export("--from", "2025-11-01", "--output", "out.d", "--format", "parquet")
    assert said.exit_code == 0
    assert names(tmp_path / "out.d") == ["traffic_daily_2025-11-01_2025-12-03.parquet"]


def test_a_view_without_days_has_none_in_its_file_name_and_refuses_from_and_to(
    export: Export, tmp_path: Path
) -> None:
    assert export("--view", "door").exit_code == 0
    assert names(tmp_path) == ["door.csv"]
    said = export("--view", "door", "--from", "2025-12-01")
    assert said.exit_code == 2
    assert "The view door has no days: leave out --from and --to." in said.stderr


@pytest.mark.parametrize(("name", "starts"), [("a.CSV", b"zone_id,"), ("a.parquet", b"PAR1"), ("a.xlsx", b"PK")])
def test_the_ending_of_the_name_decides_the_format(
    name: str, starts: bytes, export: Export, tmp_path: Path
) -> None:
    assert export("--output", name).exit_code == 0
    assert (tmp_path / name).read_bytes().startswith(starts)


def test_with_a_dash_only_the_rows_are_on_standard_output(export: Export, tmp_path: Path) -> None:
    said = export("--output", "-")
    assert export("--output", "same.csv").exit_code == 0
    assert said.stdout_bytes == (tmp_path / "same.csv").read_bytes()
    assert said.stderr.endswith("in standard output\n")
    assert export("--output", "-", "--format", "parquet").stdout_bytes.startswith(b"PAR1")


def test_an_earlier_file_keeps_its_mode_and_a_link_stays_a_link(export: Export, tmp_path: Path) -> None:
    (tmp_path / "private.csv").touch(mode=0o600)
    (tmp_path / "link.csv").symlink_to("private.csv")
    assert export("--output", "link.csv").exit_code == 0
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "private.csv").read_text().startswith("zone_id,")
    assert (tmp_path / "private.csv").stat().st_mode & 0o777 == 0o600


def test_what_is_no_file_is_not_replaced(export: Export, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    said = export("--output", "pipe.csv")
    assert said.exit_code == 1
    assert "no file that can be replaced" in said.stderr
    assert (tmp_path / "pipe.csv").is_fifo()


def test_without_a_published_file_the_error_says_what_to_run(export: Export, tmp_path: Path) -> None:
    said = export(SENSOURCE_PUBLISHED=str(tmp_path / "none.duckdb"))
    assert said.exit_code == 1
    assert "none.duckdb yet. Run `sensource backfill`" in said.stderr
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    "made",
    [
        "SELECT 1",
        "CREATE SCHEMA sensource",
        "CREATE SCHEMA sensource; CREATE VIEW sensource.traffic_daily AS SELECT DATE '2025-12-01' AS day",
    ],
)
@pytest.mark.parametrize("arguments", [(), ("--libinsight", "--location", "l1")])
def test_a_file_without_the_view_or_its_columns_says_that_the_sync_makes_them(
    made: str, arguments: tuple[str, ...], export: Export, tmp_path: Path
) -> None:
    with duckdb.connect(str(tmp_path / "old.duckdb")) as connection:
        connection.execute(made)
    said = export(*arguments, SENSOURCE_PUBLISHED=str(tmp_path / "old.duckdb"))
    assert said.exit_code == 1
    assert "Run the sync again (`sensource backfill`" in said.stderr
    assert names(tmp_path) == ["old.duckdb"]


def test_a_published_file_that_is_no_database_is_named(export: Export, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not a database" * 500)
    said = export(SENSOURCE_PUBLISHED=str(tmp_path / "notes.txt"))
    assert said.exit_code == 1
    assert "notes.txt cannot be opened" in said.stderr


def test_where_no_copy_is_made_the_warehouse_itself_is_read(export: Export, published: Path) -> None:
    said = export("--output", "-", SENSOURCE_PUBLISHED="", SENSOURCE_WAREHOUSE=str(published))
    assert said.exit_code == 0
    assert said.stderr.startswith("12 rows")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--from", "1.12.2025"), "'1.12.2025': it is not a date; use YYYY-MM-DD"),
        (("--to", "2025-02-30"), "'2025-02-30': it is not a date"),
        (("--from", "2025-12-03", "--to", "2025-12-02"), "2025-12-03 is after the last day"),
        (("--view", "traffic"), "'traffic' is not one of 'door', 'traffic_hourly'"),
        (("--format", "json"), "'json' is not one of"),
        (("--output", "a.txt"), "end it in .csv, .parquet, .xlsx, or add --format"),
        (("--output", "a.csv", "--format", "xlsx"), "--format xlsx does not fit the file 'a.csv'"),
        (("--output", "no/a.csv"), "there is no folder"),
        (("--output", "no/"), "there is no folder"),
    ],
)
def test_a_wrong_option_is_refused_in_words(
    arguments: tuple[str, ...], reason: str, export: Export, tmp_path: Path
) -> None:
    said = export(*arguments)
    assert said.exit_code == 2
    assert reason in said.stderr
    assert names(tmp_path) == []


def test_the_help_names_every_view_and_every_option(export: Export) -> None:
    said = export("--help").stdout
    options = ("--view", "--from YYYY-MM-DD", "--to YYYY-MM-DD", "--format", "--output", "--libinsight")
    for word in (*VIEW, *options, "--location", "--door"):
        assert word in said
