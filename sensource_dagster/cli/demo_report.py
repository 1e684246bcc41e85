"""What the demo shows at its end: the tables, a chart, what to look at, and what to type next."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import duckdb
from rich.console import Console
from rich.table import Table

from sensource_dagster.cli.demo_sights import sights
from sensource_dagster.config.project_folder import command
from sensource_dagster.contract.model import DAY, SCHEMA
from sensource_dagster.contract.tables import DERIVED, TABLES
from sensource_dagster.warehouse.sql import identifier, qualified

ROWS = 8
BLOCKS = " ▁▂▃▄▅▆▇█"
QUERY = "SELECT day, location, visits FROM sensource.location_daily ORDER BY day DESC, location LIMIT 8"

# What a table has in it, as a query of one text. Not its plain sums: an interior door counts people who came in by
# another door, and the peaks of two spaces are of different moments.
_IN_IT = {
    "location": "string_agg(name, ', ' ORDER BY name) FROM sensource.location",
    "zone": "concat(count(*) FILTER (perimeter), ' outer doors, ', count(*) FILTER (NOT perimeter), ' interior') "
    "FROM sensource.zone",
    "traffic": "format('{:,} visits', sum(visits)::BIGINT) FROM sensource.location_daily",
    "occupancy": "format('most: {:,} in {}', max(peak), arg_max(space, peak)) FROM sensource.occupancy_daily",
    "corrections": "concat('values of ', count(DISTINCT (table_name, entity_id, record_date_hour_1)), ' hours') "
    "FROM sensource.corrections",
}


def show(console: Console, file: Path, report: Path, changed: Mapping[str, int], seconds: float) -> None:
    """Print it.

    Args:
        file: the published copy.
        report: the page made of it.
        changed: how many rows the demo inserted and corrected.
        seconds: how long the demo took.
    """
    with duckdb.connect(str(file), read_only=True) as connection:
        console.print(_tables(connection))
        _chart(console, connection)
        console.print("\nIn it, to look at:")
        for sight in sights(connection):
            console.print(f"- {sight}", soft_wrap=True, highlight=False)
    inserted, corrected = changed["rows_inserted"], changed["rows_corrected"]
    if inserted or corrected:
        console.print(f"\n{inserted:,} rows new and {corrected:,} corrected by this run, in {seconds:.0f} s.")
    else:
        console.print(f"\nNothing new: every row was there already, none was written. {seconds:.0f} s.")
    console.print(
        f"\nThe file to open, with any tool that reads DuckDB: {_from_here(file)}\n"
        f"The report, to open in a browser: {_from_here(report)}\n"
        "\nNext:\n"
        f"  {command('dev'):<28}the Dagster UI with this demo account\n"
        "  cp .env.example .env        for your own account: put your API client's id and secret into it,\n"
        f"                              then {command('check')} and {command('dev')}\n"
        f"\nA query to paste:\n\n{query_to_paste(file)}",
        soft_wrap=True,  # a terminal folds the command; a line break of ours would be pasted with it
        highlight=False,
        markup=False,
    )


def _from_here(file: Path) -> Path:
    """The path as a person would type it in the current folder."""
    return file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file


def query_to_paste(file: Path) -> str:
    """The query as one line for bash or zsh. It needs no other tool than this Python."""
    path = str(_from_here(file))
    code = f"import duckdb; duckdb.connect({path!r}, read_only=True).sql('{QUERY}').show()"
    # Within double quotes it reads well, unless the path has what a shell would change there.
    quoted = shlex.quote(code) if set('"$`\\!') & set(code) else f'"{code}"'
    return f"{shlex.quote(str(_from_here(Path(sys.executable))))} -c {quoted}"


def _tables(connection: duckdb.DuckDBPyConnection) -> Table:
    grid = Table("table", "rows", "days", "in it", title="What the warehouse holds")
    grid.columns[1].justify = grid.columns[2].justify = "right"
    for contract in (*TABLES.values(), *DERIVED):
        name = qualified(SCHEMA, contract.name)
        rows = _one(connection, f"count(*) FROM {name}")
        days = "" if contract.is_list else _one(connection, f"count(DISTINCT {identifier(DAY)}) FROM {name}")
        in_it = _one(connection, _IN_IT[contract.name]) if contract.name in _IN_IT else ""
        grid.add_row(f"{SCHEMA}.{contract.name}", f"{rows:,}", str(days), str(in_it))
    return grid


def _one(connection: duckdb.DuckDBPyConnection, query: str) -> object:
    [(value,)] = connection.execute(f"SELECT {query}").fetchall()
    return value


def _chart(console: Console, connection: duckdb.DuckDBPyConnection) -> None:
    days: list[tuple[date, int]] = connection.execute(
        "SELECT day, sum(visits)::BIGINT FROM sensource.location_daily GROUP BY day ORDER BY day"
    ).fetchall()[-(console.width - 1) :]
    if not days:
        return
    most = max(visits for _, visits in days) or 1
    console.print(f"\nVisits per day, all locations; the tallest is {most:,}", highlight=False)
    for row in reversed(range(ROWS)):
        eighths = (round(visits / most * ROWS * 8) - row * 8 for _, visits in days)
        console.print("".join(BLOCKS[min(max(part, 0), 8)] for part in eighths), style="cyan", highlight=False)
    labels = [" "] * (len(days) + 6)
    for at, (day, _) in enumerate(days):
        if day.day in (1, 15):  # far enough apart for "15 Oct"
            labels[at : at + 6] = f"{day:%d %b}"
    console.print("".join(labels).rstrip(), highlight=False)
