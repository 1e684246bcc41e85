"""What is in the files of `sensource export`: the rows of the view, value by value, in each format."""

from __future__ import annotations

import csv
import zipfile
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest

from sensource_dagster.cli import export_formats
from sensource_dagster.contract.view_columns import VIEWS
from sensource_dagster_tests.cli.exports import DOORS, VIEW, Export, in_order, rows_of

NOTHING_UNUSUAL = {"door_unusual", "door_unusual_now", "visits_corrected"}
"""The views that have no row in an account in which nothing is unusual or corrected."""
each_view = pytest.mark.parametrize("name", [view.name for view in VIEWS])


def as_csv(value: Any) -> str:
    """A value of a view as a CSV file has it, but for the ' before a formula."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if isinstance(value, datetime | date) else str(value)


def harmless(text: str) -> str:
    """The names of the samples that are formulas, as they are in a CSV file."""
    known = {DOORS["z3"]: "'" + DOORS["z3"], DOORS["z4"]: "a;'=2+3"}
    return known.get(text, "'" + text if text.startswith("=") else text)


@each_view
def test_csv_has_each_row_of_the_view_in_order(name: str, export: Export, published: Path, tmp_path: Path) -> None:
    assert export("--view", name, "--output", "out.csv").exit_code == 0
    with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as file:
        found = list(csv.DictReader(file))
    expected = in_order(rows_of(published, VIEW[name]))
    assert bool(expected) is (name not in NOTHING_UNUSUAL)
    assert found == [{key: harmless(as_csv(value)) for key, value in row.items()} for row in expected]


@each_view
def test_parquet_has_each_row_of_the_view_in_order_with_its_types(
    name: str, export: Export, published: Path, tmp_path: Path
) -> None:
    assert export("--view", name, "--output", "out.parquet").exit_code == 0
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        described = connection.execute(f"DESCRIBE FROM '{tmp_path}/out.parquet'").fetchall()
        rows = connection.execute(f"FROM '{tmp_path}/out.parquet'").fetchall()
    types = {"TIMESTAMPTZ": "TIMESTAMP WITH TIME ZONE"}
    assert [row[:2] for row in described] == [
        (c.name, types.get(c.type.value, c.type.value)) for c in VIEW[name].columns
    ]
    found = [dict(zip([row[0] for row in described], row, strict=True)) for row in rows]
    for row in found:
        if "record_date_hour_1" in row:
            instant = row["record_date_hour_1"].astimezone(timezone.utc)
            row["record_date_hour_1"] = instant.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert found == in_order(rows_of(published, VIEW[name]))


def as_excel(value: Any) -> Any:
    """A value of a view as openpyxl reads it: a date as midnight, an instant as its time in UTC."""
    if isinstance(value, str) and value.endswith(":00:00Z"):
        return datetime.fromisoformat(value.removesuffix("Z"))
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001 (Excel has no zones)
    return value


@each_view
def test_xlsx_has_each_row_of_the_view_in_order_with_dates_that_excel_takes_as_dates(
    name: str, export: Export, published: Path, tmp_path: Path
) -> None:
    assert export("--view", name, "--output", "out.xlsx").exit_code == 0
    sheet = openpyxl.load_workbook(tmp_path / "out.xlsx")[name]
    header, *rows = list(sheet.iter_rows(values_only=True))
    expected = in_order(rows_of(published, VIEW[name]))
    assert header == tuple(c.name for c in VIEW[name].columns)
    assert rows == [tuple(as_excel(value) for value in row.values()) for row in expected]


def test_the_header_of_a_sheet_is_bold_and_stays_in_sight_and_each_column_is_as_wide_as_its_values(
    export: Export, tmp_path: Path
) -> None:
    assert export("--output", "out.xlsx").exit_code == 0
    workbook = openpyxl.load_workbook(tmp_path / "out.xlsx")
    assert workbook.sheetnames == ["traffic_daily"]
    sheet = workbook["traffic_daily"]
    assert all(cell.font.b for cell in sheet[1])
    assert not any(cell.font.b for cell in sheet[2])
    assert sheet.freeze_panes == "A2"
    assert sheet["D2"].number_format == "yyyy-mm-dd"
    assert sheet.column_dimensions["B"].width > max(map(len, DOORS.values()))
    assert sheet.column_dimensions["D"].width > len("2025-12-01")


def test_no_cell_of_a_sheet_is_a_formula_or_a_link(export: Export, tmp_path: Path) -> None:
    assert export("--output", "out.xlsx").exit_code == 0
    with zipfile.ZipFile(tmp_path / "out.xlsx") as archive:
        xml = archive.read("xl/worksheets/sheet1.xml").decode()
    assert "HYPERLINK" in xml
    assert "<f>" not in xml
    assert "<hyperlink" not in xml


def test_an_offset_from_utc_is_no_formula_and_stays_as_it_is(export: Export) -> None:
    rows = list(csv.DictReader(export("--view", "traffic_hourly", "--output", "-").stdout.splitlines()))
    assert {row["utc_offset"] for row in rows if row["utc_offset"]} == {"-07:00"}


def test_more_rows_than_a_sheet_holds_are_an_error_that_names_parquet_and_no_file_is_made(
    export: Export, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert export_formats.MOST_SHEET_ROWS == 1_048_575
    monkeypatch.setattr(export_formats, "MOST_SHEET_ROWS", 11)
    said = export("--output", "out.xlsx")
    assert said.exit_code == 1
    assert "12 rows are more than a sheet of Excel holds" in said.stderr
    assert "--format parquet" in said.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["project"]
    monkeypatch.setattr(export_formats, "MOST_SHEET_ROWS", 12)
    assert export("--output", "out.xlsx").exit_code == 0


def test_a_text_that_a_cell_cannot_hold_is_an_error_and_not_cut(
    export: Export, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_formats, "_MOST_CELL_TEXT", 12)
    said = export("--output", "out.xlsx")
    assert said.exit_code == 1
    assert "longer than a cell of Excel holds" in said.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["project"]


def test_a_csv_file_is_utf_8_without_a_byte_order_mark(export: Export, tmp_path: Path) -> None:
    assert export("--output", "out.csv").exit_code == 0
    content = (tmp_path / "out.csv").read_bytes()
    assert content.startswith(b"zone_id,door,")
    assert "Süd 😀" in content.decode("utf-8")
