"""Writes the rows of a query as CSV, Parquet or an Excel workbook."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import xlsxwriter
from xlsxwriter.exceptions import XlsxFileError
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from sensource_dagster.cli.export_selection import Held, Selection
from sensource_dagster.contract.model import Column, Type
from sensource_dagster.errors import ExportError
from sensource_dagster.warehouse.sql import identifier, text

MOST_SHEET_ROWS = 1_048_575
"""What a sheet of Excel holds below its header."""
_MOST_CELL_TEXT = 32_767
_AT_ONCE = 1_000

_Writer = Callable[[duckdb.DuckDBPyConnection, Selection, Path], None]


def write(
    connection: duckdb.DuckDBPyConnection, selection: Selection, held: Held, file_format: str, file: Path
) -> None:
    """Write all rows of a selection to a new file.

    Raises:
        ExportError: the rows do not fit the format.
        OSError: the file cannot be written.
    """
    if file_format == "xlsx" and held.rows > MOST_SHEET_ROWS:
        raise ExportError(
            f"{held.rows:,} rows are more than a sheet of Excel holds ({MOST_SHEET_ROWS:,}). Take fewer days with "
            "--from and --to, or --format parquet, which has no limit."
        )
    try:
        _WRITERS[file_format](connection, selection, file)
    except duckdb.IOException as error:  # such as a full disk, in the middle of a long text with JSON
        number = re.search(r'"errno":"(\d+)"', str(error))
        raise OSError(os.strerror(int(number[1])) if number else str(error)) from None
    except XlsxFileError as error:
        cause = error.args[0]
        raise cause if isinstance(cause, OSError) else OSError(str(error)) from None


def _csv(connection: duckdb.DuckDBPyConnection, selection: Selection, file: Path) -> None:
    _copy(connection, selection, [_in_csv(column) for column in selection.columns], "FORMAT csv, HEADER", file)


def _parquet(connection: duckdb.DuckDBPyConnection, selection: Selection, file: Path) -> None:
    _copy(connection, selection, [identifier(c.name) for c in selection.columns], "FORMAT parquet", file)


def _copy(
    connection: duckdb.DuckDBPyConnection, selection: Selection, values: Sequence[str], options: str, file: Path
) -> None:
    connection.execute(
        f"COPY (SELECT {', '.join(values)} FROM ({selection.query})) TO {text(str(file))} "
        f"({options}, USE_TMP_FILE false)",
        selection.parameters,
    )


def _in_csv(column: Column) -> str:
    """SQL for a column as it is in a CSV file."""
    name = identifier(column.name)
    if column.type is Type.TIMESTAMPTZ:  # without DuckDB's own zone, which is that of the session
        return f"strftime(make_timestamp(epoch_us({name})), '%Y-%m-%dT%H:%M:%SZ') AS {name}"
    if column.type is Type.TIMESTAMP:
        return f"strftime({name}, '%Y-%m-%dT%H:%M:%S') AS {name}"
    if column.type is Type.VARCHAR:
        return f"{_no_formula(name)} AS {name}"
    return name


def _no_formula(name: str) -> str:
    """SQL for a text that no spreadsheet takes for a formula: it has a ' before what would begin one.

    Names come from Vea, where others may write them. A spreadsheet that separates columns by semicolons also
    splits within a text, so what follows a separator counts as well. A number such as -07:00 is no formula.
    See https://owasp.org/www-community/attacks/CSV_Injection
    """
    begins = r"(^|[;,|\t\r\n])([\s\x00\x{feff}]*)([=+\-@＝＋－＠])"  # noqa: RUF001 (the wide ones count as well)
    return (
        rf"CASE WHEN regexp_full_match({name}, '[+-][0-9:.]+') THEN {name} "
        rf"ELSE regexp_replace({name}, '{begins}', '\1\2''\3', 'g') END"
    )


def _xlsx(connection: duckdb.DuckDBPyConnection, selection: Selection, file: Path) -> None:
    # Its temporary files are beside the file, so that they go with the folder if this fails.
    workbook = xlsxwriter.Workbook(str(file), {"constant_memory": True, "tmpdir": str(file.parent)})
    sheet = workbook.add_worksheet(selection.name)
    try:
        _fill(workbook, sheet, selection.columns, _rows(connection, selection))
        workbook.close()
    except BaseException:
        with suppress(OSError):  # it closes its temporary file only when it succeeds
            sheet.row_data_fh.close()  # type: ignore[attr-defined]
        raise


def _fill(
    workbook: xlsxwriter.Workbook,
    sheet: Worksheet,
    columns: Sequence[Column],
    rows: Iterator[list[tuple[Any, ...]]],
) -> None:
    formats = {kind: workbook.add_format({"num_format": shown}) for kind, shown in _SHOWN.items()}
    bold = workbook.add_format({"bold": True})
    some = next(rows, [])
    sheet.freeze_panes(1, 0)
    for index, column in enumerate(columns):
        sheet.set_column(index, index, _width(column, [row[index] for row in some]))
        sheet.write_string(0, index, column.name, bold)
    number = 0
    while some:
        for row in some:
            number += 1
            for index, (column, value) in enumerate(zip(columns, row, strict=True)):
                if value is not None:
                    _cell(sheet, number, index, value, formats.get(column.type))
        some = next(rows, [])


def _rows(connection: duckdb.DuckDBPyConnection, selection: Selection) -> Iterator[list[tuple[Any, ...]]]:
    values = ", ".join(
        # Excel knows no zones. This is the same instant in UTC.
        f"make_timestamp(epoch_us({identifier(column.name)}))"
        if column.type is Type.TIMESTAMPTZ
        else identifier(column.name)
        for column in selection.columns
    )
    found = connection.execute(f"SELECT {values} FROM ({selection.query})", selection.parameters)
    while some := found.fetchmany(_AT_ONCE):
        yield some


def _cell(sheet: Worksheet, row: int, column: int, value: object, shown: Format | None) -> None:
    """Each type by its own method: the general one would make a formula or a link of some texts."""
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif isinstance(value, int | float):
        sheet.write_number(row, column, value)
    elif isinstance(value, date):  # a datetime is one as well
        sheet.write_datetime(row, column, value, shown)  # type: ignore[call-overload]
    elif len(str(value)) > _MOST_CELL_TEXT:
        raise ExportError(
            f"A text in row {row:,} is longer than a cell of Excel holds ({_MOST_CELL_TEXT:,} characters). Use "
            "--format parquet or csv."
        )
    else:
        sheet.write_string(row, column, str(value))


def _width(column: Column, values: Sequence[object]) -> int:
    if column.type in _SHOWN:
        longest = len(_SHOWN[column.type])
    else:
        longest = max((len(str(value)) for value in values if value is not None), default=0)
    return min(max(longest, len(column.name)) + 2, 60)


_WRITERS: dict[str, _Writer] = {"csv": _csv, "parquet": _parquet, "xlsx": _xlsx}
_SHOWN = {
    Type.DATE: "yyyy-mm-dd",
    Type.TIMESTAMP: "yyyy-mm-dd hh:mm",
    Type.TIMESTAMPTZ: 'yyyy-mm-dd hh:mm"Z"',
}
