"""The queries of docs/questions.md and the tables that they print."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import duckdb

from sensource_dagster_tests.documentation import PROJECT

DOCUMENT = PROJECT / "docs" / "questions.md"
_QUERY = re.compile(r"^```sql\n(?P<sql>(?:(?!```).*\n)*)```\n\n(?P<table>(?:\|.*\n)*\n?)", re.MULTILINE)
_QUESTION = re.compile(r"^## (\d+)\. .*\?\n((?:(?!^## ).*\n)*)", re.MULTILINE)

Cell = str | int | float | bool | date | datetime | None


@dataclass(frozen=True)
class Printed:
    """What a query returns."""

    columns: tuple[str, ...]
    rows: list[tuple[Cell, ...]]

    def __str__(self) -> str:
        numbers = [all(_is_number(row[at]) for row in self.rows) for at in range(len(self.columns))]
        lines = [
            self.columns,
            ["--:" if number else "---" for number in numbers],
            *([_text(cell) for cell in row] for row in self.rows),
        ]
        return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _is_number(cell: Cell) -> bool:
    return cell is None or (isinstance(cell, (int, float)) and not isinstance(cell, bool))


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d %H:%M}"
    if isinstance(cell, bool):
        return str(cell).lower()
    return f"{cell:g}" if isinstance(cell, float) else str(cell)


def queries() -> dict[int, list[tuple[str, str]]]:
    """The number of each question -> its queries, each with the table below it."""
    return {
        int(number): [(found["sql"], found["table"].strip("\n")) for found in _QUERY.finditer(text)]
        for number, text in _QUESTION.findall(DOCUMENT.read_text())
    }


def run(sql: str, file: Path, today: date) -> Printed:
    with duckdb.connect(str(file), read_only=True) as connection:
        result = connection.execute(sql.replace("current_date", f"DATE '{today}'"))
        return Printed(tuple(column[0] for column in result.description or ()), result.fetchall())


def rewritten(file: Path, today: date) -> str:
    """The document with the tables that its queries print now."""
    return _QUERY.sub(
        lambda found: f"```sql\n{found['sql']}```\n\n{run(found['sql'], file, today)}\n", DOCUMENT.read_text()
    )
