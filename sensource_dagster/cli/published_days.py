"""What the commands that read share: the file that people open, and its days from `--from` to `--to`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

import click
import duckdb

from sensource_dagster.config import parsers
from sensource_dagster.config.settings import Settings
from sensource_dagster.warehouse.file_to_read import file_to_read, is_interruption


@dataclass(frozen=True)
class Days:
    """From first to last local day; None where there is no limit."""

    first: date | None
    last: date | None

    def condition(self, day: str) -> tuple[str, tuple[date, ...]]:
        """SQL that limits the column `day`, and its parameters."""
        limits = [(f"{day} >= ?", self.first), (f"{day} <= ?", self.last)]
        given = [(condition, limit) for condition, limit in limits if limit is not None]
        return " AND ".join(condition for condition, _ in given) or "true", tuple(limit for _, limit in given)


def days_of(first: str | None, last: str | None) -> Days:
    """The days of the options `--from` and `--to`.

    Raises:
        BadParameter: one is no day, or the first is after the last.
    """
    days = Days(_day("--from", first), _day("--to", last))
    if days.first and days.last and days.first > days.last:
        raise click.BadParameter(
            f"{days.first} is after the last day; allowed is {days.last} (--to) or earlier.", param_hint="--from"
        )
    return days


def _day(option: str, text: str | None) -> date | None:
    try:
        return None if text is None else parsers.day(text.strip())
    except ValueError as error:
        raise click.BadParameter(f"{text!r}: {error}.", param_hint=option) from None


@contextmanager
def published(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """The file that people open, with our schema as the current one. Ctrl-C ends a query.

    Raises:
        WarehouseError: it is not there, cannot be opened, or was made before the view existed.
    """
    try:
        with file_to_read(settings.to_open, settings.warehouse_wait) as connection:
            yield connection
    except (duckdb.Error, RuntimeError) as error:
        if is_interruption(error):
            raise KeyboardInterrupt from None
        raise
