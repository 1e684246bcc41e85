"""`sensource check` compares DuckDB's rules of time zones with those by which days are made."""

from __future__ import annotations

from datetime import date, datetime
from importlib.resources import files
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pytest

from sensource_dagster.cli.duckdb_rules import differences, zones_of_locations
from sensource_dagster_tests.cli.test_check import Check, check, simulator

__all__ = ["check", "simulator"]


@pytest.fixture
def other_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rules that are not DuckDB's: in Phoenix clocks change as in Denver."""

    def zone(name: str) -> ZoneInfo:
        rules = {"America/Phoenix": "America/Denver"}.get(name, name)
        with files("tzdata").joinpath("zoneinfo", rules).open("rb") as file:
            return ZoneInfo.from_file(file, key=name)

    monkeypatch.setattr("sensource_dagster.config.parsers.ZoneInfo", zone)


def with_location(folder: Path, *zones: str | None) -> None:
    with duckdb.connect(str(folder / "warehouse.duckdb")) as warehouse:
        warehouse.execute("CREATE SCHEMA sensource; CREATE TABLE sensource.location (timezone VARCHAR)")
        warehouse.executemany("INSERT INTO sensource.location VALUES (?)", [[zone] for zone in zones])


def test_equal_rules_are_said_with_their_version_their_zones_and_the_years(check: Check, tmp_path: Path) -> None:
    with_location(tmp_path, "America/Boise", "Mars/Olympus", "", None)
    result = check()
    assert result.exit_code == 0
    [line] = [line for line in result.output.splitlines() if "rules of time zones" in line]
    next_year = datetime.now(ZoneInfo("America/Denver")).year + 1
    assert "ok      rules of time zones: tzdata 20" in line
    assert line.endswith(f"2024-01-01 to {next_year}-12-31 of America/Denver, America/Boise: the same in DuckDB")


def test_the_first_day_that_differs_is_named_for_the_configured_zone_and_for_those_of_locations(
    check: Check, other_rules: None, tmp_path: Path
) -> None:
    with_location(tmp_path, "America/Phoenix")
    result = check()
    assert "In America/Phoenix, 2024-03-10 is the first day that differs" in result.output
    assert "In America/Denver" not in result.output

    result = check(SENSOURCE_TIMEZONE="America/Phoenix", SENSOURCE_START_DATE="2025-01-01")
    assert "In America/Phoenix, 2025-03-09 is the first day that differs" in result.output
    assert "its 03:00 is 2025-03-09 02:00 in DuckDB" in result.output
    assert "`sensource rezone`" in result.output
    assert result.exit_code == 0


def test_a_warehouse_that_cannot_be_opened_leaves_the_configured_zone(check: Check, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not a database")
    result = check(SENSOURCE_WAREHOUSE=str(tmp_path / "notes.txt"))
    assert "of America/Denver: the same in DuckDB" in result.output


def test_a_zone_that_duckdb_does_not_know_is_named() -> None:
    with files("tzdata").joinpath("zoneinfo", "UTC").open("rb") as file:
        zone = ZoneInfo.from_file(file, key="America/Newtown")
    [line] = differences([zone], date(2025, 1, 1), date(2025, 1, 2))
    assert "DuckDB does not know the zone America/Newtown" in line


def test_a_location_table_without_the_column_names_no_zone() -> None:
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA sensource; CREATE TABLE sensource.location (name VARCHAR)")
        assert zones_of_locations(connection) == []
