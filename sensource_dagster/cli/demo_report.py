"""What the demo shows at its end: the tables, the days, a chart, and what to type next."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import duckdb
from rich.console import Console
from rich.table import Table

from sensource_dagster.contract.model import DAY, SCHEMA
from sensource_dagster.contract.tables import TABLES
from sensource_dagster.warehouse.sql import identifier, qualified

ROWS = 8
BLOCKS = " ▁▂▃▄▅▆▇█"


def show(console: Console, warehouse: Path, changed: Mapping[str, int], seconds: float) -> None:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        console.print(_tables(connection))
        _chart(console, connection)
    inserted, corrected = changed["rows_inserted"], changed["rows_corrected"]
    if inserted or corrected:
        console.print(f"{inserted:,} rows new and {corrected:,} corrected by this run, in {seconds:.0f} s.")
    else:
        console.print(f"Nothing new: every row was there already, none was written. {seconds:.0f} s.")
    console.print(f"\nThe warehouse: {warehouse}", soft_wrap=True, highlight=False)
    console.print(
        "\nNext:\n"
        "  make dev                    the Dagster UI with this demo account\n"
        "  cp .env.example .env        for your own account: put your API client's id and secret into it,\n"
        "                              then make check and make dev",
        soft_wrap=True,
        highlight=False,
    )


def _tables(connection: duckdb.DuckDBPyConnection) -> Table:
    table = Table("table", "rows", "days", "sums", title="What the warehouse holds")
    table.columns[1].justify = table.columns[2].justify = "right"
    for contract in TABLES.values():
        name = qualified(SCHEMA, contract.name)
        rows = _one(connection, f"SELECT count(*) FROM {name}")
        days, sums = "", ""
        if not contract.is_list:
            days = str(_one(connection, f"SELECT count(DISTINCT {identifier(DAY)}) FROM {name}"))
            measured = [(c.measure, identifier(c.name)) for c in contract.columns if c.measure]
            values = [
                (measure.name, _one(connection, f"SELECT {measure.aggregate}({column}) FROM {name}"))
                for measure, column in measured
            ]
            sums = ", ".join(f"{measure.replace('_', ' ')} {value:,}" for measure, value in values)
        table.add_row(f"{SCHEMA}.{contract.name}", f"{rows:,}", days, sums)
    return table


def _one(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    [(value,)] = connection.execute(query).fetchall()
    return int(value or 0)


def _chart(console: Console, connection: duckdb.DuckDBPyConnection) -> None:
    traffic = qualified(SCHEMA, "traffic")
    days: list[tuple[date, int]] = connection.execute(
        f"SELECT {identifier(DAY)}, sum(sumins) FROM {traffic} GROUP BY 1 ORDER BY 1"
    ).fetchall()[-(console.width - 1) :]
    if not days:
        return
    most = max(ins for _, ins in days) or 1
    console.print(f"\nPeople entering per day, all zones; the tallest is {most:,}", highlight=False)
    for row in reversed(range(ROWS)):
        eighths = (round(ins / most * ROWS * 8) - row * 8 for _, ins in days)
        console.print("".join(BLOCKS[min(max(part, 0), 8)] for part in eighths), style="cyan", highlight=False)
    labels = [" "] * (len(days) + 6)
    for at, (day, _) in enumerate(days):
        if day.day in (1, 15):  # far enough apart for "15 Oct"
            labels[at : at + 6] = f"{day:%d %b}"
    console.print("".join(labels).rstrip(), highlight=False)
