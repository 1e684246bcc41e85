"""`sensource export --libinsight`: the visits of one gate, in the columns of LibInsight's template."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from sensource_dagster_tests.cli.exports import (
    DOORS,
    FIRST_HOUR,
    HOURS,
    LOCATIONS,
    Export,
    hours_of,
    ins,
)

HEAD = "date,gate_start,gate_end"


def local(at: int) -> datetime:
    return datetime(2025, 12, 1) + timedelta(hours=at - FIRST_HOUR)  # noqa: DTZ001 (LibInsight has no zones)


def test_a_location_has_the_ins_of_its_outer_doors_by_local_hour_and_no_gate_end(export: Export) -> None:
    said = export("--libinsight", "--location", LOCATIONS["l1"], "--output", "-")
    assert said.exit_code == 0
    visits = dict.fromkeys(range(FIRST_HOUR, FIRST_HOUR + HOURS), 0)
    for zone in ("z1", "z2"):  # z3 is an interior door, z4 belongs to the other location
        for at in hours_of(zone):
            visits[at] += ins(zone, at)
    assert said.stdout.splitlines() == [HEAD, *(f"{local(at):%Y-%m-%d %H:%M},{n}," for at, n in visits.items())]


def test_a_door_has_its_own_ins_and_a_missing_hour_has_no_row(export: Export) -> None:
    said = export("--libinsight", "--door", DOORS["z2"], "--output", "-")
    assert said.exit_code == 0
    expected = [f"{local(at):%Y-%m-%d %H:%M},{ins('z2', at)}," for at in hours_of("z2")]
    assert len(expected) == HOURS - 1
    assert said.stdout.splitlines() == [HEAD, *expected]


def test_with_the_view_traffic_daily_it_has_a_row_for_each_day(export: Export) -> None:
    said = export("--libinsight", "--door", "z1", "--view", "traffic_daily", "--to", "2025-12-01", "--output", "-")
    total = sum(ins("z1", at) for at in range(FIRST_HOUR, FIRST_HOUR + 24))
    assert said.stdout.splitlines() == [HEAD, f"2025-12-01,{total},"]


def test_days_limit_the_rows_and_are_in_the_name_of_the_file(export: Export, tmp_path: Path) -> None:
    said = export(
        *("--libinsight", "--location", "l1", "--from", "2025-12-02", "--to", "2025-12-02"),
    )
    assert said.exit_code == 0, said.output
    file = tmp_path / "libinsight_Main_Library_2025-12-02_2025-12-02.csv"
    lines = file.read_text().splitlines()
    assert len(lines) == 1 + 24
    assert {line[:10] for line in lines[1:]} == {"2025-12-02"}
    assert f"24 rows of 'Main, Library' for LibInsight, 2025-12-02 to 2025-12-02, in {file}" in said.stderr


def test_a_name_of_any_kind_makes_a_harmless_file_name(export: Export, tmp_path: Path) -> None:
    assert export("--libinsight", "--door", DOORS["z3"]).exit_code == 0
    [file] = tmp_path.glob("*.csv")
    assert file.name == "libinsight__1_cmd_C_calc_A0_2025-12-01_2025-12-03.csv"


def test_without_a_gate_the_error_lists_the_locations(export: Export) -> None:
    said = export("--libinsight")
    assert said.exit_code == 2
    assert "add --location (or --door)" in said.stderr
    for name in LOCATIONS.values():
        assert repr(name) in said.stderr


@pytest.mark.parametrize(("option", "names"), [("--location", LOCATIONS), ("--door", DOORS)])
def test_an_unknown_gate_is_an_error_that_lists_the_names(
    option: str, names: dict[str, str], export: Export
) -> None:
    said = export("--libinsight", option, "Mian Library")
    assert said.exit_code == 2
    assert "none called 'Mian Library'" in said.stderr
    for name in names.values():
        assert repr(name) in said.stderr


def test_the_only_location_need_not_be_named_and_one_of_two_equal_names_is_named_by_its_id(
    export: Export, published: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "one.duckdb"
    copy.write_bytes(published.read_bytes())
    with duckdb.connect(str(copy)) as connection:
        connection.execute("UPDATE one.sensource.location SET name = 'Twin'")
    said = export("--libinsight", "--location", "Twin", SENSOURCE_PUBLISHED=str(copy))
    assert said.exit_code == 2
    assert "2 are called 'Twin'. Give the id of one: l1, l2." in said.stderr
    assert export("--libinsight", "--location", "l2", SENSOURCE_PUBLISHED=str(copy)).exit_code == 0
    with duckdb.connect(str(copy)) as connection:
        connection.execute("UPDATE one.sensource.site SET location_id = 'l2'")
    said = export("--libinsight", "--output", "-", SENSOURCE_PUBLISHED=str(copy))
    assert said.exit_code == 0
    assert f"{HOURS} rows of 'Twin'" in said.stderr


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--libinsight", "--location", "l1", "--door", "z1"), "not both"),
        (("--libinsight", "--location", "l1", "--view", "door"), "traffic_hourly or traffic_daily"),
        (("--libinsight", "--location", "l1", "--format", "xlsx"), "--libinsight writes CSV"),
        (("--libinsight", "--location", "l1", "--output", "x.parquet"), "--libinsight writes CSV"),
        (("--location", "l1"), "choose the gate of --libinsight"),
    ],
)
def test_options_that_do_not_fit_are_refused_in_words(
    arguments: tuple[str, ...], reason: str, export: Export, tmp_path: Path
) -> None:
    said = export(*arguments)
    assert said.exit_code == 2
    assert reason in said.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["project"]
